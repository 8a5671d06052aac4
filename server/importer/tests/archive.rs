//! 「保存」 The archive. Invariant: what was written verifies without any key of the office, and whatever was altered, taken out
//! or put in is found and told by the batch.

use std::{fs, path::PathBuf};

use importer::{
    archive::{Pins, verify},
    job::Step,
};

use crate::support::{Office, database::kinds, entry, now, receipt_number, revision};

/// An archive of three batches, and the fingerprints that were written down.
async fn archived(office: &mut Office) -> (PathBuf, Pins) {
    let stranger = [("name", "知らない 人")];
    let batches = [
        office.batch(&[entry(1, &[]), entry(2, &stranger)], &[]),
        office.batch(&[revision(1, 2, &[])], &[]),
        office.batch(&[], &[receipt_number(2)]),
    ];
    let job = office.job().await;
    for batch in batches {
        job.file(&batch.files, Step::Signed).await.unwrap();
    }
    let folder = office.path("archive");
    job.write_archive(&folder).await.unwrap();
    assert!(job.write_archive(&folder).await.unwrap().is_empty(), "what is there is not written again");
    let pins = Pins {
        portal: Some(handover::fingerprint(office.portal_key.jwk())),
        destinations: vec![handover::fingerprint(office.keys.signing.jwk())],
    };
    (folder, pins)
}

#[tokio::test]
async fn an_archive_verifies_years_later_without_any_private_key() {
    for kind in kinds() {
        let mut office = Office::on(kind);
        let (folder, pins) = archived(&mut office).await;
        fs::remove_dir_all(office.path("keys")).unwrap();
        let told = verify(&folder, &pins, now()).unwrap().join("\n");
        assert!(
            told.contains(
                "3 batches follow one another from 1; 3 entries: 2 imported, 0 held, 1 rejected, 0 unanswered"
            ),
            "{told}"
        );
        assert!(!told.contains("NOT PINNED"), "{told}");
        assert!(verify(&folder, &Pins::default(), now()).unwrap().join("\n").contains("NOT PINNED"));
        for line in fs::read_dir(&folder).unwrap() {
            let name = line.unwrap().file_name().into_string().unwrap();
            assert!(name.starts_with("batch-") || name.starts_with("destination-") || name == "README.txt", "{name}");
        }
    }
}

#[tokio::test]
async fn whatever_was_altered_taken_out_or_put_in_is_found_by_its_batch() {
    let mut office = Office::new();
    let (folder, pins) = archived(&mut office).await;
    let wrong = |pins: &Pins| {
        let error = verify(&folder, pins, now()).unwrap_err();
        let code = error.code();
        (code, error.to_string())
    };
    let restored = |name: &str, change: &dyn Fn(&PathBuf), code: &str, batch: &str| {
        let path = folder.join(name);
        let before = fs::read(&path).unwrap();
        change(&path);
        let (found, text) = wrong(&pins);
        assert_eq!(found, code, "{name}: {text}");
        assert!(text.contains(batch), "{text}");
        fs::write(&path, before).unwrap();
        verify(&folder, &pins, now()).unwrap();
    };
    let flip = |path: &PathBuf| {
        let mut content = fs::read(path).unwrap();
        let place = content.len() / 2;
        content[place] = if content[place] == b'A' { b'B' } else { b'A' };
        fs::write(path, content).unwrap();
    };
    let remove = |path: &PathBuf| fs::remove_file(path).unwrap();
    restored("batch-000002/manifest.jws.json", &flip, "bad_signature", "batch 2 of the archive");
    restored("batch-000001/receipt-001.jws.json", &flip, "bad_signature", "batch 1 of the archive");
    restored("batch-000002/manifest.jws.json", &remove, "missing_file", "batch 2 of the archive");
    // A receipt that was taken out leaves a later one that nobody would read.
    restored("batch-000001/receipt-001.jws.json", &remove, "extra_file", "batch 1 of the archive");
    let other = fs::read(folder.join("batch-000001/receipt-001.jws.json")).unwrap();
    let foreign = |path: &PathBuf| fs::write(path, &other).unwrap();
    restored("batch-000002/receipt-001.jws.json", &foreign, "foreign_receipt", "batch 2 of the archive");
    let another = fs::read(folder.join("batch-000001/manifest.jws.json")).unwrap();
    let replayed = |path: &PathBuf| fs::write(path, &another).unwrap();
    restored("batch-000002/manifest.jws.json", &replayed, "replay", "batch 2 of the archive");
    // A batch that is missing in between is not the end.
    fs::rename(folder.join("batch-000002"), folder.join("gone")).unwrap();
    assert_eq!(wrong(&pins).0, "missing_file");
    fs::rename(folder.join("gone"), folder.join("batch-000002")).unwrap();
    let somebody = Pins { portal: Some("0000".to_owned()), destinations: Vec::new() };
    assert_eq!(wrong(&somebody).0, "wrong_fingerprint");
    let somebody = Pins { portal: pins.portal.clone(), destinations: vec!["0000".to_owned()] };
    assert_eq!(wrong(&somebody).0, "wrong_fingerprint");
}
