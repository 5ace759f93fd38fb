-- §3.2.4 Questions of law answered.
SELECT period.name, community, stream, 0, json_extract(data, '$.inquiries'), NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'legal-advice-given'
