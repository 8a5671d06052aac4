//! 「確認の仕事」 How public health nurses learn of a task: by mail at once, once more when nobody has taken it in time, and by a
//! second channel when mail does not arrive. Invariant: whatever leaves says that something waits, and nothing else; each step
//! is one server's, and a server that dies in it is followed by the next after a minute.

use intake::{
    form::Compartment,
    ids::OutboxId,
    time::{Instant, MINUTE},
};

use super::{FlowError, random, task as tasks};
use crate::{
    alert,
    portal::Portal,
    store::{
        Connection, Record, Upkeep, WriteTx,
        outbox::{self, Destined, MailPayload, NewMail},
        staff,
        staff_mail::{self, StaffMail},
        task::{self, Task},
    },
};

const AT_ONCE: i64 = 50;
/// So long may the relay take before the second channel is used.
pub const PATIENCE: i64 = 10 * MINUTE;
/// So long does one server have for a question to the second channel; then it is asked again.
const LEASE: i64 = MINUTE;

/// Everything that is due; `letter` gives the text of the mail, by language.
///
/// # Errors
/// When the database fails.
pub async fn pass_on(portal: &Portal, letter: &(impl Fn(&str) -> MailPayload + Sync)) -> Result<(), FlowError> {
    tell(portal, letter).await?;
    escalate(portal, letter).await?;
    use_second_channel(portal).await
}

/// Writes to those on duty, else to every public health nurse.
async fn tell(portal: &Portal, letter: &(impl Fn(&str) -> MailPayload + Sync)) -> Result<(), FlowError> {
    for task in task::untold(&mut *portal.database.read().await?, AT_ONCE).await? {
        let now = portal.clock.now();
        let mut tx = portal.database.write().await?;
        let to = addresses(&mut tx, now, false).await?;
        let alert_at = if to.is_empty() { now } else { now.plus(PATIENCE) };
        if task::told(&mut tx, task.task_id, now, alert_at).await? {
            write(portal, &mut tx, &task, &to, letter).await?;
            tx.commit(Record::Upkeep(Upkeep::TaskTold)).await?;
        }
    }
    Ok(())
}

/// Writes to every public health nurse, on duty or not, and has the second channel used.
async fn escalate(portal: &Portal, letter: &(impl Fn(&str) -> MailPayload + Sync)) -> Result<(), FlowError> {
    let now = portal.clock.now();
    for task in task::to_escalate(&mut *portal.database.read().await?, now, AT_ONCE).await? {
        let mut tx = portal.database.write().await?;
        let to = addresses(&mut tx, now, true).await?;
        if task::escalated(&mut tx, task.task_id, now).await? {
            write(portal, &mut tx, &task, &to, letter).await?;
            tx.commit(Record::Upkeep(Upkeep::TaskTold)).await?;
        }
    }
    Ok(())
}

/// The addresses of public health nurses: of those on duty, if one of them has any, else everybody's.
async fn addresses(connection: &mut Connection, now: Instant, everybody: bool) -> Result<Vec<StaffMail>, FlowError> {
    let mut all = staff_mail::every(connection).await?;
    let nurses = staff::list(connection).await?;
    all.retain(|mail| {
        let who = nurses.iter().find(|who| who.staff_id == mail.staff_id);
        who.is_some_and(|who| who.is_valid_at(now) && tasks::sees_epds(who))
    });
    if everybody {
        return Ok(all);
    }
    let on_duty = tasks::on_duty(connection, now).await?;
    let is_on_duty = |mail: &StaffMail| on_duty.iter().any(|(duty, _)| duty.staff_id == mail.staff_id);
    if all.iter().any(is_on_duty) {
        all.retain(is_on_duty);
    }
    Ok(all)
}

async fn write(
    portal: &Portal,
    tx: &mut WriteTx,
    task: &Task,
    to: &[StaffMail],
    letter: &(impl Fn(&str) -> MailPayload + Sync),
) -> Result<(), FlowError> {
    for one in to {
        // One that does not open keeps nobody else from being told.
        let Ok(address) = super::staff_mail::address(portal, one) else {
            tracing::error!(staff = %one.staff_id, "an address of staff does not open");
            continue;
        };
        let mail = NewMail {
            outbox_id: OutboxId::from_random(random()),
            kind: outbox::TASK,
            locale: &one.locale,
            to: &address,
            payload: &letter(&one.locale),
            created_at: portal.clock.now(),
        };
        let about = Destined { task: Some(task.task_id), ..Destined::default() };
        outbox::insert_for(tx, &portal.seal, &mail, about).await?;
    }
    Ok(())
}

/// 「第二の連絡手段」 Where the relay has taken no mail of a task, in time or for good, and where nobody has taken the task in time.
async fn use_second_channel(portal: &Portal) -> Result<(), FlowError> {
    let Some(url) = &portal.config.alert_url else { return Ok(()) };
    for task in task::to_alert(&mut *portal.database.read().await?, AT_ONCE).await? {
        let Some(alert_at) = task.alert_at else { continue };
        let now = portal.clock.now();
        let mut tx = portal.database.write().await?;
        let (sent, waiting) = outbox::told_of_task(&mut tx, task.task_id).await?;
        let is_refused = sent == 0 && waiting == 0 && task.escalated_at.is_none() && task.alerted_at.is_none();
        if alert_at > now && !is_refused {
            continue;
        }
        if sent > 0 && task.escalated_at.is_none() {
            task::needs_no_alert(&mut tx, task.task_id, alert_at).await?;
            tx.commit(Record::Upkeep(Upkeep::TaskTold)).await?;
            continue;
        }
        if !task::lease_alert(&mut tx, task.task_id, alert_at, now.plus(LEASE)).await? {
            continue;
        }
        tx.commit(Record::Upkeep(Upkeep::TaskTold)).await?;
        let count = task::count_open(&mut *portal.database.read().await?, Compartment::Epds).await?;
        // Whether it was taken is in no log: that something waits is nobody else's to know.
        if alert::post(url, count).await.is_ok() {
            let mut tx = portal.database.write().await?;
            task::alerted(&mut tx, task.task_id, portal.clock.now()).await?;
            tx.commit(Record::Upkeep(Upkeep::TaskTold)).await?;
        }
    }
    Ok(())
}
