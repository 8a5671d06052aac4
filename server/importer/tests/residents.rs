//! 「宛名」 The extract of residents from CSV, SQLite and PostgreSQL. Invariant: wherever it comes from, an entry is judged the
//! same; it is only read; a table that is not what the configuration says is told by name.

use importer::{
    config::{ResidentsColumns, ResidentsSource},
    job::Step,
    place::Place,
    residents::{ExtractError, Residents},
};
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{
    Office,
    database::{new_database, on_a_thread},
    entry,
};

/// As a vendor would keep them: names and types of their own, and a number that is a number.
const TABLE: &str = "CREATE TABLE jumin (atena_no BIGINT, shimei TEXT, kana TEXT, umare DATE, seibetsu CHAR(1), yubin TEXT,
        jusho TEXT, kojin_no TEXT);
    INSERT INTO jumin VALUES
        (1, '髙﨑　花子', 'タカサキ ハナコ', '1996-04-02', '2', '360-8601', '熊谷市宮町二丁目４７番地１', '123456789018'),
        (3, '佐藤花子', 'サトウ ハナコ', '1996-04-02', '2', '360-8601', '熊谷市宮町二丁目47番地1', NULL),
        (4, '佐藤　花子', 'サトウ ハナコ', '1996-04-02', '2', '360-8601', '熊谷市宮町二丁目47番地1', NULL);";
const COLUMNS: &str =
    "[residents_columns]\ntable = \"jumin\"\nnumber = \"atena_no\"\nname = \"shimei\"\nname_kana = \"kana\"
birthdate = \"umare\"\nsex = \"seibetsu\"\npostal_code = \"yubin\"\naddress = \"jusho\"\nmy_number = \"kojin_no\"\n";

async fn judged(residents: &str) {
    let mut office = Office::new();
    let residents = residents.replace("{folder}", &office.folder.path().display().to_string());
    if let Some(path) = residents.strip_prefix("sqlite:") {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{path}?mode=rwc")).await.unwrap();
        sqlx::raw_sql(TABLE).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    office.configure(crate::support::ISSUER, &format!("residents = \"{residents}\"\n{COLUMNS}"));
    let entries = [entry(1, &[]), entry(2, &[("name", "佐藤花子")]), entry(3, &[("name", "知らない 人")])];
    let batch = office.batch(&entries, &[]);
    let job = office.job().await;
    let notes = job.file(&batch.files, Step::Signed).await.unwrap().join("\n");
    assert!(notes.contains("3 entries, 1 to be taken in, 2 to wait, 0 to go back"), "{residents}: {notes}");
    let csv = String::from_utf8(office.output("pregnancy_notification-000001.csv").unwrap()).unwrap();
    assert!(csv.lines().nth(1).unwrap().starts_with("1,"), "{csv}");
    assert_eq!(job.residents().len(), 3);
}

#[tokio::test]
async fn a_table_is_read_like_a_file() {
    judged("sqlite:{folder}/atena.db").await;
    if let Ok(server) = std::env::var("MADOGUCHI_TEST_POSTGRES_URL") {
        let url = new_database(&server);
        on_a_thread(url.clone(), TABLE.to_owned());
        judged(&url).await;
    }
}

#[tokio::test]
async fn a_table_that_is_not_what_the_configuration_says_is_told_and_never_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("atena.db");
    let source = ResidentsSource::Database(Place::Sqlite(path.clone()));
    let load = async |columns: &ResidentsColumns| {
        Residents::load(&source, columns, importer::charset::Charset::Utf8).await.err().unwrap()
    };
    assert_eq!(load(&ResidentsColumns::default()).await, ExtractError::NoTable);
    let named = ResidentsColumns { table: Some("jumin".to_owned()), ..ResidentsColumns::default() };
    assert!(matches!(load(&named).await, ExtractError::Database(_)));
    assert!(!path.exists(), "nothing is made where there was nothing");
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}?mode=rwc", path.display())).await.unwrap();
    sqlx::raw_sql(TABLE).execute(&mut connection).await.unwrap();
    let ExtractError::Database(why) = load(&named).await else { panic!("columns of other names were taken") };
    assert!(!why.contains("花子"), "{why}");
}

#[tokio::test]
async fn a_city_of_a_hundred_thousand_takes_no_more_memory_than_its_texts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("residents.csv");
    let mut text = "宛名番号,氏名,フリガナ,生年月日,性別,郵便番号,住所\n".to_owned();
    for number in 0..100_000 {
        let (month, day) = (number % 12 + 1, number % 28 + 1);
        text += &format!(
            "{number:015},見本　{number},ミホン {number},1990-{month:02}-{day:02},女,3608601,熊谷市宮町{number}\n"
        );
    }
    std::fs::write(&path, &text).unwrap();
    let before = resident_bytes();
    let source = ResidentsSource::Csv(path);
    let residents =
        Residents::load(&source, &ResidentsColumns::default(), importer::charset::Charset::Utf8).await.unwrap();
    let grown = resident_bytes().saturating_sub(before);
    assert_eq!(residents.len(), 100_000);
    // The text of the file is some 10 MB; tests beside this one take some memory, too.
    assert!(grown < 8 * text.len(), "{grown} bytes for a file of {}", text.len());
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() * 1024
}
