//! 「期限切れの修正」 Corrections whose day has passed. Invariant: a filing never lapses: where no answer came, a visit is asked
//! for (行政手続法37条, `decisions.md`).

use intake::case::{Command, CommandKind, Giver, decide};

use super::{FlowError, decide::Notice, pregnancy_end, remind, review};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Record,
        audit::{Actor, Deed, Subject},
        case::{self, Author, NewEvent},
        outbox::MailPayload,
    },
};

/// Asks the parents to come whose day for corrections has passed; how many.
///
/// # Errors
/// When the database fails.
pub async fn ask_to_visit(
    portal: &Portal,
    letter: &(impl Fn(Notice, &str) -> MailPayload + Sync),
) -> Result<u64, FlowError> {
    const AT_ONCE: i64 = 50;
    let now = portal.clock.now();
    let today = now.date_in_japan();
    let due = case::corrections_due_before(&mut *portal.database.read().await?, today, AT_ONCE).await?;
    let mut asked = 0;
    for head in due {
        let (command, giver) = (Command::AskToVisit, Giver::Portal);
        let Ok(after) = decide(&review::state(&head), &command, giver) else { continue };
        let mut tx = portal.database.write().await?;
        let change = review::change(&head, &after, &command, giver, now);
        if !case::update_stage(&mut tx, portal.deadlines(), head.case_id, head.version, &change).await? {
            // The parent was faster.
            continue;
        }
        let event = NewEvent {
            case_id: head.case_id,
            at: now,
            command: Some(CommandKind::AskToVisit),
            actor: Author::Portal,
            from_stage: Some(head.stage),
            to_stage: after.stage,
            rev: after.rev,
            detail_sealed: None,
        };
        case::append_event(&mut tx, &event).await?;
        let follows = head.follows_case_id.is_some();
        if let Some(account) = head.account_id
            && !pregnancy_end::is_silenced(&mut tx, account, head.filed_at, follows).await?
        {
            let letter = |locale: &str| letter(Notice::VisitNeeded, locale);
            remind::write_about(portal, &mut tx, account, Some(head.case_id), Notice::VisitNeeded.as_str(), &letter)
                .await?;
        }
        let entry = AuditEntry::done(now, Actor::Portal, Deed::Commanded(CommandKind::AskToVisit));
        tx.commit(Record::Deed(entry.on(Subject::Case(head.case_id)))).await?;
        asked += 1;
    }
    Ok(asked)
}
