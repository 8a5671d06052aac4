#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「保留・却下」 What a parent reads of what the back office holds or gives back.

use handover::Outcome;

use super::{fill_in, send};
use crate::support::{
    back_office::{BackOffice, carried, seal, take},
    review::{confirm, two_clerks},
    site::sites,
};

#[tokio::test(flavor = "multi_thread")]
async fn her_page_says_that_the_city_is_checking_and_never_the_reason() {
    for site in sites().await {
        let portal = &site.portal;
        let mut office = BackOffice::of(portal).await;
        let clerks = two_clerks(portal).await;
        let mut browser = site.browser();
        fill_in(&mut browser);
        site.sign_in(&mut browser, "hanako@example.jp", "/cases").await.leads_to("/cases");
        let number = send(&mut browser);
        confirm(portal, &clerks, &number.parse().unwrap()).await;
        seal(portal).await.unwrap();
        let batch = office.read(&carried(portal, 1).await);
        let page = format!("/cases/{number}");
        let waiting = "いま、していただくことはありません";
        let again = "市で内容をもう一度確認しています";
        assert!(!browser.open(&page).text().contains(waiting));
        for (jti, outcome, said) in [("1", Outcome::Held, waiting), ("2", Outcome::Rejected, again)] {
            take(portal, &office.receipt(&batch, jti, &[(0, outcome)], portal.clock.now())).await.unwrap();
            let text = browser.open(&page).text();
            assert!(text.contains(said), "{outcome:?}: {text}");
            for telling in ["several", "held", "rejected", "保留", "却下", "宛名"] {
                assert!(!text.contains(telling), "{telling}");
            }
        }
    }
}
