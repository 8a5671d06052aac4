//! The real program, killed again and again while it works. Invariant: run once more, nothing is there twice and nothing is
//! missing. `MADOGUCHI_SOAK=1` kills it a hundred times.

use std::{
    process::{Command, Stdio},
    time::SystemTime,
};

use intake::time::Instant;

use crate::support::{Office, entry, portal::TestPortal, receipt_number};

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

const BATCHES_A_ROUND: u64 = 3;
const ENTRIES_A_BATCH: usize = 4;

fn put_batches(office: &mut Office, portal: &TestPortal) {
    for _ in 0..BATCHES_A_ROUND {
        let first = office.seq * ENTRIES_A_BATCH as u64;
        let entries: Vec<_> = (first..).take(ENTRIES_A_BATCH).map(|number| entry(number, &[])).collect();
        // Each batch but the first recalls the first entry of the one before.
        let recalled = first.checked_sub(ENTRIES_A_BATCH as u64).map(receipt_number);
        portal.put(office.batch(&entries, recalled.as_slice()));
    }
}

#[test]
fn killed_at_any_moment_it_neither_doubles_nor_loses() {
    let soak = std::env::var("MADOGUCHI_SOAK").is_ok_and(|set| !set.is_empty());
    let kills: u32 = if soak { 100 } else { 24 };
    let mut office = Office::new();
    let portal = TestPortal::start(office.keys.public(), real_clock);
    office.configure(&portal.url, "");
    // How long a run takes, so that the kills are spread over the whole of it.
    put_batches(&mut office, &portal);
    let begun = std::time::Instant::now();
    assert!(pull(&office).status().unwrap().success());
    let whole = begun.elapsed();
    let mut killed = 0;
    for round in 0..kills {
        put_batches(&mut office, &portal);
        let mut child = pull(&office).spawn().unwrap();
        std::thread::sleep(whole * (round * 7 % kills) / kills);
        child.kill().unwrap();
        killed += u32::from(child.wait().unwrap().code().is_none());
    }
    assert!(killed > kills / 2, "{killed} of {kills} runs were killed");
    let last = pull(&office).output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    let notifications = (1..=office.seq).map(|seq| (format!("pregnancy_notification-{seq:06}.csv"), ENTRIES_A_BATCH));
    let withdrawals = (2..=office.seq).map(|seq| (format!("withdrawals-{seq:06}.csv"), 1));
    let expected: Vec<(String, usize)> = notifications.chain(withdrawals).collect();
    // Nor is a half-written file left over.
    assert_eq!(office.outputs(), expected.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>());
    for (name, lines) in expected {
        let text = String::from_utf8(office.output(&name).unwrap()).unwrap();
        assert_eq!(text.lines().count(), lines + 1, "{name}");
    }
    let shelf = portal.shelf();
    assert_eq!(shelf.imports.len() as u64, office.seq * ENTRIES_A_BATCH as u64);
    assert!(shelf.imports.values().all(|times| *times == 1));
    assert_eq!(shelf.conflicts, 0);
}
