-- Entries of work and findings, and since when each stands as done.

-- Which event enters which kind of work, whether it is done thereby, and what it counts: of how many.
DROP TABLE IF EXISTS entry;
CREATE TABLE entry AS
WITH enters (kind, work, done, detail) AS (VALUES
    ('leading-group-constituted', 'leading_group', 1, NULL), ('studio-opened', 'studio', 1, NULL),
    ('notice-posted', 'notice', 1, NULL), ('procedure-adopted', 'procedure', 1, NULL),
    ('working-body-formed', 'working_body', 1, NULL), ('community-plan-filed', 'community_plan', 1, NULL),
    ('leader-appointed', 'leader', 1, NULL), ('leader-visit-completed', 'leader_visit', 1, NULL),
    ('patrol-completed', 'patrol', 1, '$.team'), ('coached-case-completed', 'coached_case', 1, NULL),
    ('legal-advice-given', 'advice', 1, '$.law'), ('legal-aid-granted', 'aid', 1, '$.law'),
    ('helper-enrolled', 'helper', 1, '$.helper'),
    ('enterprise-security-established', 'enterprise_security', 1, NULL), ('venue-inspected', 'venue', 1, '$.venue'),
    ('training-held', 'training', 1, NULL), ('outreach-held', 'outreach', 1, '$.form'),
    ('support-provided', 'support', 1, NULL), ('inspection-conducted', 'inspection', 1, NULL),
    ('circular-issued', 'circular', 1, NULL), ('survey-concluded', 'survey', 1, '$.survey'),
    ('public-review-recorded', 'review', 1, NULL), ('youth-offence-rate-reported', 'youth_rate', 1, NULL),
    ('major-fire-reported', 'major_fire', 1, '$.grade'), ('summary-submitted', 'summary', 1, NULL),
    ('model-case-recommended', 'model_case', 1, NULL), ('commendation-awarded', 'commendation', 1, NULL),
    ('funds-allocated', 'funds', 1, NULL), ('meeting-convened', NULL, 1, NULL),
    ('archive-entry-added', 'archive', 0, NULL), ('hazard-found', 'hazard', 0, '$.hazard'),
    ('key-area-listed', 'key_area', 0, '$.area'), ('rectification-ordered', 'rectification', 0, NULL),
    ('opinion-recorded', 'opinion', 0, '$.topic')
)
SELECT
    told.stream, min(told.position) AS position, told.day AS begun_on, enters.done,
    coalesce(work, json_extract(data, '$.kind')) AS work,
    iif(work = 'studio', told.id, json_extract(data, '$.community')) AS community,
    json_extract(data, '$.grid') AS grid, json_extract(data, detail) AS detail, json_extract(data, '$.due_on') AS due_on,
    CASE told.kind
        WHEN 'coached-case-completed' THEN json_extract(data, '$.mediators')
        WHEN 'legal-advice-given' THEN json_extract(data, '$.inquiries')
        WHEN 'legal-aid-granted' THEN json_extract(data, '$.matters')
        WHEN 'enterprise-security-established' THEN json_extract(data, '$.staff')
        WHEN 'venue-inspected' THEN json_extract(data, '$.faults')
        WHEN 'training-held' THEN json_extract(data, '$.attended')
        WHEN 'outreach-held' THEN json_extract(data, '$.audience')
        WHEN 'support-provided' THEN (SELECT sum(json_extract(value, '$.count')) FROM json_each(data, '$.services'))
        WHEN 'survey-concluded' THEN json_extract(data, '$.positive')
        WHEN 'public-review-recorded' THEN json_extract(data, '$.good')
        WHEN 'youth-offence-rate-reported' THEN json_extract(data, '$.offenders')
        ELSE 1
    END AS number,
    CASE told.kind
        WHEN 'survey-concluded' THEN json_extract(data, '$.valid')
        WHEN 'public-review-recorded'
            THEN json_extract(data, '$.good') + json_extract(data, '$.fair') + json_extract(data, '$.poor')
        WHEN 'youth-offence-rate-reported' THEN json_extract(data, '$.youths')
    END AS of_number,
    -- of the police's figure, which comes when its year is over
    iif(
        told.kind = 'youth-offence-rate-reported' AND json_extract(data, '$.period') GLOB '[12][0-9][0-9][0-9]'
            AND substr(json_extract(data, '$.period'), 1, 2) IN ('19', '20', '21'),
        json_extract(data, '$.period'), NULL
    ) AS year
FROM event AS told JOIN enters USING (kind)
WHERE told.position NOT IN (SELECT position FROM never)
    AND (told.kind <> 'meeting-convened' OR json_extract(data, '$.kind') IN ('joint', 'mobilisation'))
GROUP BY told.stream;
CREATE UNIQUE INDEX entry_by_stream ON entry (stream);
CREATE INDEX entry_by_work ON entry (work, community);

-- The steps by which an entry comes to stand as done (1), and to stand so no more (0): what passed once may fail later.
DROP TABLE IF EXISTS step;
CREATE TABLE step AS
SELECT stream, position, day, recorded_day, way
FROM (
    SELECT
        stream, position, day, recorded_day,
        CASE
            WHEN kind IN ('archive-filed', 'hazard-cleared', 'opinion-answered', 'studio-opened') THEN 1
            WHEN kind IN ('leader-relieved', 'helper-released', 'studio-closed') THEN 0
            WHEN kind IN ('key-area-reinspected', 'rectification-completed') THEN json_extract(data, '$.passed')
        END AS way
    FROM event
    WHERE kind IN (
            'archive-filed', 'hazard-cleared', 'opinion-answered', 'studio-opened', 'leader-relieved', 'helper-released',
            'studio-closed', 'key-area-reinspected', 'rectification-completed'
        )
        AND position NOT IN (SELECT position FROM never)
)
UNION ALL
SELECT entry.stream, entry.position, day, recorded_day, 1
FROM entry JOIN event USING (position) WHERE done AND work <> 'studio';
CREATE INDEX step_by_stream ON step (stream, position);

-- How each stood at the end of a day: of the day that is asked about, of the plan's last, and of each period's.
DROP TABLE IF EXISTS stood;
CREATE TABLE stood AS
WITH looked_at (day) AS (
    SELECT as_of FROM asked UNION SELECT min(as_of, coalesce(plan_last, as_of)) FROM asked
    UNION SELECT state_day FROM period
),
came AS (
    SELECT
        looked_at.day AS at_day, step.*,
        max(iif(way, -1, position)) OVER (PARTITION BY looked_at.day, stream) AS ended
    FROM looked_at JOIN step ON step.day <= looked_at.day
)
SELECT at_day, stream, min(position) AS position, day AS done_on, recorded_day AS entered_on
FROM came WHERE way AND position > ended GROUP BY at_day, stream;
CREATE UNIQUE INDEX stood_by_day ON stood (at_day, stream);

-- Which work had been done when, for what the plan asks: by the plan's last day where it stood then.
DROP TABLE IF EXISTS work_done;
CREATE TABLE work_done AS
SELECT
    entry.work, entry.community, entry.stream, coalesce(earlier.position, stood.position) AS position,
    coalesce(earlier.done_on, stood.done_on) AS once_on, coalesce(earlier.entered_on, stood.entered_on) AS once_entered,
    stood.done_on, stood.entered_on
FROM entry
JOIN asked
LEFT JOIN stood ON stood.at_day = as_of AND stood.stream = entry.stream
LEFT JOIN stood AS earlier ON earlier.at_day = min(as_of, coalesce(plan_last, as_of)) AND earlier.stream = entry.stream
WHERE coalesce(earlier.position, stood.position) IS NOT NULL;
CREATE INDEX work_done_by_work ON work_done (work, community);
