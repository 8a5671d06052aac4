//! Staging a batch, and the files made of it. Invariant: a batch is there with all its entries, items, outcomes and files,
//! or not at all; an entry is there once.

use intake::time::Instant;

use super::{
    EntryKey, NewCopy, State, StateError, all,
    attachments::{self, StagedPaper},
    copies,
    database::Tx,
    execute, insert_many, instant, optional,
};
use crate::judge::reason;

/// A batch that was staged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownBatch {
    /// Its number.
    pub seq: u64,
    /// The digest of its manifest.
    pub manifest_sha256: String,
    /// When the portal made it.
    pub created_at: Instant,
}

/// A batch to be staged.
pub struct StagedBatch {
    /// Its number.
    pub seq: u64,
    /// The digest of the exact bytes of its manifest.
    pub manifest_sha256: String,
    /// Those bytes.
    pub manifest: Vec<u8>,
    /// The key announcement that came with it.
    pub keys_document: Option<Vec<u8>>,
    /// When the portal made it.
    pub created_at: Instant,
    /// The keys that are trusted after it.
    pub trust: String,
    /// Its entries, in order.
    pub entries: Vec<NewEntry>,
    /// The form definitions of its entries, by digest.
    pub forms: Vec<(String, Vec<u8>)>,
    /// The files made of it.
    pub files: Vec<CsvFile>,
    /// 「写真・書類」 The papers of the entries that do not go back, each once.
    pub papers: Vec<StagedPaper>,
    /// 「取下げ」 What was withdrawn.
    pub withdrawn: Vec<intake::ids::ReceiptNumber>,
    /// 「副本」 What is offered of it.
    pub copies: Vec<NewCopy>,
}

/// An entry to be staged.
pub struct NewEntry {
    /// Which.
    pub key: EntryKey,
    /// What is notified.
    pub kind: String,
    /// The digest of its line.
    pub sha256: String,
    /// Its line as it came.
    pub line: Vec<u8>,
    /// What it says, in order.
    pub items: Vec<StagedItem>,
    /// The papers that go with it; none of an entry that goes back.
    pub papers: Vec<intake::export::Attachment>,
    /// Who came near, of an entry in doubt.
    pub near_misses: Vec<NearMiss>,
    /// What becomes of it.
    pub outcome: NewOutcome,
}

/// A resident who came near to an entry in doubt, and by which facts: names of facts, no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// 「宛名番号」
    pub resident_number: String,
    /// The facts that agreed, with a comma between them.
    pub agreed: String,
    /// The facts that differed.
    pub differed: String,
}

/// One thing that an entry says.
pub struct StagedItem {
    /// The name of the fact, such as `item.9`.
    pub fact: String,
    /// What it is called.
    pub name: String,
    /// Value or code, several joined by `|`.
    pub value: Option<String>,
    /// The label, or the detail that was given.
    pub text: Option<String>,
    /// 「答えたくない」
    pub declined: bool,
}

/// What becomes of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewOutcome {
    /// Taken in.
    Imported {
        /// 「宛名番号」
        resident_number: String,
        /// The file that has its line.
        csv_file: String,
    },
    /// Waits for two people.
    Held {
        /// Why: a public reason code.
        reason: String,
    },
    /// Goes back to the portal.
    Rejected {
        /// Why: a public reason code.
        reason: String,
    },
}

impl NewOutcome {
    /// The name of the result, as receipts say it.
    #[must_use]
    pub const fn result(&self) -> &'static str {
        match self {
            Self::Imported { .. } => "imported",
            Self::Held { .. } => "held",
            Self::Rejected { .. } => "rejected",
        }
    }
}

/// A file for the health information system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvFile {
    /// Its name.
    pub name: String,
    /// The batch that it is of.
    pub seq: u64,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl State {
    /// Number, manifest digest and time of every batch that was staged, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn batches(&self) -> Result<Vec<KnownBatch>, StateError> {
        const BATCHES: &str = "SELECT seq, manifest_sha256, created_at FROM batch ORDER BY seq";
        let mut tx = self.database.read().await?;
        let rows: Vec<(i64, String, i64)> = all!(tx, (i64, String, i64), BATCHES)?;
        let known = |(seq, manifest_sha256, created_at): (i64, String, i64)| KnownBatch {
            seq: seq.unsigned_abs(),
            manifest_sha256,
            created_at: instant(created_at),
        };
        Ok(rows.into_iter().map(known).collect())
    }

    /// Stages a batch. `content` opens one paper after the other: no two are in memory at once.
    ///
    /// # Errors
    /// [`StateError::TwiceTheEntry`] when one of its entries is there already; then nothing is staged.
    pub async fn stage<Content: AsRef<[u8]>>(
        &self,
        batch: &StagedBatch,
        content: impl Fn(&str) -> Result<Content, handover::Error>,
        at: Instant,
    ) -> Result<(), StateError> {
        let mut tx = self.database.write().await?;
        insert_batch(&mut tx, batch, at).await?;
        for file in &batch.files {
            insert_file(&mut tx, file).await?;
        }
        for paper in &batch.papers {
            let plain = content(&paper.sha256).map_err(|_| StateError::PaperGone)?;
            attachments::insert(&mut tx, paper, plain.as_ref()).await?;
        }
        for (place, entry) in (1_i64..).zip(&batch.entries) {
            insert_entry(&mut tx, batch.seq, place, entry).await?;
            attachments::name(&mut tx, &entry.key, batch.seq, &entry.papers).await?;
            insert_outcome(&mut tx, &entry.key, 1, &entry.outcome, at).await?;
        }
        for number in &batch.withdrawn {
            withdraw(&mut tx, number, batch.seq, at).await?;
        }
        for copy in &batch.copies {
            copies::insert(&mut tx, copy).await?;
        }
        keep_trust(&mut tx, &batch.trust).await?;
        tx.commit().await
    }

    /// The form definition with this digest, if it came with a batch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn form(&self, sha256: &str) -> Result<Option<intake::form::Form>, StateError> {
        let mut tx = self.database.read().await?;
        let row: Option<(Vec<u8>,)> = optional!(tx, (Vec<u8>,), "SELECT document FROM form WHERE sha256 = $1", sha256)?;
        Ok(row.and_then(|(document,)| intake::form::Form::from_json(&document).ok()))
    }

    /// 「宛名番号」 Under which resident a notification was taken in last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resident_of(&self, id: &intake::ids::ReceiptNumber) -> Result<Option<String>, StateError> {
        const RESIDENT: &str = "SELECT resident_number FROM outcome WHERE receipt_number = $1 AND result = 'imported'
            ORDER BY rev DESC LIMIT 1";
        let mut tx = self.database.read().await?;
        let row: Option<(String,)> = optional!(tx, (String,), RESIDENT, id.as_str())?;
        Ok(row.map(|(number,)| number))
    }

    /// The names of the files that are not written yet, oldest first; their content is asked for one by one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unwritten_files(&self) -> Result<Vec<String>, StateError> {
        let mut tx = self.database.read().await?;
        let rows: Vec<(String,)> =
            all!(tx, (String,), "SELECT name FROM csv_file WHERE written_at IS NULL ORDER BY seq, name")?;
        Ok(rows.into_iter().map(|(name,)| name).collect())
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn file_content(&self, name: &str) -> Result<Vec<u8>, StateError> {
        let mut tx = self.database.read().await?;
        let row: Option<(Vec<u8>,)> = optional!(tx, (Vec<u8>,), "SELECT content FROM csv_file WHERE name = $1", name)?;
        Ok(row.unwrap_or_default().0)
    }

    /// Notes that a file is on the disk under its name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn file_written(&self, name: &str, at: Instant) -> Result<(), StateError> {
        const WRITTEN: &str = "UPDATE csv_file SET written_at = $2 WHERE name = $1 AND written_at IS NULL";
        let mut tx = self.database.write().await?;
        execute!(tx, WRITTEN, name, at.micros())?;
        tx.commit().await
    }
}

async fn insert_batch(tx: &mut Tx, batch: &StagedBatch, at: Instant) -> Result<(), StateError> {
    const BATCH: &str = "INSERT INTO batch (seq, manifest_sha256, manifest, keys_document, created_at, staged_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    const FORM: &str = "INSERT INTO form (sha256, document) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    execute!(
        tx,
        BATCH,
        batch.seq.cast_signed(),
        &batch.manifest_sha256,
        &batch.manifest,
        &batch.keys_document,
        batch.created_at.micros(),
        at.micros(),
    )?;
    for (sha256, document) in &batch.forms {
        execute!(tx, FORM, sha256, document)?;
    }
    Ok(())
}

pub(super) async fn keep_trust(tx: &mut Tx, document: &str) -> Result<(), StateError> {
    const KEEP: &str = "INSERT INTO trust (only_row, document) VALUES (1, $1)
        ON CONFLICT (only_row) DO UPDATE SET document = $1";
    execute!(tx, KEEP, document).map(drop)
}

/// What waited for two people waits no more, and the portal can close its batch.
async fn withdraw(tx: &mut Tx, id: &intake::ids::ReceiptNumber, seq: u64, at: Instant) -> Result<(), StateError> {
    const WITHDRAW: &str = "INSERT INTO withdrawn (receipt_number, seq) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    const CLOSE: &str = "INSERT INTO outcome (receipt_number, rev, number, result, reason, at)
        SELECT receipt_number, rev, 2, 'rejected', $2, $3 FROM outcome AS waiting
        WHERE receipt_number = $1 AND number = 1 AND result = 'held' AND NOT EXISTS (SELECT 1 FROM outcome AS later
            WHERE later.receipt_number = waiting.receipt_number AND later.rev = waiting.rev AND later.number = 2)";
    execute!(tx, WITHDRAW, id.as_str(), seq.cast_signed())?;
    execute!(tx, CLOSE, id.as_str(), reason::WITHDRAWN, at.micros()).map(drop)
}

pub(super) async fn insert_file(tx: &mut Tx, file: &CsvFile) -> Result<(), StateError> {
    const FILE: &str = "INSERT INTO csv_file (name, seq, content) VALUES ($1, $2, $3)";
    execute!(tx, FILE, &file.name, file.seq.cast_signed(), &file.content).map(drop)
}

async fn insert_entry(tx: &mut Tx, seq: u64, place: i64, entry: &NewEntry) -> Result<(), StateError> {
    const ENTRY: &str = "INSERT INTO entry (receipt_number, rev, seq, place, kind, sha256, line)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let EntryKey { id, rev } = &entry.key;
    let inserted =
        execute!(tx, ENTRY, id.as_str(), *rev, seq.cast_signed(), place, &entry.kind, &entry.sha256, &entry.line);
    match inserted {
        Ok(_) => {}
        Err(StateError::Database(sqlx::Error::Database(error))) if error.is_unique_violation() => {
            return Err(StateError::TwiceTheEntry);
        }
        Err(error) => return Err(error),
    }
    insert_items(tx, entry).await?;
    insert_near_misses(tx, entry).await
}

/// All items of an entry in one statement: a full batch has some fifty thousand.
async fn insert_items(tx: &mut Tx, entry: &NewEntry) -> Result<(), StateError> {
    const ITEMS: &str = "INSERT INTO item (receipt_number, rev, place, fact, name, value, text, declined) ";
    if entry.items.is_empty() {
        return Ok(());
    }
    let EntryKey { id, rev } = &entry.key;
    insert_many!(tx, ITEMS, (1_i64..).zip(&entry.items), |row, (place, item)| {
        row.push_bind(id.as_str())
            .push_bind(*rev)
            .push_bind(place)
            .push_bind(&item.fact)
            .push_bind(&item.name)
            .push_bind(&item.value)
            .push_bind(&item.text)
            .push_bind(item.declined)
    })
}

async fn insert_near_misses(tx: &mut Tx, entry: &NewEntry) -> Result<(), StateError> {
    const NEAR: &str = "INSERT INTO near_miss (receipt_number, rev, place, resident_number, agreed, differed)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let EntryKey { id, rev } = &entry.key;
    for (place, near) in (1_i64..).zip(&entry.near_misses) {
        execute!(tx, NEAR, id.as_str(), *rev, place, &near.resident_number, &near.agreed, &near.differed)?;
    }
    Ok(())
}

pub(super) async fn insert_outcome(
    tx: &mut Tx,
    key: &EntryKey,
    number: i64,
    outcome: &NewOutcome,
    at: Instant,
) -> Result<(), StateError> {
    const OUTCOME: &str =
        "INSERT INTO outcome (receipt_number, rev, number, result, reason, resident_number, csv_file, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let (reason, resident_number, csv_file) = match outcome {
        NewOutcome::Imported { resident_number, csv_file } => (None, Some(resident_number), Some(csv_file)),
        NewOutcome::Held { reason } | NewOutcome::Rejected { reason } => (Some(reason), None, None),
    };
    let (id, result) = (key.id.as_str(), outcome.result());
    execute!(tx, OUTCOME, id, key.rev, number, result, reason, resident_number, csv_file, at.micros()).map(drop)
}
