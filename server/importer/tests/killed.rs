//! The real program, killed again and again while it works. Invariant: run once more, nothing is there twice and nothing is
//! missing. `MADOGUCHI_SOAK=1` kills it a hundred times.

use std::{
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use intake::time::Instant;

use crate::support::{Office, entry, portal::TestPortal};

/// The program reads the system's clock, and so must the portal's check of its tokens.
fn real_clock() -> Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Instant(i64::try_from(since.as_micros()).unwrap())
}

fn pull(office: &Office) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi-import"));
    command.args(["--config", office.path("import.toml").to_str().unwrap(), "pull"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn killed_at_any_moment_it_neither_doubles_nor_loses() {
    let kills: u32 = if std::env::var_os("MADOGUCHI_SOAK").is_some() { 100 } else { 8 };
    let mut office = Office::new();
    let portal = TestPortal::start(office.keys.public(), real_clock);
    office.configure(&portal.url, "");
    const BATCHES: u8 = 6;
    for batch in 0..BATCHES {
        let entries: Vec<_> = (0..4).map(|place| entry(batch * 4 + place, &[])).collect();
        portal.put(office.batch(&entries, &[]));
    }
    let begun = std::time::Instant::now();
    let mut killed = 0;
    for round in 0..kills {
        let mut child = pull(&office).spawn().unwrap();
        // Moments spread over the time that a run takes: each later than the one before, from the very start.
        std::thread::sleep(Duration::from_micros(u64::from(round % 25) * 6_000 + 500));
        child.kill().unwrap();
        let ended = child.wait_with_output().unwrap();
        killed += u32::from(ended.status.code().is_none());
    }
    assert!(killed > 0, "no run was killed in {:?}", begun.elapsed());
    let last = pull(&office).output().unwrap();
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    let mut expected: Vec<String> = (1..=BATCHES).map(|seq| format!("pregnancy_notification-{seq:06}.csv")).collect();
    let mut outputs = office.outputs();
    outputs.retain(|name| !name.ends_with(".unfinished"));
    assert_eq!(outputs, expected);
    for name in expected.drain(..) {
        let text = String::from_utf8(office.output(&name).unwrap()).unwrap();
        assert_eq!(text.lines().count(), 5, "{name}");
    }
    let shelf = portal.shelf();
    assert_eq!(shelf.imports.len(), usize::from(BATCHES) * 4);
    assert!(shelf.imports.values().all(|times| *times == 1));
    assert_eq!(shelf.conflicts, 0);
}
