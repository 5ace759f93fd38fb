-- §3.2.4 Matters in which legal aid was granted.
SELECT period.name, community, stream, 0, json_extract(data, '$.matters'), NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'legal-aid-granted'
