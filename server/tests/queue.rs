#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「受付一覧」 The queue: its counts, its lists in every order, what it is searched by, and orders for many.

use std::collections::BTreeMap;

use intake::{
    access::Roles,
    case::{DeclineReason, Stage, allowed},
    ids::{ReceiptNumber, StaffId},
    queue::{Attention, Holder, Sort, Tab, View},
    time::DAY,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use server::{
    flows::{
        FlowError, bulk,
        bulk::{BulkOrder, NotDone},
        decide::{self, Notice, Obstacle, Order},
        filings, message,
        message::Press,
        queue, search,
        search::Found,
        staff_case,
    },
    portal::Portal,
    store::{Database, Record, Upkeep, audit, audit::Actor, case, outbox::MailPayload, queue::place_of, staff::Staff},
    worker,
};

use crate::support::{
    filing::{file, file_as, file_epds},
    many::{Copied, fill_up, run},
    portal::filled_in,
    portal::{letter, portals},
    review::{done, found, head, seen, two_clerks, two_nurses},
    staff::at_work,
};

fn notice(notice: Notice, locale: &str) -> MailPayload {
    letter(&format!("{notice:?} {locale}"))
}

type Tallies = BTreeMap<(String, String), i64>;

async fn tallies(database: &Database, sql: &'static str) -> Tallies {
    let rows: Vec<(String, String, i64)> = match database {
        Database::Sqlite { readers, .. } => sqlx::query_as(sql).fetch_all(readers).await.unwrap(),
        Database::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
    };
    rows.into_iter().map(|(compartment, tally, cases)| ((compartment, tally), cases)).filter(|(_, n)| *n != 0).collect()
}

/// What is kept.
async fn kept(database: &Database) -> Tallies {
    let sql =
        "SELECT compartment, tally, CAST(SUM(cases) AS BIGINT) FROM (SELECT compartment, tally, cases FROM queue_count
        UNION ALL SELECT compartment, tally, cases FROM queue_change) kept GROUP BY compartment, tally";
    tallies(database, sql).await
}

/// What counting gives.
async fn counted(database: &Database) -> Tallies {
    let sqlite = "SELECT compartment, tally, COUNT(*) FROM (SELECT compartment, 'stage/' || stage AS tally FROM case_file
        UNION ALL SELECT compartment, 'holder/' || lower(hex(holder)) FROM case_file WHERE stage = 'in_review' AND holder IS NOT NULL
        UNION ALL SELECT compartment, lateness FROM case_file WHERE lateness = 'overdue'
        UNION ALL SELECT compartment, 'withdrawal' FROM case_file WHERE withdrawal_asked_at IS NOT NULL
        UNION ALL SELECT compartment, 'unread' FROM case_file WHERE unread_since IS NOT NULL) one GROUP BY compartment, tally";
    let postgres = "SELECT compartment, tally, COUNT(*) FROM (SELECT compartment, 'stage/' || stage AS tally FROM case_file
        UNION ALL SELECT compartment, 'holder/' || encode(holder, 'hex') FROM case_file WHERE stage = 'in_review' AND holder IS NOT NULL
        UNION ALL SELECT compartment, lateness FROM case_file WHERE lateness = 'overdue'
        UNION ALL SELECT compartment, 'withdrawal' FROM case_file WHERE withdrawal_asked_at IS NOT NULL
        UNION ALL SELECT compartment, 'unread' FROM case_file WHERE unread_since IS NOT NULL) one GROUP BY compartment, tally";
    tallies(database, if matches!(database, Database::Sqlite { .. }) { sqlite } else { postgres }).await
}

#[tokio::test]
async fn the_counts_are_what_counting_gives_after_every_step_of_a_random_walk() {
    for one in portals().await {
        let portal = &one.portal;
        let mut chance = StdRng::seed_from_u64(23);
        let (clerks, nurses) = (two_clerks(portal).await, two_nurses(portal).await);
        let everybody: Vec<Staff> = clerks.into_iter().chain(nurses).collect();
        let mut cases = Vec::new();
        for browser in 1..=4 {
            cases.push(file(portal, browser).await);
        }
        cases.push(file_epds(portal, 5, [2; 10]).await);
        let mut stages = std::collections::BTreeSet::new();
        for step in 0..200 {
            let (account, number) = cases[chance.random_range(0..cases.len())].clone();
            let staff = &everybody[chance.random_range(0..everybody.len())];
            let other = everybody[chance.random_range(0..everybody.len())].staff_id;
            let now = head(portal, &number).await;
            stages.insert(now.stage);
            let orders = [
                Order::Claim,
                Order::Assign(other),
                Order::Release,
                Order::AskToVisit,
                Order::Visited,
                seen(),
                Order::Accept,
                Order::Accept,
                Order::Reopen,
                Order::Confirm,
                Order::ProposeDecline(DeclineReason::Duplicate),
                Order::ProposeWithdrawal,
                Order::ConfirmWithdrawal,
                Order::RefuseWithdrawal,
            ];
            match chance.random_range(0..22) {
                14 => drop(filings::ask_to_withdraw(portal, account, &number, now.version).await),
                15 => {
                    let press = Press { token: &step.to_string(), typed: "体調が悪く" };
                    drop(message::from_parent(portal, account, &number, &press).await);
                }
                16 => drop(staff_case::view(portal, staff, &number).await),
                17 => {
                    let lateness = ["in_time", "soon", "overdue"][chance.random_range(0..3)];
                    let sql = format!("UPDATE case_file SET lateness = '{lateness}' WHERE receipt_number = '{number}'");
                    run(&portal.database, sql).await;
                }
                18 => drop(queue::fold_counts(portal).await.unwrap()),
                19 if step > 120 => {
                    portal.clock.advance(100 * DAY);
                    worker::erase_closed(portal).await.unwrap();
                }
                // Mostly what the stage allows, by who holds it: or nothing would ever be decided.
                choice => {
                    let fits = |order: &&Order| allowed(now.stage).any(|row| row.command == order.kind());
                    let fitting: Vec<&Order> = orders.iter().filter(fits).collect();
                    let holder = everybody.iter().find(|one| Some(one.staff_id) == now.holder && choice % 4 != 0);
                    let order = if fitting.is_empty() {
                        &orders[choice % orders.len()]
                    } else {
                        fitting[chance.random_range(0..fitting.len())]
                    };
                    drop(decide::give(portal, holder.unwrap_or(staff), &number, now.version, order, &notice).await);
                }
            }
            assert_eq!(kept(&portal.database).await, counted(&portal.database).await, "after step {step}");
        }
        assert!(stages.len() >= 6, "the walk went somewhere: {stages:?}");
        assert!(queue::fold_counts(portal).await.unwrap() > 0);
        assert_eq!(queue::fold_counts(portal).await.unwrap(), 0, "nothing is left");
        assert_eq!(kept(&portal.database).await, counted(&portal.database).await);
        let nurse = &everybody[2];
        let page = queue::page(portal, nurse, &View::default(), None).await.unwrap();
        let mine = cases.iter().map(|(_, number)| head(portal, number));
        let mut held = 0;
        for one in mine {
            let one = one.await;
            held += i64::from(one.stage == Stage::InReview && one.holder == Some(nurse.staff_id));
        }
        assert_eq!(page.counts[1], (Tab::Mine, held));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_change_cases_at_once_and_two_who_add_up_lose_no_count() {
    for one in portals().await {
        let portal = std::sync::Arc::new(one.portal);
        let clerks = two_clerks(&portal).await;
        let mut numbers = Vec::new();
        for browser in 1..=6 {
            numbers.push(file(&portal, browser).await.1);
        }
        let mut tasks = Vec::new();
        for (place, number) in numbers.iter().enumerate() {
            let (portal, number, clerk) = (std::sync::Arc::clone(&portal), number.clone(), clerks[place % 2].clone());
            tasks.push(tokio::spawn(async move {
                for _ in 0..6 {
                    for order in [Order::Claim, Order::Release] {
                        let version = head(&portal, &number).await.version;
                        drop(decide::give(&portal, &clerk, &number, version, &order, &notice).await);
                    }
                }
            }));
        }
        for _ in 0..2 {
            let portal = std::sync::Arc::clone(&portal);
            tasks.push(tokio::spawn(async move {
                for _ in 0..10 {
                    // Busy is no loss: the next turn does it.
                    drop(queue::fold_counts(&portal).await);
                    tokio::task::yield_now().await;
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(kept(&portal.database).await, counted(&portal.database).await);
    }
}

/// Two clerks, a nurse, and so many cases of every kind and age.
pub async fn filled(portal: &Portal, count: i64) -> ([Staff; 2], Staff) {
    let clerks = two_clerks(portal).await;
    let nurse = at_work(portal, "nurse-a", "person-c", Roles::NURSE).await.staff;
    let (_, number) = file(portal, 1).await;
    let holders = [clerks[0].staff_id, clerks[1].staff_id];
    fill_up(portal, &Copied { number: &number, holders: &holders }, count).await;
    (clerks, nurse)
}

#[tokio::test]
async fn every_list_in_every_order_is_whole_page_after_page() {
    for one in portals().await {
        let portal = &one.portal;
        let (clerks, nurse) = filled(portal, 700).await;
        let mut shown_in_all = 0;
        for tab in Tab::ALL {
            for sort in tab.sorts() {
                let view = View { sort: *sort, ..View::of(*tab) };
                let (mut after, mut shown, mut places) = (None, 0, Vec::new());
                let count = loop {
                    let page = queue::page(portal, &clerks[0], &view, after).await.unwrap();
                    shown += i64::try_from(page.rows.len()).unwrap();
                    places.extend(page.rows.iter().map(|row| place_of(&row.head, *sort)));
                    after = page.next;
                    if after.is_none() {
                        break page.counts.iter().find(|(one, _)| one == tab).unwrap().1;
                    }
                };
                assert_eq!(shown, count, "{view:?}");
                let is_in_order =
                    |pair: &[_]| if *sort == Sort::Newest { pair[0] > pair[1] } else { pair[0] < pair[1] };
                assert!(places.windows(2).all(is_in_order), "{view:?}");
                shown_in_all += shown;
            }
        }
        assert!(shown_in_all > 2000, "{shown_in_all}");
        let done = |page: &queue::QueuePage| page.counts.last().copied().unwrap().1;
        let (hers, of_nurse) = (
            queue::page(portal, &clerks[0], &View::default(), None).await.unwrap(),
            queue::page(portal, &nurse, &View::default(), None).await.unwrap(),
        );
        assert!(done(&hers) < done(&of_nurse), "of an EPDS only the nurse knows");
    }
}

#[tokio::test]
async fn a_filter_leaves_what_it_says_and_the_view_is_kept_for_each_person() {
    for one in portals().await {
        let portal = &one.portal;
        let (clerks, _) = filled(portal, 700).await;
        let today = portal.clock.now().date_in_japan();
        let all = |view: View| {
            let clerk = clerks[0].clone();
            async move { queue::page(portal, &clerk, &view, None).await.unwrap().rows }
        };
        let narrowed = [
            View { form: Some("questionnaire".parse().unwrap()), ..View::of(Tab::Done) },
            View { channel: Some(intake::export::Channel::Pittari), ..View::of(Tab::Done) },
            View { holder: Some(Holder::Person(clerks[1].staff_id)), ..View::of(Tab::Done) },
            View { holder: Some(Holder::Me), ..View::of(Tab::Done) },
            View { holder: Some(Holder::Nobody), ..View::of(Tab::New) },
            View { attention: Some(Attention::Soon), ..View::of(Tab::New) },
            View { attention: Some(Attention::Unread), sort: Sort::Deadline, ..View::of(Tab::Second) },
            View { from: Some(today), ..View::of(Tab::Done) },
            View { to: Some(today.plus_days(-1)), ..View::of(Tab::Done) },
            View {
                from: Some(today.plus_days(-12)),
                to: Some(today.plus_days(-9)),
                sort: Sort::StageSince,
                ..View::of(Tab::New)
            },
        ];
        for view in narrowed {
            let rows = all(view.clone()).await;
            assert!(!rows.is_empty(), "{view:?}");
            for row in rows {
                let (head, day) = (&row.head, row.head.filed_at.date_in_japan());
                assert!(view.form.as_ref().is_none_or(|form| *form == head.form_id), "{view:?}");
                assert!(view.channel.is_none_or(|channel| channel.as_str() == head.channel), "{view:?}");
                let holder: Option<Option<StaffId>> = view.holder.map(|holder| match holder {
                    Holder::Me => Some(clerks[0].staff_id),
                    Holder::Nobody => None,
                    Holder::Person(person) => Some(person),
                });
                assert!(holder.is_none_or(|holder| holder == head.holder), "{view:?}");
                assert!(
                    view.from.is_none_or(|from| from <= day) && view.to.is_none_or(|to| day <= to),
                    "{view:?} {day}"
                );
                match view.attention {
                    Some(Attention::Unread) => assert!(head.unread_since.is_some()),
                    Some(attention) => assert_eq!(attention.lateness(), Some(head.lateness)),
                    None => {}
                }
            }
            assert_eq!(queue::last_view(portal, &clerks[0]).await.unwrap(), Some(view));
        }
        assert_eq!(queue::last_view(portal, &clerks[1]).await.unwrap(), None, "it is hers alone");
        all(View::default()).await;
        assert_eq!(queue::last_view(portal, &clerks[0]).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_case_is_found_by_whom_it_is_about_and_the_search_is_recorded_without_what_was_typed() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (_, first) = file(portal, 1).await;
        portal.clock.advance(1_000_000);
        // Another filing of the same person, from another address.
        let (_, second) = file_as(portal, 2, "parent2@example.jp", filled_in()).await;
        for typed in [
            "髙橋 花子",
            "髙橋",
            "たかはし",
            "ﾀｶﾊｼ ﾊﾅｺ",
            "1995/4/1",
            "平成7年4月1日",
            "090-1234-5678",
            "タカハシ 19950401",
        ] {
            assert_eq!(
                found(portal, &clerk, typed).await,
                [second.clone(), first.clone()],
                "{typed}: the newest first"
            );
        }
        for typed in ["高橋", "花", "タカハシ 1995-04-02", "1995-04-02", "090-1234-5679", "", "x"] {
            assert_eq!(found(portal, &clerk, typed).await, [], "{typed}");
        }
        assert_eq!(found(portal, &clerk, first.as_str()).await, std::slice::from_ref(&first));
        let auditor = at_work(portal, "auditor1", "person9", Roles::AUDITOR).await.staff;
        assert!(matches!(search::search(portal, &auditor, "髙橋").await, Err(FlowError::NotFound)));
        let mut tx = portal.database.read().await.unwrap();
        let entries = audit::of_actor(&mut tx, &Actor::Staff(clerk.staff_id), 100).await.unwrap();
        let searches: Vec<&str> = entries
            .iter()
            .filter(|entry| entry.deed == "case_searched")
            .map(|entry| entry.detail.as_str())
            .rev()
            .collect();
        assert_eq!(searches[0], r#"{"hits":2,"kind":"name"}"#);
        assert_eq!(searches[7], r#"{"hits":2,"kind":"name_birthdate"}"#);
        assert!(searches.iter().all(|entry| !entry.contains("髙橋")));
    }
}

#[tokio::test]
async fn what_was_there_before_the_search_is_found_once_it_is_indexed_and_nothing_is_once_it_is_erased() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let (_, number) = file(portal, 1).await;
        run(&portal.database, "DELETE FROM case_word".to_owned()).await;
        assert_eq!(found(portal, &clerk, "髙橋").await, []);
        assert_eq!(search::index_all(portal, &Actor::Operator).await.unwrap(), 1);
        assert_eq!(search::index_all(portal, &Actor::Operator).await.unwrap(), 1, "and again");
        assert_eq!(found(portal, &clerk, "髙橋").await, std::slice::from_ref(&number));
        let mut tx = portal.database.write().await.unwrap();
        let id = head(portal, &number).await.case_id;
        case::erase_content(&mut tx, id, portal.clock.now()).await.unwrap();
        tx.commit(Record::Upkeep(Upkeep::CountersKept)).await.unwrap();
        assert_eq!(found(portal, &clerk, "髙橋").await, []);
        assert_eq!(search::index_all(portal, &Actor::Operator).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn after_an_update_that_finds_by_more_words_every_case_is_indexed_anew_once() {
    for one in portals().await {
        let portal = &one.portal;
        let ([clerk, _], _) = filled(portal, 250).await;
        run(&portal.database, "DELETE FROM case_word".to_owned()).await;
        assert_eq!(search::keep_up(portal).await.unwrap(), 0, "a new installation has nothing from before");
        for before in ["DELETE FROM installation WHERE name = 'search_words'".to_owned(), older(&portal.database)] {
            run(&portal.database, before).await;
            assert!(search::keep_up(portal).await.unwrap() > 100, "more than are opened at once");
            assert_eq!(search::keep_up(portal).await.unwrap(), 0, "once");
        }
        assert!(matches!(search::search(portal, &clerk, "髙橋").await.unwrap(), Found::Several(..)));
    }
}

/// As if the words had been kept by the program before this one.
fn older(database: &Database) -> String {
    let bytes = if matches!(database, Database::Sqlite { .. }) { "X'01'" } else { r"'\x01'::bytea" };
    format!("UPDATE installation SET value = {bytes} WHERE name = 'search_words'")
}

#[tokio::test]
async fn a_birthdate_alone_lists_the_newest_and_says_that_there_are_more() {
    for one in portals().await {
        let portal = &one.portal;
        let ([clerk, _], _) = filled(portal, 300).await;
        run(&portal.database, "DELETE FROM case_word".to_owned()).await;
        search::index_all(portal, &Actor::Operator).await.unwrap();
        let Found::Several(rows, has_more) = search::search(portal, &clerk, "1995-04-01").await.unwrap() else {
            panic!("not several")
        };
        assert!(has_more);
        assert_eq!(rows.len(), search::MOST);
        assert!(rows.windows(2).all(|pair| pair[0].head.filed_at >= pair[1].head.filed_at));
    }
}

async fn versions(portal: &Portal, numbers: &[ReceiptNumber]) -> Vec<(ReceiptNumber, i64)> {
    let mut all = Vec::new();
    for number in numbers {
        all.push((number.clone(), head(portal, number).await.version));
    }
    all
}

#[tokio::test]
async fn one_order_for_many_does_each_once_and_names_what_it_could_not_do() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_clerks(portal).await;
        let mut numbers = Vec::new();
        for browser in 1..=4 {
            numbers.push(file(portal, browser).await.1);
        }
        let (_, epds) = file_epds(portal, 5, [2; 10]).await;
        let shown = versions(portal, &numbers).await;
        done(portal, &second, &numbers[3], Order::Claim).await;
        let mut ticked = shown.clone();
        ticked.push((epds.clone(), 1));
        let claimed = bulk::give(portal, &first, &ticked, BulkOrder::Claim, &notice).await.unwrap();
        assert_eq!(claimed.done, 3);
        let changed = NotDone::Changed(Stage::InReview);
        assert_eq!(claimed.not_done, [(numbers[3].clone(), changed), (epds.clone(), NotDone::Unknown)]);
        let events = head(portal, &numbers[0]).await.version;
        let again = bulk::give(portal, &first, &ticked, BulkOrder::Claim, &notice).await.unwrap();
        assert_eq!((again.done, again.not_done.len()), (3, 2), "a second press");
        assert_eq!(head(portal, &numbers[0]).await.version, events, "does nothing twice");

        let to = BulkOrder::Assign(second.staff_id);
        let given = bulk::give(portal, &first, &versions(portal, &numbers).await, to, &notice).await.unwrap();
        assert_eq!(given.done, 3);
        assert_eq!(
            given.not_done,
            [(numbers[3].clone(), NotDone::Obstacle(Obstacle::NotForThem))],
            "she has it already"
        );
        let held = versions(portal, &numbers).await;
        let back = bulk::give(portal, &first, &held, BulkOrder::Assign(first.staff_id), &notice).await.unwrap();
        assert_eq!(back.done, 0, "nobody takes out of another's hands");
        assert!(back.not_done.iter().all(|(_, why)| *why == NotDone::Obstacle(Obstacle::HeldByAnother)));
        let auditor = at_work(portal, "auditor1", "person9", Roles::AUDITOR).await.staff;
        let nobody = BulkOrder::Assign(auditor.staff_id);
        let refused = bulk::give(portal, &second, &held[..1], nobody, &notice).await.unwrap();
        assert_eq!(refused.not_done[0].1, NotDone::Obstacle(Obstacle::NotForThem));

        let mut tx = portal.database.read().await.unwrap();
        let case = audit::Subject::Case(head(portal, &numbers[0]).await.case_id);
        let entries = audit::of_subject(&mut tx, &case, 100).await.unwrap();
        let deeds: Vec<(&str, &str)> = entries.iter().map(|one| (one.deed.as_str(), one.outcome.as_str())).collect();
        assert!(deeds.contains(&("command.claim", "done")) && deeds.contains(&("command.assign", "done")), "{deeds:?}");

        let press = Press { token: "one", typed: "確認の電話は午前に" };
        let (note, shown) = (BulkOrder::Note(&press), versions(portal, &numbers).await);
        for _ in 0..2 {
            let noted = bulk::give(portal, &first, &[shown.as_slice(), &[(epds.clone(), 1)]].concat(), note, &notice)
                .await
                .unwrap();
            assert_eq!((noted.done, noted.not_done), (4, vec![(epds.clone(), NotDone::Unknown)]));
        }
        let written = staff_case::view(portal, &second, &numbers[3]).await.unwrap().notes.unwrap().all;
        let texts: Vec<&str> = written.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["確認の電話は午前に"], "once on each, whoever holds it");
        let too_many = vec![held[0].clone(); bulk::MOST + 1];
        assert!(matches!(
            bulk::give(portal, &first, &too_many, BulkOrder::Claim, &notice).await,
            Err(FlowError::NotFound)
        ));
    }
}
