//! The portal's signing keys in memory. Invariant: a private key leaves the database sealed and is opened here only; the
//! newest active key signs batches, the oldest one announces keys, for that is the one that import jobs know.

use handover::{Algorithm, AnnouncedKey, Error, KeyAnnouncement, SigningKey};
use intake::time::{DAY, Instant};
use zeroize::Zeroizing;

use crate::{
    seal::{Seal, SealError},
    store::batch::{self, key_place},
};

/// A key is announced this long before it signs (`handover.md` §3).
pub const ANNOUNCED_BEFORE: i64 = 7 * DAY;
/// A key that has a successor is retired this long after the successor's start, so that a job that was off for some
/// weeks still learns the new key from the old one.
pub const RETIRED_AFTER: i64 = 28 * DAY;

/// Why there is no signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// A private key does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// What was sealed is no key.
    #[error(transparent)]
    Key(#[from] Error),
    /// No key is active.
    #[error("the portal has no active signing key")]
    NoKey,
}

/// A new key as the database keeps it. The first of all is active at once, for nobody knows another.
///
/// # Errors
/// When the key cannot be written as text.
pub fn new_key(seal: &Seal, is_first: bool, now: Instant) -> Result<batch::SigningKey, SignError> {
    let key = SigningKey::generate(Algorithm::Es256);
    let (data_key, wrapped_key) = seal.new_data_key();
    let private_sealed = data_key.seal(&key_place(key.kid()), key.to_pem()?.as_bytes());
    Ok(batch::SigningKey {
        kid: key.kid().to_owned(),
        algorithm: Algorithm::Es256.as_str().to_owned(),
        wrapped_key,
        private_sealed,
        public_jwk: serde_json::to_string(key.jwk()).map_err(|_| Error::BadKey)?,
        announced_at: now,
        active_at: is_first.then_some(now),
        retired_at: None,
    })
}

/// All keys of the portal.
pub struct KeyRing(Vec<batch::SigningKey>);

impl KeyRing {
    /// Of what the database holds.
    #[must_use]
    pub const fn new(keys: Vec<batch::SigningKey>) -> Self {
        Self(keys)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &batch::SigningKey> {
        self.0.iter()
    }

    fn active(&self, now: Instant) -> Vec<&batch::SigningKey> {
        let is_active = |key: &&batch::SigningKey| {
            key.active_at.is_some_and(|active| active <= now) && key.retired_at.is_none_or(|retired| retired > now)
        };
        let mut active: Vec<_> = self.0.iter().filter(is_active).collect();
        active.sort_by_key(|key| key.active_at);
        active
    }

    /// The key that signs batches.
    ///
    /// # Errors
    /// [`SignError::NoKey`]; when it does not open.
    pub fn signer(&self, seal: &Seal, now: Instant) -> Result<SigningKey, SignError> {
        open(seal, self.active(now).last().ok_or(SignError::NoKey)?)
    }

    /// The public keys with their times.
    ///
    /// # Errors
    /// When a public key cannot be read.
    pub fn announcement(&self, issuer: &str, now: Instant) -> Result<KeyAnnouncement, SignError> {
        let announced = |key: &batch::SigningKey| {
            let jwk = serde_json::from_str(&key.public_jwk).map_err(|_| Error::BadKey)?;
            let (announced_at, active_at, retired_at) = (key.announced_at, key.active_at, key.retired_at);
            Ok(AnnouncedKey { jwk, announced_at, active_at, retired_at })
        };
        let keys = self.0.iter().map(announced).collect::<Result<_, Error>>()?;
        Ok(KeyAnnouncement { v: 1, iss: issuer.to_owned(), at: now, keys })
    }

    /// The announcement, signed by the oldest key that is active.
    ///
    /// # Errors
    /// [`SignError::NoKey`]; when the key does not open.
    pub fn signed_announcement(&self, seal: &Seal, issuer: &str, now: Instant) -> Result<Vec<u8>, SignError> {
        let announcer = open(seal, self.active(now).first().ok_or(SignError::NoKey)?)?;
        Ok(self.announcement(issuer, now)?.sign(&announcer))
    }

    /// The keys whose turn has come: announced long enough.
    pub fn due_to_start(&self, now: Instant) -> impl Iterator<Item = &batch::SigningKey> {
        let is_due = move |key: &&batch::SigningKey| {
            key.active_at.is_none() && key.retired_at.is_none() && key.announced_at.plus(ANNOUNCED_BEFORE) <= now
        };
        self.0.iter().filter(is_due)
    }

    /// The keys whose successor has signed for long enough.
    #[must_use]
    pub fn due_to_retire(&self, now: Instant) -> Vec<&batch::SigningKey> {
        let mut active = self.active(now);
        let newest = active.pop().and_then(|key| key.active_at);
        if newest.is_some_and(|since| since.plus(RETIRED_AFTER) <= now) { active } else { Vec::new() }
    }

    /// Whether a key waits for its start.
    #[must_use]
    pub fn has_successor(&self) -> bool {
        self.0.iter().any(|key| key.active_at.is_none() && key.retired_at.is_none())
    }
}

fn open(seal: &Seal, key: &batch::SigningKey) -> Result<SigningKey, SignError> {
    let plain = seal.unwrap_key(&key.wrapped_key)?.open(&key_place(&key.kid), &key.private_sealed)?;
    let pem = Zeroizing::new(String::from_utf8(plain.to_vec()).map_err(|_| Error::BadKey)?);
    Ok(SigningKey::from_pem(&pem)?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::seal::MasterKey;
    use handover::Trust;

    const URL: &str = "https://portal.example";

    #[test]
    fn a_successor_is_announced_by_the_old_key_signs_after_a_week_and_the_old_one_goes_four_weeks_later() {
        let seal = Seal::new(&MasterKey::generate());
        let start = Instant(0).plus(DAY);
        let first = new_key(&seal, true, start).unwrap();
        let second = new_key(&seal, false, start).unwrap();
        let mut trust = Trust::of(serde_json::from_str(&first.public_jwk).unwrap(), start).unwrap();
        let mut ring = KeyRing::new(vec![first.clone(), second.clone()]);
        assert!(ring.has_successor());
        assert_eq!(ring.signer(&seal, start).unwrap().kid(), first.kid);
        assert_eq!(ring.due_to_start(start.plus(ANNOUNCED_BEFORE - 1)).count(), 0);

        let week = start.plus(ANNOUNCED_BEFORE);
        assert_eq!(ring.due_to_start(week).next().unwrap().kid, second.kid);
        ring.0[1].active_at = Some(week);
        assert_eq!(ring.signer(&seal, week).unwrap().kid(), second.kid);
        // The job knows only the first key, and that one still announces.
        assert_eq!(trust.learn(&ring.signed_announcement(&seal, URL, week).unwrap(), URL).unwrap(), 1);

        assert!(ring.due_to_retire(week.plus(RETIRED_AFTER - 1)).is_empty());
        let later = week.plus(RETIRED_AFTER);
        assert_eq!(ring.due_to_retire(later)[0].kid, first.kid);
        ring.0[0].retired_at = Some(later);
        assert!(ring.due_to_retire(later).is_empty());
        trust.learn(&ring.signed_announcement(&seal, URL, later).unwrap(), URL).unwrap();
        assert_eq!(trust.check_time(&first.kid, later).unwrap_err().code(), "retired_key");
        trust.check_time(&second.kid, later).unwrap();
    }

    #[test]
    fn a_private_key_does_not_open_under_another_master_key() {
        let ours = Seal::new(&MasterKey::generate());
        let ring = KeyRing::new(vec![new_key(&ours, true, Instant(0)).unwrap()]);
        assert!(ring.signer(&ours, Instant(0)).is_ok());
        assert!(matches!(ring.signer(&Seal::new(&MasterKey::generate()), Instant(0)), Err(SignError::Seal(_))));
        assert!(matches!(KeyRing::new(Vec::new()).signer(&ours, Instant(0)), Err(SignError::NoKey)));
    }
}
