//! 「同じ方・重複の可能性」 Two filings side by side, and what a person says of them. Invariant: only who may read both sees the two;
//! a filing falls only the way of a decline, which one person proposes and another confirms.

use intake::{
    access::{self, Action},
    answers::RawAnswers,
    case::{DeclineReason, Stage},
    duplicate::{PairState, Reason},
    ids::{CaseId, ReceiptNumber},
    journey::CompleteAnswers,
    my_number::strike_out,
    time::Instant,
};

use super::{
    FlowError,
    content::{self, OpenCase},
    decide::{self, Obstacle, Order},
    queue,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        case_pair::{self, Pair, Settled},
        paper::{self, Paper},
        staff::Staff,
    },
};

/// The most characters of a note.
pub const LONGEST_NOTE: usize = 300;

/// A pair, as the page of one of its cases shows it.
pub struct ShownPair {
    /// The other case.
    pub other: CaseHead,
    /// Why it was found.
    pub reasons: Vec<Reason>,
    /// What a person has said.
    pub state: PairState,
    /// Joined: whether it is the other that stands.
    pub other_stands: bool,
    /// Who has said so, and when.
    pub settled: Option<(String, Instant)>,
}

/// The pairs of a case with others that this member of staff may read.
///
/// # Errors
/// When the database fails.
pub(super) async fn of_case(
    connection: &mut Connection,
    staff: &Staff,
    case: CaseId,
) -> Result<Vec<ShownPair>, FlowError> {
    let people = queue::names(connection).await?;
    let mut shown = Vec::new();
    for pair in case_pair::of_case(connection, case).await? {
        let Some(other) = case::find_head(connection, pair.beside(case)).await? else { continue };
        let who = (staff.staff_id, staff.roles);
        if access::may_with(who, Action::ReadCase, other.compartment, other.holder) {
            let by = pair.settled_by.and_then(|by| people.get(&by).cloned()).unwrap_or_default();
            shown.push(ShownPair {
                reasons: pair.reasons(),
                state: pair.state,
                other_stands: pair.stands_case == Some(other.case_id),
                settled: pair.settled_at.map(|at| (by, at)),
                other,
            });
        }
    }
    Ok(shown)
}

/// What a pair has against an acceptance: nobody has said yet whether the two are one, or somebody has said that the other
/// stands. A case that was accepted before goes on.
///
/// # Errors
/// When the database fails.
pub(super) async fn obstacle(connection: &mut Connection, case: CaseId) -> Result<Option<Obstacle>, FlowError> {
    if !case_pair::open_among(connection, &[case]).await?.is_empty() {
        return Ok(Some(Obstacle::PairOpen));
    }
    Ok(case_pair::stands_instead(connection, case).await?.map(|_| Obstacle::OtherStands))
}

/// One of two cases, opened.
pub struct Side<'portal> {
    /// The case.
    pub case: OpenCase<'portal>,
    /// Its answers.
    pub complete: CompleteAnswers,
    /// 「写真・書類」 What was sent with it.
    pub papers: Vec<Paper>,
    /// Who holds it.
    pub holder: Option<String>,
}

impl Side<'_> {
    /// What was typed into the revision that counts.
    ///
    /// # Errors
    /// Never: a case has a revision.
    pub fn raw(&self) -> Result<&RawAnswers, FlowError> {
        Ok(&self.case.newest()?.raw)
    }
}

/// Two cases side by side.
pub struct Beside<'portal> {
    /// What was found, and what a person has said.
    pub pair: Pair,
    /// Both, the one that was asked for first.
    pub sides: [Side<'portal>; 2],
    /// Who has said so.
    pub settled_by: Option<String>,
    /// What she wrote.
    pub note: Option<String>,
    /// Whether who reads may say something of them.
    pub can_settle: bool,
}

/// Both cases of a pair, for who may read both; a refusal is an entry.
async fn both(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    numbers: [&ReceiptNumber; 2],
    action: Action,
) -> Result<(Pair, [CaseHead; 2]), FlowError> {
    let one = case::find_by_receipt_number(connection, numbers[0]).await?.ok_or(FlowError::NotFound)?;
    let other = case::find_by_receipt_number(connection, numbers[1]).await?.ok_or(FlowError::NotFound)?;
    let who = (staff.staff_id, staff.roles);
    let may = |head: &CaseHead| access::may_with(who, action, head.compartment, head.holder);
    let pair = case_pair::find(connection, one.case_id, other.case_id).await?.ok_or(FlowError::NotFound)?;
    if !may(&one) || !may(&other) {
        let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::PairViewed).refused();
        let entry = entry.on(Subject::Case(one.case_id)).with("reason", "not_allowed");
        return Err(refused(portal, entry).await);
    }
    Ok((pair, [one, other]))
}

async fn refused(portal: &Portal, entry: AuditEntry) -> FlowError {
    let kept = async { portal.database.write().await?.commit(Record::Deed(entry)).await };
    kept.await.map_or_else(FlowError::Store, |()| FlowError::NotFound)
}

/// Opens both cases of a pair for a member of staff.
///
/// # Errors
/// [`FlowError::NotFound`] when they are no pair, the role may not read both, or the content of one is erased.
pub async fn view<'portal>(
    portal: &'portal Portal,
    staff: &Staff,
    number: &ReceiptNumber,
    other: &ReceiptNumber,
) -> Result<Beside<'portal>, FlowError> {
    let (pair, heads) = {
        let mut tx = portal.database.read().await?;
        both(portal, &mut tx, staff, [number, other], Action::ReadCase).await?
    };
    let mut tx = portal.database.read().await?;
    let people = queue::names(&mut tx).await?;
    let who = (staff.staff_id, staff.roles);
    let can_settle = heads.iter().all(|head| access::may_in(staff.roles, Action::TellApart, head.compartment));
    let mut sides = Vec::with_capacity(2);
    for head in heads {
        let what = (head.case_id, head.compartment);
        let permit = access::permit_with(who, Action::ReadCase, what, head.holder).ok_or(FlowError::NotFound)?;
        let holder = head.holder.and_then(|holder| people.get(&holder).cloned());
        let papers = paper::sent_of_case(&mut tx, &permit).await?;
        let case = content::open(portal, &mut tx, head, &permit).await?;
        sides.push(Side { complete: case.complete()?, case, papers, holder });
    }
    drop(tx);
    let sides: [Side<'portal>; 2] = sides.try_into().map_err(|_| FlowError::NotFound)?;
    let first = sides.iter().find(|side| side.case.head.case_id == pair.one_case);
    let note = match (first, &pair.note_sealed) {
        (Some(first), Some(sealed)) => {
            let plain = first.case.key.open(&case_pair::note_place(pair.one_case, pair.other_case), sealed)?;
            Some(String::from_utf8_lossy(&plain).into_owned())
        }
        _ => None,
    };
    let (now, actor) = (portal.clock.now(), Actor::Staff(staff.staff_id));
    let looked = |id| AuditEntry::done(now, actor.clone(), Deed::PairViewed).on(Subject::Case(id));
    portal.database.write().await?.commit_all(vec![looked(pair.one_case), looked(pair.other_case)]).await?;
    let settled_by = pair.settled_by.and_then(|by| people.get(&by).cloned());
    Ok(Beside { pair, sides, settled_by, note, can_settle })
}

/// What a person says of two filings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// 「別の届出」
    Apart,
    /// 「同じ届出」 And this one stands.
    Joined(ReceiptNumber),
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is kept. Where its stage, or whoever holds it, forbids to propose the decline of the one that does not stand, that
    /// one stays as a second document of the pregnancy.
    Kept,
    /// The note is too long.
    NoteTooLong,
}

/// Keeps what a member of staff says of a pair in the version that was shown. The one that does not stand goes the way of a
/// decline as a duplicate, where its stage allows it and nobody else holds it: she proposes, another confirms.
///
/// # Errors
/// [`FlowError::NotFound`] when they are no pair or the role may not; [`FlowError::Changed`] when something else was said
/// meanwhile.
pub async fn settle(
    portal: &Portal,
    staff: &Staff,
    numbers: [&ReceiptNumber; 2],
    version: i64,
    verdict: &Verdict,
    note: &str,
) -> Result<Said, FlowError> {
    let struck = strike_out(note);
    let note = struck.as_deref().unwrap_or(note).trim();
    if note.chars().count() > LONGEST_NOTE {
        return Ok(Said::NoteTooLong);
    }
    let now = portal.clock.now();
    let (pair, heads) = {
        let mut tx = portal.database.read().await?;
        both(portal, &mut tx, staff, numbers, Action::TellApart).await?
    };
    let stands = match verdict {
        Verdict::Apart => None,
        Verdict::Joined(number) => heads.iter().find(|head| head.receipt_number == *number),
    };
    if stands.is_none() && *verdict != Verdict::Apart {
        return Err(FlowError::NotFound);
    }
    let mut tx = portal.database.write().await?;
    let note_sealed = sealed_note(portal, &mut tx, &pair, note).await?;
    let stands = stands.map(|head| head.case_id);
    let settled = Settled { stands, by: staff.staff_id, at: now, note_sealed: note_sealed.as_deref() };
    if pair.version != version || !case_pair::settle(&mut tx, &pair, &settled).await? {
        return Err(FlowError::Changed(heads[0].stage));
    }
    let deed = if stands.is_some() { Deed::Joined } else { Deed::ToldApart };
    let entry = |id| {
        let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), deed).on(Subject::Case(id));
        if stands == Some(id) { entry.with("stands", 1) } else { entry }
    };
    let mut entries = vec![entry(pair.one_case), entry(pair.other_case)];
    let falls = stands.map(|stands| pair.beside(stands));
    if let Some(falls) = falls {
        entries.extend(propose_decline(portal, &mut tx, staff, falls).await?);
    }
    tx.commit_all(entries).await?;
    Ok(Said::Kept)
}

/// Seals a note with the key of the first of the two.
async fn sealed_note(portal: &Portal, tx: &mut WriteTx, pair: &Pair, note: &str) -> Result<Option<Vec<u8>>, FlowError> {
    if note.is_empty() {
        return Ok(None);
    }
    let wrapped = case::wrapped_key(tx, pair.one_case).await?.ok_or(FlowError::NotFound)?;
    let key = portal.seal.unwrap_key(&wrapped)?;
    Ok(Some(key.seal(&case_pair::note_place(pair.one_case, pair.other_case), note.as_bytes())))
}

/// Takes the case in hand if nobody has it, and proposes to decline it as a duplicate; nothing where that cannot be.
async fn propose_decline(
    portal: &Portal,
    tx: &mut WriteTx,
    staff: &Staff,
    falls: CaseId,
) -> Result<Vec<AuditEntry>, FlowError> {
    let mut entries = Vec::new();
    let orders = [Order::Claim, Order::ProposeDecline(DeclineReason::Duplicate)];
    for order in orders {
        let Some(head) = case::find_head(tx, falls).await? else { return Ok(entries) };
        let is_hers = head.stage == Stage::InReview && head.holder == Some(staff.staff_id);
        let fits = match order {
            Order::Claim => matches!(head.stage, Stage::Submitted | Stage::VisitNeeded),
            _ => is_hers,
        };
        if fits && let Ok((_, done)) = decide::carry_out(portal, tx, staff, &head, head.version, &order).await? {
            entries.extend(done);
            portal.metrics.command(order.kind().as_str(), true);
        }
    }
    Ok(entries)
}
