//! The real program under fire: killed again and again at moments of chance, receipts and acknowledgements lost or doubled,
//! the portal put back from an older backup. Invariant: run once more, everything is as after an undisturbed run, byte for byte, on both databases; or
//! a run stops with the name of why. `MADOGUCHI_SOAK=1` kills it a hundred times on each.

use std::{
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use handover::SealedBatch;
use importer::{
    config::Config,
    state::{Counts, State},
};
use intake::time::Instant;

use crate::support::{
    Office,
    database::{Kind, kinds},
    entry,
    portal::TestPortal,
    receipt_number, revision,
};

/// The program reads the system's clock, and so must the portal's check of its tokens.
fn real_clock() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Instant(i64::try_from(since.as_micros()).unwrap())
}

fn pull(office: &Office) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi-import"));
    command.args(["--config", office.path("import.toml").to_str().unwrap(), "pull"]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// How a run that was not killed ended: nothing, or the name of why it stopped.
fn ended(office: &Office) -> Option<String> {
    let done = pull(office).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    (!done.status.success()).then(|| said.trim_end().rsplit('(').next().unwrap().trim_end_matches(')').to_owned())
}

const ENTRIES_A_BATCH: u64 = 4;

fn copy(batch: &SealedBatch) -> SealedBatch {
    let SealedBatch { manifest, manifest_sha256, files } = batch;
    SealedBatch { manifest: manifest.clone(), manifest_sha256: manifest_sha256.clone(), files: files.clone() }
}

/// Two sides with the same batches: one is disturbed, the other is not.
struct Sides {
    office: Office,
    portal: TestPortal,
    undisturbed: Office,
    quiet_portal: TestPortal,
}

impl Sides {
    fn new(kind: Kind) -> Self {
        let office = Office::on(kind);
        let undisturbed = office.twin();
        let portal = TestPortal::start(office.keys.public(), real_clock);
        let quiet_portal = TestPortal::start(office.keys.public(), real_clock);
        for (side, portal) in [(&office, &portal), (&undisturbed, &quiet_portal)] {
            side.configure(&portal.url, "archive_dir = \"archive\"\n[copies]\n");
        }
        Self { office, portal, undisturbed, quiet_portal }
    }

    /// The next batch: new entries, one in doubt, a correction and a recall of the batch before.
    fn put_batch(&mut self) {
        let first = self.office.seq * ENTRIES_A_BATCH;
        let mut entries: Vec<_> = (first + 1..).take(3).map(|number| entry(number, &[])).collect();
        entries.push(entry(first, &[("name", "知らない 人")]));
        let mut recalled = Vec::new();
        if let Some(before) = first.checked_sub(ENTRIES_A_BATCH) {
            entries.push(revision(before + 1, 2, &[("weeks", "9")]));
            recalled = vec![receipt_number(before), receipt_number(before + 2)];
        }
        let batch = self.office.batch(&entries, &recalled);
        self.quiet_portal.put(copy(&batch));
        self.portal.put(batch);
    }
}

/// Everything that others can see of an office: its files, its counts, what the portal heard.
#[derive(Debug, PartialEq)]
struct Seen {
    files: Vec<(String, Vec<u8>)>,
    settled: Vec<((String, i64), String)>,
    counts: Counts,
}

fn seen(office: &Office, portal: &TestPortal) -> Seen {
    let files = office.outputs().into_iter().map(|name| (name.clone(), office.output(&name).unwrap())).collect();
    let place = Config::read(&office.path("import.toml")).unwrap().state;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let counts = runtime.block_on(async { State::look(&place).await.unwrap().unwrap().counts().await.unwrap() });
    let shelf = portal.shelf();
    let settled = shelf.settled.iter().map(|(key, result)| (key.clone(), result.as_str().to_owned())).collect();
    Seen { files, settled, counts }
}

/// What happens to the portal in a round.
#[derive(Clone, Copy, Debug)]
enum Disturbance {
    None,
    /// It takes receipts and answers that it did not.
    AnswersAreLost,
    /// Receipts do not arrive.
    ReceiptsAreLost,
    /// Each receipt arrives twice.
    ReceiptsAreDoubled,
    /// It was put back: the newest batches are not there.
    PutBack,
    /// It was put back, and has sealed another batch since.
    Forked,
}

fn disturbance() -> Disturbance {
    match rand::random_range(0..8) {
        0 => Disturbance::AnswersAreLost,
        1 => Disturbance::ReceiptsAreLost,
        2 => Disturbance::ReceiptsAreDoubled,
        3 => Disturbance::PutBack,
        4 => Disturbance::Forked,
        _ => Disturbance::None,
    }
}

#[test]
fn f40_killed_at_any_moment_under_fire_it_ends_as_an_undisturbed_run() {
    let soak = std::env::var("MADOGUCHI_SOAK").is_ok_and(|set| !set.is_empty());
    for kind in kinds() {
        under_fire(kind, if soak { 100 } else { 16 });
    }
}

fn under_fire(kind: Kind, kills: u32) {
    let mut sides = Sides::new(kind);
    // How long a run takes, so that the kills are spread over the whole of it.
    for _ in 0..3 {
        sides.put_batch();
    }
    let begun = std::time::Instant::now();
    assert_eq!(ended(&sides.office), None);
    let whole = begun.elapsed();
    let (mut killed, mut stopped) = (0, 0);
    while killed < kills {
        for _ in 0..rand::random_range(1..=3) {
            sides.put_batch();
        }
        killed += u32::from(run_and_kill(&sides.office, whole));
        stopped += u32::from(disturb(&mut sides, disturbance()));
    }
    assert_eq!(ended(&sides.office), None, "{kind:?}");
    assert_eq!(ended(&sides.undisturbed), None);
    eprintln!("{kind:?}: killed {killed} times, stopped {stopped} times, {} batches", sides.office.seq);
    assert_eq!(seen(&sides.office, &sides.portal), seen(&sides.undisturbed, &sides.quiet_portal), "{kind:?}");
    let shelf = sides.portal.shelf();
    assert!(shelf.imports.values().all(|times| *times <= 1), "something was imported twice");
    assert_eq!(shelf.conflicts, 0);
    drop(shelf);
    let pins = importer::archive::Pins::default();
    let told = importer::archive::verify(&sides.office.path("archive"), &pins, real_clock()).unwrap().join("\n");
    assert!(told.contains(&format!("{} batches follow one another", sides.office.seq)), "{told}");
    assert!(told.contains(" 0 unanswered"), "{told}");
}

/// Whether it was killed before it came to its end.
fn run_and_kill(office: &Office, whole: Duration) -> bool {
    let mut child = pull(office).spawn().unwrap();
    std::thread::sleep(whole.mul_f64(rand::random_range(0.0..1.1)));
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

/// Lets a run meet the disturbed portal. Whether it stopped, which it must where the portal is not the one that it was.
fn disturb(sides: &mut Sides, disturbance: Disturbance) -> bool {
    let newest = sides.office.seq;
    match disturbance {
        Disturbance::None => false,
        Disturbance::AnswersAreLost | Disturbance::ReceiptsAreLost | Disturbance::ReceiptsAreDoubled => {
            let set = |is: bool| {
                let mut shelf = sides.portal.shelf();
                match disturbance {
                    Disturbance::AnswersAreLost => shelf.receipt_status = is.then_some(500),
                    Disturbance::ReceiptsAreLost => shelf.receipts_are_lost = is,
                    _ => shelf.receipts_are_doubled = is,
                }
            };
            set(true);
            let why = ended(&sides.office);
            set(false);
            assert!([None, Some("portal")].contains(&why.as_deref()), "{why:?}");
            why.is_some()
        }
        Disturbance::PutBack | Disturbance::Forked => {
            // What is not read yet cannot be missed: first it reads all.
            assert_eq!(ended(&sides.office), None);
            let gone: Vec<SealedBatch> =
                (newest - 1..=newest).filter_map(|seq| sides.portal.shelf().batches.remove(&seq)).collect();
            if matches!(disturbance, Disturbance::Forked) {
                let other = sides.office.sealed(newest, &[entry(900_000 + newest, &[])], &[]);
                sides.portal.put(other);
            }
            assert_eq!(ended(&sides.office).as_deref(), Some("went_back"), "{disturbance:?}");
            for batch in gone {
                sides.portal.put(batch);
            }
            true
        }
    }
}
