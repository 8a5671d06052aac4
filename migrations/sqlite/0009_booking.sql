-- 「面談予約」 Times at which parents can come, who has which, and who waits for one. Whose an appointment is follows from its case.
CREATE TABLE slot (
    slot_id BLOB NOT NULL PRIMARY KEY CHECK (length(slot_id) = 16),
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL CHECK (ends_at > starts_at),
    place TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('in_person', 'online')),
    languages TEXT NOT NULL,
    capacity INTEGER NOT NULL CHECK (capacity >= 1),
    taken INTEGER NOT NULL DEFAULT 0 CHECK (taken >= 0 AND taken <= capacity),
    opened_by BLOB REFERENCES staff (staff_id),
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    CHECK (closed_at IS NULL OR taken = 0)
) STRICT;
CREATE INDEX slot_by_time ON slot (starts_at, slot_id);
-- A series that is opened twice opens nothing twice.
CREATE UNIQUE INDEX slot_once ON slot (starts_at, mode, place, languages) WHERE closed_at IS NULL;

CREATE TABLE booking (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    booking_id BLOB NOT NULL UNIQUE CHECK (length(booking_id) = 16),
    slot_id BLOB NOT NULL REFERENCES slot (slot_id),
    state TEXT NOT NULL CHECK (state IN ('booked', 'cancelled', 'closed', 'attended', 'absent')),
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    booked_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    reminded_at INTEGER
) STRICT;
CREATE INDEX booking_by_slot ON booking (slot_id);

CREATE TABLE booking_wait (
    case_id BLOB NOT NULL PRIMARY KEY REFERENCES case_file (case_id),
    mode TEXT CHECK (mode IN ('in_person', 'online')),
    language TEXT,
    asked_at INTEGER NOT NULL,
    told_at INTEGER
) STRICT;
CREATE INDEX booking_wait_by_turn ON booking_wait (asked_at, case_id);
