//! 「不開示」 支援措置: where she lives, and how she is reached, is told to nobody but who needs it (`controls.md` R51). Invariant: of a
//! case that is marked no address, postal code or telephone number leaves for a member of staff without the right, nor for a new
//! form: somebody else may read her mail.

use intake::{
    access::{self, Action},
    answers::RawAnswers,
    form::{Field, Form, Kind},
    ids::ReceiptNumber,
};

use super::{FlowError, content::OpenCase};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record,
        audit::{Actor, Deed, Subject},
        case::{self, CaseHead},
        non_disclosure,
        staff::Staff,
    },
};

/// What stands where something is not shown, whatever the language: staff read answers in Japanese.
const HIDDEN: &str = "（不開示）";

/// How a case stands with it, for who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// It is not marked.
    Open,
    /// It is, and who asks may read where she lives.
    Readable,
    /// It is, and who asks may not.
    Hidden,
}

/// Whether a field says where she lives or how she is reached.
pub(crate) const fn says_where(field: &Field) -> bool {
    matches!(field.kind, Kind::Address | Kind::PostalCode | Kind::Phone)
}

/// How the case stands with it.
pub(crate) async fn of_case(
    connection: &mut Connection,
    staff: &Staff,
    head: &CaseHead,
) -> Result<Disclosure, FlowError> {
    if !non_disclosure::is_marked(connection, head.case_id).await? {
        return Ok(Disclosure::Open);
    }
    let (who, action) = ((staff.staff_id, staff.roles), Action::ReadUndisclosed);
    let may = access::may_with(who, action, head.compartment, head.holder);
    Ok(if may { Disclosure::Readable } else { Disclosure::Hidden })
}

/// Takes what is not to be read out of a case that is open.
pub(crate) fn hide(open: &mut OpenCase<'_>) {
    let form = open.form;
    for revision in &mut open.revisions {
        hide_in(form, &mut revision.raw);
    }
    if let Some(card) = &mut open.office.card {
        card.address = None;
    }
}

fn hide_in(form: &Form, raw: &mut RawAnswers) {
    for (_, field) in form.fields().filter(|(_, field)| says_where(field)) {
        if raw.has(field) {
            raw.set(field.id.as_str(), vec![HIDDEN.to_owned()]);
        }
    }
}

/// Marks a case, or takes the mark away. Pressed again, nothing happens twice.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such case, the role may not, or the mark is not hers to take away.
pub async fn mark(portal: &Portal, staff: &Staff, number: &ReceiptNumber, marked: bool) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let deed = if marked { Deed::NonDisclosureMarked } else { Deed::NonDisclosureLifted };
    let entry = AuditEntry::done(now, Actor::Staff(staff.staff_id), deed).on(Subject::Case(head.case_id));
    let may = access::may_in(staff.roles, Action::MarkNonDisclosure, head.compartment);
    let hidden = of_case(&mut tx, staff, &head).await? == Disclosure::Hidden;
    if !may || (hidden && !marked) {
        tx.commit(Record::Deed(entry.refused().with("reason", "not_allowed"))).await?;
        return Err(FlowError::NotFound);
    }
    if !non_disclosure::mark(&mut tx, head.case_id, marked, now).await? {
        return Ok(());
    }
    Ok(tx.commit(Record::Deed(entry)).await?)
}
