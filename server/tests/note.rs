#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「職員のメモ」 Notes of the staff: written once, for staff alone, and nothing typed is lost.

use intake::{access::Roles, ids::ReceiptNumber, retention, time::Instant};
use server::{
    flows::{
        FlowError,
        decide::Order,
        filings,
        message::Press,
        note::{Beside, DraftOf, Notes, Saved, Written, discard, save_draft, write},
        staff_case,
    },
    portal::Portal,
    store::{Database, audit, staff::Staff},
    worker,
};

use crate::support::{
    filing::{file, file_epds},
    portal::portals,
    review::{done, head, two_clerks, two_nurses},
    staff::at_work,
};

async fn notes(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Notes {
    staff_case::view(portal, staff, number).await.unwrap().notes.unwrap()
}

async fn press(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    token: &str,
    typed: &str,
) -> Result<Written, FlowError> {
    write(portal, staff, number, &Press { token, typed }, None).await
}

async fn draft(portal: &Portal, staff: &Staff, number: &ReceiptNumber, typed: &str, since: Option<Instant>) -> Saved {
    save_draft(portal, staff, number, typed, since, Beside::Leave).await.unwrap()
}

async fn rows(portal: &Portal, sql: &'static str) -> i64 {
    match &portal.database {
        Database::Sqlite { writer, .. } => sqlx::query_scalar(sql).fetch_one(writer).await,
        Database::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
    }
    .unwrap()
}

/// Runs SQL past the store, as the database's owner could.
async fn tamper(portal: &Portal, sql: &'static str) -> Result<(), sqlx::Error> {
    match &portal.database {
        Database::Sqlite { writer, .. } => sqlx::query(sql).execute(writer).await.map(drop),
        Database::Postgres(pool) => sqlx::query(sql).execute(pool).await.map(drop),
    }
}

async fn deeds(portal: &Portal, number: &ReceiptNumber, deed: &str) -> usize {
    let subject = audit::Subject::Case(head(portal, number).await.case_id);
    let mut tx = portal.database.read().await.unwrap();
    let entries = audit::of_subject(&mut tx, &subject, 100).await.unwrap();
    entries.iter().filter(|entry| entry.deed == deed && entry.outcome == "done").count()
}

#[tokio::test]
async fn a_note_is_written_once_and_read_by_staff_alone() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        for _ in 0..2 {
            assert_eq!(
                press(portal, &first, &number, "a", "折り返し待ち 1234-5678-9018").await.unwrap(),
                Written::Kept
            );
        }
        let shown = notes(portal, &second, &number).await;
        assert_eq!(shown.all.len(), 1, "a second press finds the first");
        assert_eq!(shown.all[0].by, "accepting");
        assert!(shown.all[0].text.starts_with("折り返し待ち") && !shown.all[0].text.contains("9018"));
        assert_eq!(deeds(portal, &number, "note_written").await, 1);
        assert!(press(portal, &first, &number, "a", "別のメモ").await.is_ok());
        assert_eq!(notes(portal, &second, &number).await.all.len(), 2, "another text is another note");
    }
}

#[tokio::test]
async fn what_is_typed_is_kept_as_a_draft_and_no_page_writes_over_another() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, other] = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        let Saved::Kept(Some(at)) = draft(portal, &clerk, &number, "電話を", None).await else { panic!("not kept") };
        let Saved::Kept(Some(later)) = draft(portal, &clerk, &number, "電話をした", Some(at)).await else {
            panic!("not kept")
        };
        assert!(later > at, "each saving has a name of its own, also while the clock stands still");
        assert_eq!(draft(portal, &clerk, &number, "別のタブ", Some(at)).await, Saved::Elsewhere);
        assert_eq!(notes(portal, &clerk, &number).await.draft.unwrap().text, "電話をした");
        assert!(notes(portal, &other, &number).await.draft.is_none(), "a draft is hers alone");
        save_draft(portal, &clerk, &number, "別のタブ", Some(at), Beside::Join).await.unwrap();
        let joined = notes(portal, &clerk, &number).await.draft.unwrap();
        assert_eq!(joined.text, "電話をした\n\n別のタブ", "without script both stand in the field");
        assert_eq!(deeds(portal, &number, "note_draft_kept").await, 1, "typing on is no entry");

        let of = DraftOf { written_by: clerk.staff_id, saved_at: joined.saved_at };
        let typed = Press { token: "b", typed: "電話をした" };
        assert_eq!(write(portal, &clerk, &number, &typed, Some(of)).await.unwrap(), Written::Kept);
        let after = notes(portal, &clerk, &number).await;
        assert!(after.draft.is_none(), "it is a note now");
        assert_eq!(after.all.len(), 1);
        let stale = DraftOf { written_by: clerk.staff_id, saved_at: at };
        portal.clock.advance(1_000);
        draft(portal, &clerk, &number, "つづき", None).await;
        discard(portal, &clerk, &number, stale).await.unwrap();
        assert_eq!(notes(portal, &clerk, &number).await.draft.unwrap().text, "つづき", "what is newer stays");
    }
}

#[tokio::test]
async fn nobody_without_the_right_writes_and_an_epds_is_for_nurses() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let [nurse, _] = two_nurses(portal).await;
        let auditor = at_work(portal, "auditing", "person-z", Roles::AUDITOR).await.staff;
        let (_, number) = file_epds(portal, 1, [1; 10]).await;
        let (_, general) = file(portal, 2).await;
        for (staff, number) in [(&clerk, &number), (&auditor, &number), (&auditor, &general)] {
            assert!(matches!(press(portal, staff, number, "a", "はい").await, Err(FlowError::NotFound)));
            let saved = save_draft(portal, staff, number, "はい", None, Beside::Leave).await;
            assert!(matches!(saved, Err(FlowError::NotFound)));
        }
        assert_eq!(press(portal, &nurse, &number, "a", "電話した").await.unwrap(), Written::Kept);
        assert_eq!(notes(portal, &nurse, &number).await.all.len(), 1);
    }
}

#[tokio::test]
async fn notes_go_with_the_content_and_the_database_refuses_to_change_one() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        done(portal, &clerk, &number, Order::Claim).await;
        press(portal, &clerk, &number, "a", "窓口で相談").await.unwrap();
        draft(portal, &clerk, &number, "書きかけ", None).await;
        assert!(tamper(portal, "UPDATE note SET text_sealed = staff_id").await.is_err());
        let version = head(portal, &number).await.version;
        filings::withdraw(portal, account, &number, version).await.unwrap();
        portal.clock.advance(retention::CONTENT_AFTER_WITHDRAWAL);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 1);
        let late = press(portal, &clerk, &number, "b", "遅い").await;
        assert!(matches!(late, Err(FlowError::Changed(_))));
        let late = save_draft(portal, &clerk, &number, "遅い", None, Beside::Leave).await;
        assert!(matches!(late, Err(FlowError::Changed(_))));
        let left =
            rows(portal, "SELECT COUNT(*) FROM note").await + rows(portal, "SELECT COUNT(*) FROM note_draft").await;
        assert_eq!(left, 0);
    }
}
