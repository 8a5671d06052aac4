#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! `madoguchi handover kit`, as an operator calls it: without settings, without a database.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

fn kit(out: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
    program.env_clear().args(["handover", "kit", "--out"]).arg(out).output().unwrap()
}

#[test]
fn the_kit_is_written_into_a_new_or_an_empty_folder_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    for out in [folder.path().join("new/kit"), folder.path().join("empty")] {
        if out.ends_with("empty") {
            fs::create_dir(&out).unwrap();
        }
        let done = kit(&out);
        assert_eq!(done.status.code(), Some(0), "{done:?}");
        let files = handover::kit::files().collect::<Vec<_>>();
        assert!(files.iter().all(|(path, content)| fs::read(out.join(path)).unwrap() == *content));
    }
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    for taken in [folder.path().to_owned(), folder.path().join("notes.txt"), folder.path().join("new/kit")] {
        let refused = kit(&taken);
        assert_eq!(refused.status.code(), Some(1));
        let sentence = String::from_utf8(refused.stderr).unwrap();
        assert!(sentence.contains("is not empty: name a folder that is empty or not there"), "{sentence}");
    }
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine");
}
