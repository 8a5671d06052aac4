//! A parent's account, and the two passkey ceremonies. Invariant: a page with a ceremony works only with script, and says
//! so without it; every one of them has another way beside it.

use intake::time::Instant;
use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// A passkey in the list.
pub struct Row {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// When it was added.
    pub added: Instant,
    /// When it was last used.
    pub used: Option<Instant>,
}

/// 「お知らせ」 Whether she is reminded, and the button for the other.
fn reminders(locale: Locale, wanted: bool) -> AnyView {
    let (now, value, button) = if wanted {
        ("account-reminders-on", "off", "account-reminders-stop")
    } else {
        ("account-reminders-off", "on", "account-reminders-resume")
    };
    view! {
        <h2>{locale.say("account-reminders")}</h2>
        <p>{locale.say(now)}</p>
        <form method="post" action="/account/reminders">
            <button class="button button--secondary" name="reminders" value=value>{locale.say(button)}</button>
        </form>
    }
    .into_any()
}

/// `/account`; `reminded` says whether she wants reminders.
#[must_use]
pub fn overview(chrome: &Chrome, mail: &str, reminded: bool, passkeys: &[Row]) -> String {
    let locale = chrome.locale;
    let title = locale.say("account-title");
    document(chrome, &title.clone(), false, || {
        let rows = passkeys
            .iter()
            .map(|row| {
                let used = row.used.map(|at| view! { <p>{locale.with("passkey-used", &[("at", &locale.minute(at))])}</p> });
                view! {
                    <li class="card">
                        <h3>{row.label.clone()}</h3>
                        <p>{locale.with("passkey-added", &[("at", &locale.minute(row.added))])}</p>
                        {used}
                        <form method="post" action=format!("/account/passkeys/{}/remove", row.id)>
                            <button class="button button--quiet">{locale.say("passkey-remove")}<span class="visually-hidden">"："{row.label.clone()}</span></button>
                        </form>
                    </li>
                }
            })
            .collect_view();
        view! {
            <h1>{title}</h1>
            <p>{locale.with("account-mail", &[("mail", mail)])}</p>
            {reminders(locale, reminded)}
            <h2>{locale.say("passkeys")}</h2>
            <p>{locale.say("passkeys-lead")}</p>
            <ul class="card-list">{rows}</ul>
            <p><a class="button button--secondary" href="/account/passkeys/new">{locale.say("passkey-new")}</a></p>
        }
        .into_any()
    })
}

/// A ceremony in a page.
pub struct Ceremony<'a> {
    /// `create` or `get`.
    pub kind: &'static str,
    /// Where the answer is sent.
    pub action: &'static str,
    /// Names the ceremony.
    pub ceremony: &'a str,
    /// What the browser is given, as JSON.
    pub options: &'a str,
    /// Where the way goes on, if it is not fixed.
    pub next: Option<&'a str>,
    /// A whole sentence.
    pub error: Option<&'a str>,
}

/// A page with one ceremony: `name` is `passkey-new` or `passkey-enter`.
#[must_use]
pub fn ceremony(chrome: &Chrome, name: &str, model: &Ceremony<'_>) -> String {
    let locale = chrome.locale;
    let title = locale.say(&format!("{name}-title"));
    document(chrome, &title.clone(), model.error.is_some(), || {
        let error = model.error.map(|text| {
            view! { <div class="error-summary" role="alert" tabindex="-1" data-error-summary=""><p>{text.to_owned()}</p></div> }
        });
        let next = model.next.map(|next| view! { <input type="hidden" name="next" value=next.to_owned()/> });
        let label = (model.kind == "create").then(|| {
            view! {
                <div class="field">
                    <label class="field__label" for="label">{locale.say("passkey-label")} " " <span class="badge">{locale.say("optional")}</span></label>
                    <p class="field__hint" id="label-hint">{locale.say("passkey-label-hint")}</p>
                    <div class="field__control"><input class="input" id="label" name="label" maxlength="40" aria-describedby="label-hint"/></div>
                </div>
            }
        });
        let otherwise = model.next.map(|next| {
            view! { <p><a href=format!("/sign-in?next={next}")>{locale.say("passkey-otherwise")}</a></p> }
        });
        view! {
            {error}
            <h1>{title}</h1>
            <p>{locale.say(&format!("{name}-lead"))}</p>
            <noscript><div class="notice notice--warning"><p>{locale.say("passkey-no-script")}</p></div></noscript>
            <form class="form" method="post" action=model.action data-ceremony=model.kind data-options=model.options.to_owned()>
                <input type="hidden" name="ceremony" value=model.ceremony.to_owned() autocomplete="off"/>
                <input type="hidden" name="credential" value="" autocomplete="off"/>
                {next}{label}
                <p class="field__error" role="alert" data-trouble="" data-none=locale.say("passkey-none") data-failed=locale.say("passkey-failed")></p>
                <div class="button-row"><button class="button button--primary">{locale.say(&format!("{name}-button"))}</button></div>
            </form>
            {otherwise}
        }
        .into_any()
    })
}
