//! 「職員名簿」 The staff realm as the city's directory: somebody is taken off it, and put on it again. Invariant: who is off it
//! cannot sign in, and every client that asked for it is told at once (OpenID Connect Back-Channel Logout 1.0 §2.4).

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use intake::time::MINUTE;
use serde_json::json;

use super::{PracticeProvider, RealmName, realm::Realm};
use crate::flows::random;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const LOGOUT_TOKEN_COUNTS: i64 = 2 * MINUTE;

impl PracticeProvider {
    /// Takes somebody off the directory, or puts her on it again; false when there is nobody of this name. Whoever is to be
    /// told has been, or was asked in vain, when this returns.
    pub async fn set_listed(&self, person: &str, is_listed: bool) -> bool {
        let realm = self.realm(RealmName::Staff);
        let Some(id) = realm.person(person).map(|person| person.id) else { return false };
        let letters = {
            let mut state = realm.state();
            if is_listed {
                state.removed.remove(id);
                return true;
            }
            state.removed.insert(id);
            state
                .clients
                .iter()
                .filter_map(|client| Some((client.logout_uri.clone()?, client.id.clone())))
                .collect::<Vec<_>>()
        };
        for (address, client_id) in letters {
            let token = self.logout_token(realm, &client_id, id);
            let told = actix_web::rt::task::spawn_blocking(move || tell(&address, &token)).await;
            if !matches!(told, Ok(Ok(200 | 204))) {
                tracing::warn!("a client of the practice provider did not take a logout token");
            }
        }
        true
    }

    /// Moves somebody to other groups; false when there is nobody of this name.
    pub fn set_groups(&self, person: &str, groups: &[&str]) -> bool {
        let realm = self.realm(RealmName::Staff);
        let Some(id) = realm.person(person).map(|person| person.id) else { return false };
        realm.state().groups.insert(id, groups.iter().map(|group| (*group).to_owned()).collect());
        true
    }

    /// A logout token for a person at a client.
    #[must_use]
    pub fn logout_token_for(&self, client_id: &str, person: &str) -> String {
        self.logout_token(self.realm(RealmName::Staff), client_id, person)
    }

    fn logout_token(&self, realm: &Realm, client_id: &str, person: &str) -> String {
        let now = self.clock.now();
        let claims = json!({
            "iss": realm.issuer,
            "aud": client_id,
            "sub": realm.subject(client_id, person),
            "iat": now.micros() / 1_000_000,
            "exp": now.plus(LOGOUT_TOKEN_COUNTS).micros() / 1_000_000,
            "jti": BASE64_URL.encode(random::<16>()),
            "events": { EVENT: {} },
        });
        realm.state().keys.sign(&claims, None)
    }
}

fn tell(address: &str, token: &str) -> Result<u16, ureq::Error> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(LONGEST_WAIT))
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .new_agent();
    Ok(agent.post(address).send_form([("logout_token", token)])?.status().as_u16())
}
