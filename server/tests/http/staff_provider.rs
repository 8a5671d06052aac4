#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「共通基盤」 Staff signed in by the city's own provider, over HTTP. Invariant: who may act is asked of the provider at every
//! sign-in, and whoever it takes off is out at the next request.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use intake::{access::Roles, ids::StaffId};
use server::{
    demo::{
        authenticator::{SoftwarePasskey, create},
        practice_provider::{Fault, RealmName},
    },
    flows::staff_sign_in::{self, Joined, Joining},
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record,
        audit::{self, Actor, Deed, Subject},
        session,
        staff::{self, Staff},
    },
};

use crate::support::{
    authenticator::{USER_VERIFIED, sign},
    browser::{Answer, Browser, FORM, SAME_ORIGIN, encoded, inputs},
    card_provider::CLIENT_ID,
    page::all,
    site::{Site, sites_with_cards},
    staff::hire,
};

const MINUTE: i64 = 60_000_000;

fn to_provider(browser: &mut Browser) -> Answer {
    let page = browser.open("/staff/sign-in");
    browser.press(&page, "/staff/sign-in/provider", &[]).is(303)
}

/// The whole way to the provider and back.
fn by_provider(site: &Site, browser: &mut Browser, chosen: &[(&str, &str)]) -> Answer {
    // What is signed out at one instant stays so for what began at the same.
    site.portal.clock.advance(1_000_000);
    let at_provider = to_provider(browser);
    let back = site.choose(&at_provider, chosen);
    browser.get(&back)
}

#[track_caller]
fn signed_in(answer: &Answer) {
    assert_eq!((answer.status, answer.header("refresh")), (200, Some("0; url=/staff")), "{}", answer.location());
}

#[track_caller]
fn refused(browser: &mut Browser, answer: Answer, why: &str) {
    answer.leads_to(&format!("/staff/sign-in?why={why}"));
    let page = browser.open(&format!("/staff/sign-in?why={why}"));
    page.tells_an_error();
    assert!(!page.text().contains("provider-trouble"), "a sentence is missing: {why}");
    browser.get("/staff").leads_to("/staff/sign-in");
}

async fn everybody(site: &Site) -> Vec<Staff> {
    staff::list(&mut site.portal.database.read().await.unwrap()).await.unwrap()
}

async fn entries(site: &Site) -> Vec<(String, String, String)> {
    let mut tx = site.portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    let all = audit::after(&mut tx, 0, 1_000).await.unwrap();
    all.into_iter().map(|entry| (entry.deed, entry.outcome, entry.detail)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_one_group_is_signed_in_with_its_role_and_found_again() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        signed_in(&by_provider(&site, &mut browser, &[("person", "nanami")]));
        let page = browser.open("/staff/queue");
        assert!(all(&page.html, ".staff-bar")[0].text().collect::<String>().contains("見本 七実"));
        signed_in(&by_provider(&site, &mut site.browser(), &[("person", "nanami")]));
        signed_in(&by_provider(&site, &mut site.browser(), &[("person", "yae")]));
        let members = everybody(&site).await;
        let roles: Vec<(&str, Roles, bool)> =
            members.iter().map(|one| (one.person_id.as_str(), one.roles, one.user_id.starts_with("oidc:"))).collect();
        assert_eq!(members.len(), 2, "{roles:?}");
        assert!(roles.contains(&("E-0007", Roles::CLERK, true)) && roles.contains(&("E-0008", Roles::NURSE, true)));
        let subject = site.provider().practice.subject(RealmName::Staff, CLIENT_ID, "nanami");
        let told = entries(&site).await;
        assert!(told.iter().all(|(.., detail)| !detail.contains(&subject) && !detail.contains("七実")));
        let deeds: Vec<&str> =
            told.iter().map(|(deed, ..)| deed.as_str()).filter(|deed| deed.contains("staff_p")).collect();
        assert_eq!(deeds, ["staff_provided", "staff_provided"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_role_or_several_or_is_disabled_is_not_let_in_and_is_out_of_what_runs() {
    for site in sites_with_cards().await {
        for (person, why) in [("momoe", "no-access"), ("chie", "several-roles")] {
            let mut browser = site.browser();
            let answer = by_provider(&site, &mut browser, &[("person", person)]);
            refused(&mut browser, answer, why);
        }
        assert_eq!(everybody(&site).await.len(), 0, "no account is made for who has no access");

        let mut at_work = site.browser();
        signed_in(&by_provider(&site, &mut at_work, &[("person", "nanami")]));
        at_work.open("/staff/queue");
        // The groups are read at every sign-in: another role, then none.
        assert!(site.provider().practice.set_groups("nanami", &["boshi-nurses"]));
        signed_in(&by_provider(&site, &mut site.browser(), &[("person", "nanami")]));
        assert_eq!(everybody(&site).await[0].roles, Roles::NURSE);
        site.provider().practice.set_groups("nanami", &["library"]);
        let mut browser = site.browser();
        let answer = by_provider(&site, &mut browser, &[("person", "nanami")]);
        refused(&mut browser, answer, "no-access");
        at_work.get("/staff/queue").leads_to("/staff/sign-in");

        // `madoguchi staff disable`: the same body as for somebody who has no access.
        site.provider().practice.set_groups("nanami", &["boshi-clerks"]);
        let id = everybody(&site).await[0].staff_id;
        disable(&site, id).await;
        let answer = by_provider(&site, &mut browser, &[("person", "nanami")]);
        refused(&mut browser, answer, "no-access");
        let reasons: Vec<String> = entries(&site)
            .await
            .into_iter()
            .filter(|(deed, outcome, _)| deed == "signed_in" && outcome == "refused")
            .map(|(.., detail)| detail)
            .collect();
        assert_eq!(reasons.len(), 4, "{reasons:?}");
        assert!(reasons.iter().all(|detail| detail.contains("provider")), "{reasons:?}");
    }
}

async fn disable(site: &Site, id: StaffId) {
    let now = site.portal.clock.now();
    let mut tx = site.portal.database.write().await.unwrap();
    assert!(staff::disable(&mut tx, id, now).await.unwrap());
    session::delete_for_staff(&mut tx, id).await.unwrap();
    let entry = AuditEntry::done(now, Actor::Operator, Deed::StaffDisabled).on(Subject::Staff(id));
    tx.commit(Record::Deed(entry)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_disabled_is_out_at_the_next_request() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        signed_in(&by_provider(&site, &mut browser, &[("person", "nanami")]));
        browser.open("/staff/queue");
        let id = everybody(&site).await[0].staff_id;
        disable(&site, id).await;
        browser.get("/staff/queue").leads_to("/staff/sign-in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_city_takes_off_its_directory_is_out_at_the_next_request() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        signed_in(&by_provider(&site, &mut browser, &[("person", "nanami")]));
        let mut other = site.browser();
        signed_in(&by_provider(&site, &mut other, &[("person", "yae")]));
        // A sign-in that is under way when she is taken off: the code is there, and is not redeemed yet.
        let mut under_way = site.browser();
        let at_provider = to_provider(&mut under_way);
        site.portal.clock.advance(1_000_000);
        assert!(site.provider().practice.set_listed("nanami", false).await);
        browser.get("/staff/queue").leads_to("/staff/sign-in");
        other.open("/staff/queue");
        let back = site.choose(&at_provider, &[("person", "nanami")]);
        let answer = under_way.get(&back);
        refused(&mut under_way, answer, "stopped");
        // On it again, she signs in again.
        assert!(site.provider().practice.set_listed("nanami", true).await);
        signed_in(&by_provider(&site, &mut browser, &[("person", "nanami")]));
        let deeds: Vec<String> = entries(&site).await.into_iter().map(|(deed, ..)| deed).collect();
        assert_eq!(deeds.iter().filter(|deed| *deed == "staff_signed_out_by_provider").count(), 1);
    }
}

/// Makes a passkey by the invitation of an operator.
async fn make_passkey(site: &Site, user_id: &str) -> SoftwarePasskey {
    let portal = &site.portal;
    let (token, _) = staff_sign_in::invite_to_passkey(portal, Actor::Operator, user_id).await.unwrap();
    let page = site.browser().open(&format!("/staff/invitation/{token}"));
    assert!(all(&page.html, "input[type=password]").is_empty(), "there is no password to choose");
    let (_, begun) = staff_sign_in::begin_joining(portal, &token).await.unwrap().unwrap();
    let (key, credential) = create(&begun.options, portal.config.staff_url.origin()).unwrap();
    let sent = Joining { password: "", again: "", ceremony: &begun.ceremony, credential: &credential };
    assert_eq!(staff_sign_in::join(portal, &token, &sent).await.unwrap(), Joined::Yes);
    key
}

/// Shows a passkey on the page that asks for it.
fn show_passkey(site: &Site, browser: &mut Browser, key: &SoftwarePasskey) -> Answer {
    let address = "/staff/sign-in/passkey";
    let page = browser.open(address);
    let options = all(&page.html, "form[data-options]")[0].value().attr("data-options").unwrap().to_owned();
    let credential = sign(key, &options, site.portal.config.staff_url.origin(), USER_VERIFIED, 0);
    browser.post(address, &page.filled_in(address, &inputs(&[("credential", &credential)])))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_factor_at_the_provider_is_completed_by_a_passkey_here_and_is_not_enough_alone() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        let answer = by_provider(&site, &mut browser, &[("person", "towa")]);
        refused(&mut browser, answer, "no-second-factor");
        let member = everybody(&site).await.remove(0);
        // Nobody can choose a password for it.
        assert!(staff_sign_in::invite_again(&site.portal, Actor::Operator, &member.user_id).await.is_err());
        let key = make_passkey(&site, &member.user_id).await;

        let answer = by_provider(&site, &mut browser, &[("person", "towa")]);
        assert_eq!((answer.status, answer.header("refresh")), (200, Some("0; url=/staff/sign-in/passkey")));
        browser.get("/staff").leads_to("/staff/sign-in");
        show_passkey(&site, &mut browser, &key).leads_to("/staff");
        browser.open("/staff/queue");
        let last = entries(&site).await.pop().unwrap().2;
        let all: Vec<_> = entries(&site).await;
        assert!(
            all.iter().any(|(deed, _, detail)| deed == "signed_in" && detail.contains("provider+passkey")),
            "{last}"
        );

        // Taken off between the provider's turn and the passkey's.
        let mut late = site.browser();
        by_provider(&site, &mut late, &[("person", "towa")]);
        site.portal.clock.advance(1_000_000);
        site.provider().practice.set_listed("towa", false).await;
        browser.get("/staff/queue").leads_to("/staff/sign-in");
        show_passkey(&site, &mut late, &key).leads_to("/staff/sign-in?why=over");
        late.get("/staff").leads_to("/staff/sign-in");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_account_is_not_taken_over_by_an_equal_name_and_one_person_stays_one() {
    for site in sites_with_cards().await {
        let local = hire(&site.portal, "nanami", "demo-1", Roles::ADMINISTRATOR).await;
        signed_in(&by_provider(&site, &mut site.browser(), &[("person", "nanami")]));
        signed_in(&by_provider(&site, &mut site.browser(), &[("person", "ichiro")]));
        let members = everybody(&site).await;
        assert_eq!(members.len(), 3);
        let kept = members.iter().find(|one| one.staff_id == local.id).unwrap();
        assert_eq!((kept.roles, kept.person_id.as_str()), (Roles::ADMINISTRATOR, "demo-1"));
        // 見本 一郎 has two accounts, and is one person wherever two people must decide.
        assert_eq!(members.iter().filter(|one| one.person_id == "demo-1").count(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_provider_is_refused_with_a_sentence_and_nobody_is_made() {
    for site in sites_with_cards().await {
        for fault in Fault::ALL {
            let why = match fault {
                Fault::NewKey => continue,
                Fault::WrongState => "too-late",
                Fault::ServerError | Fault::Slow => "unreachable",
                // One factor, as far as anybody knows.
                Fault::MissingAcr => "no-second-factor",
                _ => "refused",
            };
            let mut browser = site.browser();
            let answer = by_provider(&site, &mut browser, &[("person", "nanami"), ("fault", fault.as_str())]);
            refused(&mut browser, answer, why);
            site.portal.clock.advance(2 * MINUTE);
        }
        let mut browser = site.browser();
        let answer = by_provider(&site, &mut browser, &[("stop", "yes")]);
        refused(&mut browser, answer, "stopped");
        signed_in(&by_provider(&site, &mut browser, &[("person", "nanami"), ("fault", "new-key")]));
        assert_eq!(everybody(&site).await.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_counts_once_and_in_its_own_browser() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        let at_provider = to_provider(&mut browser);
        let back = site.choose(&at_provider, &[("person", "nanami")]);
        let mut stranger = site.browser();
        stranger.get(&back).leads_to("/staff/sign-in?why=too-late");
        let answer = browser.get(&back);
        refused(&mut browser, answer, "too-late");
        browser.get("/staff/sign-in/callback").leads_to("/staff/sign-in?why=too-late");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_come_back_and_where_the_provider_is_given_up_its_sessions_end() {
    for site in sites_with_cards().await {
        let mut browser = site.browser();
        let (first, second) = (to_provider(&mut browser), to_provider(&mut browser));
        signed_in(&browser.get(&site.choose(&first, &[("person", "nanami")])));
        signed_in(&browser.get(&site.choose(&second, &[("person", "nanami")])));

        let token: [u8; 32] = BASE64_URL.decode(&browser.cookies["staff_session"]).unwrap().try_into().unwrap();
        let session = token_hash(&token);
        assert!(staff_sign_in::who(&site.portal, &session).await.unwrap().is_some());
        let mut config = site.portal.config.clone();
        config.staff_provider = None;
        let given_up = Portal::open(config, site.portal.clock.clone()).await.unwrap();
        assert!(staff_sign_in::who(&given_up, &session).await.unwrap().is_none());
    }
}

fn sign_out(site: &Site, token: &str) -> Answer {
    let body = encoded(&inputs(&[("logout_token", token)]));
    site.browser().ask("POST", "/staff/provider/logout", &[FORM], body.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_logout_token_counts_once_for_us_and_an_id_token_is_none() {
    for site in sites_with_cards().await {
        let practice = &site.provider().practice;
        let mut browser = site.browser();
        signed_in(&by_provider(&site, &mut browser, &[("person", "nanami")]));
        for bad in ["", "a.b.c", &practice.logout_token_for("another-client", "nanami")] {
            let answer = sign_out(&site, bad).is(400);
            assert!(answer.text().contains("invalid_request"));
        }
        let late = practice.logout_token_for(CLIENT_ID, "nanami");
        site.portal.clock.advance(20 * MINUTE);
        sign_out(&site, &late).is(400);
        browser.open("/staff/queue");

        let token = practice.logout_token_for(CLIENT_ID, "nanami");
        sign_out(&site, &token).is(200);
        browser.get("/staff/queue").leads_to("/staff/sign-in");
        signed_in(&by_provider(&site, &mut browser, &[("person", "nanami")]));
        sign_out(&site, &token).is(400);
        browser.open("/staff/queue");
        // Somebody who was never here is signed out already.
        sign_out(&site, &practice.logout_token_for(CLIENT_ID, "momoe")).is(200);
        // Only a page of ours begins a sign-in.
        let foreign = [("Sec-Fetch-Site", "cross-site"), FORM];
        assert_eq!(site.browser().ask("POST", "/staff/sign-in/provider", &foreign, b"").status, 403);
        assert_eq!(site.browser().ask("POST", "/staff/sign-in/provider", &[SAME_ORIGIN, FORM], b"").status, 303);
    }
}
