-- §3.2.6 Joint conferences held ÷ due by the plan's cadence. What comes round more seldom than a campaign lasts never falls
-- due in it.
WITH due AS (
    SELECT
        owing.code AS community, owing.joined_recorded, turn.begins, turn.ends,
        json_extract(round.value, '$.code') || '/' || owing.code || '/' || turn.name AS member, max(turn.ends, issued_on) AS due_on,
        coalesce(turn.ends > date(plan_last, 'start of month', '+1 month', '-1 day'), 0) AS outlasts
    FROM asked, json_each(plan, '$.rounds') AS round
    JOIN turn ON turn.every = json_extract(round.value, '$.every')
    JOIN owing ON owing.joined_on <= turn.ends
    WHERE json_extract(round.value, '$.work') = 'joint'
),
held AS (
    SELECT due.*, EXISTS (
        SELECT 1 FROM event, asked
        WHERE kind = 'meeting-convened' AND json_extract(data, '$.kind') = 'joint'
            AND json_extract(data, '$.community') = due.community
            AND event.day BETWEEN due.begins AND min(due.ends, as_of)
            AND position NOT IN (SELECT position FROM never)
    ) AS held
    FROM due
)
SELECT period.name, community, member, 1, held, NULL, due_on > as_of, held AND due_on < joined_recorded
FROM held JOIN period ON due_on BETWEEN from_day AND to_day, asked
WHERE held OR NOT outlasts
