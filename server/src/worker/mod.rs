//! What happens without a request: mail is sent, confirmed cases are sealed, rows whose time is over are removed.
//! Invariant: no network inside a transaction; a worker that stops in the middle leaves a lease that runs out, so that
//! nothing is lost.

mod pace;

use std::{sync::Arc, time::Duration};

use intake::{
    case::Stage,
    form::Compartment,
    retention,
    time::{DAY, MINUTE},
};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    flows::{
        FlowError, booking_news, deadline, draft_end, hand_over, overdue, paper_scan, presence, queue, reconciliation,
        same_person, search, signing_keys, staff_mail, take_over, task_news,
    },
    letters::{self, Written},
    mail::{Letter, Mailer, SendError},
    portal::Portal,
    store::{
        self, AuditEntry, Record, StoreError, Upkeep, address_change,
        audit::{Actor, Deed, Subject},
        card, case, counter_draft, draft, outbox, paper, session, signature, staff_mail as staff_mails, transfer,
    },
};
use pace::Verdict;

/// Longer than the longest dialogue with the relay for each mail of one lease.
const LEASE: i64 = 15 * MINUTE;
const MAILS_AT_ONCE: i64 = 10;
const SENT_MAIL_IS_KEPT: i64 = 7 * DAY;
const ERASED_AT_ONCE: i64 = 100;

const MAIL_EVERY: Duration = Duration::from_secs(1);
const SCAN_EVERY: Duration = Duration::from_secs(2);
/// A change is seen on the pages of every server within two seconds.
const PRESENCE_EVERY: Duration = Duration::from_secs(1);
const TAKE_OVER_EVERY: Duration = Duration::from_secs(1);
const RELEASE_IDLE_EVERY: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(600);
const OVERDUE_EVERY: Duration = Duration::from_secs(600);
const DRAFT_END_EVERY: Duration = Duration::from_secs(600);
const PAIRS_EVERY: Duration = Duration::from_secs(20);
const BOOKING_NEWS_EVERY: Duration = Duration::from_secs(60);
const FOLD_EVERY: Duration = Duration::from_secs(5);
const CLOCKS_EVERY: Duration = Duration::from_secs(60);
const SEARCH_EVERY: Duration = Duration::from_secs(3600);
const TASKS_EVERY: Duration = Duration::from_secs(2);
const DAILY_EVERY: Duration = Duration::from_secs(300);

/// Starts every worker. They end after `stop` says so, each at the end of its step.
pub fn start(portal: &Arc<Portal>, mailer: Mailer, stop: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    let (mailing, sweeping, sealing) = (Arc::clone(portal), Arc::clone(portal), Arc::clone(portal));
    let seal_every = Duration::from_secs(60 * u64::from(portal.config.handover_minutes));
    let mailer = Arc::new(mailer);
    workers.spawn(repeat("mail", MAIL_EVERY, stop.clone(), async move || send_due(&mailing, &mailer).await.map(drop)));
    workers.spawn(repeat("sweep", SWEEP_EVERY, stop.clone(), async move || sweep(&sweeping).await.map(drop)));
    let seal_all = async move || seal_confirmed(&sealing).await.map(drop);
    workers.spawn(repeat("hand_over", seal_every, stop.clone(), seal_all));
    let overdue = Arc::clone(portal);
    let ask = async move || overdue::ask_to_visit(&overdue, &letters::notice).await.map(drop);
    workers.spawn(repeat("overdue", OVERDUE_EVERY, stop.clone(), ask));
    let ending = Arc::clone(portal);
    let tell = async move || draft_end::tell(&ending, &letters::draft_ends).await.map(drop);
    workers.spawn(repeat("draft_end", DRAFT_END_EVERY, stop.clone(), tell));
    let booking = Arc::clone(portal);
    let news = async move || tell_of_bookings(&booking).await;
    workers.spawn(repeat("booking_news", BOOKING_NEWS_EVERY, stop.clone(), news));
    let counting = Arc::clone(portal);
    let fold = async move || queue::fold_counts(&counting).await.map(drop);
    workers.spawn(repeat("queue_counts", FOLD_EVERY, stop.clone(), fold));
    let comparing = Arc::clone(portal);
    let compare = async move || -> Result<(), FlowError> {
        while same_person::look_again(&comparing).await? > 0 {}
        Ok(())
    };
    workers.spawn(repeat("pairs", PAIRS_EVERY, stop.clone(), compare));
    let indexing = Arc::clone(portal);
    let index = async move || search::keep_up(&indexing).await.map(drop);
    workers.spawn(repeat("search_index", SEARCH_EVERY, stop.clone(), index));
    let scanning = Arc::clone(portal);
    let scan = async move || paper_scan::scan_due(&scanning).await.map(drop);
    workers.spawn(repeat("scan", SCAN_EVERY, stop.clone(), scan));
    let (asked, idle) = (Arc::clone(portal), Arc::clone(portal));
    let settle = async move || take_over::settle_due(&asked).await.map(drop);
    workers.spawn(repeat("take_over", TAKE_OVER_EVERY, stop.clone(), settle));
    let release = async move || take_over::release_idle(&idle).await.map(drop);
    workers.spawn(repeat("release_idle", RELEASE_IDLE_EVERY, stop.clone(), release));
    let (watched, ended, mut stopping) = (Arc::clone(portal), Arc::clone(portal), stop.clone());
    let tell = async move || presence::tell(&watched).await;
    workers.spawn(repeat("presence", PRESENCE_EVERY, stop.clone(), tell));
    workers.spawn(async move {
        // Pages that stand open would keep the server from stopping.
        let _ = stopping.wait_for(|stopping| *stopping).await;
        if let Err(error) = presence::stop(&ended).await {
            tracing::warn!(%error, "the open pages of staff were not closed; their time-out does it");
        }
    });
    let (clocks, tasks, daily) = (Arc::clone(portal), Arc::clone(portal), Arc::clone(portal));
    let keep = async move || deadline::keep(&clocks).await.map(drop);
    workers.spawn(repeat("clocks", CLOCKS_EVERY, stop.clone(), keep));
    let pass_on = async move || task_news::pass_on(&tasks, &letters::staff_task).await;
    workers.spawn(repeat("staff_news", TASKS_EVERY, stop.clone(), pass_on));
    let write = async move || staff_mail::write_daily(&daily, &letters::staff_daily).await.map(drop);
    workers.spawn(repeat("daily", DAILY_EVERY, stop.clone(), write));
    workers
}

/// Runs a step again and again until `stop` says so. A step that fails is tried again at its next turn.
pub async fn repeat<F, E>(name: &'static str, every: Duration, mut stop: watch::Receiver<bool>, step: F)
where
    F: AsyncFn() -> Result<(), E>,
    E: std::fmt::Display,
{
    loop {
        if let Err(error) = step().await {
            tracing::error!(worker = name, %error, "a step failed and will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = stop.wait_for(|stopping| *stopping) => return,
        }
    }
}

/// Reminds of appointments, and tells who waits of free places.
async fn tell_of_bookings(portal: &Portal) -> Result<(), FlowError> {
    booking_news::remind_of_interviews(portal, &letters::booking).await?;
    booking_news::tell_waiting(portal, &letters::booking).await.map(drop)
}

/// Keeps the signing keys in order and seals what is confirmed, batch after batch; how many entries.
///
/// # Errors
/// When the database fails, or there is no signature.
pub async fn seal_confirmed(portal: &Portal) -> Result<usize, FlowError> {
    signing_keys::keep(portal).await?;
    let mut entries = 0;
    for destination in hand_over::destinations(portal).await? {
        let id = destination.destination_id;
        if destination.stopped_at.is_some() {
            tracing::error!(destination = %id, "THE HAND-OVER IS STOPPED: the portal was restored (handover resync)");
            continue;
        }
        while let Some(sealed) = hand_over::seal_batch(portal, &id).await? {
            let hand_over::Sealed { seq, entries: some, withdrawn, papers } = sealed;
            tracing::info!(destination = %id, seq, entries = some, withdrawn, papers, "a batch was sealed");
            entries += some;
        }
    }
    hand_over::note_unrouted(portal).await?;
    reconciliation::measure(portal).await?;
    Ok(entries)
}

/// Sends the mails whose turn it is; how many the relay took.
///
/// # Errors
/// When the database fails. What was leased comes back after [`LEASE`].
pub async fn send_due(portal: &Portal, mailer: &Mailer) -> Result<usize, StoreError> {
    count_waiting(portal).await?;
    let mut taken = 0;
    loop {
        let now = portal.clock.now();
        let mut tx = portal.database.write().await?;
        let mails = outbox::lease(&mut tx, now, now.plus(LEASE), MAILS_AT_ONCE).await?;
        if mails.is_empty() {
            return Ok(taken);
        }
        tx.commit(Record::Upkeep(Upkeep::MailAttempt)).await?;
        for mail in &mails {
            let result = match letters::written(portal, mail) {
                Ok(Written { to, subject, body, stop }) => {
                    let (id, written_at, stop) = (mail.outbox_id, mail.created_at, stop.as_deref());
                    let letter = Letter { id, to: &to, subject: &subject, body: &body, written_at, stop };
                    mailer.send(&letter).await
                }
                Err(_) => Err(SendError::CannotOpen),
            };
            taken += usize::from(result.is_ok());
            keep_result(portal, mail, result).await?;
        }
    }
}

async fn count_waiting(portal: &Portal) -> Result<(), StoreError> {
    let (count, oldest) = outbox::waiting(&mut *portal.database.read().await?).await?;
    portal.metrics.mail_waiting.set(count);
    let age = oldest.map_or(0, |oldest| (portal.clock.now().micros() - oldest.micros()) / 1_000_000);
    portal.metrics.mail_oldest_seconds.set(age);
    Ok(())
}

/// 「確認の仕事」 Mail that tells of a task is no figure for operators: how many there are says what was filed.
fn count(portal: &Portal, mail: &outbox::Mail, result: &'static str) {
    if mail.kind != outbox::TASK {
        portal.metrics.mail(result);
    }
}

async fn keep_result(portal: &Portal, mail: &outbox::Mail, result: Result<(), SendError>) -> Result<(), StoreError> {
    let (id, now) = (mail.outbox_id, portal.clock.now());
    let mut tx = portal.database.write().await?;
    let Err(error) = result else {
        outbox::mark_sent(&mut tx, id, now).await?;
        count(portal, mail, "sent");
        return tx.commit(Record::Upkeep(Upkeep::MailAttempt)).await;
    };
    let since = mail.counted_from.unwrap_or(mail.created_at);
    match pace::after_failure(error, mail.attempts, since, now, rand::random()) {
        Verdict::Again(next) => {
            tracing::warn!(%id, %error, attempts = mail.attempts, "a mail was not taken and will be tried again");
            outbox::mark_retry(&mut tx, id, next, &error.to_string()).await?;
            count(portal, mail, "put_off");
            tx.commit(Record::Upkeep(Upkeep::MailAttempt)).await
        }
        Verdict::GiveUp => {
            tracing::error!(%id, %error, attempts = mail.attempts, "A MAIL WAS GIVEN UP: somebody was not told");
            outbox::mark_refused(&mut tx, id, &error.to_string(), now).await?;
            count(portal, mail, "given_up");
            let entry = AuditEntry::done(now, Actor::Portal, Deed::MailGivenUp).with("attempts", mail.attempts);
            let entry = match mail.case_id {
                Some(case) => entry.on(Subject::Case(case)),
                None => entry,
            };
            tx.commit(Record::Deed(entry)).await
        }
    }
}

/// Removes sessions, codes, ceremonies, tokens, drafts and sent mail whose time is over; how many rows.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal) -> Result<u64, StoreError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let mut rows = session::sweep(&mut tx, now).await?;
    rows += draft::sweep(&mut tx, now).await?;
    rows += paper::sweep(&mut tx, now.plus(-retention::UPLOAD)).await?;
    rows += address_change::sweep(&mut tx, now).await?;
    rows += signature::sweep(&mut tx, now.plus(-retention::CARD_SIGNING)).await?;
    rows += card::sweep(&mut tx, now.plus(-retention::CITIZEN_IDLE)).await?;
    rows += transfer::sweep(&mut tx, now).await?;
    rows += store::presence::sweep(&mut tx, now.plus(-2 * retention::PRESENCE)).await?;
    rows += store::take_over::sweep(&mut tx, now.plus(-DAY)).await?;
    rows += store::staff_view::sweep(&mut tx, now.plus(-retention::STAFF_SESSION)).await?;
    rows += staff_mails::sweep(&mut tx, now).await?;
    rows += store::staff_proposal::sweep(&mut tx, now).await?;
    rows += counter_draft::sweep(&mut tx, now).await?;
    if !portal.config.demo {
        rows += outbox::sweep(&mut tx, now.plus(-SENT_MAIL_IS_KEPT)).await?;
    }
    tx.commit(Record::Upkeep(Upkeep::ExpiredRowsSwept)).await?;
    portal.metrics.rows_swept.inc_by(rows);
    erase_closed(portal).await?;
    Ok(rows)
}

/// Erases the content of cases that were closed long ago (`intake::retention`); how many.
///
/// # Errors
/// When the database fails.
pub async fn erase_closed(portal: &Portal) -> Result<usize, StoreError> {
    let now = portal.clock.now();
    let mut erased = 0;
    let mut closed = Vec::new();
    for compartment in Compartment::ALL {
        for stage in Stage::ALL {
            closed.extend(retention::content_after(compartment, *stage).map(|age| (compartment, *stage, age)));
        }
    }
    for (compartment, stage, age) in closed {
        let before = now.plus(-age);
        loop {
            let mut tx = portal.database.write().await?;
            let due = case::closed_before(&mut tx, compartment, stage, before, ERASED_AT_ONCE).await?;
            if due.is_empty() {
                break;
            }
            let mut entries = Vec::with_capacity(due.len());
            for head in &due {
                case::erase_content(&mut tx, head.case_id, now).await?;
                let entry = AuditEntry::done(now, Actor::Portal, Deed::ContentErased);
                entries.push(entry.on(Subject::Case(head.case_id)));
            }
            tx.commit_all(entries).await?;
            erased += due.len();
        }
    }
    Ok(erased)
}
