#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「引渡しの突合」 Day by day, what was confirmed and what became of it; what comes back with a receipt; which destination gets what.

use handover::{DestinationKeys, Outcome, Recorded};
use intake::{access::Roles, case::Stage, time::DAY};
use server::{
    flows::{
        FlowError, filings, hand_over,
        reconciliation::{self, Day},
        staff_case,
        take_receipt::Taken,
    },
    portal::Portal,
    worker,
};

use crate::support::{
    back_office::{BackOffice, carried, deeds, seal, stage, take},
    filing::{file, file_epds},
    portal::portals,
    review::{confirm, head, two_clerks, two_nurses},
    staff::at_work,
};

async fn kinds(portal: &Portal, staff: &server::store::staff::Staff) -> Vec<(&'static str, Option<String>)> {
    let lines = reconciliation::view(portal, staff).await.unwrap().lines;
    lines.iter().map(|line| (line.difference.as_str(), line.difference.reason().map(str::to_owned))).collect()
}

#[tokio::test]
async fn confirmed_is_handed_over_and_handed_over_is_imported_held_or_rejected() {
    for one in portals().await {
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        for browser in 1..=4 {
            let (_, number) = file(portal, browser).await;
            confirm(portal, &clerks, &number).await;
        }
        seal(portal).await.unwrap();
        let batch = office.read(&carried(portal, 1).await);
        let results = [(0, Outcome::Imported), (1, Outcome::Held), (2, Outcome::Rejected)];
        take(portal, &office.receipt(&batch, "1", &results, portal.clock.now())).await.unwrap();
        let (_, late) = file(portal, 5).await;
        confirm(portal, &clerks, &late).await;

        let found = reconciliation::view(portal, &clerks[0]).await.unwrap();
        let day = Day { confirmed: 5, handed_over: 4, imported: 1, held: 1, rejected: 1, unanswered: 1, withdrawn: 0 };
        assert_eq!(found.days, [(portal.clock.now().date_in_japan(), day)]);
        let several = Some("several".to_owned());
        let mut expected =
            vec![("held", several.clone()), ("rejected", several.clone()), ("unanswered", None), ("waiting", None)];
        let mut seen = kinds(portal, &clerks[0]).await;
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected);
        let rejected = &batch.entries[2].entry.id;
        let page = staff_case::view(portal, &clerks[0], rejected).await.unwrap();
        assert_eq!(page.came_back.as_deref(), Some("several"), "staff read why on the page of the case");

        portal.clock.advance(14 * DAY);
        assert!(kinds(portal, &clerks[0]).await.contains(&("overdue", None)));
        worker::seal_confirmed(portal).await.unwrap();
        let told = portal.metrics.text();
        assert!(told.contains("madoguchi_entries_overdue 1"), "{told}");
        assert!(told.contains("madoguchi_entries_unanswered 2"), "{told}");
        assert!(deeds(portal).await.contains(&"handover_viewed".to_owned()));
    }
}

#[tokio::test]
async fn an_epds_is_a_line_and_a_number_for_nurses_only() {
    for one in portals().await {
        let portal = &one.portal;
        BackOffice::of(portal).await;
        let nurses = two_nurses(portal).await;
        let (_, number) = file_epds(portal, 1, [1; 10]).await;
        confirm(portal, &nurses, &number).await;
        seal(portal).await.unwrap();
        let nurse = reconciliation::view(portal, &nurses[0]).await.unwrap();
        assert_eq!((nurse.days.len(), nurse.lines.len()), (1, 1));
        for role in [Roles::CLERK, Roles::ADMINISTRATOR, Roles::AUDITOR] {
            let other = at_work(portal, &format!("{role}"), &format!("person-{role}"), role).await.staff;
            let seen = reconciliation::view(portal, &other).await.unwrap();
            assert_eq!((seen.days.len(), seen.lines.len()), (0, 0), "{role}");
        }
    }
}

#[tokio::test]
async fn what_the_office_recorded_comes_back_as_a_revision_once_and_only_what_the_city_wants() {
    for wants in [false, true] {
        for mut one in portals().await {
            one.portal.config.parent_child_number = wants;
            let portal = &one.portal;
            let mut office = BackOffice::of(portal).await;
            let clerks = two_clerks(portal).await;
            let (_, number) = file(portal, 1).await;
            confirm(portal, &clerks, &number).await;
            seal(portal).await.unwrap();
            let batch = office.read(&carried(portal, 1).await);
            let recorded = Recorded {
                handbook_number: Some("26-000123".to_owned()),
                handbook_issued_on: "2026-11-24".parse().ok(),
                parent_child_number: Some("OYAKO-1".to_owned()),
            };
            let results = [(0, Outcome::Imported)];
            let plain = office.receipt(&batch, "1", &results, portal.clock.now());
            assert_eq!(take(portal, &plain).await.unwrap(), Taken::Now(1));
            let telling = office.telling(&batch, "2", &results, portal.clock.now(), Some(&recorded));
            assert_eq!(take(portal, &telling).await.unwrap(), Taken::Now(0), "it is news of its own");
            let kept = head(portal, &number).await;
            assert_eq!((kept.stage, kept.rev), (Stage::Imported, 2));
            assert_eq!(take(portal, &telling).await.unwrap(), Taken::Before);
            assert_eq!(head(portal, &number).await.rev, 2);
            let page = staff_case::view(portal, &clerks[0], &number).await.unwrap();
            let items = &page.case.office.staff_items;
            assert_eq!((items.first("handbook_number"), items.first("handbook_issued_on-day")), ("26-000123", "24"));
            assert_eq!(items.first("voucher_number"), "26-0001", "what staff had typed stays");
            let told = page.case.office.parent_child_number.as_deref();
            assert_eq!(told, wants.then_some("OYAKO-1"), "kept only where the city wants it");
            assert_eq!(deeds(portal).await.iter().filter(|deed| *deed == "items_recorded").count(), 1);
        }
    }
}

#[tokio::test]
async fn each_form_goes_to_the_destination_that_is_named_and_what_has_none_is_said() {
    for mut one in portals().await {
        one.portal.config.handover_destinations = vec![("epds".parse().unwrap(), "hoken".parse().unwrap())];
        let portal = &one.portal;
        let mut office = BackOffice::of(portal).await;
        let nurses = two_nurses(portal).await;
        let (account, epds) = file_epds(portal, 1, [1; 10]).await;
        let notification = filings::list(portal, account).await.unwrap();
        let notification = notification.iter().find(|head| head.receipt_number != epds).unwrap().receipt_number.clone();
        confirm(portal, &nurses, &notification).await;
        confirm(portal, &nurses, &epds).await;
        assert_eq!(worker::seal_confirmed(portal).await.unwrap(), 1);
        assert_eq!(office.read(&carried(portal, 1).await).entries[0].entry.id, notification);
        assert_eq!(stage(portal, &epds).await, Stage::Confirmed);
        assert!(kinds(portal, &nurses[0]).await.contains(&("waiting", Some("no_destination".to_owned()))));

        let hoken = DestinationKeys::generate("hoken".parse().unwrap());
        hand_over::add_destination(portal, &hoken.public().to_json()).await.unwrap();
        assert_eq!(worker::seal_confirmed(portal).await.unwrap(), 1);
        assert_eq!(stage(portal, &epds).await, Stage::HandedOver);
        let nowhere = hand_over::seal_batch(portal, &"nobody".parse().unwrap()).await;
        assert!(matches!(nowhere, Err(FlowError::NotFound)));
    }
}
