#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「個人番号」 over HTTP: what the page takes, what no page keeps, and a portal that has nothing to do with it.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use handover::DestinationKeys;
use intake::access::Roles;
use server::{
    flows::{decide::Order, hand_over, staff_sign_in},
    seal::token_hash,
};

use super::{begin, page_of_form, send, type_page, type_pages, whole};
use crate::support::{
    browser::{Browser, FORM as URLENCODED, SAME_ORIGIN, encoded, inputs},
    page::Page,
    portal::Kind,
    review::{confirm, done, two_clerks},
    site::{Site, sites_of},
    staff,
};

const NUMBER: &str = "123456789018";

/// Adds a destination; its number key.
async fn destination(site: &Site) -> String {
    let keys = DestinationKeys::generate("kenko".parse().unwrap()).public();
    hand_over::add_destination(&site.portal, &keys.to_json()).await.unwrap();
    keys.number_recipient
}

fn armor_to(key: &str) -> String {
    let recipient: age::x25519::Recipient = key.parse().unwrap();
    age::encrypt_and_armor(&recipient, NUMBER.as_bytes()).unwrap()
}

/// All that the portal keeps, as bytes.
fn kept(site: &Site) -> Vec<u8> {
    let Some(path) = site.portal.config.database_url.strip_prefix("sqlite:") else { return Vec::new() };
    ["", "-wal", "-shm"].iter().flat_map(|end| std::fs::read(format!("{path}{end}")).unwrap_or_default()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn at_number(browser: &mut Browser) -> String {
    begin(browser);
    let mut pages = whole();
    let last = pages.pop().unwrap();
    type_pages(browser, &pages);
    type_page(browser, &last.0, &last.1).leads_to(&page_of_form("number"));
    page_of_form("number")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_the_page_leads_on_and_with_armor_it_says_that_it_is_there() {
    for site in sites_of(Kind::Sealed).await {
        let key = destination(&site).await;
        let mut browser = site.browser();
        let address = at_number(&mut browser);
        let page = browser.open(&address);
        assert!(page.text().contains("窓口で確認します"), "{}", page.text());
        // Without script there is no field at all, and with it none that has a name.
        assert!(page.controls(&address).iter().all(|(name, _)| name == "then"), "{:?}", page.controls(&address));
        browser.press(&page, &address, &[("then", "next")]).leads_to(&page_of_form("papers"));
        let check = browser.open(&page_of_form("check"));
        assert!(check.text().contains("窓口で伝えます"), "{}", check.text());

        let sent = inputs(&[("then", "next"), ("from", "check"), ("recipient", &key), ("armor", &armor_to(&key))]);
        browser.post(&address, &sent).leads_to(&page_of_form("check"));
        assert!(browser.open(&page_of_form("check")).text().contains("入力済み"));
        browser
            .post(&address, &inputs(&[("then", "remove"), ("from", "check")]))
            .leads_to(&format!("{address}?from=check"));
        assert!(!browser.open(&address).text().contains("入力済み"));
        browser.post(&address, &sent).leads_to(&page_of_form("check"));

        site.sign_in(&mut browser, "hanako@example.jp", &page_of_form("check")).await;
        let number = send(&mut browser);
        let case = format!("/cases/{number}");
        let page = browser.open(&case);
        assert!(
            page.text().contains("入力済み") && page.links().contains(&format!("{case}/number")),
            "{}",
            page.text()
        );
        browser.post(&format!("{case}/number"), &inputs(&[("then", "remove")])).leads_to(&case);
        assert!(browser.open(&case).text().contains("窓口で伝えます"));

        let clerks = two_clerks(&site.portal).await;
        confirm(&site.portal, &clerks, &number.parse().unwrap()).await;
        assert!(!browser.open(&case).links().contains(&format!("{case}/number")), "after the acceptance it stays");
        assert_eq!(browser.get(&format!("{case}/number")).status, 409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_this_page_may_compile_webassembly() {
    for site in sites_of(Kind::Sealed).await {
        destination(&site).await;
        let mut browser = site.browser();
        let address = at_number(&mut browser);
        let policy =
            |browser: &mut Browser, path: &str| browser.get(path).header("content-security-policy").unwrap().to_owned();
        let here = policy(&mut browser, &address);
        assert_eq!(here.contains("'wasm-unsafe-eval'"), server::assets::SEAL_NUMBER.is_some(), "{here}");
        assert!(!here.contains("'unsafe-eval'") && !here.contains("unsafe-inline"), "{here}");
        for other in ["/", &page_of_form("who"), &page_of_form("papers"), &page_of_form("check"), "/privacy"] {
            assert!(!policy(&mut browser, other).contains("wasm"), "{other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_like_a_number_is_refused_wherever_it_stands_and_is_nowhere() {
    for site in sites_of(Kind::Sealed).await {
        let key = destination(&site).await;
        let mut browser = site.browser();
        let address = at_number(&mut browser);
        let armor = armor_to(&key);
        for sent in [
            inputs(&[("then", "next"), ("armor", NUMBER)]),
            inputs(&[("then", "next"), ("number", NUMBER)]),
            inputs(&[("then", "next"), ("number", "")]),
            inputs(&[(NUMBER, "")]),
            inputs(&[("then", "1234-5678-9018")]),
            inputs(&[("then", "next"), ("recipient", NUMBER), ("armor", &armor)]),
            inputs(&[("then", "next"), ("recipient", &key), ("armor", &format!("{armor}１２３４５６７８９０１８"))]),
            inputs(&[("then", "next"), ("armor", &armor)]),
        ] {
            let answer = browser.post(&address, &sent).is(422);
            assert!(!holds(&answer.body, NUMBER), "it is not said back");
            Page::of(&answer).tells_an_error();
        }
        let sent = inputs(&[("then", "next"), ("recipient", &key), ("armor", &armor)]);
        browser.post(&format!("{address}?n=1234%2D5678%2D9018"), &sent).is(422);
        // A browser that does not say from where: elsewhere what it sent is shown again, to be sent once more.
        let plain = encoded(&inputs(&[("armor", NUMBER)]));
        let answer = browser.ask("POST", &address, &[URLENCODED], plain.as_bytes()).is(403);
        assert!(!holds(&answer.body, NUMBER), "{}", String::from_utf8_lossy(&answer.body));
        assert_eq!(
            browser.ask("POST", &address, &[SAME_ORIGIN, ("Content-Type", "text/plain")], plain.as_bytes()).status,
            415
        );
        assert!(browser.open(&address).text().contains("窓口で確認します"), "nothing was kept");
        assert!(!holds(&kept(&site), NUMBER));

        // Sealed to a key that is not the office's: she is asked again.
        let stranger = age::x25519::Identity::generate().to_public().to_string();
        let sent = inputs(&[("then", "next"), ("recipient", &stranger), ("armor", &armor_to(&stranger))]);
        Page::of(&browser.post(&address, &sent).is(409)).tells_an_error();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_in_a_text_is_struck_out_before_anything_is_kept_and_nothing_else_is_lost() {
    for site in sites_of(Kind::Demo).await {
        let mut browser = site.browser();
        begin(&mut browser);
        let address = page_of_form("address");
        let text = "窓口市1-2 番号１２３４－５６７８－９０１８ 電話090-1234-5678";
        let struck = "窓口市1-2 番号＊＊＊＊＊＊＊＊＊＊＊＊ 電話090-1234-5678";
        let typed = inputs(&[("postal_code", "100-0001"), ("address", text), ("lives_elsewhere", "same")]);
        // While typing.
        let page = browser.open(&address);
        let mut saved = page.filled_in(&address, &typed);
        saved.push(("left".to_owned(), String::new()));
        let told = browser.post(&format!("{address}/save"), &saved).is(200).text();
        assert!(told.contains("個人番号"), "{told}");
        assert_eq!(browser.open(&address).value(&address, "address"), struck);
        assert!(!holds(&kept(&site), "１２３４－５６７８－９０１８"));
        // With 次へ, and with 戻る and 保存して中断, which keep without asking otherwise.
        for then in ["next", "back", "save"] {
            let mut typed = typed.clone();
            typed.push(("then".to_owned(), then.to_owned()));
            let answer = type_page(&mut browser, "address", &typed).is(422);
            let page = Page::of(&answer);
            page.tells_an_error();
            assert!(page.text().contains("個人番号（マイナンバー）のようです"), "{}", page.text());
            assert_eq!(page.value(&address, "address"), struck);
            assert_eq!(page.value(&address, "postal_code"), "100-0001");
        }
        // What is left is hers: the next press goes on.
        let page = browser.open(&address);
        browser.press(&page, &address, &[("then", "next")]).is(303);
        assert_eq!(browser.open(&address).value(&address, "address"), struck);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_a_number_is_not_sent() {
    for site in sites_of(Kind::Demo).await {
        let mut browser = site.browser();
        super::fill_in(&mut browser);
        site.sign_in(&mut browser, "hanako@example.jp", &page_of_form("check")).await;
        let case = format!("/cases/{}", send(&mut browser));
        let page = browser.open(&case);
        let action = format!("{case}/messages");
        let answer = browser.press(&page, &action, &[("message", "番号は 1234 5678 9018 です")]).is(422);
        let shown = Page::of(&answer);
        assert_eq!(shown.value(&action, "message"), "番号は ＊＊＊＊＊＊＊＊＊＊＊＊ です");
        assert!(!holds(&kept(&site), "1234 5678 9018"));
        browser.press(&shown, &action, &[]).is(303);
        assert!(browser.open(&case).text().contains("番号は ＊＊＊＊＊＊＊＊＊＊＊＊ です"));
    }
}

/// Words that only somebody says who has to do with the number; the name of the card as proof of identity is none.
fn speaks_of_it(text: &str) -> bool {
    let text = text.replace("個人番号カード", "");
    ["個人番号", "マイナンバー", "番号確認", "My Number", "Individual Number"].iter().any(|word| text.contains(word))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_that_has_nothing_to_do_with_it_never_speaks_of_it() {
    for site in sites_of(Kind::WithoutNumber).await {
        destination(&site).await;
        let mut browser = site.browser();
        let see = |browser: &mut Browser, path: &str| {
            let page = browser.open(path);
            assert!(!speaks_of_it(&page.html.html()), "{path}: {}", page.text());
        };
        for path in [
            "/",
            super::FORM,
            "/apply/epds",
            "/apply/questionnaire",
            "/apply/low_birth_weight",
            "/privacy",
            "/accessibility",
            "/benefit",
            "/moved-in",
            "/help",
            "/mail/help",
            "/sign-in",
        ] {
            see(&mut browser, path);
        }
        assert_eq!(browser.get(&page_of_form("number")).status, 404);
        super::fill_in(&mut browser);
        for (page, _) in whole() {
            see(&mut browser, &page_of_form(&page));
        }
        see(&mut browser, &page_of_form("papers"));
        site.sign_in(&mut browser, "hanako@example.jp", &page_of_form("check")).await;
        see(&mut browser, &page_of_form("check"));
        let number = send(&mut browser);
        for path in [format!("/receipt/{number}"), format!("/cases/{number}"), "/account".to_owned()] {
            see(&mut browser, &path);
        }
        assert_eq!(browser.get(&format!("/cases/{number}/number")).status, 404);

        let member = staff::hire(&site.portal, "clerk1", "person1", Roles::CLERK).await;
        let session = staff::sign_in(&site.portal, &member).await;
        let clerk = staff_sign_in::who(&site.portal, &token_hash(&session)).await.unwrap().unwrap().staff;
        done(&site.portal, &clerk, &number.parse().unwrap(), Order::Claim).await;
        let mut desk = site.browser();
        desk.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
        let case = format!("/staff/cases/{number}");
        for path in ["/staff/queue", &case] {
            see(&mut desk, path);
        }
        let page = desk.open(&case);
        let action = format!("{case}/record_identity");
        assert!(page.controls(&action).iter().all(|(name, _)| name != "number"));
        desk.press(&page, &action, &[("person", "driving_licence")]).leads_to(&case);
        see(&mut desk, &case);
    }
}
