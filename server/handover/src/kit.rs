//! 「受け渡しの手引き」 What a vendor who writes another import job is given. Invariant: the lists hold every file of `kit/` and
//! `schema/` (a test walks both), and what is written is byte for byte what stands there.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use crate::{DestinationPublic, Error, OPENAPI};

/// A file by its path in the kit.
pub type KitFile = (&'static str, &'static [u8]);

macro_rules! included {
    ($from:literal, $to:literal, $($path:literal,)*) => {
        &[$((concat!($to, $path), include_bytes!(concat!($from, $path)))),*]
    };
}

const PAGES_AND_SAMPLE: &[KitFile] = included![
    "../kit/",
    "",
    "README.md",
    "change-policy.md",
    "reassessment.md",
    "sample/batch-000001/attachment-5e9611a0a64b87c85bdba4d299ad74334a43682f70b317963680038eb2387f7c.age",
    "sample/batch-000001/entries.ndjson.age",
    "sample/batch-000001/form-395fbd161ba6b5b830b26d532f381a8693bf1197a7bd259fe69797b7df882c9d.json",
    "sample/batch-000001/form-8628344109e2b685d0fe31475cba21823ef6ce8c961aeb989955d78c3dca0604.json",
    "sample/batch-000001/form-f96a17608a854004cfad3593293eedb47465f33e84c0a69587d41539b270b00c.json",
    "sample/batch-000001/keys.jws.json",
    "sample/batch-000001/manifest.jws.json",
    "sample/batch-000002/entries.ndjson.age",
    "sample/batch-000002/form-395fbd161ba6b5b830b26d532f381a8693bf1197a7bd259fe69797b7df882c9d.json",
    "sample/batch-000002/keys.jws.json",
    "sample/batch-000002/manifest.jws.json",
    "sample/expected/utf-8-bom/epds-v1-000001.csv",
    "sample/expected/utf-8-bom/paper-5e9611a0a64b87c85bdba4d299ad74334a43682f70b317963680038eb2387f7c.pdf",
    "sample/expected/utf-8-bom/papers-pregnancy_notification-000001.csv",
    "sample/expected/utf-8-bom/pregnancy_notification-000001.csv",
    "sample/expected/utf-8-bom/pregnancy_notification-000002.csv",
    "sample/expected/utf-8-bom/questionnaire-v1-000001.csv",
    "sample/expected/utf-8-bom/receipt-000001-1.json",
    "sample/expected/utf-8-bom/receipt-000001-2.json",
    "sample/expected/utf-8-bom/receipt-000002-1.json",
    "sample/expected/utf-8-bom/withdrawals-000002.csv",
    "sample/expected/windows-31j/epds-v1-000001.csv",
    "sample/expected/windows-31j/paper-5e9611a0a64b87c85bdba4d299ad74334a43682f70b317963680038eb2387f7c.pdf",
    "sample/expected/windows-31j/papers-pregnancy_notification-000001.csv",
    "sample/expected/windows-31j/pregnancy_notification-000001.csv",
    "sample/expected/windows-31j/pregnancy_notification-000002.csv",
    "sample/expected/windows-31j/questionnaire-v1-000001.csv",
    "sample/expected/windows-31j/receipt-000001-1.json",
    "sample/expected/windows-31j/receipt-000001-2.json",
    "sample/expected/windows-31j/receipt-000002-1.json",
    "sample/expected/windows-31j/withdrawals-000002.csv",
    "sample/import-utf-8-bom.toml",
    "sample/import-windows-31j.toml",
    "sample/keys/TEST-KEYS.txt",
    "sample/keys/entries.agekey",
    "sample/keys/number.agekey",
    "sample/keys/portal-signing.pem",
    "sample/keys/portal.jwk.json",
    "sample/keys/public.json",
    "sample/keys/signing.pem",
    "sample/mapping-windows-31j.toml",
    "sample/residents.csv",
];

const SCHEMAS: &[KitFile] = included![
    "../schema/",
    "schema/",
    "destination.schema.json",
    "entry.schema.json",
    "keys.schema.json",
    "manifest.schema.json",
    "reasons.json",
    "receipt.schema.json",
    "resync.schema.json",
    "written.schema.json",
];

/// Every file of the kit.
pub fn files() -> impl Iterator<Item = KitFile> {
    PAGES_AND_SAMPLE.iter().chain(SCHEMAS).copied().chain([("openapi.json", OPENAPI.as_bytes())])
}

/// Refuses the kit's test keys: what is sealed for them, everybody can read.
///
/// # Errors
/// [`Error::PublishedKey`].
pub fn refuse_test_keys(public: &DestinationPublic) -> Result<(), Error> {
    let test = DestinationPublic::from_json(include_str!("../kit/sample/keys/public.json"))?;
    let published = [&test.entries_recipient, &test.number_recipient, &test.jwk.kid];
    let own = [&public.entries_recipient, &public.number_recipient, &public.jwk.kid];
    let is_published = own.into_iter().chain(&public.further_recipients).any(|key| published.contains(&key));
    if is_published { Err(Error::PublishedKey) } else { Ok(()) }
}

/// Whether a file is the private half of a test key: tools refuse one that others may read.
fn is_private(path: &str) -> bool {
    path.ends_with(".agekey") || path.ends_with(".pem")
}

/// Writes the kit into a folder, which is made if it is not there. Nothing that is there is overwritten.
///
/// # Errors
/// When a file is there already or cannot be written.
pub fn write(folder: &Path) -> Result<(), Error> {
    for (path, content) in files() {
        let path_there = folder.join(path);
        if let Some(parent) = path_there.parent() {
            DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
        }
        let mode = if is_private(path) { 0o600 } else { 0o644 };
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path_there)?.write_all(content)?;
    }
    Ok(fs::File::open(folder)?.sync_all()?)
}
