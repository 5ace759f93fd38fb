-- §3.4.3 Summaries that reached the office in time (and were entered within the grace) ÷ due.
WITH due AS (
    SELECT
        owing.code AS community, owing.joined_recorded, json_extract(duty.value, '$.code') || '/' || owing.code || '/' AS member,
        max(issued_on, owing.joined_on, coalesce(
            json_extract(duty.value, '$.due_on'),
            (
                SELECT json_extract(phase.value, '$.to_day') FROM json_each(plan, '$.phases') AS phase
                WHERE json_extract(phase.value, '$.code') = json_extract(duty.value, '$.phase')
            ),
            plan_last
        )) AS due_on
    FROM asked, json_each(plan, '$.duties') AS duty, owing
    WHERE json_extract(duty.value, '$.done_by') = 'summary'
),
sent AS (
    SELECT due.*, summary.day, summary.recorded_day
    FROM due LEFT JOIN event AS summary ON summary.position = (
        SELECT position FROM entry
        WHERE kind = 'summary-submitted' AND entry.community = due.community AND begun_on >= (SELECT plan_first FROM asked)
        ORDER BY begun_on, position LIMIT 1
    )
)
SELECT
    period.name, community, member, 1,
    coalesce(
        day <= due_on
        AND (due_on < joined_recorded OR recorded_day <= date(due_on, '+' || grace_days || ' days')),
        0
    ),
    NULL, due_on > as_of, coalesce(day IS NOT NULL AND due_on < joined_recorded, 0)
FROM sent JOIN period ON due_on BETWEEN from_day AND to_day, asked
