-- §3.3.3 Months whose minutes reached the office in time (and were entered within the grace) ÷ months due.
WITH due AS (
    SELECT
        owing.code AS community, owing.joined_recorded, turn.begins, turn.ends,
        json_extract(cadence.value, '$.code') || '.minutes/' || owing.code || '/' || turn.name AS member,
        -- a day of the following month (its last where it has no such day), but nothing is late before the plan was issued
        max(issued_on, min(
            date(turn.ends, '+' || json_extract(cadence.value, '$.due_day') || ' days'),
            date(turn.ends, '+1 day', '+1 month', '-1 day')
        )) AS due_on
    FROM asked, json_each(plan, '$.cadences') AS cadence
    JOIN turn ON turn.every = json_extract(cadence.value, '$.every')
    JOIN owing ON owing.joined_on <= turn.ends      -- it owes the months at whose end it was in the programme
    WHERE json_extract(cadence.value, '$.meeting') = 'monthly'
),
filed AS (
    SELECT due.*, minutes.day, minutes.recorded_day, coalesce(due_on < joined_recorded, 0) AS paper
    FROM due LEFT JOIN event AS minutes ON minutes.position = (
        SELECT position FROM event, asked
        WHERE kind = 'minutes-submitted' AND event.day <= as_of AND position NOT IN (SELECT position FROM never)
            AND json_extract(data, '$.community') = due.community AND json_extract(data, '$.kind') = 'monthly'
            AND json_extract(data, '$.month') BETWEEN substr(due.begins, 1, 7) AND substr(due.ends, 1, 7)
        ORDER BY event.day, position LIMIT 1
    )
)
SELECT
    period.name, community, member, 1,
    -- What was due before the log knew the community was taken over from paper, and is judged by the day written there.
    coalesce(day <= due_on AND (paper OR recorded_day <= date(due_on, '+' || grace_days || ' days')), 0),
    NULL, due_on > as_of, paper AND day IS NOT NULL
FROM filed JOIN period ON filed.ends BETWEEN period.from_day AND period.to_day, asked
