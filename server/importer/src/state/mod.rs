//! The state of the import job: staging tables, files to be written, receipts to be sent. Invariant: the only files with
//! SQL; what belongs together is written in one transaction and is on the disk when the function comes back.

mod attachments;
mod copies;
mod database;
mod proof;
mod receipts;
mod review;
mod staging;

use intake::{ids::ReceiptNumber, time::Instant};

use crate::place::Place;
use database::{Database, all, execute, insert_many, optional};

pub use attachments::{StagedPaper, paper_file};
pub use copies::{CopyKind, NewCopy};
pub use database::ServerLock;
pub use proof::ProvedBatch;
pub use receipts::{StoredReceipt, TakenIn, Unreceipted, UnreceiptedOutcome};
pub use review::{Held, Opinion, Verdict};
pub use staging::{CsvFile, KnownBatch, NearMiss, NewEntry, NewOutcome, StagedBatch, StagedItem};

/// Why the state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// An entry of the batch is there already, from an earlier batch.
    #[error("an entry of this batch was in an earlier batch already")]
    TwiceTheEntry,
    /// The entry is not waiting for a decision.
    #[error("no entry with this number and revision is waiting")]
    NotHeld,
    /// A paper of the batch does not open any more.
    #[error("a paper of the batch does not open")]
    PaperGone,
    /// The database is of another version.
    #[error("the state database: {0}")]
    Version(String),
    /// The database itself.
    #[error("the state database: {0}")]
    Database(#[from] sqlx::Error),
}

/// An entry by its number and revision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryKey {
    /// 「受付番号」
    pub id: ReceiptNumber,
    /// Revision.
    pub rev: i64,
}

/// The state database.
pub struct State {
    database: Database,
}

/// How things stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// Number of the last batch; 0 if none.
    pub last_seq: i64,
    /// Entries taken in.
    pub imported: i64,
    /// Entries waiting for two people.
    pub held: i64,
    /// Entries sent back.
    pub rejected: i64,
    /// 「取下げ」 Filings that were recalled.
    pub withdrawn: i64,
    /// Files not written yet.
    pub unwritten: i64,
    /// Receipts that the portal has not acknowledged.
    pub unacknowledged: i64,
    /// Receipts that the portal refused for good.
    pub refused: i64,
}

impl State {
    /// Opens the state database, makes its tables if they are not there, and brings them to this version.
    ///
    /// # Errors
    /// When it cannot be opened, or is of a newer version.
    pub async fn open(place: &Place) -> Result<Self, StateError> {
        Ok(Self { database: Database::open(place).await? })
    }

    /// Opens the state database for reading only; nothing is changed, and nothing is made. None before the first run.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn look(place: &Place) -> Result<Option<Self>, StateError> {
        Ok(Database::look(place).await?.map(|database| Self { database }))
    }

    /// Closes the database, after writing the log of SQLite back into the file.
    pub async fn close(self) {
        self.database.close().await;
    }

    /// The portal's keys that are trusted, as they were kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trust(&self) -> Result<Option<String>, StateError> {
        let mut tx = self.database.read().await?;
        let row: Option<(String,)> = optional!(tx, (String,), "SELECT document FROM trust")?;
        Ok(row.map(|(document,)| document))
    }

    /// Keeps the portal's keys that are trusted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_trust(&self, document: &str) -> Result<(), StateError> {
        let mut tx = self.database.write().await?;
        staging::keep_trust(&mut tx, document).await?;
        tx.commit().await
    }

    /// How things stand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn counts(&self) -> Result<Counts, StateError> {
        const COUNTS: &str = "WITH last AS (SELECT result FROM outcome AS one WHERE number = (SELECT MAX(number)
                FROM outcome AS other WHERE other.receipt_number = one.receipt_number AND other.rev = one.rev))
            SELECT (SELECT COALESCE(MAX(seq), 0) FROM batch) AS last_seq,
                (SELECT COUNT(*) FROM last WHERE result = 'imported') AS imported,
                (SELECT COUNT(*) FROM last WHERE result = 'held') AS held,
                (SELECT COUNT(*) FROM last WHERE result = 'rejected') AS rejected,
                (SELECT COUNT(*) FROM withdrawn) AS withdrawn,
                (SELECT COUNT(*) FROM csv_file WHERE written_at IS NULL) AS unwritten,
                (SELECT COUNT(*) FROM receipt WHERE answer IS NULL) AS unacknowledged,
                (SELECT COUNT(*) FROM receipt WHERE answer <> 200) AS refused";
        let mut tx = self.database.read().await?;
        Ok(optional!(tx, Counts, COUNTS)?.unwrap_or_default())
    }

    /// What waits, since when, and when a run last went through: for `status --check`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ages(&self) -> Result<Ages, StateError> {
        const AGES: &str = "SELECT (SELECT ended_at FROM last_run) AS last_run,
            (SELECT MIN(at) FROM outcome AS waiting WHERE number = 1 AND result = 'held' AND NOT EXISTS (SELECT 1 FROM outcome AS later
                WHERE later.receipt_number = waiting.receipt_number AND later.rev = waiting.rev AND later.number = 2)) AS held_since,
            (SELECT MIN(made_at) FROM receipt WHERE answer IS NULL) AS unacknowledged_since";
        let mut tx = self.database.read().await?;
        let row: Option<(Option<i64>, Option<i64>, Option<i64>)> =
            optional!(tx, (Option<i64>, Option<i64>, Option<i64>), AGES)?;
        let (last_run, held_since, unacknowledged_since) = row.unwrap_or_default();
        Ok(Ages {
            last_run: last_run.map(instant),
            held_since: held_since.map(instant),
            unacknowledged_since: unacknowledged_since.map(instant),
        })
    }

    /// Notes that a run went through to its end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ran(&self, at: Instant) -> Result<(), StateError> {
        const RAN: &str = "INSERT INTO last_run (only_row, ended_at) VALUES (1, $1)
            ON CONFLICT (only_row) DO UPDATE SET ended_at = $1";
        let mut tx = self.database.write().await?;
        execute!(tx, RAN, at.micros())?;
        tx.commit().await
    }
}

/// Since when something is as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// When a run last went through.
    pub last_run: Option<Instant>,
    /// Since when the oldest entry waits for people.
    pub held_since: Option<Instant>,
    /// Since when the oldest receipt is not acknowledged.
    pub unacknowledged_since: Option<Instant>,
}

fn instant(micros: i64) -> Instant {
    Instant(micros)
}

/// A receipt number out of the database, which only ever gets well-formed ones.
fn receipt_number(text: &str) -> Result<ReceiptNumber, StateError> {
    text.parse().map_err(|_| StateError::Version("holds a malformed receipt number".to_owned()))
}
