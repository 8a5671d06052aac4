//! 「共通基盤」 Which member of staff the city's own provider means. Invariant: the provider's names for a person and for a session
//! are kept as keyed hashes only; a name has one member of staff, for ever.

use intake::{ids::StaffId, time::Instant};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};

sql! {
    INSERT = "INSERT INTO staff_identity (subject_hash, staff_id, created_at, last_used_at) VALUES ($1, $2, $3, $3)";
    OF_SUBJECT = "SELECT staff_id, signed_out_at FROM staff_identity WHERE subject_hash = $1";
    // The row is taken here, so that a sign-out that comes at the same time is either seen or finds the session.
    BEGIN = "UPDATE staff_identity SET last_used_at = $2 WHERE staff_id = $1
        AND (signed_out_at IS NULL OR signed_out_at < $3)";
    SIGNED_OUT = "UPDATE staff_identity SET signed_out_at = $2 WHERE staff_id = $1";
    RENAME = "UPDATE staff SET display_name = $2 WHERE staff_id = $1";
    INSERT_SESSION = "INSERT INTO staff_provider_session (session_hash, sid_hash) VALUES ($1, $2)";
    OF_SESSION = "SELECT staff_identity.staff_id, staff_identity.signed_out_at FROM staff_provider_session
        JOIN session ON session.session_hash = staff_provider_session.session_hash
        JOIN staff_identity ON staff_identity.staff_id = session.staff_id
        WHERE staff_provider_session.sid_hash = $1 LIMIT 1";
    END_SESSION = "DELETE FROM session WHERE session_hash IN
        (SELECT session_hash FROM staff_provider_session WHERE sid_hash = $1)";
}

row! {
    /// Whom the provider means.
    #[derive(Clone)]
    pub struct Identity {
        /// The member of staff.
        pub staff_id: StaffId,
        /// When the provider last said that she is signed out.
        pub signed_out_at: Option<Instant>,
    }
}

/// Keeps whom a name of the provider means.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name or the member of staff is taken.
pub async fn insert(tx: &mut WriteTx, subject_hash: &[u8; 32], staff: StaffId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, INSERT, subject_hash.as_slice(), staff.bytes().as_slice(), at.micros()).map(drop)
}

/// Whom a name of the provider means.
///
/// # Errors
/// When the database fails.
pub async fn of_subject(connection: &mut Connection, subject_hash: &[u8; 32]) -> Result<Option<Identity>, StoreError> {
    optional!(connection, Identity, OF_SUBJECT, subject_hash.as_slice())
}

/// Keeps the name that the provider gives now.
///
/// # Errors
/// When the database fails.
pub async fn rename(tx: &mut WriteTx, staff: StaffId, display_name: &str) -> Result<(), StoreError> {
    execute!(tx, RENAME, staff.bytes().as_slice(), display_name).map(drop)
}

/// Keeps that a session begins for which the provider was asked at an instant; false when it has signed the person out since, or
/// the account is not the provider's.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut WriteTx, staff: StaffId, at: Instant, asked_at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, BEGIN, staff.bytes().as_slice(), at.micros(), asked_at.micros())? == 1)
}

/// Keeps that the provider signed somebody out: before her sessions are ended.
///
/// # Errors
/// When the database fails.
pub async fn signed_out(tx: &mut WriteTx, staff: StaffId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, SIGNED_OUT, staff.bytes().as_slice(), at.micros()).map(drop)
}

/// Keeps the provider's session that a session began with.
///
/// # Errors
/// When the database fails.
pub async fn insert_session(tx: &mut WriteTx, session_hash: &[u8; 32], sid_hash: &[u8; 32]) -> Result<(), StoreError> {
    execute!(tx, INSERT_SESSION, session_hash.as_slice(), sid_hash.as_slice()).map(drop)
}

/// Whose session a session of the provider began.
///
/// # Errors
/// When the database fails.
pub async fn of_session(connection: &mut Connection, sid_hash: &[u8; 32]) -> Result<Option<Identity>, StoreError> {
    optional!(connection, Identity, OF_SESSION, sid_hash.as_slice())
}

/// Ends every session that began with a session of the provider.
///
/// # Errors
/// When the database fails.
pub async fn end_session(tx: &mut WriteTx, sid_hash: &[u8; 32]) -> Result<u64, StoreError> {
    execute!(tx, END_SESSION, sid_hash.as_slice())
}
