#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「マイナアプリ」 Sign-in with a card: the portal and the practice provider, both over HTTP, and a browser without script between them.
//! Invariant: whatever the provider does wrong is refused with a sentence of its own, and nothing typed is lost.

use std::{
    collections::BTreeSet,
    sync::{Arc, Barrier},
    thread,
};

use app::text::Locale;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    access::Roles,
    card::CardFact,
    case::CorrectionRequest,
    identity::{Evidence, Level, Method},
};
use server::{
    demo::practice_provider::{Fault, RealmName},
    flows::{decide::Order, staff_case},
};

use super::{FORM, begin, fill_in, page_of_form, send, type_page, type_pages, whole};
use crate::support::{
    browser::{self, Browser, inputs},
    card_provider::CLIENT_ID,
    page::Page,
    review::{done, two_clerks},
    site::{Site, site, sites_with_cards},
    staff::{at_work, hire, sign_in},
};

const CHECK: &str = "/apply/pregnancy_notification/check";

/// The pages before the name.
fn to_the_name(browser: &mut Browser) {
    begin(browser);
    type_pages(browser, &whole()[..2]);
}

/// The sentence that stands in a page under a key.
fn says(page: &Page, key: &str) -> bool {
    page.text().contains(&Locale::Ja.say(key))
}

/// The staff's page of a case.
async fn staff_page(site: &Site, number: &str) -> Page {
    let member = hire(&site.portal, &format!("c{}", rand::random::<u32>()), "person", Roles::CLERK).await;
    let token = sign_in(&site.portal, &member).await;
    let mut desk = site.browser();
    desk.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(token));
    desk.open(&format!("/staff/cases/{number}"))
}

/// What the case of a receipt number carries.
async fn evidence(site: &Site, number: &str) -> Evidence {
    let clerk = at_work(&site.portal, &format!("c{}", rand::random::<u32>()), "person", Roles::CLERK).await;
    let view = staff_case::view(&site.portal, &clerk.staff, &number.parse().unwrap()).await.unwrap();
    view.case.office.evidence.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_card_asks_for_a_mail_address_once_and_signs_in_alone_ever_after() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        to_the_name(&mut browser);
        let back = page_of_form("name");
        site.by_new_card(&mut browser, "hanako", "hanako@example.jp", &back).await.leads_to(&back);
        let name = browser.open(&back);
        assert_eq!(name.value(&back, "name"), "窓口 花子", "the card's stands in the field");
        assert!(says(&name, "card-field"));
        let first = browser.cookies["session"].clone();

        let mut phone = site.browser();
        site.by_card(&mut phone, "hanako", "/cases").leads_to("/cases");
        phone.open("/cases");
        assert!(phone.open("/account").text().contains("hanako@example.jp"));
        assert_ne!(phone.cookies["session"], first);
        // The draft that was begun in the other browser is hers here too.
        phone.open(&back);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agrees_carries_the_acceptance_and_what_differs_does_not() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        site.by_new_card(&mut browser, "hanako", "hanako@example.jp", CHECK).await.leads_to(CHECK);
        // She typed another name and another address: both texts are there, and hers stay.
        let check = browser.open(CHECK);
        for text in ["髙橋 花子", "窓口 花子", "窓口市𠮷田町1-2-3", "窓口市架空町1-2-3"] {
            assert!(check.text().contains(text), "{text}");
        }
        assert!(says(&check, "card-check-differs"));
        let mut other = browser.clone();
        // One press takes the card's name.
        browser.post("/apply/pregnancy_notification/card", &inputs(&[("field", "name")])).leads_to(CHECK);
        let check = browser.open(CHECK);
        assert!(says(&check, "card-check-agrees") && !check.text().contains("髙橋 花子"));
        let number = send(&mut browser);
        let found = evidence(&site, &number).await;
        assert_eq!((found.method, found.level()), (Method::Mynaapp, Level::VerifiedRemote));
        assert_eq!(found.matched.facts(), [CardFact::Name, CardFact::Birthdate]);
        assert!(found.sufficient().is_some());
        let page = staff_page(&site, &number).await;
        for key in ["identity-card", "identity-card-enough", "identity-card-different", "identity-card-sex-female"] {
            assert!(says(&page, key), "{key}");
        }
        assert!(page.text().contains("窓口市架空町1-2-3") && page.text().contains("届出：窓口市𠮷田町1-2-3"));

        // The same again, with what she typed kept.
        begin(&mut other);
        type_pages(&mut other, &whole());
        let number = send(&mut other);
        let found = evidence(&site, &number).await;
        assert_eq!((found.level(), found.matched.facts()), (Level::Returning, vec![CardFact::Birthdate]));
        assert!(found.sufficient().is_none());
        assert!(says(&staff_page(&site, &number).await, "identity-card-not-enough"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_field_she_takes_the_cards_or_fills_it_in_herself_without_script() {
    let site = sites_with_cards().await.remove(0);
    let mut browser = site.browser();
    to_the_name(&mut browser);
    let name = page_of_form("name");
    let typed = inputs(&[("name", "はなこ"), ("name_kana", "はなこ")]);
    type_page(&mut browser, "name", &typed).is(303);
    site.by_new_card(&mut browser, "hanako", "hanako@example.jp", &name).await.leads_to(&name);
    let page = browser.open(&name);
    assert_eq!(page.value(&name, "name"), "はなこ", "hers stays");
    assert!(says(&page, "card-field-says") && page.text().contains("窓口 花子"));
    let taken = browser.press(&page, &name, &[("then", "card-take.name")]).is(200);
    let page = Page::of(&taken);
    assert_eq!((page.value(&name, "name"), page.value(&name, "name_kana")), ("窓口 花子".into(), "はなこ".into()));
    assert!(says(&page, "card-field"));
    let opened = Page::of(&browser.press(&page, &name, &[("then", "card-open.name")]).is(200));
    assert!(says(&opened, "card-field-take") && !says(&opened, "card-field"));
    browser.press(&opened, &name, &[("name", "窓口 華子"), ("then", "next")]).is(303);
    assert_eq!(browser.open(&name).value(&name, "name"), "窓口 華子");
    // Only what the card speaks of is locked.
    let birthdate = page_of_form("birthdate");
    let page = browser.open(&birthdate);
    assert_eq!(page.value(&birthdate, "birthdate-year"), "1995");
    browser.press(&page, &birthdate, &[("then", "next")]).leads_to(&page_of_form("address"));
    assert_eq!(browser.open(&birthdate).value(&birthdate, "birthdate-day"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_card_of_a_proxy_fills_in_nothing() {
    let site = sites_with_cards().await.remove(0);
    let mut browser = site.browser();
    begin(&mut browser);
    type_page(&mut browser, "who", &inputs(&[("filer", "proxy")])).is(303);
    site.by_new_card(&mut browser, "taro", "taro@example.jp", "/cases").await.leads_to("/cases");
    let name = page_of_form("name");
    assert_eq!(browser.open(&name).value(&name, "name"), "");
}

/// The fault, and the word of the sentence.
const FAULTS: [(Fault, &str); 15] = [
    (Fault::WrongState, "over"),
    (Fault::WrongNonce, "nonce"),
    (Fault::WrongAudience, "audience"),
    (Fault::WrongIssuer, "issuer"),
    (Fault::AlgorithmNone, "algorithm"),
    (Fault::HmacWithPublicKey, "algorithm"),
    (Fault::Forged, "signature"),
    (Fault::UnknownKey, "unknown-key"),
    (Fault::Expired, "expired"),
    (Fault::MissingAcr, "level"),
    (Fault::OtherSubject, "subject"),
    (Fault::OtherUserinfo, "subject"),
    (Fault::CodeUsed, "code-refused"),
    (Fault::ServerError, "broken"),
    (Fault::Slow, "slow"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_provider_is_refused_with_its_sentence_and_nothing_typed_is_lost() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        to_the_name(&mut browser);
        type_page(&mut browser, "name", &inputs(&[("name", "窓口 花子"), ("name_kana", "まどぐち")])).is(303);
        let name = page_of_form("name");
        for (fault, word) in FAULTS {
            let at_provider = site.to_provider(&mut browser, &name).is(303);
            let back = site.choose(&at_provider, &[("person", "hanako"), ("fault", fault.as_str())]);
            let page = Page::of(&browser.get(&back).is(422));
            assert!(says(&page, &format!("card-trouble-{word}")), "{fault:?}: {}", page.text());
            assert!(says(&page, "card-nothing-lost") && page.has_form("/sign-in/mynaapp"));
            assert!(!browser.cookies.contains_key("session"), "{fault:?}");
            assert_eq!(browser.open(&name).value(&name, "name"), "窓口 花子");
        }
        // After all that the same browser signs in.
        site.by_new_card(&mut browser, "hanako", "hanako@example.jp", &name).await.leads_to(&name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_of_the_provider_is_fetched_once_and_known_from_then_on() {
    let site = sites_with_cards().await.remove(0);
    let practice = &site.provider().practice;
    let mut browser = site.browser();
    site.by_new_card(&mut browser, "hanako", "hanako@example.jp", "/cases").await.leads_to("/cases");
    assert_eq!(practice.key_fetches(RealmName::Main), 1);
    site.portal.clock.advance(61_000_000);
    practice.rotate_keys(RealmName::Main);
    site.by_card(&mut browser, "hanako", "/cases").leads_to("/cases");
    site.by_card(&mut browser, "hanako", "/cases").leads_to("/cases");
    assert_eq!(practice.key_fetches(RealmName::Main), 2);
    // Another new one within the same minute has to wait.
    practice.rotate_keys(RealmName::Main);
    let page = Page::of(&site.by_card(&mut browser, "hanako", "/cases").is(422));
    assert!(says(&page, "card-trouble-unknown-key"));
    assert_eq!(practice.key_fetches(RealmName::Main), 2);
    site.portal.clock.advance(60_000_000);
    site.by_card(&mut browser, "hanako", "/cases").leads_to("/cases");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_down_takes_nothing_down_but_itself() {
    let site = sites_with_cards().await.remove(0);
    site.provider().stop().await;
    let mut browser = site.browser();
    fill_in(&mut browser);
    let page = Page::of(&site.to_provider(&mut browser, CHECK).is(422));
    assert!(says(&page, "card-trouble-unreachable"));
    assert!(page.links().contains(&format!("/sign-in?next={CHECK}")), "the other ways are there");
    site.sign_in(&mut browser, "hanako@example.jp", CHECK).await.leads_to(CHECK);
    send(&mut browser);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_goes_down_later_is_still_known_by_what_it_said_before() {
    let site = sites_with_cards().await.remove(0);
    let mut browser = site.browser();
    site.by_new_card(&mut browser, "hanako", "hanako@example.jp", "/cases").await.leads_to("/cases");
    let at_provider = site.to_provider(&mut browser, "/cases").is(303);
    let back = site.choose(&at_provider, &[("person", "hanako")]);
    site.provider().stop().await;
    assert!(says(&Page::of(&browser.get(&back).is(422)), "card-trouble-unreachable"));
    // Its metadata are old by then, and used all the same.
    site.portal.clock.advance(7 * 3_600_000_000);
    site.to_provider(&mut browser, "/cases").is(303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_compared_with_the_card_again() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        site.by_new_card(&mut browser, "hanako", "hanako@example.jp", CHECK).await.leads_to(CHECK);
        browser.post("/apply/pregnancy_notification/card", &inputs(&[("field", "name")])).leads_to(CHECK);
        let number = send(&mut browser);
        assert!(evidence(&site, &number).await.sufficient().is_some());
        let ([clerk, _], receipt) = (two_clerks(&site.portal).await, number.parse().unwrap());
        done(&site.portal, &clerk, &receipt, Order::Claim).await;
        let fields = vec![("name".parse().unwrap(), "読めません".to_owned())];
        let answer_by = "2026-12-10".parse().unwrap();
        done(&site.portal, &clerk, &receipt, Order::SendBack(CorrectionRequest { fields, answer_by })).await;
        let address = format!("/cases/{number}/correct");
        let page = browser.open(&address);
        browser.press(&page, &address, &[("name", "別人 花子")]).is(303);
        let found = evidence(&site, &number).await;
        assert_eq!((found.level(), found.matched.facts()), (Level::Returning, vec![CardFact::Birthdate]));
        assert!(found.sufficient().is_none(), "the name that the card agreed with is not declared any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_uses_of_one_answer_exactly_one_wins() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        site.by_new_card(&mut browser, "hanako", "hanako@example.jp", "/cases").await.leads_to("/cases");
        let at_provider = site.to_provider(&mut browser, "/cases").is(303);
        let back = site.choose(&at_provider, &[("person", "hanako")]);
        let request = browser.request("GET", &back, &[], b"");
        let (together, address) = (Arc::new(Barrier::new(50)), browser.address);
        let presses: Vec<_> = (0..50)
            .map(|_| {
                let (together, request) = (Arc::clone(&together), request.clone());
                thread::spawn(move || {
                    together.wait();
                    browser::exchange(address, &request).unwrap().status
                })
            })
            .collect();
        let told: Vec<u16> = presses.into_iter().map(|press| press.join().unwrap()).collect();
        assert_eq!(told.iter().filter(|status| **status == 303).count(), 1, "{told:?}");
        assert_eq!(told.iter().filter(|status| **status == 422).count(), 49, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_counts_in_its_browser_for_ten_minutes() {
    let site = sites_with_cards().await.remove(0);
    let (mut hers, mut his) = (site.browser(), site.browser());
    let at_provider = site.to_provider(&mut hers, "/cases").is(303);
    let back = site.choose(&at_provider, &[("person", "hanako")]);
    // Somebody who is sent the answer of another's card.
    assert!(says(&Page::of(&his.get(&back).is(422)), "card-trouble-over"), "no cookie");
    site.to_provider(&mut his, "/cases").is(303);
    assert!(says(&Page::of(&his.get(&back).is(422)), "card-trouble-over"), "another browser");
    assert!(says(&Page::of(&hers.get(&back).is(422)), "card-trouble-over"), "it was taken by that");

    let at_provider = site.to_provider(&mut hers, "/cases").is(303);
    let back = site.choose(&at_provider, &[("person", "hanako")]);
    site.portal.clock.advance(600_000_000);
    assert!(says(&Page::of(&hers.get(&back).is(422)), "card-trouble-over"), "ten minutes");

    let at_provider = site.to_provider(&mut hers, "/cases").is(303);
    let back = site.choose(&at_provider, &[("stop", "1")]);
    assert!(says(&Page::of(&hers.get(&back).is(422)), "card-trouble-cancelled"));
    for made_up in ["", "?", "?state=x&code=y", "?code=%00", "?error=access_denied", "?state=a&state=b"] {
        assert!(hers.get(&format!("/oidc/callback{made_up}")).status < 500, "{made_up}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_has_one_account_and_an_account_one_card() {
    for site in sites_with_cards().await {
        let (mut hanako, mut maria) = (site.browser(), site.browser());
        site.by_new_card(&mut hanako, "hanako", "hanako@example.jp", "/cases").await.leads_to("/cases");
        // Another card in a session of hers.
        let page = Page::of(&site.by_card(&mut hanako, "maria", "/account").is(422));
        assert!(says(&page, "card-trouble-other-card"));
        hanako.open("/account");
        // Her card in another's session.
        site.sign_in(&mut maria, "maria@example.jp", "/account").await.leads_to("/account");
        let page = Page::of(&site.by_card(&mut maria, "hanako", "/account").is(422));
        assert!(says(&page, "card-trouble-other-account"));
        assert!(maria.open("/account").text().contains("maria@example.jp"), "the session is what it was");
        // A new card with the mail address of an account that has one.
        let mut stranger = site.browser();
        let answer = site.by_new_card(&mut stranger, "rinko", "hanako@example.jp", "/cases").await;
        assert!(says(&Page::of(&answer.is(422)), "card-trouble-other-card"));
        assert!(!stranger.cookies.contains_key("session"));
        // Her own card into her own session: a new token, and the old one is dead at once.
        let before = maria.clone();
        site.by_card(&mut maria, "maria", "/account").leads_to("/account");
        assert_ne!(maria.cookies["session"], before.cookies["session"]);
        before.clone().get("/account").leads_to("/sign-in?next=/account");
        assert!(says(&maria.open("/account"), "session-by-mynaapp"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_in_that_changed_meanwhile_gets_no_card() {
    let site = sites_with_cards().await.remove(0);
    let mut browser = site.browser();
    site.sign_in(&mut browser, "first@example.jp", "/cases").await.leads_to("/cases");
    let at_provider = site.to_provider(&mut browser, "/account").is(303);
    let back = site.choose(&at_provider, &[("person", "hanako")]);
    site.sign_in(&mut browser, "second@example.jp", "/cases").await.leads_to("/cases");
    assert!(says(&Page::of(&browser.get(&back).is(422)), "card-trouble-other-session"));
    assert!(says(&browser.open("/account"), "card-account-none"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_box_alone_does_not_give_filings_to_anothers_card() {
    let site = sites_with_cards().await.remove(0);
    let mut hers = site.browser();
    fill_in(&mut hers);
    site.sign_in(&mut hers, "hers@example.jp", CHECK).await.leads_to(CHECK);
    send(&mut hers);
    let mut thief = site.browser();
    let answer = site.by_new_card(&mut thief, "rinko", "hers@example.jp", "/cases").await;
    assert!(says(&Page::of(&answer.is(422)), "card-trouble-other-person"));
    // Nor with a session by a code.
    site.sign_in(&mut thief, "hers@example.jp", "/cases").await.leads_to("/cases");
    let page = Page::of(&site.by_card(&mut thief, "rinko", "/cases").is(422));
    assert!(says(&page, "card-trouble-other-person"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_providers_name_for_a_person_is_nowhere_and_what_was_read_goes_with_the_session() {
    let site = sites_with_cards().await.remove(0);
    let mut browser = site.browser();
    site.by_new_card(&mut browser, "maria", "maria@example.jp", "/cases").await.leads_to("/cases");
    let subject = site.provider().practice.subject(RealmName::Main, CLIENT_ID, "maria");
    let path = site.portal.config.database_url.strip_prefix("sqlite:").unwrap().to_owned();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(std::fs::read(format!("{path}-wal")).unwrap_or_default());
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("mynaapp"), "the file is the one");
    for secret in [subject.as_str(), "EXEMPLO MARIA", "19980228", "maria@example.jp"] {
        assert!(!holds(secret), "{secret}");
    }
    let page = browser.open("/account");
    browser.press(&page, "/sign-out", &[]).leads_to("/");
    let pool = sqlx::SqlitePool::connect(&site.portal.config.database_url).await.unwrap();
    let left: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM card_reading").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_provider_is_set_nothing_of_it_is_there() {
    let site = site().await;
    let mut browser = site.browser();
    for path in ["/sign-in/mynaapp", "/oidc/callback?state=x&code=y", "/sign-in/mynaapp/mail", "/sign-in/mynaapp/code"]
    {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    assert!(!says(&browser.open("/sign-in"), "card-title"));
    let csp = |answer: &crate::support::browser::Answer| answer.header("content-security-policy").unwrap().to_owned();
    assert!(csp(&browser.get("/sign-in")).contains("form-action 'self';"));
    let with = sites_with_cards().await.remove(0);
    let origin = format!("form-action 'self' http://{};", with.provider().address);
    assert!(csp(&with.browser().get("/sign-in/mynaapp")).contains(&origin));
    assert!(!csp(&with.browser().get(FORM)).contains(&origin), "only where a form leads there");
}

#[tokio::test]
async fn every_trouble_has_a_sentence_of_its_own() {
    let words = server::oidc::Refused::ALL.map(|refused| refused.as_str().replace('_', "-"));
    let sentences: BTreeSet<String> =
        words.iter().map(|word| Locale::Ja.say(&format!("card-trouble-{word}"))).collect();
    assert_eq!(sentences.len(), words.len());
}
