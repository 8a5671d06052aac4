#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Staff at work: queue, case, commands.

use std::sync::Arc;

use intake::{
    access::{Action, Role, Roles, may_with},
    answers::RawAnswers,
    case::{CaseState, CommandKind, CorrectionRequest, DeclineReason, Hand, Stage, Withdrawal, possible},
    flags::Flag,
    form::Compartment,
    identity::{NumberDocument, PersonDocument, Sight},
    ids::{ReceiptNumber, StaffId},
    time::DAY,
};
use server::{
    flows::{
        FlowError,
        decide::{Given, Notice, Obstacle, Order, give},
        overdue,
        queue::{self, Tab},
        staff_case::{self, Who},
    },
    portal::Portal,
    store::{
        AuditEntry, Record, audit,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead, StageChange},
        outbox::MailPayload,
        staff::Staff,
    },
};

use crate::support::{
    filing::file,
    portal::{letter, newest_mail, portals},
    staff::{at_work, invite},
};

fn notice(notice: Notice, locale: &str) -> MailPayload {
    letter(&format!("{notice:?} {locale}"))
}

async fn head(portal: &Portal, number: &ReceiptNumber) -> CaseHead {
    case::find_by_receipt_number(&mut portal.database.read().await.unwrap(), number).await.unwrap().unwrap()
}

async fn order(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Result<Given, FlowError> {
    let version = head(portal, number).await.version;
    give(portal, staff, number, version, &order, &notice).await
}

async fn done(portal: &Portal, staff: &Staff, number: &ReceiptNumber, what: Order) -> Stage {
    match order(portal, staff, number, what).await.unwrap() {
        Given::Done(stage) => stage,
        Given::Refused(obstacle) => panic!("{obstacle:?}"),
    }
}

async fn clerk(portal: &Portal, number: u8) -> Staff {
    at_work(portal, &format!("clerk{number}"), &format!("person{number}"), Roles::CLERK).await.staff
}

const SEEN: Order = Order::RecordIdentity(Sight::of(NumberDocument::Later, PersonDocument::DrivingLicence));

fn request(fields: &[(&str, &str)], answer_by: &str) -> CorrectionRequest {
    let named = |(field, reason): &(&str, &str)| (field.parse().unwrap(), (*reason).to_owned());
    CorrectionRequest { fields: fields.iter().map(named).collect(), answer_by: answer_by.parse().unwrap() }
}

async fn refused(portal: &Portal) -> Vec<(String, String)> {
    let mut tx = portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
    let refused = entries.into_iter().filter(|entry| entry.outcome == "refused");
    refused.map(|entry| (entry.deed, entry.detail)).collect()
}

#[tokio::test]
async fn two_people_accept_a_filing_whose_parent_was_seen() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let (first, second) = (clerk(portal, 1).await, clerk(portal, 2).await);
        assert_eq!(done(portal, &first, &number, Order::Claim).await, Stage::InReview);
        let early = order(portal, &first, &number, Order::Accept).await.unwrap();
        assert_eq!(early, Given::Refused(Obstacle::NoEvidence), "nobody has seen her yet");
        done(portal, &first, &number, SEEN).await;
        assert_eq!(done(portal, &first, &number, Order::Accept).await, Stage::Accepted);
        let alone = order(portal, &first, &number, Order::Confirm).await.unwrap();
        assert_eq!(alone, Given::Refused(Obstacle::NeedsAnotherPerson));
        assert_eq!(done(portal, &second, &number, Order::Confirm).await, Stage::Confirmed);

        let kept = head(portal, &number).await;
        assert_eq!((kept.accepted_by, kept.confirmed_by), (Some(first.staff_id), Some(second.staff_id)));
        assert_eq!(kept.confirmed_at, Some(portal.clock.now()));
        let reasons: Vec<String> = refused(portal).await.into_iter().map(|(deed, detail)| deed + &detail).collect();
        assert_eq!(
            reasons,
            [r#"command.accept{"reason":"no_evidence"}"#, r#"command.confirm{"reason":"needs_another_person"}"#]
        );
    }
}

#[tokio::test]
async fn one_person_with_two_accounts_is_one_person() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let first = at_work(portal, "clerk1", "person1", Roles::CLERK).await.staff;
        let same = at_work(portal, "nurse1", "person1", Roles::NURSE).await.staff;
        let other = clerk(portal, 2).await;
        for what in [Order::Claim, SEEN, Order::Accept] {
            done(portal, &first, &number, what).await;
        }
        let view = staff_case::view(portal, &same, &number).await.unwrap();
        let confirm = view.offers.iter().find(|offer| offer.kind == CommandKind::Confirm).unwrap();
        assert_eq!(confirm.obstacle, Some(Obstacle::NeedsAnotherPerson), "the page says it before");
        let given = order(portal, &same, &number, Order::Confirm).await.unwrap();
        assert_eq!(given, Given::Refused(Obstacle::NeedsAnotherPerson));
        done(portal, &same, &number, Order::Reopen).await;
        done(portal, &same, &number, Order::ProposeDecline(DeclineReason::Duplicate)).await;
        let given = order(portal, &first, &number, Order::Decline).await.unwrap();
        assert_eq!(given, Given::Refused(Obstacle::NeedsAnotherPerson));
        portal.clock.advance(1_000_000);
        assert_eq!(done(portal, &other, &number, Order::Decline).await, Stage::Declined);
        assert_eq!(newest_mail(portal).await.unwrap().1, "Decided ja");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_wins_and_the_other_is_told() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let (_, number) = file(&portal, 1).await;
        let people = [clerk(&portal, 1).await, clerk(&portal, 2).await, clerk(&portal, 3).await];
        done(&portal, &people[0], &number, Order::Claim).await;
        done(&portal, &people[0], &number, SEEN).await;
        for (what, pair) in [(Order::Accept, [0, 0]), (Order::Confirm, [1, 2])] {
            let version = head(&portal, &number).await.version;
            let tries = pair.map(|person| {
                let (portal, number, what) = (Arc::clone(&portal), number.clone(), what.clone());
                let staff = people[person].clone();
                tokio::spawn(async move { give(&portal, &staff, &number, version, &what, &notice).await })
            });
            let (mut won, mut told) = (0, 0);
            for one in tries {
                match one.await.unwrap() {
                    Ok(Given::Done(_)) => won += 1,
                    Err(FlowError::Changed(stage)) => {
                        assert!(matches!(stage, Stage::Accepted | Stage::Confirmed));
                        told += 1;
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!((won, told), (1, 1));
        }
        let mut tx = portal.database.read().await.unwrap();
        let events = case::events(&mut tx, head(&portal, &number).await.case_id).await.unwrap();
        assert_eq!(events.iter().filter(|event| event.command == "confirm").count(), 1);
        audit::verify(&mut tx).await.unwrap();
    }
}

#[tokio::test]
async fn a_page_that_was_overtaken_changes_nothing() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let first = clerk(portal, 1).await;
        let stale = head(portal, &number).await.version;
        done(portal, &first, &number, Order::Claim).await;
        let again = give(portal, &first, &number, stale, &Order::Claim, &notice).await;
        assert!(matches!(again, Err(FlowError::Changed(Stage::InReview))));
        let again = give(portal, &first, &number, stale, &SEEN, &notice).await;
        assert!(matches!(again, Err(FlowError::Changed(Stage::InReview))));
    }
}

/// Puts a case where a test wants it, past every rule.
async fn put(
    portal: &Portal,
    number: &ReceiptNumber,
    (stage, withdrawal): (Stage, Withdrawal),
    holder: &Staff,
    decided: &Staff,
) {
    let now = portal.clock.now();
    let kept = head(portal, number).await;
    let accepted = !matches!(stage, Stage::Submitted | Stage::InReview | Stage::DeclineProposed);
    let change = StageChange {
        stage,
        holder: Some(holder.staff_id),
        proposed_by: (stage == Stage::DeclineProposed).then_some(decided.staff_id),
        accepted: accepted.then_some((decided.staff_id, now)),
        confirmed: None,
        correction_due_on: None,
        rev: kept.rev,
        identity: intake::identity::Level::VerifiedInPerson,
        proxy: None,
        withdrawal_asked_at: (withdrawal != Withdrawal::NotAsked).then_some(now),
        withdrawal_proposed_by: match withdrawal {
            Withdrawal::Proposed(first) => Some(first),
            Withdrawal::NotAsked | Withdrawal::Asked => None,
        },
        at: now,
    };
    let mut tx = portal.database.write().await.unwrap();
    assert!(case::update_stage(&mut tx, kept.case_id, kept.version, &change).await.unwrap());
    let entry = AuditEntry::done(now, Actor::Portal, Deed::SettingsChanged).on(Subject::Case(kept.case_id));
    tx.commit(Record::Deed(entry)).await.unwrap();
}

/// Every order, where nothing is asked for; those on a withdrawal also where it was asked for and where one has said yes.
fn every_order(first: StaffId) -> Vec<(Order, Withdrawal)> {
    let orders = vec![
        Order::Claim,
        Order::Release,
        Order::SendBack(request(&[("name", "読めません")], "2026-12-07")),
        Order::AskToVisit,
        Order::Visited,
        SEEN,
        Order::EditStaffItems(RawAnswers::default()),
        Order::Accept,
        Order::Reopen,
        Order::Confirm,
        Order::ProposeDecline(DeclineReason::Duplicate),
        Order::Decline,
        Order::Correct,
        Order::ProposeWithdrawal,
        Order::ConfirmWithdrawal,
        Order::RefuseWithdrawal,
    ];
    let on_withdrawal = orders[13..].to_vec();
    let asked = [Withdrawal::Asked, Withdrawal::Proposed(first)]
        .into_iter()
        .flat_map(|withdrawal| on_withdrawal.iter().map(move |order| (order.clone(), withdrawal)));
    orders.iter().map(|order| (order.clone(), Withdrawal::NotAsked)).chain(asked).collect()
}

/// What the two tables say of an order by somebody who holds the case, or does not, and has not decided on it.
fn expected(
    asker: &Staff,
    holder: &Staff,
    (stage, withdrawal): (Stage, Withdrawal),
    kind: CommandKind,
) -> &'static str {
    let (who, holds) = ((asker.staff_id, asker.roles), asker.staff_id == holder.staff_id);
    if !may_with(who, Action::Command(kind), Compartment::General, Some(holder.staff_id)) {
        return "not found";
    }
    let state = CaseState { stage, holder: None, decided_by: None, rev: 1, withdrawal, is_by_proxy: false };
    let hands: Vec<Hand> = possible(&state).filter(|row| row.command == kind).map(|row| row.hand).collect();
    match hands.as_slice() {
        [Hand::Staff | Hand::Another] => "done",
        [Hand::Holder] if holds => "done",
        [Hand::Holder] => "held by another",
        _ => "changed",
    }
}

#[tokio::test]
async fn every_role_in_every_stage_may_do_what_the_tables_say_and_nothing_else() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let (holder, decided) = (clerk(portal, 1).await, clerk(portal, 2).await);
        done(portal, &holder, &number, Order::Claim).await;
        done(portal, &holder, &number, SEEN).await;
        let mut askers = vec![(holder.clone(), holder.clone())];
        for role in Role::ALL {
            let name = format!("other.{role}");
            invite(portal, &name, &name, role).await;
            let mut tx = portal.database.read().await.unwrap();
            let asker = server::store::staff::find_by_user_id(&mut tx, &name).await.unwrap().unwrap();
            // Who reaches only what was assigned to her is asked with it, too.
            let assigned = (role == Role::Contractor).then(|| (asker.clone(), asker.clone()));
            askers.push((asker, holder.clone()));
            askers.extend(assigned);
        }
        for stage in Stage::ALL {
            for (asker, holder) in &askers {
                for (what, withdrawal) in every_order(decided.staff_id) {
                    put(portal, &number, (*stage, withdrawal), holder, &decided).await;
                    let kind = what.kind();
                    let found = match order(portal, asker, &number, what).await {
                        Ok(Given::Done(_)) => "done",
                        Ok(Given::Refused(Obstacle::HeldByAnother)) => "held by another",
                        Ok(Given::Refused(_)) => "refused",
                        Err(FlowError::NotFound) => "not found",
                        Err(FlowError::Changed(found)) if found == *stage => "changed",
                        Err(error) => panic!("{error}"),
                    };
                    let wanted = expected(asker, holder, (*stage, withdrawal), kind);
                    assert_eq!(found, wanted, "{} {stage} {withdrawal:?} {kind}", asker.user_id);
                }
            }
        }
    }
}

#[tokio::test]
async fn sending_back_names_fields_reasons_and_a_day_and_becomes_a_visit_when_the_day_passes() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let first = clerk(portal, 1).await;
        done(portal, &first, &number, Order::Claim).await;
        for (faulty, obstacle) in [
            (request(&[], "2026-12-07"), Obstacle::Request),
            (request(&[("name", "  ")], "2026-12-07"), Obstacle::Request),
            (request(&[("no_such_field", "x")], "2026-12-07"), Obstacle::Request),
            (request(&[("name", "x"), ("name", "y")], "2026-12-07"), Obstacle::Request),
            (request(&[("name", &"長".repeat(301))], "2026-12-07"), Obstacle::Request),
            (request(&[("name", "x")], "2026-11-23"), Obstacle::AnswerBy),
            (request(&[("name", "x")], "2027-11-23"), Obstacle::AnswerBy),
        ] {
            let given = order(portal, &first, &number, Order::SendBack(faulty)).await.unwrap();
            assert_eq!(given, Given::Refused(obstacle));
        }
        portal.clock.advance(1_000_000);
        let asked = request(&[("name", "読めません"), ("phone", "つながりません")], "2026-12-07");
        assert_eq!(done(portal, &first, &number, Order::SendBack(asked.clone())).await, Stage::SentBack);
        assert_eq!(newest_mail(portal).await.unwrap().1, "SentBack ja");
        let view = staff_case::view(portal, &first, &number).await.unwrap();
        assert_eq!(view.case.office.requests, std::slice::from_ref(&asked));
        assert_eq!(view.case.head.correction_due_on, Some(asked.answer_by));

        portal.clock.advance(14 * DAY);
        assert_eq!(overdue::ask_to_visit(portal, &notice).await.unwrap(), 0, "the day itself still counts");
        portal.clock.advance(DAY);
        assert_eq!(overdue::ask_to_visit(portal, &notice).await.unwrap(), 1);
        assert_eq!(overdue::ask_to_visit(portal, &notice).await.unwrap(), 0, "once");
        let kept = head(portal, &number).await;
        assert_eq!((kept.stage, kept.correction_due_on, kept.holder), (Stage::VisitNeeded, None, None));
        assert_eq!(newest_mail(portal).await.unwrap().1, "VisitNeeded ja");
        assert_eq!(done(portal, &first, &number, Order::Visited).await, Stage::InReview);
    }
}

#[tokio::test]
async fn an_imported_case_is_corrected_as_a_new_revision_with_the_same_answers() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let (first, second) = (clerk(portal, 1).await, clerk(portal, 2).await);
        done(portal, &first, &number, Order::Claim).await;
        done(portal, &first, &number, SEEN).await;
        put(portal, &number, (Stage::Imported, Withdrawal::NotAsked), &first, &first).await;
        // By then the due date lies outside of what a filing of this day may have.
        portal.clock.advance(300 * DAY);
        assert_eq!(done(portal, &second, &number, Order::Correct).await, Stage::InReview);
        let mut items = RawAnswers::default();
        items.set("voucher_number", vec!["2026-0001".to_owned()]);
        done(portal, &second, &number, Order::EditStaffItems(items.clone())).await;
        items.set("high_risk", vec!["rich".to_owned()]);
        let given = order(portal, &second, &number, Order::EditStaffItems(items)).await.unwrap();
        assert!(matches!(given, Given::Refused(Obstacle::StaffItems(errors)) if errors.len() == 1));

        let view = staff_case::view(portal, &first, &number).await.unwrap();
        assert_eq!(view.case.head.rev, 2);
        assert_eq!(view.case.head.accepted_by, None, "the old decision does not stand");
        assert_eq!(view.case.office.staff_items.first("voucher_number"), "2026-0001");
        assert_eq!((view.revised.len(), view.revised[0].fields.len()), (1, 0));
        assert_eq!(view.case.newest().unwrap().raw.first("name"), "髙橋 花子");
    }
}

#[tokio::test]
async fn a_case_shows_what_to_look_at_and_every_look_is_recorded() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let (first, second) = (clerk(portal, 1).await, clerk(portal, 2).await);
        let auditor = at_work(portal, "auditor1", "person9", Roles::AUDITOR).await.staff;
        let view = staff_case::view(portal, &first, &number).await.unwrap();
        assert_eq!(view.flags.iter().map(|raised| raised.flag).collect::<Vec<_>>(), [Flag::NeedsCharacterCheck]);
        let buttons = |view: &staff_case::StaffCase<'_>| view.offers.iter().map(|one| one.kind).collect::<Vec<_>>();
        assert_eq!(buttons(&view), [CommandKind::Claim]);
        done(portal, &first, &number, Order::Claim).await;
        let view = staff_case::view(portal, &first, &number).await.unwrap();
        assert!(buttons(&view).contains(&CommandKind::Accept));
        let accept = view.offers.iter().find(|offer| offer.kind == CommandKind::Accept).unwrap();
        assert_eq!(accept.obstacle, Some(Obstacle::NoEvidence));
        assert_eq!(view.history.len(), 2);
        assert_eq!((&view.history[0].who, view.history[0].command.as_str()), (&Who::Citizen, "submit"));
        assert_eq!(view.history[1].who, Who::Staff("clerk1".to_owned()));
        let view = staff_case::view(portal, &second, &number).await.unwrap();
        assert_eq!(buttons(&view), [], "somebody else holds it");
        assert_eq!(view.holder.as_deref(), Some("clerk1"));

        assert!(matches!(staff_case::view(portal, &auditor, &number).await, Err(FlowError::NotFound)));
        let subject = Subject::Case(head(portal, &number).await.case_id);
        let mut tx = portal.database.read().await.unwrap();
        let entries = audit::of_subject(&mut tx, &subject, 100).await.unwrap();
        let looks = entries.iter().filter(|entry| entry.deed == "case_viewed");
        let outcomes: Vec<&str> = looks.map(|entry| entry.outcome.as_str()).collect();
        assert_eq!(outcomes, ["refused", "done", "done", "done"]);
    }
}

#[tokio::test]
async fn the_queue_opens_the_names_of_its_page_and_counts_each_tab() {
    for one in portals().await {
        let portal = &one.portal;
        let first = clerk(portal, 1).await;
        let mut numbers = Vec::new();
        for browser in 1..=3 {
            numbers.push(file(portal, browser).await.1);
        }
        done(portal, &first, &numbers[1], Order::Claim).await;
        let page = queue::page(portal, &first, Tab::New, None).await.unwrap();
        let shown: Vec<&ReceiptNumber> = page.rows.iter().map(|row| &row.head.receipt_number).collect();
        assert_eq!(shown, [&numbers[0], &numbers[2]], "oldest first");
        assert_eq!(page.rows[0].name.as_deref(), Some("髙橋 花子"));
        assert_eq!(page.rows[0].flags, [Flag::NeedsCharacterCheck]);
        assert_eq!(page.next, None);
        let count = |tab: Tab| page.counts.iter().find(|(one, _)| *one == tab).unwrap().1;
        assert_eq!((count(Tab::New), count(Tab::Mine), count(Tab::Done)), (2, 1, 0));
        let mine = queue::page(portal, &first, Tab::Mine, None).await.unwrap();
        assert_eq!(mine.rows[0].holder.as_deref(), Some("clerk1"));

        let typed = numbers[2].as_str().to_lowercase().replace('-', "");
        assert_eq!(queue::search(portal, &first, &typed).await.unwrap().as_ref(), Some(&numbers[2]));
        assert_eq!(queue::search(portal, &first, "0000").await.unwrap(), None);
        let auditor = at_work(portal, "auditor1", "person9", Roles::AUDITOR).await.staff;
        assert!(matches!(queue::page(portal, &auditor, Tab::New, None).await, Err(FlowError::NotFound)));
        assert!(matches!(queue::search(portal, &auditor, &typed).await, Err(FlowError::NotFound)));
        let mut tx = portal.database.read().await.unwrap();
        let entries = audit::of_actor(&mut tx, &Actor::Staff(first.staff_id), 100).await.unwrap();
        let looks: Vec<&str> =
            entries.iter().filter(|entry| entry.deed == "queue_viewed").map(|entry| entry.detail.as_str()).collect();
        assert_eq!(looks, [r#"{"rows":1,"tab":"mine"}"#, r#"{"rows":2,"tab":"new"}"#]);
    }
}
