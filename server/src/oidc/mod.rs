//! The OpenID Connect client (OpenID Connect Core 1.0, code flow with PKCE; `private_key_jwt`). Invariant: whoever is told by
//! [`Client::redeem`] was named by the provider of the settings, for us, for this very request, in a token with an ES256
//! signature by a key that the provider publishes; no other algorithm is ever taken, whatever a token says.
//!
//! The provider may be down at the start or at any time: nothing here is needed for a portal to serve.

mod claims;
mod http;
mod jws;
mod known;
mod sign;

use std::{fs, path::PathBuf, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use handover::{Algorithm, Jwk, SigningKey};
use intake::time::Instant;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use crate::config::Oidc;
use claims::Expected;
pub use claims::Logout;
use http::Http;
use known::{Known, Provider};
pub use sign::{SIGNED, TO_SIGN};

/// Where the provider sends parents back to.
pub const CALLBACK: &str = "/oidc/callback";
/// What is asked for about parents.
pub const FOUR_FACTS: &str = "openid name address birthdate gender";
/// Where the city's own provider sends staff back to.
pub const STAFF_CALLBACK: &str = "/staff/sign-in/callback";
/// Where it says that somebody is signed out (OpenID Connect Back-Channel Logout 1.0).
pub const STAFF_LOGOUT: &str = "/staff/provider/logout";
/// What is asked for about staff; groups and number are claims that the provider is set up to give.
pub const STAFF_SCOPE: &str = "openid profile";
/// How long an assertion that proves who we are is good for, in seconds.
const ASSERTION_SECONDS: i64 = 60;

/// Why nobody was signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The provider cannot be reached.
    #[error("the provider cannot be reached")]
    Unreachable,
    /// It took too long.
    #[error("the provider took too long")]
    Slow,
    /// It says that something is wrong with itself.
    #[error("the provider says that it is broken")]
    Broken,
    /// Its answer is not of the protocol.
    #[error("the provider's answer is not of the protocol")]
    NotTheProtocol,
    /// The code was used before, is over, or was somebody else's.
    #[error("the code was refused")]
    CodeRefused,
    /// It does not know us, or not our key: for the operator to mend.
    #[error("the provider refused this installation: client id, key or redirect address")]
    ClientRefused,
    /// Signed in another way than ES256, or not at all.
    #[error("the token is not signed with ES256")]
    Algorithm,
    /// Signed with a key that the provider does not publish.
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    /// The signature does not hold.
    #[error("the signature of the token does not hold")]
    Signature,
    /// Made by another provider.
    #[error("the token is of another provider")]
    Issuer,
    /// Made for somebody else.
    #[error("the token is for another client")]
    Audience,
    /// Its time is over, or has not begun.
    #[error("the token is over")]
    Expired,
    /// Made for another request.
    #[error("the token is for another request")]
    Nonce,
    /// The person was not authenticated as was asked for.
    #[error("the person was not authenticated as asked")]
    Level,
    /// The facts are of somebody else than the token.
    #[error("the facts are of another subject than the token")]
    Subject,
}

impl Refused {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Unreachable,
        Self::Slow,
        Self::Broken,
        Self::NotTheProtocol,
        Self::CodeRefused,
        Self::ClientRefused,
        Self::Algorithm,
        Self::UnknownKey,
        Self::Signature,
        Self::Issuer,
        Self::Audience,
        Self::Expired,
        Self::Nonce,
        Self::Level,
        Self::Subject,
    ];

    /// The stable word, for the audit log and for the sentence that a parent reads.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Slow => "slow",
            Self::Broken => "broken",
            Self::NotTheProtocol => "not_the_protocol",
            Self::CodeRefused => "code_refused",
            Self::ClientRefused => "client_refused",
            Self::Algorithm => "algorithm",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::Nonce => "nonce",
            Self::Level => "level",
            Self::Subject => "subject",
        }
    }
}

/// The client's key cannot be used; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("the key file {0} cannot be read: {1}")]
    File(PathBuf, std::io::Error),
    /// It holds something else.
    #[error(
        "the key file {0} must hold a P-256 key as PKCS#8 in PEM (openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256)"
    )]
    NotAKey(PathBuf),
}

/// The key that proves to a provider who we are.
///
/// # Errors
/// When the file does not hold a key for ES256.
pub fn client_key(settings: &Oidc) -> Result<SigningKey, KeyFileError> {
    let path = &settings.key_file;
    let pem = fs::read_to_string(path).map_err(|error| KeyFileError::File(path.clone(), error))?;
    let key = SigningKey::from_pem(&pem).ok().filter(|key| key.jwk().alg == Algorithm::Es256);
    key.ok_or_else(|| KeyFileError::NotAKey(path.clone()))
}

/// What the city hands in with its application: the public half, as a JWK set.
#[must_use]
pub fn public_jwks(key: &Jwk) -> String {
    json!({ "keys": [key] }).to_string()
}

/// What only we know of a request that was begun.
#[derive(Clone)]
pub struct Secrets {
    /// Comes back in the callback's address.
    pub state: String,
    /// Comes back inside the ID token.
    pub nonce: String,
    /// PKCE: its hash goes out first, itself with the code.
    pub verifier: String,
}

impl Secrets {
    /// Of 32 random bytes each.
    #[must_use]
    pub fn new(state: &[u8; 32], nonce: &[u8; 32], verifier: &[u8; 32]) -> Self {
        let text = |bytes: &[u8; 32]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        Self { state: text(state), nonce: text(nonce), verifier: text(verifier) }
    }
}

/// Who was signed in.
#[derive(Clone)]
pub struct Person {
    /// Her name at this provider, for us alone (a pairwise identifier).
    pub subject: String,
    /// What the ID token says.
    pub token: Map<String, Value>,
    /// What the userinfo endpoint says of the same subject.
    pub userinfo: Map<String, Value>,
}

/// A client of one provider.
pub struct Client {
    settings: Oidc,
    demands_acr: bool,
    scope: &'static str,
    redirect_uri: String,
    key: SigningKey,
    http: Http,
    known: Known,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    token_type: String,
    id_token: String,
}

impl Client {
    /// Of the provider in the settings; it is not asked anything yet.
    ///
    /// # Errors
    /// When our key cannot be used.
    pub fn new(settings: &Oidc, scope: &'static str, redirect_uri: String) -> Result<Self, KeyFileError> {
        let http = Http::new(settings.patience, settings.issuer.origin().is_https());
        let key = client_key(settings)?;
        let (settings, demands_acr) = (settings.clone(), true);
        Ok(Self { settings, demands_acr, scope, redirect_uri, key, http, known: Known::default() })
    }

    /// One that asks for a level and also takes a lower one, which its caller sees in the token.
    #[must_use]
    pub fn with_any_level(mut self) -> Self {
        self.demands_acr = false;
        self
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Oidc {
        &self.settings
    }

    async fn provider(&self, now: Instant) -> Result<Arc<Provider>, Refused> {
        self.known.provider(&self.http, &self.settings.issuer, now).await
    }

    /// Where the browser goes to sign in.
    ///
    /// # Errors
    /// When the provider was never reached and cannot be now.
    pub async fn authorization(&self, secrets: &Secrets, now: Instant) -> Result<Url, Refused> {
        let provider = self.provider(now).await?;
        let mut address = provider.authorization_endpoint.clone();
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&secrets.verifier));
        address
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", self.scope)
            .append_pair("state", &secrets.state)
            .append_pair("nonce", &secrets.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        if !self.settings.acr.is_empty() {
            address.query_pairs_mut().append_pair("acr_values", &self.settings.acr);
        }
        Ok(address)
    }

    /// Gives the code for who it stands for. `random` names the assertion, which the provider takes once.
    ///
    /// # Errors
    /// Each refusal by its own name.
    pub async fn redeem(
        &self,
        code: &str,
        secrets: &Secrets,
        random: [u8; 16],
        now: Instant,
    ) -> Result<Person, Refused> {
        let provider = self.provider(now).await?;
        let tokens = self.exchange(&provider, code, secrets, random, now).await?;
        let token = self.verified(&tokens.id_token, now).await?;
        let expected = Expected {
            issuer: self.settings.issuer.as_str(),
            client_id: &self.settings.client_id,
            nonce: &secrets.nonce,
            acr: if self.demands_acr { &self.settings.acr } else { "" },
            access_token: &tokens.access_token,
        };
        let subject = claims::check(&token, &expected, now)?;
        let userinfo = self.http.get(&provider.userinfo_endpoint, Some(&tokens.access_token)).await?;
        let userinfo: Map<String, Value> = userinfo.json()?;
        let named = userinfo.get("sub").and_then(Value::as_str).unwrap_or_default();
        if !bool::from(named.as_bytes().ct_eq(subject.as_bytes())) {
            return Err(Refused::Subject);
        }
        Ok(Person { subject, token, userinfo })
    }

    /// Whom a logout token of the provider's signs out (OpenID Connect Back-Channel Logout 1.0 §2.6). That it counts once is for
    /// the caller to see.
    ///
    /// # Errors
    /// Each refusal by its own name.
    pub async fn logout(&self, token: &str, now: Instant) -> Result<Logout, Refused> {
        let claims = self.verified(token, now).await?;
        claims::logout(&claims, self.settings.issuer.as_str(), &self.settings.client_id, now)
    }

    /// The claims of a token whose signature holds. An unknown key may be a new one: the provider is asked, once a minute.
    async fn verified(&self, token: &str, now: Instant) -> Result<Map<String, Value>, Refused> {
        let token = jws::read(token)?;
        let provider = self.provider(now).await?;
        if let Some(key) = provider.key(&token.kid) {
            return token.claims(key);
        }
        let provider = self.known.with_new_keys(&self.http, &self.settings.issuer, now).await?;
        token.claims(provider.key(&token.kid).ok_or(Refused::UnknownKey)?)
    }

    async fn exchange(
        &self,
        provider: &Provider,
        code: &str,
        secrets: &Secrets,
        random: [u8; 16],
        now: Instant,
    ) -> Result<Tokens, Refused> {
        let assertion = self.assertion(&provider.token_endpoint, random, now);
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("client_id", &self.settings.client_id),
            ("code_verifier", &secrets.verifier),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        let tokens: Tokens = self.http.post(&provider.token_endpoint, &form).await?.json()?;
        if tokens.token_type.eq_ignore_ascii_case("bearer") { Ok(tokens) } else { Err(Refused::NotTheProtocol) }
    }

    /// RFC 7523: that it is us who ask, for this endpoint, once, for a minute.
    fn assertion(&self, token_endpoint: &str, random: [u8; 16], now: Instant) -> String {
        let (seconds, client_id) = (now.micros().div_euclid(1_000_000), &self.settings.client_id);
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": token_endpoint,
            "jti": BASE64_URL_SAFE_NO_PAD.encode(random),
            "iat": seconds,
            "exp": seconds + ASSERTION_SECONDS,
        });
        self.key.sign_compact("JWT", claims.to_string().as_bytes())
    }
}
