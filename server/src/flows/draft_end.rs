//! 「下書きの期限のお知らせ」 Telling parents that the time of a draft is nearly over. Invariant: one mail for each end, and
//! none to whoever has stopped reminders or after a 「妊娠の終了」; a draft whose parent was told late, because the portal was
//! down, ends later.

use intake::{retention, time::Instant};

use super::{FlowError, pregnancy_end, remind};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record, StoreError,
        audit::{Actor, Deed, Subject},
        draft::{self, Draft},
        outbox::MailPayload,
    },
};

/// Tells the parents whose drafts end soon; how many. `letter` gives the text of the mail, by language and end.
///
/// # Errors
/// When the database fails.
pub async fn tell(portal: &Portal, letter: &(impl Fn(&str, Instant) -> MailPayload + Sync)) -> Result<u64, FlowError> {
    const AT_ONCE: i64 = 500;
    let until = portal.clock.now().plus(retention::DRAFT_NOTICE);
    let ending = draft::ending(&mut *portal.database.read().await?, until, AT_ONCE).await?;
    let mut told = 0;
    for draft in ending {
        match tell_of(portal, &draft, letter).await {
            Ok(done) => told += u64::from(done),
            Err(FlowError::Store(error @ (StoreError::Busy | StoreError::Database(_)))) => return Err(error.into()),
            // The others are told all the same; nothing of this one is deleted.
            Err(error) => tracing::error!(draft = %draft.draft_id, %error, "A PARENT CANNOT BE TOLD OF A DRAFT'S END"),
        }
    }
    Ok(told)
}

async fn tell_of(
    portal: &Portal,
    ending: &Draft,
    letter: &(impl Fn(&str, Instant) -> MailPayload + Sync),
) -> Result<bool, FlowError> {
    let Some(account) = ending.account_id else { return Ok(false) };
    let now = portal.clock.now();
    let end = ending.expires_at.max(now.plus(retention::DRAFT_NOTICE_AT_LEAST));
    let mut tx = portal.database.write().await?;
    if !draft::keep_notice(&mut tx, ending.draft_id, ending.version, now, end).await? {
        // She went on with it, or another process has told her.
        return Ok(false);
    }
    let follows = portal.catalog.newest(&ending.form_id).is_some_and(|form| form.follows.is_some());
    let silenced = pregnancy_end::is_silenced(&mut tx, account, ending.created_at, follows).await?;
    let letter = |locale: &str| letter(locale, end);
    // Silenced or stopped, it ends all the same, without a word.
    let told = !silenced && remind::remind(portal, &mut tx, account, None, "draft_ends", &letter).await?;
    let deed = if told { Deed::DraftEndTold } else { Deed::DraftEndNotTold };
    let entry = AuditEntry::done(now, Actor::Portal, deed).on(Subject::Draft(ending.draft_id));
    tx.commit(Record::Deed(entry)).await?;
    Ok(told)
}
