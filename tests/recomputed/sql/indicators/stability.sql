-- §5.1 Handed-down cases that somebody signed for, whose every contact was kept, and which the last follow-up did not find
-- unsettled ÷ handed-down cases.
WITH kept AS (
    SELECT
        counted_case.*,
        EXISTS (SELECT 1 FROM contact WHERE contact.id = counted_case.id AND due_on < by) AS contact_missed,
        -- by the plan's term; where it gives none, at once
        NOT EXISTS (SELECT 1 FROM term WHERE sequel = 'letter') OR EXISTS (
            SELECT 1 FROM sequel, asked
            WHERE sequel.id = counted_case.id AND sequel = 'letter' AND coalesce(done_on, as_of) > due_on
        ) OR accepted_on IS NULL AND ended IS NULL AS letter_owed
    FROM counted_case WHERE handed_down_on IS NOT NULL
)
SELECT
    period.name, community, id, 1, letter_on IS NOT NULL AND NOT contact_missed AND unstable_on IS NULL,
    CASE
        WHEN ended = 'linked' THEN 'duplicate'
        WHEN over_on_paper THEN 'over_on_paper'
        WHEN unstable_on IS NOT NULL THEN NULL
        WHEN letter_on IS NULL AND NOT letter_owed THEN 'letter_not_owed'
        WHEN letter_on IS NULL AND settled_in_time THEN 'settled_without_letter'
        WHEN contact_missed AND settled_in_time THEN 'settled_without_contact'
    END,
    0, paper
FROM kept JOIN period ON counted_on BETWEEN from_day AND to_day
