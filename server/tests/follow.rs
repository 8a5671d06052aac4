#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! Forms that follow another: who may begin them, what they begin with, and what they are tied to; on both databases.

use intake::{
    answers::RawAnswers,
    ids::{AccountId, FormId, ReceiptNumber},
    made_up,
};
use server::{
    flows::{
        FlowError,
        draft::{self, Saved, Typist},
        filings, staff_case,
        submit::{Sender, Submitted, submit},
    },
    portal::Portal,
    store::draft::DraftOwner,
};

use crate::support::{
    filing::file,
    portal::{letter, portals},
    review::{head, two_clerks},
};

fn questionnaire() -> FormId {
    "questionnaire".parse().unwrap()
}

fn of(account: AccountId) -> Typist {
    Typist { owner: DraftOwner::Account(account), session: [9; 32] }
}

/// Answers what is not filled in yet, and sends.
pub async fn answer_and_send(portal: &Portal, account: AccountId) -> Result<ReceiptNumber, FlowError> {
    let form_id = questionnaire();
    let typist = of(account);
    let begun = draft::begin(portal, &typist, &form_id, "ja").await?;
    let mut throws = 0;
    let mut dice = |below: usize| {
        throws += 1;
        throws % below
    };
    let made_up = made_up::valid(begun.form, portal.clock.now().date_in_japan(), &["架空"], &mut dice);
    for page in &begun.form.pages {
        let inputs = page.fields.iter().flat_map(intake::form::Field::inputs);
        let sent: Vec<(String, String)> = inputs
            .flat_map(|input| {
                let filled_in = begun.raw.all(&input);
                let values = if filled_in.is_empty() { made_up.all(&input) } else { filled_in };
                values.iter().map(|value| (input.clone(), value.clone())).collect::<Vec<_>>()
            })
            .collect();
        let state = begun.raw.page_state(begun.form, &page.id);
        let saved = draft::save_page(portal, &typist, &form_id, &page.id, &sent, &state).await?;
        assert!(matches!(saved, Saved::Kept(_)));
    }
    let sender = Sender {
        account,
        method: intake::identity::Method::EmailCode,
        signed_in_at: portal.clock.now(),
        session: typist.session,
        language: "en",
    };
    match submit(portal, &sender, &form_id, begun.id, |_: &str| letter("受け取りました")).await? {
        Submitted::Receipt(number) => Ok(number),
        Submitted::Incomplete(errors) => panic!("{errors:?}"),
    }
}

fn text(raw: &RawAnswers, input: &str) -> String {
    raw.first(input).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_questionnaire_begins_with_what_was_notified_and_with_nothing_private() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, _) = file(portal, 1).await;
        let begun = draft::begin(portal, &of(account), &questionnaire(), "ja").await.unwrap();
        let raw = &begun.raw;
        assert_eq!(text(raw, "name"), "髙橋 花子");
        assert_eq!(text(raw, "address"), "窓口市𠮷田町1-2-3");
        assert_eq!(text(raw, "birthdate-year"), "1995");
        assert_eq!(text(raw, "phone"), "090-1234-5678");
        assert_eq!(raw.all("phone_hours"), ["morning", "evening"]);
        // The due date is 2027-07-01 and the clock stands on 2026-11-23.
        assert_eq!(text(raw, "weeks"), "8");
        assert_eq!(text(raw, "pregnancies"), "", "it was private there");
        assert_eq!(text(raw, "filer"), "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_begins_what_there_is_nothing_to_follow_for() {
    for one in portals().await {
        let portal = &one.portal;
        let browser = Typist { owner: DraftOwner::Browser([7; 32]), session: [7; 32] };
        let nobody = draft::begin(portal, &browser, &questionnaire(), "ja").await;
        assert!(matches!(nobody, Err(FlowError::NeedsAccount)));
        let (account, number) = file(portal, 1).await;
        assert!(draft::begin(portal, &of(account), &questionnaire(), "ja").await.is_ok());
        let version = head(portal, &number).await.version;
        filings::withdraw(portal, account, &number, version).await.unwrap();
        // Withdrawn meanwhile: the draft is there, and cannot be sent.
        assert!(matches!(answer_and_send(portal, account).await, Err(FlowError::NothingToFollow)));
        draft::discard(portal, &of(account), &questionnaire()).await.unwrap();
        let again = draft::begin(portal, &of(account), &questionnaire(), "ja").await;
        assert!(matches!(again, Err(FlowError::NothingToFollow)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_is_tied_to_what_it_follows_and_staff_see_both_ways() {
    for one in portals().await {
        let portal = &one.portal;
        let (account, notified) = file(portal, 1).await;
        let number = answer_and_send(portal, account).await.unwrap();
        assert_eq!(head(portal, &number).await.follows_case_id, Some(head(portal, &notified).await.case_id));
        let [clerk, _] = two_clerks(portal).await;
        for (seen_from, seen) in [(&number, &notified), (&notified, &number)] {
            let view = staff_case::view(portal, &clerk, seen_from).await.unwrap();
            let related: Vec<_> = view.related.iter().map(|head| &head.receipt_number).collect();
            assert_eq!(related, [seen]);
        }
        let view = staff_case::view(portal, &clerk, &number).await.unwrap();
        assert_eq!(view.case.office.language.as_deref(), Some("en"));
    }
}
