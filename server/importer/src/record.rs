//! 「妊娠届」 The record that the health information system keeps of a notification, as facts with a name each. Invariant:
//! every part of an entry that a column can ask for has one name here, and the default columns hold all twenty items in
//! the order of the record list (別添1).

use std::collections::BTreeMap;

/// The kind of entry that the record 【妊娠届】 is for.
pub const PREGNANCY_NOTIFICATION: &str = "pregnancy_notification";

/// The items of 【妊娠届】 in the order of the record list: number and name.
pub const ITEMS: [(&str, &str); 20] = [
    ("1", "親子番号"),
    ("2", "届出日"),
    ("3", "出産予定日"),
    ("4", "届出時妊娠週数"),
    ("5", "医療機関名"),
    ("6", "初経産区分"),
    ("7", "妊娠回数"),
    ("8", "第何子"),
    ("9", "婚姻の状況"),
    ("10", "受診券番号"),
    ("11", "妊婦ハイリスク区分"),
    ("12", "特記事項"),
    ("13", "母子手帳交付番号"),
    ("14", "母子手帳交付日"),
    ("15", "備考"),
    ("16", "母子手帳再交付日"),
    ("17", "備考_再交付"),
    ("18", "帰省住所"),
    ("19", "地区担当"),
    ("20", "次回予定日"),
];

/// What stands before the items by default: header, and the name of the fact.
const BEFORE: [(&str, &str); 11] = [
    ("宛名番号", "resident.number"),
    ("受付番号", "entry.id"),
    ("版", "entry.rev"),
    ("受付日時", "entry.filed_at"),
    ("氏名", "person.name"),
    ("フリガナ", "person.name_kana"),
    ("生年月日", "person.birthdate"),
    ("性別", "person.sex"),
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
    let items = ITEMS.iter().map(|(no, name)| ((*name).to_owned(), format!("item.{no}")));
    BEFORE.iter().map(owned).chain(items).chain(AFTER.iter().map(owned)).collect()
}

/// Whether a name is one that a column may ask for. Which keys `legal` and `extra` have is the form's affair.
#[must_use]
pub fn is_fact_name(name: &str) -> bool {
    let Some((part, key)) = name.split_once('.') else { return false };
    match part {
        "resident" => key == "number",
        "entry" => ["id", "rev", "filed_at", "channel", "municipality"].contains(&key),
        "person" => {
            ["name", "name_kana", "birthdate", "sex", "postal_code", "address", "phone", "email"].contains(&key)
        }
        "item" => ITEMS.iter().any(|(no, _)| *no == key),
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_items_are_those_of_the_record_list_in_its_order() {
        let mut rows = csv::Reader::from_reader(include_str!("../../../app/intake/testdata/record-items.csv").as_bytes());
        let listed: Vec<(String, String)> = rows
            .records()
            .map(Result::unwrap)
            .filter(|row| &row[0] == "妊娠届")
            .map(|row| (row[1].to_owned(), row[2].to_owned()))
            .collect();
        let ours: Vec<(String, String)> = ITEMS.iter().map(|(no, name)| ((*no).to_owned(), (*name).to_owned())).collect();
        assert_eq!(ours, listed);
    }

    #[test]
    fn every_default_column_asks_for_a_fact_that_there_is() {
        for (header, from) in default_columns() {
            assert!(is_fact_name(&from), "{header}");
        }
        for unknown in ["item.21", "person.my_number", "resident", "legal.", "sql.x"] {
            assert!(!is_fact_name(unknown), "{unknown}");
        }
    }
}
