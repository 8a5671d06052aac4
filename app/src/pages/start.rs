//! `/` and the first page of a procedure: for whom, what is needed, how long, what the answers are used for, what happens
//! afterwards. Invariant: the purpose stands before the first question (個人情報保護法62条).

use intake::form::{DraftRule, Form, Standing, Text};
use leptos::prelude::*;

use crate::{
    chrome::{Chrome, MyNumber, document},
    text::Locale,
};

/// `/`
#[must_use]
pub fn start(chrome: &Chrome, forms: &[&Form]) -> String {
    let locale = chrome.locale;
    let title = locale.say("start-title");
    let identity = match chrome.my_number {
        MyNumber::Off => "my-number-start-off",
        MyNumber::Counter => "start-needed-3",
        MyNumber::Sealed => "my-number-start",
    };
    document(chrome, &title.clone(), false, || {
        let cards = forms
            .iter()
            .map(|form| {
                view! {
                    <li class="card">
                        <h2 lang=locale.lang_of(&form.title)><a href=format!("/apply/{}", form.id)>{form.title.get(locale.code()).to_owned()}</a></h2>
                        <p lang=locale.lang_of(&form.summary)>{form.summary.get(locale.code()).to_owned()}</p>
                        <p>{minutes(locale, form)}</p>
                    </li>
                }
            })
            .collect_view();
        view! {
            <h1>{title}</h1>
            <div class="prose"><p>{locale.say("start-lead")}</p></div>
            <ul class="card-list">{cards}</ul>
            <p><a href="/cases">{locale.say("start-cases")}</a></p>
            <div class="prose">
                <h2>{locale.say("start-who")}</h2>
                <p>{locale.say("start-who-1")}</p>
                <p><a href="/moved-in">{locale.say("info-moved-in-title")}</a></p>
                <h2>{locale.say("start-needed")}</h2>
                <ul>
                    <li>{locale.say("start-needed-1")}</li>
                    <li>{locale.say("start-needed-2")}</li>
                    <li>{locale.say(identity)}</li>
                </ul>
                <h2>{locale.say("start-after")}</h2>
                <ol>
                    <li>{locale.say("start-after-1")}</li>
                    <li>{locale.say("start-after-2")}</li>
                    <li>{locale.say("start-after-3")}</li>
                </ol>
                <h2>{locale.say("start-stop")}</h2>
                <p>{locale.say("start-stop-1")}</p>
            </div>
        }
        .into_any()
    })
}

fn minutes(locale: Locale, form: &Form) -> String {
    locale.with("procedure-minutes", &[("minutes", &form.minutes.to_string())])
}

/// How a parent can begin.
pub enum WayIn {
    /// At once.
    Open,
    /// After signing in: the form follows another.
    SignInFirst,
    /// After filing the form that this one follows.
    FileFirst {
        /// Where that one is.
        address: String,
        /// What it is called.
        title: Text,
    },
}

/// What the first page of a procedure shows.
pub struct Procedure<'a> {
    /// The form.
    pub form: &'a Form,
    /// Whether there is something to go on with.
    pub has_draft: bool,
    /// What was answered went with the session that it belonged to.
    pub answers_are_gone: bool,
    /// 「個人番号」 Where it is taken, for a form that it belongs to.
    pub number: MyNumber,
    /// How to begin.
    pub way_in: WayIn,
}

/// `/apply/{form}`
#[must_use]
pub fn procedure(chrome: &Chrome, model: &Procedure<'_>) -> String {
    let (locale, form) = (chrome.locale, model.form);
    let title = form.title.get(locale.code()).to_owned();
    document(chrome, &title.clone(), false, || {
        let needed = form
            .needed
            .iter()
            .map(|text| view! { <li lang=locale.lang_of(text)>{text.get(locale.code()).to_owned()}</li> })
            .collect_view();
        let number = match model.number {
            MyNumber::Off => None,
            MyNumber::Counter => Some(locale.say("procedure-number")),
            MyNumber::Sealed => Some(locale.say("my-number-procedure")),
        };
        let number = number.map(|text| view! { <p>{text}</p> });
        let proposal = (form.standing == Standing::Draft && chrome.demo).then(|| {
            view! { <div class="notice"><p>{locale.say("procedure-proposal")}</p></div> }
        });
        // What comes after an ordinary filing; a form with a closing of its own says it there.
        let after = form.closing.is_empty().then(|| {
            view! {
                <h2>{locale.say("procedure-after")}</h2>
                <p>{locale.say("procedure-after-1")}</p>
                <p>{locale.say("procedure-after-2")}</p>
            }
        });
        let gone = model.answers_are_gone.then(|| {
            view! { <div class="notice notice--info" role="status"><p>{locale.say("procedure-gone")}</p></div> }
        });
        let all_pages = chrome.preview.then(|| {
            let address = format!("/preview/{}", form.id);
            view! { <p lang="ja"><a href=address>{Locale::Ja.say("preview-all")}</a></p> }
        });
        view! {
            {gone}
            <h1 lang=locale.lang_of(&form.title)>{title}</h1>
            {proposal}
            <div class="prose">
                <p lang=locale.lang_of(&form.summary)>{form.summary.get(locale.code()).to_owned()}</p>
                <p>{minutes(locale, form)}</p>
                <h2>{locale.say("procedure-needed")}</h2>
                <ul>{needed}</ul>
                <h2>{locale.say("procedure-purpose")}</h2>
                <p lang=locale.lang_of(&form.purpose)>{form.purpose.get(locale.code()).to_owned()}</p>
                {after}
                {number}
                <p>{locale.say(if form.draft == DraftRule::Session { "procedure-keep-session" } else { "procedure-keep" })}</p>
            </div>
            {way_in(locale, model)}
            {all_pages}
        }
        .into_any()
    })
}

fn way_in(locale: Locale, model: &Procedure<'_>) -> AnyView {
    let address = format!("/apply/{}", model.form.id);
    match &model.way_in {
        WayIn::Open => {
            let begin = locale.say(if model.has_draft { "procedure-continue" } else { "procedure-begin" });
            let discard = model.has_draft.then(|| {
                view! {
                    <form method="post" action=format!("{address}/discard")>
                        <button class="button button--quiet">{locale.say("procedure-discard")}</button>
                    </form>
                }
            });
            view! {
                <form class="form" method="post" action=address.clone()>
                    <div class="button-row"><button class="button button--primary">{begin}</button></div>
                </form>
                {discard}
            }
            .into_any()
        }
        WayIn::SignInFirst => view! {
            <p>{locale.say("procedure-sign-in")}</p>
            <p><a class="button button--primary" href=format!("/sign-in?next={address}")>{locale.say("check-sign-in-button")}</a></p>
        }
        .into_any(),
        WayIn::FileFirst { address, title } => view! {
            <p>{locale.say("nothing-to-follow-text")}</p>
            <p><a class="button button--primary" href=address.clone()>{title.get(locale.code()).to_owned()}</a></p>
        }
        .into_any(),
    }
}
