#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The page of a case over HTTP: comparison, corrections by the office, photos, the own log.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    access::{Roles, permit_owner},
    ids::ReceiptNumber,
};
use server::store::paper;

use crate::support::{
    filing::file,
    http::{Answer, Browser, Site, sites},
    papers::{document, filed_with, photo},
    review::head,
    staff::{hire, sign_in},
};

async fn at_the_desk(site: &Site, user_id: &str) -> Browser {
    let member = hire(&site.portal, user_id, user_id, Roles::CLERK).await;
    let session = sign_in(&site.portal, &member).await;
    let mut browser = site.browser();
    browser.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
    browser
}

async fn version(browser: &mut Browser, number: &ReceiptNumber) -> String {
    browser.get(&format!("/staff/cases/{number}")).await.value("input[name=version]", "value")
}

async fn give(browser: &mut Browser, number: &ReceiptNumber, command: &str, inputs: &[(&str, &str)]) -> Answer {
    let version = version(browser, number).await;
    let all = [&[("version", version.as_str())], inputs].concat();
    browser.post(&format!("/staff/cases/{number}/{command}"), &all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_compared_with_what_is_said_and_nothing_chosen_is_lost() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let mut desk = at_the_desk(&site, "clerk1").await;
        let home = format!("/staff/cases/{number}");
        give(&mut desk, &number, "claim", &[]).await;
        let documents = [("number", "later"), ("person", "driving_licence")];
        let each = [
            ("compared", "each"),
            ("fact-name", "different"),
            ("fact-birthdate", "same"),
            ("fact-address", "same"),
            ("fact-sex", "not_shown"),
        ];
        let with = [("compared_with", "person_document")];
        for (inputs, input) in [
            (documents.to_vec(), "#compared_with-0"),
            ([&documents[..], &with].concat(), "#compared-0"),
            ([&documents[..], &with, &each].concat(), "#fact-kana-0"),
            ([&documents[..], &[("compared_with", "number_document"), ("compared", "all")]].concat(), "#fact-name-0"),
        ] {
            let half = give(&mut desk, &number, "record_identity", &inputs).await;
            assert_eq!(half.status, 422);
            assert_eq!(half.value(".error-summary a", "href"), input);
            for (name, value) in inputs {
                assert_eq!(
                    half.value(&format!("input[name={name}][checked]"), "value"),
                    value,
                    "what was chosen stays"
                );
            }
        }
        let whole = [&documents[..], &with, &each, &[("fact-kana", "not_shown")]].concat();
        assert_eq!(give(&mut desk, &number, "record_identity", &whole).await.leads_to(), home);
        let page = desk.get(&home).await;
        assert!(page.body.contains("相違（未解消）") && page.body.contains("照合先：身元確認の書類"), "{}", page.body);
        assert_eq!(give(&mut desk, &number, "accept", &[]).await.status, 422);
        let empty = give(&mut desk, &number, "settle_difference", &[("fact", "name"), ("because-name", " ")]).await;
        assert_eq!((empty.status, empty.value(".error-summary a", "href").as_str()), (422, "#comparison"));
        let because = [("fact", "name"), ("because-name", "<b>旧姓</b>の併記を確認")];
        assert_eq!(give(&mut desk, &number, "settle_difference", &because).await.leads_to(), home);
        let page = desk.get(&home).await;
        assert!(page.body.contains("同じ方と確認") && !page.body.contains("<b>旧姓"), "hostile text comes out as text");
        assert_eq!(give(&mut desk, &number, "accept", &[]).await.leads_to(), home);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_put_right_on_a_page_of_its_own_and_old_and_new_stand_side_by_side() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let (mut desk, mut other) = (at_the_desk(&site, "clerk1").await, at_the_desk(&site, "clerk2").await);
        let home = format!("/staff/cases/{number}");
        let amend = format!("{home}/amend/name");
        assert_eq!(desk.get(&amend).await.status, 409, "nobody holds it");
        assert_eq!(give(&mut desk, &number, "claim", &[]).await.leads_to(), home);
        assert_eq!(desk.get(&home).await.value("#answer-name a.amend-link", "href"), amend);
        assert!(!other.get(&home).await.body.contains("amend-link"), "who does not hold it puts nothing right");
        assert_eq!(desk.get(&format!("{home}/amend/filer")).await.status, 404);
        assert_eq!(desk.get(&format!("{home}/amend/no_such_field")).await.status, 404);
        assert_eq!(desk.get(&amend).await.value("input[name=name]", "value"), "髙橋 花子");

        let version = version(&mut desk, &number).await;
        let typed = [("version", version.as_str()), ("name", "高橋 花子"), ("amend_note", "免許証の表記")];
        let unreasoned = desk.post(&amend, &typed).await;
        assert_eq!(
            (unreasoned.status, unreasoned.value(".error-summary a", "href").as_str()),
            (422, "#amend_reason-0")
        );
        assert_eq!(unreasoned.value("input[name=name]", "value"), "高橋 花子", "what was typed stays");
        assert!(unreasoned.body.contains("免許証の表記"));
        let empty = [("version", version.as_str()), ("name", ""), ("amend_reason", "document")];
        let empty = desk.post(&amend, &empty).await;
        assert_eq!((empty.status, empty.value(".error-summary a", "href").as_str()), (422, "#name"));
        assert_eq!(empty.value("input[name=amend_reason][checked]", "value"), "document");
        let typed = [&typed[..], &[("amend_reason", "document")]].concat();
        assert_eq!(desk.post(&amend, &typed).await.leads_to(), format!("{home}#changes"));
        assert_eq!(desk.post(&amend, &typed).await.status, 409, "pressed twice it is done once");
        let page = desk.get(&home).await;
        for text in ["変更の記録", "<mark>髙</mark>", "<mark>高</mark>", "職権で訂正しました", "免許証の表記"]
        {
            assert!(page.body.contains(text), "{text} in {}", page.body);
        }
        assert!(other.get(&home).await.body.contains("前回あなたが開いたとき（第1版）から"), "somebody saw it before");
        assert!(!other.get(&home).await.body.contains("前回あなたが開いたとき"), "now she has seen it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_opens_alone_in_an_origin_of_its_own_and_a_document_is_a_download() {
    for site in sites().await {
        let portal = &site.portal;
        let (account, number) = filed_with(portal, 9, &[photo(1), document(b"<script>1</script>")]).await;
        let case = head(portal, &number).await;
        let permit = permit_owner(account, case.account_id, case.case_id).unwrap();
        let sent = paper::sent_of_case(&mut portal.database.read().await.unwrap(), &permit).await.unwrap();
        let mut desk = at_the_desk(&site, "clerk1").await;
        let address = |place: usize| format!("/staff/cases/{number}/papers/{}/view", sent[place].paper_id);
        let page = desk.get(&format!("/staff/cases/{number}")).await;
        assert!(page.body.contains(&address(0)) && !page.body.contains(&address(1)), "{}", page.body);
        let shown = desk.get(&address(0)).await;
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.starts_with("sandbox; default-src 'none'; img-src data:; style-src 'sha256-"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("allow-"), "{policy}");
        assert_eq!(shown.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(shown.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(shown.header("cache-control"), Some("no-store"));
        assert!(shown.body.contains("data:image/jpeg;base64,/9j/") && !shown.body.contains("<script"));
        assert_eq!(desk.get(&address(1)).await.status, 404, "a PDF is shown nowhere");
        let mut nobody = site.browser();
        assert_eq!(nobody.get(&address(0)).await.status, 303);
        assert!(desk.get(&format!("/staff/cases/{number}")).await.body.contains("写真・書類を開きました"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reads_her_own_log_and_when_she_signed_in_before() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let mut desk = at_the_desk(&site, "clerk1").await;
        let first = desk.get(&format!("/staff/cases/{number}")).await;
        assert!(first.body.contains("この画面の操作と閲覧は記録されています。"));
        assert!(!first.body.contains("前回のサインイン"), "it is the first time");
        give(&mut desk, &number, "claim", &[]).await;
        let log = desk.get("/staff/me/log").await;
        for text in ["サインインしました", "届出を見ました", "担当しました"] {
            assert!(log.body.contains(text), "{text} in {}", log.body);
        }
        assert!(!log.body.contains(number.as_str()), "of cases it names none");
        let mut other = at_the_desk(&site, "clerk2").await;
        assert!(!other.get("/staff/me/log").await.body.contains("担当しました"));
    }
}
