//! Sign-in of staff and the answer to an invitation. Invariant: what was wrong of user id and password is not told; a
//! password is never shown again.

use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::text::Locale;

/// What stands above the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Nothing.
    None,
    /// An invitation was answered.
    Joined,
    /// User id or password was wrong, or there were too many tries.
    Refused,
    /// The password was too long ago.
    Over,
    /// 「共通基盤」 The city's own provider did not sign in, for this reason.
    Provider(&'static str),
}

/// `/staff/sign-in`
#[must_use]
pub fn password(desk: &Desk, user_id: &str, notice: Notice, has_provider: bool) -> String {
    let locale = desk.locale();
    let title = locale.say("staff-sign-in-title");
    let error = match notice {
        Notice::None | Notice::Joined => None,
        Notice::Refused => Some(locale.say("staff-sign-in-refused")),
        Notice::Over => Some(locale.say("staff-sign-in-over")),
        Notice::Provider(why) => Some(locale.say(&format!("provider-trouble-{why}"))),
    };
    let leads_to = if matches!(notice, Notice::Provider(_)) { "provider" } else { "user_id" };
    document(desk, &title.clone(), error.is_some(), || {
        let joined = (notice == Notice::Joined).then(|| {
            view! { <div class="notice notice--success" role="status"><p>{locale.say("invitation-done")}</p></div> }
        });
        let provider = has_provider.then(|| {
            view! {
                <section>
                    <form class="form" method="post" action="/staff/sign-in/provider">
                        <div class="button-row"><button class="button button--primary" id="provider">{locale.say("provider-sign-in")}</button></div>
                    </form>
                </section>
                <h2>{locale.say("provider-or-local")}</h2>
            }
        });
        let kind = if has_provider { "secondary" } else { "primary" };
        view! {
            {error_summary(error.as_deref(), Some(leads_to))}
            {joined}
            <h1>{title}</h1>
            {provider}
            <p>{locale.say("staff-sign-in-lead")}</p>
            <form class="form" method="post" action="/staff/sign-in">
                {text_field(locale, "user_id", "text", user_id, "username", None, None)}
                {text_field(locale, "password", "password", "", "current-password", None, None)}
                <div class="button-row"><button class=format!("button button--{kind}")>{locale.say("staff-sign-in-next")}</button></div>
            </form>
        }
        .into_any()
    })
}

/// 「共通基盤」 Back from the provider: the browser goes on by itself, from a page of ours, with the cookies that no other site
/// may bring it here with.
#[must_use]
pub fn go_on(desk: &Desk, address: &'static str) -> String {
    let locale = desk.locale();
    let title = locale.say("provider-go-on-title");
    document(desk, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p><a href=address>{locale.say("provider-go-on")}</a></p>
        }
        .into_any()
    })
}

fn text_field(
    locale: Locale,
    name: &'static str,
    kind: &'static str,
    typed: &str,
    autocomplete: &'static str,
    hint: Option<String>,
    error: Option<&str>,
) -> AnyView {
    let (hint_id, error_id) = (format!("{name}-hint"), format!("{name}-error"));
    let described: Vec<&str> =
        [hint.as_ref().map(|_| hint_id.as_str()), error.map(|_| error_id.as_str())].into_iter().flatten().collect();
    let described = (!described.is_empty()).then(|| described.join(" "));
    let class = if error.is_some() { "field field--invalid" } else { "field" };
    let invalid = error.map(|_| "true");
    let hint = hint.map(|text| view! { <p class="field__hint" id=hint_id>{text}</p> });
    let error = error
        .map(|text| view! { <p class="field__error" id=error_id>{locale.say("error-prefix")}{text.to_owned()}</p> });
    view! {
        <div class=class>
            <label class="field__label" for=name>{locale.say(&format!("staff-{}", name.replace('_', "-")))}</label>
            {hint}{error}
            <div class="field__control">
                <input class="input" id=name name=name type=kind value=typed.to_owned() autocomplete=autocomplete
                    autocapitalize="none" spellcheck="false" aria-describedby=described aria-invalid=invalid/>
            </div>
        </div>
    }
    .into_any()
}

/// A ceremony in a page.
#[derive(Clone, Copy)]
pub struct Ceremony<'a> {
    /// Names the ceremony.
    pub ceremony: &'a str,
    /// What the browser is given, as JSON.
    pub options: &'a str,
    /// What the device made already, before something else had to be put right.
    pub credential: &'a str,
}

fn ceremony_inputs(locale: Locale, ceremony: Ceremony<'_>) -> AnyView {
    view! {
        <noscript><div class="notice notice--warning"><p>{locale.say("staff-passkey-no-script")}</p></div></noscript>
        <input type="hidden" name="ceremony" value=ceremony.ceremony.to_owned() autocomplete="off"/>
        <input type="hidden" name="credential" value=ceremony.credential.to_owned() autocomplete="off"/>
        <p class="field__error" role="alert" data-trouble="" data-none=locale.say("staff-passkey-none") data-failed=locale.say("staff-passkey-failed")></p>
    }
    .into_any()
}

/// `/staff/sign-in/passkey`
#[must_use]
pub fn passkey(desk: &Desk, ceremony: Ceremony<'_>, refused: bool) -> String {
    let locale = desk.locale();
    let title = locale.say("staff-passkey-title");
    let error = refused.then(|| locale.say("staff-passkey-refused"));
    document(desk, &title.clone(), refused, || {
        view! {
            {error_summary(error.as_deref(), None)}
            <h1>{title}</h1>
            <p>{locale.say("staff-passkey-lead")}</p>
            <form class="form" method="post" action="/staff/sign-in/passkey" data-ceremony="get" data-options=ceremony.options.to_owned()>
                {ceremony_inputs(locale, ceremony)}
                <div class="button-row"><button class="button button--primary">{locale.say("staff-passkey-button")}</button></div>
            </form>
            <p><a href="/staff/sign-in">{locale.say("staff-passkey-back")}</a></p>
        }
        .into_any()
    })
}

/// What of the answer to an invitation has to be put right.
#[derive(Clone, Debug, Default)]
pub struct InvitationFaults {
    /// A sentence about the password.
    pub password: Option<String>,
    /// A sentence about its repetition.
    pub again: Option<String>,
    /// A sentence about the passkey.
    pub passkey: Option<String>,
}

/// Who answers an invitation.
#[derive(Clone, Copy)]
pub enum Invited<'a> {
    /// Somebody who chooses password and passkey, with the user id.
    Called(&'a str),
    /// 「共通基盤」 Somebody of this name, whom the city's own provider signs in, and who makes a passkey only.
    Provided(&'a str),
}

/// `/staff/invitation/{token}`
#[must_use]
pub fn invitation(
    desk: &Desk,
    token: &str,
    invited: Invited<'_>,
    ceremony: Ceremony<'_>,
    faults: &InvitationFaults,
) -> String {
    let locale = desk.locale();
    let title = locale.say("invitation-title");
    let (error, leads_to) = match faults {
        InvitationFaults { password: Some(text), .. } => (Some(text), Some("password")),
        InvitationFaults { again: Some(text), .. } => (Some(text), Some("password_again")),
        InvitationFaults { passkey: text, .. } => (text.as_ref(), None),
    };
    document(desk, &title.clone(), error.is_some(), || {
        let made = (!ceremony.credential.is_empty()).then(|| view! { <p>{locale.say("invitation-passkey-kept")}</p> });
        let (lead, passwords) = match invited {
            Invited::Provided(name) => (locale.with("provider-invitation-lead", &[("name", name)]), None),
            Invited::Called(user_id) => {
                let hint = Some(locale.say("invitation-password-hint"));
                let both = view! {
                    <input type="hidden" name="username" value=user_id.to_owned() autocomplete="username"/>
                    {text_field(locale, "password", "password", "", "new-password", hint, faults.password.as_deref())}
                    {text_field(locale, "password_again", "password", "", "new-password", None, faults.again.as_deref())}
                };
                (locale.with("invitation-lead", &[("user", user_id)]), Some(both))
            }
        };
        view! {
            {error_summary(error.map(String::as_str), leads_to)}
            <h1>{title}</h1>
            <p>{lead}</p>
            <form class="form" method="post" action=format!("/staff/invitation/{token}") data-ceremony="create" data-options=ceremony.options.to_owned()>
                {passwords}
                <p>{locale.say("invitation-passkey-lead")}</p>
                {made}
                {ceremony_inputs(locale, ceremony)}
                <div class="button-row"><button class="button button--primary">{locale.say("invitation-button")}</button></div>
            </form>
        }
        .into_any()
    })
}
