-- §3.3.4 Debriefings held ÷ due: one in each turn. It belongs to the period of the day on which it was held, or was due, at
-- the latest of the plan's last day. What comes round more seldom than a campaign lasts and was not held never falls due in it.
WITH due AS (
    SELECT
        owing.code AS community, owing.joined_recorded, turn.begins, turn.ends,
        json_extract(cadence.value, '$.code') || '/' || owing.code || '/' || turn.name AS member, max(turn.ends, issued_on) AS due_on,
        coalesce(turn.ends > date(plan_last, 'start of month', '+1 month', '-1 day'), 0) AS outlasts
    FROM asked, json_each(plan, '$.cadences') AS cadence
    JOIN turn ON turn.every = json_extract(cadence.value, '$.every')
    JOIN owing ON owing.joined_on <= turn.ends
    WHERE json_extract(cadence.value, '$.meeting') = 'debriefing'
),
held AS (
    SELECT due.*, (
        SELECT min(event.day) FROM event, asked
        WHERE kind = 'meeting-convened' AND json_extract(data, '$.kind') = 'debriefing' AND event.day <= as_of
            AND json_extract(data, '$.community') = due.community
            AND json_extract(data, '$.month') BETWEEN substr(due.begins, 1, 7) AND substr(due.ends, 1, 7)
            AND position NOT IN (SELECT position FROM never)
    ) AS held_on
    FROM due
)
SELECT
    period.name, community, member, 1, held_on IS NOT NULL, NULL, held_on IS NULL AND (outlasts OR due_on > as_of),
    held_on IS NOT NULL AND due_on < joined_recorded
FROM held
JOIN asked
JOIN period ON min(due_on, coalesce(held_on, due_on), coalesce(plan_last, due_on)) BETWEEN from_day AND to_day
