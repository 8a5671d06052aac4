#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「役割」 Roles of the staff: sets of them, and what a change of them does.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::access::{NoRoles, Role, Roles};
use server::{
    flows::{
        FlowError, staff_roles,
        staff_sign_in::{self, Invited},
    },
    store::{audit, audit::Actor, staff},
};

use crate::support::{
    http::sites,
    portal::portals,
    staff::{hire, sign_in},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_role_counts_at_the_next_request() {
    for site in sites().await {
        let portal = &site.portal;
        let member = hire(portal, "clerk1", "person1", Roles::CLERK).await;
        let session = sign_in(portal, &member).await;
        let mut browser = site.browser();
        browser.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
        assert_eq!(browser.get("/staff/queue").await.status, 200);
        staff_roles::change(portal, Actor::Operator, "clerk1", Roles::AUDITOR).await.unwrap();
        assert_eq!(browser.get("/staff/queue").await.status, 404, "in the same session");
        assert_eq!(browser.get("/staff").await.leads_to(), "/staff/audit");
        let both = Roles::of([Role::Nurse, Role::Confirmer]).unwrap();
        staff_roles::change(portal, Actor::Operator, "clerk1", both).await.unwrap();
        assert_eq!(browser.get("/staff/queue").await.status, 200);
        let entries = audit::after(&mut portal.database.read().await.unwrap(), 0, 1_000).await.unwrap();
        let changes: Vec<String> =
            entries.into_iter().filter(|one| one.deed == "staff_roles_changed").map(|one| one.detail).collect();
        assert_eq!(changes, [r#"{"from":"clerk","role":"auditor"}"#, r#"{"from":"auditor","role":"confirmer+nurse"}"#]);
    }
}

#[tokio::test]
async fn one_person_has_no_two_roles_that_watch_over_each_other_in_two_accounts() {
    for one in portals().await {
        let portal = &one.portal;
        hire(portal, "clerk1", "person1", Roles::CLERK).await;
        let invited = |user_id, person_id, roles| {
            let member = Invited { user_id, person_id, display_name: "見本", roles };
            async move { staff_sign_in::invite(portal, Actor::Operator, &member).await.map(drop) }
        };
        let refused = invited("auditor1", "person1", Roles::AUDITOR).await;
        assert!(matches!(refused, Err(FlowError::RolesApart(NoRoles::Incompatible(..)))));
        assert!(
            staff::find_by_user_id(&mut portal.database.read().await.unwrap(), "auditor1").await.unwrap().is_none()
        );
        invited("nurse1", "person1", Roles::NURSE).await.unwrap();
        invited("auditor1", "person2", Roles::AUDITOR).await.unwrap();
        let changed = staff_roles::change(portal, Actor::Operator, "nurse1", Role::SystemManager.into()).await;
        assert!(matches!(changed, Err(FlowError::RolesApart(_))));
        let nobody = staff_roles::change(portal, Actor::Operator, "nobody", Roles::NURSE).await;
        assert!(matches!(nobody, Err(FlowError::NotFound)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_are_a_page_that_every_role_may_read() {
    for site in sites().await {
        for role in Role::ALL {
            let member = hire(&site.portal, role.as_str(), role.as_str(), role).await;
            let session = sign_in(&site.portal, &member).await;
            let mut browser = site.browser();
            browser.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
            let page = browser.get("/staff/roles").await;
            assert_eq!(page.status, 200, "{role}");
            assert!(page.body.contains("二人目として確認する"), "{}", page.body);
        }
    }
}
