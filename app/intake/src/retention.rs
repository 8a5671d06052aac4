//! How long things are kept. Invariant: every time limit of keeping stands here (`domain.md` §8.2, `decisions.md`).

use crate::{
    case::Stage,
    form::{Compartment, DraftRule},
    time::{CivilDate, DAY, HOUR, Instant, MINUTE},
};

/// A draft without activity is deleted after this.
pub const DRAFT: i64 = 14 * DAY;
/// A draft of one session is deleted so long after its beginning, if the session did not end before.
pub const SESSION_DRAFT: i64 = DAY;
/// 「窓口代行入力」 What staff are typing in is deleted so long after the last save: the paper is still there.
pub const COUNTER_DRAFT: i64 = 7 * DAY;
/// 「写真・書類」 An upload that was broken off can be resumed for this long.
pub const UPLOAD: i64 = DAY;
/// A parent is told so long before her draft is deleted.
pub const DRAFT_NOTICE: i64 = 3 * DAY;
/// No draft of a parent who was told later than this is deleted: its end is put off.
pub const DRAFT_NOTICE_AT_LEAST: i64 = 2 * DAY;
/// A one-time code is good for this long (ASVS 6.5.5).
pub const SIGN_IN_CODE: i64 = 10 * MINUTE;
/// A code that somebody at the counter reads out to the second member of staff is good for this long.
pub const COUNTER_CODE: i64 = 30 * MINUTE;
/// 「マイナアプリ」 So long may somebody be away at the provider.
pub const CARD_SIGN_IN: i64 = 10 * MINUTE;
/// 「マイナアプリ」 So long a card that no account has yet waits for the code of a mail address.
pub const CARD_WAITS: i64 = 20 * MINUTE;
/// So long after signing in a parent may change how she signs in, or leave.
pub const FRESH_SIGN_IN: i64 = 15 * MINUTE;
/// 「電子署名」 Whoever goes to sign with her card comes back within this.
pub const CARD_SIGNING: i64 = 10 * MINUTE;
/// A passkey ceremony is good for this long.
pub const CEREMONY: i64 = 5 * MINUTE;
/// A citizen's session ends after this without activity.
pub const CITIZEN_IDLE: i64 = 30 * MINUTE;
/// A citizen's session ends after this in any case.
pub const CITIZEN_SESSION: i64 = 12 * HOUR;
/// A staff session ends after this without activity (ASVS 7.3.1).
pub const STAFF_IDLE: i64 = 30 * MINUTE;
/// A staff session ends after this in any case (ASVS 7.3.2).
pub const STAFF_SESSION: i64 = 12 * HOUR;
/// 「在席」 A page of the staff that was not heard of for this long is closed.
pub const PRESENCE: i64 = MINUTE / 2;
/// 「引継ぎのお願い」 Whoever holds a case has this long to answer.
pub const TAKE_OVER_ANSWER: i64 = MINUTE / 2;
/// 「引継ぎのお願い」 Whoever was not heard of for this long is not asked.
pub const TAKE_OVER_IDLE: i64 = 5 * MINUTE;
/// An invitation of staff is good for this long.
pub const INVITATION: i64 = 3 * DAY;
/// The content of a case is erased this long after it was imported or declined.
pub const CONTENT_AFTER_CLOSING: i64 = 90 * DAY;
/// The content of a withdrawn case is erased this long after the withdrawal.
pub const CONTENT_AFTER_WITHDRAWAL: i64 = 30 * DAY;

/// 「EPDS」 The answers are erased this long after the back office has receipted them, or the case was closed otherwise.
pub const EPDS_AFTER_CLOSING: i64 = 30 * DAY;

/// How long a draft is kept that is saved, or begun, now.
#[must_use]
pub const fn draft(rule: DraftRule) -> i64 {
    match rule {
        DraftRule::Kept => DRAFT,
        DraftRule::Session => SESSION_DRAFT,
    }
}

/// How long the content of a case is kept that came into this stage; none while the case is open.
#[must_use]
pub const fn content_after(compartment: Compartment, stage: Stage) -> Option<i64> {
    match (stage, compartment) {
        (Stage::Imported | Stage::Declined | Stage::Withdrawn, Compartment::Epds) => Some(EPDS_AFTER_CLOSING),
        (Stage::Imported | Stage::Declined, Compartment::General) => Some(CONTENT_AFTER_CLOSING),
        (Stage::Withdrawn, Compartment::General) => Some(CONTENT_AFTER_WITHDRAWAL),
        (
            Stage::Submitted
            | Stage::InReview
            | Stage::SentBack
            | Stage::VisitNeeded
            | Stage::Accepted
            | Stage::DeclineProposed
            | Stage::Confirmed
            | Stage::HandedOver
            | Stage::Held,
            _,
        ) => None,
    }
}

/// When the content of a case that was imported or declined at `closed` is to be erased.
#[must_use]
pub const fn erase_content_at(closed: Instant) -> Instant {
    closed.plus(CONTENT_AFTER_CLOSING)
}

/// Until when the link without content remains: a year after the due date, so that later forms find the 妊娠届.
#[must_use]
pub fn keep_link_until(due_date: CivilDate) -> CivilDate {
    due_date.plus_days(365)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_link_outlives_the_due_date_by_a_year() {
        assert_eq!(keep_link_until("2027-06-30".parse().unwrap()).to_string(), "2028-06-29");
    }

    #[test]
    fn the_epds_is_kept_for_thirty_days_after_its_receipt_and_open_cases_are_kept() {
        assert_eq!(content_after(Compartment::Epds, Stage::Imported), Some(30 * DAY));
        assert_eq!(content_after(Compartment::General, Stage::Imported), Some(90 * DAY));
        assert_eq!(content_after(Compartment::General, Stage::Withdrawn), Some(30 * DAY));
        let closed = Stage::ALL.iter().filter(|stage| content_after(Compartment::Epds, **stage).is_some());
        assert_eq!(closed.copied().collect::<Vec<_>>(), [Stage::Imported, Stage::Declined, Stage::Withdrawn]);
    }

    #[test]
    fn content_is_erased_ninety_days_after_closing() {
        assert_eq!(erase_content_at(Instant(0)).micros(), 90 * 86_400 * 1_000_000);
    }
}
