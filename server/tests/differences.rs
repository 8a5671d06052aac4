#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「照合」 What differs from what was declared stands in the way of an acceptance.

use intake::{
    case::{CommandKind, CorrectionRequest, Stage},
    identity::{Compared, ComparedWith, Fact, Finding, Findings, NumberDocument, PersonDocument, Sight},
    ids::ReceiptNumber,
};
use server::{
    flows::{
        correction::{self, Resubmitted},
        decide::{Given, Notice, Obstacle, Order, give},
        staff_case,
    },
    portal::Portal,
    store::{
        audit,
        case::{self, StageChange},
        outbox::MailPayload,
        staff::Staff,
    },
};

use crate::support::{
    filing::file,
    portal::{letter, portals},
    review::{done, head, seen, two_clerks},
};

fn notice(notice: Notice, locale: &str) -> MailPayload {
    letter(&format!("{notice:?} {locale}"))
}

async fn order(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Given {
    let version = head(portal, number).await.version;
    give(portal, staff, number, version, &order, &notice).await.unwrap()
}

/// Seen with a licence on which these facts differ.
fn seen_differing(differs: &[Fact]) -> Order {
    let findings = Findings::of(|fact| if differs.contains(&fact) { Finding::Different } else { Finding::Same });
    let compared = Compared { with: ComparedWith::PersonDocument, findings: findings.unwrap() };
    let sight = Sight::of(NumberDocument::MyNumberCard, PersonDocument::DrivingLicence).and_compared(compared);
    Order::RecordIdentity(sight)
}

fn because(fact: Fact, text: &str) -> Order {
    Order::SettleDifference(fact, text.to_owned())
}

#[tokio::test]
async fn what_differs_stands_in_the_way_until_somebody_says_why_it_is_she() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let [first, second] = two_clerks(portal).await;
        done(portal, &first, &number, Order::Claim).await;
        done(portal, &first, &number, seen_differing(&[Fact::Name, Fact::Address])).await;
        let refused = Given::Refused(Obstacle::DifferenceOpen);
        assert_eq!(order(portal, &first, &number, Order::Accept).await, refused);
        let view = staff_case::view(portal, &first, &number).await.unwrap();
        let accept = view.offers.iter().find(|offer| offer.kind == CommandKind::Accept).unwrap();
        assert_eq!(accept.obstacle, Some(Obstacle::DifferenceOpen), "the page says it before");

        let reason = "旧姓が併記された運転免許証を見た";
        let tried = order(portal, &second, &number, because(Fact::Name, reason)).await;
        assert_eq!(tried, Given::Refused(Obstacle::HeldByAnother));
        for (fact, text, obstacle) in [
            (Fact::Name, "  ", Obstacle::Because),
            (Fact::Name, &*"長".repeat(301), Obstacle::Because),
            (Fact::Kana, reason, Obstacle::NoDifference),
        ] {
            assert_eq!(order(portal, &first, &number, because(fact, text)).await, Given::Refused(obstacle));
        }
        done(portal, &first, &number, because(Fact::Name, reason)).await;
        assert_eq!(order(portal, &first, &number, Order::Accept).await, refused, "the address differs still");
        done(portal, &first, &number, because(Fact::Address, "転入の届出を同じ日に受けた 123456789018")).await;
        assert_eq!(done(portal, &first, &number, Order::Accept).await, Stage::Accepted);

        let view = staff_case::view(portal, &second, &number).await.unwrap();
        let said = serde_json::to_string(&view.history.last().unwrap().detail).unwrap();
        let settled = view.history.iter().filter(|step| step.command == "settle_difference");
        let told: Vec<String> = settled.map(|step| serde_json::to_string(&step.detail).unwrap()).collect();
        assert!(told[0].contains(reason) && !said.contains(reason));
        assert!(!told[1].contains("123456789018"), "no number is kept: {}", told[1]);
        let mut tx = portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
        assert!(entries.iter().any(|entry| entry.detail == r#"{"reason":"difference_open"}"#));
        assert!(entries.iter().all(|entry| !entry.detail.contains("旧姓")), "why is sealed with the case");
    }
}

#[tokio::test]
async fn the_database_too_accepts_nothing_while_a_difference_is_open() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let [first, _] = two_clerks(portal).await;
        done(portal, &first, &number, Order::Claim).await;
        for (differs, is_taken) in [(&[Fact::Birthdate][..], false), (&[], true)] {
            done(portal, &first, &number, seen_differing(differs)).await;
            let (kept, now) = (head(portal, &number).await, portal.clock.now());
            let change = StageChange {
                stage: Stage::Accepted,
                holder: Some(first.staff_id),
                proposed_by: None,
                accepted: Some((first.staff_id, now)),
                confirmed: None,
                correction_due_on: None,
                rev: kept.rev,
                withdrawal_asked_at: None,
                withdrawal_proposed_by: None,
                identity: kept.identity,
                proxy: None,
                at: now,
            };
            let mut tx = portal.database.write().await.unwrap();
            assert_eq!(
                case::update_stage(&mut tx, portal.deadlines(), kept.case_id, kept.version, &change).await.is_ok(),
                is_taken
            );
        }
    }
}

#[tokio::test]
async fn who_sends_another_name_after_she_was_seen_is_compared_again() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file(portal, 1).await;
        let [first, _] = two_clerks(portal).await;
        done(portal, &first, &number, Order::Claim).await;
        done(portal, &first, &number, seen()).await;
        let fields = vec![("name".parse().unwrap(), "読めません".to_owned())];
        let asked = CorrectionRequest::new(fields, "2026-12-07".parse().unwrap());
        done(portal, &first, &number, Order::SendBack(asked)).await;
        let version = head(portal, &number).await.version;
        let sent = [("name".to_owned(), "別 人子".to_owned())];
        let resubmitted = correction::resubmit(portal, account, &number, version, &sent).await.unwrap();
        assert!(matches!(resubmitted, Resubmitted::Sent));
        done(portal, &first, &number, Order::Claim).await;
        let given = order(portal, &first, &number, Order::Accept).await;
        assert_eq!(given, Given::Refused(Obstacle::DifferenceOpen), "nobody has compared this name");
        let view = staff_case::view(portal, &first, &number).await.unwrap();
        assert_eq!((view.seen_rev, view.revised[0].fields.len()), (None, 1));
        let again = staff_case::view(portal, &first, &number).await.unwrap();
        assert_eq!(again.seen_rev, Some(2), "the page knows what she was shown");
        done(portal, &first, &number, seen()).await;
        assert_eq!(done(portal, &first, &number, Order::Accept).await, Stage::Accepted);
    }
}
