//! A list that somebody of the staff takes away. Invariant: it opens in a spreadsheet without running anything (decisions.md, Text), and
//! stays in no cache.

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_DISPOSITION},
};

/// A cell as a spreadsheet takes it for text or a number: quoted, and with an apostrophe before what would be a formula.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let guarded = if is_formula { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}

/// Lines of cells as UTF-8 with its mark, as Japanese spreadsheets know it by.
fn csv(lines: &[Vec<String>]) -> String {
    let lines = lines.iter().map(|line| line.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\r\n");
    format!("\u{feff}{}", lines.collect::<String>())
}

/// The answer with a file of this name, without its ending.
pub(super) fn file(name: &str, lines: &[Vec<String>]) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.csv\"")))
        .body(csv(lines))
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
