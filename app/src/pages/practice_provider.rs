//! 「練習用の本人確認サービス」 The pages of the demo's identity provider. Invariant: each says that it is for practice and that
//! its people are made up; none looks like a page of the portal or of マイナアプリ.

use leptos::prelude::*;

use crate::chrome::{Chrome, document_around};

/// A person to be chosen.
pub struct Choice<'a> {
    /// What is sent.
    pub id: &'a str,
    /// 「氏名」
    pub name: &'a str,
    /// What else is known of her.
    pub about: &'a [String],
}

/// The page on which somebody is chosen.
pub struct Choosing<'a> {
    /// Where the choice is sent.
    pub action: &'a str,
    /// Names the request of the client that waits.
    pub request: &'a str,
    /// Whether these are staff.
    pub of_staff: bool,
    /// The people.
    pub people: Vec<Choice<'a>>,
    /// 「わざと失敗させる」 The names of what can go wrong.
    pub faults: &'a [&'a str],
}

/// `…/protocol/openid-connect/auth`
#[must_use]
pub fn choose(chrome: &Chrome, model: &Choosing<'_>) -> String {
    let locale = chrome.locale;
    let lead = if model.of_staff { "staff-provider-lead" } else { "practice-provider-lead" };
    document(chrome, model.of_staff, "practice-provider-title", || {
        let people = model
            .people
            .iter()
            .map(|person| {
                let choose = locale.with("practice-provider-choose", &[("name", person.name)]);
                view! {
                    <li class="card">
                        {described(chrome, person)}
                        <button class="button button--primary" name="person" value=person.id.to_owned()>{choose}</button>
                    </li>
                }
            })
            .collect_view();
        let fault = |name: &str, text: String, checked: bool| {
            view! {
                <label class="choice">
                    <input type="radio" name="fault" value=name.to_owned() checked=checked/>
                    <span>{text}</span>
                </label>
            }
        };
        let none = fault("", locale.say("practice-provider-no-fault"), true);
        let faults = model
            .faults
            .iter()
            .map(|name| fault(name, locale.say(&format!("practice-fault-{name}")), false))
            .collect_view();
        view! {
            <p>{locale.say(lead)}</p>
            <form class="form" method="post" action=model.action.to_owned()>
                <input type="hidden" name="request" value=model.request.to_owned()/>
                <details>
                    <summary>{locale.say("practice-provider-fail")}</summary>
                    <fieldset class="field">
                        <legend>{locale.say("practice-provider-fail-lead")}</legend>
                        <div class="choice-list">{none}{faults}</div>
                    </fieldset>
                </details>
                <ul class="card-list">{people}</ul>
                <div class="button-row">
                    <button class="button button--secondary" name="stop" value="yes">{locale.say("practice-provider-stop")}</button>
                </div>
            </form>
        }
        .into_any()
    })
}

fn described(chrome: &Chrome, person: &Choice<'_>) -> impl IntoView + use<> {
    let lang = chrome.locale.lang_of_japanese();
    let about = person.about.iter().map(|line| view! { <p lang=lang>{line.clone()}</p> }).collect_view();
    view! { <h2 lang=lang>{person.name.to_owned()}</h2>{about} }
}

/// The client asked for something that the provider does not give: said to whoever builds the client.
#[must_use]
pub fn refused(chrome: &Chrome, parameter: &str) -> String {
    let parameter = parameter.to_owned();
    document(chrome, false, "practice-provider-refused", || {
        view! {
            <p>{chrome.locale.say("practice-provider-refused-text")}</p>
            <p><code>{parameter}</code></p>
        }
        .into_any()
    })
}

/// The person has waited too long.
#[must_use]
pub fn over(chrome: &Chrome) -> String {
    document(chrome, false, "practice-provider-over", || {
        view! { <p>{chrome.locale.say("practice-provider-over-text")}</p> }.into_any()
    })
}

/// There is no page of this address.
#[must_use]
pub fn nothing_here(chrome: &Chrome) -> String {
    document(chrome, false, "practice-provider-nothing", || {
        view! { <p>{chrome.locale.say("practice-provider-nothing-text")}</p> }.into_any()
    })
}

/// 「職員名簿」 A person of the city's directory.
pub struct Entry<'a> {
    /// Who.
    pub choice: Choice<'a>,
    /// Whether she is on it.
    pub is_listed: bool,
}

/// `/directory`
#[must_use]
pub fn directory(chrome: &Chrome, entries: &[Entry<'_>]) -> String {
    let locale = chrome.locale;
    document(chrome, true, "staff-provider-directory", || {
        let rows = entries
            .iter()
            .map(|entry| {
                let (deed, kind) = if entry.is_listed { ("remove", "danger") } else { ("restore", "secondary") };
                let text = locale.with(&format!("staff-provider-{deed}"), &[("name", entry.choice.name)]);
                view! {
                    <li class="card">
                        {described(chrome, &entry.choice)}
                        <button class=format!("button button--{kind}") name=deed value=entry.choice.id.to_owned()>{text}</button>
                    </li>
                }
            })
            .collect_view();
        view! {
            <p>{locale.say("staff-provider-directory-lead")}</p>
            <form class="form" method="post" action="/directory"><ul class="card-list">{rows}</ul></form>
        }
        .into_any()
    })
}

fn document(chrome: &Chrome, of_staff: bool, title: &str, main: impl FnOnce() -> AnyView) -> String {
    let locale = chrome.locale;
    let (title, name) = (locale.say(title), if of_staff { "staff-provider" } else { "practice-provider" });
    let note = locale.say(&format!("{name}-note"));
    document_around(chrome, &title.clone(), false, || {
        view! {
            <body>
                <aside class="notice notice--practice" aria-label=note.clone()><p>{note.clone()}</p></aside>
                <header class="site-header site-header--plain">
                    <span class="site-header__name">{locale.say(name)}</span>
                </header>
                <main class="page" id="main"><h1>{title}</h1>{main()}</main>
            </body>
        }
        .into_any()
    })
}
