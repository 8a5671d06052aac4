//! 「外部記録媒体」 `/staff/media`: media, terminals and the ledger of what was carried. Invariant: a button stands only where whoever
//! reads may press it now.

use intake::{
    media::{Encryption, Kind, State, Step},
    time::Instant,
};
use leptos::prelude::*;

use super::frame::{Desk, document, error_summary};
use crate::{fields::text_area_of, text::Locale};

/// A medium or a terminal.
pub struct Carrier {
    /// Its id.
    pub id: String,
    /// Which of the two.
    pub kind: Kind,
    /// What it is called.
    pub label: String,
    /// The serial number of a medium, the fingerprint of a terminal's key.
    pub mark: String,
    /// How a medium encrypts by itself.
    pub encryption: Option<Encryption>,
    /// Who registered it.
    pub proposed_by: String,
    /// Who said yes.
    pub approved_by: Option<String>,
    /// When it was taken out of use.
    pub retired_at: Option<Instant>,
    /// Whether whoever reads may say the second yes.
    pub can_approve: bool,
}

impl Carrier {
    fn is_in_use(&self) -> bool {
        self.approved_by.is_some() && self.retired_at.is_none()
    }
}

/// A line of the ledger.
pub struct Carriage {
    /// Its id.
    pub id: String,
    /// The back office and the number of the batch.
    pub batch: String,
    /// What the medium is called.
    pub medium: String,
    /// What the terminal is called.
    pub terminal: String,
    /// How it stands.
    pub state: State,
    /// What happened, in order: what, by whom, when.
    pub steps: Vec<(Step, String, Instant)>,
    /// Who asked for it, and when.
    pub proposed: (String, Instant),
    /// What whoever reads can do now.
    pub offers: Vec<Step>,
    /// Whether the approval lets it be written now.
    pub can_be_written: bool,
    /// Whether the medium is out for too long.
    pub is_overdue: bool,
}

/// What was typed into a form that was not taken.
#[derive(Default)]
pub struct Typed {
    /// Name of a medium or a terminal.
    pub label: String,
    /// Serial number.
    pub serial: String,
    /// Public key.
    pub key: String,
    /// Number of a batch.
    pub seq: String,
    /// Which form it was.
    pub form: &'static str,
}

/// What the page shows.
pub struct Model {
    /// Media and terminals.
    pub carriers: Vec<Carrier>,
    /// The ledger, newest first.
    pub carriages: Vec<Carriage>,
    /// The back offices, and the newest batch of each.
    pub destinations: Vec<(String, i64)>,
    /// Whether whoever reads registers, asks and takes back.
    pub may_carry: bool,
    /// What could not be done, as a whole sentence.
    pub error: Option<String>,
    /// What was typed for it.
    pub typed: Typed,
}

/// `/staff/media`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("media-title");
    document(desk, &title.clone(), model.error.is_some(), || {
        view! {
            {error_summary(model.error.as_deref(), Some("media-ledger"))}
            <h1>{title}</h1>
            {overdue(locale, model)}
            <p>{locale.say("media-lead")}</p>
            <h2 id="media-ledger" tabindex="-1">{locale.say("media-ledger")}</h2>
            {ledger(locale, model)}
            <p><a href="/staff/media/ledger.csv">{locale.say("media-csv")}</a></p>
            {model.may_carry.then(|| ask(locale, model))}
            <h2>{locale.say("media-carriers")}</h2>
            {carriers(locale, model)}
            {model.may_carry.then(|| register(locale, model))}
        }
        .into_any()
    })
}

fn overdue(locale: Locale, model: &Model) -> Option<AnyView> {
    let count = model.carriages.iter().filter(|carriage| carriage.is_overdue).count();
    let sentence = locale.with("media-overdue", &[("count", &count.to_string())]);
    (count > 0).then(|| view! { <div class="notice notice--warning" role="alert"><p>{sentence}</p></div> }.into_any())
}

fn state_word(locale: Locale, state: State) -> String {
    locale.say(&format!("media-state-{state}"))
}

fn ledger(locale: Locale, model: &Model) -> AnyView {
    if model.carriages.is_empty() {
        return view! { <p>{locale.say("media-ledger-empty")}</p> }.into_any();
    }
    let rows = model.carriages.iter().map(|carriage| line(locale, carriage)).collect_view();
    view! { <ul class="card-list">{rows}</ul> }.into_any()
}

fn line(locale: Locale, carriage: &Carriage) -> AnyView {
    let told = |key: &str, by: &str, at: Instant| {
        let (at, key) = (at.minute_in_japan(), format!("media-step-{key}"));
        view! { <li>{locale.with(&key, &[("name", by), ("at", &at)])}</li> }
    };
    let steps = carriage.steps.iter().map(|(step, by, at)| told(step.as_str(), by, *at)).collect_view();
    let badge = if carriage.is_overdue { "badge badge--flag" } else { "badge badge--stage" };
    let write = carriage.can_be_written.then(|| {
        let command = format!("madoguchi handover export {} --terminal FILE --out PATH", carriage.id);
        view! { <p class="field__hint">{locale.say("media-how-to-write")}</p><pre class="command"><code>{command}</code></pre> }
    });
    let buttons = carriage.offers.iter().map(|step| {
        let look = if *step == Step::Drop { "button button--secondary" } else { "button button--primary" };
        view! {
            <form method="post" action=format!("/staff/media/carriages/{}/{step}", carriage.id)>
                <button class=look>{locale.say(&format!("media-do-{step}"))}<span class="visually-hidden">" " {carriage.batch.clone()}</span></button>
            </form>
        }
    });
    view! {
        <li class="card">
            <h3>{locale.with("media-batch", &[("batch", &carriage.batch)])}</h3>
            <p><span class=badge>{state_word(locale, carriage.state)}</span> " " {locale.with("media-on", &[("medium", &carriage.medium), ("terminal", &carriage.terminal)])}</p>
            <ul>{told("propose", &carriage.proposed.0, carriage.proposed.1)}{steps}</ul>
            {write}
            <div class="button-row">{buttons.collect_view()}</div>
        </li>
    }
    .into_any()
}

fn choice(locale: Locale, model: &Model, kind: Kind) -> AnyView {
    let name = kind.as_str();
    let options = model.carriers.iter().filter(|carrier| carrier.kind == kind && carrier.is_in_use());
    let options = options.map(|carrier| view! { <option value=carrier.id.clone()>{carrier.label.clone()}</option> });
    view! {
        <div class="field">
            <label class="field__label" for=name>{locale.say(&format!("media-kind-{kind}"))}</label>
            <div class="field__control"><select class="select" id=name name=name>{options.collect_view()}</select></div>
        </div>
    }
    .into_any()
}

fn input(locale: Locale, id: &'static str, key: &str, value: &str, is_number: bool) -> AnyView {
    let mode = is_number.then_some("numeric");
    view! {
        <div class="field">
            <label class="field__label" for=id>{locale.say(key)}</label>
            <div class="field__control"><input class="input" id=id name=id autocomplete="off" inputmode=mode value=value.to_owned()/></div>
        </div>
    }
    .into_any()
}

fn ask(locale: Locale, model: &Model) -> AnyView {
    let has = |kind| model.carriers.iter().any(|carrier| carrier.kind == kind && carrier.is_in_use());
    if !has(Kind::Medium) || !has(Kind::Terminal) || model.destinations.is_empty() {
        return view! { <h2>{locale.say("media-ask")}</h2><p>{locale.say("media-ask-nothing")}</p> }.into_any();
    }
    let destinations = model.destinations.iter().map(|(id, newest)| {
        let text = locale.with("media-destination-newest", &[("destination", id), ("seq", &newest.to_string())]);
        view! { <option value=id.clone()>{text}</option> }
    });
    view! {
        <h2>{locale.say("media-ask")}</h2>
        <form class="form" method="post" action="/staff/media/carriages" novalidate>
            <div class="field">
                <label class="field__label" for="destination">{locale.say("media-destination")}</label>
                <div class="field__control"><select class="select" id="destination" name="destination">{destinations.collect_view()}</select></div>
            </div>
            {input(locale, "seq", "media-seq", &model.typed.seq, true)}
            {choice(locale, model, Kind::Medium)}
            {choice(locale, model, Kind::Terminal)}
            <div class="button-row"><button class="button button--primary">{locale.say("media-ask-button")}</button></div>
        </form>
    }
    .into_any()
}

fn carriers(locale: Locale, model: &Model) -> AnyView {
    if model.carriers.is_empty() {
        return view! { <p>{locale.say("media-carriers-none")}</p> }.into_any();
    }
    let rows = model.carriers.iter().map(|carrier| {
        let state = match (&carrier.approved_by, carrier.retired_at) {
            (_, Some(at)) => locale.with("media-retired", &[("at", &at.minute_in_japan())]),
            (Some(by), None) => locale.with("media-approved", &[("name", by)]),
            (None, None) => locale.with("media-waits", &[("name", &carrier.proposed_by)]),
        };
        let encryption =
            carrier.encryption.map(|one| locale.say(&format!("media-encryption-{one}"))).unwrap_or_default();
        let button = |deed: &'static str, look: &'static str| {
            view! {
                <form method="post" action=format!("/staff/media/carriers/{}/{deed}", carrier.id)>
                    <button class=format!("button {look}")>{locale.say(&format!("media-carrier-{deed}"))}<span class="visually-hidden">" " {carrier.label.clone()}</span></button>
                </form>
            }
        };
        let approve = carrier.can_approve.then(|| button("approve", "button--primary"));
        let retire = (model.may_carry && carrier.retired_at.is_none()).then(|| button("retire", "button--secondary"));
        view! {
            <li class="card">
                <h3>{locale.say(&format!("media-kind-{}", carrier.kind))} " " {carrier.label.clone()}</h3>
                <p>{state}</p>
                <p class="field__hint"><code>{carrier.mark.clone()}</code> " " {encryption}</p>
                <div class="button-row">{approve}{retire}</div>
            </li>
        }
    });
    view! { <ul class="card-list">{rows.collect_view()}</ul> }.into_any()
}

fn register(locale: Locale, model: &Model) -> AnyView {
    let typed = |form: &str| if model.typed.form == form { model.typed.label.clone() } else { String::new() };
    let encryption = Encryption::ALL.iter().enumerate().map(|(at, one)| {
        let id = format!("encryption-{at}");
        view! {
            <div class="choice">
                <input class="choice__input" type="radio" id=id.clone() name="encryption" value=one.as_str() checked=at == 0/>
                <label class="choice__label" for=id>{locale.say(&format!("media-encryption-{one}"))}</label>
            </div>
        }
    });
    view! {
        <details class="deed" open=model.typed.form == "medium">
            <summary>{locale.say("media-register-medium")}</summary>
            <form class="form" method="post" action="/staff/media/carriers" novalidate>
                <input type="hidden" name="kind" value="medium"/>
                {input(locale, "label", "media-label", &typed("medium"), false)}
                {input(locale, "serial", "media-serial", &model.typed.serial, false)}
                <fieldset class="fieldset"><legend class="field__label">{locale.say("media-encryption")}</legend>{encryption.collect_view()}</fieldset>
                <div class="button-row"><button class="button button--secondary">{locale.say("media-register")}</button></div>
            </form>
        </details>
        <details class="deed" open=model.typed.form == "terminal">
            <summary>{locale.say("media-register-terminal")}</summary>
            <form class="form" method="post" action="/staff/media/carriers" novalidate>
                <input type="hidden" name="kind" value="terminal"/>
                <p>{locale.say("media-terminal-lead")}</p>
                <div class="field">
                    <label class="field__label" for="terminal-label">{locale.say("media-label")}</label>
                    <div class="field__control"><input class="input" id="terminal-label" name="label" autocomplete="off" value=typed("terminal")/></div>
                </div>
                <div class="field">
                    <label class="field__label" for="key">{locale.say("media-key")}</label>
                    <div class="field__control">{text_area_of("key", &model.typed.key, Some("off".to_owned()), None, false)}</div>
                </div>
                <div class="button-row"><button class="button button--secondary">{locale.say("media-register")}</button></div>
            </form>
        </details>
    }
    .into_any()
}
