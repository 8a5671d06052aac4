#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Ways in over HTTP: a way that is off is not there, a session that began by it is over, and whose passkey it is nobody is told.

use std::collections::BTreeMap;

use intake::access::Roles;
use server::{
    config::{Config, Sources, WaysIn},
    demo::authenticator::create,
};

use crate::support::{
    authenticator::{USER_VERIFIED, sign},
    browser::{Answer, Browser, FORM, SAME_ORIGIN, inputs},
    site::{Site, production, sites},
    staff::{PASSWORD, hire},
};

fn ways(text: &str) -> WaysIn {
    let environment = BTreeMap::from([("MADOGUCHI_WAYS_IN".to_owned(), text.to_owned())]);
    Config::load(&Sources { environment, demo: true, file: None }).unwrap().ways_in
}

/// What the page gives the script: the options and the hidden input that names the ceremony.
fn ceremony(page: &str) -> (String, String) {
    let after = |mark: &str| page.split(mark).nth(1).unwrap_or_else(|| panic!("no {mark} in {page}"));
    let options = after("data-options=\"").split('"').next().unwrap().replace("&quot;", "\"");
    let name = after("name=\"ceremony\" value=\"").split('"').next().unwrap().to_owned();
    (name, options)
}

/// Signs in with a code, adds a passkey, and signs in with it; without having typed an address.
async fn comes_in_with_a_passkey(site: &Site, browser: &mut Browser) -> Answer {
    site.sign_in(browser, "hanako@example.jp", "/account").await.leads_to("/account");
    let origin = site.portal.config.public_url.origin().to_owned();
    let (name, options) = ceremony(&browser.get("/account/passkeys/new").is(200).text());
    assert!(options.contains("\"residentKey\":\"preferred\""), "{options}");
    let (key, credential) = create(&options, &origin).unwrap();
    let before = browser.cookies["session"].clone();
    let sent = inputs(&[("label", "わたしの"), ("ceremony", &name), ("credential", &credential)]);
    browser.post("/account/passkeys/new", &sent).leads_to("/account");
    let after = browser.cookies["session"].clone();
    assert_ne!(before, after, "another token");
    browser.cookies.insert("session".to_owned(), before);
    assert_eq!(browser.get("/account").status, 303, "and the old one is dead");
    browser.cookies.insert("session".to_owned(), after);

    let page = browser.post("/sign-in/passkey", &inputs(&[("mail", ""), ("next", "/account")])).is(200);
    let (name, options) = ceremony(&page.text());
    let answer = sign(&key, &options, &origin, USER_VERIFIED, 0);
    let sent = inputs(&[("next", "/account"), ("ceremony", &name), ("credential", &answer)]);
    browser.post("/sign-in/passkey/finish", &sent)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_without_an_address_and_where_it_is_off_it_is_nowhere() {
    for mut site in sites().await {
        let mut browser = site.browser();
        comes_in_with_a_passkey(&site, &mut browser).await.leads_to("/account");
        let page = browser.get("/account").is(200).text();
        assert!(page.contains("わたしの") && page.contains("/account/passkeys/new"), "{page}");
        assert!(site.browser().get("/sign-in").text().contains("username webauthn"));

        site.restart_with(|config| config.ways_in = ways("email_code")).await.unwrap();
        assert_eq!(browser.get("/account").status, 303, "what began by it is over");
        let sign_in = browser.get("/sign-in").is(200).text();
        assert!(!sign_in.contains("passkey") && !sign_in.contains("webauthn"), "{sign_in}");
        site.sign_in(&mut browser, "hanako@example.jp", "/account").await.leads_to("/account");
        let page = browser.get("/account").is(200).text();
        assert!(!page.contains("/account/passkeys"), "{page}");
        for path in ["/sign-in/passkey", "/sign-in/passkey/offer", "/sign-in/passkey/finish", "/account/passkeys/new"] {
            assert_eq!(browser.ask("POST", path, &[SAME_ORIGIN, FORM], b"").status, 404, "{path}");
        }
        assert_eq!(browser.get("/account/passkeys/new").status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_an_address_is_known_is_not_seen_in_the_options_of_a_passkey() {
    for site in sites().await {
        let mut browser = site.browser();
        comes_in_with_a_passkey(&site, &mut browser).await;
        let shape = |mail: &str| {
            let mut stranger = site.browser();
            let page = stranger.post("/sign-in/passkey", &inputs(&[("mail", mail)])).is(200);
            let options: serde_json::Value = serde_json::from_str(&ceremony(&page.text()).1).unwrap();
            let keys = options["publicKey"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            (keys, options["publicKey"]["allowCredentials"].as_array().unwrap().len())
        };
        let (known, unknown) = (shape("hanako@example.jp"), shape("nobody@example.jp"));
        assert_eq!(known.1, unknown.1);
    }
}

fn attributes(answer: &Answer, name: &str) -> String {
    let mut cookies = answer.headers.iter().filter(|(header, _)| header == "set-cookie").map(|(_, value)| value);
    let found = cookies.rfind(|cookie| cookie.starts_with(&format!("{name}=")));
    found.unwrap_or_else(|| panic!("no cookie {name}")).clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_of_staff_go_to_no_other_site_and_over_tls_only() {
    let city = production().await;
    hire(&city.portal, "clerk", "person", Roles::CLERK).await;
    let mut browser = city.browser();
    let sent = inputs(&[("user_id", "clerk"), ("password", PASSWORD)]);
    let answer = browser.post("/staff/sign-in", &sent).leads_to("/staff/sign-in/passkey");
    let found = attributes(&answer, "__Host-staff_password");
    for wanted in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(found.contains(wanted), "{found}");
    }
    assert!(!found.contains("Domain") && !found.contains("Max-Age"), "{found}");
    let out = browser.post("/staff/sign-out", &inputs(&[]));
    let found = attributes(&out, "__Host-staff_session");
    for wanted in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(found.contains(wanted), "{found}");
    }
}
