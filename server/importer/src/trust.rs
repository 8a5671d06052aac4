//! Whom to believe: the portal's keys, and the batches before. Invariant: the first key is the one that the configuration
//! pins; every other came in an announcement that a trusted one signed.

use handover::{BatchFiles, Chain, DestinationKeys, KeyAnnouncement, Reader, Trust, keys::JwkSet, manifest::KEYS_FILE};
use intake::time::Instant;

use crate::{config::Config, error::ImportError, inputs::read_file, portal::Portal, state::State};

/// Who reads, and what is expected.
pub(crate) fn reader<'a>(
    config: &'a Config,
    keys: &'a DestinationKeys,
    trust: &'a Trust,
    chain: &'a Chain,
) -> Reader<'a> {
    Reader { issuer: &config.portal_url, audience: config.destination.as_str(), trust, chain, keys }
}

/// The batches that were read before.
pub(crate) async fn chain(state: &State) -> Result<Chain, ImportError> {
    let mut chain = Chain::default();
    for batch in state.batches().await? {
        chain.push(batch.seq, &batch.manifest_sha256, batch.created_at);
    }
    Ok(chain)
}

/// Whom to trust now.
pub(crate) async fn trust(
    config: &Config,
    state: &State,
    keys_document: Option<&[u8]>,
    portal: Option<&Portal>,
    now: Instant,
) -> Result<Trust, ImportError> {
    match state.trust().await? {
        Some(document) => Ok(serde_json::from_str(&document).map_err(|_| handover::Error::BadKey)?),
        None => first_trust(config, keys_document, portal, now),
    }
}

/// Whom to trust and which batches were before, for a reader that leaves everything as it is.
pub(crate) async fn looked_up(
    config: &Config,
    files: &BatchFiles,
    now: Instant,
) -> Result<(Trust, Chain), ImportError> {
    let Some(state) = State::look(&config.state).await? else {
        return Ok((first_trust(config, files.get(KEYS_FILE), None, now)?, Chain::default()));
    };
    let trust = trust(config, &state, files.get(KEYS_FILE), None, now).await?;
    Ok((trust, chain(&state).await?))
}

/// Whom to trust before anything was read: the key that the configuration pins, looked for where the portal's keys are told.
pub(crate) fn first_trust(
    config: &Config,
    keys_document: Option<&[u8]>,
    portal: Option<&Portal>,
    now: Instant,
) -> Result<Trust, ImportError> {
    if let Some(path) = &config.portal_jwk {
        let jwk = serde_json::from_slice(&read_file(path)?).map_err(|_| handover::Error::BadKey)?;
        return Ok(Trust::of(jwk, now)?);
    }
    let heard = config.portal_fingerprint.as_deref().unwrap_or_default();
    let candidates = match (portal, keys_document) {
        (Some(portal), _) => portal.jwks()?,
        (None, Some(document)) => announced_keys(document)?,
        (None, None) => return Err(ImportError::NoKeyYet),
    };
    Ok(Trust::pin(&candidates, heard, now)?)
}

/// The keys that an announcement names. Nothing is believed of it but that a key with the right fingerprint is that key.
pub(crate) fn announced_keys(document: &[u8]) -> Result<Vec<u8>, handover::Error> {
    let payload = handover::jws::unverified_payload(document)?;
    let announcement: KeyAnnouncement = serde_json::from_slice(&payload).map_err(|_| handover::Error::BadPayload)?;
    let set = JwkSet { keys: announcement.keys.into_iter().map(|key| key.jwk).collect() };
    serde_json::to_vec(&set).map_err(|_| handover::Error::BadPayload)
}

pub(crate) fn document(trust: &Trust) -> Result<String, ImportError> {
    Ok(serde_json::to_string(trust).map_err(|_| handover::Error::BadKey)?)
}
