//! 「妊娠の終了」 Who has told of it. Invariant: one row for an account, that of the first time.

use intake::{ids::AccountId, time::Instant};

use super::{Connection, StoreError, WriteTx, execute, message::Sender, optional, sql};

sql! {
    TELL = "INSERT INTO pregnancy_end (account_id, told_at, told_by_kind, told_by) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id) DO NOTHING";
    TAKE_BACK = "DELETE FROM pregnancy_end WHERE account_id = $1";
    TOLD_AT = "SELECT told_at FROM pregnancy_end WHERE account_id = $1";
}

/// Keeps that it was told; false when it was before.
///
/// # Errors
/// When the database fails.
pub async fn tell(tx: &mut WriteTx, account: AccountId, by: Sender, at: Instant) -> Result<bool, StoreError> {
    let (kind, id) = by.columns();
    Ok(execute!(tx, TELL, account.bytes().as_slice(), at.micros(), kind, id)? == 1)
}

/// Takes it back; false when there was nothing to take back.
///
/// # Errors
/// When the database fails.
pub async fn take_back(tx: &mut WriteTx, account: AccountId) -> Result<bool, StoreError> {
    Ok(execute!(tx, TAKE_BACK, account.bytes().as_slice())? == 1)
}

/// When it was told.
///
/// # Errors
/// When the database fails.
pub async fn told_at(connection: &mut Connection, account: AccountId) -> Result<Option<Instant>, StoreError> {
    Ok(optional!(connection, (i64,), TOLD_AT, account.bytes().as_slice())?.map(|(at,)| Instant(at)))
}
