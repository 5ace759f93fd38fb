-- What the members come to, for each institution and indicator. Where the numerator is of a table of its own, it is held to
-- the denominator, community by community: more cards than households are no more than full coverage, and one community
-- cannot make up for another. Incidents are counted as they are.
WITH part AS (
    SELECT
        period, subject, sorted.code, capped,
        coalesce(sum(met) FILTER (WHERE reason IS NULL AND NOT waits), 0) AS numerator,
        coalesce(sum(size) FILTER (WHERE reason IS NULL AND NOT waits), 0) AS denominator,
        coalesce(sum(met) FILTER (WHERE NOT waits), 0) AS unadjusted_numerator,
        coalesce(sum(size) FILTER (WHERE NOT waits), 0) AS unadjusted_denominator,
        coalesce(sum(paper) FILTER (WHERE reason IS NULL AND NOT waits), 0) AS taken_over,
        coalesce(max(waits), 0) AS due_later
    FROM sorted JOIN indicator ON indicator.code = sorted.code
    GROUP BY period, subject, sorted.code, sorted.community
)
SELECT
    period, subject, code,
    sum(iif(capped, min(numerator, denominator), numerator)) AS numerator, sum(denominator) AS denominator,
    sum(unadjusted_denominator - denominator) AS excluded,
    sum(iif(capped, min(unadjusted_numerator, unadjusted_denominator), unadjusted_numerator)) AS unadjusted_numerator,
    sum(unadjusted_denominator) AS unadjusted_denominator,
    sum(taken_over) AS taken_over, max(due_later) AS due_later
FROM part
GROUP BY period, subject, code
