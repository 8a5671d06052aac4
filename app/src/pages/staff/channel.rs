//! 「他の経路」 What staff see of a filing that came by another channel. Invariant: what the channel said is shown as said by it,
//! and what it never asks is asked for by staff before the filing can be accepted.

use intake::{answers::parse, case::CommandKind, export::Channel};
use leptos::prelude::*;

use super::{
    case::Model,
    command::{address, key, typed},
};
use crate::{
    fields::{Context, field},
    text::Locale,
};

/// How it came, unless it was filed here.
pub(super) fn badge(locale: Locale, channel: Channel) -> Option<AnyView> {
    let text = locale.say(&format!("channel-{}", channel.as_str()));
    (channel != Channel::Portal).then(|| view! { " " <span class="badge">{text}</span> }.into_any())
}

/// Where it comes from: the number there, and the file that proves it.
pub(super) fn origin(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let origin = model.origin.as_ref()?;
    let channel = locale.say(&format!("channel-{}", model.channel.as_str()));
    let row = |key: &str, value: String| {
        view! {
            <div class="summary-list__row"><dt class="summary-list__key">{locale.say(key)}</dt><dd class="summary-list__value">{value}</dd></div>
        }
    };
    let signed = match (&origin.answered_for_by, origin.is_signed) {
        (Some(name), _) => locale.with("origin-signed-answered-for", &[("name", name)]),
        (None, true) => locale.say("origin-signed-said"),
        (None, false) => locale.say("origin-not-signed"),
    };
    let line = origin.line.to_string();
    Some(
        view! {
            <dl class="summary-list">
                {row("origin-channel", channel)}
                {row("origin-number", origin.number.clone())}
                {row("origin-signature", signed)}
                {row("origin-taken-in", origin.taken_in_at.minute_in_japan())}
            </dl>
            <details class="deed">
                <summary>{locale.say("origin-file")}</summary>
                <p>{locale.with("origin-file-lead", &[("line", &line)])}</p>
                <p class="digest"><code>{origin.file_sha256.clone()}</code></p>
            </details>
        }
        .into_any(),
    )
}

/// 「聞き取り」 The fields that the channel never asks: a form for who holds the case, else what is still missing.
pub(super) fn to_be_asked(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let kind = CommandKind::Complete;
    let missing = model.unanswered.iter().map(|id| model.label(id)).collect::<Vec<_>>().join("、");
    let missing = (!model.unanswered.is_empty()).then(|| {
        view! { <p><strong>{locale.say("to-ask-missing")}</strong> <span lang="ja">{missing}</span></p> }
    });
    if model.to_be_asked.is_empty() {
        return None;
    }
    let form = model.offers(kind).map(|_| {
        let failed = typed(model, kind);
        let raw = failed.unwrap_or(model.raw);
        let parsed = failed.map(|raw| parse(model.form, raw, model.today).0);
        let errors = model.failed.answers.as_slice();
        let fields = model
            .to_be_asked
            .iter()
            .filter_map(|id| model.form.field(id))
            .map(|(page, one)| {
                let answers = parsed.as_ref().unwrap_or(model.answers);
                // In Japanese: it is the parent's own form that is filled in.
                field(Context { locale: Locale::Ja, raw, answers, errors, page, text_pack: None, help: None, card: None }, one)
            })
            .collect_view();
        let open = !model.unanswered.is_empty() || failed.is_some();
        view! {
            <details class="deed" open=open>
                <summary>{locale.say(&key(kind))}</summary>
                <form class="form" method="post" action=address(model, kind) novalidate>
                    <input type="hidden" name="version" value=model.version.to_string()/>
                    <p class="field__hint">{locale.say("to-ask-lead")}</p>
                    <div lang="ja">{fields}</div>
                    <div class="button-row"><button class="button button--secondary">{locale.say(&format!("{}-button", key(kind)))}</button></div>
                </form>
            </details>
        }
    });
    Some(view! { <section id="to-be-asked"><h2>{locale.say("to-ask-title")}</h2>{missing}{form}</section> }.into_any())
}
