-- §3.1.2 Residents who know of it ÷ valid answers.
SELECT
    period.name, community, stream, json_extract(data, '$.valid'), json_extract(data, '$.positive'),
    iif(json_extract(data, '$.valid') < 30, 'sample_too_small', NULL), 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE kind = 'survey-concluded' AND json_extract(data, '$.survey') = 'awareness'
