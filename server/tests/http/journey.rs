//! The whole way of a parent without script.

use server::flows::decide::Order;

use super::{FORM, begin, fill_in, page_of_form, send, type_page, type_pages, whole};
use crate::support::{
    browser::inputs,
    page::Page,
    review::{confirm, done, two_clerks},
    site::sites,
};

const MAIL: &str = "hanako@example.jp";

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_without_script_comes_from_the_start_page_to_her_receipt_and_finds_it_again() {
    for site in sites().await {
        let mut browser = site.browser();
        assert!(browser.open("/").links().contains(&FORM.to_owned()), "the start page leads to the form");
        fill_in(&mut browser);
        let check = browser.open(&page_of_form("check"));
        assert!(!check.has_form(&page_of_form("check")), "sending needs a sign-in");
        let sign_in = format!("/sign-in?next={}", page_of_form("check"));
        assert!(check.links().contains(&sign_in), "{:?}", check.links());
        site.sign_in(&mut browser, MAIL, &page_of_form("check")).await.leads_to(&page_of_form("check"));

        let check = browser.open(&page_of_form("check"));
        for shown in ["髙橋 花子", "窓口市𠮷田町1-2-3", "窓口クリニック", "午前、夕方以降"] {
            assert!(check.text().contains(shown), "{shown}");
        }
        assert!(check.text().contains("回答済み"), "what is private is not read out");
        let number = send(&mut browser);
        let receipt = browser.open(&format!("/receipt/{number}"));
        assert!(receipt.text().contains(&number));
        assert!(!receipt.title().contains("妊娠"), "the title is neutral: {}", receipt.title());
        assert!(browser.open("/cases").links().contains(&format!("/cases/{number}")));
        assert!(browser.open(&format!("/cases/{number}")).text().contains(&number));

        // Back and pressed again, from the page that the browser still has.
        let again = browser.press(&check, &page_of_form("check"), &[]);
        again.leads_to(&format!("/receipt/{number}"));
        let second = browser.get(&page_of_form("check"));
        assert_eq!((second.status, second.location()), (303, FORM), "there is no draft left");

        // Another device, other letters for the same number.
        let mut other = site.browser();
        site.sign_in(&mut other, "Hanako@EXAMPLE.jp", "/cases").await.leads_to("/cases");
        let typed = number.replace('-', "").to_lowercase();
        assert!(other.open(&format!("/cases/{typed}")).text().contains(&number));
    }
}

/// The page tells an error, and every input holds what was typed.
fn assert_shown_again(page: &Page, action: &str, typed: &[(&str, &str)]) {
    page.tells_an_error();
    for (name, value) in typed {
        assert_eq!(page.value(action, name), *value);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_is_told_on_top_and_at_the_field_and_nothing_that_was_typed_is_lost() {
    for site in sites().await {
        let mut browser = site.browser();
        let first = begin(&mut browser);
        let who = page_of_form("who");
        let answer = browser.press(&first, &who, &[]).is(422);
        Page::of(&answer).tells_an_error();

        for (page, wrong) in [
            ("name", &[("name", "山田 🎉"), ("name_kana", "Yamada")][..]),
            ("birthdate", &[("birthdate-year", "2001"), ("birthdate-month", "2"), ("birthdate-day", "30")]),
            ("address", &[("postal_code", "12"), ("address", "窓口市\"<b>1"), ("lives_elsewhere", "same")]),
            ("contact", &[("phone", "090-12"), ("phone_hours", "evening")]),
            ("due_date", &[("due_date-year", "2027"), ("due_date-month", ""), ("due_date-day", "1"), ("weeks", "99")]),
            ("diagnosis", &[("diagnosed", "doctor"), ("practitioner", ""), ("clinic", "  ")]),
            ("history", &[("parity", "2"), ("pregnancies", "0"), ("child_order", "x")]),
        ] {
            let address = page_of_form(page);
            let answer = type_page(&mut browser, page, &inputs(wrong)).is(422);
            assert_shown_again(&Page::of(&answer), &address, wrong);
            // A page that is opened again holds it too, without the errors of a page not yet answered.
            let again = browser.open(&address);
            assert!(!again.title().starts_with("エラー"), "{}", again.title());
            for (name, value) in wrong {
                assert_eq!(again.value(&address, name), *value);
            }
        }
        // 確認 leads to the first thing that is missing, with the error shown.
        let answer = browser.get(&page_of_form("check")).is(303);
        assert_eq!(answer.location(), format!("{who}?errors=1&from=check"));
        browser.open(answer.location()).tells_an_error();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_shows_what_was_typed_and_a_change_from_the_last_page_comes_back_to_it() {
    for site in sites().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        let (name, reason) = (page_of_form("name"), page_of_form("reason"));
        let page = browser.open(&name);
        browser.press(&page, &name, &[("name_kana", "はんぶん"), ("then", "back")]).leads_to(&reason);
        assert_eq!(browser.open(&name).value(&name, "name_kana"), "はんぶん", "going back keeps what was typed");
        assert_eq!(browser.open(&reason).value(&reason, "reason"), "new");

        let check = browser.open(&page_of_form("check"));
        let change = format!("{name}?from=check");
        assert!(check.links().contains(&change));
        let page = browser.open(&change);
        browser.press(&page, &name, &[("then", "back")]).leads_to(&page_of_form("check"));
        let answer = browser.press(&page, &name, &[("name_kana", "xyz")]).is(422);
        let answer = browser.press(&Page::of(&answer), &name, &[("name", "髙橋 さくら"), ("name_kana", "たかはし")]);
        answer.leads_to(&page_of_form("check"));
        assert!(browser.open(&page_of_form("check")).text().contains("髙橋 さくら"));

        // A change that opens a question leads to the question before it can be sent.
        let page = browser.open(&format!("{}?from=check", page_of_form("who")));
        browser.press(&page, &page_of_form("who"), &[("filer", "proxy")]).leads_to(&page_of_form("check"));
        let answer = browser.get(&page_of_form("check")).is(303);
        assert_eq!(answer.location(), format!("{}?errors=1&from=check", page_of_form("proxy")));
        let proxy = browser.open(answer.location());
        let typed = [("proxy_name", "髙橋 太郎"), ("proxy_relation", "spouse"), ("proxy_power", "asked")];
        browser.press(&proxy, &page_of_form("proxy"), &typed).leads_to(&page_of_form("check"));
        assert!(browser.open(&page_of_form("check")).text().contains("髙橋 太郎"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_looks_odd_is_asked_once_and_pressing_again_goes_on() {
    for site in sites().await {
        let mut browser = site.browser();
        begin(&mut browser);
        type_pages(&mut browser, &whole());
        let address = page_of_form("due_date");
        let page = browser.open(&address);
        let odd = Page::of(&browser.press(&page, &address, &[("weeks", "20")]).is(422));
        assert!(!odd.title().starts_with("エラー"), "it is no error");
        assert!(odd.text().contains("この内容でよろしいですか"), "{}", odd.text());
        assert_eq!(odd.value(&address, "weeks"), "20");
        browser.press(&odd, &address, &[]).leads_to(&page_of_form("diagnosis"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_was_put_aside_goes_on_in_another_browser_with_the_same_address() {
    for site in sites().await {
        let mut phone = site.browser();
        begin(&mut phone);
        let (first, rest) = {
            let all = whole();
            (all[..5].to_vec(), all[5..].to_vec())
        };
        assert_eq!(type_pages(&mut phone, &first), page_of_form("contact"));
        let contact = page_of_form("contact");
        let page = phone.open(&contact);
        let saved = page_of_form("saved");
        // Half typed, and wrong: it is kept as it is.
        phone.press(&page, &contact, &[("phone", "090-12"), ("then", "save")]).leads_to(&saved);
        let answer = phone.get(&saved).leads_to(&format!("/sign-in?next={saved}"));
        drop(answer);
        site.sign_in(&mut phone, MAIL, &saved).await.leads_to(&saved);
        phone.open(&saved);

        let mut desk = site.browser();
        site.sign_in(&mut desk, MAIL, &contact).await.leads_to(&contact);
        assert_eq!(desk.open(&contact).value(&contact, "phone"), "090-12");
        let start = desk.open(FORM);
        desk.press(&start, FORM, &[]).leads_to(&contact);
        assert_eq!(type_pages(&mut desk, &rest), page_of_form("check"));
        let number = send(&mut desk);

        // The phone shows the same filing, and no draft of it.
        assert!(phone.open(&format!("/receipt/{number}")).text().contains(&number));
        let late = phone.press(&page, &contact, &[("phone", "090-0000-0000")]);
        assert_eq!(late.status, 409, "what was sent is not begun again in silence");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_do_not_overwrite_each_other_in_silence() {
    for site in sites().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        let address = page_of_form("contact");
        let (left, right) = (browser.open(&address), browser.open(&address));
        browser.press(&left, &address, &[("phone", "090-1111-1111")]).is(303);
        let conflict = Page::of(&browser.press(&right, &address, &[("phone", "090-2222-2222")]).is(409));
        assert!(conflict.text().contains("090-1111-1111") && conflict.text().contains("090-2222-2222"));
        assert_eq!(browser.open(&address).value(&address, "phone"), "090-1111-1111", "nothing was overwritten");
        browser.press(&conflict, &address, &[]).is(303);
        assert_eq!(browser.open(&address).value(&address, "phone"), "090-2222-2222", "now it was chosen");
        let conflict = Page::of(&browser.press(&left, &address, &[("phone", "090-3333-3333")]).is(409));
        browser.press(&conflict, &address, &[("choice:phone", "stored")]).is(303);
        assert_eq!(browser.open(&address).value(&address, "phone"), "090-2222-2222", "the stored text was chosen");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_withdraws_her_filing_and_a_draft_can_be_thrown_away() {
    for site in sites().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        let number = send(&mut browser);
        let (case, withdraw) = (format!("/cases/{number}"), format!("/cases/{number}/withdraw"));
        let page = browser.open(&case);
        browser.press(&page, &withdraw, &[]).leads_to(&case);
        assert!(!browser.open(&case).has_form(&withdraw));
        browser.press(&page, &withdraw, &[]).leads_to(&case);

        begin(&mut browser);
        let start = browser.open(FORM);
        browser.press(&start, &format!("{FORM}/discard"), &[]).leads_to(FORM);
        assert!(!browser.open(FORM).has_form(&format!("{FORM}/discard")));
        let signed_in = browser.open("/");
        browser.press(&signed_in, "/sign-out", &[]).leads_to("/");
        let answer = browser.get("/cases");
        assert_eq!((answer.status, answer.location()), (303, "/sign-in?next=/cases"));
        assert!(browser.cookies.is_empty(), "{:?}", browser.cookies.keys().collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_acceptance_a_parent_asks_for_the_withdrawal_and_reads_what_becomes_of_it() {
    for site in sites().await {
        let mut browser = site.browser();
        fill_in(&mut browser);
        site.sign_in(&mut browser, MAIL, "/cases").await.leads_to("/cases");
        let number = send(&mut browser);
        let (case, ask) = (format!("/cases/{number}"), format!("/cases/{number}/ask-to-withdraw"));
        let page = browser.open(&case);
        assert!(!page.has_form(&ask) && page.has_form(&format!("{case}/withdraw")), "it is not accepted yet");
        let (clerks, receipt) = (two_clerks(&site.portal).await, number.parse().expect("a receipt number"));
        confirm(&site.portal, &clerks, &receipt).await;

        let page = browser.open(&case);
        assert!(page.has_form(&ask) && !page.has_form(&format!("{case}/withdraw")));
        assert!(page.text().contains("職員2人が確認して決めます"), "{}", page.text());
        browser.press(&page, &ask, &[]).leads_to(&case);
        browser.press(&page, &ask, &[]).leads_to(&case);
        let asked = browser.open(&case);
        assert!(asked.text().contains("取下げの申出を受け付けました") && !asked.has_form(&ask));
        done(&site.portal, &clerks[0], &receipt, Order::RefuseWithdrawal).await;
        let refused = browser.open(&case);
        assert!(refused.text().contains("取下げの申出は認められませんでした"), "{}", refused.text());
        assert_eq!(browser.press(&page, &ask, &[]).status, 409, "that page is an old one");
        browser.press(&refused, &ask, &[]).leads_to(&case);
        done(&site.portal, &clerks[1], &receipt, Order::ProposeWithdrawal).await;
        done(&site.portal, &clerks[0], &receipt, Order::ConfirmWithdrawal).await;
        let withdrawn = browser.open(&case);
        assert!(withdrawn.text().contains("取下げ") && !withdrawn.text().contains("取下げの申出を受け付けました"));
        assert!(!withdrawn.has_form(&ask));

        let mut nobody = site.browser();
        nobody.press(&refused, &ask, &[]).leads_to(&format!("/sign-in?next={case}"));
        let mut other = site.browser();
        site.sign_in(&mut other, "taro@example.jp", "/cases").await.leads_to("/cases");
        assert_eq!(other.press(&refused, &ask, &[]).status, 404);
        for faulty in [&[][..], &[("version", "x")]] {
            assert_eq!(browser.post(&ask, &inputs(faulty)).status, 400);
        }
    }
}
