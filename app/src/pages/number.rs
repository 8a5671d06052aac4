//! 「個人番号」 The page on which it is sealed in the browser. Invariant: it has no field of its own until the script has made one
//! without a name, so that what is typed cannot be posted; without script, and where no WebAssembly runs, it says that the number
//! is taken at the counter, and one goes on.

use leptos::prelude::*;

use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing is there: the counter takes it.
    No,
    /// It is sealed.
    Sealed,
    /// It was sealed to a key that is no longer the office's.
    ForOtherKeys,
}

/// What the page belongs to.
pub enum Place {
    /// A form that is being filled in.
    Form {
        /// Which page it is, and of how many.
        number: usize,
        /// How many there are.
        of: usize,
        /// Whether to go back to 確認 afterwards.
        from_check: bool,
    },
    /// A filing that was sent: where 「届出の状況へ戻る」 leads.
    Filing(String),
}

/// What the page shows.
pub struct Model {
    /// Its address.
    pub address: String,
    /// How it stands.
    pub kept: Kept,
    /// The public keys to seal to; without one it is taken at the counter.
    pub recipients: Vec<String>,
    /// What it belongs to.
    pub place: Place,
    /// The key of the sentence that says why what was sent was not taken.
    pub trouble: Option<&'static str>,
}

/// What stands for a number that is there: nobody reads even a part of it.
pub const MASK: &str = "••••••••••••";

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, model: &Model) -> String {
    let locale = chrome.locale;
    let title = locale.say("my-number-title");
    document(chrome, &title.clone(), model.trouble.is_some(), || {
        let progress = match &model.place {
            Place::Form { number, of, .. } => {
                let (number, of) = (number.to_string(), of.to_string());
                let text = locale.with("progress", &[("number", &number), ("of", &of)]);
                Some(
                    view! { <p class="progress">{text} " " <progress value=number max=of aria-hidden="true"></progress></p> },
                )
            }
            Place::Filing(_) => None,
        };
        let from_check = matches!(model.place, Place::Form { from_check: true, .. })
            .then(|| view! { <input type="hidden" name="from" value="check"/> });
        let is_sealed = (model.kept == Kept::Sealed).then_some("");
        let entry = (!model.recipients.is_empty()).then(|| entry(locale, model.kept));
        view! {
            {progress}
            {model.trouble.map(|key| summary(locale, locale.say(key)))}
            <h1>{title}</h1>
            <div class="prose">
                <p>{locale.say("my-number-purpose")}</p>
                <p>{locale.say("my-number-sealed")}</p>
            </div>
            {state(locale, model.kept)}
            <div class="notice notice--info" data-without=""><p>{locale.say(if model.kept == Kept::Sealed { "my-number-no-change" } else { "my-number-counter" })}</p></div>
            <form class="form" method="post" action=model.address.clone() novalidate data-seal-number=model.recipients.join(" ") data-kept=is_sealed>
                {from_check}
                {entry}
                {buttons(locale, model)}
            </form>
            <template data-number-summary="">{summary(locale, locale.say("my-number-error-digits"))}</template>
        }
        .into_any()
    })
}

/// What was not taken, on top of the page; the script fills in and links the line.
fn summary(locale: Locale, text: String) -> AnyView {
    view! {
        <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">
            <h2>{locale.say("errors-title")}</h2>
            <ul><li><a href="#main">{text}</a></li></ul>
        </div>
    }
    .into_any()
}

fn state(locale: Locale, kept: Kept) -> Option<AnyView> {
    match kept {
        Kept::No => None,
        Kept::Sealed => Some(
            view! {
                <div class="notice notice--success">
                    <p>{locale.say("my-number-kept")} " " <span aria-hidden="true">{MASK}</span></p>
                </div>
            }
            .into_any(),
        ),
        Kept::ForOtherKeys => {
            Some(view! { <div class="notice notice--warning"><p>{locale.say("my-number-again")}</p></div> }.into_any())
        }
    }
}

/// What the script puts into the page once it can seal. The input has no name.
fn entry(locale: Locale, kept: Kept) -> AnyView {
    let label = locale.say(if kept == Kept::Sealed { "my-number-another" } else { "my-number-label" });
    view! {
        <template>
            <div class="field" data-number="" data-prefix=locale.say("error-prefix") data-digits=locale.say("my-number-error-digits")
                data-check=locale.say("my-number-error-check") data-missing=locale.say("my-number-error-missing") data-key=locale.say("my-number-error-key")>
                <label class="field__label" for="my-number">{label} " " <span class="badge">{locale.say("optional")}</span></label>
                <p class="field__hint" id="my-number-hint">{locale.say("my-number-hint")}</p>
                <p class="field__error" id="my-number-error" data-trouble="" hidden></p>
                <div class="field__control">
                    <input class="input" id="my-number" type="text" inputmode="numeric" size="16" maxlength="30" autocomplete="off" spellcheck="false" aria-describedby="my-number-hint my-number-error"/>
                </div>
            </div>
        </template>
    }
    .into_any()
}

fn buttons(locale: Locale, model: &Model) -> AnyView {
    let remove = (model.kept != Kept::No).then(|| {
        view! { <button class="button button--quiet" name="then" value="remove">{locale.say("my-number-remove")}</button> }
    });
    match &model.place {
        Place::Form { .. } => {
            // Without a number 次へ asks for one where it can be typed; this goes on without.
            let skip = (model.kept == Kept::No && !model.recipients.is_empty()).then(|| {
                view! { <button class="button button--secondary" name="then" value="skip">{locale.say("my-number-skip")}</button> }
            });
            view! {
                <div class="button-row">
                    <button class="button button--primary" name="then" value="next">{locale.say("next")}</button>
                    {skip}
                    <button class="button button--secondary" name="then" value="back">{locale.say("back")}</button>
                    {remove}
                    <button class="button button--quiet" name="then" value="save">{locale.say("save-stop")}</button>
                </div>
            }
            .into_any()
        }
        Place::Filing(back) => view! {
            <div class="button-row">
                <button class="button button--primary" name="then" value="next">{locale.say("my-number-send")}</button>
                {remove}
                <a class="button button--secondary" href=back.clone()>{locale.say("refile-there-back")}</a>
            </div>
        }
        .into_any(),
    }
}

/// In words, for 確認 and the page of a filing.
#[must_use]
pub fn in_words(locale: Locale, kept: Kept) -> AnyView {
    match kept {
        Kept::Sealed => view! { {locale.say("my-number-kept")} " " <span aria-hidden="true">{MASK}</span> }.into_any(),
        Kept::No => locale.say("my-number-at-counter").into_any(),
        Kept::ForOtherKeys => locale.say("my-number-again").into_any(),
    }
}

/// What 確認 shows of it.
#[must_use]
pub fn on_check(locale: Locale, address: &str, kept: Kept) -> AnyView {
    let title = locale.say("my-number-title");
    view! {
        <section>
            <h2>{title.clone()}</h2>
            <p>{in_words(locale, kept)}</p>
            <p><a href=format!("{address}?from=check")>{locale.say("change")}<span class="visually-hidden">"："{title}</span></a></p>
        </section>
    }
    .into_any()
}

/// What the page of a filing shows of it; `change`: where it can be changed, as long as nobody has accepted the filing.
#[must_use]
pub fn of_filing(locale: Locale, kept: Kept, change: Option<String>) -> AnyView {
    let change = change.map(|address| view! { <p><a href=address>{locale.say("my-number-change")}</a></p> });
    view! {
        <section>
            <h2>{locale.say("my-number-title")}</h2>
            <p>{in_words(locale, kept)}</p>
            {change}
        </section>
    }
    .into_any()
}
