//! The lines in which SQLite and PostgreSQL differ. Invariant: no other file asks which of the two it is.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{Connection, Database, StoreError};

const SQLITE_WRITE: &str = "BEGIN IMMEDIATE";
pub(super) const POSTGRES_READ: &str = "BEGIN READ ONLY";

/// The first SQLite without the corruption at a WAL reset.
const OLDEST_SQLITE: (i64, i64, i64) = (3, 51, 3);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const READERS: u32 = 4;

static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");

/// Whether an error code says that the same transaction may succeed when run again.
pub(super) fn is_transient(code: Option<&str>) -> bool {
    // PostgreSQL: serialization failure, deadlock, lock not available, statement cancelled by its time limit.
    // SQLite: SQLITE_BUSY and its extended codes (BUSY_RECOVERY, BUSY_SNAPSHOT, BUSY_TIMEOUT), SQLITE_LOCKED.
    matches!(code, Some("40001" | "40P01" | "55P03" | "57014" | "5" | "6" | "261" | "517" | "773"))
}

impl Database {
    /// Opens the database of a URL; a SQLite file is made when it is not there.
    ///
    /// # Errors
    /// When it cannot be opened, or SQLite is older than the first without a known corruption.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        match url.strip_prefix("sqlite:") {
            Some(path) => connect_sqlite(path.strip_prefix("//").unwrap_or(path)).await,
            None => connect_postgres(url).await,
        }
    }

    /// Brings the tables to this version.
    ///
    /// # Errors
    /// When a migration fails or the database is of a newer version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => SQLITE.run(writer).await,
            Self::Postgres(pool) => POSTGRES.run(pool).await,
        }
        .map_err(|error| StoreError::Version(format!("a migration failed: {error}")))
    }

    /// Whether the tables are of this version.
    ///
    /// # Errors
    /// [`StoreError::Version`] when they are not, with what to do.
    pub async fn check_migrations(&self) -> Result<(), StoreError> {
        const APPLIED: &str = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
        let (applied, known) = match self {
            Self::Sqlite { writer, .. } => (sqlx::query_scalar::<_, i64>(APPLIED).fetch_one(writer).await, &SQLITE),
            Self::Postgres(pool) => (sqlx::query_scalar::<_, i64>(APPLIED).fetch_one(pool).await, &POSTGRES),
        };
        let known = known.iter().filter(|step| step.migration_type.is_up_migration()).count();
        match applied.map(usize::try_from) {
            Ok(Ok(applied)) if applied == known => Ok(()),
            Ok(Ok(applied)) if applied > known => {
                Err(StoreError::Version("the database is of a newer version than this program".to_owned()))
            }
            Err(error) if !matches!(error, sqlx::Error::Database(_)) => Err(error.into()),
            _ => Err(StoreError::Version("migrations are missing: run `madoguchi migrate`".to_owned())),
        }
    }

    /// Closes all connections, after writing SQLite's log back into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(writer).await {
                    tracing::warn!(%error, "the log of the database was not written back; the next start does it");
                }
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Copies the whole database into a new file.
    ///
    /// # Errors
    /// On PostgreSQL, whose own tool does it, and when the file exists or cannot be written.
    pub async fn copy_into(&self, path: &str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => {
                sqlx::query("VACUUM INTO $1").bind(path).execute(writer).await?;
                Ok(())
            }
            Self::Postgres(_) => {
                Err(StoreError::Version("PostgreSQL is backed up by its own tool: pg_dump".to_owned()))
            }
        }
    }
}

/// Begins a transaction that writes. A full disk makes SQLite roll back by itself; the connection then goes on to count a
/// transaction that is over, and refuses every later one: it is closed, and a new one takes its place.
pub(super) async fn begin_to_write(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    match writer.begin_with(SQLITE_WRITE).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {
            writer.acquire().await?.close().await?;
            writer.begin_with(SQLITE_WRITE).await
        }
        begun => begun,
    }
}

async fn connect_sqlite(path: &str) -> Result<Database, StoreError> {
    let common = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(LONGEST_WAIT)
        .foreign_keys(true)
        .pragma("trusted_schema", "OFF")
        .pragma("cell_size_check", "ON");
    let writing = common
        .clone()
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // NORMAL loses acknowledged filings at a power cut (faults.md F05).
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON");
    // A file does not hang up: to ask its connection first whether it still answers is a way to another thread and back for nothing.
    let pool = || SqlitePoolOptions::new().acquire_timeout(LONGEST_WAIT).test_before_acquire(false);
    let writer = pool()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(writing)
        .await?;
    let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&writer).await?;
    if !is_new_enough(&version) {
        return Err(StoreError::Version(format!("SQLite {version} can corrupt its log; 3.51.3 is needed")));
    }
    let readers = pool().max_connections(READERS).connect_with(common.read_only(true)).await?;
    Ok(Database::Sqlite { writer, readers })
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse::<i64>().unwrap_or_default());
    let mut next = || numbers.next().unwrap_or_default();
    (next(), next(), next()) >= OLDEST_SQLITE
}

async fn connect_postgres(url: &str) -> Result<Database, StoreError> {
    let options = PgConnectOptions::from_str(url)?;
    let host = options.get_host();
    let within_this_machine =
        options.get_socket().is_some() || host.starts_with('/') || ["localhost", "127.0.0.1", "::1"].contains(&host);
    let options = if within_this_machine { options } else { options.ssl_mode(PgSslMode::VerifyFull) };
    let options = options.application_name("madoguchi").options([
        ("statement_timeout", "5000"),
        ("lock_timeout", "4000"),
        ("idle_in_transaction_session_timeout", "30000"),
    ]);
    let pool = PgPoolOptions::new().max_connections(16).acquire_timeout(LONGEST_WAIT).connect_with(options).await?;
    Ok(Database::Postgres(pool))
}

impl Connection {
    /// Has the database read a statement without running it; for the test over all statements.
    ///
    /// # Errors
    /// When the database does not understand it.
    pub async fn prepare(&mut self, sql: &'static str) -> Result<(), StoreError> {
        use sqlx::{Executor, SqlSafeStr};
        match self {
            Self::Sqlite(tx) => drop((&mut **tx).prepare(sql.into_sql_str()).await?),
            Self::Postgres(tx) => drop((&mut **tx).prepare(sql.into_sql_str()).await?),
        }
        Ok(())
    }
}
