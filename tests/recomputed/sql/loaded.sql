-- From the lines to events, and which of them tell of what never took place.

INSERT INTO event
SELECT
    position, stream, substr(stream, 1, instr(stream, '/') - 1), substr(stream, instr(stream, '/') + 1), version,
    -- sanguan.intake.case-reported.v1 → case-reported
    substr(tail, instr(tail, '.') + 1, length(tail) - instr(tail, '.') - 3), day, recorded_day, data
FROM (
    SELECT
        position,
        json_extract(body, '$.stream') AS stream,
        json_extract(body, '$.version') AS version,
        substr(json_extract(body, '$.type'), 9) AS tail,
        date(json_extract(body, '$.occurred_at'), '+8 hours') AS day,
        date(json_extract(body, '$.recorded_at'), '+8 hours') AS recorded_day,
        json_extract(body, '$.data') AS data
    FROM line
);

-- Steps of a case, by the name that a retraction calls them by. A correction of the deadline is a step, too.
INSERT INTO bracket
SELECT position, stream || '#' || step, 1
FROM event
JOIN (
    SELECT 'case-accepted' AS named, 'accepted' AS step UNION ALL SELECT 'case-declined', 'declined'
    UNION ALL SELECT 'case-linked-as-duplicate', 'linked' UNION ALL SELECT 'case-resolved', 'resolved'
    UNION ALL SELECT 'case-terminated', 'terminated' UNION ALL SELECT 'case-referred', 'referred'
    UNION ALL SELECT 'case-withdrawn', 'withdrawn' UNION ALL SELECT 'case-followed-up', 'followed_up'
    UNION ALL SELECT 'case-voided', 'voided' UNION ALL SELECT 'clock-paused', 'paused'
    UNION ALL SELECT 'clock-resumed', 'resumed' UNION ALL SELECT 'deadline-extended', 'extended'
) ON named = kind
UNION ALL
SELECT position, stream || '#due_corrected', 1
FROM event WHERE kind = 'case-corrected' AND json_extract(data, '$.due_on') IS NOT NULL
UNION ALL
SELECT position, stream || '#' || json_extract(data, '$.step'), -1 FROM event WHERE kind = 'case-step-retracted';

-- Letters.
INSERT INTO bracket
SELECT position, stream || '#letter', 1 FROM event WHERE kind = 'responsibility-letter-signed'
UNION ALL
SELECT position, stream || '#letter', -1
FROM event WHERE kind = 'work-retracted' AND json_extract(data, '$.act') = 'letter';

-- Mediation sessions.
INSERT INTO bracket
SELECT position, stream || '#mediation', 1 FROM event WHERE kind = 'mediation-held'
UNION ALL
SELECT position, stream || '#mediation', -1
FROM event WHERE kind = 'work-retracted' AND json_extract(data, '$.act') = 'mediation';

-- Studios, ends of postings.
INSERT INTO bracket
SELECT position, stream || '#' || replace(kind, '-', '_'), 1
FROM event WHERE kind IN ('studio-opened', 'studio-closed')
UNION ALL
SELECT position, stream || '#' || json_extract(data, '$.act'), -1
FROM event WHERE kind = 'community-work-retracted' AND json_extract(data, '$.act') <> 'cards'
UNION ALL
SELECT
    position, stream || '#' || json_extract(data, '$.officer') || '/' || json_extract(data, '$.from_day'),
    CASE kind WHEN 'posting-ended' THEN 1 ELSE -1 END
FROM event WHERE kind IN ('posting-ended', 'posting-end-retracted');

-- A step never took place where the number of steps that stand falls below what it made it: the brackets' partner.
INSERT INTO never
WITH counted AS (
    SELECT position, scope, way, sum(way) OVER (PARTITION BY scope ORDER BY position) AS standing FROM bracket
)
SELECT opened.position
FROM counted AS opened
JOIN counted AS closed ON closed.scope = opened.scope AND closed.position > opened.position
WHERE opened.way = 1 AND closed.standing < opened.standing
GROUP BY opened.position;

-- A visit that was taken back never took place as a whole: its plan, and whatever came of it.
INSERT OR IGNORE INTO never
SELECT told.position
FROM event AS told
JOIN event AS undone ON undone.stream = told.stream AND undone.kind = 'work-retracted'
    AND json_extract(undone.data, '$.act') = 'visit'
    AND json_extract(undone.data, '$.item') = json_extract(told.data, '$.visit')
WHERE told.kind IN ('visit-planned', 'visit-completed', 'visit-declined');

-- What was made void as a whole: an entry, a meeting with its minutes, a community.
INSERT OR IGNORE INTO never
SELECT told.position
FROM event AS told
JOIN event AS undone ON undone.stream = told.stream
    AND undone.kind IN ('work-voided', 'supervision-voided', 'finding-voided', 'meeting-voided')
WHERE told.kind NOT IN ('work-voided', 'supervision-voided', 'finding-voided', 'meeting-voided');
