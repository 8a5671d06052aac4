//! 「母子健康手帳」 What the back office has recorded of a filing, kept with it. Invariant: it fills record items of a case that was
//! taken in, as a revision of its own with an event and an audit entry; said again, nothing happens twice.

use handover::Recorded;
use intake::{
    access::permit_recorded,
    answers::RawAnswers,
    case::{Command, CommandKind, Giver},
    form::Form,
    ids::{CaseId, DestinationId},
    staff_items::parse_staff_items,
    time::Instant,
};

use super::{FlowError, content, review};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, StoreError, WriteTx,
        audit::{Actor, Deed, Subject},
        case::{self, Author, NewEvent},
    },
};

/// 「母子健康手帳交付番号」 The staff item, where the form has it.
const HANDBOOK_NUMBER: &str = "handbook_number";
/// 「母子健康手帳交付日」
const HANDBOOK_ISSUED_ON: &str = "handbook_issued_on";

/// Keeps it; the audit entry, if any of it was new.
pub(super) async fn keep(
    portal: &Portal,
    tx: &mut WriteTx,
    destination: &DestinationId,
    id: CaseId,
    recorded: &Recorded,
    now: Instant,
) -> Result<Option<AuditEntry>, FlowError> {
    let head = case::find_head(tx, id).await?.ok_or(FlowError::NotFound)?;
    let Some(permit) = permit_recorded(head.stage, id) else {
        tracing::warn!(case = %id, "what the back office has recorded is about a case that went on meanwhile");
        return Ok(None);
    };
    let mut opened = match content::open(portal, tx, head, &permit).await {
        Ok(opened) => opened,
        // Its content is erased: nobody reads it here any more.
        Err(FlowError::NotFound) => return Ok(None),
        Err(error) => return Err(error),
    };
    let items = filled(opened.form, &opened.office.staff_items, recorded);
    if parse_staff_items(opened.form, &items, now.date_in_japan()).is_err() {
        tracing::warn!(case = %id, "the form does not take what the back office has recorded");
        return Ok(None);
    }
    let wanted = recorded.parent_child_number.clone().filter(|_| portal.config.parent_child_number);
    let parent_child_number = wanted.or_else(|| opened.office.parent_child_number.clone());
    if items == opened.office.staff_items && parent_child_number == opened.office.parent_child_number {
        return Ok(None);
    }
    opened.office.staff_items = items;
    opened.office.parent_child_number = parent_child_number;
    let (head, rev) = (&opened.head, opened.head.rev + 1);
    opened.copy_newest(tx, rev, Author::Portal).await?;
    case::save_office(tx, id, &opened.seal_office()?, now).await?;
    let mut change = review::change(head, &review::state(head), &Command::EditStaffItems, Giver::Portal, now);
    change.rev = rev;
    if !case::update_stage(tx, portal.deadlines(), id, head.version, &change).await? {
        return Err(StoreError::Busy.into());
    }
    let event = NewEvent {
        case_id: id,
        at: now,
        command: Some(CommandKind::EditStaffItems),
        actor: Author::Portal,
        from_stage: Some(head.stage),
        to_stage: head.stage,
        rev,
        detail_sealed: None,
    };
    case::append_event(tx, &event).await?;
    let entry = AuditEntry::done(now, Actor::Destination(destination.clone()), Deed::ItemsRecorded);
    Ok(Some(entry.on(Subject::Case(id)).with("rev", rev)))
}

/// The staff items with what was recorded, where the form has them.
fn filled(form: &Form, before: &RawAnswers, recorded: &Recorded) -> RawAnswers {
    let mut items = before.clone();
    let has = |id: &str| form.staff_items.iter().any(|item| item.id.as_str() == id);
    if let Some(number) = recorded.handbook_number.as_ref().filter(|_| has(HANDBOOK_NUMBER)) {
        items.set(HANDBOOK_NUMBER, vec![number.clone()]);
    }
    if let Some(day) = recorded.handbook_issued_on.filter(|_| has(HANDBOOK_ISSUED_ON)) {
        let (year, month, day) = day.parts();
        let parts = [("year", year.to_string()), ("month", month.to_string()), ("day", day.to_string())];
        for (part, value) in parts {
            items.set(&format!("{HANDBOOK_ISSUED_ON}-{part}"), vec![value]);
        }
    }
    items
}
