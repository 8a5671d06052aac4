//! 「同じ方と思われる届出」 Filings that may be of one person. Invariant: a machine points, people tell apart: nothing is refused
//! and nothing joined because of it; of an EPDS nothing is kept here and nothing is found.
//!
//! Names are compared as `decisions.md` (Text) says: a normalised copy stands in a keyed index only. What points is the table of
//! `intake::duplicate`; it is asked whenever answers come or change, and once more a little later, for two that came at the same
//! moment on two servers did not see each other.

use std::collections::BTreeMap;

use intake::{
    access,
    answers::Answers,
    case::Stage,
    duplicate::{self, Common, Trace},
    form::{Compartment, Form},
    ids::CaseId,
    time::Instant,
    value::search_key,
};

use super::{
    FlowError,
    content::{self, OpenCase},
    search,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        case_pair, case_person,
    },
};

/// The most cases that one is compared with: the telephone of a home for mothers stands on many.
const COMPARED: i64 = 20;

/// Keeps whom a case is about, what it can be found by, and the pairs that it makes now; the entries of those are to be committed
/// with the deed. `certificate` is the serial number of the certificate that it was signed with, where a channel tells it; what
/// was kept of that stays.
///
/// # Errors
/// When the database fails.
pub(crate) async fn index(
    portal: &Portal,
    tx: &mut WriteTx,
    case: CaseId,
    form: &Form,
    answers: &Answers,
    certificate: Option<&str>,
) -> Result<Vec<AuditEntry>, FlowError> {
    search::keep(portal, tx, case, form, answers).await?;
    if form.compartment != Compartment::General {
        return Ok(Vec::new());
    }
    let found: BTreeMap<Trace, String> = duplicate::traces(form, answers).into_iter().collect();
    for trace in [Trace::Name, Trace::Kana, Trace::Phone] {
        match found.get(&trace) {
            Some(text) => case_person::keep(tx, case, trace, &key(portal, trace, text)).await?,
            None => case_person::forget(tx, case, trace).await?,
        }
    }
    if let Some(serial) = certificate {
        let trace = Trace::Certificate;
        case_person::keep(tx, case, trace, &key(portal, trace, &search_key(serial))).await?;
    }
    case_pair::search_later(tx, case).await?;
    pairs(portal, tx, case, form, answers).await
}

/// The same for a case that staff or the portal have opened.
///
/// # Errors
/// When the database fails.
pub(crate) async fn index_again(
    portal: &Portal,
    tx: &mut WriteTx,
    open: &OpenCase<'_>,
) -> Result<Vec<AuditEntry>, FlowError> {
    let complete = open.complete()?;
    index(portal, tx, open.head.case_id, open.form, complete.answers(), None).await
}

/// The keyed index of a trace. Each kind has a key of its own: an index of one is never that of another.
pub(super) fn key(portal: &Portal, trace: Trace, text: &str) -> [u8; 32] {
    let purpose = match trace {
        Trace::Name => "person name",
        Trace::Kana => "person kana",
        Trace::Phone => "person phone",
        Trace::Certificate => "person certificate",
    };
    portal.seal.index_key(purpose, text)
}

/// Keeps the pairs that a case makes with others, and says so in an entry of each of the two.
async fn pairs(
    portal: &Portal,
    tx: &mut WriteTx,
    case: CaseId,
    form: &Form,
    answers: &Answers,
) -> Result<Vec<AuditEntry>, FlowError> {
    let Some(own) = case::find_head(tx, case).await? else { return Ok(Vec::new()) };
    if !duplicate::is_once_a_pregnancy(form) || matches!(own.stage, Stage::Declined | Stage::Withdrawn) {
        return Ok(Vec::new());
    }
    let mut others: BTreeMap<CaseId, CaseHead> = BTreeMap::new();
    let of_person = case_person::beside(tx, case, &form.id, COMPARED).await?;
    let of_account = match own.owner() {
        Some(_) => case_pair::of_account(tx, case, COMPARED).await?,
        None => Vec::new(),
    };
    others.extend(of_person.into_iter().chain(of_account).map(|head| (head.case_id, head)));
    let due = duplicate::due_date(form, answers);
    let (now, mut entries) = (portal.clock.now(), Vec::new());
    for (id, head) in others {
        let Some(permit) = access::permit_compare(head.compartment, id) else { continue };
        let common = Common {
            traces: case_person::shared(tx, case, id).await?,
            account: own.owner().is_some() && own.owner() == head.owner(),
            due_apart: None,
            filed_apart: own.filed_at.date_in_japan().days_since(head.filed_at.date_in_japan()),
        };
        let other_due = match content::open(portal, tx, head, &permit).await {
            Ok(open) => open.complete().ok().and_then(|found| duplicate::due_date(open.form, found.answers())),
            Err(FlowError::NotFound) => continue,
            // What is wrong with another's case keeps nobody from filing.
            Err(error) if is_of_case(&error) => {
                tracing::error!(case = %id, %error, "a case cannot be compared");
                continue;
            }
            Err(error) => return Err(error),
        };
        let due_apart = due.zip(other_due).map(|(one, other)| one.days_since(other));
        let reasons = duplicate::reasons(&Common { due_apart, ..common });
        if !reasons.is_empty() && case_pair::keep(tx, case, id, &reasons, now).await? {
            entries.extend([case, id].map(|one| found(one, &reasons, now)));
        }
    }
    Ok(entries)
}

fn found(case: CaseId, reasons: &[duplicate::Reason], now: Instant) -> AuditEntry {
    let entry = AuditEntry::done(now, Actor::Portal, Deed::PairFound).on(Subject::Case(case));
    reasons.iter().fold(entry, |entry, reason| entry.with(reason.as_str(), 1))
}

/// Looks once more at what has come or changed since the last time, and at what was there before pairs were kept; how many.
///
/// # Errors
/// When the database fails.
pub async fn look_again(portal: &Portal) -> Result<usize, FlowError> {
    const AT_ONCE: i64 = 100;
    let waiting = case_pair::to_search(&mut *portal.database.read().await?, AT_ONCE).await?;
    let looked_at = waiting.len();
    for head in waiting {
        let id = head.case_id;
        let mut tx = portal.database.write().await?;
        let entries = match look_at(portal, &mut tx, head).await {
            Ok(entries) => entries,
            // It would come back for ever, and hold up the others.
            Err(error) if is_of_case(&error) => {
                tracing::error!(case = %id, %error, "a case cannot be compared");
                drop(tx);
                tx = portal.database.write().await?;
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        case_pair::searched(&mut tx, id).await?;
        if entries.is_empty() {
            tx.commit(Record::Upkeep(Upkeep::PairSearched)).await?;
        } else {
            tx.commit_all(entries).await?;
        }
    }
    Ok(looked_at)
}

async fn look_at(portal: &Portal, tx: &mut WriteTx, head: CaseHead) -> Result<Vec<AuditEntry>, FlowError> {
    let Some(permit) = access::permit_compare(head.compartment, head.case_id) else { return Ok(Vec::new()) };
    match content::open(portal, tx, head, &permit).await {
        Ok(open) => index_again(portal, tx, &open).await,
        Err(FlowError::NotFound) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Whether it is what is stored of a case, and not the database.
const fn is_of_case(error: &FlowError) -> bool {
    matches!(error, FlowError::Store(StoreError::Corrupt(_)) | FlowError::Seal(_))
}
