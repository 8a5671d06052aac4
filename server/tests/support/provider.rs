//! The practice identity provider on a free port, and a client of it that is written for the tests alone. Invariant: the provider
//! goes with the test, and has the clock that it is given.

use std::{net::TcpListener, sync::Arc};

use actix_web::dev::ServerHandle;
use app::text::Locale;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL};
use handover::{Algorithm, SigningKey};
use serde_json::{Value, json};
use server::{
    clock::Clock,
    demo::practice_provider::{self, Client, Fault, PracticeProvider, RealmName},
};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    browser::{Answer, Browser, FORM, encoded, inputs},
    page::Page,
};

/// Where the browser comes back to; nobody listens there.
pub const BACK: &str = "http://localhost:1/oidc/callback";
pub const CLIENT: &str = "testclient";

/// A provider that goes with the test.
pub struct Provider {
    pub provider: Arc<PracticeProvider>,
    pub clock: Clock,
    pub realm: RealmName,
    pub key: SigningKey,
    handle: ServerHandle,
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// A sign-in that has come back to the client.
pub struct Returned {
    pub address: Url,
    pub verifier: String,
    pub nonce: String,
    pub state: String,
}

impl Returned {
    pub fn get(&self, name: &str) -> Option<String> {
        self.address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    pub fn code(&self) -> String {
        self.get("code").expect("a code")
    }
}

pub fn random() -> String {
    BASE64_URL.encode(rand::random::<[u8; 32]>())
}

impl Provider {
    pub fn start(realm: RealmName, clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.2:0").unwrap();
        let provider = PracticeProvider::new(listener.local_addr().unwrap(), clock.clone(), Locale::ALL.to_vec());
        let server = practice_provider::serve(&provider, listener).unwrap();
        let handle = server.handle();
        tokio::spawn(server);
        let key = SigningKey::generate(Algorithm::Es256);
        provider.register(
            realm,
            Client {
                id: CLIENT.to_owned(),
                redirect_uris: vec![BACK.to_owned()],
                keys: vec![key.jwk().clone()],
                logout_uri: None,
            },
        );
        Self { provider, clock, realm, key, handle }
    }

    pub fn browser(&self) -> Browser {
        let host = self.provider.origin().strip_prefix("http://").unwrap().to_owned();
        Browser { address: host.parse().unwrap(), host, cookies: std::collections::BTreeMap::new() }
    }

    fn path(&self, endpoint: &str) -> String {
        format!("/api/realms/{}/{endpoint}", self.realm)
    }

    pub fn json(&self, endpoint: &str) -> Value {
        serde_json::from_slice(&self.browser().get(&self.path(endpoint)).is(200).body).unwrap()
    }

    pub fn published_keys(&self) -> Value {
        self.json("protocol/openid-connect/certs")
    }

    /// The parameters of a request that has all that it needs.
    pub fn request(&self, verifier: &str, nonce: &str, state: &str) -> Vec<(String, String)> {
        let scope = match self.realm {
            RealmName::Main => "openid name address birthdate gender",
            RealmName::Staff => "openid profile",
        };
        let acr = match self.realm {
            RealmName::Main => "aal3 crl",
            RealmName::Staff => "aal2",
        };
        inputs(&[
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", BACK),
            ("scope", scope),
            ("state", state),
            ("nonce", nonce),
            ("code_challenge", &BASE64_URL.encode(Sha256::digest(verifier))),
            ("code_challenge_method", "S256"),
            ("acr_values", acr),
        ])
    }

    pub fn ask(&self, parameters: &[(String, String)]) -> Answer {
        self.browser().get(&format!("{}?{}", self.path("protocol/openid-connect/auth"), encoded(parameters)))
    }

    /// Asks, and presses on the page.
    pub fn press(&self, pressed: &[(&str, &str)]) -> Returned {
        let (verifier, nonce, state) = (random(), random(), random());
        let page = Page::of(&self.ask(&self.request(&verifier, &nonce, &state)).is(200));
        let action = self.path("login-actions/authenticate");
        let answer = self.browser().press(&page, &action, pressed).is(303);
        Returned { address: answer.location().parse().unwrap(), verifier, nonce, state }
    }

    pub fn choose(&self, person: &str, fault: Option<Fault>) -> Returned {
        self.press(&[("person", person), ("fault", fault.map(Fault::as_str).unwrap_or_default())])
    }

    /// The claims of an assertion that holds.
    pub fn assertion(&self) -> Value {
        let now = self.clock.now().micros() / 1_000_000;
        json!({
            "iss": CLIENT, "sub": CLIENT, "jti": random(), "iat": now, "exp": now + 60,
            "aud": format!("{}/protocol/openid-connect/token", self.provider.issuer(self.realm)),
        })
    }

    pub fn sign(&self, claims: &Value) -> String {
        self.key.sign_compact("JWT", claims.to_string().as_bytes())
    }

    /// The parameters of a request for tokens that has all that it needs.
    pub fn grant(&self, returned: &Returned) -> Vec<(String, String)> {
        inputs(&[
            ("grant_type", "authorization_code"),
            ("code", &returned.code()),
            ("redirect_uri", BACK),
            ("code_verifier", &returned.verifier),
            ("client_id", CLIENT),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &self.sign(&self.assertion())),
        ])
    }

    pub fn tokens(&self, parameters: &[(String, String)]) -> Answer {
        let path = self.path("protocol/openid-connect/token");
        self.browser().ask("POST", &path, &[FORM], encoded(parameters).as_bytes())
    }

    pub fn userinfo(&self, access_token: &str) -> Answer {
        let bearer = format!("Bearer {access_token}");
        self.browser().ask("GET", &self.path("protocol/openid-connect/userinfo"), &[("Authorization", &bearer)], b"")
    }
}

/// A form as JSON.
pub fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// Header and claims of a compact JWS, of whose signature nothing is said.
pub fn unverified(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| serde_json::from_slice(&BASE64_URL.decode(part).unwrap_or_default()));
    (parts.next().unwrap().unwrap(), parts.next().unwrap().unwrap())
}

/// Whether a compact JWS is signed with ES256 under one of the published keys.
pub fn holds(token: &str, published: &Value) -> bool {
    let keys: Vec<handover::Jwk> = serde_json::from_value(published["keys"].clone()).unwrap();
    handover::jws::verify_compact(token, "JWT", |kid| keys.iter().find(|key| key.kid == kid)).is_ok()
}
