//! The file of a report. Invariant: it opens in a spreadsheet without running anything, and holds the copy's numbers only.

use crate::text::Locale;

use super::{Row, kept_back};

/// A cell as a spreadsheet takes it for text or a number: quoted, and with an apostrophe before what would be a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if is_formula { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

/// Lines of cells as UTF-8 with its mark, as Japanese spreadsheets know it by.
#[must_use]
pub fn csv(lines: &[Vec<String>]) -> String {
    let lines = lines.iter().map(|line| line.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\r\n");
    format!("\u{feff}{}", lines.collect::<String>())
}

/// The lines of a table: a head, its rows, the total.
#[must_use]
pub fn lines(locale: Locale, name: &str, rows: &[Row], total: Option<u64>) -> Vec<Vec<String>> {
    let count = |count: Option<u64>| count.map_or_else(|| kept_back(locale), |count| count.to_string());
    let head = vec![locale.say(&format!("reports-{name}")), locale.say("reports-number")];
    let rows = rows.iter().map(|(label, number)| vec![label.clone(), count(*number)]);
    let total = vec![locale.say("reports-total"), count(total)];
    std::iter::once(head).chain(rows).chain([total]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_runs_nothing_and_loses_nothing() {
        let lines =
            [vec!["=1+1".to_owned(), "a,b".to_owned()], vec!["\"x\"".to_owned(), "-5".to_owned(), "X".to_owned()]];
        assert_eq!(csv(&lines), "\u{feff}'=1+1,\"a,b\"\r\n\"\"\"x\"\"\",'-5,X\r\n");
    }
}
