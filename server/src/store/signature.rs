//! 「電子署名」 Signatures, of drafts and of cases. Invariant: the way back from the card is taken once; a signature of a draft is
//! sealed with the draft's key and one of a case with the case's, and goes with it.

use intake::{
    access::Permit,
    ids::{AccountId, CaseId, DraftId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, columns::row, execute, optional, sql};

sql! {
    BEGIN = "INSERT INTO draft_signature (draft_id, account_id, draft_version, state, token_hash, content_sealed, begun_at,
        signed_at) VALUES ($1, $2, $3, 'begun', $4, $5, $6, NULL)
        ON CONFLICT (draft_id) DO UPDATE SET account_id = $2, draft_version = $3, state = 'begun', token_hash = $4,
        content_sealed = $5, begun_at = $6, signed_at = NULL";
    BY_TOKEN = "SELECT draft_id, account_id, draft_version, content_sealed, begun_at, signed_at FROM draft_signature
        WHERE token_hash = $1";
    TAKE = "UPDATE draft_signature SET state = 'fetching', token_hash = NULL WHERE draft_id = $1 AND token_hash = $2";
    KEEP = "UPDATE draft_signature SET state = 'signed', content_sealed = $3, signed_at = $4
        WHERE draft_id = $1 AND begun_at = $2 AND state = 'fetching'";
    OF_DRAFT = "SELECT draft_id, account_id, draft_version, content_sealed, begun_at, signed_at FROM draft_signature
        WHERE draft_id = $1";
    DISCARD = "DELETE FROM draft_signature WHERE draft_id = $1";
    SWEEP = "DELETE FROM draft_signature WHERE state <> 'signed' AND begun_at <= $1";
    INSERT = "INSERT INTO case_signature (case_id, certificate_index, content_sealed, signed_at, checked_at)
        VALUES ($1, $2, $3, $4, $4)";
    OF_CASE = "SELECT content_sealed, signed_at, checked_at FROM case_signature WHERE case_id = $1";
    SAVE_CHECK = "UPDATE case_signature SET content_sealed = $3, checked_at = $4 WHERE case_id = $1 AND checked_at = $2";
    ERASE = "DELETE FROM case_signature WHERE case_id = $1";
}

row! {
    /// A draft that is being signed, or was.
    #[derive(Clone)]
    pub struct OfDraft {
        /// Which draft.
        pub draft_id: DraftId,
        /// Who signs.
        pub account_id: AccountId,
        /// The version of the draft that is signed.
        pub draft_version: i64,
        /// What is signed and, once it is, the signature; place by [`draft_place`].
        pub content_sealed: Vec<u8>,
        /// When it was begun; tells this beginning from a later one.
        pub begun_at: Instant,
        /// When it was signed.
        pub signed_at: Option<Instant>,
    }
}

row! {
    /// The signature of a case.
    #[derive(Clone)]
    pub struct OfCase {
        /// All of it; place by [`case_place`].
        pub content_sealed: Vec<u8>,
        /// When it was signed.
        pub signed_at: Instant,
        /// When it was last verified.
        pub checked_at: Instant,
    }
}

/// The place that the signature of a draft is sealed for.
#[must_use]
pub fn draft_place(id: DraftId) -> String {
    format!("draft_signature/{id}")
}

/// The place that the signature of a case is sealed for.
#[must_use]
pub fn case_place(id: CaseId) -> String {
    format!("case_signature/{id}")
}

/// Keeps that a draft is being signed; what was begun or signed before is given up.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut WriteTx, begun: &OfDraft, token_hash: &[u8; 32]) -> Result<(), StoreError> {
    execute!(
        tx,
        BEGIN,
        begun.draft_id.bytes().as_slice(),
        begun.account_id.bytes().as_slice(),
        begun.draft_version,
        token_hash.as_slice(),
        begun.content_sealed.as_slice(),
        begun.begun_at.micros(),
    )
    .map(drop)
}

/// Takes the way back from the card: the first one who asks gets it, nobody after.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut WriteTx, token_hash: &[u8; 32]) -> Result<Option<OfDraft>, StoreError> {
    let Some(found) = optional!(tx, OfDraft, BY_TOKEN, token_hash.as_slice())? else { return Ok(None) };
    let taken = execute!(tx, TAKE, found.draft_id.bytes().as_slice(), token_hash.as_slice())?;
    Ok((taken == 1).then_some(found))
}

/// Keeps the signature; false when another one was begun meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    tx: &mut WriteTx,
    draft: DraftId,
    begun_at: Instant,
    content_sealed: &[u8],
    at: Instant,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, KEEP, draft.bytes().as_slice(), begun_at.micros(), content_sealed, at.micros())? == 1)
}

/// The signature of a draft, also one that is not there yet.
///
/// # Errors
/// When the database fails.
pub async fn of_draft(connection: &mut Connection, draft: DraftId) -> Result<Option<OfDraft>, StoreError> {
    optional!(connection, OfDraft, OF_DRAFT, draft.bytes().as_slice())
}

/// Removes the signature of a draft.
///
/// # Errors
/// When the database fails.
pub async fn discard(tx: &mut WriteTx, draft: DraftId) -> Result<bool, StoreError> {
    Ok(execute!(tx, DISCARD, draft.bytes().as_slice())? == 1)
}

/// Removes what was begun before an instant and never came back.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, before: Instant) -> Result<u64, StoreError> {
    execute!(tx, SWEEP, before.micros())
}

/// Keeps the signature of a case.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut WriteTx,
    case: CaseId,
    certificate_index: &[u8; 32],
    content_sealed: &[u8],
    signed_at: Instant,
) -> Result<(), StoreError> {
    let id = case.bytes();
    execute!(tx, INSERT, id.as_slice(), certificate_index.as_slice(), content_sealed, signed_at.micros()).map(drop)
}

/// The signature of a case.
///
/// # Errors
/// When the database fails.
pub async fn of_case(connection: &mut Connection, permit: &Permit) -> Result<Option<OfCase>, StoreError> {
    optional!(connection, OfCase, OF_CASE, permit.case().bytes().as_slice())
}

/// Keeps a later verification over the one that was read; false when somebody was faster.
///
/// # Errors
/// When the database fails.
pub async fn save_check(
    tx: &mut WriteTx,
    case: CaseId,
    read: &OfCase,
    content_sealed: &[u8],
    at: Instant,
) -> Result<bool, StoreError> {
    let id = case.bytes();
    Ok(execute!(tx, SAVE_CHECK, id.as_slice(), read.checked_at.micros(), content_sealed, at.micros())? == 1)
}

/// Removes the signature of a case whose content is erased.
///
/// # Errors
/// When the database fails.
pub(super) async fn erase(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, ERASE, case.bytes().as_slice()).map(drop)
}
