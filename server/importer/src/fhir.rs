//! 「FHIR」 A batch for programs that speak FHIR R4. Invariant: a batch is verified as `verify` does before a byte is written, and
//! of an entry that would be sent back nothing is written. The same batch makes files of the same names and bytes.

use std::{collections::BTreeMap, path::Path};

use handover::{BatchFiles, Chain, OpenedBatch, OpenedEntry, manifest::MANIFEST_FILE, sha256_hex};
use intake::{fhir, ids::FormId, time::Instant};
use serde_json::Value;

use crate::{
    config::Config,
    error::ImportError,
    inputs,
    job::Notes,
    output::write_private,
    trust::{self, reader},
};

/// Writes a Bundle for each kind of entry: the forms, the responses, the scores.
///
/// # Errors
/// When the batch is refused, or a file cannot be written.
pub async fn write(config: &Config, files: &BatchFiles, out: &Path, now: Instant) -> Result<Notes, ImportError> {
    let keys = inputs::read_keys(config)?;
    let (trust, mut chain) = trust::looked_up(config, files, now).await?;
    forget_from(&mut chain, files);
    let batch = handover::open(files, &reader(config, &keys, &trust, &chain))?;
    let (bundles, mut notes) = bundles(&batch, &config.portal_url);
    for (kind, resources) in bundles {
        let name = format!("{kind}-{:06}.fhir.json", batch.manifest.seq);
        let content = fhir::bundle(resources).to_string();
        write_private(out, &name, content.as_bytes())
            .map_err(|error| ImportError::Io { what: format!("the file {name}"), error })?;
        notes.push(format!("{name} is written"));
    }
    Ok(notes)
}

/// A batch that was taken in already is verified as on that day: with what was known before it.
fn forget_from(chain: &mut Chain, files: &BatchFiles) {
    let digest = files.get(MANIFEST_FILE).map(sha256_hex);
    let known = chain.manifests.iter().find(|(_, known)| Some(*known) == digest.as_ref()).map(|(seq, _)| *seq);
    if let Some(seq) = known {
        chain.manifests.retain(|before, _| *before < seq);
        // Of the batch before only the digest is remembered here, and that it was the one before was checked then.
        chain.created_at = None;
    }
}

/// The resources of each kind, forms first, and what was left out: entries by their place, for numbers belong in no log.
fn bundles<'batch>(batch: &'batch OpenedBatch, base_url: &str) -> (BTreeMap<&'batch FormId, Vec<Value>>, Notes) {
    let mut bundles: BTreeMap<&FormId, Vec<Value>> = BTreeMap::new();
    for form in batch.forms.values() {
        bundles.entry(&form.id).or_default().push(fhir::questionnaire(form, base_url));
    }
    let mut notes = Vec::new();
    for (place, opened) in (1..).zip(&batch.entries) {
        match resources(batch, opened, base_url) {
            Ok(made) => bundles.entry(&opened.entry.kind).or_default().extend(made),
            Err(why) => notes.push(format!("batch {}, entry {place}: left out: {why}", batch.manifest.seq)),
        }
    }
    (bundles, notes)
}

/// The response of an entry and its score.
fn resources(batch: &OpenedBatch, opened: &OpenedEntry, base_url: &str) -> Result<Vec<Value>, String> {
    let entry = &opened.entry;
    let form = batch.form_of(entry).ok_or("its form is not in the batch")?;
    let response = fhir::questionnaire_response(entry, form, base_url)
        .map_err(|faults| faults.first().map(|fault| fault.code()).unwrap_or_default())?;
    let score = fhir::epds_observation(entry, base_url);
    let mut findings = fhir::check::response(&fhir::questionnaire(form, base_url), &response);
    findings.extend(score.iter().flat_map(fhir::check::observation));
    match findings.first() {
        Some(found) => Err(found.to_string()),
        None => Ok([response].into_iter().chain(score).collect()),
    }
}
