//! What an entry says, as facts with a name each. Invariant: every part of an entry that a column can ask for has one name
//! here, and the default columns hold every item of the record list (別添1) in its order, and whatever else the form asks.

use std::collections::BTreeMap;

use intake::{
    export::{Entry, Said, Value, records::of_record},
    form::{Form, Target},
};

use crate::mapping::{Column, Part};

/// The kind of entry that the record 【妊娠届】 is for.
pub const PREGNANCY_NOTIFICATION: &str = "pregnancy_notification";

/// What the columns of an offer for the 中間サーバー are checked as: 妊娠届, and what the offer is for.
pub(crate) const COPY: &str = "copy";

const RECORD: &str = "妊娠届";
/// The kinds of entry whose items are those of a record list.
const RECORDS: [(&str, &str); 3] =
    [(PREGNANCY_NOTIFICATION, RECORD), ("questionnaire", "妊娠届アンケート"), ("epds", "EPDS")];

impl Column {
    fn of_code((header, from): (String, String)) -> Self {
        Self { header, from, part: Part::Code }
    }
}

/// What stands before the items by default: header, and the name of the fact.
const BEFORE: [(&str, &str); 11] = [
    ("宛名番号", "resident.number"),
    ("受付番号", "entry.id"),
    ("版", "entry.rev"),
    ("受付日時", "entry.filed_at"),
    ("氏名", "person.name"),
    ("フリガナ", "person.name_kana"),
    ("生年月日", "person.birthdate"),
    ("性別", "resident.sex"),
    ("郵便番号", "person.postal_code"),
    ("住所", "person.address"),
    ("電話番号", "person.phone"),
];

/// What stands after the items of 【EPDS】: the record list has no place for it.
const EPDS: [(&str, &str); 2] = [("受付経路", "entry.channel"), ("質問票の版", "epds.text_pack")];

/// What stands after the items of 【妊娠届】: what the notification rule asks for and the record list lacks.
const AFTER: [(&str, &str); 10] = [
    ("届出時妊娠月数", "derived.months"),
    ("届出時期", "derived.timing"),
    ("現住所", "legal.present_address"),
    ("診断・保健指導", "legal.diagnosed"),
    ("医師・助産師氏名", "legal.practitioner"),
    ("性病に関する健康診断", "legal.sti_check"),
    ("結核に関する健康診断", "legal.tb_check"),
    ("職業", "legal.occupation"),
    ("届出事由", "extra.reason"),
    ("多胎", "extra.multiple"),
];

/// The default columns of a form: header, the name of the fact, and whether it is its text. Those of 【妊娠届】 are fixed; those of another form
/// follow from its version, so that nothing that it asks is left out.
#[must_use]
pub fn default_columns(form: &Form) -> Vec<Column> {
    let owned = |(header, from): &(&str, &str)| ((*header).to_owned(), (*from).to_owned());
    let before = BEFORE.iter().map(owned);
    let items = |record: &str| {
        let item = |no: &str, name: &str| (name.to_owned(), format!("item.{no}"));
        of_record(record).into_iter().map(move |listed| item(listed.no, listed.name)).collect::<Vec<_>>()
    };
    if form.id.as_str() == PREGNANCY_NOTIFICATION {
        return before.chain(items(RECORD)).chain(AFTER.iter().map(owned)).map(Column::of_code).collect();
    }
    let mut listed = items(&form.record);
    if listed.is_empty() {
        listed = items_of(form);
    }
    // The telephone number of a questionnaire, for one, is an item of its record.
    let asked = |(_, from): &(String, String)| {
        let fact = serde_json::from_value(from.strip_prefix("person.").unwrap_or_default().into());
        fact.map_or(true, |fact| form.person_field(fact).is_some())
    };
    let before = before.filter(asked);
    let scores = EPDS.iter().map(owned).filter(|_| !form.epds_items().is_empty());
    let codes = before.chain(listed).chain(asked_beside(form)).chain(scores).map(Column::of_code);
    with_headers_apart(codes.chain(details(form)).collect())
}

/// The items of a form whose record is in no list: those of the parent, then those of staff.
fn items_of(form: &Form) -> Vec<(String, String)> {
    let of_fields = form.fields().filter_map(|(_, field)| match &field.target {
        Target::Record(no) => Some((field.label.get("ja").to_owned(), format!("item.{no}"))),
        _ => None,
    });
    let of_staff = form.staff_items.iter();
    of_fields.chain(of_staff.map(|item| (item.label.get("ja").to_owned(), format!("item.{}", item.record)))).collect()
}

fn asked_beside(form: &Form) -> impl Iterator<Item = (String, String)> {
    form.fields().filter_map(|(_, field)| {
        let from = match &field.target {
            Target::Legal(key) => format!("legal.{key}"),
            Target::Extra(key) => format!("extra.{key}"),
            Target::Record(_) | Target::Person(_) | Target::DetailOf(_) | Target::EpdsItem(_) => return None,
        };
        Some((field.label.get("ja").to_owned(), from))
    })
}

/// What was written beside その他, where the record list has no item of its own for it.
fn details(form: &Form) -> impl Iterator<Item = Column> {
    form.fields().filter_map(|(_, field)| {
        let Target::DetailOf(of) = &field.target else { return None };
        let from = match &form.field(of)?.1.target {
            Target::Record(no) => format!("item.{no}"),
            Target::Legal(key) => format!("legal.{key}"),
            Target::Extra(key) => format!("extra.{key}"),
            Target::Person(_) | Target::DetailOf(_) | Target::EpdsItem(_) => return None,
        };
        Some(Column { header: field.label.get("ja").to_owned(), from, part: Part::Text })
    })
}

/// Two questions of a form may have one label; the name of the fact tells their columns apart.
fn with_headers_apart(mut columns: Vec<Column>) -> Vec<Column> {
    let mut seen = std::collections::BTreeSet::new();
    for column in &mut columns {
        if !seen.insert(column.header.clone()) {
            column.header = format!("{}（{}）", column.header, column.from);
        }
    }
    columns
}

/// Whether a name is one that a column for this kind of entry may ask for. Which keys `legal` and `extra` have, and which
/// items a form without a record list, is the form's affair.
#[must_use]
pub fn is_fact_name(kind: &str, name: &str) -> bool {
    let Some((part, key)) = name.split_once('.') else { return false };
    match part {
        "resident" => ["number", "sex"].contains(&key),
        "entry" => ["id", "rev", "filed_at", "channel", "municipality"].contains(&key),
        "person" => {
            ["name", "name_kana", "birthdate", "sex", "postal_code", "address", "phone", "email"].contains(&key)
        }
        "item" => match RECORDS.iter().find(|(of, _)| *of == kind || (kind == COPY && *of == PREGNANCY_NOTIFICATION)) {
            Some((_, record)) => of_record(record).iter().any(|item| item.no == key),
            None => !key.is_empty(),
        },
        "epds" => ["occasion", "text_pack", "total", "item10"].contains(&key),
        "copy" => kind == COPY && key == "kind",
        "derived" => ["weeks", "days", "months", "timing", "age", "fiscal_year"].contains(&key),
        "legal" | "extra" => !key.is_empty(),
        _ => false,
    }
}

/// What is known under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A text, a day, a number.
    Value(String),
    /// One code or several of a choice, with what it reads or the detail that was given.
    Codes(Vec<String>, Option<String>),
    /// 「答えたくない」
    Declined,
}

/// The code that stands for 「答えたくない」 in a CSV, unless the mapping says otherwise.
pub const DECLINED: &str = "declined";

/// All facts of one entry by their names.
pub type Facts = BTreeMap<String, Fact>;

/// One thing that an entry says.
pub struct Statement {
    /// The name of the fact.
    pub fact: String,
    /// What it is called in the record list or the form.
    pub name: String,
    /// What is said; nothing where the item is empty.
    pub content: Option<Fact>,
}

/// Everything that an entry says, in the order of the record list: the person, the items, what the rule asks for, what the
/// counter asked for, what is computed.
#[must_use]
pub fn statements(entry: &Entry) -> Vec<Statement> {
    let mut all = person(entry);
    let said = |part: &str, key: &str, said: &Said| Statement {
        fact: format!("{part}.{key}"),
        name: said.name.clone(),
        content: fact(said),
    };
    all.extend(entry.items.iter().map(|item| said("item", &item.no, &item.said)));
    all.extend(entry.legal.iter().map(|(key, content)| said("legal", key, content)));
    all.extend(entry.extra.iter().map(|(key, content)| said("extra", key, content)));
    all.extend(epds(entry));
    all.extend(derived(entry));
    all
}

/// The facts that a column can ask for: the statements, and what is known of the entry itself.
#[must_use]
pub fn facts(entry: &Entry, statements: &[Statement]) -> Facts {
    let mut facts: Facts = statements.iter().filter_map(|one| Some((one.fact.clone(), one.content.clone()?))).collect();
    let mut frame = |key: &str, value: String| facts.insert(format!("entry.{key}"), Fact::Value(value));
    frame("id", entry.id.to_string());
    frame("rev", entry.rev.to_string());
    frame("filed_at", entry.filed_at.rfc3339_in_japan());
    frame("municipality", entry.municipality.clone());
    let channel = code_of(&entry.channel);
    facts.insert("entry.channel".to_owned(), Fact::Codes(vec![channel], None));
    facts
}

fn value(fact: &str, name: &str, value: Option<String>) -> Statement {
    Statement { fact: fact.to_owned(), name: name.to_owned(), content: value.map(Fact::Value) }
}

fn person(entry: &Entry) -> Vec<Statement> {
    let person = &entry.person;
    let mut all = vec![
        value("person.name", "氏名", person.name.clone()),
        value("person.name_kana", "フリガナ", person.name_kana.clone()),
        value("person.birthdate", "生年月日", person.birthdate.map(|day| day.to_string())),
        value("person.postal_code", "郵便番号", person.postal_code.clone()),
        value("person.address", "住所", person.address.clone()),
        value("person.phone", "電話番号", person.phone.clone()),
        value("person.email", "メールアドレス", person.email.clone()),
    ];
    let sex = Some(Fact::Codes(vec![code_of(&person.sex)], None));
    all.push(Statement { fact: "person.sex".to_owned(), name: "性別".to_owned(), content: sex });
    all
}

fn epds(entry: &Entry) -> Vec<Statement> {
    let Some(epds) = &entry.epds else { return Vec::new() };
    let occasion = Some(Fact::Codes(vec![epds.occasion.clone()], None));
    vec![
        Statement { fact: "epds.occasion".to_owned(), name: "実施時期".to_owned(), content: occasion },
        value("epds.text_pack", "質問票の版", Some(epds.text_pack.clone())),
        value("epds.total", "合計点", Some(epds.total.to_string())),
        value("epds.item10", "項目10", Some(epds.item10.to_string())),
    ]
}

fn derived(entry: &Entry) -> Vec<Statement> {
    let derived = &entry.derived;
    let number = |count: Option<u32>| count.map(|count| count.to_string());
    let timing = Some(Fact::Codes(vec![derived.timing.code().to_owned()], None));
    vec![
        value("derived.weeks", "妊娠週数", number(derived.weeks)),
        value("derived.days", "妊娠日数", number(derived.days)),
        value("derived.months", "妊娠月数", number(derived.months)),
        Statement { fact: "derived.timing".to_owned(), name: "届出時期".to_owned(), content: timing },
        value("derived.age", "年齢", derived.age.map(|age| age.to_string())),
        value("derived.fiscal_year", "西暦年度", Some(derived.fiscal_year.to_string())),
    ]
}

fn fact(said: &Said) -> Option<Fact> {
    if said.declined {
        return Some(Fact::Declined);
    }
    let codes = said.codes.clone().or_else(|| said.code.clone().map(|code| vec![code]));
    let codes = codes.map(|codes| Fact::Codes(codes, said.text.clone()));
    codes.or_else(|| match said.value.as_ref()? {
        Value::Number(number) => Some(Fact::Value(number.to_string())),
        Value::Text(text) => Some(Fact::Value(text.clone())),
    })
}

/// The public code of a value of a closed vocabulary.
fn code_of<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use intake::catalog::Catalog;

    use super::*;

    fn form(id: &str) -> Form {
        Catalog::shipped().unwrap().newest(&id.parse().unwrap()).unwrap().clone()
    }

    #[test]
    fn all_items_stand_in_the_order_of_the_record_list() {
        for (kind, record) in RECORDS {
            let mut rows =
                csv::Reader::from_reader(include_str!("../../../app/intake/testdata/record-items.csv").as_bytes());
            let is_ours = |row: &csv::StringRecord| &row[0] == record;
            let listed: Vec<String> =
                rows.records().map(Result::unwrap).filter(is_ours).map(|row| row[2].to_owned()).collect();
            let columns = default_columns(&form(kind)).into_iter().filter(|column| column.from.starts_with("item."));
            let codes = columns.filter(|column| column.part == Part::Code);
            let ours: Vec<String> = codes.map(|column| column.header).collect();
            assert_eq!(ours, listed);
        }
    }

    #[test]
    fn every_question_of_every_form_has_a_column_and_no_two_have_one_header() {
        for form in Catalog::shipped().unwrap().all_newest() {
            let columns = default_columns(form);
            for Column { header, from, .. } in &columns {
                assert!(is_fact_name(form.id.as_str(), from), "{header}");
                assert_eq!(columns.iter().filter(|other| other.header == *header).count(), 1, "{header}");
            }
            if form.id.as_str() == PREGNANCY_NOTIFICATION {
                continue;
            }
            for (_, field) in form.fields() {
                let from = match &field.target {
                    Target::Record(no) => format!("item.{no}"),
                    Target::Legal(key) => format!("legal.{key}"),
                    Target::Extra(key) => format!("extra.{key}"),
                    Target::Person(_) | Target::DetailOf(_) | Target::EpdsItem(_) => continue,
                };
                assert!(columns.iter().any(|column| column.from == from), "{} {from}", form.id);
            }
        }
    }

    #[test]
    fn what_no_entry_has_is_no_fact() {
        for unknown in ["item.99", "person.my_number", "resident", "legal.", "sql.x", "epds.items"] {
            assert!(!is_fact_name(PREGNANCY_NOTIFICATION, unknown), "{unknown}");
        }
        assert!(is_fact_name("questionnaire", "item.26b") && !is_fact_name(PREGNANCY_NOTIFICATION, "item.26b"));
        assert!(is_fact_name("a_form_of_the_citys_own", "item.99"));
    }
}
