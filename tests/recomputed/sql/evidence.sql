-- What the record says, looked at on the day that is asked about (`asked.as_of`). An act counts from the day on which it
-- happened; a correction, or that something never took place, counts always, for it says how things were.

-- communities ---------------------------------------------------------------------------------------------------------

DROP TABLE IF EXISTS community;
CREATE TABLE community AS
SELECT
    json_extract(told.data, '$.code') AS code, told.day AS joined_on, told.recorded_day AS joined_recorded,
    coalesce((
        SELECT json_extract(put_right.data, '$.households') FROM event AS put_right
        WHERE put_right.kind = 'community-corrected'
            AND json_extract(put_right.data, '$.code') = json_extract(told.data, '$.code')
            AND json_extract(put_right.data, '$.households') IS NOT NULL
        ORDER BY put_right.position DESC LIMIT 1
    ), json_extract(told.data, '$.households')) AS households
FROM event AS told
WHERE told.kind = 'community-registered'
    AND NOT EXISTS (
        SELECT 1 FROM event AS voided
        WHERE voided.kind = 'community-voided'
            AND json_extract(voided.data, '$.code') = json_extract(told.data, '$.code')
    );

-- The terms of the plan for what must follow.
DROP TABLE IF EXISTS term;
CREATE TABLE term AS
SELECT
    json_extract(value, '$.code') AS code, json_extract(value, '$.sequel') AS sequel, json_extract(value, '$.days') AS days,
    json_extract(value, '$.working_days') AS working_days
FROM asked, json_each(plan, '$.terms');

-- cases --------------------------------------------------------------------------------------------------------------

-- What a case is, corrections included, and whether it was made void.
DROP TABLE IF EXISTS known_case;
CREATE TABLE known_case AS
SELECT
    told.id, told.stream,
    coalesce((
        SELECT json_extract(put_right.data, '$.community') FROM event AS put_right
        WHERE put_right.stream = told.stream AND put_right.kind = 'case-corrected'
            AND json_extract(put_right.data, '$.community') IS NOT NULL
        ORDER BY put_right.position DESC LIMIT 1
    ), json_extract(told.data, '$.community')) AS community,
    coalesce((
        SELECT json_extract(put_right.data, '$.reported_on') FROM event AS put_right
        WHERE put_right.stream = told.stream AND put_right.kind = 'case-corrected'
            AND json_extract(put_right.data, '$.reported_on') IS NOT NULL
        ORDER BY put_right.position DESC LIMIT 1
    ), told.day) AS reported_on,
    coalesce((
        SELECT json_extract(put_right.data, '$.grid') FROM event AS put_right
        WHERE put_right.stream = told.stream AND put_right.kind = 'case-corrected'
            AND json_extract(put_right.data, '$.grid') IS NOT NULL
        ORDER BY put_right.position DESC LIMIT 1
    ), json_extract(told.data, '$.grid')) AS grid,
    json_extract(told.data, '$.kind') AS first_kind,
    json_extract(told.data, '$.basis') = 'paper_ledger' AS on_paper,
    EXISTS (
        SELECT 1 FROM event AS voided
        WHERE voided.stream = told.stream AND voided.kind = 'case-voided'
            AND voided.position NOT IN (SELECT position FROM never)
    ) AS void
FROM event AS told
WHERE told.kind = 'case-reported';

-- How a case ended, and when it was opened again. A correction of the day is of the ending that it follows.
DROP TABLE IF EXISTS turn_of_case;
CREATE TABLE turn_of_case AS
SELECT
    ending.position, ending.id, ending.recorded_day,
    coalesce((
        SELECT json_extract(put_right.data, '$.resolved_on') FROM event AS put_right
        WHERE put_right.stream = ending.stream AND put_right.kind = 'case-corrected'
            AND put_right.position > ending.position AND json_extract(put_right.data, '$.resolved_on') IS NOT NULL
            AND NOT EXISTS (
                SELECT 1 FROM event AS other
                WHERE other.stream = ending.stream AND other.position > ending.position
                    AND other.position < put_right.position AND other.kind IN (
                        'case-declined', 'case-linked-as-duplicate', 'case-withdrawn', 'case-resolved',
                        'case-terminated', 'case-referred'
                    )
            )
        ORDER BY put_right.position DESC LIMIT 1
    ), ending.day) AS day,
    CASE ending.kind
        WHEN 'case-declined' THEN 'declined'
        WHEN 'case-linked-as-duplicate' THEN 'linked'
        WHEN 'case-withdrawn' THEN 'withdrawn'
        WHEN 'case-resolved' THEN 'resolved'
        -- the remedies must be told (人民调解法 17, 26); a paper ledger does not say
        WHEN 'case-terminated' THEN iif(json_extract(ending.data, '$.remedies_told') = 0, 'terminated_untold', 'terminated')
        WHEN 'case-referred' THEN iif(json_extract(ending.data, '$.outside'), 'referred_outside', 'referred')
    END AS ended,                       -- none: it was opened again
    json_extract(ending.data, '$.tier') AS tier
FROM event AS ending
WHERE ending.kind IN (
        'case-declined', 'case-linked-as-duplicate', 'case-withdrawn', 'case-resolved', 'case-terminated',
        'case-referred', 'case-reopened'
    )
    AND ending.position NOT IN (SELECT position FROM never);
CREATE INDEX turn_of_case_by_id ON turn_of_case (id, position);

-- The deadline that a case was told, each time.
DROP TABLE IF EXISTS deadline;
CREATE TABLE deadline AS
SELECT
    told.position, told.id, told.day,
    coalesce((
        SELECT json_extract(put_right.data, '$.due_on') FROM event AS put_right
        WHERE put_right.stream = told.stream AND put_right.kind = 'case-corrected'
            AND put_right.position > told.position AND json_extract(put_right.data, '$.due_on') IS NOT NULL
            AND put_right.position NOT IN (SELECT position FROM never)
            AND NOT EXISTS (
                SELECT 1 FROM event AS other
                WHERE other.stream = told.stream AND other.position > told.position
                    AND other.position < put_right.position AND other.position NOT IN (SELECT position FROM never)
                    AND other.kind IN ('case-accepted', 'case-reopened', 'clock-resumed', 'deadline-extended')
            )
        ORDER BY put_right.position DESC LIMIT 1
    ), json_extract(told.data, '$.due_on')) AS due_on
FROM event AS told
WHERE told.kind IN ('case-accepted', 'case-reopened', 'clock-resumed', 'deadline-extended')
    AND told.position NOT IN (SELECT position FROM never);
CREATE INDEX deadline_by_id ON deadline (id, position);

-- A case as it stood at the end of the day.
DROP TABLE IF EXISTS standing_case;
CREATE TABLE standing_case AS
WITH day AS (SELECT as_of, grace_days FROM asked),
accepted AS (
    SELECT id, max(position) AS position, day, json_extract(data, '$.to_be_handled') AS to_be_handled
    FROM event, day
    WHERE kind = 'case-accepted' AND day <= as_of AND position NOT IN (SELECT position FROM never)
    GROUP BY id
),
ended AS (
    SELECT id, max(position) AS position, day, recorded_day, ended, tier
    FROM turn_of_case, day WHERE day <= as_of GROUP BY id
),
followed_up AS (
    SELECT id, max(position) AS position, day, json_extract(data, '$.stable') AS stable
    FROM event, day
    WHERE kind = 'case-followed-up' AND day <= as_of AND position NOT IN (SELECT position FROM never)
    GROUP BY id
),
signed AS (
    SELECT id, min(day) AS day
    FROM event, day
    WHERE kind = 'responsibility-letter-signed' AND day <= as_of AND position NOT IN (SELECT position FROM never)
    GROUP BY id
),
-- The last correction of the kind that does not put back how the case was handed down.
other_kind AS (
    SELECT id, max(position) AS position, json_extract(data, '$.kind') AS kind
    FROM event
    WHERE kind = 'case-corrected' AND json_extract(data, '$.kind') IS NOT NULL
        AND json_extract(data, '$.handed_down_at') IS NULL
    GROUP BY id
),
-- The last hand-down, unless a correction says that the case was of another kind, and none that it was backlog after all.
last_down AS (
    SELECT id, stream, max(position) AS position, day FROM event WHERE kind = 'case-handed-down' GROUP BY id
),
handed_down AS (
    SELECT id, day FROM last_down AS down
    WHERE NOT EXISTS (
        SELECT 1 FROM event AS put_right
        WHERE put_right.stream = down.stream AND put_right.kind = 'case-corrected'
            AND put_right.position > down.position AND json_extract(put_right.data, '$.kind') <> 'backlog'
            AND NOT EXISTS (
                SELECT 1 FROM event AS again
                WHERE again.stream = down.stream AND again.kind = 'case-corrected'
                    AND again.position > put_right.position
                    AND json_extract(again.data, '$.handed_down_at') IS NOT NULL
            )
    )
),
reclassified AS (
    SELECT id, max(position) AS position, json_extract(data, '$.kind') AS kind
    FROM event, day WHERE kind = 'case-reclassified' AND day <= as_of
    GROUP BY id
)
SELECT
    one.id, one.community, one.grid, one.reported_on,
    -- taken over: of a day on which the log did not know the community yet
    one.on_paper AND coalesce(one.reported_on < community.joined_recorded, 0) AS paper,
    -- a paper ledger gives one day for report and acceptance
    CASE WHEN accepted.id IS NULL THEN NULL WHEN one.on_paper THEN one.reported_on ELSE accepted.day END AS accepted_on,
    CASE
        WHEN handed_down.day <= as_of THEN handed_down.day
        WHEN coalesce(
            iif(reclassified.id IS NULL OR other_kind.position > reclassified.position, other_kind.kind, reclassified.kind),
            one.first_kind
        ) = 'backlog' THEN one.reported_on
    END AS handed_down_on,
    ended.ended, iif(ended.ended IS NULL, NULL, ended.day) AS ended_on, iif(ended.ended = 'resolved', ended.tier, NULL) AS tier,
    iif(followed_up.stable = 0, followed_up.day, NULL) AS unstable_on,
    signed.day AS letter_on,
    -- a paper ledger said that it was over: until it is opened again, and unless that was not so
    one.on_paper AND coalesce(one.reported_on < community.joined_recorded, 0)
        AND coalesce(accepted.to_be_handled = 0, 0)
        AND NOT EXISTS (
            SELECT 1 FROM event AS again
            WHERE again.stream = one.stream AND again.position > accepted.position AND (
                again.kind = 'case-reopened' AND again.day <= as_of
                OR again.kind = 'case-step-retracted' AND json_extract(again.data, '$.back_to') = 'accepted'
                    AND json_extract(again.data, '$.clock') IS NULL
                    AND json_extract(again.data, '$.step') <> 'escalated'
            )
        ) AS over_on_paper,
    (
        SELECT max(other.day) FROM turn_of_case AS other
        WHERE other.position = (
            SELECT max(position) FROM turn_of_case
            WHERE id = one.id AND ended IS NULL AND day <= as_of
        )
    ) AS reopened_on,
    -- within the time, and entered so within the grace; on paper it was entered when it happened
    ended.ended = 'resolved' AND accepted.id IS NOT NULL AND ended.day <= due.due_on AND date(
        iif(
            one.on_paper AND max(one.reported_on, ended.day) < community.joined_recorded, ended.day, ended.recorded_day
        ), '-' || grace_days || ' days'
    ) <= due.due_on AS settled_in_time
FROM known_case AS one
JOIN day
LEFT JOIN community ON community.code = one.community
LEFT JOIN deadline AS due ON due.position = (
    SELECT max(position) FROM deadline WHERE deadline.id = one.id AND deadline.day <= day.as_of
)
LEFT JOIN accepted ON accepted.id = one.id
LEFT JOIN ended ON ended.id = one.id
LEFT JOIN followed_up ON followed_up.id = one.id
LEFT JOIN signed ON signed.id = one.id
LEFT JOIN other_kind ON other_kind.id = one.id
LEFT JOIN handed_down ON handed_down.id = one.id
LEFT JOIN reclassified ON reclassified.id = one.id
WHERE one.reported_on <= day.as_of AND NOT one.void;
CREATE UNIQUE INDEX standing_case_by_id ON standing_case (id);

-- visits and contacts ------------------------------------------------------------------------------------------------

-- Visits, planned or not: `planned_for` is the day of the visit itself where nobody had planned it.
DROP TABLE IF EXISTS visit;
CREATE TABLE visit AS
SELECT
    told.id AS case_id, json_extract(told.data, '$.visit') AS visit, min(told.day) AS known_on,
    coalesce((
        SELECT json_extract(plan.data, '$.on') FROM event AS plan
        WHERE plan.stream = told.stream AND plan.kind = 'visit-planned'
            AND json_extract(plan.data, '$.visit') = json_extract(told.data, '$.visit')
        ORDER BY plan.position DESC LIMIT 1
    ), min(told.day)) AS planned_for,
    max(json_extract(told.data, '$.must')) AS must,
    -- declined: that is the household's right, and the duty counts as done
    min(iif(told.kind <> 'visit-planned' AND told.day <= asked.as_of, told.day, NULL)) AS done_on
FROM event AS told, asked
WHERE told.kind IN ('visit-planned', 'visit-completed', 'visit-declined')
    AND told.position NOT IN (SELECT position FROM never)
GROUP BY told.id, json_extract(told.data, '$.visit');

-- Stretches of days on which a case was open: from its acceptance, or from when it was opened again, to its end.
DROP TABLE IF EXISTS open_case;
CREATE TABLE open_case AS
WITH turn AS (
    SELECT id, -1 AS position, accepted_on AS day, NULL AS ended FROM standing_case WHERE accepted_on IS NOT NULL
    UNION ALL
    SELECT id, position, day, ended FROM turn_of_case, asked WHERE day <= as_of
),
followed AS (
    SELECT
        id, day, ended, lead(day) OVER following AS next_day, lead(ended) OVER following AS next_ended
    FROM turn WINDOW following AS (PARTITION BY id ORDER BY position)
)
SELECT id, day AS since, iif(next_ended IS NULL, NULL, next_day) AS until
FROM followed JOIN standing_case USING (id)
WHERE followed.ended IS NULL AND accepted_on IS NOT NULL;

-- After the first letter the parties are to be seen at least once in so many days, as long as the case is open: each
-- contact with the one before it, and the day by which it was due. A letter that is signed meanwhile can only bring it
-- forward. `by` is the day by which it happened, the case was closed, or we look.
DROP TABLE IF EXISTS contact;
CREATE TABLE contact AS
WITH letter AS (
    SELECT id, position, day, json_extract(data, '$.contact_days') AS days
    FROM event, asked
    WHERE kind = 'responsibility-letter-signed' AND day <= as_of AND position NOT IN (SELECT position FROM never)
),
stretch AS (
    SELECT
        open_case.id, max(since, letter_on) AS since, coalesce(until, as_of) AS until, until IS NULL AS goes_on
    FROM open_case JOIN standing_case USING (id), asked
    WHERE letter_on IS NOT NULL AND max(since, letter_on) <= coalesce(until, as_of)
),
met AS (
    SELECT id, since AS stretch, until, since AS day FROM stretch
    UNION
    SELECT stretch.id, stretch.since, stretch.until, visit.done_on
    FROM stretch JOIN visit ON visit.case_id = stretch.id
    WHERE visit.done_on > stretch.since AND visit.done_on <= stretch.until
),
waited AS (
    SELECT id, day AS since, coalesce(lead(day) OVER (PARTITION BY id, stretch, until ORDER BY day), until) AS by FROM met
)
SELECT
    waited.id, waited.since, waited.by,
    min(
        -- whatever a letter says, not longer than by the plan's term
        coalesce((
            SELECT min(coalesce(
                (
                    SELECT min(later.day) FROM calendar
                    JOIN calendar AS later ON later.number = calendar.number + working_days
                    WHERE calendar.day = waited.since
                ),
                (SELECT min(day) FROM calendar WHERE works AND day >= date(waited.since, '+' || days || ' days'))
            ))
            FROM term, asked
            WHERE sequel = 'contact' AND waited.since BETWEEN plan_first AND coalesce(plan_last, '9999')
        ), '9999'),
        date(waited.since, '+' || (
            SELECT days FROM letter WHERE letter.id = waited.id AND letter.day <= waited.since
            ORDER BY position DESC LIMIT 1
        ) || ' days'),
        coalesce((
            SELECT min(date(day, '+' || days || ' days')) FROM letter
            WHERE letter.id = waited.id AND letter.day > waited.since
        ), '9999')
    ) AS due_on
FROM waited;

-- entries ------------------------------------------------------------------------------------------------------------

-- Which event enters which kind of work, and where the entry tells how many.
DROP TABLE IF EXISTS entry;
CREATE TABLE entry AS
SELECT
    told.position, told.stream, told.kind,
    coalesce(json_extract(told.data, '$.community'), '') AS community, -- '' = of the sub-district as a whole
    json_extract(told.data, '$.grid') AS grid, told.day AS begun_on, json_extract(told.data, '$.due_on') AS due_on,
    told.data
FROM event AS told, asked
WHERE told.kind IN (
        'leader-visit-completed', 'patrol-completed', 'legal-advice-given', 'legal-aid-granted',
        'helper-enrolled', 'coached-case-completed', 'training-held', 'outreach-held', 'support-provided', 'survey-concluded',
        'youth-offence-rate-reported', 'major-fire-reported', 'summary-submitted', 'archive-entry-added',
        'hazard-found', 'key-area-listed', 'rectification-ordered', 'opinion-recorded'
    )
    AND told.day <= asked.as_of
    AND told.position NOT IN (SELECT position FROM never);

-- What followed an entry, the last step that had come by the day.
DROP TABLE IF EXISTS followed_entry;
CREATE TABLE followed_entry AS
SELECT
    entry.*, done.day AS done_on, done.recorded_day AS entered_on,
    -- what was due before the log took its community in can only have been taken over from paper
    done.day IS NOT NULL AND coalesce(entry.due_on < community.joined_recorded, 0) AS paper
FROM entry
LEFT JOIN community ON community.code = entry.community
LEFT JOIN (
    -- Since when it stands as done: the first step that did it since the last that failed.
    SELECT step.stream, min(step.position) AS position, step.day, step.recorded_day
    FROM event AS step, asked
    WHERE step.kind IN (
            'archive-filed', 'hazard-cleared', 'key-area-reinspected', 'rectification-completed', 'opinion-answered'
        )
        AND step.day <= as_of AND coalesce(json_extract(step.data, '$.passed'), 1)
        AND NOT EXISTS (
            SELECT 1 FROM event AS failed
            WHERE failed.stream = step.stream AND failed.position > step.position AND failed.day <= as_of
                AND failed.kind IN ('key-area-reinspected', 'rectification-completed')
                AND NOT json_extract(failed.data, '$.passed')
        )
    GROUP BY step.stream
) AS done ON done.stream = entry.stream;

-- What appeals have left out of which indicators: what happened, in each period that has days of the one appealed
-- against; how something stood on a day, in that period alone.
DROP TABLE IF EXISTS excused;
CREATE TABLE excused AS
SELECT DISTINCT
    period.name AS period, json_extract(value, '$.indicator') AS indicator, json_extract(value, '$.table') AS evidence,
    json_extract(value, '$.member') AS member
FROM event
JOIN json_each(event.data, '$.excused')
JOIN period ON period.from_day <= json_extract(event.data, '$.excused_in.to_day')
    AND period.to_day >= json_extract(event.data, '$.excused_in.from_day')
WHERE event.kind = 'appeal-decided' AND event.position NOT IN (SELECT position FROM never) AND (
    json_extract(value, '$.table') NOT IN ('communities', 'postings', 'cards')
    OR json_extract(event.data, '$.excused_in.name') = period.name
);

-- who serves where ---------------------------------------------------------------------------------------------------

-- Who is scored in each period: the communities that were in the programme on its state day.
DROP TABLE IF EXISTS scored;
CREATE TABLE scored AS
SELECT period.name AS period, community.* FROM period JOIN community ON community.joined_on <= period.state_day;

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
)
SELECT
    -- called by the post; several from one day on are told apart by a number
    posted.community || '/' || posted.profession || '/' || posted.posted_from || iif(
        row_number() OVER again = 1, '', '/' || row_number() OVER again
    ) AS id,
    posted.community, posted.profession, posted.posted_from,
    json_extract(ending.data, '$.last_day') AS posted_until, json_extract(ending.data, '$.reason') AS reason,
    -- kept for the plan's months: to the day before the same day so many months later (or that month's last day)
    date(min(
        date(posted.posted_from, '+' || posting_months || ' months'),
        date(posted.posted_from, 'start of month', '+' || (posting_months + 1) || ' months', '-1 day')
    ), '-1 day') AS kept_until
FROM posted
JOIN asked
LEFT JOIN event AS ending ON ending.position = (
    SELECT max(position) FROM event
    WHERE stream = 'roster/' || posted.community AND kind = 'posting-ended' AND position > posted.position
        AND position < posted.next_position AND position NOT IN (SELECT position FROM never)
        AND json_extract(data, '$.officer') = posted.officer AND json_extract(data, '$.from_day') = posted.posted_from
)
WHERE NOT EXISTS (
    SELECT 1 FROM event
    WHERE stream = 'roster/' || posted.community AND kind = 'posting-voided' AND position > posted.position
        AND position < posted.next_position
        AND json_extract(data, '$.officer') = posted.officer AND json_extract(data, '$.from_day') = posted.posted_from
)
WINDOW again AS (PARTITION BY posted.community, posted.profession, posted.posted_from ORDER BY posted.position);

-- Contact cards, as many as really reached a household.
DROP TABLE IF EXISTS cards;
CREATE TABLE cards AS
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

-- the plan's duties ----------------------------------------------------------------------------------------------------

-- The turns of whole months, counted from the plan's first month on, in which something is to be done once. The last turn
-- of a campaign may reach beyond its end.
DROP TABLE IF EXISTS turn;
CREATE TABLE turn AS
WITH RECURSIVE every (name, months) AS (VALUES ('month', 1), ('quarter', 3), ('half_year', 6), ('year', 12)),
turns (every, months, first, last_first) AS (
    SELECT name, months, date(plan_first, 'start of month'), coalesce(plan_last, as_of) FROM every, asked
    UNION ALL
    SELECT every, months, date(first, '+' || months || ' months'), last_first
    FROM turns WHERE date(first, '+' || months || ' months') <= last_first
)
SELECT
    every, first AS begins, date(first, '+' || months || ' months', '-1 day') AS ends,
    -- 2015-06 for a month, 2015-06/2015-08 for more
    substr(first, 1, 7) || iif(months = 1, '', '/' || substr(date(first, '+' || (months - 1) || ' months'), 1, 7)) AS name
FROM turns;

-- Who owes what the plan asks: those in the programme on the day, or on the plan's last.
DROP TABLE IF EXISTS owing;
CREATE TABLE owing AS
SELECT community.* FROM community, asked WHERE joined_on <= min(as_of, coalesce(plan_last, as_of));

-- What must follow a case, while it is in the plan: the letter after it was handed down, the visit after it was accepted.
-- What still waits when the case is opened again begins with that.
DROP TABLE IF EXISTS sequel;
CREATE TABLE sequel AS
WITH cause AS (
    SELECT id, 'letter' AS sequel, max(handed_down_on, plan_first) AS begun, letter_on AS done_on
    FROM standing_case, asked
    WHERE accepted_on IS NOT NULL AND handed_down_on IS NOT NULL AND NOT over_on_paper
        AND max(handed_down_on, plan_first) <= min(as_of, coalesce(ended_on, as_of))
    UNION ALL
    SELECT id, 'visit', accepted_on, (SELECT min(done_on) FROM visit WHERE visit.case_id = standing_case.id)
    FROM standing_case
    WHERE accepted_on IS NOT NULL AND NOT paper
),
counted AS (
    SELECT
        cause.id, cause.sequel, term.code, cause.done_on, term.days, term.working_days,
        iif(reopened_on IS NOT NULL AND coalesce(cause.done_on >= reopened_on, 1), max(begun, reopened_on), begun) AS begun
    FROM cause JOIN term USING (sequel) JOIN standing_case USING (id)
),
timed AS (
    SELECT
        counted.id, counted.sequel, counted.code, counted.done_on,
        max(issued_on, coalesce(
            -- so many working days after the day, which is not counted itself
            (
                SELECT min(later.day) FROM calendar JOIN calendar AS later ON later.number = calendar.number + working_days
                WHERE calendar.day = begun
            ),
            -- so many days, and a last day that is not worked gives way to the next that is
            (SELECT min(day) FROM calendar WHERE works AND day >= date(begun, '+' || days || ' days'))
        )) AS due_on
    FROM counted, asked
    WHERE begun BETWEEN plan_first AND coalesce(plan_last, '9999')
)
-- What was not done before the case was over is owed no more, unless it had become overdue by then.
SELECT timed.*, code || '/' || community || '/' || id AS member, community, paper, settled_in_time
FROM timed JOIN standing_case USING (id)
WHERE done_on IS NOT NULL OR ended_on IS NULL OR ended_on > due_on;

-- Of every case it is said within a term whether it is taken on, counted from its report, or from when it was handed down.
DROP TABLE IF EXISTS register;
CREATE TABLE register AS
WITH decided AS (
    SELECT id, min(day) AS decided_on
    FROM event, asked
    WHERE kind IN ('case-accepted', 'case-declined', 'case-linked-as-duplicate') AND day <= as_of
        AND position NOT IN (SELECT position FROM never)
    GROUP BY id
),
begun AS (
    SELECT id, community, decided_on, max(reported_on, coalesce(handed_down_on, reported_on)) AS begun
    FROM standing_case LEFT JOIN decided USING (id) WHERE NOT paper
)
SELECT
    id, community, code || '/' || community || '/' || id AS member, decided_on,
    max(issued_on, coalesce(
        (
            SELECT min(later.day) FROM calendar JOIN calendar AS later ON later.number = calendar.number + working_days
            WHERE calendar.day = begun
        ),
        (SELECT min(day) FROM calendar WHERE works AND day >= date(begun, '+' || days || ' days'))
    )) AS due_on
FROM begun JOIN term ON sequel = 'register', asked
WHERE begun BETWEEN plan_first AND coalesce(plan_last, '9999') AND coalesce(decided_on >= begun, 1);

-- When a case counts as accepted: where nobody decided in time, from the last day for that, whatever came later.
DROP TABLE IF EXISTS counted_case;
CREATE TABLE counted_case AS
SELECT
    standing_case.*,
    iif(due_on < coalesce(decided_on, as_of), due_on, accepted_on) AS counted_on
FROM standing_case LEFT JOIN register USING (id), asked;
