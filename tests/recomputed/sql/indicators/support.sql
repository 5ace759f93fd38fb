-- §3.2.5 Services to groups: counts per kind of service, never a person.
SELECT
    period.name, community, stream, 0,
    (SELECT sum(json_extract(value, '$.count')) FROM json_each(data, '$.services')), NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'support-provided'
