//! 「照合」 How many differences of a case nobody has settled. Invariant: it is written in the transaction that changes the
//! comparison, so that the database, too, refuses an acceptance while one is open.

use intake::{identity::Comparison, ids::CaseId};

use super::{StoreError, WriteTx, execute, sql};

sql! {
    NOTE = "UPDATE case_file SET open_differences = $2 WHERE case_id = $1 AND open_differences <> $2";
}

/// Keeps how many are open.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut WriteTx, case: CaseId, comparison: &Comparison) -> Result<(), StoreError> {
    let open = i64::try_from(comparison.open().iter().count()).unwrap_or(i64::MAX);
    execute!(tx, NOTE, case.bytes().as_slice(), open).map(drop)
}
