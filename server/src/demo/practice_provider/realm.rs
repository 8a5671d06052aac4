//! A realm: its clients, its people, and what is under way. Invariant: a code and an assertion count once, and whatever is kept is
//! dropped when its time is over.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use handover::Jwk;
use intake::time::{Instant, MINUTE};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    RealmName,
    authorize::Authorization,
    fault::Fault,
    jose::Keys,
    people::{self, CARD, Person, TWO_FACTORS},
    sign::Transaction,
};

/// 「接続サービス」 A client as it was registered with its application: there is no registration at run time.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`
    pub id: String,
    /// Where browsers may come back to, compared exactly.
    pub redirect_uris: Vec<String>,
    /// The keys that its assertions are signed with.
    pub keys: Vec<Jwk>,
    /// Where it hears that somebody was removed (OpenID Connect Back-Channel Logout 1.0).
    pub logout_uri: Option<String>,
}

/// A code that was given.
#[derive(Clone)]
pub(super) struct Code {
    pub(super) asked: Authorization,
    pub(super) person: &'static str,
    pub(super) fault: Option<Fault>,
    pub(super) session: String,
    pub(super) at: Instant,
    /// The access token, once the code was used.
    pub(super) token: Option<String>,
}

/// An access token.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) client_id: String,
    pub(super) person: &'static str,
    pub(super) scopes: Vec<String>,
    pub(super) fault: Option<Fault>,
    pub(super) until: Instant,
}

/// What changes.
pub(super) struct State {
    pub(super) keys: Keys,
    pub(super) key_fetches: u64,
    pub(super) fault: Option<Fault>,
    pub(super) clients: Vec<Client>,
    pub(super) asked: HashMap<String, Authorization>,
    pub(super) codes: HashMap<String, Code>,
    pub(super) tokens: HashMap<String, Access>,
    assertions: HashMap<(String, String), Instant>,
    /// 「署名API」 Tokens of clients, for themselves, with the client and their end.
    pub(super) services: HashMap<String, (String, Instant)>,
    pub(super) transactions: HashMap<String, Transaction>,
    /// The keys that results are encrypted to, by client.
    pub(super) envelopes: HashMap<String, Value>,
    pub(super) removed: HashSet<&'static str>,
    /// The groups of whoever was moved to others.
    pub(super) groups: HashMap<&'static str, Vec<String>>,
}

/// Used codes are remembered for so long, so that a second use is known for one.
const CODE_REMEMBERED: i64 = 10 * MINUTE;

impl State {
    /// Drops what is over.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.asked.retain(|_, asked| asked.until > now);
        self.codes.retain(|_, code| code.at.plus(CODE_REMEMBERED) > now);
        self.tokens.retain(|_, access| access.until > now);
        self.assertions.retain(|_, until| *until > now);
        self.services.retain(|_, (_, until)| *until > now);
        self.transactions.retain(|_, transaction| transaction.until > now);
    }

    /// Whether an assertion is seen for the first time.
    pub(super) fn first_sight(&mut self, client_id: &str, jti: &str, until: Instant) -> bool {
        self.assertions.insert((client_id.to_owned(), jti.to_owned()), until).is_none()
    }

    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }
}

/// A realm.
pub(super) struct Realm {
    pub(super) name: RealmName,
    pub(super) issuer: String,
    pub(super) people: Vec<Person>,
    state: Mutex<State>,
}

impl Realm {
    pub(super) fn new(name: RealmName, issuer: String) -> Self {
        let state = State {
            keys: Keys::generate(),
            key_fetches: 0,
            fault: None,
            clients: Vec::new(),
            asked: HashMap::new(),
            codes: HashMap::new(),
            tokens: HashMap::new(),
            assertions: HashMap::new(),
            services: HashMap::new(),
            transactions: HashMap::new(),
            envelopes: HashMap::new(),
            removed: HashSet::new(),
            groups: HashMap::new(),
        };
        Self { name, issuer, people: people::of(name), state: Mutex::new(state) }
    }

    /// Whoever panicked while holding it has failed a test already.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn register(&self, client: Client) {
        let mut state = self.state();
        state.clients.retain(|other| other.id != client.id);
        state.clients.push(client);
    }

    pub(super) fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// The next person in the list: whose `sub` or userinfo a fault mixes in.
    pub(super) fn other_than(&self, id: &str) -> &'static str {
        let at = self.people.iter().position(|person| person.id == id).unwrap_or_default();
        self.people[(at + 1) % self.people.len()].id
    }

    /// `sub`, pairwise (OpenID Connect Core §8.1), in the form of a UUID.
    pub(super) fn subject(&self, client_id: &str, person: &str) -> String {
        let digest = Sha256::digest(format!("madoguchi practice\n{}\n{client_id}\n{person}", self.name));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }

    pub(super) fn endpoint(&self, name: &str) -> String {
        format!("{}/protocol/openid-connect/{name}", self.issuer)
    }

    /// The scopes that clients may ask for.
    pub(super) const fn scopes(&self) -> &'static [&'static str] {
        match self.name {
            RealmName::Main => &["openid", "name", "address", "birthdate", "gender", "sign"],
            RealmName::Staff => &["openid", "profile"],
        }
    }

    /// What `acr_values` may ask for.
    pub(super) const fn acrs(&self) -> &'static [&'static str] {
        match self.name {
            RealmName::Main => &[CARD],
            RealmName::Staff => &[TWO_FACTORS],
        }
    }

    /// `…/.well-known/openid-configuration`
    pub(super) fn metadata(&self) -> Value {
        let mut claims = vec!["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "nonce", "at_hash"];
        claims.extend(
            self.people.first().into_iter().flat_map(|person| person.claims.iter().map(|(_, claim, _)| *claim)),
        );
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": self.endpoint("auth"),
            "token_endpoint": self.endpoint("token"),
            "userinfo_endpoint": self.endpoint("userinfo"),
            "jwks_uri": self.endpoint("certs"),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
            "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": self.scopes(),
            "acr_values_supported": self.acrs(),
            "claims_supported": claims,
            "claims_parameter_supported": false,
            "request_parameter_supported": false,
            "request_uri_parameter_supported": false,
            "backchannel_logout_supported": self.name == RealmName::Staff,
            "backchannel_logout_session_supported": false,
        })
    }
}
