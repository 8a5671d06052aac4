#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「面談予約」 over HTTP: pages without script, a hundred parents after ten places, the file for calendars.

use std::{
    collections::BTreeSet,
    sync::{Arc, Barrier},
    thread,
};

use intake::{
    access::Roles,
    answers::RawAnswers,
    ids::{ReceiptNumber, SlotId},
    time::DAY,
};
use server::{flows::slots, portal::Portal, store::audit};

use crate::support::{
    browser::{self, Browser, FORM, SAME_ORIGIN, encoded, inputs},
    load::{CHECK, ready},
    page::{Page, all},
    site::{Site, sites},
    staff::at_work,
};

const PARENTS: usize = 100;

/// Slots on the 30th of November: so many times, so many places in each; their ids in the order of time.
async fn open(portal: &Portal, times: &str, capacity: &str) -> Vec<SlotId> {
    let staff = at_work(portal, "clerk1", "person-1", Roles::CLERK).await.staff;
    let mut typed = RawAnswers::default();
    for (input, value) in [
        ("from", "2026-11-30"),
        ("times", times),
        ("minutes", "30"),
        ("capacity", capacity),
        ("place", "本庁舎 <1階>"),
        ("mode", "in_person"),
        ("language", "ja"),
    ] {
        typed.set(input, vec![value.to_owned()]);
    }
    slots::open(portal, &staff, &typed).await.unwrap().unwrap();
    let week = slots::week(portal, &staff, "2026-11-30".parse().unwrap()).await.unwrap();
    week.iter().map(|slot| slot.slot_id).collect()
}

/// Parents who have filed, each with her browser and the page of her booking.
async fn filed(site: &Site, count: usize) -> Vec<(Browser, String)> {
    let parents = ready(&site.portal, count).await;
    let mut all = Vec::new();
    for parent in parents {
        let mut browser = parent.browser(site.browser());
        let sent = browser.post(CHECK, &parent.sends()).is(303);
        let number = sent.location().strip_prefix("/receipt/").unwrap().to_owned();
        all.push((browser, format!("/cases/{number}/booking")));
    }
    all
}

/// Presses twice without waiting for the answer in between, and says what both were told.
fn press_twice(browser: &Browser, address: &str, slot: SlotId) -> Vec<u16> {
    let body = encoded(&inputs(&[("slot", &slot.to_string()), ("seen", "")]));
    let request = browser.request("POST", address, &[SAME_ORIGIN, FORM], body.as_bytes());
    let sent: Vec<_> = (0..2).map(|_| browser::send(browser.address, &request).unwrap()).collect();
    let mut told = Vec::new();
    for stream in sent {
        let mut answer = browser::read(stream).unwrap();
        for _ in 0..30 {
            if answer.status != 503 {
                break;
            }
            answer = browser::exchange(browser.address, &request).unwrap();
        }
        if answer.status == 409 {
            assert!(answer.text().contains("別の時間を選んでください"), "a clear sentence: {}", answer.text());
        } else {
            assert_eq!(answer.location(), address, "{}", answer.text());
        }
        told.push(answer.status);
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_parents_after_ten_places_have_one_each_or_a_clear_sentence() {
    for site in sites().await {
        let slots = open(&site.portal, "10:00 11:00", "5").await;
        let parents = filed(&site, PARENTS).await;
        let begin = Arc::new(Barrier::new(PARENTS));
        let threads: Vec<_> = parents
            .iter()
            .enumerate()
            .map(|(index, (browser, address))| {
                let (browser, address, begin) = (browser.clone(), address.clone(), Arc::clone(&begin));
                let slot = slots[index % slots.len()];
                thread::spawn(move || {
                    begin.wait();
                    press_twice(&browser, &address, slot)
                })
            })
            .collect();
        let told: Vec<Vec<u16>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        for presses in &told {
            assert!(presses == &[303, 303] || presses == &[409, 409], "both presses are told the same: {presses:?}");
        }
        assert_eq!(told.iter().filter(|presses| presses[0] == 303).count(), 10);

        let staff = at_work(&site.portal, "nurse1", "person-2", Roles::NURSE).await.staff;
        let mut numbers = BTreeSet::new();
        for slot in slots {
            let view = server::flows::slots::view(&site.portal, &staff, slot).await.unwrap();
            assert_eq!((view.slot.taken, view.comers.len()), (5, 5));
            assert!(view.comers.into_iter().all(|one| numbers.insert(one.number)), "nobody twice");
        }
        let mut tx = site.portal.database.read().await.unwrap();
        audit::verify(&mut tx).await.unwrap();
        let entries = audit::after(&mut tx, 0, 10_000).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.deed == "booking_made").count(), 10);
    }
}

/// The value of a property of a calendar file.
fn property<'a>(file: &'a str, name: &str) -> &'a str {
    file.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_without_script_books_moves_and_cancels_and_her_calendar_follows() {
    for site in sites().await {
        open(&site.portal, "10:00 14:00", "1").await;
        let (mut browser, address) = filed(&site, 1).await.remove(0);
        let case = address.strip_suffix("/booking").unwrap().to_owned();
        let receipt = browser.open(&case.replace("/cases/", "/receipt/"));
        assert!(receipt.links().contains(&address), "the receipt leads to it");
        assert_eq!(browser.get(&format!("{case}/booking.ics")).status, 404, "nothing is booked");

        let page = browser.open(&address);
        let buttons: Vec<String> = all(&page.html, "button[name=slot]")
            .iter()
            .filter_map(|button| button.value().attr("value").map(str::to_owned))
            .collect();
        assert_eq!(buttons.len(), 2);
        assert!(page.text().contains("2026年11月30日（令和8年） （月）"), "{}", page.text());
        assert!(page.text().contains("本庁舎 <1階>"), "hostile text comes out as text");
        browser.press(&page, &address, &[("slot", &buttons[0])]).leads_to(&address);
        let booked = browser.open(&address);
        assert!(booked.text().contains("10:00–10:30"), "{}", booked.text());
        let published = browser.get(&format!("{case}/booking.ics")).is(200);
        assert!(published.header("content-type").unwrap().starts_with("text/calendar"));
        let file = published.text();
        assert_eq!((property(&file, "DTSTART"), property(&file, "SEQUENCE")), ("20261130T010000Z", "0"));
        for telling in ["妊娠", "面談", "母子", "本庁舎", case.strip_prefix("/cases/").unwrap()] {
            assert!(!file.contains(telling), "{telling} in {file}");
        }
        assert!(browser.open(&case).text().contains("2026年11月30日（令和8年） 10:00"));

        browser.press(&booked, &address, &[("slot", &buttons[1])]).leads_to(&address);
        let moved = browser.get(&format!("{case}/booking.ics")).text();
        assert_eq!((property(&moved, "DTSTART"), property(&moved, "SEQUENCE")), ("20261130T050000Z", "1"));
        assert_eq!(property(&moved, "UID"), property(&file, "UID"));
        // The page from before the move is in another tab: it says that there is an appointment.
        let stale = browser.press(&booked, &address, &[("slot", &buttons[0])]).is(409);
        Page::of(&stale).tells_an_error();

        let page = browser.open(&address);
        browser.press(&page, &format!("{address}/cancel"), &[]).leads_to(&address);
        let cancelled = browser.get(&format!("{case}/booking.ics")).text();
        assert_eq!((property(&cancelled, "METHOD"), property(&cancelled, "SEQUENCE")), ("CANCEL", "2"));
        assert!(browser.open(&address).text().contains("予約を取り消しました"));
        let online = browser.open(&format!("{address}?mode=online"));
        assert!(online.text().contains("空いている時間がありません"));
        browser.press(&online, &format!("{address}/wait"), &[]).leads_to(&format!("{address}?mode=online&language="));
        let waiting = browser.open(&format!("{address}?mode=online&language="));
        assert!(waiting.text().contains("空きが出たら、メールでお知らせします"));
        browser.press(&waiting, &format!("{address}/stop-waiting"), &[]).leads_to(&address);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_or_changes_the_appointment_of_another() {
    for site in sites().await {
        let slots = open(&site.portal, "10:00", "2").await;
        let mut parents = filed(&site, 2).await;
        let (mut other, _) = parents.remove(1);
        let (mut browser, address) = parents.remove(0);
        let slot = [("slot".to_owned(), slots[0].to_string())];
        browser.post(&address, &slot).leads_to(&address);
        let file = format!("{address}.ics");
        for path in [&address, &file] {
            assert_eq!(other.get(path).status, 404);
            assert!(site.browser().get(path).location().starts_with("/sign-in?next="));
        }
        for path in [address.clone(), format!("{address}/cancel"), format!("{address}/wait")] {
            assert_eq!(other.post(&path, &slot).status, 404, "{path}");
        }
        assert!(browser.open(&address).text().contains("10:00–10:30"));
        // After the day of the interview her page still says what became of it.
        site.portal.clock.advance(8 * DAY);
        let number: ReceiptNumber = address.split('/').nth(2).unwrap().parse().unwrap();
        let staff = at_work(&site.portal, "nurse1", "person-2", Roles::NURSE).await.staff;
        assert!(server::flows::slots::mark(&site.portal, &staff, slots[0], &number, true).await.unwrap());
    }
}
