//! A portal of a test's own, on each database, with a clock that stands still.

use std::{
    collections::BTreeMap, fs::OpenOptions, io::Write, net::SocketAddr, os::unix::fs::OpenOptionsExt, path::PathBuf,
};

use intake::ids::{FormId, PageId};
use server::{
    clock::Clock,
    config::{Config, MyNumber, Sources},
    portal::Portal,
    store::outbox::{self, MailPayload},
};
use tempfile::TempDir;

use super::{NOW, TestDatabase, databases};

/// A portal that goes with the test.
pub struct TestPortal {
    pub portal: Portal,
    /// They go when the test does.
    pub folders: (TempDir, TempDir),
}

/// Which settings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Demo,
    /// A demo whose 個人番号 is sealed in the browser, whether or not this build has the part that does it.
    Sealed,
    /// A demo that has nothing to do with 個人番号.
    WithoutNumber,
    /// Behind TLS, without anything of the demo.
    Production,
}

const CITY: [(&str, &str); 8] = [
    ("MADOGUCHI_PUBLIC_URL", "https://madoguchi.example.jp"),
    ("MADOGUCHI_ONE_ADDRESS", "true"),
    ("MADOGUCHI_SMTP_URL", "smtp://127.0.0.1:25"),
    ("MADOGUCHI_MAIL_FROM", "counter@example.jp"),
    ("MADOGUCHI_MUNICIPALITY_CODE", "999997"),
    ("MADOGUCHI_MUNICIPALITY_NAME", "窓口市"),
    ("MADOGUCHI_MUNICIPALITY_PHONE", "000-000-0000"),
    ("MADOGUCHI_CLAMD", "off"),
];

/// A portal over a database, which is to listen there.
pub async fn open(database: TestDatabase, kind: Kind, listen: SocketAddr) -> TestPortal {
    open_with(database, kind, listen, |_, _| ()).await.0
}

/// The same with settings of its own.
pub async fn open_with<T>(
    database: TestDatabase,
    kind: Kind,
    listen: SocketAddr,
    set: impl FnOnce(&mut Config, Clock) -> T,
) -> (TestPortal, T) {
    let folder = tempfile::tempdir().unwrap();
    let data: PathBuf = folder.path().join("data");
    let mut environment = BTreeMap::from([
        ("MADOGUCHI_DATABASE_URL".to_owned(), database.url.clone()),
        ("MADOGUCHI_DATA_DIR".to_owned(), data.display().to_string()),
        ("MADOGUCHI_LISTEN".to_owned(), listen.to_string()),
        // The demo's own default depends on what was built.
        ("MADOGUCHI_MY_NUMBER".to_owned(), "counter".to_owned()),
    ]);
    if kind == Kind::Production {
        let key = folder.path().join("master.key");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&key).unwrap();
        file.write_all(&rand::random::<[u8; 32]>()).unwrap();
        environment.insert("MADOGUCHI_MASTER_KEY_FILE".to_owned(), key.display().to_string());
        environment.extend(CITY.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    let demo = kind != Kind::Production;
    let mut config = Config::load(&Sources { file: None, environment, demo }).unwrap();
    match kind {
        Kind::Sealed => config.my_number = MyNumber::Sealed,
        Kind::WithoutNumber => config.my_number = MyNumber::Off,
        Kind::Demo | Kind::Production => {}
    }
    let clock = Clock::fixed(NOW);
    let made = set(&mut config, clock.clone());
    let portal = Portal::open(config, clock).await.unwrap();
    (TestPortal { portal, folders: (database.folder, folder) }, made)
}

/// A portal on a fresh database of each kind.
pub async fn portals() -> Vec<TestPortal> {
    let mut all = Vec::new();
    for database in databases().await {
        all.push(portal_on(database, 8080).await);
    }
    all
}

/// A portal on a fresh database of each kind, that asks for sealed numbers.
pub async fn sealed_portals() -> Vec<TestPortal> {
    let mut all = Vec::new();
    for database in databases().await {
        all.push(open(database, Kind::Sealed, SocketAddr::from(([127, 0, 0, 1], 8080))).await);
    }
    all
}

/// A portal that is reached on this port.
pub async fn portal_on(database: TestDatabase, port: u16) -> TestPortal {
    open(database, Kind::Demo, SocketAddr::from(([127, 0, 0, 1], port))).await
}

/// 妊娠届
pub fn notification() -> FormId {
    "pregnancy_notification".parse().unwrap()
}

/// A whole 妊娠届, page by page, as a browser sends it on the day of the tests.
pub fn filled_in() -> Vec<(PageId, Vec<(String, String)>)> {
    let pages: &[(&str, &[(&str, &str)])] = &[
        ("who", &[("filer", "self")]),
        ("reason", &[("reason", "new")]),
        ("name", &[("name", "髙橋 花子"), ("name_kana", "タカハシ ハナコ")]),
        ("birthdate", &[("birthdate-year", "1995"), ("birthdate-month", "4"), ("birthdate-day", "1")]),
        ("address", &[("postal_code", "100-0001"), ("address", "窓口市𠮷田町1-2-3"), ("lives_elsewhere", "same")]),
        ("contact", &[("phone", "090-1234-5678"), ("phone_hours", "morning"), ("phone_hours", "evening")]),
        ("language", &[("language", "ja"), ("interpreter", "no")]),
        ("due_date", &[("due_date-year", "2027"), ("due_date-month", "7"), ("due_date-day", "1"), ("weeks", "8")]),
        ("diagnosis", &[("diagnosed", "doctor"), ("practitioner", "医師 一郎"), ("clinic", "窓口クリニック")]),
        ("multiple", &[("multiple", "single")]),
        ("history", &[("parity", "1"), ("pregnancies", "1"), ("child_order", "1")]),
        ("checkups", &[("sti_check", "1"), ("tb_check", "1")]),
        ("life", &[("occupation", "1"), ("marital_status", "1")]),
        ("homecoming", &[("homecoming", "no")]),
    ];
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pages.iter().map(|(page, inputs)| (page.parse().unwrap(), inputs.iter().map(owned).collect())).collect()
}

/// EPDS
pub fn epds() -> FormId {
    "epds".parse().unwrap()
}

/// A whole EPDS, page by page; the options of the ten items by their place, 0 for none.
pub fn answered_epds(positions: [u8; 10]) -> Vec<(PageId, Vec<(String, String)>)> {
    let before: &[(&str, &[(&str, &str)])] = &[
        ("who", &[("filer", "self"), ("alone", "yes")]),
        ("consent", &[("consent", "yes")]),
        (
            "occasion",
            &[
                ("occasion", "one_month"),
                ("child_born_on-year", "2026"),
                ("child_born_on-month", "10"),
                ("child_born_on-day", "20"),
            ],
        ),
        ("clinics", &[("one_month_birth_clinic", "窓口クリニック")]),
        (
            "person",
            &[
                ("name", "髙橋 花子"),
                ("name_kana", "タカハシ ハナコ"),
                ("birthdate-year", "1995"),
                ("birthdate-month", "4"),
                ("birthdate-day", "1"),
                ("postal_code", "100-0001"),
                ("address", "窓口市𠮷田町1-2-3"),
                ("phone", "090-1234-5678"),
            ],
        ),
    ];
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let before = before.iter().map(|(page, typed)| (page.parse().unwrap(), typed.iter().map(owned).collect()));
    let items = (1..).zip(positions).map(|(item, position)| {
        let chosen = (position != 0).then(|| (format!("item{item}"), position.to_string()));
        (format!("question{item}").parse().unwrap(), chosen.into_iter().collect())
    });
    before.chain(items).collect()
}

/// A letter that says its text.
pub fn letter(text: &str) -> MailPayload {
    MailPayload { subject: "お知らせ".to_owned(), body: text.to_owned() }
}

/// How many mails were written.
pub async fn mails(portal: &Portal) -> usize {
    outbox::list_for_demo(&mut portal.database.read().await.unwrap(), 1000).await.unwrap().len()
}

/// The newest mail: address and body.
pub async fn newest_mail(portal: &Portal) -> Option<(String, String)> {
    let mut tx = portal.database.read().await.unwrap();
    let mails = outbox::list_for_demo(&mut tx, 1).await.unwrap();
    let (to, payload) = mails.first()?.open(&portal.seal).unwrap();
    Some((to, payload.body))
}
