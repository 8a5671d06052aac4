#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Receipt and mail as a browser without script, and a mail program, meet them.

use intake::access::Roles;
use scraper::Html;
use server::{
    flows::remind,
    mail::Mailer,
    store::{Record, Upkeep},
    worker,
};

use super::{fill_in, page_of_form, send};
use crate::support::{
    browser::{Browser, SAME_ORIGIN},
    page::all,
    portal::letter,
    site::{Site, site, sites},
    smtp::{Order, Relay},
    staff,
};

/// Files, and is signed in; the receipt number.
async fn filed(site: &Site, browser: &mut Browser, mail: &str) -> String {
    fill_in(browser);
    site.sign_in(browser, mail, &page_of_form("check")).await.is(303);
    site.portal.clock.advance(1_000_000);
    send(browser)
}

/// The token in the newest reminder.
async fn token(site: &Site, number: &str) -> String {
    let portal = &site.portal;
    let number = number.parse().unwrap();
    let mut tx = portal.database.write().await.unwrap();
    let head = server::store::case::find_by_receipt_number(&mut tx, &number).await.unwrap().unwrap();
    let account = head.account_id.unwrap();
    let told =
        remind::remind(portal, &mut tx, account, Some(head.case_id), "interview_soon", &|_: &str| letter("あす"));
    assert!(told.await.unwrap());
    tx.commit(Record::Upkeep(Upkeep::MailAttempt)).await.unwrap();
    remind::stop_token(&portal.seal, account)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_is_read_aloud_character_by_character_and_leads_to_its_pdf() {
    for site in sites().await {
        let mut browser = site.browser();
        let number = filed(&site, &mut browser, "hanako@example.jp").await;
        let page = browser.open(&format!("/receipt/{number}"));
        let apart = number.chars().filter(|c| *c != '-').map(String::from).collect::<Vec<_>>().join(" ");
        assert!(page.text().replace(',', "").contains(&apart), "{}", page.text());
        assert_eq!(all(&page.html, "svg.qr[role=img][aria-label]").len(), 1);
        let file = format!("/receipt/{number}.pdf");
        assert!(page.links().contains(&file));
        let answer = browser.get(&file).is(200);
        assert_eq!(answer.header("content-type"), Some("application/pdf"));
        assert_eq!(answer.header("content-disposition"), Some("inline; filename=\"receipt.pdf\""));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(answer.body.starts_with(b"%PDF-1."));
        // Another parent finds neither.
        let mut other = site.browser();
        site.sign_in(&mut other, "other@example.jp", "/cases").await.is(303);
        assert_eq!(other.get(&file).status, 404);
        assert_eq!(other.get(&format!("/receipt/{number}")).status, 404);
        assert_eq!(browser.get("/receipt/0000-0000-00.pdf").status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_are_stopped_by_one_press_of_a_mail_program_and_taken_up_in_the_account() {
    for site in sites().await {
        let mut browser = site.browser();
        let number = filed(&site, &mut browser, "hanako@example.jp").await;
        let path = format!("/mail/stop/{}", token(&site, &number).await);
        // Looking stops nothing, and says what will no longer come.
        let mut stranger = site.browser();
        assert!(stranger.open(&path).has_form(&path));
        assert!(stranger.open(&path).has_form(&path));
        // A mail program: no cookie, no origin, and one of the two kinds of body that RFC 8058 allows.
        let multipart =
            "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        for (kind, body) in [
            ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
            ("multipart/form-data; boundary=x", multipart),
        ] {
            site.browser().ask("POST", &path, &[("Content-Type", kind)], body.as_bytes()).is(200);
        }
        assert!(!stranger.open(&path).has_form(&path), "it is done");
        let account = browser.open("/account");
        browser.press(&account, "/account/reminders", &[("reminders", "on")]).leads_to("/account");
        assert!(stranger.open(&path).has_form(&path), "she is reminded again");
        for wrong in ["/mail/stop/AAAA", "/mail/stop/%20"] {
            assert_eq!(stranger.get(wrong).status, 404);
            assert_eq!(stranger.ask("POST", wrong, &[SAME_ORIGIN], b"").status, 404);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_mail_finds_help_that_names_the_domain() {
    let site = site().await;
    let mut browser = site.browser();
    let asked = browser.open("/sign-in");
    let to_code = browser.press(&asked, "/sign-in", &[("mail", "hanako@example.jp")]).is(303);
    assert!(browser.open(to_code.location()).links().contains(&"/mail/help".to_owned()));
    let help = browser.open("/mail/help");
    for word in ["mail.example.jp", "docomo", "au", "SoftBank", "楽天モバイル"] {
        assert!(help.text().contains(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_shows_mail_as_sent_with_its_headers_and_a_link_that_works() {
    let site = site().await;
    let mut browser = site.browser();
    let number = filed(&site, &mut browser, "hanako@example.jp").await;
    site.portal.clock.advance(1_000_000);
    let token = token(&site, &number).await;
    let outbox = browser.open("/demo/outbox");
    assert!(outbox.text().contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"), "{}", outbox.text());
    assert!(outbox.text().contains("Auto-Submitted: auto-generated"));
    let links = outbox.links();
    let stop = links.iter().find(|link| link.contains("/mail/stop/")).unwrap();
    assert!(stop.ends_with(&token), "{stop}");
    assert!(!outbox.text().contains(&number), "mail holds no receipt number");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_read_which_parent_was_not_told_and_see_an_address_only_when_they_open_it() {
    for site in sites().await {
        let mut browser = site.browser();
        let number = filed(&site, &mut browser, "hanako@example.jp").await;
        let relay = Relay::new(&[Order::Recipient(550), Order::Recipient(550)]);
        let smtp =
            server::config::Smtp { url: format!("smtp://127.0.0.1:{}", relay.port), from: "c@example.jp".to_owned() };
        worker::send_due(&site.portal, &Mailer::new(Some(&smtp)).unwrap()).await.unwrap();

        let mut desks = Vec::new();
        for (user, role) in [("clerk", Roles::CLERK), ("admin", Roles::ADMINISTRATOR)] {
            let member = staff::hire(&site.portal, user, user, role).await;
            let session = staff::sign_in(&site.portal, &member).await;
            let mut desk = site.browser();
            use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
            desk.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
            desks.push(desk);
        }
        let list = desks[0].open("/staff/mail");
        assert!(list.text().contains(&number) && list.text().contains("550"), "{}", list.text());
        assert!(!list.text().contains('@'), "an address stands there: {}", list.text());
        let case = desks[0].open(&format!("/staff/cases/{number}"));
        assert!(case.text().contains("電話してください"), "{}", case.text());
        let forms = all(&list.html, "form[action$='/address']");
        let action = forms[0].value().attr("action").unwrap().to_owned();
        let opened = desks[0].press(&list, &action, &[]).is(200).text();
        let opened: String = all(&Html::parse_document(&opened), "main")[0].text().collect();
        assert!(opened.contains("hanako@example.jp"), "{opened}");
        assert!(!desks[0].open("/staff/mail").text().contains('@'), "and not the next time");
        let settle = action.replace("/address", "/settle");
        assert_eq!(desks[1].get("/staff/mail").status, 404);
        assert_eq!(desks[1].ask("POST", &settle, &[SAME_ORIGIN], b"").status, 404);
        desks[0].press(&list, &settle, &[]).leads_to("/staff/mail");
        assert!(!desks[0].open("/staff/mail").text().contains(&number));
    }
}
