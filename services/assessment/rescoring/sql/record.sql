-- The record: one row per event, with the days on which it happened and was recorded. Days are civil days in China
-- (UTC+8). `kind` is the event's stored name without its owner and version.

CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream TEXT NOT NULL,
    category TEXT NOT NULL,      -- what stands before the stream's stroke: case, handling, roster …
    id TEXT NOT NULL,            -- and behind it
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    recorded_day TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX event_by_kind ON event (kind, position);
CREATE INDEX event_by_stream ON event (stream, kind, position);

-- How far brackets have been drawn.
CREATE TABLE bracketed (position INTEGER NOT NULL);
INSERT INTO bracketed VALUES (-1);

-- Steps that can be taken back, each with what takes it back, as two rows of one scope: `way` 1 is the step, -1 its
-- retraction. A retraction takes back the last step of its scope that still stands: brackets.
CREATE TABLE bracket (position INTEGER NOT NULL, scope TEXT NOT NULL, way INTEGER NOT NULL);

-- The positions of events that tell of what never took place.
CREATE TABLE never (position INTEGER PRIMARY KEY);

-- What the State Council announced of days off, and of weekends worked in their place (放假安排), and when; `of_year` = the
-- year whose whole calendar it was, none for a change within a year.
CREATE TABLE state_council (day TEXT NOT NULL, works INTEGER NOT NULL, announced_on TEXT NOT NULL, of_year INTEGER);

-- What is asked: one day, one plan, one rulebook, and any number of periods.
CREATE TABLE asked (
    as_of TEXT NOT NULL, issued_on TEXT NOT NULL, plan_first TEXT NOT NULL, plan_last TEXT, -- none: the plan goes on
    posting_months INTEGER NOT NULL, plan TEXT NOT NULL
);
CREATE TABLE period (
    name TEXT PRIMARY KEY,       -- by which it is told from all others: month-2015-06
    kind TEXT NOT NULL, called TEXT NOT NULL, from_day TEXT NOT NULL, to_day TEXT NOT NULL,
    state_day TEXT NOT NULL      -- states are looked at on the period's last day, or the as-of day where that is earlier
);

CREATE TABLE indicator (
    code TEXT PRIMARY KEY,
    evidence TEXT,               -- the table of its denominator, as the rulebook names it
    per_community INTEGER NOT NULL, capped INTEGER NOT NULL
);

-- What each indicator finds: its members, with what each adds to denominator and numerator, and why it is left out.
CREATE TABLE member (
    indicator TEXT NOT NULL, period TEXT NOT NULL, community TEXT NOT NULL, -- '' = the sub-district as a whole
    member TEXT NOT NULL,        -- as the score's explanation calls it
    size INTEGER NOT NULL, met INTEGER NOT NULL, reason TEXT,
    waits INTEGER NOT NULL,      -- 1: it would belong here, but its day has not come
    paper INTEGER NOT NULL,      -- 1: entered from a paper ledger
    population INTEGER NOT NULL  -- 1: of the denominator; 0: of a numerator that has a table of its own
);
CREATE INDEX member_by_indicator ON member (indicator, period, community);
