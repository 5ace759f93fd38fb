-- §3.1.4 Cases that were made void.
SELECT period.name, community, id, 0, 1, NULL, 0, 0
FROM known_case JOIN period ON reported_on BETWEEN from_day AND to_day, asked
WHERE void AND reported_on <= as_of
