#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Hostile text in every field. Invariant: on whatever page it comes out, it comes out as text.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    access::Roles,
    case::CorrectionRequest,
    form::{Form, Kind},
    ids::{FieldId, ReceiptNumber},
    time::DAY,
};
use server::{
    flows::decide::{Given, Order, give},
    letters,
    store::case,
};

use super::{
    bad_input::{as_read, open_all, text_inputs},
    page_of_form, send, type_page, whole,
};
use crate::support::{
    browser::{Browser, inputs},
    page::{Page, all},
    portal::notification,
    site::{Site, site},
    staff::{self, hire},
};

const ATTACKS: [&str; 8] = [
    "</textarea><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'",
    "' onfocus='alert(1)' autofocus='",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "--><svg onload=alert(1)><!--",
    "</title><base href=//evil.example>",
    "&lt;b&gt; &amp;amp; &#x27;",
];

/// Difficult text: what is in it, and whether a name may be it.
fn difficult() -> Vec<(String, bool)> {
    let file = include_str!("../../../app/intake/testdata/difficult-text.json");
    let file: serde_json::Value = serde_json::from_str(file).unwrap();
    let cases = file["cases"].as_array().unwrap();
    cases.iter().map(|case| (case["text"].as_str().unwrap().to_owned(), case["accept"].as_bool().unwrap())).collect()
}

/// Nothing but what the portal itself puts there.
#[track_caller]
fn assert_ours(page: &Page) {
    for element in all(&page.html, "*") {
        let element = element.value();
        let ours = |name: &str| element.attr(name).is_some_and(|address| address.starts_with("/static/"));
        match element.name() {
            "script" | "img" => assert!(ours("src"), "{element:?}"),
            "link" => assert!(ours("href"), "{element:?}"),
            "base" | "svg" | "iframe" | "object" | "embed" | "style" | "b" => panic!("{element:?}"),
            _ => {}
        }
        for (name, value) in element.attrs() {
            assert!(!name.starts_with("on") && name != "autofocus", "{element:?}");
            let leads = matches!(name, "href" | "action" | "formaction" | "src");
            // The mail viewer shows whole addresses of ours.
            let ours = ["https://www.jma.go.jp/", "http://localhost:", "tel:0"];
            let harmless = value.starts_with(['/', '#', '?']) || ours.iter().any(|start| value.starts_with(start));
            assert!(!leads || (harmless && !value.starts_with("//")), "{element:?}");
        }
    }
}

/// The text stands on the page, as it was typed.
#[track_caller]
fn assert_read(page: &Page, text: &str) {
    // NUL becomes U+FFFD in an attribute and nothing in text (HTML 13.2.5).
    let text = text.trim().replace('\0', "").replace("\r\n", "\n");
    assert!(page.text().contains(&text), "{text:?} is not on the page {}", page.title());
    assert_ours(page);
}

/// The fields that take any text at all.
fn free_fields(form: &Form) -> Vec<(String, FieldId)> {
    let is_free = |kind: &Kind| matches!(kind, Kind::Name | Kind::Text { .. } | Kind::Address | Kind::LongText { .. });
    let fields = form.fields().filter(|(_, field)| is_free(&field.kind));
    fields.map(|(page, field)| (page.id.to_string(), field.id.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_text_on_every_page_of_the_form_and_on_its_error_and_conflict_pages() {
    let site = site().await;
    let mut browser = site.browser();
    open_all(&mut browser);
    let attacks = ATTACKS.iter().map(|text| (*text).to_owned()).chain(difficult().into_iter().map(|(text, _)| text));
    for attack in attacks {
        for (page, names) in text_inputs(&site) {
            let address = page_of_form(&page);
            let (shown, stale) = (browser.open(&address), browser.open(&address));
            let typed: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), attack.as_str())).collect();
            let answer = browser.press(&shown, &address, &typed);
            assert!(matches!(answer.status, 303 | 422), "{}", answer.status);
            let mut pages = vec![browser.open(&format!("{address}?errors=1"))];
            pages.extend((answer.status == 422).then(|| Page::of(&answer)));
            for page in pages {
                assert_ours(&page);
                for name in &names {
                    assert_eq!(page.value(&address, name), as_read(&attack), "{name}");
                }
            }
            let other: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "別の内容")).collect();
            let conflict = Page::of(&browser.press(&stale, &address, &other).is(409));
            assert_read(&conflict, &attack);
            assert_read(&conflict, "別の内容");
            assert_ours(&Page::of(
                &browser.ask("POST", &address, &[crate::support::browser::FORM], b"name=%3Cb%3E").is(403),
            ));
        }
    }
}

/// A text that a field of names takes.
fn accepted() -> Vec<String> {
    let difficult = difficult().into_iter().filter(|(_, accept)| *accept).map(|(text, _)| text);
    ATTACKS.iter().map(|text| (*text).to_owned()).chain(difficult).collect()
}

/// A whole filing with this text in every field that takes any.
async fn filed_with(site: &Site, browser: &mut Browser, filer: &str, text: &str, mail: &str) -> ReceiptNumber {
    open_all(browser);
    let (form, fields) = (site.portal.catalog.newest(&notification()).unwrap(), whole());
    let choices = [
        ("who", "filer", filer),
        ("proxy", "proxy_relation", "other"),
        ("proxy", "proxy_power", "asked"),
        ("language", "interpreter", "no"),
        ("due_date", "weeks", ""),
        ("life", "marital_status", "1"),
    ];
    for page in form.pages.iter().filter(|page| filer == "proxy" || page.id.as_str() != "proxy") {
        let (id, address) = (page.id.to_string(), page_of_form(page.id.as_str()));
        let shown = browser.open(&address);
        let mut typed = shown.controls(&address);
        typed.retain(|(name, value)| !value.is_empty() && name != "page_state");
        let chosen: Vec<String> = typed.iter().map(|(name, _)| name.clone()).collect();
        let usual = fields.iter().find(|(other, _)| *other == id).map(|(_, typed)| typed.clone()).unwrap_or_default();
        typed.extend(usual.into_iter().filter(|(name, _)| !chosen.contains(name)));
        for (_, name, value) in choices.iter().filter(|(on, _, _)| *on == id) {
            typed.retain(|(other, _)| other != name);
            typed.extend(inputs(&[(name, value)]));
        }
        for (_, field) in free_fields(form).iter().filter(|(on, _)| *on == id) {
            typed.retain(|(other, _)| other != field.as_str());
            typed.extend(inputs(&[(field.as_str(), text)]));
        }
        type_page(browser, &id, &typed).is(303);
    }
    site.sign_in(browser, mail, "/cases").await.leads_to("/cases");
    let check = browser.open(&page_of_form("check"));
    assert_read(&check, text);
    send(browser).parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_text_is_text_on_the_last_page_on_the_correction_page_and_for_the_staff() {
    let site = site().await;
    let member = hire(&site.portal, "clerk1", "person1", Roles::CLERK).await;
    let session = staff::sign_in(&site.portal, &member).await;
    let mut desk = site.browser();
    desk.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
    let form = site.portal.catalog.newest(&notification()).unwrap();
    let both = accepted().into_iter().flat_map(|text| [(text.clone(), "self"), (text, "proxy")]);
    for (place, (text, filer)) in both.enumerate() {
        let mut browser = site.browser();
        let number = filed_with(&site, &mut browser, filer, &text, &format!("parent{place}@example.jp")).await;
        // A proxy puts right what she said of herself, and reads nothing of the person again.
        let open = |page: &str| (page == "proxy") == (filer == "proxy");
        let fields: Vec<FieldId> =
            free_fields(form).into_iter().filter(|(page, _)| open(page)).map(|(_, field)| field).collect();
        let changes = fields.iter().find(|field| ["clinic", "proxy_name"].contains(&field.as_str())).unwrap().as_str();
        let case_page = format!("/staff/cases/{number}");
        assert_read(&desk.open(&case_page), &text);
        assert_ours(&desk.open("/staff/queue"));

        let clerk = server::flows::staff_sign_in::who(&site.portal, &server::seal::token_hash(&session)).await;
        let clerk = clerk.unwrap().unwrap().staff;
        let named = fields.iter().map(|field| (field.clone(), text.clone())).collect();
        let answer_by = site.portal.clock.now().plus(14 * DAY).date_in_japan();
        let send_back = Order::SendBack(CorrectionRequest { fields: named, answer_by });
        for order in [Order::Claim, send_back] {
            let head = case::find_by_receipt_number(&mut site.portal.database.read().await.unwrap(), &number).await;
            let version = head.unwrap().unwrap().version;
            let given = give(&site.portal, &clerk, &number, version, &order, &letters::notice).await.unwrap();
            assert!(matches!(given, Given::Done(_)), "{given:?}");
        }
        let correct = format!("/cases/{number}/correct");
        let page = browser.open(&correct);
        assert_read(&page, &text);
        for field in &fields {
            assert_eq!(page.value(&correct, field.as_str()), as_read(&text), "{field}");
        }
        assert_read(&desk.open(&case_page), &text);

        if filer == "self" {
            let refused = Page::of(&browser.press(&page, &correct, &[("name", ""), (changes, &text)]).is(422));
            refused.tells_an_error();
            assert_ours(&refused);
            assert_eq!(refused.value(&correct, changes), as_read(&text));
        }
        let changed = format!("{text}改");
        browser.press(&page, &correct, &[(changes, &changed)]).leads_to(&format!("/cases/{number}"));
        assert_read(&desk.open(&case_page), &changed);
        assert_ours(&browser.open(&format!("/cases/{number}")));
    }
    assert_ours(&site.browser().open("/demo/outbox"));
}
