//! 「お知らせを止める」 Whether a parent wants to be reminded. Invariant: the token of a mail is kept as a keyed hash only.

use intake::{ids::AccountId, time::Instant};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};

sql! {
    KEEP_HASH = "UPDATE account SET mail_stop_hash = $2 WHERE account_id = $1 AND mail_stop_hash IS NULL";
    FIND = "SELECT account_id, reminders_stopped_at, closed_at FROM account WHERE account_id = $1";
    FIND_BY_HASH = "SELECT account_id, reminders_stopped_at, closed_at FROM account WHERE mail_stop_hash = $1";
    STOP = "UPDATE account SET reminders_stopped_at = $2 WHERE account_id = $1 AND reminders_stopped_at IS NULL";
    RESUME = "UPDATE account SET reminders_stopped_at = NULL WHERE account_id = $1 AND reminders_stopped_at IS NOT NULL";
}

row! {
    /// Whether reminders are wanted.
    #[derive(Clone, Copy)]
    pub struct Wish {
        /// Whose.
        pub account_id: AccountId,
        /// Since when none are.
        pub reminders_stopped_at: Option<Instant>,
        /// When the account was closed.
        pub closed_at: Option<Instant>,
    }
}

/// Keeps the hash of an account's token, once.
///
/// # Errors
/// When the database fails.
pub async fn keep_hash(tx: &mut WriteTx, id: AccountId, hash: &[u8; 32]) -> Result<(), StoreError> {
    execute!(tx, KEEP_HASH, id.bytes().as_slice(), hash.as_slice()).map(drop)
}

/// The wish of an account.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: AccountId) -> Result<Option<Wish>, StoreError> {
    optional!(connection, Wish, FIND, id.bytes().as_slice())
}

/// The wish of the account that a token belongs to.
///
/// # Errors
/// When the database fails.
pub async fn find_by_hash(connection: &mut Connection, hash: &[u8; 32]) -> Result<Option<Wish>, StoreError> {
    optional!(connection, Wish, FIND_BY_HASH, hash.as_slice())
}

/// Stops reminders; whether they were wanted until now.
///
/// # Errors
/// When the database fails.
pub async fn stop(tx: &mut WriteTx, id: AccountId, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, STOP, id.bytes().as_slice(), at.micros())? == 1)
}

/// Takes them up again; whether they were stopped until now.
///
/// # Errors
/// When the database fails.
pub async fn resume(tx: &mut WriteTx, id: AccountId) -> Result<bool, StoreError> {
    Ok(execute!(tx, RESUME, id.bytes().as_slice())? == 1)
}
