//! The keys of a form file. Invariant: every key of the file is looked at, and what comes out can be read as a form,
//! whatever stood there: a wrong value is replaced by a made-up one and noted, so that all faults of a file are told at
//! once.

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Value};

use super::{
    LOCALES,
    fault::{Fault, Slip, nearest},
    places::below,
};
use crate::{form::MOST_OF_A_PAPER, ids::FieldId};

/// Keys that the pages of a form cannot have as ids: `/apply/{form}/check` and the like.
const RESERVED_PAGES: &[&str] = &["check", "saved", "discard", "save", "papers", "both", "number"];

/// What may stand behind a key.
#[derive(Clone, Copy)]
enum Shape {
    /// A sentence in languages.
    Sentence,
    /// A sentence that other languages may do without (a unit).
    Unit,
    /// A list of sentences.
    Sentences,
    /// A text of one line.
    Line,
    /// An id.
    Id,
    /// The id of a page.
    PageId,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number.
    Number(i64, i64),
    /// `true` or `false`.
    Flag,
    /// A list of codes.
    Codes,
    /// A table.
    Table(fn(&mut Shapes, &str, &DeTable<'_>) -> toml::Table),
    /// A list of tables.
    Tables(fn(&mut Shapes, &str, &DeTable<'_>) -> toml::Table),
}

impl Shape {
    /// What is wanted, for a sentence.
    const fn wanted(self) -> &'static str {
        match self {
            Self::Sentence | Self::Unit => "a text by languages, such as { ja = \"…\" }",
            Self::Sentences => "a list of texts, such as [ { ja = \"…\" } ]",
            Self::Line => "a text in quotes",
            Self::Id | Self::PageId => "an id in quotes",
            Self::Word(_) => "a word in quotes",
            Self::Number(..) => "a whole number",
            Self::Flag => "true or false",
            Self::Codes => "a list of codes, such as [\"yes\", \"no\"]",
            Self::Table(_) => "a table in braces, such as { field = \"…\", equals = \"…\" }",
            Self::Tables(_) => "a list of tables",
        }
    }
}

struct Key {
    name: &'static str,
    shape: Shape,
    needed: bool,
}

const fn needed(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, needed: true }
}

const fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, needed: false }
}

const ANY: i64 = 1_000_000_000;

const FORM: &[Key] = &[
    needed("id", Shape::Id),
    needed("version", Shape::Number(0, 1_000_000)),
    needed("record", Shape::Line),
    needed("title", Shape::Sentence),
    needed("summary", Shape::Sentence),
    needed("purpose", Shape::Sentence),
    needed("needed", Shape::Sentences),
    needed("minutes", Shape::Number(1, 600)),
    needed("proxy", Shape::Word(&["noted", "refused"])),
    may("follows", Shape::Id),
    may("compartment", Shape::Word(&["general", "epds"])),
    may("draft", Shape::Word(&["kept", "session"])),
    may("standing", Shape::Word(&["settled", "draft"])),
    may("offered", Shape::Flag),
    may("closing", Shape::Sentences),
    may("page", Shape::Tables(page)),
    may("paper", Shape::Tables(paper)),
    may("check", Shape::Tables(check)),
    may("staff_item", Shape::Tables(staff_item)),
];

const PAGE: &[Key] = &[
    needed("id", Shape::PageId),
    needed("title", Shape::Sentence),
    may("help", Shape::Sentence),
    may("when", Shape::Table(condition)),
    may("field", Shape::Tables(field)),
];

const PAPER: &[Key] = &[
    needed("id", Shape::Id),
    needed("label", Shape::Sentence),
    may("hint", Shape::Sentence),
    needed("max", Shape::Number(1, MOST_OF_A_PAPER as i64)),
    may("when", Shape::Table(condition)),
];

const FIELD: &[Key] = &[
    needed("id", Shape::Id),
    needed("kind", Shape::Word(KINDS)),
    may("required", Shape::Flag),
    needed("label", Shape::Sentence),
    may("hint", Shape::Sentence),
    may("when", Shape::Table(condition)),
    may("private", Shape::Flag),
    may("decline", Shape::Flag),
    may("autocomplete", Shape::Line),
    may("prefill", Shape::Table(prefill)),
];

const TARGETS: &[Key] = &[
    may("record", Shape::Line),
    may("legal", Shape::Line),
    may("person", Shape::Word(&["name", "name_kana", "birthdate", "postal_code", "address", "phone"])),
    may("extra", Shape::Line),
    may("detail_of", Shape::Id),
    may("epds_item", Shape::Number(1, 10)),
];

/// The first one stands in for a kind that cannot be read; it needs no key of its own.
const KINDS: &[&str] = &[
    "name",
    "kana",
    "text",
    "long_text",
    "date",
    "integer",
    "single",
    "multi",
    "postal_code",
    "address",
    "phone",
    "month_span",
    "epds_item",
];

const RANGES: &[&str] = &["due_date", "birthdate", "recent_past", "upcoming", "around_birth"];
const LONGEST: &[Key] = &[needed("longest", Shape::Number(1, 10_000))];
const CHOICES: &[Key] = &[needed("choices", Shape::Tables(choice))];
const RANGE: &[Key] = &[needed("range", Shape::Word(RANGES))];
const NUMBER: &[Key] =
    &[needed("least", Shape::Number(-ANY, ANY)), needed("most", Shape::Number(-ANY, ANY)), needed("unit", Shape::Unit)];

fn keys_of_kind(kind: &str) -> &'static [Key] {
    match kind {
        "text" | "long_text" => LONGEST,
        "date" => RANGE,
        "integer" => NUMBER,
        "single" | "multi" => CHOICES,
        _ => &[],
    }
}

const CHOICE: &[Key] = &[
    needed("code", Shape::Line),
    needed("label", Shape::Sentence),
    may("when", Shape::Table(condition)),
    may("refuses", Shape::Sentence),
    may("exclusive", Shape::Flag),
];

const CONDITION: &[Key] = &[
    needed("field", Shape::Id),
    may("equals", Shape::Line),
    may("one_of", Shape::Codes),
    may("answered", Shape::Flag),
];

const PREFILL: &[Key] = &[may("field", Shape::Id), may("computed", Shape::Word(&["weeks"]))];

const STAFF_ITEM: &[Key] = &[
    needed("id", Shape::Id),
    needed("record", Shape::Line),
    needed("kind", Shape::Word(STAFF_KINDS)),
    needed("label", Shape::Sentence),
];
/// The first one stands in for a kind that cannot be read; it needs no key of its own.
const STAFF_KINDS: &[&str] = &["day", "text", "long_text", "single", "multi"];

const RULES: &[&str] = &["weeks_agree", "age_usual", "first_birth_agrees", "pregnancies_agree"];

fn keys_of_rule(rule: &str) -> &'static [Key] {
    const WEEKS: &[Key] = &[needed("due_date", Shape::Id), needed("weeks", Shape::Id)];
    const AGE: &[Key] = &[needed("birthdate", Shape::Id)];
    const FIRST: &[Key] =
        &[needed("parity", Shape::Id), needed("first", Shape::Line), needed("child_order", Shape::Id)];
    const EARLIER: &[Key] =
        &[needed("parity", Shape::Id), needed("earlier", Shape::Line), needed("pregnancies", Shape::Id)];
    match rule {
        "weeks_agree" => WEEKS,
        "age_usual" => AGE,
        "first_birth_agrees" => FIRST,
        _ => EARLIER,
    }
}

fn get<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
}

fn text_of<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t str> {
    get(table, key).and_then(|value| value.get_ref().as_str())
}

/// What was found, and what was made up.
#[derive(Default)]
pub(super) struct Shapes {
    pub slips: Vec<Slip>,
    /// Places where something was made up.
    pub made_up: BTreeSet<String>,
}

/// Reads a file as a form; what comes out can be read by [`crate::form::Form`].
pub(super) fn form(shapes: &mut Shapes, table: &DeTable<'_>) -> toml::Table {
    let mut read = shapes.table("", table, &[FORM]);
    read.entry("page").or_insert_with(|| Value::Array(Vec::new()));
    read
}

fn page(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    let mut read = shapes.table(path, table, &[PAGE]);
    read.entry("field").or_insert_with(|| Value::Array(Vec::new()));
    read
}

fn paper(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    shapes.table(path, table, &[PAPER])
}

fn field(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    let kind = text_of(table, "kind").filter(|kind| KINDS.contains(kind));
    let mut read = shapes.kinds(path, table, &[FIELD, TARGETS], kind, KINDS, keys_of_kind);
    let given: Vec<&str> = TARGETS.iter().map(|key| key.name).filter(|name| get(table, name).is_some()).collect();
    let meant = |slip: &Slip| {
        let near =
            matches!(&slip.fault, Fault::UnknownKey(_, Some(near)) if TARGETS.iter().any(|key| key.name == near));
        near && slip.path.rsplit_once('.').is_some_and(|(above, _)| above == path)
    };
    match given.as_slice() {
        [_] => return read,
        [] if shapes.slips.iter().any(meant) => {}
        [] => shapes.slips.push(Slip::new(path, Fault::NoTarget)),
        _ => shapes.slips.push(Slip::new(format!("{path}.{}", given[1]), Fault::TwoTargets(given.join(", ")))),
    }
    for name in given {
        read.remove(name);
    }
    shapes.made_up.insert(path.to_owned());
    read.insert("extra".to_owned(), Value::String(format!("made up for {path}")));
    read
}

fn staff_item(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    let kind = text_of(table, "kind").filter(|kind| STAFF_KINDS.contains(kind));
    shapes.kinds(path, table, &[STAFF_ITEM], kind, STAFF_KINDS, keys_of_kind)
}

fn check(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    const RULE: &[Key] = &[needed("rule", Shape::Word(RULES))];
    let rule = text_of(table, "rule").filter(|rule| RULES.contains(rule));
    let mut read = shapes.kinds(path, table, &[RULE], rule, RULES, keys_of_rule);
    if rule.is_none() {
        let fallback = BTreeMap::from([("rule", "age_usual"), ("birthdate", "made-up")]);
        read = fallback.into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        shapes.made_up.insert(path.to_owned());
    }
    read
}

fn choice(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    shapes.table(path, table, &[CHOICE])
}

fn condition(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    shapes.table(path, table, &[CONDITION])
}

fn prefill(shapes: &mut Shapes, path: &str, table: &DeTable<'_>) -> toml::Table {
    let read = shapes.table(path, table, &[PREFILL]);
    if read.len() == 1 {
        return read;
    }
    shapes.slips.push(Slip::new(path, Fault::PrefillShape));
    shapes.made_up.insert(path.to_owned());
    toml::Table::from_iter([("computed".to_owned(), "weeks".into())])
}

impl Shapes {
    /// A table with keys of its own and keys that its kind brings.
    fn kinds(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        keys: &[&'static [Key]],
        kind: Option<&str>,
        kinds: &[&str],
        keys_of: fn(&str) -> &'static [Key],
    ) -> toml::Table {
        let of_kind = kind.map_or(&[][..], keys_of);
        let mut all: Vec<&'static [Key]> = keys.to_vec();
        all.push(of_kind);
        let of_others = |name: &str| kinds.iter().any(|kind| keys_of(kind).iter().any(|key| key.name == name));
        let own = |name: &str| all.iter().any(|keys| keys.iter().any(|key| key.name == name));
        let mut strangers = BTreeSet::new();
        for (key, _) in table {
            let name: &str = key.get_ref();
            if !own(name) && of_others(name) {
                strangers.insert(name.to_owned());
                if let Some(kind) = kind {
                    let fault = Fault::KeyOfOtherKind(name.to_owned(), kind.to_owned());
                    self.slips.push(Slip::new(below(path, name), fault));
                }
            }
        }
        self.table_but(path, table, &all, &strangers)
    }

    fn table(&mut self, path: &str, table: &DeTable<'_>, keys: &[&'static [Key]]) -> toml::Table {
        self.table_but(path, table, keys, &BTreeSet::new())
    }

    /// A table with these keys; the keys of `told` have been told of.
    fn table_but(
        &mut self,
        path: &str,
        table: &DeTable<'_>,
        keys: &[&'static [Key]],
        told: &BTreeSet<String>,
    ) -> toml::Table {
        let known = || keys.iter().copied().flatten();
        let mut meant = BTreeSet::new();
        for (key, _) in table {
            let name: &str = key.get_ref();
            if !known().any(|key| key.name == name) && !told.contains(name) {
                let missing = known().map(|key| key.name).filter(|name| get(table, name).is_none());
                let near = nearest(name, missing);
                meant.extend(near.clone());
                self.slips.push(Slip::new(below(path, name), Fault::UnknownKey(name.to_owned(), near)));
            }
        }
        let mut read = toml::Table::new();
        for key in known() {
            let here = below(path, key.name);
            let value = match get(table, key.name) {
                Some(value) => self.value(&here, key, value.get_ref()),
                None if key.needed => {
                    if !meant.contains(key.name) {
                        let fault = Fault::MissingKey(key.name.to_owned(), key.shape.wanted());
                        self.slips.push(Slip::new(path, fault));
                    }
                    self.make_up(&here, key.shape)
                }
                None => continue,
            };
            // A condition that cannot be read is left out; there is none to make up.
            if value != Value::Boolean(false) || !matches!(key.shape, Shape::Table(_)) {
                read.insert(key.name.to_owned(), value);
            }
        }
        read
    }

    fn value(&mut self, path: &str, key: &Key, value: &DeValue<'_>) -> Value {
        let read = match (key.shape, value) {
            (Shape::Sentence | Shape::Unit, DeValue::Table(table)) => Some(self.sentence(path, key, table)),
            (Shape::Sentences, DeValue::Array(list)) => {
                let one = Key { name: key.name, shape: Shape::Sentence, needed: true };
                let all = list.iter().enumerate();
                let all = all.map(|(at, text)| self.value(&format!("{path}.{at}"), &one, text.get_ref()));
                Some(Value::Array(all.collect()))
            }
            (Shape::Line, DeValue::String(text)) if text.trim().is_empty() => {
                let fault = Fault::EmptyText(key.name.to_owned(), "any language".to_owned());
                return self.wrong(path, key.shape, fault);
            }
            (Shape::Line, DeValue::String(text)) => Some(Value::String(text.to_string())),
            (Shape::Id | Shape::PageId, DeValue::String(text)) => return self.id(path, key.shape, text),
            (Shape::Word(known), DeValue::String(word)) => return self.word(path, key, known, word),
            (Shape::Number(least, most), DeValue::Integer(number)) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                let Some(number) = number.filter(|number| (least..=most).contains(number)) else {
                    let fault = Fault::OutOfRange(key.name.to_owned(), least, most);
                    return self.wrong(path, key.shape, fault);
                };
                Some(Value::Integer(number))
            }
            (Shape::Flag, DeValue::Boolean(flag)) => Some(Value::Boolean(*flag)),
            (Shape::Codes, DeValue::Array(list)) => {
                let codes = list.iter().map(|code| code.get_ref().as_str().map(|code| Value::String(code.to_owned())));
                codes.collect::<Option<Vec<Value>>>().map(Value::Array)
            }
            (Shape::Table(read), DeValue::Table(table)) => Some(Value::Table(read(self, path, table))),
            (Shape::Tables(read), DeValue::Array(list)) => self.tables(path, read, list),
            _ => None,
        };
        read.unwrap_or_else(|| self.wrong(path, key.shape, Fault::WrongType(key.name.to_owned(), key.shape.wanted())))
    }

    fn tables(
        &mut self,
        path: &str,
        read: fn(&mut Self, &str, &DeTable<'_>) -> toml::Table,
        list: &[Spanned<DeValue<'_>>],
    ) -> Option<Value> {
        let table = |(at, one): (usize, &Spanned<DeValue<'_>>)| match one.get_ref() {
            DeValue::Table(table) => Some(Value::Table(read(self, &format!("{path}.{at}"), table))),
            _ => None,
        };
        list.iter().enumerate().map(table).collect::<Option<Vec<Value>>>().map(Value::Array)
    }

    fn sentence(&mut self, path: &str, key: &Key, table: &DeTable<'_>) -> Value {
        let mut read = toml::Table::new();
        for (locale, text) in table {
            let (locale, here): (&str, _) = (locale.get_ref(), below(path, locale.get_ref()));
            if !LOCALES.contains(&locale) {
                self.slips.push(Slip::new(here, Fault::UnknownLocale(locale.to_owned())));
                continue;
            }
            let Some(text) = text.get_ref().as_str() else {
                self.slips.push(Slip::new(here, Fault::WrongType(locale.to_owned(), Shape::Line.wanted())));
                continue;
            };
            let may_be_empty = matches!(key.shape, Shape::Unit) && locale != "ja";
            if text.trim().is_empty() && !may_be_empty {
                let fault = Fault::EmptyText(key.name.to_owned(), locale.to_owned());
                self.slips.push(Slip::new(here, fault));
            }
            read.insert(locale.to_owned(), Value::String(text.to_owned()));
        }
        if get(table, "ja").is_none() {
            self.slips.push(Slip::new(path, Fault::NoJapanese(key.name.to_owned())));
        }
        // A text that is not there is no reason to keep silent about the rest.
        read.entry("ja").or_insert_with(|| "?".into());
        Value::Table(read)
    }

    fn id(&mut self, path: &str, shape: Shape, text: &str) -> Value {
        if text.parse::<FieldId>().is_err() {
            return self.wrong(path, shape, Fault::MalformedId(text.to_owned()));
        }
        if matches!(shape, Shape::PageId) && RESERVED_PAGES.contains(&text) {
            self.slips.push(Slip::new(path, Fault::ReservedPage(text.to_owned())));
        }
        Value::String(text.to_owned())
    }

    fn word(&mut self, path: &str, key: &Key, known: &'static [&'static str], word: &str) -> Value {
        if known.contains(&word) {
            return Value::String(word.to_owned());
        }
        let near = nearest(word, known.iter().copied());
        let fault = Fault::UnknownWord { key: key.name.to_owned(), word: word.to_owned(), known, near };
        self.wrong(path, key.shape, fault)
    }

    fn wrong(&mut self, path: &str, shape: Shape, fault: Fault) -> Value {
        self.slips.push(Slip::new(path, fault));
        self.make_up(path, shape)
    }

    /// A value that can be read, in the place of one that cannot.
    fn make_up(&mut self, path: &str, shape: Shape) -> Value {
        self.made_up.insert(path.to_owned());
        match shape {
            Shape::Sentence | Shape::Unit => Value::Table(toml::Table::from_iter([("ja".to_owned(), "?".into())])),
            Shape::Sentences | Shape::Codes | Shape::Tables(_) => Value::Array(Vec::new()),
            Shape::Line => Value::String(format!("made up for {path}")),
            Shape::Id | Shape::PageId => Value::String(format!("made-up-{}", self.made_up.len())),
            Shape::Word(known) => known.first().map_or_else(|| "".into(), |word| (*word).into()),
            Shape::Number(least, most) => Value::Integer(1.clamp(least, most)),
            Shape::Flag | Shape::Table(_) => Value::Boolean(false),
        }
    }
}
