#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Headers and cookies of every kind of answer.

use super::{begin, fill_in, page_of_form};
use crate::support::{
    browser::{Answer, FORM, SAME_ORIGIN, inputs},
    page::{Page, all},
    site::{production, site},
};

fn nonce(answer: &Answer) -> String {
    let policy = answer.header("content-security-policy").unwrap();
    let start = policy.find("'nonce-").unwrap() + 7;
    policy[start..].split('\'').next().unwrap().to_owned()
}

fn assert_protected(what: &str, answer: &Answer) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name}");
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    for part in
        ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "'strict-dynamic'"]
    {
        assert!(policy.contains(part), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(answer.header("server"), None, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_answer_is_protected() {
    let site = site().await;
    let mut browser = site.browser();
    let who = page_of_form("who");
    let style = browser.open("/");
    let style = all(&style.html, "link[rel=stylesheet]")[0].value().attr("href").unwrap().to_owned();
    begin(&mut browser);
    let answers = [
        (200, browser.get("/")),
        (200, browser.get(&who)),
        (200, browser.get(&style)),
        (200, browser.get("/healthz")),
        (200, browser.get("/robots.txt")),
        (200, browser.ask("HEAD", "/", &[], b"")),
        (303, browser.get("/cases")),
        (303, browser.get("/staff")),
        (308, browser.get("/favicon.ico")),
        (404, browser.get("/nothing")),
        (404, browser.get("/staff/nothing")),
        (405, browser.ask("DELETE", "/", &[], b"")),
        // Without what the page held, what was typed before is not overwritten.
        (409, browser.post(&who, &inputs(&[]))),
        (422, browser.post("/sign-in", &inputs(&[]))),
        (403, browser.ask("POST", &who, &[("Sec-Fetch-Site", "cross-site"), FORM], b"")),
        (403, browser.ask("POST", &who, &[FORM], b"filer=self")),
        (400, browser.ask("POST", &who, &[SAME_ORIGIN, FORM], b"%")),
        (413, browser.ask("POST", &who, &[SAME_ORIGIN, FORM], &[b'a'; 70_000])),
        (415, browser.ask("POST", &who, &[SAME_ORIGIN, ("Content-Type", "text/plain")], b"a=1")),
        (401, browser.post("/cases/0000-0000-00/correct", &inputs(&[("version", "1")]))),
        (401, browser.get("/handover/v1/batches")),
        (404, browser.get("/handover/v1/nothing")),
    ];
    for (at, (status, answer)) in answers.iter().enumerate() {
        let what = format!("answer {at}, {}", answer.status);
        // A number of this form need not exist: both say as little.
        assert!(answer.status == *status || (*status == 401 && answer.status == 404), "{what}, not {status}");
        assert_protected(&what, answer);
        let may_be_kept = answer.header("cache-control") != Some("no-store");
        assert_eq!(may_be_kept, at == 2, "{what}: only files may be kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_carry_the_nonce_of_their_answer_and_no_other_script_stands_on_a_page() {
    let site = site().await;
    let mut browser = site.browser();
    fill_in(&mut browser);
    let mut seen = std::collections::BTreeSet::new();
    for path in
        ["/", "/sign-in", "/nothing", "/staff/sign-in", "/demo/outbox", &page_of_form("name"), &page_of_form("check")]
    {
        for _ in 0..2 {
            let answer = browser.get(path);
            let (nonce, page) = (nonce(&answer), Page::of(&answer));
            assert!(nonce.len() >= 22 && seen.insert(nonce.clone()), "a nonce is used once");
            let scripts = all(&page.html, "script");
            assert!(!scripts.is_empty(), "{path}");
            for script in scripts {
                assert_eq!(script.value().attr("nonce"), Some(nonce.as_str()), "{path}");
                assert!(script.value().attr("src").unwrap().starts_with("/static/"), "{path}");
            }
            assert!(all(&page.html, "[style], [onclick], style").is_empty(), "{path}");
        }
    }
}

fn attributes(answer: &Answer, name: &str) -> Vec<String> {
    let cookies = answer.headers.iter().filter(|(header, _)| header == "set-cookie").map(|(_, value)| value);
    let mut cookies = cookies.filter(|cookie| cookie.starts_with(&format!("{name}=")));
    let cookie = cookies.next().unwrap_or_else(|| panic!("no cookie {name}"));
    cookie.split("; ").skip(1).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let site = site().await;
    let mut browser = site.browser();
    let begun = browser.post(super::FORM, &inputs(&[]));
    let signed_in = site.sign_in(&mut browser, "hanako@example.jp", "/cases").await;
    for (answer, name) in [(begun, "browser"), (signed_in, "session")] {
        let found = attributes(&answer, name);
        for wanted in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(found.iter().any(|one| one == wanted), "{name}: {found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_cookies_are_bound_to_the_host_and_the_browser_stays_on_tls() {
    let city = production().await;
    let mut browser = city.browser();
    let begun = browser.post(super::FORM, &inputs(&[]));
    let asked = site_of_another_language(&mut browser);
    for (answer, name) in [(&begun, "__Host-browser"), (&asked, "__Host-locale")] {
        let found = attributes(answer, name);
        for wanted in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
            assert!(found.iter().any(|one| one == wanted), "{name}: {found:?}");
        }
        assert!(!found.iter().any(|one| one.starts_with("Domain")), "{found:?}");
        assert!(answer.header("strict-transport-security").is_some());
    }
    site_signs_in_over_tls(&city, &mut browser).await;
}

fn site_of_another_language(browser: &mut crate::support::browser::Browser) -> Answer {
    browser.post("/language", &inputs(&[("locale", "en"), ("back", "/sign-in")])).leads_to("/sign-in")
}

async fn site_signs_in_over_tls(city: &crate::support::site::Site, browser: &mut crate::support::browser::Browser) {
    let signed_in = city.sign_in(browser, "hanako@example.jp", "/cases").await.leads_to("/cases");
    assert!(attributes(&signed_in, "__Host-session").iter().any(|one| one == "Secure"));
    // A cookie that anybody on the same network could have set has no effect.
    let token = browser.cookies.remove("__Host-session").unwrap();
    browser.cookies.insert("session".to_owned(), token);
    assert_eq!(browser.get("/cases").status, 303);
}
