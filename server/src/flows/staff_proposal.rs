//! 「職員のアカウント」 Whoever looks after accounts proposes, another person confirms: a new member of staff, other roles, an invitation
//! once more for who has lost her passkey (`decisions.md`, Security), an end of being disabled. Invariant: three persons, however
//! many accounts: whose account it is, who proposes, who confirms; nothing of before ends until a new invitation was answered, and
//! then everything does.

use intake::{
    access::{Action, NoRoles, Role, Roles, may},
    ids::{StaffId, StaffProposalId},
    staff_change::{self, Change, Standing},
    time::{DAY, Instant},
};

use super::{
    FlowError, random, right, staff_roles,
    staff_sign_in::{self, Invited},
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        staff::{self, Staff},
        staff_proposal::{self, Proposal},
    },
};

/// How long a proposal waits for the second person.
const WAITS: i64 = DAY;

/// Why something about an account is not done, each with a sentence of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Not what is typed to sign in.
    UserId,
    /// Somebody else is called so.
    UserIdTaken,
    /// Empty or too long.
    Name,
    /// Empty or too long.
    PersonId,
    /// Nobody has these roles together, in all her accounts.
    Roles(NoRoles),
    /// She has these roles already.
    Unchanged,
    /// Nobody decides about an account of her own.
    SamePerson,
    /// The second yes is another person's.
    NeedsAnother,
    /// Something is proposed about this account already.
    Waits,
    /// It was confirmed, taken back or is over, or is not possible any more.
    Gone,
    /// Nobody would be left who looks after accounts.
    LastManager,
}

impl Obstacle {
    /// The stable name, for the log and for the sentence that people read.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::UserIdTaken => "user_id_taken",
            Self::Name => "name",
            Self::PersonId => "person_id",
            Self::Roles(NoRoles::None) => "no_role",
            Self::Roles(NoRoles::Incompatible(..)) => "roles_apart",
            Self::Unchanged => "unchanged",
            Self::SamePerson => "same_person",
            Self::NeedsAnother => "needs_another_person",
            Self::Waits => "waits",
            Self::Gone => "gone",
            Self::LastManager => "last_manager",
        }
    }
}

/// Why a deed about an account was not done.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// For these reasons; it is recorded.
    #[error("refused: {0:?}")]
    Refused(Vec<Obstacle>),
    /// Something failed, or is not there for who asks.
    #[error(transparent)]
    Flow(FlowError),
}

impl From<Obstacle> for AccountError {
    fn from(obstacle: Obstacle) -> Self {
        Self::Refused(vec![obstacle])
    }
}

impl From<FlowError> for AccountError {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::RolesApart(why) => Obstacle::Roles(why).into(),
            other => Self::Flow(other),
        }
    }
}

impl From<StoreError> for AccountError {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

/// How the account of a member of staff stands.
#[must_use]
pub fn standing(member: &Staff, now: Instant) -> Standing {
    match (member.is_valid_at(now), &member.password_hash) {
        (false, _) => Standing::Disabled,
        (true, None) if !member.is_provided() => Standing::Invited,
        (true, _) => Standing::Active,
    }
}

/// Somebody of the staff, as who looks after accounts sees her.
pub struct Member {
    /// Who.
    pub staff: Staff,
    /// How the account stands.
    pub standing: Standing,
    /// What who asks may propose about it now.
    pub can_propose: Vec<Change>,
    /// Whether who asks may disable it.
    pub can_disable: bool,
}

/// A proposal, as who looks after accounts sees it.
pub struct Waiting {
    /// What is proposed.
    pub proposal: Proposal,
    /// The name of who it is about.
    pub name: String,
    /// The roles that she has now.
    pub roles_now: Option<Roles>,
    /// The name of who said so first.
    pub first: String,
    /// Whether who asks may confirm it.
    pub can_confirm: bool,
    /// Whether it is hers to take back.
    pub can_take_back: bool,
}

/// Everybody of the staff, and what waits.
pub struct Overview {
    /// Everybody.
    pub members: Vec<Member>,
    /// What waits for a second person.
    pub waiting: Vec<Waiting>,
    /// How many look after accounts (`controls.md` R18).
    pub managers: usize,
}

/// Whether she may look after accounts now.
pub(super) fn is_manager(member: &Staff, now: Instant) -> bool {
    member.is_valid_at(now) && may(member.roles, Action::ManageStaff)
}

/// What can be proposed about an account as it stands.
fn possible(member: &Staff, now: Instant) -> &'static [Change] {
    if member.disabled_at.is_some() {
        &[Change::Enable]
    } else if member.is_provided() || !member.is_valid_at(now) {
        &[]
    } else {
        &[Change::Roles, Change::Return]
    }
}

/// Records why a deed was refused; everything else is passed on.
pub(super) async fn refuse(portal: &Portal, entry: AuditEntry, error: AccountError) -> AccountError {
    let AccountError::Refused(obstacles) = &error else { return error };
    let reason = obstacles.first().map_or("", |first| first.code());
    let recorded = match portal.database.write().await {
        Ok(tx) => tx.commit(Record::Deed(entry.refused().with("reason", reason))).await,
        Err(failed) => Err(failed),
    };
    recorded.map_or_else(AccountError::from, |()| error)
}

/// Everybody of the staff, and what waits.
///
/// # Errors
/// [`FlowError::NotFound`] for who does not look after accounts.
pub async fn view(portal: &Portal, asking: &Staff) -> Result<Overview, FlowError> {
    right::need(portal, asking, Action::ManageStaff, Deed::StaffViewed, None).await?;
    let now = portal.clock.now();
    let mut tx = portal.database.read().await?;
    let proposals = staff_proposal::open(&mut tx, now).await?;
    let all = staff::list(&mut tx).await?;
    drop(tx);
    let entry = AuditEntry::done(now, Actor::Staff(asking.staff_id), Deed::StaffViewed);
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    let waiting: Vec<Waiting> =
        proposals.into_iter().filter_map(|proposal| waiting(proposal, &all, asking, now)).collect();
    let managers = all.iter().filter(|one| is_manager(one, now)).count();
    let member = |staff: Staff| {
        let is_another = asking.is_another_person(&staff);
        let is_open = waiting.iter().any(|one| one.proposal.user_id == staff.user_id);
        let can_propose = if is_another && !is_open { possible(&staff, now).to_vec() } else { Vec::new() };
        let can_disable = is_another && staff.disabled_at.is_none();
        Member { standing: standing(&staff, now), can_propose, can_disable, staff }
    };
    Ok(Overview { members: all.into_iter().map(member).collect(), waiting, managers })
}

/// A proposal that can still be confirmed by somebody.
fn waiting(proposal: Proposal, all: &[Staff], asking: &Staff, now: Instant) -> Option<Waiting> {
    let named = |id: StaffId| all.iter().find(|one| one.staff_id == id);
    let first = named(proposal.proposed_by).filter(|first| is_manager(first, now))?;
    let about = named(proposal.staff_id);
    let person_id = proposal.person_id.as_deref().or_else(|| about.map(|one| one.person_id.as_str()))?;
    let name = proposal.display_name.clone().or_else(|| about.map(|one| one.display_name.clone()))?;
    Some(Waiting {
        name,
        roles_now: about.map(|one| one.roles),
        first: first.display_name.clone(),
        can_confirm: asking.is_another_person(first) && asking.person_id != person_id,
        can_take_back: asking.staff_id == first.staff_id,
        proposal,
    })
}

/// Whether somebody may propose a new member of staff.
///
/// # Errors
/// [`FlowError::NotFound`] for who does not look after accounts.
pub async fn may_invite(portal: &Portal, asking: &Staff) -> Result<(), FlowError> {
    right::need(portal, asking, Action::ManageStaff, Deed::StaffInvitationProposed, None).await
}

/// What is typed for a new member of staff.
pub struct NewMember<'a> {
    /// What is typed to sign in.
    pub user_id: &'a str,
    /// The name that colleagues read.
    pub display_name: &'a str,
    /// Which person it is.
    pub person_id: &'a str,
    /// The roles that were ticked.
    pub roles: &'a [Role],
}

/// The first person's yes to a new member of staff.
///
/// # Errors
/// [`AccountError::Refused`] with everything that is to be put right.
pub async fn propose_member(portal: &Portal, asking: &Staff, typed: &NewMember<'_>) -> Result<(), AccountError> {
    may_invite(portal, asking).await?;
    let now = portal.clock.now();
    let entry = AuditEntry::done(now, Actor::Staff(asking.staff_id), Deed::StaffInvitationProposed);
    let mut tx = portal.database.write().await?;
    match new_member(&mut tx, asking, typed, now).await {
        Ok(proposal) => {
            let entry = entry.on(Subject::Staff(proposal.staff_id));
            let entry = match proposal.roles {
                Some(roles) => entry.with("role", roles),
                None => entry,
            };
            Ok(tx.commit(Record::Deed(entry)).await?)
        }
        Err(error) => {
            drop(tx);
            Err(refuse(portal, entry, error).await)
        }
    }
}

async fn new_member(
    tx: &mut WriteTx,
    asking: &Staff,
    typed: &NewMember<'_>,
    now: Instant,
) -> Result<Proposal, AccountError> {
    let mut obstacles = Vec::new();
    let user_id = staff_change::user_id(typed.user_id);
    match &user_id {
        None => obstacles.push(Obstacle::UserId),
        Some(user_id) if staff::find_by_user_id(tx, user_id).await?.is_some() => obstacles.push(Obstacle::UserIdTaken),
        Some(_) => {}
    }
    let display_name = staff_change::display_name(typed.display_name);
    obstacles.extend(display_name.is_none().then_some(Obstacle::Name));
    let person_id = staff_change::person_id(typed.person_id);
    match &person_id {
        None => obstacles.push(Obstacle::PersonId),
        Some(person_id) if *person_id == asking.person_id => obstacles.push(Obstacle::SamePerson),
        Some(_) => {}
    }
    let roles = Roles::of(typed.roles.iter().copied());
    obstacles.extend(roles.err().map(Obstacle::Roles));
    let (Some(user_id), Some(person_id), Ok(roles), true) = (user_id, person_id, roles, obstacles.is_empty()) else {
        return Err(AccountError::Refused(obstacles));
    };
    staff_roles::fit(tx, &person_id, &user_id, roles, now).await?;
    let proposal = Proposal {
        person_id: Some(person_id),
        display_name,
        roles: Some(roles),
        ..proposal(Change::Invite, (StaffId::from_random(random()), user_id), asking, now)
    };
    keep(tx, proposal).await
}

fn proposal(kind: Change, (staff_id, user_id): (StaffId, String), by: &Staff, now: Instant) -> Proposal {
    Proposal {
        proposal_id: StaffProposalId::from_random(random()),
        kind,
        staff_id,
        user_id,
        person_id: None,
        display_name: None,
        roles: None,
        proposed_by: by.staff_id,
        created_at: now,
        expires_at: now.plus(WAITS),
    }
}

async fn keep(tx: &mut WriteTx, proposal: Proposal) -> Result<Proposal, AccountError> {
    if staff_proposal::propose(tx, &proposal).await? { Ok(proposal) } else { Err(Obstacle::Waits.into()) }
}

/// What is proposed about an account that is there.
#[derive(Clone, Copy, Debug)]
pub enum Wish<'a> {
    /// That she has these roles and no others.
    Roles(&'a [Role]),
    /// That she is invited again.
    Return,
    /// That she is disabled no longer.
    Enable,
}

impl Wish<'_> {
    const fn change(self) -> Change {
        match self {
            Self::Roles(_) => Change::Roles,
            Self::Return => Change::Return,
            Self::Enable => Change::Enable,
        }
    }

    const fn deed(self) -> Deed {
        match self {
            Self::Roles(_) => Deed::StaffRolesProposed,
            Self::Return => Deed::StaffReturnProposed,
            Self::Enable => Deed::StaffEnablingProposed,
        }
    }
}

/// The first person's yes to something about an account.
///
/// # Errors
/// [`FlowError::NotFound`] when there is nobody like that; [`AccountError::Refused`].
pub async fn propose(portal: &Portal, asking: &Staff, of: StaffId, wish: Wish<'_>) -> Result<(), AccountError> {
    right::need(portal, asking, Action::ManageStaff, wish.deed(), Some(of)).await?;
    let now = portal.clock.now();
    let entry = AuditEntry::done(now, Actor::Staff(asking.staff_id), wish.deed()).on(Subject::Staff(of));
    let mut tx = portal.database.write().await?;
    let member = staff::find(&mut tx, of).await?.ok_or(FlowError::NotFound)?;
    match wished(&mut tx, asking, &member, wish, now).await {
        Ok(Proposal { roles: Some(roles), .. }) => {
            Ok(tx.commit(Record::Deed(entry.with("from", member.roles).with("role", roles))).await?)
        }
        Ok(_) => Ok(tx.commit(Record::Deed(entry)).await?),
        Err(error) => {
            drop(tx);
            Err(refuse(portal, entry, error).await)
        }
    }
}

async fn wished(
    tx: &mut WriteTx,
    asking: &Staff,
    member: &Staff,
    wish: Wish<'_>,
    now: Instant,
) -> Result<Proposal, AccountError> {
    if !asking.is_another_person(member) {
        return Err(Obstacle::SamePerson.into());
    }
    if !possible(member, now).contains(&wish.change()) {
        return Err(Obstacle::Gone.into());
    }
    let new = proposal(wish.change(), (member.staff_id, member.user_id.clone()), asking, now);
    let roles = match wish {
        Wish::Roles(ticked) => {
            let roles = Roles::of(ticked.iter().copied()).map_err(Obstacle::Roles)?;
            if roles == member.roles {
                return Err(Obstacle::Unchanged.into());
            }
            staff_roles::fit(tx, &member.person_id, &member.user_id, roles, now).await?;
            Some(roles)
        }
        Wish::Return | Wish::Enable => None,
    };
    keep(tx, Proposal { roles, ..new }).await
}

/// What the second yes has done.
#[derive(Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// She is invited: the token, which is told once, and until when it is good.
    Invited(String, Instant),
    /// It is done.
    Done,
}

/// The second person's yes.
///
/// # Errors
/// [`AccountError::Refused`] when it is not hers to say, somebody else was faster, or it is not possible any more.
pub async fn confirm(portal: &Portal, asking: &Staff, id: StaffProposalId) -> Result<Confirmed, AccountError> {
    right::need(portal, asking, Action::ManageStaff, Deed::StaffProposalConfirmed, None).await?;
    let now = portal.clock.now();
    let mut entry = AuditEntry::done(now, Actor::Staff(asking.staff_id), Deed::StaffProposalConfirmed);
    let mut tx = portal.database.write().await?;
    staff::hold_account_managers(&mut tx).await?;
    let proposal = find(&mut tx, id, now).await?;
    entry.subject = proposal.as_ref().map(|one| Subject::Staff(one.staff_id));
    let said = match proposal {
        Some(proposal) => second_yes(&mut tx, asking, &proposal, now).await,
        None => Err(Obstacle::Gone.into()),
    };
    match said {
        Ok((done, confirmed)) => {
            tx.commit(Record::Deed(done)).await?;
            Ok(confirmed)
        }
        Err(error) => {
            drop(tx);
            Err(refuse(portal, entry, error).await)
        }
    }
}

async fn find(connection: &mut Connection, id: StaffProposalId, now: Instant) -> Result<Option<Proposal>, StoreError> {
    Ok(staff_proposal::open(connection, now).await?.into_iter().find(|one| one.proposal_id == id))
}

async fn second_yes(
    tx: &mut WriteTx,
    asking: &Staff,
    proposal: &Proposal,
    now: Instant,
) -> Result<(AuditEntry, Confirmed), AccountError> {
    let first = staff::find(tx, proposal.proposed_by).await?.filter(|first| is_manager(first, now));
    let first = first.ok_or(Obstacle::Gone)?;
    if !asking.is_another_person(&first) {
        return Err(Obstacle::NeedsAnother.into());
    }
    let member = staff::find(tx, proposal.staff_id).await?;
    let person_id = proposal.person_id.as_deref().or_else(|| member.as_ref().map(|one| one.person_id.as_str()));
    if person_id.ok_or(Obstacle::Gone)? == asking.person_id {
        return Err(Obstacle::SamePerson.into());
    }
    if !staff_proposal::take(tx, proposal.proposal_id, now).await? {
        return Err(Obstacle::Gone.into());
    }
    let entry = |deed| AuditEntry::done(now, Actor::Staff(asking.staff_id), deed).on(Subject::Staff(proposal.staff_id));
    match (proposal.kind, member) {
        (Change::Invite, None) => {
            let roles = proposal.roles.ok_or(Obstacle::Gone)?;
            let invited = join_the_staff(tx, proposal, roles, now).await?;
            Ok((entry(Deed::StaffInvited).with("role", roles), invited))
        }
        (kind, Some(member)) if possible(&member, now).contains(&kind) => match kind {
            Change::Roles => {
                let roles = proposal.roles.ok_or(Obstacle::Gone)?;
                staff_roles::set(tx, &member, roles, now).await?;
                let entry = entry(Deed::StaffRolesChanged).with("from", member.roles).with("role", roles);
                Ok((entry, Confirmed::Done))
            }
            Change::Enable => {
                staff::enable(tx, member.staff_id).await?;
                staff_roles::fit(tx, &member.person_id, &member.user_id, member.roles, now).await?;
                Ok((entry(Deed::StaffEnabled), Confirmed::Done))
            }
            Change::Return => {
                staff::end_invitations(tx, member.staff_id, now).await?;
                let (token, until) = staff_sign_in::insert_invitation(tx, member.staff_id, now).await?;
                Ok((entry(Deed::StaffInvited).with("way", "return"), Confirmed::Invited(token, until)))
            }
            Change::Invite => Err(Obstacle::Gone.into()),
        },
        _ => Err(Obstacle::Gone.into()),
    }
}

async fn join_the_staff(
    tx: &mut WriteTx,
    proposal: &Proposal,
    roles: Roles,
    now: Instant,
) -> Result<Confirmed, AccountError> {
    let (person_id, display_name) = (proposal.person_id.as_deref(), proposal.display_name.as_deref());
    let member = Invited {
        user_id: &proposal.user_id,
        person_id: person_id.ok_or(Obstacle::Gone)?,
        display_name: display_name.ok_or(Obstacle::Gone)?,
        roles,
    };
    match staff_sign_in::insert(tx, proposal.staff_id, &member, now).await {
        Ok((token, until)) => Ok(Confirmed::Invited(token, until)),
        Err(FlowError::Store(StoreError::Duplicate)) => Err(Obstacle::UserIdTaken.into()),
        Err(error) => Err(error.into()),
    }
}

/// Takes a proposal of one's own back; pressed again, it is as it was.
///
/// # Errors
/// [`FlowError::NotFound`] when it is somebody else's.
pub async fn take_back(portal: &Portal, asking: &Staff, id: StaffProposalId) -> Result<(), FlowError> {
    right::need(portal, asking, Action::ManageStaff, Deed::StaffProposalDropped, None).await?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let Some(proposal) = find(&mut tx, id, now).await? else { return Ok(()) };
    let entry = AuditEntry::done(now, Actor::Staff(asking.staff_id), Deed::StaffProposalDropped);
    let entry = entry.on(Subject::Staff(proposal.staff_id));
    if proposal.proposed_by != asking.staff_id {
        tx.commit(Record::Deed(entry.refused().with("reason", "not_allowed"))).await?;
        return Err(FlowError::NotFound);
    }
    staff_proposal::take(&mut tx, id, now).await?;
    Ok(tx.commit(Record::Deed(entry)).await?)
}
