-- What is due: the plan's duties, and what the record itself demands. First what is owed, each with when it begins, by when
-- it is due and when it was done; then how it stands on the day.

DROP TABLE IF EXISTS owed;
CREATE TABLE owed (
    code TEXT NOT NULL,          -- of the plan's item, by which it is named
    what TEXT NOT NULL,          -- the work, by which a rulebook finds it
    community TEXT NOT NULL, about TEXT NOT NULL,
    begins_on TEXT, due_on TEXT, turn_ends_on TEXT,
    done_on TEXT, entered_on TEXT,
    taken_over INTEGER NOT NULL, -- it can only have been taken over from paper
    state TEXT, days INTEGER,    -- where they do not follow from the others
    case_id TEXT, place TEXT     -- of several that are named alike, which comes first
);

-- once ------------------------------------------------------------------------------------------------------------------

-- Who owes it: each community, or the sub-district, from the plan's first day on.
DROP TABLE IF EXISTS subject;
CREATE TABLE subject AS
SELECT 'community' AS per, code AS community, joined_on, joined_recorded FROM owing
UNION ALL
SELECT 'unit', '', plan_first, NULL FROM asked;

INSERT INTO owed
WITH duty AS (
    SELECT
        json_extract(item.value, '$.code') AS code, json_extract(item.value, '$.done_by') AS work,
        coalesce(json_extract(item.value, '$.per'), 'community') AS per,
        json_extract(item.value, '$.due_on') AS due_on, json_extract(phase.value, '$.from_day') AS phase_from,
        json_extract(phase.value, '$.to_day') AS phase_to
    FROM asked, json_each(plan, '$.duties') AS item
    LEFT JOIN json_each(plan, '$.phases') AS phase
        ON json_extract(phase.value, '$.code') = json_extract(item.value, '$.phase')
    WHERE json_extract(item.value, '$.done_by') IS NOT NULL
),
-- nothing is late before the plan was issued, or the community had joined
timed AS (
    SELECT
        code, work, subject.*, phase_from, plan_first,
        max(coalesce(due_on, phase_to, plan_last), issued_on, joined_on) AS due_on
    FROM duty JOIN subject USING (per), asked
),
first_done AS (
    SELECT
        timed.code, timed.community, once_on, once_entered,
        row_number() OVER (PARTITION BY timed.code, timed.community ORDER BY once_on, work_done.stream) AS nth
    FROM timed
    JOIN work_done ON work_done.work = timed.work AND (timed.community = '' OR work_done.community = timed.community)
    -- a studio and a leader serve every plan in whose days they stand
    WHERE timed.work IN ('studio', 'leader') OR once_on >= plan_first
)
SELECT
    code, work, community, '',
    -- what is due before its phase opens is due from the plan's beginning on
    max(iif(phase_from IS NOT NULL AND coalesce(phase_from <= due_on, 1), phase_from, plan_first), joined_on),
    due_on, NULL, once_on, once_entered, coalesce(once_on IS NOT NULL AND due_on < joined_recorded, 0),
    NULL, NULL, NULL, NULL
FROM timed LEFT JOIN first_done USING (code, community)
WHERE coalesce(nth, 1) = 1;

-- what comes round ------------------------------------------------------------------------------------------------------

-- Work, once in each turn: the first of its first month that has any.
INSERT INTO owed
WITH round AS (
    SELECT
        json_extract(value, '$.code') AS code, json_extract(value, '$.work') AS work,
        json_extract(value, '$.every') AS every, json_extract(value, '$.per') AS per
    FROM asked, json_each(plan, '$.rounds')
),
due AS (
    SELECT code, work, community, joined_on, joined_recorded, turn.*, max(ends, issued_on) AS due_on
    FROM round JOIN subject USING (per) JOIN turn USING (every), asked
    WHERE ends >= joined_on                 -- it owes the turns at whose end it was in the programme
),
done AS (
    SELECT
        due.code, due.community, due.name, work_done.done_on, work_done.entered_on,
        row_number() OVER (
            PARTITION BY due.code, due.community, due.name ORDER BY work_done.done_on, work_done.stream
        ) AS nth
    FROM due
    JOIN work_done ON work_done.work = due.work AND (due.community = '' OR work_done.community = due.community)
        AND work_done.done_on BETWEEN begins AND ends
)
SELECT
    code, work, community, name, max(begins, joined_on), due_on, ends, done_on, entered_on,
    coalesce(done_on IS NOT NULL AND due_on < joined_recorded, 0), NULL, NULL, NULL, NULL
FROM due LEFT JOIN done USING (code, community, name)
WHERE coalesce(nth, 1) = 1;

-- Meetings, once in each turn, and their minutes, some days after it.
INSERT INTO owed
WITH told AS (
    SELECT
        position, kind, day, recorded_day, json_extract(data, '$.community') AS community,
        json_extract(data, '$.kind') AS meeting, json_extract(data, '$.month') AS month
    FROM event, asked
    WHERE kind IN ('meeting-convened', 'minutes-submitted') AND day <= as_of
        AND position NOT IN (SELECT position FROM never)
),
cadence AS (
    SELECT
        json_extract(value, '$.code') AS code, json_extract(value, '$.meeting') AS meeting,
        json_extract(value, '$.every') AS every, json_extract(value, '$.due_day') AS due_day
    FROM asked, json_each(plan, '$.cadences')
),
due AS (
    SELECT
        code, meeting, subject.community, joined_on, joined_recorded, turn.*,
        -- a day of the following month (its last where it has no such day)
        min(date(ends, '+' || due_day || ' days'), date(ends, '+1 day', '+1 month', '-1 day')) AS minutes_by
    FROM cadence JOIN turn USING (every) JOIN subject ON per = 'community' AND ends >= joined_on
),
done AS (
    SELECT
        due.code, due.community, due.name, told.kind, told.day, told.recorded_day,
        row_number() OVER (
            PARTITION BY due.code, due.community, due.name, told.kind ORDER BY told.day, told.month, told.position
        ) AS nth
    FROM due
    JOIN told ON told.community = due.community AND told.meeting = due.meeting
        AND told.month BETWEEN substr(due.begins, 1, 7) AND substr(due.ends, 1, 7)
),
both AS (
    SELECT
        due.*, held.day AS held_on, held.recorded_day AS held_recorded, filed.day AS filed_on,
        filed.recorded_day AS filed_recorded
    FROM due
    LEFT JOIN done AS held ON held.code = due.code AND held.community = due.community AND held.name = due.name
        AND held.kind = 'meeting-convened' AND held.nth = 1
    LEFT JOIN done AS filed ON filed.code = due.code AND filed.community = due.community AND filed.name = due.name
        AND filed.kind = 'minutes-submitted' AND filed.nth = 1
)
SELECT
    code, meeting, community, name, max(begins, joined_on), max(ends, issued_on), ends, held_on, held_recorded,
    coalesce(held_on IS NOT NULL AND max(ends, issued_on) < joined_recorded, 0), NULL, NULL, NULL, NULL
FROM both, asked
UNION ALL
SELECT
    code || '.minutes', meeting || '.minutes', community, name,
    min(coalesce(held_on, date(ends, '+1 day')), date(ends, '+1 day')), max(minutes_by, issued_on), ends,
    filed_on, filed_recorded, coalesce(filed_on IS NOT NULL AND max(minutes_by, issued_on) < joined_recorded, 0),
    NULL, NULL, NULL, NULL
FROM both, asked;

-- who serves where ------------------------------------------------------------------------------------------------------

-- A new posting for each vacancy that began in the plan's days; under a plan without a term for it, vacant all the same.
INSERT INTO owed
SELECT
    coalesce(term.code, 'vacancy') || '.' || profession, coalesce(sequel, 'vacancy') || '.' || profession, community,
    since, since,
    max(issued_on, iif(
        working_days IS NULL,
        (SELECT worked_from FROM calendar WHERE day = date(since, '-1 day', '+' || days || ' days')),
        (
            SELECT later.day FROM calendar
            JOIN calendar AS later ON later.number = calendar.number + working_days AND later.works
            WHERE calendar.day = date(since, '-1 day')
        )
    )),
    NULL, filled_on, filled_on, 0, NULL, NULL, NULL, NULL
FROM gap LEFT JOIN term ON sequel = 'refill', asked
WHERE since <= coalesce(plan_last, '9999') AND as_of >= plan_first;
UPDATE owed SET state = iif(due_on < (SELECT as_of FROM asked), 'overdue', 'vacant')
WHERE done_on IS NULL AND (what LIKE 'refill.%' OR what LIKE 'vacancy.%');

-- A posting is kept for the plan's months; a reason that excuses its early end ends the duty, too.
INSERT INTO owed
SELECT
    'tenure', 'tenure', community, profession || '/' || posted_from, posted_from, kept_until, NULL,
    iif(NOT short AND as_of >= kept_until, kept_until, NULL), kept_until, 0,
    CASE WHEN short THEN 'broken' WHEN as_of >= kept_until THEN 'done' ELSE 'not_yet_due' END,
    iif(short, julianday(kept_until) - julianday(posted_until), 0), NULL, officer
FROM (
    SELECT posting.*, coalesce(posted_until < kept_until AND posted_until <= as_of, 0) AS short, as_of
    FROM posting JOIN owing ON owing.code = posting.community, asked
    WHERE posted_from BETWEEN plan_first AND min(as_of, coalesce(plan_last, as_of))
)
WHERE NOT short OR reason NOT IN ('term', 'retired', 'illness');

-- Cover, where all of a profession are on leave, and nobody comes in their place.
INSERT INTO owed
WITH serving AS (
    SELECT
        posting.*,
        (
            SELECT leave.position FROM leave
            WHERE leave.posting = posting.position AND as_of BETWEEN first_day AND last_day
            ORDER BY leave.position LIMIT 1
        ) AS away
    FROM posting JOIN owing ON owing.code = posting.community, asked
    WHERE as_of BETWEEN posted_from AND coalesce(posted_until, '9999') AND as_of BETWEEN plan_first AND coalesce(plan_last, as_of)
),
uncovered AS (
    SELECT serving.community, profession
    FROM serving LEFT JOIN leave ON leave.position = away
    GROUP BY serving.community, profession HAVING count(away) = count(*) AND count(cover) = 0
)
SELECT
    'cover', 'cover', community, profession || '/' || posted_from, first_day, NULL, NULL, NULL, NULL, 0,
    'vacant', NULL, NULL, officer
FROM serving JOIN uncovered USING (community, profession) JOIN leave ON leave.position = away;

-- cases -----------------------------------------------------------------------------------------------------------------

-- What was accepted is settled by its deadline. A clock that was stopped holds up what was not late by then.
INSERT INTO owed
SELECT
    'case_deadline', 'case_deadline', community, id, accepted_on, settle_by, NULL, ended_on, ended_recorded,
    paper AND coalesce(ended_on < joined_recorded, 1), iif(ended_on IS NULL AND stopped_on <= settle_by, 'paused', NULL), NULL, id, NULL
FROM standing_case LEFT JOIN community ON community.code = standing_case.community
WHERE accepted_on IS NOT NULL;

-- After the first letter the parties are seen at least once in so many days, as long as the case is open: each contact with
-- the one before it. A letter that is signed meanwhile can only bring it forward; and whatever a letter says, it is not
-- longer than by the plan's term. `until` is the day on which it happened, the case was closed, or we look.
INSERT INTO owed
WITH stretch AS (
    SELECT open_case.id, max(since, letter_on) AS since, until AS closed_on, coalesce(until, as_of) AS until
    FROM open_case JOIN standing_case USING (id), asked
    WHERE letter_on IS NOT NULL AND max(since, letter_on) <= coalesce(until, as_of)
),
met AS (
    SELECT id, since AS stretch, until, closed_on, since AS day, NULL AS recorded_on FROM stretch
    UNION ALL
    SELECT stretch.id, stretch.since, stretch.until, closed_on, done_on, recorded_on
    FROM stretch JOIN seen ON seen.case_id = stretch.id
    WHERE done_on > stretch.since AND done_on <= stretch.until
),
waited AS (
    SELECT
        id, day AS since, lead(day) OVER following AS met_on, lead(recorded_on) OVER following AS met_recorded,
        closed_on, coalesce(lead(day) OVER following, until) AS until
    FROM met WINDOW following AS (PARTITION BY id, stretch, until ORDER BY day)
),
timed AS (
    SELECT
        waited.*,
        min(
            date(since, '+' || coalesce(
                (
                    SELECT days FROM letter WHERE letter.id = waited.id AND letter.day <= waited.since
                    ORDER BY position DESC LIMIT 1
                ),
                (SELECT days FROM letter WHERE letter.id = waited.id ORDER BY position LIMIT 1)
            ) || ' days'),
            coalesce((
                SELECT min(date(day, '+' || days || ' days')) FROM letter
                WHERE letter.id = waited.id AND letter.day > since AND letter.day <= until
            ), '9999-12-31'),
            coalesce((
                SELECT iif(
                    working_days IS NULL,
                    (SELECT worked_from FROM calendar WHERE day = date(since, '+' || days || ' days')),
                    (
                        SELECT later.day FROM calendar
                        JOIN calendar AS later ON later.number = calendar.number + working_days AND later.works
                        WHERE calendar.day = since
                    )
                )
                FROM term WHERE sequel = 'contact' AND since BETWEEN plan_first AND coalesce(plan_last, '9999')
            ), '9999-12-31')
        ) AS due_on
    FROM waited, asked
)
SELECT
    'contact', 'contact', community, id, since, due_on, NULL, met_on, met_recorded, 0, NULL,
    iif(met_on IS NULL AND closed_on IS NOT NULL, julianday(closed_on) - julianday(due_on), NULL), id, NULL
FROM timed JOIN standing_case USING (id)
WHERE met_on IS NOT NULL OR closed_on IS NULL OR due_on < closed_on;

-- Handovers: each that was opened, with when somebody else took over. One that still waits is waited for no more where
-- another is opened, or where it is told that nothing waits; it waits again where the taking over was taken back.
DROP TABLE IF EXISTS handing_over;
CREATE TABLE handing_over AS
SELECT
    position, id, day, recorded_day, json_extract(data, '$.officer') AS officer,
    CASE
        WHEN kind = 'handover-opened' THEN 'opened'
        WHEN kind IN ('handover-completed', 'handler-replaced') THEN 'done'
        WHEN json_extract(data, '$.handler.handover_since') IS NULL THEN 'none'
        ELSE 'again'
    END AS step
FROM event
WHERE kind IN ('handover-opened', 'handover-completed', 'handler-replaced')
    OR kind = 'work-retracted' AND json_type(data, '$.handler') = 'object'
        AND json_extract(data, '$.act') NOT IN ('letter', 'mediation', 'performance');
CREATE INDEX handing_over_by_id ON handing_over (id, position);

DROP TABLE IF EXISTS handover;
CREATE TABLE handover AS
WITH opened AS (
    SELECT handing_over.*, lead(position, 1, 9e15) OVER (PARTITION BY id ORDER BY position) AS next_position
    FROM handing_over WHERE step = 'opened'
),
done AS (
    SELECT
        opened.position AS opening, told.position, told.day, told.recorded_day,
        coalesce((
            SELECT max(again.position) FROM handing_over AS again
            WHERE again.id = opened.id AND again.step = 'again' AND again.position > opened.position
                AND again.position < opened.next_position
        ), opened.position) AS waited_from
    FROM opened JOIN handing_over AS told ON told.id = opened.id AND told.step = 'done' AND told.position > opened.position
        AND told.position < opened.next_position
)
SELECT
    opened.id, opened.position, opened.day, opened.officer, min(done.position) AS done_position, done.day AS done_on,
    done.recorded_day AS done_recorded
FROM opened LEFT JOIN done ON done.opening = opened.position AND done.position > waited_from
GROUP BY opened.position
HAVING (min(done.position) IS NOT NULL OR opened.next_position = 9e15) AND NOT EXISTS (
    -- told to wait for nothing, while it waited
    SELECT 1 FROM handing_over AS gone
    WHERE gone.id = opened.id AND gone.step = 'none' AND gone.position > opened.position
        AND gone.position < opened.next_position
        AND coalesce((
            SELECT step FROM handing_over AS last
            WHERE last.id = opened.id AND last.step IN ('done', 'again') AND last.position > opened.position
                AND last.position < gone.position
            ORDER BY last.position DESC LIMIT 1
        ), 'again') = 'again'
);

-- What must follow, while the plan gives a term for it. What still waits when a case is opened again begins with that.
INSERT INTO owed
WITH agreed AS (
    SELECT id, max(position) AS position, day, kind FROM (
        SELECT id, position, day, kind FROM event, asked
        WHERE kind IN ('agreement-reached', 'case-reopened') AND day <= as_of
            AND position NOT IN (SELECT position FROM never)
    ) GROUP BY id
),
checked AS (
    SELECT id, day, recorded_day FROM (
        SELECT event.*, row_number() OVER (PARTITION BY event.id ORDER BY event.day, event.position) AS nth
        FROM event JOIN agreed USING (id), asked
        WHERE event.kind = 'performance-checked' AND event.position > agreed.position AND event.day <= as_of
            AND event.position NOT IN (SELECT position FROM never)
    ) WHERE nth = 1
),
asked_after AS (
    SELECT id, day, recorded_day FROM (
        SELECT event.*, row_number() OVER (PARTITION BY event.id ORDER BY event.day, event.position) AS nth
        FROM event JOIN standing_case USING (id), asked
        WHERE event.kind = 'case-followed-up' AND event.position > ended_position AND event.day <= as_of
            AND event.position NOT IN (SELECT position FROM never)
    ) WHERE nth = 1
),
first_seen AS (SELECT case_id, min(done_on) AS done_on, recorded_on FROM seen GROUP BY case_id),
-- An officer's last day, where that was told before the handover came; who did not leave after all hands nothing over.
left_behind AS (
    SELECT
        handover.*, handover.done_on <= as_of AS handed_over,
        max(handover.day, min(
            coalesce(max(posted_until), handover.day),
            iif(handover.done_on <= as_of, handover.done_on, coalesce(max(posted_until), handover.day))
        )) AS begun,
        count(posting.position) AS postings, count(posted_until) AS ended_postings
    FROM handover
    JOIN standing_case ON standing_case.id = handover.id
    LEFT JOIN posting ON posting.community = standing_case.community AND posting.officer = handover.officer
        AND posted_from <= handover.day, asked
    WHERE handover.day <= as_of
    GROUP BY handover.position
),
cause AS (
    SELECT 'letter' AS sequel, id, max(handed_down_on, plan_first) AS begun, letter_on AS done_on, letter_recorded AS recorded_on
    FROM standing_case, asked
    WHERE accepted_on IS NOT NULL AND handed_down_on IS NOT NULL AND NOT over_on_paper
        AND max(handed_down_on, plan_first) <= min(as_of, coalesce(ended_on, as_of))
    UNION ALL
    SELECT 'visit', id, accepted_on, done_on, recorded_on
    FROM standing_case LEFT JOIN first_seen ON case_id = id
    WHERE accepted_on IS NOT NULL AND NOT paper
    UNION ALL
    SELECT 'follow_up', standing_case.id, ended_on, day, recorded_day
    FROM standing_case LEFT JOIN asked_after USING (id)
    WHERE accepted_on IS NOT NULL AND ended IN ('resolved', 'terminated', 'terminated_untold') AND NOT over_on_paper
    UNION ALL
    SELECT 'performance', agreed.id, agreed.day, checked.day, checked.recorded_day
    FROM agreed JOIN standing_case USING (id) LEFT JOIN checked USING (id)
    WHERE agreed.kind = 'agreement-reached' AND accepted_on IS NOT NULL
    UNION ALL
    SELECT 'handover', left_behind.id, begun, iif(handed_over, done_on, NULL), done_recorded
    FROM left_behind JOIN standing_case USING (id)
    WHERE accepted_on IS NOT NULL AND (coalesce(handed_over, 0) OR ended_postings = postings)
),
counted AS (
    SELECT
        cause.sequel, cause.id, cause.done_on, cause.recorded_on, term.code, term.days, term.working_days,
        iif(reopened_on IS NOT NULL AND coalesce(cause.done_on >= reopened_on, 1), max(begun, reopened_on), begun) AS begun
    FROM cause JOIN term USING (sequel) JOIN standing_case USING (id)
),
timed AS (
    SELECT
        counted.*,
        max(issued_on, iif(
            working_days IS NULL,
            -- so many days, and a last day that is not worked gives way to the next that is
            (SELECT worked_from FROM calendar WHERE day = date(begun, '+' || days || ' days')),
            -- so many working days after the day, which is not counted itself
            (
                SELECT later.day FROM calendar
                JOIN calendar AS later ON later.number = calendar.number + working_days AND later.works
                WHERE calendar.day = begun
            )
        )) AS due_on
    FROM counted, asked
    WHERE begun BETWEEN plan_first AND coalesce(plan_last, '9999')
)
-- What was not done before the case was over is owed no more, unless it had become overdue by then.
SELECT
    code, sequel, community, id, begun, due_on, NULL, done_on, recorded_on, paper, NULL,
    iif(
        done_on IS NULL AND ended_on IS NOT NULL AND sequel NOT IN ('follow_up', 'performance'),
        julianday(ended_on) - julianday(due_on), NULL
    ), id, NULL
FROM timed JOIN standing_case USING (id)
WHERE done_on IS NOT NULL OR ended_on IS NULL OR sequel IN ('follow_up', 'performance') OR ended_on > due_on;

-- Must-visits: no longer due where the case was over before the day.
INSERT INTO owed
SELECT
    'must_visit', 'must_visit', community, case_id || '/' || visit, min(known_on, max(planned_for, issued_on)),
    max(planned_for, issued_on), NULL, done_on, done_on, paper, NULL, NULL, case_id, NULL
FROM visit JOIN standing_case ON standing_case.id = case_id, asked
WHERE must AND known_on <= as_of AND planned_for BETWEEN plan_first AND coalesce(plan_last, '9999')
    AND NOT (done_on IS NULL AND ended_on IS NOT NULL AND ended_on < planned_for)
    AND accepted_on IS NOT NULL;

-- Of every case it is said within a term whether it is taken on, counted from its report, or from when it was handed down
-- before that was said.
INSERT INTO owed
WITH decided AS (
    SELECT id, day, recorded_day FROM (
        SELECT event.*, row_number() OVER (PARTITION BY id ORDER BY day, position) AS nth
        FROM event, asked
        WHERE kind IN ('case-accepted', 'case-declined', 'case-linked-as-duplicate') AND day <= as_of
            AND position NOT IN (SELECT position FROM never)
    ) WHERE nth = 1
),
begun AS (
    SELECT
        id, community, decided.day AS decided_on, decided.recorded_day,
        iif(coalesce(handed_down_on <= coalesce(decided.day, '9999'), 0), max(reported_on, handed_down_on), reported_on) AS begun
    FROM standing_case LEFT JOIN decided USING (id) WHERE NOT paper
)
SELECT
    code, sequel, community, id, begun,
    max(issued_on, iif(
        working_days IS NULL,
        (SELECT worked_from FROM calendar WHERE day = date(begun, '+' || days || ' days')),
        (
            SELECT later.day FROM calendar
            JOIN calendar AS later ON later.number = calendar.number + working_days AND later.works
            WHERE calendar.day = begun
        )
    )),
    NULL, decided_on, recorded_day, 0, NULL, NULL, id, NULL
FROM begun JOIN term ON sequel = 'register', asked
WHERE begun BETWEEN plan_first AND coalesce(plan_last, '9999') AND coalesce(decided_on >= begun, 1);

-- findings --------------------------------------------------------------------------------------------------------------

-- Each by the day that its own entry gives; opinions by the plan's term; archives by the plan's end, or the year's. What was
-- due before the log knew the community, and was done, is from paper.
INSERT INTO owed
WITH found AS (
    SELECT entry.*, stood.done_on, stood.entered_on, joined_recorded
    FROM entry JOIN asked
    LEFT JOIN stood ON stood.at_day = as_of AND stood.stream = entry.stream
    LEFT JOIN community ON community.code = entry.community
    WHERE begun_on <= as_of
),
answered AS (
    SELECT
        code, sequel, found.*,
        max(issued_on, iif(
            working_days IS NULL,
            (SELECT worked_from FROM calendar WHERE day = date(begun_on, '+' || days || ' days')),
            (
                SELECT later.day FROM calendar
                JOIN calendar AS later ON later.number = calendar.number + working_days AND later.works
                WHERE calendar.day = begun_on
            )
        )) AS answer_by
    FROM found JOIN term ON sequel = 'answer', asked
    WHERE work = 'opinion' AND community IS NOT NULL AND begun_on BETWEEN plan_first AND coalesce(plan_last, '9999')
)
SELECT
    work, work, community, stream, begun_on, due_on, NULL, done_on, entered_on,
    coalesce(done_on IS NOT NULL AND due_on < joined_recorded, 0), NULL, NULL, NULL, NULL
FROM found WHERE work IN ('hazard', 'key_area', 'rectification') AND community IS NOT NULL
UNION ALL
SELECT
    code, sequel, community, stream, begun_on, answer_by, NULL, done_on, entered_on,
    coalesce(done_on IS NOT NULL AND answer_by < joined_recorded, 0), NULL, NULL, NULL, NULL
FROM answered
UNION ALL
SELECT
    'archive.filing', 'archive.filing', '', stream, begun_on,
    max(issued_on, coalesce(plan_last, substr(begun_on, 1, 4) || '-12-31')), NULL, done_on, entered_on, 0,
    NULL, NULL, NULL, NULL
FROM found, asked
WHERE work = 'archive' AND begun_on BETWEEN plan_first AND coalesce(plan_last, '9999');

-- how it stands ---------------------------------------------------------------------------------------------------------

-- What comes round more seldom than its campaign lasts, and was not done, never falls due in it.
DROP TABLE IF EXISTS duty;
CREATE TABLE duty AS
WITH looked_at AS (
    SELECT
        owed.*, owed.rowid AS nth, as_of, plan_last,
        done_on IS NULL AND coalesce(
            turn_ends_on > date(plan_last, 'start of month', '+1 month', '-1 day'), 0
        ) AS outlasts
    FROM owed, asked
),
standing AS (
    SELECT
        looked_at.*, iif(outlasts, NULL, due_on) AS falls_due_on,
        coalesce(looked_at.state, CASE
            WHEN outlasts THEN 'not_yet_due'
            WHEN done_on IS NOT NULL THEN iif(coalesce(done_on <= due_on, 1), 'done', 'late')
            WHEN as_of < begins_on THEN 'not_yet_due'
            WHEN coalesce(as_of <= due_on, 1) THEN 'due'
            ELSE 'overdue'
        END) AS stands
    FROM looked_at
)
SELECT
    code || '/' || community || '/' || about || iif(what IN ('contact', 'handover'), '/' || begins_on, '') AS named,
    nth, place, what, community, about, begins_on, falls_due_on AS due_on, turn_ends_on, done_on,
    CASE WHEN done_on IS NULL THEN NULL WHEN taken_over THEN done_on ELSE entered_on END AS entered_on,
    min(coalesce(done_on, '9999-12-31'), coalesce(due_on, '9999-12-31'), coalesce(plan_last, '9999-12-31')) AS belongs_on,
    coalesce(done_on, falls_due_on) AS decided_on, stands AS state,
    CAST(coalesce(days, CASE
        WHEN stands = 'vacant' THEN julianday(as_of) - julianday(begins_on) + 1
        WHEN stands IN ('overdue', 'late') THEN julianday(coalesce(done_on, as_of)) - julianday(due_on)
    END, 0) AS INTEGER) AS days,
    taken_over, case_id
FROM standing;
CREATE INDEX duty_by_case ON duty (case_id, what);
