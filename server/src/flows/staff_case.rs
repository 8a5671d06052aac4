//! A case as staff see it. Invariant: it opens for who may read it only, and each opening is an audit entry; the buttons are
//! those that the two tables (stages × commands, roles × actions) and the hand allow.

use std::collections::BTreeMap;

use intake::{
    access::{self, Action},
    case::{CommandKind, Hand, Stage, possible},
    epds::{Score, TextPack},
    flags::{self, Raised},
    ids::{FieldId, ReceiptNumber, StaffId},
    journey::{self, CompleteAnswers, Derived, Warning, derive_on},
    time::Instant,
};

use super::{
    FlowError, address_change, case_signature,
    content::{self, EventDetail, OpenCase, OpenRevision},
    decide::{Obstacle, is_another_person, proof},
    message, my_number, paper_scan, queue, review, transfer,
};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        self, AuditEntry, Connection, Record,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        message::Side,
        paper::{self, Paper},
        staff::Staff,
    },
};

/// Who did a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The parent.
    Citizen,
    /// A member of staff, by the name that colleagues read.
    Staff(String),
    /// The portal.
    Portal,
}

/// A step of the history.
pub struct Step {
    /// When.
    pub at: Instant,
    /// Who.
    pub who: Who,
    /// Which command; `submit` for the filing itself.
    pub command: String,
    /// More of it.
    pub detail: Option<EventDetail>,
}

/// A later revision, and what it changed.
pub struct Revised {
    /// Its number.
    pub rev: i64,
    /// `citizen` or `staff`.
    pub author_kind: String,
    /// The fields whose answers differ from the revision before.
    pub fields: Vec<FieldId>,
}

/// A button, and what stands in its way.
pub struct Offer {
    /// The command.
    pub kind: CommandKind,
    /// Why it would be refused now.
    pub obstacle: Option<Obstacle>,
}

/// 「EPDS」 The scores, and the wording that was answered.
pub struct ShownEpds<'portal> {
    /// The scores.
    pub score: Score,
    /// The wording; none once the pack is taken away.
    pub pack: Option<&'portal TextPack>,
    /// The name of the pack.
    pub pack_id: String,
}

/// A case, opened for a member of staff.
pub struct StaffCase<'portal> {
    /// The case.
    pub case: OpenCase<'portal>,
    /// Its answers.
    pub complete: CompleteAnswers,
    /// What is computed from them, for the day of filing.
    pub derived: Derived,
    /// 「確認が必要な項目」
    pub flags: Vec<Raised>,
    /// Answers that do not go together.
    pub warnings: Vec<Warning>,
    /// What later revisions changed.
    pub revised: Vec<Revised>,
    /// What happened, oldest first.
    pub history: Vec<Step>,
    /// What can be done now by who asks.
    pub offers: Vec<Offer>,
    /// Who holds it.
    pub holder: Option<String>,
    /// 「EPDS」 What the ten answers come to.
    pub epds: Option<ShownEpds<'portal>>,
    /// The case that it follows, and those that follow it.
    pub related: Vec<CaseHead>,
    /// 「同じ方と思われる届出」
    pub same_person: Vec<CaseHead>,
    /// 「聞き取り」 What must be answered before it can be accepted.
    pub unanswered: Vec<FieldId>,
    /// 「写真・書類」 What was sent, and whether who asks can open it now.
    pub papers: Vec<(Paper, bool)>,
    /// 「取込先から戻った届出」 Why the back office sent it back, as a code, until it is decided on again.
    pub came_back: Option<String>,
    /// 「個人番号」 Whether it is there, sealed; none where it is not asked for here.
    pub number: Option<my_number::Kept>,
    /// 「取下げの申出」 Who said yes to a withdrawal first.
    pub withdrawal_proposed_by: Option<String>,
    /// Whether the parent has left: what is written to her reaches nobody.
    pub account_is_closed: bool,
    /// 「窓口でのアカウント再開」 What waits for the second person.
    pub way_back: Option<address_change::Proposal>,
    /// 「ご本人への引継ぎ」 What waits for the second person.
    pub transfer: Option<transfer::Proposal>,
    /// 「妊娠の終了」 When it was told, if it was.
    pub pregnancy_ended_at: Option<Instant>,
    /// 「電子署名」
    pub signature: Option<case_signature::ShownSignature>,
    /// 「市との連絡」 Oldest first, each with the name of the member of staff who wrote it.
    pub messages: Vec<(Option<String>, message::Shown)>,
}

/// Opens a case for a member of staff.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, the role may not read it, or its content is erased.
pub async fn view<'portal>(
    portal: &'portal Portal,
    staff: &Staff,
    number: &ReceiptNumber,
) -> Result<StaffCase<'portal>, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let subject = Subject::Case(head.case_id);
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::CaseViewed).on(subject);
    let (who, what) = ((staff.staff_id, staff.roles), (head.case_id, head.compartment));
    let Some(permit) = access::permit_with(who, Action::ReadCase, what, head.holder) else {
        drop(tx);
        portal.database.write().await?.commit(Record::Deed(entry.refused().with("reason", "not_allowed"))).await?;
        return Err(FlowError::NotFound);
    };
    let open = content::open(portal, &mut tx, head, &permit).await?;
    let people = queue::names(&mut tx).await?;
    let history = history(&mut tx, &open.head, &open.key, &people).await?;
    let offers = offers(&mut tx, staff, &open).await?;
    let related = related(&mut tx, staff, &open.head).await?;
    let mut same_person = case::of_same_person(&mut tx, open.head.case_id, &open.head.form_id).await?;
    same_person.retain(|head| access::may_in(staff.roles, Action::ReadCase, head.compartment));
    let may_open = access::may_in(staff.roles, Action::OpenPaper, open.head.compartment);
    let papers = paper::sent_of_case(&mut tx, &permit).await?.into_iter();
    let papers = papers.map(|it| (it.clone(), may_open && paper_scan::can_be_opened(portal, &it))).collect();
    let came_back = came_back(&mut tx, &open.head).await?;
    let number = my_number::of_case(portal, &mut tx, &open.head).await?;
    let messages = message::of_case(&mut tx, &open.key, &permit).await?;
    let complete = open.complete()?;
    let signature = case_signature::shown(&mut tx, (&open.key, open.form), &permit, complete.answers()).await?;
    // Who filed elsewhere has none that could be closed.
    let (mut pregnancy_ended_at, mut way_back, mut account_is_closed) = (None, None, open.office.origin.is_none());
    if let Some(id) = open.head.account_id {
        pregnancy_ended_at = store::pregnancy_end::told_at(&mut tx, id).await?;
        if !open.head.is_held_by_proxy() {
            way_back = address_change::proposal(portal, &mut tx, staff, id).await?;
        }
        account_is_closed = store::account::find(&mut tx, id).await?.is_none_or(|account| account.closed_at.is_some());
    }
    let transfer = transfer::proposal(portal, &mut tx, staff, &open.head).await?;
    drop(tx);

    let filed_on = open.head.filed_at.date_in_japan();
    let raised = flags::flags(open.form, complete.answers(), filed_on);
    let after_birth = raised.iter().any(|raised| raised.flag == flags::Flag::AfterBirth);
    let view = StaffCase {
        derived: derive_on(open.form, complete.answers(), filed_on, after_birth),
        warnings: journey::warnings(open.form, complete.answers(), complete.day()),
        flags: raised,
        revised: revised(&open),
        epds: shown_epds(portal, &open, &complete),
        history,
        offers,
        related,
        same_person,
        unanswered: open.unanswered()?,
        papers,
        number,
        holder: open.head.holder.and_then(|holder| people.get(&holder).cloned()),
        withdrawal_proposed_by: open.head.withdrawal_proposed_by.and_then(|first| people.get(&first).cloned()),
        came_back,
        account_is_closed,
        way_back,
        transfer,
        pregnancy_ended_at,
        signature,
        messages: messages
            .into_iter()
            .map(|shown| (shown.by.map(|by| people.get(&by).cloned().unwrap_or_default()), shown))
            .collect(),
        complete,
        case: open,
    };
    // Whoever is shown it is recorded first.
    let mut entries = vec![entry.with("rev", view.case.head.rev)];
    let mut tx = portal.database.write().await?;
    let unread = view.messages.iter().filter(|(_, shown)| shown.by.is_none() && shown.read_at.is_none());
    if let Some(until) = unread.map(|(_, shown)| shown.sent_at).max() {
        let now = portal.clock.now();
        store::message::mark_read(&mut tx, view.case.head.case_id, Side::Staff, until, now).await?;
        let read = AuditEntry::done(now, Actor::Staff(staff.staff_id), Deed::MessageRead);
        entries.push(read.on(Subject::Case(view.case.head.case_id)));
    }
    tx.commit_all(entries).await?;
    Ok(view)
}

fn shown_epds<'portal>(
    portal: &'portal Portal,
    open: &OpenCase<'_>,
    complete: &CompleteAnswers,
) -> Option<ShownEpds<'portal>> {
    let score = Score::of(open.form, complete.answers())?;
    let shown = open.office.text_pack.as_ref();
    let pack = shown.and_then(|shown| portal.text_packs.by_sha256(&shown.sha256));
    Some(ShownEpds { score, pack, pack_id: shown.map(|shown| shown.id.clone()).unwrap_or_default() })
}

/// The case that this one follows, and those that follow it, as far as this member of staff may know of them.
async fn related(connection: &mut Connection, staff: &Staff, head: &CaseHead) -> Result<Vec<CaseHead>, FlowError> {
    let mut all = case::following(connection, head.case_id).await?;
    if let Some(followed) = head.follows_case_id {
        all.extend(case::find_head(connection, followed).await?);
    }
    all.retain(|head| access::may_in(staff.roles, Action::ReadCase, head.compartment));
    Ok(all)
}

async fn history(
    connection: &mut Connection,
    head: &CaseHead,
    key: &DataKey,
    people: &BTreeMap<StaffId, String>,
) -> Result<Vec<Step>, FlowError> {
    let mut steps = Vec::new();
    for event in case::events(connection, head.case_id).await? {
        let by_id = |id: Vec<u8>| people.get(&StaffId::from_random(id.try_into().ok()?)).cloned();
        let who = match event.actor_kind.as_str() {
            "staff" => Who::Staff(event.actor_id.and_then(by_id).unwrap_or_default()),
            "citizen" => Who::Citizen,
            _ => Who::Portal,
        };
        let detail = match event.detail_sealed {
            None => None,
            // Of another kind than those of staff, such as a receipt: the command says enough.
            Some(sealed) => serde_json::from_slice(&key.open(&case::event_place(head.case_id), &sealed)?).ok(),
        };
        steps.push(Step { at: event.at, who, command: event.command, detail });
    }
    Ok(steps)
}

fn revised(open: &OpenCase<'_>) -> Vec<Revised> {
    let differs = |before: &OpenRevision, after: &OpenRevision| {
        let changed = |input: &String| before.raw.all(input) != after.raw.all(input);
        let fields = open.form.fields().map(|(_, field)| field);
        fields.filter(|field| field.inputs().iter().any(changed)).map(|field| field.id.clone()).collect()
    };
    open.revisions
        .windows(2)
        .map(|pair| Revised {
            rev: pair[1].rev,
            author_kind: pair[1].author_kind.clone(),
            fields: differs(&pair[0], &pair[1]),
        })
        .collect()
}

async fn offers(connection: &mut Connection, staff: &Staff, open: &OpenCase<'_>) -> Result<Vec<Offer>, FlowError> {
    let head = &open.head;
    let mut offers = Vec::new();
    for row in possible(&review::state(head)) {
        let fits = match row.hand {
            Hand::Staff | Hand::Another => true,
            Hand::Holder => head.holder == Some(staff.staff_id),
            Hand::Citizen | Hand::Portal => false,
        };
        let who = (staff.staff_id, staff.roles);
        if !fits || !access::may_with(who, Action::Command(row.command), head.compartment, head.holder) {
            continue;
        }
        let has_nobody = row.command == CommandKind::SendBack && head.account_id.is_none();
        let has_nothing = row.command == CommandKind::Complete && open.to_be_asked().is_empty();
        if has_nobody || has_nothing {
            continue;
        }
        let missing = proof(&open.office).err().filter(|_| row.command == CommandKind::Accept);
        let obstacle = if missing.is_some() {
            missing
        } else if row.command == CommandKind::Accept && !open.unanswered()?.is_empty() {
            Some(Obstacle::Unanswered)
        } else if !is_another_person(connection, staff, head, row.command).await? {
            Some(Obstacle::NeedsAnotherPerson)
        } else {
            None
        };
        offers.push(Offer { kind: row.command, obstacle });
    }
    Ok(offers)
}

/// Why the back office sent the revision before back, as a code, while it is not decided on again.
async fn came_back(connection: &mut store::Connection, head: &CaseHead) -> Result<Option<String>, FlowError> {
    if !matches!(head.stage, Stage::InReview | Stage::SentBack | Stage::VisitNeeded | Stage::Submitted) {
        return Ok(None);
    }
    let entries = store::batch::entries_of_case(connection, head.case_id).await?;
    let last = entries.into_iter().next_back().filter(|last| last.result.as_deref() == Some("rejected"));
    Ok(last.map(|last| last.reason.unwrap_or_default()))
}
