//! Two people decide on what waits. Invariant: one alone, however often, sets nothing going.

use importer::{
    job::Step,
    review,
    state::{EntryKey, Opinion, Verdict},
};

use crate::support::{Office, entry, receipt_number};

fn says(person: &str, verdict: Verdict) -> Opinion {
    Opinion { person: person.to_owned(), verdict }
}

fn resident(number: &str) -> Verdict {
    Verdict::Resident(number.to_owned())
}

#[tokio::test]
async fn an_entry_in_doubt_goes_on_when_two_different_people_say_the_same() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[("name", "佐藤花子")])], &[]);
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    assert!(office.outputs().is_empty());
    let key = EntryKey { id: receipt_number(1), rev: 1 };
    let shown = review::show(&job, &key).await.unwrap().join("\n");
    assert!(
        shown.contains("resident_several") && shown.contains("000000000000003") && shown.contains("000000000000004")
    );
    let third = || resident("000000000000003");
    for alone in [says("鈴木 一", third()), says("鈴木　一", third()), says("田中", resident("000000000000004"))]
    {
        review::decide(&job, &key, alone).await.unwrap();
        assert_eq!(job.state().counts().await.unwrap().held, 1);
    }
    review::decide(&job, &key, says("田中", third())).await.unwrap();
    job.finish(None, Step::Signed).await.unwrap();
    assert_eq!(office.outputs(), ["pregnancy_notification-000001-2.csv"]);
    assert_eq!(review::decide(&job, &key, says("田中", third())).await.unwrap_err().code(), "not_held");
    let receipts = job.state().waiting_receipts().await.unwrap();
    assert_eq!(receipts.len(), 2);
}

#[tokio::test]
async fn an_entry_goes_back_for_a_reason_on_the_list_only() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[("name", "知らない 人")])], &[]);
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    let key = EntryKey { id: receipt_number(1), rev: 1 };
    let reject = |reason: &str| Verdict::Reject(reason.to_owned());
    assert_eq!(review::decide(&job, &key, says("a", reject("no taste"))).await.unwrap_err().code(), "usage");
    assert_eq!(review::decide(&job, &key, says("a", resident("9"))).await.unwrap_err().code(), "usage");
    review::decide(&job, &key, says("a", reject("wrong_person"))).await.unwrap();
    review::decide(&job, &key, says("b", reject("wrong_person"))).await.unwrap();
    let counts = job.state().counts().await.unwrap();
    assert_eq!((counts.held, counts.rejected, counts.imported), (0, 1, 0));
}

#[tokio::test]
async fn what_was_withdrawn_waits_for_nobody_any_more() {
    let mut office = Office::new();
    let first = office.batch(&[entry(1, &[("name", "知らない 人")])], &[]);
    let second = office.batch(&[], &[receipt_number(1)]);
    let job = office.job().await;
    job.file(&first.files, Step::Signed).await.unwrap();
    job.file(&second.files, Step::Signed).await.unwrap();
    assert_eq!(review::list(&job).await.unwrap(), ["0 entries wait"]);
}
