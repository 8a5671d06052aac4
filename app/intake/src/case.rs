//! Stages of a case and what may happen in each. Invariant: [`ALLOWED`] is the only table of transitions; it feeds the
//! buttons and [`decide`] alike, and no acceptance is confirmed by the person who accepted.
//!
//! The names of stages and commands are public (`contract.md`).

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    identity::Sufficient,
    ids::{FieldId, StaffId},
    time::CivilDate,
};

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The public name.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.as_str()) }
        }
        impl FromStr for $name {
            type Err = crate::ids::NotAnId;
            fn from_str(text: &str) -> Result<Self, crate::ids::NotAnId> {
                match text { $($text => Ok(Self::$variant),)+ _ => Err(crate::ids::NotAnId) }
            }
        }
    };
}

vocabulary! {
    /// The stage of a case. Drafts are not cases yet.
    Stage {
        /// 「送信済」 Arrived; it has taken effect (行政手続法37条).
        Submitted = "submitted",
        /// 「確認中」 Somebody holds it.
        InReview = "in_review",
        /// 「修正のお願い」 The parent has the turn.
        SentBack = "sent_back",
        /// 「来庁・面談のお願い」
        VisitNeeded = "visit_needed",
        /// 「受理」 Accepted by one person, waiting for another.
        Accepted = "accepted",
        /// Declining was proposed by one person, waiting for another.
        DeclineProposed = "decline_proposed",
        /// Confirmed by a second person; waits for the next batch.
        Confirmed = "confirmed",
        /// 「引渡し済」 In a batch.
        HandedOver = "handed_over",
        /// 「保留」 The back office is looking for the person.
        Held = "held",
        /// 「取込済」 The back office has it.
        Imported = "imported",
        /// Declined by two people for a closed reason.
        Declined = "declined",
        /// 「取下げ」
        Withdrawn = "withdrawn",
    }
}

impl Stage {
    /// Whether somebody has accepted the case and nobody has taken that back: the stages in which what the back office gets
    /// of it is settled, or waits for the second person only.
    #[must_use]
    pub const fn stands_accepted(self) -> bool {
        match self {
            Self::Accepted | Self::Confirmed | Self::HandedOver | Self::Held | Self::Imported => true,
            Self::Submitted
            | Self::InReview
            | Self::SentBack
            | Self::VisitNeeded
            | Self::DeclineProposed
            | Self::Declined
            | Self::Withdrawn => false,
        }
    }
}

vocabulary! {
    /// 「処理期限」 How a case stands with the time that the office has set itself.
    Lateness {
        /// There is time, or the clock stands still.
        InTime = "in_time",
        /// The time is nearly up.
        Soon = "soon",
        /// 「期限超過」
        Overdue = "overdue",
    }
}

vocabulary! {
    /// What can be done to a case.
    CommandKind {
        /// Take it in hand.
        Claim = "claim",
        /// 「担当の割当て」 Put it into somebody's hands, or hand on what one holds.
        Assign = "assign",
        /// Put it back.
        Release = "release",
        /// 「引継ぎ」 Take it out of another's hand, who was asked for it or is not there.
        TakeOver = "take_over",
        /// Put it back when its holder was not heard of for long.
        ReleaseIdle = "release_idle",
        /// 「差戻し」 Ask for corrections of named fields.
        SendBack = "send_back",
        /// The parent's corrections.
        Resubmit = "resubmit",
        /// Ask the parent to come.
        AskToVisit = "ask_to_visit",
        /// The parent came.
        Visited = "visited",
        /// 「本人確認」 Record what was seen at the counter.
        RecordIdentity = "record_identity",
        /// 「代理人の確認」 Record what was seen of the proxy: her power, and who she is.
        RecordProxy = "record_proxy",
        /// Fill in the staff's record items.
        EditStaffItems = "edit_staff_items",
        /// 「聞き取り」 Fill in what another channel never asks.
        Complete = "complete",
        /// 「職権訂正」 Put right what was declared; what was filed stays beside it.
        Amend = "amend",
        /// 「同じ方と確認」 Say why something that differs is no difference.
        SettleDifference = "settle_difference",
        /// 「照合」 Of a paper form that staff typed in: another person has held every field against it.
        CheckEntry = "check_entry",
        /// 「受理」
        Accept = "accept",
        /// Take an acceptance or a proposal back.
        Reopen = "reopen",
        /// The second person's yes.
        Confirm = "confirm",
        /// Propose to decline.
        ProposeDecline = "propose_decline",
        /// The second person's yes to declining.
        Decline = "decline",
        /// Put it into a batch.
        Seal = "seal",
        /// The receipt says imported.
        SettleImported = "settle_imported",
        /// The receipt says held.
        SettleHeld = "settle_held",
        /// The receipt says rejected.
        SettleRejected = "settle_rejected",
        /// Begin a new revision of an imported case.
        Correct = "correct",
        /// 「取下げ」
        Withdraw = "withdraw",
        /// 「取下げの申出」 After the acceptance: asked for, and decided by two people.
        AskToWithdraw = "ask_to_withdraw",
        /// The first person's yes to a withdrawal that was asked for.
        ProposeWithdrawal = "propose_withdrawal",
        /// The second person's yes.
        ConfirmWithdrawal = "confirm_withdrawal",
        /// The case stays as it is.
        RefuseWithdrawal = "refuse_withdrawal",
    }
}

vocabulary! {
    /// 「職権訂正の理由」 Why the office puts right what was declared; the person reads it (`controls.md` R10).
    AmendReason {
        /// 「本人確認書類の記載に合わせた」
        Document = "document",
        /// 「住民基本台帳の記載に合わせた」
        Register = "register",
        /// 「ご本人からの申し出」
        Request = "request",
        /// 「明らかな誤記」
        Slip = "slip",
    }
}

vocabulary! {
    /// Why a case may be declined; nothing else is a reason (行政手続法37条, `decisions.md`).
    DeclineReason {
        /// The person lives in another municipality.
        OtherMunicipality = "other_municipality",
        /// The same notification was filed before.
        Duplicate = "duplicate",
        /// Not this person's notification.
        WrongPerson = "wrong_person",
        /// Not a notification at all.
        NotANotification = "not_a_notification",
    }
}

/// Who gives a command: the hand that the table asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// Any member of staff whose role may.
    Staff,
    /// The member of staff who holds the case.
    Holder,
    /// A member of staff other than the one who decided first.
    Another,
    /// The parent whose case it is.
    Citizen,
    /// The portal itself: worker, clock or a receipt.
    Portal,
}

/// One row of the table: in this stage this command, by this hand, leads there.
#[derive(Clone, Copy, Debug)]
pub struct Transition {
    /// In this stage,
    pub from: Stage,
    /// this command,
    pub command: CommandKind,
    /// by this hand,
    pub hand: Hand,
    /// leads here.
    pub to: Stage,
}

const fn row(from: Stage, command: CommandKind, hand: Hand, to: Stage) -> Transition {
    Transition { from, command, hand, to }
}

/// Stages × commands (`contract.md`, States of a case).
pub const ALLOWED: &[Transition] = &[
    row(Stage::Submitted, CommandKind::Claim, Hand::Staff, Stage::InReview),
    row(Stage::Submitted, CommandKind::Withdraw, Hand::Citizen, Stage::Withdrawn),
    row(Stage::Submitted, CommandKind::CheckEntry, Hand::Another, Stage::Submitted),
    row(Stage::VisitNeeded, CommandKind::Claim, Hand::Staff, Stage::InReview),
    row(Stage::Submitted, CommandKind::Assign, Hand::Staff, Stage::InReview),
    row(Stage::VisitNeeded, CommandKind::Assign, Hand::Staff, Stage::InReview),
    // What somebody holds she alone hands on.
    row(Stage::InReview, CommandKind::Assign, Hand::Holder, Stage::InReview),
    row(Stage::VisitNeeded, CommandKind::Visited, Hand::Staff, Stage::InReview),
    row(Stage::VisitNeeded, CommandKind::Withdraw, Hand::Citizen, Stage::Withdrawn),
    row(Stage::InReview, CommandKind::Release, Hand::Holder, Stage::Submitted),
    row(Stage::InReview, CommandKind::TakeOver, Hand::Staff, Stage::InReview),
    row(Stage::InReview, CommandKind::ReleaseIdle, Hand::Portal, Stage::Submitted),
    row(Stage::InReview, CommandKind::RecordIdentity, Hand::Holder, Stage::InReview),
    row(Stage::InReview, CommandKind::RecordProxy, Hand::Holder, Stage::InReview),
    row(Stage::InReview, CommandKind::EditStaffItems, Hand::Holder, Stage::InReview),
    row(Stage::InReview, CommandKind::Complete, Hand::Holder, Stage::InReview),
    row(Stage::InReview, CommandKind::Amend, Hand::Holder, Stage::InReview),
    row(Stage::InReview, CommandKind::SettleDifference, Hand::Holder, Stage::InReview),
    row(Stage::InReview, CommandKind::CheckEntry, Hand::Another, Stage::InReview),
    row(Stage::InReview, CommandKind::SendBack, Hand::Holder, Stage::SentBack),
    row(Stage::InReview, CommandKind::AskToVisit, Hand::Holder, Stage::VisitNeeded),
    row(Stage::InReview, CommandKind::Accept, Hand::Holder, Stage::Accepted),
    row(Stage::InReview, CommandKind::ProposeDecline, Hand::Holder, Stage::DeclineProposed),
    row(Stage::InReview, CommandKind::Withdraw, Hand::Citizen, Stage::Withdrawn),
    row(Stage::SentBack, CommandKind::Resubmit, Hand::Citizen, Stage::Submitted),
    row(Stage::SentBack, CommandKind::AskToVisit, Hand::Portal, Stage::VisitNeeded),
    row(Stage::SentBack, CommandKind::Withdraw, Hand::Citizen, Stage::Withdrawn),
    row(Stage::Accepted, CommandKind::Confirm, Hand::Another, Stage::Confirmed),
    row(Stage::Accepted, CommandKind::Reopen, Hand::Staff, Stage::InReview),
    row(Stage::DeclineProposed, CommandKind::Decline, Hand::Another, Stage::Declined),
    row(Stage::DeclineProposed, CommandKind::Reopen, Hand::Staff, Stage::InReview),
    row(Stage::Confirmed, CommandKind::Seal, Hand::Portal, Stage::HandedOver),
    row(Stage::HandedOver, CommandKind::SettleImported, Hand::Portal, Stage::Imported),
    row(Stage::HandedOver, CommandKind::SettleHeld, Hand::Portal, Stage::Held),
    row(Stage::HandedOver, CommandKind::SettleRejected, Hand::Portal, Stage::InReview),
    row(Stage::Held, CommandKind::SettleImported, Hand::Portal, Stage::Imported),
    row(Stage::Held, CommandKind::SettleHeld, Hand::Portal, Stage::Held),
    row(Stage::Held, CommandKind::SettleRejected, Hand::Portal, Stage::InReview),
    row(Stage::Imported, CommandKind::Correct, Hand::Staff, Stage::InReview),
    row(Stage::Accepted, CommandKind::AskToWithdraw, Hand::Citizen, Stage::Accepted),
    row(Stage::DeclineProposed, CommandKind::AskToWithdraw, Hand::Citizen, Stage::DeclineProposed),
    row(Stage::Confirmed, CommandKind::AskToWithdraw, Hand::Citizen, Stage::Confirmed),
    row(Stage::HandedOver, CommandKind::AskToWithdraw, Hand::Citizen, Stage::HandedOver),
    row(Stage::Held, CommandKind::AskToWithdraw, Hand::Citizen, Stage::Held),
    row(Stage::Imported, CommandKind::AskToWithdraw, Hand::Citizen, Stage::Imported),
    // Also in review: a case comes back there with what was asked for.
    row(Stage::InReview, CommandKind::ProposeWithdrawal, Hand::Staff, Stage::InReview),
    row(Stage::Accepted, CommandKind::ProposeWithdrawal, Hand::Staff, Stage::Accepted),
    row(Stage::DeclineProposed, CommandKind::ProposeWithdrawal, Hand::Staff, Stage::DeclineProposed),
    row(Stage::Confirmed, CommandKind::ProposeWithdrawal, Hand::Staff, Stage::Confirmed),
    row(Stage::HandedOver, CommandKind::ProposeWithdrawal, Hand::Staff, Stage::HandedOver),
    row(Stage::Held, CommandKind::ProposeWithdrawal, Hand::Staff, Stage::Held),
    row(Stage::Imported, CommandKind::ProposeWithdrawal, Hand::Staff, Stage::Imported),
    row(Stage::InReview, CommandKind::ConfirmWithdrawal, Hand::Another, Stage::Withdrawn),
    row(Stage::Accepted, CommandKind::ConfirmWithdrawal, Hand::Another, Stage::Withdrawn),
    row(Stage::DeclineProposed, CommandKind::ConfirmWithdrawal, Hand::Another, Stage::Withdrawn),
    row(Stage::Confirmed, CommandKind::ConfirmWithdrawal, Hand::Another, Stage::Withdrawn),
    row(Stage::HandedOver, CommandKind::ConfirmWithdrawal, Hand::Another, Stage::Withdrawn),
    row(Stage::Held, CommandKind::ConfirmWithdrawal, Hand::Another, Stage::Withdrawn),
    row(Stage::Imported, CommandKind::ConfirmWithdrawal, Hand::Another, Stage::Withdrawn),
    row(Stage::InReview, CommandKind::RefuseWithdrawal, Hand::Staff, Stage::InReview),
    row(Stage::Accepted, CommandKind::RefuseWithdrawal, Hand::Staff, Stage::Accepted),
    row(Stage::DeclineProposed, CommandKind::RefuseWithdrawal, Hand::Staff, Stage::DeclineProposed),
    row(Stage::Confirmed, CommandKind::RefuseWithdrawal, Hand::Staff, Stage::Confirmed),
    row(Stage::HandedOver, CommandKind::RefuseWithdrawal, Hand::Staff, Stage::HandedOver),
    row(Stage::Held, CommandKind::RefuseWithdrawal, Hand::Staff, Stage::Held),
    row(Stage::Imported, CommandKind::RefuseWithdrawal, Hand::Staff, Stage::Imported),
];

/// The rows for a stage.
pub fn allowed(stage: Stage) -> impl Iterator<Item = &'static Transition> {
    ALLOWED.iter().filter(move |row| row.from == stage)
}

/// 「取下げの申出」 Whether a withdrawal was asked for after the acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// No.
    NotAsked,
    /// Yes, and nobody has said anything to it.
    Asked,
    /// One person has said yes.
    Proposed(StaffId),
}

impl Withdrawal {
    /// Whether a command goes with it: a withdrawal is decided only where it was asked for, and what is asked for is in
    /// no further batch until then.
    const fn allows(self, kind: CommandKind) -> bool {
        match (kind, self) {
            (CommandKind::AskToWithdraw | CommandKind::Seal, Self::NotAsked)
            | (CommandKind::ProposeWithdrawal, Self::Asked)
            | (CommandKind::ConfirmWithdrawal, Self::Proposed(_))
            | (CommandKind::RefuseWithdrawal, Self::Asked | Self::Proposed(_)) => true,
            (
                CommandKind::AskToWithdraw
                | CommandKind::Seal
                | CommandKind::ProposeWithdrawal
                | CommandKind::ConfirmWithdrawal
                | CommandKind::RefuseWithdrawal,
                _,
            ) => false,
            _ => true,
        }
    }
}

/// 「窓口代行入力」 Whether staff typed a case in from paper, and whether somebody else has checked it (`controls.md` R55).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It was filed, or has come by another channel.
    NotTyped,
    /// This member of staff typed it in, and nobody has checked it.
    Unchecked(StaffId),
    /// It was checked by another person.
    Checked,
}

/// 「差戻しは3回まで」 So often is the parent asked to correct; afterwards she is asked to come.
pub const MOST_SEND_BACKS: i64 = 3;
/// The most characters of a reason.
pub const LONGEST_REASON: usize = 300;

/// What the table needs to know of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseState {
    /// The stage.
    pub stage: Stage,
    /// Who holds it.
    pub holder: Option<StaffId>,
    /// Who accepted it or proposed to decline it.
    pub decided_by: Option<StaffId>,
    /// Revision, from 1.
    pub rev: i64,
    /// Whether a withdrawal was asked for.
    pub withdrawal: Withdrawal,
    /// 「代理人」 Whether somebody else filed it.
    pub is_by_proxy: bool,
    /// 「窓口代行入力」
    pub entry: Entry,
    /// How often it was sent back.
    pub send_backs: i64,
}

impl CaseState {
    /// Who decided first what a second person is to decide by this command.
    #[must_use]
    pub const fn first_hand(&self, kind: CommandKind) -> Option<StaffId> {
        match (kind, self.withdrawal) {
            (CommandKind::CheckEntry, _) => match self.entry {
                Entry::Unchecked(typist) => Some(typist),
                Entry::NotTyped | Entry::Checked => None,
            },
            (CommandKind::ConfirmWithdrawal, Withdrawal::Proposed(first)) => Some(first),
            (CommandKind::ConfirmWithdrawal, Withdrawal::NotAsked | Withdrawal::Asked) => None,
            _ => self.decided_by,
        }
    }
}

/// The rows that can be taken in this state: those of its stage that go with what was asked for.
pub fn possible(state: &CaseState) -> impl Iterator<Item = &'static Transition> + use<> {
    let CaseState { withdrawal, is_by_proxy, entry, .. } = *state;
    let goes_with = move |kind| match kind {
        CommandKind::RecordProxy => is_by_proxy,
        CommandKind::CheckEntry => matches!(entry, Entry::Unchecked(_)),
        _ => withdrawal.allows(kind),
    };
    allowed(state.stage).filter(move |row| goes_with(row.command))
}

/// A command with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// See [`CommandKind::Claim`].
    Claim,
    /// See [`CommandKind::Assign`]: to whom.
    Assign(StaffId),
    /// See [`CommandKind::Release`].
    Release,
    /// See [`CommandKind::TakeOver`].
    TakeOver,
    /// See [`CommandKind::ReleaseIdle`].
    ReleaseIdle,
    /// See [`CommandKind::SendBack`].
    SendBack(CorrectionRequest),
    /// See [`CommandKind::Resubmit`].
    Resubmit,
    /// See [`CommandKind::AskToVisit`].
    AskToVisit,
    /// See [`CommandKind::Visited`].
    Visited,
    /// See [`CommandKind::RecordIdentity`].
    RecordIdentity,
    /// See [`CommandKind::RecordProxy`].
    RecordProxy,
    /// See [`CommandKind::EditStaffItems`].
    EditStaffItems,
    /// See [`CommandKind::Complete`].
    Complete,
    /// See [`CommandKind::Amend`].
    Amend,
    /// See [`CommandKind::SettleDifference`].
    SettleDifference,
    /// See [`CommandKind::CheckEntry`].
    CheckEntry {
        /// Whether something was put right: a new revision.
        corrected: bool,
    },
    /// See [`CommandKind::Accept`]; impossible without sufficient identity evidence.
    Accept(Sufficient),
    /// See [`CommandKind::Reopen`].
    Reopen,
    /// See [`CommandKind::Confirm`].
    Confirm,
    /// See [`CommandKind::ProposeDecline`].
    ProposeDecline(DeclineReason),
    /// See [`CommandKind::Decline`].
    Decline,
    /// See [`CommandKind::Seal`].
    Seal,
    /// See [`CommandKind::SettleImported`].
    SettleImported,
    /// See [`CommandKind::SettleHeld`].
    SettleHeld,
    /// See [`CommandKind::SettleRejected`].
    SettleRejected,
    /// See [`CommandKind::Correct`].
    Correct,
    /// See [`CommandKind::Withdraw`].
    Withdraw,
    /// See [`CommandKind::AskToWithdraw`].
    AskToWithdraw,
    /// See [`CommandKind::ProposeWithdrawal`].
    ProposeWithdrawal,
    /// See [`CommandKind::ConfirmWithdrawal`].
    ConfirmWithdrawal,
    /// See [`CommandKind::RefuseWithdrawal`].
    RefuseWithdrawal,
}

/// 「差戻し」 What the parent is asked to correct. At least one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRequest {
    /// The fields, each with the reason that the parent reads beside it.
    pub fields: Vec<(FieldId, String)>,
    /// Until when an answer is asked for; afterwards a visit is.
    pub answer_by: CivilDate,
    /// 「文例」 Which template was picked for a field; none where the reason was written, or changed, by hand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub templates: BTreeMap<FieldId, String>,
}

impl CorrectionRequest {
    /// One whose reasons were all written by hand.
    #[must_use]
    pub const fn new(fields: Vec<(FieldId, String)>, answer_by: CivilDate) -> Self {
        Self { fields, answer_by, templates: BTreeMap::new() }
    }
}

impl Command {
    /// The kind of the command.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Claim => CommandKind::Claim,
            Self::Assign(_) => CommandKind::Assign,
            Self::Release => CommandKind::Release,
            Self::TakeOver => CommandKind::TakeOver,
            Self::ReleaseIdle => CommandKind::ReleaseIdle,
            Self::SendBack(_) => CommandKind::SendBack,
            Self::Resubmit => CommandKind::Resubmit,
            Self::AskToVisit => CommandKind::AskToVisit,
            Self::Visited => CommandKind::Visited,
            Self::RecordIdentity => CommandKind::RecordIdentity,
            Self::RecordProxy => CommandKind::RecordProxy,
            Self::EditStaffItems => CommandKind::EditStaffItems,
            Self::Complete => CommandKind::Complete,
            Self::Amend => CommandKind::Amend,
            Self::SettleDifference => CommandKind::SettleDifference,
            Self::CheckEntry { .. } => CommandKind::CheckEntry,
            Self::Accept(_) => CommandKind::Accept,
            Self::Reopen => CommandKind::Reopen,
            Self::Confirm => CommandKind::Confirm,
            Self::ProposeDecline(_) => CommandKind::ProposeDecline,
            Self::Decline => CommandKind::Decline,
            Self::Seal => CommandKind::Seal,
            Self::SettleImported => CommandKind::SettleImported,
            Self::SettleHeld => CommandKind::SettleHeld,
            Self::SettleRejected => CommandKind::SettleRejected,
            Self::Correct => CommandKind::Correct,
            Self::Withdraw => CommandKind::Withdraw,
            Self::AskToWithdraw => CommandKind::AskToWithdraw,
            Self::ProposeWithdrawal => CommandKind::ProposeWithdrawal,
            Self::ConfirmWithdrawal => CommandKind::ConfirmWithdrawal,
            Self::RefuseWithdrawal => CommandKind::RefuseWithdrawal,
        }
    }
}

/// Who gives the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Giver {
    /// A member of staff.
    Staff(StaffId),
    /// The parent whose case it is.
    Citizen,
    /// The portal itself.
    Portal,
}

/// Why a command is not possible now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The stage does not allow it.
    #[error("not in this stage")]
    NotInThisStage,
    /// Somebody else holds the case.
    #[error("held by somebody else")]
    HeldByAnother,
    /// The second decision must be another person's.
    #[error("needs another person")]
    NeedsAnotherPerson,
    /// A correction request that names no field.
    #[error("names no field")]
    NothingNamed,
    /// It was sent back as often as it may be.
    #[error("was sent back three times")]
    NoMoreSendBacks,
    /// Staff typed it in, and nobody else has held it against the paper.
    #[error("was not checked against the paper")]
    NotChecked,
}

/// The state after `command`, or why it is not possible. Whether the giver's role may is asked in `access`.
///
/// # Errors
/// See [`Refusal`].
pub fn decide(state: &CaseState, command: &Command, giver: Giver) -> Result<CaseState, Refusal> {
    let kind = command.kind();
    let mut rows = possible(state).filter(|row| row.command == kind).peekable();
    if rows.peek().is_none() {
        return Err(Refusal::NotInThisStage);
    }
    if matches!(command, Command::SendBack(request) if request.fields.is_empty()) {
        return Err(Refusal::NothingNamed);
    }
    if kind == CommandKind::SendBack && state.send_backs >= MOST_SEND_BACKS {
        return Err(Refusal::NoMoreSendBacks);
    }
    if kind == CommandKind::Accept && matches!(state.entry, Entry::Unchecked(_)) {
        return Err(Refusal::NotChecked);
    }
    let mut refusal = Refusal::NotInThisStage;
    for row in rows {
        match hand_fits(row, state, giver) {
            Ok(()) => return Ok(after(state, row.to, command, giver)),
            Err(found) => refusal = found,
        }
    }
    Err(refusal)
}

fn hand_fits(row: &Transition, state: &CaseState, giver: Giver) -> Result<(), Refusal> {
    let first = state.first_hand(row.command);
    match (row.hand, giver) {
        (Hand::Staff, Giver::Staff(_)) | (Hand::Citizen, Giver::Citizen) | (Hand::Portal, Giver::Portal) => Ok(()),
        (Hand::Holder, Giver::Staff(staff)) if state.holder == Some(staff) => Ok(()),
        (Hand::Holder, Giver::Staff(_)) => Err(Refusal::HeldByAnother),
        (Hand::Another, Giver::Staff(staff)) if first.is_some_and(|first| first != staff) => Ok(()),
        (Hand::Another, Giver::Staff(_)) => Err(Refusal::NeedsAnotherPerson),
        (Hand::Staff | Hand::Holder | Hand::Another, Giver::Citizen | Giver::Portal)
        | (Hand::Citizen, Giver::Staff(_) | Giver::Portal)
        | (Hand::Portal, Giver::Staff(_) | Giver::Citizen) => Err(Refusal::NotInThisStage),
    }
}

fn after(state: &CaseState, stage: Stage, command: &Command, giver: Giver) -> CaseState {
    let kind = command.kind();
    let by_staff = match giver {
        Giver::Staff(staff) => Some(staff),
        Giver::Citizen | Giver::Portal => None,
    };
    let holder = match command {
        Command::Claim | Command::TakeOver | Command::Visited | Command::Reopen | Command::Correct => by_staff,
        Command::Assign(to) => Some(*to),
        Command::Release
        | Command::ReleaseIdle
        | Command::AskToVisit
        | Command::Withdraw
        | Command::ConfirmWithdrawal => None,
        _ => state.holder,
    };
    let withdrawal = match (kind, by_staff) {
        (CommandKind::AskToWithdraw, _) => Withdrawal::Asked,
        (CommandKind::ProposeWithdrawal, Some(first)) => Withdrawal::Proposed(first),
        // Decided, or a case that is over: nothing is left to decide.
        (
            CommandKind::RefuseWithdrawal
            | CommandKind::ConfirmWithdrawal
            | CommandKind::Withdraw
            | CommandKind::Decline,
            _,
        ) => Withdrawal::NotAsked,
        _ => state.withdrawal,
    };
    let decided_by = match kind {
        CommandKind::Accept | CommandKind::ProposeDecline => by_staff,
        CommandKind::Reopen | CommandKind::Correct | CommandKind::SettleRejected => None,
        _ => state.decided_by,
    };
    let rev = match kind {
        CommandKind::Correct | CommandKind::Resubmit | CommandKind::Complete | CommandKind::Amend => state.rev + 1,
        CommandKind::CheckEntry if matches!(command, Command::CheckEntry { corrected: true }) => state.rev + 1,
        // A rejected revision was in a batch; the next attempt must be another one, for (id, rev) is in one batch only.
        CommandKind::SettleRejected => state.rev + 1,
        _ => state.rev,
    };
    let entry = if kind == CommandKind::CheckEntry { Entry::Checked } else { state.entry };
    let send_backs = match kind {
        CommandKind::SendBack => state.send_backs + 1,
        // Another matter begins.
        CommandKind::Correct => 0,
        _ => state.send_backs,
    };
    CaseState { stage, holder, decided_by, rev, withdrawal, is_by_proxy: state.is_by_proxy, entry, send_backs }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::{
        card::CardFact,
        identity::{Evidence, Method},
    };
    use proptest::prelude::*;
    use std::fmt::Write;

    fn staff(number: u8) -> StaffId {
        StaffId::from_random([number; 16])
    }

    /// A filing that nobody has looked at.
    fn arrived() -> CaseState {
        let withdrawal = Withdrawal::NotAsked;
        let (stage, entry) = (Stage::Submitted, Entry::NotTyped);
        CaseState {
            stage,
            holder: None,
            decided_by: None,
            rev: 1,
            withdrawal,
            is_by_proxy: false,
            entry,
            send_backs: 0,
        }
    }

    fn proof() -> Sufficient {
        let matched = vec![CardFact::Name, CardFact::Birthdate].into();
        let signed_in_at = crate::time::Instant(0);
        let comparison = crate::identity::Comparison::default();
        let evidence =
            Evidence { method: Method::Mynaapp, signed_in_at, counter: None, matched, proxy: None, comparison };
        evidence.sufficient().unwrap()
    }

    fn every_command() -> Vec<Command> {
        let fields = vec![("name".parse().unwrap(), "読めません".to_owned())];
        let request = CorrectionRequest::new(fields, "2026-12-01".parse().unwrap());
        vec![
            Command::Claim,
            Command::Assign(staff(3)),
            Command::Release,
            Command::TakeOver,
            Command::ReleaseIdle,
            Command::SendBack(request),
            Command::Resubmit,
            Command::AskToVisit,
            Command::Visited,
            Command::RecordIdentity,
            Command::RecordProxy,
            Command::EditStaffItems,
            Command::Complete,
            Command::Amend,
            Command::SettleDifference,
            Command::CheckEntry { corrected: false },
            Command::Accept(proof()),
            Command::Reopen,
            Command::Confirm,
            Command::ProposeDecline(DeclineReason::Duplicate),
            Command::Decline,
            Command::Seal,
            Command::SettleImported,
            Command::SettleHeld,
            Command::SettleRejected,
            Command::Correct,
            Command::Withdraw,
            Command::AskToWithdraw,
            Command::ProposeWithdrawal,
            Command::ConfirmWithdrawal,
            Command::RefuseWithdrawal,
        ]
    }

    #[test]
    fn the_table_of_stages_and_commands_is_the_one_agreed() {
        let mut table = String::new();
        for row in ALLOWED {
            writeln!(table, "{:<16} {:<17} {:<8} → {}", row.from, row.command, format!("{:?}", row.hand), row.to)
                .unwrap();
        }
        insta::assert_snapshot!("stages_and_commands", table);
    }

    #[test]
    fn nobody_confirms_what_they_accepted() {
        let state =
            CaseState { stage: Stage::Accepted, holder: Some(staff(1)), decided_by: Some(staff(1)), ..arrived() };
        assert_eq!(decide(&state, &Command::Confirm, Giver::Staff(staff(1))), Err(Refusal::NeedsAnotherPerson));
        assert_eq!(decide(&state, &Command::Confirm, Giver::Staff(staff(2))).unwrap().stage, Stage::Confirmed);
    }

    #[test]
    fn only_the_holder_decides() {
        let state = CaseState { stage: Stage::InReview, holder: Some(staff(1)), ..arrived() };
        assert_eq!(decide(&state, &Command::Accept(proof()), Giver::Staff(staff(2))), Err(Refusal::HeldByAnother));
        assert!(decide(&state, &Command::Accept(proof()), Giver::Staff(staff(1))).is_ok());
    }

    #[test]
    fn what_somebody_holds_she_alone_hands_on() {
        let assigned = decide(&arrived(), &Command::Assign(staff(2)), Giver::Staff(staff(1))).unwrap();
        assert_eq!((assigned.stage, assigned.holder), (Stage::InReview, Some(staff(2))));
        let to_herself = decide(&assigned, &Command::Assign(staff(1)), Giver::Staff(staff(1)));
        assert_eq!(to_herself, Err(Refusal::HeldByAnother), "nothing is taken out of somebody's hands");
        assert_eq!(decide(&assigned, &Command::Claim, Giver::Staff(staff(1))), Err(Refusal::NotInThisStage));
        let handed_on = decide(&assigned, &Command::Assign(staff(3)), Giver::Staff(staff(2))).unwrap();
        assert_eq!((handed_on.stage, handed_on.holder), (Stage::InReview, Some(staff(3))));
    }

    #[test]
    fn a_withdrawal_after_the_acceptance_is_asked_for_and_decided_by_two_people() {
        let accepted = CaseState { stage: Stage::Imported, decided_by: Some(staff(1)), ..arrived() };
        assert_eq!(decide(&accepted, &Command::Withdraw, Giver::Citizen), Err(Refusal::NotInThisStage));
        let unasked = decide(&accepted, &Command::ProposeWithdrawal, Giver::Staff(staff(1)));
        assert_eq!(unasked, Err(Refusal::NotInThisStage), "staff withdraw nothing by themselves");
        let asked = decide(&accepted, &Command::AskToWithdraw, Giver::Citizen).unwrap();
        assert_eq!((asked.stage, asked.withdrawal), (Stage::Imported, Withdrawal::Asked));
        let early = decide(&asked, &Command::ConfirmWithdrawal, Giver::Staff(staff(1)));
        assert_eq!(early, Err(Refusal::NotInThisStage), "nobody has said yes yet");
        // Whoever accepted the filing may say yes to its withdrawal; who said yes first may not say it twice.
        let proposed = decide(&asked, &Command::ProposeWithdrawal, Giver::Staff(staff(2))).unwrap();
        let alone = decide(&proposed, &Command::ConfirmWithdrawal, Giver::Staff(staff(2)));
        assert_eq!(alone, Err(Refusal::NeedsAnotherPerson));
        let withdrawn = decide(&proposed, &Command::ConfirmWithdrawal, Giver::Staff(staff(1))).unwrap();
        assert_eq!((withdrawn.stage, withdrawn.withdrawal), (Stage::Withdrawn, Withdrawal::NotAsked));
        let refused = decide(&proposed, &Command::RefuseWithdrawal, Giver::Staff(staff(2))).unwrap();
        assert_eq!(refused, accepted, "as if nobody had asked");
    }

    #[test]
    fn what_is_asked_for_is_in_no_batch_until_it_is_decided() {
        let confirmed = CaseState { stage: Stage::Confirmed, decided_by: Some(staff(1)), ..arrived() };
        let asked = decide(&confirmed, &Command::AskToWithdraw, Giver::Citizen).unwrap();
        assert_eq!(decide(&asked, &Command::Seal, Giver::Portal), Err(Refusal::NotInThisStage));
        let refused = decide(&asked, &Command::RefuseWithdrawal, Giver::Staff(staff(3))).unwrap();
        assert_eq!(decide(&refused, &Command::Seal, Giver::Portal).unwrap().stage, Stage::HandedOver);
    }

    #[test]
    fn a_request_for_corrections_names_a_field() {
        let state = CaseState { stage: Stage::InReview, holder: Some(staff(1)), ..arrived() };
        let empty = CorrectionRequest::new(Vec::new(), "2026-12-01".parse().unwrap());
        assert_eq!(decide(&state, &Command::SendBack(empty), Giver::Staff(staff(1))), Err(Refusal::NothingNamed));
    }

    #[test]
    fn a_fourth_time_nothing_is_sent_back_and_the_parent_is_asked_to_come() {
        let mut state = CaseState { stage: Stage::InReview, holder: Some(staff(1)), ..arrived() };
        let fields = vec![("name".parse().unwrap(), "読めません".to_owned())];
        let send_back = Command::SendBack(CorrectionRequest::new(fields, "2026-12-01".parse().unwrap()));
        for _ in 0..MOST_SEND_BACKS {
            state = decide(&state, &send_back, Giver::Staff(staff(1))).unwrap();
            state = decide(&state, &Command::Resubmit, Giver::Citizen).unwrap();
            state = decide(&state, &Command::Claim, Giver::Staff(staff(1))).unwrap();
        }
        assert_eq!(decide(&state, &send_back, Giver::Staff(staff(1))), Err(Refusal::NoMoreSendBacks));
        assert_eq!(decide(&state, &Command::AskToVisit, Giver::Staff(staff(1))).unwrap().stage, Stage::VisitNeeded);
        // A correction of what the back office has is another matter.
        let imported = CaseState { stage: Stage::Imported, ..state };
        let again = decide(&imported, &Command::Correct, Giver::Staff(staff(1))).unwrap();
        assert_eq!(decide(&again, &send_back, Giver::Staff(staff(1))).unwrap().send_backs, 1);
    }

    #[test]
    fn what_staff_typed_in_is_accepted_only_after_another_person_has_checked_it() {
        let typed = CaseState { entry: Entry::Unchecked(staff(1)), ..arrived() };
        let claimed = decide(&typed, &Command::Claim, Giver::Staff(staff(1))).unwrap();
        assert_eq!(decide(&claimed, &Command::Accept(proof()), Giver::Staff(staff(1))), Err(Refusal::NotChecked));
        let check = Command::CheckEntry { corrected: false };
        for state in [typed, claimed] {
            assert_eq!(decide(&state, &check, Giver::Staff(staff(1))), Err(Refusal::NeedsAnotherPerson));
            let checked = decide(&state, &check, Giver::Staff(staff(2))).unwrap();
            assert_eq!((checked.stage, checked.entry, checked.rev), (state.stage, Entry::Checked, 1));
            assert_eq!(decide(&checked, &check, Giver::Staff(staff(3))), Err(Refusal::NotInThisStage), "once");
        }
        let corrected = decide(&claimed, &Command::CheckEntry { corrected: true }, Giver::Staff(staff(2))).unwrap();
        assert_eq!((corrected.rev, corrected.holder), (2, Some(staff(1))));
        assert!(decide(&corrected, &Command::Accept(proof()), Giver::Staff(staff(1))).is_ok());
        assert_eq!(decide(&arrived(), &check, Giver::Staff(staff(2))), Err(Refusal::NotInThisStage), "nobody typed it");
    }

    proptest! {
        #[test]
        fn no_walk_confirms_or_declines_with_one_person(
            steps in prop::collection::vec((0..every_command().len(), 0u8..4), 1..60),
        ) {
            let mut state = arrived();
            let commands = every_command();
            for (command, who) in steps {
                let giver = match who { 0 => Giver::Citizen, 1 => Giver::Portal, number => Giver::Staff(staff(number)) };
                let Ok(next) = decide(&state, &commands[command], giver) else { continue };
                let is_new = next.stage != state.stage;
                if is_new && matches!(next.stage, Stage::Confirmed | Stage::Declined) {
                    let Giver::Staff(second) = giver else { panic!("not by staff") };
                    prop_assert_ne!(state.decided_by, Some(second));
                    prop_assert!(state.decided_by.is_some());
                }
                prop_assert!(next.send_backs <= MOST_SEND_BACKS);
                if matches!(commands[command], Command::ConfirmWithdrawal) {
                    let Giver::Staff(second) = giver else { panic!("not by staff") };
                    let Withdrawal::Proposed(first) = state.withdrawal else { panic!("not proposed") };
                    prop_assert_ne!(first, second);
                }
                if next.stage == Stage::HandedOver && state.stage == Stage::Confirmed {
                    prop_assert_eq!(state.withdrawal, Withdrawal::NotAsked);
                }
                if matches!(next.stage, Stage::Withdrawn | Stage::Declined) {
                    prop_assert_eq!(next.withdrawal, Withdrawal::NotAsked, "nothing is left to decide");
                    prop_assert_eq!(allowed(next.stage).count(), 0, "it is over");
                }
                if next.stage == Stage::Withdrawn && matches!(commands[command], Command::Withdraw) {
                    let early = [Stage::Submitted, Stage::InReview, Stage::SentBack, Stage::VisitNeeded];
                    prop_assert!(early.contains(&state.stage), "after the acceptance two people decide");
                }
                if is_new && next.stage == Stage::InReview && !matches!(commands[command], Command::SettleRejected) {
                    prop_assert!(next.holder.is_some());
                }
                prop_assert!(next.rev >= state.rev);
                state = next;
            }
        }
    }

    #[test]
    fn names_are_read_back() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse::<Stage>().unwrap(), *stage);
        }
        for command in every_command() {
            assert_eq!(command.kind().as_str().parse::<CommandKind>().unwrap(), command.kind());
        }
    }
}
