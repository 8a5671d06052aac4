//! 「手引きの見本」 The sample of the vendors' kit (`server/handover/kit/sample`). Invariant: what it says of itself is what this
//! version makes and reads. `MADOGUCHI_WRITE_KIT=1` writes batches and expectations anew, with the keys that are there.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use handover::{
    Algorithm, AnnouncedKey, AuditHead, BatchFiles, DestinationKeys, KeyAnnouncement, OpenedBatch, Receipt,
    SealRequest, SealedBatch, SigningKey, archive::folder_name, seal, seal_attachment, sha256_hex,
};
use importer::{
    config::Config,
    job::{Job, Step},
};
use intake::{
    catalog::Catalog,
    epds,
    export::{Attachment, Entry, build},
    form::Form,
    ids::ReceiptNumber,
    journey, made_up,
    staff_items::StaffAnswers,
    time::{DAY, Instant},
};

use crate::support::{FILED, ISSUER, filing, receipt_number, revision};

const PAPER: &[u8] = include_bytes!("../../src/demo/sample-paper.pdf");
const CONFIGURATIONS: [&str; 2] = ["utf-8-bom", "windows-31j"];

fn sample() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../handover/kit/sample")
}

/// 2026-11-26T18:00:00+09:00, when the sample is imported.
fn imported_at() -> Instant {
    FILED.plus(3 * DAY)
}

fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |file: &fs::DirEntry| file.file_name().into_string().unwrap();
    let files = fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|file| file.file_type().unwrap().is_file());
    files.map(|file| (name(&file), fs::read(file.path()).unwrap())).collect()
}

const PARTS: [&str; 4] = ["", "keys", "batch-000001", "batch-000002"];

/// A copy of parts of the sample to work in, readable by nobody else, as `madoguchi handover kit` writes the keys.
fn copy(parts: &[&str]) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for part in parts {
        fs::create_dir_all(copy.path().join(part)).unwrap();
        for (name, content) in files_of(&sample().join(part)) {
            let path = copy.path().join(part).join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    copy
}

type Typed<'a> = &'a [(&'a str, &'a str)];

const HANAKO: Typed<'_> = &[
    ("name", "窓口 花子"),
    ("name_kana", "マドグチ ハナコ"),
    ("birthdate-year", "1995"),
    ("birthdate-month", "4"),
    ("birthdate-day", "1"),
    ("postal_code", "000-0001"),
    ("address", "窓口市架空町1-2-3"),
    ("phone", "000-0000-0001"),
    ("multiple", "single"),
];
const WITH_A_SELECTOR: Typed<'_> = &[
    ("name", "葛\u{e0100}城 𠮷乃"),
    ("name_kana", "カツラギ ヨシノ"),
    ("birthdate-day", "2"),
    ("postal_code", "000-0001"),
    ("address", "窓口市架空町2-1"),
    ("phone", "000-0000-0002"),
];
const BEYOND_THE_BMP: Typed<'_> = &[
    ("name", "𠮷野 さくら"),
    ("name_kana", "ヨシノ サクラ"),
    ("birthdate-year", "1997"),
    ("birthdate-month", "5"),
    ("birthdate-day", "3"),
    ("postal_code", "000-0001"),
    ("address", "窓口市架空町3-1"),
    ("phone", "000-0000-0003"),
];
const REIKO: Typed<'_> = &[
    ("name", "髙﨑 例子"),
    ("name_kana", "タカサキ レイコ"),
    ("birthdate-year", "1994"),
    ("birthdate-month", "6"),
    ("birthdate-day", "4"),
    ("postal_code", "000-0001"),
    ("address", "窓口市架空町4-1"),
    ("phone", "000-0000-0004"),
];
const NO_RESIDENT: Typed<'_> = &[
    ("name", "住登外 見本"),
    ("name_kana", "ジュウトウガイ ミホン"),
    ("postal_code", "000-0001"),
    ("address", "窓口市架空町9-9"),
    ("phone", "000-0000-0009"),
];

fn forms() -> Vec<Form> {
    let catalog = Catalog::shipped().unwrap();
    let newest = |id: &str| catalog.newest(&id.parse().unwrap()).unwrap().clone();
    ["pregnancy_notification", "questionnaire", "epds"].map(newest).into()
}

/// An entry of a form that follows a notification: made-up answers, but for what is given.
fn follows(form: &Form, number: u64, other: &[Typed<'_>]) -> Entry {
    let mut throws = 0_usize;
    let mut dice = |below: usize| {
        throws += 5;
        throws % below
    };
    let day = FILED.date_in_japan();
    let mut raw = made_up::valid(form, day, &["見本"], &mut dice);
    for (input, value) in other.iter().copied().flatten() {
        raw.set(input, vec![(*value).to_owned()]);
    }
    let complete = journey::complete(form, &raw, day).unwrap();
    let mut filing = filing(number, 1);
    filing.epds = epds::for_entry(form, complete.answers(), "demonstration");
    build(form, &complete, &StaffAnswers::default(), filing)
}

/// The sample's municipality, and no mail address that anybody has.
fn ours(mut entry: Entry) -> Entry {
    entry.municipality = "999997".to_owned();
    entry.person.email = Some("hanako@mail.example".to_owned());
    entry
}

/// The entries of both batches, without the sealed number.
fn entries() -> [Vec<Entry>; 2] {
    let forms = forms();
    let mut first = revision(1, 1, HANAKO);
    first.attachments.push(Attachment {
        sha256: sha256_hex(PAPER),
        bytes: PAPER.len() as u64,
        media_type: "application/pdf".to_owned(),
        label: "出産予定日のわかるもの".to_owned(),
    });
    let score: Vec<(String, &str)> = (1..=10).map(|item| (format!("item{item}"), "2")).collect();
    let score: Vec<(&str, &str)> = score.iter().map(|(item, option)| (item.as_str(), *option)).collect();
    let born: Typed<'_> = &[
        ("filer", "self"),
        ("occasion", "one_month"),
        ("child_born_on-year", "2026"),
        ("child_born_on-month", "10"),
        ("child_born_on-day", "20"),
    ];
    let corrected: Vec<(&str, &str)> = [HANAKO, &[("due_date-day", "23"), ("weeks", "9")]].concat();
    let all = [
        vec![
            first,
            revision(2, 1, WITH_A_SELECTOR),
            revision(3, 1, BEYOND_THE_BMP),
            revision(4, 1, NO_RESIDENT),
            follows(&forms[1], 5, &[HANAKO, &[("filer", "self")]]),
            follows(&forms[2], 6, &[REIKO, born, &score]),
        ],
        vec![revision(1, 2, &corrected)],
    ];
    all.map(|entries| entries.into_iter().map(ours).collect())
}

/// 「取下げ」 What the second batch recalls: one that was taken in, and one that waits.
fn withdrawn() -> [ReceiptNumber; 2] {
    [receipt_number(3), receipt_number(4)]
}

struct Keys {
    portal: SigningKey,
    office: DestinationKeys,
}

/// The keys of the sample; new ones if there are none.
fn keys() -> Keys {
    let folder = sample().join("keys");
    if !folder.join("public.json").exists() {
        DestinationKeys::generate("test-kenko".parse().unwrap()).write(&folder, FILED).unwrap();
        let portal = SigningKey::generate(Algorithm::Es256);
        fs::write(folder.join("portal-signing.pem"), portal.to_pem().unwrap().as_bytes()).unwrap();
        fs::write(folder.join("portal.jwk.json"), serde_json::to_vec_pretty(portal.jwk()).unwrap()).unwrap();
    }
    let copy = copy(&["keys"]);
    let office = DestinationKeys::read(&copy.path().join("keys")).unwrap();
    let portal = SigningKey::from_pem(&fs::read_to_string(folder.join("portal-signing.pem")).unwrap()).unwrap();
    Keys { portal, office }
}

impl Keys {
    fn sealed(&self, seq: u64, previous: Option<&str>, entries: &[Entry], withdrawn: &[ReceiptNumber]) -> SealedBatch {
        let created_at = FILED.plus(i64::try_from(seq).unwrap() * DAY);
        let key = AnnouncedKey {
            jwk: self.portal.jwk().clone(),
            announced_at: FILED,
            active_at: Some(FILED),
            retired_at: None,
        };
        let announcement = KeyAnnouncement { v: 1, iss: ISSUER.to_owned(), at: created_at, keys: vec![key] };
        let (forms, public) = (forms(), self.office.public());
        let (listed, paper) = seal_attachment(&public, PAPER).unwrap();
        let request = SealRequest {
            issuer: ISSUER,
            destination: &public,
            seq,
            previous,
            created_at,
            entries,
            forms: &forms.iter().collect::<Vec<_>>(),
            attachments: std::slice::from_ref(&listed),
            withdrawn,
            audit: AuditHead { size: seq, root: sha256_hex(seq.to_string().as_bytes()) },
            keys_document: &announcement.sign(&self.portal),
        };
        let mut batch = seal(&request, &self.portal).unwrap();
        if entries.iter().any(|entry| !entry.attachments.is_empty()) {
            batch.files.insert(&listed.name, paper).unwrap();
        }
        batch
    }
}

/// Imports both batches, and gives what is put out and what the receipts say.
async fn imported(folder: &Path, configuration: &str) -> BTreeMap<String, Vec<u8>> {
    let config = Config::read(&folder.join(format!("import-{configuration}.toml"))).unwrap();
    let out = config.output_dir.clone();
    let job = Job::open(config, imported_at).await.unwrap();
    for seq in [1, 2] {
        let files = BatchFiles::read(&folder.join(folder_name(seq))).unwrap();
        job.file(&files, Step::Signed).await.unwrap();
    }
    let mut all = files_of(&out);
    let mut counts = BTreeMap::new();
    for stored in job.state().waiting_receipts().await.unwrap() {
        let mut receipt: Receipt =
            serde_json::from_slice(&handover::jws::unverified_payload(&stored.document).unwrap()).unwrap();
        let count = counts.entry(receipt.seq).and_modify(|count| *count += 1).or_insert(1);
        let name = format!("receipt-{:06}-{count}", receipt.seq);
        // Its own name is random.
        receipt.jti.clone_from(&name);
        all.insert(format!("{name}.json"), (serde_json::to_string_pretty(&receipt).unwrap() + "\n").into_bytes());
    }
    all
}

async fn write_anew() {
    let keys = keys();
    let [mut first, second] = entries();
    first[0].my_number = Some(age::encrypt_and_armor(&keys.office.number.to_public(), b"123456789018").unwrap());
    let one = keys.sealed(1, None, &first, &[]);
    let two = keys.sealed(2, Some(&one.manifest_sha256), &second, &withdrawn());
    for (seq, batch) in [(1, one), (2, two)] {
        let folder = sample().join(folder_name(seq));
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        batch.files.write_folder(seq, &sample()).unwrap();
    }
    for configuration in CONFIGURATIONS {
        let folder = sample().join("expected").join(configuration);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        for (name, content) in imported(copy(&PARTS).path(), configuration).await {
            fs::write(folder.join(name), content).unwrap();
        }
    }
}

fn opened() -> Vec<OpenedBatch> {
    let keys = keys();
    let trust = handover::Trust::of(keys.portal.jwk().clone(), FILED).unwrap();
    let mut chain = handover::Chain::default();
    let mut opened = Vec::new();
    for seq in [1, 2] {
        let files = BatchFiles::read(&sample().join(folder_name(seq))).unwrap();
        let reader = handover::Reader {
            issuer: ISSUER,
            audience: "test-kenko",
            trust: &trust,
            chain: &chain,
            keys: &keys.office,
        };
        let batch = handover::open(&files, &reader).unwrap();
        chain.push(seq, &batch.manifest_sha256, batch.manifest.created_at);
        opened.push(batch);
    }
    opened
}

#[tokio::test]
async fn the_kits_sample_opens_with_its_keys_and_holds_what_this_version_makes() {
    if std::env::var("MADOGUCHI_WRITE_KIT").is_ok_and(|set| !set.is_empty()) {
        write_anew().await;
    }
    let [first, second] = opened().try_into().ok().unwrap();
    let number = first.entries[0].entry.my_number.as_deref().unwrap();
    assert_eq!(keys().office.open_number(number).unwrap().as_slice(), b"123456789018");
    assert_eq!(second.manifest.withdrawn, withdrawn());
    for (batch, made) in [first, second].iter().zip(entries()) {
        let held: Vec<Entry> = batch.entries.iter().map(|one| Entry { my_number: None, ..one.entry.clone() }).collect();
        assert!(held == made, "batch {} is out of date", batch.manifest.seq);
    }
}

#[tokio::test]
async fn the_kits_sample_is_taken_in_byte_for_byte_as_the_kit_expects() {
    for configuration in CONFIGURATIONS {
        let made = imported(copy(&PARTS).path(), configuration).await;
        let expected = files_of(&sample().join("expected").join(configuration));
        assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{configuration}");
        for (name, content) in made {
            assert!(expected[&name] == content, "{configuration}/{name} is another");
        }
    }
}
