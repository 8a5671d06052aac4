//! Staging a batch, and the files made of it. Invariant: a batch is there with all its entries, items, outcomes and files,
//! or not at all; an entry is there once.

use intake::time::Instant;

use super::{
    EntryKey, State, StateError,
    attachments::{self, StagedPaper},
    instant,
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
    /// What becomes of it.
    pub outcome: NewOutcome,
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

pub(super) type Transaction = sqlx::Transaction<'static, sqlx::Sqlite>;

impl State {
    pub(super) async fn begin(&self) -> Result<Transaction, StateError> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Number, manifest digest and time of every batch that was staged, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn batches(&self) -> Result<Vec<KnownBatch>, StateError> {
        let rows: Vec<(i64, String, i64)> =
            sqlx::query_as("SELECT seq, manifest_sha256, created_at FROM batch ORDER BY seq")
                .fetch_all(&self.pool)
                .await?;
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
        let mut tx = self.begin().await?;
        sqlx::query(
            "INSERT INTO batch (seq, manifest_sha256, manifest, created_at, staged_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(batch.seq.cast_signed())
        .bind(&batch.manifest_sha256)
        .bind(&batch.manifest)
        .bind(batch.created_at.micros())
        .bind(at.micros())
        .execute(&mut *tx)
        .await?;
        for (sha256, document) in &batch.forms {
            sqlx::query("INSERT INTO form (sha256, document) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(sha256)
                .bind(document)
                .execute(&mut *tx)
                .await?;
        }
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
            sqlx::query("INSERT INTO withdrawn (receipt_number, seq) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(number.as_str())
                .bind(batch.seq.cast_signed())
                .execute(&mut *tx)
                .await?;
            // What waited for two people waits no more, and the portal can close its batch.
            sqlx::query(
                "INSERT INTO outcome (receipt_number, rev, number, result, reason, at)
                SELECT receipt_number, rev, 2, 'rejected', $2, $3 FROM outcome AS waiting
                WHERE receipt_number = $1 AND number = 1 AND result = 'held' AND NOT EXISTS (SELECT 1 FROM outcome AS later
                    WHERE later.receipt_number = waiting.receipt_number AND later.rev = waiting.rev AND later.number = 2)",
            )
            .bind(number.as_str())
            .bind(reason::WITHDRAWN)
            .bind(at.micros())
            .execute(&mut *tx)
            .await?;
        }
        sqlx::query(
            "INSERT INTO trust (only_row, document) VALUES (1, $1) ON CONFLICT (only_row) DO UPDATE SET document = $1",
        )
        .bind(&batch.trust)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// The form definition with this digest, if it came with a batch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn form(&self, sha256: &str) -> Result<Option<intake::form::Form>, StateError> {
        let document: Option<Vec<u8>> = sqlx::query_scalar("SELECT document FROM form WHERE sha256 = $1")
            .bind(sha256)
            .fetch_optional(&self.pool)
            .await?;
        Ok(document.and_then(|document| intake::form::Form::from_json(&document).ok()))
    }

    /// 「宛名番号」 Under which resident a notification was taken in last.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn resident_of(&self, id: &intake::ids::ReceiptNumber) -> Result<Option<String>, StateError> {
        Ok(sqlx::query_scalar(
            "SELECT resident_number FROM outcome WHERE receipt_number = $1 AND result = 'imported' ORDER BY rev DESC LIMIT 1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await?)
    }

    /// The files that are not written yet, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unwritten_files(&self) -> Result<Vec<CsvFile>, StateError> {
        let rows: Vec<(String, i64, Vec<u8>)> =
            sqlx::query_as("SELECT name, seq, content FROM csv_file WHERE written_at IS NULL ORDER BY seq, name")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(|(name, seq, content)| CsvFile { name, seq: seq.unsigned_abs(), content }).collect())
    }

    /// Notes that a file is on the disk under its name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn file_written(&self, name: &str, at: Instant) -> Result<(), StateError> {
        sqlx::query("UPDATE csv_file SET written_at = $2 WHERE name = $1 AND written_at IS NULL")
            .bind(name)
            .bind(at.micros())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

pub(super) async fn insert_file(tx: &mut Transaction, file: &CsvFile) -> Result<(), StateError> {
    sqlx::query("INSERT INTO csv_file (name, seq, content) VALUES ($1, $2, $3)")
        .bind(&file.name)
        .bind(file.seq.cast_signed())
        .bind(&file.content)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

async fn insert_entry(tx: &mut Transaction, seq: u64, place: i64, entry: &NewEntry) -> Result<(), StateError> {
    let inserted = sqlx::query(
        "INSERT INTO entry (receipt_number, rev, seq, place, kind, sha256, line) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(entry.key.id.as_str())
    .bind(entry.key.rev)
    .bind(seq.cast_signed())
    .bind(place)
    .bind(&entry.kind)
    .bind(&entry.sha256)
    .bind(&entry.line)
    .execute(&mut **tx)
    .await;
    match inserted {
        Ok(_) => {}
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => return Err(StateError::TwiceTheEntry),
        Err(error) => return Err(error.into()),
    }
    insert_items(tx, entry).await
}

/// All items of an entry in one statement: a full batch has some fifty thousand.
async fn insert_items(tx: &mut Transaction, entry: &NewEntry) -> Result<(), StateError> {
    if entry.items.is_empty() {
        return Ok(());
    }
    let mut insert = sqlx::QueryBuilder::<sqlx::Sqlite>::new(
        "INSERT INTO item (receipt_number, rev, place, fact, name, value, text, declined) ",
    );
    insert.push_values((1_i64..).zip(&entry.items), |mut row, (place, item)| {
        row.push_bind(entry.key.id.as_str())
            .push_bind(entry.key.rev)
            .push_bind(place)
            .push_bind(&item.fact)
            .push_bind(&item.name)
            .push_bind(&item.value)
            .push_bind(&item.text)
            .push_bind(item.declined);
    });
    insert.build().execute(&mut **tx).await?;
    Ok(())
}

pub(super) async fn insert_outcome(
    tx: &mut Transaction,
    key: &EntryKey,
    number: i64,
    outcome: &NewOutcome,
    at: Instant,
) -> Result<(), StateError> {
    let (reason, resident_number, csv_file) = match outcome {
        NewOutcome::Imported { resident_number, csv_file } => (None, Some(resident_number), Some(csv_file)),
        NewOutcome::Held { reason } | NewOutcome::Rejected { reason } => (Some(reason), None, None),
    };
    sqlx::query(
        "INSERT INTO outcome (receipt_number, rev, number, result, reason, resident_number, csv_file, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(key.id.as_str())
    .bind(key.rev)
    .bind(number)
    .bind(outcome.result())
    .bind(reason)
    .bind(resident_number)
    .bind(csv_file)
    .bind(at.micros())
    .execute(&mut **tx)
    .await?;
    Ok(())
}
