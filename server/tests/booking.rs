#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「面談予約」 The deeds around appointments, on each database.

use intake::{
    access::Roles,
    answers::RawAnswers,
    booking::{Mode, Spoken, State, TOLD_ALONE, Wish},
    case::DeclineReason,
    ids::{AccountId, ReceiptNumber, SlotId},
    time::{DAY, HOUR, Instant, MINUTE},
};
use server::{
    flows::{
        FlowError,
        booking::{self, Notice, Picked},
        booking_news,
        decide::Order,
        filings, slots,
    },
    portal::Portal,
    store::{
        audit::{self, Actor},
        booking as store,
        outbox::{self, MailPayload},
        staff::Staff,
    },
};

use crate::support::{
    filing::file,
    portal::{letter, portals},
    review::{done, head, two_clerks},
    staff::at_work,
};

fn news(notice: Notice, locale: &str, at: Instant) -> MailPayload {
    letter(&format!("{notice:?} {locale} {}", at.minute_in_japan()))
}

fn typed(times: &str, capacity: &str) -> RawAnswers {
    let mut typed = RawAnswers::default();
    for (input, value) in [
        ("from", "2026-11-30"),
        ("times", times),
        ("minutes", "30"),
        ("capacity", capacity),
        ("place", "本庁舎 1階"),
        ("mode", "in_person"),
        ("language", "ja"),
    ] {
        typed.set(input, vec![value.to_owned()]);
    }
    typed
}

/// Opens slots on the 30th of November, a week after the tests' day; their ids in the order of time.
async fn open(portal: &Portal, staff: &Staff, times: &str, capacity: &str) -> Vec<SlotId> {
    slots::open(portal, staff, &typed(times, capacity)).await.unwrap().unwrap();
    let week = slots::week(portal, staff, "2026-11-30".parse().unwrap()).await.unwrap();
    week.iter().map(|slot| slot.slot_id).collect()
}

async fn clerk(portal: &Portal) -> Staff {
    at_work(portal, "clerk1", "person-1", Roles::CLERK).await.staff
}

type Parent = (AccountId, ReceiptNumber);

async fn pick(portal: &Portal, (account, number): &Parent, slot: SlotId, seen: Option<i64>) -> Picked {
    booking::pick(portal, *account, number, slot, seen, &news).await.unwrap()
}

/// State, sequence and slot of her appointment.
async fn has(portal: &Portal, (account, number): &Parent) -> Option<(State, i64, SlotId)> {
    let view = booking::view(portal, *account, number).await.unwrap();
    view.booking.map(|(booking, _)| (booking.state, booking.sequence, booking.slot_id))
}

async fn taken(portal: &Portal, slot: SlotId) -> i64 {
    store::find_slot(&mut portal.database.read().await.unwrap(), slot).await.unwrap().unwrap().taken
}

/// The bodies of the mails of a kind, newest first.
async fn mails(portal: &Portal, kind: &str) -> Vec<String> {
    let all = outbox::list_for_demo(&mut portal.database.read().await.unwrap(), 200).await.unwrap();
    all.iter().filter(|mail| mail.kind == kind).map(|mail| mail.open(&portal.seal).unwrap().1.body).collect()
}

#[tokio::test]
async fn a_place_is_picked_moved_and_cancelled_and_a_second_press_finds_the_first() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let parent = file(portal, 1).await;
        let ids = open(portal, &staff, "10:00 11:00", "1").await;
        assert_eq!(pick(portal, &parent, ids[0], None).await, Picked::Kept);
        assert_eq!(pick(portal, &parent, ids[0], None).await, Picked::Already);
        assert_eq!(pick(portal, &parent, ids[1], None).await, Picked::Already, "the page did not show the first one");
        assert_eq!(has(portal, &parent).await, Some((State::Booked, 0, ids[0])));
        assert_eq!(mails(portal, "booking_kept").await, ["Kept ja 2026-11-30 10:00"]);

        assert_eq!(pick(portal, &parent, ids[1], Some(0)).await, Picked::Kept);
        assert_eq!((taken(portal, ids[0]).await, taken(portal, ids[1]).await), (0, 1));
        assert_eq!(has(portal, &parent).await, Some((State::Booked, 1, ids[1])));

        assert!(booking::cancel(portal, parent.0, &parent.1).await.unwrap());
        assert!(booking::cancel(portal, parent.0, &parent.1).await.unwrap(), "pressed again");
        assert_eq!(has(portal, &parent).await, Some((State::Cancelled, 2, ids[1])));
        assert_eq!(taken(portal, ids[1]).await, 0);
        assert_eq!(pick(portal, &parent, ids[0], Some(2)).await, Picked::Kept);
        assert_eq!(has(portal, &parent).await, Some((State::Booked, 3, ids[0])), "the sequence goes on rising");

        let mut tx = portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
        let count = |deed: &str| entries.iter().filter(|entry| entry.deed == deed).count();
        let counts = ["slots_opened", "booking_made", "booking_moved", "booking_cancelled"].map(count);
        assert_eq!(counts, [1, 2, 1, 1]);
    }
}

#[tokio::test]
async fn the_last_place_goes_once_and_nobody_else_sees_a_case_that_is_not_hers() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let (first, second) = (file(portal, 1).await, file(portal, 2).await);
        let ids = open(portal, &staff, "10:00", "1").await;
        assert_eq!(pick(portal, &first, ids[0], None).await, Picked::Kept);
        assert_eq!(pick(portal, &second, ids[0], None).await, Picked::Full);
        assert_eq!(has(portal, &second).await, None);
        let foreign = booking::pick(portal, second.0, &first.1, ids[0], None, &news).await;
        assert!(matches!(foreign, Err(FlowError::NotFound)));
        assert!(matches!(booking::view(portal, second.0, &first.1).await, Err(FlowError::NotFound)));
    }
}

#[tokio::test]
async fn changing_ends_a_day_before_and_picking_an_hour_before() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let (parent, late) = (file(portal, 1).await, file(portal, 2).await);
        let ids = open(portal, &staff, "10:00 11:00", "2").await;
        assert_eq!(pick(portal, &parent, ids[0], None).await, Picked::Kept);
        let starts =
            store::find_slot(&mut portal.database.read().await.unwrap(), ids[0]).await.unwrap().unwrap().starts_at;
        portal.clock.advance(starts.micros() - DAY - portal.clock.now().micros());
        assert!(booking::view(portal, parent.0, &parent.1).await.unwrap().may_change);
        portal.clock.advance(1);
        assert_eq!(pick(portal, &parent, ids[1], Some(0)).await, Picked::TooLate);
        assert!(!booking::cancel(portal, parent.0, &parent.1).await.unwrap());
        assert_eq!(has(portal, &parent).await, Some((State::Booked, 0, ids[0])));
        portal.clock.advance(starts.micros() - HOUR - portal.clock.now().micros());
        assert_eq!(pick(portal, &late, ids[0], None).await, Picked::Full);
        assert_eq!(pick(portal, &late, ids[1], None).await, Picked::Kept);
    }
}

#[tokio::test]
async fn a_series_sent_twice_opens_nothing_twice_and_places_do_not_fall_below_what_is_booked() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let parents = [file(portal, 1).await, file(portal, 2).await];
        let ids = open(portal, &staff, "10:00 11:00", "2").await;
        let again = slots::open(portal, &staff, &typed("10:00 12:00", "2")).await.unwrap().unwrap();
        assert_eq!((again.new, again.there), (1, 1));
        for parent in &parents {
            assert_eq!(pick(portal, parent, ids[0], None).await, Picked::Kept);
        }
        assert!(!slots::set_capacity(portal, &staff, ids[0], 1).await.unwrap());
        assert!(slots::set_capacity(portal, &staff, ids[0], 3).await.unwrap());
        let auditor = at_work(portal, "auditor1", "person-9", Roles::AUDITOR).await.staff;
        assert!(matches!(slots::week(portal, &auditor, "2026-11-30".parse().unwrap()).await, Err(FlowError::NotFound)));
        assert!(matches!(slots::view(portal, &auditor, ids[0]).await, Err(FlowError::NotFound)));
    }
}

#[tokio::test]
async fn who_had_a_place_in_a_closed_slot_is_told_and_chooses_again() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let parent = file(portal, 1).await;
        let ids = open(portal, &staff, "10:00 11:00", "1").await;
        pick(portal, &parent, ids[0], None).await;
        assert!(slots::close(portal, &staff, ids[0], &news).await.unwrap());
        assert!(slots::close(portal, &staff, ids[0], &news).await.unwrap(), "pressed again");
        assert_eq!(mails(portal, "booking_closed").await, ["Closed ja 2026-11-30 10:00"]);
        assert_eq!(has(portal, &parent).await, Some((State::Closed, 1, ids[0])));
        assert_eq!(pick(portal, &parent, ids[0], Some(1)).await, Picked::Full);
        assert_eq!(pick(portal, &parent, ids[1], Some(1)).await, Picked::Kept);
        // A time that was closed can be opened anew.
        assert_eq!(slots::open(portal, &staff, &typed("10:00", "1")).await.unwrap().unwrap().new, 1);
    }
}

#[tokio::test]
async fn a_case_that_ends_frees_its_place() {
    for one in portals().await {
        let portal = &one.portal;
        let clerks = two_clerks(portal).await;
        let (withdrawn, declined) = (file(portal, 1).await, file(portal, 2).await);
        let ids = open(portal, &clerks[0], "10:00", "2").await;
        for parent in [&withdrawn, &declined] {
            assert_eq!(pick(portal, parent, ids[0], None).await, Picked::Kept);
        }
        let version = head(portal, &withdrawn.1).await.version;
        filings::withdraw(portal, withdrawn.0, &withdrawn.1, version).await.unwrap();
        assert_eq!(taken(portal, ids[0]).await, 1);
        done(portal, &clerks[0], &declined.1, Order::Claim).await;
        done(portal, &clerks[0], &declined.1, Order::ProposeDecline(DeclineReason::Duplicate)).await;
        assert_eq!(taken(portal, ids[0]).await, 1, "nothing is decided");
        done(portal, &clerks[1], &declined.1, Order::Decline).await;
        assert_eq!(taken(portal, ids[0]).await, 0);
        for parent in [&withdrawn, &declined] {
            assert_eq!(has(portal, parent).await, Some((State::Cancelled, 1, ids[0])));
            let again = booking::pick(portal, parent.0, &parent.1, ids[0], Some(1), &news).await;
            assert!(matches!(again, Err(FlowError::Changed(_))));
            assert!(matches!(
                booking::wait(portal, parent.0, &parent.1, Wish::default()).await,
                Err(FlowError::Changed(_))
            ));
        }
        portal.clock.advance(6 * DAY);
        assert_eq!(booking_news::remind_of_interviews(portal, &news).await.unwrap(), 0);
        audit::verify(&mut portal.database.read().await.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn every_appointment_of_an_account_ends_in_one_deed_with_its_reminders() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let (booked, waiting) = (file(portal, 1).await, file(portal, 2).await);
        let ids = open(portal, &staff, "10:00", "1").await;
        pick(portal, &booked, ids[0], None).await;
        booking::wait(portal, waiting.0, &waiting.1, Wish::default()).await.unwrap();
        for (account, _) in [&booked, &waiting] {
            let mut tx = portal.database.write().await.unwrap();
            let now = portal.clock.now();
            let mut entries = booking::end_of_account(&mut tx, *account, &Actor::Citizen(*account), now).await.unwrap();
            entries.push(audit_of(*account, now));
            tx.commit_all(entries).await.unwrap();
        }
        assert_eq!(has(portal, &booked).await, Some((State::Cancelled, 1, ids[0])));
        assert_eq!(taken(portal, ids[0]).await, 0);
        portal.clock.advance(6 * DAY);
        assert_eq!(booking_news::remind_of_interviews(portal, &news).await.unwrap(), 0);
        assert_eq!(booking_news::tell_waiting(portal, &news).await.unwrap(), 0);
    }
}

fn audit_of(account: AccountId, now: Instant) -> server::store::AuditEntry {
    server::store::AuditEntry::done(now, Actor::Citizen(account), audit::Deed::AccountClosed)
}

#[tokio::test]
async fn a_reminder_comes_once_two_days_before_and_anew_after_a_move() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let (parent, late) = (file(portal, 1).await, file(portal, 2).await);
        let ids = open(portal, &staff, "10:00 14:00", "2").await;
        pick(portal, &parent, ids[0], None).await;
        let starts =
            store::find_slot(&mut portal.database.read().await.unwrap(), ids[0]).await.unwrap().unwrap().starts_at;
        portal.clock.advance(starts.micros() - 48 * HOUR - 1 - portal.clock.now().micros());
        assert_eq!(booking_news::remind_of_interviews(portal, &news).await.unwrap(), 0, "not yet");
        portal.clock.advance(1);
        assert_eq!(booking_news::remind_of_interviews(portal, &news).await.unwrap(), 1);
        assert_eq!(booking_news::remind_of_interviews(portal, &news).await.unwrap(), 0, "once");
        assert_eq!(mails(portal, "booking_reminder").await, ["Reminder ja 2026-11-30 10:00"]);
        assert_eq!(pick(portal, &parent, ids[1], Some(0)).await, Picked::Kept);
        portal.clock.advance(4 * HOUR);
        assert_eq!(booking_news::remind_of_interviews(portal, &news).await.unwrap(), 1, "of the new time");
        assert_eq!(pick(portal, &late, ids[1], None).await, Picked::Kept);
        assert_eq!(
            booking_news::remind_of_interviews(portal, &news).await.unwrap(),
            0,
            "she has just been told when it is"
        );
    }
}

#[tokio::test]
async fn who_waits_is_told_in_turn_and_as_many_as_there_are_places() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let holder = file(portal, 1).await;
        let ids = open(portal, &staff, "10:00", "1").await;
        pick(portal, &holder, ids[0], None).await;
        let (first, second) = (file(portal, 2).await, file(portal, 3).await);
        for parent in [&first, &second] {
            portal.clock.advance(MINUTE);
            booking::wait(portal, parent.0, &parent.1, Wish::default()).await.unwrap();
        }
        let online = file(portal, 4).await;
        let wish = Wish { mode: Some(Mode::Online), language: Some(Spoken::Vietnamese) };
        booking::wait(portal, online.0, &online.1, wish).await.unwrap();
        // Pressed again she keeps her turn.
        portal.clock.advance(MINUTE);
        booking::wait(portal, first.0, &first.1, Wish::default()).await.unwrap();
        assert_eq!(booking_news::tell_waiting(portal, &news).await.unwrap(), 0);
        booking::cancel(portal, holder.0, &holder.1).await.unwrap();
        assert_eq!(booking_news::tell_waiting(portal, &news).await.unwrap(), 1);
        assert_eq!(booking_news::tell_waiting(portal, &news).await.unwrap(), 0, "one place, one mail");
        let told = |parent: &Parent| {
            let parent = parent.clone();
            async move {
                let wait = booking::view(portal, parent.0, &parent.1).await.unwrap().wait;
                wait.and_then(|wait| wait.told_at).is_some()
            }
        };
        assert!(told(&first).await && !told(&second).await);
        portal.clock.advance(TOLD_ALONE);
        assert_eq!(booking_news::tell_waiting(portal, &news).await.unwrap(), 1);
        assert!(told(&second).await && !told(&online).await);
        assert_eq!(pick(portal, &second, ids[0], None).await, Picked::Kept);
        assert!(booking::view(portal, second.0, &second.1).await.unwrap().wait.is_none());
        booking::stop_waiting(portal, online.0, &online.1).await.unwrap();
        assert!(booking::view(portal, online.0, &online.1).await.unwrap().wait.is_none());
        assert_eq!(mails(portal, "booking_free").await.len(), 2);
    }
}

#[tokio::test]
async fn staff_see_who_comes_and_note_it_on_the_day() {
    for one in portals().await {
        let portal = &one.portal;
        let staff = clerk(portal).await;
        let (parent, other) = (file(portal, 1).await, file(portal, 2).await);
        let ids = open(portal, &staff, "10:00", "2").await;
        pick(portal, &parent, ids[0], None).await;
        assert!(!slots::mark(portal, &staff, ids[0], &parent.1, true).await.unwrap(), "the day is not there");
        portal.clock.advance(7 * DAY);
        let nowhere = slots::mark(portal, &staff, ids[0], &other.1, true).await;
        assert!(matches!(nowhere, Err(FlowError::NotFound)));
        assert!(slots::mark(portal, &staff, ids[0], &parent.1, false).await.unwrap());
        assert!(slots::mark(portal, &staff, ids[0], &parent.1, true).await.unwrap(), "it can be put right");
        let view = slots::view(portal, &staff, ids[0]).await.unwrap();
        let comers: Vec<_> = view.comers.iter().map(|one| (one.number.clone(), one.state)).collect();
        assert_eq!(comers, [(Some(parent.1.clone()), State::Attended)]);
        let mut tx = portal.database.read().await.unwrap();
        let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
        for (deed, count) in [("slot_viewed", 1), ("attendance_marked", 2)] {
            assert_eq!(entries.iter().filter(|entry| entry.deed == deed).count(), count, "{deed}");
        }
    }
}
