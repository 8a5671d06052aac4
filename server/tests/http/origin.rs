//! Where a form was sent from.

use super::{begin, page_of_form};
use crate::support::{
    browser::{FORM, encoded, inputs},
    page::Page,
    site::{production, site, sites},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_changes_nothing() {
    for site in sites().await {
        let mut browser = site.browser();
        let page = begin(&mut browser);
        let who = page_of_form("who");
        let body = encoded(&page.filled_in(&who, &inputs(&[("filer", "proxy")])));
        let port = site.address.port();
        let near = [format!("http://localhost:{port}.evil.example"), format!("https://localhost:{port}")];
        let near: Vec<(&str, &str)> = near.iter().map(|origin| ("Origin", origin.as_str())).collect();
        let foreign = [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Site", "same-site"),
            ("Sec-Fetch-Site", ""),
            ("Origin", "null"),
            ("Origin", "https://evil.example"),
            ("Origin", "http://localhost"),
        ];
        for header in foreign.into_iter().chain(near) {
            let answer = browser.ask("POST", &who, &[header, FORM], body.as_bytes());
            assert_eq!(answer.status, 403, "{header:?}");
            assert!(!answer.text().contains("proxy"), "what another site made up is not offered for sending");
            assert!(!browser.open(&who).controls(&who).iter().any(|(name, _)| name == "filer"), "{header:?}");
        }
        // The newer header counts, whatever the older one says.
        let ours = format!("http://localhost:{port}");
        let both = [("Sec-Fetch-Site", "cross-site"), ("Origin", ours.as_str()), FORM];
        assert_eq!(browser.ask("POST", &who, &both, body.as_bytes()).status, 403);
        let older = [("Origin", ours.as_str()), FORM];
        assert_eq!(browser.ask("POST", &who, &older, body.as_bytes()).status, 303, "a browser of ours");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_says_nothing_is_asked_to_send_again_and_loses_nothing() {
    let site = site().await;
    let mut browser = site.browser();
    begin(&mut browser);
    let address = page_of_form("address");
    let page = browser.open(&address);
    let hostile = "\"><img src=x onerror=alert(1)> 髙\u{FA11}&amp; 'x' =1";
    let typed = inputs(&[("address", hostile), ("postal_code", "１００－０００１"), ("lives_elsewhere", "same")]);
    let sent = page.filled_in(&address, &typed);
    let answer = browser.ask("POST", &address, &[FORM], encoded(&sent).as_bytes()).is(403);
    let asked = Page::of(&answer);
    let mut kept = asked.controls(&address);
    let mut wanted = sent;
    kept.sort();
    wanted.sort();
    assert_eq!(kept, wanted, "every input is kept as it was");
    assert_eq!(browser.open(&address).value(&address, "address"), "", "nothing was done yet");

    let origin = format!("http://localhost:{}", site.address.port());
    let body = encoded(&asked.controls(&address));
    browser.ask("POST", &address, &[("Origin", &origin), FORM], body.as_bytes()).leads_to(&page_of_form("contact"));
    assert_eq!(browser.open(&address).value(&address, "address"), hostile);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_origin_of_a_city_is_the_address_that_people_have_not_the_one_that_the_server_listens_on() {
    let city = production().await;
    let mut browser = city.browser();
    let listening = format!("http://localhost:{}", city.address.port());
    for (origin, status) in [
        ("https://madoguchi.example.jp", 303),
        ("http://madoguchi.example.jp", 403),
        ("https://madoguchi.example.jp.evil.example", 403),
        (listening.as_str(), 403),
    ] {
        assert_eq!(browser.ask("POST", super::FORM, &[("Origin", origin), FORM], b"").status, status, "{origin}");
    }
}
