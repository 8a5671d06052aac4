#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Databases for tests: always SQLite in a folder of its own; PostgreSQL too where `MADOGUCHI_TEST_POSTGRES_URL` names a
//! server on which databases may be made.

pub mod authenticator;
pub mod back_office;
pub mod browser;
pub mod card_provider;
pub mod clamd;
pub mod filing;
pub mod http;
pub mod load;
pub mod page;
pub mod papers;
pub mod portal;
pub mod process;
pub mod provider;
pub mod review;
pub mod site;
pub mod smtp;
pub mod staff;
pub mod walker;

use std::sync::Once;

use intake::time::Instant;
use server::store::Database;
use sqlx::{Connection as _, PgConnection, SqlSafeStr};
use tempfile::TempDir;

/// 2026-11-23 09:00 in Japan.
pub const NOW: Instant = Instant(1_795_392_000_000_000);

/// A migrated database that goes with the test.
pub struct TestDatabase {
    pub database: Database,
    pub url: String,
    pub folder: TempDir,
}

async fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("test.sqlite").display());
    let database = Database::connect(&url).await.unwrap();
    database.migrate().await.unwrap();
    TestDatabase { database, url, folder }
}

async fn postgres() -> Option<TestDatabase> {
    static SAID: Once = Once::new();
    let Ok(server) = std::env::var("MADOGUCHI_TEST_POSTGRES_URL") else {
        SAID.call_once(|| eprintln!("\n!!! PostgreSQL is NOT tested: MADOGUCHI_TEST_POSTGRES_URL is not set !!!\n"));
        return None;
    };
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")).into_sql_str();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    // The same server, another database: what stands between the host and the question mark.
    let (base, query) =
        server.split_once('?').map_or((server.as_str(), String::new()), |(base, query)| (base, format!("?{query}")));
    let (scheme, rest) = base.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    let url = format!("{scheme}://{host}/{name}{query}");
    let database = Database::connect(&url).await.unwrap();
    database.migrate().await.unwrap();
    Some(TestDatabase { database, url, folder: tempfile::tempdir().unwrap() })
}

/// A fresh database of each kind.
pub async fn databases() -> Vec<TestDatabase> {
    let mut all = vec![sqlite().await];
    all.extend(postgres().await);
    all
}
