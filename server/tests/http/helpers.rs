#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Help while filling in, without script (the page comes back) and as the script asks for it. Invariant: what was typed stays;
//! what a helper is told itself is kept nowhere.

use intake::{
    case::CorrectionRequest,
    time::{CivilDate, DAY},
};
use server::flows::decide::Order;

use super::{FORM, begin, fill_in, page_of_form, send, type_page, type_pages, whole};
use crate::support::{
    browser::{Browser, inputs},
    page::{Page, all},
    review::{done, two_clerks},
    site::{Site, site, sites},
};

/// Goes on to a page of the form as far as it takes.
fn up_to(browser: &mut Browser, page: &str) -> Page {
    begin(browser);
    let pages: Vec<_> = whole().into_iter().take_while(|(id, _)| id != page).collect();
    assert_eq!(type_pages(browser, &pages), page_of_form(page));
    browser.open(&page_of_form(page))
}

/// Presses a button of a helper; the page comes back.
#[track_caller]
fn asks(browser: &mut Browser, page: &Page, action: &str, wish: &str, typed: &[(&str, &str)]) -> Page {
    let buttons = all(&page.html, "button[name=then]");
    assert!(buttons.iter().any(|button| button.attr("value") == Some(wish)), "no button {wish}");
    let typed: Vec<_> = typed.iter().copied().chain([("then", wish)]).collect();
    Page::of(&browser.press(page, action, &typed).is(200))
}

fn wishes(page: &Page) -> Vec<String> {
    let buttons = all(&page.html, ".help button[name=then]");
    buttons.iter().filter_map(|button| button.attr("value").map(str::to_owned)).collect()
}

fn today(site: &Site) -> CivilDate {
    site.portal.clock.now().date_in_japan()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_postal_code_is_filled_in_and_what_was_typed_is_kept() {
    for site in sites().await {
        let mut browser = site.browser();
        let action = page_of_form("address");
        let page = up_to(&mut browser, "address");
        let page = asks(&mut browser, &page, &action, "address/postal_code", &[("postal_code", "１００－０００１")]);
        assert_eq!(page.value(&action, "address"), "東京都千代田区千代田");
        assert_eq!(page.value(&action, "postal_code"), "１００－０００１", "as it was typed");
        assert!(page.text().contains("続きの番地や建物名を入力してください"), "{}", page.text());
        // It was typed, so it is kept; the address is not until the page is sent.
        let kept = browser.open(&action);
        assert_eq!(kept.value(&action, "postal_code"), "１００－０００１");
        assert_eq!(kept.value(&action, "address"), "");
        let typed = [("address", "東京都千代田区千代田1-1"), ("lives_elsewhere", "same")];
        browser.press(&page, &action, &typed).leads_to(&page_of_form("contact"));
        assert_eq!(browser.open(&action).value(&action, "address"), "東京都千代田区千代田1-1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn candidates_are_buttons_and_an_address_that_was_typed_is_replaced_by_pressing_one_only() {
    let site = site().await;
    let mut browser = site.browser();
    let action = page_of_form("address");
    let page = up_to(&mut browser, "address");
    let page = asks(&mut browser, &page, &action, "address/postal_code", &[("postal_code", "498-0000")]);
    assert_eq!(page.value(&action, "address"), "");
    assert_eq!(wishes(&page), ["take-address/postal_code/4980000/0", "take-address/postal_code/4980000/1"]);
    let page = asks(&mut browser, &page, &action, "take-address/postal_code/4980000/1", &[]);
    assert_eq!(page.value(&action, "address"), "三重県桑名郡木曽岬町");

    let typed = [("postal_code", "1000001"), ("address", "大阪府堺市1-2")];
    let page = asks(&mut browser, &page, &action, "address/postal_code", &typed);
    assert_eq!(page.value(&action, "address"), "大阪府堺市1-2");
    assert!(page.text().contains("住所はもう入力されています"));
    let page = asks(&mut browser, &page, &action, "take-address/postal_code/1000001/0", &[]);
    assert_eq!(page.value(&action, "address"), "東京都千代田区千代田");

    for (code, says) in [("000-0001", "見つかりませんでした"), ("12", "郵便番号は7桁の数字で")] {
        let page = browser.open(&action);
        let page = asks(&mut browser, &page, &action, "address/postal_code", &[("postal_code", code), ("address", "")]);
        assert!(page.text().contains(says), "{code}: {}", page.text());
        assert_eq!(page.value(&action, "address"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_due_date_is_worked_out_from_the_last_period_or_from_weeks_and_the_helper_keeps_nothing() {
    for site in sites().await {
        let mut browser = site.browser();
        let action = page_of_form("due_date");
        let page = up_to(&mut browser, "due_date");
        let period = today(&site).plus_days(-61);
        let due = today(&site).plus_days(280 - 61);
        let (year, month, day) = period.parts();
        let (year, month, day) = (year.to_string(), month.to_string(), day.to_string());
        let asked = [("ask.due_date.year", year.as_str()), ("ask.due_date.month", &month), ("ask.due_date.day", &day)];
        let page = asks(&mut browser, &page, &action, "last-period/due_date", &asked);
        let parts = ["year", "month", "day"].map(|part| page.value(&action, &format!("due_date-{part}")));
        let (year, month, day) = due.parts();
        assert_eq!(parts, [year.to_string(), month.to_string(), day.to_string()]);
        assert!(
            page.text().contains("予定日のめやすは") && page.text().contains("健診で医師や助産師に"),
            "{}",
            page.text()
        );
        let kept = browser.open(&action);
        for name in ["ask.due_date.year", "due_date-year"] {
            assert_eq!(kept.value(&action, name), "", "{name}");
        }

        // Filled in and gone on without its button: it is worked out all the same, and then the way goes on.
        let weeks = [("ask.due_date.weeks", "8"), ("ask.due_date.days", "5"), ("then", "next")];
        let page = Page::of(&browser.press(&kept, &action, &weeks).is(200));
        assert_eq!(page.value(&action, "due_date-year"), year.to_string());
        browser.press(&page, &action, &[("then", "next")]).leads_to(&page_of_form("diagnosis"));
        let kept = browser.open(&action);
        assert_eq!(kept.value(&action, "due_date-day"), day.to_string());
        assert_eq!(kept.value(&action, "ask.due_date.weeks"), "");

        // What stands there is replaced by choice only.
        let page = asks(&mut browser, &kept, &action, "weeks/due_date", &[("ask.due_date.weeks", "10")]);
        assert_eq!(page.value(&action, "due_date-day"), day.to_string());
        let take = wishes(&page).pop().unwrap();
        let page = asks(&mut browser, &page, &action, &take, &[]);
        let other = today(&site).plus_days(280 - 70);
        assert_eq!(take, format!("take-day/due_date/{other}"));
        assert_eq!(page.value(&action, "due_date-day"), other.parts().2.to_string());
        let page = asks(&mut browser, &page, &action, "weeks/due_date", &[("ask.due_date.weeks", "99")]);
        assert!(page.text().contains("妊娠週数は0から42までの数で"), "{}", page.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_of_an_era_is_taken_and_the_day_is_shown_in_both_calendars() {
    let site = site().await;
    let mut browser = site.browser();
    let action = page_of_form("birthdate");
    let page = up_to(&mut browser, "birthdate");
    let typed = [("birthdate-year", "昭和64"), ("birthdate-month", "1"), ("birthdate-day", "8")];
    browser.press(&page, &action, &typed).leads_to(&page_of_form("address"));
    let page = browser.open(&action);
    assert_eq!(page.value(&action, "birthdate-year"), "昭和64", "as it was typed");
    assert!(page.text().contains("1989年1月8日（平成元年）"), "{}", page.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_page_of_corrections_a_helper_fills_in_named_fields_only() {
    let site = site().await;
    let mut browser = site.browser();
    fill_in(&mut browser);
    site.sign_in(&mut browser, "hanako@example.jp", &page_of_form("check")).await;
    let number = send(&mut browser).parse().unwrap();
    let [clerk, _] = two_clerks(&site.portal).await;
    done(&site.portal, &clerk, &number, Order::Claim).await;
    let named = ["postal_code", "address", "due_date"];
    let fields = named.map(|id| (id.parse().unwrap(), "ご確認ください".to_owned())).into();
    let answer_by = site.portal.clock.now().plus(14 * DAY).date_in_japan();
    done(&site.portal, &clerk, &number, Order::SendBack(CorrectionRequest::new(fields, answer_by))).await;

    let action = format!("/cases/{number}/correct");
    let page = browser.open(&action);
    let typed = [("postal_code", "1000001"), ("address", "")];
    let page = asks(&mut browser, &page, &action, "address/postal_code", &typed);
    assert_eq!(page.value(&action, "address"), "東京都千代田区千代田");
    let typed = [("due_date-year", ""), ("due_date-month", ""), ("due_date-day", ""), ("ask.due_date.weeks", "9")];
    let page = asks(&mut browser, &page, &action, "weeks/due_date", &typed);
    assert_eq!(page.value(&action, "due_date-day"), today(&site).plus_days(280 - 63).parts().2.to_string());
    assert_eq!(page.value(&action, "address"), "東京都千代田区千代田", "what was filled in before stays");
    let stays = browser.open(&action);
    assert_ne!(stays.value(&action, "postal_code"), "1000001", "nothing is kept before it is sent");
    browser.press(&page, &action, &[("address", "東京都千代田区千代田1-1")]).leads_to(&format!("/cases/{number}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_script_is_answered_in_the_language_of_the_page_without_anything_begun() {
    let site = site().await;
    let mut browser = site.browser();
    let mut ask = |typed: &[(&str, &str)]| {
        let answer = browser.post("/help", &inputs(typed)).is(200);
        serde_json::from_str::<serde_json::Value>(&answer.text()).unwrap()
    };
    let address = [("ask.wish", "address/postal_code"), ("ask.target", "address"), ("postal_code", "1000001")];
    let found = ask(&address);
    assert_eq!(found["fill"]["address"], "東京都千代田区千代田");
    assert!(found["html"].as_str().unwrap().contains("続きの番地"), "{found}");
    let day = [("ask.wish", "day/b"), ("b-year", "R1"), ("b-month", "5"), ("b-day", "1")];
    assert_eq!(ask(&day)["html"], "<p>2019年5月1日（令和元年）</p>");
    let english = inputs(&[("locale", "en"), ("back", "/")]);
    browser.post("/language", &english).is(303);
    let answer = browser.post("/help", &inputs(&day)).is(200);
    assert!(answer.text().contains("1 May 2019 (Reiwa 1)"), "{}", answer.text());
    assert!(browser.cookies.keys().all(|name| name != "browser"), "nothing was begun");
    assert_eq!(browser.post("/help", &inputs(&[("ask.wish", "all/x")])).status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_with_something_to_help_with_load_the_script_and_saving_while_typing_leaves_the_helpers_inputs_out()
{
    let site = site().await;
    let mut browser = site.browser();
    up_to(&mut browser, "diagnosis");
    for (page, has) in
        [("who", false), ("reason", true), ("name", true), ("address", true), ("contact", false), ("due_date", true)]
    {
        let shown = browser.open(&page_of_form(page));
        let scripts = all(&shown.html, "script[src]");
        let loads = scripts.iter().any(|script| script.attr("src") == Some(server::assets::HELPERS));
        assert_eq!(loads, has, "{page}");
    }
    let action = page_of_form("due_date");
    let page = browser.open(&action);
    let mut typed = page.filled_in(&action, &inputs(&[("ask.due_date.weeks", "8"), ("due_date-year", "2027")]));
    typed.retain(|(name, _)| name != "then");
    let saved = browser.post(&format!("{action}/save"), &typed).is(200);
    assert!(saved.text().contains("state"));
    let kept = browser.open(&action);
    assert_eq!(kept.value(&action, "due_date-year"), "2027");
    assert_eq!(kept.value(&action, "ask.due_date.weeks"), "");
    assert_eq!(browser.post(&format!("{FORM}/due_date/save"), &inputs(&[("unknown", "1")])).status, 400);
    type_page(&mut browser, "who", &inputs(&[("filer", "self")])).is(303);
}
