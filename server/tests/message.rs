#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「市との連絡」 Messages between a parent and the office: one press is one message, sealed, read by who may and by nobody else.

use std::sync::Arc;

use intake::{
    access::Roles,
    form::Compartment,
    ids::{AccountId, ReceiptNumber},
    message::{LONGEST, MOST_UNREAD, NoMessage},
    retention,
};
use server::{
    flows::{
        FlowError,
        decide::Order,
        message::{self, Press, Sent},
        queue::{self, Tab},
        staff_case,
    },
    portal::Portal,
    store::{
        audit::{self, Subject},
        message as store,
        outbox::MailPayload,
        staff::Staff,
    },
    worker,
};

use crate::support::{
    filing::{file, file_epds},
    portal::{letter, newest_mail, portals},
    review::{done, head, two_clerks, two_nurses},
    staff::at_work,
};

async fn write(portal: &Portal, account: AccountId, number: &ReceiptNumber, token: &str, typed: &str) -> Sent {
    portal.clock.advance(1_000_000);
    message::from_parent(portal, account, number, &Press { token, typed }).await.unwrap()
}

fn mail(locale: &str) -> MailPayload {
    letter(&format!("a message {locale}"))
}

async fn answer(portal: &Portal, staff: &Staff, number: &ReceiptNumber, typed: &str) -> Result<Sent, FlowError> {
    portal.clock.advance(1_000_000);
    message::from_staff(portal, staff, number, &Press { token: "staff", typed }, &mail).await
}

/// How many are in the tab: as it is kept, and as it is listed.
async fn unread(portal: &Portal, staff: &Staff) -> (i64, usize) {
    let page = queue::page(portal, staff, Tab::Messages, None).await.unwrap();
    (page.counts.iter().find(|(tab, _)| *tab == Tab::Messages).unwrap().1, page.rows.len())
}

async fn texts(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Vec<(bool, String, bool)> {
    let all = message::read_by_parent(portal, account, number).await.unwrap().unwrap();
    all.into_iter().map(|one| (one.by.is_some(), one.text, one.read_at.is_some())).collect()
}

#[tokio::test]
async fn they_write_to_each_other_and_each_sees_what_the_other_has_read() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, other] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        assert_eq!(write(portal, account, &number, "a", "面談は\r\n何時ですか").await, Sent::Kept);
        assert_eq!(texts(portal, account, &number).await, [(false, "面談は\n何時ですか".to_owned(), false)]);
        assert_eq!(unread(portal, &clerk).await, (1, 1));
        let before = newest_mail(portal).await.unwrap();
        assert_ne!(before.1, "a message ja", "staff get no mail, and she none of her own");

        let view = staff_case::view(portal, &other, &number).await.unwrap();
        assert_eq!(view.messages.len(), 1);
        assert_eq!(unread(portal, &clerk).await, (0, 0), "once it is read it is read for all");
        assert!(texts(portal, account, &number).await[0].2, "and she sees that");

        assert_eq!(answer(portal, &clerk, &number, "10時です").await.unwrap(), Sent::Kept);
        assert_eq!(newest_mail(portal).await.unwrap(), ("parent1@example.jp".to_owned(), "a message ja".to_owned()));
        let case = head(portal, &number).await.case_id;
        let waiting = message::unread_of(portal, account).await.unwrap();
        assert_eq!(waiting, [case]);
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        assert_eq!(view.messages[1].1.read_at, None);
        assert_eq!(view.messages[1].0.as_deref(), Some("accepting"), "colleagues see who it was");
        assert_eq!(texts(portal, account, &number).await[1].1, "10時です");
        assert!(message::unread_of(portal, account).await.unwrap().is_empty());
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        assert!(view.messages[1].1.read_at.is_some());

        let mut tx = portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::of_subject(&mut tx, &Subject::Case(case), 100).await.unwrap();
        let about = entries.iter().filter(|entry| entry.deed.starts_with("message")).rev();
        let about: Vec<String> = about.map(|entry| format!("{} {}", entry.actor_kind, entry.deed)).collect();
        assert_eq!(about, ["citizen message_sent", "staff message_read", "staff message_sent", "citizen message_read"]);
        assert!(entries.iter().all(|entry| !entry.detail.contains('時')), "what they say is in no log");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_often_it_is_pressed_it_is_one_message_and_another_text_is_another() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let [clerk, _] = two_clerks(&portal).await;
        let (account, number) = file(&portal, 1).await;
        let mut presses = tokio::task::JoinSet::new();
        for _ in 0..13 {
            let (portal, number) = (Arc::clone(&portal), number.clone());
            presses.spawn(async move {
                let press = Press { token: "one page", typed: "同じ連絡" };
                // On PostgreSQL a press may be told that another one was at it: a browser sends it again.
                message::from_parent(&portal, account, &number, &press).await
            });
        }
        let results = presses.join_all().await;
        assert!(results.iter().any(|result| matches!(result, Ok(Sent::Kept))), "{:?}", results.len());
        assert_eq!(texts(&portal, account, &number).await.len(), 1);
        assert_eq!(unread(&portal, &clerk).await, (1, 1), "and one case is counted");
        assert_eq!(write(&portal, account, &number, "one page", "別の連絡").await, Sent::Kept);
        assert_eq!(texts(&portal, account, &number).await.len(), 2);
        assert_eq!(unread(&portal, &clerk).await, (1, 1));
    }
}

#[tokio::test]
async fn what_is_no_message_is_not_kept_and_nobody_floods_the_counter() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        assert_eq!(write(portal, account, &number, "a", " \r\n").await, Sent::Not(NoMessage::Empty));
        let long = "あ".repeat(LONGEST + 1);
        assert_eq!(write(portal, account, &number, "a", &long).await, Sent::Not(NoMessage::TooLong));
        assert_eq!(unread(portal, &clerk).await, (0, 0));
        for place in 0..MOST_UNREAD {
            assert_eq!(write(portal, account, &number, &place.to_string(), "もしもし").await, Sent::Kept);
        }
        assert_eq!(write(portal, account, &number, "more", "もしもし").await, Sent::TooMany);
        staff_case::view(portal, &clerk, &number).await.unwrap();
        assert_eq!(write(portal, account, &number, "more", "もしもし").await, Sent::Kept);
    }
}

#[tokio::test]
async fn nobody_else_writes_or_reads_and_an_epds_is_for_nurses() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let [nurse, _] = two_nurses(portal).await;
        let auditor = at_work(portal, "auditing", "person-z", Roles::AUDITOR).await.staff;
        let (account, number) = file_epds(portal, 1, [1; 10]).await;
        let (stranger, general) = file(portal, 2).await;
        let press = Press { token: "a", typed: "こんにちは" };
        let foreign = message::from_parent(portal, stranger, &number, &press).await;
        assert!(matches!(foreign, Err(FlowError::NotFound)));
        assert!(matches!(message::read_by_parent(portal, stranger, &number).await, Err(FlowError::NotFound)));
        assert_eq!(write(portal, account, &number, "a", "眠れません").await, Sent::Kept);
        assert!(matches!(answer(portal, &clerk, &number, "はい").await, Err(FlowError::NotFound)));
        assert!(matches!(answer(portal, &auditor, &general, "はい").await, Err(FlowError::NotFound)));
        assert_eq!(unread(portal, &clerk).await, (0, 0), "to a clerk it does not exist");
        assert_eq!(unread(portal, &nurse).await, (1, 1));
        assert_eq!(answer(portal, &nurse, &number, "お電話します").await.unwrap(), Sent::Kept);
        let mut tx = portal.database.read().await.unwrap();
        assert_eq!(store::unread_cases(&mut tx, &[Compartment::General]).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn after_the_content_is_erased_nothing_is_read_written_or_counted() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (account, number) = file(portal, 1).await;
        done(portal, &clerk, &number, Order::Claim).await;
        assert_eq!(write(portal, account, &number, "a", "取り下げます").await, Sent::Kept);
        let version = head(portal, &number).await.version;
        server::flows::filings::withdraw(portal, account, &number, version).await.unwrap();
        assert_eq!(unread(portal, &clerk).await, (1, 1));
        portal.clock.advance(retention::CONTENT_AFTER_WITHDRAWAL);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 1);
        assert_eq!(unread(portal, &clerk).await, (0, 0));
        assert!(message::read_by_parent(portal, account, &number).await.unwrap().is_none());
        let press = Press { token: "b", typed: "こんにちは" };
        let late = message::from_parent(portal, account, &number, &press).await;
        assert!(matches!(late, Err(FlowError::Changed(_))));
        assert!(matches!(answer(portal, &clerk, &number, "はい").await, Err(FlowError::Changed(_))));
    }
}
