-- §3.4.1 Responsibility letters signed ÷ due after a case was handed down.
SELECT
    period.name, community, member, 1, done_on IS NOT NULL,
    iif(done_on IS NULL AND settled_in_time, 'settled_in_time', NULL), due_on > as_of, paper
FROM sequel JOIN period ON due_on BETWEEN from_day AND to_day, asked
WHERE sequel = 'letter'
