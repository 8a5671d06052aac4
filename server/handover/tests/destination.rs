//! The folder of a destination: written once, for its owner only, and readable by other tools.

use std::{fs, os::unix::fs::PermissionsExt};

use handover::{DestinationKeys, DestinationPublic, KeyChange};

use crate::support::{NOW, PORTAL, Sides, refusal};

#[test]
fn the_folder_is_read_back_and_private_files_are_for_the_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let made = DestinationKeys::generate("kenko".parse().unwrap());
    made.write(&path, NOW).unwrap();
    assert_eq!(DestinationKeys::read(&path).unwrap().public(), made.public());
    for name in ["entries.agekey", "number.agekey", "signing.pem"] {
        assert_eq!(fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    let public = fs::read_to_string(path.join("public.json")).unwrap();
    assert_eq!(DestinationPublic::from_json(&public).unwrap(), made.public());
    assert!(!public.contains("SECRET"));
    let agekey = fs::read_to_string(path.join("entries.agekey")).unwrap();
    assert!(agekey.starts_with("# created: 2026-11-23T18:00:00+09:00\n# public key: age1"));
    assert!(agekey.lines().nth(2).unwrap().starts_with("AGE-SECRET-KEY-1"));
    assert!(fs::read_to_string(path.join("signing.pem")).unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
}

#[test]
fn keys_are_never_overwritten_and_never_read_when_others_may() {
    let folder = tempfile::tempdir().unwrap();
    let made = DestinationKeys::generate("kenko".parse().unwrap());
    made.write(folder.path(), NOW).unwrap();
    assert_eq!(refusal(made.write(folder.path(), NOW)), "io");
    fs::set_permissions(folder.path().join("number.agekey"), fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(refusal(DestinationKeys::read(folder.path())), "key_file_readable");
}

#[test]
fn a_public_file_with_a_bad_key_is_refused() {
    let good = DestinationKeys::generate("kenko".parse().unwrap()).public();
    let with = |change: fn(&mut DestinationPublic)| {
        let mut bad = good.clone();
        change(&mut bad);
        refusal(DestinationPublic::from_json(&bad.to_json()))
    };
    assert_eq!(with(|_| {}), "nothing was refused");
    assert_eq!(with(|public| public.entries_recipient = "age1nothing".to_owned()), "bad_key");
    assert_eq!(with(|public| public.number_recipient = String::new()), "bad_key");
    assert_eq!(with(|public| public.jwk.x = public.jwk.y.clone().unwrap()), "bad_key");
    assert_eq!(with(|public| public.jwk.kid.push('A')), "bad_key");
}

#[test]
fn a_number_sealed_to_the_number_key_opens_with_it_alone() {
    let (ours, other) =
        (DestinationKeys::generate("kenko".parse().unwrap()), DestinationKeys::generate("kenko".parse().unwrap()));
    let recipient: age::x25519::Recipient = ours.public().number_recipient.parse().unwrap();
    let armor = age::encrypt_and_armor(&recipient, b"123456789018").unwrap();
    assert_eq!(ours.open_number(&armor).unwrap().as_slice(), b"123456789018");
    assert_eq!(refusal(other.open_number(&armor)), "cannot_decrypt");
    assert_eq!(refusal(ours.open_number("123456789018")), "cannot_decrypt");
}

#[test]
fn new_keys_are_vouched_for_by_the_old_ones_and_the_old_ones_still_open_what_was_sealed_for_them() {
    let mut sides = Sides::new();
    let before = sides.batch();
    let mut made = DestinationKeys::generate("kenko".parse().unwrap());
    let change = KeyChange { v: 1, iss: "kenko".to_owned(), aud: PORTAL.to_owned(), at: NOW, public: made.public() };
    let present = sides.keys.public();
    assert_eq!(KeyChange::read(&change.sign(&sides.keys.signing), &present, PORTAL).unwrap(), change);
    assert_eq!(refusal(KeyChange::read(&change.sign(&made.signing), &present, PORTAL)), "unknown_key");
    assert_eq!(
        refusal(KeyChange::read(&change.sign(&sides.keys.signing), &present, "https://x.example")),
        "wrong_audience"
    );
    let other = DestinationKeys::generate("zeimu".parse().unwrap());
    let foreign = KeyChange { public: other.public(), ..change };
    assert_eq!(refusal(KeyChange::read(&foreign.sign(&sides.keys.signing), &present, PORTAL)), "wrong_issuer");

    std::mem::swap(&mut made, &mut sides.keys);
    assert_eq!(refusal(sides.open(&before.files)), "cannot_decrypt");
    sides.keys.remember(made);
    assert_eq!(sides.open(&before.files).unwrap().entries.len(), 2);
    assert_eq!(sides.open(&sides.batch().files).unwrap().entries.len(), 2);
}
