//! What is in a case, opened. Invariant: it opens for a [`Permit`] only, and every revision is read with the form version
//! that the case was filled in with.

use intake::{
    access::Permit,
    answers::{Answers, RawAnswers},
    card::CardFacts,
    case::{CorrectionRequest, DeclineReason},
    counter::PutRight,
    epds,
    export::Epds,
    form::Form,
    identity::{Compared, Evidence, ProxySeen, SeenAtCounter},
    ids::{FieldId, StaffId},
    journey::{CompleteAnswers, complete, complete_but, with_dependents},
    staff_items::{StaffAnswers, parse_staff_items},
    time::Instant,
};
use serde::{Deserialize, Serialize};

use super::{
    FlowError,
    amend::{Amended, SettledDifference},
};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        Connection, StoreError, WriteTx,
        case::{self, Author, CaseHead},
        case_content::{self, Content},
    },
};

/// The office's part of a case: what the parent did not type.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Office {
    /// Record items that staff fill in, by the id of the item.
    pub staff_items: RawAnswers,
    /// How identity was established.
    pub evidence: Option<Evidence>,
    /// 「差戻し」 What was asked to be corrected, oldest first.
    pub requests: Vec<CorrectionRequest>,
    /// Why declining is proposed, or why it was declined.
    pub decline_reason: Option<DeclineReason>,
    /// The language in which the parent filled it in; none of cases from before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// 「親子番号」 As the back office told it, where the city wants it kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_child_number: Option<String>,
    /// 「EPDS」 Which wording the items were answered in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_pack: Option<ShownPack>,
    /// 「基本4情報」 What the card says of who had signed in with it when filing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<CardFacts>,
    /// 「他の経路」 How it came, when it was not filed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// 「窓口代行入力」 What is known of the paper, where staff typed it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<Counter>,
}

impl Office {
    /// Compares the card with answers that were corrected: evidence is about what is declared now. Whether anything changed.
    pub(crate) fn compare_again(&mut self, form: &Form, answers: &Answers) -> bool {
        let (Some(card), Some(evidence)) = (&self.card, &mut self.evidence) else { return false };
        let before = *evidence;
        evidence.matched = card.matched(form, answers);
        evidence.comparison = evidence.comparison.with_card(card, form, answers);
        *evidence != before
    }

    /// 「照合」 After the answers went from the one to the other, by the person or by the office: what was compared before says
    /// nothing of what is declared anew. Whether anything changed.
    pub(crate) fn declared(
        &mut self,
        form: &Form,
        (before, after): (&RawAnswers, &RawAnswers),
        by_office: bool,
    ) -> bool {
        let Some(evidence) = &mut self.evidence else { return false };
        let comparison = evidence.comparison.after_change(form, before, after, by_office);
        std::mem::replace(&mut evidence.comparison, comparison) != comparison
    }
}

/// 「他の経路」 What another channel said of a filing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Its number there.
    pub number: String,
    /// The SHA-256 of the file that it came in, in hexadecimal.
    pub file_sha256: String,
    /// The line of the file that it began on, where one file holds several.
    pub line: u64,
    /// When it was taken in here.
    pub taken_in_at: Instant,
    /// The fields that its form never asks.
    pub not_asked: Vec<FieldId>,
    /// 「署名用電子証明書」 Whether the channel said that it was signed.
    pub signed: Option<Signed>,
}

/// 「署名用電子証明書」 What a channel said of a signature.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// Who answers in the city for the channel's having verified it; none where that is not said, and then it proves nothing.
    pub answered_for_by: Option<String>,
}

/// 「窓口代行入力」 A form that was handed in on paper and typed in by staff.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counter {
    /// When it was typed in; by whom stands in the history.
    pub typed_at: Instant,
    /// Why it was typed in on a later day than it was handed in on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_because: Option<String>,
    /// 「未記入」 The fields that the paper leaves blank: they are asked for.
    pub blank: Vec<FieldId>,
    /// 「照合」 What the second person put right; none before the check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_right: Option<Vec<PutRight>>,
    /// The revision that this made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_right_rev: Option<i64>,
}

/// 「EPDS」 A text pack by its name, which stays when the pack itself is taken away.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShownPack {
    /// Its name.
    pub id: String,
    /// Its digest.
    pub sha256: String,
}

/// What an event says beside its command.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventDetail {
    /// 「差戻し」 What is to be corrected.
    SendBack(CorrectionRequest),
    /// 「担当の割当て」 Into whose hands it was put.
    Assign(StaffId),
    /// Why it is to be declined.
    ProposeDecline(DeclineReason),
    /// 「本人確認」 What was seen, and how it compares with what was declared.
    RecordIdentity(SeenAtCounter, Compared),
    /// 「職権訂正」
    Amend(Amended),
    /// 「同じ方と確認」
    SettleDifference(SettledDifference),
    /// 「代理人の確認」 What was seen of the proxy.
    RecordProxy(ProxySeen),
    /// 「照合」 What was put right.
    CheckEntry(Vec<PutRight>),
}

/// One revision, opened.
pub struct OpenRevision {
    /// Its number, from 1.
    pub rev: i64,
    /// What was typed.
    pub raw: RawAnswers,
    /// `citizen`, `staff` or `portal`.
    pub author_kind: String,
    /// When; the rules that depend on the day use its day in Japan.
    pub created_at: Instant,
}

/// A case, opened.
pub struct OpenCase<'portal> {
    /// What may be seen without opening.
    pub head: CaseHead,
    /// The form in the version that was filled in.
    pub form: &'portal Form,
    /// All revisions, oldest first; never empty.
    pub revisions: Vec<OpenRevision>,
    /// The office's part.
    pub office: Office,
    /// The case's own key, for what the same deed writes.
    pub key: DataKey,
}

impl OpenCase<'_> {
    /// The newest revision.
    ///
    /// # Errors
    /// When there is none, which [`open`] excludes.
    pub fn newest(&self) -> Result<&OpenRevision, FlowError> {
        self.revisions.last().ok_or_else(|| corrupt("a case without a revision"))
    }

    /// The answers of the newest revision, by the rules of its day.
    ///
    /// # Errors
    /// When they are no longer complete: a case holds complete answers, but for what its channel never asks.
    pub fn complete(&self) -> Result<CompleteAnswers, FlowError> {
        let newest = self.newest()?;
        complete_but(self.form, &newest.raw, newest.created_at.date_in_japan(), &self.to_be_asked())
            .map_err(|_| corrupt("a case with incomplete answers"))
    }

    /// 「聞き取り」 The fields that its channel never asks, or that the paper leaves blank, and those that depend on them.
    #[must_use]
    pub fn to_be_asked(&self) -> Vec<FieldId> {
        let not_asked = self.office.origin.as_ref().map(|origin| &origin.not_asked);
        let blank = self.office.counter.as_ref().map(|counter| &counter.blank);
        not_asked.or(blank).map_or_else(Vec::new, |fields| with_dependents(self.form, fields))
    }

    /// Whether it was filed here by an account, be it closed or not.
    #[must_use]
    pub const fn was_filed_here(&self) -> bool {
        self.office.origin.is_none() && self.office.counter.is_none()
    }

    /// 「聞き取り」 The fields that must be answered before it can be accepted.
    ///
    /// # Errors
    /// Never: a case has a revision.
    pub fn unanswered(&self) -> Result<Vec<FieldId>, FlowError> {
        let newest = self.newest()?;
        let strict = complete(self.form, &newest.raw, newest.created_at.date_in_japan());
        Ok(strict.err().into_iter().flatten().map(|found| found.field).collect())
    }

    /// The staff items, by the rules of the day of acceptance.
    ///
    /// # Errors
    /// When the case was not accepted, or its form does not take them.
    pub fn staff_answers(&self) -> Result<StaffAnswers, FlowError> {
        let accepted_at = self.head.accepted_at.ok_or_else(|| corrupt("an accepted case without its decision"))?;
        parse_staff_items(self.form, &self.office.staff_items, accepted_at.date_in_japan())
            .map_err(|_| corrupt("a case with staff items that its form does not take"))
    }

    /// Keeps the newest answers once more under the next number. They keep their day too, for the rules that depend on it
    /// were met on that day.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn copy_newest(&self, tx: &mut WriteTx, rev: i64, author: Author) -> Result<(), FlowError> {
        let (id, newest) = (self.head.case_id, self.newest()?);
        let sealed = self.key.seal(&case::revision_place(id, rev), &serde_json::to_vec(&newest.raw)?);
        Ok(case::insert_revision(tx, id, rev, &sealed, author, newest.created_at).await?)
    }

    /// 「EPDS」 The two numbers that may leave: of ten answers only, and never the answers themselves.
    ///
    /// # Errors
    /// When it has items of which nobody knows the wording.
    pub(crate) fn epds(&self, complete: &CompleteAnswers) -> Result<Option<Epds>, FlowError> {
        if self.form.epds_items().is_empty() {
            return Ok(None);
        }
        let pack = self.office.text_pack.as_ref();
        let pack = pack.ok_or_else(|| corrupt("an EPDS of which nobody knows the wording"))?;
        Ok(epds::for_entry(self.form, complete.answers(), &pack.id))
    }

    /// The office's part, sealed again.
    ///
    /// # Errors
    /// Never in practice: it is plain data.
    pub fn seal_office(&self) -> Result<Vec<u8>, FlowError> {
        Ok(self.key.seal(&case::office_place(self.head.case_id), &serde_json::to_vec(&self.office)?))
    }
}

fn corrupt(sentence: &str) -> FlowError {
    FlowError::Store(StoreError::Corrupt(sentence.to_owned()))
}

/// Opens a case.
///
/// # Errors
/// [`FlowError::NotFound`] once the content is erased.
pub async fn open<'portal>(
    portal: &'portal Portal,
    connection: &mut Connection,
    head: CaseHead,
    permit: &Permit,
) -> Result<OpenCase<'portal>, FlowError> {
    let content = case_content::of_case(connection, permit).await?.ok_or(FlowError::NotFound)?;
    opened(portal, head, content)
}

/// Opens what was read of a case.
///
/// # Errors
/// When it was not sealed by this portal, or for another case.
pub(super) fn opened(portal: &Portal, head: CaseHead, content: Content) -> Result<OpenCase<'_>, FlowError> {
    let version = u32::try_from(head.form_version).map_err(|_| corrupt("a form version below zero"))?;
    let form = portal.catalog.version(&head.form_id, version).ok_or_else(|| corrupt("a form that is not served"))?;
    let key = portal.seal.unwrap_key(&content.wrapped_key)?;
    let mut revisions = Vec::with_capacity(content.revisions.len());
    for revision in content.revisions {
        let plain = key.open(&case::revision_place(head.case_id, revision.rev), &revision.answers_sealed)?;
        let raw = serde_json::from_slice(&plain)?;
        revisions.push(OpenRevision {
            rev: revision.rev,
            raw,
            author_kind: revision.author_kind,
            created_at: revision.created_at,
        });
    }
    if revisions.is_empty() {
        return Err(corrupt("a case without a revision"));
    }
    let office = match content.office_sealed {
        None => Office::default(),
        Some(sealed) => serde_json::from_slice(&key.open(&case::office_place(head.case_id), &sealed)?)?,
    };
    Ok(OpenCase { head, form, revisions, office, key })
}
