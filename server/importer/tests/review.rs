//! Two people decide on what waits. Invariant: one alone, however often, sets nothing going.

use importer::{
    job::Step,
    review,
    state::{EntryKey, Opinion, Verdict},
};

use crate::support::{
    Office,
    database::{Kind, kinds},
    entry, receipt_number,
};

fn says(person: &str, verdict: Verdict) -> Opinion {
    Opinion { person: person.to_owned(), os_account: None, verdict }
}

fn resident(number: &str) -> Verdict {
    Verdict::Resident(number.to_owned())
}

#[tokio::test]
async fn an_entry_in_doubt_goes_on_when_two_different_people_say_the_same() {
    for kind in kinds() {
        two_people_say_the_same(kind).await;
    }
}

async fn two_people_say_the_same(kind: Kind) {
    let mut office = Office::on(kind);
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

#[tokio::test]
async fn why_somebody_came_near_is_kept_and_shown_also_when_the_extract_has_changed() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[("address", "熊谷市筑波三丁目202番地")])], &[]);
    let key = EntryKey { id: receipt_number(1), rev: 1 };
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    let near = job.state().near_misses(&key).await.unwrap();
    let facts: Vec<(&str, &str)> = near.iter().map(|one| (one.agreed.as_str(), one.differed.as_str())).collect();
    assert_eq!(facts[0], ("name,name_kana,birthdate", "address"));
    assert_eq!(near[0].resident_number, "000000000000001");
    let shown = review::show(&job, &key).await.unwrap().join("\n");
    assert!(
        shown.contains("宛名番号 000000000000001 may be meant: 一致 氏名・フリガナ・生年月日／不一致 住所"),
        "{shown}"
    );
    drop(job);
    let residents = std::fs::read_to_string(office.path("residents.csv")).unwrap();
    std::fs::write(office.path("residents.csv"), residents.replace("髙﨑　花子", "髙﨑　華")).unwrap();
    let shown = review::show(&office.job().await, &key).await.unwrap().join("\n");
    assert!(shown.contains("000000000000001 may be meant: 一致 フリガナ・生年月日"), "{shown}");
}

#[tokio::test]
async fn who_may_decide_and_from_which_accounts_is_the_configurations_affair() {
    let mut office = Office::new();
    office.configure(
        crate::support::ISSUER,
        "reviewers = [\"鈴木 一\", \"田中 実\"]\nreviewers_need_two_accounts = true\n",
    );
    let batch = office.batch(&[entry(1, &[("name", "佐藤花子")])], &[]);
    let job = office.job().await;
    job.file(&batch.files, Step::Signed).await.unwrap();
    let key = EntryKey { id: receipt_number(1), rev: 1 };
    let third = || resident("000000000000003");
    let from = |person: &str, account: &str| Opinion { os_account: Some(account.to_owned()), ..says(person, third()) };
    let stranger = review::decide(&job, &key, from("佐藤", "sato")).await;
    assert_eq!(stranger.unwrap_err().code(), "usage");
    use review::Decided;
    for (person, account, came) in [
        ("鈴木 一", "counter", Decided::First),
        ("田中 実", "counter", Decided::SamePerson),
        ("田中　実", "tanaka", Decided::GoesOn),
    ] {
        assert_eq!(review::say(&job, &key, from(person, account)).await.unwrap(), came, "{person} {account}");
    }
}
