//! How fast batches are verified, decrypted and checked, and how much memory a long run takes. Invariant: each figure stands
//! beside its yardstick of the same minute; the run is the real program, at a portal on loopback.
//!
//! `cargo bench -p importer --bench batches -- --batches 100 --entries 1000`; smaller counts for a first look.
#![expect(clippy::unwrap_used, reason = "a bench fails by panicking")]

#[expect(dead_code, reason = "what the tests share")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    fs,
    hint::black_box,
    process::{Child, Command, Stdio},
    time::{Duration, Instant, SystemTime},
};

use handover::{BatchFiles, Chain, Reader, Trust};
use importer::{
    charset::Charset,
    config::ResidentsColumns,
    judge::{Judge, Mappings, Verdict},
    mapping::Mapping,
    progress::Progress,
    residents::Residents,
    take::judge_all,
};
use intake::export::Entry;
use p256::ecdsa::signature::{Signer, Verifier};
use support::{ISSUER, Office, RESIDENTS, database::Kind, entry, portal::TestPortal, receipt_number};

/// Whoever else lives in the city.
const OTHERS: u32 = 50_000;
const ROUNDS: usize = 9;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = |name: &str, otherwise: u64| {
        let place = words.iter().position(|word| word == name);
        place.and_then(|place| words.get(place + 1)?.parse().ok()).unwrap_or(otherwise)
    };
    // `cargo test --all-targets` runs this, too, and wants to know only that it works.
    let is_bench = words.iter().any(|word| word == "--bench");
    let (batches, entries) = if is_bench { (100, 1_000) } else { (3, 10) };
    let (batches, entries) = (number("--batches", batches), number("--entries", entries));
    println!("| what | figure | beside it | ratio | target |\n|---|---|---|---|---|");
    speed(entries, if is_bench { ROUNDS } else { 1 });
    long_run(
        batches,
        entries,
        if words.iter().any(|word| word == "--postgres") { Kind::Postgres } else { Kind::Sqlite },
    );
}

/// Entries opened and checked a second, beside raw verifications of ES256 by the same crate on the same core.
fn speed(entries: u64, rounds: usize) {
    let mut office = Office::new();
    let files = office.batch(&entries_from(&sample(), 0, entries), &[]).files;
    let residents = format!("{RESIDENTS}{}", others());
    let residents = Residents::read_csv(residents.as_bytes(), &ResidentsColumns::default(), Charset::Utf8).unwrap();
    let mut rounds: Vec<(f64, f64)> = (0..rounds)
        .map(|_| {
            let raw = raw_verifications();
            (checked(&office, &files, &residents, entries), raw)
        })
        .collect();
    rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (ours, raw) = rounds[rounds.len() / 2];
    println!(
        "| entries verified, decrypted and checked, one core | {ours:.0} /s | {raw:.0} /s, ES256 verified by the same crate \
        | {:.2} | ≥ 0.5 |",
        ours / raw
    );
}

/// How much a second of this thread's own processor time does, whoever else is on the machine.
fn per_second(count: f64, work: impl FnOnce()) -> f64 {
    let spent = || -> f64 {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
    };
    let before = spent();
    work();
    count / (spent() - before).max(1e-6)
}

fn raw_verifications() -> f64 {
    const COUNT: u32 = 500;
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let message = [1_u8; 512];
    let signature: p256::ecdsa::Signature = key.sign(&message);
    let public = *key.verifying_key();
    per_second(f64::from(COUNT), || {
        for _ in 0..COUNT {
            black_box(public.verify(black_box(&message), black_box(&signature))).unwrap();
        }
    })
}

fn checked(office: &Office, files: &BatchFiles, residents: &Residents, entries: u64) -> f64 {
    let (trust, chain) = (Trust::of(office.portal_key.jwk().clone(), support::now()).unwrap(), Chain::default());
    let mappings = Mappings::new(std::collections::BTreeMap::new(), Mapping::without_file().unwrap());
    let judge = Judge { keys: &office.keys, municipality: "112020", residents, mappings: &mappings, copies: None };
    let count = entries as f64;
    per_second(count, || {
        let reader = Reader { issuer: ISSUER, audience: "kenko", trust: &trust, chain: &chain, keys: &office.keys };
        let batch = handover::open(files, &reader).unwrap();
        let judged = judge_all(&judge, &batch, &Progress::silent()).unwrap();
        assert!(judged.iter().all(|one| matches!(one.verdict, Verdict::Import { .. })));
    })
}

fn sample() -> Entry {
    entry(0, &[])
}

/// Entries that differ by their number.
fn entries_from(sample: &Entry, first: u64, count: u64) -> Vec<Entry> {
    (first..first + count).map(|number| Entry { id: receipt_number(number), ..sample.clone() }).collect()
}

fn others() -> String {
    let person = |number: u32| {
        let (month, day) = (number % 12 + 1, number % 28 + 1);
        format!(
            "9{number:014},見本　{number},ミホン {number},1990-{month:02}-{day:02},女,3608601,熊谷市宮町{number},\n"
        )
    };
    (0..OTHERS).map(person).collect()
}

/// The real program takes in so many batches in one run.
fn long_run(batches: u64, entries: u64, kind: Kind) {
    let mut office = Office::on(kind);
    let portal = TestPortal::start(office.keys.public(), real_clock);
    office.configure(&portal.url, "");
    fs::write(office.path("residents.csv"), format!("{RESIDENTS}{}", others())).unwrap();
    let sample = sample();
    for batch in 0..batches {
        portal.put(office.batch(&entries_from(&sample, batch * entries, entries), &[]));
    }
    let begun = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_madoguchi-import"))
        .args(["--config", office.path("import.toml").to_str().unwrap(), "pull"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let peaks = peaks(&mut child, &portal, batches);
    let took = begun.elapsed();
    assert!(child.wait().unwrap().success());
    let imported = portal.shelf().imports.values().sum::<usize>() as u64;
    assert_eq!(imported, batches * entries, "not every entry was taken in once");
    let (tenth, middle) = (peaks[(9).min(peaks.len() - 1)], peaks[peaks.len() / 2]);
    let last = *peaks.last().unwrap();
    let speed = (batches * entries) as f64 / took.as_secs_f64();
    // The caches of the databases are full after some tens of thousands of entries: what comes then tells whether it grows.
    for (when, peak) in [("in batch 10".to_owned(), tenth), (format!("in batch {}", peaks.len() / 2 + 1), middle)] {
        println!(
            "| memory at its highest in batch {batches} of one run of {} entries ({kind:?}) | {} MiB | {} MiB, {when} | {:.2} \
            | ≤ 1.1 |",
            batches * entries,
            last / 1024,
            peak / 1024,
            last as f64 / peak as f64,
        );
    }
    println!("| entries taken in, staged, written and answered, whole run | {speed:.0} /s | | | |");
}

/// The highest memory of the program in each batch, in kB.
fn peaks(child: &mut Child, portal: &TestPortal, batches: u64) -> Vec<u64> {
    let process = format!("/proc/{}", child.id());
    let mut peaks = Vec::new();
    while (peaks.len() as u64) < batches {
        std::thread::sleep(Duration::from_millis(2));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        let mut shelf = portal.shelf();
        let answered = shelf.acknowledged.len();
        if answered <= peaks.len() {
            continue;
        }
        // What was answered is not asked for again; only its manifest is.
        for batch in shelf.batches.values_mut().take(answered) {
            batch.files = BatchFiles::default();
        }
        drop(shelf);
        let status = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
        let highest = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        let highest = highest.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        peaks.resize(answered, highest);
        // The mark goes back to what is used now. Where the system does not let us, the highest so far stands, which is no lower.
        let _ = fs::write(format!("{process}/clear_refs"), "5");
    }
    peaks
}

fn real_clock() -> intake::time::Instant {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    intake::time::Instant(i64::try_from(since.as_micros()).unwrap())
}
