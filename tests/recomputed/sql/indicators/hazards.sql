-- §5.5 Hazards cleared in time (and entered within the grace) ÷ found and due.
SELECT
    period.name, community, stream, 1,
    coalesce(done_on <= due_on AND (paper OR entered_on <= date(due_on, '+' || grace_days || ' days')), 0),
    NULL, due_on > as_of, paper
FROM followed_entry JOIN period ON due_on BETWEEN from_day AND to_day, asked
WHERE kind = 'hazard-found'
