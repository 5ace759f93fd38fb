-- What is looked at on the day alone is the same in every period, but for the days on which a post was vacant.
CREATE VIEW cases AS SELECT period.name AS period, the_cases.* FROM period, the_cases;
CREATE VIEW voids AS SELECT period.name AS period, the_voids.* FROM period, the_voids;
CREATE VIEW visits AS SELECT period.name AS period, the_visits.* FROM period, the_visits;
CREATE VIEW deeds AS SELECT period.name AS period, the_deeds.* FROM period, the_deeds;
CREATE VIEW duties AS
SELECT
    period.name AS period, the_duties.*,
    CAST(iif(
        what LIKE 'refill.%' OR what LIKE 'vacancy.%',
        max(0, julianday(min(coalesce(done_on, '9999-12-31'), date(min(to_day, as_of), '+1 day')))
            - julianday(max(begins_on, from_day))),
        0
    ) AS INTEGER) AS vacant_days
FROM period, the_duties, asked;
