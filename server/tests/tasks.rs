#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「確認の仕事」 of an EPDS: it opens with the submission, reaches somebody by one channel or another, and is nobody else's to know.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread::JoinHandle,
};

use intake::{
    access::Roles,
    message::NoMessage,
    time::{DAY, HOUR, MINUTE},
};
use server::{
    config::AlertUrl,
    flows::{
        FlowError, staff_mail,
        task::{self, Finished, Reason, Tab, TaskRow},
        task_news::{self, PATIENCE},
    },
    mail::SendError,
    portal::Portal,
    store::{
        Database, Record, Upkeep, audit,
        outbox::{self, MailPayload},
        staff::Staff,
    },
    worker,
};

use crate::support::{
    filing::file_epds,
    portal::{letter, newest_mail, portals},
    review::{two_clerks, two_nurses},
    staff::at_work,
};

/// Total 0.
const NOTHING: [u8; 10] = [1, 1, 4, 1, 4, 4, 4, 4, 4, 4];
/// Total 9, item 10 0.
const NINE: [u8; 10] = [4, 4, 2, 2, 4, 4, 4, 4, 4, 4];
/// Total 1, which is item 10.
const ITEM10: [u8; 10] = [1, 1, 4, 1, 4, 4, 4, 4, 4, 3];

fn says(_: &str) -> MailPayload {
    letter("確認が必要な項目があります。")
}

async fn open(portal: &Portal, staff: &Staff) -> Vec<TaskRow> {
    task::page(portal, staff, Tab::Open).await.unwrap().rows
}

async fn register(portal: &Portal, staff: &Staff, address: &str) {
    portal.clock.advance(1_000_000);
    staff_mail::ask(portal, staff, (address, "ja"), &|_: &str, code: &str| letter(code)).await.unwrap();
    let (_, code) = newest_mail(portal).await.unwrap();
    assert_eq!(staff_mail::enter(portal, staff, &code).await.unwrap(), staff_mail::Entered::Kept);
}

/// To whom mail about tasks was queued.
async fn written_to(portal: &Portal) -> Vec<String> {
    let mails = outbox::list_for_demo(&mut portal.database.read().await.unwrap(), 200).await.unwrap();
    let of_tasks = mails.iter().filter(|mail| mail.kind == outbox::TASK);
    let mut to: Vec<String> = of_tasks.map(|mail| mail.open(&portal.seal).unwrap().0).collect();
    to.sort();
    to
}

/// What the relay says to every mail that waits.
async fn relay(portal: &Portal, takes: bool) {
    let mut tx = portal.database.write().await.unwrap();
    let now = portal.clock.now();
    for mail in outbox::lease(&mut tx, now, now.plus(MINUTE), 100).await.unwrap() {
        if takes {
            outbox::mark_sent(&mut tx, mail.outbox_id, now).await.unwrap();
        } else {
            outbox::mark_refused(&mut tx, mail.outbox_id, &SendError::Refused(550).to_string(), now).await.unwrap();
        }
    }
    tx.commit(Record::Upkeep(Upkeep::MailAttempt)).await.unwrap();
}

/// A second channel that takes so many questions; what it was told.
fn second_channel(portal: &mut Portal, questions: usize) -> JoinHandle<Vec<String>> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/hook", listener.local_addr().unwrap());
    portal.config.alert_url = AlertUrl::parse(&address);
    std::thread::spawn(move || {
        let mut told = Vec::new();
        for _ in 0..questions {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut all, mut piece) = (Vec::new(), [0; 1024]);
            while !all.ends_with(b"}") {
                let length = stream.read(&mut piece).unwrap();
                all.extend_from_slice(&piece[..length]);
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
            told.push(String::from_utf8(all).unwrap());
        }
        told
    })
}

#[tokio::test]
async fn nine_points_or_item_ten_open_a_task_with_the_submission_and_fewer_do_not() {
    for one in portals().await {
        let portal = &one.portal;
        let [nurse, _] = two_nurses(portal).await;
        file_epds(portal, 1, NOTHING).await;
        assert_eq!((open(portal, &nurse).await.len(), task::waiting(portal, &nurse).await.unwrap()), (0, 0));
        let (_, nine) = file_epds(portal, 2, NINE).await;
        let filed = portal.clock.now();
        let (_, ten) = file_epds(portal, 3, ITEM10).await;
        let rows = open(portal, &nurse).await;
        assert_eq!(rows.iter().map(|row| row.number.clone()).collect::<Vec<_>>(), [ten, nine], "the urgent one first");
        assert_eq!(rows[0].reason, Reason::Scores { total: Some(1), item10: Some(1) });
        assert_eq!(rows[0].task.due_at, portal.clock.now().plus(4 * HOUR), "by the clock: 2026-11-23 is a holiday");
        assert_eq!(rows[1].reason, Reason::Scores { total: Some(9), item10: Some(0) });
        assert_eq!(rows[1].task.due_at, portal.deadlines().due(filed, DAY));
        assert!(rows.iter().all(|row| row.name.as_deref() == Some("髙橋 花子") && row.owner.is_none()));
        assert_eq!(task::waiting(portal, &nurse).await.unwrap(), 2);
        // An item that was left out makes no total, and asks for a look all the same.
        file_epds(portal, 4, [0, 4, 1, 4, 1, 1, 1, 1, 1, 4]).await;
        assert_eq!(open(portal, &nurse).await.len(), 3);
    }
}

#[tokio::test]
async fn to_everybody_else_there_is_no_task_in_no_page_count_or_entry() {
    for one in portals().await {
        let portal = &one.portal;
        let [nurse, _] = two_nurses(portal).await;
        file_epds(portal, 1, ITEM10).await;
        let id = open(portal, &nurse).await[0].task.task_id;
        let [clerk, _] = two_clerks(portal).await;
        assert!(open(portal, &clerk).await.is_empty());
        let auditor = at_work(portal, "auditing", "person-x", Roles::AUDITOR).await.staff;
        let admin = at_work(portal, "managing", "person-y", Roles::ADMINISTRATOR).await.staff;
        for other in [&clerk, &auditor, &admin] {
            assert_eq!(task::waiting(portal, other).await.unwrap(), 0);
            assert!(matches!(task::take(portal, other, id).await, Err(FlowError::NotFound)));
            assert!(matches!(task::finish(portal, other, id, "電話した").await, Err(FlowError::NotFound)));
            assert!(matches!(task::set_duty(portal, other, 8).await, Err(FlowError::NotFound)));
        }
        assert!(task::page(portal, &clerk, Tab::Open).await.unwrap().duty.is_none());
        for other in [&auditor, &admin] {
            assert!(matches!(task::page(portal, other, Tab::Open).await, Err(FlowError::NotFound)));
        }
        task_news::pass_on(portal, &says).await.unwrap();
        task::take(portal, &nurse, id).await.unwrap();
        task::finish(portal, &nurse, id, "電話した").await.unwrap();
        for entry in audit::after(&mut portal.database.read().await.unwrap(), 0, 10_000).await.unwrap() {
            let text = format!("{entry:?}");
            assert!(!text.contains("epds") && !text.contains("item") && entry.deed != "task_opened", "{text}");
            assert!(!text.contains(&id.to_string()), "{text}");
        }
        assert!(!portal.metrics.text().contains("task"), "{}", portal.metrics.text());
    }
}

#[tokio::test]
async fn the_number_of_mails_tells_operators_nothing() {
    for one in portals().await {
        let portal = &one.portal;
        let nurses = two_nurses(portal).await;
        register(portal, &nurses[0], "one@example.jp").await;
        register(portal, &nurses[1], "two@example.jp").await;
        relay(portal, true).await;
        for (browser, positions) in [(1, NOTHING), (2, ITEM10)] {
            file_epds(portal, browser, positions).await;
            task_news::pass_on(portal, &says).await.unwrap();
            let waiting = outbox::waiting(&mut portal.database.read().await.unwrap()).await.unwrap().0;
            // The code, and two that say it has arrived.
            assert_eq!(waiting, 3, "{positions:?}");
            relay(portal, true).await;
        }
        assert_eq!(written_to(portal).await.len(), 2);
    }
}

#[tokio::test]
async fn who_is_on_duty_owns_it_and_is_written_to_and_else_every_nurse_is() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_nurses(portal).await;
        let [clerk, _] = two_clerks(portal).await;
        for (staff, address) in
            [(&first, "first@example.jp"), (&second, "second@example.jp"), (&clerk, "clerk@example.jp")]
        {
            register(portal, staff, address).await;
        }
        file_epds(portal, 1, NINE).await;
        task_news::pass_on(portal, &says).await.unwrap();
        task_news::pass_on(portal, &says).await.unwrap();
        assert_eq!(written_to(portal).await, ["first@example.jp", "second@example.jp"], "once, and no clerk");
        task::set_duty(portal, &second, 8).await.unwrap();
        let duty = task::page(portal, &first, Tab::Open).await.unwrap().duty.unwrap();
        assert_eq!(duty.iter().map(|(_, name, _)| name.as_str()).collect::<Vec<_>>(), ["nurse-b"]);
        file_epds(portal, 2, ITEM10).await;
        task_news::pass_on(portal, &says).await.unwrap();
        assert_eq!(written_to(portal).await, ["first@example.jp", "second@example.jp", "second@example.jp"]);
        assert_eq!(open(portal, &first).await[0].owner.as_deref(), Some("nurse-b"));
        assert_eq!(task::page(portal, &second, Tab::Mine).await.unwrap().rows.len(), 1);
        // Duty ends by itself.
        portal.clock.advance(8 * HOUR);
        file_epds(portal, 3, NINE).await;
        let rows = open(portal, &first).await;
        assert_eq!(rows.iter().filter(|row| row.owner.is_some()).count(), 1);
        assert!(matches!(task::set_duty(portal, &first, 25).await, Err(FlowError::NotFound)));
    }
}

#[tokio::test]
async fn what_nobody_takes_in_time_is_told_to_every_nurse_once_more() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_nurses(portal).await;
        register(portal, &first, "first@example.jp").await;
        register(portal, &second, "second@example.jp").await;
        task::set_duty(portal, &first, 24).await.unwrap();
        file_epds(portal, 1, ITEM10).await;
        task_news::pass_on(portal, &says).await.unwrap();
        assert_eq!(written_to(portal).await.len(), 1);
        portal.clock.advance(2 * HOUR - 1);
        task_news::pass_on(portal, &says).await.unwrap();
        assert_eq!(written_to(portal).await.len(), 1);
        portal.clock.advance(1);
        for _ in 0..2 {
            task_news::pass_on(portal, &says).await.unwrap();
        }
        assert_eq!(written_to(portal).await.len(), 3, "nobody has taken it in half the time");
        assert!(open(portal, &second).await[0].task.escalated_at.is_some());
        // One that was taken is told of only when it is not done in time.
        file_epds(portal, 2, ITEM10).await;
        task_news::pass_on(portal, &says).await.unwrap();
        let rows = open(portal, &second).await;
        let untold = rows.iter().find(|row| row.task.taken_at.is_none() && row.task.escalated_at.is_none());
        let id = untold.unwrap().task.task_id;
        task::take(portal, &second, id).await.unwrap();
        portal.clock.advance(4 * HOUR - 1);
        task_news::pass_on(portal, &says).await.unwrap();
        assert_eq!(written_to(portal).await.len(), 4);
        portal.clock.advance(1);
        task_news::pass_on(portal, &says).await.unwrap();
        assert_eq!(written_to(portal).await.len(), 6);
    }
}

#[tokio::test]
async fn done_takes_a_word_that_is_sealed_and_the_first_one_counts() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_nurses(portal).await;
        file_epds(portal, 1, ITEM10).await;
        let id = open(portal, &first).await[0].task.task_id;
        task::take(portal, &first, id).await.unwrap();
        assert_eq!(task::finish(portal, &first, id, " ").await.unwrap(), Finished::Not(NoMessage::Empty));
        let number = task::finish(portal, &first, id, "123456789018").await.unwrap();
        assert_eq!(number, Finished::Not(NoMessage::MyNumber));
        assert_eq!(task::finish(portal, &first, id, "カナリア：電話で話した").await.unwrap(), Finished::Yes);
        assert_eq!(task::finish(portal, &second, id, "別の言葉").await.unwrap(), Finished::Yes);
        let done = task::page(portal, &second, Tab::Done).await.unwrap().rows;
        let word = ("nurse-a".to_owned(), "カナリア：電話で話した".to_owned());
        assert_eq!(done[0].done, Some(word));
        assert_eq!(task::waiting(portal, &second).await.unwrap(), 0);
        let canary = "カナリア".as_bytes();
        if let Database::Sqlite { writer, .. } = &portal.database {
            let sealed: Vec<u8> =
                sqlx::query_scalar("SELECT done_sealed FROM staff_task").fetch_one(writer).await.unwrap();
            assert!(!sealed.windows(canary.len()).any(|window| window == canary));
        }
        // With the answers the word goes.
        portal.clock.advance(120 * DAY);
        worker::erase_closed(portal).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_mail_does_not_arrive_a_second_channel_is_told_a_count_and_nothing_else() {
    for one in portals().await {
        let mut portal = one.portal;
        let told = second_channel(&mut portal, 4);
        let portal = &portal;
        let [nurse, _] = two_nurses(portal).await;
        // Nobody has an address: at once.
        file_epds(portal, 1, NINE).await;
        for _ in 0..2 {
            task_news::pass_on(portal, &says).await.unwrap();
        }
        register(portal, &nurse, "nurse@example.jp").await;
        relay(portal, true).await;
        // The relay takes it: nobody else need be told.
        file_epds(portal, 2, NINE).await;
        task_news::pass_on(portal, &says).await.unwrap();
        relay(portal, true).await;
        portal.clock.advance(PATIENCE);
        task_news::pass_on(portal, &says).await.unwrap();
        // The relay refuses: at once.
        file_epds(portal, 3, NINE).await;
        task_news::pass_on(portal, &says).await.unwrap();
        relay(portal, false).await;
        task_news::pass_on(portal, &says).await.unwrap();
        // The relay says nothing: after a while.
        file_epds(portal, 4, NINE).await;
        task_news::pass_on(portal, &says).await.unwrap();
        portal.clock.advance(PATIENCE - 1);
        task_news::pass_on(portal, &says).await.unwrap();
        portal.clock.advance(1);
        task_news::pass_on(portal, &says).await.unwrap();
        // And once more when nobody acts; one question for each would be too many threads of a test.
        file_epds(portal, 5, ITEM10).await;
        task_news::pass_on(portal, &says).await.unwrap();
        relay(portal, true).await;
        portal.clock.advance(2 * HOUR);
        task_news::pass_on(portal, &says).await.unwrap();
        let told = told.join().unwrap();
        let bodies: Vec<&str> = told.iter().map(|request| request.split("\r\n\r\n").nth(1).unwrap()).collect();
        assert_eq!(bodies, ["{\"count\":1}", "{\"count\":3}", "{\"count\":4}", "{\"count\":5}"]);
        assert!(told.iter().all(|request| request.starts_with("POST /hook HTTP/1.1\r\n")), "{told:?}");
    }
}

#[tokio::test]
async fn a_second_channel_that_is_down_is_asked_again() {
    for one in portals().await {
        let mut portal = one.portal;
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        portal.config.alert_url = AlertUrl::parse(&format!("http://{gone}/"));
        let [nurse, _] = two_nurses(&portal).await;
        file_epds(&portal, 1, NINE).await;
        task_news::pass_on(&portal, &says).await.unwrap();
        let row = open(&portal, &nurse).await.remove(0).task;
        assert_eq!((row.alerted_at, row.alert_at), (None, Some(portal.clock.now().plus(MINUTE))));
        let told = second_channel(&mut portal, 1);
        portal.clock.advance(MINUTE);
        task_news::pass_on(&portal, &says).await.unwrap();
        assert_eq!(told.join().unwrap().len(), 1);
        assert!(open(&portal, &nurse).await[0].task.alerted_at.is_some());
    }
}
