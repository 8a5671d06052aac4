#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Sessions that end, and codes that are guessed.

use intake::{retention, time::MINUTE};

use super::{FORM, begin, fill_in, page_of_form, send, type_page};
use crate::support::{
    browser::{Answer, inputs},
    page::Page,
    site::sites,
};

const MAIL: &str = "hanako@example.jp";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_after_the_session_has_ended_is_there_after_signing_in_again() {
    for site in sites().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        let (address, check) = (page_of_form("contact"), page_of_form("check"));
        let page = browser.open(&address);
        let check_page = browser.open(&check);
        site.portal.clock.advance(retention::CITIZEN_IDLE);

        let to_sign_in = format!("/sign-in?next={address}");
        browser.press(&page, &address, &[("phone", "090-9999-9999")]).leads_to(&to_sign_in);
        site.sign_in(&mut browser, MAIL, &address).await.leads_to(&address);
        assert_eq!(browser.open(&address).value(&address, "phone"), "090-9999-9999");

        site.portal.clock.advance(retention::CITIZEN_IDLE);
        browser.press(&check_page, &check, &[]).leads_to(&format!("/sign-in?next={check}"));
        site.sign_in(&mut browser, MAIL, &check).await.leads_to(&check);
        assert!(browser.open(&check).text().contains("090-9999-9999"), "nothing was sent and nothing is lost");
        send(&mut browser);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_a_time_of_rest_and_after_half_a_day_in_any_case() {
    for site in sites().await {
        let mut browser = site.browser();
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        let steps = retention::CITIZEN_SESSION / (20 * MINUTE);
        for step in 1..steps {
            site.portal.clock.advance(20 * MINUTE);
            assert_eq!(browser.get("/cases").status, 200, "it is in use, step {step}");
        }
        site.portal.clock.advance(20 * MINUTE);
        assert_eq!(browser.get("/cases").location(), "/sign-in?next=/cases", "half a day is over");

        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        site.portal.clock.advance(retention::CITIZEN_IDLE);
        assert_eq!(browser.get("/cases").location(), "/sign-in?next=/cases", "nobody was there");
        assert_eq!(browser.post("/session/extend", &inputs(&[])).status, 303, "and it does not come back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_after_signing_in_leads_nowhere_else() {
    for site in sites().await {
        let mut browser = site.browser();
        for (asked, goes) in [
            ("//evil.example/x", "/cases"),
            ("https://evil.example", "/cases"),
            ("/%5Cevil.example", "/cases"),
            ("/cases%0d%0aSet-Cookie:%20session=x", "/cases"),
            ("javascript:alert(1)", "/cases"),
            (page_of_form("check").as_str(), page_of_form("check").as_str()),
        ] {
            site.portal.clock.advance(61 * MINUTE);
            let page = browser.open(&format!("/sign-in?next={asked}"));
            assert_eq!(page.value("/sign-in", "next"), goes, "{asked}");
            let to_code = browser.press(&page, "/sign-in", &[("mail", MAIL)]).is(303);
            let page = browser.open(to_code.location());
            let code = site.newest_code().await;
            // The input is hidden, but anybody can send another.
            let sent = inputs(&[("code", &code), ("next", "//evil.example")]);
            browser.post("/sign-in/code", &sent).leads_to("/cases");
            assert_eq!(page.value("/sign-in/code", "next"), goes, "{asked}");
            browser.cookies.remove("session");
        }
        let page = inputs(&[("locale", "en"), ("back", "//evil.example")]);
        browser.post("/language", &page).leads_to("/");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_cannot_be_guessed() {
    for site in sites().await {
        let mut browser = site.browser();
        site.portal.clock.advance(1_000_000);
        let page = browser.open("/sign-in");
        browser.press(&page, "/sign-in", &[("mail", MAIL)]).leads_to("/sign-in/code?next=/cases");
        let code = site.newest_code().await;
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let code_page = browser.open("/sign-in/code?next=/cases");
        for left in ["4", "3", "2", "1"] {
            let answer = Page::of(&browser.press(&code_page, "/sign-in/code", &[("code", wrong)]).is(422));
            answer.tells_an_error();
            assert!(answer.text().contains(left), "{}", answer.text());
        }
        for guess in [wrong, wrong, &code] {
            let over = browser.press(&code_page, "/sign-in/code", &[("code", guess)]).is(422);
            Page::of(&over).tells_an_error();
        }
        assert_eq!(browser.get("/cases").status, 303, "not even the right one counts now");
        // Somebody who only knows the address and the code is in another browser.
        let mut other = site.browser();
        let sent = inputs(&[("code", &code), ("next", "/cases")]);
        assert_eq!(other.post("/sign-in/code", &sent).status, 422);

        let page = browser.open("/sign-in");
        for typed in ["", "nonsense", "a@b@c", "ａ＠ｂ"] {
            Page::of(&browser.press(&page, "/sign-in", &[("mail", typed)]).is(422)).tells_an_error();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_here_and_what_was_kept_there_become_one_draft() {
    for site in sites().await {
        let mut phone = site.browser();
        begin(&mut phone);
        type_page(&mut phone, "contact", &inputs(&[("phone", "090-1111-1111")])).is(303);
        site.sign_in(&mut phone, MAIL, FORM).await.leads_to(FORM);

        let mut desk = site.browser();
        begin(&mut desk);
        type_page(&mut desk, "name", &inputs(&[("name", "髙橋 花子"), ("name_kana", "タカハシ")])).is(303);
        site.sign_in(&mut desk, MAIL, FORM).await.leads_to(FORM);
        let (contact, name) = (page_of_form("contact"), page_of_form("name"));
        assert_eq!(desk.open(&contact).value(&contact, "phone"), "090-1111-1111");
        assert_eq!(desk.open(&name).value(&name, "name"), "髙橋 花子");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_both_drafts_have_something_the_parent_chooses_field_by_field() {
    for site in sites().await {
        let (contact, multiple) = (page_of_form("contact"), page_of_form("multiple"));
        let mut phone = site.browser();
        begin(&mut phone);
        type_page(&mut phone, "contact", &inputs(&[("phone", "090-1111-1111")])).is(303);
        type_page(&mut phone, "multiple", &inputs(&[("multiple", "twins")])).is(303);
        site.sign_in(&mut phone, MAIL, FORM).await.leads_to(FORM);

        let mut desk = site.browser();
        begin(&mut desk);
        type_page(&mut desk, "contact", &inputs(&[("phone", "090-2222-2222")])).is(303);
        type_page(&mut desk, "multiple", &inputs(&[("multiple", "single"), ("delivery_place", "見本病院")])).is(303);
        site.sign_in(&mut desk, MAIL, &contact).await.leads_to(&contact);
        let choice = format!("{FORM}/both?then=contact");
        desk.get(&contact).leads_to(&choice);
        let page = desk.open(&choice);
        assert!(page.text().contains("090-1111-1111") && page.text().contains("090-2222-2222"), "{}", page.text());
        assert!(!page.text().contains("見本病院"), "what only one of them has is not asked");

        // The phone goes on meanwhile: what is shown is no longer what is there.
        type_page(&mut phone, "contact", &inputs(&[("phone", "090-4444-4444")])).is(303);
        desk.press(&page, &choice, &[("choice:phone", "typed"), ("choice:multiple", "stored")]).leads_to(&contact);
        desk.get(&contact).leads_to(&choice);
        let page = desk.open(&choice);
        assert!(page.text().contains("090-4444-4444"));
        desk.press(&page, &choice, &[("choice:phone", "typed"), ("choice:multiple", "stored")]).leads_to(&contact);
        assert_eq!(desk.open(&contact).value(&contact, "phone"), "090-2222-2222");
        let kept = desk.open(&multiple);
        assert_eq!(kept.value(&multiple, "multiple"), "twins");
        assert_eq!(kept.value(&multiple, "delivery_place"), "見本病院", "what only one of them had is there");
        desk.press(&page, &choice, &[("choice:phone", "stored")]).leads_to(&contact);
        assert_eq!(desk.open(&contact).value(&contact, "phone"), "090-2222-2222", "pressed twice, chosen once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_comes_after_the_session_goes_over_what_it_had_read_and_over_nothing_else() {
    for site in sites().await {
        let contact = page_of_form("contact");
        let mut desk = site.browser();
        begin(&mut desk);
        type_page(&mut desk, "contact", &inputs(&[("phone", "090-1111-1111")])).is(303);
        site.sign_in(&mut desk, MAIL, FORM).await.leads_to(FORM);

        // Emptied after the session ended: it stays empty.
        let page = desk.open(&contact);
        site.portal.clock.advance(retention::CITIZEN_IDLE);
        desk.press(&page, &contact, &[("phone", "")]).leads_to(&format!("/sign-in?next={contact}"));
        site.sign_in(&mut desk, MAIL, &contact).await.leads_to(&contact);
        let page = desk.open(&contact);
        assert_eq!(page.value(&contact, "phone"), "");

        // Changed on another device before it came: the parent is asked.
        desk.press(&page, &contact, &[("phone", "090-1111-1111")]);
        let page = desk.open(&contact);
        site.portal.clock.advance(retention::CITIZEN_IDLE);
        let mut phone = site.browser();
        site.sign_in(&mut phone, MAIL, FORM).await.leads_to(FORM);
        type_page(&mut phone, "contact", &inputs(&[("phone", "090-2222-2222")])).is(303);
        desk.press(&page, &contact, &[("phone", "090-3333-3333")]).leads_to(&format!("/sign-in?next={contact}"));
        site.sign_in(&mut desk, MAIL, &contact).await.leads_to(&contact);
        desk.get(&contact).leads_to(&format!("{FORM}/both?then=contact"));
    }
}

fn json(answer: &Answer) -> serde_json::Value {
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_told_how_long_the_session_goes_on_and_asking_does_not_make_it_longer() {
    for site in sites().await {
        let mut browser = site.browser();
        assert_eq!(json(&browser.get("/session"))["left"], 0);
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        assert_eq!(json(&browser.get("/session"))["left"], retention::CITIZEN_IDLE / 1_000_000);
        for _ in 0..2 {
            site.portal.clock.advance(10 * MINUTE);
            browser.get("/session").is(200);
        }
        assert_eq!(json(&browser.get("/session"))["left"], (retention::CITIZEN_IDLE - 20 * MINUTE) / 1_000_000);
        let extended = browser.post("/session/extend", &inputs(&[])).is(200);
        assert_eq!(json(&extended)["left"], retention::CITIZEN_IDLE / 1_000_000);
        // Half a day is half a day, whatever is pressed.
        while json(&browser.get("/session"))["left"] == retention::CITIZEN_IDLE / 1_000_000 {
            site.portal.clock.advance(20 * MINUTE);
            browser.post("/session/extend", &inputs(&[])).is(200);
        }
        let page = String::from_utf8_lossy(&browser.get("/cases").body).into_owned();
        assert!(page.contains("data-session-seconds=\"1200\""), "the page knows it too");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_autosave_says_what_the_page_would_say_of_what_was_filled_in_and_left() {
    for site in sites().await {
        let mut browser = site.browser();
        begin(&mut browser);
        let (name, save) = (page_of_form("name"), page_of_form("name/save"));
        let state = browser.open(&name).value(&name, "page_state");
        let typed = [
            ("page_state", state.as_str()),
            ("name", "窓口 花子"),
            ("name_kana", "漢字"),
            ("left", "name name_kana x"),
        ];
        let kept = json(&browser.post(&save, &inputs(&typed)).is(200));
        assert_eq!(kept["told"]["name"]["error"], "");
        let sentence = kept["told"]["name_kana"]["error"].as_str().unwrap().to_owned();
        assert!(sentence.contains("カタカナ"), "{sentence}");
        let shown = Page::of(
            &type_page(&mut browser, "name", &inputs(&[("name", "窓口 花子"), ("name_kana", "漢字")])).is(422),
        );
        assert!(shown.text().contains(&sentence), "the very same sentence");
        assert_eq!(kept["told"].as_object().unwrap().len(), 2, "{kept}");

        // A late save does not go over a later one, and an answer that was lost is no conflict with oneself.
        let page = browser.open(&name).value(&name, "page_state");
        let mut send = |count: u32, text: &str| {
            let state = format!("{page}.{count}");
            browser.post(&save, &inputs(&[("page_state", &state), ("name", text), ("left", "")])).status
        };
        assert_eq!((send(1, "一"), send(3, "三"), send(2, "二")), (200, 200, 200));
        assert_eq!(send(3, "四"), 409, "another text under the same number");
        assert_eq!(browser.open(&name).value(&name, "name"), "三");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_at_once_is_on_every_page_of_a_parent_and_on_none_of_the_staff() {
    for site in sites().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        let leaves = |answer: &Answer| String::from_utf8_lossy(&answer.body).contains("data-exit");
        for path in ["/", FORM, &page_of_form("name"), &page_of_form("check"), "/sign-in", "/nowhere", "/apply/nothing"]
        {
            let answer = browser.get(path);
            assert!(leaves(&answer), "{path} {}", answer.status);
        }
        let page = browser.open(&page_of_form("name"));
        let mistaken = browser.press(&page, &page_of_form("name"), &[("name_kana", "漢字")]).is(422);
        let too_large = browser.post(&page_of_form("name"), &inputs(&[("name", &"x".repeat(70_000))])).is(413);
        let foreign = browser.ask("POST", &page_of_form("name"), &[("sec-fetch-site", "cross-site")], b"").is(403);
        assert!(leaves(&mistaken) && leaves(&too_large) && leaves(&foreign));
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        for path in ["/cases", "/account", "/cases/0000-0000-00", &page_of_form("name")] {
            assert!(leaves(&browser.get(path)), "{path}");
        }
        let staff = browser.get("/staff/sign-in").is(200);
        assert!(!leaves(&staff), "staff have nobody to hide it from");
    }
}
