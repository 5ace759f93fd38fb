-- §5.3 Helpers enrolled, who have not left.
SELECT period.name, community, stream, 0, 1, NULL, 0, 0
FROM entry JOIN period, asked
WHERE kind = 'helper-enrolled' AND NOT EXISTS (
    SELECT 1 FROM event AS left
    WHERE left.stream = entry.stream AND left.kind = 'helper-released' AND left.day <= as_of
)
