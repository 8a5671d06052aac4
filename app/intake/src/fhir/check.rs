//! What validators of FHIR leave out. Invariant: a finding names the item and says what is wrong with it, never what was
//! answered: it may stand in a log.
//!
//! Validators know the shape of resources. That an answer lies in the range of its question, is one of its options, was asked
//! at all, and that nothing required is missing, they leave to who made the form; so it is checked here. Conditions on single
//! choices and the days that a date may lie on are not in a Questionnaire (see [`super`]) and are not looked at.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use super::{
    DATA_ABSENT_REASON, DECLINED, EPDS_PANEL, LOINC, MAX_VALUE, MAY_DECLINE, MIN_VALUE, OPTION_EXCLUSIVE,
    observation::{ITEM_10, OCCASION},
};

/// Something wrong with an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The item's `linkId`; of an Observation what it is about.
    pub link_id: String,
    /// What is wrong.
    pub sentence: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.link_id, self.sentence)
    }
}

/// Checks every response and score of a Bundle; a response by the Questionnaire that the Bundle has for it.
#[must_use]
pub fn bundle(bundle: &Value) -> Vec<Finding> {
    let resources: Vec<&Value> = list(&bundle["entry"]).iter().map(|entry| &entry["resource"]).collect();
    let of = |kind: &'static str| resources.iter().filter(move |resource| resource["resourceType"] == kind);
    let mut findings: Vec<Finding> = of("Observation").flat_map(|one| observation(one)).collect();
    for one in of("QuestionnaireResponse") {
        match of("Questionnaire").find(|form| is_for(one, form)) {
            Some(form) => findings.extend(response(form, one)),
            None => findings.push(finding("questionnaire", "its form is not in the bundle")),
        }
    }
    findings
}

/// Checks a response by its Questionnaire.
#[must_use]
pub fn response(questionnaire: &Value, response: &Value) -> Vec<Finding> {
    if !is_for(response, questionnaire) {
        return vec![finding("questionnaire", "the response is to another form or version")];
    }
    let mut checker = Checker::default();
    checker.read_questions(&questionnaire["item"], &[]);
    checker.read_response(&response["item"], None);
    for question in &checker.questions {
        checker.findings.extend(checker.faults_of(question));
    }
    checker.findings
}

/// Checks a score.
#[must_use]
pub fn observation(observation: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    let panel = |coding: &Value| coding["system"] == LOINC && coding["code"] == EPDS_PANEL;
    if !list(&observation["code"]["coding"]).iter().any(panel) {
        findings.push(finding("epds", "it is no EPDS score"));
    }
    let components = list(&observation["component"]);
    let code = |component: &Value| component["code"]["coding"][0]["code"].as_str().unwrap_or_default().to_owned();
    if components.iter().any(|component| ![ITEM_10, OCCASION].contains(&code(component).as_str())) {
        findings.push(finding("epds", "it holds more than the total and item 10"));
    }
    let total = observation["valueInteger"].as_u64();
    let item_10 = components.iter().find(|component| code(component) == ITEM_10);
    let item_10 = item_10.and_then(|component| component["valueInteger"].as_u64());
    if total.is_none_or(|total| total > 30) {
        findings.push(finding("epds.total", "the total is not between 0 and 30"));
    }
    if item_10.is_none_or(|score| score > 3) {
        findings.push(finding("epds.item10", "item 10 is not between 0 and 3"));
    }
    if total < item_10 {
        findings.push(finding("epds.total", "the total is less than item 10 alone"));
    }
    findings
}

fn is_for(response: &Value, questionnaire: &Value) -> bool {
    let text = |key: &str| questionnaire[key].as_str().unwrap_or_default();
    response["questionnaire"].as_str() == Some(&format!("{}|{}", text("url"), text("version")))
}

fn finding(link_id: &str, sentence: &'static str) -> Finding {
    Finding { link_id: link_id.to_owned(), sentence }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// The value of an answer with its key; none of one that was declined.
fn value_of(answer: &Value) -> Option<(&str, &Value)> {
    answer.as_object()?.iter().find(|(key, _)| key.starts_with("value")).map(|(key, value)| (key.as_str(), value))
}

fn extension<'v>(item: &'v Value, end_of_url: &str) -> Option<&'v Value> {
    list(&item["extension"]).iter().find(|one| text(one, "url").ends_with(end_of_url))
}

fn is_declined(answer: &Value) -> bool {
    value_of(answer).is_none() && extension(answer, DATA_ABSENT_REASON).is_some_and(|one| one["valueCode"] == DECLINED)
}

/// An item of the Questionnaire with those above it.
struct Question<'q> {
    item: &'q Value,
    above: Vec<&'q Value>,
}

#[derive(Default)]
struct Checker<'q> {
    questions: Vec<Question<'q>>,
    /// The answers by `linkId`.
    answers: BTreeMap<&'q str, &'q [Value]>,
    /// Where the item before stands in the Questionnaire.
    last: Option<usize>,
    findings: Vec<Finding>,
}

impl<'q> Checker<'q> {
    fn read_questions(&mut self, items: &'q Value, above: &[&'q Value]) {
        for item in list(items) {
            self.questions.push(Question { item, above: above.to_vec() });
            let here: Vec<&Value> = above.iter().copied().chain([item]).collect();
            self.read_questions(&item["item"], &here);
        }
    }

    fn read_response(&mut self, items: &'q Value, parent: Option<&'q str>) {
        for item in list(items) {
            let link_id = text(item, "linkId");
            let place = self.questions.iter().position(|question| text(question.item, "linkId") == link_id);
            let stands_under = |place: usize| self.questions[place].above.last().map(|above| text(above, "linkId"));
            let fault = match place {
                None => Some("the form has no such item"),
                Some(place) if stands_under(place) != parent => Some("it stands under another item than in the form"),
                Some(_) if self.answers.contains_key(link_id) => Some("it is there twice"),
                Some(place) if self.last.is_some_and(|last| last > place) => Some("it stands out of the form's order"),
                Some(_) => None,
            };
            self.findings.extend(fault.map(|sentence| finding(link_id, sentence)));
            self.last = self.last.max(place);
            self.answers.insert(link_id, list(&item["answer"]));
            self.read_response(&item["item"], Some(link_id));
        }
    }

    fn faults_of(&self, question: &Question<'_>) -> Vec<Finding> {
        let link_id = text(question.item, "linkId");
        let answers = self.answers.get(link_id).copied();
        let is_asked = question.above.iter().all(|above| self.is_enabled(above)) && self.is_enabled(question.item);
        let is_required = question.item["required"] == true;
        let mut sentences = Vec::new();
        match answers {
            Some(_) if !is_asked => sentences.push("it is answered and was not to be asked"),
            Some(answers) => sentences.extend(faults_of_answers(question.item, answers)),
            None if is_asked && is_required => sentences.push("it is required and not answered"),
            None => {}
        }
        sentences.into_iter().map(|sentence| finding(link_id, sentence)).collect()
    }

    fn is_enabled(&self, item: &Value) -> bool {
        let tests = list(&item["enableWhen"]);
        let is_any = item["enableBehavior"] == "any";
        tests.is_empty()
            || if is_any {
                tests.iter().any(|test| self.holds(test))
            } else {
                tests.iter().all(|test| self.holds(test))
            }
    }

    fn holds(&self, test: &Value) -> bool {
        let answers = self.answers.get(text(test, "question")).copied().unwrap_or_default();
        let mut values = answers.iter().filter_map(value_of);
        match text(test, "operator") {
            "exists" => test["answerBoolean"] == values.next().is_some(),
            "=" => values.any(|(key, value)| match key {
                "valueCoding" => same_code(value, &test["answerCoding"]),
                "valueInteger" => *value == test["answerInteger"],
                _ => false,
            }),
            _ => false,
        }
    }
}

fn same_code(one: &Value, other: &Value) -> bool {
    one["code"] == other["code"] && one["system"] == other["system"]
}

/// The options that an answer is.
fn options<'v>(item: &'v Value, answer: &'v Value) -> impl Iterator<Item = &'v Value> {
    list(&item["answerOption"]).iter().filter(|option| same_code(&option["valueCoding"], &answer["valueCoding"]))
}

fn faults_of_answers(item: &Value, answers: &[Value]) -> Vec<&'static str> {
    let kind = text(item, "type");
    if matches!(kind, "group" | "display") {
        return if answers.is_empty() { Vec::new() } else { vec!["it takes no answer"] };
    }
    let mut sentences = Vec::new();
    if answers.is_empty() {
        sentences.push("it is there without an answer");
    }
    if answers.len() > 1 && item["repeats"] != true {
        sentences.push("it takes one answer and has several");
    }
    let declined = answers.iter().filter(|answer| is_declined(answer)).count();
    if declined > 0 && (answers.len() > 1 || extension(item, MAY_DECLINE).is_none()) {
        sentences.push("it is declined and does not offer that, or is answered as well");
    }
    let is_exclusive =
        |answer: &Value| options(item, answer).any(|option| extension(option, OPTION_EXCLUSIVE).is_some());
    if answers.len() > 1 && answers.iter().any(is_exclusive) {
        sentences.push("a choice that goes with no other has company");
    }
    for (place, answer) in answers.iter().enumerate().filter(|(_, answer)| !is_declined(answer)) {
        let said_before = answers[..place].iter().any(|before| value_of(before) == value_of(answer));
        let twice = said_before.then_some("it has the same answer twice");
        sentences.extend(fault_of_value(item, kind, answer).into_iter().chain(twice));
    }
    sentences
}

fn fault_of_value(item: &Value, kind: &str, answer: &Value) -> Option<&'static str> {
    let Some((key, value)) = value_of(answer) else { return Some("an answer has no value and does not say why") };
    let expected = match kind {
        "string" | "text" => "valueString",
        "date" => "valueDate",
        "integer" => "valueInteger",
        "choice" => "valueCoding",
        _ => return Some("the form has a kind of item that this portal does not make"),
    };
    if key != expected {
        return Some("an answer is of another type than its question");
    }
    match kind {
        "integer" => {
            let limit = |url: &str| extension(item, url).and_then(|one| one["valueInteger"].as_i64());
            let number = value.as_i64();
            let is_low = limit(MIN_VALUE).zip(number).is_some_and(|(least, number)| number < least);
            let is_high = limit(MAX_VALUE).zip(number).is_some_and(|(most, number)| number > most);
            (number.is_none() || is_low || is_high).then_some("a number lies outside its range")
        }
        "choice" => options(item, answer).next().is_none().then_some("a code is not among the options"),
        "string" | "text" => {
            let length = value.as_str().unwrap_or_default().chars().count() as u64;
            let is_long = item["maxLength"].as_u64().is_some_and(|most| length > most);
            (length == 0 || is_long).then_some("a text is empty or too long")
        }
        _ => None,
    }
}
