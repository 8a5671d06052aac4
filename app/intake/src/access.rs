//! Who may do what: the only policy. Invariant: a [`Permit`] is proof that the table was asked; only [`permit`] and
//! [`permit_owner`] make one, and the store opens answers for nothing else.
//!
//! "May you" is this table; "is it possible now" is the table in `case`.

mod roles;

pub use roles::{NoRoles, Role, Roles};

use crate::{
    case::CommandKind,
    form::Compartment,
    ids::{AccountId, CaseId, StaffId},
};

/// Something that somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See the list of cases with names.
    SeeQueue,
    /// Read a case with its answers.
    ReadCase,
    /// 「写真・書類」 Open a photo or a file of a case.
    OpenPaper,
    /// Take a case away as a file: 外部媒体への出力 is a right of its own (特定個人情報保護評価書, III).
    ExportCase,
    /// See which mail about cases was refused, have it tried again, and open its address.
    SeeUndeliveredMail,
    /// 「市との連絡」 Read what the parent wrote on a case, and answer.
    WriteMessage,
    /// 「職員のメモ」 Read what staff write for each other on a case, and write.
    WriteNote,
    /// 「不開示」 Mark a case of which nobody is told where she lives, or take the mark away.
    MarkNonDisclosure,
    /// 「不開示」 Read where she lives in a case that is so marked.
    ReadUndisclosed,
    /// 「妊娠の終了」 Keep that a parent has told of it.
    NotePregnancyEnd,
    /// 「窓口でのアカウント再開」 Let a parent back in who has lost her mail or her passkey; two people do it.
    RestoreAccess,
    /// 「同じ方・重複の可能性」 Say whether two filings are one, and which stands; tie a filing to the one that it follows.
    TellApart,
    /// Give a command on a case.
    Command(CommandKind),
    /// See batches and receipts.
    SeeHandover,
    /// Read the audit log.
    ReadAudit,
    /// Invite or disable staff.
    ManageStaff,
    /// 「面談枠」 Open and close slots, and mark who came.
    ManageSlots,
    /// 「再検証」 Have the signature of a case verified once more.
    VerifySignature,
    /// 「確認の仕事」 See what is to be looked after, and do it.
    SeeTasks,
    /// 「窓口代行入力」 Type in a form that was handed in on paper.
    EnterPaper,
    /// 「外部記録媒体」 Register media and terminals, ask for a batch to be carried, write it, and note what comes back.
    CarryBatches,
    /// The second person's yes to that.
    ApproveCarriage,
    /// 「集計」 See how many filings there were and how long they took.
    SeeReports,
}

impl Action {
    /// Everything but the commands on a case.
    pub const PLAIN: [Self; 22] = [
        Self::SeeQueue,
        Self::ReadCase,
        Self::OpenPaper,
        Self::VerifySignature,
        Self::ExportCase,
        Self::SeeUndeliveredMail,
        Self::WriteMessage,
        Self::WriteNote,
        Self::MarkNonDisclosure,
        Self::ReadUndisclosed,
        Self::NotePregnancyEnd,
        Self::RestoreAccess,
        Self::TellApart,
        Self::ManageSlots,
        Self::SeeTasks,
        Self::EnterPaper,
        Self::SeeHandover,
        Self::CarryBatches,
        Self::ApproveCarriage,
        Self::SeeReports,
        Self::ReadAudit,
        Self::ManageStaff,
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::PLAIN.into_iter().chain(CommandKind::ALL.iter().copied().map(Self::Command))
    }
}

/// How far a role reaches with an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Not at all.
    Nothing,
    /// The cases that were assigned to who asks: those that she holds.
    Assigned,
    /// Every case that the role may know of; or it is about no case.
    Everything,
}

/// Roles × actions. Deny is the default.
#[must_use]
pub const fn reach(role: Role, action: Action) -> Reach {
    let (all, assigned): (&[Role], &[Role]) = match action {
        Action::SeeQueue
        | Action::OpenPaper
        | Action::VerifySignature
        | Action::WriteNote
        | Action::RestoreAccess
        | Action::SeeTasks => (WORKING, &[]),
        Action::ReadCase => (WORKING, &[Role::Contractor]),
        Action::WriteMessage => (FIRST, &[Role::Contractor]),
        Action::SeeUndeliveredMail | Action::NotePregnancyEnd | Action::TellApart | Action::EnterPaper => (FIRST, &[]),
        Action::MarkNonDisclosure => (FIRST, &[]),
        Action::ReadUndisclosed => (SECOND, &[Role::Reviewer, Role::Contractor]),
        Action::ExportCase => (&[Role::Nurse], &[]),
        Action::Command(kind) => by_command(kind),
        Action::SeeHandover => {
            (&[Role::Reviewer, Role::Confirmer, Role::Nurse, Role::SystemManager, Role::Auditor], &[])
        }
        // 特定の権限: who opens cases carries nothing, and the second yes may be the office's (評価書 III 3).
        Action::CarryBatches => (&[Role::SystemManager], &[]),
        Action::ApproveCarriage => (&[Role::Confirmer, Role::Nurse, Role::SystemManager], &[]),
        Action::SeeReports => {
            (&[Role::Reviewer, Role::Confirmer, Role::Nurse, Role::SystemManager, Role::Auditor], &[])
        }
        Action::ReadAudit => (&[Role::Auditor], &[]),
        Action::ManageStaff => (&[Role::AccountManager], &[]),
        Action::ManageSlots => (&[Role::Reviewer, Role::Nurse, Role::Contractor], &[]),
    };
    if holds(all, role) {
        Reach::Everything
    } else if holds(assigned, role) {
        Reach::Assigned
    } else {
        Reach::Nothing
    }
}

/// Who works on cases, as the first or as the second person.
const WORKING: &[Role] = &[Role::Reviewer, Role::Confirmer, Role::Nurse];
/// Who takes a case in hand.
const FIRST: &[Role] = &[Role::Reviewer, Role::Nurse];
/// Who says the second yes.
const SECOND: &[Role] = &[Role::Confirmer, Role::Nurse];

const fn holds(roles: &[Role], role: Role) -> bool {
    let mut at = 0;
    while at < roles.len() {
        if roles[at] as u8 == role as u8 {
            return true;
        }
        at += 1;
    }
    false
}

/// Who gives a command, on every case and on one that was assigned.
const fn by_command(kind: CommandKind) -> (&'static [Role], &'static [Role]) {
    match kind {
        CommandKind::Claim
        | CommandKind::Assign
        | CommandKind::TakeOver
        | CommandKind::SendBack
        | CommandKind::AskToVisit
        | CommandKind::Visited
        | CommandKind::RecordIdentity
        | CommandKind::RecordProxy
        | CommandKind::Complete
        | CommandKind::Amend
        | CommandKind::SettleDifference
        | CommandKind::Accept
        | CommandKind::ProposeDecline
        | CommandKind::Correct
        | CommandKind::ProposeWithdrawal => (FIRST, &[]),
        CommandKind::EditStaffItems => (FIRST, &[Role::Contractor]),
        // Whoever reopens holds the case then, and must be able to put it back.
        CommandKind::Release => (WORKING, &[Role::Contractor]),
        CommandKind::Reopen | CommandKind::RefuseWithdrawal | CommandKind::CheckEntry => (WORKING, &[]),
        CommandKind::Confirm | CommandKind::Decline | CommandKind::ConfirmWithdrawal => (SECOND, &[]),
        CommandKind::Resubmit
        | CommandKind::ReleaseIdle
        | CommandKind::Seal
        | CommandKind::SettleImported
        | CommandKind::SettleHeld
        | CommandKind::SettleRejected
        | CommandKind::Withdraw
        | CommandKind::AskToWithdraw => (&[], &[]),
    }
}

/// 「EPDS」 Whether a role has anything to do with the cases of a compartment. A contractor has where the city says so.
const fn has_the_compartment(roles: Roles, role: Role, compartment: Compartment) -> bool {
    match (compartment, role) {
        (Compartment::General, _) | (Compartment::Epds, Role::Nurse) => true,
        (Compartment::Epds, Role::Contractor) => roles.contractor_opens_epds(),
        (
            Compartment::Epds,
            Role::Reviewer | Role::Confirmer | Role::Auditor | Role::AccountManager | Role::SystemManager,
        ) => false,
    }
}

/// How far these roles reach with an action on cases of a compartment.
#[must_use]
pub fn reach_in(roles: impl Into<Roles>, action: Action, compartment: Compartment) -> Reach {
    let roles = roles.into();
    let allowed = roles.iter().filter(|role| has_the_compartment(roles, *role, compartment));
    allowed.map(|role| reach(role, action)).max().unwrap_or(Reach::Nothing)
}

/// Whether somebody may do an action at all; with a certain case it is [`may_in`] or [`may_with`] that says so.
#[must_use]
pub fn may(roles: impl Into<Roles>, action: Action) -> bool {
    roles.into().iter().any(|role| reach(role, action) != Reach::Nothing)
}

/// Whether somebody may do an action with every case of a compartment. To whoever may not, they do not exist: they are neither
/// found nor counted.
#[must_use]
pub fn may_in(roles: impl Into<Roles>, action: Action, compartment: Compartment) -> bool {
    reach_in(roles, action, compartment) == Reach::Everything
}

/// Whether somebody may do an action with a case of a compartment that this member of staff holds.
#[must_use]
pub fn may_with(
    (staff, roles): (StaffId, Roles),
    action: Action,
    compartment: Compartment,
    holder: Option<StaffId>,
) -> bool {
    match reach_in(roles, action, compartment) {
        Reach::Everything => true,
        Reach::Assigned => holder == Some(staff),
        Reach::Nothing => false,
    }
}

/// 「担当の割当て」 Whether cases of a compartment can be put into the hands of somebody with these roles: who fills in the staff's
/// items of what she holds, the contractors too.
#[must_use]
pub fn can_hold(roles: impl Into<Roles>, compartment: Compartment) -> bool {
    reach_in(roles, Action::Command(CommandKind::EditStaffItems), compartment) != Reach::Nothing
}

/// The compartments with all of whose cases somebody may do an action.
#[must_use]
pub fn compartments(roles: impl Into<Roles>, action: Action) -> Vec<Compartment> {
    let roles = roles.into();
    Compartment::ALL.into_iter().filter(|compartment| may_in(roles, action, *compartment)).collect()
}

/// Who holds a [`Permit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A member of staff.
    Staff(StaffId),
    /// The parent whose case it is.
    Citizen(AccountId),
    /// The portal itself, for a batch or its receipt.
    Portal,
}

/// Proof that this bearer may open this case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    case: CaseId,
    bearer: Bearer,
}

impl Permit {
    /// The case that may be opened.
    #[must_use]
    pub const fn case(&self) -> CaseId {
        self.case
    }

    /// Who may open it.
    #[must_use]
    pub const fn bearer(&self) -> Bearer {
        self.bearer
    }
}

/// A permit for a member of staff who may do the action with every case of this compartment.
#[must_use]
pub fn permit(
    staff: StaffId,
    roles: impl Into<Roles>,
    action: Action,
    case: CaseId,
    compartment: Compartment,
) -> Option<Permit> {
    may_in(roles, action, compartment).then_some(Permit { case, bearer: Bearer::Staff(staff) })
}

/// 「委託」 A permit also for a member of staff who may do the action only with what was assigned to her, which this case is if she
/// holds it.
#[must_use]
pub fn permit_with(
    (staff, roles): (StaffId, Roles),
    action: Action,
    (case, compartment): (CaseId, Compartment),
    holder: Option<StaffId>,
) -> Option<Permit> {
    may_with((staff, roles), action, compartment, holder).then_some(Permit { case, bearer: Bearer::Staff(staff) })
}

/// A permit for the parent whose case it is.
#[must_use]
pub fn permit_owner(asking: AccountId, owner: Option<AccountId>, case: CaseId) -> Option<Permit> {
    (owner == Some(asking)).then_some(Permit { case, bearer: Bearer::Citizen(asking) })
}

/// 「代理人」 A permit for who filed for another person, to put right what she said of herself; the caller shows and takes nothing
/// else.
#[must_use]
pub fn permit_proxy(asking: AccountId, holder: Option<AccountId>, is_by_proxy: bool, case: CaseId) -> Option<Permit> {
    (is_by_proxy && holder == Some(asking)).then_some(Permit { case, bearer: Bearer::Citizen(asking) })
}

/// A permit for the portal to put a confirmed case into a batch.
#[must_use]
pub fn permit_batch(stage: crate::case::Stage, case: CaseId) -> Option<Permit> {
    (stage == crate::case::Stage::Confirmed).then_some(Permit { case, bearer: Bearer::Portal })
}

/// 「同じ方・重複の可能性」 A permit for the portal to compare a case with one that may be of the same person. Never an EPDS.
#[must_use]
pub fn permit_compare(compartment: Compartment, case: CaseId) -> Option<Permit> {
    (compartment == Compartment::General).then_some(Permit { case, bearer: Bearer::Portal })
}

/// 「母子健康手帳」 A permit for the portal to keep what the back office has recorded of a case that it has taken in.
#[must_use]
pub fn permit_recorded(stage: crate::case::Stage, case: CaseId) -> Option<Permit> {
    (stage == crate::case::Stage::Imported).then_some(Permit { case, bearer: Bearer::Portal })
}

/// 「探す」 A permit for the portal to make the keyed indexes of a case anew, which it is found by.
#[must_use]
pub const fn permit_search_index(case: CaseId) -> Permit {
    Permit { case, bearer: Bearer::Portal }
}

/// 「再同期」 A permit for the portal to give a case that was put back from a backup its next revision.
#[must_use]
pub const fn permit_resync(case: CaseId) -> Permit {
    Permit { case, bearer: Bearer::Portal }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use std::fmt::Write;

    #[test]
    fn the_table_of_roles_and_actions_is_the_one_agreed() {
        let mut table = String::new();
        for action in Action::all() {
            for compartment in Compartment::ALL {
                let who = Role::ALL.into_iter().filter_map(|role| match reach_in(role, action, compartment) {
                    Reach::Everything => Some(role.to_string()),
                    Reach::Assigned => Some(format!("({role})")),
                    Reach::Nothing => None,
                });
                let who: Vec<String> = who.collect();
                writeln!(table, "{:<8} {:<26} {}", compartment.as_str(), format!("{action:?}"), who.join(" ")).unwrap();
            }
        }
        insta::assert_snapshot!("roles_and_actions", table);
    }

    #[test]
    fn another_parents_case_stays_closed() {
        let (mine, theirs) = (AccountId::from_random([1; 16]), AccountId::from_random([2; 16]));
        let case = CaseId::from_random([3; 16]);
        assert!(permit_owner(mine, Some(mine), case).is_some());
        assert!(permit_owner(mine, Some(theirs), case).is_none());
        assert!(permit_owner(mine, None, case).is_none());
    }

    #[test]
    fn nobody_but_a_nurse_has_anything_to_do_with_an_epds() {
        let (staff, case) = (StaffId::from_random([1; 16]), CaseId::from_random([3; 16]));
        for role in Role::ALL {
            let may = role == Role::Nurse;
            for action in [Action::SeeQueue, Action::ReadCase, Action::Command(CommandKind::Confirm)] {
                assert_eq!(permit(staff, role, action, case, Compartment::Epds).is_some(), may, "{role} {action:?}");
                assert_eq!(compartments(role, action).contains(&Compartment::Epds), may);
                let held = permit_with((staff, role.into()), action, (case, Compartment::Epds), Some(staff));
                assert_eq!(held.is_some(), may, "{role} {action:?}");
            }
        }
        assert_eq!(compartments(Roles::CLERK, Action::SeeQueue), [Compartment::General]);
        assert_eq!(compartments(Role::Auditor, Action::SeeQueue), []);
    }

    #[test]
    fn who_looks_after_accounts_or_the_system_or_audits_opens_no_case() {
        let (staff, case) = (StaffId::from_random([1; 16]), CaseId::from_random([3; 16]));
        for role in [Role::AccountManager, Role::SystemManager, Role::Auditor] {
            for compartment in Compartment::ALL {
                let (who, what) = ((staff, role.into()), (case, compartment));
                assert!(permit_with(who, Action::ReadCase, what, Some(staff)).is_none());
            }
        }
    }

    #[test]
    fn a_contractor_opens_what_was_assigned_to_her_and_an_epds_only_where_the_city_says_so() {
        let (me, other, case) =
            (StaffId::from_random([1; 16]), StaffId::from_random([2; 16]), CaseId::from_random([3; 16]));
        let roles = Roles::from(Role::Contractor);
        assert!(permit(me, roles, Action::ReadCase, case, Compartment::General).is_none(), "not each and every one");
        let opens = |roles, compartment, holder| {
            permit_with((me, roles), Action::ReadCase, (case, compartment), holder).is_some()
        };
        assert!(opens(roles, Compartment::General, Some(me)));
        assert!(!opens(roles, Compartment::General, Some(other)) && !opens(roles, Compartment::General, None));
        assert!(!opens(roles, Compartment::Epds, Some(me)));
        assert!(opens(roles.with_contractor_epds(true), Compartment::Epds, Some(me)));
        assert!(!opens(roles.with_contractor_epds(true), Compartment::Epds, Some(other)));
        let clerk = Roles::CLERK.with_contractor_epds(true);
        assert!(!opens(clerk, Compartment::Epds, Some(me)), "the setting is about contractors");
        for action in [Action::ExportCase, Action::Command(CommandKind::Accept), Action::Command(CommandKind::Confirm)]
        {
            assert!(!may(roles, action), "{action:?}");
        }
    }

    #[test]
    fn a_set_may_what_each_of_its_roles_may() {
        for action in Action::all() {
            for compartment in Compartment::ALL {
                let alone = [Role::Reviewer, Role::Confirmer].map(|role| may_in(role, action, compartment));
                assert_eq!(may_in(Roles::CLERK, action, compartment), alone[0] || alone[1], "{action:?}");
            }
        }
    }
}
