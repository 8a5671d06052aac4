#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! `kill -9` under load. Invariant: what was promised is kept in a ledger outside of the system, and compared with what is
//! there afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use intake::form::Compartment;
use server::{
    demo::people::people,
    store::{audit, case},
};

use crate::support::{
    browser::{self, FORM, SAME_ORIGIN, encoded},
    databases,
    load::{CHECK, Ready, portal_of, ready},
    process::{Program, settings},
    review::how_many,
};

const CLIENTS: usize = 16;
const PARENTS_A_ROUND: usize = 48;
const PRESSES: usize = 3;
const GO_ON: [u8; 25] = *b"HTTP/1.1 100 Continue\r\n\r\n";

fn kills() -> usize {
    if std::env::var_os("MADOGUCHI_SOAK").is_some_and(|set| !set.is_empty()) { 50 } else { 5 }
}

/// What was heard of a press.
enum Heard {
    Number(String),
    /// It was sent, and then nothing came: it may have counted or not.
    Nothing,
    /// The server was busy, or gone already.
    NotTaken,
}

/// What every parent was told, from the first press on.
#[derive(Default)]
struct Ledger {
    presses: usize,
    unknown: usize,
    shown: BTreeMap<usize, BTreeSet<String>>,
}

impl Ledger {
    fn note(&mut self, parent: usize, heard: Heard) {
        self.presses += 1;
        match heard {
            Heard::Number(number) => drop(self.shown.entry(parent).or_default().insert(number)),
            Heard::Nothing => self.unknown += 1,
            Heard::NotTaken => {}
        }
    }
}

/// One press.
fn press(program: &Program, parent: &Ready) -> Heard {
    let browser = parent.browser(program.browser());
    let body = encoded(&parent.sends());
    let request = browser.request("POST", CHECK, &[SAME_ORIGIN, FORM], body.as_bytes());
    let Ok(sent) = browser::send(browser.address, &request) else { return Heard::NotTaken };
    let Ok(answer) = browser::read(sent) else { return Heard::Nothing };
    if answer.status == 503 {
        return Heard::NotTaken;
    }
    assert_eq!(answer.status, 303, "{}", String::from_utf8_lossy(&answer.body));
    Heard::Number(answer.location().strip_prefix("/receipt/").unwrap().to_owned())
}

/// Presses for all of these parents from many clients, and kills the program in the middle of it.
fn press_and_kill(program: Program, parents: &[Ready], these: &[usize], ledger: &Mutex<Ledger>) {
    let queue = Mutex::new(these.iter().flat_map(|parent| [*parent; PRESSES]).collect::<Vec<usize>>());
    let total = queue.lock().unwrap().len();
    let (begun, begins) = mpsc::channel::<()>();
    // Under way are the presses of all clients; the moment lies somewhere within the next one.
    let kill_after = rand::random_range(CLIENTS..total - CLIENTS);
    let moment = Duration::from_micros(rand::random_range(0..20_000));
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let (begun, queue, program) = (begun.clone(), &queue, &program);
            scope.spawn(move || {
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some(parent) = next else { return };
                    let _ = begun.send(());
                    let heard = press(program, &parents[parent]);
                    ledger.lock().unwrap().note(parent, heard);
                }
            });
        }
        begins.iter().take(kill_after).for_each(drop);
        let until = Instant::now() + moment;
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        program.kill_now();
    });
}

/// What the database holds is what was shown, once each.
async fn compare(environment: &BTreeMap<String, String>, parents: &[Ready], ledger: &Ledger) {
    let portal = portal_of(environment).await;
    let mut tx = portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    let mut numbers = BTreeSet::new();
    for (place, parent) in parents.iter().enumerate() {
        let shown = &ledger.shown[&place];
        assert_eq!(shown.len(), 1, "one number for every press: {shown:?}");
        let cases = case::list_for_account(&mut tx, parent.account).await.unwrap();
        assert_eq!(cases.len(), 1, "one case of one draft");
        assert_eq!(Some(cases[0].receipt_number.as_str()), shown.first().map(String::as_str));
        assert!(numbers.insert(cases[0].receipt_number.clone()), "no number twice");
        let events = case::events(&mut tx, cases[0].case_id).await.unwrap();
        assert_eq!(events.len(), 1, "filed once");
        let submitted = audit::of_subject(&mut tx, &audit::Subject::Case(cases[0].case_id), 1_000).await.unwrap();
        // Another filing of the same made-up person is an entry of its own.
        assert_eq!(submitted.iter().filter(|entry| entry.deed == "submitted").count(), 1, "and entered once");
    }
    let count = how_many(&mut tx, &[Compartment::General]).await;
    // The demo's own samples are there as well, with one of each other channel.
    let samples = people(portal.clock.now().date_in_japan()).len() + 2;
    assert_eq!(usize::try_from(count).unwrap(), parents.len() + samples);
    assert_eq!(how_many(&mut tx, &[Compartment::Epds]).await, 3, "the samples of the EPDS");
    drop(tx);
    portal.database.close().await;
}

/// Starts, kills, and starts again, until the last start ends in peace.
async fn kill_again_and_again(folder: &Path, url: &str) {
    let environment = settings(folder, url);
    let log = folder.join("log");
    let kills = kills();
    let portal = portal_of(&environment).await;
    let parents = ready(&portal, kills * PARENTS_A_ROUND).await;
    portal.database.close().await;

    let ledger = Mutex::new(Ledger::default());
    let all: Vec<usize> = (0..parents.len()).collect();
    for these in all.chunks(PARENTS_A_ROUND) {
        press_and_kill(Program::start(&environment, &log), &parents, these, &ledger);
    }
    // Whoever heard nothing presses again, and so does whoever has a number.
    let program = Program::start(&environment, &log);
    let mut ledger = ledger.into_inner().unwrap();
    assert!(ledger.unknown > 0, "no kill came in the middle of a press");
    assert!(ledger.shown.len() > kills, "no kill came after a press");
    for place in all {
        ledger.note(place, press(&program, &parents[place]));
    }
    assert!(program.stop().success(), "it ends in peace");
    compare(&environment, &parents, &ledger).await;
    eprintln!("{kills} kills, {} presses, {} of them unknown", ledger.presses, ledger.unknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_every_number_that_was_shown_is_there_and_none_twice() {
    for database in databases().await {
        database.database.close().await;
        kill_again_and_again(database.folder.path(), &database.url).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_answers_what_it_has_begun_and_ends_in_peace() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("stop.sqlite").display());
    let environment = settings(folder.path(), &url);
    let portal = portal_of(&environment).await;
    let parents = ready(&portal, 64).await;
    portal.database.close().await;
    let program = Program::start(&environment, &folder.path().join("log"));
    // Each has a connection on which the last byte of the press is still missing.
    let mut halves: Vec<_> = parents
        .iter()
        .map(|parent| {
            let browser = parent.browser(program.browser());
            let body = encoded(&parent.sends());
            let headers = [SAME_ORIGIN, FORM, ("Expect", "100-continue")];
            let request = browser.request("POST", CHECK, &headers, body.as_bytes());
            let (last, first) = request.split_last().unwrap();
            let mut stream = browser::send(browser.address, first).unwrap();
            // The server has begun with it once it says that it may go on.
            let mut said = [0; GO_ON.len()];
            std::io::Read::read_exact(&mut stream, &mut said).unwrap();
            assert_eq!(said, GO_ON);
            (stream, *last)
        })
        .collect();
    program.ask_to_stop();
    for (stream, last) in &mut halves {
        std::io::Write::write_all(stream, &[*last]).unwrap();
    }
    let answers: Vec<_> = halves.into_iter().map(|(stream, _)| browser::read(stream)).collect();
    for answer in answers {
        let answer = answer.unwrap();
        assert!(answer.status == 303 && answer.location().starts_with("/receipt/"), "{}", answer.status);
    }
    assert!(program.wait().success());
}
