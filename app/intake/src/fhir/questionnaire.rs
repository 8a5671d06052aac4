//! A form as a Questionnaire. Invariant: every page is a group and every field an item under its own id, in the form's order;
//! pages, hints and the staff's part have names with a full stop, which no field has.

use serde_json::{Map, Value, json};

use super::{
    DISPLAY_CATEGORIES, DISPLAY_CATEGORY, EPDS_PANEL, LOINC, MAX_VALUE, MIN_VALUE, Names, OPTION_EXCLUSIVE, SPAN,
    STAFF_GROUP, UNIT, put_text,
};
use crate::{
    export::records,
    form::{Choice, Condition, Field, Form, Kind, Page, StaffItem, StaffKind, Standing, Target, Text},
    ids::FieldId,
    value::{LONGEST_ADDRESS, LONGEST_NAME},
};

/// The form as an R4 Questionnaire. `base_url` is the portal's public address, which its names begin with.
#[must_use]
pub fn questionnaire(form: &Form, base_url: &str) -> Value {
    let maker = Maker { names: Names::of(base_url), form };
    let mut found = Map::new();
    let mut put = |key: &str, value: Value| found.insert(key.to_owned(), value);
    put("resourceType", "Questionnaire".into());
    put("language", "ja".into());
    put("url", maker.names.form(&form.id).into());
    put("version", form.version.to_string().into());
    put("name", name(form.id.as_str()).into());
    put("status", if form.standing == Standing::Draft { "draft" } else { "active" }.into());
    put("subjectType", json!(["Patient"]));
    if !form.epds_items().is_empty() {
        put("code", json!([{ "system": LOINC, "code": EPDS_PANEL }]));
    }
    let mut items: Vec<Value> = form.pages.iter().map(|page| maker.page(page)).collect();
    if !form.staff_items.is_empty() {
        items.push(maker.staff_group());
    }
    put("item", items.into());
    for (key, text) in [("title", &form.title), ("description", &form.summary), ("purpose", &form.purpose)] {
        put_text(&mut found, key, text);
    }
    Value::Object(found)
}

/// A name that programs can use (que-0): `pregnancy_notification` becomes `PregnancyNotification`.
fn name(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    id.split(['_', '-']).map(capital).collect()
}

/// The name of a page's group.
pub(super) fn page_link(page: &Page) -> String {
    format!("page.{}", page.id)
}

/// What heads the staff's part.
pub(super) const STAFF_TITLE: &str = "職員記入欄";

type Item = Map<String, Value>;

fn item(link: &str, kind: &str, text: &Text) -> Item {
    let mut item = Item::new();
    item.insert("linkId".to_owned(), link.into());
    item.insert("type".to_owned(), kind.into());
    put_text(&mut item, "text", text);
    item
}

/// A sentence that explains the item it stands under.
fn explanation(link: &str, text: &Text) -> Value {
    let mut item = item(link, "display", text);
    let category = json!({ "coding": [{ "system": DISPLAY_CATEGORIES, "code": "instructions" }] });
    add_extension(&mut item, json!({ "url": DISPLAY_CATEGORY, "valueCodeableConcept": category }));
    Value::Object(item)
}

fn add_extension(item: &mut Item, extension: Value) {
    if let Value::Array(all) = item.entry("extension").or_insert_with(|| json!([])) {
        all.push(extension);
    }
}

struct Maker<'a> {
    names: Names<'a>,
    form: &'a Form,
}

impl Maker<'_> {
    fn page(&self, page: &Page) -> Value {
        let link = page_link(page);
        let mut group = item(&link, "group", &page.title);
        self.put_condition(&mut group, page.when.as_ref());
        let help = page.help.iter().map(|help| explanation(&format!("{link}.help"), help));
        let items: Vec<Value> = help.chain(page.fields.iter().map(|field| self.field(field))).collect();
        group.insert("item".to_owned(), items.into());
        Value::Object(group)
    }

    fn field(&self, field: &Field) -> Value {
        let mut item = item(field.id.as_str(), kind(&field.kind), &field.label);
        self.put_kind(&mut item, field);
        // Of a span of months the two ends are asked.
        if field.kind != Kind::MonthSpan {
            self.put_rules(&mut item, field);
        }
        self.put_target(&mut item, &field.target);
        self.put_condition(&mut item, field.when.as_ref());
        if let Some(hint) = &field.hint {
            let hint = explanation(&format!("{}.hint", field.id), hint);
            if let Value::Array(below) = item.entry("item").or_insert_with(|| json!([])) {
                below.insert(0, hint);
            }
        }
        Value::Object(item)
    }

    /// Whether it must be answered, and whether it may be declined.
    fn put_rules(&self, item: &mut Item, field: &Field) {
        if field.required {
            item.insert("required".to_owned(), true.into());
        }
        if field.decline {
            add_extension(item, json!({ "url": self.names.may_decline(), "valueBoolean": true }));
        }
    }

    fn put_kind(&self, item: &mut Item, field: &Field) {
        let mut put = |key: &str, value: Value| item.insert(key.to_owned(), value);
        match &field.kind {
            Kind::Name | Kind::Kana => drop(put("maxLength", LONGEST_NAME.into())),
            Kind::Address => drop(put("maxLength", LONGEST_ADDRESS.into())),
            Kind::Text { longest } | Kind::LongText { longest } => drop(put("maxLength", (*longest).into())),
            Kind::Single { choices } => drop(put("answerOption", self.options(&field.id, choices))),
            Kind::Multi { choices } => {
                put("answerOption", self.options(&field.id, choices));
                put("repeats", true.into());
            }
            Kind::Integer { least, most, unit } => {
                add_extension(item, json!({ "url": MIN_VALUE, "valueInteger": least }));
                add_extension(item, json!({ "url": MAX_VALUE, "valueInteger": most }));
                let mut coding = Map::new();
                // 回 and 人目 are in no system of units, so the unit is a word.
                put_text(&mut coding, "display", unit);
                add_extension(item, json!({ "url": UNIT, "valueCoding": coding }));
            }
            Kind::MonthSpan => drop(put("item", SPAN.map(|(end, text)| self.end_of_span(field, end, text)).into())),
            Kind::Date { .. } | Kind::PostalCode | Kind::Phone | Kind::EpdsItem => {}
        }
    }

    fn end_of_span(&self, field: &Field, end: &str, text: &str) -> Value {
        let mut item = Item::new();
        item.insert("linkId".to_owned(), format!("{}.{end}", field.id).into());
        item.insert("type".to_owned(), "date".into());
        item.insert("text".to_owned(), text.into());
        self.put_rules(&mut item, field);
        Value::Object(item)
    }

    fn options(&self, field: &FieldId, choices: &[Choice]) -> Value {
        let option = |choice: &Choice| {
            let mut option = json!({ "valueCoding": self.names.coding(self.form, field, choice) });
            if choice.exclusive {
                option["extension"] = json!([{ "url": OPTION_EXCLUSIVE, "valueBoolean": true }]);
            }
            option
        };
        choices.iter().filter(|choice| choice.refuses.is_none()).map(option).collect()
    }

    fn put_target(&self, item: &mut Item, target: &Target) {
        match target {
            Target::Record(no) => self.put_record(item, no),
            Target::Legal(key) => {
                item.insert("code".to_owned(), json!([{ "system": self.names.legal_items(), "code": key }]));
            }
            Target::Person(_) | Target::Extra(_) | Target::DetailOf(_) | Target::EpdsItem(_) => {}
        }
    }

    fn put_record(&self, item: &mut Item, no: &str) {
        let record = &self.form.record;
        let mut coding = json!({ "system": self.names.record_items(), "code": format!("{record}.{no}") });
        if let Some(listed) = records::of_record(record).iter().find(|listed| listed.no == no) {
            coding["display"] = listed.name.into();
        }
        item.insert("prefix".to_owned(), no.into());
        item.insert("code".to_owned(), json!([coding]));
    }

    fn put_condition(&self, item: &mut Item, condition: Option<&Condition>) {
        let Some(condition) = condition else { return };
        let tests = self.tests(condition);
        if tests.len() > 1 {
            item.insert("enableBehavior".to_owned(), "any".into());
        }
        item.insert("enableWhen".to_owned(), tests.into());
    }

    /// A condition says one thing. Of a code and `answered` together, the code is the stronger.
    fn tests(&self, condition: &Condition) -> Vec<Value> {
        let asked = self.form.field(&condition.field).map(|(_, field)| &field.kind);
        let question = match asked {
            Some(Kind::MonthSpan) => format!("{}.{}", condition.field, SPAN[0].0),
            _ => condition.field.to_string(),
        };
        let codes = condition.equals.as_ref().map(std::slice::from_ref).or(condition.one_of.as_deref());
        match codes {
            Some(codes) => codes.iter().map(|code| self.equals(&condition.field, code)).collect(),
            None => {
                let wanted = condition.answered.unwrap_or(true);
                vec![json!({ "question": question, "operator": "exists", "answerBoolean": wanted })]
            }
        }
    }

    fn equals(&self, id: &FieldId, code: &str) -> Value {
        let mut test = json!({ "question": id.as_str(), "operator": "=" });
        let is_number = |field: &Field| matches!(field.kind, Kind::Integer { .. });
        match (self.form.field(id).is_some_and(|(_, field)| is_number(field)), code.parse::<i64>()) {
            (true, Ok(number)) => test["answerInteger"] = number.into(),
            _ => {
                let coding = json!({ "system": self.names.choices(&self.form.id, id), "code": code });
                test["answerCoding"] = coding;
            }
        }
        test
    }

    fn staff_group(&self) -> Value {
        let items: Vec<Value> = self.form.staff_items.iter().map(|one| self.staff_item(one)).collect();
        json!({ "linkId": STAFF_GROUP, "type": "group", "text": STAFF_TITLE, "item": items })
    }

    fn staff_item(&self, one: &StaffItem) -> Value {
        let kind = match one.kind {
            StaffKind::Text { .. } => "string",
            StaffKind::LongText { .. } => "text",
            StaffKind::Day => "date",
            StaffKind::Single { .. } | StaffKind::Multi { .. } => "choice",
        };
        let mut item = item(one.id.as_str(), kind, &one.label);
        match &one.kind {
            StaffKind::Text { longest } | StaffKind::LongText { longest } => {
                item.insert("maxLength".to_owned(), (*longest).into());
            }
            StaffKind::Day => {}
            StaffKind::Single { choices } | StaffKind::Multi { choices } => {
                item.insert("answerOption".to_owned(), self.options(&one.id, choices));
            }
        }
        if matches!(one.kind, StaffKind::Multi { .. }) {
            item.insert("repeats".to_owned(), true.into());
        }
        self.put_record(&mut item, &one.record);
        Value::Object(item)
    }
}

const fn kind(kind: &Kind) -> &'static str {
    match kind {
        Kind::Name | Kind::Kana | Kind::Text { .. } | Kind::PostalCode | Kind::Address | Kind::Phone => "string",
        Kind::LongText { .. } => "text",
        Kind::Date { .. } => "date",
        Kind::Integer { .. } => "integer",
        Kind::Single { .. } | Kind::Multi { .. } => "choice",
        Kind::MonthSpan => "group",
        Kind::EpdsItem => "display",
    }
}
