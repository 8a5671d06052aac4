//! 「わたしの届出」 A parent's own filings. Invariant: states stand in the plain words of `contract.md`.

use intake::{
    case::{AmendReason, DeclineReason, Stage},
    course::{Part, Place},
    identity::ProxyState,
    ids::{FormId, ReceiptNumber},
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::{
    booking,
    messages::{self, FIELD, Messages},
    number, pregnancy_end,
};
use crate::{
    chrome::{Chrome, document},
    text::Locale,
};

/// One filing in the list.
pub struct Row {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// Name of the procedure.
    pub title: String,
    /// The stage.
    pub stage: Stage,
    /// When it arrived.
    pub filed_at: Instant,
    /// Whether the office has written something that she has not read.
    pub has_news: bool,
}

fn stage_text(locale: Locale, stage: Stage) -> String {
    locale.say(&format!("stage-{stage}"))
}

/// `/cases`
#[must_use]
pub fn list(chrome: &Chrome, rows: &[Row], is_quiet: bool) -> String {
    let locale = chrome.locale;
    let title = locale.say("cases-title");
    document(chrome, &title.clone(), false, || {
        let none = rows.is_empty().then(|| view! { <p>{locale.say("cases-none")}</p> });
        let cards = rows
            .iter()
            .map(|row| {
                let news = row.has_news.then(|| {
                    view! { " " <span class="badge badge--flag">{locale.say("messages-new")}</span> }
                });
                view! {
                    <li class="card">
                        <h2><a href=format!("/cases/{}", row.number.as_str())>{row.title.clone()}</a></h2>
                        <p><span class="badge badge--stage">{stage_text(locale, row.stage)}</span>{news}</p>
                        <p>{locale.with("cases-filed", &[("at", &locale.minute(row.filed_at))])}</p>
                    </li>
                }
            })
            .collect_view();
        let quiet = is_quiet.then(|| view! { <p class="field__hint">{locale.say("end-on")}</p> });
        let end = locale.say(if is_quiet { "end-link-told" } else { "end-link" });
        let end = (is_quiet || !rows.is_empty()).then(|| view! { <p><a href=pregnancy_end::ADDRESS>{end}</a></p> });
        view! { <h1>{title}</h1>{none}<ul class="card-list">{cards}</ul>{quiet}{end} }.into_any()
    })
}

/// A step of a filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It came to this stage.
    Reached(Stage),
    /// 「取下げの申出」
    AskedToWithdraw,
    /// The office said no to it.
    WithdrawalRefused,
}

/// 「取下げ」 What the page says of a withdrawal, and offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Withdrawing {
    /// Whether it can be withdrawn now.
    pub at_once: bool,
    /// Whether it can be asked for: two people of the office decide.
    pub by_asking: bool,
    /// Since when it is asked for, without being decided.
    pub asked_at: Option<Instant>,
    /// Whether the office has refused it last.
    pub was_refused: bool,
    /// Whether the filing has gone to the back office, which is told then.
    pub was_handed_over: bool,
}

/// One filing.
pub struct Model {
    /// What the list shows of it.
    pub row: Row,
    /// What happened, oldest first.
    pub history: Vec<(Instant, Step)>,
    /// 「代理人」 How far it has come, for who filed it for another person: she reads the state only.
    pub proxy: Option<ProxyState>,
    /// Whether what is asked to be put right is hers.
    pub has_to_correct: bool,
    /// 「これからのこと」 The parts of the way; none where nothing comes next.
    pub course: Vec<(Part, Place)>,
    /// 「市との連絡」 None once the content is erased.
    pub messages: Option<Messages>,
    /// Until when corrections are asked for.
    pub correct_by: Option<CivilDate>,
    /// Why it could not be received: a code of `DeclineReason`.
    pub declined_for: Option<DeclineReason>,
    /// 「写真・書類」 How many were sent.
    pub papers: usize,
    /// 「職権訂正」 What the office has put right: when, which fields, and why.
    pub amended: Vec<(Instant, Vec<String>, AmendReason)>,
    /// 「個人番号」 How it stands, and where it can be changed; none where it is not asked for here.
    pub number: Option<(number::Kept, Option<String>)>,
    /// 「取下げ」
    pub withdrawing: Withdrawing,
    /// 「出し直し」 Whether a new one can begin with its answers.
    pub can_be_refiled: bool,
    /// 「妊娠の終了」 Whether she has told of it: nothing that lies ahead is spoken of.
    pub is_quiet: bool,
    /// Guards against changing what somebody changed meanwhile.
    pub version: i64,
    /// 「面談予約」 Where an interview follows: when it is, if it is booked.
    pub interview: Option<Option<Instant>>,
}

/// What the parent can do now, in the stages in which she is asked to.
fn next_step(locale: Locale, model: &Model) -> Option<AnyView> {
    match model.row.stage {
        Stage::SentBack if !model.has_to_correct => None,
        Stage::SentBack => {
            let day = model.correct_by.map(|day| locale.day(day)).unwrap_or_default();
            let address = format!("/cases/{}/correct", model.row.number);
            Some(
                view! {
                    <div class="notice notice--warning">
                        <p>{locale.with("case-correct", &[("day", &day)])}</p>
                        <p><a class="button button--primary" href=address>{locale.say("case-correct-button")}</a></p>
                    </div>
                }
                .into_any(),
            )
        }
        Stage::VisitNeeded => {
            Some(view! { <div class="notice notice--warning"><p>{locale.say("case-visit")}</p></div> }.into_any())
        }
        Stage::Declined => {
            let reason = model.declined_for?;
            Some(
                view! {
                    <div class="notice notice--warning">
                        <p>{locale.say(&format!("declined-{reason}"))}</p>
                        <p>{locale.say(&format!("declined-{reason}-next"))}</p>
                        {refile(locale, model, reason)}
                    </div>
                }
                .into_any(),
            )
        }
        Stage::Imported if !model.is_quiet => Some(view! { <p>{locale.say("case-imported")}</p> }.into_any()),
        Stage::Held => Some(view! { <p>{locale.say("case-held")}</p> }.into_any()),
        Stage::InReview if model.withdrawing.was_handed_over => {
            Some(view! { <p>{locale.say("case-again")}</p> }.into_any())
        }
        Stage::Submitted
        | Stage::InReview
        | Stage::Accepted
        | Stage::DeclineProposed
        | Stage::Confirmed
        | Stage::HandedOver
        | Stage::Imported
        | Stage::Withdrawn => None,
    }
}

/// 「出し直し」 What is a duplicate needs no third one.
fn refile(locale: Locale, model: &Model, reason: DeclineReason) -> Option<AnyView> {
    (model.can_be_refiled && reason != DeclineReason::Duplicate).then(|| {
        view! {
            <p>{locale.say("refile-lead")}</p>
            <form method="post" action=format!("/cases/{}/refile", model.row.number)>
                <button class="button button--secondary">{locale.say("refile-button")}</button>
            </form>
        }
        .into_any()
    })
}

/// What she pressed would go over a draft that she has: she chooses.
#[must_use]
pub fn draft_there(chrome: &Chrome, number: &ReceiptNumber, form: &FormId) -> String {
    let locale = chrome.locale;
    let title = locale.say("refile-there-title");
    document(chrome, &title.clone(), false, || {
        view! {
            <h1>{title}</h1>
            <p>{locale.say("refile-there-lead")}</p>
            <p><a class="button button--primary" href=format!("/apply/{form}")>{locale.say("refile-there-keep")}</a></p>
            <form method="post" action=format!("/cases/{number}/refile")>
                <input type="hidden" name="replace" value="yes"/>
                <button class="button button--danger">{locale.say("refile-there-replace")}</button>
            </form>
            <p><a href=format!("/cases/{number}")>{locale.say("refile-there-back")}</a></p>
        }
        .into_any()
    })
}

/// What became of a withdrawal so far.
fn withdrawal_news(locale: Locale, model: &Model) -> Option<AnyView> {
    let of = model.withdrawing;
    let told = |key: &str| of.was_handed_over.then(|| view! { <p>{locale.say(key)}</p> });
    if let Some(at) = of.asked_at {
        return Some(
            view! {
                <div class="notice notice--info">
                    <h2>{locale.say("case-withdrawal-asked")}</h2>
                    <p>{locale.with("case-withdrawal-asked-lead", &[("at", &locale.minute(at))])}</p>
                    {told("case-withdrawal-recall")}
                </div>
            }
            .into_any(),
        );
    }
    match model.row.stage {
        Stage::Withdrawn => told("case-withdrawal-recalled")
            .map(|told| view! { <div class="notice notice--info">{told}</div> }.into_any()),
        _ if of.was_refused => Some(
            view! {
                <div class="notice notice--warning">
                    <h2>{locale.say("case-withdrawal-refused")}</h2>
                    <p>{locale.say("case-withdrawal-refused-lead")}</p>
                </div>
            }
            .into_any(),
        ),
        _ => None,
    }
}

/// The button to withdraw, or to ask for it.
fn withdraw(locale: Locale, model: &Model) -> Option<AnyView> {
    let of = model.withdrawing;
    let (key, deed) = match (of.at_once, of.by_asking) {
        (true, _) => ("case-withdraw", "withdraw"),
        (false, true) => ("case-ask-to-withdraw", "ask-to-withdraw"),
        (false, false) => return None,
    };
    let told = (of.by_asking && of.was_handed_over).then(|| view! { <p>{locale.say("case-withdrawal-recall")}</p> });
    Some(
        view! {
            <h2>{locale.say(key)}</h2>
            <p>{locale.say(&format!("{key}-lead"))}</p>
            {told}
            <form method="post" action=format!("/cases/{}/{deed}", model.row.number)>
                <input type="hidden" name="version" value=model.version.to_string()/>
                <button class="button button--danger">{locale.say(&format!("{key}-button"))}</button>
            </form>
        }
        .into_any(),
    )
}

/// 「これからのこと」
fn course(locale: Locale, model: &Model) -> Option<AnyView> {
    let part = |(part, place): &(Part, Place)| {
        let name = part.as_str();
        let (text, more, current) = match place {
            Place::Done => (locale.say(&format!("course-{name}-done")), None, None),
            Place::Yours => (locale.say(&format!("course-{name}")), Some(locale.say("course-yours")), Some("step")),
            Place::Now(by) => {
                let by = by.map(|day| locale.with("course-by", &[("day", &locale.day(day))]));
                (locale.say(&format!("course-{name}")), by, Some("step"))
            }
            Place::Late => (locale.say(&format!("course-{name}")), Some(locale.say("course-late")), Some("step")),
            Place::Ahead(by) => {
                let by = by.map(|day| locale.with("course-by", &[("day", &locale.day(day))]));
                (locale.say(&format!("course-{name}")), by, None)
            }
        };
        let done = (*place == Place::Done).then_some("timeline__step--done");
        let more = more.map(|text| view! { <p>{text}</p> });
        view! { <li class=done aria-current=current>{text}{more}</li> }
    };
    let is_dated = |(_, place): &(Part, Place)| matches!(place, Place::Now(Some(_)) | Place::Ahead(Some(_)));
    let note =
        model.course.iter().any(is_dated).then(|| view! { <p class="field__hint">{locale.say("course-note")}</p> });
    (!model.course.is_empty() && !model.is_quiet).then(|| {
        let parts = model.course.iter().map(part).collect_view();
        view! {
            <section class="messages">
                <h2>{locale.say("course-title")}</h2>
                <ol class="timeline">{parts}</ol>
                {note}
            </section>
        }
        .into_any()
    })
}

/// 「市との連絡」
fn messages_of(locale: Locale, model: &Model) -> AnyView {
    match &model.messages {
        None if model.proxy.is_some() => ().into_any(),
        Some(of) => messages::section(locale, locale.say("messages-lead"), of),
        None => view! { <p>{locale.say("messages-over")}</p> }.into_any(),
    }
}

/// 「仮の受付」 What a proxy reads: that the person herself is waited for, and that the rest is hers.
fn preliminary(locale: Locale, model: &Model) -> Option<AnyView> {
    let waits = (model.proxy? == ProxyState::Waiting).then(|| view! { <p>{locale.say("case-proxy-waiting")}</p> });
    Some(
        view! {
            <div class="notice notice--info">
                <h2>{locale.say("case-proxy-title")}</h2>
                {waits}
                <p>{locale.say("case-proxy-state-only")}</p>
            </div>
        }
        .into_any(),
    )
}

/// 「職権訂正」 Which fields the office has put right, when and why; what stands in them she reads nowhere that somebody who only
/// reads her mail could.
fn amended(locale: Locale, model: &Model) -> Option<AnyView> {
    let rows = model
        .amended
        .iter()
        .map(|(at, fields, reason)| {
            let fields = fields.join(&locale.say("comma"));
            let reason = locale.say(&format!("case-amended-{reason}"));
            view! { <li><time>{locale.minute(*at)}</time><p><strong>{fields}</strong></p><p>{reason}</p></li> }
        })
        .collect_view();
    (!model.amended.is_empty()).then(|| {
        view! {
            <div class="notice notice--info">
                <h2>{locale.say("case-amended-title")}</h2>
                <p>{locale.say("case-amended-lead")}</p>
                <ul>{rows}</ul>
            </div>
        }
        .into_any()
    })
}

/// Why the message that was just written was not taken.
fn trouble(locale: Locale, model: &Model) -> Option<AnyView> {
    let error = model.messages.as_ref()?.error.clone()?;
    Some(
        view! {
            <div class="error-summary" role="alert" tabindex="-1" data-error-summary="">
                <h2>{locale.say("errors-title")}</h2>
                <ul><li><a href=format!("#{FIELD}")>{error}</a></li></ul>
            </div>
        }
        .into_any(),
    )
}

fn step_text(locale: Locale, step: Step) -> String {
    match step {
        Step::Reached(stage) => stage_text(locale, stage),
        Step::AskedToWithdraw => locale.say("step-asked-to-withdraw"),
        Step::WithdrawalRefused => locale.say("case-withdrawal-refused"),
    }
}

/// `/cases/{receipt_number}`
#[must_use]
pub fn page(chrome: &Chrome, model: &Model) -> String {
    let locale = chrome.locale;
    let title = locale.say("case-title");
    let has_error = model.messages.as_ref().is_some_and(|of| of.error.is_some());
    document(chrome, &title.clone(), has_error, || {
        let number = model.row.number.as_str().to_owned();
        let history = model
            .history
            .iter()
            .map(|(at, step)| view! { <li><time>{locale.minute(*at)}</time><p>{step_text(locale, *step)}</p></li> })
            .collect_view();
        view! {
            {trouble(locale, model)}
            <h1>{title}</h1>
            <p>{model.row.title.clone()}</p>
            <div class="receipt">
                {super::receipt::number(locale, &number)}
            </div>
            <p><span class="badge badge--stage">{stage_text(locale, model.row.stage)}</span></p>
            {preliminary(locale, model)}
            {withdrawal_news(locale, model)}
            {next_step(locale, model)}
            {amended(locale, model)}
            {super::papers::sent(locale, model.papers)}
            {model.number.clone().map(|(kept, change)| number::of_filing(locale, kept, change))}
            {course(locale, model)}
            {model.interview.map(|at| booking::invitation(locale, &model.row.number, at))}
            {messages_of(locale, model)}
            <h2>{locale.say("case-history")}</h2>
            <ol class="history">{history}</ol>
            {withdraw(locale, model)}
        }
        .into_any()
    })
}
