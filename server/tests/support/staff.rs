//! Staff of a test: invited, joined and signed in the way that everybody is.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use intake::{access::Roles, device::Device, ids::StaffId, retention};
use server::{
    demo::authenticator::{SoftwarePasskey, create},
    flows::staff_sign_in::{self, Joined, Joining, PasskeyTurn, SignedInStaff},
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record,
        audit::{Actor, Deed, Subject},
        staff::{self, NewStaff},
    },
};

use super::authenticator::{USER_VERIFIED, sign};

/// A password of everybody in the tests.
pub const PASSWORD: &str = "七つの子は山の古巣へ行く";

/// A member of staff with a passkey in software.
#[derive(Clone)]
pub struct Member {
    pub id: StaffId,
    pub user_id: String,
    pub key: SoftwarePasskey,
}

/// Makes a member of staff and the token of the invitation.
pub async fn invite(portal: &Portal, user_id: &str, person_id: &str, roles: impl Into<Roles>) -> (StaffId, String) {
    let staff_id = StaffId::from_random(rand::random());
    let token = BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
    let now = portal.clock.now();
    let new = NewStaff { staff_id, user_id, person_id, display_name: user_id, roles: roles.into(), created_at: now };
    let mut tx = portal.database.write().await.unwrap();
    staff::insert(&mut tx, &new).await.unwrap();
    let until = now.plus(retention::INVITATION);
    staff::insert_invitation(&mut tx, &token_hash(token.as_bytes()), staff_id, now, until).await.unwrap();
    let entry = AuditEntry::done(now, Actor::Operator, Deed::StaffInvited).on(Subject::Staff(staff_id));
    tx.commit(Record::Deed(entry)).await.unwrap();
    (staff_id, token)
}

/// Answers an invitation.
pub async fn join(portal: &Portal, token: &str, password: &str) -> (SoftwarePasskey, Joined) {
    let (_, begun) = staff_sign_in::begin_joining(portal, token).await.unwrap().unwrap();
    let (key, credential) = create(&begun.options, portal.config.staff_url.origin()).unwrap();
    let sent = Joining { password, again: password, ceremony: &begun.ceremony, credential: &credential };
    (key, staff_sign_in::join(portal, token, &sent).await.unwrap())
}

/// Invited and joined.
pub async fn hire(portal: &Portal, user_id: &str, person_id: &str, roles: impl Into<Roles>) -> Member {
    let (id, token) = invite(portal, user_id, person_id, roles).await;
    let (key, joined) = join(portal, &token, PASSWORD).await;
    assert_eq!(joined, Joined::Yes);
    Member { id, user_id: user_id.to_owned(), key }
}

/// Signs in with both; the token of the session.
pub async fn sign_in(portal: &Portal, member: &Member) -> [u8; 32] {
    let token = staff_sign_in::enter_password(portal, &member.user_id, PASSWORD).await.unwrap().unwrap();
    let begun = staff_sign_in::begin_passkey(portal, &token).await.unwrap().unwrap();
    let answer = sign(&member.key, &begun.options, portal.config.staff_url.origin(), USER_VERIFIED, 0);
    match staff_sign_in::finish_passkey(portal, &token, &begun.ceremony, &answer, Device::default()).await.unwrap() {
        PasskeyTurn::SignedIn(session) => session,
        other => panic!("{other:?}"),
    }
}

/// Invited, joined and signed in.
pub async fn at_work(portal: &Portal, user_id: &str, person_id: &str, roles: impl Into<Roles>) -> SignedInStaff {
    let member = hire(portal, user_id, person_id, roles).await;
    let session = sign_in(portal, &member).await;
    staff_sign_in::who(portal, &token_hash(&session)).await.unwrap().unwrap()
}
