//! 「わたしの届出」 A parent's own filings. Invariant: states stand in the plain words of `contract.md`.

use intake::{
    case::{DeclineReason, Stage},
    ids::ReceiptNumber,
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

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
}

fn stage_text(locale: Locale, stage: Stage) -> String {
    locale.say(&format!("stage-{stage}"))
}

/// `/cases`
#[must_use]
pub fn list(chrome: &Chrome, rows: &[Row]) -> String {
    let locale = chrome.locale;
    let title = locale.say("cases-title");
    document(chrome, &title.clone(), false, || {
        let none = rows.is_empty().then(|| view! { <p>{locale.say("cases-none")}</p> });
        let cards = rows
            .iter()
            .map(|row| {
                view! {
                    <li class="card">
                        <h2><a href=format!("/cases/{}", row.number.as_str())>{row.title.clone()}</a></h2>
                        <p><span class="badge badge--stage">{stage_text(locale, row.stage)}</span></p>
                        <p>{locale.with("cases-filed", &[("at", &locale.minute(row.filed_at))])}</p>
                    </li>
                }
            })
            .collect_view();
        view! { <h1>{title}</h1>{none}<ul class="card-list">{cards}</ul> }.into_any()
    })
}

/// One filing.
pub struct Model {
    /// What the list shows of it.
    pub row: Row,
    /// What happened, oldest first: when, and the stage it led to.
    pub history: Vec<(Instant, Stage)>,
    /// Until when corrections are asked for.
    pub correct_by: Option<CivilDate>,
    /// Why it could not be received: a code of `DeclineReason`.
    pub declined_for: Option<DeclineReason>,
    /// Whether it can be withdrawn now.
    pub may_withdraw: bool,
    /// Guards against changing what somebody changed meanwhile.
    pub version: i64,
}

/// What the parent can do now, in the stages in which she is asked to.
fn next_step(locale: Locale, model: &Model) -> Option<AnyView> {
    match model.row.stage {
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
                    </div>
                }
                .into_any(),
            )
        }
        Stage::Imported => Some(view! { <p>{locale.say("case-imported")}</p> }.into_any()),
        Stage::Submitted
        | Stage::InReview
        | Stage::Accepted
        | Stage::DeclineProposed
        | Stage::Confirmed
        | Stage::HandedOver
        | Stage::Held
        | Stage::Withdrawn => None,
    }
}

/// `/cases/{receipt_number}`
#[must_use]
pub fn page(chrome: &Chrome, model: &Model) -> String {
    let locale = chrome.locale;
    let title = locale.say("case-title");
    document(chrome, &title.clone(), false, || {
        let number = model.row.number.as_str().to_owned();
        let history = model
            .history
            .iter()
            .map(|(at, stage)| {
                view! { <li><time>{locale.minute(*at)}</time><p>{stage_text(locale, *stage)}</p></li> }
            })
            .collect_view();
        let withdraw = model.may_withdraw.then(|| {
            view! {
                <h2>{locale.say("case-withdraw")}</h2>
                <p>{locale.say("case-withdraw-lead")}</p>
                <form method="post" action=format!("/cases/{number}/withdraw")>
                    <input type="hidden" name="version" value=model.version.to_string()/>
                    <button class="button button--danger">{locale.say("case-withdraw")}</button>
                </form>
            }
        });
        view! {
            <h1>{title}</h1>
            <p>{model.row.title.clone()}</p>
            <div class="receipt">
                <p>{locale.say("receipt-number")}</p>
                <p class="receipt__number">{number}</p>
            </div>
            <p><span class="badge badge--stage">{stage_text(locale, model.row.stage)}</span></p>
            {next_step(locale, model)}
            <h2>{locale.say("case-history")}</h2>
            <ol class="history">{history}</ol>
            {withdraw}
        }
        .into_any()
    })
}
