//! 「集計」 `/staff/reports`: pictures first, the numbers beneath each, and a file beside it. Invariant: every picture has its numbers as a table,
//! nothing is told by colour alone, and the exact numbers of the team are not printed.

mod chart;
pub mod file;

use intake::{ids::FormId, period::Period};
use leptos::prelude::*;

use super::frame::{Desk, document};
use crate::text::Locale;

/// A count with its label; none where it is kept back.
pub type Row = (String, Option<u64>);

/// A table with its picture.
#[derive(Clone)]
pub struct Table {
    /// The name of its texts, and of its file.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
    /// All together; none where it is kept back.
    pub total: Option<u64>,
}

/// How long something took.
pub struct Took {
    /// The name of its text.
    pub name: &'static str,
    /// Of how many cases; none in a copy.
    pub cases: Option<u64>,
    /// Half of them, and nine tenths of them, within so many hours.
    pub hours: Option<(u64, u64)>,
}

/// The names of columns, and each row with its counts.
pub type Crossed = (Vec<String>, Vec<(String, Vec<u64>)>);

/// What the page shows.
pub struct Model {
    /// The form.
    pub form: FormId,
    /// The forms to choose from, with their titles.
    pub forms: Vec<(FormId, String)>,
    /// The period.
    pub period: Period,
    /// The periods to choose from.
    pub periods: Vec<Period>,
    /// Whether it is the copy.
    pub is_copy: bool,
    /// Whether who reads may have the exact numbers.
    pub is_team: bool,
    /// Whether there is a copy.
    pub has_copy: bool,
    /// By day or month.
    pub over_time: Table,
    /// By day (or month) and channel, with the channels' names; the team's only.
    pub crossed: Option<Crossed>,
    /// The others, each with a picture.
    pub tables: Vec<Table>,
    /// How long it took.
    pub took: Vec<Took>,
    /// Slots that stood open, and the places in them.
    pub slots: (u64, u64),
    /// 「未処理」 Of now; the team's only.
    pub open: Option<Table>,
}

/// `/staff/reports`
#[must_use]
pub fn page(desk: &Desk, model: &Model) -> String {
    let locale = desk.locale();
    let title = locale.say("reports-title");
    document(desk, &title.clone(), false, || {
        let shown = !model.is_copy || model.has_copy;
        view! {
            <h1>{title} <span class="report-period">{period_name(locale, model.period)}</span></h1>
            {picker(locale, model)}
            {edition(locale, model)}
            {shown.then(|| numbers(locale, model))}
        }
        .into_any()
    })
}

/// What a period is called.
#[must_use]
pub fn period_name(locale: Locale, period: Period) -> String {
    let text = period.to_string();
    match period {
        Period::Month(month) => {
            let (year, month, _) = month.first_day().parts();
            locale.with("reports-month", &[("year", &year.to_string()), ("month", &month.to_string())])
        }
        Period::FiscalYear(_) => locale.with("reports-fiscal-year", &[("year", text.trim_start_matches("fy"))]),
    }
}

fn address(model: &Model, is_copy: bool) -> String {
    let copy = if is_copy { "&edition=copy" } else { "" };
    format!("/staff/reports?form={}&period={}{copy}", model.form, model.period)
}

fn picker(locale: Locale, model: &Model) -> AnyView {
    let forms = model.forms.iter().map(|(id, title)| {
        view! { <option value=id.to_string() selected=*id == model.form>{title.clone()}</option> }
    });
    let periods = model.periods.iter().map(|period| {
        view! { <option value=period.to_string() selected=*period == model.period>{period_name(locale, *period)}</option> }
    });
    let copy = model.is_copy.then(|| view! { <input type="hidden" name="edition" value="copy"/> });
    view! {
        <form class="report-picker" method="get" action="/staff/reports">
            <p class="field"><label class="field__label" for="form">{locale.say("reports-form")}</label>
                <select class="select" id="form" name="form">{forms.collect_view()}</select></p>
            <p class="field"><label class="field__label" for="period">{locale.say("reports-period")}</label>
                <select class="select" id="period" name="period">{periods.collect_view()}</select></p>
            {copy}
            <p><button class="button button--secondary">{locale.say("reports-show")}</button></p>
        </form>
    }
    .into_any()
}

/// Whose numbers these are, and where the others are.
fn edition(locale: Locale, model: &Model) -> AnyView {
    if model.is_copy {
        let note = if model.has_copy { "reports-copy" } else { "reports-no-copy" };
        let back = model.is_team.then(
            || view! { <p class="report-other"><a href=address(model, false)>{locale.say("reports-to-team")}</a></p> },
        );
        return view! { <div class="notice"><p>{locale.say(note)}</p></div>{back} }.into_any();
    }
    let other = model.has_copy.then(|| view! { " " <a href=address(model, true)>{locale.say("reports-to-copy")}</a> });
    view! {
        <div class="notice notice--warning"><p>{locale.say("reports-team")}{other}</p></div>
        <p class="report-not-printed">{locale.say("reports-not-printed")}</p>
    }
    .into_any()
}

fn numbers(locale: Locale, model: &Model) -> AnyView {
    let open = model.open.as_ref().map(|open| section(locale, model, open));
    view! {
        <div class=if model.is_copy { "report" } else { "report report--team" }>
            {over_time(locale, model)}
            {model.tables.iter().map(|table| section(locale, model, table)).collect_view()}
            {took(locale, model)}
            {open}
        </div>
    }
    .into_any()
}

fn heading(locale: Locale, name: &str) -> AnyView {
    view! { <h2 id=format!("report-{name}")>{locale.say(&format!("reports-{name}"))}</h2> }.into_any()
}

fn over_time(locale: Locale, model: &Model) -> AnyView {
    let name = model.over_time.name;
    let picture = chart::columns(locale, &model.over_time);
    let numbers = model.crossed.as_ref().map_or_else(
        || table(locale, &model.over_time),
        |(channels, rows)| {
            let heads = channels.iter().map(|channel| view! { <th scope="col">{channel.clone()}</th> }).collect_view();
            let rows = rows.iter().map(|(time, counts)| {
                let sum: u64 = counts.iter().sum();
                let cells = counts.iter().map(|count| view! { <td data-number="">{*count}</td> }).collect_view();
                view! { <tr><th scope="row">{time.clone()}</th><td data-number="">{sum}</td>{cells}</tr> }
            });
            let caption = locale.say(&format!("reports-{name}"));
            view! {
                <div class="report-table" role="group" tabindex="0" aria-label=caption>
                    <table class="table">
                        <thead><tr><th scope="col">{locale.say("reports-column-time")}</th><th scope="col">{locale.say("reports-total")}</th>{heads}</tr></thead>
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            }
            .into_any()
        },
    );
    let total = model.over_time.total.map_or_else(|| kept_back(locale), |total| total.to_string());
    view! {
        <section class="report__part report__part--wide" aria-labelledby=format!("report-{name}")>
            {heading(locale, name)}
            <p class="report__total">{locale.with("reports-filed-total", &[("number", &total)])}</p>
            {picture}
            <details><summary>{locale.say("reports-numbers")}</summary>{numbers}</details>
            {file_link(locale, model, name)}
        </section>
    }
    .into_any()
}

fn section(locale: Locale, model: &Model, of: &Table) -> AnyView {
    let note = (of.name == "bookings").then(|| {
        let (slots, places) = (model.slots.0.to_string(), model.slots.1.to_string());
        view! { <p>{locale.with("reports-slots", &[("slots", &slots), ("places", &places)])}</p> }
    });
    let is_empty = of.rows.iter().all(|(_, count)| *count == Some(0));
    let inside = if is_empty {
        view! { <p>{locale.say("reports-nothing")}</p> }.into_any()
    } else {
        view! { {chart::bars(locale, of)}{table(locale, of)} }.into_any()
    };
    view! {
        <section class="report__part" aria-labelledby=format!("report-{}", of.name)>
            {heading(locale, of.name)}
            {note}
            {inside}
            {file_link(locale, model, of.name)}
        </section>
    }
    .into_any()
}

/// What stands in the place of a count that is kept back: X, as official statistics have it (秘匿).
fn kept_back(locale: Locale) -> String {
    locale.say("reports-kept-back")
}

fn cell(locale: Locale, count: Option<u64>) -> AnyView {
    match count {
        Some(count) => view! { <td data-number="">{count}</td> }.into_any(),
        None => {
            view! { <td data-number=""><abbr title=locale.say("reports-kept-back-why")>{kept_back(locale)}</abbr></td> }
                .into_any()
        }
    }
}

fn table(locale: Locale, of: &Table) -> AnyView {
    let rows = of.rows.iter().map(|(label, count)| {
        view! { <tr><th scope="row">{label.clone()}</th>{cell(locale, *count)}</tr> }
    });
    view! {
        <table class="table report__numbers">
            <caption class="visually-hidden">{locale.say(&format!("reports-{}", of.name))}</caption>
            <tbody>{rows.collect_view()}</tbody>
            <tfoot><tr><th scope="row">{locale.say("reports-total")}</th>{cell(locale, of.total)}</tr></tfoot>
        </table>
    }
    .into_any()
}

/// Hours in words: up to two days in hours, then in days.
#[must_use]
pub fn duration(locale: Locale, hours: u64) -> String {
    match hours {
        0 => locale.say("reports-within-an-hour"),
        1..48 => locale.with("reports-hours", &[("number", &hours.to_string())]),
        _ => locale.with("reports-days-long", &[("number", &format!("{}.{}", hours / 24, hours % 24 * 10 / 24))]),
    }
}

fn took(locale: Locale, model: &Model) -> AnyView {
    let rows = model.took.iter().map(|took| {
        let cases = took.cases.map(|cases| view! { <td data-number="">{cases}</td> });
        let (half, most) = took.hours.map_or_else(
            || {
                let nothing = if took.cases == Some(0) { "—".to_owned() } else { kept_back(locale) };
                (nothing.clone(), nothing)
            },
            |(half, most)| (duration(locale, half), duration(locale, most)),
        );
        view! {
            <tr><th scope="row">{locale.say(&format!("reports-took-{}", took.name))}</th>{cases}<td data-number="">{half}</td><td data-number="">{most}</td></tr>
        }
    });
    let cases = (!model.is_copy).then(|| view! { <th scope="col">{locale.say("reports-cases")}</th> });
    view! {
        <section class="report__part" aria-labelledby="report-took">
            {heading(locale, "took")}
            {chart::spans(locale, &model.took)}
            <div class="report-table" role="group" tabindex="0" aria-label=locale.say("reports-took")>
                <table class="table">
                    <thead><tr>
                        <th scope="col">{locale.say("reports-step")}</th>{cases}<th scope="col">{locale.say("reports-median")}</th>
                        <th scope="col">{locale.say("reports-most")}</th>
                    </tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            {file_link(locale, model, "took")}
        </section>
    }
    .into_any()
}

/// The file is the copy, whoever takes it away; of what is only the team's there is none.
fn file_link(locale: Locale, model: &Model, name: &str) -> Option<AnyView> {
    let address = format!("/staff/reports/{name}.csv?form={}&period={}", model.form, model.period);
    let is_there = model.has_copy && name != "open";
    is_there.then(|| {
        let of = locale.say(&format!("reports-{name}"));
        view! {
            <p class="report__file"><a href=address>{locale.say("reports-csv")}<span class="visually-hidden">" "{of}</span></a></p>
        }
        .into_any()
    })
}
