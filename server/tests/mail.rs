#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Mail and the relay's moods (faults.md F14), what staff learn of it, and reminders that can be stopped.

use std::time::Duration;

use intake::{
    access::Roles,
    ids::{AccountId, CaseId},
    retention,
    time::{DAY, HOUR, MINUTE},
};
use server::{
    config::Smtp,
    flows::{FlowError, draft, draft_end, remind, undelivered},
    mail::Mailer,
    portal::Portal,
    store::{Record, Upkeep, audit, draft::DraftOwner, outbox, staff::Staff},
    worker,
};

use crate::support::{
    filing::{answer_epds, file, file_epds, typist},
    portal::{letter, newest_mail, notification, portals},
    review::head,
    smtp::{Order, Relay},
    staff::at_work,
};

const KIND: &str = "interview_soon";

fn relay_at(port: u16, query: &str) -> Mailer {
    let smtp =
        Smtp { url: format!("smtp://127.0.0.1:{port}{query}"), from: "窓口市 <counter@example.jp>".to_owned() };
    Mailer::patient(Some(&smtp), Duration::from_millis(500)).unwrap()
}

/// A parent who has filed, to whom nothing else is on the way.
async fn parent(portal: &Portal) -> (AccountId, CaseId) {
    let (account, number) = file(portal, 1).await;
    worker::send_due(portal, &Mailer::Viewer).await.unwrap();
    (account, head(portal, &number).await.case_id)
}

/// Queues a reminder; whether she wants it.
async fn remind_her(portal: &Portal, (account, case): (AccountId, CaseId)) -> bool {
    portal.clock.advance(1_000_000);
    let mut tx = portal.database.write().await.unwrap();
    let wanted =
        remind::remind(portal, &mut tx, account, Some(case), KIND, &|_: &str| letter("あすです")).await.unwrap();
    tx.commit(Record::Upkeep(Upkeep::MailAttempt)).await.unwrap();
    wanted
}

/// The newest mail: its state and how often it was tried.
async fn state(portal: &Portal) -> (String, i64) {
    let mails = outbox::list_for_demo(&mut portal.database.read().await.unwrap(), 1).await.unwrap();
    (mails[0].state.clone(), mails[0].attempts)
}

async fn send(portal: &Portal, mailer: &Mailer) -> usize {
    worker::send_due(portal, mailer).await.unwrap()
}

async fn clerk(portal: &Portal) -> Staff {
    at_work(portal, "clerk", "person-a", Roles::CLERK).await.staff
}

fn message_id(text: &str) -> String {
    text.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()
}

#[tokio::test]
async fn a_relay_that_is_down_hinders_nobody_and_gets_the_mail_when_it_is_back() {
    for one in portals().await {
        let portal = &one.portal;
        // Filing worked, and no relay was ever there.
        let her = parent(portal).await;
        remind_her(portal, her).await;
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert_eq!(send(portal, &relay_at(nobody, "")).await, 0);
        assert_eq!(state(portal).await, ("waiting".to_owned(), 1));
        let relay = Relay::new(&[]);
        assert_eq!(send(portal, &relay_at(relay.port, "")).await, 0, "not before its time");
        portal.clock.advance(MINUTE);
        assert_eq!(send(portal, &relay_at(relay.port, "")).await, 1);
        assert_eq!((state(portal).await, relay.texts().len()), (("sent".to_owned(), 2), 1));
    }
}

#[tokio::test]
async fn what_is_put_off_is_tried_again_and_later_each_time() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        let orders = [Order::Sender(421), Order::Recipient(450), Order::Text(451), Order::Sender(535), Order::Take];
        let relay = Relay::new(&orders);
        let mailer = relay_at(relay.port, "");
        for (attempt, wait) in (1..5).zip([MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]) {
            assert_eq!(send(portal, &mailer).await, 0);
            assert_eq!(state(portal).await, ("waiting".to_owned(), attempt));
            portal.clock.advance(wait);
        }
        assert_eq!(send(portal, &mailer).await, 1);
        assert_eq!(state(portal).await, ("sent".to_owned(), 5));
    }
}

#[tokio::test]
async fn a_relay_that_hangs_is_left_and_asked_again() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        let relay = Relay::new(&[Order::Hang]);
        let mailer = relay_at(relay.port, "");
        assert_eq!(send(portal, &mailer).await, 0);
        portal.clock.advance(MINUTE);
        assert_eq!((send(portal, &mailer).await, state(portal).await.1), (1, 2));
    }
}

#[tokio::test]
async fn a_mail_that_may_have_been_taken_comes_again_with_the_same_name() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        let relay = Relay::new(&[Order::CutAfterText]);
        let mailer = relay_at(relay.port, "");
        assert_eq!(send(portal, &mailer).await, 0);
        portal.clock.advance(MINUTE);
        assert_eq!(send(portal, &mailer).await, 1);
        portal.clock.advance(DAY);
        assert_eq!(send(portal, &mailer).await, 0);
        let texts = relay.texts();
        assert_eq!(texts.len(), 2, "one duplicate at most");
        assert_eq!(texts[0], texts[1], "the same mail, byte for byte");
    }
}

#[tokio::test]
async fn without_encryption_nothing_is_said_to_a_relay_that_must_have_it() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        // Somebody on the way has taken STARTTLS out of what the relay offers.
        let relay = Relay::new(&[]);
        assert_eq!(send(portal, &relay_at(relay.port, "?tls=required")).await, 0);
        assert_eq!(state(portal).await, ("waiting".to_owned(), 1));
        let said = relay.commands();
        assert!(said.contains(&"EHLO".to_owned()), "it was asked: {said:?}");
        assert!(!said.iter().any(|command| ["MAIL", "RCPT", "DATA", "AUTH"].contains(&command.as_str())), "{said:?}");
    }
}

#[tokio::test]
async fn a_refused_mail_becomes_a_task_of_the_staff_and_the_address_is_opened_on_the_record() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        let relay = Relay::new(&[Order::Recipient(550), Order::Recipient(550)]);
        let mailer = relay_at(relay.port, "");
        assert_eq!(send(portal, &mailer).await, 0);
        assert_eq!(state(portal).await, ("refused".to_owned(), 1));
        let clerk = clerk(portal).await;
        let listed = undelivered::list(portal, &clerk).await.unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].case_id, listed[0].last_error.as_deref()), (her.1, Some("refused 550")));
        let number = listed[0].receipt_number.clone();
        assert_eq!(undelivered::of_case(portal, &clerk, &number).await.unwrap().len(), 1);

        let id = listed[0].outbox_id;
        let address = undelivered::act(portal, &clerk, id, undelivered::Step::OpenAddress).await.unwrap();
        assert_eq!(address.as_deref(), Some("parent1@example.jp"));
        undelivered::act(portal, &clerk, id, undelivered::Step::TryAgain).await.unwrap();
        assert!(undelivered::list(portal, &clerk).await.unwrap().is_empty(), "it is on its way");
        assert_eq!(send(portal, &mailer).await, 0);
        assert_eq!(undelivered::list(portal, &clerk).await.unwrap().len(), 1, "and back");
        undelivered::act(portal, &clerk, id, undelivered::Step::Settle).await.unwrap();
        assert!(undelivered::list(portal, &clerk).await.unwrap().is_empty());
        let again = undelivered::act(portal, &clerk, id, undelivered::Step::TryAgain).await;
        assert!(matches!(again, Err(FlowError::NotFound)), "what is settled is settled");

        let mut tx = portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let deeds: Vec<String> =
            audit::after(&mut tx, 0, 1_000).await.unwrap().into_iter().map(|entry| entry.deed).collect();
        for (deed, times) in
            [("mail_given_up", 2), ("mail_address_viewed", 1), ("mail_tried_again", 1), ("mail_settled", 1)]
        {
            assert_eq!(deeds.iter().filter(|one| *one == deed).count(), times, "{deed}");
        }
    }
}

#[tokio::test]
async fn a_mail_that_nobody_takes_for_two_days_is_a_task_as_well_and_has_two_days_again() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mailer = relay_at(nobody, "");
        let clerk = clerk(portal).await;
        for _ in 0..2 {
            let begun = portal.clock.now();
            while state(portal).await.0 == "waiting" {
                send(portal, &mailer).await;
                portal.clock.advance(HOUR + 30 * MINUTE);
                assert!(portal.clock.now() < begun.plus(3 * DAY), "it is never given up");
            }
            assert!(portal.clock.now() > begun.plus(2 * DAY - 4 * HOUR), "it was given up too early");
            let listed = undelivered::list(portal, &clerk).await.unwrap();
            assert_eq!(listed[0].last_error.as_deref(), Some("unreachable"));
            undelivered::act(portal, &clerk, listed[0].outbox_id, undelivered::Step::TryAgain).await.unwrap();
        }
    }
}

#[tokio::test]
async fn mail_about_an_epds_is_the_nurses_alone() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file_epds(portal, 1, [1; 10]).await;
        worker::send_due(portal, &Mailer::Viewer).await.unwrap();
        let case = head(portal, &number).await.case_id;
        remind_her(portal, (account, case)).await;
        let relay = Relay::new(&[Order::Recipient(550)]);
        send(portal, &relay_at(relay.port, "")).await;
        let clerk = clerk(portal).await;
        let nurse = at_work(portal, "nurse", "person-n", Roles::NURSE).await.staff;
        let auditor = at_work(portal, "auditor", "person-x", Roles::AUDITOR).await.staff;
        assert!(undelivered::list(portal, &clerk).await.unwrap().is_empty());
        assert!(undelivered::of_case(portal, &clerk, &number).await.unwrap().is_empty());
        assert!(matches!(undelivered::list(portal, &auditor).await, Err(FlowError::NotFound)));
        let listed = undelivered::list(portal, &nurse).await.unwrap();
        assert_eq!(listed.len(), 1);
        let opened = undelivered::act(portal, &clerk, listed[0].outbox_id, undelivered::Step::OpenAddress).await;
        assert!(matches!(opened, Err(FlowError::NotFound)));
    }
}

#[tokio::test]
async fn a_reminder_says_how_to_stop_it_and_other_mail_does_not() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        let relay = Relay::new(&[]);
        let mailer = relay_at(relay.port, "");
        send(portal, &mailer).await;
        let stop = format!("http://localhost:8080/mail/stop/{}", remind::stop_token(&portal.seal, her.0));
        let text = relay.texts().remove(0).replace("\r\n ", " ").replace("< ", "<");
        assert!(text.contains(&format!("List-Unsubscribe: <{stop}>\r\n")), "{text}");
        assert!(text.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{text}");
        assert!(message_id(&text).ends_with("@example.jp>"), "{text}");

        file(portal, 2).await;
        send(portal, &mailer).await;
        let others = &relay.texts()[1..];
        assert_eq!(others.len(), 2, "the code, and that it has arrived");
        assert!(others.iter().all(|text| !text.contains("List-Unsubscribe")));
        for hers in [her.0.to_string(), her.1.to_string(), "parent1".to_owned()] {
            assert!(!stop.contains(&hers), "the token says whose it is");
        }
    }
}

#[tokio::test]
async fn whoever_stops_reminders_gets_none_but_all_other_mail_until_she_wants_them_again() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        assert!(remind_her(portal, her).await);
        let token = remind::stop_token(&portal.seal, her.0);
        for wrong in ["", "x", &token[1..], &format!("{token}A"), &token.to_lowercase()] {
            assert!(matches!(remind::stop(portal, wrong).await, Err(FlowError::NotFound)), "{wrong}");
        }
        assert!(remind::is_reminded(portal, &token).await.unwrap(), "looking stops nothing");
        remind::stop(portal, &token).await.unwrap();
        remind::stop(portal, &token).await.unwrap();
        assert!(!remind_her(portal, her).await);
        // She goes on with an EPDS, and the mail that it has arrived comes.
        let typist = typist(DraftOwner::Account(her.0));
        answer_epds(portal, &typist, [1; 10]).await;
        remind::choose(portal, her.0, true).await.unwrap();
        assert!(remind_her(portal, her).await);
        let mut tx = portal.database.read().await.unwrap();
        let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
        let times = |deed: &str| entries.iter().filter(|entry| entry.deed == deed).count();
        assert_eq!((times("reminders_stopped"), times("reminders_resumed")), (1, 1), "pressed twice, done once");
    }
}

#[tokio::test]
async fn the_end_of_a_draft_is_a_reminder_and_comes_without_mail_when_they_are_stopped() {
    for one in portals().await {
        let portal = &one.portal;
        let her = parent(portal).await;
        remind_her(portal, her).await;
        remind::choose(portal, her.0, false).await.unwrap();
        let typist = typist(DraftOwner::Account(her.0));
        draft::begin(portal, &typist, &notification(), "ja").await.unwrap();
        portal.clock.advance(retention::DRAFT - DAY);
        let before = newest_mail(portal).await;
        assert_eq!(draft_end::tell(portal, &|_: &str, _| letter("消えます")).await.unwrap(), 0);
        assert_eq!(newest_mail(portal).await, before);
        portal.clock.advance(retention::DRAFT_NOTICE_AT_LEAST);
        worker::sweep(portal).await.unwrap();
        assert!(draft::load(portal, &typist, &notification()).await.unwrap().is_none(), "its time ends all the same");
    }
}
