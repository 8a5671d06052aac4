//! 「署名API」 `sign-transactions` (`domain.md` §4.2): a digest comes, its person is asked by `auth`, the result goes. Invariant: a
//! transaction is signed once, by who chose to, and its result is told to the token of that very choice.
//!
//! The provider has no cards: whoever starts it says what signs ([`PracticeProvider::sign_with`]). Without that nothing is signed.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use intake::time::{Instant, MINUTE};
use serde_json::{Value, json};

use super::{PracticeProvider, RealmName, realm::Realm};
use crate::flows::random;

const TRANSACTION_COUNTS: i64 = 10 * MINUTE;

/// Signs a digest as a person of the main realm and puts the result into the envelope of the client: a JWE. None when she has no card.
pub type Signer = Arc<dyn Fn(&str, &[u8; 32]) -> Option<String> + Send + Sync>;

/// A transaction.
pub(super) struct Transaction {
    pub(super) client_id: String,
    digest: [u8; 32],
    until: Instant,
    /// The envelope, once it was signed.
    result: Option<String>,
}

impl Transaction {
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.until <= now
    }
}

impl PracticeProvider {
    /// Says what signs.
    pub fn sign_with(&self, signer: Signer) {
        self.main.state().signer = Some(signer);
    }

    /// `POST …/sign-transactions`: begins one for a client that has a token of its own. None when the token or the body is not good.
    pub(super) fn begin_transaction(&self, bearer: &str, body: &[u8]) -> Option<Value> {
        let now = self.clock.now();
        let mut state = self.realm(RealmName::Main).state();
        state.sweep(now);
        let client_id = state.service_tokens.get(bearer)?.0.clone();
        let asked: Value = serde_json::from_slice(body).ok()?;
        let digest = BASE64_STANDARD.decode(asked["digest"].as_str()?).ok()?.try_into().ok()?;
        let name = uuid::Builder::from_random_bytes(random::<16>()).into_uuid().to_string();
        let until = now.plus(TRANSACTION_COUNTS);
        state.transactions.insert(name.clone(), Transaction { client_id, digest, until, result: None });
        Some(json!({ "sign_transaction_id": name }))
    }

    /// `GET …/sign-transactions/{id}/result`
    pub(super) fn result_of(&self, bearer: &str, name: &str) -> Option<String> {
        let mut state = self.realm(RealmName::Main).state();
        state.sweep(self.clock.now());
        let is_its_own = state.tokens.get(bearer)?.transaction.as_deref() == Some(name);
        state.transactions.get(name).filter(|_| is_its_own)?.result.clone()
    }
}

/// Whether a client may ask a person to sign this.
pub(super) fn may_be_signed(realm: &Realm, client_id: &str, name: &str) -> bool {
    let state = realm.state();
    state.transactions.get(name).is_some_and(|one| one.client_id == client_id && one.result.is_none())
}

/// Signs as a person; false when it was signed already, or she has no card.
pub(super) fn sign(state: &mut super::realm::State, name: &str, person: &str) -> bool {
    let signer = state.signer.clone();
    let Some(transaction) = state.transactions.get_mut(name).filter(|one| one.result.is_none()) else { return false };
    transaction.result = signer.and_then(|signer| signer(person, &transaction.digest));
    transaction.result.is_some()
}
