-- Every member with the institutions to which it counts: its community, where that was scored in the period, and the
-- sub-district (''), which is its communities together and what it does as a whole.
DROP TABLE IF EXISTS sorted;
CREATE TABLE sorted AS
WITH subject AS (
    SELECT period, code AS community FROM scored
    UNION ALL
    SELECT name, '' FROM period
)
SELECT
    subject.period, subject.community AS subject, indicator.code, member.community, member.member, member.size, member.met, waits, paper,
    coalesce(member.reason, iif(excused.member IS NULL, NULL, 'excused_on_appeal')) AS reason
FROM subject
JOIN indicator ON subject.community = '' OR indicator.per_community
LEFT JOIN member ON member.period = subject.period AND member.indicator = indicator.code AND (
    member.community = subject.community
    OR subject.community = '' AND EXISTS (
        SELECT 1 FROM scored WHERE scored.period = subject.period AND scored.code = member.community
    )
)
LEFT JOIN excused ON excused.indicator = indicator.code AND excused.evidence = indicator.evidence
    AND excused.period = subject.period AND excused.member = member.member AND member.size > 0;
