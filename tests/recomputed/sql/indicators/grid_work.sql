-- §5.2 Outreach, mediation, hazards and legal aid that name their grid.
SELECT period.name, community, stream, 0, 1, NULL, 0, 0
FROM entry JOIN period ON begun_on BETWEEN from_day AND to_day
WHERE grid IS NOT NULL AND kind IN ('outreach-held', 'hazard-found', 'legal-aid-granted')
UNION ALL
SELECT period.name, standing_case.community, event.stream || '#' || event.position, 0, 1, NULL, 0, 0
FROM event
JOIN standing_case ON standing_case.id = event.id
JOIN period ON event.day BETWEEN from_day AND to_day, asked
WHERE kind = 'mediation-held' AND event.day <= as_of AND position NOT IN (SELECT position FROM never)
    AND standing_case.grid IS NOT NULL
