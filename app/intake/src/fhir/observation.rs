//! 「EPDS」 The score as an Observation. Invariant: total and item 10, and nothing of the ten answers.

use serde_json::{Value, json};

use super::{EPDS_PANEL, LOINC, Names, PATIENT, patient};
use crate::{
    export::{Entry, Epds, Person},
    ids::ReceiptNumber,
    time::Instant,
};

/// The score of an entry as an R4 Observation; none of an entry without one.
#[must_use]
pub fn epds_observation(entry: &Entry, base_url: &str) -> Option<Value> {
    let epds = entry.epds.as_ref()?;
    Some(observation(&entry.id, entry.rev, entry.answered_at, &entry.person, epds, base_url))
}

/// A score as an R4 Observation.
///
/// Its code is the panel's, LOINC 71354-5, with the total as its value: what the total's own code should be (99046-5?) is
/// used differently by those who publish EPDS (`domain.md` §5.5), and a wrong code is worse than the general one. Item 10,
/// which is looked at apart from the total, has a code of our own for the same reason.
#[must_use]
pub fn observation(
    id: &ReceiptNumber,
    rev: i64,
    answered_at: Instant,
    person: &Person,
    epds: &Epds,
    base_url: &str,
) -> Value {
    let names = Names::of(base_url);
    let coded = |system: String, code: &str, text: &str| json!({ "coding": [{ "system": system, "code": code }], "text": text });
    let survey = json!({ "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "survey" });
    json!({
        "resourceType": "Observation",
        "language": "ja",
        "contained": [patient(person)],
        "identifier": [names.score(id, rev)],
        "status": "final",
        "category": [{ "coding": [survey] }],
        "code": coded(LOINC.to_owned(), EPDS_PANEL, "EPDS 合計点"),
        "subject": { "reference": format!("#{PATIENT}") },
        "effectiveDateTime": answered_at.rfc3339_in_japan(),
        "valueInteger": epds.total,
        // Which wording was shown.
        "method": { "coding": [{ "system": names.epds("epds-text-pack"), "code": epds.text_pack }] },
        "derivedFrom": [{
            "reference": names.response(id, rev),
            "type": "QuestionnaireResponse",
            "identifier": names.filing(id, rev),
        }],
        "component": [
            { "code": coded(names.epds("epds"), ITEM_10, "EPDS 項目10"), "valueInteger": epds.item10 },
            {
                "code": coded(names.epds("epds"), OCCASION, "実施時期"),
                "valueCodeableConcept": { "coding": [{ "system": names.epds("epds-occasion"), "code": epds.occasion }] },
            },
        ],
    })
}

/// The code of item 10.
pub(super) const ITEM_10: &str = "item10";
/// The code of the occasion: 産後2週間, 1か月, 訪問.
pub(super) const OCCASION: &str = "occasion";
