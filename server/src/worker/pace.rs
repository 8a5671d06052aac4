//! When a mail is tried again. Invariant: each wait is longer than the one before on average, never longer than an
//! hour and a half, and after two days the mail is given up.

use intake::time::{DAY, HOUR, Instant, MINUTE};

use crate::mail::SendError;

/// What becomes of a mail that was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Try again at this instant.
    Again(Instant),
    /// Give it up.
    GiveUp,
}

const FIRST_WAIT: i64 = MINUTE / 2;
const LONGEST_WAIT: i64 = HOUR;
const LONGEST_LIFE: i64 = 2 * DAY;

/// `attempts` counts this one; `jitter` is random in 0..=1 and keeps many mails from coming back at the same moment.
pub(super) fn after_failure(error: SendError, attempts: i64, queued_at: Instant, now: Instant, jitter: f64) -> Verdict {
    let doublings = u32::try_from(attempts.clamp(1, 20) - 1).unwrap_or_default();
    let wait = (FIRST_WAIT << doublings).min(LONGEST_WAIT);
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "an hour in microseconds fits")]
    let spread = (wait as f64 * jitter.clamp(0.0, 1.0)) as i64;
    let next = now.plus(wait / 2 + spread);
    if error.is_final() || next > queued_at.plus(LONGEST_LIFE) { Verdict::GiveUp } else { Verdict::Again(next) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUED: Instant = Instant(1_795_359_599_000_000);

    #[test]
    fn waits_grow_to_an_hour_and_end_after_two_days() {
        let (mut now, mut attempts, mut longest) = (QUEUED, 0, 0);
        while let Verdict::Again(next) = {
            attempts += 1;
            after_failure(SendError::Unreachable, attempts, QUEUED, now, 0.5)
        } {
            assert!(next.micros() - now.micros() >= longest, "a wait became shorter");
            longest = next.micros() - now.micros();
            now = next;
        }
        assert_eq!(longest, LONGEST_WAIT);
        assert!((40..70).contains(&attempts), "{attempts} attempts");
        assert!(now.micros() - QUEUED.micros() > LONGEST_LIFE - 2 * LONGEST_WAIT);
    }

    #[test]
    fn jitter_spreads_the_wait() {
        let at = |jitter| after_failure(SendError::PutOff(451), 3, QUEUED, QUEUED, jitter);
        assert_eq!(at(0.0), Verdict::Again(QUEUED.plus(MINUTE)));
        assert_eq!(at(1.0), Verdict::Again(QUEUED.plus(3 * MINUTE)));
    }

    #[test]
    fn a_refused_mail_is_given_up_at_once() {
        for error in [SendError::Refused(550), SendError::NotAnAddress] {
            assert_eq!(after_failure(error, 1, QUEUED, QUEUED, 0.0), Verdict::GiveUp);
        }
    }
}
