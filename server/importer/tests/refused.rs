//! What must be refused (`handover.md` §7), through the job. Invariant: each has its own error, and nothing is staged. The
//! hand-over crate tests the format; here stands what the job's own memory adds.

use std::collections::BTreeMap;

use handover::{
    BatchFiles, KeyAnnouncement, SigningKey,
    jws::Algorithm,
    manifest::{BATCH_TYPE, ENTRIES_FILE, KEYS_FILE, MANIFEST_FILE},
};
use importer::{error::ImportError, job::Step};
use intake::my_number::MyNumber;
use serde_json::{Value, json};

use crate::support::{FILED, ISSUER, Office, database::kinds, entry, now, revision, write_folder};

async fn refusal(office: &Office, files: &BatchFiles) -> &'static str {
    let job = office.job().await;
    let before = job.state().counts().await.unwrap();
    let outputs = office.outputs();
    let error: ImportError = job.file(files, Step::Signed).await.unwrap_err();
    assert_eq!(job.state().counts().await.unwrap(), before);
    assert_eq!(office.outputs(), outputs);
    error.code()
}

async fn taken(office: &Office, files: &BatchFiles) {
    office.job().await.file(files, Step::Signed).await.unwrap();
}

#[tokio::test]
async fn replays_gaps_and_batches_out_of_order_are_told_apart() {
    let mut office = Office::new();
    let first = office.batch(&[entry(1, &[])], &[]);
    let second = office.batch(&[entry(2, &[])], &[]);
    assert_eq!(refusal(&office, &second.files).await, "gap");
    taken(&office, &first.files).await;
    assert_eq!(refusal(&office, &first.files).await, "replay");
    let other_first = office.sealed(1, &[entry(3, &[])], &[]);
    assert_eq!(refusal(&office, &other_first.files).await, "went_back");
    let unchained = office.sealed(2, &[entry(3, &[])], &[]);
    assert_eq!(refusal(&office, &unchained.files).await, "wrong_previous");
    taken(&office, &second.files).await;
}

#[tokio::test]
async fn an_entry_of_an_earlier_batch_is_refused_with_the_whole_batch() {
    let mut office = Office::new();
    let first = office.batch(&[entry(1, &[])], &[]);
    let again = office.batch(&[entry(2, &[]), entry(1, &[])], &[]);
    taken(&office, &first.files).await;
    assert_eq!(refusal(&office, &again.files).await, "duplicate_entry");
}

#[tokio::test]
async fn a_key_that_nobody_pinned_is_refused() {
    let mut office = Office::new();
    office.portal_key = SigningKey::generate(Algorithm::Es256);
    let forged = office.batch(&[entry(1, &[])], &[]);
    assert_eq!(refusal(&office, &forged.files).await, "unknown_key");
}

#[tokio::test]
async fn a_pinned_fingerprint_is_looked_for_among_the_announced_keys() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[])], &[]);
    let text = std::fs::read_to_string(office.path("import.toml")).unwrap();
    let pinned = |fingerprint: &str| {
        let line = format!("portal_fingerprint = \"{fingerprint}\"");
        std::fs::write(office.path("import.toml"), text.replace("portal_jwk = \"portal.jwk.json\"", &line)).unwrap();
    };
    pinned(&handover::fingerprint(SigningKey::generate(Algorithm::Es256).jwk()));
    assert_eq!(refusal(&office, &batch.files).await, "wrong_fingerprint");
    pinned(&handover::fingerprint(office.portal_key.jwk()).to_lowercase());
    taken(&office, &batch.files).await;
}

#[tokio::test]
async fn entries_that_break_the_rules_go_back_with_a_reason() {
    let mut office = Office::new();
    let mut altered = entry(1, &[]);
    altered.derived.months = Some(9);
    let mut elsewhere = entry(2, &[]);
    elsewhere.municipality = "112011".to_owned();
    let mut unreadable = entry(3, &[]);
    unreadable.my_number = Some("age armor?".to_owned());
    let batch = office.batch(&[altered, elsewhere, unreadable, entry(4, &[])], &[]);
    let job = office.job().await;
    let notes = job.file(&batch.files, Step::Signed).await.unwrap().join("\n");
    assert!(notes.contains("4 entries, 1 to be taken in, 0 to wait, 3 to go back"), "{notes}");
    assert!(!notes.contains("花子"), "{notes}");
}

#[tokio::test]
async fn the_individual_number_is_opened_checked_and_decides() {
    let mut office = Office::new();
    let numbered = |number: u64, digits: &str| {
        let mut entry = entry(number, &[("address", "熊谷市筑波三丁目202番地")]);
        let armor = age::encrypt_and_armor(&office.keys.number.to_public(), digits.as_bytes()).unwrap();
        entry.my_number = Some(armor);
        entry
    };
    assert!(MyNumber::parse("123456789018").is_ok());
    let entries = [numbered(1, "123456789018"), numbered(2, "987654321093"), numbered(3, "123456789012")];
    let batch = office.batch(&entries, &[]);
    let job = office.job().await;
    let notes = job.file(&batch.files, Step::Signed).await.unwrap().join("\n");
    assert!(notes.contains("3 entries, 1 to be taken in, 1 to wait, 1 to go back"), "{notes}");
    for secret in ["123456789018", "987654321093", "123456789012"] {
        assert!(!notes.contains(secret));
    }
}

#[tokio::test]
async fn verifying_changes_nothing() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[])], &[]);
    let folder = write_folder(&batch.files, 1, office.folder.path());
    let files = BatchFiles::read(&folder).unwrap();
    let config = office.config();
    importer::take::verify(&config, &files, crate::support::now()).await.unwrap();
    assert!(!office.path("state.db").exists() && office.outputs().is_empty());
    taken(&office, &files).await;
    let again = importer::take::verify(&config, &files, crate::support::now()).await.unwrap_err();
    assert_eq!(again.code(), "replay");
    let next = office.batch(&[revision(1, 2, &[])], &[]);
    importer::take::verify(&config, &next.files, crate::support::now()).await.unwrap();
    taken(&office, &next.files).await;
    assert_eq!(ISSUER, config.portal_url);
}

/// The files of a batch with one of them exchanged, or left out.
fn with(files: &BatchFiles, name: &str, content: Option<Vec<u8>>) -> BatchFiles {
    let mut other = BatchFiles::default();
    for (file, before) in files.iter().filter(|(file, _)| *file != name) {
        other.insert(file, before.to_vec()).unwrap();
    }
    if let Some(content) = content {
        other.insert(name, content).unwrap();
    }
    other
}

/// The files with another manifest, signed by this key under this type.
fn resigned(files: &BatchFiles, key: &SigningKey, typ: &str, change: impl Fn(&mut Value)) -> BatchFiles {
    let payload = handover::jws::unverified_payload(files.get(MANIFEST_FILE).unwrap()).unwrap();
    let mut manifest: Value = serde_json::from_slice(&payload).unwrap();
    change(&mut manifest);
    with(files, MANIFEST_FILE, Some(key.sign(typ, &serde_json::to_vec(&manifest).unwrap())))
}

/// The same manifest under another protected header, whose signature says nothing of it.
fn with_header(files: &BatchFiles, change: impl Fn(&mut Value)) -> BatchFiles {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut document: Value = serde_json::from_slice(files.get(MANIFEST_FILE).unwrap()).unwrap();
    let header = URL_SAFE_NO_PAD.decode(document["protected"].as_str().unwrap()).unwrap();
    let mut header: Value = serde_json::from_slice(&header).unwrap();
    change(&mut header);
    document["protected"] = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).unwrap()).into();
    with(files, MANIFEST_FILE, Some(serde_json::to_vec(&document).unwrap()))
}

fn flipped(files: &BatchFiles, name: &str) -> BatchFiles {
    let mut content = files.get(name).unwrap().to_vec();
    let place = content.len() / 2;
    content[place] ^= 1;
    with(files, name, Some(content))
}

/// Every refusal of `handover.md` §7 that a batch can meet, by its own name; each is refused by the job of an office that
/// takes the batch itself afterwards.
#[tokio::test]
async fn each_refusal_of_the_page_has_a_name_of_its_own() {
    for kind in kinds() {
        let mut office = Office::on(kind);
        let right = office.batch(&[entry(1, &[]), entry(2, &[])], &[]).files;
        let (key, twin) = (SigningKey::from_pem(&office.portal_key.to_pem().unwrap()).unwrap(), office.twin());
        let manifest = |change: fn(&mut Value)| resigned(&right, &key, BATCH_TYPE, change);
        let name_of = |start: &str| right.iter().map(|(name, _)| name.to_owned()).find(|name| name.starts_with(start));
        let form = name_of("form-").unwrap();
        let entries = right.get(ENTRIES_FILE).unwrap();
        let retired = {
            let mut announcement: KeyAnnouncement =
                serde_json::from_slice(&handover::jws::unverified_payload(&office.announcement()).unwrap()).unwrap();
            (announcement.at, announcement.keys[0].retired_at) = (FILED, Some(FILED.plus(1)));
            with(&right, KEYS_FILE, Some(announcement.sign(&key)))
        };
        let table = [
            ("a flipped byte in the entries", flipped(&right, ENTRIES_FILE), "file_digest"),
            ("a flipped byte in the form", flipped(&right, &form), "file_digest"),
            ("alg none", with_header(&right, |header| header["alg"] = json!("none")), "algorithm_refused"),
            ("HS256", with_header(&right, |header| header["alg"] = json!("HS256")), "algorithm_refused"),
            ("another header", with_header(&right, |header| header["kid2"] = json!("")), "header_refused"),
            ("another aud", manifest(|it| it["aud"] = json!("zeimu")), "wrong_audience"),
            ("another iss", manifest(|it| it["iss"] = json!("https://evil.example")), "wrong_issuer"),
            ("another typ", resigned(&right, &key, "JWT", |_| {}), "wrong_type"),
            ("another v", manifest(|it| it["v"] = json!(2)), "wrong_version"),
            (
                "an unknown kid",
                resigned(&right, &SigningKey::generate(Algorithm::Es256), BATCH_TYPE, |_| {}),
                "unknown_key",
            ),
            ("a retired kid", retired, "retired_key"),
            ("a gap", manifest(|it| it["seq"] = json!(2)), "gap"),
            ("a broken chain", manifest(|it| it["prev"] = json!("1".repeat(64))), "wrong_previous"),
            ("a missing file", with(&right, &form, None), "missing_file"),
            ("an extra file", with(&right, &format!("attachment-{}.age", "0".repeat(64)), Some(vec![0])), "extra_file"),
            ("a truncated file", with(&right, ENTRIES_FILE, Some(entries[1..].to_vec())), "file_size"),
            (
                "a listed name that leads out",
                manifest(|it| it["files"][0]["name"] = json!("../../etc/passwd")),
                "bad_name",
            ),
            ("a file listed twice", manifest(|it| it["files"][1] = it["files"][0].clone()), "duplicate_file"),
            ("an entry twice", manifest(|it| it["entries"][1] = it["entries"][0].clone()), "duplicate_entry"),
            ("entries exchanged", manifest(|it| it["entries"].as_array_mut().unwrap().reverse()), "entry_digest"),
            ("an entry too few", manifest(|it| drop(it["entries"].as_array_mut().unwrap().pop())), "entry_count"),
            (
                "too many entries",
                manifest(|it| it["entries"] = vec![it["entries"][0].clone(); 1_001].into()),
                "too_many_entries",
            ),
            ("for another's keys", sealed_for_somebody_else(&twin), "cannot_decrypt"),
        ];
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        for (what, files, code) in &table {
            assert_eq!(refusal(&office, files).await, *code, "{what}");
            names.insert(code, what);
        }
        assert!(names.len() >= 20, "{names:?}");
        taken(&office, &right).await;
        assert_eq!(refusal(&office, &right).await, "replay");
    }
}

/// What `office` would make, encrypted to keys that it does not have; signed all the same.
fn sealed_for_somebody_else(office: &Office) -> BatchFiles {
    let mut other = Office::new();
    other.portal_key = SigningKey::from_pem(&office.portal_key.to_pem().unwrap()).unwrap();
    other.batch(&[entry(1, &[])], &[]).files
}

#[tokio::test]
async fn archives_that_lead_astray_or_are_too_large_are_refused_before_anything_is_read() {
    let office = Office::new();
    let crafted = |name: &str, size: u64| {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(size);
        header.set_mode(0o600);
        header.set_cksum();
        [header.as_bytes().as_slice(), &[0; 1_024]].concat()
    };
    for (name, size, code) in [
        ("batch-000001/../../etc/passwd", 0, "bad_name"),
        ("/etc/passwd", 0, "bad_name"),
        ("batch-000001/entries.ndjson.age", handover::MOST_BYTES + 1, "too_large"),
    ] {
        let path = office.path("carried.tar");
        std::fs::write(&path, crafted(name, size)).unwrap();
        let error = BatchFiles::read(&path).map_err(ImportError::from).err().unwrap();
        assert_eq!(error.code(), code, "{name}");
    }
}

#[tokio::test]
async fn f41_a_back_office_that_was_down_for_days_takes_all_in_and_refuses_one_of_a_hundred() {
    for kind in kinds() {
        let mut office = Office::on(kind);
        let portal = crate::support::portal::TestPortal::start(office.keys.public(), now);
        office.configure(&portal.url, "");
        for batch in 0..10_u64 {
            let mut entries: Vec<_> = (0..10).map(|place| entry(batch * 10 + place, &[])).collect();
            if batch == 5 {
                entries[3].derived.months = Some(9);
            }
            portal.put(office.batch(&entries, &[]));
        }
        let job = office.job().await;
        job.pull(&job.portal().unwrap(), Step::Sent).await.unwrap();
        let counts = job.state().counts().await.unwrap();
        assert_eq!((counts.imported, counts.rejected, counts.held, counts.unacknowledged), (99, 1, 0, 0));
        let settled: Vec<&str> = portal.shelf().settled.values().map(|result| result.as_str()).collect();
        assert_eq!(settled.iter().filter(|result| **result == "imported").count(), 99);
        assert_eq!(settled.len(), 100, "nothing is dropped in silence");
    }
}

#[tokio::test]
async fn f48_without_its_key_a_batch_waits_and_with_the_former_key_it_opens() {
    let mut office = Office::new();
    let batch = office.batch(&[entry(1, &[])], &[]);
    let folder = office.path("keys");
    std::fs::rename(&folder, office.path("keys-before")).unwrap();
    assert_eq!(office.try_job().await.err().unwrap().code(), "io");
    handover::DestinationKeys::generate("kenko".parse().unwrap()).write(&folder, now()).unwrap();
    assert_eq!(refusal(&office, &batch.files).await, "cannot_decrypt");
    office.configure(ISSUER, "former_keys_dirs = [\"keys-before\"]\n");
    taken(&office, &batch.files).await;
}
