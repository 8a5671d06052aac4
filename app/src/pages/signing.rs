//! 「電子署名」 Signing with the card: what it takes, and how it stands on 確認. Invariant: sending without a signature is always
//! possible, and said wherever signing is.

use intake::ids::{DraftId, FormId};
use leptos::prelude::*;

use super::check::{Model, Signing};
use crate::{
    chrome::{Chrome, document},
    japanese,
    text::Locale,
};

/// `/apply/{form}/sign`
#[must_use]
pub fn page(chrome: &Chrome, form: &FormId, draft: DraftId) -> String {
    let locale = chrome.locale;
    let title = locale.say("sign-title");
    let address = format!("/apply/{form}/sign");
    let check = format!("/apply/{form}/check");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say("sign-lead")}</p>
            <h2>{locale.say("sign-needs-title")}</h2>
            <ul>
                <li>{locale.say("sign-needs-card")}</li>
                <li>{locale.say("sign-needs-pin")}</li>
                <li>{japanese::marked(locale, locale.say("sign-needs-app"))}</li>
            </ul>
            <div class="notice notice--warning"><p>{locale.say("sign-locks")}</p></div>
            <h2>{locale.say("sign-cannot-title")}</h2>
            <p>{locale.say("sign-cannot")}</p>
            <form class="form" method="post" action=address>
                <input type="hidden" name="draft" value=draft.to_string()/>
                <div class="button-row"><button class="button button--primary">{locale.say("sign-go")}</button></div>
            </form>
            <p><a href=check>{locale.say("sign-back")}</a></p>
        }
        .into_any()
    })
}

/// What 確認 says of the signature, above its buttons.
pub(super) fn on_check(locale: Locale, model: &Model<'_>) -> AnyView {
    let failed = model.sign_failed.as_ref().filter(|_| !matches!(model.signing, Signing::Off)).map(|key| {
        view! { <div class="notice notice--warning" role="alert"><p>{locale.say(key)}</p></div> }
    });
    let how = format!("/apply/{}/sign", model.form.id);
    let standing = match &model.signing {
        Signing::Off => return ().into_any(),
        Signing::Offered => view! {
            <p>{locale.say("sign-offer")}</p>
            <div class="button-row"><a class="button button--secondary" href=how>{locale.say("sign-offer-button")}</a></div>
        }
        .into_any(),
        Signing::Stale => view! {
            <div class="notice notice--warning"><p>{locale.say("sign-stale")}</p></div>
            <div class="button-row"><a class="button button--secondary" href=how>{locale.say("sign-again")}</a></div>
        }
        .into_any(),
        Signing::Signed { name, is_the_person, at } => {
            let differs = (!is_the_person)
                .then(|| view! { <div class="notice notice--warning"><p>{locale.say("sign-differs")}</p></div> });
            view! {
                <div class="notice notice--success" role="status">
                    <p>{locale.with("sign-done", &[("at", &at.minute_in_japan())])}</p>
                    <p>{locale.say("sign-done-name")} " " <span lang=locale.lang_of_japanese()>{name.clone()}</span></p>
                </div>
                {differs}
            }
            .into_any()
        }
    };
    view! { <section id="sign"><h2>{locale.say("sign-title")}</h2>{failed}{standing}</section> }.into_any()
}

/// The buttons that send.
pub(super) fn buttons(locale: Locale, signing: &Signing) -> AnyView {
    match signing {
        Signing::Off | Signing::Offered => view! {
            <div class="button-row"><button class="button button--primary">{locale.say("check-send")}</button></div>
        }
        .into_any(),
        Signing::Stale => view! {
            <div class="button-row">
                <button class="button button--primary" name="signature" value="without">{locale.say("sign-send-without")}</button>
            </div>
        }
        .into_any(),
        Signing::Signed { .. } => view! {
            <div class="button-row">
                <button class="button button--primary" name="signature" value="with">{locale.say("sign-send")}</button>
                <button class="button button--secondary" name="signature" value="without">{locale.say("sign-send-without")}</button>
            </div>
        }
        .into_any(),
    }
}
