-- §3.2.1 Settled in the community ÷ settled.
SELECT period.name, community, id, 1, coalesce(tier = 'community', 0), NULL, 0, paper
FROM counted_case JOIN period ON counted_on BETWEEN from_day AND to_day
WHERE ended = 'resolved'
