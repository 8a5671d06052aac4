#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「EPDS」 over HTTP: what a parent reads, what stays behind when she leaves, and what nobody but a nurse ever sees.

use intake::{
    access::Roles,
    time::{HOUR, MINUTE},
};

use super::{fill_in, send};
use crate::support::{
    authenticator::{USER_VERIFIED, sign},
    browser::{Answer, Browser, inputs},
    page::{Page, all},
    portal::{answered_epds, newest_mail},
    site::{Site, production, sites},
    staff::{PASSWORD, hire},
};

const EPDS: &str = "/apply/epds";
const MAIL: &str = "hanako@example.jp";
/// What it comes to stands in no page of a parent.
const VERDICTS: [&str; 10] = ["合計", "得点", "点数", "スコア", "高い", "低い", "陽性", "陰性", "要注意", "score"];

fn at(page: &str) -> String {
    format!("{EPDS}/{page}")
}

/// A parent whose notification is with the office, signed in.
async fn parent(site: &Site) -> Browser {
    let mut browser = site.browser();
    fill_in(&mut browser);
    site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
    send(&mut browser);
    browser
}

fn begin(browser: &mut Browser) {
    let start = browser.open(EPDS);
    browser.press(&start, EPDS, &[]).leads_to(&at("who"));
}

/// Answers pages one after the other; every page that was shown.
fn answer(browser: &mut Browser, positions: [u8; 10], pages: usize) -> Vec<String> {
    let mut shown = Vec::new();
    for (page, typed) in answered_epds(positions).into_iter().take(pages) {
        let address = at(page.as_str());
        let answer = browser.get(&address).is(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "nothing of it is left on the device");
        shown.push(answer.text());
        let sent = Page::of(&answer).filled_in(&address, &typed);
        browser.post(&address, &sent).is(303);
    }
    shown
}

/// A page without what differs between any two filings.
fn plain(text: &str, number: &str) -> String {
    let mut text = text.replace(number, "NUMBER");
    // The number stands there once more for the ear, for the telephone and for another phone's camera.
    let of_number =
        [("<p class=\"visually-hidden\">", "</p>"), ("<p class=\"receipt__spelled\">", "</p>"), ("<svg", "</svg>")];
    let others = [("nonce=\"", "\""), ("name=\"draft\" value=\"", "\""), ("name=\"token\" value=\"", "\"")];
    for (from, to) in others.into_iter().chain(of_number) {
        while let Some(start) = text.find(from) {
            let value = start + from.len();
            let end = value + text[value..].find(to).unwrap();
            text.replace_range(start..end, "");
        }
    }
    text
}

/// Everything that a parent reads from 確認 on: pages and mail.
fn read_on(browser: &mut Browser) -> (String, Vec<String>) {
    let check = browser.get(&at("check")).is(200);
    let sent = browser.press(&Page::of(&check), &at("check"), &[]).is(303);
    let number = sent.location().strip_prefix("/receipt/").unwrap().to_owned();
    let mut pages = vec![check.text()];
    for path in [format!("/receipt/{number}"), "/cases".to_owned(), format!("/cases/{number}")] {
        pages.push(browser.get(&path).is(200).text());
    }
    (number, pages)
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_the_same_afterwards_whatever_the_answers_were() {
    let mut all_read: Vec<Vec<String>> = Vec::new();
    let (lowest, highest) = ([1, 1, 4, 1, 4, 4, 4, 4, 4, 4], [4, 4, 1, 4, 1, 1, 1, 1, 1, 1]);
    for positions in [lowest, highest] {
        for site in sites().await {
            let mut browser = parent(&site).await;
            let notification = browser.open("/cases").links().into_iter().find(|it| it.starts_with("/cases/")).unwrap();
            begin(&mut browser);
            let asked = answer(&mut browser, positions, 15);
            // Two filings of one moment stand in the list in any order.
            site.portal.clock.advance(MINUTE);
            let (number, read) = read_on(&mut browser);
            let (_, mail) = newest_mail(&site.portal).await.unwrap();
            for text in asked.iter().chain(&read).chain([&mail]) {
                for verdict in VERDICTS {
                    assert!(!text.contains(verdict), "{verdict} in {text}");
                }
            }
            let check = &read[0];
            assert_eq!(check.matches("回答済み").count(), 10, "{check}");
            assert!(!read[2].contains("EPDS") && !read[3].contains("EPDS"), "the list has a neutral title");
            let first = notification.rsplit('/').next().unwrap();
            all_read
                .push(read.iter().chain([&mail]).map(|text| plain(&text.replace(first, "FIRST"), &number)).collect());
        }
    }
    for other in &all_read[1..] {
        for (one, other) in all_read[0].iter().zip(other) {
            assert_eq!(one, other);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn items_may_be_skipped_and_it_can_be_withdrawn() {
    for site in sites().await {
        let mut browser = parent(&site).await;
        begin(&mut browser);
        answer(&mut browser, [0; 10], 15);
        let check = browser.open(&at("check"));
        assert_eq!(check.text().matches("回答済み").count(), 0);
        let (number, _) = read_on(&mut browser);
        let case = browser.open(&format!("/cases/{number}"));
        let withdraw = format!("/cases/{number}/withdraw");
        browser.press(&case, &withdraw, &[]).leads_to(&format!("/cases/{number}"));
        assert!(!browser.open(&format!("/cases/{number}")).has_form(&withdraw));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_begun_by_who_has_signed_in_and_goes_with_the_session() {
    for site in sites().await {
        let mut stranger = site.browser();
        let start = stranger.open(EPDS);
        assert!(start.text().contains("この端末には残りません"), "{}", start.text());
        assert!(start.links().contains(&format!("/sign-in?next={EPDS}")) && !start.has_form(EPDS));
        stranger.post(EPDS, &[]).leads_to(&format!("/sign-in?next={EPDS}"));
        stranger.get(&at("question1")).leads_to(&format!("{EPDS}?gone=1"));

        let mut browser = parent(&site).await;
        begin(&mut browser);
        answer(&mut browser, [1; 10], 8);
        let address = at("question4");
        let page = browser.open(&address);
        assert!(all(&page.html, "button[value=save]").is_empty(), "there is nothing to come back to");
        browser.get(&at("saved")).is(404);
        let (_, typed) = answered_epds([1; 10]).remove(8);
        let autosave = page.filled_in(&address, &typed);
        browser.post(&format!("{address}/save"), &autosave).is(200);

        // The same parent on another device.
        let mut desk = site.browser();
        site.sign_in(&mut desk, MAIL, EPDS).await.leads_to(EPDS);
        assert!(!desk.open(EPDS).has_form(&format!("{EPDS}/discard")));
        desk.get(&address).leads_to(&format!("{EPDS}?gone=1"));
        desk.post(&address, &autosave).leads_to(&format!("{EPDS}?gone=1"));
        desk.post(&format!("{address}/save"), &autosave).is(404);
        browser.open(&address);

        let home = browser.open("/");
        browser.press(&home, "/sign-out", &[]).leads_to("/");
        browser.get(&address).leads_to(&format!("{EPDS}?gone=1"));
        browser.post(&address, &autosave).leads_to(&format!("{EPDS}?gone=1"));
        let gone = browser.open(&format!("{EPDS}?gone=1"));
        assert!(gone.text().contains("前の答えは残っていません"), "{}", gone.text());
        site.sign_in(&mut browser, MAIL, EPDS).await.leads_to(EPDS);
        begin(&mut browser);
        browser.get(&at("check")).leads_to(&format!("{}?errors=1&from=check", at("who")));
        assert_eq!(browser.open(&address).controls(&address).iter().filter(|(name, _)| name == "item4").count(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_half_an_hour_without_a_word_the_answers_are_gone_and_the_page_says_so() {
    for site in sites().await {
        let mut browser = parent(&site).await;
        begin(&mut browser);
        answer(&mut browser, [1; 10], 15);
        let check = browser.open(&at("check"));
        site.portal.clock.advance(31 * MINUTE);
        browser.press(&check, &at("check"), &[]).leads_to(&format!("{EPDS}?gone=1"));
        let (page, typed) = answered_epds([1; 10]).remove(14);
        browser.post(&at(page.as_str()), &typed).leads_to(&format!("{EPDS}?gone=1"));
        let gone = browser.open(&format!("{EPDS}?gone=1"));
        assert!(gone.text().contains("何も送られていません"), "{}", gone.text());
        site.portal.clock.advance(HOUR);
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        assert!(!browser.open("/cases").text().contains("質問票"), "nothing was sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_items_are_shown_word_for_word_in_one_language_from_the_first_to_the_last() {
    for site in sites().await {
        let mut browser = parent(&site).await;
        let home = inputs(&[("locale", "en"), ("back", "/")]);
        browser.post("/language", &home).leads_to("/");
        begin(&mut browser);
        answer(&mut browser, [1; 10], 5);
        let pack = site.portal.text_packs.for_language("en").unwrap();
        let japanese = inputs(&[("locale", "ja"), ("back", "/")]);
        for (number, locale) in (1..=10u8).zip(["en", "ja"].into_iter().cycle()) {
            let chosen = if locale == "en" { &home } else { &japanese };
            browser.post("/language", chosen).leads_to("/");
            let page = browser.open(&at(&format!("question{number}")));
            let item = pack.item(number).unwrap();
            let legend: String = all(&page.html, "legend span[lang=en]")[0].text().collect();
            assert_eq!(legend, item.question);
            let options = all(&page.html, ".field__control label span[lang=en]");
            let options: Vec<String> = options.iter().map(|option| option.text().collect()).collect();
            assert_eq!(options, item.options);
            for part in [&pack.title, &pack.reference_period, &pack.source] {
                assert!(page.text().contains(part.as_str()), "{part}");
            }
            let sample = if locale == "en" { "This is sample wording" } else { "練習用の見本の文" };
            assert!(page.text().contains(sample), "{}", page.text());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_stand_above_the_wording_where_pages_have_them_and_are_left_out_elsewhere() {
    for site in sites().await {
        let mut browser = parent(&site).await;
        browser.post("/language", &inputs(&[("locale", "ja-easy"), ("back", "/")])).leads_to("/");
        begin(&mut browser);
        answer(&mut browser, [1; 10], 5);
        let easy = browser.get(&at("question1")).is(200).text();
        assert!(easy.contains("<ruby>見本<rp>") && !easy.contains('《'), "{easy}");
        browser.post("/language", &inputs(&[("locale", "ja"), ("back", "/")])).leads_to("/");
        let plain = browser.get(&at("question1")).is(200).text();
        assert!(!plain.contains("<ruby>") && !plain.contains('《'), "{plain}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_licensed_pack_a_city_does_not_offer_it() {
    let site = production().await;
    let headers = [("X-Forwarded-Proto", "https"), ("Accept", "text/html")];
    let mut browser = site.browser();
    browser.host = "madoguchi.example.jp".to_owned();
    assert!(!browser.ask("GET", "/", &headers, b"").is(200).text().contains(EPDS));
    for path in [EPDS.to_owned(), at("who"), at("check"), at("saved")] {
        let status = browser.ask("GET", &path, &headers, b"").status;
        assert!(status == 404 || (path.ends_with("saved") && status == 303), "{path} {status}");
    }
}

/// A member of staff at the desk.
async fn at_desk(site: &Site, user_id: &str, roles: impl Into<Roles>) -> Browser {
    let member = hire(&site.portal, user_id, user_id, roles).await;
    let mut browser = site.browser();
    let page = browser.open("/staff/sign-in");
    let typed = [("user_id", user_id), ("password", PASSWORD)];
    browser.press(&page, "/staff/sign-in", &typed).leads_to("/staff/sign-in/passkey");
    let asked = browser.open("/staff/sign-in/passkey");
    let options = all(&asked.html, "form[data-ceremony]")[0].value().attr("data-options").unwrap().to_owned();
    let ceremony = asked.value("/staff/sign-in/passkey", "ceremony");
    let origin = format!("http://{}", browser.host);
    let credential = sign(&member.key, &options, &origin, USER_VERIFIED, 0);
    let sent = inputs(&[("ceremony", &ceremony), ("credential", &credential)]);
    browser.post("/staff/sign-in/passkey", &sent).leads_to("/staff");
    browser
}

const COMMANDS: [&str; 12] = [
    "claim",
    "release",
    "accept",
    "confirm",
    "reopen",
    "decline",
    "correct",
    "visited",
    "ask_to_visit",
    "record_identity",
    "send_back",
    "propose_withdrawal",
];

/// Everything that somebody of the staff can ask for about a case.
fn asked_of(browser: &mut Browser, number: &str) -> Vec<Answer> {
    let mut all = vec![browser.get("/staff")];
    for tab in ["new", "mine", "sent_back", "second", "withdrawal", "handover", "held", "done"] {
        all.push(browser.get(&format!("/staff/queue?tab={tab}")));
    }
    all.push(browser.post("/staff/queue", &inputs(&[("number", number)])));
    all.push(browser.get(&format!("/staff/cases/{number}")));
    for command in COMMANDS {
        let sent = inputs(&[("version", "1"), ("number", "later"), ("person", "passport")]);
        all.push(browser.post(&format!("/staff/cases/{number}/{command}"), &sent));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_it_is_in_any_answer_to_anybody_but_a_nurse() {
    const CANARY: &str = "カナリア 黄";
    for site in sites().await {
        let mut clerk = at_desk(&site, "clerk1", Roles::CLERK).await;
        let mut browser = parent(&site).await;
        let before = asked_of(&mut clerk, "0000-0000-00");
        begin(&mut browser);
        let mut pages = answered_epds([2, 3, 2, 3, 3, 3, 2, 3, 3, 3]);
        for (page, typed) in &mut pages {
            for (_, value) in typed.iter_mut().filter(|(name, _)| name == "name") {
                CANARY.clone_into(value);
            }
            let address = at(page.as_str());
            let shown = browser.open(&address);
            browser.post(&address, &shown.filled_in(&address, typed)).is(303);
        }
        let (number, _) = read_on(&mut browser);

        let after = asked_of(&mut clerk, &number);
        for (before, after) in before.iter().zip(&after) {
            assert_eq!(before.status, after.status);
            // Byte for byte what stands there about a number that there is not.
            let without = |answer: &Answer, number: &str| plain(&answer.text(), number);
            assert_eq!(without(before, "0000-0000-00"), without(after, &number));
        }
        for role in [Roles::ADMINISTRATOR, Roles::AUDITOR] {
            let mut other = at_desk(&site, &role.to_string(), role).await;
            for answer in asked_of(&mut other, &number) {
                assert!(!answer.text().contains(CANARY), "{}", answer.text());
                assert!(matches!(answer.status, 200 | 303 | 404), "{}", answer.status);
            }
        }

        let mut nurse = at_desk(&site, "nurse1", Roles::NURSE).await;
        let queue = nurse.open("/staff/queue");
        assert!(queue.text().contains(CANARY) && queue.text().contains(&number));
        nurse.post("/staff/queue", &inputs(&[("number", &number)])).leads_to(&format!("/staff/cases/{number}"));
        let case = nurse.open(&format!("/staff/cases/{number}"));
        let pack = site.portal.text_packs.for_language("ja").unwrap();
        for shown in
            ["合計", "14点", "項目10", "産後1か月", "自分を傷つけたい気持ち", &pack.item(10).unwrap().options[2]]
        {
            assert!(case.text().contains(shown), "{shown} in {}", case.text());
        }
        for verdict in ["陽性", "要支援", "高い", "低い"] {
            assert!(!case.text().contains(verdict), "{verdict}");
        }
        nurse.press(&case, &format!("/staff/cases/{number}/claim"), &[]).is(303);
        let held = nurse.open(&format!("/staff/cases/{number}"));
        let named: Vec<_> =
            all(&held.html, "input[name=field]").iter().filter_map(|it| it.value().attr("value")).collect();
        assert!(!named.is_empty() && named.iter().all(|field| !field.starts_with("item")), "{named:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_than_ten_answers_make_no_total() {
    for site in sites().await {
        let mut browser = parent(&site).await;
        begin(&mut browser);
        answer(&mut browser, [2, 3, 2, 3, 3, 3, 0, 3, 3, 3], 15);
        let (number, _) = read_on(&mut browser);
        let mut nurse = at_desk(&site, "nurse1", Roles::NURSE).await;
        let case = nurse.open(&format!("/staff/cases/{number}"));
        assert!(case.text().contains("合計なし（1問未回答）"), "{}", case.text());
        assert!(!case.text().contains("14点") && !case.text().contains("12点"), "{}", case.text());
    }
}
