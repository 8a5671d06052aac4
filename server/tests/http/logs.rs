#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! What the real program writes about a journey: logs and counters. Invariant: it is searched for everything that was typed.

use std::{fs, net::TcpListener};

use super::{begin, page_of_form, send, type_pages, whole};
use crate::support::{
    browser::{Browser, inputs},
    page::{Page, all},
    process::{Program, settings},
};

const MARKS: [&str; 6] =
    ["ZmarkerName", "ゼットマーカー", "ZmarkerStreet", "ZmarkerClinic", "zmarker@example.jp", "090-7777-1234"];

/// The pages of a whole 妊娠届 with the marks in it, on whatever day it is.
fn marked() -> Vec<(String, Vec<(String, String)>)> {
    let mut pages = whole();
    for (_, typed) in &mut pages {
        typed.retain(|(name, _)| !name.starts_with("due_date") && name != "weeks");
        for (name, value) in typed {
            match name.as_str() {
                "name" | "practitioner" => MARKS[0].clone_into(value),
                "name_kana" => MARKS[1].clone_into(value),
                "address" => MARKS[2].clone_into(value),
                "clinic" => MARKS[3].clone_into(value),
                "phone" => MARKS[5].clone_into(value),
                _ => {}
            }
        }
    }
    pages
}

/// The code in the demo's newest mail.
fn newest_code(browser: &mut Browser) -> String {
    let outbox = browser.open("/demo/outbox");
    let newest: String = all(&outbox.html, "li.card .letter__text p")[0].text().collect();
    newest.chars().filter(char::is_ascii_digit).collect()
}

/// The whole journey, with what goes wrong on it. What must be told to nobody.
fn travel(browser: &mut Browser) -> Vec<String> {
    begin(browser);
    let name = page_of_form("name");
    let shown = browser.open(&name);
    browser.press(&shown, &name, &[("name", "ZmarkerName 🎉")]).is(422);
    browser.press(&shown, &name, &[("name", "ZmarkerName2")]).is(409);
    browser.get("/nothing/ZmarkerName?name=ZmarkerName").is(404);
    browser.ask("POST", &name, &[], b"name=ZmarkerName").is(403);
    browser.post(&name, &inputs(&[("ZmarkerName", "1")])).is(400);
    browser.press(&Page::of(&browser.clone().get(&name)), &name, &[("name", "")]).is(422);
    assert_eq!(type_pages(browser, &marked()), page_of_form("check"));
    let next = page_of_form("check");
    let sign_in = browser.open(&format!("/sign-in?next={next}"));
    browser.press(&sign_in, "/sign-in", &[("mail", "ZmarkerName@")]).is(422);
    let to_code = browser.press(&sign_in, "/sign-in", &[("mail", MARKS[4])]).is(303);
    let code_page = browser.open(to_code.location());
    let code = newest_code(browser);
    browser.press(&code_page, "/sign-in/code", &[("code", &code)]).leads_to(&next);
    let number = send(browser);
    for path in ["/receipt/N", "/cases/N", "/cases/N/correct", "/cases/N/nothing"] {
        browser.get(&path.replace('N', &number));
    }
    let case = browser.open(&format!("/cases/{number}"));
    browser.press(&case, &format!("/cases/{number}/withdraw"), &[]).is(303);
    let tokens = browser.cookies.values().cloned();
    let plain = number.replace('-', "");
    [number, plain, code].into_iter().chain(tokens).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_the_log_nor_the_counters_hold_anything_of_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("logs.sqlite").display());
    let log = folder.path().join("log");
    let mut environment = settings(folder.path(), &url);
    let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    environment.insert("MADOGUCHI_METRICS_LISTEN".to_owned(), metrics.to_string());
    environment.insert("MADOGUCHI_LOG".to_owned(), "info,server=trace".to_owned());
    let program = Program::start(&environment, &log);
    let mut browser = program.browser();
    let mut secrets = travel(&mut browser);
    secrets.extend(MARKS.map(str::to_owned));
    secrets.extend(["Zmarker".to_owned(), "zmarker".to_owned()]);

    let counters = Browser::on(metrics).get("/metrics").is(200).text();
    assert!(program.stop().success());
    let log = fs::read_to_string(&log).unwrap();
    assert!(log.contains(r#""route":"/receipt/{receipt_number}""#), "the log tells what was done: {log}");
    assert!(counters.contains(r#"route="/receipt/{receipt_number}""#), "{counters}");
    assert!(counters.contains("madoguchi_filed_total"), "{counters}");
    for secret in secrets {
        assert!(!log.contains(&secret), "the log holds {secret}");
        assert!(!counters.contains(&secret), "the counters hold {secret}");
    }
}
