//! 「FHIR R4」 Forms, answers and scores in the exchange format of hospitals. Invariant: what is made here passes [`check`], and
//! holds of a person what the entry's answers say and nothing beside.
//!
//! How ours becomes R4, where R4 leaves it open:
//!
//! - **答えたくない** is an answer without a value that bears the extension `data-absent-reason` with `asked-declined`. An empty
//!   item would read as “not asked”, a choice “declined” would be there for choices only, and could be taken for an answer;
//!   R4 allows an answer without a value for this very purpose. A required question counts as answered, and a condition
//!   `exists` does not hold, as with [`crate::form::Condition`]. Which questions offer it, the extension `may-decline` of our
//!   own says.
//! - **その他** stays a choice with a code, and its free text an item with a condition. `open-choice` would merge the two and
//!   lose either the code or the text where only one is allowed, so it is not used.
//! - **A choice that is offered under a condition** has no counterpart in R4: it stands among the options, and the condition is
//!   left out. The form itself, which travels in every batch, keeps it.
//! - **Days that a date may lie on** depend on the day of filing, so no `minValue` could say them.
//! - **A choice that the form refuses** can stand in no response, so it is no option.
//! - **A span of months** is a group of two dates, each a year and a month.
//! - **Translations** stand beside the Japanese text as far as they are at hand: the portal has them, a batch does not, for they
//!   are no part of a form's version. **Furigana** (`ja-easy`) is Japanese: the one Japanese text is enough.
//! - **What the portal computes** (weeks, age, 届出日) is no answer and stands in no response.
//! - **EPDS**: total and item 10 as an Observation, never the ten answers, not even where they are at hand. In the Questionnaire
//!   the ten items are lines with their theme that take no answer, for the wording is licensed.

pub mod check;
mod observation;
mod questionnaire;
mod response;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

pub use observation::{epds_observation, observation};
pub use questionnaire::questionnaire;
pub use response::{questionnaire_response, response};

use crate::{
    export::{Epds, Person, Proxy},
    form::{Choice, Form, Text},
    ids::{FieldId, FormId, ReceiptNumber},
    journey::CompleteAnswers,
    staff_items::StaffAnswers,
    texts::DRAFTS,
    time::Instant,
};

/// The media type of a resource.
pub const MEDIA_TYPE: &str = "application/fhir+json";

const TRANSLATION: &str = "http://hl7.org/fhir/StructureDefinition/translation";
const MIN_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/minValue";
const MAX_VALUE: &str = "http://hl7.org/fhir/StructureDefinition/maxValue";
const UNIT: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit";
const DISPLAY_CATEGORY: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-displayCategory";
const DISPLAY_CATEGORIES: &str = "http://hl7.org/fhir/questionnaire-display-category";
const OPTION_EXCLUSIVE: &str = "http://hl7.org/fhir/StructureDefinition/questionnaire-optionExclusive";
const DATA_ABSENT_REASON: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
const DECLINED: &str = "asked-declined";
/// Ends the address of the extension that says that a question offers 答えたくない.
const MAY_DECLINE: &str = "/fhir/StructureDefinition/may-decline";
const LOINC: &str = "http://loinc.org";
/// The panel “Edinburgh Postnatal Depression Scale [EPDS]”.
const EPDS_PANEL: &str = "71354-5";

/// The name of the group of what staff fill in. Ids of fields and pages have no full stop.
const STAFF_GROUP: &str = "group.staff";

/// An answered form, from wherever it was opened.
pub struct Filled<'a> {
    /// 「受付番号」
    pub id: &'a ReceiptNumber,
    /// Revision, from 1.
    pub rev: i64,
    /// When the answers of this revision were given.
    pub answered_at: Instant,
    /// The form in the version that was filled in.
    pub form: &'a Form,
    /// The answers.
    pub complete: &'a CompleteAnswers,
    /// What staff filled in.
    pub staff: &'a StaffAnswers,
    /// Whom it is about.
    pub person: &'a Person,
    /// Who filed for her.
    pub proxy: Option<&'a Proxy>,
    /// 「EPDS」
    pub epds: Option<&'a Epds>,
}

/// A filing as a Bundle: its form, the response, and the score if there is one.
#[must_use]
pub fn filing(filled: &Filled<'_>, base_url: &str) -> Value {
    let mut resources = vec![questionnaire(filled.form, base_url), response(filled, base_url)];
    resources.extend(
        filled.epds.map(|epds| observation(filled.id, filled.rev, filled.answered_at, filled.person, epds, base_url)),
    );
    bundle(resources)
}

/// Resources of this module as a Bundle of the type `collection`, each under an address of its own.
#[must_use]
pub fn bundle(resources: Vec<Value>) -> Value {
    let entry = |resource: Value| json!({ "fullUrl": address_of(&resource), "resource": resource });
    let entries: Vec<Value> = resources.into_iter().map(entry).collect();
    json!({ "resourceType": "Bundle", "type": "collection", "entry": entries })
}

/// The name that a resource has in a Bundle: the same for the same form, filing or score.
fn address_of(resource: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let identifier = resource["identifier"].get(0).unwrap_or(&resource["identifier"]);
    let key = match identifier {
        Value::Null => text(&resource["url"]) + "|" + &text(&resource["version"]),
        identifier => text(&identifier["system"]) + "|" + &text(&identifier["value"]),
    };
    address(&key)
}

/// A UUID of the version for names of one's own making (RFC 9562, 8), so that nothing has to be remembered.
fn address(key: &str) -> String {
    let mut bytes: [u8; 32] = Sha256::digest(key).into();
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = |range: std::ops::Range<usize>| bytes[range].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("urn:uuid:{}-{}-{}-{}-{}", hex(0..4), hex(4..6), hex(6..8), hex(8..10), hex(10..16))
}

/// The addresses that name things of this portal. They are names: nothing is served there.
#[derive(Clone, Copy)]
struct Names<'a>(&'a str);

impl<'a> Names<'a> {
    fn of(base_url: &'a str) -> Self {
        Self(base_url.trim_end_matches('/'))
    }

    fn form(self, id: &FormId) -> String {
        format!("{}/fhir/Questionnaire/{id}", self.0)
    }

    /// A form in one version.
    fn version(self, form: &Form) -> String {
        format!("{}|{}", self.form(&form.id), form.version)
    }

    /// The codes of a field. They mean the same in every version.
    fn choices(self, form: &FormId, field: &FieldId) -> String {
        format!("{}/{field}", self.form(form))
    }

    /// 「別添1」 The record list.
    fn record_items(self) -> String {
        format!("{}/fhir/CodeSystem/record-items", self.0)
    }

    /// 母子保健法施行規則3条
    fn legal_items(self) -> String {
        format!("{}/fhir/CodeSystem/legal-items", self.0)
    }

    fn epds(self, what: &str) -> String {
        format!("{}/fhir/CodeSystem/{what}", self.0)
    }

    fn may_decline(self) -> String {
        format!("{}{MAY_DECLINE}", self.0)
    }

    /// 「受付番号」 with its revision.
    fn filing(self, id: &ReceiptNumber, rev: i64) -> Value {
        json!({ "system": format!("{}/fhir/identifier/filing", self.0), "value": format!("{id}/{rev}") })
    }

    fn score(self, id: &ReceiptNumber, rev: i64) -> Value {
        json!({ "system": format!("{}/fhir/identifier/epds", self.0), "value": format!("{id}/{rev}") })
    }

    /// The address of a filing's response in a Bundle.
    fn response(self, id: &ReceiptNumber, rev: i64) -> String {
        address_of(&json!({ "identifier": self.filing(id, rev) }))
    }

    fn coding(self, form: &Form, field: &FieldId, choice: &Choice) -> Value {
        let mut coding = Map::new();
        coding.insert("system".to_owned(), self.choices(&form.id, field).into());
        coding.insert("code".to_owned(), choice.code.clone().into());
        put_text(&mut coding, "display", &choice.label);
        Value::Object(coding)
    }
}

/// The two ends of a span of months, by what their ids end with.
const SPAN: [(&str, &str); 2] = [("from", "から"), ("to", "まで")];

/// Puts a sentence in Japanese under a key, and beside it what it is in other languages.
fn put_text(object: &mut Map<String, Value>, key: &str, text: &Text) {
    object.insert(key.to_owned(), text.get("ja").into());
    let is_another = |locale: &str| !locale.starts_with("ja") && !DRAFTS.contains(&locale);
    let mut others: Vec<(&str, &str)> =
        text.all().filter(|(locale, text)| is_another(locale) && !text.trim().is_empty()).collect();
    others.sort_unstable();
    let translation = |(locale, text): (&str, &str)| {
        json!({ "url": TRANSLATION, "extension": [
            { "url": "lang", "valueCode": locale },
            { "url": "content", "valueString": text },
        ] })
    };
    let translations: Vec<Value> = others.into_iter().map(translation).collect();
    if !translations.is_empty() {
        object.insert(format!("_{key}"), json!({ "extension": translations }));
    }
}

/// Whom it is about, as a resource inside another: no id of hers is known to the portal.
fn patient(person: &Person) -> Value {
    let mut names = Vec::new();
    // IDE: as written; SYL: as spoken (ISO 21090, used so by JP Core).
    for (text, representation) in [(&person.name, "IDE"), (&person.name_kana, "SYL")] {
        let extension = json!([{
            "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
            "valueCode": representation,
        }]);
        names.extend(text.as_ref().map(|text| json!({ "extension": extension, "text": text })));
    }
    let mut patient = Map::new();
    let mut put = |key: &str, value: Value| patient.insert(key.to_owned(), value);
    put("resourceType", "Patient".into());
    put("id", PATIENT.into());
    if !names.is_empty() {
        put("name", names.into());
    }
    if let Some(day) = person.birthdate {
        put("birthDate", day.to_string().into());
    }
    if let Some(phone) = &person.phone {
        put("telecom", json!([{ "system": "phone", "value": phone }]));
    }
    let address = [("text", &person.address), ("postalCode", &person.postal_code)];
    let address: Map<String, Value> =
        address.into_iter().filter_map(|(key, text)| Some((key.to_owned(), text.clone()?.into()))).collect();
    if !address.is_empty() {
        put("address", json!([address]));
    }
    Value::Object(patient)
}

const PATIENT: &str = "patient";
