-- §3.2.1 Cases of which it was not said in time whether they are taken on.
SELECT period.name, community, member, 0, 1, NULL, 0, 0
FROM register JOIN period ON due_on BETWEEN from_day AND to_day, asked
WHERE coalesce(decided_on, as_of) > due_on
