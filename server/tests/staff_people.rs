#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! 「職員のアカウント」 What two people do about an account of the staff, and what one may do alone; on both databases.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{
    access::{NoRoles, Role, Roles},
    ids::{StaffId, StaffProposalId},
    staff_change::{Change, Standing},
    time::DAY,
};
use server::{
    flows::{
        FlowError, staff_disable,
        staff_proposal::{self, AccountError, Confirmed, NewMember, Obstacle, Wish},
        staff_roles,
        staff_sign_in::{self, Joined},
    },
    portal::Portal,
    seal::token_hash,
    store::{
        audit::{self, Actor},
        staff::{self, Staff},
    },
    worker,
};

use crate::support::{
    http::{Browser, Site, sites},
    portal::portals,
    staff::{Member, PASSWORD, at_work, hire, invite, join, sign_in},
};

const NEW: NewMember<'_> = NewMember {
    user_id: "sato",
    display_name: "佐藤 花",
    person_id: "person-s",
    roles: &[Role::Reviewer, Role::Nurse],
};

/// Two account managers who are two people.
async fn two_managers(portal: &Portal) -> [Staff; 2] {
    let first = at_work(portal, "admin1", "person-a", Roles::ADMINISTRATOR).await.staff;
    [first, at_work(portal, "admin2", "person-b", Role::AccountManager).await.staff]
}

/// The one proposal that waits.
async fn proposed(portal: &Portal, asking: &Staff) -> StaffProposalId {
    let waiting = staff_proposal::view(portal, asking).await.unwrap().waiting;
    assert_eq!(waiting.len(), 1);
    waiting[0].proposal.proposal_id
}

async fn found(portal: &Portal, id: StaffId) -> Staff {
    staff::find(&mut portal.database.read().await.unwrap(), id).await.unwrap().unwrap()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(said: Result<T, AccountError>, why: &[Obstacle]) {
    match said {
        Err(AccountError::Refused(obstacles)) => assert_eq!(obstacles, why),
        other => panic!("{other:?}"),
    }
}

/// What the log holds of accounts: deed, outcome, detail; the newest last.
async fn log(portal: &Portal) -> Vec<String> {
    let mut tx = portal.database.read().await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    let entries = audit::after(&mut tx, 0, 1_000).await.unwrap().into_iter();
    let of_accounts = entries.filter(|one| one.actor_kind == "staff" && one.deed.starts_with("staff_"));
    let of_deeds = of_accounts.filter(|one| !matches!(one.deed.as_str(), "staff_viewed" | "staff_joined"));
    of_deeds.map(|one| format!("{} {} {}", one.deed, one.outcome, one.detail)).collect()
}

#[tokio::test]
async fn a_new_member_is_proposed_by_one_person_and_confirmed_by_another_who_is_told_the_address_once() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let twin = at_work(portal, "admin3", "person-a", Role::AccountManager).await.staff;
        let herself = at_work(portal, "admin4", "person-s", Role::AccountManager).await.staff;
        let clerk = at_work(portal, "clerk1", "person-c", Roles::CLERK).await.staff;
        let by_clerk = staff_proposal::propose_member(portal, &clerk, &NEW).await;
        assert!(matches!(by_clerk, Err(AccountError::Flow(FlowError::NotFound))));
        refused(staff_proposal::propose_member(portal, &herself, &NEW).await, &[Obstacle::SamePerson]);
        let apart = Obstacle::Roles(NoRoles::Incompatible(Role::AccountManager, Role::Reviewer));
        refused(staff_proposal::propose_member(portal, &first, &NEW).await, &[apart]);
        // Now she has no other account that watches over this one.
        staff_disable::by_colleague(portal, &first, herself.staff_id).await.unwrap();
        staff_proposal::propose_member(portal, &first, &NEW).await.unwrap();
        let id = proposed(portal, &second).await;
        for alone in [&first, &twin] {
            refused(staff_proposal::confirm(portal, alone, id).await, &[Obstacle::NeedsAnother]);
            assert!(!staff_proposal::view(portal, alone).await.unwrap().waiting[0].can_confirm, "{}", alone.user_id);
        }
        refused(staff_proposal::confirm(portal, &herself, id).await, &[Obstacle::SamePerson]);
        let by_clerk = staff_proposal::confirm(portal, &clerk, id).await;
        assert!(matches!(by_clerk, Err(AccountError::Flow(FlowError::NotFound))));
        let Confirmed::Invited(token, _) = staff_proposal::confirm(portal, &second, id).await.unwrap() else {
            panic!("no address")
        };
        refused(staff_proposal::confirm(portal, &second, id).await, &[Obstacle::Gone]);
        let (key, joined) = join(portal, &token, PASSWORD).await;
        assert_eq!(joined, Joined::Yes);
        let overview = staff_proposal::view(portal, &first).await.unwrap();
        let row = overview.members.iter().find(|member| member.staff.user_id == "sato").unwrap();
        assert_eq!((row.staff.roles.to_string().as_str(), row.standing), ("reviewer+nurse", Standing::Active));
        assert_eq!(overview.managers, 3);
        sign_in(portal, &Member { id: row.staff.staff_id, user_id: "sato".to_owned(), key }).await;
        assert_eq!(
            log(portal).await,
            [
                r#"staff_invitation_proposed refused {"reason":"not_allowed"}"#,
                r#"staff_invitation_proposed refused {"reason":"same_person"}"#,
                r#"staff_invitation_proposed refused {"reason":"roles_apart"}"#,
                "staff_disabled done {}",
                r#"staff_invitation_proposed done {"role":"reviewer+nurse"}"#,
                r#"staff_proposal_confirmed refused {"reason":"needs_another_person"}"#,
                r#"staff_proposal_confirmed refused {"reason":"needs_another_person"}"#,
                r#"staff_proposal_confirmed refused {"reason":"same_person"}"#,
                r#"staff_proposal_confirmed refused {"reason":"not_allowed"}"#,
                r#"staff_invited done {"role":"reviewer+nurse"}"#,
                r#"staff_proposal_confirmed refused {"reason":"gone"}"#,
            ]
        );
    }
}

#[tokio::test]
async fn everything_that_is_wrong_with_a_new_member_is_told_at_once() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, _] = two_managers(portal).await;
        let nothing = NewMember { user_id: "Sato", display_name: " ", person_id: "", roles: &[] };
        let all = [Obstacle::UserId, Obstacle::Name, Obstacle::PersonId, Obstacle::Roles(NoRoles::None)];
        refused(staff_proposal::propose_member(portal, &first, &nothing).await, &all);
        // Her own number in full width is her own number.
        let own = NewMember { user_id: "admin2", person_id: "ｐｅｒｓｏｎ-ａ", ..NEW };
        let all = [Obstacle::UserIdTaken, Obstacle::SamePerson];
        refused(staff_proposal::propose_member(portal, &first, &own).await, &all);
        let apart = NewMember { roles: &[Role::Auditor, Role::Nurse], ..NEW };
        let why = [Obstacle::Roles(NoRoles::Incompatible(Role::Auditor, Role::Nurse))];
        refused(staff_proposal::propose_member(portal, &first, &apart).await, &why);
        assert!(staff_proposal::view(portal, &first).await.unwrap().waiting.is_empty());
    }
}

#[tokio::test]
async fn who_has_lost_her_passkey_is_invited_again_by_two_people_who_are_neither_she_nor_one() {
    for one in portals().await {
        let portal = &one.portal;
        let lost = hire(portal, "lost", "person-l", Role::SystemManager).await;
        let session = sign_in(portal, &lost).await;
        let [first, second] = two_managers(portal).await;
        let twin = at_work(portal, "admin3", "person-a", Roles::ADMINISTRATOR).await.staff;
        let herself = at_work(portal, "admin4", "person-l", Roles::ADMINISTRATOR).await.staff;
        let clerk = at_work(portal, "clerk1", "person-c", Roles::CLERK).await.staff;
        refused(staff_proposal::propose(portal, &herself, lost.id, Wish::Return).await, &[Obstacle::SamePerson]);
        let by_clerk = staff_proposal::propose(portal, &clerk, lost.id, Wish::Return).await;
        assert!(matches!(by_clerk, Err(AccountError::Flow(FlowError::NotFound))));
        assert!(matches!(staff_proposal::view(portal, &clerk).await, Err(FlowError::NotFound)));
        staff_proposal::propose(portal, &first, lost.id, Wish::Return).await.unwrap();
        let id = proposed(portal, &second).await;
        for alone in [&first, &twin] {
            refused(staff_proposal::confirm(portal, alone, id).await, &[Obstacle::NeedsAnother]);
        }
        refused(staff_proposal::confirm(portal, &herself, id).await, &[Obstacle::SamePerson]);
        let Confirmed::Invited(token, _) = staff_proposal::confirm(portal, &second, id).await.unwrap() else {
            panic!("no address")
        };
        let goes_on = staff_sign_in::who(portal, &token_hash(&session)).await.unwrap();
        assert!(goes_on.is_some(), "nothing ends before she has answered");
        let (key, joined) = join(portal, &token, PASSWORD).await;
        assert_eq!(joined, Joined::Yes);
        assert!(
            staff_sign_in::who(portal, &token_hash(&session)).await.unwrap().is_none(),
            "everything of before ends"
        );
        sign_in(portal, &Member { key, ..lost }).await;
        audit::verify(&mut portal.database.read().await.unwrap()).await.unwrap();
    }
}

#[tokio::test]
async fn a_new_invitation_ends_the_one_that_was_not_answered() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let (id, before) = invite(portal, "late", "person-l", Roles::CLERK).await;
        staff_proposal::propose(portal, &first, id, Wish::Return).await.unwrap();
        assert!(staff_sign_in::view_invitation(portal, &before).await.unwrap().is_some(), "until it is confirmed");
        let proposal = proposed(portal, &second).await;
        let Confirmed::Invited(after, _) = staff_proposal::confirm(portal, &second, proposal).await.unwrap() else {
            panic!("no address")
        };
        assert!(staff_sign_in::view_invitation(portal, &before).await.unwrap().is_none());
        assert!(staff_sign_in::view_invitation(portal, &after).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn roles_are_changed_by_two_people_and_never_ones_own() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let own = hire(portal, "own", "person-a", Role::SystemManager).await;
        let clerk = hire(portal, "clerk1", "person-c", Roles::CLERK).await;
        let widened = staff_proposal::propose(portal, &first, own.id, Wish::Roles(&[Role::AccountManager])).await;
        refused(widened, &[Obstacle::SamePerson]);
        staff_proposal::propose(portal, &second, own.id, Wish::Roles(&[Role::AccountManager])).await.unwrap();
        let id = proposed(portal, &first).await;
        refused(staff_proposal::confirm(portal, &first, id).await, &[Obstacle::SamePerson]);
        staff_proposal::take_back(portal, &second, id).await.unwrap();
        let apart =
            staff_proposal::propose(portal, &first, clerk.id, Wish::Roles(&[Role::Reviewer, Role::Auditor])).await;
        refused(apart, &[Obstacle::Roles(NoRoles::Incompatible(Role::Reviewer, Role::Auditor))]);
        let same =
            staff_proposal::propose(portal, &first, clerk.id, Wish::Roles(&[Role::Confirmer, Role::Reviewer])).await;
        refused(same, &[Obstacle::Unchanged]);
        staff_proposal::propose(portal, &first, clerk.id, Wish::Roles(&[Role::Auditor])).await.unwrap();
        assert_eq!(found(portal, clerk.id).await.roles, Roles::CLERK, "one person changes nothing");
        let waiting = staff_proposal::view(portal, &second).await.unwrap().waiting.remove(0);
        assert_eq!((waiting.roles_now, waiting.proposal.roles), (Some(Roles::CLERK), Some(Roles::AUDITOR)));
        let done = staff_proposal::confirm(portal, &second, waiting.proposal.proposal_id).await.unwrap();
        assert_eq!((done, found(portal, clerk.id).await.roles), (Confirmed::Done, Roles::AUDITOR));
        let last = log(portal).await.pop().unwrap();
        assert_eq!(last, r#"staff_roles_changed done {"from":"clerk","role":"auditor"}"#);
    }
}

#[tokio::test]
async fn roles_that_have_come_apart_since_the_proposal_are_not_given() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let clerk = hire(portal, "clerk1", "person-c", Roles::CLERK).await;
        staff_proposal::propose(portal, &first, clerk.id, Wish::Roles(&[Role::Nurse])).await.unwrap();
        hire(portal, "other", "person-c", Roles::AUDITOR).await;
        let id = proposed(portal, &second).await;
        let why = Obstacle::Roles(NoRoles::Incompatible(Role::Auditor, Role::Nurse));
        refused(staff_proposal::confirm(portal, &second, id).await, &[why]);
        assert_eq!(found(portal, clerk.id).await.roles, Roles::CLERK);
        assert_eq!(proposed(portal, &second).await, id, "it waits, for what stands in its way may go");
    }
}

#[tokio::test]
async fn a_proposal_waits_a_day_and_can_be_taken_back_by_who_made_it() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let lost = hire(portal, "lost", "person-l", Roles::CLERK).await;
        staff_proposal::propose(portal, &first, lost.id, Wish::Return).await.unwrap();
        let id = proposed(portal, &first).await;
        let by_another = staff_proposal::propose(portal, &second, lost.id, Wish::Roles(&[Role::Nurse])).await;
        refused(by_another, &[Obstacle::Waits]);
        assert!(matches!(staff_proposal::take_back(portal, &second, id).await, Err(FlowError::NotFound)));
        staff_proposal::take_back(portal, &first, id).await.unwrap();
        staff_proposal::take_back(portal, &first, id).await.unwrap();
        refused(staff_proposal::confirm(portal, &second, id).await, &[Obstacle::Gone]);
        staff_proposal::propose(portal, &first, lost.id, Wish::Return).await.unwrap();
        staff_proposal::propose(portal, &first, lost.id, Wish::Return).await.unwrap();
        let id = proposed(portal, &first).await;
        portal.clock.advance(DAY);
        refused(staff_proposal::confirm(portal, &second, id).await, &[Obstacle::Gone]);
        assert!(staff_proposal::view(portal, &first).await.unwrap().waiting.is_empty());
        staff_proposal::propose(portal, &second, lost.id, Wish::Return).await.unwrap();
        portal.clock.advance(DAY);
        assert!(worker::sweep(portal).await.unwrap() > 0);
        assert!(!log(portal).await.iter().any(|line| line.starts_with("staff_invited")));
    }
}

#[tokio::test]
async fn of_two_who_confirm_at_once_one_does() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let third = at_work(portal, "admin3", "person-d", Role::AccountManager).await.staff;
        for round in 0..8 {
            let user_id = format!("new{round}");
            let person_id = format!("person-{round}");
            let new = NewMember { user_id: &user_id, person_id: &person_id, ..NEW };
            staff_proposal::propose_member(portal, &first, &new).await.unwrap();
            let id = proposed(portal, &first).await;
            let both =
                tokio::join!(staff_proposal::confirm(portal, &second, id), staff_proposal::confirm(portal, &third, id));
            let (won, lost) = if both.0.is_ok() { both } else { (both.1, both.0) };
            assert!(matches!(won.unwrap(), Confirmed::Invited(..)));
            refused(lost, &[Obstacle::Gone]);
        }
        let invited = log(portal).await.into_iter().filter(|line| line.starts_with("staff_invited done"));
        assert_eq!(invited.count(), 8);
    }
}

#[tokio::test]
async fn what_was_proposed_by_somebody_who_was_disabled_since_is_not_confirmed() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        staff_proposal::propose_member(portal, &first, &NEW).await.unwrap();
        let id = proposed(portal, &second).await;
        staff_disable::by_colleague(portal, &second, first.staff_id).await.unwrap();
        refused(staff_proposal::confirm(portal, &second, id).await, &[Obstacle::Gone]);
        assert!(staff_proposal::view(portal, &second).await.unwrap().waiting.is_empty());
    }
}

#[tokio::test]
async fn one_person_disables_at_once_but_neither_herself_nor_the_last_who_looks_after_accounts() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let own = hire(portal, "own", "person-a", Role::SystemManager).await;
        let clerk = hire(portal, "clerk1", "person-c", Roles::CLERK).await;
        let session = sign_in(portal, &clerk).await;
        staff_disable::by_colleague(portal, &first, clerk.id).await.unwrap();
        staff_disable::by_colleague(portal, &first, clerk.id).await.unwrap();
        assert!(staff_sign_in::who(portal, &token_hash(&session)).await.unwrap().is_none());
        assert!(staff_sign_in::enter_password(portal, "clerk1", PASSWORD).await.unwrap().is_none());
        for hers in [first.staff_id, own.id] {
            refused(staff_disable::by_colleague(portal, &first, hers).await, &[Obstacle::SamePerson]);
        }
        let by_clerk = staff_disable::by_colleague(portal, &found(portal, clerk.id).await, second.staff_id).await;
        assert!(matches!(by_clerk, Err(AccountError::Flow(FlowError::NotFound))));
        // Both had the page open; who is second would leave nobody.
        staff_disable::by_colleague(portal, &first, second.staff_id).await.unwrap();
        refused(staff_disable::by_colleague(portal, &second, first.staff_id).await, &[Obstacle::LastManager]);
        let disabled = log(portal).await.into_iter().filter(|line| line.starts_with("staff_disabled"));
        assert_eq!(
            disabled.collect::<Vec<_>>(),
            [
                "staff_disabled done {}",
                r#"staff_disabled refused {"reason":"same_person"}"#,
                r#"staff_disabled refused {"reason":"same_person"}"#,
                r#"staff_disabled refused {"reason":"not_allowed"}"#,
                "staff_disabled done {}",
                r#"staff_disabled refused {"reason":"last_manager"}"#,
            ]
        );
    }
}

#[tokio::test]
async fn of_two_who_disable_each_other_at_once_one_stays() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let both = tokio::join!(
            staff_disable::by_colleague(portal, &first, second.staff_id),
            staff_disable::by_colleague(portal, &second, first.staff_id)
        );
        assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
        let stays = if both.0.is_ok() { first } else { second };
        assert!(found(portal, stays.staff_id).await.is_valid_at(portal.clock.now()));
    }
}

#[tokio::test]
async fn who_was_disabled_comes_back_by_two_people_and_what_was_proposed_about_her_is_gone() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, second] = two_managers(portal).await;
        let clerk = hire(portal, "clerk1", "person-c", Roles::CLERK).await;
        staff_proposal::propose(portal, &first, clerk.id, Wish::Roles(&[Role::Nurse])).await.unwrap();
        staff_disable::by_colleague(portal, &second, clerk.id).await.unwrap();
        let overview = staff_proposal::view(portal, &first).await.unwrap();
        let row = overview.members.iter().find(|member| member.staff.staff_id == clerk.id).unwrap();
        assert!(overview.waiting.is_empty());
        assert_eq!(
            (row.standing, row.can_propose.as_slice(), row.can_disable),
            (Standing::Disabled, &[Change::Enable][..], false)
        );
        staff_proposal::propose(portal, &first, clerk.id, Wish::Enable).await.unwrap();
        let id = proposed(portal, &second).await;
        assert_eq!(staff_proposal::confirm(portal, &second, id).await.unwrap(), Confirmed::Done);
        sign_in(portal, &clerk).await;
        // Not beside an account that watches over it and was made meanwhile.
        staff_disable::by_colleague(portal, &second, clerk.id).await.unwrap();
        hire(portal, "auditor1", "person-c", Roles::AUDITOR).await;
        staff_proposal::propose(portal, &first, clerk.id, Wish::Enable).await.unwrap();
        let id = proposed(portal, &second).await;
        let why = Obstacle::Roles(NoRoles::Incompatible(Role::Auditor, Role::Reviewer));
        refused(staff_proposal::confirm(portal, &second, id).await, &[why]);
        assert!(found(portal, clerk.id).await.disabled_at.is_some());
    }
}

#[tokio::test]
async fn the_roles_of_who_comes_by_the_citys_provider_are_not_given_here() {
    for one in portals().await {
        let portal = &one.portal;
        let [first, _] = two_managers(portal).await;
        let (id, _) = invite(portal, "oidc:city:1", "person-p", Roles::CLERK).await;
        for wish in [Wish::Roles(&[Role::Nurse]), Wish::Return] {
            refused(staff_proposal::propose(portal, &first, id, wish).await, &[Obstacle::Gone]);
        }
        let change = staff_roles::change(portal, Actor::Operator, "oidc:city:1", Roles::NURSE).await;
        assert!(matches!(change, Err(FlowError::NotFound)));
        staff_disable::by_colleague(portal, &first, id).await.unwrap();
    }
}

async fn at_the_page(site: &Site, user_id: &str, person_id: &str) -> Browser {
    let member = hire(&site.portal, user_id, person_id, Role::AccountManager).await;
    let session = sign_in(&site.portal, &member).await;
    let mut browser = site.browser();
    browser.cookies.insert("staff_session".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(session));
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_page_nothing_typed_is_lost_and_the_address_is_shown_to_the_second_person_once() {
    for site in sites().await {
        let mut first = at_the_page(&site, "admin1", "person-a").await;
        let mut second = at_the_page(&site, "admin2", "person-b").await;
        let mut typed = vec![
            ("user_id", "Sato"),
            ("name", "佐藤 花"),
            ("person_id", "S-1"),
            ("role", "auditor"),
            ("role", "nurse"),
        ];
        let again = first.post("/staff/people/invite", &typed).await;
        assert_eq!(again.status, 422);
        assert!(again.body.contains("「監査」と「保健師」は、一人で兼ねられません。"), "{}", again.body);
        assert!(again.body.contains("ユーザーIDを、小文字の英字"));
        let kept = ["user_id", "name", "person_id"].map(|name| again.value(&format!("#{name}"), "value"));
        assert_eq!(kept, ["Sato", "佐藤 花", "S-1"]);
        again.value("#role-auditor[checked]", "id");
        again.value("#role-nurse[checked]", "id");
        typed[0] = ("user_id", "sato");
        typed.remove(3);
        for _ in 0..2 {
            assert_eq!(first.post("/staff/people/invite", &typed).await.leads_to(), "/staff/people");
        }
        let list = first.get("/staff/people").await;
        assert!(list.body.contains("提案を取り下げる") && !list.body.contains("確認する（二人目）"), "{}", list.body);
        let list = second.get("/staff/people").await;
        let confirm = list.value("form[action$='/confirm']", "action");
        assert_eq!(first.post(&confirm, &[]).await.status, 422);
        let told = second.post(&confirm, &[]).await;
        assert_eq!(told.status, 200);
        assert!(told.body.contains("/staff/invitation/"), "{}", told.body);
        let twice = second.post(&confirm, &[]).await;
        assert_eq!(twice.status, 422);
        assert!(!twice.body.contains("/staff/invitation/"));
        assert!(!second.get("/staff/people").await.body.contains("/staff/invitation/"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_the_page_disabling_asks_first_and_a_proposal_of_roles_shows_the_old_and_the_new() {
    for site in sites().await {
        let mut first = at_the_page(&site, "admin1", "person-a").await;
        let mut second = at_the_page(&site, "admin2", "person-b").await;
        let clerk = hire(&site.portal, "clerk1", "person-c", Roles::CLERK).await;
        let at = |deed: &str| format!("/staff/people/{}/{deed}", clerk.id);
        let form = first.get(&at("roles")).await;
        form.value("#role[checked]", "id");
        let none = first.post(&at("roles"), &[]).await;
        assert!(none.status == 422 && none.body.contains("役割を一つ以上選んでください。"), "{}", none.body);
        first.post(&at("roles"), &[("role", "nurse")]).await.leads_to();
        let list = second.get("/staff/people").await;
        assert!(list.body.contains("いまの役割") && list.body.contains("変更後の役割"), "{}", list.body);
        second.post(&list.value("form[action$='/confirm']", "action"), &[]).await.leads_to();
        assert_eq!(found(&site.portal, clerk.id).await.roles, Roles::NURSE);
        let ask = first.get(&at("disable")).await;
        assert!(ask.body.contains("clerk1") && found(&site.portal, clerk.id).await.disabled_at.is_none());
        for _ in 0..2 {
            first.post(&at("disable"), &[]).await.leads_to();
        }
        assert!(second.get("/staff/people").await.body.contains("利用の再開を提案する"));
    }
}
