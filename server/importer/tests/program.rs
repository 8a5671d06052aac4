//! The program as a person meets it. Invariant: 0 is success, 1 a failure, 2 wrong use; the examples in `doc/` are right.

use std::{path::Path, process::Command};

use importer::{config::Config, mapping::Mapping, record::PREGNANCY_NOTIFICATION};

use crate::support::{Office, entry};

fn run(words: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_madoguchi-import")).args(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn every_command_explains_itself() {
    let commands = [
        "keygen",
        "pull",
        "file",
        "verify",
        "fhir",
        "review",
        "receipts",
        "recorded",
        "change-keys",
        "resync",
        "archive write",
        "archive verify",
        "status",
    ];
    for command in commands {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let (code, help, _) = run(&words);
        assert_eq!(code, Some(0), "{command}");
        assert!(help.contains("Usage:") && help.contains("Example"), "{command}: {help}");
    }
    let (_, help, _) = run(&["--help"]);
    for told in
        ["First steps", "Exit codes"].into_iter().chain(commands.map(|command| command.split(' ').next().unwrap()))
    {
        assert!(help.contains(told), "{told}");
    }
}

#[test]
fn a_monitor_is_told_by_the_exit_code_what_is_needed() {
    let mut office = Office::new();
    let config = office.path("import.toml");
    let status = |more: &[&str]| {
        let words = [&["--config", config.to_str().unwrap(), "status"], more].concat();
        let (code, told, _) = run(&words);
        (code.unwrap(), told)
    };
    assert_eq!(status(&["--check"]).0, 4, "nothing has run yet");
    assert_eq!(status(&[]).0, 0, "without --check it only tells");
    let batch = office.batch(&[entry(1, &[("name", "知らない 人")])], &[]);
    let folder = crate::support::write_folder(&batch.files, 1, office.folder.path());
    // The clocks of the tests stand still, and that of the program does not: its times are those of now.
    let (code, _, error) = run(&["--config", config.to_str().unwrap(), "file", folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{error}");
    let (code, told) = status(&["--check"]);
    assert_eq!(code, 0, "{told}");
    let (code, told) = status(&["--check", "--held-days", "0"]);
    assert!(code == 3 && told.contains("people are needed"), "{code} {told}");
    let (code, told) = status(&["--check", "--silent-hours", "0", "--held-days", "0"]);
    assert!(code == 4 && told.contains("not acknowledged for too long"), "{code} {told}");
    let (code, _, error) = run(&["--config", config.to_str().unwrap(), "pull"]);
    assert_eq!(code, Some(1), "{error}");
    assert!(!error.contains("begun"), "progress is told on a terminal only");
}

#[test]
fn the_units_that_are_shipped_are_whole() {
    let doc = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("doc");
    let folder = tempfile::tempdir().unwrap();
    for unit in ["madoguchi-import.service", "madoguchi-import.timer", "madoguchi-import-check.service"] {
        let text = std::fs::read_to_string(doc.join(unit)).unwrap();
        let there = text.replace("/usr/bin/madoguchi-import", env!("CARGO_BIN_EXE_madoguchi-import"));
        std::fs::write(folder.path().join(unit), there).unwrap();
    }
    let units = std::fs::read_dir(folder.path()).unwrap().map(|unit| unit.unwrap().path());
    match Command::new("systemd-analyze").arg("verify").args(units).output() {
        Ok(done) => assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr)),
        Err(error) => eprintln!("the units are not checked: {error}"),
    }
}

#[test]
fn wrong_use_is_told_from_failure() {
    let office = Office::new();
    let config = office.path("import.toml");
    let config = config.to_str().unwrap();
    for wrong in
        [&["fetch"][..], &["file"], &["--config", "/nowhere/import.toml", "status"], &["review", "decide", "x"]]
    {
        assert_eq!(run(wrong).0, Some(2), "{wrong:?}");
    }
    assert_eq!(run(&["--config", config, "verify", "/nowhere/batch"]).0, Some(1));
    let (code, _, error) =
        run(&["--config", config, "review", "decide", "1000-7777-73", "--person", "a", "--atena", "1"]);
    assert_eq!((code, error.contains("(not_held)")), (Some(1), true), "{error}");
}

#[test]
fn keys_are_made_once_and_never_overwritten() {
    let office = Office::new();
    let folder = office.path("other-keys");
    let folder = folder.to_str().unwrap();
    let make = ["keygen", "--destination", "kenko", "--out", folder];
    let (code, told, _) = run(&make);
    assert_eq!(code, Some(0));
    assert!(told.contains("fingerprint"));
    let before = std::fs::read(Path::new(folder).join("signing.pem")).unwrap();
    assert_eq!(run(&make).0, Some(1));
    assert_eq!(std::fs::read(Path::new(folder).join("signing.pem")).unwrap(), before);
}

#[test]
fn the_examples_are_right() {
    let doc = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("doc");
    let config = Config::read(&doc.join("import.toml")).unwrap();
    let mapping = std::fs::read_to_string(&config.mappings[PREGNANCY_NOTIFICATION]).unwrap();
    Mapping::read(&mapping, PREGNANCY_NOTIFICATION).unwrap();
}
