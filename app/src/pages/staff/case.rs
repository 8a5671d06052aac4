//! A case as staff see it. Invariant: every answer is shown as it was typed, beside the number of its record item; what was
//! typed into a form that could not be taken is shown again.

use std::collections::BTreeSet;

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    card::CardFacts,
    case::{CommandKind, CorrectionRequest, DeclineReason, Stage},
    epds::{Score, TextPack},
    export::Channel,
    flag_rules::Hit,
    flags::Raised,
    form::{Field, Form, Kind, Page, Target},
    gestation::TimingClass,
    identity::{Evidence, Method, NoPhoto, PersonDocument, ProxyEvidence, ProxyState},
    ids::{FieldId, PaperId, ReceiptNumber},
    journey::{Derived, Warning},
    staff_items::StaffItemError,
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::{
    channel, command,
    frame::{Desk, document, error_summary},
    pair,
    transfer::{self, Transfer},
    way_back::{self, WayBack},
};
use crate::{
    pages::{
        check::shown,
        form::warning_sentence,
        messages::{self, FIELD, Messages},
    },
    text::Locale,
};

/// A step of the history.
pub struct Step {
    /// When.
    pub at: Instant,
    /// The name of a member of staff; none for the parent and the portal.
    pub staff: Option<String>,
    /// Whether it was the parent.
    pub by_parent: bool,
    /// Which command; `submit` for the filing itself.
    pub command: String,
    /// More of it.
    pub detail: Detail,
}

/// Another case of the same parent that this one follows, or that follows it.
pub struct Related {
    /// 「受付番号」
    pub number: ReceiptNumber,
    /// Name of the procedure, in Japanese.
    pub title: String,
    /// The stage.
    pub stage: Stage,
    /// When it arrived.
    pub filed_at: Instant,
    /// How it came.
    pub channel: Channel,
    /// Whether it can be opened: its content is not erased.
    pub is_open: bool,
}

/// 「他の経路」 What is known of a filing that came by another channel.
pub struct Origin {
    /// Its number there.
    pub number: String,
    /// The digest of the file that it came in.
    pub file_sha256: String,
    /// The line of the file.
    pub line: u64,
    /// When it was taken in here.
    pub taken_in_at: Instant,
    /// Whether the channel said that it was signed.
    pub is_signed: bool,
    /// Who in the city answers for that.
    pub answered_for_by: Option<String>,
}

/// 「写真・書類」 A paper that was sent.
pub struct ShownPaper {
    /// Its id.
    pub id: PaperId,
    /// What the form calls its kind.
    pub label: String,
    /// Whether it is a document, else a photo.
    pub is_document: bool,
    /// How long it is.
    pub bytes: i64,
    /// The key of the sentence that says how its scan stands.
    pub state: &'static str,
    /// Whether it can be opened.
    pub can_be_opened: bool,
    /// The revision that it came with.
    pub rev: i64,
}

/// More of a step.
pub enum Detail {
    /// Nothing.
    None,
    /// 「差戻し」
    SendBack(CorrectionRequest),
    /// Why it is to be declined.
    Decline(DeclineReason),
}

/// A button, and the key of the sentence that says why it cannot be pressed now.
pub struct Offer {
    /// The command.
    pub kind: CommandKind,
    /// `staff-obstacle-…`
    pub obstacle: Option<&'static str>,
}

/// 「取下げの申出」 A withdrawal that is asked for and not decided.
pub struct WithdrawalAsked {
    /// Since when.
    pub at: Instant,
    /// Who said yes to it first.
    pub first: Option<String>,
}

/// 「EPDS」 The scores, and the wording that was answered.
#[derive(Clone, Copy)]
pub struct Epds<'a> {
    /// The scores.
    pub score: Score,
    /// The wording; none once the pack is taken away.
    pub pack: Option<&'a TextPack>,
    /// The name of the pack.
    pub pack_id: &'a str,
}

/// A command that was not carried out.
#[derive(Default)]
pub struct Failed {
    /// Which.
    pub kind: Option<CommandKind>,
    /// Why, as a whole sentence.
    pub error: Option<String>,
    /// The input to go to.
    pub input: Option<String>,
    /// What was typed for it.
    pub typed: RawAnswers,
    /// What of the staff items was not taken.
    pub items: Vec<StaffItemError>,
    /// What of the answers was not taken.
    pub answers: Vec<FieldError>,
}

/// What the page shows.
pub struct Model<'a> {
    /// 「受付番号」
    pub number: &'a ReceiptNumber,
    /// Guards against deciding on what somebody changed meanwhile.
    pub version: i64,
    /// The stage.
    pub stage: Stage,
    /// Revision of the answers.
    pub rev: i64,
    /// When it arrived.
    pub filed_at: Instant,
    /// Today, in Japan.
    pub today: CivilDate,
    /// Who holds it.
    pub holder: Option<String>,
    /// The form.
    pub form: &'a Form,
    /// The pages on the way.
    pub pages: Vec<&'a Page>,
    /// What was typed.
    pub raw: &'a RawAnswers,
    /// The same, parsed.
    pub answers: &'a Answers,
    /// The fields that the newest revision changed.
    pub changed: BTreeSet<FieldId>,
    /// What is computed.
    pub derived: Derived,
    /// 「確認が必要な項目」
    pub flags: &'a [Raised],
    /// The same by the city's own rules.
    pub hits: &'a [Hit],
    /// The version of those rules.
    pub rules_version: u32,
    /// Answers that do not go together.
    pub warnings: &'a [Warning],
    /// How identity was established.
    pub evidence: Option<Evidence>,
    /// 「基本4情報」 What the card says of who had signed in with it.
    pub card: Option<&'a CardFacts>,
    /// Staff items, as they were typed.
    pub staff_items: &'a RawAnswers,
    /// Why declining is proposed.
    pub decline_reason: Option<DeclineReason>,
    /// Until when corrections are asked for.
    pub correction_due_on: Option<CivilDate>,
    /// 「親子番号」 As the back office told it.
    pub parent_child_number: Option<String>,
    /// 「取込先から戻った届出」 Why the back office sent it back, as a code, until it is decided on again.
    pub came_back: Option<String>,
    /// 「取下げの申出」
    pub withdrawal: Option<WithdrawalAsked>,
    /// 「届かなかったメール」
    pub undelivered: Vec<super::mail::Row>,
    /// 「EPDS」
    pub epds: Option<Epds<'a>>,
    /// The language in which the parent filled it in.
    pub language: Option<Locale>,
    /// 「個人番号」 Whether it is taken at all.
    pub takes_number: bool,
    /// Whether it is there, sealed; none where it is not asked for here.
    pub number_is_sealed: Option<bool>,
    /// 「写真・書類」 What was sent, the first to come first.
    pub papers: Vec<ShownPaper>,
    /// Cases that belong to this one.
    pub related: Vec<Related>,
    /// 「同じ方と思われる届出」
    pub same_person: Vec<pair::ShownPair>,
    /// 「結び付け」
    pub ties: pair::Ties,
    /// How it came.
    pub channel: Channel,
    /// 「他の経路」
    pub origin: Option<Origin>,
    /// 「聞き取り」 The fields that the channel never asks, and those that depend on them.
    pub to_be_asked: Vec<FieldId>,
    /// 「聞き取り」 Those that must be answered before it can be accepted.
    pub unanswered: Vec<FieldId>,
    /// What happened, oldest first.
    pub history: Vec<Step>,
    /// What can be done.
    pub offers: Vec<Offer>,
    /// 「電子署名」
    pub signature: Option<super::signature::Signature>,
    /// 「市との連絡」 For who may read and answer them.
    pub messages: Option<Messages>,
    /// Whether the parent has left: what is written to her reaches nobody.
    pub account_is_closed: bool,
    /// 「窓口でのアカウント再開」 For who may.
    pub way_back: Option<WayBack>,
    /// 「代理人」 How far a filing by a proxy has come.
    pub proxy: Option<ProxyState>,
    /// 「ご本人への引継ぎ」 For who may.
    pub transfer: Option<Transfer>,
    /// 「妊娠の終了」 When the parent told of it.
    pub pregnancy_ended_at: Option<Instant>,
    /// Whether who reads may note it, or take it back.
    pub can_note_end: bool,
    /// Whether it may be taken away as a file.
    pub is_exported: bool,
    /// What could not be done just now.
    pub failed: Failed,
}

impl Model<'_> {
    pub(super) fn label(&self, id: &FieldId) -> String {
        let paper = || self.form.paper(id).map_or_else(|| id.to_string(), |paper| paper.label.get("ja").to_owned());
        self.form.field(id).map_or_else(paper, |(_, field)| field.label.get("ja").to_owned())
    }

    /// The fields that are asked of this parent.
    pub(super) fn asked(&self) -> impl Iterator<Item = &Field> {
        self.pages.iter().flat_map(|page| page.fields.iter()).filter(|field| self.is_asked(field))
    }

    pub(super) fn is_asked(&self, field: &Field) -> bool {
        field.when.as_ref().is_none_or(|condition| condition.holds(self.answers))
    }

    pub(super) fn offers(&self, kind: CommandKind) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.kind == kind)
    }
}

/// `/staff/cases/{receipt_number}`
#[must_use]
pub fn page(desk: &Desk, model: &Model<'_>) -> String {
    let locale = desk.locale();
    let title = locale.say("staff-case-title");
    let failed = &model.failed;
    let not_sent = model.messages.as_ref().and_then(|of| of.error.as_deref());
    let no_way_back = model.way_back.as_ref().and_then(|of| of.error.as_deref());
    let not_given = model.transfer.as_ref().and_then(|of| of.error.as_deref());
    let has_error = [failed.error.as_deref(), not_sent, no_way_back, not_given].iter().any(Option::is_some);
    document(desk, &title, has_error, || {
        view! {
            {error_summary(failed.error.as_deref(), failed.input.as_deref())}
            {error_summary(not_sent, Some(FIELD))}
            {error_summary(no_way_back, Some("way-back"))}
            {error_summary(not_given, Some("transfer"))}
            <div>
                <h1><span lang="ja">{model.form.title.get("ja").to_owned()}</span> " " {model.number.to_string()}</h1>
                {facts(locale, model)}
                {channel::origin(locale, model)}
            </div>
            {super::mail::notice(locale, &model.undelivered)}
            {super::handover::notice(locale, model.came_back.as_deref())}
            {closed(locale, model)}
            {by_proxy(locale, model)}
            {pregnancy_end(locale, model)}
            {withdrawal(locale, model)}
            <div class="case-layout">
                <div>{pair::section(locale, model)}{related(locale, model)}{pair::ties(locale, model)}{channel::to_be_asked(locale, model)}{look_at(locale, model)}{super::epds::scores(locale, model)}{answers(locale, model)}{papers(locale, model)}{command::staff_items(locale, model)}{messages_of(locale, model)}{history(locale, model)}{file(locale, model)}</div>
                <aside aria-label=locale.say("staff-decision")>
                    <h2>{locale.say("staff-decision")}</h2>
                    {identity(locale, model)}
                    {model.signature.as_ref().map(|of| super::signature::section(locale, model.number, of))}
                    {command::all(locale, model)}
                    {note_end(locale, model)}
                    {model.transfer.as_ref().map(|of| transfer::section(locale, model.number, of))}
                    {model.way_back.as_ref().map(|of| way_back::section(locale, model.number, of))}
                </aside>
            </div>
        }
        .into_any()
    })
}

fn facts(locale: Locale, model: &Model<'_>) -> AnyView {
    let holder = model.holder.as_ref().map(|name| view! { " " {locale.with("staff-held-by", &[("name", name)])} });
    let due = model.correction_due_on.map(|day| view! { " " {locale.with("queue-due", &[("day", &day.to_string())])} });
    let revision =
        (model.rev > 1).then(|| view! { " " {locale.with("staff-revision", &[("rev", &model.rev.to_string())])} });
    let proposed = model.decline_reason.map(|reason| {
        let reason = locale.say(&format!("decline-{}", reason.as_str().replace('_', "-")));
        view! { <p>{locale.with("staff-decline-proposed", &[("reason", &reason)])}</p> }
    });
    let parent_child = model.parent_child_number.as_ref().map(|number| {
        view! { <p>{locale.with("handover-parent-child-number", &[("number", number)])}</p> }
    });
    view! {
        <p>
            <span class="badge badge--stage">{locale.say(&format!("staff-stage-{}", model.stage))}</span> " "
            {locale.with("cases-filed", &[("at", &model.filed_at.minute_in_japan())])}{revision}{holder}{due}
        </p>
        {proposed}{parent_child}
    }
    .into_any()
}

/// 「仮の受付」 Above everything: whoever reads on, or calls, knows that it is not the person who filed, and may not be safe with
/// who did.
fn by_proxy(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let state = model.proxy?;
    let lead = locale.say(&format!("staff-proxy-{state}"));
    let careful = state.is_held_by_proxy().then(|| view! { <p>{locale.say("staff-proxy-careful")}</p> });
    Some(
        view! {
            <div class="notice notice--warning">
                <h2>{locale.say("staff-proxy-title")}</h2>
                <p>{lead}</p>
                {careful}
            </div>
        }
        .into_any(),
    )
}

/// 「退会」 What is asked of her here she cannot read.
fn closed(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    model.account_is_closed.then(|| {
        view! { <div class="notice notice--warning"><p>{locale.say("staff-account-closed")}</p></div> }.into_any()
    })
}

/// 「妊娠の終了」 Above everything: whoever reads on, or calls, knows it.
fn pregnancy_end(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let at = model.pregnancy_ended_at?;
    Some(
        view! {
            <div class="notice notice--warning">
                <h2>{locale.with("staff-end-told", &[("at", &at.minute_in_japan())])}</h2>
                <p>{locale.say("staff-end-told-lead")}</p>
            </div>
        }
        .into_any(),
    )
}

/// 「妊娠の終了」 The button to note it, or to take it back.
fn note_end(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let (told, key) = match model.pregnancy_ended_at {
        None => ("yes", "staff-end-note"),
        Some(_) => ("no", "staff-end-take-back"),
    };
    model.can_note_end.then(|| {
        view! {
            <details class="deed">
                <summary>{locale.say("staff-end-title")}</summary>
                <form class="form" method="post" action=format!("/staff/cases/{}/pregnancy-end", model.number)>
                    <input type="hidden" name="told" value=told/>
                    <p>{locale.say("staff-end-lead")}</p>
                    <div class="button-row"><button class="button button--secondary">{locale.say(key)}</button></div>
                </form>
            </details>
        }
        .into_any()
    })
}

/// 「取下げの申出」 Above everything: it is decided before the case goes on.
fn withdrawal(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let asked = model.withdrawal.as_ref()?;
    let first = match &asked.first {
        Some(name) => locale.with("staff-withdrawal-first", &[("name", name)]),
        None => locale.say("staff-withdrawal-nobody"),
    };
    Some(
        view! {
            <div class="notice notice--warning">
                <h2>{locale.with("staff-withdrawal-asked", &[("at", &asked.at.minute_in_japan())])}</h2>
                <p>{first}</p>
                <p>{locale.say("staff-withdrawal-lead")}</p>
            </div>
        }
        .into_any(),
    )
}

/// 「確認が必要な項目」 each with the answer that raised it.
fn look_at(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let answer = |id: &FieldId| {
        let text = model.form.field(id).and_then(|(_, field)| shown(Locale::Ja, field, model.raw));
        format!("{}：{}", model.label(id), text.unwrap_or_else(|| locale.say("not-answered")))
    };
    // What does not go together has a sentence of its own below.
    let flags = model.flags.iter().filter(|raised| raised.flag != intake::flags::Flag::LooksOdd).map(|raised| {
        let name = locale.say(&format!("flag-{}", raised.flag.code().replace('_', "-")));
        view! { <li><strong>{name}</strong><p>{answer(&raised.field)}</p></li> }.into_any()
    });
    let warnings = model.warnings.iter().map(|warning| {
        let sentence = warning_sentence(locale, warning);
        view! { <li><strong>{sentence}</strong><p>{answer(&warning.field)}</p></li> }.into_any()
    });
    let all: Vec<AnyView> = flags.chain(warnings).collect();
    let of_city = model.hits.iter().map(|hit| {
        let name = hit.label.get(locale.code()).to_owned();
        let by = hit.fields.iter().map(|id| view! { <p lang="ja">{answer(id)}</p> }).collect_view();
        view! { <li><strong>{name}</strong>{by}</li> }.into_any()
    });
    let of_city: Vec<AnyView> = of_city.collect();
    let of_city = (!of_city.is_empty()).then(|| {
        let lead = locale.with("flag-rules", &[("version", &model.rules_version.to_string())]);
        view! { <p class="field__hint">{lead}</p><ul class="flag-list" id="flag-rules">{of_city}</ul> }
    });
    (!all.is_empty() || of_city.is_some()).then(|| {
        let own = (!all.is_empty()).then(|| view! { <ul class="flag-list">{all}</ul> });
        view! { <section><h2>{locale.say("staff-look-at")}</h2>{own}{of_city}</section> }.into_any()
    })
}

fn related(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let rows = rows(locale, &model.related);
    (!model.related.is_empty())
        .then(|| view! { <section><h2>{locale.say("staff-related")}</h2><ul>{rows}</ul></section> }.into_any())
}

/// Other cases, each a line.
pub(super) fn rows(locale: Locale, cases: &[Related]) -> AnyView {
    cases
        .iter()
        .map(|one| {
            let number = one.number.to_string();
            let name = if one.is_open {
                view! { <a href=format!("/staff/cases/{number}")>{one.title.clone()} " " {number.clone()}</a> }.into_any()
            } else {
                view! { {one.title.clone()} " " {number} }.into_any()
            };
            let stage = locale.say(&format!("staff-stage-{}", one.stage));
            let filed = locale.with("cases-filed", &[("at", &one.filed_at.minute_in_japan())]);
            let came = channel::badge(locale, one.channel);
            view! { <li><span lang="ja">{name}</span> " " <span class="badge badge--stage">{stage}</span>{came} " " {filed}</li> }
        })
        .collect_view()
        .into_any()
}

/// The language of what she wrote herself, where it is not Japanese.
fn foreign(model: &Model<'_>) -> Option<Locale> {
    model.language.filter(|language| language.lang() != Locale::Ja.lang())
}

/// The answers, always in Japanese: staff decide on what the record will say, in whatever language it was asked.
fn answers(locale: Locale, model: &Model<'_>) -> AnyView {
    let sections = model
        .pages
        .iter()
        // The items of the EPDS stand with their scores.
        .filter(|page| page.fields.iter().any(|field| !is_item(field)))
        .map(|page| {
            let rows = page
                .fields
                .iter()
                .filter(|field| model.is_asked(field) && !is_item(field))
                .map(|field| row(locale, model, field))
                .collect_view();
            view! { <h3>{page.title.get("ja").to_owned()}</h3><dl class="summary-list">{rows}</dl> }
        })
        .collect_view();
    let language = model.language.map(|language| {
        view! { <p>{locale.say("staff-language")} <span lang=language.lang()>{language.name()}</span></p> }
    });
    view! {
        <section>
            <h2>{locale.say("staff-answers")}</h2>
            {language}{computed(locale, model)}
            <div lang="ja">{sections}</div>
        </section>
    }
    .into_any()
}

pub(super) const fn is_item(field: &Field) -> bool {
    matches!(field.target, Target::EpdsItem(_))
}

fn row(locale: Locale, model: &Model<'_>, field: &Field) -> AnyView {
    let item = match &field.target {
        Target::Record(number) => Some(locale.with("staff-record-item", &[("number", number)])),
        Target::Legal(_) => Some(locale.say("staff-legal-item")),
        Target::Person(_) | Target::Extra(_) | Target::DetailOf(_) | Target::EpdsItem(_) => None,
    };
    let item = item.map(|text| view! { " " <span class="badge">{text}</span> });
    let changed = model.changed.contains(&field.id).then(|| {
        view! { " " <span class="badge badge--flag">{locale.say("staff-changed-answer")}</span> }
    });
    let text = shown(Locale::Ja, field, model.raw).unwrap_or_else(|| Locale::Ja.say("not-answered"));
    let in_other_words = matches!(field.kind, Kind::Text { .. } | Kind::LongText { .. }) && answered(model, field);
    let language = foreign(model).filter(|_| in_other_words);
    let mark = language.map(|language| {
        let text = locale.with("staff-foreign-text", &[("language", language.name())]);
        view! { " " <span class="badge badge--flag">{text}</span> }
    });
    view! {
        <div class="summary-list__row" id=format!("answer-{}", field.id)>
            <dt class="summary-list__key">{field.label.get("ja").to_owned()}{item}{changed}{mark}</dt>
            <dd class="summary-list__value" lang=language.map(Locale::lang)>{text}</dd>
        </div>
    }
    .into_any()
}

fn answered(model: &Model<'_>, field: &Field) -> bool {
    model.answers.text(&field.id).is_some()
}

fn computed(locale: Locale, model: &Model<'_>) -> AnyView {
    let weeks = model.derived.gestation.map(|found| {
        let (weeks, days, month) = (found.weeks.to_string(), found.days.to_string(), found.month.to_string());
        locale.with("staff-weeks", &[("weeks", &weeks), ("days", &days), ("month", &month)])
    });
    let timing = match model.derived.timing {
        TimingClass::Unknown => None,
        timing => Some(timing.name().to_owned()),
    };
    let age = model.derived.age.map(|age| locale.with("staff-age", &[("age", &age.to_string())]));
    let all: Vec<String> = [weeks, timing, age].into_iter().flatten().collect();
    view! { <p>{locale.with("staff-computed", &[("all", &all.join("、"))])}</p> }.into_any()
}

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
fn identity(locale: Locale, model: &Model<'_>) -> AnyView {
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
    let missing = (!is_enough).then(|| view! { <p><strong>{locale.say("identity-missing")}</strong></p> });
    let sealed = model.number_is_sealed.map(|is_sealed| {
        let how = locale.say(if is_sealed { "identity-my-number-sealed" } else { "identity-my-number-counter" });
        view! { <p>{locale.say("identity-my-number")}"："<strong>{how}</strong></p> }
    });
    let of_card = super::card::beside(locale, model);
    view! { <section><h3>{locale.say("identity-title")}</h3>{method}{of_card}{of_proxy}{sealed}{seen}{missing}</section> }
        .into_any()
}

/// 「市との連絡」
fn messages_of(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    model.messages.as_ref().map(|of| messages::section(locale, locale.say("staff-messages-lead"), of))
}

fn history(locale: Locale, model: &Model<'_>) -> AnyView {
    let steps = model
        .history
        .iter()
        .map(|step| {
            let who = match (&step.staff, step.by_parent) {
                (Some(name), _) => name.clone(),
                (None, true) => locale.say("history-parent"),
                (None, false) => locale.say("history-portal"),
            };
            let what = locale.say(&format!("history-{}", step.command.replace('_', "-")));
            view! { <li><time>{step.at.minute_in_japan()}</time><p>{who}"："{what}</p>{detail(locale, model, &step.detail)}</li> }
        })
        .collect_view();
    view! { <section><h2>{locale.say("staff-history")}</h2><ol class="history">{steps}</ol></section> }.into_any()
}

/// 「写真・書類」 By their numbers; each opens on a page without any script.
fn papers(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let rows = (1_usize..)
        .zip(&model.papers)
        .map(|(number, paper)| {
            let key = if paper.is_document { "paper-document" } else { "paper-photo" };
            let called = Locale::Ja.with(key, &[("number", &number.to_string())]);
            let name = if paper.can_be_opened {
                let address = format!("/staff/cases/{}/papers/{}", model.number, paper.id);
                let target = (!paper.is_document).then_some("_blank");
                view! { <a href=address target=target rel="noopener">{called}</a> }.into_any()
            } else {
                view! { {called} }.into_any()
            };
            let is_new = paper.rev > 1 && paper.rev == model.rev;
            let new = is_new.then(|| view! { " " <span class="badge badge--flag">{locale.say("staff-changed-answer")}</span> });
            let state = locale.say(paper.state);
            let size = crate::pages::papers::size(paper.bytes);
            view! {
                <li><span lang="ja">{paper.label.clone()}"："{name}</span> " (" {size} ") " <span class="badge">{state}</span>{new}</li>
            }
        })
        .collect_view();
    (!model.papers.is_empty())
        .then(|| view! { <section id="papers"><h2>{locale.say("papers-title")}</h2><ul class="staff-papers">{rows}</ul></section> }.into_any())
}

/// The case as a file, for who may take it away.
fn file(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let address = format!("/staff/cases/{}/fhir.json", model.number);
    model.is_exported.then(|| view! { <p><a href=address download="">{locale.say("staff-fhir")}</a></p> }.into_any())
}

fn detail(locale: Locale, model: &Model<'_>, detail: &Detail) -> Option<AnyView> {
    match detail {
        Detail::None => None,
        Detail::Decline(reason) => {
            let text = locale.say(&format!("decline-{}", reason.as_str().replace('_', "-")));
            Some(view! { <p>{text}</p> }.into_any())
        }
        Detail::SendBack(request) => {
            let lines = request
                .fields
                .iter()
                .map(|(field, reason)| view! { <li>{model.label(field)}"："{reason.clone()}</li> })
                .collect_view();
            let due = locale.with("queue-due", &[("day", &request.answer_by.to_string())]);
            Some(view! { <ul>{lines}</ul><p>{due}</p> }.into_any())
        }
    }
}
