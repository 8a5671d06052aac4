//! 「本人の再確認」 When a session proves enough to change how one signs in, or to leave. Invariant: whoever has a passkey shows it;
//! a code by mail alone never takes an account away from its passkey.

use crate::{identity::Method, retention::FRESH_SIGN_IN, time::Instant};

/// Whether a session is fresh enough.
#[must_use]
pub fn is_fresh(method: Method, signed_in_at: Instant, has_passkey: bool, now: Instant) -> bool {
    let is_strong = method == Method::Passkey || !has_passkey;
    is_strong && now < signed_in_at.plus(FRESH_SIGN_IN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_enough_for_a_while_and_only_without_a_passkey() {
        let (at, last) = (Instant(0), Instant(FRESH_SIGN_IN - 1));
        assert!(is_fresh(Method::EmailCode, at, false, last));
        assert!(!is_fresh(Method::EmailCode, at, false, Instant(FRESH_SIGN_IN)));
        assert!(!is_fresh(Method::EmailCode, at, true, at));
        assert!(is_fresh(Method::Passkey, at, true, last));
        assert!(!is_fresh(Method::Passkey, at, true, Instant(FRESH_SIGN_IN)));
    }
}
