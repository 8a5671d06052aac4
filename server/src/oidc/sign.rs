//! 「署名API」 The sign transactions of the same service (`domain.md` §4.2): a digest goes there, the person signs it with her card,
//! and the result comes back in an envelope. Invariant: the service learns the digest alone, and a result is fetched for the
//! transaction that was begun for it only.
//!
//! What is in no source that we have is assumed, and said in README: the members `digest` and `sign_transaction_id`, a token by
//! client credentials of the scope `sign` for the beginning, the person's own token for the result, which is a compact JWE.

use intake::time::Instant;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Client, Expected, Refused, Secrets, claims};

/// Where the provider sends parents back to after they signed.
pub const SIGNED: &str = "/sign/callback";
/// What is asked for.
pub const TO_SIGN: &str = "openid sign";
const TRANSACTIONS: &str = "/api/sign-transactions";

#[derive(Deserialize)]
struct ServiceToken {
    access_token: String,
}

#[derive(Deserialize)]
struct Transaction {
    sign_transaction_id: String,
}

impl Client {
    fn transactions(&self) -> String {
        format!("{}{TRANSACTIONS}", self.settings.issuer.origin().origin())
    }

    /// Begins a transaction for a SHA-256 digest; its name.
    ///
    /// # Errors
    /// Each refusal by its own name.
    pub async fn begin_signing(&self, digest: &[u8; 32], random: [u8; 16], now: Instant) -> Result<String, Refused> {
        let provider = self.provider(now).await?;
        let assertion = self.assertion(&provider.token_endpoint, random, now);
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "sign"),
            ("client_id", self.settings.client_id.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", assertion.as_str()),
        ];
        let token: ServiceToken = self.http.post(&provider.token_endpoint, &form).await?.json()?;
        let body = json!({ "digest": BASE64_STANDARD.encode(digest) });
        let begun: Transaction = self.http.post_json(&self.transactions(), &token.access_token, &body).await?.json()?;
        let name = begun.sign_transaction_id;
        // It goes into two addresses.
        let is_name = (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if is_name { Ok(name) } else { Err(Refused::NotTheProtocol) }
    }

    /// Where the browser goes to sign.
    ///
    /// # Errors
    /// As [`Client::authorization`].
    pub async fn authorization_to_sign(
        &self,
        secrets: &Secrets,
        transaction: &str,
        now: Instant,
    ) -> Result<Url, Refused> {
        let mut address = self.authorization(secrets, now).await?;
        address.query_pairs_mut().append_pair("sign_transaction_id", transaction);
        Ok(address)
    }

    /// Gives the code for the result: a JWE to our key.
    ///
    /// # Errors
    /// Each refusal by its own name.
    pub async fn signing_result(
        &self,
        code: &str,
        (secrets, transaction): (&Secrets, &str),
        random: [u8; 16],
        now: Instant,
    ) -> Result<String, Refused> {
        let provider = self.provider(now).await?;
        let tokens = self.exchange(&provider, code, secrets, random, now).await?;
        let token = self.verified(&tokens.id_token, now).await?;
        let expected = Expected {
            issuer: self.settings.issuer.as_str(),
            client_id: &self.settings.client_id,
            nonce: &secrets.nonce,
            acr: &self.settings.acr,
            access_token: &tokens.access_token,
        };
        claims::check(&token, &expected, now)?;
        let address = format!("{}/{transaction}/result", self.transactions());
        self.http.get(&address, Some(&tokens.access_token)).await?.text()
    }
}
