//! Request tokens (`handover.md` §4): a JWT that a destination signs for one request. Invariant: a token is good for a minute,
//! give or take the leeway; that it is used once is what its caller sees to, by [`Token::jti`].

use intake::{ids::DestinationId, time::Instant};
use serde::{Deserialize, Serialize};

use crate::{DestinationPublic, Error, SigningKey, jws, manifest::read_payload};

/// `typ` of a request token.
pub const TOKEN_TYPE: &str = "JWT";
/// For how long a token may be good, in seconds.
pub const LIFETIME: i64 = 60;
/// How far two clocks may differ, in seconds.
pub const LEEWAY: i64 = 60;

/// Other claims (`iat`, `nbf`) may stand there: JWT libraries write them.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    jti: String,
}

/// A token that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Who asks.
    pub destination: DestinationId,
    /// Its identifier: the caller refuses it when it was seen before.
    pub jti: String,
    /// Until when it must be remembered.
    pub remember_until: Instant,
}

/// Makes a token for one request; `random` makes its identifier.
///
/// # Panics
/// Never: claims have string keys only.
#[must_use]
pub fn make(key: &SigningKey, destination: &DestinationId, audience: &str, now: Instant, random: [u8; 16]) -> String {
    let name = destination.as_str().to_owned();
    let jti = random.iter().fold(String::with_capacity(32), |text, byte| text + &format!("{byte:02x}"));
    let exp = now.micros().div_euclid(1_000_000) + LIFETIME;
    let claims = Claims { iss: name.clone(), sub: name, aud: audience.trim_end_matches('/').to_owned(), exp, jti };
    key.sign_compact(TOKEN_TYPE, &serde_json::to_vec(&claims).expect("string keys only"))
}

/// Reads a token. `destinations` are those that may ask.
///
/// # Errors
/// Each refusal with its own error.
pub fn read(token: &str, destinations: &[DestinationPublic], audience: &str, now: Instant) -> Result<Token, Error> {
    let of_kid = |kid: &str| destinations.iter().find(|destination| destination.jwk.kid == kid);
    let verified = jws::verify_compact(token, TOKEN_TYPE, |kid| of_kid(kid).map(|found| &found.jwk))?;
    let destination = of_kid(&verified.kid).ok_or(Error::UnknownKey)?.destination.clone();
    let claims: Claims = read_payload(&verified.payload)?;
    if claims.iss != destination.as_str() || claims.sub != claims.iss {
        return Err(Error::WrongIssuer);
    }
    if claims.aud != audience.trim_end_matches('/') {
        return Err(Error::WrongAudience);
    }
    let seconds = now.micros().div_euclid(1_000_000);
    if claims.exp.saturating_add(LEEWAY) < seconds || claims.exp > seconds + LIFETIME + LEEWAY {
        return Err(Error::TokenTime);
    }
    if claims.jti.is_empty() || claims.jti.len() > 128 {
        return Err(Error::BadPayload);
    }
    let remember_until = Instant((claims.exp + LEEWAY + 1).saturating_mul(1_000_000));
    Ok(Token { destination, jti: claims.jti, remember_until })
}
