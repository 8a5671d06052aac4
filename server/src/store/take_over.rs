//! 「引継ぎのお願い」 Who asks whom for which case. Invariant: one for a case; it goes when the case changes hands, or is swept.

use intake::{
    form::Compartment,
    ids::{CaseId, ReceiptNumber, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};

sql! {
    PUT = "INSERT INTO take_over (case_id, asked_by, holder, asked_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (case_id) DO UPDATE SET asked_by = $2, holder = $3, asked_at = $4, kept_at = NULL";
    FIND = "SELECT case_id, asked_by, holder, asked_at, kept_at FROM take_over WHERE case_id = $1";
    DUE = "SELECT case_id, asked_by, holder, asked_at, kept_at FROM take_over WHERE kept_at IS NULL AND asked_at <= $1
        ORDER BY asked_at LIMIT 100";
    ALL = "SELECT take_over.asked_by, take_over.holder, take_over.asked_at, take_over.kept_at, take_over.case_id,
        case_file.receipt_number, case_file.compartment FROM take_over
        JOIN case_file ON case_file.case_id = take_over.case_id AND case_file.holder = take_over.holder
        WHERE case_file.stage = 'in_review' AND take_over.asked_at > $1 ORDER BY take_over.asked_at LIMIT 1000";
    MARK_KEPT = "UPDATE take_over SET kept_at = $3 WHERE case_id = $1 AND holder = $2 AND kept_at IS NULL";
    DELETE = "DELETE FROM take_over WHERE case_id = $1";
    DELETE_UNANSWERED = "DELETE FROM take_over WHERE case_id = $1 AND asked_at = $2 AND kept_at IS NULL";
    SWEEP = "DELETE FROM take_over WHERE asked_at <= $1";
}

row! {
    /// A case that is asked for.
    #[derive(Clone)]
    pub struct TakeOver {
        /// Which.
        pub case_id: CaseId,
        /// Who asks.
        pub asked_by: StaffId,
        /// Whom.
        pub holder: StaffId,
        /// When.
        pub asked_at: Instant,
        /// When the holder said that she keeps it.
        pub kept_at: Option<Instant>,
    }
}

row! {
    /// The same, with what tells who may know of it.
    #[derive(Clone)]
    pub struct Asked {
        /// Who asks.
        pub asked_by: StaffId,
        /// Whom.
        pub holder: StaffId,
        /// When.
        pub asked_at: Instant,
        /// When the holder said that she keeps it.
        pub kept_at: Option<Instant>,
        /// Which case.
        pub case_id: CaseId,
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// Who of the staff may know of it.
        pub compartment: Compartment,
    }
}

/// Keeps that somebody asks, in the place of an earlier one.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut WriteTx,
    case: CaseId,
    asked_by: StaffId,
    holder: StaffId,
    at: Instant,
) -> Result<(), StoreError> {
    let (asked_by, holder) = (asked_by.bytes().as_slice(), holder.bytes().as_slice());
    execute!(tx, PUT, case.bytes().as_slice(), asked_by, holder, at.micros()).map(drop)
}

/// Who asks for a case.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, case: CaseId) -> Result<Option<TakeOver>, StoreError> {
    optional!(connection, TakeOver, FIND, case.bytes().as_slice())
}

/// Those that were asked before an instant and not answered, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn due(connection: &mut Connection, before: Instant) -> Result<Vec<TakeOver>, StoreError> {
    all!(connection, TakeOver, DUE, before.micros())
}

/// Every one that was asked after an instant.
///
/// # Errors
/// When the database fails.
pub async fn all(connection: &mut Connection, after: Instant) -> Result<Vec<Asked>, StoreError> {
    all!(connection, Asked, ALL, after.micros())
}

/// Keeps that the holder keeps the case; false when nobody asks her any more.
///
/// # Errors
/// When the database fails.
pub async fn mark_kept(tx: &mut WriteTx, case: CaseId, holder: StaffId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, MARK_KEPT, case.bytes().as_slice(), holder.bytes().as_slice(), at.micros())? == 1)
}

/// Takes one away: the case has changed hands.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, DELETE, case.bytes().as_slice()).map(drop)
}

/// Takes away what was asked at an instant and not answered: it is over. What was asked since then stays.
///
/// # Errors
/// When the database fails.
pub async fn delete_unanswered(tx: &mut WriteTx, case: CaseId, asked_at: Instant) -> Result<(), StoreError> {
    execute!(tx, DELETE_UNANSWERED, case.bytes().as_slice(), asked_at.micros()).map(drop)
}

/// Removes those that were asked before an instant; how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, before: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, before.micros())
}
