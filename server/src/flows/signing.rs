//! 「電子署名」 A filing signed with the card before it is sent. Invariant: what is signed is the document of one draft of one
//! parent, and a case carries a signature only if that very document is what is filed; the way back from the card is taken once.
//!
//! The network stands between [`prepare`] and [`begin`], and between [`take`] and [`keep`]; never inside a transaction.

use base64::{Engine, prelude::BASE64_STANDARD};
use intake::{
    answers::{Answers, FieldError, RawAnswers},
    card::{CardFacts, Matched},
    form::{Compartment, DraftRule, Form},
    identity::{Evidence, Method},
    ids::{CaseId, DraftId, FormId},
    journey, retention,
    signing::{CertificateStatus, Check, Document, Substitutes, carries, matched},
    time::Instant,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{FlowError, random, submit::Sender};
use crate::{
    jpki::{self, Refusal},
    portal::Portal,
    seal::{DataKey, token_hash},
    signing::Checker,
    store::{
        AuditEntry, Connection, Record, Upkeep, WriteTx,
        audit::{Actor, Deed, Subject},
        draft::{self, Draft},
        signature::{self, OfDraft},
    },
};

/// Whether a form can be signed here: what stands for itself and is kept beyond a session.
#[must_use]
pub fn is_offered(portal: &Portal, form: &Form) -> bool {
    let stands_alone = form.follows.is_none() && form.compartment == Compartment::General;
    portal.signing.is_some() && stands_alone && form.draft == DraftRule::Kept
}

/// A filing that is complete, to be signed.
pub struct ToSign {
    draft_id: DraftId,
    draft_version: i64,
    document: Document,
}

impl ToSign {
    /// 「ダイジェスト」 SHA-256 over what is signed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.document.bytes()).into()
    }
}

/// What became of the wish to sign.
pub enum Prepared {
    /// It can be.
    Ready(Box<ToSign>),
    /// Something is missing or wrong.
    Incomplete(Vec<FieldError>),
}

/// What only we know of the way to the card.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The name of the transaction at the service.
    pub transaction: String,
    /// Comes back in the address.
    pub state: String,
    /// Comes back inside the ID token.
    pub nonce: String,
    /// PKCE.
    pub verifier: String,
}

/// What is kept of a draft that is being signed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    document: Document,
    way: Way,
}

/// What the certificate said when it was verified.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certified {
    /// The four facts.
    pub facts: CardFacts,
    /// 「代替文字」 Signs for the name.
    pub name_substitutes: String,
    /// The same for the address.
    pub address_substitutes: String,
    /// Until when the certificate is valid, if it is not revoked.
    pub not_after: Instant,
    /// 「発行者とシリアル番号」
    identifier: String,
}

impl Certified {
    fn of(certificate: &jpki::SigningCertificate) -> Self {
        let facts = &certificate.facts;
        Self {
            facts: facts.card(),
            name_substitutes: facts.name_substitutes.clone(),
            address_substitutes: facts.address_substitutes.clone(),
            not_after: certificate.not_after,
            identifier: certificate.identifier(),
        }
    }

    /// Which facts agree with the answers.
    #[must_use]
    pub fn matched(&self, form: &Form, answers: &Answers) -> Matched {
        let substitutes = Substitutes { name: &self.name_substitutes, address: &self.address_substitutes };
        matched(&self.facts, substitutes, form, answers)
    }
}

/// A signature with all that it takes to verify it again, years later.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedFiling {
    document: String,
    signature: String,
    certificate: String,
    /// When it came back from the card.
    pub signed_at: Instant,
    /// What the certificate says.
    pub certified: Certified,
    /// Every verification, the first one first; never empty.
    pub checks: Vec<Check>,
    /// How sure the filing would be without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) without: Option<Evidence>,
}

impl SignedFiling {
    /// The newest verification.
    #[must_use]
    pub fn last_check(&self) -> Option<Check> {
        self.checks.last().copied()
    }

    fn status(&self) -> Option<CertificateStatus> {
        self.last_check().and_then(|check| check.status)
    }

    fn is_of(&self, form: &Form, answers: &RawAnswers) -> bool {
        let document = BASE64_STANDARD.decode(&self.document).ok();
        let document = document.and_then(|bytes| serde_json::from_slice::<Document>(&bytes).ok());
        document.is_some_and(|document| document.is_of(form, answers))
    }

    /// The evidence that it makes of another, for these answers.
    pub(super) fn evidence(&self, before: Evidence, form: &Form, answers: &Answers) -> Evidence {
        let matched = self.certified.matched(form, answers);
        match self.status() {
            Some(status) if carries(matched, status) => {
                Evidence { method: Method::Signature, signed_in_at: self.signed_at, matched, ..before }
            }
            _ => before,
        }
    }

    /// Verifies it once more.
    pub(super) fn verify(&self, checker: &Checker, now: Instant) -> Result<CertificateStatus, Refusal> {
        let bytes = |text: &str| BASE64_STANDARD.decode(text).unwrap_or_default();
        let (document, signature, certificate) =
            (bytes(&self.document), bytes(&self.signature), bytes(&self.certificate));
        let signed = jpki::Signed { document: &document, signature: &signature, certificate: &certificate };
        checker.verify(&signed, self.signed_at, now).map(|verified| verified.status)
    }
}

/// The draft of who asks, if she may sign it now.
async fn hers(
    portal: &Portal,
    connection: &mut Connection,
    sender: &Sender,
    form: &FormId,
    id: DraftId,
) -> Result<(Draft, RawAnswers, DataKey), FlowError> {
    let found = draft::find(connection, id).await?.ok_or(FlowError::NotFound)?;
    let is_hers = found.account_id == Some(sender.account) && found.is_open_to(&sender.session);
    if !is_hers || found.form_id != *form || found.is_over(portal.clock.now()) {
        return Err(FlowError::NotFound);
    }
    let key = portal.seal.unwrap_key(&found.wrapped_key)?;
    let raw = serde_json::from_slice(&key.open(&draft::place(id), &found.answers_sealed)?)?;
    Ok((found, raw, key))
}

fn form_of<'portal>(portal: &'portal Portal, draft: &Draft) -> Result<&'portal Form, FlowError> {
    let version = u32::try_from(draft.form_version).ok();
    let form = version.and_then(|version| portal.catalog.version(&draft.form_id, version));
    form.filter(|form| is_offered(portal, form)).ok_or(FlowError::NotFound)
}

/// Writes down what is to be signed.
///
/// # Errors
/// [`FlowError::NotFound`] when the draft is not hers or the form is not signed here.
pub async fn prepare(portal: &Portal, sender: &Sender, form: &FormId, id: DraftId) -> Result<Prepared, FlowError> {
    let (found, raw, _) = hers(portal, &mut *portal.database.read().await?, sender, form, id).await?;
    let form = form_of(portal, &found)?;
    if let Err(errors) = journey::complete(form, &raw, portal.clock.now().date_in_japan()) {
        return Ok(Prepared::Incomplete(errors));
    }
    let document = Document::of(form, &raw, random());
    Ok(Prepared::Ready(Box::new(ToSign { draft_id: id, draft_version: found.version, document })))
}

/// Keeps that she goes to sign it. Whatever was signed or begun of this draft before is given up.
///
/// # Errors
/// [`FlowError::NotFound`] when the draft is gone.
pub async fn begin(
    portal: &Portal,
    sender: &Sender,
    form: &FormId,
    to_sign: &ToSign,
    way: &Way,
) -> Result<(), FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let (_, _, key) = hers(portal, &mut tx, sender, form, to_sign.draft_id).await?;
    let begun = Begun { document: to_sign.document.clone(), way: way.clone() };
    let place = signature::draft_place(to_sign.draft_id);
    let row = OfDraft {
        draft_id: to_sign.draft_id,
        account_id: sender.account,
        draft_version: to_sign.draft_version,
        content_sealed: key.seal(&place, &serde_json::to_vec(&begun)?),
        begun_at: now,
        signed_at: None,
    };
    signature::begin(&mut tx, &row, &token_hash(way.state.as_bytes())).await?;
    let entry = AuditEntry::done(now, Actor::Citizen(sender.account), Deed::SigningBegun);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Draft(to_sign.draft_id)))).await?)
}

/// The way back from the card, taken.
pub struct Taken {
    row: OfDraft,
    document: Document,
    /// The form that she was filling in.
    pub form: FormId,
    /// What only we know of the way.
    pub way: Way,
}

/// Takes the way back. Whoever comes second, too late or as somebody else finds nothing.
///
/// # Errors
/// [`FlowError::NotFound`].
pub async fn take(portal: &Portal, sender: &Sender, state: &str) -> Result<Taken, FlowError> {
    let now = portal.clock.now();
    let mut tx = portal.database.write().await?;
    let row = signature::take(&mut tx, &token_hash(state.as_bytes())).await?.ok_or(FlowError::NotFound)?;
    let found = draft::find(&mut tx, row.draft_id).await?.ok_or(FlowError::NotFound)?;
    tx.commit(Record::Upkeep(Upkeep::CeremonyKept)).await?;
    if row.account_id != sender.account || row.begun_at.plus(retention::CARD_SIGNING) <= now {
        return Err(FlowError::NotFound);
    }
    let key = portal.seal.unwrap_key(&found.wrapped_key)?;
    let plain = key.open(&signature::draft_place(row.draft_id), &row.content_sealed)?;
    let Begun { document, way } = serde_json::from_slice(&plain)?;
    Ok(Taken { row, document, form: found.form_id, way })
}

/// What became of a signature that came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is kept with the draft.
    Signed,
    /// It is not one.
    Refused(Refusal),
    /// The answers were changed meanwhile: it is of something else.
    Changed,
    /// Nothing can be verified here now.
    NotVerifiable,
}

/// Verifies what came back, and keeps it with the draft.
///
/// # Errors
/// [`FlowError::NotFound`] when the draft is gone.
pub async fn keep(
    portal: &Portal,
    sender: &Sender,
    taken: Taken,
    signature: &[u8],
    certificate: &[u8],
) -> Result<Outcome, FlowError> {
    let (id, now) = (taken.row.draft_id, portal.clock.now());
    let document = taken.document.bytes();
    let signed = jpki::Signed { document: &document, signature, certificate };
    let Some(checker) = checker(portal) else { return refused(portal, sender, id, "not_verifiable").await };
    let verified = match checker.verify(&signed, now, now) {
        Ok(verified) => verified,
        Err(refusal) => {
            refused(portal, sender, id, refusal.code()).await?;
            return Ok(Outcome::Refused(refusal));
        }
    };
    let mut tx = portal.database.write().await?;
    let (found, raw, key) = hers(portal, &mut tx, sender, &taken.form, id).await?;
    if found.version != taken.row.draft_version || !taken.document.is_of(form_of(portal, &found)?, &raw) {
        drop(tx);
        refused(portal, sender, id, "changed").await?;
        return Ok(Outcome::Changed);
    }
    let kept = SignedFiling {
        document: BASE64_STANDARD.encode(&document),
        signature: BASE64_STANDARD.encode(signature),
        certificate: BASE64_STANDARD.encode(certificate),
        signed_at: now,
        certified: Certified::of(&verified.certificate),
        checks: vec![Check { at: now, status: Some(verified.status) }],
        without: None,
    };
    let sealed = key.seal(&signature::draft_place(id), &serde_json::to_vec(&kept)?);
    if !signature::keep(&mut tx, id, taken.row.begun_at, &sealed, now).await? {
        return Err(FlowError::NotFound);
    }
    let entry = AuditEntry::done(now, Actor::Citizen(sender.account), Deed::DraftSigned);
    tx.commit(Record::Deed(entry.on(Subject::Draft(id)).with("status", verified.status.code()))).await?;
    Ok(Outcome::Signed)
}

async fn refused(portal: &Portal, sender: &Sender, id: DraftId, reason: &'static str) -> Result<Outcome, FlowError> {
    let now = portal.clock.now();
    let entry = AuditEntry::done(now, Actor::Citizen(sender.account), Deed::DraftSigned).refused();
    let entry = entry.on(Subject::Draft(id)).with("reason", reason);
    portal.database.write().await?.commit(Record::Deed(entry)).await?;
    Ok(Outcome::NotVerifiable)
}

/// What signatures are verified by; none while it cannot be used, which is loud.
pub(super) fn checker(portal: &Portal) -> Option<Checker> {
    let settings = portal.config.signing.as_ref()?;
    let read = Checker::read(settings, portal.config.demo);
    read.inspect_err(|error| tracing::error!(%error, "SIGNATURES CANNOT BE VERIFIED: look at signing_ca_dir")).ok()
}

/// The signature of a draft, as 確認 shows it.
pub struct Shown {
    /// The signature.
    pub signed: SignedFiling,
    /// Whether the answers are still those that were signed.
    pub fits: bool,
}

/// The signature of a draft, if it has one.
///
/// # Errors
/// When it cannot be read.
pub async fn of_draft(portal: &Portal, form: &Form, raw: &RawAnswers, id: DraftId) -> Result<Option<Shown>, FlowError> {
    let mut tx = portal.database.read().await?;
    let Some(found) = draft::find(&mut tx, id).await? else { return Ok(None) };
    let key = portal.seal.unwrap_key(&found.wrapped_key)?;
    let signed = read(&mut tx, id, &key).await?;
    Ok(signed.map(|(_, signed)| Shown { fits: signed.is_of(form, raw), signed }))
}

async fn read(
    connection: &mut Connection,
    id: DraftId,
    key: &DataKey,
) -> Result<Option<(OfDraft, SignedFiling)>, FlowError> {
    let Some(row) = signature::of_draft(connection, id).await? else { return Ok(None) };
    if row.signed_at.is_none() {
        return Ok(None);
    }
    let signed = serde_json::from_slice(&key.open(&signature::draft_place(id), &row.content_sealed)?)?;
    Ok(Some((row, signed)))
}

/// Takes the signature of a draft away: she sends without. Nothing happens when there is none.
///
/// # Errors
/// [`FlowError::NotFound`] when the draft is not hers.
pub async fn discard(portal: &Portal, sender: &Sender, form: &FormId, id: DraftId) -> Result<(), FlowError> {
    let mut tx = portal.database.write().await?;
    hers(portal, &mut tx, sender, form, id).await?;
    if !signature::discard(&mut tx, id).await? {
        return Ok(());
    }
    let entry = AuditEntry::done(portal.clock.now(), Actor::Citizen(sender.account), Deed::DraftSignatureGivenUp);
    Ok(tx.commit(Record::Deed(entry.on(Subject::Draft(id)))).await?)
}

/// The signature that a draft is sent with.
///
/// # Errors
/// [`FlowError::SignatureStale`] when it is of other answers: she signs again, or gives it up.
pub(super) async fn of_filing(
    connection: &mut Connection,
    sender: &Sender,
    (draft, key): (&Draft, &DataKey),
    form: &Form,
    raw: &RawAnswers,
) -> Result<Option<SignedFiling>, FlowError> {
    match read(connection, draft.draft_id, key).await? {
        None => Ok(None),
        Some((row, signed)) if row.account_id == sender.account && signed.is_of(form, raw) => Ok(Some(signed)),
        Some(_) => Err(FlowError::SignatureStale),
    }
}

/// Keeps a signature with the case.
pub(super) async fn keep_with_case(
    portal: &Portal,
    tx: &mut WriteTx,
    (case, key): (CaseId, &DataKey),
    signed: &SignedFiling,
    without: Evidence,
) -> Result<(), FlowError> {
    let kept = SignedFiling { without: Some(without), ..signed.clone() };
    let index = portal.seal.index_key("certificate", &signed.certified.identifier);
    let sealed = key.seal(&signature::case_place(case), &serde_json::to_vec(&kept)?);
    Ok(signature::insert(tx, case, &index, &sealed, signed.signed_at).await?)
}
