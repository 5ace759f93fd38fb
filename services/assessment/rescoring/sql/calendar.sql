-- The working calendar, as it was known on the day that is asked about, in which the plan's terms are counted. Of days
-- that nobody listed, weekdays are worked.
DROP TABLE IF EXISTS calendar;
CREATE TABLE calendar AS
WITH RECURSIVE longest (days) AS (
    SELECT coalesce(max(coalesce(json_extract(value, '$.days'), 2 * json_extract(value, '$.working_days'))), 0)
    FROM asked, json_each(plan, '$.terms')
),
days (day, last) AS (
    SELECT date(plan_first, '-40 days'), date(max(as_of, plan_first), '+' || (400 + days) || ' days')
    FROM asked, longest
    UNION ALL
    SELECT date(day, '+1 day'), last FROM days WHERE day < last
),
-- What an office entered (calendar-amended): days off and days worked, and what of that was withdrawn.
entered AS (
    SELECT position, json_extract(data, '$.announced_on') AS announced_on, off.value AS day, 0 AS works
    FROM event, json_each(data, '$.off') AS off WHERE kind = 'calendar-amended'
    UNION ALL
    SELECT position, json_extract(data, '$.announced_on'), worked.value, 1
    FROM event, json_each(data, '$.worked') AS worked WHERE kind = 'calendar-amended'
    UNION ALL
    SELECT position, json_extract(data, '$.announced_on'), withdrawn.value, NULL
    FROM event, json_each(data, '$.withdrawn') AS withdrawn WHERE kind = 'calendar-amended'
),
last_entered AS (
    SELECT max(position) AS position, day, works FROM entered, asked
    WHERE announced_on <= as_of AND NOT EXISTS (
        SELECT * FROM entered AS withdrawn
        WHERE withdrawn.day = entered.day AND withdrawn.works IS NULL AND withdrawn.position >= entered.position
    )
    GROUP BY day
),
-- Years that an office entered as announced, of which the same holds.
entered_year AS (
    SELECT DISTINCT json_extract(told.data, '$.year') AS year FROM event AS told, asked
    WHERE told.kind = 'calendar-amended' AND json_extract(told.data, '$.announced_on') <= as_of AND NOT EXISTS (
        SELECT 1 FROM event AS withdrawn
        WHERE withdrawn.kind = 'calendar-amended' AND withdrawn.position >= told.position
            AND json_extract(withdrawn.data, '$.withdrawn_year') = json_extract(told.data, '$.year')
    )
),
-- By the last notice that had been given by then.
announced AS (
    SELECT day, works, max(announced_on)
    FROM state_council, asked
    WHERE announced_on <= as_of OR of_year IN (SELECT year FROM entered_year)
    GROUP BY day
),
told AS (
    SELECT day, coalesce(last_entered.works, announced.works, strftime('%w', day) NOT IN ('0', '6')) AS works
    FROM days LEFT JOIN last_entered USING (day) LEFT JOIN announced USING (day)
)
SELECT
    day, works,
    sum(works) OVER (ORDER BY day) AS number,                           -- of working days until then
    min(iif(works, day, NULL)) OVER (ORDER BY day DESC) AS worked_from  -- the first from that day on that is worked
FROM told;
CREATE UNIQUE INDEX calendar_by_day ON calendar (day);
CREATE INDEX calendar_by_number ON calendar (number) WHERE works;
