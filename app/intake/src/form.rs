//! Forms as data. Invariant: a [`Form`] describes pages, fields and staff items completely; it holds no code, and a
//! published version never changes (`forms/published.lock`).

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::{
    answers::{Answer, Answers},
    ids::{FieldId, FormId, NotAnId, PageId},
};

/// The code that stands for 「答えたくない」 in every choice; a form may not use it for anything else.
pub const DECLINED: &str = "declined";

/// A sentence in every language that the form has it in; Japanese always.
///
/// What the form file itself says is `written` and belongs to the version; what an overlay (`texts`) adds is for showing
/// only: it neither changes the digest of the form nor travels in a batch.
#[derive(Clone, Debug, Default)]
pub struct Text {
    written: BTreeMap<String, String>,
    added: BTreeMap<String, String>,
}

impl Text {
    /// A sentence as a file of the city's own says it.
    pub(crate) fn written<'a>(texts: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let written = texts.into_iter().map(|(locale, text)| (locale.to_owned(), text)).collect();
        Self { written, added: BTreeMap::new() }
    }

    /// The sentence in `locale`, else in Japanese.
    #[must_use]
    pub fn get(&self, locale: &str) -> &str {
        let found = self.written.get(locale).or_else(|| self.added.get(locale));
        found.or_else(|| self.written.get("ja")).map_or("", String::as_str)
    }

    /// Whether the form has this sentence in `locale` itself.
    #[must_use]
    pub fn has(&self, locale: &str) -> bool {
        let found = self.written.get(locale).or_else(|| self.added.get(locale));
        found.is_some_and(|text| !text.trim().is_empty())
    }

    /// Whether there is anything for `locale`, be it an empty text (a unit that a language does not say).
    #[must_use]
    pub fn knows(&self, locale: &str) -> bool {
        self.written.contains_key(locale) || self.added.contains_key(locale)
    }

    /// The languages that the form file itself has this sentence in.
    pub fn written_in(&self) -> impl Iterator<Item = (&str, &str)> {
        self.written.iter().map(|(locale, text)| (locale.as_str(), text.as_str()))
    }

    /// The sentence in every language that there is one in.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let both = self.added.iter().filter(|(locale, _)| !self.written.contains_key(*locale)).chain(&self.written);
        both.map(|(locale, text)| (locale.as_str(), text.as_str()))
    }

    /// Adds a translation. One that the form file has stays.
    pub(crate) fn add(&mut self, locale: &str, text: String) {
        self.added.insert(locale.to_owned(), text);
    }
}

impl PartialEq for Text {
    /// Translations are for showing: two versions are the same if their files say the same.
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Text {}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { written: BTreeMap::deserialize(deserializer)?, added: BTreeMap::new() })
    }
}

/// A form in one version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// What kind of form; addresses use it.
    pub id: FormId,
    /// Version, from 1.
    pub version: u32,
    /// The record list (別添1) that the items belong to, such as 妊娠届.
    pub record: String,
    /// Name of the procedure.
    pub title: Text,
    /// One sentence that says for whom it is.
    pub summary: Text,
    /// 「利用目的」 What the answers are used for, stated before the first question (個人情報保護法62条).
    pub purpose: Text,
    /// What to have at hand.
    pub needed: Vec<Text>,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// Whether a proxy (代理人) may fill it in.
    pub proxy: ProxyRule,
    /// The form that must have been filed before: a case of this one is tied to the case of that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<FormId>,
    /// Who of the staff may see its cases.
    #[serde(default, skip_serializing_if = "is_default")]
    pub compartment: Compartment,
    /// How long a draft is kept, and for whom.
    #[serde(default, skip_serializing_if = "is_default")]
    pub draft: DraftRule,
    /// Whether the office has settled what is asked.
    #[serde(default, skip_serializing_if = "is_default")]
    pub standing: Standing,
    /// Whether it can be begun. It is for showing only: neither the digest nor a batch knows of it, so a form can be
    /// taken back while drafts and cases of it are open.
    #[serde(default = "yes", skip_serializing)]
    pub offered: bool,
    /// What is said after sending, a paragraph each; without any, the ordinary next steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closing: Vec<Text>,
    /// The pages, in order.
    #[serde(rename = "page")]
    pub pages: Vec<Page>,
    /// 「写真・書類」 The papers that may be added, in order; none of them has to be.
    #[serde(rename = "paper", default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// Rules over several fields.
    #[serde(rename = "check", default)]
    pub checks: Vec<Check>,
    /// Record items that staff fill in on the case.
    #[serde(rename = "staff_item", default)]
    pub staff_items: Vec<StaffItem>,
}

/// What a proxy (代理人) may do with a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyRule {
    /// May file; it is noted and the person herself is met later.
    Noted,
    /// May not fill it in.
    Refused,
}

/// Who of the staff may see the cases of a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compartment {
    /// Everybody who works the queue.
    #[default]
    General,
    /// 「EPDS」 保健師 only (`ui.md`, EPDS compartment).
    Epds,
}

impl Compartment {
    /// All.
    pub const ALL: [Self; 2] = [Self::General, Self::Epds];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::General => "general",
            Self::Epds => "epds",
        }
    }
}

impl std::str::FromStr for Compartment {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|compartment| compartment.as_str() == text).ok_or(NotAnId)
    }
}

/// How long a draft is kept, and for whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftRule {
    /// Fourteen days, on every device of the parent's.
    #[default]
    Kept,
    /// A day, and only for the session that began it: nothing is left on a device that others use too.
    Session,
}

/// Whether the office has settled what a form asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It has.
    #[default]
    Settled,
    /// 「案」 A proposal, to be replaced by the wording of the city's own.
    Draft,
}

const fn yes() -> bool {
    true
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One page: one thing that is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Part of the page's address.
    pub id: PageId,
    /// The question or the subject.
    pub title: Text,
    /// An explanation under the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Text>,
    /// The page is on the way only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// The fields, in order.
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
}

/// 「写真・書類」 A kind of paper that may be added as photos or files. Its id is one of the same kind as a field's, so that a
/// send-back can name it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Its name.
    pub id: FieldId,
    /// What it is.
    pub label: Text,
    /// What should be on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// How many photos or files at most.
    pub max: u32,
    /// Asked for only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// So many photos or files may one kind of paper have at most.
pub const MOST_OF_A_PAPER: u32 = 5;

/// One field. Keys that no field has are found by `inspect`, for serde cannot refuse them beside `flatten`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Name of the input.
    pub id: FieldId,
    /// What may be entered.
    #[serde(flatten)]
    pub kind: Kind,
    /// Whether it must be answered.
    #[serde(default)]
    pub required: bool,
    /// Where the answer goes.
    #[serde(flatten)]
    pub target: Target,
    /// The label above the control.
    pub label: Text,
    /// A hint between label and control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// Asked only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// On 確認 the answer reads 「回答済み」 only.
    #[serde(default)]
    pub private: bool,
    /// Whether 「答えたくない」 is offered.
    #[serde(default)]
    pub decline: bool,
    /// The browser's `autocomplete` name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autocomplete: Option<String>,
    /// What stands in the field at the beginning, to be changed at will.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefill: Option<Prefill>,
}

/// Where the first content of a field comes from: the case that the form follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Prefill {
    /// The answer to this field.
    Field(FieldId),
    /// What is computed from its answers.
    Computed(Computed),
}

/// What is computed from the answers of a 妊娠届, for the day on which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Computed {
    /// 「妊娠週数」 Completed weeks.
    Weeks,
}

/// Where an answer goes. Exactly one of these stands in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// A numbered item of the record list, such as `3` or `26b`.
    Record(String),
    /// An item of the notification rule (母子保健法施行規則3条) that the record list lacks.
    Legal(String),
    /// A fact about the person: see [`PersonFact`].
    Person(PersonFact),
    /// Asked for the counter's work; neither a record item nor a legal item.
    Extra(String),
    /// The free text that goes with a choice of another field (その他).
    DetailOf(FieldId),
    /// 「EPDS」 One of the ten items, from 1. The answer makes the score and goes nowhere else.
    EpdsItem(u8),
}

/// The facts about the person that every entry bears in its `person` part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonFact {
    /// 「氏名」
    Name,
    /// 「フリガナ」
    NameKana,
    /// 「生年月日」
    Birthdate,
    /// 「郵便番号」
    PostalCode,
    /// 「住所」
    Address,
    /// 「電話番号」
    Phone,
}

/// The kinds of field. Adding one is a variant, a parser and a component; the compiler lists the places.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// 「氏名」 A person's name, byte for byte as typed.
    Name,
    /// 「フリガナ」 Kana, kept as full-width katakana.
    Kana,
    /// One line.
    Text {
        /// Code points at most.
        longest: u32,
    },
    /// Several lines.
    LongText {
        /// Code points at most.
        longest: u32,
    },
    /// A day, from three inputs.
    Date {
        /// Which days are possible.
        range: DateRange,
    },
    /// A whole number.
    Integer {
        /// Smallest value.
        least: i64,
        /// Largest value.
        most: i64,
        /// What is counted (回, 週, 人).
        unit: Text,
    },
    /// One of several choices.
    Single {
        /// The choices, in order.
        choices: Vec<Choice>,
    },
    /// Any of several choices.
    Multi {
        /// The choices, in order.
        choices: Vec<Choice>,
    },
    /// 「郵便番号」 Seven digits.
    PostalCode,
    /// 「住所」 An address, byte for byte as typed.
    Address,
    /// 「電話番号」 Digits, with a leading zero or `+`.
    Phone,
    /// A span of months, from four inputs: `2027-03/2027-06`.
    MonthSpan,
    /// 「EPDS」 An item of the scale: four positions. Question and options come from the text pack, word for word.
    EpdsItem,
}

/// The positions of an EPDS item in the order in which they are shown, as codes.
pub const EPDS_POSITIONS: [&str; 4] = ["1", "2", "3", "4"];

/// Which days a date field takes, seen from the day of filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateRange {
    /// 「分娩予定日」 From 21 days before to 280 days after the day of filing.
    DueDate,
    /// 「生年月日」 In the past, at most 120 years.
    Birthdate,
    /// 「出産日」 「転入日」 In the last 400 days, or today.
    RecentPast,
    /// 「希望日」 Today, or in the next 365 days.
    Upcoming,
    /// 「出産（予定）日」 From 400 days before to 280 days after today.
    AroundBirth,
}

/// One choice. Its code never changes its meaning; its label may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The stable code.
    pub code: String,
    /// What is shown.
    pub label: Text,
    /// Offered only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Who chooses this cannot go on: the sentence says why, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuses: Option<Text>,
    /// Goes with no other choice (あてはまるものはない).
    #[serde(default, skip_serializing_if = "is_default")]
    pub exclusive: bool,
}

impl Choice {
    /// Whether it is offered to who gave these answers.
    #[must_use]
    pub fn is_offered(&self, answers: &Answers) -> bool {
        self.when.as_ref().is_none_or(|condition| condition.holds(answers))
    }
}

/// A condition on an earlier answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The earlier field.
    pub field: FieldId,
    /// Holds if the answer is this code, or has it among its codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<String>,
    /// Holds if the answer is, or has, one of these codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<String>>,
    /// Holds if the field is answered (`true`) or not (`false`); declining is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
}

impl Condition {
    /// Whether the condition holds for these answers.
    #[must_use]
    pub fn holds(&self, answers: &Answers) -> bool {
        let answer = answers.get(&self.field);
        let has = |code: &str| match answer {
            Some(Answer::Choice(chosen)) => chosen == code,
            Some(Answer::Choices(chosen)) => chosen.iter().any(|one| one == code),
            Some(Answer::Integer(number)) => number.to_string() == code,
            Some(Answer::Text(_) | Answer::Date(_) | Answer::Declined) | None => false,
        };
        let equals = self.equals.as_deref().is_none_or(has);
        let one_of = self.one_of.as_ref().is_none_or(|codes| codes.iter().any(|code| has(code)));
        let answered = self
            .answered
            .is_none_or(|wanted| wanted == answer.is_some_and(|answer| !matches!(answer, Answer::Declined)));
        equals && one_of && answered
    }
}

/// A rule over several fields. A warning asks the person to look again; it never refuses (`domain.md` §1.5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// Warns if weeks given differ from the weeks by the due date by two or more.
    WeeksAgree {
        /// Field with the due date.
        due_date: FieldId,
        /// Field with the weeks.
        weeks: FieldId,
    },
    /// Warns below 13 and above 55 years of age.
    AgeUsual {
        /// Field with the birthdate.
        birthdate: FieldId,
    },
    /// Warns if 第何子 says second or later while the parity says first birth.
    FirstBirthAgrees {
        /// Field with 初経産区分.
        parity: FieldId,
        /// Code that means a first birth.
        first: String,
        /// Field with 第何子.
        child_order: FieldId,
    },
    /// Warns if 妊娠回数 is 1 while the parity says that there was a birth before.
    PregnanciesAgree {
        /// Field with 初経産区分.
        parity: FieldId,
        /// Code that means an earlier birth.
        earlier: String,
        /// Field with 妊娠回数.
        pregnancies: FieldId,
    },
}

/// A record item that staff fill in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StaffItem {
    /// Name of the input.
    pub id: FieldId,
    /// Number in the record list.
    pub record: String,
    /// What may be entered.
    #[serde(flatten)]
    pub kind: StaffKind,
    /// The name of the item.
    pub label: Text,
}

/// The kinds of staff item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StaffKind {
    /// One line.
    Text {
        /// Code points at most.
        longest: u32,
    },
    /// Several lines.
    LongText {
        /// Code points at most.
        longest: u32,
    },
    /// A day.
    Day,
    /// One of several choices.
    Single {
        /// The choices, in order.
        choices: Vec<Choice>,
    },
    /// Any of several choices.
    Multi {
        /// The choices, in order.
        choices: Vec<Choice>,
    },
}

/// A form file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct FormFileError {
    /// Line in the file, from 1; 0 if unknown.
    pub line: usize,
    /// What is wrong, without the content of the file.
    pub message: String,
}

impl Form {
    /// Reads a form file (TOML).
    ///
    /// # Errors
    /// With the line and what is wrong there.
    pub fn from_toml(text: &str) -> Result<Self, FormFileError> {
        toml::from_str(text).map_err(|error| FormFileError {
            line: error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
            message: error.message().to_owned(),
        })
    }

    /// Reads a form file whose keys were looked at.
    ///
    /// # Errors
    /// With what is wrong, without the place.
    pub(crate) fn from_table(table: toml::Table) -> Result<Self, String> {
        table.try_into().map_err(|error: toml::de::Error| error.message().to_owned())
    }

    /// Reads the form as it travels in a batch (JSON).
    ///
    /// # Errors
    /// With the line and what is wrong there.
    pub fn from_json(bytes: &[u8]) -> Result<Self, FormFileError> {
        serde_json::from_slice(bytes)
            .map_err(|error| FormFileError { line: error.line(), message: json_fault(error.classify()).to_owned() })
    }

    /// The form as it travels in a batch. Deterministic: the same form gives the same bytes.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a form has string keys only")
    }

    /// SHA-256 of [`Form::to_json`], in lower-case hexadecimal: the identity of this version.
    #[must_use]
    pub fn sha256(&self) -> String {
        Sha256::digest(self.to_json())
            .iter()
            .fold(String::with_capacity(64), |text, byte| text + &format!("{byte:02x}"))
    }

    /// The page with this id.
    #[must_use]
    pub fn page(&self, id: &PageId) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == *id)
    }

    /// All fields with their pages, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&Page, &Field)> {
        self.pages.iter().flat_map(|page| page.fields.iter().map(move |field| (page, field)))
    }

    /// The field with this id, and its page.
    #[must_use]
    pub fn field(&self, id: &FieldId) -> Option<(&Page, &Field)> {
        self.fields().find(|(_, field)| field.id == *id)
    }

    /// The kind of paper with this id.
    #[must_use]
    pub fn paper(&self, id: &FieldId) -> Option<&Paper> {
        self.papers.iter().find(|paper| paper.id == *id)
    }

    /// The field whose answer is this fact about the person.
    #[must_use]
    pub fn person_field(&self, fact: PersonFact) -> Option<&Field> {
        self.fields().map(|(_, field)| field).find(|field| field.target == Target::Person(fact))
    }

    /// 「EPDS」 The ten items in their order; empty for every other form.
    #[must_use]
    pub fn epds_items(&self) -> Vec<(u8, &Field)> {
        let item = |field: &Field| if let Target::EpdsItem(number) = field.target { Some(number) } else { None };
        let mut items: Vec<_> =
            self.fields().filter_map(|(_, field)| item(field).map(|number| (number, field))).collect();
        items.sort_unstable_by_key(|(number, _)| *number);
        items
    }

    /// The field that goes to this item of the record list.
    #[must_use]
    pub fn record_field(&self, number: &str) -> Option<&Field> {
        let goes_there = |field: &Field| matches!(&field.target, Target::Record(no) if no == number);
        self.fields().map(|(_, field)| field).find(|field| goes_there(field))
    }
}

/// What is wrong with a JSON text, without its content, for the message may stand in a log.
const fn json_fault(category: serde_json::error::Category) -> &'static str {
    match category {
        serde_json::error::Category::Io | serde_json::error::Category::Eof => "the file ends too early",
        serde_json::error::Category::Syntax => "not JSON",
        serde_json::error::Category::Data => "not a form definition",
    }
}

impl Field {
    /// The names of the inputs that this field consists of on a page.
    #[must_use]
    pub fn inputs(&self) -> Vec<String> {
        let id = self.id.as_str();
        let mut names = match self.kind {
            Kind::Date { .. } => vec![format!("{id}-year"), format!("{id}-month"), format!("{id}-day")],
            Kind::MonthSpan => {
                ["from-year", "from-month", "to-year", "to-month"].map(|part| format!("{id}-{part}")).into()
            }
            _ => vec![id.to_owned()],
        };
        if self.decline && !self.is_choice() {
            names.push(format!("{id}-declined"));
        }
        names
    }

    /// The choices of the field, if it has any.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::Single { choices } | Kind::Multi { choices } => choices,
            Kind::Name
            | Kind::Kana
            | Kind::Text { .. }
            | Kind::LongText { .. }
            | Kind::Date { .. }
            | Kind::Integer { .. }
            | Kind::PostalCode
            | Kind::Address
            | Kind::Phone
            | Kind::MonthSpan
            | Kind::EpdsItem => &[],
        }
    }

    /// Whether it is answered by choosing, so that 答えたくない is one of the choices.
    #[must_use]
    pub const fn is_choice(&self) -> bool {
        matches!(self.kind, Kind::Single { .. } | Kind::Multi { .. } | Kind::EpdsItem)
    }

    /// Whether it is answered in words of one's own, which no machine is to translate.
    #[must_use]
    pub const fn is_in_own_words(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::Kana | Kind::Text { .. } | Kind::LongText { .. } | Kind::Address)
    }
}

impl StaffItem {
    /// The names of the inputs that this item consists of on a page.
    #[must_use]
    pub fn inputs(&self) -> Vec<String> {
        let id = self.id.as_str();
        match self.kind {
            StaffKind::Day => vec![format!("{id}-year"), format!("{id}-month"), format!("{id}-day")],
            StaffKind::Text { .. }
            | StaffKind::LongText { .. }
            | StaffKind::Single { .. }
            | StaffKind::Multi { .. } => {
                vec![id.to_owned()]
            }
        }
    }

    /// The choices of the item, if it has any.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        match &self.kind {
            StaffKind::Single { choices } | StaffKind::Multi { choices } => choices,
            StaffKind::Text { .. } | StaffKind::LongText { .. } | StaffKind::Day => &[],
        }
    }
}
