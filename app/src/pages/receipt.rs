//! The receipt. Invariant: the title is neutral, for the page may lie about; of one form everybody gets the same page,
//! whatever was answered.

use intake::{form::Form, ids::ReceiptNumber, time::Instant};
use leptos::prelude::*;

use super::booking;
use crate::{
    chrome::{Chrome, document},
    qr, spelled, telephone,
    text::Locale,
};

/// What the page shows.
pub struct Model<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// The form, whose closing words may stand here.
    pub form: &'a Form,
    /// When it arrived.
    pub filed_at: Instant,
    /// Where the case's page is, with scheme and host.
    pub address: &'a str,
    /// Where an interview follows: when it is, if it is booked.
    pub interview: Option<Option<Instant>>,
    /// 「妊娠の終了」 Whether she has told of it.
    pub is_quiet: bool,
    /// How many photos and files were sent.
    pub papers: usize,
    /// Whether it can be had as PDF.
    pub has_pdf: bool,
}

/// The number: for the eye in groups, for the ear one character at a time, and for the telephone by names.
pub(super) fn number(locale: Locale, number: &str) -> AnyView {
    // A line ends between groups, if it must.
    let groups = number.split('-').map(|group| view! { <span>{locale.spelled(group)}</span> " " }).collect_view();
    view! {
        <p>{locale.say("receipt-number")}</p>
        <p class="receipt__number" aria-hidden="true">{number.to_owned()}</p>
        <p class="visually-hidden">{spelled::one_by_one(number)}</p>
        <p class="receipt__how">{locale.say("receipt-spelled")}</p>
        <p class="receipt__spelled">{groups}</p>
    }
    .into_any()
}

fn code(locale: Locale, address: &str) -> Option<AnyView> {
    let code = qr::Code::of(address)?.svg(locale.say("receipt-code-name"));
    Some(view! { <div class="receipt__code">{code}<p>{locale.say("receipt-code")}</p></div> }.into_any())
}

/// The page.
#[must_use]
pub fn page(chrome: &Chrome, model: &Model<'_>) -> String {
    let locale = chrome.locale;
    let title = locale.say("receipt-title");
    document(chrome, &title.clone(), false, || {
        let closing =
            model.form.closing.iter().map(|text| view! { <p>{telephone::with_links(text.get(locale.code()))}</p> });
        let next = if model.is_quiet {
            // 「妊娠の終了」 Nothing that lies ahead is spoken of.
            ().into_any()
        } else if model.form.closing.is_empty() {
            view! {
                <h2>{locale.say("receipt-next")}</h2>
                <ol class="timeline">
                    <li class="timeline__step--done"><p>{locale.say("receipt-step-1")}</p></li>
                    <li aria-current="step"><p>{locale.say("receipt-step-2")}</p></li>
                    <li><p>{locale.say("receipt-step-3")}</p></li>
                </ol>
            }
            .into_any()
        } else {
            view! { <div class="prose">{closing.collect_view()}</div> }.into_any()
        };
        let pdf = model.has_pdf.then(|| {
            let file = format!("/receipt/{}.pdf", model.number);
            view! { <a class="button button--secondary" href=file type="application/pdf">{locale.say("receipt-pdf")}</a> }
        });
        view! {
            <h1>{title}</h1>
            <div class="receipt">{number(locale, model.number.as_str())}</div>
            <p>{locale.with("receipt-filed", &[("at", &locale.minute(model.filed_at))])}</p>
            <p>{locale.say("receipt-keep")}</p>
            {super::papers::sent(locale, model.papers)}
            {next}
            {model.interview.map(|at| booking::invitation(locale, model.number, at))}
            <div class="button-row">
                <a class="button button--secondary" href="/cases">{locale.say("receipt-cases")}</a>
                {pdf}
            </div>
            {code(locale, model.address)}
        }
        .into_any()
    })
}
