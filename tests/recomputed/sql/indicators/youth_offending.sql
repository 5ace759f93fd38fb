-- §5.6 Young offenders ÷ young people, as the police report them of a whole year and the whole sub-district;
-- it belongs to the periods in which the year ends.
SELECT
    period.name, community, stream, json_extract(data, '$.youths'), json_extract(data, '$.offenders'), NULL, 0, 0
FROM entry JOIN period ON json_extract(data, '$.period') || '-12-31' BETWEEN from_day AND to_day
WHERE kind = 'youth-offence-rate-reported' AND community = ''
