//! The program as a person meets it. Invariant: 0 is success, 1 a failure, 2 wrong use; the examples in `doc/` are right.

use std::{path::Path, process::Command};

use importer::{config::Config, mapping::Mapping, record::PREGNANCY_NOTIFICATION};

use crate::support::Office;

fn run(words: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_madoguchi-import")).args(words).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn every_command_explains_itself() {
    for command in ["keygen", "pull", "file", "verify", "fhir", "review", "receipts", "status"] {
        let (code, help, _) = run(&[command, "--help"]);
        assert_eq!(code, Some(0), "{command}");
        assert!(help.contains("Usage:"), "{command}");
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
