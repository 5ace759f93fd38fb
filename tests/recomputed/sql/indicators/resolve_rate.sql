-- §5.1 Resolved ÷ accepted, without what was referred outside, lawfully terminated, or is counted as another case.
SELECT
    period.name, community, id, 1, coalesce(ended = 'resolved', 0),
    CASE ended
        WHEN 'referred_outside' THEN 'referred_outside' WHEN 'terminated' THEN 'lawfully_terminated'
        WHEN 'linked' THEN 'duplicate'
    END,
    0, paper
FROM counted_case JOIN period ON counted_on BETWEEN from_day AND to_day
