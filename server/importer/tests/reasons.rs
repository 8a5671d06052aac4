//! 「保留・却下の理由」 The public vocabulary of reasons. Invariant: it has every reason that the import job gives, and no other.

use std::collections::BTreeSet;

use handover::{Outcome, SettledBy};
use importer::judge::reason;
use intake::{export::EntryFault, ids::FieldId, value::ValueError};

/// Every fault of an entry. A new one does not compile here, and wants its line in the vocabulary.
fn faults() -> Vec<EntryFault> {
    let field: FieldId = "name".parse().unwrap();
    let all = vec![
        EntryFault::OtherForm,
        EntryFault::BadRevision,
        EntryFault::BadMunicipality,
        EntryFault::Answer { field: field.clone(), error: ValueError::Missing },
        EntryFault::StaffItem { item: field, error: ValueError::Missing },
        EntryFault::PersonDiffers,
        EntryFault::ItemDiffers { no: "1".to_owned() },
        EntryFault::ItemOrder,
        EntryFault::LegalDiffers,
        EntryFault::ExtraDiffers,
        EntryFault::ProxyDiffers,
        EntryFault::DerivedDiffers,
        EntryFault::Identity,
        EntryFault::Review,
        EntryFault::EpdsScore,
    ];
    for fault in &all {
        match fault {
            EntryFault::OtherForm
            | EntryFault::BadRevision
            | EntryFault::BadMunicipality
            | EntryFault::Answer { .. }
            | EntryFault::StaffItem { .. }
            | EntryFault::PersonDiffers
            | EntryFault::ItemDiffers { .. }
            | EntryFault::ItemOrder
            | EntryFault::LegalDiffers
            | EntryFault::ExtraDiffers
            | EntryFault::ProxyDiffers
            | EntryFault::DerivedDiffers
            | EntryFault::Identity
            | EntryFault::Review
            | EntryFault::EpdsScore => {}
        }
    }
    all
}

#[test]
fn every_reason_that_can_be_given_stands_in_the_vocabulary_and_no_other() {
    let given: BTreeSet<&str> = faults().iter().map(EntryFault::code).chain(reason::ALL).collect();
    let reasons = handover::reasons();
    let named: BTreeSet<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(given, named);
    assert_eq!(reasons.len(), named.len(), "a code stands twice");
    for one in &reasons {
        let may_wait = one.results.contains(&Outcome::Held);
        let by_the_mapping = reason::is_of_the_mapping(&one.code);
        assert_eq!(one.settled_by == SettledBy::MappingFile, by_the_mapping, "{}", one.code);
        assert_eq!(may_wait, matches!(one.settled_by, SettledBy::TwoPeople | SettledBy::MappingFile), "{}", one.code);
        assert!(!one.ja.is_empty() && !one.en.is_empty());
    }
    assert!(reason::BY_PEOPLE.iter().all(|code| named.contains(code)));
}
