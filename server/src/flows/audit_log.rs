//! 「監査記録」 What the office did, for who watches over it (`controls.md` R24). Invariant: deeds on what only public health nurses know of
//! are in no page of it, and who looked, and for whom, is an entry itself.

use std::collections::HashMap;

use intake::{
    access::{self, Action},
    ids::{CaseId, ReceiptNumber, StaffId},
    time::{CivilDate, DAY},
};

use super::{FlowError, right};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record,
        audit::{self, Actor, Deed, OfOffice, StoredEntry, Subject},
        case,
        staff::{self, Staff},
    },
};

/// As many entries as a page has.
const PAGE: i64 = 200;

/// What is looked for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// The deeds of a day in Japan.
    Day {
        /// The day.
        day: CivilDate,
        /// Whose, by user id; everybody's when none is given.
        user_id: Option<String>,
        /// Whether only what was refused.
        only_refused: bool,
        /// Before this entry; the newest when none is given.
        before: Option<i64>,
    },
    /// The newest deeds on a case.
    Case(ReceiptNumber),
}

/// An entry as it is shown.
pub struct Line {
    /// The entry.
    pub entry: StoredEntry,
    /// The name of who did it, where it was a member of staff.
    pub who: Option<String>,
    /// The name of the member of staff to whom it was done.
    pub to_whom: Option<String>,
    /// The number of the case to which it was done.
    pub number: Option<ReceiptNumber>,
}

/// A page of the log.
pub struct AuditPage {
    /// The newest first.
    pub lines: Vec<Line>,
    /// Before which entry the next page begins, if there may be one.
    pub older: Option<i64>,
    /// Everybody of the staff, to choose from.
    pub staff: Vec<Staff>,
}

/// The number of a case that who asks may hear of; none where there is none, or it is in a compartment of others.
async fn number_of(
    connection: &mut Connection,
    asking: &Staff,
    entry: &StoredEntry,
    known: &mut HashMap<String, Option<ReceiptNumber>>,
) -> Result<Option<ReceiptNumber>, FlowError> {
    let Some(id) = entry.subject_id.as_ref().filter(|_| entry.subject_kind.as_deref() == Some("case")) else {
        return Ok(None);
    };
    if let Some(number) = known.get(id) {
        return Ok(number.clone());
    }
    let case: Option<CaseId> = id.parse().ok();
    let head = match case {
        Some(case) => case::find_head(connection, case).await?,
        None => None,
    };
    let head = head.filter(|head| access::may_in(asking.roles, Action::ReadAudit, head.compartment));
    let number = head.map(|head| head.receipt_number);
    known.insert(id.clone(), number.clone());
    Ok(number)
}

/// Deeds of parents and of the portal itself are not the office's.
fn is_of_office(entry: &StoredEntry) -> bool {
    matches!(entry.actor_kind.as_str(), "staff" | "operator" | "destination")
}

/// A page of it.
///
/// # Errors
/// [`FlowError::NotFound`] for who does not read the log, which is recorded, and for a user id that nobody has.
pub async fn view(portal: &Portal, asking: &Staff, wanted: &Wanted) -> Result<AuditPage, FlowError> {
    right::need(portal, asking, Action::ReadAudit, Deed::AuditViewed, None).await?;
    let mut record = AuditEntry::done(portal.clock.now(), Actor::Staff(asking.staff_id), Deed::AuditViewed);
    let mut tx = portal.database.read().await?;
    let staff = staff::list(&mut tx).await?;
    let (entries, older) = match wanted {
        Wanted::Day { day, user_id, only_refused, before } => {
            let of: Option<StaffId> = match user_id {
                Some(user_id) => {
                    let found = staff.iter().find(|one| one.user_id == *user_id).ok_or(FlowError::NotFound)?;
                    record = record.on(Subject::Staff(found.staff_id));
                    Some(found.staff_id)
                }
                None => None,
            };
            let from = day.minute_in_japan(0);
            let end = (from.plus(DAY), 0);
            // Places and moments need not follow each other in the same order: several servers write.
            let last = match before {
                Some(seq) => audit::after(&mut tx, seq.saturating_sub(1), 1).await?.pop(),
                None => None,
            };
            let before = last.map_or(end, |last| end.min((last.at, last.seq)));
            let of = OfOffice { from, before, staff: of, only_refused: *only_refused };
            let entries = audit::of_office(&mut tx, of, PAGE).await?;
            let is_full = i64::try_from(entries.len()).is_ok_and(|length| length == PAGE);
            let older = entries.last().filter(|_| is_full).map(|entry| entry.seq);
            (entries, older)
        }
        Wanted::Case(number) => {
            let head = case::find_by_receipt_number(&mut tx, number).await?;
            match head.filter(|head| access::may_in(asking.roles, Action::ReadAudit, head.compartment)) {
                Some(head) => {
                    record = record.on(Subject::Case(head.case_id));
                    let all = audit::of_subject(&mut tx, &Subject::Case(head.case_id), PAGE).await?;
                    (all.into_iter().filter(is_of_office).collect(), None)
                }
                None => (Vec::new(), None),
            }
        }
    };
    let name = |kind: Option<&str>, id: Option<&String>| {
        let id = id.filter(|_| kind == Some("staff"))?;
        staff.iter().find(|one| one.staff_id.to_string() == *id).map(|one| one.display_name.clone())
    };
    let (mut known, mut lines) = (HashMap::new(), Vec::new());
    for entry in entries {
        let number = number_of(&mut tx, asking, &entry, &mut known).await?;
        if number.is_none() && entry.subject_kind.as_deref() == Some("case") {
            continue;
        }
        let who = name(Some(&entry.actor_kind), entry.actor_id.as_ref());
        let to_whom = name(entry.subject_kind.as_deref(), entry.subject_id.as_ref());
        lines.push(Line { entry, who, to_whom, number });
    }
    drop(tx);
    portal.database.write().await?.commit(Record::Deed(record)).await?;
    Ok(AuditPage { lines, older, staff })
}
