//! A state that an earlier version has left. Invariant: it is brought up with everything that it holds, and nothing of it is
//! told or taken in a second time.

use importer::{place::Place, state::State};
use sqlx::{SqlSafeStr, SqlitePool, migrate::Migrator, sqlite::SqliteConnectOptions};

use crate::support::{now, receipt_number};

/// As the first version has made it: two entries, of which a receipt tells of one, and another receipt made in the same moment.
fn left_behind() -> String {
    let (first, second) = (receipt_number(1), receipt_number(2));
    format!(
        "INSERT INTO batch VALUES (1, 'sha', x'00', 1, 1);
        INSERT INTO entry VALUES ('{first}', 1, 1, 1, 'pregnancy_notification', 'a', x'00'),
            ('{second}', 1, 1, 2, 'pregnancy_notification', 'b', x'00');
        INSERT INTO csv_file VALUES ('x.csv', 1, x'00', 1);
        INSERT INTO outcome VALUES ('{first}', 1, 1, 'imported', NULL, '7', 'x.csv', 1),
            ('{second}', 1, 1, 'held', 'resident_none', NULL, NULL, 1);
        INSERT INTO receipt VALUES ('z', 1, x'00', 5, NULL, NULL, NULL), ('a', 1, x'00', 5, NULL, NULL, NULL);
        INSERT INTO receipt_result VALUES ('z', '{first}', 1, 1);"
    )
}

#[tokio::test]
async fn a_state_of_the_first_version_is_brought_up_with_what_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let (path, steps) = (folder.path().join("state.db"), folder.path().join("steps"));
    std::fs::create_dir(&steps).unwrap();
    let ours = std::path::Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("migrations/sqlite");
    for step in ["0001_staging.sql", "0002_form.sql", "0003_attachment.sql"] {
        std::fs::copy(ours.join(step), steps.join(step)).unwrap();
    }
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    Migrator::new(steps.as_path()).await.unwrap().run(&pool).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(left_behind()).into_sql_str()).execute(&pool).await.unwrap();
    pool.close().await;

    let state = State::open(&Place::Sqlite(path)).await.unwrap();
    let waiting: Vec<String> = state.waiting_receipts().await.unwrap().into_iter().map(|one| one.jti).collect();
    assert_eq!(waiting, ["z", "a"], "in the order in which they were made");
    let open = state.unreceipted().await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].outcomes.iter().map(|one| one.key.id.clone()).collect::<Vec<_>>(), [receipt_number(2)]);
    assert_eq!(state.ages().await.unwrap().held_since, Some(intake::time::Instant(1)));
    state.ran(now()).await.unwrap();
    assert_eq!(state.ages().await.unwrap().last_run, Some(now()));
}
