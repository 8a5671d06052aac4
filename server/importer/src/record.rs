//! 「妊娠届」 The record that the health information system keeps of a notification, as facts with a name each. Invariant:
//! every part of an entry that a column can ask for has one name here, and the default columns hold all twenty items in
//! the order of the record list (別添1).

use std::collections::BTreeMap;

use intake::export::{Entry, Said, Value, records::of_record};

/// The kind of entry that the record 【妊娠届】 is for.
pub const PREGNANCY_NOTIFICATION: &str = "pregnancy_notification";

const RECORD: &str = "妊娠届";
/// The records of the list, for mapping files of other kinds.
const RECORDS: [&str; 3] = [RECORD, "妊娠届アンケート", "EPDS"];

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

/// What stands after the items by default: what the notification rule asks for and the record list lacks.
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

/// The default columns of 【妊娠届】: header, and the name of the fact.
#[must_use]
pub fn default_columns() -> Vec<(String, String)> {
    let owned = |(header, from): &(&str, &str)| ((*header).to_owned(), (*from).to_owned());
    let items = of_record(RECORD).into_iter().map(|item| (item.name.to_owned(), format!("item.{}", item.no)));
    BEFORE.iter().map(owned).chain(items).chain(AFTER.iter().map(owned)).collect()
}

/// Whether a name is one that a column may ask for. Which keys `legal` and `extra` have is the form's affair.
#[must_use]
pub fn is_fact_name(name: &str) -> bool {
    let Some((part, key)) = name.split_once('.') else { return false };
    match part {
        "resident" => ["number", "sex"].contains(&key),
        "entry" => ["id", "rev", "filed_at", "channel", "municipality"].contains(&key),
        "person" => {
            ["name", "name_kana", "birthdate", "sex", "postal_code", "address", "phone", "email"].contains(&key)
        }
        "item" => RECORDS.iter().any(|record| of_record(record).iter().any(|item| item.no == key)),
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
    use super::*;

    #[test]
    fn all_twenty_items_stand_in_the_order_of_the_record_list() {
        let mut rows =
            csv::Reader::from_reader(include_str!("../../../app/intake/testdata/record-items.csv").as_bytes());
        let is_ours = |row: &csv::StringRecord| &row[0] == "妊娠届";
        let listed: Vec<String> =
            rows.records().map(Result::unwrap).filter(is_ours).map(|row| row[2].to_owned()).collect();
        let columns = default_columns().into_iter().filter(|(_, from)| from.starts_with("item."));
        let ours: Vec<String> = columns.map(|(header, _)| header).collect();
        assert_eq!(ours.len(), 20);
        assert_eq!(ours, listed);
    }

    #[test]
    fn every_default_column_asks_for_a_fact_that_there_is() {
        for (header, from) in default_columns() {
            assert!(is_fact_name(&from), "{header}");
        }
        for unknown in ["item.99", "person.my_number", "resident", "legal.", "sql.x"] {
            assert!(!is_fact_name(unknown), "{unknown}");
        }
    }
}
