//! 「二つの届出の見比べ」 `/staff/cases/{number}/beside/{other}`: two filings side by side. Invariant: what differs is marked by a word,
//! not by colour alone; on a phone each item keeps its two answers beside each other under its name.

use std::collections::BTreeSet;

use intake::{
    answers::{Answers, RawAnswers},
    case::Stage,
    duplicate::{PairState, Reason},
    export::Channel,
    form::{Field, Form},
    identity::Evidence,
    ids::{FieldId, ReceiptNumber},
    time::Instant,
};
use leptos::prelude::*;

use super::{
    frame::{Desk, document, error_summary},
    identity::method_key,
    pair::{reasons, verdict},
};
use crate::{fields::text_area_of, pages::check::shown, text::Locale};

/// One of the two.
pub struct Side<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// The form, in the version that was filled in.
    pub form: &'a Form,
    /// What was typed.
    pub raw: &'a RawAnswers,
    /// The same, parsed.
    pub answers: &'a Answers,
    /// The stage.
    pub stage: Stage,
    /// How it came.
    pub channel: Channel,
    /// When it arrived.
    pub filed_at: Instant,
    /// How identity was established.
    pub evidence: Option<Evidence>,
    /// 「写真・書類」 What the form calls each.
    pub papers: Vec<String>,
    /// Who holds it.
    pub holder: Option<String>,
}

/// What the page shows.
pub struct Model<'a> {
    /// Both, the one that was asked for first.
    pub sides: [Side<'a>; 2],
    /// Why it was found.
    pub reasons: Vec<Reason>,
    /// When.
    pub found_at: Instant,
    /// What a person has said.
    pub state: PairState,
    /// Joined: whether the second stands.
    pub other_stands: bool,
    /// Who has said so, and when.
    pub settled: Option<(String, Instant)>,
    /// What she wrote.
    pub note: Option<String>,
    /// Guards against saying what somebody has said otherwise meanwhile.
    pub version: i64,
    /// Whether who reads may say something.
    pub can_settle: bool,
    /// What was typed and not taken: the verdict and the note.
    pub typed: Option<(String, String)>,
    /// Why not, and the input to go to.
    pub error: Option<(String, &'static str)>,
}

/// The names of the verdicts in the form.
pub const VERDICTS: [&str; 3] = ["apart", "first", "second"];

/// An item with its two texts.
struct Row {
    label: String,
    texts: [String; 2],
    is_japanese: bool,
}

impl Row {
    fn differs(&self) -> bool {
        self.texts[0] != self.texts[1]
    }
}

/// `/staff/cases/{number}/beside/{other}`
#[must_use]
pub fn page(desk: &Desk, model: &Model<'_>) -> String {
    let locale = desk.locale();
    let title = locale.say("beside-title");
    let error = model.error.as_ref();
    document(desk, &title.clone(), error.is_some(), || {
        let mut rows = about(locale, model);
        rows.extend(answers(locale, model));
        let differ = rows.iter().filter(|row| row.differs()).count();
        let said = verdict(locale, model.state, model.other_stands, model.settled.as_ref());
        let note = model.note.as_ref().map(|note| view! { <p>{locale.say("beside-note")}"："{note.clone()}</p> });
        let found = locale.with(
            "beside-found",
            &[("at", &model.found_at.minute_in_japan()), ("reasons", &reasons(locale, &model.reasons))],
        );
        view! {
            {error_summary(error.map(|(text, _)| text.as_str()), error.map(|(_, input)| *input))}
            <h1>{title}</h1>
            <p>{found}</p>
            <p><strong>{said}</strong></p>
            {note}
            <p>{locale.with("beside-differ", &[("count", &differ.to_string())])}</p>
            {table(locale, model, &rows)}
            {settle(locale, model)}
        }
        .into_any()
    })
}

/// What is known of the filings beside their answers.
fn about(locale: Locale, model: &Model<'_>) -> Vec<Row> {
    let row = |key: &str, text: &dyn Fn(&Side<'_>) -> String| Row {
        label: locale.say(key),
        texts: [text(&model.sides[0]), text(&model.sides[1])],
        is_japanese: false,
    };
    let none = || locale.say("beside-none");
    vec![
        row("queue-stage", &|side| locale.say(&format!("staff-stage-{}", side.stage))),
        row("queue-filed", &|side| side.filed_at.minute_in_japan()),
        row("origin-channel", &|side| locale.say(&format!("channel-{}", side.channel.as_str()))),
        row("queue-holder", &|side| side.holder.clone().unwrap_or_else(none)),
        row("identity-title", &|side| identity(locale, side.evidence)),
        row("papers-title", &|side| if side.papers.is_empty() { none() } else { side.papers.join("、") }),
    ]
}

/// 「本人確認」 How she came, and what was seen at the counter.
fn identity(locale: Locale, evidence: Option<Evidence>) -> String {
    let Some(found) = evidence else { return locale.say("beside-none") };
    let seen = found.counter.map(|seen| locale.say(&format!("person-{}", seen.person.code().replace('_', "-"))));
    let enough =
        locale.say(if found.sufficient().is_some() { "beside-identity-enough" } else { "beside-identity-missing" });
    [Some(locale.say(method_key(found.method))), seen, Some(enough)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("、")
}

/// Every item that either was asked, in the order of the first's form.
fn answers(locale: Locale, model: &Model<'_>) -> Vec<Row> {
    let [one, other] = &model.sides;
    let mut seen: BTreeSet<&FieldId> = BTreeSet::new();
    let fields = one.form.fields().chain(other.form.fields()).map(|(_, field)| field);
    fields
        .filter(|field| seen.insert(&field.id))
        .filter(|field| is_asked(one, &field.id) || is_asked(other, &field.id))
        .map(|field| Row {
            label: field.label.get("ja").to_owned(),
            texts: [answer(locale, one, field), answer(locale, other, field)],
            is_japanese: true,
        })
        .collect()
}

fn is_asked(side: &Side<'_>, id: &FieldId) -> bool {
    let Some((page, field)) = side.form.field(id) else { return false };
    let holds = |condition: &intake::form::Condition| condition.holds(side.answers);
    page.when.as_ref().is_none_or(holds) && field.when.as_ref().is_none_or(holds)
}

fn answer(locale: Locale, side: &Side<'_>, field: &Field) -> String {
    let own = side.form.field(&field.id).map(|(_, own)| own).filter(|own| is_asked(side, &own.id));
    match own {
        None => locale.say("beside-not-asked"),
        Some(own) => shown(Locale::Ja, own, side.raw).unwrap_or_else(|| Locale::Ja.say("not-answered")),
    }
}

/// The roles are said once more, for on a narrow screen the rows are no table to the browser.
fn table(locale: Locale, model: &Model<'_>, rows: &[Row]) -> AnyView {
    let heads = model.sides.iter().map(|side| {
        let number = side.number.to_string();
        view! { <th scope="col" role="columnheader"><a href=format!("/staff/cases/{number}")>{number.clone()}</a></th> }
    });
    let body = rows.iter().map(|row| {
        let differs = row.differs();
        let mark = differs.then(|| view! { " " <span class="badge badge--flag">{locale.say("beside-differs")}</span> });
        let lang = row.is_japanese.then_some("ja");
        let cells = row.texts.iter().map(|text| view! { <td role="cell" lang=lang>{text.clone()}</td> });
        view! {
            <tr role="row" class:beside__row--differs=differs>
                <th scope="row" role="rowheader"><span lang=lang>{row.label.clone()}</span>{mark}</th>
                {cells.collect_view()}
            </tr>
        }
    });
    view! {
        <table class="table beside" role="table" aria-label=locale.say("beside-title")>
            <thead role="rowgroup">
                <tr role="row"><th scope="col" role="columnheader">{locale.say("beside-item")}</th>{heads.collect_view()}</tr>
            </thead>
            <tbody role="rowgroup">{body.collect_view()}</tbody>
        </table>
    }
    .into_any()
}

/// What a person says of them.
fn settle(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    if !model.can_settle {
        return None;
    }
    let [one, other] = &model.sides;
    let (chosen, note) = model.typed.clone().unwrap_or_default();
    let choices = VERDICTS.into_iter().enumerate().map(|(place, code)| {
        let stands = match code {
            "first" => one.number.to_string(),
            "second" => other.number.to_string(),
            _ => String::new(),
        };
        let label = if stands.is_empty() {
            locale.say("beside-verdict-apart")
        } else {
            locale.with("beside-verdict-joined", &[("number", &stands)])
        };
        view! {
            <label class="choice">
                <input type="radio" id=format!("verdict-{place}") name="verdict" value=code checked=code == chosen/>
                <span>{label}</span>
            </label>
        }
    });
    let error = |input: &str| {
        let found = model.error.as_ref().filter(|(_, leads_to)| *leads_to == input);
        found.map(|(text, _)| view! { <p class="field__error" id=format!("{input}-error")>{locale.say("error-prefix")}{text.clone()}</p> })
    };
    let note_is_wrong = model.error.as_ref().is_some_and(|(_, input)| *input == "note");
    let described = if note_is_wrong { "note-hint note-error" } else { "note-hint" }.to_owned();
    Some(
        view! {
            <section>
                <h2>{locale.say("beside-settle")}</h2>
                <form class="form" method="post" action=super::pair::address(one.number, other.number) novalidate>
                    <input type="hidden" name="version" value=model.version.to_string()/>
                    <fieldset class="field">
                        <legend class="field__label">{locale.say("beside-question")}</legend>
                        <p class="field__hint">{locale.say("beside-question-hint")}</p>
                        {error("verdict-0")}
                        <div class="choice-list">{choices.collect_view()}</div>
                    </fieldset>
                    <div class="field">
                        <label class="field__label" for="note">{locale.say("beside-note-label")}</label>
                        <p class="field__hint" id="note-hint">{locale.say("beside-note-hint")}</p>
                        {error("note")}
                        <div class="field__control">{text_area_of("note", &note, None, Some(described), note_is_wrong)}</div>
                    </div>
                    <div class="button-row"><button class="button button--primary">{locale.say("beside-button")}</button></div>
                </form>
            </section>
        }
        .into_any(),
    )
}
