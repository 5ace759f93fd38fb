-- §3.3.2 Households with a contact card ÷ households.
SELECT period, code, code, households, 0, NULL, 0, 0 FROM scored
UNION ALL
SELECT period.name, community, cards.id, 0, households, NULL, 0, 0 FROM cards JOIN period ON issued_on <= state_day
