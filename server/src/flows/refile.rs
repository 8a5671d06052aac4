//! 「出し直し」 A new draft from the answers of a filing that was declined. Invariant: nothing private comes back, and a draft
//! that is there already goes only when she says so.

use intake::{
    access::permit_owner,
    carry,
    case::Stage,
    form::Compartment,
    ids::{AccountId, FormId, ReceiptNumber},
};

use super::{
    FlowError, content,
    draft::{self, Typist},
    filings, follow,
    non_disclosure::says_where,
};
use crate::{
    portal::Portal,
    store::{
        Record,
        case::CaseHead,
        draft::{self as store, DraftOwner},
        non_disclosure::has_marked,
    },
};

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refiled {
    /// The draft of this form is there.
    Begun(FormId),
    /// She has a draft of this form already, which stays as it is.
    DraftThere(FormId),
}

/// Whether a new draft can begin with the answers of this filing.
#[must_use]
pub fn can_be_refiled(portal: &Portal, head: &CaseHead) -> bool {
    head.stage == Stage::Declined
        && !head.is_held_by_proxy()
        && head.erased_at.is_none()
        && head.compartment == Compartment::General
        && portal.offered(&head.form_id).is_some()
}

/// Begins a draft with the answers of a declined filing; with `replace` also in the place of one that is there.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers; [`FlowError::Changed`] when it cannot be filed again;
/// [`FlowError::NothingToFollow`] when the form follows another that she has not filed.
pub async fn begin(
    portal: &Portal,
    account: AccountId,
    session: [u8; 32],
    number: &ReceiptNumber,
    replace: bool,
) -> Result<Refiled, FlowError> {
    let mut tx = portal.database.write().await?;
    let head = filings::own(&mut tx, account, number).await?;
    let form = portal.offered(&head.form_id).filter(|_| can_be_refiled(portal, &head));
    let form = form.ok_or(FlowError::Changed(head.stage))?;
    follow::followed(&mut tx, account, form).await?;
    let permit = permit_owner(account, head.owner(), head.case_id).ok_or(FlowError::NotFound)?;
    let typist = Typist { owner: DraftOwner::Account(account), session };
    if let Some(there) = store::find_for_owner(&mut tx, &typist.owner, &form.id).await? {
        if !replace && !there.is_over(portal.clock.now()) {
            return Ok(Refiled::DraftThere(form.id.clone()));
        }
        store::delete(&mut tx, there.draft_id).await?;
    }
    let (stage, is_marked) = (head.stage, has_marked(&mut tx, account).await?);
    let open = match content::open(portal, &mut tx, head, &permit).await {
        Ok(open) => open,
        Err(FlowError::NotFound) => return Err(FlowError::Changed(stage)),
        Err(error) => return Err(error),
    };
    let mut raw = carry::carried(open.form, form, &open.newest()?.raw);
    if is_marked {
        for input in form.fields().filter(|(_, field)| says_where(field)).flat_map(|(_, field)| field.inputs()) {
            raw.set(&input, Vec::new());
        }
    }
    let entry = draft::put(portal, &mut tx, &typist, form, &raw).await?;
    tx.commit(Record::Deed(entry)).await?;
    Ok(Refiled::Begun(form.id.clone()))
}
