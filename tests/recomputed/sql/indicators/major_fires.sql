-- §5.5 Major fires: none may happen. The denominator is the communities.
SELECT period, code, code, 1, 0, NULL, 0, 0 FROM scored
UNION ALL
SELECT period.name, community, stream, 0, 1, NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'major-fire-reported'
