//! 「文字」 Names and addresses that break naive programs, from an entry to the CSV. Invariant: in UTF-8 every one comes back byte
//! for byte; in Windows-31J it comes back, or its entry waits and each code point that cannot be written is told.

use std::collections::BTreeSet;

use importer::{
    charset::{Charset, code_points},
    job::Step,
};
use intake::{export::Entry, value};

use crate::support::{Office, database::kinds, entry};

/// As many as a batch takes.
const COUNT: usize = 1_000;
/// Whole texts that are hard to handle in some way that single characters are not.
const TEXTS: [&str; 24] = [
    "=1+1",
    "+81-90",
    "-花子",
    "@SUM(A1)",
    "'髙﨑",
    "\"引用\"",
    "a,b;c",
    "\\\\server\\共有",
    "100%~^`|",
    "<b>&amp;</b>",
    "O'Neill",
    "مريم الزهراء",
    "רות כהן",
    "ﷺ",
    "ｱｲｳ ｶﾞｷﾞ",
    "が ぱ",
    "か\u{3099}\u{309a}",
    "e\u{301}\u{323}",
    "ÅÅÅ",
    "ﬁﬂ",
    "〜～−－‖∥",
    "¥\\‾~",
    "ⅰⅠ㈱①㍻㋿",
    "A\u{a0}B　C",
];

/// Characters out of the blocks in which names of Japan, and of those who live here, are hard.
fn characters() -> Vec<char> {
    let blocks = [
        (0x00a1, 0x024f, 11),    // Latin with whatever stands on it
        (0x1e00, 0x1eff, 9),     // Vietnamese
        (0x0400, 0x045f, 7),     // Cyrillic
        (0x0904, 0x0939, 5),     // Devanagari
        (0x0e01, 0x0e2e, 5),     // Thai
        (0xac00, 0xd7a3, 601),   // Hangul, up to the neighbours of the surrogates
        (0x2e80, 0x2fd5, 31),    // radicals
        (0x3041, 0x30ff, 13),    // kana
        (0x3220, 0x33ff, 23),    // ㈱ ㍻ and their like
        (0x3400, 0x4dbf, 211),   // extension A
        (0x4e00, 0x9fff, 307),   // unified
        (0xe000, 0xe757, 97),    // 外字, which Windows-31J has
        (0xf900, 0xfad9, 5),     // compatibility ideographs, which NFC would replace
        (0xff01, 0xff9f, 3),     // full and half width
        (0x20000, 0x2a6df, 997), // extension B
        (0x2f800, 0x2fa1d, 17),  // compatibility ideographs beyond the BMP
        (0x30000, 0x3134a, 499), // extension G
    ];
    let of_block = |(first, last, step): (u32, u32, usize)| (first..=last).step_by(step).filter_map(char::from_u32);
    let mut all: Vec<char> = blocks.into_iter().flat_map(of_block).collect();
    // Where one encoding ends and the next begins.
    all.extend([
        '\u{7e}',
        '\u{d7fb}',
        '\u{f8f0}',
        '\u{fa0e}',
        '\u{fa11}',
        '\u{fa19}',
        '\u{9ad9}',
        '\u{fffd}',
        '\u{10000}',
        '𠮷',
    ]);
    all
}

/// A thousand names that the form takes, none twice: the golden ones, whole texts, and characters with and without a
/// variation selector or a mark.
fn names() -> Vec<String> {
    let golden: serde_json::Value =
        serde_json::from_str(include_str!("../../../app/intake/testdata/difficult-text.json")).unwrap();
    let golden = golden["cases"].as_array().unwrap().iter().map(|case| case["text"].as_str().unwrap().to_owned());
    let whole = TEXTS.iter().map(|text| (*text).to_owned());
    let selectors = ["", "\u{e0100}", "\u{e0101}", "\u{fe00}", "\u{3099}", "\u{301}"];
    let made =
        selectors.iter().flat_map(|after| characters().into_iter().map(move |one| format!("葛{one}{after} 花子")));
    let mut seen = BTreeSet::new();
    let is_taken = |text: &String| value::name(text).as_deref() == Ok(text);
    golden.chain(whole).chain(made).filter(is_taken).filter(|text| seen.insert(text.clone())).take(COUNT).collect()
}

/// An office whose residents are these people, each at an address of its own that is as hard as the name.
fn office_with(names: &[String], kind: crate::support::database::Kind) -> (Office, Vec<Entry>) {
    let office = Office::on(kind);
    let mut residents = csv::Writer::from_path(office.path("residents.csv")).unwrap();
    residents.write_record(["宛名番号", "氏名", "フリガナ", "生年月日", "性別", "郵便番号", "住所"]).unwrap();
    let mut entries = Vec::new();
    for (number, name) in (1_u64..).zip(names) {
        let address = format!("熊谷市{name}町{number}番地");
        assert_eq!(value::address(&address).as_deref(), Ok(address.as_str()));
        let number_text = number.to_string();
        residents.write_record([&number_text, name, "ハナコ", "1996-04-02", "女", "360-8601", &address]).unwrap();
        entries.push(entry(number, &[("name", name), ("address", &address)]));
    }
    residents.flush().unwrap();
    (office, entries)
}

fn rows(bytes: &[u8], charset: Charset) -> Vec<csv::StringRecord> {
    let text = charset.decode(bytes).unwrap();
    csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).records().map(Result::unwrap).collect()
}

fn column(rows: &[csv::StringRecord], header: &str) -> Vec<String> {
    let place = rows[0].iter().position(|found| found == header).unwrap();
    rows[1..].iter().map(|row| row[place].to_owned()).collect()
}

#[tokio::test]
async fn f32_a_thousand_difficult_names_and_addresses_come_back_byte_for_byte_in_utf_8() {
    let names = names();
    assert_eq!(names.len(), COUNT);
    for kind in kinds() {
        let (mut office, entries) = office_with(&names, kind);
        let batch = office.batch(&entries, &[]);
        let job = office.job().await;
        let notes = job.file(&batch.files, Step::Signed).await.unwrap();
        assert!(notes[0].contains("1000 entries, 1000 to be taken in"), "{:?}", &notes[..3]);
        let rows = rows(&office.output("pregnancy_notification-000001.csv").unwrap(), Charset::Utf8WithMark);
        assert_eq!(column(&rows, "氏名"), names);
        let addresses: Vec<String> = entries.iter().map(|entry| entry.person.address.clone().unwrap()).collect();
        assert_eq!(column(&rows, "住所"), addresses);
    }
}

#[tokio::test]
async fn f32_in_windows_31j_each_comes_back_or_waits_and_its_code_points_are_told() {
    let names = names();
    let (mut office, entries) = office_with(&names, crate::support::database::Kind::Sqlite);
    office.configure(crate::support::ISSUER, "mappings = { pregnancy_notification = \"mapping.toml\" }\n");
    std::fs::write(office.path("mapping.toml"), "encoding = \"windows-31j\"\n").unwrap();
    let batch = office.batch(&entries, &[]);
    let job = office.job().await;
    let notes = job.file(&batch.files, Step::Signed).await.unwrap();
    let (mut written, mut told) = (Vec::new(), Vec::new());
    for (place, name) in (1..).zip(&names) {
        match Charset::Windows31J.encode(name) {
            Ok(_) => written.push(name.clone()),
            Err(strangers) => {
                let points = code_points(&strangers);
                told.push(format!("batch 1, entry {place}: column 氏名: {points} cannot be written"));
            }
        }
    }
    assert!(written.len() > 100 && told.len() > 300, "{} written, {} told", written.len(), told.len());
    let rows = rows(&office.output("pregnancy_notification-000001.csv").unwrap(), Charset::Windows31J);
    assert_eq!(column(&rows, "氏名"), written);
    let of_names: Vec<String> = notes.into_iter().filter(|note| note.contains("column 氏名")).collect();
    assert_eq!(of_names, told);
    assert_eq!(job.state().counts().await.unwrap().held, i64::try_from(told.len()).unwrap());
}
