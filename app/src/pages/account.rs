//! A parent's account, and the two passkey ceremonies. Invariant: a page with a ceremony works only with script, and says
//! so without it; every one of them has another way beside it.

use intake::time::Instant;
use leptos::prelude::*;

use super::sign_in::{Field, one_field};
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

/// A session in the list.
pub struct SessionRow {
    /// When it began.
    pub since: Instant,
    /// When it was last used.
    pub seen: Instant,
    /// Whether it began with a passkey.
    pub by_passkey: bool,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// 「サインインしている端末」
fn sessions_of(locale: Locale, sessions: &[SessionRow]) -> AnyView {
    let rows = sessions
        .iter()
        .map(|row| {
            let this = row.is_this.then(|| view! { " " <span class="badge">{locale.say("session-this")}</span> });
            let how = locale.say(if row.by_passkey { "session-by-passkey" } else { "session-by-code" });
            view! {
                <li class="card">
                    <h3>{locale.with("session-since", &[("at", &locale.minute(row.since))])}{this}</h3>
                    <p>{how}</p>
                    <p>{locale.with("session-seen", &[("at", &locale.minute(row.seen))])}</p>
                </li>
            }
        })
        .collect_view();
    let end = (sessions.len() > 1).then(|| {
        view! {
            <form method="post" action="/account/sessions/end-others">
                <button class="button button--secondary">{locale.say("session-end-others")}</button>
            </form>
        }
    });
    view! { <h2>{locale.say("sessions")}</h2><ul class="card-list">{rows}</ul>{end} }.into_any()
}

/// `/account/mail`
#[must_use]
pub fn change_mail(chrome: &Chrome, typed: &str, error: Option<&str>) -> String {
    let locale = chrome.locale;
    let field = Field {
        action: "/account/mail",
        name: "mail",
        label: locale.say("account-mail-new"),
        kind: "email",
        autocomplete: "email",
        lead: locale.say("account-mail-lead"),
        button: locale.say("sign-in-send"),
    };
    one_field(chrome, &locale.say("account-mail-title"), &field, None, typed, error)
}

/// `/account/mail/code`
#[must_use]
pub fn change_mail_code(chrome: &Chrome, error: Option<&str>) -> String {
    let locale = chrome.locale;
    let field = Field {
        action: "/account/mail/code",
        name: "code",
        label: locale.say("code-label"),
        kind: "text",
        autocomplete: "one-time-code",
        lead: locale.say("code-lead"),
        button: locale.say("account-mail-change"),
    };
    one_field(chrome, &locale.say("account-mail-title"), &field, None, "", error)
}

/// Something that asks for a fresh sign-in, and comes back to `next`.
#[must_use]
pub fn sign_in_again(chrome: &Chrome, next: &str) -> String {
    let locale = chrome.locale;
    let title = locale.say("account-again-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say("account-again-lead")}</p>
            <p><a class="button button--primary" href=format!("/sign-in?next={next}")>{locale.say("account-again-button")}</a></p>
            <p>{locale.say("account-again-lost")}</p>
            <p><a href="/account">{locale.say("account-back")}</a></p>
        }
        .into_any()
    })
}

/// `/account/leave`
#[must_use]
pub fn leave(chrome: &Chrome) -> String {
    let locale = chrome.locale;
    let title = locale.say("leave-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <div class="prose">
                <p>{locale.say("leave-lead")}</p>
                <ul><li>{locale.say("leave-gone")}</li><li>{locale.say("leave-stays")}</li><li>{locale.say("leave-withdraw")}</li></ul>
            </div>
            <form class="form" method="post" action="/account/leave">
                <div class="button-row"><button class="button button--danger">{locale.say("leave-button")}</button></div>
            </form>
            <p><a href="/account">{locale.say("account-back")}</a></p>
        }
        .into_any()
    })
}

/// `/account/left`
#[must_use]
pub fn left(chrome: &Chrome) -> String {
    let locale = chrome.locale;
    let title = locale.say("left-title");
    document(chrome, &title.clone(), false, || {
        view! { <h1>{title}</h1><p>{locale.say("left-lead")}</p><p><a href="/">{locale.say("to-start")}</a></p> }
            .into_any()
    })
}

/// `/account`; `reminded` says whether she wants reminders.
#[must_use]
pub fn overview(chrome: &Chrome, mail: &str, reminded: bool, passkeys: &[Row], sessions: &[SessionRow]) -> String {
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
            <p><a class="button button--secondary" href="/account/mail">{locale.say("account-mail-title")}</a></p>
            {reminders(locale, reminded)}
            <h2>{locale.say("passkeys")}</h2>
            <p>{locale.say("passkeys-lead")}</p>
            <ul class="card-list">{rows}</ul>
            <p><a class="button button--secondary" href="/account/passkeys/new">{locale.say("passkey-new")}</a></p>
            {sessions_of(locale, sessions)}
            <h2>{locale.say("account-more")}</h2>
            <ul class="link-list">
                <li><a href="/pregnancy-end">{locale.say("end-link-told")}</a></li>
                <li><a href="/account/leave">{locale.say("leave-title")}</a></li>
            </ul>
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
