//! 「ご本人への引継ぎ」 Filings by a proxy that wait to be the person's own. Invariant: one for a case; the address is sealed, the code
//! a keyed digest.

use intake::{
    ids::{CaseId, StaffId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

sql! {
    DELETE = "DELETE FROM transfer WHERE case_id = $1";
    INSERT = "INSERT INTO transfer (case_id, wrapped_key, mail_index, mail_sealed, code_mac, proposed_by, created_at,
        expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    FIND = "SELECT wrapped_key, mail_index, mail_sealed, code_mac, attempts, proposed_by, created_at, expires_at
        FROM transfer WHERE case_id = $1";
    COUNT_ATTEMPT = "UPDATE transfer SET attempts = attempts + 1 WHERE case_id = $1";
    SWEEP = "DELETE FROM transfer WHERE expires_at <= $1";
}

row! {
    /// One that waits.
    #[derive(Clone)]
    pub struct Transfer {
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The keyed index of the person's address.
        pub mail_index: [u8; 32],
        /// The person's address; place by [`place`].
        pub mail_sealed: Vec<u8>,
        /// The keyed digest of the code.
        pub code_mac: [u8; 32],
        /// How often it was tried.
        pub attempts: i64,
        /// Who proposed it.
        pub proposed_by: StaffId,
        /// When.
        pub created_at: Instant,
        /// Until when the code is good.
        pub expires_at: Instant,
    }
}

/// The place that the person's address is sealed for.
#[must_use]
pub fn place(case: CaseId) -> String {
    format!("transfer/{case}/mail")
}

/// Keeps one in the place of an earlier one.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut WriteTx, case: CaseId, transfer: &Transfer) -> Result<(), StoreError> {
    delete(tx, case).await?;
    execute!(
        tx,
        INSERT,
        case.bytes().as_slice(),
        transfer.wrapped_key.as_bytes(),
        transfer.mail_index.as_slice(),
        &transfer.mail_sealed,
        transfer.code_mac.as_slice(),
        transfer.proposed_by.bytes().as_slice(),
        transfer.created_at.micros(),
        transfer.expires_at.micros(),
    )
    .map(drop)
}

/// The one of a case.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, case: CaseId) -> Result<Option<Transfer>, StoreError> {
    optional!(connection, Transfer, FIND, case.bytes().as_slice())
}

/// Counts a try; to be committed before the answer is given.
///
/// # Errors
/// When the database fails.
pub async fn count_attempt(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, COUNT_ATTEMPT, case.bytes().as_slice()).map(drop)
}

/// Takes one away; false when it was gone.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, case: CaseId) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, case.bytes().as_slice())? == 1)
}

/// Removes those whose time is over; how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, now: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, now.micros())
}
