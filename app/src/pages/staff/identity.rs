//! 「本人確認」 How far the evidence of a case goes. Invariant: 番号確認 and 身元確認 stand apart, and so do she and her proxy.

use intake::identity::{Method, NoPhoto, PersonDocument, ProxyEvidence};
use leptos::prelude::*;

use super::case::Model;
use crate::text::Locale;

pub(super) const fn method_key(method: Method) -> &'static str {
    match method {
        Method::EmailCode => "method-email-code",
        Method::Passkey => "method-passkey",
        Method::Mynaapp => "method-mynaapp",
        Method::Signature => "method-signature",
        Method::Counter => "method-counter",
    }
}

/// A kind of document, with the two where there was no photo.
fn person_documents(locale: Locale, person: PersonDocument, two: Option<[NoPhoto; 2]>) -> String {
    let name = locale.say(&format!("person-{}", person.code().replace('_', "-")));
    match two {
        None => name,
        Some(two) => {
            let two = two.map(|one| locale.say(&format!("no-photo-{}", one.code().replace('_', "-"))));
            format!("{name}（{}）", two.join("・"))
        }
    }
}

/// 「代理人」 What was seen of her, and whether the person herself was met.
fn proxy_seen(locale: Locale, proxy: &ProxyEvidence) -> AnyView {
    let seen = proxy.seen.map(|seen| {
        let power = locale.say(&format!("power-{}", seen.power.code().replace('_', "-")));
        let person = person_documents(locale, seen.person, seen.without_photo);
        view! {
            <dl class="summary-list">
                <div class="summary-list__row"><dt class="summary-list__key">{locale.say("proxy-power")}</dt><dd class="summary-list__value">{power}</dd></div>
                <div class="summary-list__row"><dt class="summary-list__key">{locale.say("proxy-person")}</dt><dd class="summary-list__value">{person}</dd></div>
            </dl>
            <p>{locale.with("identity-seen-at", &[("at", &seen.at.minute_in_japan())])}</p>
        }
    });
    let met = match proxy.met {
        Some(met) => locale.with("proxy-met-at", &[("at", &met.at.minute_in_japan())]),
        None => locale.say("proxy-not-met"),
    };
    view! { {seen}<p>{met}</p> }.into_any()
}

/// 「本人確認」 How far it stands, 番号確認 and 身元確認 apart.
pub(super) fn identity(locale: Locale, model: &Model<'_>) -> AnyView {
    let method = model.evidence.map(|found| {
        let at = found.signed_in_at.minute_in_japan();
        view! { <p>{locale.with("identity-filed-by", &[("method", &locale.say(method_key(found.method))), ("at", &at)])}</p> }
    });
    let of_proxy = model.evidence.and_then(|found| found.proxy).map(|proxy| proxy_seen(locale, &proxy));
    let seen = model.evidence.and_then(|found| found.counter).map(|seen| {
        let number = model.takes_number.then(|| {
            let seen = locale.say(&format!("number-{}", seen.number.code().replace('_', "-")));
            view! { <div class="summary-list__row"><dt class="summary-list__key">{locale.say("identity-number")}</dt><dd class="summary-list__value">{seen}</dd></div> }
        });
        let person = person_documents(locale, seen.person, seen.without_photo);
        view! {
            <dl class="summary-list">
                {number}
                <div class="summary-list__row"><dt class="summary-list__key">{locale.say("identity-person")}</dt><dd class="summary-list__value">{person}</dd></div>
            </dl>
            <p>{locale.with("identity-seen-at", &[("at", &seen.at.minute_in_japan())])}</p>
        }
    });
    let is_enough = model.evidence.and_then(|found| found.sufficient()).is_some();
    let has_open = model.evidence.is_some_and(|found| !found.comparison.open().is_empty());
    let missing = (!is_enough && !has_open).then(|| view! { <p><strong>{locale.say("identity-missing")}</strong></p> });
    let sealed = model.number_is_sealed.map(|is_sealed| {
        let how = locale.say(if is_sealed { "identity-my-number-sealed" } else { "identity-my-number-counter" });
        view! { <p>{locale.say("identity-my-number")}"："<strong>{how}</strong></p> }
    });
    let compared = super::comparison::section(locale, model);
    let of_card = super::card::worth(locale, model);
    view! { <section><h3>{locale.say("identity-title")}</h3>{method}{of_card}{of_proxy}{sealed}{seen}{missing}</section>{compared} }
        .into_any()
}
