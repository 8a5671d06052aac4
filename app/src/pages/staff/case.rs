//! A case as staff see it. Invariant: every answer is shown as it was typed, beside the number of its record item; what was
//! typed into a form that could not be taken is shown again.

use std::collections::BTreeSet;

use intake::{
    answers::{Answers, FieldError, RawAnswers},
    card::CardFacts,
    case::{AmendReason, CommandKind, CorrectionRequest, DeclineReason, Stage},
    epds::{Score, TextPack},
    export::Channel,
    flag_rules::Hit,
    flags::Raised,
    form::{Field, Form, Page},
    identity::{Compared, Evidence, Fact, ProxyState},
    ids::{FieldId, PaperId, ReceiptNumber},
    journey::{Derived, Warning},
    staff_items::StaffItemError,
    time::{CivilDate, Instant},
};
use leptos::prelude::*;

use super::{
    above, answers,
    changes::{self, Revision},
    channel, command, entry_check,
    frame::{Desk, document, error_summary},
    history, identity,
    non_disclosure::{self, NonDisclosure},
    pair, papers,
    send_back::{self, SendBack},
    transfer::{self, Transfer},
    way_back::{self, WayBack},
};
use crate::{
    pages::messages::{self, FIELD, Messages},
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
    /// 「照合」 With what it was compared, and what differed.
    Compared(Compared),
    /// 「職権訂正」 Which fields, why, and what colleagues are told.
    Amend(Vec<FieldId>, AmendReason, String),
    /// 「同じ方と確認」 What, and why it is no difference.
    Settled(Fact, String),
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
    /// 「委託」 Whether what was marked private reads 「回答済み」.
    pub hides_private: bool,
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
    /// 「不開示」
    pub non_disclosure: NonDisclosure,
    /// 「変更」 Every revision, the first first.
    pub revisions: Vec<Revision<'a>>,
    /// The revision that who reads was shown last.
    pub seen_rev: Option<i64>,
    /// 「職権訂正」 The fields that who reads may put right now.
    pub amendable: BTreeSet<FieldId>,
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
    /// 「在席」
    pub desks: super::presence::Desks,
    /// The way through the view that led here.
    pub way: super::way::Way,
    /// 「職員のメモ」 For who may read and write them.
    pub notes: Option<super::note::Notes>,
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
    /// 「処理期限」
    pub deadline: Option<super::deadline::Shown>,
    /// 「差戻し」
    pub send_back: SendBack<'a>,
    /// 「窓口代行入力」 What is known of the paper, where staff typed it in.
    pub entry: Option<entry_check::Entry<'a>>,
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
    let no_note = model.notes.as_ref().and_then(|of| of.error.as_deref());
    let not_given = model.transfer.as_ref().and_then(|of| of.error.as_deref());
    let has_error = [failed.error.as_deref(), not_sent, no_way_back, not_given, no_note].iter().any(Option::is_some);
    document(desk, &title, has_error, || {
        view! {
            {error_summary(failed.error.as_deref(), failed.input.as_deref())}
            {error_summary(not_sent, Some(FIELD))}
            {error_summary(no_note, Some(super::note::FIELD))}
            {error_summary(no_way_back, Some("way-back"))}
            {error_summary(not_given, Some("transfer"))}
            {super::way::done(locale, &model.way)}
            {super::way::links(locale, &model.way)}
            <div>
                <h1><span lang="ja">{model.form.title.get("ja").to_owned()}</span> " " {model.number.to_string()}</h1>
                {facts(locale, model)}
                {model.deadline.map(|shown| super::deadline::section(locale, shown))}
                {channel::origin(locale, model)}
                {super::presence::section(locale, model.number, model.version, &model.desks)}
                {entry_check::origin(locale, model)}
            </div>
            {non_disclosure::notice(locale, model)}
            {super::mail::notice(locale, &model.undelivered)}
            {super::handover::notice(locale, model.came_back.as_deref())}
            {above::closed(locale, model)}
            {above::by_proxy(locale, model)}
            {above::pregnancy_end(locale, model)}
            {above::withdrawal(locale, model)}
            <div class="case-layout">
                <div>
                    {pair::section(locale, model)}
                    {related(locale, model)}
                    {pair::ties(locale, model)}
                    {channel::to_be_asked(locale, model)}
                    {entry_check::put_right(locale, model)}
                    {send_back::section(locale, model)}
                    {answers::look_at(locale, model)}
                    {super::epds::scores(locale, model)}
                    {answers::answers(locale, model)}
                    {changes::section(locale, model)}
                    {papers::papers(locale, model)}
                    {command::staff_items(locale, model)}
                    {model.notes.as_ref().map(|of| super::note::section(locale, model.number, of))}
                    {messages_of(locale, model)}
                    {history::history(locale, model)}
                    {file(locale, model)}
                </div>
                <aside aria-label=locale.say("staff-decision")>
                    <h2>{locale.say("staff-decision")}</h2>
                    {identity::identity(locale, model)}
                    {model.signature.as_ref().map(|of| super::signature::section(locale, model.number, of))}
                    {command::all(locale, model)}
                    {above::note_end(locale, model)}
                    {non_disclosure::deed(locale, model)}
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

/// 「市との連絡」
fn messages_of(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    model.messages.as_ref().map(|of| messages::section(locale, locale.say("staff-messages-lead"), of))
}

/// The case as a file, for who may take it away.
fn file(locale: Locale, model: &Model<'_>) -> Option<AnyView> {
    let address = format!("/staff/cases/{}/fhir.json", model.number);
    model.is_exported.then(|| view! { <p><a href=address download="">{locale.say("staff-fhir")}</a></p> }.into_any())
}
