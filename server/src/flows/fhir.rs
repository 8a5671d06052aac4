//! 「FHIR」 A case taken away as a file. Invariant: only a role that may export gets it, only once the case stands accepted, and
//! nobody without an audit entry that was kept before.

use intake::{
    access::{self, Action},
    export::people,
    fhir::{self, Filled},
    ids::ReceiptNumber,
};
use serde_json::Value;

use super::{FlowError, content};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError,
        audit::{Actor, Deed, Subject},
        case,
        staff::Staff,
    },
};

/// A case as a Bundle of R4 resources: its form, its answers, its score.
///
/// # Errors
/// [`FlowError::NotFound`] when there is none, the role may not export, or the content is erased; [`FlowError::Changed`] in a
/// stage in which nobody has accepted it.
pub async fn export(portal: &Portal, staff: &Staff, number: &ReceiptNumber) -> Result<Value, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = case::find_by_receipt_number(&mut tx, number).await?.ok_or(FlowError::NotFound)?;
    let subject = Subject::Case(head.case_id);
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::CaseExported).on(subject);
    let entry = entry.with("format", "fhir").with("rev", head.rev);
    let Some(permit) = access::permit(staff.staff_id, staff.roles, Action::ExportCase, head.case_id, head.compartment)
    else {
        drop(tx);
        portal.database.write().await?.commit(Record::Deed(entry.refused().with("reason", "not_allowed"))).await?;
        return Err(FlowError::NotFound);
    };
    if !head.stage.stands_accepted() {
        return Err(FlowError::Changed(head.stage));
    }
    let open = content::open(portal, &mut tx, head, &permit).await?;
    drop(tx);

    let (complete, items) = (open.complete()?, open.staff_answers()?);
    let (person, proxy) = people(open.form, complete.answers());
    let epds = open.epds(&complete)?;
    let filled = Filled {
        id: &open.head.receipt_number,
        rev: open.head.rev,
        answered_at: open.newest()?.created_at,
        form: open.form,
        complete: &complete,
        staff: &items,
        person: &person,
        proxy: proxy.as_ref(),
        epds: epds.as_ref(),
    };
    let bundle = fhir::filing(&filled, portal.config.public_url.origin());
    if let Some(found) = fhir::check::bundle(&bundle).first() {
        return Err(FlowError::Store(StoreError::Corrupt(format!("a case that is no sound FHIR: {found}"))));
    }
    // Whoever is given it is recorded first.
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Ok(bundle)
}
