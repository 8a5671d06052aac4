//! 「職員のメモ」 Notes of the staff on a case, and their drafts. Invariant: the text is sealed with the case's key and given for a
//! [`Permit`] only; a note is never changed, and goes with the content of its case alone.

use intake::{
    access::Permit,
    ids::{CaseId, NoteId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

sql! {
    INSERT = "INSERT INTO note (note_id, case_id, staff_id, drafted_by, text_sealed, press_mac, written_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    OF_PRESS = "SELECT note_id FROM note WHERE case_id = $1 AND press_mac = $2";
    OF_CASE = "SELECT note_id, staff_id, drafted_by, text_sealed, written_at FROM note WHERE case_id = $1
        ORDER BY written_at, note_id LIMIT 1000";
    DRAFTS = "SELECT written_by, text_sealed, saved_at FROM note_draft WHERE case_id = $1 AND staff_id = $2
        ORDER BY saved_at LIMIT 100";
    PUT_DRAFT = "INSERT INTO note_draft (case_id, staff_id, written_by, text_sealed, saved_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (case_id, staff_id, written_by) DO UPDATE SET text_sealed = $4, saved_at = $5";
    DELETE_DRAFT = "DELETE FROM note_draft WHERE case_id = $1 AND staff_id = $2 AND written_by = $3 AND saved_at = $4";
    ERASE = "DELETE FROM note WHERE case_id = $1";
    ERASE_DRAFTS = "DELETE FROM note_draft WHERE case_id = $1";
}

row! {
    /// A note.
    #[derive(Clone)]
    pub struct Note {
        /// Its id.
        pub note_id: NoteId,
        /// Who wrote it.
        pub staff_id: StaffId,
        /// Who had begun it, when that was somebody else.
        pub drafted_by: Option<StaffId>,
        /// The text; place by [`place`].
        pub text_sealed: Vec<u8>,
        /// When.
        pub written_at: Instant,
    }
}

row! {
    /// A draft of a note.
    #[derive(Clone)]
    pub struct Draft {
        /// Who typed it: whose draft it is, or who held the case before.
        pub written_by: StaffId,
        /// The text; place by [`draft_place`].
        pub text_sealed: Vec<u8>,
        /// When; it names this saving.
        pub saved_at: Instant,
    }
}

/// The place that the text of a note is sealed for.
#[must_use]
pub fn place(case: CaseId, note: NoteId) -> String {
    format!("note/{case}/{note}")
}

/// The place that a draft by somebody is sealed for: it stays readable in another's hand.
#[must_use]
pub fn draft_place(case: CaseId, written_by: StaffId) -> String {
    format!("note_draft/{case}/{written_by}")
}

/// A note to be kept.
pub struct NewNote<'a> {
    /// Its id.
    pub note_id: NoteId,
    /// On which case.
    pub case_id: CaseId,
    /// Who writes.
    pub staff_id: StaffId,
    /// Who had begun it, when that was somebody else.
    pub drafted_by: Option<StaffId>,
    /// The text.
    pub text_sealed: &'a [u8],
    /// The press of the button.
    pub press_mac: &'a [u8; 32],
    /// Now.
    pub written_at: Instant,
}

/// Keeps a note.
///
/// # Errors
/// [`StoreError::Duplicate`] when the press has left its note.
pub async fn insert(tx: &mut WriteTx, note: &NewNote<'_>) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        note.note_id.bytes().as_slice(),
        note.case_id.bytes().as_slice(),
        note.staff_id.bytes().as_slice(),
        note.drafted_by.as_ref().map(|id| id.bytes().as_slice()),
        note.text_sealed,
        note.press_mac.as_slice(),
        note.written_at.micros(),
    )
    .map(drop)
}

/// Whether a press of the button has left its note.
///
/// # Errors
/// When the database fails.
pub async fn was_pressed(connection: &mut Connection, case: CaseId, press_mac: &[u8; 32]) -> Result<bool, StoreError> {
    let found = optional!(connection, (Vec<u8>,), OF_PRESS, case.bytes().as_slice(), press_mac.as_slice())?;
    Ok(found.is_some())
}

/// The notes of a case, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_case(connection: &mut Connection, permit: &Permit) -> Result<Vec<Note>, StoreError> {
    all!(connection, Note, OF_CASE, permit.case().bytes().as_slice())
}

/// The drafts that somebody has on a case: her own, and those that came along with it.
///
/// # Errors
/// When the database fails.
pub async fn drafts(connection: &mut Connection, permit: &Permit, of: StaffId) -> Result<Vec<Draft>, StoreError> {
    all!(connection, Draft, DRAFTS, permit.case().bytes().as_slice(), of.bytes().as_slice())
}

/// Keeps a draft in the place of what this person had typed before.
///
/// # Errors
/// When the database fails.
pub async fn put_draft(tx: &mut WriteTx, case: CaseId, of: StaffId, draft: &Draft) -> Result<(), StoreError> {
    let (of, written_by) = (of.bytes().as_slice(), draft.written_by.bytes().as_slice());
    let saved_at = draft.saved_at.micros();
    execute!(tx, PUT_DRAFT, case.bytes().as_slice(), of, written_by, &draft.text_sealed, saved_at).map(drop)
}

/// Removes a draft as it was saved then; false when it was saved anew meanwhile, or is gone.
///
/// # Errors
/// When the database fails.
pub async fn delete_draft(
    tx: &mut WriteTx,
    case: CaseId,
    of: StaffId,
    written_by: StaffId,
    saved_at: Instant,
) -> Result<bool, StoreError> {
    let (of, written_by) = (of.bytes().as_slice(), written_by.bytes().as_slice());
    Ok(execute!(tx, DELETE_DRAFT, case.bytes().as_slice(), of, written_by, saved_at.micros())? == 1)
}

/// Removes the notes and drafts of a case whose content is erased.
///
/// # Errors
/// When the database fails.
pub(super) async fn erase(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, ERASE, case.bytes().as_slice())?;
    execute!(tx, ERASE_DRAFTS, case.bytes().as_slice()).map(drop)
}
