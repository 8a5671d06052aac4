//! One batch, step by step. Invariant: stopped after any step and taken up again, the job ends in the same state.

use importer::{
    charset::Charset,
    job::{Job, Step},
    state::Counts,
};

use crate::support::{
    Office,
    database::{Kind, kinds},
    entry, now,
    portal::TestPortal,
    receipt_number, revision,
};

/// Everything that others can see: the files, what the portal heard, the counts.
#[derive(Debug, PartialEq)]
struct Seen {
    files: Vec<(String, Vec<u8>)>,
    settled: Vec<((String, i64), String)>,
    imports: Vec<usize>,
    conflicts: usize,
    counts: Counts,
}

async fn seen(office: &Office, portal: &TestPortal, job: &Job) -> Seen {
    let files = office.outputs().into_iter().map(|name| (name.clone(), office.output(&name).unwrap())).collect();
    let counts = job.state().counts().await.unwrap();
    let shelf = portal.shelf();
    let settled = shelf.settled.iter().map(|(key, result)| (key.clone(), result.as_str().to_owned())).collect();
    Seen { files, settled, imports: shelf.imports.values().copied().collect(), conflicts: shelf.conflicts, counts }
}

async fn run_with_stop(kind: Kind, stop: Option<Step>) -> Seen {
    let mut office = Office::on(kind);
    let portal = TestPortal::start(office.keys.public(), now);
    office.configure(&portal.url, "");
    let stranger = [("name", "知らない 人")];
    portal.put(office.batch(&[entry(1, &[]), entry(2, &stranger), entry(3, &[("name", "𠮷野さくら")])], &[]));
    portal.put(office.batch(&[revision(1, 2, &[("weeks", "9")])], &[receipt_number(3)]));
    if let Some(stop) = stop {
        let job = office.job().await;
        job.pull(&job.portal().unwrap(), stop).await.unwrap();
    }
    let job = office.job().await;
    let again = job.portal().unwrap();
    job.pull(&again, Step::Sent).await.unwrap();
    job.pull(&again, Step::Sent).await.unwrap();
    seen(&office, &portal, &job).await
}

#[tokio::test]
async fn stopped_after_any_step_and_run_again_it_ends_in_the_same_state() {
    let straight = run_with_stop(Kind::Sqlite, None).await;
    assert_eq!(straight.files.len(), 3);
    assert_eq!(straight.counts, Counts { last_seq: 2, imported: 3, held: 1, withdrawn: 1, ..Counts::default() });
    assert!(straight.imports.iter().all(|times| *times <= 1));
    for kind in kinds() {
        for stop in [Step::Staged, Step::Written, Step::Signed, Step::Sent] {
            assert_eq!(run_with_stop(kind, Some(stop)).await, straight, "{kind:?} {stop:?}");
        }
    }
}

#[tokio::test]
async fn the_csv_says_what_the_entry_says_in_the_order_of_the_record_list() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[])], &[]);
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    let text = Charset::Utf8WithMark.decode(&office.output("pregnancy_notification-000001.csv").unwrap()).unwrap();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let cell = |header: &str| &rows[1][rows[0].iter().position(|found| found == header).unwrap()];
    for (header, expected) in [
        ("宛名番号", "000000000000001"),
        ("受付番号", receipt_number(1).as_str()),
        ("版", "1"),
        ("氏名", "髙﨑 花子"),
        ("性別", "女"),
        ("届出日", "2026-11-23"),
        ("出産予定日", "2027-06-30"),
        ("届出時妊娠月数", "3"),
        ("初経産区分", "1"),
        ("婚姻の状況", "1"),
        ("多胎", "twins"),
        ("親子番号", ""),
    ] {
        assert_eq!(cell(header), expected, "{header}");
    }
}

#[tokio::test]
async fn a_newer_revision_stands_beside_the_older_one_and_counts() {
    let mut office = Office::new();
    let job_files = [
        office.batch(&[entry(1, &[])], &[]),
        office.batch(&[revision(1, 2, &[("weeks", "9")])], &[]),
        office.batch(&[], &[receipt_number(1)]),
    ];
    let job = office.job().await;
    job.file(&job_files[0].files, Step::Signed).await.unwrap();
    job.file(&job_files[1].files, Step::Signed).await.unwrap();
    assert_eq!(job.state().counts().await.unwrap().imported, 2);
    job.file(&job_files[2].files, Step::Signed).await.unwrap();
    let withdrawals = String::from_utf8(office.output("withdrawals-000003.csv").unwrap()).unwrap();
    assert_eq!(withdrawals, format!("\u{feff}宛名番号,受付番号\r\n000000000000001,{}\r\n", receipt_number(1)));
}

#[tokio::test]
async fn a_batch_that_only_recalls_is_told_of_in_one_file_and_acknowledged_once() {
    let mut office = Office::new();
    let portal = TestPortal::start(office.keys.public(), now);
    office.configure(&portal.url, "");
    portal.put(office.batch(&[entry(1, &[]), entry(2, &[("name", "知らない 人")])], &[]));
    portal.put(office.batch(&[], &[receipt_number(1), receipt_number(2)]));
    for stop in [Step::Staged, Step::Written, Step::Signed, Step::Sent, Step::Sent] {
        let job = office.job().await;
        job.pull(&job.portal().unwrap(), stop).await.unwrap();
    }
    let job = office.job().await;
    assert_eq!(office.outputs(), ["pregnancy_notification-000001.csv", "withdrawals-000002.csv"]);
    let withdrawals = String::from_utf8(office.output("withdrawals-000002.csv").unwrap()).unwrap();
    let [first, second] = [receipt_number(1), receipt_number(2)];
    assert_eq!(withdrawals, format!("\u{feff}宛名番号,受付番号\r\n000000000000001,{first}\r\n,{second}\r\n"));
    // What waited for two people waits no more, so that the portal can close its batch.
    let counts = job.state().counts().await.unwrap();
    assert_eq!(counts, Counts { last_seq: 2, imported: 1, rejected: 1, withdrawn: 2, ..Counts::default() });
    assert!(job.state().held().await.unwrap().is_empty());
    let shelf = portal.shelf();
    assert_eq!(shelf.settled[&(second.to_string(), 1)], handover::Outcome::Rejected);
    assert_eq!((shelf.acknowledged.get(&2), shelf.conflicts), (Some(&1), 0));
}

#[tokio::test]
async fn two_runs_do_not_overlap() {
    for kind in kinds() {
        let office = Office::on(kind);
        let first = office.job().await;
        assert_eq!(office.try_job().await.err().unwrap().code(), "locked", "{kind:?}");
        drop(first);
        assert!(office.try_job().await.is_ok(), "{kind:?}");
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_written_waits_until_the_mapping_file_is_mended() {
    let mut office = Office::new();
    office.configure(crate::support::ISSUER, "mappings = { pregnancy_notification = \"mapping.toml\" }\n");
    std::fs::write(office.path("mapping.toml"), "encoding = \"windows-31j\"\n").unwrap();
    let batch = office.batch(&[entry(1, &[]), entry(2, &[("name", "𠮷野さくら")])], &[]);
    let job = office.job().await;
    let notes = job.file(&batch.files, Step::Signed).await.unwrap();
    assert!(notes.contains(&"batch 1, entry 2: column 氏名: U+20BB7 cannot be written".to_owned()), "{notes:?}");
    assert_eq!(office.outputs(), ["pregnancy_notification-000001.csv"]);
    drop(job);
    std::fs::write(office.path("mapping.toml"), "encoding = \"windows-31j\"\ncharacters = { \"𠮷\" = \"吉\" }\n")
        .unwrap();
    let job = office.job().await;
    job.finish(None, Step::Signed).await.unwrap();
    let bytes = office.output("pregnancy_notification-000001-2.csv").unwrap();
    assert!(Charset::Windows31J.decode(&bytes).unwrap().contains("吉野さくら"));
    assert_eq!(job.state().counts().await.unwrap().held, 0);
}
