//! 「受付票」 What a receipt may say of a filing. Invariant: it is the parent's own, or a proxy's who reads no name on it; the name alone is opened, and not where even
//! that would tell others what was filed.

use intake::{
    access::permit_owner,
    form::{Compartment, PersonFact},
    ids::{AccountId, ReceiptNumber},
};

use super::{FlowError, content, filings};
use crate::{portal::Portal, store::case::CaseHead};

/// A filing as its paper tells of it.
pub struct Receipt {
    /// What may be seen without opening it.
    pub head: CaseHead,
    /// 「氏名」 As typed; none in the compartment of the EPDS, and none once the content is erased.
    pub name: Option<String>,
}

/// The receipt of one of her filings.
///
/// # Errors
/// [`FlowError::NotFound`] when it is not hers.
pub async fn view(portal: &Portal, account: AccountId, number: &ReceiptNumber) -> Result<Receipt, FlowError> {
    let mut tx = portal.database.read().await?;
    let head = filings::held(&mut tx, account, number).await?;
    let permit = permit_owner(account, head.owner(), head.case_id);
    let Some(permit) = permit.filter(|_| head.compartment == Compartment::General) else {
        return Ok(Receipt { head, name: None });
    };
    let name = match content::open(portal, &mut tx, head.clone(), &permit).await {
        Ok(open) => {
            let field = open.form.person_field(PersonFact::Name).filter(|field| !field.private);
            let typed = field.map(|field| open.newest().map(|newest| newest.raw.first(field.id.as_str()).to_owned()));
            typed.transpose()?.filter(|name| !name.is_empty())
        }
        Err(FlowError::NotFound) => None,
        Err(error) => return Err(error),
    };
    Ok(Receipt { head, name })
}
