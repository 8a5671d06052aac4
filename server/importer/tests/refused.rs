//! What must be refused (`handover.md` §7), through the job. Invariant: each has its own error, and nothing is staged. The
//! hand-over crate tests the format; here stands what the job's own memory adds.

use handover::{BatchFiles, SigningKey, jws::Algorithm};
use importer::{error::ImportError, job::Step};
use intake::my_number::MyNumber;

use crate::support::{ISSUER, Office, entry, revision, write_folder};

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
    assert!(!config.state.exists() && office.outputs().is_empty());
    taken(&office, &files).await;
    let again = importer::take::verify(&config, &files, crate::support::now()).await.unwrap_err();
    assert_eq!(again.code(), "replay");
    let next = office.batch(&[revision(1, 2, &[])], &[]);
    importer::take::verify(&config, &next.files, crate::support::now()).await.unwrap();
    taken(&office, &next.files).await;
    assert_eq!(ISSUER, config.portal_url);
}
