//! The portal over HTTP, as a browser without script and as somebody who means it ill. Invariant: a page is filled in with
//! what stands on it; what is looked for is what the person sees.

mod bad_input;
mod booking;
mod canary;
mod card;
mod city_forms;
mod crash;
mod epds;
mod exactly_once;
mod forms;
mod headers;
mod helpers;
mod hostile_text;
mod journey;
mod languages;
mod letters;
mod logs;
mod number;
mod origin;
mod papers;
mod routes;
mod session;
mod settled;
mod signing;
mod staff_provider;
mod ways;

use crate::support::{
    browser::{Answer, Browser},
    page::Page,
    portal::filled_in,
};

/// Where the form is.
const FORM: &str = "/apply/pregnancy_notification";

/// A page of the form.
fn page_of_form(page: &str) -> String {
    format!("{FORM}/{page}")
}

/// Begins, and sees the first page.
fn begin(browser: &mut Browser) -> Page {
    let start = browser.open(FORM);
    browser.press(&start, FORM, &[]).leads_to(&page_of_form("who"));
    browser.open(&page_of_form("who"))
}

/// Types a page and presses 「次へ」; several values for one input are several boxes.
fn type_page(browser: &mut Browser, page: &str, typed: &[(String, String)]) -> Answer {
    let address = page_of_form(page);
    let shown = browser.open(&address);
    browser.post(&address, &shown.filled_in(&address, typed))
}

/// Types pages one after the other, each of which leads to the next.
fn type_pages(browser: &mut Browser, pages: &[(String, Vec<(String, String)>)]) -> String {
    let mut at = page_of_form(&pages[0].0);
    for (page, typed) in pages {
        assert_eq!(at, page_of_form(page), "the way goes on at another page");
        let answer = type_page(browser, page, typed).is(303);
        answer.location().clone_into(&mut at);
    }
    pass_papers(browser, at)
}

/// Goes on from 写真・書類 without adding any; elsewhere nothing happens.
fn pass_papers(browser: &mut Browser, at: String) -> String {
    if !at.ends_with("/papers") {
        return at;
    }
    let page = browser.open(&at);
    browser.press(&page, &at, &[("then", "next")]).is(303).location().to_owned()
}

/// The pages of a whole 妊娠届.
fn whole() -> Vec<(String, Vec<(String, String)>)> {
    filled_in().into_iter().map(|(page, typed)| (page.to_string(), typed)).collect()
}

/// A whole 妊娠届 up to 確認, not signed in.
fn fill_in(browser: &mut Browser) {
    begin(browser);
    assert_eq!(type_pages(browser, &whole()), page_of_form("check"));
}

/// Sends from 確認; the receipt number.
fn send(browser: &mut Browser) -> String {
    let check = browser.open(&page_of_form("check"));
    let sent = browser.press(&check, &page_of_form("check"), &[]).is(303);
    sent.location().strip_prefix("/receipt/").expect("a receipt").to_owned()
}
