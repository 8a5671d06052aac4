//! 「見本のEPDS」 Three sample answers to the EPDS. Invariant: they are of sample people whose notification is with the office,
//! in sample wording; one has everything answered, one with item 10 above 0, one with an item left out.

use intake::{
    answers::RawAnswers,
    form::{Form, PersonFact},
    ids::FormId,
    made_up,
    time::{CivilDate, MINUTE},
};

use super::{
    people::{SamplePerson, SampleStage},
    seed::{Desk, file, work},
};
use crate::{
    flows::{FlowError, decide::Notice},
    portal::Portal,
    store::outbox::MailPayload,
};

/// The chosen options of the ten items, 0 for none, and how far the office is with them.
const SAMPLES: [([u8; 10], SampleStage); 3] = [
    ([1, 1, 4, 2, 4, 3, 4, 4, 3, 4], SampleStage::Submitted),
    ([2, 3, 2, 3, 3, 2, 3, 2, 3, 3], SampleStage::InReview),
    ([1, 2, 3, 1, 4, 3, 0, 4, 4, 4], SampleStage::Accepted),
];

/// Files the samples and has the nurses work on them. Nothing happens where EPDS is not offered.
///
/// # Errors
/// When a deed is not done.
pub async fn seed(
    portal: &Portal,
    people: &[SamplePerson],
    nurses: &Desk<'_>,
    letter: &(impl Fn(Notice, &str) -> MailPayload + Sync),
) -> Result<(), FlowError> {
    let id: FormId = "epds".parse().map_err(|_| FlowError::NotFound)?;
    let Some(form) = portal.offered(&id) else { return Ok(()) };
    for (place, (person, (positions, stage))) in mothers(people).zip(SAMPLES).enumerate() {
        portal.clock.advance(MINUTE / 20);
        let today = portal.clock.now().date_in_japan();
        let raw = answers(form, person, &positions, today, place);
        let filed = file(portal, form, &person.mail, &raw, None).await?;
        portal.clock.advance(MINUTE / 20);
        work(portal, nurses, stage, &filed, letter).await?;
    }
    Ok(())
}

/// Who has a child and a notification that the office goes on with.
fn mothers(people: &[SamplePerson]) -> impl Iterator<Item = &SamplePerson> {
    people.iter().filter(|person| {
        let goes_on = !matches!(person.stage, SampleStage::Declined(_) | SampleStage::Withdrawn);
        person.raw.first("reason") == "after_birth" && goes_on
    })
}

fn answers(form: &Form, person: &SamplePerson, positions: &[u8; 10], today: CivilDate, place: usize) -> RawAnswers {
    let mut throws = place;
    let mut dice = |below: usize| {
        throws += 7;
        throws % below
    };
    let mut raw = made_up::valid(form, today, &["見本病院"], &mut dice);
    let facts = [PersonFact::Name, PersonFact::NameKana, PersonFact::Birthdate, PersonFact::PostalCode];
    for fact in facts.into_iter().chain([PersonFact::Address, PersonFact::Phone]) {
        let inputs = form.person_field(fact).map(intake::form::Field::inputs).unwrap_or_default();
        // The fields of both forms have the same names, for the one is copied from the other.
        for input in inputs {
            raw.set(&input, person.raw.all(&input).to_vec());
        }
    }
    for part in ["year", "month", "day"] {
        raw.set(&format!("child_born_on-{part}"), person.raw.all(&format!("born_on-{part}")).to_vec());
    }
    for ((_, field), position) in form.epds_items().into_iter().zip(positions) {
        let chosen = if *position == 0 { Vec::new() } else { vec![position.to_string()] };
        raw.set(field.id.as_str(), chosen);
    }
    raw
}
