-- §3.3.2 Must-visits done or declined ÷ must-visits due: those that were planned as must-visits, and the first visit to every
-- family with a dispute, where no must-visit of the case is due by its day.
WITH planned AS (
    -- no longer due where the case was over before its day
    SELECT
        case_id, community, 'must_visit/' || community || '/' || case_id || '/' || visit AS member,
        max(planned_for, issued_on) AS due_on, done_on, settled_in_time, paper
    FROM visit JOIN standing_case ON standing_case.id = case_id, asked
    WHERE must AND known_on <= as_of AND planned_for BETWEEN plan_first AND coalesce(plan_last, '9999')
        AND NOT (done_on IS NULL AND ended_on IS NOT NULL AND ended_on < planned_for)
        AND accepted_on IS NOT NULL
),
due AS (
    SELECT community, member, due_on, done_on, settled_in_time, paper FROM planned
    UNION ALL
    SELECT community, member, due_on, done_on, settled_in_time, paper FROM sequel
    WHERE sequel = 'visit' AND NOT EXISTS (
        SELECT 1 FROM planned WHERE planned.case_id = sequel.id AND planned.due_on <= sequel.due_on
    )
)
SELECT
    period.name, community, member, 1, done_on IS NOT NULL,
    iif(done_on IS NULL AND settled_in_time, 'settled_in_time', NULL), due_on > as_of, paper
FROM due JOIN period ON due_on BETWEEN from_day AND to_day, asked
