//! Whose card it becomes. Invariant: a card is given to no account but that of who holds both.

use intake::{
    access::permit_owner,
    card::CardFacts,
    identity::{
        Method, is_by_proxy,
        ways::{May, Right, Standing, may},
    },
    ids::AccountId,
};

use super::{
    super::{FlowError, content},
    Trouble,
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, WriteTx, account,
        audit::{Actor, Deed, Subject},
        card, case,
    },
};

/// Why an account does not get this card.
pub(super) async fn why_not_bound(
    portal: &Portal,
    tx: &mut WriteTx,
    account: AccountId,
    method: Method,
    read: &CardFacts,
) -> Result<Option<Trouble>, FlowError> {
    if card::of_account(tx, account).await?.is_some() {
        return Ok(Some(Trouble::OtherCard));
    }
    let stronger = account::stronger(tx, account).await?;
    let standing = Standing { method, signed_in_at: portal.clock.now(), stronger };
    if may(&standing, Right::BindCard, portal.clock.now()) != May::Yes {
        return Ok(Some(Trouble::PasskeyFirst));
    }
    let is_hers = has_filed_as(portal, tx, account, read).await?;
    Ok((!is_hers).then_some(Trouble::OtherPerson))
}

/// Whether the filings of an account that can still be read are about the holder of the card; those that she made for others
/// say nothing.
async fn has_filed_as(
    portal: &Portal,
    connection: &mut Connection,
    account: AccountId,
    read: &CardFacts,
) -> Result<bool, FlowError> {
    let mut of_others = 0;
    for head in case::list_for_account(connection, account).await? {
        let permit = permit_owner(account, head.account_id, head.case_id).ok_or(FlowError::NotFound)?;
        let opened = match content::open(portal, connection, head, &permit).await {
            Ok(opened) => opened,
            Err(FlowError::NotFound) => continue,
            Err(error) => return Err(error),
        };
        let complete = opened.complete()?;
        if read.matched(opened.form, complete.answers()).names_the_person() {
            return Ok(true);
        }
        of_others += usize::from(!is_by_proxy(opened.form, complete.answers()));
    }
    Ok(of_others == 0)
}

pub(super) async fn bind(
    portal: &Portal,
    tx: &mut WriteTx,
    subject_hash: &[u8; 32],
    account: AccountId,
) -> Result<AuditEntry, FlowError> {
    let now = portal.clock.now();
    card::insert(tx, subject_hash, account, now).await?;
    account::stronger_is_back(tx, account).await?;
    Ok(AuditEntry::done(now, Actor::Citizen(account), Deed::CardBound).on(Subject::Account(account)))
}
