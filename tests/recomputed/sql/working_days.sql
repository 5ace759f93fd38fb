-- The working calendar, as it was known on the day.
DROP TABLE IF EXISTS calendar;
CREATE TABLE calendar AS
WITH RECURSIVE days (day, last) AS (
    SELECT date(min(coalesce(event.day, plan_first), plan_first), '-40 days'), date(as_of, '+400 days')
    FROM asked, (SELECT min(day) AS day FROM event) AS event
    UNION ALL
    SELECT date(day, '+1 day'), last FROM days WHERE day < last
),
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
told AS (
    SELECT
        days.day,
        coalesce(
            (SELECT works FROM last_entered WHERE last_entered.day = days.day),
            (
                SELECT works FROM state_council
                WHERE state_council.day = days.day AND announced_on <= as_of ORDER BY announced_on DESC LIMIT 1
            ),
            strftime('%w', days.day) NOT IN ('0', '6')
        ) AS works
    FROM days, asked
)
SELECT day, works, sum(works) OVER (ORDER BY day) AS number FROM told; -- of working days until then
CREATE UNIQUE INDEX calendar_by_day ON calendar (day);
