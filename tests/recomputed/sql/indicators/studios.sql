-- §3.1.1 Communities with an open studio ÷ communities.
SELECT
    period, code, code, 1,
    coalesce((
        SELECT kind = 'studio-opened' FROM event JOIN period ON name = scored.period
        WHERE stream = 'community/' || code AND kind IN ('studio-opened', 'studio-closed') AND event.day <= state_day
            AND position NOT IN (SELECT position FROM never)
        ORDER BY position DESC LIMIT 1
    ), 0),
    NULL, 0, 0
FROM scored
