//! 「マイナアプリ」 Whose card an account belongs to, and what was read from it. Invariant: the provider's name for a person is kept
//! as a keyed hash only; a card has one account and an account one card; what was read goes with its session.

use intake::{ids::AccountId, time::Instant};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

sql! {
    INSERT = "INSERT INTO card (subject_hash, account_id, created_at, last_used_at) VALUES ($1, $2, $3, $3)";
    OF_SUBJECT = "SELECT subject_hash, account_id, created_at, last_used_at FROM card WHERE subject_hash = $1";
    OF_ACCOUNT = "SELECT subject_hash, account_id, created_at, last_used_at FROM card WHERE account_id = $1";
    USED = "UPDATE card SET last_used_at = $2 WHERE account_id = $1";
    DELETE = "DELETE FROM card WHERE account_id = $1";
    KEEP_READING = "INSERT INTO card_reading (session_hash, wrapped_key, facts_sealed) VALUES ($1, $2, $3)";
    READING = "SELECT session_hash, wrapped_key, facts_sealed FROM card_reading WHERE session_hash = $1";
    // Those of sessions that were idle for too long; the others go with their session.
    SWEEP = "DELETE FROM card_reading WHERE session_hash IN (SELECT session_hash FROM session WHERE seen_at <= $1)";
}

row! {
    /// A card that an account belongs to.
    #[derive(Clone)]
    pub struct Card {
        /// The keyed hash of the provider's name for the person.
        pub subject_hash: [u8; 32],
        /// Whose it is.
        pub account_id: AccountId,
        /// When it was first used.
        pub created_at: Instant,
        /// When it was last used.
        pub last_used_at: Instant,
    }
}

row! {
    /// What was read from a card at the sign-in of a session.
    #[derive(Clone)]
    pub struct Reading {
        /// The session.
        pub session_hash: [u8; 32],
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The four facts; place by [`place`].
        pub facts_sealed: Vec<u8>,
    }
}

/// The place that the facts are sealed for.
#[must_use]
pub fn place(session_hash: &[u8; 32]) -> String {
    let session = session_hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("card_reading/{session}/facts")
}

/// Gives a card to an account.
///
/// # Errors
/// [`StoreError::Duplicate`] when one of them has another already.
pub async fn insert(
    tx: &mut WriteTx,
    subject_hash: &[u8; 32],
    account: AccountId,
    at: Instant,
) -> Result<(), StoreError> {
    execute!(tx, INSERT, subject_hash.as_slice(), account.bytes().as_slice(), at.micros()).map(drop)
}

/// The card of a subject.
///
/// # Errors
/// When the database fails.
pub async fn of_subject(connection: &mut Connection, subject_hash: &[u8; 32]) -> Result<Option<Card>, StoreError> {
    optional!(connection, Card, OF_SUBJECT, subject_hash.as_slice())
}

/// The card of an account.
///
/// # Errors
/// When the database fails.
pub async fn of_account(connection: &mut Connection, account: AccountId) -> Result<Option<Card>, StoreError> {
    optional!(connection, Card, OF_ACCOUNT, account.bytes().as_slice())
}

/// Keeps that a card was used.
///
/// # Errors
/// When the database fails.
pub async fn used(tx: &mut WriteTx, account: AccountId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, USED, account.bytes().as_slice(), at.micros()).map(drop)
}

/// Takes the card from an account.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_account(tx: &mut WriteTx, account: AccountId) -> Result<u64, StoreError> {
    execute!(tx, DELETE, account.bytes().as_slice())
}

/// Keeps what was read at the beginning of a session.
///
/// # Errors
/// When the database fails.
pub async fn keep_reading(tx: &mut WriteTx, reading: &Reading) -> Result<(), StoreError> {
    let Reading { session_hash, wrapped_key, facts_sealed } = reading;
    execute!(tx, KEEP_READING, session_hash.as_slice(), wrapped_key.as_bytes(), facts_sealed).map(drop)
}

/// What was read at the beginning of a session.
///
/// # Errors
/// When the database fails.
pub async fn reading(connection: &mut Connection, session_hash: &[u8; 32]) -> Result<Option<Reading>, StoreError> {
    optional!(connection, Reading, READING, session_hash.as_slice())
}

/// Removes what was read in sessions that nobody has used since an instant.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, since: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, since.micros())
}
