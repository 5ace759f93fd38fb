-- §6.2 Days of the period on which one of the four posts was vacant: each such day of each post is one. A stretch that began
-- while the plan was in force is followed to its end.
WITH profession (profession) AS (VALUES ('judge'), ('prosecutor'), ('police'), ('lawyer')),
vacant AS (
    SELECT owing.code AS community, profession, calendar.day
    FROM owing, profession, asked
    JOIN calendar ON calendar.day BETWEEN max(owing.joined_on, plan_first) AND as_of
    WHERE NOT EXISTS (
        SELECT 1 FROM posting
        WHERE posting.community = owing.code AND posting.profession = profession.profession
            AND calendar.day BETWEEN posted_from AND coalesce(posting.posted_until, '9999')
    )
),
began AS (
    -- the stretch to which a day belongs: day and running number go on together
    SELECT community, profession, day, min(day) OVER (PARTITION BY community, profession, stretch) AS began_on
    FROM (
        SELECT
            *, julianday(day) - row_number() OVER (PARTITION BY community, profession ORDER BY day) AS stretch
        FROM vacant
    )
)
SELECT period.name, community, profession || '/' || day, 0, 1, NULL, 0, 0
FROM began JOIN period ON day BETWEEN period.from_day AND period.to_day, asked
WHERE began_on <= coalesce(plan_last, '9999')
