//! 「お知らせメール」 The address of a member of staff, and the daily mail. Invariant: no address is used without the code that was sent
//! to it; the daily mail says how many, and neither who nor what.

use intake::{
    access::{self, Action},
    ids::{OutboxId, StaffId},
    retention,
    time::HOUR,
    value::{self, ValueError},
};
use subtle::ConstantTimeEq;

use super::{
    FlowError, random,
    sign_in::{CODES_AN_HOUR, TRIES, digits_of, index_of},
};
use crate::{
    portal::Portal,
    seal::SealError,
    store::{
        AuditEntry, Record, Upkeep,
        audit::{Actor, Deed, Subject},
        deadline,
        outbox::{self, MailPayload, NewMail},
        session,
        staff::{self, Staff},
        staff_mail::{self, Change, StaffMail, place},
    },
};

/// From which minute of a day on the daily mail is written: before the counter opens.
const MORNING: i64 = 8 * 60;
const AT_ONCE: i64 = 50;

/// What a member of staff reads of it.
pub struct Shown {
    /// Her address.
    pub address: Option<String>,
    /// Whether she wants the daily mail.
    pub wants_daily: bool,
    /// Whether a code is waited for.
    pub waits: bool,
}

/// What became of asking for a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is on its way.
    Sent,
    /// Not a mail address.
    NotAnAddress(ValueError),
    /// Too many codes went to this address within an hour.
    TooMany,
}

/// What became of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entered {
    /// She is written to there from now on.
    Kept,
    /// Another code was sent than was typed; so many tries are left.
    Wrong(i64),
    /// There is nothing to confirm, or its time or its tries are over.
    Over,
}

/// Her address, opened.
pub(super) fn address(portal: &Portal, mail: &StaffMail) -> Result<String, FlowError> {
    let plain = portal.seal.unwrap_key(&mail.wrapped_key)?.open(&place(mail.staff_id), &mail.mail_sealed)?;
    String::from_utf8(plain.to_vec()).map_err(|_| SealError::CannotOpen.into())
}

/// What stands on her page.
///
/// # Errors
/// When the database fails.
pub async fn view(portal: &Portal, staff: &Staff) -> Result<Shown, FlowError> {
    let mut tx = portal.database.read().await?;
    let found = staff_mail::find(&mut tx, staff.staff_id).await?;
    let asked = staff_mail::asked(&mut tx, staff.staff_id).await?;
    let now = portal.clock.now();
    Ok(Shown {
        address: found.as_ref().map(|mail| address(portal, mail)).transpose()?,
        wants_daily: found.is_some_and(|mail| mail.wants_daily == 1),
        waits: asked.is_some_and(|asked| asked.expires_at > now && asked.attempts < TRIES),
    })
}

/// Asks for an address to be used; `letter` makes the mail from language and code.
///
/// # Errors
/// When the database fails.
pub async fn ask(
    portal: &Portal,
    staff: &Staff,
    (typed, locale): (&str, &str),
    letter: &(impl Fn(&str, &str) -> MailPayload + Sync),
) -> Result<Asked, FlowError> {
    let to = match value::mail_address(typed) {
        Ok(to) => to,
        Err(error) => return Ok(Asked::NotAnAddress(error)),
    };
    let (now, mail_index) = (portal.clock.now(), index_of(portal, &to));
    let mut tx = portal.database.write().await?;
    if session::codes_sent(&mut tx, &mail_index, now.plus(-HOUR)).await? >= CODES_AN_HOUR {
        return Ok(Asked::TooMany);
    }
    let code = format!("{:06}", rand::random_range(0..1_000_000_u32));
    let (key, wrapped_key) = portal.seal.new_data_key();
    let change = Change {
        wrapped_key,
        mail_sealed: key.seal(&place(staff.staff_id), to.as_bytes()),
        locale: locale.to_owned(),
        code_mac: portal.seal.code_mac(staff.staff_id.bytes(), &code),
        attempts: 0,
        created_at: now,
        expires_at: now.plus(retention::SIGN_IN_CODE),
    };
    staff_mail::ask(&mut tx, staff.staff_id, &change).await?;
    session::code_was_sent(&mut tx, &mail_index, now).await?;
    let mail = NewMail {
        outbox_id: OutboxId::from_random(random()),
        kind: "staff_mail_code",
        locale,
        to: &to,
        payload: &letter(locale, &code),
        created_at: now,
    };
    outbox::insert(&mut tx, &portal.seal, &mail).await?;
    tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
    Ok(Asked::Sent)
}

/// Takes an address into use with the code that was sent to it. A try is counted before it is judged.
///
/// # Errors
/// When the database fails.
pub async fn enter(portal: &Portal, staff: &Staff, typed: &str) -> Result<Entered, FlowError> {
    let (id, now) = (staff.staff_id, portal.clock.now());
    let mut tx = portal.database.write().await?;
    let Some(change) = staff_mail::asked(&mut tx, id).await? else { return Ok(Entered::Over) };
    if change.expires_at <= now || change.attempts >= TRIES {
        return Ok(Entered::Over);
    }
    staff_mail::count_attempt(&mut tx, id).await?;
    tx.commit(Record::Upkeep(Upkeep::CodeAttempt)).await?;
    if !bool::from(portal.seal.code_mac(id.bytes(), &digits_of(typed)).ct_eq(&change.code_mac)) {
        let left = TRIES - change.attempts - 1;
        return Ok(if left > 0 { Entered::Wrong(left) } else { Entered::Over });
    }
    let mut tx = portal.database.write().await?;
    // The same code twice at once: the second finds it gone.
    if !staff_mail::end_change(&mut tx, id).await? {
        return Ok(Entered::Over);
    }
    staff_mail::keep(&mut tx, id, &change, now).await?;
    tx.commit(Record::Deed(entry(portal, id, Deed::StaffMailSet))).await?;
    Ok(Entered::Kept)
}

fn entry(portal: &Portal, id: StaffId, deed: Deed) -> AuditEntry {
    AuditEntry::done(portal.clock.now(), Actor::Staff(id), deed).on(Subject::Staff(id))
}

/// Keeps whether she wants to be told every working day how many are late.
///
/// # Errors
/// When the database fails.
pub async fn choose(portal: &Portal, staff: &Staff, wants_daily: bool) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    if staff_mail::choose(&mut tx, staff.staff_id, wants_daily).await? {
        tx.commit(Record::Deed(entry(portal, staff.staff_id, Deed::StaffMailChosen))).await?;
    }
    Ok(())
}

/// Forgets her address.
///
/// # Errors
/// When the database fails.
pub async fn remove(portal: &Portal, staff: &Staff) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    if staff_mail::delete(&mut tx, staff.staff_id).await? {
        tx.commit(Record::Deed(entry(portal, staff.staff_id, Deed::StaffMailRemoved))).await?;
    }
    Ok(())
}

/// What the daily mail says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Late {
    /// 「期限超過」
    pub overdue: i64,
    /// How many are so nearly.
    pub soon: i64,
}

/// Writes the daily mail on working days from the morning on, once to each who wants it; where there is nothing to tell there is
/// none. How many were written.
///
/// # Errors
/// When the database fails.
pub async fn write_daily(
    portal: &Portal,
    letter: &(impl Fn(&str, Late) -> MailPayload + Sync),
) -> Result<usize, FlowError> {
    let now = portal.clock.now();
    let today = now.date_in_japan();
    if now < today.minute_in_japan(MORNING) || !portal.closing_days.is_open(today) {
        return Ok(0);
    }
    let mut written = 0;
    loop {
        let due = staff_mail::daily_due(&mut *portal.database.read().await?, today, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(written);
        }
        for mail in due {
            let mut tx = portal.database.write().await?;
            if !staff_mail::daily_done(&mut tx, mail.staff_id, today).await? {
                continue;
            }
            let who = staff::find(&mut tx, mail.staff_id).await?.filter(|who| who.is_valid_at(now));
            let compartments = who.map(|who| access::compartments(who.roles, Action::SeeQueue)).unwrap_or_default();
            let (overdue, soon) = deadline::late(&mut tx, &compartments).await?;
            let to = address(portal, &mail);
            if to.is_err() {
                tracing::error!(staff = %mail.staff_id, "an address of staff does not open");
            }
            let Some(to) = to.ok().filter(|_| overdue + soon > 0) else {
                tx.commit(Record::Upkeep(Upkeep::ClockMoved)).await?;
                continue;
            };
            let new = NewMail {
                outbox_id: OutboxId::from_random(random()),
                kind: "staff_daily",
                locale: &mail.locale,
                to: &to,
                payload: &letter(&mail.locale, Late { overdue, soon }),
                created_at: now,
            };
            outbox::insert(&mut tx, &portal.seal, &new).await?;
            let told = AuditEntry::done(now, Actor::Portal, Deed::StaffMailSent);
            tx.commit(Record::Deed(told.on(Subject::Staff(mail.staff_id)))).await?;
            written += 1;
        }
    }
}
