-- Every member with the institutions to which it counts: its community, where that was scored in the period, and the
-- sub-district (''), which is its communities together and what it does as a whole. And what appeals have left out of
-- which indicators: what happened, in each period that has days of the one appealed against; how something stood on a
-- day, in that period alone.
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
    OR json_extract(event.data, '$.excused_in.name') = period.called
        AND json_extract(event.data, '$.excused_in.kind') = period.kind
);

DROP TABLE IF EXISTS sorted;
CREATE TABLE sorted AS
WITH subject AS (
    SELECT period, code AS community FROM scored
    UNION ALL
    SELECT name, '' FROM period
)
SELECT
    subject.period, subject.community AS subject, indicator.code, member.community, member.member, member.size, member.met,
    waits, paper, population, coalesce(member.reason, iif(excused.member IS NULL, NULL, 'excused_on_appeal')) AS reason
FROM subject
JOIN indicator ON subject.community = '' OR indicator.per_community
LEFT JOIN member ON member.period = subject.period AND member.indicator = indicator.code AND (
    member.community = subject.community
    OR subject.community = '' AND EXISTS (
        SELECT 1 FROM scored WHERE scored.period = subject.period AND scored.code = member.community
    )
)
LEFT JOIN excused ON excused.indicator = indicator.code AND excused.evidence = indicator.evidence
    AND excused.period = subject.period AND excused.member = member.member AND member.population;
