-- §3.1.3 Communities served by at least one of each of the four ÷ communities.
SELECT
    period, code, code, 1,
    (
        SELECT count(DISTINCT profession) FROM posting JOIN period ON name = scored.period
        WHERE posting.community = code AND state_day BETWEEN posted_from AND coalesce(posted_until, '9999')
    ) = 4,
    NULL, 0, 0
FROM scored
