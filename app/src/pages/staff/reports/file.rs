//! The file of a report. Invariant: it holds the copy's numbers only.

use crate::text::Locale;

use super::{Row, kept_back};

/// The lines of a table: a head, its rows, the total.
#[must_use]
pub fn lines(locale: Locale, name: &str, rows: &[Row], total: Option<u64>) -> Vec<Vec<String>> {
    let count = |count: Option<u64>| count.map_or_else(|| kept_back(locale), |count| count.to_string());
    let head = vec![locale.say(&format!("reports-{name}")), locale.say("reports-number")];
    let rows = rows.iter().map(|(label, number)| vec![label.clone(), count(*number)]);
    let total = vec![locale.say("reports-total"), count(total)];
    std::iter::once(head).chain(rows).chain([total]).collect()
}
