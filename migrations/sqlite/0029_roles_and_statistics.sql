-- 「役割」 A member of staff has a set of roles. The clerk was first and second person in one, the administrator looked after accounts
-- and the system; which roles go together is the office's rule (`intake::access`), not the database's.
CREATE TABLE staff_role (
    staff_id BLOB NOT NULL REFERENCES staff (staff_id),
    role TEXT NOT NULL CHECK (role IN ('reviewer', 'confirmer', 'nurse', 'auditor', 'account_manager', 'system_manager', 'contractor')),
    PRIMARY KEY (staff_id, role)
) STRICT;
INSERT INTO staff_role (staff_id, role) SELECT staff_id, role FROM staff WHERE role IN ('nurse', 'auditor');
INSERT INTO staff_role (staff_id, role) SELECT staff_id, 'reviewer' FROM staff WHERE role = 'clerk';
INSERT INTO staff_role (staff_id, role) SELECT staff_id, 'confirmer' FROM staff WHERE role = 'clerk';
INSERT INTO staff_role (staff_id, role) SELECT staff_id, 'account_manager' FROM staff WHERE role = 'administrator';
INSERT INTO staff_role (staff_id, role) SELECT staff_id, 'system_manager' FROM staff WHERE role = 'administrator';
ALTER TABLE staff DROP COLUMN role;
-- 「集計」 What happened, counted by day without the person: kept at the deed, so that no report opens a case.
CREATE TABLE statistic (
    day TEXT NOT NULL,
    compartment TEXT NOT NULL CHECK (compartment IN ('general', 'epds')),
    form_id TEXT NOT NULL,
    measure TEXT NOT NULL CHECK (measure IN ('filed', 'timing', 'sent_back', 'declined', 'first_look', 'confirmed', 'imported')),
    word TEXT NOT NULL,
    number INTEGER NOT NULL CHECK (number >= 1),
    PRIMARY KEY (day, compartment, form_id, measure, word)
) STRICT;
-- Filings of before; when they were looked at and in which week nobody counted.
INSERT INTO statistic (day, compartment, form_id, measure, word, number)
    SELECT date(filed_at / 1000000 + 32400, 'unixepoch'), compartment, form_id, 'filed', channel, COUNT(*) FROM case_file
    GROUP BY 1, 2, 3, 4, 5;
