#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「送信」 pressed by many at once, many times each. Invariant: what counts is what each press was told.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Barrier},
    thread,
};

use server::store::{audit, case};

use crate::support::{
    browser::{self, Browser, FORM, SAME_ORIGIN, encoded},
    load::{CHECK, Ready, ready},
    review::how_many,
    site::{Site, sites},
};

const PARENTS: usize = 500;
const PRESSES: usize = 13;

/// How many parents press at the same moment: all of them, unless this machine gives a process fewer files than the
/// connections of both sides are.
fn at_once() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let files: usize = files.split_whitespace().next().unwrap().parse().unwrap_or(PARENTS * PRESSES * 4);
    ((files - 500) / (2 * PRESSES)).clamp(1, PARENTS)
}

/// Presses without waiting for the answer before, then reads what each press was told. One that was told that the portal
/// is busy is a press more.
fn press(parent: &Ready, browser: &Browser) -> Vec<String> {
    let browser = parent.browser(browser.clone());
    let body = encoded(&parent.sends());
    let request = browser.request("POST", CHECK, &[SAME_ORIGIN, FORM], body.as_bytes());
    let sent: Vec<_> = (0..PRESSES).map(|_| browser::send(browser.address, &request).unwrap()).collect();
    let mut told = Vec::new();
    for stream in sent {
        let mut answer = browser::read(stream).unwrap();
        for _ in 0..20 {
            if answer.status != 503 {
                break;
            }
            assert!(answer.header("retry-after").is_some());
            answer = browser::exchange(browser.address, &request).unwrap();
        }
        told.push(answer.is(303).location().to_owned());
    }
    told
}

/// What each parent's presses were told.
fn press_all(parents: &[Ready], site: &Site) -> Vec<Vec<String>> {
    let mut told = Vec::new();
    for wave in parents.chunks(at_once()) {
        let begin = Arc::new(Barrier::new(wave.len()));
        let threads: Vec<_> = wave
            .iter()
            .map(|parent| {
                let (parent, browser, begin) = (parent.clone(), site.browser(), Arc::clone(&begin));
                thread::spawn(move || {
                    begin.wait();
                    press(&parent, &browser)
                })
            })
            .collect();
        told.extend(threads.into_iter().map(|thread| thread.join().unwrap()));
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_parents_press_thirteen_times_each_and_five_hundred_cases_are_there() {
    for site in sites().await {
        let parents = ready(&site.portal, PARENTS).await;
        let told = press_all(&parents, &site);
        let mut numbers = BTreeSet::new();
        for presses in &told {
            assert_eq!(presses.len(), PRESSES);
            assert!(presses.iter().all(|one| one == &presses[0]), "one receipt for all presses: {presses:?}");
            assert!(numbers.insert(presses[0].clone()), "nobody else has it");
        }
        assert_eq!(numbers.len(), PARENTS);

        let mut tx = site.portal.database.read().await.unwrap();
        let count = how_many(&mut tx, &intake::form::Compartment::ALL).await;
        assert_eq!(usize::try_from(count).unwrap(), PARENTS);
        for (parent, presses) in parents.iter().zip(&told) {
            let cases = case::list_for_account(&mut tx, parent.account).await.unwrap();
            let shown: Vec<_> = cases.iter().map(|head| format!("/receipt/{}", head.receipt_number)).collect();
            assert_eq!(shown, [presses[0].clone()]);
            assert_eq!(case::events(&mut tx, cases[0].case_id).await.unwrap().len(), 1);
        }
        audit::verify(&mut tx).await.unwrap();
    }
}
