//! 「電子署名」 The signature of a case, for staff. Invariant: who signed stands beside what was declared, fact by fact, and what is not
//! known of the certificate is said to be unknown.

use intake::{
    card::{CardFact, CardFacts, Matched},
    ids::ReceiptNumber,
    signing::CertificateStatus,
    time::Instant,
};
use leptos::prelude::*;

use crate::text::Locale;

/// What is shown of it.
pub struct Signature {
    /// What the certificate says of its holder.
    pub facts: CardFacts,
    /// 「代替文字」 Whether it says so with characters that stand for others.
    pub has_substitutes: bool,
    /// Which facts agree with the newest answers.
    pub matched: Matched,
    /// When it was signed.
    pub signed_at: Instant,
    /// Until when the certificate is valid.
    pub not_after: Instant,
    /// The newest verification: when, and what was known; none for a signature that was refused then.
    pub last_check: Option<(Instant, Option<CertificateStatus>)>,
    /// Whether the answers are a later revision than what was signed.
    pub is_of_earlier: bool,
}

const fn status_key(status: Option<CertificateStatus>) -> &'static str {
    match status {
        Some(CertificateStatus::Good) => "signature-status-good",
        Some(CertificateStatus::Unknown) => "signature-status-unknown",
        Some(CertificateStatus::RevokedLater) => "signature-status-revoked-later",
        None => "signature-status-refused",
    }
}

/// The section beside the decision.
pub(super) fn section(locale: Locale, number: &ReceiptNumber, of: &Signature) -> AnyView {
    let rows = CardFact::ALL
        .into_iter()
        .filter_map(|fact| {
            let text = match fact {
                CardFact::Sex => locale.say(&format!("signature-sex-{}", of.facts.sex?.as_str())),
                _ => of.facts.text(fact)?,
            };
            let agrees = match (fact, of.matched.has(fact)) {
                (CardFact::Sex, _) => None,
                (_, true) => Some(view! { <span class="badge">{locale.say("signature-agrees")}</span> }.into_any()),
                (_, false) => {
                    Some(view! { <span class="badge badge--flag">{locale.say("signature-differs")}</span> }.into_any())
                }
            };
            let lang = (fact != CardFact::Sex).then_some("ja");
            Some(view! {
                <div class="summary-list__row">
                    <dt class="summary-list__key">{locale.say(&format!("signature-fact-{}", fact.as_str()))}</dt>
                    <dd class="summary-list__value"><span lang=lang>{text}</span> " " {agrees}</dd>
                </div>
            })
        })
        .collect_view();
    let substitutes = of.has_substitutes.then(|| view! { <p>{locale.say("signature-substitutes")}</p> });
    let earlier = of.is_of_earlier.then(|| view! { <p>{locale.say("signature-of-earlier")}</p> });
    let check = of.last_check.map(|(at, status)| {
        let at = at.minute_in_japan();
        view! { <p><strong>{locale.say(status_key(status))}</strong> " " {locale.with("signature-checked-at", &[("at", &at)])}</p> }
    });
    let until = of.not_after.date_in_japan().to_string();
    view! {
        <section>
            <h3>{locale.say("signature-title")}</h3>
            <p>{locale.with("signature-signed-at", &[("at", &of.signed_at.minute_in_japan())])}</p>
            <dl class="summary-list">{rows}</dl>
            {substitutes}{earlier}{check}
            <p>{locale.with("signature-not-after", &[("day", &until)])}</p>
            <form method="post" action=format!("/staff/cases/{number}/signature")>
                <div class="button-row"><button class="button button--secondary">{locale.say("signature-verify")}</button></div>
            </form>
        </section>
    }
    .into_any()
}
