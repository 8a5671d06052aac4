//! The state of the import job: staging tables, files to be written, receipts to be sent. Invariant: the only files with
//! SQL; what belongs together is written in one transaction and is on the disk when the function comes back.

mod attachments;
mod receipts;
mod review;
mod staging;

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path};

use intake::{ids::ReceiptNumber, time::Instant};
use sqlx::{
    SqlitePool,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use attachments::{StagedPaper, paper_file};
pub use receipts::{StoredReceipt, TakenIn, Unreceipted, UnreceiptedOutcome};
pub use review::{Held, Opinion, Verdict};
pub use staging::{CsvFile, KnownBatch, NewEntry, NewOutcome, StagedBatch, StagedItem};

static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The first SQLite without the corruption at a WAL reset.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];

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
    pool: SqlitePool,
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
    /// Opens the state database, makes it if it is not there, and brings its tables to this version.
    ///
    /// # Errors
    /// When it cannot be opened, or is of a newer version.
    pub async fn open(path: &Path) -> Result<Self, StateError> {
        // What is in it is nobody else's business; SQLite gives its log the same mode.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(StateError::Database(sqlx::Error::Io(error)));
            }
            _ => {}
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(std::time::Duration::from_secs(5))
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A receipt may leave only when what it says is on the disk.
            .synchronous(SqliteSynchronous::Full)
            .pragma("trusted_schema", "OFF")
            .pragma("cell_size_check", "ON")
            .pragma("secure_delete", "ON");
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&pool).await?;
        let numbers: Vec<u32> = version.split('.').map(|part| part.parse().unwrap_or_default()).collect();
        if numbers.as_slice() < OLDEST_SQLITE.as_slice() {
            return Err(StateError::Version(format!("SQLite {version} can corrupt its log; 3.51.3 is needed")));
        }
        MIGRATIONS.run(&pool).await.map_err(|error| StateError::Version(format!("a migration failed: {error}")))?;
        Ok(Self { pool })
    }

    /// Opens the state database for reading only; nothing is changed, and nothing is made.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn look(path: &Path) -> Result<Self, StateError> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .busy_timeout(std::time::Duration::from_secs(5))
            .pragma("trusted_schema", "OFF");
        Ok(Self { pool: SqlitePoolOptions::new().max_connections(1).connect_with(options).await? })
    }

    /// Closes the database, after writing its log back into the file.
    pub async fn close(self) {
        self.pool.close().await;
    }

    /// The portal's keys that are trusted, as they were kept.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trust(&self) -> Result<Option<String>, StateError> {
        Ok(sqlx::query_scalar("SELECT document FROM trust").fetch_optional(&self.pool).await?)
    }

    /// Keeps the portal's keys that are trusted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_trust(&self, document: &str) -> Result<(), StateError> {
        sqlx::query(
            "INSERT INTO trust (only_row, document) VALUES (1, $1) ON CONFLICT (only_row) DO UPDATE SET document = $1",
        )
        .bind(document)
        .execute(&self.pool)
        .await?;
        Ok(())
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
        Ok(sqlx::query_as(COUNTS).fetch_one(&self.pool).await?)
    }
}

fn instant(micros: i64) -> Instant {
    Instant(micros)
}

/// A receipt number out of the database, which only ever gets well-formed ones.
fn receipt_number(text: &str) -> Result<ReceiptNumber, StateError> {
    text.parse().map_err(|_| StateError::Version("holds a malformed receipt number".to_owned()))
}
