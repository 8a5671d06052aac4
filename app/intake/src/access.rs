//! Who may do what: the only policy. Invariant: a [`Permit`] is proof that the table was asked; only [`permit`] and
//! [`permit_owner`] make one, and the store opens answers for nothing else.
//!
//! "May you" is this table; "is it possible now" is the table in `case`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    case::CommandKind,
    form::Compartment,
    ids::{AccountId, CaseId, NotAnId, StaffId},
};

/// The role of a member of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 「受付担当」 Works the queue.
    Clerk,
    /// 「保健師」 Works the queue, and reads what only a public health nurse may.
    Nurse,
    /// 「管理者」 Invites staff and looks after keys; sees no case.
    Administrator,
    /// 「監査担当」 Reads the audit log; sees no answers.
    Auditor,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Clerk, Self::Nurse, Self::Administrator, Self::Auditor];

    /// The public name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Nurse => "nurse",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NotAnId)
    }
}

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
    /// 「妊娠の終了」 Keep that a parent has told of it.
    NotePregnancyEnd,
    /// 「窓口でのアカウント再開」 Let a parent back in who has lost her mail or her passkey; two people do it.
    RestoreAccess,
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
    /// 「確認の仕事」 See what is to be looked after, and do it.
    SeeTasks,
}

/// Whether a role may do an action with cases of a compartment. To whoever may not, they do not exist: they are neither
/// found nor counted.
#[must_use]
pub const fn may_in(role: Role, action: Action, compartment: Compartment) -> bool {
    let has_the_right = match (compartment, role) {
        (Compartment::General, _) | (Compartment::Epds, Role::Nurse) => true,
        (Compartment::Epds, Role::Clerk | Role::Administrator | Role::Auditor) => false,
    };
    may(role, action) && has_the_right
}

/// The compartments with whose cases a role may do an action.
#[must_use]
pub fn compartments(role: Role, action: Action) -> Vec<Compartment> {
    Compartment::ALL.into_iter().filter(|compartment| may_in(role, action, *compartment)).collect()
}

/// Whether a role may do an action at all; with a certain case it is [`may_in`] that says so. Deny is the default.
#[must_use]
pub const fn may(role: Role, action: Action) -> bool {
    match action {
        Action::SeeQueue
        | Action::ReadCase
        | Action::OpenPaper
        | Action::SeeUndeliveredMail
        | Action::WriteMessage
        | Action::NotePregnancyEnd
        | Action::RestoreAccess => {
            matches!(role, Role::Clerk | Role::Nurse)
        }
        Action::ExportCase => matches!(role, Role::Nurse),
        Action::Command(kind) => command_is_for_staff(kind) && matches!(role, Role::Clerk | Role::Nurse),
        Action::SeeHandover => matches!(role, Role::Clerk | Role::Nurse | Role::Administrator | Role::Auditor),
        Action::ReadAudit => matches!(role, Role::Auditor),
        Action::ManageStaff => matches!(role, Role::Administrator),
        Action::ManageSlots | Action::SeeTasks => matches!(role, Role::Clerk | Role::Nurse),
    }
}

const fn command_is_for_staff(kind: CommandKind) -> bool {
    match kind {
        CommandKind::Claim
        | CommandKind::Release
        | CommandKind::SendBack
        | CommandKind::AskToVisit
        | CommandKind::Visited
        | CommandKind::RecordIdentity
        | CommandKind::RecordProxy
        | CommandKind::EditStaffItems
        | CommandKind::Complete
        | CommandKind::Accept
        | CommandKind::Reopen
        | CommandKind::Confirm
        | CommandKind::ProposeDecline
        | CommandKind::Decline
        | CommandKind::Correct
        | CommandKind::ProposeWithdrawal
        | CommandKind::ConfirmWithdrawal
        | CommandKind::RefuseWithdrawal => true,
        CommandKind::Resubmit
        | CommandKind::Seal
        | CommandKind::SettleImported
        | CommandKind::SettleHeld
        | CommandKind::SettleRejected
        | CommandKind::Withdraw
        | CommandKind::AskToWithdraw => false,
    }
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

/// A permit for a member of staff, if the role may do the action with a case of this compartment.
#[must_use]
pub fn permit(staff: StaffId, role: Role, action: Action, case: CaseId, compartment: Compartment) -> Option<Permit> {
    may_in(role, action, compartment).then_some(Permit { case, bearer: Bearer::Staff(staff) })
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

/// 「母子健康手帳」 A permit for the portal to keep what the back office has recorded of a case that it has taken in.
#[must_use]
pub fn permit_recorded(stage: crate::case::Stage, case: CaseId) -> Option<Permit> {
    (stage == crate::case::Stage::Imported).then_some(Permit { case, bearer: Bearer::Portal })
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
        let commands = CommandKind::ALL.iter().map(|kind| Action::Command(*kind));
        let others = [
            Action::SeeQueue,
            Action::ReadCase,
            Action::OpenPaper,
            Action::ExportCase,
            Action::WriteMessage,
            Action::NotePregnancyEnd,
            Action::RestoreAccess,
            Action::SeeHandover,
            Action::ReadAudit,
            Action::ManageStaff,
            Action::ManageSlots,
            Action::SeeTasks,
            Action::SeeUndeliveredMail,
        ];
        let mut table = String::new();
        for action in others.into_iter().chain(commands) {
            for compartment in Compartment::ALL {
                let who = Role::ALL.into_iter().filter(|role| may_in(*role, action, compartment));
                let who: Vec<&str> = who.map(Role::as_str).collect();
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
            }
        }
        assert_eq!(compartments(Role::Clerk, Action::SeeQueue), [Compartment::General]);
        assert_eq!(compartments(Role::Auditor, Action::SeeQueue), []);
    }

    #[test]
    fn administrators_and_auditors_open_no_case() {
        let case = CaseId::from_random([3; 16]);
        for role in [Role::Administrator, Role::Auditor] {
            assert!(
                permit(StaffId::from_random([1; 16]), role, Action::ReadCase, case, Compartment::General).is_none()
            );
        }
    }
}
