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
