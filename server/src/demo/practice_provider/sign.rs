//! 「署名API」 The sign transactions of the practice provider, with practice cards. Invariant: a result is given once, to who began the
//! transaction, in an envelope that only their key opens; what goes wrong was asked for.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD as BASE64_URL},
};
use intake::{
    card::{self, CardSex},
    time::{DAY, HOUR, Instant},
};
use p256::{PublicKey, SecretKey, ecdh::diffie_hellman};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use x509_cert::ext::pkix::{KeyUsage, KeyUsages};

use super::{PracticeProvider, RealmName, people::Person};
use crate::{
    demo::practice_card::{Asked, Holder, PracticeAuthority, PracticeCardError},
    flows::random,
    signing::jwe::content_key,
};

/// A transaction lasts no longer.
const LASTS: i64 = HOUR / 6;
/// The file of the revocations in the authority's folder.
const LIST: &str = "practice.crl";

/// What a practice card does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardFault {
    /// Its certificate has lapsed.
    Lapsed,
    /// Its certificate is revoked.
    Revoked,
    /// It is the certificate to sign in with.
    WrongKind,
    /// It signed something else.
    OtherDocument,
    /// The envelope is for somebody else.
    OtherEnvelope,
}

/// A transaction.
#[derive(Clone)]
pub(super) struct Transaction {
    client_id: String,
    digest: [u8; 32],
    /// Who signed, once somebody did.
    person: Option<&'static str>,
    pub(super) until: Instant,
}

/// The authority behind the cards, made when the first card signs: making keys takes seconds.
#[derive(Default)]
pub(super) struct Cards {
    authority: Option<Arc<PracticeAuthority>>,
    folder: Option<PathBuf>,
    pub(super) fault: Option<CardFault>,
}

impl Cards {
    pub(super) fn of(folder: &Path, authority: Option<Arc<PracticeAuthority>>) -> Self {
        Self { authority, folder: Some(folder.to_owned()), fault: None }
    }

    fn authority(&mut self, now: Instant) -> Result<Arc<PracticeAuthority>, PracticeCardError> {
        if let Some(authority) = &self.authority {
            return Ok(Arc::clone(authority));
        }
        let folder = self.folder.as_ref().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let authority = Arc::new(PracticeAuthority::of_folder(folder, now)?);
        self.authority = Some(Arc::clone(&authority));
        Ok(authority)
    }

    /// What the card answers: signature and certificate.
    fn signed(&mut self, person: &Person, digest: &[u8; 32], now: Instant) -> Result<Value, PracticeCardError> {
        let fault = self.fault;
        let authority = self.authority(now)?;
        let from = now.plus(-HOUR);
        let mut asked = Asked::of(&holder(person), from);
        match fault {
            Some(CardFault::Lapsed) => asked.until = now.plus(-HOUR / 2),
            Some(CardFault::WrongKind) => asked.usage = Some(KeyUsage(KeyUsages::DigitalSignature.into())),
            _ => {}
        }
        let revoked = match fault {
            Some(CardFault::Revoked) => vec![(asked.serial.clone(), from)],
            _ => Vec::new(),
        };
        if let Some(folder) = &self.folder {
            fs::write(folder.join(LIST), authority.list(&revoked, from)?)?;
        }
        let digest = match fault {
            Some(CardFault::OtherDocument) => Sha256::digest(digest).into(),
            _ => *digest,
        };
        Ok(json!({
            "signature": BASE64_STANDARD.encode(authority.sign_with_card(&digest)?),
            "certificate": BASE64_STANDARD.encode(authority.issue(&asked)?),
        }))
    }
}

/// The person as her card has her.
fn holder(person: &Person) -> Holder {
    let claims = person.claims.iter().map(|(_, claim, value)| ((*claim).to_owned(), value.clone())).collect();
    let (facts, _) = card::read(&claims);
    let name = facts.name.unwrap_or_default();
    Holder {
        name_substitutes: "0".repeat(name.chars().count()),
        name,
        sex: facts.sex.unwrap_or(CardSex::Unknown),
        birthdate: facts.birthdate.unwrap_or(Instant(0).plus(10_000 * DAY).date_in_japan()),
        address: facts.address.unwrap_or_default(),
    }
}

/// `POST /api/sign-transactions`: the name of a new one; none when the token or the digest is not taken.
pub(super) fn begin(provider: &PracticeProvider, token: &str, body: &[u8]) -> Option<Value> {
    let now = provider.clock.now();
    let mut state = provider.realm(RealmName::Main).state();
    state.sweep(now);
    let client_id = state.services.get(token).map(|(client_id, _)| client_id.clone())?;
    let body: Value = serde_json::from_slice(body).ok()?;
    let digest: [u8; 32] = BASE64_STANDARD.decode(body.get("digest")?.as_str()?).ok()?.try_into().ok()?;
    let name = uuid::Builder::from_random_bytes(random()).into_uuid().to_string();
    let transaction = Transaction { client_id, digest, person: None, until: now.plus(LASTS) };
    state.transactions.insert(name.clone(), transaction);
    Some(json!({ "sign_transaction_id": name }))
}

impl super::realm::State {
    /// Whether this client began a transaction that nobody has signed.
    pub(super) fn can_be_signed(&self, name: &str, client_id: &str) -> bool {
        self.transactions.get(name).is_some_and(|it| it.client_id == client_id && it.person.is_none())
    }

    /// The person signs it.
    pub(super) fn sign(&mut self, name: &str, person: &'static str) {
        if let Some(transaction) = self.transactions.get_mut(name) {
            transaction.person = Some(person);
        }
    }
}

/// `GET /api/sign-transactions/{id}/result`: the envelope; none when it is not for who asks.
pub(super) fn result(provider: &PracticeProvider, token: &str, name: &str) -> Option<String> {
    let now = provider.clock.now();
    let realm = provider.realm(RealmName::Main);
    let mut state = realm.state();
    state.sweep(now);
    let access = state.tokens.get(token)?.clone();
    let transaction = state.transactions.get(name)?.clone();
    let may = access.scopes.iter().any(|scope| scope == "sign")
        && access.client_id == transaction.client_id
        && transaction.person == Some(access.person);
    let envelope = state.envelopes.get(&access.client_id)?.clone();
    if !may || state.transactions.remove(name).is_none() {
        return None;
    }
    drop(state);
    let mut cards = provider.cards.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let signed = cards.signed(realm.person(access.person)?, &transaction.digest, now);
    let signed = signed.inspect_err(|error| tracing::error!(%error, "the practice card cannot sign")).ok()?;
    let other = cards.fault == Some(CardFault::OtherEnvelope);
    let theirs = if other { SecretKey::from_slice(&[1; 32]).ok()?.public_key() } else { key_of(&envelope)? };
    sealed(&theirs, signed.to_string().as_bytes())
}

fn key_of(jwk: &Value) -> Option<PublicKey> {
    let coordinate = |name: &str| BASE64_URL.decode(jwk.get(name)?.as_str()?).ok();
    PublicKey::from_sec1_bytes(&[vec![4], coordinate("x")?, coordinate("y")?].concat()).ok()
}

/// A compact JWE to a key: ECDH-ES, A256GCM.
fn sealed(theirs: &PublicKey, plain: &[u8]) -> Option<String> {
    let ours = SecretKey::from_slice(&random::<32>()).ok()?;
    let point = ours.public_key().to_sec1_bytes();
    let (x, y) = (BASE64_URL.encode(&point[1..33]), BASE64_URL.encode(&point[33..65]));
    let header = json!({ "alg": "ECDH-ES", "enc": "A256GCM", "epk": { "kty": "EC", "crv": "P-256", "x": x, "y": y } });
    let protected = BASE64_URL.encode(header.to_string());
    let shared = diffie_hellman(ours.to_nonzero_scalar(), theirs.as_affine());
    let key = content_key(shared.raw_secret_bytes(), "A256GCM", b"", b"", 256);
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok()?);
    let nonce: [u8; 12] = random();
    let mut text = plain.to_vec();
    let aad = Aad::from(protected.as_bytes());
    let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text).ok()?;
    let parts = [nonce.as_slice(), &text, tag.as_ref()].map(|part| BASE64_URL.encode(part));
    Some(format!("{protected}..{}", parts.join(".")))
}
