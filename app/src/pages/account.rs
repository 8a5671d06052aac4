//! A parent's account, and the two passkey ceremonies. Invariant: a page with a ceremony works only with script, and says
//! so without it; every one of them has another way beside it.

use intake::time::Instant;
use leptos::prelude::*;

use super::{
    card,
    sign_in::{Field, one_field},
};
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
    /// Names it, to end it.
    pub name: String,
    /// 「端末」 In plain words; empty when it is not known.
    pub device: String,
    /// When it began.
    pub since: Instant,
    /// When it was last used.
    pub seen: Instant,
    /// How it began: a name of `identity::Method`.
    pub method: String,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// What a device is called.
pub(super) fn device(locale: Locale, name: &str) -> String {
    if name.is_empty() { locale.say("session-device-unknown") } else { name.to_owned() }
}

fn session(locale: Locale, row: &SessionRow) -> AnyView {
    let this = row.is_this.then(|| view! { " " <span class="badge">{locale.say("session-this")}</span> });
    let how = match row.method.as_str() {
        "passkey" => "session-by-passkey",
        "mynaapp" => "session-by-mynaapp",
        _ => "session-by-code",
    };
    let name = device(locale, &row.device);
    let end = (!row.is_this).then(|| {
        view! {
            <form method="post" action="/account/session-end">
                <button class="button button--quiet" name="session" value=row.name.clone()>{locale.say("session-end")}<span class="visually-hidden">"："{name.clone()}</span></button>
            </form>
        }
    });
    view! {
        <li class="card">
            <h3>{name.clone()}{this}</h3>
            <p>{locale.with("session-since", &[("at", &locale.minute(row.since))])}</p>
            <p>{locale.say(how)}</p>
            <p>{locale.with("session-seen", &[("at", &locale.minute(row.seen))])}</p>
            {end}
        </li>
    }
    .into_any()
}

/// 「サインインしている端末」
fn sessions_of(locale: Locale, sessions: &[SessionRow]) -> AnyView {
    let rows = sessions.iter().map(|row| session(locale, row)).collect_view();
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
        passkey: false,
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
        passkey: false,
    };
    one_field(chrome, &locale.say("account-mail-title"), &field, None, "", error)
}

/// Something that asks for another sign-in, and comes back to `next`: a fresh one, or one that proves more where her account
/// has, or had, such a way.
#[must_use]
pub fn sign_in_again(chrome: &Chrome, stronger: bool, next: &str) -> String {
    let locale = chrome.locale;
    let title = locale.say("account-again-title");
    document(chrome, &title.clone(), false, || {
        let more = stronger.then(|| {
            view! { <p>{locale.say("account-again-stronger")}</p><p>{locale.say("account-again-lost")}</p> }
        });
        view! {
            <h1>{title}</h1>
            <p>{locale.say("account-again-lead")}</p>
            {more}
            <p><a class="button button--primary" href=format!("/sign-in?next={next}")>{locale.say("account-again-button")}</a></p>
            <p><a href="/account">{locale.say("account-back")}</a></p>
        }
        .into_any()
    })
}

/// `/account/passkeys/{passkey}/remove`: the last strong way in is taken away only by who knows what it means.
#[must_use]
pub fn last_passkey(chrome: &Chrome, id: &str) -> String {
    let locale = chrome.locale;
    let title = locale.say("passkey-last-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say("passkey-last-lead")}</p>
            <form class="form" method="post" action=format!("/account/passkeys/{id}/remove")>
                <input type="hidden" name="last" value="yes"/>
                <div class="button-row"><button class="button button--danger">{locale.say("passkey-last-button")}</button></div>
            </form>
            <p><a href="/account/passkeys/new">{locale.say("passkey-new")}</a></p>
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

fn passkey(locale: Locale, row: &Row) -> AnyView {
    let used = row.used.map(|at| view! { <p>{locale.with("passkey-used", &[("at", &locale.minute(at))])}</p> });
    let field = format!("name-{}", row.id);
    view! {
        <li class="card">
            <h3>{row.label.clone()}</h3>
            <p>{locale.with("passkey-added", &[("at", &locale.minute(row.added))])}</p>
            {used}
            <details>
                <summary>{locale.say("passkey-rename")}<span class="visually-hidden">"："{row.label.clone()}</span></summary>
                <form class="form" method="post" action=format!("/account/passkeys/{}/name", row.id)>
                    <div class="field">
                        <label class="field__label" for=field.clone()>{locale.say("passkey-label")}</label>
                        <div class="field__control"><input class="input" id=field name="label" maxlength="40" value=row.label.clone() autocomplete="off"/></div>
                    </div>
                    <div class="button-row"><button class="button button--secondary">{locale.say("passkey-rename-button")}</button></div>
                </form>
            </details>
            <form method="post" action=format!("/account/passkeys/{}/remove", row.id)>
                <button class="button button--quiet">{locale.say("passkey-remove")}<span class="visually-hidden">"："{row.label.clone()}</span></button>
            </form>
        </li>
    }
    .into_any()
}

/// 「パスキー」
fn passkeys_of(locale: Locale, passkeys: &[Row]) -> AnyView {
    let rows = passkeys.iter().map(|row| passkey(locale, row)).collect_view();
    view! {
        <h2>{locale.say("passkeys")}</h2>
        <p>{locale.say("passkeys-lead")}</p>
        <ul class="card-list">{rows}</ul>
        <p><a class="button button--secondary" href="/account/passkeys/new">{locale.say("passkey-new")}</a></p>
    }
    .into_any()
}

/// `/account`; `reminded` says whether she wants reminders. `passkeys` is none where the municipality has them off.
#[must_use]
pub fn overview(
    chrome: &Chrome,
    mail: &str,
    reminded: bool,
    passkeys: Option<&[Row]>,
    card_since: Option<Instant>,
    sessions: &[SessionRow],
) -> String {
    let locale = chrome.locale;
    let title = locale.say("account-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.with("account-mail", &[("mail", mail)])}</p>
            <p><a class="button button--secondary" href="/account/mail">{locale.say("account-mail-title")}</a></p>
            {reminders(locale, reminded)}
            {passkeys.map(|rows| passkeys_of(locale, rows))}
            {card::on_account(chrome, card_since)}
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
