//! Where the state of an office under test lies: always a file of its own; PostgreSQL too where `MADOGUCHI_TEST_POSTGRES_URL` names
//! a server on which databases may be made.

use std::sync::Once;

use sqlx::{Connection as _, PgConnection, SqlSafeStr};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The kinds that can be had here.
pub fn kinds() -> Vec<Kind> {
    static SAID: Once = Once::new();
    if std::env::var_os("MADOGUCHI_TEST_POSTGRES_URL").is_some() {
        return vec![Kind::Sqlite, Kind::Postgres];
    }
    SAID.call_once(|| eprintln!("\n!!! PostgreSQL is NOT tested: MADOGUCHI_TEST_POSTGRES_URL is not set !!!\n"));
    vec![Kind::Sqlite]
}

impl Kind {
    /// What a configuration names, new for each office.
    pub fn state(self) -> String {
        match self {
            Self::Sqlite => "state.db".to_owned(),
            Self::Postgres => new_database(&std::env::var("MADOGUCHI_TEST_POSTGRES_URL").unwrap()),
        }
    }
}

/// The address of a new database on this server.
pub fn new_database(server: &str) -> String {
    let mut random = [0_u8; 12];
    rand::fill(&mut random);
    let name = random.iter().fold("import_".to_owned(), |name, byte| name + &format!("{byte:02x}"));
    on_a_thread(server.to_owned(), format!("CREATE DATABASE {name}"));
    let (base, query) =
        server.split_once('?').map_or((server, String::new()), |(base, query)| (base, format!("?{query}")));
    let (scheme, rest) = base.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    format!("{scheme}://{host}/{name}{query}")
}

/// Runs a statement, also from within a test that has a runtime of its own.
pub fn on_a_thread(url: String, sql: String) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql).into_sql_str()).execute(&mut connection).await.unwrap();
        });
    };
    std::thread::spawn(run).join().unwrap();
}
