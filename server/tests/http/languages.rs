//! The language of pages and of mail. Invariant: what is not offered is not shown, and a page says which language it is in.

use super::{FORM, fill_in, page_of_form, send};
use crate::support::{
    browser::{Answer, Browser, inputs},
    page::{Page, all},
    portal::newest_mail,
    site::{site, sites},
};

const MAIL: &str = "hanako@example.jp";

fn choose(browser: &mut Browser, locale: &str) -> Answer {
    browser.post("/language", &inputs(&[("locale", locale), ("back", "/")]))
}

fn language_of(page: &Page) -> String {
    all(&page.html, "html")[0].attr("lang").unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_visit_is_in_the_best_offered_language_of_the_browser() {
    let site = site().await;
    for (asks, lang) in
        [("en-GB,en;q=0.9", "en"), ("vi,en;q=0.5", "en"), ("vi", "ja"), ("", "ja"), ("ja,en;q=0.9", "ja")]
    {
        let answer = site.browser().ask("GET", "/", &[("Accept-Language", asks)], b"");
        assert_eq!(language_of(&Page::of(&answer)), lang, "{asks}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_that_is_not_offered_is_not_shown() {
    let site = site().await;
    let mut browser = site.browser();
    assert_eq!(choose(&mut browser, "vi").status, 400);
    assert_eq!(choose(&mut browser, "xx").status, 400);
    browser.cookies.insert("locale".to_owned(), "vi".to_owned());
    let page = browser.open("/");
    assert_eq!(language_of(&page), "ja");
    let offered: Vec<_> = all(&page.html, "[name=locale]").iter().filter_map(|button| button.attr("value")).collect();
    assert_eq!(offered, ["ja", "ja-easy", "en"]);
}

fn has_readings(browser: &mut Browser, addresses: &[&str]) {
    for address in addresses {
        let answer = browser.get(address);
        let (text, page) = (answer.text(), Page::of(&answer));
        assert_eq!(language_of(&page), "ja", "{address}");
        assert!(!all(&page.html, "ruby > rt").is_empty(), "{address}");
        assert!(all(&page.html, "title ruby").is_empty() && !page.title().contains('<'), "{}", page.title());
        assert!(!text.contains(|character| ('\u{fdd0}'..='\u{fdef}').contains(&character)), "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filing_in_easy_japanese_has_readings_on_every_page_and_none_in_titles() {
    let site = site().await;
    let mut browser = site.browser();
    choose(&mut browser, "ja-easy").leads_to("/");
    fill_in(&mut browser);
    has_readings(&mut browser, &["/", FORM, &page_of_form("who"), &page_of_form("check"), "/sign-in"]);
    site.sign_in(&mut browser, MAIL, &page_of_form("check")).await.leads_to(&page_of_form("check"));
    let number = send(&mut browser);
    let (receipt, case) = (format!("/receipt/{number}"), format!("/cases/{number}"));
    has_readings(&mut browser, &[&receipt, &case, "/cases", "/account", "/demo/outbox", "/no-such-page"]);
    // Staff read Japanese, whatever language the browser was in.
    let staff = browser.open("/staff/sign-in");
    assert!(all(&staff.html, "ruby").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_that_somebody_types_open_no_element() {
    let site = site().await;
    let mut browser = site.browser();
    choose(&mut browser, "ja-easy").leads_to("/");
    let typed = "\u{fdd0}<script>\u{fdd1}\"><b>\u{fdd2}";
    let page = browser.open("/sign-in");
    let refused = Page::of(&browser.press(&page, "/sign-in", &[("mail", typed)]).is(422));
    refused.tells_an_error();
    assert!(all(&refused.html, "main b, main script").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_in_the_language_that_was_chosen_last() {
    for site in sites().await {
        let mut browser = site.browser();
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        choose(&mut browser, "en").leads_to("/");
        fill_in(&mut browser);
        site.portal.clock.advance(1_000_000);
        send(&mut browser);
        let (_, body) = newest_mail(&site.portal).await.expect("a mail");
        assert!(body.contains("We have received"), "{body}");
    }
}
