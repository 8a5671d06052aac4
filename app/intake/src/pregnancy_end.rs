//! 「妊娠の終了」 What is not written to a parent any more who has told of it. Invariant: whoever writes by itself, a reminder, a
//! notice of an end, an invitation, asks [`is_silenced`] first.

use crate::time::Instant;

/// Whether nothing is to be written of this, by itself. `told_at` is when she told of the end, `begun_at` when the filing or the
/// draft was begun, `follows` whether its form follows another.
///
/// What follows the pregnancy is silent whenever it was begun; what she begins afterwards, a new 妊娠届, is not.
#[must_use]
pub fn is_silenced(told_at: Option<Instant>, begun_at: Instant, follows: bool) -> bool {
    told_at.is_some_and(|told_at| follows || begun_at <= told_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_was_there_is_silent_and_what_follows_it_too_but_not_a_new_beginning() {
        let (before, told, after) = (Instant(1), Instant(2), Instant(3));
        assert!(is_silenced(Some(told), before, false));
        assert!(is_silenced(Some(told), told, false));
        assert!(is_silenced(Some(told), after, true));
        assert!(!is_silenced(Some(told), after, false));
        assert!(!is_silenced(None, before, true));
    }
}
