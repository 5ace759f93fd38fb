-- §3.3.1 Leaders' visits.
SELECT period.name, community, stream, 0, 1, NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'leader-visit-completed'
