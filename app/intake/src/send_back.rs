//! 「差戻し」 Reasons ready to be picked, and the day that is proposed for the answer. Invariant: a reason that was picked keeps its
//! id, so that each side reads it in a language of its own; what somebody wrote herself stays as she wrote it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{
    calendar::ClosingDays,
    case::{CorrectionRequest, LONGEST_REASON},
    form::{Field, Kind},
    furigana,
    ids::FieldId,
    time::CivilDate,
};

/// 「開庁日」 So many working days are proposed for an answer.
pub const WORKING_DAYS_TO_ANSWER: u32 = 10;

/// What staff read, and what a request is sealed with.
const JAPANESE: &str = "ja";
/// 「やさしい日本語」 The language whose texts carry readings.
const EASY_JAPANESE: &str = "ja-easy";

const SHIPPED: &str = include_str!("../send-back/templates.toml");

/// The day that is proposed for the answer; whoever sends it back may set another.
#[must_use]
pub fn proposed_day(today: CivilDate, closing_days: &ClosingDays) -> CivilDate {
    closing_days.working_days_after(today, WORKING_DAYS_TO_ANSWER)
}

/// 「文例」 A reason that can be picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// What a request keeps of it.
    pub id: String,
    kinds: Vec<String>,
    fields: Vec<FieldId>,
    texts: BTreeMap<String, String>,
}

impl Template {
    /// What staff read.
    #[must_use]
    pub fn japanese(&self) -> &str {
        self.texts.get(JAPANESE).map_or("", String::as_str)
    }

    fn is_for(&self, field: &FieldId, kind: &str) -> bool {
        self.fields.contains(field) || self.kinds.iter().any(|known| known == kind)
    }
}

/// A reason as somebody reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason<'a> {
    /// The words; readings of easy Japanese are marked (`furigana`).
    pub text: &'a str,
    /// Whether they are in the language that was asked for; else they are Japanese.
    pub is_translated: bool,
}

/// All reasons that can be picked, those of the city first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Templates(Vec<Template>);

/// A file of templates that cannot be used; the text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTemplates {
    /// It is not TOML of this shape.
    #[error("line {line}: {message}")]
    Unreadable {
        /// Which line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// One of them cannot be used.
    #[error("“{id}”: {fault}")]
    Template {
        /// Its id.
        id: String,
        /// What is wrong with it.
        fault: Fault,
    },
}

/// What is wrong with a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its id.
    #[error("an id has 1 to 40 of a-z, 0-9 and -, and stands once")]
    Id,
    /// It is for no field.
    #[error("name fields or kinds of field")]
    ForNothing,
    /// A kind of field that no form has.
    #[error("a kind of field that there is none of")]
    UnknownKind,
    /// No Japanese text.
    #[error("the Japanese text is missing")]
    NoJapanese,
    /// A text that does not fit where reasons stand.
    #[error("a text has 1 to 300 characters")]
    Length,
    /// A reading that belongs to no kanji.
    #[error("furigana that belong to nothing")]
    Furigana,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "template", default)]
    templates: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    #[serde(default)]
    kinds: Vec<String>,
    #[serde(default)]
    fields: Vec<FieldId>,
    text: BTreeMap<String, String>,
}

impl Templates {
    /// Those that ship, and before them those of the city's own file, if it has one.
    ///
    /// # Errors
    /// With the first that cannot be used.
    pub fn load(own: Option<&str>) -> Result<Self, NotTemplates> {
        let mut all = own.map(read).transpose()?.unwrap_or_default();
        for shipped in read(SHIPPED)? {
            if !all.iter().any(|template| template.id == shipped.id) {
                all.push(shipped);
            }
        }
        Ok(Self(all))
    }

    /// Those for a field.
    pub fn for_field<'a>(&'a self, field: &'a Field) -> impl Iterator<Item = &'a Template> {
        self.0.iter().filter(|template| template.is_for(&field.id, kind_of(&field.kind)))
    }

    /// Those for a kind of 写真・書類.
    pub fn for_paper<'a>(&'a self, paper: &'a FieldId) -> impl Iterator<Item = &'a Template> {
        self.0.iter().filter(|template| template.is_for(paper, PAPER))
    }

    /// A template by its id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Template> {
        self.0.iter().find(|template| template.id == id)
    }

    /// Why a field was named, for who reads this language; none if it was not. What was picked is read in this language if the
    /// template is still there and says the same in Japanese as then.
    #[must_use]
    pub fn reason<'a>(&'a self, request: &'a CorrectionRequest, field: &FieldId, locale: &str) -> Option<Reason<'a>> {
        let (_, written) = request.fields.iter().find(|(id, _)| id == field)?;
        let picked = request.templates.get(field).and_then(|id| self.find(id));
        let translated = picked.filter(|it| it.japanese() == written).and_then(|it| it.texts.get(locale));
        Some(match translated {
            Some(text) => Reason { text, is_translated: true },
            None => Reason { text: written, is_translated: locale == JAPANESE },
        })
    }
}

fn read(text: &str) -> Result<Vec<Template>, NotTemplates> {
    let file: File = toml::from_str(text).map_err(|error| NotTemplates::Unreadable {
        line: error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
        message: error.message().to_owned(),
    })?;
    let mut all: Vec<Template> = Vec::with_capacity(file.templates.len());
    for written in file.templates {
        let is_there = all.iter().any(|other| other.id == written.id);
        let id = written.id.clone();
        let template = checked(written).and_then(|it| if is_there { Err(Fault::Id) } else { Ok(it) });
        all.push(template.map_err(|fault| NotTemplates::Template { id, fault })?);
    }
    Ok(all)
}

fn checked(written: Written) -> Result<Template, Fault> {
    let Written { id, kinds, fields, text: mut texts } = written;
    let is_id = (1..=40).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_id {
        return Err(Fault::Id);
    }
    if kinds.is_empty() && fields.is_empty() {
        return Err(Fault::ForNothing);
    }
    if kinds.iter().any(|kind| !KINDS.contains(&kind.as_str())) {
        return Err(Fault::UnknownKind);
    }
    if !texts.contains_key(JAPANESE) {
        return Err(Fault::NoJapanese);
    }
    if let Some(easy) = texts.get_mut(EASY_JAPANESE) {
        *easy = furigana::read(easy).map_err(|_| Fault::Furigana)?;
    }
    let fits = |text: &String| !text.trim().is_empty() && text.chars().count() <= LONGEST_REASON;
    // Readings stand above the line and take no room in it.
    let has_room = |text: &String| fits(&furigana::without_readings(text).into_owned());
    if !texts.values().all(has_room) {
        return Err(Fault::Length);
    }
    Ok(Template { id, kinds, fields, texts })
}

const PAPER: &str = "paper";
const KINDS: [&str; 13] = [
    "name",
    "kana",
    "text",
    "long_text",
    "date",
    "month_span",
    "integer",
    "single",
    "multi",
    "postal_code",
    "address",
    "phone",
    PAPER,
];

/// The name of a kind in files of templates. Items of the EPDS are never sent back.
const fn kind_of(kind: &Kind) -> &'static str {
    match kind {
        Kind::Name => "name",
        Kind::Kana => "kana",
        Kind::Text { .. } => "text",
        Kind::LongText { .. } => "long_text",
        Kind::Date { .. } => "date",
        Kind::MonthSpan => "month_span",
        Kind::Integer { .. } => "integer",
        Kind::Single { .. } => "single",
        Kind::Multi { .. } => "multi",
        Kind::PostalCode => "postal_code",
        Kind::Address => "address",
        Kind::Phone => "phone",
        Kind::EpdsItem => "",
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::catalog::Catalog;

    const LANGUAGES: [&str; 8] = ["ja", "ja-easy", "en", "zh-Hans", "vi", "pt", "ne", "fil"];

    #[test]
    fn every_template_that_ships_speaks_every_language_and_every_field_has_one() {
        let templates = Templates::load(None).unwrap();
        for template in &templates.0 {
            let spoken: Vec<&str> = template.texts.keys().map(String::as_str).collect();
            let mut all = LANGUAGES;
            all.sort_unstable();
            assert_eq!(spoken, all, "{}", template.id);
            assert_eq!(furigana::kanji_without_reading(&template.texts["ja-easy"]), None, "{}", template.id);
        }
        for form in Catalog::shipped().unwrap().offered() {
            for (_, field) in form.fields().filter(|(_, field)| !matches!(field.kind, Kind::EpdsItem)) {
                assert!(templates.for_field(field).next().is_some(), "{} {}", form.id, field.id);
            }
            for paper in &form.papers {
                assert!(templates.for_paper(&paper.id).next().is_some(), "{} {}", form.id, paper.id);
            }
        }
    }

    fn request(reason: &str, template: Option<&str>) -> CorrectionRequest {
        let field: FieldId = "phone".parse().unwrap();
        let mut request =
            CorrectionRequest::new(vec![(field.clone(), reason.to_owned())], "2026-12-07".parse().unwrap());
        request.templates.extend(template.map(|id| (field, id.to_owned())));
        request
    }

    #[test]
    fn what_was_picked_is_read_in_her_language_and_what_was_written_stays() {
        let templates = Templates::load(None).unwrap();
        let phone: FieldId = "phone".parse().unwrap();
        let picked = templates.find("telephone-not-reached").unwrap().japanese().to_owned();
        let read = |request: &CorrectionRequest, locale: &str| {
            let reason = templates.reason(request, &phone, locale).unwrap();
            (reason.text.to_owned(), reason.is_translated)
        };
        let by_template = request(&picked, Some("telephone-not-reached"));
        assert_eq!(read(&by_template, "ja"), (picked.clone(), true));
        assert!(read(&by_template, "vi").0.contains("số điện thoại"));
        assert_eq!(read(&by_template, "de"), (picked.clone(), false), "a language that nobody wrote it in");
        let gone = request(&picked, Some("no-longer-there"));
        assert_eq!(read(&gone, "en"), (picked, false), "a template that was taken away");
        let changed = request("番号が1桁足りません。", Some("telephone-not-reached"));
        assert_eq!(
            read(&changed, "en"),
            ("番号が1桁足りません。".to_owned(), false),
            "nobody reads other words than were sent"
        );
        assert!(templates.reason(&by_template, &"name".parse().unwrap(), "ja").is_none());
    }

    #[test]
    fn a_citys_own_file_comes_first_and_is_held_to_the_same() {
        let own = "[[template]]\nid = \"date\"\nkinds = [\"date\"]\n[template.text]\nja = \"日付を直してください。\"\n";
        let templates = Templates::load(Some(own)).unwrap();
        assert_eq!(templates.0[0].japanese(), "日付を直してください。");
        assert_eq!(templates.0.iter().filter(|template| template.id == "date").count(), 1, "in the place of ours");
        let fault = |text: &str| match Templates::load(Some(text)).unwrap_err() {
            NotTemplates::Template { fault, .. } => Some(fault),
            NotTemplates::Unreadable { .. } => None,
        };
        let with = |id: &str, kinds: &str, text: &str| {
            format!("[[template]]\nid = \"{id}\"\nkinds = [{kinds}]\n[template.text]\n{text}\n")
        };
        assert_eq!(fault(&with("A", "\"date\"", "ja = \"x\"")), Some(Fault::Id));
        assert_eq!(fault(&own.repeat(2)), Some(Fault::Id), "twice");
        assert_eq!(fault(&with("a", "", "ja = \"x\"")), Some(Fault::ForNothing));
        assert_eq!(fault(&with("a", "\"colour\"", "ja = \"x\"")), Some(Fault::UnknownKind));
        assert_eq!(fault(&with("a", "\"date\"", "en = \"x\"")), Some(Fault::NoJapanese));
        assert_eq!(fault(&with("a", "\"date\"", "ja = \" \"")), Some(Fault::Length));
        assert_eq!(fault(&with("a", "\"date\"", &format!("ja = \"{}\"", "あ".repeat(301)))), Some(Fault::Length));
        assert_eq!(fault(&with("a", "\"date\"", "ja = \"x\"\nja-easy = \"《x》\"")), Some(Fault::Furigana));
        assert_eq!(fault("template = 1"), None, "not of this shape");
    }

    #[test]
    fn ten_working_days_are_proposed() {
        let none = ClosingDays::default();
        let day = |day: &str| proposed_day(day.parse().unwrap(), &none).to_string();
        assert_eq!(day("2026-11-24"), "2026-12-08");
        assert_eq!(day("2026-11-20"), "2026-12-07", "a weekend and a holiday lie between");
    }
}
