//! 「窓口代行入力」 Paper forms that staff are typing in. Invariant: a draft belongs to one member of staff, who has one of each form,
//! and is saved only over the version that was read.

use intake::{
    ids::{DraftId, FormId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

sql! {
    INSERT = "INSERT INTO counter_draft (draft_id, staff_id, form_id, form_version, form_sha256, wrapped_key, sheet_sealed,
        version, audited_session, created_at, updated_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $9, $10)";
    OF_STAFF = "SELECT draft_id, form_id, form_version, wrapped_key, sheet_sealed, version, saved_by, audited_session,
        updated_at, expires_at FROM counter_draft WHERE staff_id = $1 AND form_id = $2";
    ALL_OF_STAFF = "SELECT draft_id, form_id, form_version, wrapped_key, sheet_sealed, version, saved_by, audited_session,
        updated_at, expires_at FROM counter_draft WHERE staff_id = $1 ORDER BY updated_at DESC, draft_id";
    SAVE = "UPDATE counter_draft SET sheet_sealed = $3, saved_by = $4, audited_session = $5, updated_at = $6,
        expires_at = $7, version = version + 1 WHERE draft_id = $1 AND version = $2";
    DELETE = "DELETE FROM counter_draft WHERE draft_id = $1";
    SWEEP = "DELETE FROM counter_draft WHERE expires_at <= $1";
}

row! {
    /// What somebody is typing in.
    pub struct CounterDraft {
        /// Its id; the case it becomes keeps it.
        pub draft_id: DraftId,
        /// The form.
        pub form_id: FormId,
        /// The version that is being typed in.
        pub form_version: i64,
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// What was typed; place by [`place`].
        pub sheet_sealed: Vec<u8>,
        /// Counts every save.
        pub version: i64,
        /// Which showing of a page saved last, and its count.
        pub saved_by: Option<String>,
        /// The session whose saving has an audit entry already.
        pub audited_session: Vec<u8>,
        /// The last save.
        pub updated_at: Instant,
        /// When it is removed.
        pub expires_at: Instant,
    }
}

/// The place that what was typed is sealed for.
#[must_use]
pub fn place(id: DraftId) -> String {
    format!("counter_draft/{id}")
}

/// A draft to be kept.
pub struct NewCounterDraft<'a> {
    /// Its id.
    pub draft_id: DraftId,
    /// Who types.
    pub staff: StaffId,
    /// The form.
    pub form_id: &'a FormId,
    /// The version that is being typed in.
    pub form_version: u32,
    /// Digest of that version: the portal does not start with another one while there is the draft.
    pub form_sha256: &'a str,
    /// Its data key, wrapped.
    pub wrapped_key: &'a WrappedKey,
    /// What was typed.
    pub sheet_sealed: &'a [u8],
    /// The session that began it.
    pub session: &'a [u8],
    /// Now.
    pub at: Instant,
    /// When it is removed.
    pub expires_at: Instant,
}

/// Keeps a draft.
///
/// # Errors
/// [`StoreError::Duplicate`] when she has one for this form.
pub async fn insert(tx: &mut WriteTx, new: &NewCounterDraft<'_>) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        new.draft_id.bytes().as_slice(),
        new.staff.bytes().as_slice(),
        new.form_id.as_str(),
        i64::from(new.form_version),
        new.form_sha256,
        new.wrapped_key.as_bytes(),
        new.sheet_sealed,
        new.session,
        new.at.micros(),
        new.expires_at.micros(),
    )
    .map(drop)
}

/// Her draft of a form.
///
/// # Errors
/// When the database fails.
pub async fn find(
    connection: &mut Connection,
    staff: StaffId,
    form: &FormId,
) -> Result<Option<CounterDraft>, StoreError> {
    optional!(connection, CounterDraft, OF_STAFF, staff.bytes().as_slice(), form.as_str())
}

/// All that she is typing in, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn all_of(connection: &mut Connection, staff: StaffId) -> Result<Vec<CounterDraft>, StoreError> {
    all!(connection, CounterDraft, ALL_OF_STAFF, staff.bytes().as_slice())
}

/// What a save leaves behind.
pub struct Save<'a> {
    /// What was typed.
    pub sheet_sealed: &'a [u8],
    /// See [`CounterDraft::saved_by`].
    pub saved_by: Option<&'a str>,
    /// See [`CounterDraft::audited_session`].
    pub session: &'a [u8],
    /// Now.
    pub at: Instant,
    /// When it is removed.
    pub expires_at: Instant,
}

/// Saves over the version that was read; false when another tab was faster.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut WriteTx, id: DraftId, expected_version: i64, save: &Save<'_>) -> Result<bool, StoreError> {
    let saved = execute!(
        tx,
        SAVE,
        id.bytes().as_slice(),
        expected_version,
        save.sheet_sealed,
        save.saved_by,
        save.session,
        save.at.micros(),
        save.expires_at.micros(),
    )?;
    Ok(saved == 1)
}

/// Removes a draft.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, id: DraftId) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, id.bytes().as_slice())? == 1)
}

/// Removes drafts whose time is over.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, now: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, now.micros())
}
