#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「EPDS」 in the flows and in the program: who may know of a case, how long a draft lives, and what an installation needs.

use std::{fs, process::Command};

use handover::{DestinationKeys, Reader, Trust, open};
use intake::{
    access::Roles,
    case::{CorrectionRequest, Stage},
    epds::DEMONSTRATION,
    export::recheck,
    identity::{Method, NumberDocument, PersonDocument, Sight},
    ids::{AccountId, ReceiptNumber},
    retention,
    time::{DAY, HOUR},
};
use server::{
    config::EpdsOffer,
    flows::{
        FlowError,
        decide::{Given, Notice, Obstacle, Order, give},
        draft::{self, Typist},
        hand_over, import_job,
        queue::{self, Tab},
        signing_keys, staff_case,
        submit::{Sender, submit},
    },
    portal::Portal,
    store::{
        audit, case,
        draft::DraftOwner,
        outbox::{self, MailPayload},
    },
    text_packs::TextPacks,
    worker,
};
use sqlx::{Connection as _, PgConnection, Row as _, SqlSafeStr, SqliteConnection};

use crate::support::{
    databases,
    filing::{answer_epds, file, file_epds},
    portal::{epds, letter, newest_mail, portals},
    review::{accept, done, head, two_clerks, two_nurses},
    staff::at_work,
};

/// Total 14, item 10 1.
const WHOLE: [u8; 10] = [2, 3, 2, 3, 3, 3, 2, 3, 3, 3];
const ONE_LEFT_OUT: [u8; 10] = [2, 3, 2, 3, 3, 3, 0, 3, 3, 3];

fn notice(_: Notice, _: &str) -> MailPayload {
    letter("お知らせ")
}

fn of(account: AccountId, session: u8) -> Typist {
    Typist { owner: DraftOwner::Account(account), session: [session; 32] }
}

const SEEN: Order = Order::RecordIdentity(Sight::of(NumberDocument::Later, PersonDocument::DrivingLicence));

#[tokio::test]
async fn to_everybody_but_nurses_the_case_does_not_exist() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file_epds(portal, 1, WHOLE).await;
        let [nurse, _] = two_nurses(portal).await;
        let [clerk, _] = two_clerks(portal).await;
        let found = queue::search(portal, &nurse, number.as_str()).await.unwrap();
        assert_eq!(found.as_ref(), Some(&number));
        assert_eq!(queue::page(portal, &nurse, Tab::New, None).await.unwrap().rows.len(), 2);
        assert_eq!(staff_case::view(portal, &nurse, &number).await.unwrap().epds.unwrap().score.total(), Some(14));

        let page = queue::page(portal, &clerk, Tab::New, None).await.unwrap();
        assert_eq!((page.rows.len(), page.counts[0]), (1, (Tab::New, 1)), "only the notification");
        assert_eq!(queue::search(portal, &clerk, number.as_str()).await.unwrap(), None);
        for role in [Roles::ADMINISTRATOR, Roles::AUDITOR] {
            let name = role.to_string();
            let other = at_work(portal, &name, &name, role).await.staff;
            assert!(matches!(staff_case::view(portal, &other, &number).await, Err(FlowError::NotFound)));
        }
        assert!(matches!(staff_case::view(portal, &clerk, &number).await, Err(FlowError::NotFound)));
        for order in [Order::Claim, Order::Accept, Order::Confirm, Order::ProposeWithdrawal, SEEN] {
            let given = give(portal, &clerk, &number, 1, &order, &notice).await;
            assert!(matches!(given, Err(FlowError::NotFound)), "{:?}", order.kind());
        }
        // What a nurse holds is hers to see only while she is a nurse.
        done(portal, &nurse, &number, Order::Claim).await;
        let mut moved = nurse.clone();
        moved.roles = Roles::CLERK;
        let mine = queue::page(portal, &moved, Tab::Mine, None).await.unwrap();
        assert_eq!((mine.rows.len(), mine.counts[1]), (0, (Tab::Mine, 0)));
    }
}

#[tokio::test]
async fn two_nurses_accept_and_confirm_and_the_log_does_not_say_what_it_was() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file_epds(portal, 1, WHOLE).await;
        let nurses = two_nurses(portal).await;
        let [clerk, _] = two_clerks(portal).await;
        done(portal, &nurses[0], &number, Order::Claim).await;
        done(portal, &nurses[0], &number, SEEN).await;
        done(portal, &nurses[0], &number, Order::Accept).await;
        let version = head(portal, &number).await.version;
        let alone = give(portal, &nurses[0], &number, version, &Order::Confirm, &notice).await.unwrap();
        assert_eq!(alone, Given::Refused(Obstacle::NeedsAnotherPerson));
        let other = give(portal, &clerk, &number, version, &Order::Confirm, &notice).await;
        assert!(matches!(other, Err(FlowError::NotFound)), "two people, both of them nurses");
        assert_eq!(done(portal, &nurses[1], &number, Order::Confirm).await, Stage::Confirmed);
        for entry in audit::after(&mut portal.database.read().await.unwrap(), 0, 10_000).await.unwrap() {
            assert!(!format!("{entry:?}").contains("epds"), "{entry:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_of_the_ten_is_never_asked_for_again() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file_epds(portal, 1, WHOLE).await;
        let [nurse, _] = two_nurses(portal).await;
        done(portal, &nurse, &number, Order::Claim).await;
        let answer_by = portal.clock.now().date_in_japan().plus_days(7);
        let ask = |field: &str| {
            let fields = vec![(field.parse().unwrap(), "もう一度お願いします".to_owned())];
            Order::SendBack(CorrectionRequest { fields, answer_by })
        };
        let version = head(portal, &number).await.version;
        let refused = give(portal, &nurse, &number, version, &ask("item10"), &notice).await.unwrap();
        assert_eq!(refused, Given::Refused(Obstacle::Request));
        assert_eq!(done(portal, &nurse, &number, ask("phone")).await, Stage::SentBack);
    }
}

#[tokio::test]
async fn the_back_office_gets_two_numbers_of_ten_answers_and_none_of_fewer_and_never_an_answer() {
    for one in portals().await {
        let portal = &one.portal;
        let keys = DestinationKeys::generate("kenko".parse().unwrap());
        signing_keys::keep(portal).await.unwrap();
        hand_over::add_destination(portal, &keys.public().to_json()).await.unwrap();
        let nurses = two_nurses(portal).await;
        let (_, whole) = file_epds(portal, 1, WHOLE).await;
        let (_, incomplete) = file_epds(portal, 2, ONE_LEFT_OUT).await;
        for number in [&whole, &incomplete] {
            done(portal, &nurses[0], number, Order::Claim).await;
            done(portal, &nurses[0], number, SEEN).await;
            accept(portal, &nurses, number).await;
        }
        assert_eq!(worker::seal_confirmed(portal).await.unwrap(), 2);
        let (announced, _) = signing_keys::published(portal).await.unwrap();
        let reader = Reader {
            issuer: portal.config.public_url.origin(),
            audience: "kenko",
            trust: &Trust::of(announced.keys[0].jwk.clone(), portal.clock.now()).unwrap(),
            chain: &handover::Chain::default(),
            keys: &keys,
        };
        let files = import_job::carried(portal, &"kenko".parse().unwrap(), 1).await.unwrap();
        let batch = open(&files, &reader).unwrap();
        for one in &batch.entries {
            assert_eq!(recheck(&one.entry, batch.form_of(&one.entry).unwrap()), []);
            let line = String::from_utf8(one.entry.to_line()).unwrap();
            // The name of the total says EPDS10番 of the record list; the answers have names of the form.
            assert!((1..=10).all(|item| !line.contains(&format!("\"item{item}\":{{"))), "{line}");
            assert!(!line.contains("epds_item") && !line.contains("笑う"), "{line}");
        }
        let of = |number: &ReceiptNumber| &batch.entries.iter().find(|one| one.entry.id == *number).unwrap().entry;
        let scores = of(&whole).epds.as_ref().unwrap();
        assert_eq!((scores.total, scores.item10), (14, 1));
        assert_eq!((scores.occasion.as_str(), scores.text_pack.as_str()), ("one_month", "demonstration"));
        assert!(of(&incomplete).epds.is_none());
    }
}

#[tokio::test]
async fn the_answers_are_erased_thirty_days_after_the_receipt_and_a_notification_is_not() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, number) = file_epds(portal, 1, WHOLE).await;
        let head_of = head(portal, &number).await;
        let change = case::StageChange {
            stage: Stage::Imported,
            holder: None,
            proposed_by: None,
            accepted: None,
            confirmed: None,
            correction_due_on: None,
            withdrawal_asked_at: None,
            withdrawal_proposed_by: None,
            identity: intake::identity::Level::VerifiedInPerson,
            proxy: None,
            rev: 1,
            at: portal.clock.now(),
        };
        let mut reading = portal.database.read().await.unwrap();
        let all = case::list_for_account(&mut reading, head_of.account_id.unwrap()).await.unwrap();
        drop(reading);
        for head in all {
            let mut tx = portal.database.write().await.unwrap();
            assert!(case::update_stage(&mut tx, head.case_id, head.version, &change).await.unwrap());
            let upkeep = server::store::Record::Upkeep(server::store::Upkeep::MailAttempt);
            tx.commit(upkeep).await.unwrap();
        }
        portal.clock.advance(30 * DAY - 1);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 0);
        portal.clock.advance(1);
        assert_eq!(worker::erase_closed(portal).await.unwrap(), 1);
        assert!(head(portal, &number).await.erased_at.is_some());
    }
}

#[tokio::test]
async fn a_draft_belongs_to_the_session_that_began_it_for_a_day_at_most() {
    for one in portals().await {
        let portal = &one.portal;
        let browser = Typist { owner: DraftOwner::Browser([9; 32]), session: [9; 32] };
        assert!(matches!(draft::begin(portal, &browser, &epds(), "ja").await, Err(FlowError::NeedsAccount)));
        let (account, _) = file(portal, 1).await;
        let (here, there) = (of(account, 1), of(account, 2));
        let id = answer_epds(portal, &here, WHOLE).await;
        assert!(draft::load(portal, &there, &epds()).await.unwrap().is_none(), "another session finds nothing");
        let sender = Sender {
            account,
            method: Method::Passkey,
            signed_in_at: portal.clock.now(),
            session: [2; 32],
            language: "ja",
        };
        let sent = submit(portal, &sender, &epds(), id, |_: &str| letter("")).await;
        assert!(matches!(sent, Err(FlowError::NotFound)), "and sends nothing");
        draft::discard(portal, &there, &epds()).await.unwrap();
        portal.clock.advance(23 * HOUR);
        let found = draft::load(portal, &here, &epds()).await.unwrap().unwrap();
        assert_eq!(found.expires_at, portal.clock.now().plus(HOUR), "going on does not put the end off");
        portal.clock.advance(HOUR);
        assert!(draft::load(portal, &here, &epds()).await.unwrap().is_none());

        // Whoever begins elsewhere begins anew; what was answered here is gone then.
        answer_epds(portal, &here, WHOLE).await;
        let begun = draft::begin(portal, &there, &epds(), "ja").await.unwrap();
        assert_eq!(begun.raw.first("item1"), "");
        assert!(draft::load(portal, &here, &epds()).await.unwrap().is_none());
        // No mail tells of its end.
        portal.clock.advance(retention::SESSION_DRAFT);
        let tell = |_: &str, _| letter("");
        server::flows::draft_end::tell(portal, &tell).await.unwrap();
        let mails = outbox::list_for_demo(&mut portal.database.read().await.unwrap(), 100).await.unwrap();
        assert!(mails.iter().all(|mail| mail.kind != "draft_ends"));
        assert!(worker::sweep(portal).await.unwrap() >= 1);
    }
}

#[tokio::test]
async fn a_draft_whose_session_is_over_is_removed() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, _) = file(portal, 1).await;
        // A session that no row tells of is one that is over.
        answer_epds(portal, &of(account, 1), WHOLE).await;
        worker::sweep(portal).await.unwrap();
        assert!(draft::load(portal, &of(account, 1), &epds()).await.unwrap().is_none());
    }
}

/// The packs of a folder with one pack, and how they are offered.
fn packs(portal: &Portal, change: impl Fn(&mut serde_json::Value), offer: EpdsOffer) -> TextPacks {
    let folder = tempfile::tempdir().unwrap();
    let mut pack: serde_json::Value = serde_json::from_str(DEMONSTRATION[0].1).unwrap();
    change(&mut pack);
    let text = pack.to_string();
    let sha256 = intake::epds::TextPack::read(&text).unwrap().sha256().to_owned();
    fs::write(folder.path().join("own.json"), &text).unwrap();
    fs::write(folder.path().join("packs.lock"), format!("{sha256}  own.json\n")).unwrap();
    let mut config = portal.config.clone();
    (config.text_packs_dir, config.epds) = (Some(folder.path().to_owned()), offer);
    TextPacks::load(&config).unwrap()
}

#[tokio::test]
async fn a_draft_starts_anew_when_its_wording_is_gone_and_a_case_keeps_the_name_of_its_own() {
    for one in portals().await {
        let mut portal = one.portal;
        let (account, _) = file(&portal, 1).await;
        let typist = of(account, 1);
        let first = answer_epds(&portal, &typist, WHOLE).await;
        let (_, filed) = file_epds(&portal, 2, WHOLE).await;
        let other = |pack: &mut serde_json::Value| pack["title"] = "別の見本".into();
        portal.text_packs = packs(&portal, other, EpdsOffer::Demonstration);
        assert!(draft::load(&portal, &typist, &epds()).await.unwrap().is_none());
        let sender = Sender {
            account,
            method: Method::Passkey,
            signed_in_at: portal.clock.now(),
            session: [1; 32],
            language: "ja",
        };
        let sent = submit(&portal, &sender, &epds(), first, |_: &str| letter("")).await;
        assert!(matches!(sent, Err(FlowError::NotFound)), "no answers to one wording under the name of another");
        let begun = draft::begin(&portal, &typist, &epds(), "en").await.unwrap();
        assert_eq!(begun.text_pack.unwrap().language, "en");
        assert!(begun.id != first && begun.raw.first("item1").is_empty());
        let begun = draft::begin(&portal, &typist, &epds(), "ja").await.unwrap();
        assert_eq!(begun.text_pack.unwrap().language, "en", "the wording stays with the draft");

        let [nurse, _] = two_nurses(&portal).await;
        let shown = staff_case::view(&portal, &nurse, &filed).await.unwrap().epds.unwrap();
        assert!(shown.pack.is_none());
        assert_eq!((shown.pack_id.as_str(), shown.score.total()), ("demonstration", Some(14)));

        portal.text_packs = packs(&portal, |_| {}, EpdsOffer::Off);
        assert!(matches!(draft::begin(&portal, &typist, &epds(), "ja").await, Err(FlowError::NotFound)));
        assert!(newest_mail(&portal).await.is_some());
    }
}

/// `madoguchi` with these settings and nothing else: success, and what it wrote.
fn madoguchi(arguments: &[&str], settings: &[(&str, &str)]) -> (bool, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
        .args(arguments)
        .env_clear()
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    (ran.status.success(), String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap())
}

#[test]
fn the_program_says_why_epds_is_not_offered_and_what_is_wrong_with_a_pack() {
    let city = [
        ("MADOGUCHI_MASTER_KEY_FILE", "/etc/madoguchi/master.key"),
        ("MADOGUCHI_PUBLIC_URL", "https://counter.example"),
        ("MADOGUCHI_STAFF_URL", "https://counter.inside.example"),
        ("MADOGUCHI_SMTP_URL", "smtps://relay.example"),
        ("MADOGUCHI_MAIL_FROM", "counter@example.jp"),
        ("MADOGUCHI_MUNICIPALITY_CODE", "999997"),
        ("MADOGUCHI_MUNICIPALITY_NAME", "窓口市"),
        ("MADOGUCHI_MUNICIPALITY_PHONE", "000-000-0000"),
        ("MADOGUCHI_CLAMD", "off"),
    ];
    let with = |more: &[(&'static str, &str)]| {
        let all: Vec<(&str, &str)> = city.iter().copied().chain(more.iter().copied()).collect();
        madoguchi(&["config", "check"], &all)
    };
    let (good, said) = with(&[]);
    assert!(good && said.contains("EPDS is not offered: its wording is licensed"), "{said}");
    let (good, said) = with(&[("MADOGUCHI_EPDS", "off")]);
    assert!(good && said.contains("EPDS is not offered: MADOGUCHI_EPDS is `off`"), "{said}");
    let (good, said) = with(&[("MADOGUCHI_EPDS", "demonstration")]);
    assert!(good && said.contains("which is no instrument"), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    fs::write(folder.path().join("ja.json"), DEMONSTRATION[0].1).unwrap();
    let (good, said) = with(&[("MADOGUCHI_TEXT_PACKS_DIR", path)]);
    assert!(!good && said.contains("packs.lock is missing"), "{said}");
    let sha256 = intake::epds::TextPack::read(DEMONSTRATION[0].1).unwrap().sha256().to_owned();
    fs::write(folder.path().join("packs.lock"), "").unwrap();
    let (good, said) = madoguchi(&["text-packs", "check", path], &[]);
    assert!(!good && said.contains(&format!("{sha256}  ja.json")), "the line to be added: {said}");
    fs::write(folder.path().join("packs.lock"), format!("{sha256}  ja.json\n")).unwrap();
    let (good, said) = madoguchi(&["text-packs", "check", path], &[]);
    assert!(good);
    assert_eq!(said, format!("ja.json: demonstration ja {sha256} demonstration\n"));
}

/// The statements of the queue that must read through an index.
const LISTED: [&str; 7] = [
    "QUEUE",
    "QUEUE_OF_HOLDER",
    "QUEUE_OF_WITHDRAWALS",
    "COUNTS",
    "COUNT_OF_HOLDER",
    "COUNT_OF_WITHDRAWALS",
    "CLOSED_BEFORE",
];

#[tokio::test]
async fn the_queue_is_read_by_compartment_without_a_table_scan() {
    for test in databases().await {
        let (path, is_sqlite) = match test.url.strip_prefix("sqlite:") {
            Some(path) => (path, true),
            None => (test.url.as_str(), false),
        };
        for (name, sql) in server::store::statements().into_iter().filter(|(name, _)| LISTED.contains(name)) {
            let plan: Vec<String> = if is_sqlite {
                let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")).into_sql_str();
                let mut connection = SqliteConnection::connect(&format!("sqlite:{path}")).await.unwrap();
                let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>("detail")).collect()
            } else {
                let mut connection = PgConnection::connect(path).await.unwrap();
                for setting in ["SET enable_seqscan = off", "SET plan_cache_mode = force_generic_plan"] {
                    sqlx::query(setting).execute(&mut connection).await.unwrap();
                }
                let prepare = sqlx::AssertSqlSafe(format!("PREPARE listed AS {sql}")).into_sql_str();
                sqlx::raw_sql(prepare).execute(&mut connection).await.unwrap();
                let places = (1..=10).rev().find(|place| sql.contains(&format!("${place}"))).unwrap_or(0);
                let nulls = vec!["NULL"; places].join(", ");
                let explain = sqlx::AssertSqlSafe(format!("EXPLAIN EXECUTE listed({nulls})")).into_sql_str();
                let rows = sqlx::raw_sql(explain).fetch_all(&mut connection).await.unwrap();
                rows.iter().map(|row| row.get::<String, _>(0)).collect()
            };
            assert!(!plan.is_empty(), "{name}");
            for line in plan {
                assert!(!line.contains("SCAN case_file") && !line.contains("Seq Scan"), "{name}: {line}");
            }
        }
    }
}
