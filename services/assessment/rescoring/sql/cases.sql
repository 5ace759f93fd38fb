-- Cases as they stood at the end of the day, and what was done about them.

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
CREATE UNIQUE INDEX known_case_by_id ON known_case (id);

-- How a case ended, and when it was opened again. A correction of the day is of the ending that it follows.
DROP TABLE IF EXISTS turn_of_case;
CREATE TABLE turn_of_case AS
SELECT
    ending.position, ending.id, ending.recorded_day,
    coalesce((
        SELECT json_extract(put_right.data, '$.resolved_on') FROM event AS put_right
        WHERE put_right.stream = ending.stream AND put_right.kind = 'case-corrected'
            AND put_right.position > ending.position AND json_extract(put_right.data, '$.resolved_on') IS NOT NULL
            AND ending.kind <> 'case-reopened'
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

-- The deadline that a case was told, each time; and when its clock was stopped.
DROP TABLE IF EXISTS deadline;
CREATE TABLE deadline AS
SELECT
    told.position, told.id, told.day, told.kind = 'clock-paused' AS stopped,
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
WHERE told.kind IN ('case-accepted', 'case-reopened', 'clock-resumed', 'deadline-extended', 'clock-paused')
    AND told.position NOT IN (SELECT position FROM never);
CREATE INDEX deadline_by_id ON deadline (id, position);

-- The letter, each time that one was signed and not taken back.
DROP TABLE IF EXISTS letter;
CREATE TABLE letter AS
SELECT id, position, day, recorded_day, json_extract(data, '$.contact_days') AS days
FROM event, asked
WHERE kind = 'responsibility-letter-signed' AND day <= as_of AND position NOT IN (SELECT position FROM never);
CREATE INDEX letter_by_id ON letter (id, position);

-- Of what kind a case was on the day, by all that was told and put right, and when it was handed down.
DROP TABLE IF EXISTS kind_of_case;
CREATE TABLE kind_of_case AS
WITH
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
    SELECT id, position, day FROM last_down AS down, asked
    WHERE day <= as_of AND NOT EXISTS (
        SELECT 1 FROM event AS put_right
        WHERE put_right.stream = down.stream AND put_right.kind = 'case-corrected'
            AND put_right.position > down.position AND json_extract(put_right.data, '$.kind') <> 'backlog'
            AND json_extract(put_right.data, '$.handed_down_at') IS NULL
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
    FROM event, asked WHERE kind = 'case-reclassified' AND day <= as_of
    GROUP BY id
)
SELECT
    one.id, handed_down.day AS handed_down_on,
    coalesce(handed_down.position > reclassified.position, handed_down.id IS NOT NULL) AS by_hand_down,
    coalesce(
        iif(reclassified.id IS NULL OR other_kind.position > reclassified.position, other_kind.kind, reclassified.kind),
        one.first_kind
    ) AS kind
FROM known_case AS one LEFT JOIN other_kind USING (id) LEFT JOIN handed_down USING (id) LEFT JOIN reclassified USING (id);
CREATE UNIQUE INDEX kind_of_case_by_id ON kind_of_case (id);

-- A case as it stood at the end of the day.
DROP TABLE IF EXISTS standing_case;
CREATE TABLE standing_case AS
WITH accepted AS (
    SELECT id, max(position) AS position, day, json_extract(data, '$.to_be_handled') AS to_be_handled
    FROM event, asked
    WHERE kind = 'case-accepted' AND day <= as_of AND position NOT IN (SELECT position FROM never)
    GROUP BY id
),
ended AS (
    SELECT id, max(position) AS position, day, recorded_day, ended, tier
    FROM turn_of_case, asked WHERE day <= as_of GROUP BY id
),
followed_up AS (
    SELECT id, max(position) AS position, day, json_extract(data, '$.stable') AS stable
    FROM event, asked
    WHERE kind = 'case-followed-up' AND day <= as_of AND position NOT IN (SELECT position FROM never)
    GROUP BY id
),
signed AS (
    SELECT id, day, recorded_day FROM (
        SELECT letter.*, row_number() OVER (PARTITION BY id ORDER BY day, position) AS nth FROM letter
    ) WHERE nth = 1
),
answered_for AS (
    SELECT id, max(position) AS position, day
    FROM event, asked
    WHERE kind = 'handler-assigned' AND day <= as_of AND position NOT IN (SELECT position FROM never)
    GROUP BY id
),
told AS (SELECT id, max(position) AS position, due_on FROM deadline, asked WHERE day <= as_of AND NOT stopped GROUP BY id)
SELECT
    one.id, one.stream, one.community, one.grid, one.reported_on,
    iif(by_hand_down, 'backlog', kind_of_case.kind) AS kind,
    -- taken over: of a day on which the log did not know the community yet
    one.on_paper AND coalesce(one.reported_on < community.joined_recorded, 0) AS paper,
    -- a paper ledger gives one day for report and acceptance
    CASE WHEN accepted.id IS NULL THEN NULL WHEN one.on_paper THEN one.reported_on ELSE accepted.day END AS accepted_on,
    CASE
        WHEN kind_of_case.handed_down_on IS NOT NULL THEN kind_of_case.handed_down_on
        WHEN kind_of_case.kind = 'backlog' THEN one.reported_on
    END AS handed_down_on,
    ended.position AS ended_position, ended.ended, iif(ended.ended IS NULL, NULL, ended.day) AS ended_on,
    -- of what was over before the log took its community in, the day that stands on paper is the day of the entry, too
    iif(
        one.on_paper AND max(one.reported_on, ended.day) < community.joined_recorded, ended.day, ended.recorded_day
    ) AS ended_recorded,
    iif(ended.ended = 'resolved', ended.tier, NULL) AS tier,
    coalesce(answered_for.day, iif(ended.ended = 'resolved', ended.day, NULL)) AS kept_since,
    iif(followed_up.stable = 0, followed_up.day, NULL) AS unstable_on,
    iif(accepted.id IS NULL, NULL, signed.day) AS letter_on, signed.recorded_day AS letter_recorded,
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
        SELECT other.day FROM turn_of_case AS other
        WHERE other.id = one.id AND other.ended IS NULL AND other.day <= as_of ORDER BY other.position DESC LIMIT 1
    ) AS reopened_on,
    iif(accepted.id IS NULL, NULL, told.due_on) AS settle_by,
    (
        SELECT iif(stopped, day, NULL) FROM deadline WHERE deadline.id = one.id AND deadline.day <= as_of
        ORDER BY deadline.position DESC LIMIT 1
    ) AS stopped_on
FROM known_case AS one
JOIN asked
JOIN kind_of_case ON kind_of_case.id = one.id
LEFT JOIN community ON community.code = one.community
LEFT JOIN told ON told.id = one.id
LEFT JOIN accepted ON accepted.id = one.id
LEFT JOIN ended ON ended.id = one.id
LEFT JOIN followed_up ON followed_up.id = one.id
LEFT JOIN signed ON signed.id = one.id
LEFT JOIN answered_for ON answered_for.id = one.id
WHERE one.reported_on <= as_of AND NOT one.void;
CREATE UNIQUE INDEX standing_case_by_id ON standing_case (id);

-- Visits, planned or not: `planned_for` is the day of the visit itself where nobody had planned it.
DROP TABLE IF EXISTS visit;
CREATE TABLE visit AS
WITH told AS (
    SELECT event.*, json_extract(data, '$.visit') AS visit FROM event
    WHERE kind IN ('visit-planned', 'visit-completed', 'visit-declined')
        AND position NOT IN (SELECT position FROM never)
),
begun AS (SELECT id, visit, min(position) AS position, day, json_extract(data, '$.must') AS must FROM told GROUP BY id, visit),
planned AS (
    SELECT id, visit, max(position) AS position, json_extract(data, '$.on') AS planned_for, json_extract(data, '$.must') AS must
    FROM told WHERE kind = 'visit-planned' GROUP BY id, visit
),
-- declined: that is the household's right, and the duty counts as done
done AS (
    SELECT
        id, visit, min(position) AS position, day, recorded_day,
        iif(kind = 'visit-completed', 'completed', 'declined') AS result
    FROM told, asked WHERE kind <> 'visit-planned' AND day <= as_of GROUP BY id, visit
)
SELECT
    begun.id AS case_id, begun.visit, begun.day AS known_on, coalesce(planned.planned_for, begun.day) AS planned_for,
    coalesce(planned.must, begun.must) AS must, done.day AS done_on, done.recorded_day AS done_recorded,
    coalesce(done.result, 'planned') AS result
FROM begun LEFT JOIN planned USING (id, visit) LEFT JOIN done USING (id, visit);
CREATE INDEX visit_by_case ON visit (case_id);

-- The days on which the parties of a case were seen, and when the log took that: of several a day, the first.
DROP TABLE IF EXISTS seen;
CREATE TABLE seen AS
SELECT case_id, done_on, recorded_on FROM (
    SELECT
        case_id, done_on, done_recorded AS recorded_on,
        row_number() OVER (PARTITION BY case_id, done_on ORDER BY case_id, visit) AS nth
    FROM visit WHERE done_on IS NOT NULL
) WHERE nth = 1;
CREATE INDEX seen_by_case ON seen (case_id, done_on);

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
WHERE followed.ended IS NULL AND accepted_on IS NOT NULL AND (next_day IS NULL OR next_ended IS NOT NULL);
