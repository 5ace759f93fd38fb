-- §3.3.2 Opinions answered ÷ recorded.
SELECT period.name, community, stream, 1, done_on IS NOT NULL, NULL, 0, 0
FROM followed_entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'opinion-recorded'
