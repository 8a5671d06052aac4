//! What is kept of a sign-in with a card: what was begun, a card that waits for a mail address, and what was read. Invariant: all of it
//! is sealed, each with a key of its own that goes with it, and what was begun or waits is read once.

use base64::{Engine, prelude::BASE64_STANDARD};
use intake::{card::CardFacts, identity::Method};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::super::FlowError;
use crate::{
    portal::Portal,
    seal::{WrappedKey, token_hash},
    store::{
        Connection, Record, StoreError, Upkeep, WriteTx,
        card::{self, Reading},
        session::{self, Ceremony},
    },
};

/// Under which a request that was begun is kept, and a card that waits.
pub(super) const BEGUN: &str = "mynaapp_begun";
pub(super) const WAITS: &str = "mynaapp_waits";

/// What is kept of a request that was begun.
#[derive(Serialize, Deserialize)]
pub(super) struct Begun {
    pub browser: [u8; 32],
    pub account: Option<[u8; 16]>,
    pub nonce: String,
    pub verifier: String,
    pub next: String,
}

/// A card that waits for a mail address.
#[derive(Serialize, Deserialize)]
pub(super) struct Waiting {
    pub subject_hash: [u8; 32],
    pub facts: CardFacts,
    pub next: String,
}

/// What is put into the state of a ceremony: sealed with a key of its own, which goes with it.
fn seal_state<T: Serialize>(portal: &Portal, purpose: &str, value: &T) -> Result<Vec<u8>, FlowError> {
    let (key, wrapped) = portal.seal.new_data_key();
    let sealed = key.seal(purpose, &serde_json::to_vec(value)?);
    let parts = [wrapped.as_bytes(), sealed.as_slice()].map(|part| BASE64_STANDARD.encode(part));
    Ok(serde_json::to_vec(&parts)?)
}

fn open_state<T: DeserializeOwned>(portal: &Portal, purpose: &str, state: &[u8]) -> Result<T, FlowError> {
    let parts: [String; 2] = serde_json::from_slice(state)?;
    let decode = |text: &String| BASE64_STANDARD.decode(text);
    let (Ok(wrapped), Ok(sealed)) = (decode(&parts[0]), decode(&parts[1])) else {
        return Err(StoreError::Corrupt("the state of a card sign-in".to_owned()).into());
    };
    let key = portal.seal.unwrap_key(&WrappedKey::from_bytes(wrapped))?;
    Ok(serde_json::from_slice(&key.open(purpose, &sealed)?)?)
}

pub(in crate::flows) async fn keep_state<T: Serialize>(
    portal: &Portal,
    tx: &mut WriteTx,
    (hash, purpose, lasts): (&[u8; 32], &'static str, i64),
    value: &T,
) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let state = seal_state(portal, purpose, value)?;
    let ceremony = Ceremony { purpose: purpose.to_owned(), subject: None, state, expires_at: now.plus(lasts) };
    Ok(session::insert_ceremony(tx, hash, &ceremony, now).await?)
}

/// Takes what was kept: it is read once. None when it is not there, of another kind, or over.
pub(in crate::flows) async fn take_state<T: DeserializeOwned>(
    portal: &Portal,
    tx: &mut WriteTx,
    hash: &[u8; 32],
    purpose: &'static str,
) -> Result<Option<T>, FlowError> {
    let found = session::take_ceremony(tx, hash).await?;
    let found = found.filter(|one| one.purpose == purpose && one.expires_at > portal.clock.now());
    found.map(|one| open_state(portal, purpose, &one.state)).transpose()
}

/// One for each browser: a second card takes the place of the first.
pub(super) fn waiting_hash(browser: &[u8; 32]) -> [u8; 32] {
    token_hash(&[WAITS.as_bytes(), browser].concat())
}

pub(super) async fn find_waiting(
    portal: &Portal,
    connection: &mut Connection,
    browser: &[u8; 32],
) -> Result<Option<Waiting>, FlowError> {
    let found = session::find_ceremony(connection, &waiting_hash(browser)).await?;
    let found = found.filter(|one| one.purpose == WAITS && one.expires_at > portal.clock.now());
    found.map(|one| open_state(portal, WAITS, &one.state)).transpose()
}

/// Forgets the card that waits in this browser, and its code.
pub(super) async fn forget(portal: &Portal, browser: &[u8; 32]) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    session::take_ceremony(&mut tx, &waiting_hash(browser)).await?;
    session::delete_code(&mut tx, browser).await?;
    Ok(tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?)
}

/// What was read from the card at the sign-in of this session.
///
/// # Errors
/// When it does not open.
pub(crate) async fn read_at(
    portal: &Portal,
    connection: &mut Connection,
    method: Method,
    session_hash: &[u8; 32],
) -> Result<Option<CardFacts>, FlowError> {
    if method != Method::Mynaapp {
        return Ok(None);
    }
    let Some(reading) = card::reading(connection, session_hash).await? else { return Ok(None) };
    let key = portal.seal.unwrap_key(&reading.wrapped_key)?;
    Ok(Some(serde_json::from_slice(&key.open(&card::place(session_hash), &reading.facts_sealed)?)?))
}

/// The same outside of a deed.
///
/// # Errors
/// When it does not open.
pub async fn of_session(
    portal: &Portal,
    method: Method,
    session_hash: &[u8; 32],
) -> Result<Option<CardFacts>, FlowError> {
    if method != Method::Mynaapp {
        return Ok(None);
    }
    read_at(portal, &mut *portal.database.read().await?, method, session_hash).await
}

/// Keeps what was read, for as long as the session.
pub(super) async fn keep_reading(
    portal: &Portal,
    tx: &mut WriteTx,
    session_hash: [u8; 32],
    read: &CardFacts,
) -> Result<(), FlowError> {
    let (key, wrapped_key) = portal.seal.new_data_key();
    let facts_sealed = key.seal(&card::place(&session_hash), &serde_json::to_vec(read)?);
    Ok(card::keep_reading(tx, &Reading { session_hash, wrapped_key, facts_sealed }).await?)
}

/// Keeps for the new token of a session what was read under the one of before; that one's goes with it.
pub(in crate::flows) async fn carry_reading(
    portal: &Portal,
    tx: &mut WriteTx,
    before: &[u8; 32],
    after: &[u8; 32],
) -> Result<(), FlowError> {
    match read_at(portal, tx, Method::Mynaapp, before).await? {
        Some(read) => keep_reading(portal, tx, *after, &read).await,
        None => Ok(()),
    }
}
