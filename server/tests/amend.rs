#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「職権訂正」 The office puts right what was declared; what was filed stays beside it.

use intake::{
    case::{AmendReason, Stage},
    identity::{Compared, ComparedWith, Fact, Finding, Findings, NumberDocument, PersonDocument, Sight},
    ids::ReceiptNumber,
    value::ValueError,
};
use server::{
    flows::{
        FlowError,
        amend::{Amendment, can_be_amended},
        decide::{Given, Notice, Obstacle, Order, give},
        filings, staff_case,
        staff_case::Who,
    },
    portal::Portal,
    store::{audit, outbox::MailPayload, staff::Staff},
};

use crate::support::{
    filing::{file, file_epds},
    portal::{letter, newest_mail, portals},
    review::{done, head, seen, two_clerks, two_nurses},
};

fn notice(notice: Notice, locale: &str) -> MailPayload {
    letter(&format!("{notice:?} {locale}"))
}

async fn order(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Result<Given, FlowError> {
    let version = head(portal, number).await.version;
    give(portal, staff, number, version, &order, &notice).await
}

fn amend(field: &str, inputs: &[(&str, &str)], note: &str) -> Order {
    let sent = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let (field, reason) = (field.parse().unwrap(), AmendReason::Document);
    Order::Amend(Amendment { field, sent, reason, note: note.to_owned() })
}

#[tokio::test]
async fn the_office_puts_a_name_right_and_what_was_filed_stays_beside_it() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, number) = file(portal, 1).await;
        let [first, second] = two_clerks(portal).await;
        done(portal, &first, &number, Order::Claim).await;
        let findings = Findings::of(|fact| if fact == Fact::Name { Finding::Different } else { Finding::Same });
        let compared = Compared { with: ComparedWith::PersonDocument, findings: findings.unwrap() };
        let sight = Sight::of(NumberDocument::Later, PersonDocument::Passport).and_compared(compared);
        done(portal, &first, &number, Order::RecordIdentity(sight)).await;
        let before = staff_case::view(portal, &first, &number).await.unwrap();
        let filed = before.case.newest().unwrap().raw.first("name").to_owned();
        portal.clock.advance(1_000_000);
        done(portal, &first, &number, amend("name", &[("name", "高橋 花子")], "免許証の表記")).await;

        let view = staff_case::view(portal, &second, &number).await.unwrap();
        let names: Vec<&str> = view.case.revisions.iter().map(|one| one.raw.first("name")).collect();
        assert_eq!(names, [&filed, "高橋 花子"], "the first revision is as it was filed");
        let revised = &view.revised[0];
        assert_eq!((revised.rev, &revised.who), (2, &Who::Staff("accepting".to_owned())));
        assert_eq!(revised.fields, ["name".parse().unwrap()]);
        assert_eq!(revised.at, portal.clock.now(), "when it was put right, not the day of its rules");
        assert_eq!(view.complete.day(), before.complete.day(), "by the rules of the day of the filing");
        assert_eq!(done(portal, &first, &number, Order::Accept).await, Stage::Accepted, "the difference is settled");

        let shown = filings::view(portal, account, &number).await.unwrap();
        let [(at, fields, reason)] = shown.amended.as_slice() else { panic!("one is told") };
        assert_eq!((*at, fields.as_slice()), (portal.clock.now(), &["name".parse().unwrap()][..]));
        assert_eq!(*reason, AmendReason::Document);
        assert_eq!(newest_mail(portal).await.unwrap().1, "Amended ja");

        let mut tx = portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
        let entry = entries.iter().find(|entry| entry.deed == "command.amend").unwrap();
        let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap();
        assert_eq!((detail["old"].as_str().unwrap().len(), detail["rev"].as_i64()), (64, Some(2)));
        assert_ne!(detail["old"], detail["new"]);
        assert!(!entry.detail.contains("花子"));
    }
}

#[tokio::test]
async fn what_is_private_who_files_and_what_stays_the_same_are_not_the_offices_to_change() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let [first, second] = two_clerks(portal).await;
        let early = order(portal, &first, &number, amend("name", &[("name", "高橋 花子")], "")).await;
        assert!(matches!(early, Err(FlowError::Changed(Stage::Submitted))), "nobody holds it");
        done(portal, &first, &number, Order::Claim).await;
        let other = order(portal, &second, &number, amend("name", &[("name", "高橋 花子")], "")).await.unwrap();
        assert_eq!(other, Given::Refused(Obstacle::HeldByAnother));
        let view = staff_case::view(portal, &first, &number).await.unwrap();
        let form = view.case.form;
        let kept: Vec<&str> =
            form.fields().filter(|(_, field)| !can_be_amended(field)).map(|(_, field)| field.id.as_str()).collect();
        assert!(kept.contains(&"filer") && form.fields().all(|(_, it)| !it.private || kept.contains(&it.id.as_str())));
        for field in kept {
            let given = order(portal, &first, &number, amend(field, &[(field, "x")], "")).await.unwrap();
            assert_eq!(given, Given::Refused(Obstacle::NothingAmended), "{field}");
        }
        let same = view.case.newest().unwrap().raw.first("name");
        let given = order(portal, &first, &number, amend("name", &[("name", same)], "")).await.unwrap();
        assert_eq!(given, Given::Refused(Obstacle::NothingAmended));
        let given = order(portal, &first, &number, amend("name", &[("name", "")], "")).await.unwrap();
        let Given::Refused(Obstacle::Answers(errors)) = given else { panic!("{given:?}") };
        assert_eq!((errors[0].input.as_str(), errors[0].error), ("name", ValueError::Missing));
        let given = order(portal, &first, &number, amend("name", &[("name", "123456789018")], "")).await.unwrap();
        let Given::Refused(Obstacle::Answers(errors)) = given else { panic!("{given:?}") };
        assert_eq!(errors[0].error, ValueError::MyNumber, "no number comes in this way");
        let long = amend("name", &[("name", "高橋 花子")], &"長".repeat(301));
        assert_eq!(order(portal, &first, &number, long).await.unwrap(), Given::Refused(Obstacle::Because));
        assert_eq!(head(portal, &number).await.rev, 1);
    }
}

#[tokio::test]
async fn an_answer_of_the_epds_is_nobodys_to_put_right() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file_epds(portal, 1, [1; 10]).await;
        let [nurse, _] = two_nurses(portal).await;
        done(portal, &nurse, &number, Order::Claim).await;
        let view = staff_case::view(portal, &nurse, &number).await.unwrap();
        let items = view.case.form.epds_items();
        assert_eq!(items.len(), 10);
        for (_, item) in items {
            let id = item.id.as_str();
            let given = order(portal, &nurse, &number, amend(id, &[(id, "a")], "")).await.unwrap();
            assert_eq!(given, Given::Refused(Obstacle::NothingAmended), "{id}");
        }
    }
}

#[tokio::test]
async fn what_was_seen_stays_seen_where_something_else_is_put_right() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file(portal, 1).await;
        let [first, _] = two_clerks(portal).await;
        done(portal, &first, &number, Order::Claim).await;
        done(portal, &first, &number, seen()).await;
        done(portal, &first, &number, amend("phone", &[("phone", "090-1234-5679")], "")).await;
        assert_eq!(done(portal, &first, &number, Order::Accept).await, Stage::Accepted);
    }
}
