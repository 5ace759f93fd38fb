-- Which events tell of what never took place. Brackets are drawn of the events that came since the last time.

INSERT INTO bracket
-- Steps of a case, by the name that a retraction calls them by. A correction of the deadline is a step, too.
SELECT event.position, stream || '#' || step, 1
FROM event
JOIN (
    SELECT 'case-accepted' AS named, 'accepted' AS step UNION ALL SELECT 'case-declined', 'declined'
    UNION ALL SELECT 'case-linked-as-duplicate', 'linked' UNION ALL SELECT 'case-resolved', 'resolved'
    UNION ALL SELECT 'case-terminated', 'terminated' UNION ALL SELECT 'case-referred', 'referred'
    UNION ALL SELECT 'case-withdrawn', 'withdrawn' UNION ALL SELECT 'case-followed-up', 'followed_up'
    UNION ALL SELECT 'case-voided', 'voided' UNION ALL SELECT 'clock-paused', 'paused'
    UNION ALL SELECT 'clock-resumed', 'resumed' UNION ALL SELECT 'deadline-extended', 'extended'
) ON named = kind, bracketed
WHERE event.position > bracketed.position
UNION ALL
SELECT event.position, stream || '#due_corrected', 1
FROM event, bracketed
WHERE event.position > bracketed.position AND kind = 'case-corrected' AND json_extract(data, '$.due_on') IS NOT NULL
UNION ALL
SELECT event.position, stream || '#' || json_extract(data, '$.step'), -1
FROM event, bracketed WHERE event.position > bracketed.position AND kind = 'case-step-retracted'
UNION ALL
-- Letters, mediation sessions, checks of performance, who answers for a case.
SELECT event.position, stream || '#' || act, 1
FROM event
JOIN (
    SELECT 'responsibility-letter-signed' AS named, 'letter' AS act UNION ALL SELECT 'mediation-held', 'mediation'
    UNION ALL SELECT 'performance-checked', 'performance' UNION ALL SELECT 'handler-assigned', 'handler'
) ON named = kind, bracketed
WHERE event.position > bracketed.position
UNION ALL
SELECT event.position, stream || '#' || json_extract(data, '$.act'), -1
FROM event, bracketed
WHERE event.position > bracketed.position AND kind = 'work-retracted'
    AND json_extract(data, '$.act') IN ('letter', 'mediation', 'performance')
UNION ALL
SELECT event.position, stream || '#handler', -1
FROM event, bracketed
WHERE event.position > bracketed.position AND kind = 'work-retracted' AND json_type(data, '$.handler') = 'object'
    AND json_extract(data, '$.handler.officer') IS NULL
UNION ALL
-- Studios, ends of postings.
SELECT event.position, stream || '#' || replace(kind, '-', '_'), 1
FROM event, bracketed
WHERE event.position > bracketed.position AND kind IN ('studio-opened', 'studio-closed')
UNION ALL
SELECT event.position, stream || '#' || json_extract(data, '$.act'), -1
FROM event, bracketed
WHERE event.position > bracketed.position AND kind = 'community-work-retracted'
    AND json_extract(data, '$.act') <> 'cards'
UNION ALL
SELECT
    event.position, stream || '#' || json_extract(data, '$.officer') || '/' || json_extract(data, '$.from_day'),
    CASE kind WHEN 'posting-ended' THEN 1 ELSE -1 END
FROM event, bracketed
WHERE event.position > bracketed.position AND kind IN ('posting-ended', 'posting-end-retracted');

UPDATE bracketed SET position = coalesce((SELECT max(position) FROM event), -1);

-- A step never took place where the number of steps that stand falls below what it made it: the brackets' partner.
DELETE FROM never;
INSERT INTO never
WITH taken_back AS (SELECT DISTINCT scope FROM bracket WHERE way = -1),
counted AS (
    SELECT position, scope, way, sum(way) OVER (PARTITION BY scope ORDER BY position) AS standing
    FROM bracket WHERE scope IN taken_back
)
SELECT opened.position
FROM counted AS opened
JOIN counted AS closed ON closed.scope = opened.scope AND closed.position > opened.position
WHERE opened.way = 1 AND closed.standing < opened.standing
GROUP BY opened.position;

-- A visit that was taken back never took place as a whole: its plan, and whatever came of it.
INSERT OR IGNORE INTO never
SELECT told.position
FROM event AS undone
JOIN event AS told ON told.stream = undone.stream
    AND told.kind IN ('visit-planned', 'visit-completed', 'visit-declined')
    AND json_extract(undone.data, '$.item') = json_extract(told.data, '$.visit')
WHERE undone.kind = 'work-retracted' AND json_extract(undone.data, '$.act') = 'visit';

-- Where what ended a case is taken back, and that was an agreement, there was none, and no check of it.
INSERT OR IGNORE INTO never
SELECT told.position
FROM event AS resumed
JOIN event AS agreed ON agreed.position = (
    SELECT max(position) FROM event AS step
    WHERE step.stream = resumed.stream AND step.kind = 'agreement-reached' AND step.position < resumed.position
)
JOIN event AS told ON told.stream = resumed.stream AND told.kind IN ('agreement-reached', 'performance-checked')
    AND told.position BETWEEN agreed.position AND resumed.position
WHERE resumed.kind = 'handling-resumed' AND NOT EXISTS (
    SELECT 1 FROM event AS again
    WHERE again.stream = 'case/' || resumed.id AND again.kind = 'case-reopened'
        AND again.position BETWEEN agreed.position AND resumed.position
);

-- What was made void as a whole: an entry, a meeting with its minutes, an appeal.
INSERT OR IGNORE INTO never
SELECT told.position
FROM event AS undone
JOIN event AS told ON told.stream = undone.stream AND told.kind <> undone.kind
WHERE undone.kind IN ('work-voided', 'supervision-voided', 'finding-voided', 'meeting-voided');
