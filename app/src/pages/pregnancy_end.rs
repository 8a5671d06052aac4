//! 「妊娠の終了」 The page on which a parent tells of it, and what stands there afterwards. Invariant: no reason is asked, nothing is
//! congratulated or advised, and the title is neutral.

use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    telephone::with_links,
};

/// Where it is.
pub const ADDRESS: &str = "/pregnancy-end";

/// `/pregnancy-end` before it is told.
#[must_use]
pub fn ask(chrome: &Chrome) -> String {
    let locale = chrome.locale;
    let title = locale.say("end-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <div class="prose">
                <p>{locale.say("end-lead")}</p>
                <ul>
                    <li>{locale.say("end-what")}</li>
                    <li>{locale.say("end-stays")}</li>
                    <li>{locale.say("end-undo")}</li>
                </ul>
                <p>{locale.say("end-born")}</p>
            </div>
            <form class="form" method="post" action=ADDRESS>
                <div class="button-row"><button class="button button--secondary">{locale.say("end-button")}</button></div>
            </form>
            <p><a href="/cases">{locale.say("end-back")}</a></p>
        }
        .into_any()
    })
}

/// `/pregnancy-end` after it was told.
#[must_use]
pub fn told(chrome: &Chrome) -> String {
    let locale = chrome.locale;
    let title = locale.say("end-told-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <div class="prose">
                <p>{locale.say("end-told-lead")}</p>
                <p>{locale.say("end-told-talk")}</p>
                <p>
                    <span lang=locale.lang_of_japanese()>{chrome.municipality.clone()}</span> " "
                    {with_links(&chrome.phone)}
                </p>
                <p>{locale.say("end-told-benefit")}</p>
            </div>
            <p><a href="/cases">{locale.say("end-back")}</a></p>
            <h2>{locale.say("end-take-back-title")}</h2>
            <p>{locale.say("end-take-back-lead")}</p>
            <form class="form" method="post" action=format!("{ADDRESS}/take-back")>
                <div class="button-row"><button class="button button--quiet">{locale.say("end-take-back")}</button></div>
            </form>
        }
        .into_any()
    })
}
