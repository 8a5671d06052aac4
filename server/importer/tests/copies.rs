//! 「副本」 Offers for the 中間サーバー. Invariant: what was taken in is offered once, a correction and a withdrawal once each, and
//! nothing of what waits or goes back.

use importer::{
    charset::Charset,
    job::Step,
    review,
    state::{EntryKey, Opinion, Verdict},
};

use crate::support::{ISSUER, Office, database::kinds, entry, receipt_number, revision};

fn rows(office: &Office, name: &str) -> Vec<Vec<String>> {
    let Some(bytes) = office.output(name) else { return Vec::new() };
    let text = Charset::Utf8WithMark.decode(&bytes).unwrap();
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// 処理区分, 受付番号 and 版 of each line.
fn told(office: &Office, name: &str) -> Vec<(String, String, String)> {
    rows(office, name).into_iter().map(|row| (row[0].clone(), row[2].clone(), row[3].clone())).collect()
}

fn line(kind: &str, number: u64, rev: &str) -> (String, String, String) {
    (kind.to_owned(), receipt_number(number).to_string(), rev.to_owned())
}

#[tokio::test]
async fn what_is_taken_in_is_offered_once_and_its_correction_and_its_withdrawal() {
    for kind in kinds() {
        let mut office = Office::on(kind);
        office.configure(ISSUER, "[copies]\n");
        let stranger = [("name", "知らない 人")];
        let first = office.batch(&[entry(1, &[]), entry(2, &stranger), entry(3, &[])], &[]);
        let second = office.batch(&[revision(1, 2, &[("weeks", "9")])], &[receipt_number(3)]);
        let third = office.batch(&[], &[receipt_number(1), receipt_number(2), receipt_number(3)]);
        let job = office.job().await;
        for batch in [first, second, third] {
            job.file(&batch.files, Step::Signed).await.unwrap();
        }
        assert_eq!(told(&office, "copies-000001.csv"), [line("1", 1, "1"), line("1", 3, "1")]);
        assert_eq!(rows(&office, "copies-000001.csv")[0][4..7], ["2026-11-23", "2027-06-30", "8"]);
        assert_eq!(told(&office, "copies-000002.csv"), [line("2", 1, "2"), line("3", 3, "1")]);
        // The third was taken back before, and the second was never offered.
        assert_eq!(told(&office, "copies-000003.csv"), [line("3", 1, "2")]);
        assert_eq!(rows(&office, "copies-000003.csv")[0][4], "");
    }
}

#[tokio::test]
async fn what_waited_is_offered_when_two_people_let_it_go_on_but_never_after_a_newer_revision() {
    let mut office = Office::new();
    office.configure(ISSUER, "[copies]\n");
    let stranger = [("name", "知らない 人")];
    let first = office.batch(&[entry(1, &stranger), entry(2, &stranger)], &[]);
    let second = office.batch(&[revision(1, 2, &[])], &[]);
    let job = office.job().await;
    for batch in [first, second] {
        job.file(&batch.files, Step::Signed).await.unwrap();
    }
    assert_eq!(told(&office, "copies-000002.csv"), [line("1", 1, "2")]);
    for number in [1, 2] {
        for person in ["鈴木", "田中"] {
            let verdict = Verdict::Resident("000000000000001".to_owned());
            let opinion = Opinion { person: person.to_owned(), os_account: None, verdict };
            let key = EntryKey { id: receipt_number(number), rev: 1 };
            review::decide(&job, &key, opinion).await.unwrap();
        }
        job.finish(None, Step::Signed).await.unwrap();
    }
    assert!(office.output("copies-000001-2.csv").is_none(), "the older revision would go over the newer one");
    assert_eq!(told(&office, "copies-000001-3.csv"), [line("1", 2, "1")]);
}

#[tokio::test]
async fn a_mapping_file_says_which_items_and_without_the_table_nothing_is_offered() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[])], &[]);
    office.configure(ISSUER, "[copies]\nmapping = \"copies.toml\"\n");
    let columns =
        "[[column]]\nheader = \"区分\"\nfrom = \"copy.kind\"\n[[column]]\nheader = \"予定日\"\nfrom = \"item.3\"\n";
    std::fs::write(office.path("copies.toml"), format!("{columns}[codes.\"copy.kind\"]\n1 = \"A\"\n")).unwrap();
    office.job().await.file(&batch.files, Step::Signed).await.unwrap();
    let text = String::from_utf8(office.output("copies-000001.csv").unwrap()).unwrap();
    assert_eq!(text, "\u{feff}区分,予定日\r\nA,2027-06-30\r\n");

    let mut without = Office::new();
    let batch = without.batch(&[entry(1, &[])], &[]);
    without.job().await.file(&batch.files, Step::Signed).await.unwrap();
    assert_eq!(without.outputs(), ["pregnancy_notification-000001.csv"]);
}
