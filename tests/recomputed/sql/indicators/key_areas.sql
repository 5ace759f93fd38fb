-- §5.4 Key areas that passed re-inspection ÷ listed and due.
SELECT period.name, community, stream, 1, done_on IS NOT NULL, NULL, due_on > as_of, paper
FROM followed_entry JOIN period ON due_on BETWEEN from_day AND to_day, asked
WHERE kind = 'key-area-listed'
