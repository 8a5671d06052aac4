//! What the portal writes to parents. Invariant: the sentences are `app::mail`'s; flows are handed the functions here, so
//! that they know no sentence.

use app::{mail, text::Locale};
use intake::time::Instant;

use crate::{flows::decide::Notice, store::outbox::MailPayload};

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

/// The office has taken it in.
#[must_use]
pub fn taken_in(locale: &str) -> MailPayload {
    payload(mail::taken_in(language(locale)))
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
    };
    payload(mail::news(language(locale), news))
}
