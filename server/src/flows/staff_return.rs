//! 「職員の再招待」 The way back in for somebody of the staff who has lost her passkey (`decisions.md`, Security): two people invite her
//! again, in person. Invariant: three persons, however many accounts: who returns, who proposes, who confirms; nothing of before
//! ends until she has answered the invitation, and then everything does.

use intake::{
    access::{Action, may},
    ids::StaffId,
    time::{DAY, Instant},
};

use super::{FlowError, staff_sign_in};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record,
        audit::{Actor, Deed, Subject},
        staff::{self, Staff},
        staff_return::{self, Proposal},
    },
};

/// How long a proposal waits for the second person.
const WAITS: i64 = DAY;

/// Somebody of the staff, as who looks after accounts sees her.
pub struct Member {
    /// Who.
    pub staff: Staff,
    /// Who proposed that she is invited again, and when.
    pub proposed: Option<(String, Instant)>,
    /// Whether who asks may propose it now.
    pub can_propose: bool,
    /// Whether who asks may confirm it now.
    pub can_confirm: bool,
}

/// Whether she has an account that can be answered for anew: her own password, and she may act.
fn can_return(member: &Staff, now: Instant) -> bool {
    member.is_valid_at(now) && member.password_hash.is_some() && !member.is_provided()
}

async fn may_ask(portal: &Portal, asking: &Staff, deed: Deed, of: Option<StaffId>) -> Result<(), FlowError> {
    if may(asking.roles, Action::ManageStaff) {
        return Ok(());
    }
    let mut entry = AuditEntry::done(portal.clock.now(), Actor::Staff(asking.staff_id), deed).refused();
    entry.subject = of.map(Subject::Staff);
    portal.database.write().await?.commit(Record::Deed(entry.with("reason", "not_allowed"))).await?;
    Err(FlowError::NotFound)
}

/// Everybody of the staff.
///
/// # Errors
/// [`FlowError::NotFound`] for who does not look after accounts.
pub async fn view(portal: &Portal, asking: &Staff) -> Result<Vec<Member>, FlowError> {
    may_ask(portal, asking, Deed::StaffReturnProposed, None).await?;
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let proposals = staff_return::open(&mut tx, now).await?;
    let all = staff::list(&mut tx).await?;
    let named = |id: StaffId| all.iter().find(|one| one.staff_id == id);
    let member = |member: &Staff| {
        let proposal = proposals.iter().find(|one| one.staff_id == member.staff_id);
        let first = proposal.and_then(|one| named(one.proposed_by));
        let may_act = can_return(member, now) && asking.is_another_person(member);
        Member {
            staff: member.clone(),
            proposed: first.zip(proposal).map(|(first, one)| (first.display_name.clone(), one.created_at)),
            can_propose: may_act && proposal.is_none(),
            can_confirm: may_act && first.is_some_and(|first| asking.is_another_person(first)),
        }
    };
    Ok(all.iter().map(member).collect())
}

async fn member(connection: &mut Connection, of: StaffId, asking: &Staff, now: Instant) -> Result<Staff, FlowError> {
    let found = staff::find(connection, of).await?;
    found.filter(|found| can_return(found, now) && asking.is_another_person(found)).ok_or(FlowError::NotFound)
}

/// The first person's yes.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not theirs to say, or there is nobody like that.
pub async fn propose(portal: &Portal, asking: &Staff, of: StaffId) -> Result<(), FlowError> {
    may_ask(portal, asking, Deed::StaffReturnProposed, Some(of)).await?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let member = member(&mut tx, of, asking, now).await?;
    staff_return::propose(&mut tx, member.staff_id, asking.staff_id, now, now.plus(WAITS)).await?;
    let entry = AuditEntry::done(now, Actor::Staff(asking.staff_id), Deed::StaffReturnProposed);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Staff(of)))).await?)
}

/// The second person's: the token of the invitation, which is told once, and until when it is good; none where the second
/// person is the first, or nothing waits.
///
/// # Errors
/// See [`propose`].
pub async fn confirm(portal: &Portal, asking: &Staff, of: StaffId) -> Result<Option<(String, Instant)>, FlowError> {
    may_ask(portal, asking, Deed::StaffInvited, Some(of)).await?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let member = member(&mut tx, of, asking, now).await?;
    let entry = AuditEntry::done(now, Actor::Staff(asking.staff_id), Deed::StaffInvited).on(Subject::Staff(of));
    let proposal: Option<Proposal> = staff_return::open(&mut tx, now).await?.into_iter().find(|one| one.staff_id == of);
    let first = match &proposal {
        Some(proposal) => staff::find(&mut tx, proposal.proposed_by).await?,
        None => None,
    };
    let Some(proposal) = proposal.filter(|_| first.is_some_and(|first| asking.is_another_person(&first))) else {
        tx.commit(Record::Deed(entry.refused().with("reason", "needs_another_person"))).await?;
        return Ok(None);
    };
    if !staff_return::take(&mut tx, &proposal, now).await? {
        return Ok(None);
    }
    let invited = staff_sign_in::insert_invitation(&mut tx, member.staff_id, now).await?;
    tx.commit(Record::Deed(entry.with("way", "return"))).await?;
    Ok(Some(invited))
}
