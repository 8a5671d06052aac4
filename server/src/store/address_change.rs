//! 「アドレスの変更」 New mail addresses that wait for their code. Invariant: one of each way for an account; the address is sealed,
//! the code a keyed digest.

use intake::{
    ids::{AccountId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

sql! {
    DELETE = "DELETE FROM address_change WHERE account_id = $1 AND way = $2";
    DELETE_ALL = "DELETE FROM address_change WHERE account_id = $1";
    INSERT = "INSERT INTO address_change (account_id, way, wrapped_key, mail_index, mail_sealed, code_mac, proposed_by,
        person_seen, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    FIND = "SELECT wrapped_key, mail_index, mail_sealed, code_mac, attempts, proposed_by, person_seen, created_at, expires_at
        FROM address_change WHERE account_id = $1 AND way = $2";
    COUNT_ATTEMPT = "UPDATE address_change SET attempts = attempts + 1 WHERE account_id = $1 AND way = $2";
    SWEEP = "DELETE FROM address_change WHERE expires_at <= $1";
}

/// Whose wish it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The parent's, who has signed in.
    Own,
    /// The parent's, who stands at the counter.
    Counter,
}

impl Way {
    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Counter => "counter",
        }
    }
}

row! {
    /// One that waits.
    #[derive(Clone)]
    pub struct AddressChange {
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The keyed index of the new address.
        pub mail_index: [u8; 32],
        /// The new address; place by [`place`].
        pub mail_sealed: Vec<u8>,
        /// The keyed digest of the code.
        pub code_mac: [u8; 32],
        /// How often it was tried.
        pub attempts: i64,
        /// Who proposed it at the counter.
        pub proposed_by: Option<StaffId>,
        /// 「身元確認」 What was seen there.
        pub person_seen: Option<String>,
        /// When it was asked for.
        pub created_at: Instant,
        /// Until when the code is good.
        pub expires_at: Instant,
    }
}

/// The place that the new address is sealed for.
#[must_use]
pub fn place(account: AccountId) -> String {
    format!("address_change/{account}/mail")
}

/// Keeps one in the place of an earlier one of the same way.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut WriteTx, account: AccountId, way: Way, change: &AddressChange) -> Result<(), StoreError> {
    delete(tx, account, way).await?;
    execute!(
        tx,
        INSERT,
        account.bytes().as_slice(),
        way.as_str(),
        change.wrapped_key.as_bytes(),
        change.mail_index.as_slice(),
        &change.mail_sealed,
        change.code_mac.as_slice(),
        change.proposed_by.as_ref().map(|id| id.bytes().as_slice()),
        &change.person_seen,
        change.created_at.micros(),
        change.expires_at.micros(),
    )
    .map(drop)
}

/// The one of this way.
///
/// # Errors
/// When the database fails.
pub async fn find(
    connection: &mut Connection,
    account: AccountId,
    way: Way,
) -> Result<Option<AddressChange>, StoreError> {
    optional!(connection, AddressChange, FIND, account.bytes().as_slice(), way.as_str())
}

/// Counts a try; to be committed before the answer is given.
///
/// # Errors
/// When the database fails.
pub async fn count_attempt(tx: &mut WriteTx, account: AccountId, way: Way) -> Result<(), StoreError> {
    execute!(tx, COUNT_ATTEMPT, account.bytes().as_slice(), way.as_str()).map(drop)
}

/// Takes one away; false when it was gone.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, account: AccountId, way: Way) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, account.bytes().as_slice(), way.as_str())? == 1)
}

/// Takes all of an account away.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut WriteTx, account: AccountId) -> Result<(), StoreError> {
    execute!(tx, DELETE_ALL, account.bytes().as_slice()).map(drop)
}

/// Removes those whose time is over; how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, now: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, now.micros())
}
