//! The only place with SQL. Invariant: nothing is written without a [`Record`]: an audit entry, or one of the closed
//! list of writes that are nobody's deed.
//!
//! One set of statements with `$1` placeholders runs on SQLite and on PostgreSQL; `dialect` holds what differs. A
//! transaction that is dropped rolls back.

pub mod account;
pub mod address_change;
pub mod assigned;
pub mod audit;
pub mod batch;
pub mod booking;
pub mod card;
pub mod case;
pub mod case_content;
pub mod case_pair;
pub mod case_person;
pub mod case_word;
mod columns;
pub mod counter_draft;
pub mod counter_entry;
pub mod deadline;
mod dialect;
pub mod difference;
pub mod draft;
pub mod foreign_filing;
pub mod form_use;
pub mod installation;
pub mod media;
pub mod message;
pub mod non_disclosure;
pub mod note;
pub mod outbox;
pub mod paper;
pub mod pregnancy_end;
pub mod presence;
pub mod queue;
pub mod reconciliation;
pub mod reminders;
pub mod resync;
pub mod sealed_number;
pub mod session;
pub mod signature;
pub mod staff;
pub mod staff_identity;
pub mod staff_log;
pub mod staff_mail;
pub mod staff_proposal;
pub mod staff_view;
pub mod statistic;
pub mod take_over;
pub mod task;
pub mod transfer;

use std::ops::{Deref, DerefMut};

use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction, pool::PoolConnection};

pub use audit::{AuditEntry, Record, Upkeep};

/// The database of one installation. Cloning shares it.
#[derive(Clone)]
pub enum Database {
    /// One file: one writer, many readers.
    Sqlite {
        /// One connection; writers wait for it in turn.
        writer: SqlitePool,
        /// Read-only connections.
        readers: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

/// What statements run on, on either database.
pub enum Connection {
    /// On SQLite.
    Sqlite(Held<Sqlite>),
    /// On PostgreSQL.
    Postgres(Held<Postgres>),
}

/// A connection of the pool, until it is dropped.
pub enum Held<DB: sqlx::Database> {
    /// In a transaction.
    Whole(Transaction<'static, DB>),
    /// Each statement for itself.
    Each(PoolConnection<DB>),
}

impl<DB: sqlx::Database> Deref for Held<DB> {
    type Target = DB::Connection;
    fn deref(&self) -> &DB::Connection {
        match self {
            Self::Whole(transaction) => transaction,
            Self::Each(connection) => connection,
        }
    }
}

impl<DB: sqlx::Database> DerefMut for Held<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match self {
            Self::Whole(transaction) => transaction,
            Self::Each(connection) => connection,
        }
    }
}

/// What only reads: a transaction, or a statement for itself.
pub struct ReadTx(Connection);

/// A transaction that writes. [`WriteTx::commit`] is the only way to keep what it wrote.
pub struct WriteTx(Connection);

/// One statement that writes what is nobody's deed, and is kept when it is done.
pub struct UpkeepWrite(Connection);

/// What a statement that writes may run on.
pub trait Writing {
    /// Its connection.
    fn connection(&mut self) -> &mut Connection;
}

impl Writing for WriteTx {
    fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Writing for UpkeepWrite {
    fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Deref for ReadTx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for ReadTx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Deref for WriteTx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for WriteTx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something with this key is there already.
    #[error("it is there already")]
    Duplicate,
    /// Two transactions were in each other's way, or the database is busy; the same deed may be tried again.
    #[error("the database is busy")]
    Busy,
    /// What is stored breaks an invariant. Nothing is guessed.
    #[error("stored data breaks an invariant: {0}")]
    Corrupt(String),
    /// This program and the database are of different versions.
    #[error("{0}")]
    Version(String),
    /// The database cannot be used.
    #[error("the database: {0}")]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => Self::Duplicate,
            sqlx::Error::Database(inner) if dialect::is_transient(inner.code().as_deref()) => Self::Busy,
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::ColumnDecode { .. } => Self::Corrupt(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

impl Database {
    /// Begins a transaction that reads.
    ///
    /// # Errors
    /// When the database cannot be reached in time.
    pub async fn read(&self) -> Result<ReadTx, StoreError> {
        Ok(ReadTx(match self {
            Self::Sqlite { readers, .. } => Connection::Sqlite(Held::Whole(readers.begin().await?)),
            Self::Postgres(pool) => Connection::Postgres(Held::Whole(pool.begin_with(dialect::POSTGRES_READ).await?)),
        }))
    }

    /// For who reads with one statement: it sees one state of the database by itself, and the ways there and back to begin and
    /// to end a transaction around it are saved.
    ///
    /// # Errors
    /// When the database cannot be reached in time.
    pub async fn read_once(&self) -> Result<ReadTx, StoreError> {
        Ok(ReadTx(match self {
            Self::Sqlite { readers, .. } => Connection::Sqlite(Held::Each(readers.acquire().await?)),
            Self::Postgres(pool) => Connection::Postgres(Held::Each(pool.acquire().await?)),
        }))
    }

    /// Begins a transaction that writes. On PostgreSQL it may end with [`StoreError::Busy`]; a flow that read nothing
    /// from outside may then be run again.
    ///
    /// # Errors
    /// When the database cannot be reached in time.
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        Ok(WriteTx(match self {
            Self::Sqlite { writer, .. } => Connection::Sqlite(Held::Whole(dialect::begin_to_write(writer).await?)),
            Self::Postgres(pool) => Connection::Postgres(Held::Whole(pool.begin().await?)),
        }))
    }

    /// For one statement that writes what is nobody's deed: no transaction is begun and ended around it.
    ///
    /// # Errors
    /// When the database cannot be reached in time.
    pub async fn write_once(&self, _: Upkeep) -> Result<UpkeepWrite, StoreError> {
        Ok(UpkeepWrite(match self {
            Self::Sqlite { writer, .. } => Connection::Sqlite(Held::Each(writer.acquire().await?)),
            Self::Postgres(pool) => Connection::Postgres(Held::Each(pool.acquire().await?)),
        }))
    }
}

impl Connection {
    /// The connection itself, also through a [`ReadTx`] or a [`WriteTx`].
    const fn either(&mut self) -> &mut Self {
        self
    }
}

impl WriteTx {
    /// Keeps what was written, with the record of it.
    ///
    /// # Errors
    /// When the record cannot be written: then nothing is kept.
    pub async fn commit(mut self, record: Record) -> Result<(), StoreError> {
        match record {
            Record::Deed(entry) => audit::append(&mut self.0, &entry).await?,
            Record::Upkeep(_) => {}
        }
        self.end().await
    }

    /// Keeps what was written, with several entries.
    ///
    /// # Errors
    /// When one of them cannot be written, or there is none: then nothing is kept.
    pub async fn commit_all(mut self, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Err(StoreError::Corrupt("a deed without an entry".to_owned()));
        }
        for entry in &entries {
            audit::append(&mut self.0, entry).await?;
        }
        self.end().await
    }

    async fn end(self) -> Result<(), StoreError> {
        match self.0 {
            Connection::Sqlite(Held::Whole(transaction)) => transaction.commit().await?,
            Connection::Postgres(Held::Whole(transaction)) => transaction.commit().await?,
            // Only what reads is held so; what was written so would stand without its entry.
            Connection::Sqlite(Held::Each(_)) | Connection::Postgres(Held::Each(_)) => {
                return Err(StoreError::Corrupt("written outside a transaction".to_owned()));
            }
        }
        Ok(())
    }
}

/// Every statement with its name, so that a test can have each prepared by both databases.
#[must_use]
pub fn statements() -> Vec<(&'static str, &'static str)> {
    [
        account::STATEMENTS,
        address_change::STATEMENTS,
        assigned::STATEMENTS,
        audit::STATEMENTS,
        batch::STATEMENTS,
        booking::STATEMENTS,
        card::STATEMENTS,
        case::STATEMENTS,
        case_pair::STATEMENTS,
        case_person::STATEMENTS,
        case_word::STATEMENTS,
        difference::STATEMENTS,
        deadline::STATEMENTS,
        counter_draft::STATEMENTS,
        counter_entry::STATEMENTS,
        draft::STATEMENTS,
        foreign_filing::STATEMENTS,
        form_use::STATEMENTS,
        installation::STATEMENTS,
        media::STATEMENTS,
        message::STATEMENTS,
        note::STATEMENTS,
        non_disclosure::STATEMENTS,
        outbox::STATEMENTS,
        reminders::STATEMENTS,
        sealed_number::STATEMENTS,
        paper::STATEMENTS,
        pregnancy_end::STATEMENTS,
        queue::STATEMENTS,
        presence::STATEMENTS,
        reconciliation::STATEMENTS,
        resync::STATEMENTS,
        session::STATEMENTS,
        signature::STATEMENTS,
        staff::STATEMENTS,
        staff_identity::STATEMENTS,
        statistic::STATEMENTS,
        staff_view::STATEMENTS,
        take_over::STATEMENTS,
        staff_log::STATEMENTS,
        staff_proposal::STATEMENTS,
        staff_mail::STATEMENTS,
        task::STATEMENTS,
        transfer::STATEMENTS,
    ]
    .concat()
}

/// Declares the statements of one file, and the list of them.
macro_rules! sql {
    ($($name:ident = $sql:expr;)+) => {
        $(const $name: &str = $sql;)+
        pub(super) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),+];
    };
}

/// One row or none: `optional!(connection, Row, SQL, binds…)`.
macro_rules! optional {
    ($connection:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $connection.either() {
            $crate::store::Connection::Sqlite(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await
            }
            $crate::store::Connection::Postgres(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(&mut **tx).await
            }
        }
        .map_err($crate::store::StoreError::from)
    };
}

/// All rows: `all!(connection, Row, SQL, binds…)`.
macro_rules! all {
    ($connection:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $connection.either() {
            $crate::store::Connection::Sqlite(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await
            }
            $crate::store::Connection::Postgres(tx) => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(&mut **tx).await
            }
        }
        .map_err($crate::store::StoreError::from)
    };
}

/// All rows of a statement that was put together: `all_of!(connection, Row, sql, binds)`.
macro_rules! all_of {
    ($connection:expr, $row:ty, $sql:expr, $binds:expr) => {
        match $connection.either() {
            $crate::store::Connection::Sqlite(tx) => {
                $crate::store::bound!(sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe($sql)), $binds)
                    .fetch_all(&mut **tx)
                    .await
            }
            $crate::store::Connection::Postgres(tx) => {
                $crate::store::bound!(sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe($sql)), $binds)
                    .fetch_all(&mut **tx)
                    .await
            }
        }
        .map_err($crate::store::StoreError::from)
    };
}

/// All rows of a statement about several cases, whose places it has where it says `{}`: `all_of_cases!(connection, Row, SQL, cases)`.
macro_rules! all_of_cases {
    ($connection:expr, $row:ty, $sql:expr, $cases:expr) => {{
        let cases: &[intake::ids::CaseId] = $cases;
        let binds: Vec<$crate::store::queue::Bind<'_>> =
            cases.iter().map(|case| $crate::store::queue::Bind::Bytes(case.bytes())).collect();
        if cases.is_empty() {
            Ok(Vec::new())
        } else {
            $crate::store::all_of!($connection, $row, $crate::store::with_places($sql, cases.len()), binds)
        }
    }};
}

/// A statement with the places of so many cases.
fn with_places(sql: &str, cases: usize) -> String {
    let places: Vec<String> = (1..=cases).map(|place| format!("${place}")).collect();
    sql.replace("{}", &places.join(", "))
}

/// Every statement about so many cases, so that a test can ask both databases what they make of it.
#[must_use]
pub fn statements_about(cases: usize) -> Vec<String> {
    let all = [case_content::KEYS, case_content::REVISIONS, case_pair::OPEN_AMONG];
    all.iter().map(|sql| with_places(sql, cases)).collect()
}

/// A statement with its values.
macro_rules! bound {
    ($query:expr, $binds:expr) => {
        $binds.iter().fold($query, |query, bind| match *bind {
            $crate::store::queue::Bind::Text(text) => query.bind(text),
            $crate::store::queue::Bind::Number(number) => query.bind(number),
            $crate::store::queue::Bind::Bytes(bytes) => query.bind(bytes),
        })
    };
}

/// The number of rows changed: `execute!(connection, SQL, binds…)`.
macro_rules! execute {
    ($connection:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $connection.either() {
            $crate::store::Connection::Sqlite(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            $crate::store::Connection::Postgres(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::store::StoreError::from)
    };
}

use {all, all_of, all_of_cases, bound, execute, optional, sql};
