//! Sessions that end, and codes that are guessed.

use intake::{retention, time::MINUTE};

use super::{FORM, begin, fill_in, page_of_form, send, type_page};
use crate::support::{browser::inputs, page::Page, site::sites};

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
