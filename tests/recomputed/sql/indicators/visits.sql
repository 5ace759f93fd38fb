-- §3.3.2 Visits made, or declined.
SELECT period.name, community, case_id || '/' || visit, 0, 1, NULL, 0, 0
FROM visit JOIN standing_case ON standing_case.id = case_id JOIN period ON done_on BETWEEN from_day AND to_day
