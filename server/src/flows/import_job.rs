//! What an import job may ask for (`handover.md` §4). Invariant: a token opens its destination's own batches only, and once.

use handover::{
    BatchFiles, DestinationPublic,
    manifest::{KEYS_FILE, MANIFEST_FILE},
    sha256_hex, token,
};
use intake::ids::DestinationId;

use super::FlowError;
use crate::{
    portal::Portal,
    seal::token_hash,
    store::{
        AuditEntry, Record, StoreError, Upkeep,
        audit::{Actor, Deed, Subject},
        batch::{self, Batch},
        session,
    },
};

/// At most so many batches in one list.
const MOST_LISTED: i64 = 100;

/// Why a token is not let in. One reason for the outside; the log says more.
#[derive(Debug, thiserror::Error)]
pub enum NotAdmitted {
    /// It is no good.
    #[error("the token is not good: {0}")]
    Token(#[from] handover::Error),
    /// It was used before.
    #[error("the token was used before")]
    UsedBefore,
    /// Something failed.
    #[error(transparent)]
    Flow(FlowError),
}

impl From<StoreError> for NotAdmitted {
    fn from(error: StoreError) -> Self {
        Self::Flow(error.into())
    }
}

/// Who asks, by the token of the request.
///
/// # Errors
/// See [`NotAdmitted`].
pub async fn admit(portal: &Portal, bearer: &str) -> Result<DestinationId, NotAdmitted> {
    let now = portal.clock.now();
    let all = batch::destinations(&mut *portal.database.read().await?).await?;
    let enabled = all.iter().filter(|one| one.disabled_at.is_none());
    let known: Vec<DestinationPublic> =
        enabled.filter_map(|one| DestinationPublic::from_json(&one.public_json).ok()).collect();
    let admitted = token::read(bearer, &known, portal.config.public_url.origin(), now)?;
    let mut tx = portal.database.write().await?;
    let name = format!("handover/{}/{}", admitted.destination, admitted.jti);
    if !session::see_token(&mut tx, &token_hash(name.as_bytes()), admitted.remember_until).await? {
        return Err(NotAdmitted::UsedBefore);
    }
    tx.commit(Record::Upkeep(Upkeep::TokenSeen)).await?;
    Ok(admitted.destination)
}

/// The batches after a number, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(portal: &Portal, destination: &DestinationId, after: i64) -> Result<Vec<Batch>, FlowError> {
    Ok(batch::list_after(&mut *portal.database.read().await?, destination, after, MOST_LISTED).await?)
}

/// A file of a batch.
pub enum File {
    /// Its digest and content.
    Here {
        /// Hexadecimal.
        sha256: String,
        /// As it was sealed.
        content: Vec<u8>,
    },
    /// It was there, and went when the batch was settled.
    Gone,
}

/// A file of a batch. That a manifest was fetched is kept in the audit log.
///
/// # Errors
/// [`FlowError::NotFound`] when the destination has no such batch or file.
pub async fn file(portal: &Portal, destination: &DestinationId, seq: i64, name: &str) -> Result<File, FlowError> {
    let mut tx = portal.database.read().await?;
    let found = batch::find(&mut tx, destination, seq).await?.ok_or(FlowError::NotFound)?;
    match name {
        MANIFEST_FILE => {
            drop(tx);
            keep_that_it_was_fetched(portal, destination, seq).await?;
            Ok(File::Here { sha256: found.manifest_sha256, content: found.manifest })
        }
        KEYS_FILE => Ok(File::Here { sha256: sha256_hex(&found.keys_document), content: found.keys_document }),
        other => {
            let file = batch::file(&mut tx, destination, seq, other).await?.ok_or(FlowError::NotFound)?;
            Ok(file.content.map_or(File::Gone, |content| File::Here { sha256: file.sha256, content }))
        }
    }
}

async fn keep_that_it_was_fetched(portal: &Portal, destination: &DestinationId, seq: i64) -> Result<(), FlowError> {
    let tx = portal.database.write().await?;
    let actor = Actor::Destination(destination.clone());
    let entry = AuditEntry::done(portal.clock.now(), actor, Deed::BatchFetched);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Batch(destination.clone(), seq)))).await?)
}

/// A batch with all its files, to be carried.
///
/// # Errors
/// [`FlowError::NotFound`] when there is no such batch, or its files went when it was settled.
pub async fn carried(portal: &Portal, destination: &DestinationId, seq: i64) -> Result<BatchFiles, FlowError> {
    let mut tx = portal.database.read().await?;
    let found = batch::find(&mut tx, destination, seq).await?.ok_or(FlowError::NotFound)?;
    let mut files = BatchFiles::default();
    files.insert(MANIFEST_FILE, found.manifest)?;
    files.insert(KEYS_FILE, found.keys_document)?;
    for head in batch::files(&mut tx, destination, seq).await? {
        let file = batch::file(&mut tx, destination, seq, &head.name).await?;
        let content = file.and_then(|file| file.content).ok_or(FlowError::NotFound)?;
        files.insert(&head.name, content)?;
    }
    Ok(files)
}
