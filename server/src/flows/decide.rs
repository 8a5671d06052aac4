//! Commands of staff on a case. Invariant: each is one transaction that holds the change, the event, the mail and the audit
//! entry; what was asked for and refused is recorded too; the second yes is another person's, not only another account's.

use intake::{
    access::{self, Action},
    answers::{FieldError, RawAnswers},
    card::Matched,
    case::{
        Command, CommandKind, CorrectionRequest, DeclineReason, Giver, Hand, LONGEST_REASON, Refusal, Stage, allowed,
        decide, possible,
    },
    counter::CheckFault,
    form::{Compartment, Field, Target},
    identity::{Comparison, Evidence, Fact, Level, Method, NotRecorded, ProxySight, ProxyState, Sight, Sufficient},
    ids::{FieldId, ReceiptNumber, StaffId},
    journey::complete_but,
    staff_items::{StaffItemError, parse_staff_items},
    time::{CivilDate, Instant},
};

use super::{
    FlowError,
    amend::{self, Amendment},
    booking, case_signature,
    content::{self, EventDetail, Office, OpenCase},
    correction::asks_who_files,
    entry_check::{self, Marks},
    my_number, pair, remind, review, same_person, statistics,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, Author, CaseHead, NewEvent, StageChange},
        difference,
        outbox::MailPayload,
        staff::{self, Staff},
    },
};

/// What a member of staff orders, with what was typed for it.
#[derive(Clone)]
pub enum Order {
    /// See [`CommandKind::Claim`].
    Claim,
    /// See [`CommandKind::Assign`]: to whom.
    Assign(StaffId),
    /// See [`CommandKind::Release`].
    Release,
    /// See [`CommandKind::SendBack`].
    SendBack(CorrectionRequest),
    /// See [`CommandKind::AskToVisit`].
    AskToVisit,
    /// See [`CommandKind::Visited`].
    Visited,
    /// See [`CommandKind::RecordIdentity`].
    RecordIdentity(Sight),
    /// See [`CommandKind::RecordProxy`].
    RecordProxy(ProxySight),
    /// See [`CommandKind::EditStaffItems`].
    EditStaffItems(RawAnswers),
    /// See [`CommandKind::Complete`].
    Complete(RawAnswers),
    /// See [`CommandKind::Amend`].
    Amend(Amendment),
    /// See [`CommandKind::SettleDifference`]: what, and why it is she all the same.
    SettleDifference(Fact, String),
    /// See [`CommandKind::CheckEntry`].
    CheckEntry(Marks),
    /// See [`CommandKind::Accept`].
    Accept,
    /// See [`CommandKind::Reopen`].
    Reopen,
    /// See [`CommandKind::Confirm`].
    Confirm,
    /// See [`CommandKind::ProposeDecline`].
    ProposeDecline(DeclineReason),
    /// See [`CommandKind::Decline`].
    Decline,
    /// See [`CommandKind::Correct`].
    Correct,
    /// See [`CommandKind::ProposeWithdrawal`].
    ProposeWithdrawal,
    /// See [`CommandKind::ConfirmWithdrawal`].
    ConfirmWithdrawal,
    /// See [`CommandKind::RefuseWithdrawal`].
    RefuseWithdrawal,
}

impl Order {
    /// The command it is.
    #[must_use]
    pub const fn kind(&self) -> CommandKind {
        match self {
            Self::Claim => CommandKind::Claim,
            Self::Assign(_) => CommandKind::Assign,
            Self::Release => CommandKind::Release,
            Self::SendBack(_) => CommandKind::SendBack,
            Self::AskToVisit => CommandKind::AskToVisit,
            Self::Visited => CommandKind::Visited,
            Self::RecordIdentity(_) => CommandKind::RecordIdentity,
            Self::RecordProxy(_) => CommandKind::RecordProxy,
            Self::EditStaffItems(_) => CommandKind::EditStaffItems,
            Self::Complete(_) => CommandKind::Complete,
            Self::Amend(_) => CommandKind::Amend,
            Self::SettleDifference(..) => CommandKind::SettleDifference,
            Self::CheckEntry(_) => CommandKind::CheckEntry,
            Self::Accept => CommandKind::Accept,
            Self::Reopen => CommandKind::Reopen,
            Self::Confirm => CommandKind::Confirm,
            Self::ProposeDecline(_) => CommandKind::ProposeDecline,
            Self::Decline => CommandKind::Decline,
            Self::Correct => CommandKind::Correct,
            Self::ProposeWithdrawal => CommandKind::ProposeWithdrawal,
            Self::ConfirmWithdrawal => CommandKind::ConfirmWithdrawal,
            Self::RefuseWithdrawal => CommandKind::RefuseWithdrawal,
        }
    }
}

/// Why a parent gets a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// 「修正のお願い」
    SentBack,
    /// 「来庁・面談のお願い」
    VisitNeeded,
    /// It was decided on: the result is read after signing in.
    Decided,
    /// 「職権訂正」 The office has put something right.
    Amended,
}

impl Notice {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::SentBack => "sent_back",
            Self::VisitNeeded => "visit_needed",
            Self::Decided => "decided",
            Self::Amended => "amended",
        }
    }

    const fn after(kind: CommandKind) -> Option<Self> {
        match kind {
            CommandKind::SendBack => Some(Self::SentBack),
            CommandKind::AskToVisit => Some(Self::VisitNeeded),
            CommandKind::Amend => Some(Self::Amended),
            CommandKind::Decline | CommandKind::ConfirmWithdrawal | CommandKind::RefuseWithdrawal => {
                Some(Self::Decided)
            }
            _ => None,
        }
    }
}

/// The latest day that can be set for an answer to a correction request, in days from today.
pub const LONGEST_CORRECTION: i64 = 60;

/// Why an order was not carried out, though the case is as it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Somebody else holds the case.
    HeldByAnother,
    /// 「担当の割当て」 Whom it is to be given to does not work on such cases, or holds it already.
    NotForThem,
    /// The second yes must be another person's.
    NeedsAnotherPerson,
    /// No evidence of identity that carries an acceptance.
    NoEvidence,
    /// 「仮の受付」 A proxy filed, and the person herself was not met.
    PersonNotMet,
    /// Two different documents without a photo are needed.
    TwoDocuments,
    /// 「照合」 With what her declaration was compared is not said, or that says nothing of who she is.
    NotCompared,
    /// 「照合」 A difference that nobody has settled.
    DifferenceOpen,
    /// 「照合」 There is no such difference.
    NoDifference,
    /// Why is not said, or in too many words.
    Because,
    /// 「職権訂正」 Nothing was changed, or what is not the office's to change.
    NothingAmended,
    /// A correction request without a field, with a field that was not asked, or without a reason.
    Request,
    /// The day for the answer lies in the past or too far ahead.
    AnswerBy,
    /// Nobody to send it back to: it came by another channel.
    NoAccount,
    /// It was sent back three times: she is asked to come.
    NoMoreSendBacks,
    /// 「窓口代行入力」 Nobody but the typist has held it against the paper.
    NotChecked,
    /// 「照合」 Fields that are not marked, or that cannot be put right like this.
    Entry(Vec<CheckFault>),
    /// 「聞き取り」 What its channel never asks is not there yet.
    Unanswered,
    /// 「聞き取り」 Answers that cannot be kept.
    Answers(Vec<FieldError>),
    /// 「同じ方・重複の可能性」 Nobody has said yet whether another filing is the same.
    PairOpen,
    /// Somebody has said that another filing stands in its place.
    OtherStands,
    /// Staff items that cannot be kept.
    StaffItems(Vec<StaffItemError>),
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// It is done: the stage it led to.
    Done(Stage),
    /// It is not.
    Refused(Obstacle),
}

/// Carries an order out on the case in the version that was shown. `letter` gives the text of the mail to the parent, by
/// notice and language.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case or the role may not; [`FlowError::Changed`] when it was changed
/// meanwhile or is in another stage.
pub async fn give(
    portal: &Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    version: i64,
    order: &Order,
    letter: &(impl Fn(Notice, &str) -> MailPayload + Sync),
) -> Result<Given, FlowError> {
    let kind = order.kind();
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let outcome = carry_out(portal, &mut tx, staff, &head, version, order).await;
    let (after, entries) = match outcome {
        Ok(Ok(done)) => done,
        Ok(Err(obstacle)) => {
            drop(tx);
            refuse(portal, staff, &head, kind, word(&obstacle)).await?;
            return Ok(Given::Refused(obstacle));
        }
        Err(FlowError::NotFound) => {
            drop(tx);
            refuse(portal, staff, &head, kind, "not_allowed").await?;
            return Err(FlowError::NotFound);
        }
        Err(error) => return Err(error),
    };
    if let (Some(notice), Some(account)) = (Notice::after(kind), head.account_id) {
        let letter = |locale: &str| letter(notice, locale);
        remind::write_about(portal, &mut tx, account, Some(head.case_id), notice.as_str(), &letter).await?;
    }
    let (actor, now) = (Actor::Staff(staff.staff_id), portal.clock.now());
    let erased = my_number::end_with_case(&mut tx, head.case_id, after, actor.clone(), now).await?;
    let ended = booking::end_with_case(&mut tx, head.case_id, after, actor, now).await?;
    tx.commit_all(entries.into_iter().chain(erased).chain(ended).collect()).await?;
    portal.metrics.command(kind.as_str(), true);
    Ok(Given::Done(after))
}

const fn word(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::HeldByAnother => "held_by_another",
        Obstacle::NotForThem => "not_for_them",
        Obstacle::NeedsAnotherPerson => "needs_another_person",
        Obstacle::NoEvidence => "no_evidence",
        Obstacle::NoAccount => "no_account",
        Obstacle::Unanswered => "unanswered",
        Obstacle::PairOpen => "pair_open",
        Obstacle::OtherStands => "other_stands",
        Obstacle::NoMoreSendBacks => "no_more_send_backs",
        Obstacle::NotChecked => "not_checked",
        Obstacle::PersonNotMet => "person_not_met",
        Obstacle::NotCompared => "not_compared",
        Obstacle::DifferenceOpen => "difference_open",
        Obstacle::TwoDocuments
        | Obstacle::NoDifference
        | Obstacle::Because
        | Obstacle::NothingAmended
        | Obstacle::Request
        | Obstacle::AnswerBy
        | Obstacle::StaffItems(_)
        | Obstacle::Entry(_)
        | Obstacle::Answers(_) => "input",
    }
}

async fn refuse(
    portal: &Portal,
    staff: &Staff,
    head: &CaseHead,
    kind: CommandKind,
    reason: &'static str,
) -> Result<(), FlowError> {
    portal.metrics.command(kind.as_str(), false);
    let deed = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::Commanded(kind));
    let entry = deed.on(Subject::Case(head.case_id)).refused().with("reason", reason);
    let tx = portal.database.write().await?;
    Ok(tx.commit(Record::Deed(entry)).await?)
}

/// The stage that an order led to and the entries of what was done, or why it was not.
pub(super) type Decided = Result<(Stage, Vec<AuditEntry>), Obstacle>;

/// Carries an order out within a transaction; who calls commits what is given back.
pub(super) async fn carry_out(
    portal: &Portal,
    tx: &mut WriteTx,
    staff: &Staff,
    head: &CaseHead,
    version: i64,
    order: &Order,
) -> Result<Decided, FlowError> {
    let (kind, now) = (order.kind(), portal.clock.now());
    let (who, what) = ((staff.staff_id, staff.roles), (head.case_id, head.compartment));
    let permit = access::permit_with(who, Action::Command(kind), what, head.holder).ok_or(FlowError::NotFound)?;
    if head.version != version || !possible(&review::state(head)).any(|row| row.command == kind) {
        return Err(FlowError::Changed(head.stage));
    }
    if let Order::Assign(to) = order
        && !can_be_given_to(tx, head, *to, now).await?
    {
        return Ok(Err(Obstacle::NotForThem));
    }
    let mut open = content::open(portal, tx, head.clone(), &permit).await?;
    let before = open.newest()?.raw.clone();
    let mut prepared = match prepare(&mut open, staff.staff_id, order, now) {
        Ok(prepared) => prepared,
        Err(obstacle) => return Ok(Err(obstacle)),
    };
    if !is_another_person(tx, staff, head, kind).await? {
        return Ok(Err(Obstacle::NeedsAnotherPerson));
    }
    if kind == CommandKind::Accept
        && let Some(obstacle) = pair::obstacle(tx, head.case_id).await?
    {
        return Ok(Err(obstacle));
    }
    let giver = Giver::Staff(staff.staff_id);
    let after = match decide(&review::state(head), &prepared.command, giver) {
        Ok(after) => after,
        Err(Refusal::NotInThisStage) => return Err(FlowError::Changed(head.stage)),
        Err(Refusal::HeldByAnother) => return Ok(Err(Obstacle::HeldByAnother)),
        Err(Refusal::NeedsAnotherPerson) => return Ok(Err(Obstacle::NeedsAnotherPerson)),
        Err(Refusal::NothingNamed) => return Ok(Err(Obstacle::Request)),
        Err(Refusal::NoMoreSendBacks) => return Ok(Err(Obstacle::NoMoreSendBacks)),
        Err(Refusal::NotChecked) => return Ok(Err(Obstacle::NotChecked)),
    };
    let mut change = with_evidence(review::change(head, &after, &prepared.command, giver, now), &open.office);
    if kind == CommandKind::CheckEntry {
        change = entry_check::with_proxy_of(change, &open);
    }
    if !case::update_stage(tx, portal.deadlines(), head.case_id, version, &change).await? {
        // PostgreSQL: the other one has committed while this one waited for the row.
        let stage = case::find_head(tx, head.case_id).await?.map_or(head.stage, |found| found.stage);
        return Err(FlowError::Changed(stage));
    }
    if after.rev != head.rev {
        open.copy_newest(tx, after.rev, Author::Staff(staff.staff_id)).await?;
    }
    if kind == CommandKind::CheckEntry {
        prepared.detail = Some(EventDetail::CheckEntry(entry_check::keep(tx, staff, &open, now).await?));
    }
    let mut pairs = Vec::new();
    if matches!(kind, CommandKind::Complete | CommandKind::CheckEntry | CommandKind::Amend) {
        pairs = same_person::index_again(portal, tx, &open).await?;
    }
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::Commanded(kind));
    let mut entry = entry.on(Subject::Case(head.case_id)).with("rev", after.rev);
    if kind == CommandKind::Amend {
        let complete = open.complete()?;
        case_signature::after_correction(tx, &mut open, &permit, complete.answers()).await?;
        entry = amend::told(portal, &open, &before, entry)?;
    }
    if prepared.office_changed {
        if let Some(evidence) = open.office.evidence {
            difference::note(tx, head.case_id, &evidence.comparison).await?;
        }
        case::save_office(tx, head.case_id, &open.seal_office()?, now).await?;
    }
    let detail = prepared.detail.map(|detail| serde_json::to_vec(&detail)).transpose()?;
    let detail = detail.map(|plain| open.key.seal(&case::event_place(head.case_id), &plain));
    let event = NewEvent {
        case_id: head.case_id,
        at: now,
        command: Some(kind),
        actor: Author::Staff(staff.staff_id),
        from_stage: Some(head.stage),
        to_stage: after.stage,
        rev: after.rev,
        detail_sealed: detail.as_deref(),
    };
    statistics::ordered(tx, head, (order, &open.office), now).await?;
    case::append_event(tx, &event).await?;
    Ok(Ok((after.stage, [entry].into_iter().chain(pairs).collect())))
}

/// What the evidence says of the case, for the database, which refuses an acceptance without it.
fn with_evidence(change: StageChange, office: &Office) -> StageChange {
    let Some(evidence) = office.evidence else { return change };
    let proxy = match change.proxy {
        Some(ProxyState::Waiting) if !evidence.waits_for_her() => Some(ProxyState::Met),
        other => other,
    };
    StageChange { identity: evidence.level(), proxy, ..change }
}

/// A command with what it leaves beside the stage.
struct Prepared {
    command: Command,
    office_changed: bool,
    detail: Option<EventDetail>,
}

impl Prepared {
    const fn plain(command: Command) -> Self {
        Self { command, office_changed: false, detail: None }
    }

    const fn noting(command: Command, detail: EventDetail) -> Self {
        Self { command, office_changed: true, detail: Some(detail) }
    }
}

fn prepare(open: &mut OpenCase<'_>, by: StaffId, order: &Order, now: Instant) -> Result<Prepared, Obstacle> {
    Ok(match order {
        Order::Claim => Prepared::plain(Command::Claim),
        Order::Assign(to) => {
            let detail = Some(EventDetail::Assign(*to));
            Prepared { command: Command::Assign(*to), office_changed: false, detail }
        }
        Order::Release => Prepared::plain(Command::Release),
        Order::SendBack(request) => {
            if open.head.account_id.is_none() {
                return Err(Obstacle::NoAccount);
            }
            check_request(open, request, now.date_in_japan())?;
            open.office.requests.push(request.clone());
            Prepared::noting(Command::SendBack(request.clone()), EventDetail::SendBack(request.clone()))
        }
        Order::AskToVisit => Prepared::plain(Command::AskToVisit),
        Order::Visited => Prepared::plain(Command::Visited),
        Order::RecordIdentity(sight) => {
            let (method, matched) = (Method::Counter, Matched::default());
            let comparison = Comparison::default();
            let at_counter = Evidence { method, signed_in_at: now, counter: None, matched, proxy: None, comparison };
            let evidence = open.office.evidence.unwrap_or(at_counter);
            let evidence = evidence.with_sight(sight, by, now).map_err(not_recorded)?;
            let compared = evidence.comparison.counter.ok_or(Obstacle::NotCompared)?;
            open.office.evidence = Some(evidence);
            Prepared::noting(Command::RecordIdentity, EventDetail::RecordIdentity(sight.by(by, now), compared))
        }
        Order::RecordProxy(sight) => {
            let seen = sight.by(by, now);
            let evidence = open.office.evidence.ok_or(Obstacle::NoEvidence)?;
            open.office.evidence = Some(evidence.with_proxy_seen(seen).map_err(not_recorded)?);
            Prepared::noting(Command::RecordProxy, EventDetail::RecordProxy(seen))
        }
        Order::EditStaffItems(raw) => {
            let mut kept = RawAnswers::default();
            for input in open.form.staff_items.iter().flat_map(|item| item.inputs()) {
                kept.set(&input, raw.all(&input).to_vec());
            }
            parse_staff_items(open.form, &kept, now.date_in_japan()).map_err(Obstacle::StaffItems)?;
            open.office.staff_items = kept;
            Prepared { command: Command::EditStaffItems, office_changed: true, detail: None }
        }
        Order::Complete(typed) => {
            fill_in(open, typed)?;
            Prepared::plain(Command::Complete)
        }
        Order::Amend(amendment) => Prepared::noting(Command::Amend, amend::put_right(open, amendment)?),
        Order::SettleDifference(fact, because) => {
            Prepared::noting(Command::SettleDifference, amend::settle(open, *fact, because, (by, now))?)
        }
        Order::CheckEntry(marks) => {
            Prepared { command: entry_check::put_right(open, marks)?, office_changed: true, detail: None }
        }
        Order::Accept => {
            if open.unanswered().is_ok_and(|fields| !fields.is_empty()) {
                return Err(Obstacle::Unanswered);
            }
            Prepared::plain(Command::Accept(proof(&open.office)?))
        }
        Order::Reopen => {
            let office_changed = open.office.decline_reason.take().is_some();
            Prepared { command: Command::Reopen, office_changed, detail: None }
        }
        Order::Confirm => Prepared::plain(Command::Confirm),
        Order::ProposeDecline(reason) => {
            open.office.decline_reason = Some(*reason);
            Prepared::noting(Command::ProposeDecline(*reason), EventDetail::ProposeDecline(*reason))
        }
        Order::Decline => Prepared::plain(Command::Decline),
        Order::Correct => Prepared::plain(Command::Correct),
        Order::ProposeWithdrawal => Prepared::plain(Command::ProposeWithdrawal),
        Order::ConfirmWithdrawal => Prepared::plain(Command::ConfirmWithdrawal),
        Order::RefuseWithdrawal => Prepared::plain(Command::RefuseWithdrawal),
    })
}

/// 「聞き取り」 Puts what staff have asked for in the place of what is missing. It can be done in several steps: what is still
/// missing stays so, and the acceptance waits for it.
fn fill_in(open: &mut OpenCase<'_>, typed: &RawAnswers) -> Result<(), Obstacle> {
    let fields = open.to_be_asked();
    if fields.is_empty() {
        return Err(Obstacle::Answers(Vec::new()));
    }
    let form = open.form;
    let Some(newest) = open.revisions.last_mut() else { return Err(Obstacle::Answers(Vec::new())) };
    let mut raw = newest.raw.clone();
    for (_, field) in fields.iter().filter_map(|id| form.field(id)) {
        raw.take_field(typed, field);
    }
    complete_but(form, &raw, newest.created_at.date_in_japan(), &fields).map_err(Obstacle::Answers)?;
    newest.raw = raw;
    Ok(())
}

const fn not_recorded(why: NotRecorded) -> Obstacle {
    match why {
        NotRecorded::TwoAreNeeded => Obstacle::TwoDocuments,
        NotRecorded::NotCompared => Obstacle::NotCompared,
        NotRecorded::NotMet => Obstacle::PersonNotMet,
        NotRecorded::NoProxy => Obstacle::Request,
    }
}

/// The proof that carries an acceptance, or what is missing.
pub(super) fn proof(office: &Office) -> Result<Sufficient, Obstacle> {
    let evidence = office.evidence.ok_or(Obstacle::NoEvidence)?;
    evidence.sufficient().ok_or(if evidence.waits_for_her() {
        Obstacle::PersonNotMet
    } else if evidence.level() < Level::VerifiedRemote {
        Obstacle::NoEvidence
    } else if evidence.was_not_compared() {
        Obstacle::NotCompared
    } else {
        Obstacle::DifferenceOpen
    })
}

pub(super) fn check_request(
    open: &OpenCase<'_>,
    request: &CorrectionRequest,
    today: CivilDate,
) -> Result<(), Obstacle> {
    let has_reason = |reason: &str| !reason.trim().is_empty() && reason.chars().count() <= LONGEST_REASON;
    // The EPDS is not put right afterwards: whoever wants to answers a new one.
    // Who files is settled by filing: a filing by a proxy does not become one of her own by a correction.
    let can_be_corrected = |field: &Field| !matches!(field.target, Target::EpdsItem(_)) && !asks_who_files(field);
    let is_field = |id: &FieldId| open.form.field(id).is_some_and(|(_, field)| can_be_corrected(field));
    let can_be_asked = |id: &FieldId| is_field(id) || open.form.paper(id).is_some();
    let is_good = |(field, reason): &(FieldId, String)| can_be_asked(field) && has_reason(reason);
    let mut named: Vec<_> = request.fields.iter().map(|(field, _)| field).collect();
    named.sort_unstable();
    named.dedup();
    if request.fields.is_empty() || named.len() != request.fields.len() || !request.fields.iter().all(is_good) {
        return Err(Obstacle::Request);
    }
    let ahead = request.answer_by.days_since(today);
    if (1..=LONGEST_CORRECTION).contains(&ahead) { Ok(()) } else { Err(Obstacle::AnswerBy) }
}

/// 「担当の割当て」 Whether somebody works on such cases, and does not hold this one already.
async fn can_be_given_to(
    connection: &mut Connection,
    head: &CaseHead,
    to: StaffId,
    now: Instant,
) -> Result<bool, FlowError> {
    let found = staff::find(connection, to).await?;
    let is_new = head.stage != Stage::InReview || head.holder != Some(to);
    Ok(is_new && found.is_some_and(|staff| works_on(&staff, head.compartment, now)))
}

/// Whether somebody can be given cases of a compartment.
pub(super) fn works_on(staff: &Staff, compartment: Compartment, now: Instant) -> bool {
    staff.is_valid_at(now) && access::can_hold(staff.roles, compartment)
}

/// Whether the hand that the table asks for can be this one's, as far as persons go: one person with two accounts is one.
pub(super) async fn is_another_person(
    connection: &mut Connection,
    staff: &Staff,
    head: &CaseHead,
    kind: CommandKind,
) -> Result<bool, FlowError> {
    if !allowed(head.stage).any(|row| row.command == kind && row.hand == Hand::Another) {
        return Ok(true);
    }
    let Some(first) = review::state(head).first_hand(kind) else { return Ok(false) };
    let first = staff::find(connection, first).await?;
    Ok(first.is_some_and(|first| staff.is_another_person(&first)))
}
