-- §3.2.1 Disputes registered.
SELECT period.name, community, id, 0, 1, NULL, 0, 0
FROM standing_case JOIN period ON reported_on BETWEEN from_day AND to_day
