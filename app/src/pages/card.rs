//! 「マイナアプリ」 The way in with a card: what it is, what went wrong, and the mail address of a card that nobody has yet. Invariant:
//! whatever went wrong, the page says so in a sentence, says that nothing typed is lost, and has the other ways beside it.

use intake::{
    answers::RawAnswers,
    card::{CardFacts, Standing},
    form::Field as FormField,
    ids::FieldId,
    time::Instant,
};
use leptos::prelude::*;

use super::{
    check::shown,
    sign_in::{Field, one_field},
};
use crate::{
    chrome::{Chrome, document},
    fields::Context,
    japanese,
    text::Locale,
};

/// The button that leads to the provider: a form, because pressing it begins something.
fn button(locale: Locale, next: &str, label: &str) -> AnyView {
    view! {
        <form method="post" action="/sign-in/mynaapp">
            <input type="hidden" name="next" value=next.to_owned()/>
            <div class="button-row"><button class="button button--primary">{locale.say(label)}</button></div>
        </form>
    }
    .into_any()
}

/// The link to this way in, on the page of the others.
pub(super) fn way_in(chrome: &Chrome, next: &str) -> Option<AnyView> {
    let locale = chrome.locale;
    chrome.card_sign_in.then(|| {
        view! {
            <section class="way-in">
                <h2>{locale.say("card-title")}</h2>
                <p>{locale.say("card-way-lead")}</p>
                <p><a class="button button--secondary" href=format!("/sign-in/mynaapp?next={next}")>{locale.say("card-way-button")}</a></p>
            </section>
        }
        .into_any()
    })
}

/// `/sign-in/mynaapp`
#[must_use]
pub fn explain(chrome: &Chrome, next: &str) -> String {
    let locale = chrome.locale;
    let title = locale.say("card-title");
    document(chrome, &title.clone(), false, || {
        let line = |key: &str| view! { <li>{japanese::marked(locale, locale.say(key))}</li> };
        // Whoever has signed in already comes to add her card, and not for another way.
        let otherwise = (!chrome.signed_in).then(|| {
            view! { <p><a href=format!("/sign-in?next={next}")>{locale.say("card-otherwise")}</a></p> }
        });
        view! {
            <h1>{title}</h1>
            <div class="prose">
                <p>{japanese::marked(locale, locale.say("card-lead"))}</p>
                <ul>{line("card-read")}{line("card-not-read")}{line("card-needed")}{line("card-private-window")}</ul>
            </div>
            {button(locale, next, "card-button")}
            {otherwise}
        }
        .into_any()
    })
}

/// What went wrong: `name` is the word for it. `next` is where she came from.
#[must_use]
pub fn trouble(chrome: &Chrome, name: &str, next: &str) -> String {
    let locale = chrome.locale;
    let title = locale.say("card-trouble-title");
    document(chrome, &title.clone(), true, || {
        let sentence = locale.say(&format!("card-trouble-{}", name.replace('_', "-")));
        let other = if chrome.signed_in {
            view! { <p><a href=next.to_owned()>{locale.say("card-go-on-without")}</a></p> }.into_any()
        } else {
            view! { <p><a class="button button--secondary" href=format!("/sign-in?next={next}")>{locale.say("card-otherwise")}</a></p> }.into_any()
        };
        view! {
            <div class="error-summary" role="alert" tabindex="-1" data-error-summary=""><p>{sentence}</p></div>
            <h1>{title}</h1>
            <p>{locale.say("card-nothing-lost")}</p>
            {button(locale, next, "card-again")}
            {other}
        }
        .into_any()
    })
}

/// `/sign-in/mynaapp/mail`: `name` is on the card.
#[must_use]
pub fn mail(chrome: &Chrome, name: &str, typed: &str, error: Option<&str>) -> String {
    let locale = chrome.locale;
    let field = Field {
        action: "/sign-in/mynaapp/mail",
        name: "mail",
        label: locale.say("sign-in-mail"),
        kind: "email",
        autocomplete: "email",
        lead: locale.with("card-mail-lead", &[("name", name)]),
        button: locale.say("sign-in-send"),
        passkey: false,
    };
    one_field(chrome, &locale.say("card-mail-title"), &field, None, typed, error)
}

/// `/sign-in/mynaapp/code`
#[must_use]
pub fn code(chrome: &Chrome, error: Option<&str>) -> String {
    let locale = chrome.locale;
    let field = Field {
        action: "/sign-in/mynaapp/code",
        name: "code",
        label: locale.say("code-label"),
        kind: "text",
        autocomplete: "one-time-code",
        lead: locale.say("code-lead"),
        button: locale.say("code-enter"),
        passkey: false,
    };
    one_field(chrome, &locale.say("code-title"), &field, None, "", error)
}

/// On `/account`: since when the account has a card, or how to add one.
pub(super) fn on_account(chrome: &Chrome, since: Option<Instant>) -> Option<AnyView> {
    let locale = chrome.locale;
    chrome.card_sign_in.then(|| {
        let text = match since {
            Some(at) => locale.with("card-account-since", &[("at", &locale.minute(at))]),
            None => locale.say("card-account-none"),
        };
        let add = since.is_none().then(|| {
            view! { <p><a class="button button--secondary" href="/sign-in/mynaapp?next=/account">{locale.say("card-way-button")}</a></p> }
        });
        view! { <h2>{locale.say("card-title")}</h2><p>{text}</p>{add} }.into_any()
    })
}

/// 「マイナンバーカードの情報」 On a page.
#[derive(Clone, Copy)]
pub struct Card<'a> {
    /// What the card says.
    pub facts: &'a CardFacts,
    /// The field that she has just asked to fill in herself.
    pub opened: Option<&'a FieldId>,
}

/// How the name of a button begins that puts the card's into a field.
pub const TAKE_CARD: &str = "card-take.";
/// How the name of a button begins that opens a field which the card filled in.
pub const OPEN_FIELD: &str = "card-open.";

/// How a field stands to the card; one that was just opened is hers.
pub(crate) fn standing(context: Context<'_>, field: &FormField) -> Option<Standing> {
    let card = context.card?;
    let standing = card.facts.standing(field, context.raw)?;
    Some(if card.opened == Some(&field.id) { Standing::Typed } else { standing })
}

/// Names what the card says beside a field, so that it is read out with the field.
pub(crate) fn id_of(field: &FormField) -> String {
    format!("{}-card", field.id)
}

/// 「マイナンバーカードの情報です」, or what it says beside what was typed otherwise.
pub(crate) fn at_field(context: Context<'_>, field: &FormField) -> Option<AnyView> {
    let (locale, facts) = (context.locale, context.card?.facts);
    let label = field.label.get(locale.code()).to_owned();
    let name = move || view! { <span class="visually-hidden">"："{label}</span> };
    Some(match standing(context, field)? {
        Standing::FromCard => view! {
            <p class="from-card" id=id_of(field)><strong>{locale.say("card-field")}</strong></p>
            <p><button class="button button--quiet" name="then" value=format!("{OPEN_FIELD}{}", field.id)>{locale.say("card-field-open")}{name()}</button></p>
        }
        .into_any(),
        Standing::Typed => {
            let mut raw = RawAnswers::default();
            facts.put(field, &mut raw);
            let text = shown(locale, field, &raw).unwrap_or_default();
            view! {
                <div class="from-card" id=id_of(field)>
                    <p>{locale.say("card-field-says")}</p>
                    <p class="typed" lang=locale.lang_of_japanese()>{text}</p>
                    <p><button class="button button--secondary" name="then" value=format!("{TAKE_CARD}{}", field.id)>{locale.say("card-field-take")}{name()}</button></p>
                </div>
            }
            .into_any()
        }
    })
}
