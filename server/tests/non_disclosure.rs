#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「不開示」 支援措置: no byte of where she lives leaves for who may not read it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::access::{Role, Roles};
use server::{
    flows::{
        FlowError,
        decide::Order,
        draft::{self, Typist},
        non_disclosure::{Disclosure, mark},
        paper_scan::open_for_staff,
        staff_case,
    },
    store::{audit, case, draft::DraftOwner},
};

use crate::support::{
    filing::file,
    http::{Browser, Site, sites},
    papers::{filed_with, photo},
    portal::portals,
    review::{done, two_clerks, two_nurses},
    staff::{at_work, hire, sign_in},
};

/// Whatever says where the sample parent lives, and how she is reached.
const CANARIES: [&str; 3] = ["𠮷田町", "100-0001", "090-1234-5678"];

async fn at_the_desk(site: &Site, user_id: &str, roles: impl Into<Roles>) -> Browser {
    let member = hire(&site.portal, user_id, user_id, roles).await;
    let session = sign_in(&site.portal, &member).await;
    let mut browser = site.browser();
    browser.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_tells_where_she_lives_but_to_the_holder_the_confirmer_and_a_nurse() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let home = format!("/staff/cases/{number}");
        let mut holder = at_the_desk(&site, "holder", Role::Reviewer).await;
        let mut other = at_the_desk(&site, "other", Role::Reviewer).await;
        let mut confirmer = at_the_desk(&site, "confirmer", Role::Confirmer).await;
        let mut nurse = at_the_desk(&site, "nurse", Roles::NURSE).await;
        let told = |body: &str| CANARIES.iter().filter(|canary| body.contains(**canary)).count();
        assert_eq!(told(&other.get(&home).await.body), 3, "it is not marked yet");
        let version = holder.get(&home).await.value("input[name=version]", "value");
        holder.post(&format!("{home}/claim"), &[("version", &version)]).await;
        assert_eq!(holder.post(&format!("{home}/non-disclosure"), &[("marked", "yes")]).await.leads_to(), home);
        for browser in [&mut holder, &mut confirmer, &mut nurse] {
            let page = browser.get(&home).await;
            assert!(page.body.contains("支援措置：住所などは不開示です"));
            assert_eq!(told(&page.body), 3);
        }
        for path in [home.as_str(), "/staff/queue?tab=new", "/staff/queue?tab=mine", "/staff/queue?tab=second"] {
            assert_eq!(told(&other.get(path).await.body), 0, "{path}");
        }
        let page = other.get(&home).await;
        assert!(page.body.contains("（不開示）") && page.body.contains("支援措置：住所などは不開示です"));
        assert_eq!(other.post(&format!("{home}/non-disclosure"), &[("marked", "no")]).await.status, 404);
        assert_eq!(holder.post(&format!("{home}/non-disclosure"), &[("marked", "no")]).await.leads_to(), home);
        assert_eq!(told(&other.get(&home).await.body), 3);
    }
}

#[tokio::test]
async fn what_is_marked_begins_no_further_form_and_opens_no_photo_for_who_may_not() {
    for one in portals().await {
        let portal = &one.portal;
        let [clerk, _] = two_clerks(portal).await;
        let [nurse, _] = two_nurses(portal).await;
        let (account, number) = filed_with(portal, 9, &[photo(1)]).await;
        mark(portal, &clerk, &number, true).await.unwrap();
        mark(portal, &clerk, &number, true).await.unwrap();
        let reviewer = at_work(portal, "reviewer", "person-r", Role::Reviewer).await.staff;
        let view = staff_case::view(portal, &reviewer, &number).await.unwrap();
        assert_eq!(view.disclosure, Disclosure::Hidden);
        let paper = view.papers[0].0.paper_id;
        assert!(!view.papers[0].1);
        assert!(matches!(open_for_staff(portal, &reviewer, &number, paper).await, Err(FlowError::NotFound)));
        assert!(open_for_staff(portal, &nurse, &number, paper).await.is_ok());
        done(portal, &reviewer, &number, Order::Claim).await;
        let view = staff_case::view(portal, &reviewer, &number).await.unwrap();
        assert_eq!(view.disclosure, Disclosure::Readable, "who holds it needs it");

        let typist = Typist { owner: DraftOwner::Account(account), session: [7; 32] };
        let begun = draft::begin(portal, &typist, &"questionnaire".parse().unwrap(), "ja").await.unwrap();
        assert_eq!((begun.raw.first("address"), begun.raw.first("phone")), ("", ""));
        assert_ne!(begun.raw.first("name"), "");

        let auditor = at_work(portal, "auditor", "person-x", Roles::AUDITOR).await.staff;
        assert!(matches!(mark(portal, &auditor, &number, false).await, Err(FlowError::NotFound)));
        let mut tx = portal.database.read().await.unwrap();
        let case = case::find_by_receipt_number(&mut tx, &number).await.unwrap().unwrap();
        let entries = audit::of_subject(&mut tx, &audit::Subject::Case(case.case_id), 100).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.deed == "non_disclosure_marked").count(), 1, "pressed twice");
        audit::verify(&mut tx).await.unwrap();
    }
}
