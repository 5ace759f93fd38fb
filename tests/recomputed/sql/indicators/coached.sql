-- §3.2.3 Cases in which mediators were taken along.
SELECT period.name, community, stream, 0, 1, NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'coached-case-completed'
