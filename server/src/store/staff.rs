//! Staff and invitations. Invariant: one `person_id` is one person, however many accounts; an invitation is used once.

use intake::{access::Roles, ids::StaffId, time::Instant};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

sql! {
    INSERT = "INSERT INTO staff (staff_id, user_id, person_id, display_name, created_at) VALUES ($1, $2, $3, $4, $5)";
    INSERT_ROLE = "INSERT INTO staff_role (staff_id, role) VALUES ($1, $2)";
    DELETE_ROLES = "DELETE FROM staff_role WHERE staff_id = $1";
    // Who has no role at all is no member of staff that can be read: closed is the safe side.
    FIND = "SELECT staff_id, user_id, person_id, display_name, password_hash, password_set_at, failed_attempts,
        locked_until, disabled_at, valid_from, valid_to, created_at, last_sign_in_at,
        (SELECT coalesce(string_agg(role, '+'), '') FROM staff_role WHERE staff_role.staff_id = staff.staff_id) AS roles
        FROM staff WHERE staff_id = $1";
    FIND_BY_USER = "SELECT staff_id, user_id, person_id, display_name, password_hash, password_set_at,
        failed_attempts, locked_until, disabled_at, valid_from, valid_to, created_at, last_sign_in_at,
        (SELECT coalesce(string_agg(role, '+'), '') FROM staff_role WHERE staff_role.staff_id = staff.staff_id) AS roles
        FROM staff WHERE user_id = $1";
    LIST = "SELECT staff_id, user_id, person_id, display_name, password_hash, password_set_at, failed_attempts,
        locked_until, disabled_at, valid_from, valid_to, created_at, last_sign_in_at,
        (SELECT coalesce(string_agg(role, '+'), '') FROM staff_role WHERE staff_role.staff_id = staff.staff_id) AS roles
        FROM staff ORDER BY user_id";
    SET_PASSWORD = "UPDATE staff SET password_hash = $2, password_set_at = $3, failed_attempts = 0, locked_until = NULL
        WHERE staff_id = $1";
    FAILED = "UPDATE staff SET failed_attempts = failed_attempts + 1, locked_until = $2 WHERE staff_id = $1
        AND failed_attempts = $3";
    PASSWORD_RIGHT = "UPDATE staff SET failed_attempts = 0, locked_until = NULL WHERE staff_id = $1";
    SIGNED_IN = "UPDATE staff SET failed_attempts = 0, locked_until = NULL,
        previous_sign_in_at = last_sign_in_at, last_sign_in_at = $2 WHERE staff_id = $1";
    DISABLE = "UPDATE staff SET disabled_at = $2 WHERE staff_id = $1 AND disabled_at IS NULL";
    ENABLE = "UPDATE staff SET disabled_at = NULL WHERE staff_id = $1 AND disabled_at IS NOT NULL";
    // Changes nothing, and makes every other transaction that does the same wait.
    HOLD_ACCOUNT_MANAGERS = "UPDATE staff SET failed_attempts = failed_attempts
        WHERE staff_id IN (SELECT staff_id FROM staff_role WHERE role = 'account_manager')";
    END_INVITATIONS = "UPDATE staff_invitation SET expires_at = $2 WHERE staff_id = $1 AND used_at IS NULL
        AND expires_at > $2";
    INSERT_INVITATION = "INSERT INTO staff_invitation (token_hash, staff_id, created_at, expires_at)
        VALUES ($1, $2, $3, $4)";
    FIND_INVITATION = "SELECT staff_id, expires_at, used_at FROM staff_invitation WHERE token_hash = $1";
    USE_INVITATION = "UPDATE staff_invitation SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL
        AND expires_at > $2";
}

row! {
    /// A member of staff.
    #[derive(Clone)]
    pub struct Staff {
        /// Its id.
        pub staff_id: StaffId,
        /// What is typed to sign in.
        pub user_id: String,
        /// Which person: two accounts of one person cannot accept and confirm the same case.
        pub person_id: String,
        /// The name that colleagues read.
        pub display_name: String,
        /// The roles.
        pub roles: Roles,
        /// Argon2id.
        pub password_hash: Option<String>,
        /// When the password was chosen.
        pub password_set_at: Option<Instant>,
        /// Failed tries since the last success.
        pub failed_attempts: i64,
        /// No try counts before.
        pub locked_until: Option<Instant>,
        /// When it was disabled.
        pub disabled_at: Option<Instant>,
        /// Not valid before.
        pub valid_from: Option<Instant>,
        /// Not valid from then on.
        pub valid_to: Option<Instant>,
        /// When it was made.
        pub created_at: Instant,
        /// The last sign-in.
        pub last_sign_in_at: Option<Instant>,
    }
}

/// How the names of accounts begin that the city's own provider made. Nobody is invited under a name with a colon.
pub const PROVIDED: &str = "oidc:";

impl Staff {
    /// 「共通基盤」 Whether the city's own provider made it: it has no password.
    #[must_use]
    pub fn is_provided(&self) -> bool {
        self.user_id.starts_with(PROVIDED)
    }

    /// 「別の人」 Whether this is another person than that: one person with two accounts is one (`controls.md` R03).
    #[must_use]
    pub fn is_another_person(&self, than: &Self) -> bool {
        self.staff_id != than.staff_id && self.person_id != than.person_id
    }

    /// Whether it may act at an instant.
    #[must_use]
    pub fn is_valid_at(&self, now: Instant) -> bool {
        self.disabled_at.is_none()
            && self.valid_from.is_none_or(|from| from <= now)
            && self.valid_to.is_none_or(|to| now < to)
    }
}

/// A member of staff to be invited.
pub struct NewStaff<'a> {
    /// Its id.
    pub staff_id: StaffId,
    /// See [`Staff::user_id`].
    pub user_id: &'a str,
    /// See [`Staff::person_id`].
    pub person_id: &'a str,
    /// See [`Staff::display_name`].
    pub display_name: &'a str,
    /// See [`Staff::roles`].
    pub roles: Roles,
    /// Now.
    pub created_at: Instant,
}

/// Keeps a member of staff.
///
/// # Errors
/// [`StoreError::Duplicate`] when the user id is taken.
pub async fn insert(tx: &mut WriteTx, staff: &NewStaff<'_>) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        staff.staff_id.bytes().as_slice(),
        staff.user_id,
        staff.person_id,
        staff.display_name,
        staff.created_at.micros(),
    )?;
    insert_roles(tx, staff.staff_id, staff.roles).await
}

async fn insert_roles(tx: &mut WriteTx, id: StaffId, roles: Roles) -> Result<(), StoreError> {
    for role in roles.iter() {
        execute!(tx, INSERT_ROLE, id.bytes().as_slice(), role.as_str())?;
    }
    Ok(())
}

/// Gives a member of staff these roles and no others: from the next request on.
///
/// # Errors
/// When the database fails.
pub async fn set_roles(tx: &mut WriteTx, id: StaffId, roles: Roles) -> Result<(), StoreError> {
    execute!(tx, DELETE_ROLES, id.bytes().as_slice())?;
    insert_roles(tx, id, roles).await
}

/// A member of staff by id.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: StaffId) -> Result<Option<Staff>, StoreError> {
    optional!(connection, Staff, FIND, id.bytes().as_slice())
}

/// A member of staff by what is typed to sign in.
///
/// # Errors
/// When the database fails.
pub async fn find_by_user_id(connection: &mut Connection, user_id: &str) -> Result<Option<Staff>, StoreError> {
    optional!(connection, Staff, FIND_BY_USER, user_id)
}

/// All members of staff.
///
/// # Errors
/// When the database fails.
pub async fn list(connection: &mut Connection) -> Result<Vec<Staff>, StoreError> {
    all!(connection, Staff, LIST)
}

/// Keeps a password's hash.
///
/// # Errors
/// When the database fails.
pub async fn set_password(tx: &mut WriteTx, id: StaffId, hash: &str, at: Instant) -> Result<(), StoreError> {
    execute!(tx, SET_PASSWORD, id.bytes().as_slice(), hash, at.micros()).map(drop)
}

/// Counts a failed try after `before` others, and keeps until when no other counts; false when another try was counted
/// meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn sign_in_failed(
    tx: &mut WriteTx,
    id: StaffId,
    before: i64,
    locked_until: Option<Instant>,
) -> Result<bool, StoreError> {
    let until = locked_until.map(Instant::micros);
    Ok(execute!(tx, FAILED, id.bytes().as_slice(), until, before)? == 1)
}

/// Forgets the failed tries: the password was right.
///
/// # Errors
/// When the database fails.
pub async fn password_was_right(tx: &mut WriteTx, id: StaffId) -> Result<(), StoreError> {
    execute!(tx, PASSWORD_RIGHT, id.bytes().as_slice()).map(drop)
}

/// Keeps a sign-in.
///
/// # Errors
/// When the database fails.
pub async fn signed_in(tx: &mut WriteTx, id: StaffId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, SIGNED_IN, id.bytes().as_slice(), at.micros()).map(drop)
}

/// Disables a member of staff; false when that was done before. Sessions are ended by `session::delete_for_staff`.
///
/// # Errors
/// When the database fails.
pub async fn disable(tx: &mut WriteTx, id: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, DISABLE, id.bytes().as_slice(), at.micros())? == 1)
}

/// Ends that a member of staff is disabled; false when she was not.
///
/// # Errors
/// When the database fails.
pub async fn enable(tx: &mut WriteTx, id: StaffId) -> Result<bool, StoreError> {
    Ok(execute!(tx, ENABLE, id.bytes().as_slice())? == 1)
}

/// Lets no two transactions at once look at who looks after accounts and take one of them away.
///
/// # Errors
/// When the database fails.
pub async fn hold_account_managers(tx: &mut WriteTx) -> Result<(), StoreError> {
    execute!(tx, HOLD_ACCOUNT_MANAGERS).map(drop)
}

/// Ends the invitations of a member of staff that were not used.
///
/// # Errors
/// When the database fails.
pub async fn end_invitations(tx: &mut WriteTx, id: StaffId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, END_INVITATIONS, id.bytes().as_slice(), at.micros()).map(drop)
}

row! {
    /// An invitation.
    pub struct Invitation {
        /// Whom it invites.
        pub staff_id: StaffId,
        /// Until when.
        pub expires_at: Instant,
        /// When it was used.
        pub used_at: Option<Instant>,
    }
}

/// Keeps an invitation.
///
/// # Errors
/// When the database fails.
pub async fn insert_invitation(
    tx: &mut WriteTx,
    token_hash: &[u8; 32],
    staff: StaffId,
    at: Instant,
    expires_at: Instant,
) -> Result<(), StoreError> {
    let staff = staff.bytes().as_slice();
    execute!(tx, INSERT_INVITATION, token_hash.as_slice(), staff, at.micros(), expires_at.micros()).map(drop)
}

/// The invitation of a token.
///
/// # Errors
/// When the database fails.
pub async fn find_invitation(
    connection: &mut Connection,
    token_hash: &[u8; 32],
) -> Result<Option<Invitation>, StoreError> {
    optional!(connection, Invitation, FIND_INVITATION, token_hash.as_slice())
}

/// Uses an invitation; false when it was used or is over.
///
/// # Errors
/// When the database fails.
pub async fn use_invitation(tx: &mut WriteTx, token_hash: &[u8; 32], at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, USE_INVITATION, token_hash.as_slice(), at.micros())? == 1)
}
