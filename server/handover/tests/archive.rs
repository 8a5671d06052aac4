//! Carried batches: folder and `.tar`, there and back, and archives that lead astray.

use std::{fs, io::Read};

use handover::{BatchFiles, MOST_BYTES, manifest::MANIFEST_FILE};

use crate::support::{Sides, refusal};

fn tar_of(files: &BatchFiles) -> Vec<u8> {
    let mut bytes = Vec::new();
    files.write_tar(1, &mut bytes).unwrap();
    bytes
}

/// A `.tar` with one member of whatever name and kind.
fn crafted(name: &str, kind: tar::EntryType, size: u64, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    // Not `set_path`, which refuses what an attacker would not.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(512) + 1024, 0);
    bytes
}

#[test]
fn a_folder_and_a_tar_hold_the_same_batch() {
    let sides = Sides::new();
    let batch = sides.batch();
    let folder = tempfile::tempdir().unwrap();
    batch.files.write_folder(1, folder.path()).unwrap();
    let path = folder.path().join("batch-000001");
    assert!(BatchFiles::read(&path).unwrap() == batch.files);
    assert_eq!(refusal(batch.files.write_folder(1, folder.path())), "io");
    let tar = folder.path().join("batch.tar");
    fs::write(&tar, tar_of(&batch.files)).unwrap();
    assert!(BatchFiles::read(&tar).unwrap() == batch.files);
    assert_eq!(tar_of(&batch.files), tar_of(&batch.files));
    assert!(sides.open(&BatchFiles::read(&tar).unwrap()).is_ok());
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let names = [
        "../manifest.jws.json",
        "/etc/passwd",
        "batch-000001/../manifest.jws.json",
        "batch-000001/sub/manifest.jws.json",
        "batch-000001//manifest.jws.json",
        "batch-1/manifest.jws.json",
        "other/manifest.jws.json",
        "manifest.jws.json",
        "batch-000001/entries.ndjson",
        "batch-000001/attachment-../../x.age",
    ];
    for name in names {
        let archive = crafted(name, tar::EntryType::Regular, 2, b"{}");
        assert_eq!(refusal(BatchFiles::from_tar(archive.as_slice())), "bad_name", "{name}");
    }
    let two_folders = [
        &crafted("batch-000001/manifest.jws.json", tar::EntryType::Regular, 2, b"{}")[..1024],
        &crafted("batch-000002/keys.jws.json", tar::EntryType::Regular, 2, b"{}"),
    ]
    .concat();
    assert_eq!(refusal(BatchFiles::from_tar(two_folders.as_slice())), "bad_name");
}

#[test]
fn links_and_devices_are_refused() {
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Fifo, tar::EntryType::Char] {
        let archive = crafted("batch-000001/manifest.jws.json", kind, 0, b"");
        assert_eq!(refusal(BatchFiles::from_tar(archive.as_slice())), "not_a_file", "{kind:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join(MANIFEST_FILE)).unwrap();
    assert_eq!(refusal(BatchFiles::from_folder(folder.path())), "not_a_file");
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("readme.txt"), "hello").unwrap();
    assert_eq!(refusal(BatchFiles::from_folder(folder.path())), "bad_name");
}

#[test]
fn a_file_that_stands_twice_is_refused() {
    let once = crafted("batch-000001/manifest.jws.json", tar::EntryType::Regular, 2, b"{}");
    let twice = [&once[..1024], &once].concat();
    assert_eq!(refusal(BatchFiles::from_tar(twice.as_slice())), "duplicate_file");
}

#[test]
fn an_archive_that_unpacks_too_large_is_refused_before_it_is_read() {
    let size = MOST_BYTES + 1;
    let archive = crafted("batch-000001/entries.ndjson.age", tar::EntryType::Regular, size, b"");
    let endless = archive.as_slice().chain(std::io::repeat(0));
    assert_eq!(refusal(BatchFiles::from_tar(endless)), "too_large");
    let mut files = BatchFiles::default();
    files.insert(MANIFEST_FILE, vec![0; 8]).unwrap();
    let rest = vec![0; usize::try_from(MOST_BYTES).unwrap() - 7];
    assert_eq!(refusal(files.insert("entries.ndjson.age", rest)), "too_large");
}

#[test]
fn a_truncated_archive_is_refused() {
    let sides = Sides::new();
    let whole = tar_of(&sides.batch().files);
    for keep in (0..whole.len() - 1024).step_by(97) {
        let opened = BatchFiles::from_tar(&whole[..keep]).and_then(|files| sides.open(&files).map(drop));
        assert!(opened.is_err(), "cut at {keep}");
    }
    assert_eq!(refusal(BatchFiles::from_tar(&b""[..])), "bad_archive");
    assert_eq!(refusal(BatchFiles::from_tar(&b"no archive at all"[..])), "bad_archive");
}
