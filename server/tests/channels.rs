#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「他の経路」 Filings of other channels: into the same queue, each once.

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use intake::{
    answers::RawAnswers,
    case::{CommandKind, Stage},
    form::Compartment,
    ids::{AccountId, ReceiptNumber},
};
use server::{
    clock::Clock,
    config::{Config, Sources},
    flows::{
        decide::{Given, Obstacle, Order, give},
        staff_case,
    },
    portal::Portal,
    store::{audit, case, queue, staff::Staff},
};
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::support::{
    NOW, databases,
    filing::file,
    portal::letter,
    process::settings,
    review::{accept, done, head, oldest_first, seen, two_clerks},
};

const HEADER: &str = "整理番号,申込日時,届出者,届出理由,氏（漢字）,名（漢字）,氏名（カナ）,生年月日,郵便番号,住所,電話番号,分娩予定日,妊娠週数,\
     診断,医師又は助産師の氏名,医療機関名,性病に関する健康診断,結核に関する健康診断,職業,メールアドレス";

/// A row of the prefecture's example; the names are the number's.
fn row(number: u32) -> String {
    format!(
        "{number},2026/11/20 10:15:00,本人,新規,髙橋,花子{number},タカハシ ハナコ,平成7年4月1日,100-0001,\
         窓口市架空町１－２－３,090-1234-5678,令和9年7月1日,8,医師の診断を受けた,医師 一郎,窓口クリニック,受けた,受けた,会社員,x@example.jp"
    )
}

fn csv(rows: &[String]) -> Vec<u8> {
    let text = format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"));
    encoding_rs::SHIFT_JIS.encode(&text).0.into_owned()
}

/// An archive of the example for ぴったりサービス, with one photo.
fn archive(number: &str, name: &str) -> Vec<u8> {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<申請書><受付情報><受付番号>{number}</受付番号>\
         <受付日時>2026-11-21T08:00:00</受付日時></受付情報><申請者><氏名>{name}</氏名><氏名カナ>ﾀｶﾊｼ ﾊﾅｺ</氏名カナ>\
         <生年月日>4070401</生年月日><郵便番号>１０００００１</郵便番号><住所>窓口市架空町1-2-3</住所>\
         <電話番号>09012345678</電話番号><個人番号>000000000000</個人番号></申請者>\
         <妊娠><出産予定日>20270701</出産予定日><妊娠週数>8</妊娠週数><診断>3</診断></妊娠>\
         <署名><証明書シリアル番号>4711</証明書シリアル番号></署名></申請書>"
    );
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (entry, bytes) in [("申請データ.xml", xml.as_bytes()), ("添付/エコー写真.png", &photo())] {
        writer.start_file(entry, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn photo() -> Vec<u8> {
    let mut png = Cursor::new(Vec::new());
    image::RgbImage::from_pixel(8, 8, image::Rgb([10, 20, 30])).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// An installation of a test, in which the program itself is called.
struct Office {
    folder: tempfile::TempDir,
    url: String,
    _database: tempfile::TempDir,
}

async fn offices() -> Vec<Office> {
    let mut all = Vec::new();
    for database in databases().await {
        let folder = tempfile::tempdir().unwrap();
        database.database.close().await;
        all.push(Office { folder, url: database.url, _database: database.folder });
    }
    all
}

impl Office {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        command.env_clear().envs(settings(self.folder.path(), &self.url)).args(["--demo", "intake"]).args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let said = format!("{}{}", String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap());
        (status.code().unwrap(), said)
    }

    fn prefecture(&self, rows: &[String]) -> (i32, String) {
        let file = self.write("rows.csv", &csv(rows));
        self.run(&["prefecture", &file, "--mapping", &mapping("prefecture")])
    }

    fn write(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    async fn portal(&self) -> Portal {
        let environment = settings(self.folder.path(), &self.url);
        let config = Config::load(&Sources { file: None, environment, demo: true }).unwrap();
        Portal::open(config, Clock::fixed(NOW)).await.unwrap()
    }
}

fn mapping(channel: &str) -> String {
    let root: PathBuf = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("doc");
    root.join(format!("channel-{channel}.toml")).display().to_string()
}

/// The cases that nobody has looked at, the oldest first.
async fn arrived(portal: &Portal) -> Vec<case::CaseHead> {
    let filter = oldest_first(&[Compartment::General], &[Stage::Submitted], 1000);
    queue::page(&mut portal.database.read().await.unwrap(), &filter).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn good_rows_go_in_once_and_every_bad_one_is_named_with_line_column_and_remedy() {
    for office in offices().await {
        let bad = row(2).replace("090-1234-5678", "ひみつ").replace("会社員", "ひみつ");
        let report = office.folder.path().join("report.csv").display().to_string();
        let file = office.write("rows.csv", &csv(&[row(1), bad, row(3)]));
        let arguments = ["prefecture", &file, "--mapping", &mapping("prefecture"), "--report", &report];
        let (code, said) = office.run(&arguments);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("line 3: 職業: (occupation) a text without a counterpart"), "{said}");
        assert!(said.contains("line 3: 電話番号: (phone) "), "{said}");
        assert!(said.contains("taken in: 2; there before: 0; bad: 1; all: 3"), "{said}");
        let report = fs::read_to_string(&report).unwrap();
        for hidden in ["ひみつ", "花子", "090-", "example.jp"] {
            assert!(!said.contains(hidden) && !report.contains(hidden), "{hidden}");
        }
        assert_eq!(report.lines().count(), 5, "{report}");

        let (code, said) = office.prefecture(&[row(1), row(2), row(3)]);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("taken in: 1; there before: 2; bad: 0; all: 3"), "{said}");
        let changed = row(1).replace("架空町", "別町");
        let (code, said) = office.prefecture(&[changed]);
        assert!(code == 1 && said.contains("this number was taken in before with another content"), "{said}");

        let portal = office.portal().await;
        let cases = arrived(&portal).await;
        assert_eq!(cases.len(), 3);
        assert!(cases.iter().all(|head| head.channel == "prefecture" && head.account_id.is_none()));
        assert_eq!(cases[0].filed_at.rfc3339_in_japan(), "2026-11-20T10:15:00+09:00");
        portal.database.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_keeps_nothing_and_bad_use_ends_with_two() {
    for office in offices().await {
        let file = office.write("rows.csv", &csv(&[row(1)]));
        let (code, said) = office.run(&["prefecture", &file, "--mapping", &mapping("prefecture"), "--dry-run"]);
        assert!(code == 0 && said.contains("good, nothing kept: 1;"), "{said}");
        let portal = office.portal().await;
        assert!(arrived(&portal).await.is_empty());
        portal.database.close().await;
        assert_eq!(office.run(&["prefecture", &file]).0, 2);
        let (code, said) = office.run(&["pittari", &file, "--mapping", &mapping("prefecture")]);
        assert!(code == 1 && said.contains("[archive]"), "{said}");
        let unknown = String::from_utf8_lossy(HEADER.as_bytes()).replace("メールアドレス", "個人番号") + "\n";
        let file = office.write("unknown.csv", &encoding_rs::SHIFT_JIS.encode(&unknown).0);
        let (code, said) = office.run(&["prefecture", &file, "--mapping", &mapping("prefecture")]);
        assert!(code == 1 && said.contains("line 1: 個人番号: a place that the mapping file does not name"), "{said}");
    }
}

async fn order(portal: &Portal, staff: &Staff, number: &ReceiptNumber, order: Order) -> Given {
    let version = head(portal, number).await.version;
    give(portal, staff, number, version, &order, &|_, _: &str| letter("")).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_becomes_a_case_that_staff_complete_and_accept() {
    for office in offices().await {
        office.write("in/1.zip", &archive("A-1", "髙橋\u{e0101}　花子"));
        office.write("in/2.zip", b"PK no archive");
        let folder = office.folder.path().join("in").display().to_string();
        let (code, said) = office.run(&["pittari", &folder, "--mapping", &mapping("pittari")]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("2.zip: not a ZIP archive") && said.contains("taken in: 1; "), "{said}");

        let portal = office.portal().await;
        let staff = two_clerks(&portal).await;
        let clerk = &staff[0];
        let number = arrived(&portal).await.remove(0).receipt_number;
        done(&portal, clerk, &number, Order::Claim).await;
        let view = staff_case::view(&portal, clerk, &number).await.unwrap();
        assert_eq!(view.papers.len(), 1);
        assert!(view.case.office.evidence.is_none(), "nobody answers for the signature");
        assert_eq!(view.case.office.origin.as_ref().unwrap().number, "A-1");
        assert_eq!(view.complete.answers().text(&"name".parse().unwrap()), Some("髙橋\u{e0101}　花子"));
        assert!(view.unanswered.contains(&"parity".parse().unwrap()));
        assert!(!view.offers.iter().any(|offer| offer.kind == CommandKind::SendBack));
        let offer = view.offers.iter().find(|offer| offer.kind == CommandKind::Accept).unwrap();
        assert_eq!(offer.obstacle, Some(Obstacle::NoEvidence));

        done(&portal, clerk, &number, seen()).await;
        assert_eq!(order(&portal, clerk, &number, Order::Accept).await, Given::Refused(Obstacle::Unanswered));
        let mut wrong = RawAnswers::default();
        wrong.set("pregnancies", vec!["99".to_owned()]);
        let given = order(&portal, clerk, &number, Order::Complete(wrong)).await;
        assert!(matches!(given, Given::Refused(Obstacle::Answers(errors)) if errors.len() == 1));
        let asked = [
            ("lives_elsewhere", "same"),
            ("language", "ja"),
            ("interpreter", "no"),
            ("multiple", "single"),
            ("parity", "1"),
            ("pregnancies", "1"),
            ("child_order", "1"),
            ("sti_check", "1"),
            ("tb_check", "1"),
            ("occupation", "1"),
            ("marital_status", "1"),
        ];
        let mut typed = RawAnswers::default();
        asked.iter().for_each(|(field, code)| typed.set(field, vec![(*code).to_owned()]));
        // Another field of hers is not touched by it.
        typed.set("name", vec!["別人".to_owned()]);
        done(&portal, clerk, &number, Order::Complete(typed.clone())).await;
        assert_eq!(order(&portal, clerk, &number, Order::Accept).await, Given::Refused(Obstacle::Unanswered));
        typed.set("homecoming", vec!["no".to_owned()]);
        done(&portal, clerk, &number, Order::Complete(typed)).await;
        let view = staff_case::view(&portal, clerk, &number).await.unwrap();
        assert_eq!(view.complete.answers().text(&"name".parse().unwrap()), Some("髙橋\u{e0101}　花子"));
        assert!(view.unanswered.is_empty());
        accept(&portal, &staff, &number).await;
        audit::verify(&mut portal.database.read().await.unwrap()).await.unwrap();
        portal.database.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_carries_an_acceptance_only_where_somebody_of_the_city_answers_for_it() {
    for office in offices().await {
        let text = fs::read_to_string(mapping("pittari")).unwrap();
        let text = text.replace("[signature]\n", "[signature]\nanswered_for_by = \"健康づくり課長\"\n");
        let mapping = office.write("mapping.toml", text.as_bytes());
        let file = office.write("1.zip", &archive("A-1", "髙橋　花子"));
        assert_eq!(office.run(&["pittari", &file, "--mapping", &mapping]).0, 0);
        let portal = office.portal().await;
        let head = arrived(&portal).await.remove(0);
        assert_eq!(head.identity, intake::identity::Level::VerifiedSigned);
        portal.database.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_person_is_pointed_out_on_both_cases_and_nothing_is_refused() {
    for office in offices().await {
        let portal = office.portal().await;
        let (_, by_portal): (AccountId, _) = file(&portal, 1).await;
        let [clerk, _] = two_clerks(&portal).await;
        // The name of the portal's filing in another width, with another kind of space.
        let file = office.write("1.zip", &archive("A-1", "髙橋　花子"));
        assert_eq!(office.run(&["pittari", &file, "--mapping", &mapping("pittari")]).0, 0);
        let other = arrived(&portal).await.into_iter().find(|head| head.channel == "pittari").unwrap();
        for (one, another) in [(&by_portal, &other.receipt_number), (&other.receipt_number, &by_portal)] {
            let view = staff_case::view(&portal, &clerk, one).await.unwrap();
            let found: Vec<&ReceiptNumber> = view.same_person.iter().map(|pair| &pair.other.receipt_number).collect();
            assert_eq!(found, [another]);
        }
        portal.database.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_and_run_again_nothing_is_there_twice_and_nothing_is_missing() {
    const ROWS: u32 = 60;
    for office in offices().await {
        let rows: Vec<String> = (1..=ROWS).map(row).collect();
        let file = office.write("rows.csv", &csv(&rows));
        let arguments = ["prefecture", &file, "--mapping", &mapping("prefecture")];
        for _ in 0..6 {
            // Two at once, as on two servers, killed in the middle.
            let mut both = [office.command(&arguments).spawn().unwrap(), office.command(&arguments).spawn().unwrap()];
            std::thread::sleep(Duration::from_millis(rand::random_range(50..700)));
            for child in &mut both {
                let _ = child.kill();
                child.wait().unwrap();
            }
        }
        let (code, said) = office.run(&arguments);
        assert_eq!(code, 0, "{said}");
        let portal = office.portal().await;
        assert_eq!(arrived(&portal).await.len(), usize::try_from(ROWS).unwrap());
        audit::verify(&mut portal.database.read().await.unwrap()).await.unwrap();
        portal.database.close().await;
    }
}
