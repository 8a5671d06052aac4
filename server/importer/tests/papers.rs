//! 「写真・書類」 Papers: checked, written beside the CSV under names that say nothing of anybody, each once; and downloads that
//! are cut.

use handover::sha256_hex;
use importer::{
    charset::Charset,
    job::Step,
    review,
    state::{EntryKey, Opinion, Verdict},
};

use crate::support::{Office, entry, now, portal::TestPortal, receipt_number};

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 a small picture";
const PDF: &[u8] = b"%PDF-1.7 a small document";

fn both() -> [(&'static str, Vec<u8>); 2] {
    [("image/jpeg", JPEG.to_vec()), ("application/pdf", PDF.to_vec())]
}

fn rows(office: &Office, name: &str) -> Vec<Vec<String>> {
    let text = Charset::Utf8WithMark.decode(&office.output(name).unwrap()).unwrap();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn papers_are_written_once_under_names_of_their_content_and_listed_by_resident() {
    let mut office = Office::new();
    let batch = office.batch_with(vec![entry(1, &[]), entry(2, &[])], &both());
    let job = office.job().await;
    for stop in [Step::Staged, Step::Written, Step::Signed] {
        // Stopped after any step and taken up again.
        if stop == Step::Staged {
            job.file(&batch.files, stop).await.unwrap();
        }
        job.finish(None, stop).await.unwrap();
    }
    let (jpeg, pdf) = (format!("paper-{}.jpg", sha256_hex(JPEG)), format!("paper-{}.pdf", sha256_hex(PDF)));
    let mut expected = [
        jpeg.clone(),
        pdf.clone(),
        "papers-pregnancy_notification-000001.csv".to_owned(),
        "pregnancy_notification-000001.csv".to_owned(),
    ];
    expected.sort();
    assert_eq!(office.outputs(), expected);
    assert_eq!((office.output(&jpeg).unwrap(), office.output(&pdf).unwrap()), (JPEG.to_vec(), PDF.to_vec()));
    let rows = rows(&office, "papers-pregnancy_notification-000001.csv");
    assert_eq!(rows.len(), 5, "two papers of two entries, and the head");
    let number = receipt_number(1).to_string();
    assert_eq!(rows[1][..5], ["000000000000001", number.as_str(), "1", "母子健康手帳", jpeg.as_str()]);
    assert!(job.state().unwritten_papers().await.unwrap().is_empty());
    let waiting = job.state().waiting_receipts().await.unwrap();
    assert_eq!(waiting.len(), 1, "the receipt comes after the papers");
}

#[tokio::test]
async fn the_papers_of_what_waits_are_written_when_two_people_have_decided_and_of_what_goes_back_never() {
    let mut office = Office::new();
    let stranger = [("name", "知らない 人")];
    let batch = office.batch_with(vec![entry(1, &stranger), entry(2, &stranger)], &both());
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    assert!(office.outputs().is_empty(), "{:?}", office.outputs());
    let decide = async |number: u64, verdict: Verdict| {
        let key = EntryKey { id: receipt_number(number), rev: 1 };
        for person in ["鈴木 一", "田中 実"] {
            let opinion = Opinion { person: person.to_owned(), os_account: None, verdict: verdict.clone() };
            review::decide(&job, &key, opinion).await.unwrap();
        }
        job.finish(None, Step::Signed).await.unwrap();
    };
    decide(1, Verdict::Reject("duplicate".to_owned())).await;
    assert!(office.outputs().is_empty());
    decide(2, Verdict::Resident("000000000000001".to_owned())).await;
    let named = office.outputs();
    assert_eq!(named.len(), 4, "{named:?}");
    assert!(named.contains(&"papers-pregnancy_notification-000001-2.csv".to_owned()), "{named:?}");

    let mut other = Office::new();
    let batch = other.batch_with(vec![entry(1, &[("name", "知らない 人")])], &both());
    let job = other.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    let key = EntryKey { id: receipt_number(1), rev: 1 };
    for person in ["鈴木 一", "田中 実"] {
        let opinion =
            Opinion { person: person.to_owned(), os_account: None, verdict: Verdict::Reject("duplicate".to_owned()) };
        review::decide(&job, &key, opinion).await.unwrap();
    }
    job.finish(None, Step::Signed).await.unwrap();
    drop(job);
    let state = std::fs::read(other.path("state.db")).unwrap();
    assert!(!state.windows(PDF.len()).any(|window| window == PDF), "nothing of it is left here");
}

#[tokio::test]
async fn a_paper_that_is_not_what_its_entry_says_goes_back() {
    let mut office = Office::new();
    for paper in [("image/jpeg", PDF), ("image/png", JPEG), ("application/pdf", b"<html>".as_slice())] {
        let batch = office.batch_with(vec![entry(office.seq + 1, &[])], &[(paper.0, paper.1.to_vec())]);
        let job = office.job().await;
        let notes = job.file(&batch.files, Step::Signed).await.unwrap();
        assert!(notes[0].contains("1 to go back"), "{notes:?}");
        assert_eq!(job.state().outcomes_of(office.seq).await.unwrap()[0].reason.as_deref(), Some("paper_differs"));
    }
    assert!(office.outputs().is_empty());
}

#[tokio::test]
async fn a_download_that_is_cut_goes_on_where_it_stood_also_in_the_next_run() {
    let mut office = Office::new();
    let portal = TestPortal::start(office.keys.public(), now);
    office.configure(&portal.url, "");
    let vast = [b"%PDF-1.7 ".as_slice(), &vec![7; 300_000]].concat();
    portal.put(office.batch_with(vec![entry(1, &[])], &[("application/pdf", vast.clone())]));
    // The manifest comes whole, and of each longer file a part.
    portal.shelf().cut_after = Some(100_000);
    let job = office.job().await;
    job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap();
    let from: Vec<usize> = portal.shelf().asked_from.iter().copied().filter(|first| *first > 0).collect();
    assert_eq!(from, [100_000, 200_000, 300_000], "nothing is fetched twice");
    assert_eq!(office.output(&format!("paper-{}.pdf", sha256_hex(&vast))).unwrap(), vast);
    assert!(!office.path("state.db.parts").exists());

    // A run that is stopped in between leaves the part; a part of something else is thrown away.
    portal.put(office.batch_with(vec![entry(2, &[])], &[("application/pdf", [vast.as_slice(), b"2"].concat())]));
    portal.shelf().cut_after = Some(0);
    assert_eq!(job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap_err().code(), "portal");
    let names: Vec<String> = portal.shelf().batches[&2].files.iter().map(|(name, _)| name.to_owned()).collect();
    let name = names.iter().find(|name| name.starts_with("attachment-")).unwrap();
    std::fs::create_dir_all(office.path("state.db.parts")).unwrap();
    std::fs::write(office.path("state.db.parts").join(format!("000002-{name}")), vec![0; 1_000]).unwrap();
    portal.shelf().cut_after = None;
    job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap();
    assert_eq!(job.state().counts().await.unwrap().imported, 2);
}

#[tokio::test]
async fn what_was_recorded_is_told_in_a_receipt_and_bad_rows_are_named_by_line_with_what_to_do() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[]), entry(2, &[])], &[]);
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    let (first, second) = (receipt_number(1), receipt_number(2));
    let csv = format!(
        "受付番号,母子健康手帳交付番号,母子健康手帳交付日,親子番号\n{first},26-0001,2026-11-24,\n{second},26-0002,令和8年,\nx,1,,\n\
        {},26-0003,,\n{first},26-0001,,\n{second},,,\n",
        receipt_number(9)
    );
    std::fs::write(office.path("recorded.csv"), csv).unwrap();
    let notes = job.tell_recorded(&office.path("recorded.csv")).await.unwrap();
    for (line, remedy) in
        [(3, "YYYY-MM-DD"), (4, "XXXX"), (5, "look at the number"), (6, "twice"), (7, "tells nothing")]
    {
        let named =
            notes.iter().any(|note| note.starts_with(&format!("line {line}: left out")) && note.contains(remedy));
        assert!(named, "line {line}: {notes:?}");
    }
    let told = job.state().waiting_receipts().await.unwrap();
    let read = handover::Receipt::read(&told[1].document, &office.keys.public(), crate::support::ISSUER).unwrap();
    read.check_against(&batch.manifest, &batch.manifest_sha256).unwrap();
    let recorded = read.results[0].recorded.as_ref().unwrap();
    assert_eq!((read.results.len(), recorded.handbook_number.as_deref()), (1, Some("26-0001")));
}
