#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! `madoguchi forms …`, as an operator calls it.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
};

use crate::support::process::Program;

const CITY: &str = include_str!("../../app/intake/testdata/city/parents_class.v1.toml");
const ENGLISH: &str = include_str!("../../app/intake/testdata/city/parents_class.v1.en.toml");

fn forms(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_madoguchi")).env_clear().arg("forms").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn folder(form: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("parents_class.v1.toml"), form).unwrap();
    fs::write(folder.path().join("parents_class.v1.en.toml"), ENGLISH).unwrap();
    folder
}

#[test]
fn check_ends_with_nought_one_or_two() {
    let good = folder(CITY);
    let output = forms(&["check", good.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&output).contains("parents_class version 1: offered"), "{}", said(&output));

    let bad = folder(&CITY.replacen("kind = \"kana\"", "kind = \"kanna\"", 1).replacen("minutes", "minuts", 1));
    let output = forms(&["check", bad.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let lines: Vec<String> = said(&output).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].starts_with("parents_class.v1.toml:11:1: error: ") && lines[0].contains("“minutes”"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains("Did you mean “kana”?"), "{}", lines[1]);

    assert_eq!(forms(&["check"]).status.code(), Some(2));
    assert_eq!(forms(&["check", "/no/such/folder"]).status.code(), Some(2));
}

#[test]
fn show_prints_a_form_that_ships_so_that_it_can_be_taken_back() {
    let name = "postnatal_care.v1.toml";
    assert!(said(&forms(&["show"])).lines().any(|line| line == name));
    let text = said(&forms(&["show", name]));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text.replacen("version = 1", "version = 1\noffered = false", 1)).unwrap();
    let output = forms(&["check", folder.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(said(&output).contains("postnatal_care version 1: kept, not begun"));
    assert!(said(&output).contains("0 warnings"));
    assert_eq!(forms(&["show", "nothing.v1.toml"]).status.code(), Some(1));
}

/// A preview of a folder with temporary files of its own.
fn preview(dir: &Path, temporary: &Path) -> Program {
    let environment = BTreeMap::from([("TMPDIR".to_owned(), temporary.display().to_string())]);
    let arguments = ["forms", "preview", dir.to_str().unwrap(), "--listen", "127.0.0.1:0"];
    Program::start_with(&arguments, &environment, &temporary.join("log"))
}

#[test]
fn preview_shows_every_page_up_to_the_last_without_signing_in_and_leaves_nothing_behind() {
    let (forms, temporary) = (folder(CITY), tempfile::tempdir().unwrap());
    let program = preview(forms.path(), temporary.path());
    let mut browser = program.browser();
    let start = browser.open("/apply/parents_class");
    assert!(start.html.html().contains("下見です"), "every page says that it is a preview");
    assert!(start.links().contains(&"/preview/parents_class".to_owned()));
    let all = browser.open("/preview/parents_class").text();
    for shown in
        ["申し込む方", "ご本人との関係", "聞きたいこと", "「入力している方」が「パートナー」のとき", "二人でできること"]
    {
        assert!(all.contains(shown), "{shown}: {all}");
    }
    browser.press(&start, "/apply/parents_class", &[]).leads_to("/apply/parents_class/who");
    let pages: [(&str, &[(&str, &str)]); 4] = [
        ("who", &[("filer", "self")]),
        (
            "person",
            &[
                ("name", "窓口 花子"),
                ("name_kana", "マドグチ"),
                ("birthdate-year", "1996"),
                ("birthdate-month", "4"),
                ("birthdate-day", "2"),
                ("postal_code", "1000001"),
                ("address", "窓口市1"),
            ],
        ),
        ("class", &[("people", "1")]),
        ("wishes", &[("topics", "none")]),
    ];
    let today = time::OffsetDateTime::now_utc();
    let day = [("day-year", today.year().to_string()), ("day-month", "12".to_owned()), ("day-day", "31".to_owned())];
    for (page, typed) in pages {
        let address = format!("/apply/parents_class/{page}");
        let shown = browser.open(&address);
        let mut typed = typed.to_vec();
        if page == "class" {
            typed.extend(day.iter().map(|(name, value)| (*name, value.as_str())));
        }
        browser.press(&shown, &address, &typed).is(303);
    }
    assert!(browser.open("/apply/parents_class/check").text().contains("窓口 花子"));
    // A form that follows another is shown without the other.
    let follows = browser.open("/apply/questionnaire");
    browser.press(&follows, "/apply/questionnaire", &[]).leads_to("/apply/questionnaire/who");
    // The wording of the EPDS comes from its demonstration pack, and nobody signs in for it either.
    let items = browser.open("/preview/epds").html.html();
    assert!(items.matches("type=\"radio\"").count() >= 40, "ten items with four options each");
    let epds = browser.open("/apply/epds");
    browser.press(&epds, "/apply/epds", &[]).leads_to("/apply/epds/who");
    assert!(program.stop().success());
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["log"], "nothing is left behind");
}
