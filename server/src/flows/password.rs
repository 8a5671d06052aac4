//! 「パスワード」 Passwords of staff. Invariant: one is kept as an Argon2id hash only; checking it takes the same time for a
//! user that does not exist, and never more than two at a time.
//!
//! A password counts as it was typed, character for character: nothing is cut off or made alike.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::FlowError;
use crate::store::StoreError;

/// The fewest characters of a password (`decisions.md`).
pub const SHORTEST: usize = 12;
/// The most: beyond this nothing is won but work for the server.
pub const LONGEST: usize = 256;

/// Each check takes 46 MiB and a core; what is more waits, so that a storm of sign-ins leaves the rest of the portal alone.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Why a password cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer than [`SHORTEST`] characters.
    TooShort,
    /// More than [`LONGEST`] characters.
    TooLong,
    /// Many people have chosen it.
    Common,
    /// The user id is in it.
    HasUserId,
    /// The second time something else was typed.
    NotTheSame,
}

/// Whether a member of staff may choose this password.
///
/// # Errors
/// The first [`PasswordFault`].
pub fn check(user_id: &str, typed: &str, again: &str) -> Result<(), PasswordFault> {
    let length = typed.chars().count();
    let small = typed.to_lowercase();
    if length < SHORTEST {
        Err(PasswordFault::TooShort)
    } else if length > LONGEST {
        Err(PasswordFault::TooLong)
    } else if is_common(&small) {
        Err(PasswordFault::Common)
    } else if user_id.len() >= 3 && small.contains(&user_id.to_lowercase()) {
        // One or two letters are in nearly every password.
        Err(PasswordFault::HasUserId)
    } else if typed != again {
        Err(PasswordFault::NotTheSame)
    } else {
        Ok(())
    }
}

fn is_common(small: &str) -> bool {
    let one_character = small.chars().next().is_some_and(|first| small.chars().all(|other| other == first));
    let mut listed = include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#'));
    one_character || listed.any(|line| line == small)
}

/// Argon2id with 46 MiB, one pass, one lane (OWASP Password Storage; ASVS 11.4.2). As strong as 19 MiB with two passes, and
/// large enough that the allocator gives the memory back: what is below 32 MiB it keeps for the next time, on every thread.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(46 * 1024, 1, 1, None).unwrap_or_default())
}

fn broken(error: impl std::fmt::Display) -> FlowError {
    FlowError::Store(StoreError::Corrupt(format!("password hash: {error}")))
}

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FlowError> + Send + 'static,
) -> Result<T, FlowError> {
    let turn = AT_ONCE.acquire().await.map_err(broken)?;
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    });
    done.await.map_err(broken)?
}

/// What is kept of a password.
///
/// # Errors
/// When the system gives no random bytes.
pub async fn hash(typed: &str) -> Result<String, FlowError> {
    let typed = Zeroizing::new(typed.to_owned());
    apart(move || Ok(argon2().hash_password(typed.as_bytes()).map_err(broken)?.to_string())).await
}

/// A hash that no password has, for users that do not exist.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let secret: [u8; 32] = rand::random();
    argon2().hash_password(&secret).ok().map(|hash| hash.to_string())
});

/// Whether the password is the one whose hash is kept. Without a hash the answer is no, after the same time.
///
/// # Errors
/// When the hash cannot be read.
pub async fn is_right(typed: &str, kept: Option<&str>) -> Result<bool, FlowError> {
    let typed = Zeroizing::new(typed.to_owned());
    let kept = kept.map(str::to_owned);
    apart(move || {
        let exists = kept.is_some();
        let text = kept.or_else(|| NOBODY.clone()).unwrap_or_default();
        let parsed = PasswordHash::new(&text).map_err(broken)?;
        Ok(argon2().verify_password(typed.as_bytes(), &parsed).is_ok() && exists)
    })
    .await
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn what_many_people_choose_is_refused() {
        let check = |typed: &str| check("clerk1", typed, typed);
        assert_eq!(check("みじかい"), Err(PasswordFault::TooShort));
        assert_eq!(check(&"長".repeat(257)), Err(PasswordFault::TooLong));
        assert_eq!(check("Password1234"), Err(PasswordFault::Common));
        assert_eq!(check("1qaz2wsx3edc"), Err(PasswordFault::Common));
        assert_eq!(check("＊＊＊＊＊＊＊＊＊＊＊＊"), Err(PasswordFault::Common));
        assert_eq!(check("my-CLERK1-is-long"), Err(PasswordFault::HasUserId));
        assert_eq!(check("母子健康手帳を交付する窓口"), Ok(()));
        assert_eq!(super::check("a", "correct horse battery", "correct horse battery"), Ok(()));
        assert_eq!(
            super::check("a", "correct horse battery", "correct horse batterie"),
            Err(PasswordFault::NotTheSame)
        );
    }

    #[test]
    fn every_line_of_the_list_can_be_chosen_no_other_way() {
        for line in include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')) {
            assert_eq!(line, line.to_lowercase());
            assert!(line.chars().count() >= SHORTEST, "{line} is too short to be chosen anyway");
        }
    }

    #[tokio::test]
    async fn a_password_counts_as_it_was_typed() {
        let kept = hash("がぎぐげご 0123456").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{kept}");
        assert!(is_right("がぎぐげご 0123456", Some(&kept)).await.unwrap());
        // The same to the eye, in two code points each.
        assert!(!is_right("か\u{3099}き\u{3099}く\u{3099}け\u{3099}こ\u{3099} 0123456", Some(&kept)).await.unwrap());
        assert!(!is_right("がぎぐげご 0123456", None).await.unwrap());
    }
}
