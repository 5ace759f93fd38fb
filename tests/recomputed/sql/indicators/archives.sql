-- §3.3.6 Archives filed upward ÷ due: the plan's own duty, which the first that is filed does, and each that was begun.
WITH filed AS (
    SELECT stream, done_on FROM followed_entry WHERE kind = 'archive-entry-added' AND done_on IS NOT NULL
),
due AS (
    SELECT
        json_extract(duty.value, '$.code') || '//' AS member,
        max(issued_on, plan_first, coalesce(
            json_extract(duty.value, '$.due_on'),
            (
                SELECT json_extract(phase.value, '$.to_day') FROM json_each(plan, '$.phases') AS phase
                WHERE json_extract(phase.value, '$.code') = json_extract(duty.value, '$.phase')
            ),
            plan_last
        )) AS due_on,
        (SELECT min(done_on) FROM filed WHERE done_on >= plan_first) AS done_on
    FROM asked, json_each(plan, '$.duties') AS duty
    WHERE json_extract(duty.value, '$.done_by') = 'archive' AND json_extract(duty.value, '$.per') = 'unit'
    UNION ALL
    SELECT
        'archive.filing//' || stream,
        max(issued_on, coalesce(plan_last, substr(begun_on, 1, 4) || '-12-31')),
        (SELECT done_on FROM filed WHERE filed.stream = followed_entry.stream)
    FROM followed_entry, asked
    WHERE kind = 'archive-entry-added' AND begun_on BETWEEN plan_first AND coalesce(plan_last, '9999')
)
SELECT period.name, '', member, 1, done_on IS NOT NULL, NULL, due_on > as_of, 0
FROM due JOIN period ON due_on BETWEEN from_day AND to_day, asked
