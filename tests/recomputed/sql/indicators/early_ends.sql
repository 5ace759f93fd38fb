-- §3.1.3 Postings that ended before their time without an excusing reason ÷ postings in force in the period.
SELECT
    period.name, community, posting.id, 1,
    coalesce(
        posted_until <= state_day AND posted_until < kept_until AND reason NOT IN ('term', 'retired', 'illness'), 0
    ),
    NULL, 0, 0
FROM period JOIN posting ON posted_from <= state_day
WHERE state_day >= period.from_day AND coalesce(posted_until, '9999') >= period.from_day
