//! 「不開示」 The mark of a case of which nobody is told where she lives. Invariant: whoever shows an address asks for it.

use intake::{
    ids::{AccountId, CaseId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, execute, optional, sql};

sql! {
    IS_MARKED = "SELECT non_disclosure FROM case_file WHERE case_id = $1";
    MARKED_OF_ACCOUNT = "SELECT COUNT(*) FROM case_file WHERE account_id = $1 AND non_disclosure = 1";
    MARK = "UPDATE case_file SET non_disclosure = $2, version = version + 1, updated_at = $3
        WHERE case_id = $1 AND non_disclosure <> $2";
}

/// Whether it is marked.
///
/// # Errors
/// When the database fails.
pub async fn is_marked(connection: &mut Connection, case: CaseId) -> Result<bool, StoreError> {
    Ok(optional!(connection, (i64,), IS_MARKED, case.bytes().as_slice())?.is_some_and(|(marked,)| marked == 1))
}

/// Whether any case of an account is marked: then nothing that says where she lives goes from one form into another.
///
/// # Errors
/// When the database fails.
pub async fn has_marked(connection: &mut Connection, account: AccountId) -> Result<bool, StoreError> {
    let found = optional!(connection, (i64,), MARKED_OF_ACCOUNT, account.bytes().as_slice())?;
    Ok(found.is_some_and(|(marked,)| marked > 0))
}

/// Marks it, or takes the mark away; false when that was done before.
///
/// # Errors
/// When the database fails.
pub async fn mark(tx: &mut WriteTx, case: CaseId, marked: bool, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, MARK, case.bytes().as_slice(), i64::from(marked), at.micros())? == 1)
}
