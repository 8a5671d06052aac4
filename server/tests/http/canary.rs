#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「EPDS」 One that asks for a look, and everything that anybody but a public health nurse can ask for: every route of the table as
//! every other role, the log and the counters. Invariant: nothing that tells of it is in any of them.

use std::{fs, net::TcpListener};

use intake::{access::Role, case::CommandKind, form::Compartment, ids::ReceiptNumber};
use server::{
    demo::staff,
    flows::task_news,
    routes::{ROUTES, Row, Verb},
    store::task,
};

use super::epds::{at, at_desk, begin, come_in, parent, plain, read_on};
use crate::support::{
    browser::{Answer, Browser, inputs},
    page::all,
    portal::{answered_epds, letter},
    process::{Program, settings},
    site::{Site, sites},
    walker::{Things, path_of},
};

const CANARY: &str = "カナリア 黄";
const WORD: &str = "カナリアの言葉";

/// Files an EPDS with canary answers, total 14 and item 10 among it; its number.
fn file(browser: &mut Browser) -> ReceiptNumber {
    begin(browser);
    for (page, mut typed) in answered_epds([2, 3, 2, 3, 3, 3, 2, 3, 3, 3]) {
        for (_, value) in typed.iter_mut().filter(|(name, _)| name == "name") {
            CANARY.clone_into(value);
        }
        let address = at(page.as_str());
        let shown = browser.open(&address);
        browser.post(&address, &shown.filled_in(&address, &typed)).is(303);
    }
    let (number, pages) = read_on(browser);
    for page in pages {
        assert!(!page.contains("task") && !page.contains("保健師が確認"), "a parent reads nothing of it: {page}");
    }
    number.parse().unwrap()
}

/// Every path of a row; a command stands for each of them.
fn paths(row: &Row, things: &Things) -> Vec<String> {
    let path = path_of(row, things);
    if !row.path.contains("{command}") {
        return vec![path];
    }
    let given = path.trim_end_matches("claim").to_owned();
    CommandKind::ALL.iter().map(|kind| format!("{given}{kind}")).collect()
}

fn ask(browser: &Browser, row: &Row, path: &str, things: &Things) -> Answer {
    // Signing out would end the session for those that come after.
    let mut browser = browser.clone();
    if path == "/staff/sign-out" {
        browser.cookies.clear();
    }
    let done = format!("done-{}", things.task);
    let typed = [
        ("version", "1"),
        ("number", things.number.as_str()),
        ("person", "passport"),
        ("hours", "8"),
        (&done, "x"),
        ("message", "x"),
        ("token", "x"),
        ("told", "yes"),
        ("note", "x"),
    ];
    match row.verb {
        Verb::Get => browser.get(path),
        Verb::Post => browser.post(path, &inputs(&typed)),
    }
}

/// What was told, without what differs between any two numbers.
fn told(answer: &Answer, things: &Things) -> String {
    let all = format!("{} {:?} {}", answer.status, answer.location(), String::from_utf8_lossy(&answer.body));
    plain(&all, things.number.as_str()).replace(&things.task, "TASK")
}

async fn task_of(site: &Site) -> task::Task {
    let mut tx = site.portal.database.read().await.unwrap();
    task::open(&mut tx, &[Compartment::Epds], 10).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_tells_anything_of_it_to_any_role_but_the_nurse() {
    for site in sites().await {
        let mut browser = parent(&site).await;
        let number = file(&mut browser);
        task_news::pass_on(&site.portal, &|_: &str| letter("")).await.unwrap();
        let task = task_of(&site).await;
        let there = Things { number: number.clone(), task: task.task_id.to_string(), ..Things::of_nobody() };
        let nowhere = Things { task: "1".repeat(32), ..Things::of_nobody() };
        let secrets = [
            CANARY.to_owned(),
            number.to_string(),
            number.as_str().replace('-', ""),
            task.task_id.to_string(),
            task.case_id.to_string(),
            "task-banner".to_owned(),
        ];
        for role in Role::ALL.into_iter().filter(|role| *role != Role::Nurse) {
            let other = at_desk(&site, role.as_str(), role).await;
            for row in ROUTES {
                for (path, elsewhere) in paths(row, &there).iter().zip(paths(row, &nowhere)) {
                    let answer = ask(&other, row, path, &there);
                    let found = told(&answer, &there);
                    for secret in secrets.iter() {
                        assert!(
                            !found.contains(secret.as_str()),
                            "{role} {:?} {path} tells {secret}: {found}",
                            row.verb
                        );
                    }
                    if row.path.contains("{receipt_number}") || row.path.contains("{task}") {
                        let nothing = told(&ask(&other, row, &elsewhere, &nowhere), &nowhere);
                        assert_eq!(found, nothing, "{role} {:?} {path}: not as where there is nothing", row.verb);
                    }
                }
            }
        }
        let counters = site.portal.metrics.text();
        for secret in &secrets {
            assert!(!counters.contains(secret.as_str()), "{secret}");
        }
        // The same walk finds it where it may be found: else the search would prove nothing.
        let nurse = at_desk(&site, "nurse1", Role::Nurse).await;
        let mut found = Vec::new();
        for row in ROUTES.iter().filter(|row| row.verb == Verb::Get) {
            let answer = ask(&nurse, row, &path_of(row, &there), &there);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            found.extend((text.contains(CANARY) && text.contains("task-banner")).then_some(row.path));
        }
        for path in ["/staff/tasks", "/staff/queue", "/staff/cases/{receipt_number}"] {
            assert!(found.contains(&path), "{found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_log_nor_the_counters_of_the_program_tell_of_a_task() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("canary.sqlite").display());
    let log = folder.path().join("log");
    let mut environment = settings(folder.path(), &url);
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    environment.insert("MADOGUCHI_METRICS_LISTEN".to_owned(), metrics.to_string());
    environment.insert("MADOGUCHI_LOG".to_owned(), "info,server=trace".to_owned());
    // Nobody listens there: the second channel fails, too.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    environment.insert("MADOGUCHI_ALERT_URL".to_owned(), format!("http://{gone}/canary-hook"));
    let program = Program::start(&environment, &log);
    let people = staff::load(&folder.path().join("data")).unwrap();
    let sample = people.iter().find(|sample| sample.user_id == "nurse1").unwrap();
    let mut nurse = come_in(program.browser(), "nurse1", &sample.password, &sample.passkey);
    let page = nurse.open("/staff/tasks");
    let cards = all(&page.html, "li.card[id^=task-]");
    assert!(!cards.is_empty(), "one of the samples asks for a look: {}", page.text());
    let ids = cards.iter().filter_map(|card| card.value().attr("id")?.strip_prefix("task-").map(str::to_owned));
    let ids: Vec<String> = ids.collect();
    let numbers = page.links().into_iter().filter_map(|link| link.strip_prefix("/staff/cases/").map(str::to_owned));
    let numbers: Vec<String> = numbers.collect();
    for id in &ids {
        nurse.press(&page, &format!("/staff/tasks/{id}/take"), &[]).leads_to("/staff/tasks?tab=mine");
        let word = (format!("done-{id}"), WORD.to_owned());
        let action = format!("/staff/tasks/{id}/done");
        nurse.post(&action, &page.filled_in(&action, &[word])).leads_to("/staff/tasks?tab=done");
    }
    assert!(nurse.open("/staff/tasks?tab=done").text().contains(WORD));
    let counters = Browser::on(metrics).get("/metrics").is(200).text();
    assert!(program.stop().success());
    let log = fs::read_to_string(&log).unwrap();
    assert!(log.contains(r#""route":"/staff/tasks""#), "{log}");
    let secrets =
        ids.into_iter().chain(numbers).chain([WORD, "canary-hook", "staff_task", "item10"].map(str::to_owned));
    for secret in secrets {
        assert!(!log.contains(&secret), "the log holds {secret}");
        assert!(!counters.contains(&secret), "the counters hold {secret}");
    }
}
