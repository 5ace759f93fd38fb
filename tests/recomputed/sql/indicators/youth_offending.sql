-- §5.6 Young offenders ÷ young people, as the police report them.
SELECT
    period.name, community, stream, json_extract(data, '$.youths'), json_extract(data, '$.offenders'), NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'youth-offence-rate-reported'
