//! The life of the portal's signing keys: made, announced, active, retired. Invariant: there is always an active key, and
//! each step has its audit entry.

use handover::KeyAnnouncement;

use super::FlowError;
use crate::{
    portal::Portal,
    sign::{KeyRing, new_key},
    store::{
        AuditEntry, Connection,
        audit::{Actor, Deed, Subject},
        batch,
    },
};

/// The keys as they stand in the database.
///
/// # Errors
/// When the database fails.
pub async fn ring(connection: &mut Connection) -> Result<KeyRing, FlowError> {
    Ok(KeyRing::new(batch::keys(connection).await?))
}

/// Makes the first key, starts the one whose turn has come, retires those whose successor has signed for long enough.
///
/// # Errors
/// When the database fails.
pub async fn keep(portal: &Portal) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let keys = ring(&mut tx).await?;
    let mut entries = Vec::new();
    let did = |deed: Deed, kid: &str| AuditEntry::done(now, Actor::Portal, deed).on(Subject::Key(kid.to_owned()));
    if keys.is_empty() {
        let key = new_key(&portal.seal, true, now)?;
        batch::insert_key(&mut tx, &key).await?;
        entries.extend([did(Deed::KeyMade, &key.kid), did(Deed::KeyActivated, &key.kid)]);
    }
    for key in keys.due_to_start(now) {
        if batch::activate_key(&mut tx, &key.kid, now).await? {
            entries.push(did(Deed::KeyActivated, &key.kid));
        }
    }
    for key in keys.due_to_retire(now) {
        if batch::retire_key(&mut tx, &key.kid, now).await? {
            entries.push(did(Deed::KeyRetired, &key.kid));
        }
    }
    if entries.is_empty() { Ok(()) } else { Ok(tx.commit_all(entries).await?) }
}

/// Announces a new key; it signs after a week. None when one waits already.
///
/// # Errors
/// When the database fails.
pub async fn rotate(portal: &Portal) -> Result<Option<String>, FlowError> {
    keep(portal).await?;
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    if ring(&mut tx).await?.has_successor() {
        return Ok(None);
    }
    let key = new_key(&portal.seal, false, now)?;
    batch::insert_key(&mut tx, &key).await?;
    let entry = AuditEntry::done(now, Actor::Operator, Deed::KeyMade).on(Subject::Key(key.kid.clone()));
    tx.commit_all(vec![entry]).await?;
    Ok(Some(key.kid))
}

/// The public keys: as a JWK set, and as the signed announcement.
///
/// # Errors
/// When the database fails, or a key does not open.
pub async fn published(portal: &Portal) -> Result<(KeyAnnouncement, Vec<u8>), FlowError> {
    let now = portal.clock.now();
    let keys = ring(&mut *portal.database.read().await?).await?;
    let issuer = portal.config.public_url.origin();
    Ok((keys.announcement(issuer, now)?, keys.signed_announcement(&portal.seal, issuer, now)?))
}
