#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The house rules that no compiler keeps: who may import whom (architecture.md §3), and what no file may hold.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("..")
}

fn rust_files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Every file below a folder of the repository, with its text.
fn files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    rust_files(&root().join(folder), &mut found);
    assert!(!found.is_empty(), "{folder} holds no file");
    found
}

/// The lines of a file that are code, with their numbers: no comments, and nothing after the tests begin.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let before_tests = text.lines().take_while(|line| *line != "#[cfg(test)]");
    before_tests.enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(at, line)| (at + 1, line))
}

/// Where one of the words stands in a room, but for the files that may.
fn found_in(folder: &str, words: &[&str], but_in: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for (name, text) in files(folder) {
        if but_in.iter().any(|allowed| name.ends_with(allowed)) {
            continue;
        }
        for (number, line) in code(&text) {
            places.extend(
                words.iter().filter(|word| line.contains(**word)).map(|word| format!("{name}:{number}: {word}")),
            );
        }
    }
    places
}

#[test]
fn the_rules_of_the_office_know_no_web_no_database_no_clock_and_no_chance() {
    let foreign =
        ["actix", "leptos", "sqlx", "tokio", "tracing", "rand::", "SystemTime", "std::fs", "std::env", "std::net"];
    assert_eq!(found_in("app/intake/src", &foreign, &[]), [""; 0]);
}

#[test]
fn pages_know_no_server() {
    assert_eq!(found_in("app/src", &["actix", "sqlx", "server::", "tokio"], &[]), [""; 0]);
}

#[test]
fn the_web_opens_no_transaction_but_for_sessions_health_and_the_demo() {
    let allowed = ["web/guard.rs", "web/health.rs", "web/demo.rs"];
    assert_eq!(found_in("server/src/web", &["sqlx", ".database."], &allowed), [""; 0]);
}

#[test]
fn a_deed_knows_no_web_no_page_and_no_mail_relay() {
    let foreign = ["actix", "leptos", "lettre", "app::", "crate::web", "crate::mail"];
    assert_eq!(found_in("server/src/flows", &foreign, &[]), [""; 0]);
}

#[test]
fn the_client_of_the_identity_provider_knows_no_web_and_no_database() {
    let foreign = ["sqlx", "actix", "leptos", "app::", ".database.", "crate::web", "crate::flows", "crate::store"];
    assert_eq!(found_in("server/src/oidc", &foreign, &[]), [""; 0]);
}

#[test]
fn the_store_knows_nobody_above_it_and_only_the_store_knows_sql() {
    let above = ["crate::web", "crate::flows", "crate::worker", "actix", "app::"];
    assert_eq!(found_in("server/src/store", &above, &[]), [""; 0]);
    let sql = ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE ", "sqlx::query"];
    for room in ["web", "flows", "worker", "demo", "cli"] {
        assert_eq!(found_in(&format!("server/src/{room}"), &sql, &[]), [""; 0]);
    }
}

#[test]
fn the_format_of_batches_knows_no_database_and_no_web() {
    assert_eq!(found_in("server/handover/src", &["sqlx", "actix", "server::", "tokio"], &[]), [""; 0]);
    assert_eq!(found_in("server/importer/src", &["actix", "server::", "leptos"], &[]), [""; 0]);
}

#[test]
fn signatures_are_verified_without_network_database_clock_and_files() {
    let foreign = [
        "sqlx",
        "actix",
        "tokio",
        "ureq",
        "crate::store",
        "crate::flows",
        "std::fs",
        "std::net",
        "SystemTime",
        "rand::",
    ];
    assert_eq!(found_in("server/src/jpki", &foreign, &[]), [""; 0]);
}

#[test]
fn no_page_writes_html_past_the_escaping_and_one_component_makes_every_text_area() {
    assert_eq!(found_in("app/src", &["inner_html"], &[]), [""; 0]);
    assert_eq!(found_in("app/src", &["<textarea"], &["app/src/fields.rs"]), [""; 0]);
}

#[test]
fn every_file_says_what_it_is_and_none_switches_a_check_off() {
    for folder in [
        "app/src",
        "app/intake/src",
        "app/seal-number/src",
        "server/src",
        "server/handover/src",
        "server/importer/src",
        "server/tests",
    ] {
        for (name, text) in files(folder) {
            let first = text.lines().find(|line| !line.starts_with("#![")).unwrap_or_default();
            assert!(first.starts_with("//!"), "{name} does not say what it is");
            for off in [
                concat!("#[", "allow("),
                concat!("#[", "ignore"),
                concat!("to", "do!("),
                concat!("un", "implemented!("),
            ] {
                assert!(!text.contains(off), "{name} holds {off}");
            }
        }
    }
}
