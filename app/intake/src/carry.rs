//! 「出し直し」 What of the answers of one filing can begin another of the same form. Invariant: nothing that is private on
//! either side is carried over, and nothing that the newer form does not ask in the same way.

use crate::{answers::RawAnswers, form::Form};

/// The answers that a new draft of `to` begins with, after a filing of `from`, which may be an earlier version.
#[must_use]
pub fn carried(from: &Form, to: &Form, raw: &RawAnswers) -> RawAnswers {
    let mut begun = RawAnswers::default();
    for (_, field) in to.fields() {
        let Some((_, before)) = from.field(&field.id) else { continue };
        if field.private || before.private || field.kind != before.kind || before.inputs() != field.inputs() {
            continue;
        }
        for input in field.inputs() {
            begun.set(&input, raw.all(&input).to_vec());
        }
    }
    begun
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn everything_but_what_is_private_is_carried_over() {
        let catalog = Catalog::shipped().unwrap();
        let form = catalog.newest(&"pregnancy_notification".parse().unwrap()).unwrap();
        let mut raw = RawAnswers::default();
        for (_, field) in form.fields() {
            for input in field.inputs() {
                raw.set(&input, vec!["x".to_owned()]);
            }
        }
        let begun = carried(form, form, &raw);
        let mut private = 0;
        for (_, field) in form.fields() {
            for input in field.inputs() {
                assert_eq!(begun.all(&input).is_empty(), field.private, "{input}");
                private += usize::from(field.private);
            }
        }
        assert!(private > 0, "the form has something private");
    }

    #[test]
    fn what_the_other_form_does_not_ask_is_left_behind() {
        let catalog = Catalog::shipped().unwrap();
        let form = |id: &str| catalog.newest(&id.parse().unwrap()).unwrap();
        let (from, to) = (form("pregnancy_notification"), form("questionnaire"));
        let mut raw = RawAnswers::default();
        raw.set("due_date-year", vec!["2027".to_owned()]);
        assert!(carried(from, to, &raw).all("due_date-year").is_empty());
    }
}
