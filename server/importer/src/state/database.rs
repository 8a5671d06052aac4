//! The lines in which SQLite and PostgreSQL differ. Invariant: no other file of the state asks which of the two it is; a
//! transaction that is dropped rolls back.

use std::{fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path, time::Duration};

use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::StateError;
use crate::place::{Place, postgres_options};

static SQLITE: Migrator = sqlx::migrate!("./migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("./migrations/postgres");

/// The first SQLite without the corruption at a WAL reset.
const OLDEST_SQLITE: [u32; 3] = [3, 51, 3];
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Whoever holds it is the one run that is under way; the server lets go of it with the connection.
const LOCK: i64 = 0x6d61_646f_6775_6368;
/// What PostgreSQL says when a lock could not be had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The database of the state.
pub(super) enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// An open transaction on either.
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    /// The transaction itself, also through a reference to it.
    pub(super) const fn either(&mut self) -> &mut Self {
        self
    }

    pub(super) async fn commit(self) -> Result<(), StateError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl Database {
    pub(super) async fn open(place: &Place) -> Result<Self, StateError> {
        let (database, migrated) = match place {
            Place::Sqlite(path) => {
                let pool = open_sqlite(path).await?;
                let migrated = SQLITE.run(&pool).await;
                (Self::Sqlite(pool), migrated)
            }
            Place::Postgres(url) => {
                let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(LONGEST_WAIT);
                let pool = pool.connect_with(postgres_options(url.as_str())?).await?;
                let migrated = POSTGRES.run(&pool).await;
                (Self::Postgres(pool), migrated)
            }
        };
        migrated.map_err(|error| StateError::Version(format!("a migration failed: {error}")))?;
        Ok(database)
    }

    /// For reading only; nothing is changed, and nothing is made. None before the first run.
    pub(super) async fn look(place: &Place) -> Result<Option<Self>, StateError> {
        match place {
            Place::Sqlite(path) if !path.exists() => Ok(None),
            Place::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .read_only(true)
                    .busy_timeout(LONGEST_WAIT)
                    .pragma("trusted_schema", "OFF");
                Ok(Some(Self::Sqlite(SqlitePoolOptions::new().max_connections(1).connect_with(options).await?)))
            }
            Place::Postgres(url) => {
                let options = postgres_options(url.as_str())?.options([("default_transaction_read_only", "on")]);
                let pool = PgPoolOptions::new().max_connections(1).connect_with(options).await?;
                let is_there: bool =
                    sqlx::query_scalar("SELECT to_regclass('batch') IS NOT NULL").fetch_one(&pool).await?;
                Ok(is_there.then_some(Self::Postgres(pool)))
            }
        }
    }

    pub(super) async fn close(self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Begins a transaction that reads.
    pub(super) async fn read(&self) -> Result<Tx, StateError> {
        Ok(match self {
            Self::Sqlite(pool) => Tx::Sqlite(pool.begin().await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with("BEGIN READ ONLY").await?),
        })
    }

    /// Begins a transaction that writes.
    pub(super) async fn write(&self) -> Result<Tx, StateError> {
        Ok(match self {
            Self::Sqlite(pool) => Tx::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }
}

async fn open_sqlite(path: &Path) -> Result<SqlitePool, StateError> {
    // What is in it is nobody else's business; SQLite gives its log the same mode.
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(StateError::Database(sqlx::Error::Io(error)));
        }
        _ => {}
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(LONGEST_WAIT)
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
    Ok(pool)
}

/// The lock of a state on PostgreSQL: held by a connection of its own for as long as this lives.
pub struct ServerLock {
    _connection: PgConnection,
}

impl ServerLock {
    /// Takes it; none when another run has it. A run that was killed lets go of it within moments, which is waited for.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn take(url: &str) -> Result<Option<Self>, StateError> {
        let options = postgres_options(url)?.options([("lock_timeout", "3s")]);
        let mut connection = PgConnection::connect_with(&options).await?;
        let taken = sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut connection).await;
        match taken {
            Ok(_) => Ok(Some(Self { _connection: connection })),
            Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(LOCK_NOT_AVAILABLE) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// One row or none: `optional!(tx, Row, SQL, binds…)`.
macro_rules! optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx.either() {
            $crate::state::database::Tx::Sqlite(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await
            }
            $crate::state::database::Tx::Postgres(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await
            }
        }
        .map_err($crate::state::StateError::from)
    };
}

/// All rows: `all!(tx, Row, SQL, binds…)`.
macro_rules! all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx.either() {
            $crate::state::database::Tx::Sqlite(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await
            }
            $crate::state::database::Tx::Postgres(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await
            }
        }
        .map_err($crate::state::StateError::from)
    };
}

/// The number of rows changed: `execute!(tx, SQL, binds…)`.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx.either() {
            $crate::state::database::Tx::Sqlite(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            $crate::state::database::Tx::Postgres(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::state::StateError::from)
    };
}

/// Many rows in one statement: `insert_many!(tx, SQL before VALUES, rows, |row, one| row.push_bind(…))`.
macro_rules! insert_many {
    ($tx:expr, $sql:expr, $rows:expr, |$row:ident, $one:pat_param| $push:expr) => {
        match $tx.either() {
            $crate::state::database::Tx::Sqlite(tx) => {
                let mut insert = sqlx::QueryBuilder::<sqlx::Sqlite>::new($sql);
                insert.push_values($rows, |mut $row, $one| {
                    $push;
                });
                insert.build().execute(&mut **tx).await.map(drop)
            }
            $crate::state::database::Tx::Postgres(tx) => {
                let mut insert = sqlx::QueryBuilder::<sqlx::Postgres>::new($sql);
                insert.push_values($rows, |mut $row, $one| {
                    $push;
                });
                insert.build().execute(&mut **tx).await.map(drop)
            }
        }
        .map_err($crate::state::StateError::from)
    };
}

pub(super) use {all, execute, insert_many, optional};
