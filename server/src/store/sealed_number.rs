//! 「個人番号」 What the browser sealed to the number keys of the destinations. Invariant: it belongs to a draft or to a case and goes
//! with it; a case that has ended, or is in the record, has none.

use intake::{
    ids::{CaseId, DestinationId, DraftId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, sql};

macro_rules! sealed_number {
    ($rest:literal) => {
        concat!("SELECT destination_id, recipient, armor_sealed, kept_at FROM sealed_number ", $rest)
    };
}

sql! {
    INSERT = "INSERT INTO sealed_number (draft_id, case_id, destination_id, recipient, armor_sealed, kept_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    OF_DRAFT = sealed_number!("WHERE draft_id = $1 ORDER BY destination_id");
    OF_CASE = sealed_number!("WHERE case_id = $1 ORDER BY destination_id");
    DELETE_OF_DRAFT = "DELETE FROM sealed_number WHERE draft_id = $1";
    DELETE_OF_CASE = "DELETE FROM sealed_number WHERE case_id = $1";
    // Whoever ends the case meanwhile waits for this row, or this one for them and then finds another stage.
    HOLD_CASE = "UPDATE case_file SET updated_at = $2 WHERE case_id = $1 AND stage = $3 AND erased_at IS NULL";
}

/// What a sealed number belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberOwner {
    /// A draft.
    Draft(DraftId),
    /// A case.
    Case(CaseId),
}

row! {
    /// A number for one destination.
    #[derive(Clone)]
    pub struct KeptNumber {
        /// For whom.
        pub destination_id: DestinationId,
        /// The public key that it was sealed to.
        pub recipient: String,
        /// The armor, sealed; place by [`place`].
        pub armor_sealed: Vec<u8>,
        /// When.
        pub kept_at: Instant,
    }
}

/// The place that the armor is sealed for.
#[must_use]
pub fn place(owner: NumberOwner, destination: &DestinationId) -> String {
    match owner {
        NumberOwner::Draft(id) => format!("draft/{id}/number/{destination}"),
        NumberOwner::Case(id) => format!("case/{id}/number/{destination}"),
    }
}

/// Keeps a number for one destination.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one.
pub async fn insert(tx: &mut WriteTx, owner: NumberOwner, number: &KeptNumber) -> Result<(), StoreError> {
    let (draft, case) = match &owner {
        NumberOwner::Draft(id) => (Some(id.bytes().as_slice()), None),
        NumberOwner::Case(id) => (None, Some(id.bytes().as_slice())),
    };
    let (destination, recipient) = (number.destination_id.as_str(), number.recipient.as_str());
    let sealed = number.armor_sealed.as_slice();
    execute!(tx, INSERT, draft, case, destination, recipient, sealed, number.kept_at.micros()).map(drop)
}

/// What is there, for each destination.
///
/// # Errors
/// When the database fails.
pub async fn all_of(connection: &mut Connection, owner: NumberOwner) -> Result<Vec<KeptNumber>, StoreError> {
    match &owner {
        NumberOwner::Draft(id) => all!(connection, KeptNumber, OF_DRAFT, id.bytes().as_slice()),
        NumberOwner::Case(id) => all!(connection, KeptNumber, OF_CASE, id.bytes().as_slice()),
    }
}

/// Removes it for every destination; how many there were.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, owner: NumberOwner) -> Result<u64, StoreError> {
    match &owner {
        NumberOwner::Draft(id) => execute!(tx, DELETE_OF_DRAFT, id.bytes().as_slice()),
        NumberOwner::Case(id) => execute!(tx, DELETE_OF_CASE, id.bytes().as_slice()),
    }
}

/// Holds a case in the stage that was read until the transaction ends; false when it has left it.
///
/// # Errors
/// When the database fails.
pub async fn hold_case(
    tx: &mut WriteTx,
    case: CaseId,
    stage: intake::case::Stage,
    now: Instant,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, HOLD_CASE, case.bytes().as_slice(), now.micros(), stage.as_str())? == 1)
}
