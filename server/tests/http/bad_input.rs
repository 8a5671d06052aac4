#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! What no browser of good will sends: a clear answer, nothing lost, nothing told.

use intake::ids::ReceiptNumber;

use super::{FORM, begin, fill_in, page_of_form, send};
use crate::support::{
    browser::{self, Browser, SAME_ORIGIN, inputs},
    page::Page,
    portal::notification,
    process::{Program, settings},
    site::{Site, site, sites},
};

fn post_bytes(browser: &mut Browser, path: &str, body: &[u8]) -> u16 {
    browser.ask("POST", path, &[SAME_ORIGIN, browser::FORM], body).status
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_refused_whole_and_what_is_kept_stays_kept() {
    let site = site().await;
    let mut browser = site.browser();
    fill_in(&mut browser);
    let name = page_of_form("name");
    // Each showing of a page has a name of its own.
    let shown = |browser: &mut Browser| {
        let mut controls = browser.open(&name).controls(&name);
        controls.retain(|(input, _)| input != "page_state");
        controls
    };
    let before = shown(&mut browser);
    let state = browser.open(&name).value(&name, "page_state");
    for body in [
        "name=%",
        "name=%4",
        "name=%zz",
        "name=%ff",
        "name=%C0%AF",
        "name=%ED%A0%80",
        "name=%F8%88%80%80%80",
        "name=%E3%81",
        "%ff=1",
        "role=admin",
        "name%00=1",
        "account_id=1&name=x",
    ] {
        let body = format!("page_state={state}&{body}");
        assert_eq!(post_bytes(&mut browser, &name, body.as_bytes()), 400, "{body}");
    }
    assert_eq!(post_bytes(&mut browser, &name, b"name=\xff\xfe"), 400);
    assert_eq!(post_bytes(&mut browser, &name, "name=1&".repeat(9_000).as_bytes()), 400, "thousands of inputs");
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
        let answer = browser.ask("POST", &name, &[SAME_ORIGIN, ("Content-Type", kind)], b"name=x");
        assert_eq!(answer.status, 415, "{kind}");
    }
    assert_eq!(shown(&mut browser), before);

    for path in ["/cases?x=%ff", "/%ff", "/apply/pregnancy_notification/%00", "/apply/%E3%81/who", "/cases/%2e%2e"] {
        assert!(matches!(browser.get(path).status, 303 | 400 | 404), "{path}");
    }
    let several = browser.get(&format!("{name}?from=check&from=check"));
    assert!(several.status < 500, "{}", several.status);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_no_http_is_refused() {
    let site = site().await;
    let browser = site.browser();
    let host = browser.host.clone();
    for raw in [
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nBad Header\r\n\r\n".to_owned(),
        "GET /\r\n\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n"),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        format!("POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n", "x".repeat(1_000_000)),
        format!("GET /{} HTTP/1.1\r\nHost: {host}\r\n\r\n", "x".repeat(1_000_000)),
    ] {
        let start: String = raw.chars().take(60).collect();
        // Closing without a word is an answer too; taking it for something else is not.
        if let Ok(answer) = browser::exchange(site.address, raw.as_bytes()) {
            assert!((400..500).contains(&answer.status), "{start:?}: {}", answer.status);
        }
    }
    assert_eq!(site.browser().get("/").status, 200, "and goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("large.sqlite").display());
    let program = Program::start(&settings(folder.path(), &url), &folder.path().join("log"));
    let mut browser = program.browser();
    begin(&mut browser);
    let name = page_of_form("name");
    let large = [b"name=".as_slice(), &vec![b'x'; 10 * 1024 * 1024]].concat();
    // Everything is touched once before it is measured.
    assert_eq!(post_bytes(&mut browser, &name, &large), 413);
    let before = program.memory();
    for _ in 0..10 {
        assert_eq!(post_bytes(&mut browser, &name, &large), 413);
        let headers = [SAME_ORIGIN, browser::FORM, ("Content-Length", "10000000000")];
        assert_eq!(browser.ask("POST", &name, &headers, b"name=").status, 413);
        let unknown = browser.ask("POST", &name, &[browser::FORM], &large);
        assert_eq!(unknown.status, 413, "also from a browser that does not say from where");
    }
    let chunked = [("Transfer-Encoding", "chunked"), SAME_ORIGIN, browser::FORM];
    let mut request = browser.request("PUT", &name, &chunked, b"");
    request.splice(..3, *b"POST");
    request.extend(b"4000\r\n".iter().chain(&[b'x'; 0x4000]).chain(b"\r\n").copied().cycle().take(10 * 1024 * 1024));
    assert_eq!(browser::exchange(program.address, &request).unwrap().status, 413, "without an end");
    let grown = program.memory().saturating_sub(before);
    assert!(grown < 16 * 1024, "it holds {grown} kB more");
    assert_eq!(browser.get(&name).status, 200);
}

/// Every choice that opens another question, so that every field is asked.
const OPENING: [(&str, &str); 7] = [
    ("filer", "proxy"),
    ("reason", "moved_in"),
    ("lives_elsewhere", "elsewhere"),
    ("language", "other"),
    ("diagnosed", "midwife"),
    ("occupation", "8"),
    ("homecoming", "yes"),
];

/// The pages with the inputs into which text is typed.
pub(super) fn text_inputs(site: &Site) -> Vec<(String, Vec<String>)> {
    let form = site.portal.catalog.newest(&notification()).unwrap();
    let mut pages: Vec<(String, Vec<String>)> = Vec::new();
    for (page, field) in form.fields() {
        if field.is_choice() {
            continue;
        }
        let inputs = field.inputs().into_iter().filter(|name| !name.ends_with("-declined"));
        match pages.last_mut().filter(|(last, _)| *last == page.id.as_str()) {
            Some((_, all)) => all.extend(inputs),
            None => pages.push((page.id.to_string(), inputs.collect())),
        }
    }
    pages
}

/// Chooses everything that opens a question.
pub(super) fn open_all(browser: &mut Browser) {
    let first = begin(browser);
    let who = page_of_form("who");
    browser.press(&first, &who, &[OPENING[0]]).is(303);
    let pages = ["reason", "address", "language", "diagnosis", "life", "homecoming"];
    for (page, choice) in pages.into_iter().zip(&OPENING[1..]) {
        let address = page_of_form(page);
        let shown = browser.open(&address);
        browser.press(&shown, &address, &[*choice]);
        assert_eq!(browser.open(&address).value(&address, choice.0), choice.1);
    }
}

/// A page reads NUL as U+FFFD and a line end as LF, wherever they stand in it.
pub(super) fn as_read(text: &str) -> String {
    text.replace('\0', "\u{FFFD}").replace("\r\n", "\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_character_that_cannot_be_seen_is_refused_in_every_field_and_what_was_typed_stays() {
    for site in sites().await {
        let mut browser = site.browser();
        open_all(&mut browser);
        let pages = text_inputs(&site);
        assert!(pages.iter().map(|(_, names)| names.len()).sum::<usize>() > 20, "there are many inputs");
        for (page, names) in pages {
            let address = page_of_form(&page);
            let mut shown = browser.open(&address);
            // Who has moved in is not asked when she gave birth.
            for name in names.into_iter().filter(|name| !name.starts_with("born_on")) {
                for character in ['\0', '\u{202E}', '\u{200B}', '\u{FEFF}', '\u{2028}', '\u{7}', '\n'] {
                    let typed = format!("山{character}田");
                    let answer = browser.press(&shown, &address, &[(&name, &typed)]).is(422);
                    shown = Page::of(&answer);
                    shown.tells_an_error();
                    assert_eq!(shown.value(&address, &name), as_read(&typed), "{name}");
                    let about_it =
                        shown.error_links().iter().any(|link| name.starts_with(link.split('-').next().unwrap()));
                    assert!(about_it, "{name}: {:?}", shown.error_links());
                }
                let long = "長".repeat(500);
                shown = Page::of(&browser.press(&shown, &address, &[(&name, &long)]).is(422));
                assert_eq!(shown.value(&address, &name), long, "{name}");
                shown = Page::of(&browser.press(&shown, &address, &[(&name, "\u{1}")]).is(422));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_that_a_form_does_not_offer_is_refused() {
    let site = site().await;
    let mut browser = site.browser();
    begin(&mut browser);
    for (page, name) in [("who", "filer"), ("language", "language"), ("contact", "phone_hours"), ("life", "occupation")]
    {
        let address = page_of_form(page);
        for wrong in [vec!["nothing"], vec!["<script>"], vec!["self", "proxy"]] {
            let shown = browser.open(&address);
            let typed: Vec<(&str, &str)> = wrong.iter().map(|code| (name, *code)).collect();
            let answer = browser.press(&shown, &address, &typed).is(422);
            let shown = Page::of(&answer);
            assert!(shown.error_links().iter().any(|link| link.starts_with(name)), "{name} {wrong:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_of_somebody_else_looks_like_one_that_is_not_there() {
    for site in sites().await {
        let mut hers = site.browser();
        fill_in(&mut hers);
        site.sign_in(&mut hers, "hanako@example.jp", "/cases").await.leads_to("/cases");
        let number = send(&mut hers);
        let mut other = site.browser();
        site.sign_in(&mut other, "taro@example.jp", "/cases").await.leads_to("/cases");
        let nowhere = ReceiptNumber::from_random(rand::random());
        let version = inputs(&[("version", "1")]);
        for shape in ["/receipt/N", "/cases/N", "/cases/N/correct"] {
            let theirs = other.get(&shape.replace('N', &number)).is(404);
            let missing = other.get(&shape.replace('N', nowhere.as_str())).is(404);
            let without_nonce =
                |text: String| text.split("nonce").map(|part| part.get(30..).map(str::to_owned)).collect::<Vec<_>>();
            let path = |text: String, number: &str| text.replace(number, "N");
            assert_eq!(
                without_nonce(path(theirs.text(), &number)),
                without_nonce(path(missing.text(), nowhere.as_str())),
                "{shape}"
            );
        }
        for shape in ["/cases/N/withdraw", "/cases/N/correct"] {
            other.post(&shape.replace('N', &number), &version).is(404);
        }
        for garbage in ["1", "0000-0000-00", "' OR 1=1 --", "%00", "..%2f..", "%E2%98%83", &"A".repeat(5_000)] {
            let path = format!("/cases/{}", garbage.replace(' ', "%20"));
            assert!(matches!(other.get(&path).status, 400 | 404), "{garbage}");
        }
        assert_eq!(hers.get(&format!("/cases/{number}")).status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_longer_fits_the_stage_is_told_and_not_done() {
    for site in sites().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        site.sign_in(&mut browser, "hanako@example.jp", "/cases").await.leads_to("/cases");
        let check = browser.open(&page_of_form("check"));
        let number = send(&mut browser);
        let (withdraw, correct) = (format!("/cases/{number}/withdraw"), format!("/cases/{number}/correct"));
        assert_eq!(browser.get(&correct).status, 409, "nothing is asked of her");
        assert_eq!(browser.post(&correct, &inputs(&[("version", "1"), ("phone", "1")])).status, 409);
        for version in ["", "x", "1 OR 1=1", "99999999999999999999999"] {
            assert_eq!(browser.post(&withdraw, &inputs(&[("version", version)])).status, 400, "{version}");
        }
        assert_eq!(browser.post(&withdraw, &inputs(&[("version", "77")])).status, 409, "an old page");
        assert_eq!(browser.post(&withdraw, &inputs(&[("version", "-1")])).status, 409);
        assert!(browser.open(&format!("/cases/{number}")).has_form(&withdraw), "it still stands");

        for draft in ["", "x", "00000000000000000000000000000000"] {
            let status = browser.post(&page_of_form("check"), &inputs(&[("draft", draft)])).status;
            assert!(matches!(status, 400 | 409), "{draft}: {status}");
        }
        // Another parent presses with this one's draft.
        let mut other = site.browser();
        site.sign_in(&mut other, "taro@example.jp", "/cases").await.leads_to("/cases");
        let stolen = check.controls(&page_of_form("check"));
        let answer = other.post(&page_of_form("check"), &stolen).is(409);
        assert!(!answer.text().contains(&number));
        assert_eq!(other.get(FORM).status, 200);
    }
}
