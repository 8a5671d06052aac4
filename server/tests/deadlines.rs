#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「処理期限」 in the flows: clocks that stand still with the parent, that the worker moves on, and what happens to what stays late.

use intake::{
    access::Roles,
    case::{CorrectionRequest, Lateness, Stage},
    deadline::Standing,
    ids::ReceiptNumber,
    task::TaskKind,
    time::{CivilDate, DAY, Instant},
};
use server::{
    flows::{
        deadline::{keep, standing},
        decide::{Notice, Order, give},
        filings, overdue, staff_mail,
        task::{self, Reason, Tab},
    },
    portal::Portal,
    store::{
        audit, deadline as clocks,
        outbox::{self, MailPayload},
        staff::Staff,
    },
};

use crate::support::{
    filing::{file, file_epds},
    portal::{letter, newest_mail, portals},
    review::{done, head, seen, two_clerks, two_nurses},
    staff::at_work,
};

fn notice(_: Notice, _: &str) -> MailPayload {
    letter("お知らせ")
}

fn end(day: &str) -> Instant {
    day.parse::<CivilDate>().unwrap().minute_in_japan(0).plus(DAY - 1)
}

/// Moves the clock to a minute of a day in Japan.
fn go_to(portal: &Portal, text: &str) {
    let then = Instant::from_rfc3339(&format!("{text}:00+09:00")).unwrap();
    let by = then.micros() - portal.clock.now().micros();
    assert!(by >= 0, "{text} is over");
    portal.clock.advance(by);
}

async fn late(portal: &Portal, number: &ReceiptNumber) -> (Option<Instant>, Lateness) {
    let head = head(portal, number).await;
    (head.due_at, head.lateness)
}

async fn left(portal: &Portal, number: &ReceiptNumber) -> Option<i64> {
    let id = head(portal, number).await.case_id;
    clocks::find(&mut portal.database.read().await.unwrap(), id).await.unwrap().unwrap().time_left
}

fn ask(field: &str, day: &str) -> Order {
    let fields = vec![(field.parse().unwrap(), "もう一度お願いします".to_owned())];
    Order::SendBack(CorrectionRequest::new(fields, day.parse().unwrap()))
}

#[tokio::test]
async fn the_clock_stands_still_while_the_parent_has_the_turn_and_goes_on_with_what_was_left() {
    for one in portals().await {
        let portal = &one.portal;
        // 2026-11-23 is a holiday.
        let (_, number) = file(portal, 1).await;
        let [clerk, _] = two_clerks(portal).await;
        assert_eq!(late(portal, &number).await, (Some(end("2026-11-26")), Lateness::InTime));
        go_to(portal, "2026-11-25T12:00");
        done(portal, &clerk, &number, Order::Claim).await;
        assert_eq!(late(portal, &number).await.0, Some(end("2026-11-26")), "taking in hand wins no time");
        done(portal, &clerk, &number, ask("name", "2026-12-10")).await;
        assert_eq!(late(portal, &number).await, (None, Lateness::InTime));
        assert_eq!(left(portal, &number).await, Some(DAY + DAY / 2));
        let case = head(portal, &number).await;
        let shown = standing(portal, &clerk, &case).await.unwrap().unwrap().0;
        assert_eq!(shown, Standing::Stopped { days: 2 });

        go_to(portal, "2026-12-09T12:00");
        keep(portal).await.unwrap();
        assert_eq!(late(portal, &number).await, (None, Lateness::InTime), "nobody is late with another's work");
        // The day passes without an answer: she is asked to come, and the clock goes on standing still.
        go_to(portal, "2026-12-11T12:00");
        assert_eq!(overdue::ask_to_visit(portal, &notice).await.unwrap(), 1);
        assert_eq!(left(portal, &number).await, Some(DAY + DAY / 2));
        go_to(portal, "2026-12-14T12:00");
        done(portal, &clerk, &number, Order::Visited).await;
        assert_eq!(late(portal, &number).await, (Some(end("2026-12-15")), Lateness::InTime));
        assert_eq!(left(portal, &number).await, None);
    }
}

#[tokio::test]
async fn each_step_has_a_time_of_its_own_and_a_closed_case_has_none() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let clerks = two_clerks(portal).await;
        go_to(portal, "2026-11-24T10:00");
        done(portal, &clerks[0], &number, Order::Claim).await;
        done(portal, &clerks[0], &number, seen()).await;
        done(portal, &clerks[0], &number, Order::Accept).await;
        assert_eq!(late(portal, &number).await.0, Some(end("2026-11-26")), "two days for the second person");
        let again = done(portal, &clerks[1], &number, Order::Reopen).await;
        assert_eq!((again, late(portal, &number).await.0), (Stage::InReview, Some(end("2026-11-27"))));
        done(portal, &clerks[1], &number, Order::Accept).await;
        done(portal, &clerks[0], &number, Order::Confirm).await;
        assert_eq!(late(portal, &number).await.0, Some(end("2026-11-27")), "three days until it is in the record");
        let (account, other) = file(portal, 2).await;
        assert!(late(portal, &other).await.0.is_some());
        let version = head(portal, &other).await.version;
        filings::withdraw(portal, account, &other, version).await.unwrap();
        assert_eq!(late(portal, &other).await, (None, Lateness::InTime));
        let (_, third) = file_epds(portal, 3, [1; 10]).await;
        assert_eq!(late(portal, &third).await.0, Some(end("2026-11-25")), "an EPDS is looked at within a day");
    }
}

#[tokio::test]
async fn the_worker_warns_and_finds_what_is_late_once_and_nobody_loses_a_version_by_it() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let before = head(portal, &number).await;
        go_to(portal, "2026-11-25T23:59");
        assert_eq!(keep(portal).await.unwrap(), 0);
        go_to(portal, "2026-11-26T00:00");
        // Two servers at once.
        let both = tokio::join!(keep(portal), keep(portal));
        assert_eq!(both.0.unwrap() + both.1.unwrap(), 1);
        assert_eq!(late(portal, &number).await.1, Lateness::Soon);
        go_to(portal, "2026-11-27T00:00");
        assert_eq!(keep(portal).await.unwrap(), 1);
        assert_eq!(keep(portal).await.unwrap(), 0);
        let after = head(portal, &number).await;
        assert_eq!(after.lateness, Lateness::Overdue);
        assert_eq!(
            (after.version, after.updated_at),
            (before.version, before.updated_at),
            "who reads the page can decide"
        );
        let [clerk, _] = two_clerks(portal).await;
        let shown = standing(portal, &clerk, &after).await.unwrap().unwrap();
        assert_eq!(shown, (Standing::Runs { due_at: end("2026-11-26"), days: -1 }, Lateness::Overdue));
        // Taken in hand it is as late as before.
        done(portal, &clerk, &number, Order::Claim).await;
        assert_eq!(late(portal, &number).await, (Some(end("2026-11-26")), Lateness::Overdue));
    }
}

#[tokio::test]
async fn cases_from_before_get_their_clock_from_the_beginning_of_their_stage() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let forget = "UPDATE case_file SET due_at = NULL, soon_at = NULL";
        match &portal.database {
            server::store::Database::Sqlite { writer, .. } => drop(sqlx::query(forget).execute(writer).await.unwrap()),
            server::store::Database::Postgres(pool) => drop(sqlx::query(forget).execute(pool).await.unwrap()),
        }
        assert_eq!(late(portal, &number).await.0, None);
        go_to(portal, "2026-11-24T10:00");
        assert_eq!(keep(portal).await.unwrap(), 1);
        assert_eq!(late(portal, &number).await.0, Some(end("2026-11-26")));
        assert_eq!(keep(portal).await.unwrap(), 0);
    }
}

async fn reasons(portal: &Portal, staff: &Staff, tab: Tab) -> Vec<Reason> {
    task::page(portal, staff, tab).await.unwrap().rows.into_iter().map(|row| row.reason).collect()
}

#[tokio::test]
async fn what_stays_overdue_is_told_to_a_role_once_and_ends_when_the_case_goes_on() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let [clerk, _] = two_clerks(portal).await;
        let reviewer =
            at_work(portal, "reviewing", "person-e", Roles::of([intake::access::Role::Reviewer]).unwrap()).await;
        go_to(portal, "2026-11-27T23:59");
        keep(portal).await.unwrap();
        assert!(reasons(portal, &clerk, Tab::Open).await.is_empty());
        go_to(portal, "2026-11-30T00:00");
        let both = tokio::join!(keep(portal), keep(portal));
        both.0.unwrap();
        both.1.unwrap();
        assert_eq!(reasons(portal, &clerk, Tab::Open).await, [Reason::Overdue]);
        assert!(reasons(portal, &reviewer.staff, Tab::Open).await.is_empty(), "it is told to 確認");
        keep(portal).await.unwrap();
        assert_eq!(reasons(portal, &clerk, Tab::Open).await.len(), 1);
        done(portal, &clerk, &number, Order::Claim).await;
        assert_eq!(reasons(portal, &clerk, Tab::Open).await.len(), 1, "taking in hand is not yet doing");
        done(portal, &clerk, &number, ask("name", "2026-12-10")).await;
        assert!(reasons(portal, &clerk, Tab::Open).await.is_empty());
        assert_eq!(reasons(portal, &clerk, Tab::Done).await, [Reason::Overdue]);
        let entries = audit::after(&mut portal.database.read().await.unwrap(), 0, 10_000).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.deed == "task_opened").count(), 1);
    }
}

#[tokio::test]
async fn an_epds_that_stays_overdue_is_told_to_nurses_alone() {
    for one in portals().await {
        let portal = &one.portal;
        // No score that asks for a look, and a notification that is late with it.
        file_epds(portal, 1, [1, 1, 4, 1, 4, 4, 4, 4, 4, 4]).await;
        let [nurse, _] = two_nurses(portal).await;
        let [clerk, _] = two_clerks(portal).await;
        go_to(portal, "2026-12-01T00:00");
        keep(portal).await.unwrap();
        assert_eq!(reasons(portal, &nurse, Tab::Open).await.len(), 1);
        let rows = task::page(portal, &nurse, Tab::Open).await.unwrap().rows;
        assert_eq!((rows[0].task.kind, rows[0].task.for_role.as_str()), (TaskKind::Overdue, "nurse"));
        assert_eq!(reasons(portal, &clerk, Tab::Open).await.len(), 1, "the notification");
        assert!(matches!(
            give(portal, &clerk, &rows[0].number, 1, &Order::Claim, &notice).await,
            Err(server::flows::FlowError::NotFound)
        ));
    }
}

fn count_only(_: &str, late: staff_mail::Late) -> MailPayload {
    letter(&format!("{}/{}", late.overdue, late.soon))
}

/// The code in the newest mail.
async fn register(portal: &Portal, staff: &Staff, address: &str) {
    portal.clock.advance(1_000_000);
    let asked = staff_mail::ask(portal, staff, (address, "ja"), &|_: &str, code: &str| letter(code)).await.unwrap();
    assert_eq!(asked, staff_mail::Asked::Sent);
    let (to, code) = newest_mail(portal).await.unwrap();
    assert_eq!(to, address);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    assert_eq!(staff_mail::enter(portal, staff, wrong).await.unwrap(), staff_mail::Entered::Wrong(4));
    assert_eq!(staff_mail::enter(portal, staff, &code).await.unwrap(), staff_mail::Entered::Kept);
    assert_eq!(staff_mail::enter(portal, staff, &code).await.unwrap(), staff_mail::Entered::Over);
}

#[tokio::test]
async fn the_daily_mail_says_how_many_on_working_days_to_who_wants_it() {
    for one in portals().await {
        let portal = &one.portal;
        file_epds(portal, 1, [1, 1, 4, 1, 4, 4, 4, 4, 4, 4]).await;
        let [clerk, other] = two_clerks(portal).await;
        let [nurse, _] = two_nurses(portal).await;
        for (staff, address) in
            [(&clerk, "clerk@example.jp"), (&other, "other@example.jp"), (&nurse, "nurse@example.jp")]
        {
            register(portal, staff, address).await;
        }
        staff_mail::choose(portal, &clerk, true).await.unwrap();
        staff_mail::choose(portal, &nurse, true).await.unwrap();
        let write = async || staff_mail::write_daily(portal, &count_only).await.unwrap();
        go_to(portal, "2026-11-24T12:00");
        keep(portal).await.unwrap();
        assert_eq!(write().await, 1, "the nurse, whose EPDS is due today; a clerk has nothing to be told");
        go_to(portal, "2026-11-26T07:59");
        keep(portal).await.unwrap();
        assert_eq!(write().await, 0, "not in the night");
        go_to(portal, "2026-11-26T08:00");
        let both =
            tokio::join!(staff_mail::write_daily(portal, &count_only), staff_mail::write_daily(portal, &count_only));
        assert_eq!(both.0.unwrap() + both.1.unwrap(), 2, "two servers write once");
        let mails = outbox::list_for_demo(&mut portal.database.read().await.unwrap(), 100).await.unwrap();
        let now = portal.clock.now();
        let written = mails.iter().filter(|mail| mail.kind == "staff_daily" && mail.created_at == now);
        let mut said: Vec<(String, String)> =
            written.map(|mail| mail.open(&portal.seal).unwrap()).map(|(to, payload)| (to, payload.body)).collect();
        said.sort();
        let expected = [("clerk@example.jp", "0/1"), ("nurse@example.jp", "1/1")];
        assert_eq!(
            said,
            expected.map(|(to, body)| (to.to_owned(), body.to_owned())),
            "an EPDS is a number for nurses alone"
        );
        // A Saturday; nobody works, nobody is written to.
        go_to(portal, "2026-11-28T09:00");
        assert_eq!(write().await, 0);
        go_to(portal, "2026-11-30T09:00");
        staff_mail::remove(portal, &clerk).await.unwrap();
        staff_mail::choose(portal, &nurse, false).await.unwrap();
        assert_eq!(write().await, 0);
    }
}
