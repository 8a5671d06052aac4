#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! The staff's side over HTTP, as a browser without script goes through it; the passkey's part is a key in software.

use intake::{
    access::Roles,
    ids::{CaseId, ReceiptNumber},
};
use server::{
    demo::{authenticator::create, staff as sample},
    routes::{Guard, ROUTES, Verb},
    store::{audit, case},
};

use crate::support::{
    authenticator::{USER_VERIFIED, sign},
    filing::{file, file_as, file_epds, filled_in_by},
    http::{Answer, Browser, Site, sites},
    many::{Copied, fill_up},
    staff::{Member, PASSWORD, hire, invite},
    walker::{Things, path_of},
};

pub(crate) async fn sign_in(site: &Site, member: &Member) -> Browser {
    let mut browser = site.browser();
    let inputs = [("user_id", member.user_id.as_str()), ("password", PASSWORD)];
    let answer = browser.post("/staff/sign-in", &inputs).await;
    assert_eq!(answer.leads_to(), "/staff/sign-in/passkey");
    let asked = browser.get("/staff/sign-in/passkey").await;
    let options = asked.value("form[data-ceremony]", "data-options");
    let ceremony = asked.value("input[name=ceremony]", "value");
    let credential = sign(&member.key, &options, &browser.origin(), USER_VERIFIED, 0);
    let inputs = [("ceremony", ceremony.as_str()), ("credential", credential.as_str())];
    assert_eq!(browser.post("/staff/sign-in/passkey", &inputs).await.leads_to(), "/staff");
    assert!(!browser.cookies.contains_key("staff_password"));
    browser
}

async fn at_work(site: &Site, user_id: &str, roles: impl Into<Roles>) -> Browser {
    let member = hire(&site.portal, user_id, user_id, roles).await;
    sign_in(site, &member).await
}

async fn give(browser: &mut Browser, number: &ReceiptNumber, command: &str, inputs: &[(&str, &str)]) -> Answer {
    let address = format!("/staff/cases/{number}");
    let version = browser.get(&address).await.value("input[name=version]", "value");
    let mut all = vec![("version", version.as_str())];
    all.extend(inputs);
    browser.post(&format!("{address}/{command}"), &all).await
}

const SEEN: [(&str, &str); 4] =
    [("number", "later"), ("person", "driving_licence"), ("compared_with", "person_document"), ("compared", "all")];

#[tokio::test(flavor = "multi_thread")]
async fn a_filing_goes_from_the_queue_through_two_people() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let mut first = at_work(&site, "clerk1", Roles::CLERK).await;
        let mut second = at_work(&site, "clerk2", Roles::CLERK).await;
        assert_eq!(first.get("/staff").await.leads_to(), "/staff/queue");
        let queue = first.get("/staff/queue").await;
        assert_eq!(queue.value(".queue tbody a", "href"), format!("/staff/cases/{number}"));
        assert!(queue.body.contains("髙橋 花子") && queue.body.contains("文字の確認"), "{}", queue.body);

        let home = format!("/staff/cases/{number}");
        assert_eq!(give(&mut first, &number, "claim", &[]).await.leads_to(), home);
        let half = give(&mut first, &number, "record_identity", &[("number", "later")]).await;
        assert_eq!(half.status, 422);
        assert_eq!(half.value(".error-summary a", "href"), "#person-0");
        assert_eq!(half.value("input[name=number][checked]", "value"), "later", "what was chosen stays");
        assert_eq!(give(&mut first, &number, "record_identity", &SEEN).await.leads_to(), home);
        let items = [("voucher_number", "<b>2026-0001"), ("high_risk", "medical"), ("high_risk", "social")];
        assert_eq!(give(&mut first, &number, "edit_staff_items", &items).await.leads_to(), home);
        let page = first.get(&home).await;
        assert_eq!(page.value("#voucher_number", "value"), "<b>2026-0001");
        assert!(!page.body.contains("<b>2026"), "hostile text comes out as text");
        // She came from the queue: it goes on there, and nothing is left of it.
        let on = give(&mut first, &number, "accept", &[]).await.leads_to().to_owned();
        let queue = first.get(&on).await;
        assert_eq!(queue.value(".way-done a", "href"), home);
        assert!(queue.body.contains("すべて終わりました"), "{}", queue.body);
        // The first person's page has no such button; whoever sends it all the same is refused.
        let version = first.get(&home).await.value("input[name=version]", "value");
        let alone = first.post(&format!("{home}/confirm"), &[("version", &version)]).await;
        assert_eq!(alone.status, 422);
        assert_eq!(give(&mut second, &number, "confirm", &[]).await.leads_to(), home);
        assert!(second.get("/staff/queue?tab=handover").await.body.contains(number.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_over_the_office_reads_what_it_did_and_nothing_of_parents_or_of_an_epds() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let (_, epds) = file_epds(&site.portal, 2, [3; 10]).await;
        let mut clerk = at_work(&site, "clerk1", Roles::CLERK).await;
        let mut nurse = at_work(&site, "nurse1", Roles::NURSE).await;
        let mut auditor = at_work(&site, "auditor1", Roles::AUDITOR).await;
        assert_eq!(clerk.get(&format!("/staff/cases/{number}")).await.status, 200);
        assert_eq!(nurse.get(&format!("/staff/cases/{epds}")).await.status, 200);
        assert_eq!(nurse.get("/staff/audit").await.status, 404);
        assert_eq!(auditor.get("/staff").await.leads_to(), "/staff/audit");

        let told = |answer: Answer| {
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.body.split_once("<ol class=\"audit\">").unwrap_or_default().1.to_owned()
        };
        let day = told(auditor.get("/staff/audit").await);
        for here in ["clerk1", "nurse1", number.as_str(), "case_viewed", "届出を見ました", "signed_in"] {
            assert!(day.contains(here), "{here}: {day}");
        }
        // The nurse's look at an EPDS is no line either.
        assert_eq!(day.matches("case_viewed").count(), 1, "{day}");
        for not_here in [epds.as_str(), "submitted", "draft_"] {
            assert!(!day.contains(not_here), "{not_here}: {day}");
        }
        let of_clerk = told(auditor.get("/staff/audit?who=clerk1").await);
        assert!(of_clerk.contains("case_viewed") && !of_clerk.contains("nurse1"), "{of_clerk}");
        let refused = told(auditor.get("/staff/audit?refused=1").await);
        assert!(refused.contains("nurse1") && !refused.contains("case_viewed"), "{refused}");
        let before = told(auditor.get("/staff/audit?day=2020-01-01").await);
        assert_eq!(before, "");
        let of_case = told(auditor.get(&format!("/staff/audit?number={number}")).await);
        assert!(of_case.contains("case_viewed") && !of_case.contains("nurse1"), "{of_case}");
        // One that is there and one that is not are the same to her.
        for unknown in [epds.as_str(), "0000-0000-00"] {
            let answer = auditor.get(&format!("/staff/audit?number={unknown}")).await;
            assert!(!answer.body.contains("class=\"audit\""), "{unknown}: {}", answer.body);
        }
        let wrong = auditor.get("/staff/audit?number=abc").await;
        assert_eq!((wrong.status, wrong.value("#number", "value")), (422, "abc".to_owned()));
        assert_eq!(wrong.value(".error-summary a", "href"), "#number");
        assert!(wrong.body.contains("<h2>2026-11-23</h2>"), "the day stays: {}", wrong.body);
        // An entry of another day, and none at all, are no way round the day.
        for before in ["1", "9223372036854775807", "-9223372036854775808"] {
            let answer = auditor.get(&format!("/staff/audit?day=2020-01-01&before={before}")).await;
            assert!(!answer.body.contains("class=\"audit\""), "{before}: {}", answer.body);
        }
        assert_eq!(auditor.get("/staff/audit?who=nobody").await.status, 404);

        let looked = told(auditor.get("/staff/audit?who=auditor1").await);
        assert!(looked.contains("audit_viewed"), "that she looked is an entry itself: {looked}");
    }
}

/// A failed sign-in counts too, however the log is walked through.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_log_follow_each_other_and_a_failed_sign_in_is_in_them() {
    for site in sites().await {
        let mut auditor = at_work(&site, "auditor1", Roles::AUDITOR).await;
        let member = hire(&site.portal, "clerk1", "clerk1", Roles::CLERK).await;
        let inputs = [("user_id", member.user_id.as_str()), ("password", "wrong")];
        assert_eq!(site.browser().post("/staff/sign-in", &inputs).await.status, 422);
        for _ in 0..205 {
            assert_eq!(auditor.get("/staff/audit?who=clerk1").await.status, 200);
        }
        let newest = auditor.get("/staff/audit").await;
        assert_eq!(newest.body.matches("<time>").count(), 200);
        assert!(!newest.body.contains("signed_in"));
        let older = newest.value("a[href*=before]", "href");
        let older = auditor.get(&older).await;
        assert!(older.body.contains("signed_in") && older.body.contains("サインイン前"), "{}", older.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_case_is_taken_away_as_fhir_by_who_may_and_it_is_recorded() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let mut clerk = at_work(&site, "clerk1", Roles::CLERK).await;
        let mut nurse = at_work(&site, "nurse1", Roles::NURSE).await;
        let mut auditor = at_work(&site, "auditor1", Roles::AUDITOR).await;
        let home = format!("/staff/cases/{number}");
        let address = format!("{home}/fhir.json");
        assert_eq!(nurse.get(&address).await.status, 409, "nobody has accepted it");
        assert!(!nurse.get(&home).await.body.contains("fhir.json"));
        give(&mut clerk, &number, "claim", &[]).await;
        give(&mut clerk, &number, "record_identity", &SEEN).await;
        give(&mut clerk, &number, "edit_staff_items", &[("voucher_number", "2026-0001")]).await;
        give(&mut clerk, &number, "accept", &[]).await;
        assert_eq!(nurse.get(&home).await.value("a[download]", "href"), address);
        assert!(!clerk.get(&home).await.body.contains("fhir.json"));
        for other in [&mut clerk, &mut auditor] {
            assert_eq!(other.get(&address).await.status, 404);
        }
        let answer = nurse.get(&address).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/fhir+json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let name = format!("attachment; filename=\"fhir-{number}.json\"");
        assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
        let bundle: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(intake::fhir::check::bundle(&bundle), []);
        let response = &bundle["entry"][1]["resource"];
        assert_eq!(response["identifier"]["value"], format!("{number}/1"));
        assert_eq!(response["contained"][0]["name"][0]["text"], "髙橋 花子");
        let groups = response["item"].as_array().unwrap();
        assert_eq!(groups.last().unwrap()["item"][0]["answer"][0]["valueString"], "2026-0001");

        let mut tx = site.portal.database.read().await.unwrap();
        let head = case::find_by_receipt_number(&mut tx, &number).await.unwrap().unwrap();
        let entries = audit::of_subject(&mut tx, &audit::Subject::Case(head.case_id), 100).await.unwrap();
        let exports: Vec<&str> =
            entries.iter().filter(|entry| entry.deed == "case_exported").map(|entry| entry.outcome.as_str()).collect();
        assert_eq!(exports, ["done", "refused", "refused"]);
        drop(tx);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_overtaken_is_told_and_loses_nothing() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let mut first = at_work(&site, "clerk1", Roles::CLERK).await;
        let home = format!("/staff/cases/{number}");
        give(&mut first, &number, "claim", &[]).await;
        let faulty =
            [("field", "name"), ("reason-name", ""), ("reason-phone", "つながりません"), ("answer_by", "soon")];
        let again = give(&mut first, &number, "send_back", &faulty).await;
        assert_eq!(again.status, 422);
        assert_eq!(again.value("#reason-phone", "value"), "つながりません");
        assert_eq!(again.value("#answer_by", "value"), "soon");
        let stale =
            [("version", "1"), ("field", "phone"), ("reason-phone", "つながりません"), ("answer_by", "2026-12-01")];
        let told = first.post(&format!("{home}/send_back"), &stale).await;
        assert_eq!(told.status, 409);
        assert!(told.body.contains("つながりません") && told.body.contains("確認中"), "{}", told.body);

        // The session ends while a reason is being written.
        let mut gone = site.browser();
        let kept = gone.post(&format!("{home}/send_back"), &stale).await;
        assert_eq!(kept.status, 401);
        assert_eq!(kept.value("input[name=reason-phone]", "value"), "つながりません");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_answered_over_http_and_keeps_the_passkey_while_the_password_is_put_right() {
    for site in sites().await {
        let (_, token) = invite(&site.portal, "clerk1", "1", Roles::CLERK).await;
        let address = format!("/staff/invitation/{token}");
        let mut browser = site.browser();
        let page = browser.get(&address).await;
        let ceremony = page.value("input[name=ceremony]", "value");
        let (key, credential) = create(&page.value("form[data-ceremony]", "data-options"), &browser.origin()).unwrap();
        let with = |password, again| {
            [("ceremony", ceremony.clone()), ("credential", credential.clone())]
                .into_iter()
                .chain([("password", String::from(password)), ("password_again", String::from(again))])
                .collect::<Vec<_>>()
        };
        let send = async |browser: &mut Browser, inputs: Vec<(&'static str, String)>| {
            let inputs: Vec<_> = inputs.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.post(&address, &inputs).await
        };
        let weak = send(&mut browser, with("1qaz2wsx3edc", "1qaz2wsx3edc")).await;
        assert_eq!(weak.status, 422);
        assert_eq!(weak.value("input[name=credential]", "value"), credential);
        assert!(!weak.body.contains("1qaz2wsx3edc"), "a password is not sent back");
        let done = send(&mut browser, with(PASSWORD, PASSWORD)).await;
        assert_eq!(done.leads_to(), "/staff/sign-in?why=joined");
        assert_eq!(browser.get(&address).await.status, 410, "once");
        assert_eq!(send(&mut browser, with(PASSWORD, PASSWORD)).await.status, 410);
        let id = intake::ids::StaffId::from_random([0; 16]);
        sign_in(&site, &Member { id, user_id: "clerk1".to_owned(), key }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_and_wrong_look_the_same() {
    for site in sites().await {
        hire(&site.portal, "clerk1", "1", Roles::CLERK).await;
        let mut browser = site.browser();
        let mut tries = Vec::new();
        for user_id in ["clerk1", "nobody"] {
            let inputs = [("user_id", user_id), ("password", "wrong wrong wrong")];
            let answer = browser.post("/staff/sign-in", &inputs).await;
            assert_eq!(answer.value("#user_id", "value"), user_id, "the user id stays");
            tries.push((answer.status, answer.body.replace(user_id, "").replace(&nonce(&answer), "")));
        }
        assert_eq!(tries[0], tries[1]);
        assert_eq!(tries[0].0, 422);
    }
}

fn nonce(answer: &Answer) -> String {
    answer.value("script[nonce]", "nonce")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_staff_is_for_nobody() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let things = Things { number: number.clone(), ..Things::of_nobody() };
        let mut nobody = site.browser();
        for row in ROUTES.iter().filter(|row| row.guard == Guard::Staff) {
            let path = path_of(row, &things);
            let answer = match row.verb {
                Verb::Get => nobody.get(&path).await,
                Verb::Post => nobody.post(&path, &[("version", "1"), ("number", number.as_str())]).await,
            };
            assert!(matches!(answer.status, 303 | 401), "{path} {}", answer.status);
            if answer.status == 303 {
                assert_eq!(answer.leads_to(), "/staff/sign-in");
            }
            assert!(!answer.body.contains("髙橋"), "{path} shows a name");
        }
        let mut tx = site.portal.database.read().await.unwrap();
        let kept = case::find_by_receipt_number(&mut tx, &number).await.unwrap().unwrap();
        assert_eq!(kept.version, 1, "nothing was done");
        drop(tx);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_malformed_is_answered_clearly() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let mut clerk = at_work(&site, "clerk1", Roles::CLERK).await;
        let home = format!("/staff/cases/{number}");
        for (path, status) in [
            ("/staff/cases/nonsense".to_owned(), 404),
            (format!("/staff/cases/{}", ReceiptNumber::from_random([1; 9])), 404),
            ("/staff/queue?tab=nonsense".to_owned(), 404),
            ("/staff/queue?after=nonsense".to_owned(), 404),
            (format!("/staff/queue?after=0-{}", CaseId::from_random([0; 16])), 200),
            (format!("{home}/claim"), 405),
        ] {
            let answer = clerk.get(&path).await;
            assert_eq!(answer.status, status, "{path}");
        }
        assert_eq!(clerk.post(&format!("{home}/claim"), &[]).await.status, 400, "no version");
        assert_eq!(clerk.post(&format!("{home}/claim"), &[("version", "x")]).await.status, 400);
        for command in ["seal", "withdraw", "ask_to_withdraw", "settle_imported", "nonsense"] {
            let answer = clerk.post(&format!("{home}/{command}"), &[("version", "1")]).await;
            assert_eq!(answer.status, 404, "{command}");
        }
        assert_eq!(clerk.post("/staff/queue", &[("wanted", "nonsense")]).await.status, 422);
        let found = clerk.post("/staff/queue", &[("wanted", &number.as_str().to_lowercase())]).await;
        assert_eq!(found.leads_to(), home);
        assert_eq!(clerk.post("/staff/sign-out", &[]).await.leads_to(), "/staff/sign-in");
        assert_eq!(clerk.get(&home).await.leads_to(), "/staff/sign-in");
        audit::verify(&mut site.portal.database.read().await.unwrap()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_staff_sign_in_as_everybody_does_and_are_made_once() {
    for site in sites().await {
        let all = sample::make(&site.portal).await.unwrap();
        assert_eq!(sample::make(&site.portal).await.unwrap(), all, "a second start keeps them");
        let roles: Vec<Roles> = all.iter().map(|one| one.role).collect();
        assert_eq!(
            roles,
            [Roles::CLERK, Roles::CLERK, Roles::NURSE, Roles::ADMINISTRATOR, Roles::AUDITOR, Roles::NURSE]
        );
        let keys = site.browser().get("/demo/practice-authenticator.json").await;
        let keys: serde_json::Value = serde_json::from_str(&keys.body).unwrap();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 6);
        let first = &all[0];
        let mut browser = site.browser();
        let inputs = [("user_id", first.user_id.as_str()), ("password", first.password.as_str())];
        assert_eq!(browser.post("/staff/sign-in", &inputs).await.leads_to(), "/staff/sign-in/passkey");
        let asked = browser.get("/staff/sign-in/passkey").await;
        let options = asked.value("form[data-ceremony]", "data-options");
        let credential = sign(&first.passkey, &options, &browser.origin(), USER_VERIFIED, 1);
        let ceremony = asked.value("input[name=ceremony]", "value");
        let inputs = [("ceremony", ceremony.as_str()), ("credential", credential.as_str())];
        assert_eq!(browser.post("/staff/sign-in/passkey", &inputs).await.leads_to(), "/staff");
        assert_eq!(browser.get("/staff/queue").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_are_opened_changed_and_closed_without_script_by_who_may() {
    for site in sites().await {
        let (account, number) = file(&site.portal, 1).await;
        let mut clerk = at_work(&site, "clerk1", Roles::CLERK).await;
        let mut auditor = at_work(&site, "auditor1", Roles::AUDITOR).await;
        assert_eq!(auditor.get("/staff/slots").await.status, 404);
        assert!(!auditor.get("/staff").await.body.contains("/staff/slots"));
        let series = [
            ("from", "2026-11-30"),
            ("to", "2026-12-06"),
            ("weekday", "0"),
            ("weekday", "6"),
            ("open_days", "yes"),
            ("times", "10:00 <b>"),
            ("minutes", "30"),
            ("capacity", "1"),
            ("place", "本庁舎 <1階>"),
            ("mode", "in_person"),
            ("language", "ja"),
            ("language", "vi"),
        ];
        let refused = clerk.post("/staff/slots", &series).await;
        assert_eq!((refused.status, refused.value(".error-summary a", "href").as_str()), (422, "#times"));
        assert_eq!(refused.value("#times", "value"), "10:00 <b>", "what was typed stays");
        assert_eq!(refused.value("input[name=language][value=vi][checked]", "value"), "vi");
        let good = series.map(|(name, value)| (name, if name == "times" { "10:00 10:30" } else { value }));
        let opened = clerk.post("/staff/slots", &good).await;
        assert_eq!(opened.leads_to(), "/staff/slots?week=2026-11-30&new=2&there=0", "the Sunday is left out");
        let week = clerk.get(opened.leads_to()).await;
        assert!(
            week.body.contains("2 件の枠を開きました") && week.body.contains("本庁舎 &lt;1階&gt;"),
            "{}",
            week.body
        );
        let slot = week.value(".queue tbody a", "href");
        let id = slot.strip_prefix("/staff/slots/").unwrap().parse().unwrap();
        server::flows::booking::pick(&site.portal, account, &number, id, None, &server::letters::booking)
            .await
            .unwrap();

        let page = clerk.get(&slot).await;
        assert_eq!(page.value(".queue tbody a", "href"), format!("/staff/cases/{number}"));
        assert!(!page.body.contains("髙橋"), "no name stands in the list");
        assert_eq!(clerk.post(&format!("{slot}/capacity"), &[("capacity", "0")]).await.status, 422);
        assert_eq!(clerk.post(&format!("{slot}/capacity"), &[("capacity", "3")]).await.leads_to(), slot);
        assert!(clerk.get(&slot).await.body.contains("1 / 3"));
        let early = [("number", number.as_str()), ("came", "yes")];
        assert_eq!(clerk.post(&format!("{slot}/attendance"), &early).await.status, 422);
        for path in ["capacity", "close", "attendance"] {
            assert_eq!(auditor.post(&format!("{slot}/{path}"), &early).await.status, 404);
        }
        assert_eq!(clerk.post(&format!("{slot}/close"), &[]).await.leads_to(), slot);
        assert!(clerk.get(&slot).await.body.contains("取り止め"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hand_over_is_looked_at_by_day_and_taken_away_as_csv() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let mut first = at_work(&site, "clerk1", Roles::CLERK).await;
        let mut second = at_work(&site, "clerk2", Roles::CLERK).await;
        let mut auditor = at_work(&site, "auditor1", Roles::AUDITOR).await;
        assert!(first.get("/staff/handover").await.body.contains("すべて合っています"));
        give(&mut first, &number, "claim", &[]).await;
        give(&mut first, &number, "record_identity", &SEEN).await;
        give(&mut first, &number, "accept", &[]).await;
        give(&mut second, &number, "confirm", &[]).await;
        let page = first.get("/staff/handover").await;
        assert_eq!(page.value(".card h3 a", "href"), format!("/staff/cases/{number}"));
        assert!(page.body.contains("引渡し待ち"), "{}", page.body);
        let unlinked = auditor.get("/staff/handover").await;
        assert!(unlinked.body.contains(number.as_str()) && !unlinked.body.contains("/staff/cases/"));
        let differences = first.get("/staff/handover/differences.csv").await.body;
        assert_eq!(
            differences,
            format!("\u{feff}confirmed_on,receipt_number,difference,reason,batch\r\n2026-11-23,{number},waiting,,\r\n")
        );
        let days = first.get("/staff/handover/days.csv").await.body;
        assert!(days.ends_with("withdrawn\r\n2026-11-23,1,0,0,0,0,0,0\r\n"), "{days}");
        assert_eq!(first.get("/staff/handover/other.csv").await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_an_address_that_is_come_back_to_and_orders_for_many_need_no_script() {
    for site in sites().await {
        let (_, one) = file(&site.portal, 1).await;
        let (_, other) = file(&site.portal, 2).await;
        let mut clerk = at_work(&site, "clerk1", Roles::CLERK).await;
        assert_eq!(clerk.get("/staff/queue").await.status, 200, "nothing was looked at before");
        let view = "/staff/queue?tab=new&form=pregnancy_notification&sort=newest";
        assert_eq!(clerk.get(view).await.value(".queue tbody a", "href"), format!("/staff/cases/{other}"));
        assert_eq!(clerk.get("/staff/queue").await.leads_to(), view);
        let wrong = clerk.get("/staff/queue?tab=new&from=yesterday&to=").await;
        assert_eq!((wrong.status, wrong.value("#from", "value")), (422, "yesterday".to_owned()));
        assert_eq!(wrong.value(".error-summary a", "href"), "#from");
        let typed = "カナリア 花子";
        let nothing = clerk.post("/staff/queue", &[("wanted", typed)]).await;
        assert_eq!(
            (nothing.status, nothing.value("#wanted", "value")),
            (422, typed.to_owned()),
            "what was typed stays"
        );
        let several = clerk.post("/staff/queue", &[("wanted", "たかはし")]).await;
        assert_eq!(several.status, 200);
        assert!(several.body.contains(one.as_str()) && several.body.contains(other.as_str()));

        let shown = clerk.get("/staff/queue?tab=new").await;
        let rows = shown.value("form.queue-bulk input[name=shown]", "value");
        let to_nobody =
            [("view", "tab=new"), ("shown", &rows), ("case", rows.split(' ').next().unwrap()), ("order", "assign")];
        let refused = clerk.post("/staff/queue/bulk", &to_nobody).await;
        assert_eq!(
            (refused.status, refused.value("input[name=case][checked]", "value")),
            (422, to_nobody[2].1.to_owned())
        );
        let all = [("view", "tab=new"), ("shown", rows.as_str()), ("all", "yes"), ("order", "claim")];
        let done = clerk.post("/staff/queue/bulk", &all).await;
        assert!(done.status == 200 && done.body.contains("2件を処理しました"), "{}", done.body);
        assert_eq!(done.value("main a.button", "href"), "/staff/queue?tab=new");
        let hostile = [("view", "tab=new"), ("case", "'; DROP TABLE case_file:1"), ("order", "claim")];
        assert_eq!(clerk.post("/staff/queue/bulk", &hostile).await.status, 400);
        assert_eq!(clerk.post("/staff/queue/bulk", &[("view", "tab=x"), ("order", "claim")]).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_on_one_page_are_claimed_with_one_press_and_each_has_its_entry() {
    for site in sites().await {
        let (_, number) = file(&site.portal, 1).await;
        let member = hire(&site.portal, "clerk1", "clerk1", Roles::CLERK).await;
        // A quarter of those that are open is new.
        fill_up(&site.portal, &Copied { number: &number, holders: &[member.id] }, 4_200).await;
        let mut clerk = sign_in(&site, &member).await;
        let shown = clerk.get("/staff/queue?tab=new&rows=500").await;
        let rows = shown.value("form.queue-bulk input[name=shown]", "value");
        assert_eq!(shown.body.matches("name=\"case\"").count(), 500);
        assert_eq!(rows.split(' ').count(), 500);
        // The last was taken by another hand meanwhile.
        let last: ReceiptNumber = rows.rsplit(' ').next().unwrap().split(':').next().unwrap().parse().unwrap();
        let mut other = at_work(&site, "clerk2", Roles::CLERK).await;
        assert_eq!(give(&mut other, &last, "claim", &[]).await.status, 303);
        let all = [("view", "tab=new&rows=500"), ("shown", rows.as_str()), ("all", "yes"), ("order", "claim")];
        let done = clerk.post("/staff/queue/bulk", &all).await;
        assert!(done.status == 200 && done.body.contains("499件を処理しました"), "{}", done.body);
        assert!(done.body.contains(last.as_str()), "the one that was not done is named");
        let again = clerk.post("/staff/queue/bulk", &all).await;
        assert!(again.body.contains("499件を処理しました"), "a second press does nothing twice");
        let mut tx = site.portal.database.read().await.unwrap();
        let entries = audit::of_actor(&mut tx, &audit::Actor::Staff(member.id), 5_000).await.unwrap();
        let claimed = entries.iter().filter(|one| one.deed == "command.claim" && one.outcome == "done").count();
        assert_eq!(claimed, 499);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_filings_stand_side_by_side_and_what_was_typed_stays() {
    for site in sites().await {
        let (_, first) = file(&site.portal, 1).await;
        let mut pages = filled_in_by(1);
        let address = pages.iter_mut().flat_map(|(_, sent)| sent).find(|(input, _)| input == "address").unwrap();
        "窓口市架空町9-9-9".clone_into(&mut address.1);
        let (_, other) = file_as(&site.portal, 2, "another@example.jp", pages).await;
        let mut clerk = at_work(&site, "clerk1", Roles::CLERK).await;
        let queue = clerk.get("/staff/queue").await;
        assert_eq!(queue.body.matches("重複の可能性").count(), 2);
        let case = clerk.get(&format!("/staff/cases/{first}")).await;
        let beside = format!("/staff/cases/{first}/beside/{other}");
        assert_eq!(case.value("#same-person a.button", "href"), beside);
        let page = clerk.get(&beside).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.body.matches("beside__row--differs").count(), 1, "{}", page.body);
        assert!(page.body.contains("窓口市架空町9-9-9") && page.body.contains("窓口市𠮷田町1-2-3"));
        let version = page.value("input[name=version]", "value");
        let mut typed = vec![("version", version.as_str()), ("note", "電話で確認した")];
        let refused = clerk.post(&beside, &typed).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("電話で確認した") && refused.body.contains("href=\"#verdict-0\""));
        typed.push(("verdict", "apart"));
        assert_eq!(clerk.post(&beside, &typed).await.leads_to(), beside);
        let late = clerk.post(&beside, &typed).await;
        assert_eq!(late.status, 409, "somebody was faster");
        assert!(late.body.contains("電話で確認した"));
        let mut nobody = site.browser();
        let answer = nobody.post(&beside, &typed).await;
        assert!(answer.status == 401 && answer.body.contains("電話で確認した"), "nothing typed is lost");
    }
}
