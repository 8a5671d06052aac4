#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「電子署名」 A parent signs her filing with a practice card: the whole way over HTTP, and everything that can go wrong on it.

use intake::{
    card::CardFact,
    export::{self, Filing},
    identity::{Level, Method},
    ids::ReceiptNumber,
    signing::CertificateStatus,
    time::MINUTE,
};
use server::{
    demo::practice_provider::CardFault,
    flows::{
        FlowError, case_signature,
        decide::Order,
        staff_case::{self, StaffCase},
    },
    store::audit,
};

use super::{fill_in, page_of_form, send, type_page};
use crate::support::{
    browser::{Browser, inputs},
    page::Page,
    review::{accept, done, two_clerks},
    site::{Site, site, sites_that_sign},
};

const MAIL: &str = "hanako@example.jp";

fn check() -> String {
    page_of_form("check")
}

fn sign() -> String {
    page_of_form("sign")
}

fn call_her(browser: &mut Browser, name: &str) {
    type_page(browser, "name", &inputs(&[("name", name), ("name_kana", "マドグチ ハナコ")])).is(303);
}

/// 窓口 花子, whom the practice provider knows, up to 確認, signed in.
async fn hanako(site: &Site) -> Browser {
    let mut browser = site.browser();
    fill_in(&mut browser);
    call_her(&mut browser, "窓口 花子");
    let born = [("birthdate-year", "1995"), ("birthdate-month", "4"), ("birthdate-day", "1")];
    type_page(&mut browser, "birthdate", &inputs(&born)).is(303);
    site.sign_in(&mut browser, MAIL, &check()).await.leads_to(&check());
    browser
}

/// Goes to the provider, chooses there, and comes back; where she is then.
fn come_back(site: &Site, browser: &mut Browser, chosen: &[(&str, &str)]) -> String {
    let explained = browser.open(&sign());
    assert!(explained.text().contains("5回続けてまちがえると"), "what a wrong PIN does is said before");
    let at_provider = browser.press(&explained, &sign(), &[]).is(303);
    let back = site.choose(&at_provider, chosen);
    browser.get(&back).is(303).location().to_owned()
}

fn sign_as(site: &Site, browser: &mut Browser, person: &str) -> String {
    come_back(site, browser, &[("person", person)])
}

fn press(browser: &mut Browser, button: &str) -> String {
    let page = browser.open(&check());
    browser.press(&page, &check(), &[("signature", button)]).is(303).location().to_owned()
}

fn number(location: &str) -> ReceiptNumber {
    location.strip_prefix("/receipt/").expect("a receipt").parse().unwrap()
}

async fn seen<'a>(site: &'a Site, number: &ReceiptNumber) -> StaffCase<'a> {
    let [clerk, _] = two_clerks_of(site).await;
    staff_case::view(&site.portal, &clerk, number).await.unwrap()
}

async fn two_clerks_of(site: &Site) -> [server::store::staff::Staff; 2] {
    two_clerks(&site.portal).await
}

#[tokio::test(flavor = "multi_thread")]
async fn she_signs_and_sends_and_two_clerks_accept_it_without_seeing_her() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        assert_eq!(sign_as(&site, &mut browser, "hanako"), format!("{}#sign", check()));
        let page = browser.open(&check());
        assert!(page.text().contains("署名しました") && page.text().contains("窓口 花子"));
        let number = number(&press(&mut browser, "with"));

        let clerks = two_clerks_of(&site).await;
        let view = staff_case::view(&site.portal, &clerks[0], &number).await.unwrap();
        let signature = view.signature.as_ref().unwrap();
        assert_eq!(signature.facts.name.as_deref(), Some("窓口 花子"));
        assert!(signature.matched.has(CardFact::Name) && signature.matched.has(CardFact::Birthdate));
        assert_eq!(signature.last_check.unwrap().status, Some(CertificateStatus::Good));
        let evidence = view.case.office.evidence.unwrap();
        assert_eq!((evidence.method, evidence.level()), (Method::Signature, Level::VerifiedSigned));

        done(&site.portal, &clerks[0], &number, Order::Claim).await;
        accept(&site.portal, &clerks, &number).await;
        let head = crate::support::review::head(&site.portal, &number).await;
        let review = export::Review {
            accepted_by: head.accepted_by.unwrap(),
            accepted_at: head.accepted_at.unwrap(),
            confirmed_by: head.confirmed_by.unwrap(),
            confirmed_at: head.confirmed_at.unwrap(),
        };
        let view = staff_case::view(&site.portal, &clerks[0], &number).await.unwrap();
        let filing = Filing {
            id: number,
            rev: 1,
            channel: export::Channel::Portal,
            filed_at: head.filed_at,
            answered_at: head.filed_at,
            municipality: "999997".to_owned(),
            email: None,
            evidence,
            my_number: None,
            epds: None,
            attachments: Vec::new(),
            review,
        };
        let entry = export::build(view.case.form, &view.complete, &view.case.staff_answers().unwrap(), filing);
        assert_eq!((entry.identity.method, entry.identity.level), (Method::Signature, Level::VerifiedSigned));
        assert!(entry.identity.matched.contains(&CardFact::Name));
        assert_eq!(export::recheck(&entry, view.case.form), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_were_changed_after_signing_are_not_sent_with_the_signature() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        sign_as(&site, &mut browser, "hanako");
        let signed = browser.open(&check());
        type_page(&mut browser, "contact", &inputs(&[("phone", "090-0000-9999"), ("phone_hours", "evening")])).is(303);
        // From the page that the browser still has, and from a new one.
        let pressed = browser.press(&signed, &check(), &[("signature", "with")]).is(303);
        assert_eq!(pressed.location(), format!("{}?sign=changed#sign", check()));
        let page = browser.open(&check());
        assert!(page.text().contains("署名が合わなくなりました"));
        assert!(!page.text().contains("署名しました"));

        sign_as(&site, &mut browser, "hanako");
        let number = number(&press(&mut browser, "with"));
        assert!(seen(&site, &number).await.signature.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_may_still_send_without_and_who_did_not_sends_as_ever() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        sign_as(&site, &mut browser, "hanako");
        let number = number(&press(&mut browser, "without"));
        let view = seen(&site, &number).await;
        assert!(view.signature.is_none());
        assert_eq!(view.case.office.evidence.unwrap().method, Method::EmailCode);

        let mut other = site.browser();
        fill_in(&mut other);
        site.sign_in(&mut other, "other@example.jp", &check()).await.leads_to(&check());
        send(&mut other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_signature_carries_nothing_and_both_sides_read_that() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        sign_as(&site, &mut browser, "taro");
        let page = browser.open(&check());
        assert!(page.text().contains("証明書の氏名または生年月日が、入力した内容とちがいます"));
        let number = number(&press(&mut browser, "with"));
        let view = seen(&site, &number).await;
        assert!(!view.signature.unwrap().matched.has(CardFact::Name));
        let evidence = view.case.office.evidence.unwrap();
        assert_eq!((evidence.method, evidence.sufficient()), (Method::EmailCode, None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_with_a_signature_has_its_sentence_and_nothing_is_lost() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        for (fault, word, sentence) in [
            (CardFault::Lapsed, "lapsed", "有効期限が切れています"),
            (CardFault::Revoked, "revoked", "失効しています"),
            (CardFault::WrongKind, "wrong-kind", "署名用ではない証明書"),
            (CardFault::OtherDocument, "refused", "署名を確かめられませんでした"),
            (CardFault::OtherEnvelope, "refused", "署名を確かめられませんでした"),
        ] {
            site.provider().practice.fail_to_sign(Some(fault));
            let back = sign_as(&site, &mut browser, "hanako");
            assert_eq!(back, format!("{}?sign={word}#sign", check()), "{fault:?}");
            let page = Page::of(&browser.get(back.split('#').next().unwrap()).is(200));
            assert!(page.text().contains(sentence), "{fault:?}");
            assert!(page.text().contains("窓口 花子"), "nothing is lost");
        }
        site.provider().practice.fail_to_sign(None);
        let back = come_back(&site, &mut browser, &[("stop", "1")]);
        assert_eq!(back, format!("{}?sign=cancelled#sign", check()));
        send(&mut browser);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_is_said_and_the_filing_can_be_sent() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        site.provider().stop().await;
        let explained = browser.open(&sign());
        let back = browser.press(&explained, &sign(), &[]).is(303);
        assert_eq!(back.location(), format!("{}?sign=unreachable#sign", check()));
        send(&mut browser);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_taken_once_in_time_and_by_who_began_it() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        let explained = browser.open(&sign());
        let to_provider = |browser: &mut Browser| browser.press(&explained, &sign(), &[]).is(303);

        // Twice at once.
        let back = site.choose(&to_provider(&mut browser), &[("person", "hanako")]);
        let back = &back;
        let mut others: Vec<Browser> = (0..10).map(|_| browser.clone()).collect();
        let places: Vec<String> = std::thread::scope(|scope| {
            let ask = |browser: &mut Browser| browser.get(back).is(303).location().to_owned();
            let all: Vec<_> = others.iter_mut().map(|browser| scope.spawn(move || ask(browser))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        let signed = format!("{}#sign", check());
        assert_eq!(places.iter().filter(|place| **place == signed).count(), 1, "{places:?}");
        assert!(places.iter().all(|place| *place == signed || place == "/"));
        assert!(browser.open(&check()).text().contains("署名しました"));

        // As somebody else.
        let back = site.choose(&to_provider(&mut browser), &[("person", "hanako")]);
        let mut other = site.browser();
        site.sign_in(&mut other, "other@example.jp", "/cases").await.leads_to("/cases");
        other.get(&back).leads_to("/");
        browser.get(&back).leads_to("/");
        assert!(!browser.open(&check()).text().contains("署名しました"));

        // Too late.
        let back = site.choose(&to_provider(&mut browser), &[("person", "hanako")]);
        site.portal.clock.advance(10 * MINUTE);
        browser.get(&back).leads_to("/");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_changed_while_she_signs_are_noticed_on_the_way_back() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        let explained = browser.open(&sign());
        let at_provider = browser.press(&explained, &sign(), &[]).is(303);
        call_her(&mut browser, "窓口 華子");
        let back = site.choose(&at_provider, &[("person", "hanako")]);
        assert_eq!(browser.get(&back).is(303).location(), format!("{}?sign=changed#sign", check()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_verified_again_later_and_the_evidence_follows() {
    for site in sites_that_sign().await {
        let mut browser = hanako(&site).await;
        sign_as(&site, &mut browser, "hanako");
        let number = number(&press(&mut browser, "with"));
        let [clerk, _] = two_clerks_of(&site).await;
        let folder = site.portal.config.signing.clone().unwrap().ca_dir;
        let list = folder.join("practice.crl");

        // No list that is fresh: what was known no longer carries.
        std::fs::remove_file(&list).unwrap();
        site.portal.clock.advance(MINUTE);
        case_signature::verify_again(&site.portal, &clerk, &number).await.unwrap();
        let view = staff_case::view(&site.portal, &clerk, &number).await.unwrap();
        assert_eq!(view.signature.unwrap().last_check.unwrap().status, Some(CertificateStatus::Unknown));
        assert_eq!(view.case.office.evidence.unwrap().method, Method::EmailCode);

        // A list again.
        let authority = crate::jpki::authority();
        std::fs::write(&list, authority.list(&[], site.portal.clock.now()).unwrap()).unwrap();
        site.portal.clock.advance(MINUTE);
        case_signature::verify_again(&site.portal, &clerk, &number).await.unwrap();
        let view = staff_case::view(&site.portal, &clerk, &number).await.unwrap();
        assert_eq!(view.case.office.evidence.unwrap().level(), Level::VerifiedSigned);
        let entries = audit::after(&mut site.portal.database.read().await.unwrap(), 0, 1_000).await.unwrap();
        let verified: Vec<&str> =
            entries.iter().filter(|one| one.deed == "signature_verified").map(|one| one.detail.as_str()).collect();
        assert_eq!(verified, [r#"{"result":"unknown"}"#, r#"{"result":"good"}"#]);
        audit::verify(&mut site.portal.database.read().await.unwrap()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_not_offered_there_is_no_trace_of_it() {
    let site = site().await;
    let mut browser = hanako(&site).await;
    assert!(!browser.open(&check()).text().contains("署名"));
    browser.get(&sign()).is(404);
    browser.get("/sign/callback?state=x&code=y").is(404);
    browser.post(&sign(), &inputs(&[("draft", "x")])).is(404);
    let number: ReceiptNumber = send(&mut browser).parse().unwrap();
    let [clerk, _] = two_clerks_of(&site).await;
    let refused = case_signature::verify_again(&site.portal, &clerk, &number).await;
    assert!(matches!(refused, Err(FlowError::NotVerifiable)));
}
