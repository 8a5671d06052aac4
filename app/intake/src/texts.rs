//! The texts of a form and their translations. Invariant: a translation says neither more nor less than its form: every
//! text of the form once, and nothing else.
//!
//! A translation stands beside the form file, as `<form>.v<version>.<locale>.toml`. It is for showing only: the form, its
//! digest and what travels in a batch stay as they are. Staff items have Japanese names only, for staff read Japanese.

use std::collections::BTreeMap;

use crate::{
    form::{Choice, Form, FormFileError, Kind, Text},
    furigana,
};

/// What is wrong with a translation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// It cannot be read at all.
    #[error(transparent)]
    Unreadable(#[from] FormFileError),
    /// A value that is neither a text, a list of texts nor a table.
    #[error("“{0}” is not a text")]
    NotAText(String),
    /// A text of the form is missing.
    #[error("“{0}” is missing")]
    Missing(String),
    /// A text that the form does not have.
    #[error("the form has no “{0}”")]
    Unknown(String),
    /// A reading that belongs to no kanji.
    #[error("“{0}” has furigana that belong to nothing")]
    Furigana(String),
}

/// Languages whose translations nobody has reviewed yet: shown where the city offers them, and handed on to nobody.
pub const DRAFTS: [&str; 5] = ["zh-Hans", "vi", "pt", "ne", "fil"];

/// 「やさしい日本語」 The locale whose texts carry readings.
const EASY_JAPANESE: &str = "ja-easy";

/// Puts a translation into its form. Nothing is put in where there is a fault.
///
/// # Errors
/// All faults that were found.
pub fn translate(form: &mut Form, locale: &str, toml: &str) -> Result<(), Vec<TextFault>> {
    let table: toml::Table = toml::from_str(toml).map_err(|error| {
        let line = error.span().map_or(0, |span| toml[..span.start.min(toml.len())].matches('\n').count() + 1);
        vec![TextFault::Unreadable(FormFileError { line, message: error.message().to_owned() })]
    })?;
    let (mut given, mut faults) = (BTreeMap::new(), Vec::new());
    flatten("", &toml::Value::Table(table), &mut given, &mut faults);
    for_each(form, |path, _| {
        if !given.contains_key(path) {
            faults.push(TextFault::Missing(path.to_owned()));
        }
    });
    let known = paths(form);
    faults.extend(given.keys().filter(|path| !known.contains(path)).map(|path| TextFault::Unknown(path.clone())));
    if locale == EASY_JAPANESE {
        for (path, text) in &mut given {
            match furigana::read(text) {
                Ok(marked) => *text = marked,
                Err(_) => faults.push(TextFault::Furigana(path.clone())),
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    for_each(form, |path, text| {
        if let Some(translation) = given.remove(path) {
            text.add(locale, translation);
        }
    });
    Ok(())
}

fn flatten(path: &str, value: &toml::Value, given: &mut BTreeMap<String, String>, faults: &mut Vec<TextFault>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        toml::Value::String(text) => {
            given.insert(path.to_owned(), text.clone());
        }
        toml::Value::Table(table) => table.iter().for_each(|(key, value)| flatten(&below(key), value, given, faults)),
        toml::Value::Array(list) => {
            (0..).zip(list).for_each(|(place, value): (usize, _)| {
                flatten(&below(&place.to_string()), value, given, faults);
            });
        }
        _ => faults.push(TextFault::NotAText(path.to_owned())),
    }
}

/// The name of every text that people outside the office read, in the form's order.
#[must_use]
pub fn paths(form: &Form) -> Vec<String> {
    let mut found = Vec::new();
    for_each(&mut form.clone(), |path, _| found.push(path.to_owned()));
    found
}

/// Whether a parent can be shown the whole form in this language.
#[must_use]
pub fn speaks(form: &Form, locale: &str) -> bool {
    form.title.knows(locale)
}

/// Calls `with` for every text that people outside the office read: its name in a translation, and the text.
fn for_each(form: &mut Form, mut with: impl FnMut(&str, &mut Text)) {
    with("title", &mut form.title);
    with("summary", &mut form.summary);
    with("purpose", &mut form.purpose);
    for (list, texts) in [("needed", &mut form.needed), ("closing", &mut form.closing)] {
        (0..).zip(texts).for_each(|(place, text): (usize, _)| with(&format!("{list}.{place}"), text));
    }
    for page in &mut form.pages {
        with(&format!("page.{}.title", page.id), &mut page.title);
        if let Some(help) = &mut page.help {
            with(&format!("page.{}.help", page.id), help);
        }
        for field in &mut page.fields {
            let id = &field.id;
            with(&format!("field.{id}.label"), &mut field.label);
            if let Some(hint) = &mut field.hint {
                with(&format!("field.{id}.hint"), hint);
            }
            match &mut field.kind {
                Kind::Integer { unit, .. } => with(&format!("field.{id}.unit"), unit),
                Kind::Single { choices } | Kind::Multi { choices } => {
                    for Choice { code, label, refuses, .. } in choices {
                        with(&format!("choice.{id}.{code}"), label);
                        if let Some(refuses) = refuses {
                            with(&format!("refuses.{id}.{code}"), refuses);
                        }
                    }
                }
                Kind::Name
                | Kind::Kana
                | Kind::Text { .. }
                | Kind::LongText { .. }
                | Kind::Date { .. }
                | Kind::PostalCode
                | Kind::Address
                | Kind::Phone
                | Kind::MonthSpan
                | Kind::EpdsItem => {}
            }
        }
    }
    for paper in &mut form.papers {
        with(&format!("paper.{}.label", paper.id), &mut paper.label);
        if let Some(hint) = &mut paper.hint {
            with(&format!("paper.{}.hint", paper.id), hint);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::catalog::{SHIPPED, read};

    fn notification() -> Form {
        read(SHIPPED[0].1).unwrap()
    }

    fn whole_translation(form: &Form) -> toml::Table {
        let mut table = toml::Table::new();
        for path in paths(form) {
            let mut parts: Vec<&str> = path.split('.').collect();
            let last = parts.pop().unwrap();
            let place = parts.iter().fold(&mut table, |table, part| {
                let below = table.entry(*part).or_insert_with(|| toml::Table::new().into());
                below.as_table_mut().unwrap()
            });
            place.insert(last.to_owned(), format!("[{path}]").into());
        }
        table
    }

    #[test]
    fn a_translation_is_shown_and_changes_neither_form_nor_digest() {
        let (mut form, before) = (notification(), notification());
        let text = toml::to_string(&whole_translation(&form)).unwrap();
        translate(&mut form, "vi", &text).unwrap();
        let field = form.field(&"filer".parse().unwrap()).unwrap().1;
        assert_eq!(field.label.get("vi"), "[field.filer.label]");
        assert_eq!(field.choices()[1].label.get("vi"), "[choice.filer.proxy]");
        assert!(speaks(&form, "vi") && !speaks(&before, "vi"));
        assert_eq!((form.sha256(), form.to_json()), (before.sha256(), before.to_json()));
    }

    #[test]
    fn a_translation_says_neither_more_nor_less_than_its_form() {
        let mut form = notification();
        let mut table = whole_translation(&form);
        table.remove("title");
        table.insert("titel".to_owned(), "x".into());
        table.insert("minutes".to_owned(), 5.into());
        let faults = translate(&mut form, "vi", &toml::to_string(&table).unwrap()).unwrap_err();
        let named = [
            TextFault::NotAText("minutes".to_owned()),
            TextFault::Missing("title".to_owned()),
            TextFault::Unknown("titel".to_owned()),
        ];
        assert_eq!(faults, named);
        assert!(!speaks(&form, "vi"));
        let unreadable = translate(&mut form, "vi", "title = \"x\"\nsummary = ").unwrap_err();
        assert!(matches!(&unreadable[..], [TextFault::Unreadable(fault)] if fault.line == 2));
    }
}
