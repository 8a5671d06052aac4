//! A filing of a test, decided on by two clerks.

use intake::{
    access::Roles,
    answers::RawAnswers,
    case::Stage,
    identity::{NumberDocument, PersonDocument, Sight},
    ids::ReceiptNumber,
};
use server::{
    flows::decide::{Given, Notice, Order, give},
    portal::Portal,
    store::{
        case::{self, CaseHead},
        outbox::MailPayload,
        staff::Staff,
    },
};

use super::{portal::letter, staff::at_work};

fn notice(notice: Notice, locale: &str) -> MailPayload {
    letter(&format!("{notice:?} {locale}"))
}

/// Two clerks who are two people.
pub async fn two_clerks(portal: &Portal) -> [Staff; 2] {
    let first = at_work(portal, "accepting", "person-a", Roles::CLERK).await.staff;
    [first, at_work(portal, "confirming", "person-b", Roles::CLERK).await.staff]
}

/// Two public health nurses who are two people.
pub async fn two_nurses(portal: &Portal) -> [Staff; 2] {
    let first = at_work(portal, "nurse-a", "person-c", Roles::NURSE).await.staff;
    [first, at_work(portal, "nurse-b", "person-d", Roles::NURSE).await.staff]
}

/// The case of a receipt number.
pub async fn head(portal: &Portal, number: &ReceiptNumber) -> CaseHead {
    case::find_by_receipt_number(&mut portal.database.read().await.unwrap(), number).await.unwrap().unwrap()
}

/// Gives an order that is carried out.
pub async fn done(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Stage {
    let version = head(portal, number).await.version;
    match give(portal, staff, number, version, &order, &notice).await.unwrap() {
        Given::Done(stage) => stage,
        Given::Refused(obstacle) => panic!("{obstacle:?}"),
    }
}

/// What a clerk records of somebody whose card was seen.
pub fn seen() -> Order {
    Order::RecordIdentity(Sight::of(NumberDocument::MyNumberCard, PersonDocument::MyNumberCard).and_met())
}

/// Takes a filing that has arrived to `confirmed`.
pub async fn confirm(portal: &Portal, [first, second]: &[Staff; 2], number: &ReceiptNumber) {
    let mut items = RawAnswers::default();
    items.set("voucher_number", vec!["26-0001".to_owned()]);
    let orders = [Order::Claim, seen(), Order::EditStaffItems(items)];
    for order in orders {
        done(portal, first, number, order).await;
    }
    accept(portal, &[first.clone(), second.clone()], number).await;
}

/// Accepts and confirms a case that the first clerk holds.
pub async fn accept(portal: &Portal, [first, second]: &[Staff; 2], number: &ReceiptNumber) {
    done(portal, first, number, Order::Accept).await;
    assert_eq!(done(portal, second, number, Order::Confirm).await, Stage::Confirmed);
}
