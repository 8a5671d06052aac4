//! Pictures of counts as SVG, drawn on the server. Invariant: each has a title and a description that say what it shows, each bar its number
//! in words beside it, and a count that is kept back is a hatched box and not a length.

use leptos::prelude::*;

use super::{Table, Took, duration, kept_back};
use crate::text::Locale;

const WIDTH: u64 = 480;
const ROW: u64 = 52;

fn says(locale: Locale, name: &str, rows: &[(String, Option<u64>)]) -> (String, String) {
    let title = locale.say(&format!("reports-{name}"));
    let said = rows.iter().map(|(label, count)| match count {
        Some(count) => format!("{label} {count}"),
        None => format!("{label} {}", kept_back(locale)),
    });
    (title, said.collect::<Vec<_>>().join("、"))
}

/// The pattern for what is kept back, with a name of its own on the page.
fn hatching(name: &str) -> AnyView {
    view! {
        <defs>
            <pattern id=format!("kept-{name}") width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <line x1="0" y1="0" x2="0" y2="6" class="chart__hatch"></line>
            </pattern>
        </defs>
    }
    .into_any()
}

fn fill(table: &Table, count: Option<u64>) -> Option<String> {
    count.is_none().then(|| format!("url(#kept-{})", table.name))
}

/// Bars that lie, one for each row, with its label above it.
pub(super) fn bars(locale: Locale, table: &Table) -> AnyView {
    let (title, said) = says(locale, table.name, &table.rows);
    let most = table.rows.iter().filter_map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let height = ROW * table.rows.len() as u64;
    let bars = table.rows.iter().zip(0_u64..).map(|((label, count), place)| {
        let top = place * ROW;
        let (width, class, value) = match count {
            Some(count) => ((WIDTH - 80) * count / most, "chart__bar", count.to_string()),
            None => (60, "chart__kept", kept_back(locale)),
        };
        view! {
            <text class="chart__label" x="0" y=(top + 18).to_string()>{label.clone()}</text>
            <rect class=class fill=fill(table, *count) x="0" y=(top + 24).to_string() width=width.max(1).to_string() height="20"></rect>
            <text class="chart__value" x=(width + 8).to_string() y=(top + 41).to_string()>{value}</text>
        }
    });
    view! {
        <svg class="chart chart--bars" role="img" viewBox=format!("0 0 {WIDTH} {height}") aria-labelledby=format!("chart-{0} chart-{0}-said", table.name)>
            <title id=format!("chart-{}", table.name)>{title}</title>
            <desc id=format!("chart-{}-said", table.name)>{said}</desc>
            {hatching(table.name)}
            {bars.collect_view()}
        </svg>
    }
    .into_any()
}

const COLUMN: u64 = 28;
const HEIGHT: u64 = 160;

/// Columns that stand, one for each day or month.
pub(super) fn columns(locale: Locale, table: &Table) -> AnyView {
    let (title, said) = says(locale, table.name, &table.rows);
    let most = table.rows.iter().filter_map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let width = COLUMN * (table.rows.len() as u64).max(1);
    let columns = table.rows.iter().zip(0_u64..).map(|((label, count), place)| {
        let left = place * COLUMN;
        let (height, class, value) = match count {
            Some(0) => (0, "chart__bar", String::new()),
            Some(count) => ((HEIGHT * count / most).max(2), "chart__bar", count.to_string()),
            None => (20, "chart__kept", kept_back(locale)),
        };
        let top = HEIGHT - height + 20;
        // The last number of a day or a month is enough below a column; the table names it whole.
        let short = label.rsplit('-').next().unwrap_or_default().trim_start_matches('0').to_owned();
        view! {
            <rect class=class fill=fill(table, *count) x=(left + 3).to_string() y=top.to_string() width=(COLUMN - 6).to_string() height=height.to_string()></rect>
            <text class="chart__value" text-anchor="middle" x=(left + COLUMN / 2).to_string() y=(top - 4).to_string()>{value}</text>
            <text class="chart__label" text-anchor="middle" x=(left + COLUMN / 2).to_string() y=(HEIGHT + 38).to_string()>{short}</text>
        }
    });
    let shown = locale.say(&format!("reports-{}", table.name));
    view! {
        <div class="chart-frame" role="group" tabindex="0" aria-label=shown>
            <svg class="chart chart--columns" role="img" viewBox=format!("0 0 {width} {}", HEIGHT + 46) aria-labelledby=format!("chart-{0} chart-{0}-said", table.name)>
                <title id=format!("chart-{}", table.name)>{title}</title>
                <desc id=format!("chart-{}-said", table.name)>{said}</desc>
                {hatching(table.name)}
                <line class="chart__axis" x1="0" x2=width.to_string() y1=(HEIGHT + 20).to_string() y2=(HEIGHT + 20).to_string()></line>
                {columns.collect_view()}
            </svg>
        </div>
    }
    .into_any()
}

/// How long steps took: a bar to the median, a line on to nine tenths.
pub(super) fn spans(locale: Locale, took: &[Took]) -> Option<AnyView> {
    let shown: Vec<(&str, u64, u64)> =
        took.iter().filter_map(|took| took.hours.map(|(half, most)| (took.name, half, most))).collect();
    let longest = shown.iter().map(|(_, _, most)| *most).max()?.max(1);
    let said = shown.iter().map(|(name, half, most)| {
        let values = [("half", duration(locale, *half)), ("most", duration(locale, *most))];
        let step = locale.say(&format!("reports-took-{name}"));
        format!("{step} {}", locale.with("reports-took-said", &[("half", &values[0].1), ("most", &values[1].1)]))
    });
    let said = said.collect::<Vec<_>>().join("、");
    let rows = shown.iter().zip(0_u64..).map(|((name, half, most), place)| {
        let (top, room) = (place * ROW, WIDTH - 20);
        let (to_half, to_most) = ((room * half / longest).max(2), (room * most / longest).max(2));
        view! {
            <text class="chart__label" x="0" y=(top + 18).to_string()>{locale.say(&format!("reports-took-{name}"))}</text>
            <rect class="chart__bar" x="0" y=(top + 24).to_string() width=to_half.to_string() height="20"></rect>
            <line class="chart__axis" x1=to_half.to_string() x2=to_most.to_string() y1=(top + 34).to_string() y2=(top + 34).to_string()></line>
            <line class="chart__axis" x1=to_most.to_string() x2=to_most.to_string() y1=(top + 26).to_string() y2=(top + 42).to_string()></line>
        }
    });
    let height = ROW * shown.len() as u64;
    Some(
        view! {
            <svg class="chart chart--bars" role="img" viewBox=format!("0 0 {WIDTH} {height}") aria-labelledby="chart-took chart-took-said">
                <title id="chart-took">{locale.say("reports-took")}</title>
                <desc id="chart-took-said">{said}</desc>
                {rows.collect_view()}
            </svg>
        }
        .into_any(),
    )
}
