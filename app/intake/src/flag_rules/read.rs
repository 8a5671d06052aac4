//! Reads a file of rules. Invariant: every mistake is found at once, each with its line and what to do; rules that come out fit the
//! forms, so that showing them can fail in nothing.

use std::{collections::BTreeSet, fmt};

use toml::de::{DeTable, DeValue};

use super::{Condition, FlagRules, Rule, Subject, Test, due_date, typed_weeks};
use crate::{
    catalog::Catalog,
    form::{Choice, Compartment, Form, Kind, PersonFact, Text},
    ids::FieldId,
    inspect::{nearest, place},
};

type Spanned<T> = toml::Spanned<T>;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not TOML at all.
    #[error("not TOML: {0}")]
    NotToml(String),
    /// A key that has no meaning here.
    #[error("`{0}` has no meaning here")]
    UnknownKey(String, Option<String>),
    /// A key is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A value is of another kind than its key asks for.
    #[error("`{0}` must be {1}")]
    Kind(&'static str, &'static str),
    /// Two rules have one name.
    #[error("there is a rule `{0}` already")]
    TwiceNamed(String),
    /// No form has this name.
    #[error("there is no form `{0}`")]
    NoForm(String, Option<String>),
    /// 「EPDS」 Its scores have a way of their own.
    #[error("`{0}` is for 保健師 only")]
    ClosedForm(String),
    /// The form does not ask this.
    #[error("the form does not ask `{0}`")]
    NoField(String, Option<String>),
    /// The field has no such choice.
    #[error("`{1}` is no choice of `{0}`")]
    NoChoice(String, String, Option<String>),
    /// The test does not fit what the condition is about.
    #[error("`{0}` cannot be asked of `{1}`")]
    DoesNotFit(&'static str, String),
    /// Something is to be told by what it is about, and by how it must be, once each.
    #[error("a condition names one thing and one test")]
    OneAndOne,
}

impl Fault {
    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> String {
        let meant = |near: &Option<String>, else_: &str| match near {
            Some(near) => format!("Is `{near}` meant?"),
            None => else_.to_owned(),
        };
        match self {
            Self::NotToml(_) => "Put the line right; text stands in quotation marks".to_owned(),
            Self::UnknownKey(_, near) => meant(near, "Take it away"),
            Self::Missing(key) => format!("Add `{key} = …`; `madoguchi flags show` prints an example"),
            Self::Kind(..) => "Write it in that way".to_owned(),
            Self::TwiceNamed(_) => "Give one of them another id".to_owned(),
            Self::NoForm(_, near) => meant(near, "`madoguchi forms show` names those that ship"),
            Self::ClosedForm(_) => "Take the rule away: the EPDS is scored by its own rules".to_owned(),
            Self::NoField(_, near) => meant(near, "Look the id up in the form file"),
            Self::NoChoice(_, _, near) => meant(near, "Look the code up in the form file"),
            Self::DoesNotFit(..) => {
                "Choices take `one_of`; numbers, several choices, age and weeks take `at_least` or `below`; \
                 declined takes `at_least` of 1 or more"
                    .to_owned()
            }
            Self::OneAndOne => {
                "Write `field = \"…\"` or `of = \"age\"`, `\"weeks\"`, `\"declined\"`, and `one_of`, `at_least` or `below`"
                    .to_owned()
            }
        }
    }
}

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}. {}", self.line, self.column, self.fault, self.fault.remedy())
    }
}

/// Where in the file something stands.
type At = usize;

struct Reader<'a> {
    text: &'a str,
    catalog: &'a Catalog,
    findings: Vec<Finding>,
}

/// A table with where it begins.
#[derive(Clone, Copy)]
struct Table<'a>(&'a DeTable<'a>, At);

impl<'a> Table<'a> {
    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.0.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }
}

pub(super) fn file(text: &str, catalog: &Catalog) -> Result<FlagRules, Vec<Finding>> {
    let mut reader = Reader { text, catalog, findings: Vec::new() };
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.find(at, Fault::NotToml(error.message().to_owned()));
    }
    if errors.is_empty() {
        let rules = reader.file(Table(tree.get_ref(), 0));
        if reader.findings.is_empty() {
            return Ok(rules);
        }
    }
    reader.findings.sort_by_key(|found| (found.line, found.column));
    Err(reader.findings)
}

impl<'a> Reader<'a> {
    fn find(&mut self, at: At, fault: Fault) {
        let (line, column) = place(self.text, at);
        self.findings.push(Finding { line, column, fault });
    }

    fn only(&mut self, table: Table<'_>, keys: &[&'static str]) {
        for (key, _) in table.0 {
            let name = key.get_ref().as_ref();
            if !keys.contains(&name) {
                let near = nearest(name, keys.iter().copied());
                self.find(key.span().start, Fault::UnknownKey(name.to_owned(), near));
            }
        }
    }

    fn text(&mut self, table: Table<'a>, key: &'static str) -> Option<(String, At)> {
        let Some(value) = table.get(key) else {
            self.find(table.1, Fault::Missing(key));
            return None;
        };
        let text = value.get_ref().as_str().map(str::trim).filter(|text| !text.is_empty());
        if text.is_none() {
            self.find(value.span().start, Fault::Kind(key, "a text"));
        }
        text.map(|text| (text.to_owned(), value.span().start))
    }

    fn whole(&mut self, key: &'static str, value: &Spanned<DeValue<'a>>) -> Option<i64> {
        let number = value.get_ref().as_integer().and_then(|number| number.as_str().parse().ok());
        if number.is_none() {
            self.find(value.span().start, Fault::Kind(key, "a whole number"));
        }
        number
    }

    fn list(&mut self, table: Table<'a>, key: &'static str, what: &'static str) -> Vec<&'a Spanned<DeValue<'a>>> {
        let Some(value) = table.get(key) else {
            self.find(table.1, Fault::Missing(key));
            return Vec::new();
        };
        let list: Vec<_> = value.get_ref().as_array().map(|list| list.iter().collect()).unwrap_or_default();
        if list.is_empty() {
            self.find(value.span().start, Fault::Kind(key, what));
        }
        list
    }

    fn file(&mut self, table: Table<'a>) -> FlagRules {
        self.only(table, &["version", "rule"]);
        let version = match table.get("version") {
            Some(value) => self.whole("version", value).and_then(|number| u32::try_from(number).ok()),
            None => {
                self.find(table.1, Fault::Missing("version"));
                None
            }
        };
        let mut names = BTreeSet::new();
        let mut rules = Vec::new();
        for value in self.list(table, "rule", "a list of rules, [[rule]]") {
            let at = value.span().start;
            let Some(table) = value.get_ref().as_table() else {
                self.find(at, Fault::Kind("rule", "a list of rules, [[rule]]"));
                continue;
            };
            let Some(rule) = self.rule(Table(table, at)) else { continue };
            if !names.insert(rule.id.clone()) {
                self.find(at, Fault::TwiceNamed(rule.id.clone()));
            }
            rules.push(rule);
        }
        FlagRules { version: version.unwrap_or_default(), rules }
    }

    fn rule(&mut self, table: Table<'a>) -> Option<Rule> {
        self.only(table, &["id", "form", "enabled", "label", "source", "when"]);
        let id = self.text(table, "id");
        let named = self.text(table, "form");
        let label = self.label(table);
        let source = self.text(table, "source");
        let enabled = match table.get("enabled") {
            None => {
                self.find(table.1, Fault::Missing("enabled"));
                None
            }
            Some(value) => {
                let found = value.get_ref().as_bool();
                if found.is_none() {
                    self.find(value.span().start, Fault::Kind("enabled", "true or false"));
                }
                found
            }
        };
        let conditions = self.list(table, "when", "a list of conditions, at least one");
        let form = named.and_then(|(name, at)| self.form(&name, at))?;
        let when: Vec<Option<Condition>> = conditions.into_iter().map(|one| self.condition(form, one)).collect();
        Some(Rule {
            id: id?.0,
            form: form.id.clone(),
            enabled: enabled?,
            label: label?,
            source: source?.0,
            when: when.into_iter().collect::<Option<_>>()?,
        })
    }

    /// In Japanese and in English, which staff read.
    fn label(&mut self, table: Table<'a>) -> Option<Text> {
        let Some(value) = table.get("label") else {
            self.find(table.1, Fault::Missing("label"));
            return None;
        };
        let at = value.span().start;
        let Some(inner) = value.get_ref().as_table() else {
            self.find(at, Fault::Kind("label", "{ ja = \"…\", en = \"…\" }"));
            return None;
        };
        let inner = Table(inner, at);
        self.only(inner, &["ja", "en"]);
        let (ja, en) = (self.text(inner, "ja"), self.text(inner, "en"));
        Some(Text::written([("ja", ja?.0), ("en", en?.0)]))
    }

    fn form(&mut self, name: &str, at: At) -> Option<&'a Form> {
        let found = name.parse().ok().and_then(|id| self.catalog.newest(&id));
        let Some(form) = found else {
            let names: Vec<String> = self.catalog.all_newest().iter().map(|form| form.id.to_string()).collect();
            let near = nearest(name, names.iter().map(String::as_str));
            self.find(at, Fault::NoForm(name.to_owned(), near));
            return None;
        };
        if form.compartment != Compartment::General {
            self.find(at, Fault::ClosedForm(name.to_owned()));
            return None;
        }
        Some(form)
    }

    fn condition(&mut self, form: &Form, value: &'a Spanned<DeValue<'a>>) -> Option<Condition> {
        let at = value.span().start;
        let Some(table) = value.get_ref().as_table().map(|table| Table(table, at)) else {
            self.find(at, Fault::OneAndOne);
            return None;
        };
        self.only(table, &["field", "of", "one_of", "at_least", "below"]);
        let tests = ["one_of", "at_least", "below"].into_iter().filter(|key| table.get(key).is_some()).count();
        if tests != 1 || table.get("field").is_some() == table.get("of").is_some() {
            self.find(at, Fault::OneAndOne);
            return None;
        }
        let (subject, name, kind) = self.subject(form, table)?;
        let test = self.test(table)?;
        let key = match test {
            Test::OneOf(_) => "one_of",
            Test::AtLeast(_) => "at_least",
            Test::Below(_) => "below",
        };
        let fits = match (&subject, kind, &test) {
            (Subject::Field(_), Some(Kind::Single { choices } | Kind::Multi { choices }), Test::OneOf(codes)) => {
                return self.codes(&name, choices, codes, at).then_some(Condition { subject, test });
            }
            (Subject::Field(_), Some(Kind::Multi { .. } | Kind::Integer { .. }), Test::AtLeast(_) | Test::Below(_))
            | (Subject::Age | Subject::Weeks, _, Test::AtLeast(_) | Test::Below(_)) => true,
            // Of nobody who has answered everything is there anything to show.
            (Subject::Declined, _, Test::AtLeast(least)) => *least >= 1,
            _ => false,
        };
        if !fits {
            self.find(at, Fault::DoesNotFit(key, name));
            return None;
        }
        Some(Condition { subject, test })
    }

    /// What a condition is about, by name, and the kind of field that it is.
    fn subject<'form>(
        &mut self,
        form: &'form Form,
        table: Table<'a>,
    ) -> Option<(Subject, String, Option<&'form Kind>)> {
        if table.get("field").is_some() {
            let (name, at) = self.text(table, "field")?;
            let found = name.parse::<FieldId>().ok().and_then(|id| form.field(&id)).map(|(_, field)| field);
            let Some(field) = found else {
                let ids: Vec<String> = form.fields().map(|(_, field)| field.id.to_string()).collect();
                let near = nearest(&name, ids.iter().map(String::as_str));
                self.find(at, Fault::NoField(name, near));
                return None;
            };
            return Some((Subject::Field(field.id.clone()), name, Some(&field.kind)));
        }
        let (name, at) = self.text(table, "of")?;
        let (subject, is_asked) = match name.as_str() {
            "age" => (Subject::Age, form.person_field(PersonFact::Birthdate).is_some()),
            "weeks" => (Subject::Weeks, due_date(form).is_some() || typed_weeks(form).is_some()),
            "declined" => (Subject::Declined, form.fields().any(|(_, field)| field.decline)),
            _ => {
                self.find(at, Fault::OneAndOne);
                return None;
            }
        };
        if !is_asked {
            self.find(at, Fault::NoField(name, None));
            return None;
        }
        Some((subject, name, None))
    }

    fn test(&mut self, table: Table<'a>) -> Option<Test> {
        if let Some(value) = table.get("at_least") {
            return self.whole("at_least", value).map(Test::AtLeast);
        }
        if let Some(value) = table.get("below") {
            return self.whole("below", value).map(Test::Below);
        }
        let what = "a list of codes in quotation marks, at least one";
        let list = self.list(table, "one_of", what);
        let codes: Vec<String> = list.iter().filter_map(|one| one.get_ref().as_str().map(str::to_owned)).collect();
        if codes.len() != list.len() {
            self.find(table.1, Fault::Kind("one_of", what));
        }
        (!codes.is_empty() && codes.len() == list.len()).then_some(Test::OneOf(codes))
    }

    fn codes(&mut self, field: &str, choices: &[Choice], codes: &[String], at: At) -> bool {
        let known = |code: &String| choices.iter().any(|choice| choice.code == *code);
        let unknown: Vec<&String> = codes.iter().filter(|code| !known(code)).collect();
        for code in &unknown {
            let near = nearest(code, choices.iter().map(|choice| choice.code.as_str()));
            self.find(at, Fault::NoChoice(field.to_owned(), (*code).clone(), near));
        }
        unknown.is_empty()
    }
}
