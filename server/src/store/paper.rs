//! 「写真・書類」 Papers: photos and files of a draft or a case. Invariant: every piece is sealed with the paper's own key, and
//! that key with the key of the draft or case that it belongs to: a paper goes where the key goes, and is erased with it.
//!
//! They stand in the database, in pieces: two servers share no file system, and a paper comes and goes in one transaction
//! with what it belongs to.

use intake::{
    access::Permit,
    ids::{AccountId, CaseId, DraftId, FieldId, PaperId},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

macro_rules! paper {
    ($rest:literal) => {
        concat!(
            "SELECT paper_id, draft_id, case_id, kind, state, key_sealed, content_mac, media_type, bytes, arrived, ",
            "sha256_sealed, sent_rev, added_at FROM paper ",
            $rest
        )
    };
}

sql! {
    // Two may come in the same instant; their order stays.
    INSERT = "INSERT INTO paper (paper_id, draft_id, case_id, place, kind, state, key_sealed, content_mac, bytes, arrived,
        added_at, touched_at) VALUES ($1, $2, $3,
        (SELECT COALESCE(MAX(place), 0) + 1 FROM paper WHERE draft_id = $2 OR case_id = $3), $4, 'coming', $5, $6, $7, 0,
        $8, $8)";
    FIND = paper!("WHERE paper_id = $1");
    OF_DRAFT = paper!("WHERE draft_id = $1 ORDER BY place, added_at, paper_id");
    OF_CASE = paper!("WHERE case_id = $1 ORDER BY place, added_at, paper_id");
    ARRIVED = "UPDATE paper SET arrived = arrived + $3, touched_at = $4
        WHERE paper_id = $1 AND state = 'coming' AND arrived = $2 AND arrived + $3 <= bytes";
    INSERT_PIECE = "INSERT INTO paper_piece (paper_id, piece_no, piece_sealed) VALUES ($1, $2, $3)";
    PIECES = "SELECT piece_no, piece_sealed FROM paper_piece WHERE paper_id = $1 ORDER BY piece_no";
    DELETE_PIECES = "DELETE FROM paper_piece WHERE paper_id = $1";
    COMPLETE = "UPDATE paper SET state = 'pending', media_type = $2, bytes = $3, arrived = $3, content_mac = $4,
        sha256_sealed = $5, touched_at = $6, scan_at = $6 WHERE paper_id = $1 AND state = 'coming'";
    DELETE = "DELETE FROM paper WHERE paper_id = $1";
    MOVE_TO_DRAFT = "UPDATE paper SET draft_id = $2, key_sealed = $3 WHERE paper_id = $1 AND draft_id IS NOT NULL";
    MOVE_TO_CASE = "UPDATE paper SET draft_id = NULL, case_id = $2, key_sealed = $3, sent_rev = $4 WHERE paper_id = $1";
    SENT = "UPDATE paper SET sent_rev = $2 WHERE case_id = $1 AND sent_rev IS NULL AND state <> 'coming'";
    DELETE_COMING = "DELETE FROM paper WHERE case_id = $1 AND state = 'coming'";
    ERASE_OF_CASE = "DELETE FROM paper WHERE case_id = $1";
    BYTES_OF_ACCOUNT = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM paper
        WHERE draft_id IN (SELECT draft_id FROM draft WHERE account_id = $1)
        OR case_id IN (SELECT case_id FROM case_file WHERE account_id = $1)";
    BYTES_OF_DRAFT = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM paper WHERE draft_id = $1";
    BYTES_OF_NOBODY = "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM paper
        WHERE draft_id IN (SELECT draft_id FROM draft WHERE account_id IS NULL)";
    TO_SCAN = "SELECT paper.paper_id, paper.draft_id, paper.case_id, paper.key_sealed, paper.scan_at, paper.scans,
        COALESCE(draft.wrapped_key, case_file.wrapped_key) AS wrapped_key FROM paper
        LEFT JOIN draft ON draft.draft_id = paper.draft_id LEFT JOIN case_file ON case_file.case_id = paper.case_id
        WHERE paper.scan_at <= $1 ORDER BY paper.scan_at, paper.paper_id LIMIT $2";
    LEASE = "UPDATE paper SET scan_at = $3, scans = scans + 1 WHERE paper_id = $1 AND scan_at = $2";
    PUT_OFF = "UPDATE paper SET scan_at = $2 WHERE paper_id = $1 AND state = 'pending'";
    SCANNED = "UPDATE paper SET state = $2, scan_at = NULL WHERE paper_id = $1 AND state = 'pending'";
    WAITING = "SELECT COUNT(*) FROM paper WHERE scan_at IS NOT NULL";
    SWEEP_COMING = "DELETE FROM paper WHERE sent_rev IS NULL AND touched_at <= $1 AND state = 'coming'";
    // Nobody can send them any more: the office has not asked, or asks no longer.
    SWEEP_UNSENT = "DELETE FROM paper WHERE sent_rev IS NULL AND case_id IS NOT NULL AND NOT EXISTS
        (SELECT 1 FROM case_file WHERE case_file.case_id = paper.case_id AND case_file.stage = 'sent_back')";
}

/// What a paper belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperOwner {
    /// A draft.
    Draft(DraftId),
    /// A case; not sent with it yet, while a correction is being made.
    Case(CaseId),
}

/// How far a paper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaperState {
    /// Not all of it has arrived.
    Coming,
    /// It waits for its scan.
    Pending,
    /// Nothing was found in it.
    Clean,
    /// Something was found in it: nobody opens it.
    Quarantined,
    /// The scanner could not read it: nobody opens it.
    Error,
}

impl PaperState {
    const ALL: [Self; 5] = [Self::Coming, Self::Pending, Self::Clean, Self::Quarantined, Self::Error];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Coming => "coming",
            Self::Pending => "pending",
            Self::Clean => "clean",
            Self::Quarantined => "quarantined",
            Self::Error => "error",
        }
    }
}

impl std::str::FromStr for PaperState {
    type Err = intake::ids::NotAnId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(intake::ids::NotAnId)
    }
}

super::columns::text_columns!(PaperState);

row! {
    /// A paper, without its content.
    #[derive(Clone)]
    pub struct Paper {
        /// Its id.
        pub paper_id: PaperId,
        /// The draft that it belongs to.
        pub draft_id: Option<DraftId>,
        /// The case that it belongs to.
        pub case_id: Option<CaseId>,
        /// Which kind of paper of the form.
        pub kind: FieldId,
        /// How far it is.
        pub state: PaperState,
        /// Its own key, sealed with its owner's; place by [`key_place`].
        pub key_sealed: Vec<u8>,
        /// Equal for equal files as they were sent, and a secret's function.
        pub content_mac: Option<Vec<u8>>,
        /// `image/jpeg` or `application/pdf`, once it has arrived.
        pub media_type: Option<String>,
        /// How long it is; while it is coming, how long it will be at most.
        pub bytes: i64,
        /// How much of it has arrived.
        pub arrived: i64,
        /// The digest of what is kept, in hexadecimal, sealed with its own key; place by [`digest_place`].
        pub sha256_sealed: Option<Vec<u8>>,
        /// The revision of the case that it was sent with.
        pub sent_rev: Option<i64>,
        /// When it began to come.
        pub added_at: Instant,
    }
}

impl Paper {
    /// Whether it belongs there.
    #[must_use]
    pub fn is_of(&self, owner: PaperOwner) -> bool {
        match owner {
            PaperOwner::Draft(id) => self.draft_id == Some(id),
            PaperOwner::Case(id) => self.case_id == Some(id),
        }
    }
}

/// The place that the key of a paper is sealed for.
#[must_use]
pub fn key_place(id: PaperId) -> String {
    format!("paper/{id}/key")
}

/// The place that the digest of a paper is sealed for.
#[must_use]
pub fn digest_place(id: PaperId) -> String {
    format!("paper/{id}/sha256")
}

/// The place that a piece is sealed for; it is named by where it begins.
#[must_use]
pub fn piece_place(id: PaperId, begins_at: i64) -> String {
    format!("paper/{id}/{begins_at}")
}

/// A paper of which nothing has arrived yet.
pub struct NewPaper<'a> {
    /// Its id.
    pub paper_id: PaperId,
    /// What it belongs to.
    pub owner: PaperOwner,
    /// Which kind of paper of the form.
    pub kind: &'a FieldId,
    /// Its key, sealed.
    pub key_sealed: &'a [u8],
    /// See [`Paper::content_mac`]; none while nobody knows it.
    pub content_mac: Option<&'a [u8; 32]>,
    /// How long it will be at most.
    pub bytes: i64,
    /// Now.
    pub at: Instant,
}

/// Keeps that a paper is coming.
///
/// # Errors
/// [`StoreError::Duplicate`] when the same is there or coming.
pub async fn insert(tx: &mut WriteTx, paper: &NewPaper<'_>) -> Result<(), StoreError> {
    let (draft, case) = match &paper.owner {
        PaperOwner::Draft(id) => (Some(id.bytes().as_slice()), None),
        PaperOwner::Case(id) => (None, Some(id.bytes().as_slice())),
    };
    execute!(
        tx,
        INSERT,
        paper.paper_id.bytes().as_slice(),
        draft,
        case,
        paper.kind.as_str(),
        paper.key_sealed,
        paper.content_mac.map(<[u8; 32]>::as_slice),
        paper.bytes,
        paper.at.micros(),
    )
    .map(drop)
}

/// A paper by its id.
///
/// # Errors
/// When the database fails.
pub async fn find(connection: &mut Connection, id: PaperId) -> Result<Option<Paper>, StoreError> {
    optional!(connection, Paper, FIND, id.bytes().as_slice())
}

/// The papers of a draft or a case, the first to come first: those that are coming or not sent yet among them.
///
/// # Errors
/// When the database fails.
pub async fn all_of(connection: &mut Connection, owner: PaperOwner) -> Result<Vec<Paper>, StoreError> {
    match &owner {
        PaperOwner::Draft(id) => all!(connection, Paper, OF_DRAFT, id.bytes().as_slice()),
        PaperOwner::Case(id) => all!(connection, Paper, OF_CASE, id.bytes().as_slice()),
    }
}

/// The papers that were sent with a case: what staff see, and what a batch may take.
///
/// # Errors
/// When the database fails.
pub async fn sent_of_case(connection: &mut Connection, permit: &Permit) -> Result<Vec<Paper>, StoreError> {
    let mut papers = all_of(connection, PaperOwner::Case(permit.case())).await?;
    papers.retain(|paper| paper.sent_rev.is_some());
    Ok(papers)
}

/// Keeps a piece that begins where the last one ended; false when it begins elsewhere or is more than was said.
///
/// # Errors
/// When the database fails.
pub async fn append(
    tx: &mut WriteTx,
    id: PaperId,
    begins_at: i64,
    bytes: i64,
    piece_sealed: &[u8],
    at: Instant,
) -> Result<bool, StoreError> {
    if execute!(tx, ARRIVED, id.bytes().as_slice(), begins_at, bytes, at.micros())? != 1 {
        return Ok(false);
    }
    execute!(tx, INSERT_PIECE, id.bytes().as_slice(), begins_at, piece_sealed)?;
    Ok(true)
}

/// The pieces in their order, each with where it begins.
///
/// # Errors
/// When the database fails.
pub async fn pieces(connection: &mut Connection, id: PaperId) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    all!(connection, (i64, Vec<u8>), PIECES, id.bytes().as_slice())
}

/// What is kept of a paper that has arrived.
pub struct Arrived<'a> {
    /// Its media type.
    pub media_type: &'static str,
    /// Its length.
    pub bytes: i64,
    /// See [`Paper::content_mac`].
    pub content_mac: &'a [u8; 32],
    /// See [`Paper::sha256_sealed`].
    pub sha256_sealed: &'a [u8],
    /// The pieces, each with where it begins.
    pub pieces: &'a [(i64, Vec<u8>)],
    /// Now.
    pub at: Instant,
}

/// Puts what is kept in the place of what was sent; from now on it waits for its scan. False when somebody else has done it.
///
/// # Errors
/// [`StoreError::Duplicate`] when the same is there already.
pub async fn complete(tx: &mut WriteTx, id: PaperId, arrived: &Arrived<'_>) -> Result<bool, StoreError> {
    let done = execute!(
        tx,
        COMPLETE,
        id.bytes().as_slice(),
        arrived.media_type,
        arrived.bytes,
        arrived.content_mac.as_slice(),
        arrived.sha256_sealed,
        arrived.at.micros(),
    )?;
    if done != 1 {
        return Ok(false);
    }
    execute!(tx, DELETE_PIECES, id.bytes().as_slice())?;
    for (begins_at, sealed) in arrived.pieces {
        execute!(tx, INSERT_PIECE, id.bytes().as_slice(), *begins_at, sealed.as_slice())?;
    }
    Ok(true)
}

/// Removes a paper with its pieces.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut WriteTx, id: PaperId) -> Result<bool, StoreError> {
    Ok(execute!(tx, DELETE, id.bytes().as_slice())? == 1)
}

/// Gives a paper of one draft to another, with its key sealed anew.
///
/// # Errors
/// [`StoreError::Duplicate`] when the other has the same.
pub async fn move_to_draft(tx: &mut WriteTx, id: PaperId, draft: DraftId, key_sealed: &[u8]) -> Result<(), StoreError> {
    execute!(tx, MOVE_TO_DRAFT, id.bytes().as_slice(), draft.bytes().as_slice(), key_sealed).map(drop)
}

/// Gives a paper of a draft to the case that the draft becomes, with its key sealed anew.
///
/// # Errors
/// When the database fails.
pub async fn move_to_case(
    tx: &mut WriteTx,
    id: PaperId,
    case: CaseId,
    key_sealed: &[u8],
    rev: i64,
) -> Result<(), StoreError> {
    execute!(tx, MOVE_TO_CASE, id.bytes().as_slice(), case.bytes().as_slice(), key_sealed, rev).map(drop)
}

/// Sends the papers that were added to a case with a revision of it; what is still coming is removed.
///
/// # Errors
/// When the database fails.
pub async fn send_with(tx: &mut WriteTx, case: CaseId, rev: i64) -> Result<u64, StoreError> {
    execute!(tx, DELETE_COMING, case.bytes().as_slice())?;
    execute!(tx, SENT, case.bytes().as_slice(), rev)
}

/// Removes the papers of a case whose content is erased.
///
/// # Errors
/// When the database fails.
pub(super) async fn erase_of_case(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, ERASE_OF_CASE, case.bytes().as_slice()).map(drop)
}

/// How many bytes the papers of an account have, of drafts and cases.
///
/// # Errors
/// When the database fails.
pub async fn bytes_of_account(connection: &mut Connection, account: AccountId) -> Result<i64, StoreError> {
    Ok(optional!(connection, (i64,), BYTES_OF_ACCOUNT, account.bytes().as_slice())?.map_or(0, |(bytes,)| bytes))
}

/// How many bytes the papers of a draft have.
///
/// # Errors
/// When the database fails.
pub async fn bytes_of_draft(connection: &mut Connection, draft: DraftId) -> Result<i64, StoreError> {
    Ok(optional!(connection, (i64,), BYTES_OF_DRAFT, draft.bytes().as_slice())?.map_or(0, |(bytes,)| bytes))
}

/// How many bytes the papers of all drafts have together whose owners have not signed in.
///
/// # Errors
/// When the database fails.
pub async fn bytes_of_nobody(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(optional!(connection, (i64,), BYTES_OF_NOBODY)?.map_or(0, |(bytes,)| bytes))
}

row! {
    /// A paper whose turn to be scanned it is.
    #[derive(Clone)]
    pub struct ToScan {
        /// Its id.
        pub paper_id: PaperId,
        /// The draft that it belongs to.
        pub draft_id: Option<DraftId>,
        /// The case that it belongs to.
        pub case_id: Option<CaseId>,
        /// Its own key, sealed with its owner's.
        pub key_sealed: Vec<u8>,
        /// The turn.
        pub scan_at: Instant,
        /// How often it was tried before.
        pub scans: i64,
        /// The owner's key, wrapped.
        pub wrapped_key: WrappedKey,
    }
}

/// Takes the papers whose turn it is, until `until`: another server leaves them alone for so long.
///
/// # Errors
/// When the database fails.
pub async fn lease(tx: &mut WriteTx, now: Instant, until: Instant, limit: i64) -> Result<Vec<ToScan>, StoreError> {
    let mut leased = Vec::new();
    for paper in all!(tx, ToScan, TO_SCAN, now.micros(), limit)? {
        let id = paper.paper_id.bytes().as_slice();
        if execute!(tx, LEASE, id, paper.scan_at.micros(), until.micros())? == 1 {
            leased.push(paper);
        }
    }
    Ok(leased)
}

/// Keeps when a paper is to be scanned again.
///
/// # Errors
/// When the database fails.
pub async fn put_off(tx: &mut WriteTx, id: PaperId, until: Instant) -> Result<(), StoreError> {
    execute!(tx, PUT_OFF, id.bytes().as_slice(), until.micros()).map(drop)
}

/// Keeps what a scan came to; false when the paper is gone or was scanned elsewhere.
///
/// # Errors
/// When the database fails.
pub async fn scanned(tx: &mut WriteTx, id: PaperId, state: PaperState) -> Result<bool, StoreError> {
    Ok(execute!(tx, SCANNED, id.bytes().as_slice(), state.as_str())? == 1)
}

/// How many wait for their scan.
///
/// # Errors
/// When the database fails.
pub async fn waiting(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(optional!(connection, (i64,), WAITING)?.map_or(0, |(count,)| count))
}

/// Removes uploads that nobody went on with since an instant, and what was added to a correction that was not sent.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut WriteTx, touched_before: Instant) -> Result<u64, StoreError> {
    Ok(execute!(tx, SWEEP_COMING, touched_before.micros())? + execute!(tx, SWEEP_UNSENT)?)
}
