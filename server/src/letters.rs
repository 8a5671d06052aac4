//! What the portal writes to parents. Invariant: the sentences are `app::mail`'s; flows are handed the functions here, so
//! that they know no sentence.

use app::{mail, text::Locale};
use handover::Outcome;
use intake::time::Instant;

use crate::{
    flows::{booking, decide::Notice, remind, staff_mail::Late},
    portal::Portal,
    seal::SealError,
    store::outbox::{self, MailPayload},
};

/// A mail as it leaves.
pub struct Written {
    /// One address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text, with where the way goes on and, in a reminder, how to stop it.
    pub body: String,
    /// Where one press stops it.
    pub stop: Option<String>,
}

/// Opens a mail that is to be sent and adds what every mail of its kind ends with. The code alone leads nowhere: whoever
/// waits for it has the page open, and a link beside a code is what frauds send.
///
/// # Errors
/// When it was sealed with another master key or altered.
pub fn written(portal: &Portal, mail: &outbox::Mail) -> Result<Written, SealError> {
    let (to, MailPayload { subject, mut body }) = mail.open(&portal.seal)?;
    let locale = language(&mail.locale);
    let reminded = mail.account_id.filter(|_| mail.is_reminder == 1);
    let token = reminded.map(|account| remind::stop_token(&portal.seal, account));
    let stop = token.map(|token| portal.config.public_url.join(&format!("/mail/stop/{token}")));
    if mail.account_id.is_some() {
        let way = if mail.case_id.is_some() { "/cases" } else { "/" };
        body += &format!("\n\n{}", portal.config.public_url.join(way));
    }
    if let Some(stop) = &stop {
        body += &format!("\n\n{}", mail::stop_line(locale, stop));
    }
    Ok(Written { to, subject, body, stop })
}

fn payload(mail: mail::Mail) -> MailPayload {
    MailPayload { subject: mail.subject, body: mail.body }
}

fn language(code: &str) -> Locale {
    Locale::parse(code).unwrap_or_default()
}

/// The one-time code.
#[must_use]
pub fn sign_in_code(locale: &str, code: &str) -> MailPayload {
    payload(mail::sign_in_code(language(locale), code))
}

/// It has arrived.
#[must_use]
pub fn received(locale: &str) -> MailPayload {
    payload(mail::received(language(locale)))
}

/// The back office has settled it: taken in, or that there is news. Neither why nor which.
#[must_use]
pub fn settled(outcome: Outcome, locale: &str) -> MailPayload {
    match outcome {
        Outcome::Imported => payload(mail::taken_in(language(locale))),
        Outcome::Held | Outcome::Rejected => payload(mail::filing_news(language(locale))),
    }
}

/// 「アドレスの変更」 The code for a new address, typed by the parent.
#[must_use]
pub fn address_code(locale: &str, code: &str) -> MailPayload {
    payload(mail::address_code(language(locale), code))
}

/// 「窓口でのアカウント再開」 The code that the parent reads out at the counter.
#[must_use]
pub fn counter_code(locale: &str, code: &str) -> MailPayload {
    payload(mail::counter_code(language(locale), code))
}

/// 「アドレスの変更」 To the address of before.
#[must_use]
pub fn address_changed(locale: &str) -> MailPayload {
    payload(mail::address_changed(language(locale)))
}

/// 「パスキー」 A passkey was added or removed.
#[must_use]
pub fn passkeys_changed(locale: &str) -> MailPayload {
    payload(mail::passkeys_changed(language(locale)))
}

/// 「市との連絡」 There is a message to read.
#[must_use]
pub fn message(locale: &str) -> MailPayload {
    payload(mail::message(language(locale)))
}

/// What was typed and not sent ends then.
#[must_use]
pub fn draft_ends(locale: &str, at: Instant) -> MailPayload {
    payload(mail::draft_ends(language(locale), at))
}

/// The office has looked, and there is something to read.
#[must_use]
pub fn notice(notice: Notice, locale: &str) -> MailPayload {
    let news = match notice {
        Notice::SentBack => mail::News::SentBack,
        Notice::VisitNeeded => mail::News::VisitNeeded,
        Notice::Decided => mail::News::Decided,
        Notice::Amended => mail::News::Amended,
    };
    payload(mail::news(language(locale), news))
}

/// 「面談予約」 An appointment that is kept, closed or soon, or a place that is free.
#[must_use]
pub fn booking(notice: booking::Notice, locale: &str, at: Instant) -> MailPayload {
    let news = match notice {
        booking::Notice::Kept => mail::BookingNews::Kept,
        booking::Notice::Closed => mail::BookingNews::Closed,
        booking::Notice::Reminder => mail::BookingNews::Reminder,
        booking::Notice::Free => mail::BookingNews::Free,
    };
    payload(mail::booking(language(locale), news, at))
}

/// 「確認の仕事」 To a public health nurse: something waits.
#[must_use]
pub fn staff_task(locale: &str) -> MailPayload {
    payload(mail::staff_task(language(locale).for_staff()))
}

/// 「お知らせメール」 The code for the address of a member of staff.
#[must_use]
pub fn staff_mail_code(locale: &str, code: &str) -> MailPayload {
    payload(mail::staff_mail_code(language(locale).for_staff(), code))
}

/// 「処理期限」 The daily mail to a member of staff: how many are late, and nearly.
#[must_use]
pub fn staff_daily(locale: &str, late: Late) -> MailPayload {
    payload(mail::staff_daily(language(locale).for_staff(), late.overdue, late.soon))
}
