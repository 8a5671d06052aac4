#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Staff: invitation, password and passkey, sessions.

use std::sync::Arc;

use intake::{
    access::Roles,
    device::Device,
    retention,
    time::{HOUR, MINUTE},
};
use server::{
    demo::authenticator::create,
    flows::{
        password::PasswordFault,
        staff_sign_in::{self, Joined, Joining, PasskeyTurn, begin_passkey, enter_password, finish_passkey, who},
    },
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record,
        audit::{self, Actor, Deed, Subject},
        staff,
    },
};

use crate::support::{
    authenticator::{USER_ONLY_PRESENT, USER_VERIFIED, sign},
    portal::portals,
    staff::{PASSWORD, hire, invite, join, sign_in},
};

async fn refusals(portal: &Portal) -> Vec<String> {
    let mut tx = portal.database.read().await.unwrap();
    let entries = audit::after(&mut tx, 0, 1_000).await.unwrap();
    audit::verify(&mut tx).await.unwrap();
    entries.into_iter().filter(|entry| entry.outcome == "refused").map(|entry| entry.detail).collect()
}

async fn disable(portal: &Portal, id: intake::ids::StaffId) {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await.unwrap();
    assert!(staff::disable(&mut tx, id, now).await.unwrap());
    let entry = AuditEntry::done(now, Actor::Operator, Deed::StaffDisabled).on(Subject::Staff(id));
    tx.commit(Record::Deed(entry)).await.unwrap();
}

#[tokio::test]
async fn an_invitation_is_answered_once_with_password_and_passkey() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, token) = invite(portal, "clerk1", "1", Roles::CLERK).await;
        let (member, begun) = staff_sign_in::begin_joining(portal, &token).await.unwrap().unwrap();
        assert_eq!(member.user_id, "clerk1");
        let (_, credential) = create(&begun.options, portal.config.staff_url.origin()).unwrap();
        let sent = |password, again| Joining { password, again, ceremony: &begun.ceremony, credential: &credential };
        let joined = async |sent| staff_sign_in::join(portal, &token, &sent).await.unwrap();
        assert_eq!(joined(sent("short", "short")).await, Joined::Password(PasswordFault::TooShort));
        assert_eq!(joined(sent(PASSWORD, "other")).await, Joined::Password(PasswordFault::NotTheSame));
        assert_eq!(joined(sent(PASSWORD, PASSWORD)).await, Joined::Yes, "what the device made still counts");
        assert_eq!(joined(sent(PASSWORD, PASSWORD)).await, Joined::Over);
        assert!(staff_sign_in::begin_joining(portal, &token).await.unwrap().is_none());

        let (_, late) = invite(portal, "clerk2", "2", Roles::CLERK).await;
        portal.clock.advance(retention::INVITATION);
        assert!(staff_sign_in::view_invitation(portal, &late).await.unwrap().is_none());
        assert!(staff_sign_in::view_invitation(portal, "made up").await.unwrap().is_none());
    }
}

#[tokio::test]
async fn two_answers_to_one_invitation_leave_one_password_and_one_passkey() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        let (_, token) = invite(&portal, "clerk1", "1", Roles::CLERK).await;
        let answers = (0..2).map(|_| {
            let (portal, token) = (Arc::clone(&portal), token.clone());
            tokio::spawn(async move {
                match staff_sign_in::begin_joining(&portal, &token).await.unwrap() {
                    None => Joined::Over,
                    Some((_, begun)) => {
                        let (_, credential) = create(&begun.options, portal.config.staff_url.origin()).unwrap();
                        let ceremony = &begun.ceremony;
                        let sent = Joining { password: PASSWORD, again: PASSWORD, ceremony, credential: &credential };
                        staff_sign_in::join(&portal, &token, &sent).await.unwrap()
                    }
                }
            })
        });
        let mut outcomes = Vec::new();
        for answer in answers.collect::<Vec<_>>() {
            outcomes.push(answer.await.unwrap());
        }
        assert_eq!(outcomes.iter().filter(|one| **one == Joined::Yes).count(), 1, "{outcomes:?}");
    }
}

#[tokio::test]
async fn both_factors_are_asked_for_and_neither_alone_is_enough() {
    for one in portals().await {
        let portal = &one.portal;
        let clerk = hire(portal, "clerk1", "1", Roles::CLERK).await;
        let nurse = hire(portal, "nurse1", "2", Roles::NURSE).await;
        let origin = portal.config.staff_url.origin();
        assert_eq!(enter_password(portal, "clerk1", "七つの子は山の古巣へ行かぬ").await.unwrap(), None);
        assert_eq!(enter_password(portal, "nobody", PASSWORD).await.unwrap(), None);
        assert_eq!(enter_password(portal, "clerk1", &PASSWORD.repeat(100)).await.unwrap(), None);

        let token = enter_password(portal, " clerk1 ", PASSWORD).await.unwrap().unwrap();
        let turn = async |token: &str, key, flags| {
            let begun = begin_passkey(portal, token).await.unwrap().unwrap();
            let answer = sign(key, &begun.options, origin, flags, 0);
            finish_passkey(portal, token, &begun.ceremony, &answer, Device::default()).await.unwrap()
        };
        assert_eq!(turn(&token, &clerk.key, USER_ONLY_PRESENT).await, PasskeyTurn::Refused, "no user verification");
        assert_eq!(turn(&token, &nurse.key, USER_VERIFIED).await, PasskeyTurn::Refused, "another person's passkey");
        let of_nurse = enter_password(portal, "nurse1", PASSWORD).await.unwrap().unwrap();
        let begun = begin_passkey(portal, &of_nurse).await.unwrap().unwrap();
        let answer = sign(&nurse.key, &begun.options, origin, USER_VERIFIED, 0);
        let mixed = finish_passkey(portal, &token, &begun.ceremony, &answer, Device::default()).await.unwrap();
        assert_eq!(mixed, PasskeyTurn::Refused, "the nurse's passkey after the clerk's password");
        assert!(matches!(turn(&token, &clerk.key, USER_VERIFIED).await, PasskeyTurn::SignedIn(_)));
        assert!(begin_passkey(portal, &token).await.unwrap().is_none(), "the password counts once");

        let token = enter_password(portal, "clerk1", PASSWORD).await.unwrap().unwrap();
        portal.clock.advance(retention::CEREMONY);
        assert!(begin_passkey(portal, &token).await.unwrap().is_none(), "the password was too long ago");
        let refused = refusals(portal).await;
        for reason in ["\"password\"", "unknown_user", "user_not_verified"] {
            assert!(refused.iter().any(|detail| detail.contains(reason)), "{reason} is not in {refused:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_wrong_passwords_lock_for_a_growing_time_also_when_they_come_at_once() {
    for one in portals().await {
        let portal = Arc::new(one.portal);
        hire(&portal, "clerk1", "1", Roles::CLERK).await;
        let tries = (0..12).map(|_| {
            let portal = Arc::clone(&portal);
            tokio::spawn(async move { enter_password(&portal, "clerk1", "wrong wrong wrong").await.unwrap() })
        });
        for one in tries.collect::<Vec<_>>() {
            assert_eq!(one.await.unwrap(), None);
        }
        let refused = refusals(&portal).await;
        let counted = refused.iter().filter(|detail| detail.contains(r#""reason":"password""#)).count();
        assert_eq!(counted, 5, "{refused:?}");
        assert_eq!(enter_password(&portal, "clerk1", PASSWORD).await.unwrap(), None, "locked for a minute");
        portal.clock.advance(MINUTE);
        assert_eq!(enter_password(&portal, "clerk1", "wrong wrong wrong").await.unwrap(), None);
        portal.clock.advance(MINUTE);
        assert_eq!(enter_password(&portal, "clerk1", PASSWORD).await.unwrap(), None, "now for two");
        portal.clock.advance(MINUTE);
        assert!(enter_password(&portal, "clerk1", PASSWORD).await.unwrap().is_some());
        assert_eq!(enter_password(&portal, "clerk1", "wrong wrong wrong").await.unwrap(), None);
        assert!(enter_password(&portal, "clerk1", PASSWORD).await.unwrap().is_some(), "the count began anew");
    }
}

#[tokio::test]
async fn whoever_is_disabled_is_out_at_the_next_request() {
    for one in portals().await {
        let portal = &one.portal;
        let clerk = hire(portal, "clerk1", "1", Roles::CLERK).await;
        let session = token_hash(&sign_in(portal, &clerk).await);
        assert_eq!(who(portal, &session).await.unwrap().unwrap().staff.staff_id, clerk.id);
        let token = enter_password(portal, "clerk1", PASSWORD).await.unwrap().unwrap();
        let begun = begin_passkey(portal, &token).await.unwrap().unwrap();
        disable(portal, clerk.id).await;
        assert!(who(portal, &session).await.unwrap().is_none());
        let answer = sign(&clerk.key, &begun.options, portal.config.staff_url.origin(), USER_VERIFIED, 0);
        let turn = finish_passkey(portal, &token, &begun.ceremony, &answer, Device::default()).await.unwrap();
        assert_eq!(turn, PasskeyTurn::Over, "disabled between password and passkey");
        assert_eq!(enter_password(portal, "clerk1", PASSWORD).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_session_ends_when_it_rests_at_sign_out_and_after_twelve_hours() {
    for one in portals().await {
        let portal = &one.portal;
        let clerk = hire(portal, "clerk1", "1", Roles::CLERK).await;
        let resting = token_hash(&sign_in(portal, &clerk).await);
        let left = token_hash(&sign_in(portal, &clerk).await);
        staff_sign_in::sign_out(portal, clerk.id, &left).await.unwrap();
        assert!(who(portal, &left).await.unwrap().is_none());
        portal.clock.advance(retention::STAFF_IDLE - MINUTE);
        assert!(who(portal, &resting).await.unwrap().is_some());
        portal.clock.advance(retention::STAFF_IDLE);
        assert!(who(portal, &resting).await.unwrap().is_none());

        let busy = token_hash(&sign_in(portal, &clerk).await);
        for _ in 0..47 {
            portal.clock.advance(HOUR / 4);
            assert!(who(portal, &busy).await.unwrap().is_some());
        }
        portal.clock.advance(HOUR / 4);
        assert!(who(portal, &busy).await.unwrap().is_none(), "twelve hours");
    }
}

#[tokio::test]
async fn a_weak_password_joins_nobody() {
    for one in portals().await {
        let portal = &one.portal;
        let (_, token) = invite(portal, "clerk1", "1", Roles::CLERK).await;
        assert_eq!(join(portal, &token, "1qaz2wsx3edc").await.1, Joined::Password(PasswordFault::Common));
        assert_eq!(join(portal, &token, "Clerk1-clerk1-").await.1, Joined::Password(PasswordFault::HasUserId));
        assert_eq!(enter_password(portal, "clerk1", "Clerk1-clerk1-").await.unwrap(), None);
    }
}
