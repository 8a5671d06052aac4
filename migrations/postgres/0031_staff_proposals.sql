-- 「職員のアカウント」 What one account manager proposes about an account and another person confirms: a new member, other roles, an
-- invitation once more, an end of being disabled. The re-invitations of `staff_return` (0027) are one kind of it.
CREATE TABLE staff_proposal (
    proposal_id BYTEA NOT NULL PRIMARY KEY CHECK (length(proposal_id) = 16),
    kind TEXT NOT NULL CHECK (kind IN ('invite', 'roles', 'return', 'enable')),
    -- Who it is about; of a new member the id that she is going to have.
    staff_id BYTEA NOT NULL CHECK (length(staff_id) = 16),
    -- One proposal at a time about each account.
    user_id TEXT NOT NULL UNIQUE,
    person_id TEXT,
    display_name TEXT,
    roles TEXT,
    proposed_by BYTEA NOT NULL REFERENCES staff (staff_id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CHECK (proposed_by <> staff_id),
    CHECK ((kind = 'invite') = (person_id IS NOT NULL)),
    CHECK ((kind = 'invite') = (display_name IS NOT NULL)),
    CHECK ((kind IN ('invite', 'roles')) = (roles IS NOT NULL))
);
INSERT INTO staff_proposal (proposal_id, kind, staff_id, user_id, proposed_by, created_at, expires_at)
    SELECT staff_return.staff_id, 'return', staff_return.staff_id, staff.user_id, staff_return.proposed_by,
        staff_return.created_at, staff_return.expires_at
    FROM staff_return JOIN staff ON staff.staff_id = staff_return.staff_id;
DROP TABLE staff_return;
