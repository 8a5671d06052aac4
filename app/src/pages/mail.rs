//! Mail as parents meet it: stopping reminders, and help when none arrives. Invariant: what is said of a carrier is true of all
//! of them; no way through a menu is told, for menus change.

use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    japanese,
    telephone::with_links,
};

/// Carriers whose filters keep mail from an unknown sender away.
const CARRIERS: [&str; 4] = ["docomo", "au / UQ mobile", "SoftBank / Y!mobile", "楽天モバイル"];

/// `/mail/help`: `domain` is the sender's.
#[must_use]
pub fn help(chrome: &Chrome, domain: &str) -> String {
    let locale = chrome.locale;
    let title = locale.say("mail-help-title");
    document(chrome, &title.clone(), false, || {
        let items = |keys: &[&str]| {
            keys.iter().map(|key| view! { <li>{japanese::marked(locale, locale.say(key))}</li> }).collect_view()
        };
        let carriers =
            CARRIERS.into_iter().map(|name| view! { <li lang=locale.lang_of_japanese()>{name}</li> }).collect_view();
        view! {
            <h1>{title}</h1>
            <h2>{locale.say("mail-help-first")}</h2>
            <ul class="prose">{items(&["mail-help-minute", "mail-help-spam", "mail-help-address", "mail-help-newest"])}</ul>
            <h2>{locale.say("mail-help-filter")}</h2>
            <p>{locale.say("mail-help-filter-lead")}</p>
            <p class="mail-domain"><code>{domain.to_owned()}</code></p>
            <ul class="prose">{items(&["mail-help-allow", "mail-help-links", "mail-help-where"])}</ul>
            <p>{locale.say("mail-help-carriers")}</p>
            <ul class="prose">{carriers}</ul>
            <h2>{locale.say("mail-help-otherwise")}</h2>
            <ul class="prose">{items(&["mail-help-other-address", "mail-help-passkey"])}</ul>
            <p>{locale.say("mail-help-call")} " " {with_links(&chrome.phone)}</p>
            <p><a href="/sign-in">{locale.say("mail-help-back")}</a></p>
        }
        .into_any()
    })
}

/// `/mail/stop/{token}`: what will no longer come, and one button.
#[must_use]
pub fn stop(chrome: &Chrome, action: &str) -> String {
    let locale = chrome.locale;
    let title = locale.say("mail-stop-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say("mail-stop-lead")}</p>
            <ul class="prose">
                <li>{locale.say("mail-stop-drafts")}</li>
                <li>{locale.say("mail-stop-days")}</li>
            </ul>
            <p>{locale.say("mail-stop-keeps")}</p>
            <form class="form" method="post" action=action.to_owned()>
                <div class="button-row"><button class="button button--primary">{locale.say("mail-stop-button")}</button></div>
            </form>
        }
        .into_any()
    })
}

/// It is done, or was.
#[must_use]
pub fn stopped(chrome: &Chrome) -> String {
    let locale = chrome.locale;
    let title = locale.say("mail-stopped-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say("mail-stop-keeps")}</p>
            <p>{locale.say("mail-stopped-back")}</p>
            <p><a class="button button--secondary" href="/account">{locale.say("account")}</a></p>
        }
        .into_any()
    })
}
