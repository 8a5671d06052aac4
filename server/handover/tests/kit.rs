//! 「受け渡しの手引き」 What vendors are given: whole, true to the files that it is made of, and valid by its own schemas.

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::Path};

use handover::{
    BatchFiles, Chain, DestinationKeys, DestinationPublic, OpenedBatch, Reader, Trust,
    archive::folder_name,
    jws::unverified_payload,
    kit,
    manifest::{KEYS_FILE, MANIFEST_FILE},
    open, open_attachment,
};

use crate::{
    schema::{ENTRY, KEYS, MANIFEST, RECEIPT, satisfies},
    support::{NOW, PORTAL, refusal},
};

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, fs::read(&path).unwrap());
        }
    }
}

fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

fn written() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    kit::write(folder.path()).unwrap();
    folder
}

/// The batches of the sample, with their files.
fn batches(folder: &Path) -> Vec<(BatchFiles, OpenedBatch)> {
    let keys = DestinationKeys::read(&folder.join("sample/keys")).unwrap();
    let portal = serde_json::from_slice(&fs::read(folder.join("sample/keys/portal.jwk.json")).unwrap()).unwrap();
    let trust = Trust::of(portal, NOW).unwrap();
    let mut chain = Chain::default();
    let mut opened = Vec::new();
    for seq in [1, 2] {
        let files = BatchFiles::read(&folder.join("sample").join(folder_name(seq))).unwrap();
        let reader = Reader { issuer: PORTAL, audience: "test-kenko", trust: &trust, chain: &chain, keys: &keys };
        let batch = open(&files, &reader).unwrap();
        chain.push(seq, &batch.manifest_sha256, batch.manifest.created_at);
        opened.push((files, batch));
    }
    opened
}

#[test]
fn the_kit_is_written_whole_and_as_it_stands_in_the_repository() {
    let here = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).to_owned();
    let mut expected = files_of(&here.join("kit"));
    for (name, content) in files_of(&here.join("schema")) {
        expected.insert(format!("schema/{name}"), content);
    }
    expected.insert("openapi.json".to_owned(), handover::OPENAPI.as_bytes().to_vec());
    let folder = written();
    let found = files_of(folder.path());
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert!(found == expected);
    assert!(kit::write(folder.path()).is_err(), "nothing is overwritten");
}

#[test]
fn private_test_keys_are_readable_by_their_owner_alone() {
    let folder = written();
    for name in ["entries.agekey", "number.agekey", "signing.pem", "portal-signing.pem"] {
        let mode = fs::metadata(folder.path().join("sample/keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[test]
fn the_readme_names_every_schema_and_every_file_that_it_names_is_there() {
    let files: BTreeMap<&str, &[u8]> = kit::files().collect();
    let readme = std::str::from_utf8(files["README.md"]).unwrap();
    for name in files.keys().filter_map(|path| path.strip_prefix("schema/")) {
        assert!(readme.contains(&format!("`{name}`")), "{name} is not in the table");
    }
    let named = regex::Regex::new("`((?:sample|schema)/[^` ]*|[a-z-]+\\.(?:md|json))`").unwrap();
    // What a batch or a key folder holds is named without its folder.
    let is_there = |name: &str| files.keys().any(|path| path.starts_with(name) || path.ends_with(&format!("/{name}")));
    for name in named.captures_iter(readme).map(|found| found.get(1).unwrap().as_str()) {
        assert!(is_there(name), "{name} is not in the kit");
    }
}

#[test]
fn the_readme_names_every_refusal_as_the_program_does() {
    let files: BTreeMap<&str, &[u8]> = kit::files().collect();
    let readme = std::str::from_utf8(files["README.md"]).unwrap();
    let (_, refusals) = readme.split_once("## 5.").unwrap();
    let (refusals, _) = refusals.split_once("## 6.").unwrap();
    let source = include_str!("../src/error.rs");
    let code = regex::Regex::new("`([a-z_]+)`").unwrap();
    let rows = refusals.lines().filter_map(|line| line.rsplit_once(" | ")).map(|(_, codes)| codes);
    for found in rows.flat_map(|row| code.captures_iter(row)).map(|found| found.get(1).unwrap().as_str()) {
        assert!(source.contains(&format!("\"{found}\"")), "{found}");
    }
}

#[test]
fn whatever_the_sample_holds_satisfies_the_schemas_of_the_kit() {
    let folder = written();
    let value = |bytes: &[u8]| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    let mut entries = 0;
    for (files, batch) in batches(folder.path()) {
        let payload = |name: &str| value(&unverified_payload(files.get(name).unwrap()).unwrap());
        assert!(satisfies(MANIFEST, &payload(MANIFEST_FILE)));
        assert!(satisfies(KEYS, &payload(KEYS_FILE)));
        for one in &batch.entries {
            assert!(satisfies(ENTRY, &value(&one.line)), "{}", one.entry.id);
            entries += 1;
        }
    }
    assert_eq!(entries, 7);
    let receipts = kit::files().filter(|(path, _)| path.contains("/receipt-"));
    let checked = receipts.map(|(path, content)| assert!(satisfies(RECEIPT, &value(content)), "{path}")).count();
    assert_eq!(checked, 6);
}

#[test]
fn the_published_keys_are_refused_each_alone_and_no_other_is() {
    let files: BTreeMap<&str, &[u8]> = kit::files().collect();
    let text = std::str::from_utf8(files["sample/keys/public.json"]).unwrap();
    let test = DestinationPublic::from_json(text).unwrap();
    let good = DestinationKeys::generate("kenko".parse().unwrap()).public();
    assert!(kit::refuse_test_keys(&good).is_ok());
    let others = [
        DestinationPublic { entries_recipient: test.entries_recipient.clone(), ..good.clone() },
        DestinationPublic { number_recipient: test.number_recipient.clone(), ..good.clone() },
        DestinationPublic { further_recipients: vec![test.entries_recipient.clone()], ..good.clone() },
        DestinationPublic { jwk: test.jwk.clone(), ..good },
        test,
    ];
    for public in &others {
        assert_eq!(refusal(kit::refuse_test_keys(public)), "published_key");
    }
}

#[test]
fn the_paper_of_the_sample_opens_as_the_file_that_is_expected() {
    let folder = written();
    let keys = DestinationKeys::read(&folder.path().join("sample/keys")).unwrap();
    let (files, batch) = batches(folder.path()).remove(0);
    let sha256 = &batch.entries[0].entry.attachments[0].sha256;
    let paper = fs::read(folder.path().join(format!("sample/expected/utf-8-bom/paper-{sha256}.pdf"))).unwrap();
    assert!(open_attachment(&files, sha256, &keys).unwrap().as_slice() == paper);
}
