//! The mapping file on made-up filings.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use intake::{answers::Answer, catalog::Catalog};
use proptest::prelude::*;

use super::*;

const PREFECTURE: &str = include_str!("../../../doc/channel-prefecture.toml");
const PITTARI: &str = include_str!("../../../doc/channel-pittari.toml");

fn form(catalog: &Catalog) -> &Form {
    catalog.version(&"pregnancy_notification".parse().unwrap(), 1).unwrap()
}

fn now() -> Instant {
    Instant::from_rfc3339("2026-11-23T18:00:00+09:00").unwrap()
}

fn record(cells: &[(&str, &str)]) -> Record {
    let cell = |text: &str| vec![Cell { text: text.to_owned(), line: 2 }];
    Record { line: 2, cells: cells.iter().map(|(place, text)| ((*place).to_owned(), cell(text))).collect() }
}

const ROW: &[(&str, &str)] = &[
    ("整理番号", "２０２６１１２３０００１"),
    ("申込日時", "2026/11/23 10:15:00"),
    ("届出者", "本人"),
    ("届出理由", "新規"),
    ("氏（漢字）", "髙橋"),
    ("名（漢字）", "花子"),
    ("氏名（カナ）", "ﾀｶﾊｼ ﾊﾅｺ"),
    ("生年月日", "平成7年4月1日"),
    ("郵便番号", "100-0001"),
    ("住所", "窓口市架空町１－２－３"),
    ("電話番号", "090-1234-5678"),
    ("分娩予定日", "令和9年7月1日"),
    ("妊娠週数", "８"),
    ("医療機関名", "窓口クリニック"),
    ("医師又は助産師の氏名", "医師 一郎"),
    ("診断", "医師の診断を受けた"),
    ("性病に関する健康診断", "受けた"),
    ("結核に関する健康診断", "受けていない"),
    ("職業", "会社員"),
    ("メールアドレス", "hanako@example.jp"),
];

#[test]
fn the_examples_fit_the_form() {
    let catalog = Catalog::shipped().unwrap();
    for text in [PREFECTURE, PITTARI] {
        Mapping::read(text).unwrap().check(form(&catalog)).unwrap();
    }
}

#[test]
fn a_row_becomes_the_answers_of_the_form_and_names_stay_as_they_are() {
    let catalog = Catalog::shipped().unwrap();
    let mapping = Mapping::read(PREFECTURE).unwrap();
    let mapped = mapping.map(form(&catalog), &record(ROW), now()).map_err(|faults| format!("{faults:?}")).unwrap();
    assert_eq!(mapped.number, "202611230001");
    assert_eq!(mapped.received_at.rfc3339_in_japan(), "2026-11-23T10:15:00+09:00");
    let answers = mapped.complete.answers();
    let text = |id: &str| answers.text(&id.parse().unwrap()).unwrap().to_owned();
    assert_eq!(text("name"), "髙橋\u{3000}花子");
    assert_eq!(text("address"), "窓口市架空町１－２－３");
    assert_eq!(text("name_kana"), "タカハシ ハナコ");
    assert_eq!(answers.date(&"due_date".parse().unwrap()).unwrap().to_string(), "2027-07-01");
    assert_eq!(answers.choice(&"tb_check".parse().unwrap()), Some("2"));
    assert_eq!(answers.get(&"parity".parse().unwrap()), None::<&Answer>);
}

fn faults_with(changes: &[(&str, &str)]) -> Vec<Fault> {
    let catalog = Catalog::shipped().unwrap();
    let mut found = record(ROW);
    found.cells.extend(record(changes).cells);
    Mapping::read(PREFECTURE).unwrap().map(form(&catalog), &found, now()).err().unwrap_or_default()
}

#[test]
fn every_fault_of_a_row_is_named_by_line_column_and_field_at_once() {
    let faults =
        faults_with(&[("電話番号", "12"), ("職業", "宇宙飛行士"), ("分娩予定日", "来年"), ("申込日時", "いつか")]);
    let named: Vec<(&str, Problem)> =
        faults.iter().map(|fault| (fault.place.as_deref().unwrap(), fault.problem)).collect();
    assert!(faults.iter().all(|fault| fault.line == Some(2)));
    assert!(named.contains(&("職業", Problem::NoCounterpart)));
    assert!(named.contains(&("分娩予定日", Problem::Value(ValueError::NotADay))));
    assert!(named.contains(&("申込日時", Problem::NotATime)));
    let faults = faults_with(&[("電話番号", "12"), ("氏名（カナ）", "")]);
    let named: Vec<(&str, Problem)> =
        faults.iter().map(|fault| (fault.place.as_deref().unwrap(), fault.problem)).collect();
    assert_eq!(
        named,
        [
            ("氏名（カナ）", Problem::Value(ValueError::Missing)),
            ("電話番号", Problem::Value(ValueError::NotAPhoneNumber))
        ]
    );
    for fault in faults_with(&[("電話番号", "ひみつ"), ("職業", "ひみつ")]) {
        assert!(!fault.to_string().contains("ひみつ"));
    }
}

#[test]
fn what_is_ahead_unknown_or_without_a_number_is_refused() {
    assert_eq!(faults_with(&[("申込日時", "2026/11/24")])[0].problem, Problem::Ahead);
    assert_eq!(faults_with(&[("整理番号", "")])[0].problem, Problem::Number);
    assert_eq!(faults_with(&[("整理番号", "番号")])[0].problem, Problem::Number);
    assert_eq!(faults_with(&[("個人番号", "1")])[0].problem, Problem::UnknownPlace);
    assert!(faults_with(&[("個人番号", " ")]).is_empty());
    let headers: Vec<String> = ["整理番号", "個人番号"].map(str::to_owned).to_vec();
    let faults = Mapping::read(PREFECTURE).unwrap().header_faults(&headers);
    assert!(faults.contains(&Fault::on_line(1, Problem::UnknownPlace).at("個人番号")));
    assert!(faults.contains(&Fault::on_line(1, Problem::MissingColumn).at("電話番号")));
}

#[test]
fn slips_of_the_pen_in_a_mapping_file_are_found() {
    let catalog = Catalog::shipped().unwrap();
    let fault = |text: &str| match Mapping::read(text) {
        Ok(mapping) => mapping.check(form(&catalog)).unwrap_err(),
        Err(error) => error,
    };
    let id = |id: &str| -> FieldId { id.parse().unwrap() };
    let changed = |from: &str, to: &str| {
        assert!(PREFECTURE.contains(from), "{from}");
        fault(&PREFECTURE.replacen(from, to, 1))
    };
    assert!(matches!(fault(&format!("{PREFECTURE}\nx = 1")), MappingError::Unreadable { line, .. } if line > 1));
    assert_eq!(changed("field = \"phone\"", "field = \"fone\""), MappingError::UnknownField(id("fone")));
    assert_eq!(changed("field = \"phone\"", "field = \"name\""), MappingError::Twice(id("name")));
    assert_eq!(changed("\"parity\", ", ""), MappingError::Unsaid(id("parity")));
    assert_eq!(
        changed("\"会社員\" = \"1\"", "\"会社員\" = \"77\""),
        MappingError::UnknownCode(id("occupation"), "77".into())
    );
    assert_eq!(changed("\"メールアドレス\"", "\"電話番号\""), MappingError::IgnoredToo("電話番号".into()));
    assert_eq!(changed("from = \"電話番号\"", "from = []"), MappingError::EmptyPlace);
    let epds = catalog.newest(&"epds".parse().unwrap()).unwrap();
    assert!(matches!(Mapping::read(PREFECTURE).unwrap().check(epds), Err(MappingError::NotThisForm(_))));
}

#[test]
fn the_same_filing_is_known_by_its_content_wherever_it_stands() {
    let mut moved = record(ROW);
    let before = moved.content();
    moved.line = 9;
    moved.cells.values_mut().flatten().for_each(|cell| cell.line = 9);
    assert_eq!(moved.content(), before);
    moved.cells.insert("備考".to_owned(), vec![Cell { text: String::new(), line: 9 }]);
    assert_eq!(moved.content(), before);
    moved.cells.insert("電話番号".to_owned(), vec![Cell { text: "090-1234-5679".to_owned(), line: 9 }]);
    assert_ne!(moved.content(), before);
}

proptest! {
    #[test]
    fn no_text_of_a_filing_breaks_the_mapping_or_stands_in_a_fault(
        changes in prop::collection::vec((prop::sample::select(ROW), "\\PC{0,20}|[0-9/年月日平成令和]{0,12}"), 0..6),
    ) {
        let catalog = Catalog::shipped().unwrap();
        let mut found = record(ROW);
        for ((place, _), text) in &changes {
            found.cells.insert((*place).to_owned(), vec![Cell { text: text.clone(), line: 2 }]);
        }
        match Mapping::read(PREFECTURE).unwrap().map(form(&catalog), &found, now()) {
            // What was taken is what the form takes.
            Ok(mapped) => prop_assert!(mapped.received_at <= now()),
            Err(faults) => prop_assert!(!faults.is_empty()),
        }
    }

    #[test]
    fn no_text_breaks_the_reader_of_mapping_files(text in "\\PC{0,80}|([a-z_]{1,8} = (\"[a-z]{0,4}\"|1|\\[\\])\n){0,6}") {
        let _ = Mapping::read(&text);
    }
}
