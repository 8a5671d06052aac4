//! Batches: what is sealed opens, and everything in `handover.md` §7 has its own refusal.

use handover::{
    Algorithm, BatchFiles, DestinationKeys, DestinationPublic, Error, MOST_ENTRIES, Reader, SigningKey,
    manifest::{BATCH_TYPE, ENTRIES_FILE, KEYS_FILE, MANIFEST_FILE, audit_head},
    open, open_attachment, seal_attachment, sealed_length, sha256_hex,
};
use intake::export::recheck;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{NOW, Sides, entry, exchanged, refusal};

fn file_starting(files: &BatchFiles, start: &str) -> (String, Vec<u8>) {
    let (name, content) = files.iter().find(|(name, _)| name.starts_with(start)).unwrap();
    (name.to_owned(), content.to_vec())
}

#[test]
fn what_is_sealed_opens_and_holds_the_same_entries() {
    for algorithm in [Algorithm::Es256, Algorithm::Ed25519] {
        let sides = Sides::with(algorithm);
        let batch = sides.batch();
        let opened = sides.open(&batch.files).unwrap();
        assert_eq!(opened.manifest, batch.manifest);
        assert_eq!(opened.manifest_sha256, batch.manifest_sha256);
        let names: Vec<_> = opened.entries.iter().map(|one| one.entry.person.name.clone().unwrap()).collect();
        assert_eq!(names, ["𠮷田 さくら", "葛󠄁城 凜"]);
        for one in &opened.entries {
            assert_eq!(recheck(&one.entry, opened.form_of(&one.entry).unwrap()), []);
            assert_eq!(one.line.as_slice(), one.entry.to_line());
        }
        assert_eq!(opened.attachments.len(), 1);
        assert_eq!(opened.trust, sides.trust);
    }
}

#[test]
fn nothing_in_the_files_says_who_it_is_about() {
    let batch = Sides::new().batch();
    for (name, content) in batch.files.iter() {
        let text = String::from_utf8_lossy(content);
        for secret in ["さくら", "熊谷市宮町２", "09012345678", "hanako@mail", "a small picture"] {
            assert!(!text.contains(secret), "{secret} stands in {name}");
        }
    }
}

#[test]
fn batches_follow_one_another() {
    let mut sides = Sides::new();
    let first = sides.batch();
    let second = sides.seal(2, Some(&first.manifest_sha256), &[entry(3, 1, "Sukarno")]);
    let third = sides.seal(3, Some(&second.manifest_sha256), &[]);
    assert!(matches!(sides.open(&second.files), Err(Error::Gap { expected: 1, found: 2 })));
    for batch in [&first, &second, &third] {
        let opened = sides.open(&batch.files).unwrap();
        sides.chain.push(opened.manifest.seq, &opened.manifest_sha256, opened.manifest.created_at);
    }
    assert!(matches!(sides.open(&second.files), Err(Error::Replay { seq: 2 })));
    let other_second = sides.seal(2, Some(&first.manifest_sha256), &[entry(4, 1, "Sukarno")]);
    assert!(matches!(sides.open(&other_second.files), Err(Error::WentBack { last: 3, found: 2 })));
    assert!(matches!(sides.chain.check_newest(2), Err(Error::WentBack { last: 3, found: 2 })));
    assert!(sides.chain.check_newest(3).is_ok());
    let forked = sides.seal(4, Some(&second.manifest_sha256), &[]);
    assert_eq!(refusal(sides.open(&forked.files)), "wrong_previous");
    let mut early = sides.seal(4, Some(&third.manifest_sha256), &[]);
    early.manifest.created_at = NOW.plus(-1_000_000);
    assert_eq!(refusal(sides.open(&sides.resigned(&early, |_| {}))), "time_went_back");
}

#[test]
fn a_manifest_for_or_from_somebody_else_is_refused() {
    let sides = Sides::new();
    let batch = sides.batch();
    let table = [
        ("aud", json!("another"), "wrong_audience"),
        ("iss", json!("https://evil.example"), "wrong_issuer"),
        ("v", json!(2), "wrong_version"),
        ("seq", json!(0), "bad_payload"),
        ("seq", json!(2), "gap"),
        ("prev", json!("1".repeat(64)), "wrong_previous"),
        ("surprise", json!(1), "bad_payload"),
    ];
    for (member, value, code) in table {
        let files = sides.resigned(&batch, |payload| payload[member] = value.clone());
        assert_eq!(refusal(sides.open(&files)), code, "{member}");
    }
    let payload = serde_json::to_vec(&batch.manifest).unwrap();
    let signed = |key: &SigningKey, typ: &str| exchanged(&batch.files, MANIFEST_FILE, Some(key.sign(typ, &payload)));
    assert_eq!(refusal(sides.open(&signed(&sides.portal, "JWT"))), "wrong_type");
    assert_eq!(refusal(sides.open(&signed(&sides.keys.signing, BATCH_TYPE))), "unknown_key");
}

#[test]
fn missing_extra_truncated_and_swapped_files_are_refused() {
    let sides = Sides::new();
    let batch = sides.batch();
    let (form_name, _) = file_starting(&batch.files, "form-");
    let (attachment_name, attachment) = file_starting(&batch.files, "attachment-");
    let entries = batch.files.get(ENTRIES_FILE).unwrap().to_vec();
    for name in [ENTRIES_FILE, KEYS_FILE, &form_name, &attachment_name, MANIFEST_FILE] {
        assert_eq!(refusal(sides.open(&exchanged(&batch.files, name, None))), "missing_file", "{name}");
    }
    let extra = exchanged(&batch.files, &format!("attachment-{}.age", "0".repeat(64)), Some(attachment.clone()));
    assert_eq!(refusal(sides.open(&extra)), "extra_file");
    let truncated = exchanged(&batch.files, ENTRIES_FILE, Some(entries[..entries.len() - 1].to_vec()));
    assert_eq!(refusal(sides.open(&truncated)), "file_size");
    let mut altered = entries.clone();
    altered[300] ^= 1;
    assert_eq!(refusal(sides.open(&exchanged(&batch.files, ENTRIES_FILE, Some(altered)))), "file_digest");
    // Two files exchanged for one another, with the manifest made to fit.
    let swapped = sides.resigned(&batch, |payload| {
        for file in payload["files"].as_array_mut().unwrap() {
            if file["name"] == ENTRIES_FILE {
                file["sha256"] = json!(sha256_hex(&attachment));
                file["bytes"] = json!(attachment.len());
            }
        }
    });
    let swapped = exchanged(&swapped, ENTRIES_FILE, Some(attachment));
    assert_eq!(refusal(sides.open(&swapped)), "plain_digest");
}

#[test]
fn entries_that_the_manifest_does_not_list_so_are_refused() {
    let sides = Sides::new();
    let batch = sides.batch();
    let changed = |change: fn(&mut Vec<serde_json::Value>)| {
        sides.resigned(&batch, |payload| change(payload["entries"].as_array_mut().unwrap()))
    };
    assert_eq!(refusal(sides.open(&changed(|entries| entries.truncate(1)))), "entry_count");
    assert_eq!(refusal(sides.open(&changed(|entries| entries.swap(0, 1)))), "entry_digest");
    assert_eq!(refusal(sides.open(&changed(|entries| entries[0]["rev"] = json!(2)))), "entry_digest");
    assert_eq!(refusal(sides.open(&changed(|entries| entries[1] = entries[0].clone()))), "duplicate_entry");
    let many = changed(|entries| entries.resize(MOST_ENTRIES + 1, entries[0].clone()));
    assert_eq!(refusal(sides.open(&many)), "too_many_entries");
    let twice = [entry(1, 1, "a"), entry(1, 1, "b")];
    assert_eq!(refusal(sides.try_seal(1, None, &twice, &[])), "duplicate_entry");
}

#[test]
fn a_traversing_or_doubled_name_in_a_manifest_is_refused() {
    let sides = Sides::new();
    let batch = sides.batch();
    let renamed = |name: &str| sides.resigned(&batch, |payload| payload["files"][0]["name"] = json!(name));
    for name in ["../entries.ndjson.age", "/etc/passwd", "entries.ndjson.age\u{0}", "", "form-.json"] {
        assert_eq!(refusal(sides.open(&renamed(name))), "bad_name", "{name}");
    }
    assert_eq!(refusal(sides.open(&renamed(KEYS_FILE))), "file_size");
    let doubled = sides.resigned(&batch, |payload| {
        let first = payload["files"][0].clone();
        payload["files"].as_array_mut().unwrap().push(first);
    });
    assert_eq!(refusal(sides.open(&doubled)), "duplicate_file");
}

#[test]
fn another_destination_cannot_open_it() {
    let (sides, other) = (Sides::new(), Sides::new());
    let batch = sides.batch();
    let mut reader = sides.reader();
    reader.keys = &other.keys;
    assert_eq!(refusal(handover::open(&batch.files, &reader)), "cannot_decrypt");
}

#[test]
fn a_batch_without_form_or_attachment_is_not_sealed() {
    let sides = Sides::new();
    let mut with_attachment = entry(1, 1, "a");
    with_attachment.form.sha256 = "0".repeat(64);
    assert_eq!(refusal(sides.try_seal(1, None, &[with_attachment], &[])), "missing_form");
    let mut first = sides.batch();
    let opened = sides.open(&first.files).unwrap();
    let entries: Vec<_> = opened.entries.into_iter().map(|one| one.entry).collect();
    assert_eq!(refusal(sides.try_seal(1, None, &entries, &[])), "missing_attachment");
    first.files = exchanged(&first.files, ENTRIES_FILE, Some(Vec::new()));
    assert_eq!(refusal(sides.open(&first.files)), "file_size");
}

#[test]
fn the_tree_head_is_that_of_rfc_6962() {
    // The empty tree, one leaf, and three leaves by hand (RFC 6962 §2.1).
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(audit_head(&[]).root, empty);
    let leaf = |hash: [u8; 32]| sha256_raw(&[&[0u8][..], &hash].concat());
    let node = |left: [u8; 32], right: [u8; 32]| sha256_raw(&[&[1u8][..], &left, &right].concat());
    let [one, two, three] = [[1; 32], [2; 32], [3; 32]];
    let expected = node(node(leaf(one), leaf(two)), leaf(three));
    let found = audit_head(&[one, two, three]);
    assert_eq!(found.size, 3);
    assert_eq!(found.root, expected.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
}

fn sha256_raw(bytes: &[u8]) -> [u8; 32] {
    let hex = sha256_hex(bytes);
    std::array::from_fn(|place| u8::from_str_radix(&hex[place * 2..place * 2 + 2], 16).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_flipped_bit_in_any_file_is_refused(which in 0usize..100, place in 0usize..1_000_000, bit in 0u8..8) {
        let sides = Sides::new();
        let batch = sides.batch();
        let (name, content) = batch.files.iter().nth(which % batch.files.iter().count()).unwrap();
        let mut altered = content.to_vec();
        let place = place % altered.len();
        altered[place] ^= 1 << bit;
        let files = exchanged(&batch.files, name, Some(altered));
        prop_assert!(sides.open(&files).is_err(), "byte {} of {}", place, name);
    }

    #[test]
    fn a_truncated_file_is_refused(which in 0usize..100, keep in 0usize..1_000_000) {
        let sides = Sides::new();
        let batch = sides.batch();
        let (name, content) = batch.files.iter().nth(which % batch.files.iter().count()).unwrap();
        let files = exchanged(&batch.files, name, Some(content[..keep % content.len()].to_vec()));
        prop_assert!(sides.open(&files).is_err(), "{} cut off", name);
    }
}

#[test]
fn every_recipient_of_a_destination_opens_entries_and_papers() {
    let mut sides = Sides::new();
    let safe = DestinationKeys::generate("kenko".parse().unwrap());
    sides.keys.further_recipients = vec![safe.entries.to_public().to_string()];
    let batch = sides.batch();
    let sha256 = sha256_hex(b"a small picture");
    for keys in [&sides.keys, &safe] {
        let reader = Reader { keys, ..sides.reader() };
        assert_eq!(open(&batch.files, &reader).unwrap().entries.len(), 2);
        assert_eq!(open_attachment(&batch.files, &sha256, keys).unwrap().as_slice(), b"a small picture");
    }
    let stranger = DestinationKeys::generate("kenko".parse().unwrap());
    let reader = Reader { keys: &stranger, ..sides.reader() };
    assert_eq!(refusal(open(&batch.files, &reader)), "cannot_decrypt");
    let public = sides.keys.public().to_json();
    assert!(DestinationPublic::from_json(&public).is_ok());
    assert_eq!(refusal(DestinationPublic::from_json(&public.replace("age1", "age2"))), "bad_key");
}

#[test]
fn the_length_of_a_sealed_paper_is_never_more_than_was_said() {
    let keys = DestinationKeys::generate("kenko".parse().unwrap());
    for length in [0, 1, 65_535, 65_536, 65_537, 300_000] {
        let (listed, sealed) = seal_attachment(&keys.public(), &vec![0; length]).unwrap();
        assert_eq!(listed.bytes, sealed.len() as u64);
        assert!(listed.bytes <= sealed_length(length as u64, 1), "{length}");
    }
}
