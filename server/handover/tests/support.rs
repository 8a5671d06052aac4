//! A portal and a destination to test with: keys, entries, batches.

use handover::{
    Algorithm, AnnouncedKey, AuditHead, BatchFiles, Chain, DestinationKeys, Error, KeyAnnouncement, OpenedBatch,
    Reader, SealRequest, SealedBatch, SigningKey, Trust, manifest, open, seal, seal_attachment,
};
use intake::{
    answers::RawAnswers,
    card::Matched,
    catalog::Catalog,
    export::{self, Attachment, Channel, Entry, Filing, Review},
    form::Form,
    identity::{Comparison, Evidence, Method, NumberDocument, PersonDocument, SeenAtCounter},
    ids::{ReceiptNumber, StaffId},
    journey,
    staff_items::parse_staff_items,
    time::Instant,
};

/// 2026-11-23 18:00 in Japan.
pub const NOW: Instant = Instant(1_795_424_400_000_000);
/// The portal's public URL.
pub const PORTAL: &str = "https://portal.example";

pub fn form() -> Form {
    Catalog::shipped().unwrap().newest(&"pregnancy_notification".parse().unwrap()).unwrap().clone()
}

const TYPED: &[(&str, &str)] = &[
    ("filer", "self"),
    ("reason", "new"),
    ("name_kana", "マドグチ ハナコ"),
    ("birthdate-year", "1996"),
    ("birthdate-month", "4"),
    ("birthdate-day", "2"),
    ("postal_code", "3608601"),
    ("address", "熊谷市宮町２−４７−１"),
    ("lives_elsewhere", "same"),
    ("phone", "09012345678"),
    ("language", "ja"),
    ("interpreter", "no"),
    ("due_date-year", "2027"),
    ("due_date-month", "6"),
    ("due_date-day", "30"),
    ("diagnosed", "no"),
    ("multiple", "single"),
    ("parity", "1"),
    ("pregnancies", "1"),
    ("child_order", "1"),
    ("sti_check", "1"),
    ("tb_check", "1"),
    ("occupation", "1"),
    ("marital_status", "1"),
    ("homecoming", "no"),
];

/// An entry of a parent with this name.
pub fn entry(number: u8, rev: i64, name: &str) -> Entry {
    let mut raw = RawAnswers::default();
    for (input, value) in TYPED {
        raw.set(input, vec![(*value).to_owned()]);
    }
    raw.set("name", vec![name.to_owned()]);
    let (form, day) = (form(), NOW.date_in_japan());
    let complete = journey::complete(&form, &raw, day).unwrap();
    let staff = parse_staff_items(&form, &RawAnswers::default(), day).unwrap();
    let person = |number: u8| StaffId::from_random([number; 16]);
    let seen = SeenAtCounter {
        number: NumberDocument::MyNumberCard,
        person: PersonDocument::MyNumberCard,
        without_photo: None,
        by: person(1),
        at: NOW,
    };
    let filing = Filing {
        id: ReceiptNumber::from_random([number; 9]),
        rev,
        channel: Channel::Portal,
        filed_at: NOW,
        answered_at: NOW,
        municipality: "112020".to_owned(),
        email: Some("hanako@mail.example".to_owned()),
        evidence: Evidence {
            method: Method::EmailCode,
            signed_in_at: NOW,
            counter: Some(seen),
            matched: Matched::default(),
            proxy: None,
            comparison: Comparison::default(),
        },
        my_number: None,
        epds: None,
        attachments: Vec::new(),
        review: Review { accepted_by: person(1), accepted_at: NOW, confirmed_by: person(2), confirmed_at: NOW },
    };
    export::build(&form, &complete, &staff, filing)
}

/// The two sides of a hand-over.
pub struct Sides {
    pub portal: SigningKey,
    pub keys: DestinationKeys,
    pub trust: Trust,
    pub chain: Chain,
}

impl Sides {
    pub fn new() -> Self {
        Self::with(Algorithm::Es256)
    }

    pub fn with(algorithm: Algorithm) -> Self {
        let portal = SigningKey::generate(algorithm);
        let trust = Trust::of(portal.jwk().clone(), NOW).unwrap();
        let keys = DestinationKeys::generate("kenko".parse().unwrap());
        Self { portal, keys, trust, chain: Chain::default() }
    }

    pub fn announcement(&self) -> KeyAnnouncement {
        let key = announced(&self.portal, Some(Instant(0)), None);
        KeyAnnouncement { v: 1, iss: PORTAL.to_owned(), at: NOW, keys: vec![key] }
    }

    pub fn reader(&self) -> Reader<'_> {
        Reader { issuer: PORTAL, audience: "kenko", trust: &self.trust, chain: &self.chain, keys: &self.keys }
    }

    pub fn seal(&self, seq: u64, previous: Option<&str>, entries: &[Entry]) -> SealedBatch {
        self.try_seal(seq, previous, entries, &[]).unwrap()
    }

    pub fn try_seal(
        &self,
        seq: u64,
        previous: Option<&str>,
        entries: &[Entry],
        attachments: &[Vec<u8>],
    ) -> Result<SealedBatch, Error> {
        let public = self.keys.public();
        let papers: Vec<_> = attachments.iter().map(|plain| seal_attachment(&public, plain).unwrap()).collect();
        let listed: Vec<_> = papers.iter().map(|(listed, _)| listed.clone()).collect();
        let request = SealRequest {
            issuer: PORTAL,
            destination: &public,
            seq,
            previous,
            created_at: NOW,
            entries,
            forms: &[&form()],
            attachments: &listed,
            withdrawn: &[ReceiptNumber::from_random([9; 9])],
            audit: AuditHead { size: 3, root: "0".repeat(64) },
            keys_document: &self.announcement().sign(&self.portal),
        };
        let mut batch = seal(&request, &self.portal)?;
        for (listed, content) in papers {
            batch.files.insert(&listed.name, content)?;
        }
        Ok(batch)
    }

    /// A batch of two entries, one with an attachment.
    pub fn batch(&self) -> SealedBatch {
        let picture = b"a small picture".to_vec();
        let mut first = entry(1, 1, "𠮷田 さくら");
        first.attachments.push(Attachment {
            sha256: handover::sha256_hex(&picture),
            bytes: picture.len() as u64,
            media_type: "image/jpeg".to_owned(),
            label: "母子健康手帳".to_owned(),
        });
        self.try_seal(1, None, &[first, entry(2, 1, "葛󠄁城 凜")], &[picture]).unwrap()
    }

    pub fn open(&self, files: &BatchFiles) -> Result<OpenedBatch, Error> {
        open(files, &self.reader())
    }

    /// The manifest with a change, signed again by the portal's own key, among the same files.
    pub fn resigned(&self, batch: &SealedBatch, change: impl FnOnce(&mut serde_json::Value)) -> BatchFiles {
        let mut payload = serde_json::to_value(&batch.manifest).unwrap();
        change(&mut payload);
        let document = self.portal.sign(manifest::BATCH_TYPE, &serde_json::to_vec(&payload).unwrap());
        exchanged(&batch.files, manifest::MANIFEST_FILE, Some(document))
    }
}

/// A key with its times.
pub fn announced(key: &SigningKey, active_at: Option<Instant>, retired_at: Option<Instant>) -> AnnouncedKey {
    AnnouncedKey { jwk: key.jwk().clone(), announced_at: NOW, active_at, retired_at }
}

/// The files with one exchanged, or taken away.
pub fn exchanged(files: &BatchFiles, name: &str, content: Option<Vec<u8>>) -> BatchFiles {
    let mut others = BatchFiles::default();
    for (other, bytes) in files.iter().filter(|(other, _)| *other != name) {
        others.insert(other, bytes.to_vec()).unwrap();
    }
    if let Some(content) = content {
        others.insert(name, content).unwrap();
    }
    others
}

/// The short name of the refusal.
pub fn refusal<T>(result: Result<T, Error>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "nothing was refused")
}
