-- §3.2.1 Disputes that were not taken on.
SELECT period.name, community, id, 0, 1, NULL, 0, 0
FROM standing_case JOIN period ON reported_on BETWEEN from_day AND to_day
WHERE ended = 'declined'
