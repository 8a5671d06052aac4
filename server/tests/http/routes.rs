//! Every route asked by nobody, by the wrong method, and on the wrong server.

use server::routes::{Guard, ROUTES, Row, Verb};

use crate::support::{
    browser::{Browser, FORM, SAME_ORIGIN},
    site::{production, site, sites},
    walker::{self, Things},
};

/// A path of the route: well-formed, of nobody.
fn path_of(row: &Row) -> String {
    walker::path_of(row, &Things::of_nobody())
}

fn ask(browser: &mut Browser, row: &Row, path: &str) -> crate::support::browser::Answer {
    match row.verb {
        Verb::Get => browser.get(path),
        Verb::Post => browser.ask("POST", path, &[SAME_ORIGIN, FORM], b""),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_needs_somebody_tells_nobody_anything() {
    for site in sites().await {
        for row in ROUTES {
            // A browser whose cookies were made up, besides one without any.
            for cookie in [None, Some("A".repeat(43)), Some("not base64 ☃".to_owned())] {
                let mut browser = site.browser();
                for name in ["session", "browser", "staff_session", "staff_password"] {
                    browser.cookies.extend(cookie.clone().map(|token| (name.to_owned(), token)));
                }
                let path = path_of(row);
                let answer = ask(&mut browser, row, &path);
                let what = format!("{:?} {path}: {} {}", row.verb, answer.status, answer.location());
                match row.guard {
                    Guard::Citizen if answer.status == 303 => {
                        assert!(answer.location().starts_with("/sign-in?next=/"), "{what}");
                    }
                    Guard::Staff if answer.status == 303 => assert_eq!(answer.location(), "/staff/sign-in", "{what}"),
                    Guard::Citizen | Guard::Staff => assert!(matches!(answer.status, 401 | 404), "{what}"),
                    Guard::ImportJob => assert_eq!(answer.status, 401, "{what}"),
                    Guard::Anybody => assert!(answer.status < 500, "{what}"),
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_route_has_is_not_found() {
    let site = site().await;
    let mut browser = site.browser();
    for path in [
        "/nothing",
        "/apply",
        "/apply/pregnancy_notification/nothing",
        "/apply/pregnancy_notification/who/",
        "/apply/nothing/who",
        "/apply/Pregnancy_Notification",
        "//",
        "/static/../Cargo.toml",
        "/static/%2e%2e%2fCargo.toml",
        "/cases/",
        "/staff/",
        "/metrics",
        "/.env",
        "/handover/v2/batches",
    ] {
        let answer = browser.get(path);
        assert_eq!(answer.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_route_does_not_have_is_refused() {
    let site = site().await;
    let mut browser = site.browser();
    for row in ROUTES {
        let has = |verb: Verb| ROUTES.iter().any(|other| other.path == row.path && other.verb == verb);
        let path = path_of(row);
        let mut methods = vec!["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"];
        methods.extend((!has(Verb::Get)).then_some("GET"));
        methods.extend((!has(Verb::Post)).then_some("POST"));
        for method in methods {
            let answer = browser.ask(method, &path, &[SAME_ORIGIN], b"");
            // Another route may fit the path as well: `/apply/{form}/discard` is a page's address by its shape.
            let other = matches!(method, "GET" | "POST") && answer.status == 303;
            assert!(other || matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_production_server_has_nothing_of_the_demo() {
    let (demo, city) = (site().await, production().await);
    for row in ROUTES.iter().filter(|row| row.demo) {
        let path = path_of(row);
        assert_eq!(ask(&mut city.browser(), row, &path).status, 404, "{path}");
        // 「下見」 is a demo of its own (`forms preview`); its tests are with the forms of a city.
        let only_in_the_preview = path.starts_with("/preview/");
        assert_eq!(ask(&mut demo.browser(), row, &path).status == 404, only_in_the_preview, "{path}");
    }
    let start = city.browser().get("/").is(200).text();
    assert!(!start.contains("/demo") && !start.contains("practice"), "{start}");
    let demo_files = demo.browser().get("/demo/outbox").is(200).text();
    for script in demo_files.split('"').filter(|text| text.starts_with("/static/") && text.contains("practice")) {
        assert_eq!(city.browser().get(script).status, 404, "{script}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_called_localhost() {
    let site = site().await;
    let mut browser = site.browser();
    let name = browser.host.clone();
    browser.host = site.address.to_string();
    let answer = browser.get("/apply/pregnancy_notification?x=1");
    assert_eq!(answer.status, 307);
    assert_eq!(answer.location(), format!("http://{name}/apply/pregnancy_notification?x=1"));
}
