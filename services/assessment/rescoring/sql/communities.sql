-- Communities, who serves there, and what the plan gives terms for. An act counts from the day on which it happened; a
-- correction, or that something never took place, counts always, for it says how things were.

-- A community that was made void may be registered again: then it is the one registered last.
DROP TABLE IF EXISTS community;
CREATE TABLE community AS
WITH registered AS (
    SELECT max(position) AS position, json_extract(data, '$.code') AS code, data, day, recorded_day
    FROM event WHERE kind = 'community-registered' GROUP BY code
),
changed AS (
    SELECT position, kind, json_extract(data, '$.code') AS code, json_extract(data, '$.households') AS households
    FROM event WHERE kind IN ('community-corrected', 'community-voided')
)
SELECT
    code, day AS joined_on, recorded_day AS joined_recorded,
    coalesce((
        SELECT households FROM changed
        WHERE changed.code = registered.code AND changed.position > registered.position AND households IS NOT NULL
        ORDER BY changed.position DESC LIMIT 1
    ), json_extract(data, '$.households')) AS households
FROM registered
WHERE NOT EXISTS (
    SELECT 1 FROM changed
    WHERE changed.code = registered.code AND changed.position > registered.position AND kind = 'community-voided'
);
CREATE UNIQUE INDEX community_by_code ON community (code);

-- Who is scored in each period: the communities that were in the programme on its state day.
DROP TABLE IF EXISTS scored;
CREATE TABLE scored AS
SELECT period.name AS period, community.* FROM period JOIN community ON community.joined_on <= period.state_day;
CREATE UNIQUE INDEX scored_by_code ON scored (period, code);

-- Who owes what the plan asks: those in the programme on the day, or on the plan's last.
DROP TABLE IF EXISTS owing;
CREATE TABLE owing AS
SELECT community.* FROM community, asked WHERE joined_on <= min(as_of, coalesce(plan_last, as_of));

-- What the plan gives a term for, and how long.
DROP TABLE IF EXISTS term;
CREATE TABLE term AS
SELECT
    json_extract(value, '$.sequel') AS sequel, min(key) AS place,     -- of two for one thing, the first
    json_extract(value, '$.code') AS code, json_extract(value, '$.days') AS days,
    json_extract(value, '$.working_days') AS working_days
FROM asked, json_each(plan, '$.terms')
GROUP BY 1;

-- Postings. The days themselves count, not when they were entered.
DROP TABLE IF EXISTS posting;
CREATE TABLE posting AS
WITH posted AS (
    SELECT
        position, id AS community, json_extract(data, '$.profession') AS profession,
        json_extract(data, '$.officer') AS officer, json_extract(data, '$.from_day') AS posted_from,
        -- one that was made void by mistake is entered again, with the same officer and day
        lead(position, 1, 9e15) OVER (
            PARTITION BY id, json_extract(data, '$.officer'), json_extract(data, '$.from_day') ORDER BY position
        ) AS next_position
    FROM event WHERE kind = 'officer-posted'
),
later AS (
    SELECT
        position, id AS community, kind, json_extract(data, '$.officer') AS officer,
        json_extract(data, '$.from_day') AS posted_from, data
    FROM event
    WHERE kind IN ('posting-ended', 'posting-voided') AND position NOT IN (SELECT position FROM never)
)
SELECT
    posted.position, posted.community, posted.profession, posted.officer, posted.posted_from, posted.next_position,
    json_extract(ending.data, '$.last_day') AS posted_until, json_extract(ending.data, '$.reason') AS reason,
    -- kept for the plan's months: to the day before the same day so many months later (or that month's last day)
    date(min(
        date(posted.posted_from, '+' || posting_months || ' months'),
        date(posted.posted_from, 'start of month', '+' || (posting_months + 1) || ' months', '-1 day')
    ), '-1 day') AS kept_until
FROM posted
JOIN asked
LEFT JOIN later AS ending ON ending.position = (
    SELECT max(position) FROM later
    WHERE kind = 'posting-ended' AND later.community = posted.community AND later.officer = posted.officer
        AND later.posted_from = posted.posted_from AND position BETWEEN posted.position AND posted.next_position
)
WHERE NOT EXISTS (
    SELECT 1 FROM later
    WHERE kind = 'posting-voided' AND later.community = posted.community AND later.officer = posted.officer
        AND later.posted_from = posted.posted_from AND position BETWEEN posted.position AND posted.next_position
);
CREATE INDEX posting_by_place ON posting (community, profession, posted_from);

-- Days on which an officer who is posted does not come, and whether somebody else does.
DROP TABLE IF EXISTS leave;
CREATE TABLE leave AS
SELECT
    posting.position AS posting, told.position, json_extract(told.data, '$.leave.first_day') AS first_day,
    coalesce((
        SELECT json_extract(ended.data, '$.last_day') FROM event AS ended
        WHERE ended.stream = told.stream AND ended.kind = 'leave-ended'
            AND ended.position BETWEEN told.position AND posting.next_position
            AND json_extract(ended.data, '$.officer') = officer
            AND json_extract(ended.data, '$.from_day') = posted_from
            AND json_extract(ended.data, '$.first_day') = json_extract(told.data, '$.leave.first_day')
        ORDER BY ended.position DESC LIMIT 1
    ), json_extract(told.data, '$.leave.last_day')) AS last_day,
    json_extract(told.data, '$.leave.cover') AS cover
FROM posting
JOIN event AS told ON told.stream = 'roster/' || community AND told.kind = 'leave-recorded'
    AND told.position BETWEEN posting.position AND posting.next_position
    AND json_extract(told.data, '$.officer') = officer AND json_extract(told.data, '$.from_day') = posted_from;

-- Stretches of days on which nobody of a profession was posted, from when the community joined, or the plan began; without
-- an end while it lasts.
DROP TABLE IF EXISTS gap;
CREATE TABLE gap AS
WITH profession (profession) AS (VALUES ('judge'), ('prosecutor'), ('police'), ('lawyer')),
post AS (
    SELECT code AS community, profession, max(joined_on, plan_first) AS start FROM owing, profession, asked
),
served AS (
    SELECT
        post.community, post.profession, start, posted_from,
        coalesce(date(posted_until, '+1 day'), '9999-12-31') AS free_after
    FROM post
    JOIN posting ON posting.community = post.community AND posting.profession = post.profession, asked
    WHERE posted_from <= as_of
),
reached AS (
    SELECT
        served.*, max(start, coalesce(max(free_after) OVER (
            PARTITION BY community, profession ORDER BY posted_from, free_after
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), start)) AS free_from
    FROM served
)
SELECT community, profession, free_from AS since, posted_from AS filled_on FROM reached WHERE posted_from > free_from
UNION ALL
SELECT post.community, post.profession, max(start, coalesce(max(free_after), start)) AS since, NULL
FROM post LEFT JOIN served USING (community, profession, start)
GROUP BY post.community, post.profession, start;
DELETE FROM gap WHERE since > (SELECT as_of FROM asked);

-- Contact cards, as many as really reached a household.
DROP TABLE IF EXISTS card;
CREATE TABLE card AS
SELECT
    told.id AS community, told.id || '/' || told.version AS id, told.day AS issued_on,
    coalesce((
        SELECT json_extract(kept.value, '$.households')
        FROM event AS undone, json_each(undone.data, '$.cards') AS kept
        WHERE undone.stream = told.stream AND undone.kind = 'community-work-retracted'
            AND json_extract(undone.data, '$.act') = 'cards' AND json_extract(kept.value, '$.version') = told.version
        ORDER BY undone.position DESC LIMIT 1
    ), json_extract(told.data, '$.households')) AS households
FROM event AS told WHERE told.kind = 'contact-cards-issued'
UNION ALL
-- of which it is not said when they had been given
SELECT id, id || '/' || version, day, -json_extract(data, '$.households')
FROM event
WHERE kind = 'community-work-retracted' AND json_extract(data, '$.act') = 'cards'
    AND json_array_length(data, '$.cards') = 0;

-- The turns of whole months, counted from the plan's first month on, in which something is to be done once. The last turn
-- of a campaign may reach beyond its end.
DROP TABLE IF EXISTS turn;
CREATE TABLE turn AS
WITH RECURSIVE every (name, months) AS (VALUES ('month', 1), ('quarter', 3), ('half_year', 6), ('year', 12)),
turns (every, months, first, last_first) AS (
    SELECT name, months, date(plan_first, 'start of month'), coalesce(plan_last, as_of) FROM every, asked
    WHERE date(plan_first, 'start of month') <= coalesce(plan_last, as_of)
    UNION ALL
    SELECT every, months, date(first, '+' || months || ' months'), last_first
    FROM turns WHERE date(first, '+' || months || ' months') <= last_first
)
SELECT
    every, first AS begins, date(first, '+' || months || ' months', '-1 day') AS ends,
    -- 2015-06 for a month, 2015-06/2015-08 for more
    substr(first, 1, 7) || iif(months = 1, '', '/' || substr(date(first, '+' || (months - 1) || ' months'), 1, 7)) AS name
FROM turns;
