//! The public vocabularies: what we make satisfies the JSON Schemas, and what the format refuses, they refuse too.
//!
//! The checker below knows the keywords that the schemas use, and fails on any other, so that none goes unchecked.

use std::collections::BTreeMap;

use handover::{
    Algorithm, DestinationKeys, EntryResult, KeyChange, Outcome, ReadBatch, Receipt, ResyncNote, SigningKey, Written,
    manifest::MANIFEST_FILE,
};
use intake::ids::CarriageId;
use serde_json::{Value, json};

use crate::support::{NOW, PORTAL, Sides, announced, entry};

pub const ENTRY: &str = include_str!("../schema/entry.schema.json");
pub const MANIFEST: &str = include_str!("../schema/manifest.schema.json");
pub const RECEIPT: &str = include_str!("../schema/receipt.schema.json");
pub const KEYS: &str = include_str!("../schema/keys.schema.json");
const RESYNC: &str = include_str!("../schema/resync.schema.json");
const DESTINATION: &str = include_str!("../schema/destination.schema.json");
const WRITTEN: &str = include_str!("../schema/written.schema.json");

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}

fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    let number = |value: &Value| value.as_i64().unwrap();
    schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "title" | "description" | "$defs" => true,
        "$ref" => fits(root, root.pointer(rule.as_str().unwrap().trim_start_matches('#')).unwrap(), value),
        "type" => is_of(rule.as_str().unwrap(), value),
        "const" => rule == value,
        "enum" => rule.as_array().unwrap().contains(value),
        "anyOf" => rule.as_array().unwrap().iter().any(|one| fits(root, one, value)),
        "pattern" => {
            value.as_str().is_none_or(|text| regex::Regex::new(rule.as_str().unwrap()).unwrap().is_match(text))
        }
        "minimum" => !value.is_number() || number(value) >= number(rule),
        "maximum" => !value.is_number() || number(value) <= number(rule),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as i64 <= number(rule)),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| fits(root, rule, item))),
        "required" => value.as_object().is_none_or(|object| {
            rule.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
        }),
        "properties" => value.as_object().is_none_or(|object| {
            let known = rule.as_object().unwrap();
            object.iter().all(|(name, member)| known.get(name).is_none_or(|schema| fits(root, schema, member)))
        }),
        "additionalProperties" => value.as_object().is_none_or(|object| {
            let others = object.iter().filter(|(name, _)| schema.pointer(&format!("/properties/{name}")).is_none());
            others.into_iter().all(|(_, member)| if rule.is_object() { fits(root, rule, member) } else { false })
        }),
        other => panic!("the keyword {other} is not known here"),
    })
}

pub fn satisfies(schema: &str, value: &Value) -> bool {
    let schema: Value = serde_json::from_str(schema).unwrap();
    fits(&schema, &schema, value)
}

/// Every change of `good` makes it unfit.
fn refuses(schema: &str, good: &Value, changes: &[(&str, Value)]) {
    assert!(satisfies(schema, good), "{good}");
    for (pointer, value) in changes {
        let mut bad = good.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match bad.pointer_mut(parent).unwrap() {
            Value::Object(object) if value.is_null() => drop(object.remove(name)),
            Value::Object(object) => drop(object.insert(name.to_owned(), value.clone())),
            _ => panic!("{parent} is no object"),
        }
        assert!(!satisfies(schema, &bad), "{pointer} = {value}");
    }
}

#[test]
fn entries_satisfy_their_schema() {
    let good: Value = serde_json::from_slice(&entry(1, 1, "𠮷田 さくら").to_line()).unwrap();
    let changes = [
        ("/schema", json!("madoguchi-entry/2")),
        ("/id", json!("0000-0000")),
        ("/rev", json!(0)),
        ("/surprise", json!(1)),
        ("/legal", Value::Null),
        ("/channel", json!("online")),
        ("/filed_at", json!("2026-11-23T18:00:00Z")),
        ("/person/sex", json!("f")),
        ("/identity/level", json!("sure")),
        ("/items/0/by", json!("nobody")),
        ("/items/0/no", json!("first")),
        ("/derived/weeks", json!(44)),
        ("/derived/timing", json!("early")),
        ("/review/confirmed_by", Value::Null),
    ];
    refuses(ENTRY, &good, &changes);
}

#[test]
fn manifests_satisfy_their_schema() {
    let good = serde_json::to_value(&Sides::new().batch().manifest).unwrap();
    let changes = [
        ("/v", json!(2)),
        ("/seq", json!(0)),
        ("/prev", json!("0")),
        ("/files/0/name", json!("../x")),
        ("/entries/0/sha256", json!("F".repeat(64))),
        ("/audit/root", Value::Null),
    ];
    refuses(MANIFEST, &good, &changes);
}

#[test]
fn receipts_satisfy_their_schema() {
    let batch = Sides::new().batch();
    let result = EntryResult {
        id: batch.manifest.entries[0].id.clone(),
        rev: 1,
        result: Outcome::Held,
        reason: Some("several".to_owned()),
        at: NOW,
        recorded: None,
    };
    let receipt = Receipt {
        v: 1,
        iss: "kenko".to_owned(),
        aud: PORTAL.to_owned(),
        seq: 1,
        manifest_sha256: batch.manifest_sha256,
        jti: "1".to_owned(),
        results: vec![result],
    };
    let changes = [
        ("/jti", json!("")),
        ("/results/0/result", json!("lost")),
        ("/results/0/reason", json!("名前が違う")),
        ("/results/0/name", json!("花子")),
        ("/results/0/recorded", json!({ "resident_number": "1" })),
        ("/results/0/recorded", json!({ "handbook_number": "" })),
        ("/results/0/recorded", json!({ "handbook_issued_on": "令和8年" })),
    ];
    refuses(RECEIPT, &serde_json::to_value(&receipt).unwrap(), &changes);
}

#[test]
fn announcements_satisfy_their_schema() {
    let mut announcement = Sides::new().announcement();
    announcement.keys.push(announced(&SigningKey::generate(Algorithm::Ed25519), None, Some(NOW)));
    let changes = [
        ("/at", Value::Null),
        ("/keys/0/jwk/d", json!("secret")),
        ("/keys/0/jwk/alg", json!("HS256")),
        ("/keys/0/active_at", json!(0)),
    ];
    refuses(KEYS, &serde_json::to_value(&announcement).unwrap(), &changes);
}

#[test]
fn notes_for_a_resync_satisfy_their_schema() {
    let batch = Sides::new().batch();
    let result = EntryResult {
        id: batch.manifest.entries[0].id.clone(),
        rev: 1,
        result: Outcome::Imported,
        reason: None,
        at: NOW,
        recorded: None,
    };
    let note = ResyncNote {
        v: 1,
        iss: "kenko".to_owned(),
        aud: PORTAL.to_owned(),
        at: NOW,
        last_seq: 1,
        last_manifest_sha256: batch.manifest_sha256.clone(),
        batches: vec![ReadBatch::new(batch.files.get(MANIFEST_FILE).unwrap(), vec![result])],
    };
    let nothing_read =
        ResyncNote { last_seq: 0, last_manifest_sha256: String::new(), batches: Vec::new(), ..note.clone() };
    assert!(satisfies(RESYNC, &serde_json::to_value(&nothing_read).unwrap()));
    let changes = [
        ("/v", json!(2)),
        ("/iss", json!("Kenko")),
        ("/at", json!("2026-11-23")),
        ("/last_seq", json!(-1)),
        ("/last_manifest_sha256", json!("0")),
        ("/batches/0/manifest", json!("{}")),
        ("/batches/0/results/0/result", json!("lost")),
        ("/batches/0/results/0/name", json!("花子")),
        ("/batches/0/entries", json!([])),
    ];
    refuses(RESYNC, &serde_json::to_value(&note).unwrap(), &changes);
}

#[test]
fn changes_of_keys_and_public_halves_satisfy_their_schema() {
    let mut keys = DestinationKeys::generate("kenko".parse().unwrap());
    let change = |keys: &DestinationKeys| {
        let public = keys.public();
        let change = KeyChange { v: 1, iss: "kenko".to_owned(), aud: PORTAL.to_owned(), at: NOW, public };
        serde_json::to_value(&change).unwrap()
    };
    assert!(satisfies(DESTINATION, &change(&keys)), "without a further recipient");
    keys.further_recipients.push(keys.entries.to_public().to_string());
    let changes = [
        ("/v", json!(2)),
        ("/aud", Value::Null),
        ("/public/destination", json!("健康")),
        ("/public/entries_recipient", json!("AGE-SECRET-KEY-1")),
        ("/public/further_recipients", json!(["age1"])),
        ("/public/number_recipient", Value::Null),
        ("/public/jwk/alg", json!("HS256")),
        ("/public/jwk/d", json!("secret")),
        ("/public/signing", json!("secret")),
    ];
    refuses(DESTINATION, &change(&keys), &changes);
}

#[test]
fn what_a_terminal_says_that_it_wrote_satisfies_its_schema() {
    let written = Written {
        v: 1,
        carriage: CarriageId::from_random([7; 16]),
        manifest_sha256: Sides::new().batch().manifest_sha256,
        at: NOW,
    };
    let changes = [
        ("/v", json!(2)),
        ("/carriage", json!("7")),
        ("/manifest_sha256", json!("0")),
        ("/at", Value::Null),
        ("/person", json!("花子")),
    ];
    refuses(WRITTEN, &serde_json::to_value(&written).unwrap(), &changes);
}

#[test]
fn what_several_schemas_define_is_the_same_in_each() {
    let all = [ENTRY, MANIFEST, RECEIPT, KEYS, RESYNC, DESTINATION, WRITTEN];
    let all = all.map(|text| serde_json::from_str::<Value>(text).unwrap());
    let mut known = BTreeMap::new();
    for (name, defined) in all.iter().flat_map(|schema| schema["$defs"].as_object().unwrap()) {
        assert_eq!(*known.entry(name).or_insert(defined), defined, "{name}");
    }
}

#[test]
fn the_description_for_programs_has_the_vocabularies_of_the_schemas() {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (description, receipt, manifest) = (read(handover::OPENAPI), read(RECEIPT), read(MANIFEST));
    let of_receipt = "/properties/results/items/properties";
    for (name, pointer) in [
        ("sha256", "/$defs/sha256".to_owned()),
        ("time", "/$defs/time".to_owned()),
        ("receipt_number", "/$defs/receipt_number".to_owned()),
        ("name", "/$defs/name".to_owned()),
        ("rev", "/$defs/rev".to_owned()),
        ("result", format!("{of_receipt}/result")),
        ("reason", format!("{of_receipt}/reason")),
    ] {
        let described = description.pointer(&format!("/components/schemas/{name}"));
        assert_eq!(described, receipt.pointer(&pointer), "{name}");
        assert!(described.is_some(), "{name}");
    }
    for name in ["sha256", "time", "receipt_number", "name", "rev"] {
        let pointer = format!("/$defs/{name}");
        assert_eq!(manifest.pointer(&pointer), receipt.pointer(&pointer), "{name}");
    }
    let listed = manifest.pointer("/properties/files/items/properties/name/pattern").unwrap().as_str().unwrap();
    let described = description.pointer("/components/schemas/file_name/pattern").unwrap();
    assert_eq!(described.as_str().unwrap(), listed.replace("^(", r"^(manifest\.jws\.json|"));
    let most = description.pointer("/components/schemas/batch/properties");
    let most = |member: &str| most.and_then(|all| all.pointer(&format!("/{member}/maximum"))).and_then(Value::as_u64);
    assert_eq!(most("entries"), Some(handover::MOST_ENTRIES as u64));
    assert_eq!(most("bytes"), Some(handover::MOST_BYTES));
}
