-- The evidence as a rulebook sees it (docs/rulebook.md, "The evidence"): flat tables, each with the period in which it is
-- looked at, the community ('' = the sub-district as a whole), and what its row is called. Tables of states have rows of
-- their own for each period.

DROP TABLE IF EXISTS communities;
CREATE TABLE communities AS
WITH serving AS (
    SELECT period.name AS period, community, profession, min(posted_from) AS since
    FROM period JOIN posting ON state_day BETWEEN posted_from AND coalesce(posted_until, '9999')
    GROUP BY period.name, community, profession
)
SELECT
    scored.period, code AS community, code AS member, 0 AS taken_over, joined_on AS registered_on, households,
    stood.done_on AS studio,
    (SELECT since FROM serving WHERE serving.period = scored.period AND community = code AND profession = 'judge') AS judge,
    (SELECT since FROM serving WHERE serving.period = scored.period AND community = code AND profession = 'prosecutor')
        AS prosecutor,
    (SELECT since FROM serving WHERE serving.period = scored.period AND community = code AND profession = 'police')
        AS police,
    (SELECT since FROM serving WHERE serving.period = scored.period AND community = code AND profession = 'lawyer')
        AS lawyer
FROM scored
JOIN period ON period.name = scored.period
LEFT JOIN stood ON stood.at_day = period.state_day AND stood.stream = 'community/' || code
    AND stood.stream IN (SELECT stream FROM entry);

-- Postings are called by the post; several from one day on are told apart by a number.
DROP TABLE IF EXISTS postings;
CREATE TABLE postings AS
WITH numbered AS (
    SELECT posting.*, row_number() OVER (PARTITION BY community, profession, posted_from ORDER BY position) AS nth FROM posting
)
SELECT
    period.name AS period, community,
    community || '/' || profession || '/' || posted_from || iif(nth = 1, '', '/' || nth) AS member, 0 AS taken_over,
    profession, posted_from AS from_day,
    iif(posted_until <= state_day, posted_until, state_day) AS in_force_until,
    iif(posted_until <= state_day, posted_until, NULL) AS ended_on,
    coalesce(posted_until <= state_day AND posted_until < kept_until, 0) AS ended_early,
    iif(posted_until <= state_day, reason, NULL) AS reason
FROM period JOIN numbered ON posted_from <= state_day;

DROP TABLE IF EXISTS cards;
CREATE TABLE cards AS
SELECT period.name AS period, community, id AS member, 0 AS taken_over, issued_on, households
FROM period JOIN card ON issued_on <= state_day WHERE households <> 0;

-- When a case counts as accepted: where nobody decided in time, from the last day for that, whatever came later.
DROP TABLE IF EXISTS the_cases;
CREATE TABLE the_cases AS
WITH undecided AS (SELECT case_id, due_on FROM duty WHERE what = 'register' AND state IN ('overdue', 'late')),
missed AS (
    SELECT case_id, min(due_on) AS due_on FROM duty WHERE what = 'contact' AND state IN ('overdue', 'late') GROUP BY case_id
),
unsigned AS (SELECT DISTINCT case_id FROM duty WHERE what = 'letter' AND state IN ('overdue', 'late'))
SELECT
    community, id AS member, paper AS taken_over, grid, kind, reported_on,
    coalesce(undecided.due_on, accepted_on) AS accepted_on, handed_down_on, ended, ended_on, tier, kept_since,
    unstable_on, letter_on, missed.due_on AS contact_missed_on,
    NOT EXISTS (SELECT 1 FROM term WHERE sequel = 'letter') OR unsigned.case_id IS NOT NULL
        OR accepted_on IS NULL AND ended IS NULL AS letter_owed,
    over_on_paper,
    coalesce(ended = 'resolved' AND ended_on <= settle_by, 0) AS settled_in_time, settle_by,
    iif(ended = 'resolved' AND accepted_on IS NOT NULL, ended_recorded, NULL) AS settled_entered_on
FROM standing_case
LEFT JOIN undecided ON undecided.case_id = id
LEFT JOIN missed ON missed.case_id = id
LEFT JOIN unsigned ON unsigned.case_id = id;
CREATE UNIQUE INDEX the_cases_by_id ON the_cases (member);

DROP TABLE IF EXISTS the_voids;
CREATE TABLE the_voids AS
SELECT
    community, known_case.id AS member, 0 AS taken_over, reported_on, voided.day AS voided_on, (
        SELECT ended FROM turn_of_case
        WHERE turn_of_case.id = known_case.id AND turn_of_case.position < voided.position
        ORDER BY turn_of_case.position DESC LIMIT 1
    ) AS ended
FROM known_case
JOIN event AS voided ON voided.position = (
    SELECT max(position) FROM event WHERE stream = known_case.stream AND kind = 'case-voided'
        AND position NOT IN (SELECT position FROM never)
), asked
WHERE reported_on <= as_of;

DROP TABLE IF EXISTS the_visits;
CREATE TABLE the_visits AS
SELECT
    community, case_id || '/' || visit AS member, paper AS taken_over, must,
    iif(done_on IS NULL AND coalesce(ended_on < planned_for, 0), NULL, max(planned_for, issued_on)) AS due_on,
    done_on, result
FROM visit JOIN standing_case ON standing_case.id = case_id, asked;

DROP TABLE IF EXISTS the_deeds;
CREATE TABLE the_deeds AS
SELECT
    coalesce(entry.community, '') AS community, entry.stream AS member,
    -- what was due before the log took its community in can only have been taken over from paper
    coalesce(stood.done_on IS NOT NULL AND due_on < joined_recorded, 0) AS taken_over,
    work, detail, grid, begun_on, due_on, stood.done_on,
    iif(coalesce(due_on < joined_recorded, 0), stood.done_on, stood.entered_on) AS entered_on,
    year || '-01-01' AS told_from, year || '-12-31' AS told_to, entry.community IS NULL AS whole,
    number AS count, of_number AS "of"
FROM entry
JOIN asked
LEFT JOIN stood ON stood.at_day = as_of AND stood.stream = entry.stream
LEFT JOIN community ON community.code = entry.community
WHERE begun_on <= as_of
UNION ALL
-- mediation sessions, of the community and the grid of their case
SELECT
    community, session.id || '/mediation/' || nth, 0, 'mediation', NULL, grid, day, NULL, day, recorded_day, NULL, NULL, 0, 1,
    NULL
FROM (
    SELECT id, day, recorded_day, row_number() OVER (PARTITION BY id ORDER BY position) AS nth
    FROM event WHERE kind = 'mediation-held' AND position NOT IN (SELECT position FROM never)
) AS session
JOIN standing_case ON standing_case.id = session.id, asked
WHERE day <= as_of;

DROP TABLE IF EXISTS the_duties;
CREATE TABLE the_duties AS
SELECT
    duty.community,
    named || iif(row_number() OVER alike = 1, '', '/' || row_number() OVER alike) AS member,
    duty.taken_over, what, about, begins_on, due_on, turn_ends_on, done_on, entered_on,
    iif(belongs_on = '9999-12-31', NULL, belongs_on) AS belongs_on, decided_on, state, days,
    coalesce(settled_in_time, 0) AS settled_in_time, settle_by, settled_entered_on,
    -- a first visit that was planned as a must-visit is a duty of that name
    what = 'visit' AND EXISTS (
        SELECT 1 FROM duty AS must
        WHERE must.case_id = duty.case_id AND must.what = 'must_visit' AND must.due_on <= duty.due_on
    ) AS planned_in_time
FROM duty LEFT JOIN the_cases ON the_cases.member = duty.case_id
WINDOW alike AS (PARTITION BY named ORDER BY place, nth);
