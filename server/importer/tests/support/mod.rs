//! An office with its keys, its residents and a portal that seals batches for it. Invariant: nothing here is shared between
//! tests; the clock is the test's own.

pub mod database;
pub mod portal;

use std::path::{Path, PathBuf};

use database::Kind;

use handover::{
    AnnouncedKey, AuditHead, BatchFiles, DestinationKeys, KeyAnnouncement, ManifestFile, SealRequest, SealedBatch,
    SigningKey, jws::Algorithm, seal, seal_attachment, sha256_hex,
};
use importer::{config::Config, error::ImportError, job::Job};
use intake::{
    answers::RawAnswers,
    card::Matched,
    catalog::Catalog,
    export::{Attachment, Channel, Entry, Filing, Review, build},
    form::Form,
    identity::{Comparison, Evidence, Method, NumberDocument, PersonDocument, SeenAtCounter},
    ids::{ReceiptNumber, StaffId},
    journey,
    staff_items::StaffAnswers,
    time::Instant,
};

pub const ISSUER: &str = "https://portal.example";
pub const RESIDENTS: &str = "宛名番号,氏名,フリガナ,生年月日,性別,郵便番号,住所,個人番号
000000000000001,髙﨑　花子,タカサキ ハナコ,1996-04-02,女,360-8601,熊谷市宮町二丁目４７番地１,123456789018
000000000000002,𠮷野 さくら,ヨシノ サクラ,1996-04-02,女,360-8601,熊谷市宮町二丁目４７番地１,987654321093
000000000000003,佐藤花子,サトウ ハナコ,1996-04-02,女,360-8601,熊谷市宮町二丁目47番地1,
000000000000004,佐藤　花子,サトウ ハナコ,1996-04-02,女,360-8601,熊谷市宮町二丁目47番地1,
";

/// 2026-11-23T18:00:00+09:00
pub const FILED: Instant = Instant(1_795_424_400_000_000);

pub fn now() -> Instant {
    FILED.plus(3_600_000_000)
}

/// An office: folder, keys, and the portal's signing key.
pub struct Office {
    pub folder: tempfile::TempDir,
    pub keys: DestinationKeys,
    pub portal_key: SigningKey,
    pub seq: u64,
    pub previous: Option<String>,
    /// What the configuration names as `state`.
    state: String,
}

impl Office {
    pub fn new() -> Self {
        Self::on(Kind::Sqlite)
    }

    /// An office whose state is on this kind of database.
    pub fn on(kind: Kind) -> Self {
        let portal_key = SigningKey::generate(Algorithm::Es256);
        Self::with(DestinationKeys::generate("kenko".parse().unwrap()), portal_key, kind)
    }

    fn with(keys: DestinationKeys, portal_key: SigningKey, kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        keys.write(&folder.path().join("keys"), now()).unwrap();
        let state = kind.state();
        let office = Self { folder, keys, portal_key, seq: 0, previous: None, state };
        std::fs::write(office.path("residents.csv"), RESIDENTS).unwrap();
        std::fs::write(office.path("portal.jwk.json"), serde_json::to_vec(office.portal_key.jwk()).unwrap()).unwrap();
        office.configure(ISSUER, "");
        office
    }

    /// Another office with the same keys and a state of its own, which reads the same batches.
    pub fn twin(&self) -> Self {
        let keys = DestinationKeys::read(&self.path("keys")).unwrap();
        let portal_key = SigningKey::from_pem(&self.portal_key.to_pem().unwrap()).unwrap();
        Self::with(keys, portal_key, Kind::Sqlite)
    }

    pub fn configure(&self, url: &str, more: &str) {
        let text = format!(
            "portal_url = \"{ISSUER}\"\nhandover_url = \"{url}\"\ndestination = \"kenko\"\nkeys_dir = \"keys\"\n\
            portal_jwk = \"portal.jwk.json\"\nstate = \"{}\"\noutput_dir = \"out\"\nmunicipality = \"112020\"\n{}{more}",
            self.state,
            if more.contains("residents =") { "" } else { "residents = \"residents.csv\"\n" },
        );
        std::fs::write(self.path("import.toml"), text).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn config(&self) -> Config {
        Config::read(&self.path("import.toml")).unwrap()
    }

    pub async fn job(&self) -> Job {
        Job::open(self.config(), now).await.unwrap()
    }

    pub async fn try_job(&self) -> Result<Job, ImportError> {
        Job::open(self.config(), now).await
    }

    pub fn announcement(&self) -> Vec<u8> {
        let key = AnnouncedKey {
            jwk: self.portal_key.jwk().clone(),
            announced_at: FILED,
            active_at: Some(FILED),
            retired_at: None,
        };
        KeyAnnouncement { v: 1, iss: ISSUER.to_owned(), at: now(), keys: vec![key] }.sign(&self.portal_key)
    }

    /// Seals the next batch.
    pub fn batch(&mut self, entries: &[Entry], withdrawn: &[ReceiptNumber]) -> SealedBatch {
        let sealed = self.sealed(self.seq + 1, entries, withdrawn);
        self.seq += 1;
        self.previous = Some(sealed.manifest_sha256.clone());
        sealed
    }

    /// Seals the next batch, in which each entry names all of these papers.
    pub fn batch_with(&mut self, mut entries: Vec<Entry>, papers: &[(&str, Vec<u8>)]) -> SealedBatch {
        let public = self.keys.public();
        let sealed: Vec<_> = papers.iter().map(|(_, plain)| seal_attachment(&public, plain).unwrap()).collect();
        for entry in &mut entries {
            entry.attachments = papers.iter().map(|(media_type, plain)| attachment(media_type, plain)).collect();
        }
        let listed: Vec<ManifestFile> = sealed.iter().map(|(listed, _)| listed.clone()).collect();
        let mut batch = self.sealed_with(self.seq + 1, &entries, &[], &listed);
        for (listed, content) in sealed {
            batch.files.insert(&listed.name, content).unwrap();
        }
        self.seq += 1;
        self.previous = Some(batch.manifest_sha256.clone());
        batch
    }

    /// Seals a batch without counting it.
    pub fn sealed(&self, seq: u64, entries: &[Entry], withdrawn: &[ReceiptNumber]) -> SealedBatch {
        self.sealed_with(seq, entries, withdrawn, &[])
    }

    fn sealed_with(
        &self,
        seq: u64,
        entries: &[Entry],
        withdrawn: &[ReceiptNumber],
        attachments: &[ManifestFile],
    ) -> SealedBatch {
        let form = form();
        let public = self.keys.public();
        let request = SealRequest {
            issuer: ISSUER,
            destination: &public,
            seq,
            previous: self.previous.as_deref(),
            created_at: now(),
            entries,
            forms: &[&form],
            attachments,
            withdrawn,
            audit: AuditHead { size: 1, root: "0".repeat(64) },
            keys_document: &self.announcement(),
        };
        seal(&request, &self.portal_key).unwrap()
    }

    pub fn output(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.path("out").join(name)).ok()
    }

    /// The names of the files that were put out.
    pub fn outputs(&self) -> Vec<String> {
        let Ok(folder) = std::fs::read_dir(self.path("out")) else { return Vec::new() };
        let mut names: Vec<String> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn attachment(media_type: &str, plain: &[u8]) -> Attachment {
    Attachment {
        sha256: sha256_hex(plain),
        bytes: plain.len() as u64,
        media_type: media_type.to_owned(),
        label: "母子健康手帳".to_owned(),
    }
}

pub fn form() -> Form {
    Catalog::shipped().unwrap().newest(&"pregnancy_notification".parse().unwrap()).unwrap().clone()
}

/// A receipt number of its own for each number below a million.
pub fn receipt_number(number: u64) -> ReceiptNumber {
    let mut symbols = [7; 9];
    for (place, symbol) in symbols.iter_mut().take(4).enumerate() {
        *symbol = (number >> (5 * place)) as u8 & 31;
    }
    ReceiptNumber::from_random(symbols)
}

const FILLED: [(&str, &str); 27] = [
    ("filer", "self"),
    ("reason", "new"),
    ("name", "髙﨑 花子"),
    ("name_kana", "たかさき はなこ"),
    ("birthdate-year", "1996"),
    ("birthdate-month", "4"),
    ("birthdate-day", "2"),
    ("postal_code", "360-8601"),
    ("address", "熊谷市宮町二丁目47番地1"),
    ("lives_elsewhere", "same"),
    ("phone", "090-1234-5678"),
    ("language", "ja"),
    ("interpreter", "no"),
    ("due_date-year", "2027"),
    ("due_date-month", "6"),
    ("due_date-day", "30"),
    ("weeks", "8"),
    ("diagnosed", "no"),
    ("multiple", "twins"),
    ("parity", "1"),
    ("pregnancies", "1"),
    ("child_order", "1"),
    ("sti_check", "1"),
    ("tb_check", "9"),
    ("occupation", "1"),
    ("marital_status", "1"),
    ("homecoming", "no"),
];

/// The entry of a notification under this receipt number, filled in as usual but for what is given.
pub fn entry(number: u64, other: &[(&str, &str)]) -> Entry {
    revision(number, 1, other)
}

pub fn revision(number: u64, rev: i64, other: &[(&str, &str)]) -> Entry {
    let mut raw = RawAnswers::default();
    for (input, value) in FILLED.iter().chain(other) {
        raw.set(input, vec![(*value).to_owned()]);
    }
    let complete = journey::complete(&form(), &raw, FILED.date_in_japan()).unwrap();
    build(&form(), &complete, &StaffAnswers::default(), filing(number, rev))
}

/// What is told of a filing beside its answers.
pub fn filing(number: u64, rev: i64) -> Filing {
    let staff = |byte| StaffId::from_random([byte; 16]);
    let seen = SeenAtCounter {
        number: NumberDocument::Later,
        person: PersonDocument::DrivingLicence,
        without_photo: None,
        by: staff(1),
        at: FILED,
    };
    Filing {
        id: receipt_number(number),
        rev,
        channel: Channel::Portal,
        filed_at: FILED,
        answered_at: FILED,
        municipality: "112020".to_owned(),
        email: Some("hanako@example.jp".to_owned()),
        evidence: Evidence {
            method: Method::EmailCode,
            signed_in_at: FILED,
            counter: Some(seen),
            matched: Matched::default(),
            proxy: None,
            comparison: Comparison::default(),
        },
        my_number: None,
        epds: None,
        attachments: Vec::new(),
        review: Review { accepted_by: staff(1), accepted_at: FILED, confirmed_by: staff(2), confirmed_at: FILED },
    }
}

pub fn write_folder(files: &BatchFiles, seq: u64, parent: &Path) -> PathBuf {
    files.write_folder(seq, parent).unwrap();
    parent.join(handover::archive::folder_name(seq))
}
