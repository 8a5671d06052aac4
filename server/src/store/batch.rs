//! Destinations, the portal's signing keys, batches and receipts. Invariant: an entry (receipt number, revision) goes
//! into one batch of a destination, and is settled by what a receipt says once.

use intake::{
    ids::{CaseId, DestinationId, ReceiptNumber},
    time::Instant,
};

use super::{Connection, StoreError, WriteTx, all, columns::row, execute, optional, sql};
use crate::seal::WrappedKey;

macro_rules! batch {
    ($rest:literal) => {
        concat!(
            "SELECT destination_id, seq, manifest, manifest_sha256, keys_document, entry_count, byte_count, created_at, ",
            "settled_at FROM batch ",
            $rest
        )
    };
}

sql! {
    INSERT_DESTINATION = "INSERT INTO destination (destination_id, public_json, added_at) VALUES ($1, $2, $3)";
    FIND_DESTINATION = "SELECT destination_id, public_json, added_at, disabled_at, stopped_at FROM destination
        WHERE destination_id = $1";
    DESTINATIONS = "SELECT destination_id, public_json, added_at, disabled_at, stopped_at FROM destination
        ORDER BY added_at, destination_id";
    CHANGE_DESTINATION = "UPDATE destination SET public_json = $2 WHERE destination_id = $1";
    RETIRE_DESTINATION_KEY = "INSERT INTO destination_key (destination_id, kid, public_json, retired_at)
        VALUES ($1, $2, $3, $4)";
    FORMER_KEYS = "SELECT public_json, retired_at FROM destination_key WHERE destination_id = $1
        ORDER BY retired_at DESC, kid";
    INSERT_KEY = "INSERT INTO signing_key (kid, algorithm, wrapped_key, private_sealed, public_jwk, announced_at, active_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    KEYS = "SELECT kid, algorithm, wrapped_key, private_sealed, public_jwk, announced_at, active_at, retired_at
        FROM signing_key ORDER BY announced_at, kid";
    ACTIVATE_KEY = "UPDATE signing_key SET active_at = $2 WHERE kid = $1 AND active_at IS NULL";
    RETIRE_KEY = "UPDATE signing_key SET retired_at = $2 WHERE kid = $1 AND retired_at IS NULL";
    INSERT_BATCH = "INSERT INTO batch (destination_id, seq, manifest, manifest_sha256, keys_document, entry_count,
        byte_count, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    INSERT_FILE = "INSERT INTO batch_file (destination_id, seq, name, sha256, byte_count, content)
        VALUES ($1, $2, $3, $4, $5, $6)";
    DELETE_FILE = "DELETE FROM batch_file WHERE destination_id = $1 AND seq = $2 AND name = $3";
    INSERT_ENTRY = "INSERT INTO batch_entry (destination_id, seq, receipt_number, rev, case_id, papers_left_out)
        VALUES ($1, $2, $3, $4, $5, $6)";
    BLOCK = "INSERT INTO hand_over_block (case_id, reason, since) VALUES ($1, $2, $3)
        ON CONFLICT (case_id) DO UPDATE SET reason = $2,
        since = CASE WHEN hand_over_block.reason = $2 THEN hand_over_block.since ELSE $3 END";
    UNBLOCK = "DELETE FROM hand_over_block WHERE case_id = $1";
    LATEST = batch!("WHERE destination_id = $1 ORDER BY seq DESC LIMIT 1");
    FIND = batch!("WHERE destination_id = $1 AND seq = $2");
    LIST_AFTER = batch!("WHERE destination_id = $1 AND seq > $2 ORDER BY seq LIMIT $3");
    FILES = "SELECT name, sha256, byte_count FROM batch_file WHERE destination_id = $1 AND seq = $2 ORDER BY name";
    FILE = "SELECT name, sha256, byte_count, content FROM batch_file WHERE destination_id = $1 AND seq = $2 AND name = $3";
    ENTRIES = "SELECT seq, receipt_number, rev, case_id, result, reason, settled_at FROM batch_entry
        WHERE destination_id = $1 AND seq = $2 ORDER BY receipt_number, rev";
    ENTRY = "SELECT seq, receipt_number, rev, case_id, result, reason, settled_at FROM batch_entry
        WHERE destination_id = $1 AND receipt_number = $2 AND rev = $3";
    ENTRIES_OF_CASE = "SELECT seq, receipt_number, rev, case_id, result, reason, settled_at FROM batch_entry
        WHERE case_id = $1 ORDER BY rev, seq";
    SETTLE = "UPDATE batch_entry SET result = $4, reason = $5, settled_at = $6 WHERE destination_id = $1
        AND receipt_number = $2 AND rev = $3 AND (result IS NULL OR (result = 'held' AND $4 <> 'held'))";
    OPEN_ENTRIES = "SELECT COUNT(*) FROM batch_entry WHERE destination_id = $1 AND seq = $2
        AND (result IS NULL OR result = 'held')";
    SETTLED = "UPDATE batch SET settled_at = $3 WHERE destination_id = $1 AND seq = $2 AND settled_at IS NULL";
    DROP_CONTENT = "UPDATE batch_file SET content = NULL WHERE destination_id = $1 AND seq = $2";
    TO_RECALL = "SELECT DISTINCT batch_entry.receipt_number FROM batch_entry
        JOIN case_file ON case_file.case_id = batch_entry.case_id
        WHERE case_file.stage = 'withdrawn' AND batch_entry.destination_id = $1
        AND NOT EXISTS (SELECT 1 FROM batch_recall WHERE batch_recall.destination_id = batch_entry.destination_id
            AND batch_recall.receipt_number = batch_entry.receipt_number)
        ORDER BY batch_entry.receipt_number LIMIT $2";
    INSERT_RECALL = "INSERT INTO batch_recall (destination_id, receipt_number, seq) VALUES ($1, $2, $3)";
    INSERT_RECEIPT = "INSERT INTO destination_receipt (destination_id, jti, seq, document, received_at)
        VALUES ($1, $2, $3, $4, $5)";
    RECEIPT = "SELECT document FROM destination_receipt WHERE destination_id = $1 AND jti = $2";
    RECEIPTS = "SELECT jti, seq, document, received_at FROM destination_receipt WHERE destination_id = $1
        ORDER BY received_at, jti";
}

row! {
    /// A back office that batches go to.
    #[derive(Clone, Debug)]
    pub struct Destination {
        /// Its id.
        pub destination_id: DestinationId,
        /// Its public keys, as `keygen` wrote them.
        pub public_json: String,
        /// When it was added.
        pub added_at: Instant,
        /// When it was disabled.
        pub disabled_at: Option<Instant>,
        /// Since when nothing is sealed for it, because the database was restored.
        pub stopped_at: Option<Instant>,
    }
}

/// Keeps a destination.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one with this id.
pub async fn insert_destination(
    tx: &mut WriteTx,
    id: &DestinationId,
    public_json: &str,
    at: Instant,
) -> Result<(), StoreError> {
    execute!(tx, INSERT_DESTINATION, id.as_str(), public_json, at.micros()).map(drop)
}

/// A destination by its id.
///
/// # Errors
/// When the database fails.
pub async fn find_destination(
    connection: &mut Connection,
    id: &DestinationId,
) -> Result<Option<Destination>, StoreError> {
    optional!(connection, Destination, FIND_DESTINATION, id.as_str())
}

/// Gives a destination other public keys, and keeps the former ones.
///
/// # Errors
/// [`StoreError::Duplicate`] when the former signing key was retired before.
pub async fn change_destination(
    tx: &mut WriteTx,
    before: &Destination,
    kid_before: &str,
    public_json: &str,
    at: Instant,
) -> Result<(), StoreError> {
    let id = before.destination_id.as_str();
    execute!(tx, RETIRE_DESTINATION_KEY, id, kid_before, &before.public_json, at.micros())?;
    execute!(tx, CHANGE_DESTINATION, id, public_json).map(drop)
}

/// The public keys that a destination has changed, the last ones first, each with when that was.
///
/// # Errors
/// When the database fails.
pub async fn former_keys(
    connection: &mut Connection,
    id: &DestinationId,
) -> Result<Vec<(String, Instant)>, StoreError> {
    let rows = all!(connection, (String, i64), FORMER_KEYS, id.as_str())?;
    Ok(rows.into_iter().map(|(public_json, at)| (public_json, Instant(at))).collect())
}

/// All destinations, the first to be added first.
///
/// # Errors
/// When the database fails.
pub async fn destinations(connection: &mut Connection) -> Result<Vec<Destination>, StoreError> {
    all!(connection, Destination, DESTINATIONS)
}

row! {
    /// A signing key of the portal.
    #[derive(Clone)]
    pub struct SigningKey {
        /// RFC 7638 thumbprint.
        pub kid: String,
        /// `ES256` or `Ed25519`.
        pub algorithm: String,
        /// Its data key, wrapped.
        pub wrapped_key: WrappedKey,
        /// The private key; place by [`key_place`].
        pub private_sealed: Vec<u8>,
        /// The public key.
        pub public_jwk: String,
        /// Since when import jobs can know it.
        pub announced_at: Instant,
        /// Since when it signs.
        pub active_at: Option<Instant>,
        /// Since when it does not any more.
        pub retired_at: Option<Instant>,
    }
}

/// The place that a private key is sealed for.
#[must_use]
pub fn key_place(kid: &str) -> String {
    format!("signing_key/{kid}")
}

/// Keeps a signing key.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is known.
pub async fn insert_key(tx: &mut WriteTx, key: &SigningKey) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT_KEY,
        &key.kid,
        &key.algorithm,
        key.wrapped_key.as_bytes(),
        &key.private_sealed,
        &key.public_jwk,
        key.announced_at.micros(),
        key.active_at.map(Instant::micros),
    )
    .map(drop)
}

/// All signing keys, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn keys(connection: &mut Connection) -> Result<Vec<SigningKey>, StoreError> {
    all!(connection, SigningKey, KEYS)
}

/// Lets a key sign from now on; false when it does already.
///
/// # Errors
/// When the database fails.
pub async fn activate_key(tx: &mut WriteTx, kid: &str, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, ACTIVATE_KEY, kid, at.micros())? == 1)
}

/// Retires a key; false when it is already.
///
/// # Errors
/// When the database fails.
pub async fn retire_key(tx: &mut WriteTx, kid: &str, at: Instant) -> Result<bool, StoreError> {
    Ok(execute!(tx, RETIRE_KEY, kid, at.micros())? == 1)
}

row! {
    /// A batch.
    #[derive(Clone)]
    pub struct Batch {
        /// For whom.
        pub destination_id: DestinationId,
        /// Its number, from 1, without gaps.
        pub seq: i64,
        /// The signed manifest.
        pub manifest: Vec<u8>,
        /// Its digest, which the next manifest names.
        pub manifest_sha256: String,
        /// The key announcement that goes with it.
        pub keys_document: Vec<u8>,
        /// How many entries.
        pub entry_count: i64,
        /// How many bytes.
        pub byte_count: i64,
        /// When it was sealed.
        pub created_at: Instant,
        /// When the last entry was settled.
        pub settled_at: Option<Instant>,
    }
}

/// A file of a new batch.
pub struct NewFile<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its digest, hexadecimal.
    pub sha256: &'a str,
    /// Encrypted.
    pub content: &'a [u8],
}

/// An entry of a new batch.
pub struct NewEntry<'a> {
    /// 「受付番号」
    pub receipt_number: &'a ReceiptNumber,
    /// Revision.
    pub rev: i64,
    /// The case.
    pub case_id: CaseId,
    /// How many of its papers are not in it.
    pub papers_left_out: i64,
}

/// Why a confirmed case is in no batch yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockReason {
    /// The scanner has not looked at its papers.
    PapersWait,
    /// It is larger than a batch may be.
    TooLarge,
    /// Its form goes to a destination that is not there.
    NoDestination,
    /// It cannot be read, or the import job would refuse it.
    Refused,
}

impl BlockReason {
    const ALL: [Self; 4] = [Self::PapersWait, Self::TooLarge, Self::NoDestination, Self::Refused];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PapersWait => "papers_wait",
            Self::TooLarge => "too_large",
            Self::NoDestination => "no_destination",
            Self::Refused => "refused",
        }
    }
}

impl std::str::FromStr for BlockReason {
    type Err = intake::ids::NotAnId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text).ok_or(intake::ids::NotAnId)
    }
}

super::columns::text_columns!(BlockReason);

/// Keeps why a confirmed case stays behind, and since when for this reason.
///
/// # Errors
/// When the database fails.
pub async fn block(tx: &mut WriteTx, case: CaseId, reason: BlockReason, at: Instant) -> Result<(), StoreError> {
    execute!(tx, BLOCK, case.bytes().as_slice(), reason.as_str(), at.micros()).map(drop)
}

/// A case goes into a batch.
///
/// # Errors
/// When the database fails.
pub async fn unblock(tx: &mut WriteTx, case: CaseId) -> Result<(), StoreError> {
    execute!(tx, UNBLOCK, case.bytes().as_slice()).map(drop)
}

/// Keeps a file of a batch; the batch itself may follow in the same transaction.
///
/// # Errors
/// [`StoreError::Duplicate`] when it has one of this name.
pub async fn insert_file(
    tx: &mut WriteTx,
    destination: &DestinationId,
    seq: i64,
    file: &NewFile<'_>,
) -> Result<(), StoreError> {
    let length = i64::try_from(file.content.len()).unwrap_or(i64::MAX);
    execute!(tx, INSERT_FILE, destination.as_str(), seq, file.name, file.sha256, length, file.content).map(drop)
}

/// Takes a file out of a batch that is being made.
///
/// # Errors
/// When the database fails.
pub async fn delete_file(
    tx: &mut WriteTx,
    destination: &DestinationId,
    seq: i64,
    name: &str,
) -> Result<(), StoreError> {
    execute!(tx, DELETE_FILE, destination.as_str(), seq, name).map(drop)
}

/// Keeps a batch with its files and entries.
///
/// # Errors
/// [`StoreError::Duplicate`] when the number is taken or an entry is in a batch already.
pub async fn insert(
    tx: &mut WriteTx,
    batch: &Batch,
    files: &[NewFile<'_>],
    entries: &[NewEntry<'_>],
) -> Result<(), StoreError> {
    let destination = batch.destination_id.as_str();
    execute!(
        tx,
        INSERT_BATCH,
        destination,
        batch.seq,
        &batch.manifest,
        &batch.manifest_sha256,
        &batch.keys_document,
        batch.entry_count,
        batch.byte_count,
        batch.created_at.micros(),
    )?;
    for file in files {
        insert_file(tx, &batch.destination_id, batch.seq, file).await?;
    }
    for entry in entries {
        insert_entry(tx, &batch.destination_id, batch.seq, entry).await?;
    }
    Ok(())
}

/// Keeps an entry of a batch that is there.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is in a batch already.
pub async fn insert_entry(
    tx: &mut WriteTx,
    destination: &DestinationId,
    seq: i64,
    entry: &NewEntry<'_>,
) -> Result<(), StoreError> {
    let (number, case) = (entry.receipt_number.as_str(), entry.case_id.bytes().as_slice());
    let papers = entry.papers_left_out;
    execute!(tx, INSERT_ENTRY, destination.as_str(), seq, number, entry.rev, case, papers).map(drop)
}

/// The newest batch of a destination.
///
/// # Errors
/// When the database fails.
pub async fn latest(connection: &mut Connection, destination: &DestinationId) -> Result<Option<Batch>, StoreError> {
    optional!(connection, Batch, LATEST, destination.as_str())
}

/// A batch.
///
/// # Errors
/// When the database fails.
pub async fn find(
    connection: &mut Connection,
    destination: &DestinationId,
    seq: i64,
) -> Result<Option<Batch>, StoreError> {
    optional!(connection, Batch, FIND, destination.as_str(), seq)
}

/// Batches after a number, in order.
///
/// # Errors
/// When the database fails.
pub async fn list_after(
    connection: &mut Connection,
    destination: &DestinationId,
    seq: i64,
    limit: i64,
) -> Result<Vec<Batch>, StoreError> {
    all!(connection, Batch, LIST_AFTER, destination.as_str(), seq, limit)
}

row! {
    /// A file of a batch without its content.
    #[derive(Clone, Debug)]
    pub struct FileHead {
        /// Its name.
        pub name: String,
        /// Its digest, hexadecimal.
        pub sha256: String,
        /// Its length.
        pub byte_count: i64,
    }
}

/// The files of a batch.
///
/// # Errors
/// When the database fails.
pub async fn files(
    connection: &mut Connection,
    destination: &DestinationId,
    seq: i64,
) -> Result<Vec<FileHead>, StoreError> {
    all!(connection, FileHead, FILES, destination.as_str(), seq)
}

row! {
    /// A file of a batch.
    pub struct File {
        /// Its name.
        pub name: String,
        /// Its digest, hexadecimal.
        pub sha256: String,
        /// Its length.
        pub byte_count: i64,
        /// Encrypted; none once the batch is settled.
        pub content: Option<Vec<u8>>,
    }
}

/// A file of a batch.
///
/// # Errors
/// When the database fails.
pub async fn file(
    connection: &mut Connection,
    destination: &DestinationId,
    seq: i64,
    name: &str,
) -> Result<Option<File>, StoreError> {
    optional!(connection, File, FILE, destination.as_str(), seq, name)
}

row! {
    /// An entry of a batch.
    #[derive(Clone, Debug)]
    pub struct Entry {
        /// In which batch.
        pub seq: i64,
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// Revision.
        pub rev: i64,
        /// The case.
        pub case_id: CaseId,
        /// `imported`, `held`, `rejected`, or nothing yet.
        pub result: Option<String>,
        /// Why, as a code.
        pub reason: Option<String>,
        /// When.
        pub settled_at: Option<Instant>,
    }
}

/// The entries of a batch.
///
/// # Errors
/// When the database fails.
pub async fn entries(
    connection: &mut Connection,
    destination: &DestinationId,
    seq: i64,
) -> Result<Vec<Entry>, StoreError> {
    all!(connection, Entry, ENTRIES, destination.as_str(), seq)
}

/// An entry by its receipt number and revision.
///
/// # Errors
/// When the database fails.
pub async fn entry(
    connection: &mut Connection,
    destination: &DestinationId,
    number: &ReceiptNumber,
    rev: i64,
) -> Result<Option<Entry>, StoreError> {
    optional!(connection, Entry, ENTRY, destination.as_str(), number.as_str(), rev)
}

/// What was handed over of a case, oldest first, with what became of it.
///
/// # Errors
/// When the database fails.
pub async fn entries_of_case(connection: &mut Connection, case: CaseId) -> Result<Vec<Entry>, StoreError> {
    all!(connection, Entry, ENTRIES_OF_CASE, case.bytes().as_slice())
}

/// What a receipt says of an entry.
pub struct Settlement<'a> {
    /// 「受付番号」
    pub receipt_number: &'a ReceiptNumber,
    /// Revision.
    pub rev: i64,
    /// `imported`, `held` or `rejected`.
    pub result: &'a str,
    /// Why, as a code.
    pub reason: Option<&'a str>,
}

/// Settles an entry; false when it is settled already or is held and still held.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut WriteTx,
    destination: &DestinationId,
    settlement: &Settlement<'_>,
    at: Instant,
) -> Result<bool, StoreError> {
    let number = settlement.receipt_number.as_str();
    let (result, reason) = (settlement.result, settlement.reason);
    Ok(execute!(tx, SETTLE, destination.as_str(), number, settlement.rev, result, reason, at.micros())? == 1)
}

/// Once no entry of a batch is open: keeps that it is settled and removes the encrypted files. True when it did.
///
/// # Errors
/// When the database fails.
pub async fn close_if_settled(
    tx: &mut WriteTx,
    destination: &DestinationId,
    seq: i64,
    at: Instant,
) -> Result<bool, StoreError> {
    let open = optional!(tx, (i64,), OPEN_ENTRIES, destination.as_str(), seq)?.map_or(0, |(count,)| count);
    if open > 0 || execute!(tx, SETTLED, destination.as_str(), seq, at.micros())? == 0 {
        return Ok(false);
    }
    execute!(tx, DROP_CONTENT, destination.as_str(), seq)?;
    Ok(true)
}

/// 「取下げ」 What this destination was handed and what was withdrawn since, without being recalled yet.
///
/// # Errors
/// When the database fails.
pub async fn to_recall(
    connection: &mut Connection,
    destination: &DestinationId,
    limit: i64,
) -> Result<Vec<ReceiptNumber>, StoreError> {
    let rows = all!(connection, (String,), TO_RECALL, destination.as_str(), limit)?;
    let number = |(text,): (String,)| text.parse().map_err(|_| StoreError::Corrupt("a receipt number".to_owned()));
    rows.into_iter().map(number).collect()
}

/// Keeps that a batch recalls what was withdrawn.
///
/// # Errors
/// [`StoreError::Duplicate`] when another batch does.
pub async fn insert_recalls(
    tx: &mut WriteTx,
    destination: &DestinationId,
    seq: i64,
    numbers: &[ReceiptNumber],
) -> Result<(), StoreError> {
    for number in numbers {
        execute!(tx, INSERT_RECALL, destination.as_str(), number.as_str(), seq)?;
    }
    Ok(())
}

/// Keeps a receipt.
///
/// # Errors
/// [`StoreError::Duplicate`] when one with this identifier is kept.
pub async fn insert_receipt(
    tx: &mut WriteTx,
    destination: &DestinationId,
    jti: &str,
    seq: i64,
    document: &[u8],
    at: Instant,
) -> Result<(), StoreError> {
    execute!(tx, INSERT_RECEIPT, destination.as_str(), jti, seq, document, at.micros()).map(drop)
}

/// The document of a receipt that was taken before.
///
/// # Errors
/// When the database fails.
pub async fn find_receipt(
    connection: &mut Connection,
    destination: &DestinationId,
    jti: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(optional!(connection, (Vec<u8>,), RECEIPT, destination.as_str(), jti)?.map(|(document,)| document))
}

row! {
    /// A receipt that was taken.
    pub struct StoredReceipt {
        /// Its identifier.
        pub jti: String,
        /// Of which batch.
        pub seq: i64,
        /// As it came.
        pub document: Vec<u8>,
        /// When it came.
        pub received_at: Instant,
    }
}

/// All receipts of a destination, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn receipts(
    connection: &mut Connection,
    destination: &DestinationId,
) -> Result<Vec<StoredReceipt>, StoreError> {
    all!(connection, StoredReceipt, RECEIPTS, destination.as_str())
}
