//! A case. Invariant: it is shown as the flow opened it; nothing is looked up here.

use std::collections::BTreeSet;

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY},
    },
    web::{Data, Path},
};
use app::{
    pages::staff::{
        case::{self as pages, Detail, Failed, Model, Related, ShownPaper, Step, WithdrawalAsked},
        signature::Signature,
    },
    text::Locale,
};
use intake::{
    access::{Action, may_in, may_with},
    export::Channel,
    fhir::MEDIA_TYPE,
    form::Form,
    identity::ProxyState,
    ids::ReceiptNumber,
    journey,
};

use super::{
    Answer, AtWork,
    message::{NotSent, messages},
    to, transfer,
    way_back::{self, Tried},
};
use crate::{
    flows::{
        self,
        case_signature::{self, ShownSignature},
        content::EventDetail,
        decide::Obstacle,
        my_number::Kept,
        paper_scan,
        staff_case::{self, StaffCase, Who},
        undelivered,
    },
    picture::PDF,
    portal::Portal,
    store::{
        case::CaseHead,
        paper::{Paper, PaperState},
    },
    web::{error::WebError, frame::page},
};

/// The key of the sentence that says what stands in the way.
pub(super) const fn obstacle_key(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::HeldByAnother => "staff-obstacle-held",
        Obstacle::NeedsAnotherPerson => "staff-obstacle-another-person",
        Obstacle::NoEvidence => "staff-obstacle-no-evidence",
        Obstacle::PersonNotMet => "staff-obstacle-not-met",
        Obstacle::TwoDocuments => "staff-obstacle-two-documents",
        Obstacle::Request => "staff-obstacle-request",
        Obstacle::AnswerBy => "staff-obstacle-answer-by",
        Obstacle::StaffItems(_) => "staff-obstacle-items",
        Obstacle::NoAccount => "staff-obstacle-no-account",
        Obstacle::Unanswered => "staff-obstacle-unanswered",
        Obstacle::Answers(_) => "staff-obstacle-answers",
    }
}

fn step(step: staff_case::Step) -> Step {
    let by_parent = step.who == Who::Citizen;
    let staff = match step.who {
        Who::Staff(name) => Some(name),
        Who::Citizen | Who::Portal => None,
    };
    let detail = match step.detail {
        Some(EventDetail::SendBack(request)) => Detail::SendBack(request),
        Some(EventDetail::ProposeDecline(reason)) => Detail::Decline(reason),
        // What was seen stands beside the decision.
        Some(EventDetail::RecordIdentity(_) | EventDetail::RecordProxy(_)) | None => Detail::None,
    };
    Step { at: step.at, staff, by_parent, command: step.command, detail }
}

fn related_row(portal: &Portal, head: &CaseHead) -> Related {
    let form = portal.form_of(head);
    let title = form.map_or_else(|| head.form_id.to_string(), |form| form.title.get("ja").to_owned());
    Related {
        number: head.receipt_number.clone(),
        title,
        stage: head.stage,
        filed_at: head.filed_at,
        channel: head.channel.parse().unwrap_or(Channel::Portal),
        is_open: head.erased_at.is_none(),
    }
}

fn shown_paper(portal: &Portal, form: &Form, (paper, can_be_opened): (Paper, bool)) -> ShownPaper {
    let label = form.paper(&paper.kind).map_or_else(|| paper.kind.to_string(), |kind| kind.label.get("ja").to_owned());
    let state = match paper.state {
        PaperState::Clean => "staff-paper-clean",
        PaperState::Pending if !portal.config.scanner.is_on() => "staff-paper-unscanned",
        PaperState::Coming | PaperState::Pending => "staff-paper-pending",
        PaperState::Quarantined => "staff-paper-quarantined",
        PaperState::Error => "staff-paper-error",
    };
    ShownPaper {
        id: paper.paper_id,
        label,
        is_document: paper.media_type.as_deref() == Some(PDF),
        bytes: paper.bytes,
        state,
        can_be_opened,
        rev: paper.sent_rev.unwrap_or_default(),
    }
}

/// The page of a case, with what could not be done.
pub(super) async fn shown(
    portal: &Portal,
    at: &AtWork,
    number: &ReceiptNumber,
    failed: Failed,
) -> Result<HttpResponse, WebError> {
    shown_with(portal, at, number, failed, NotTaken::default()).await
}

fn signature(of: ShownSignature, rev: i64) -> Signature {
    let last_check = of.last_check.map(|check| (check.at, check.status));
    let ShownSignature { facts, has_substitutes, matched, signed_at, not_after, .. } = of;
    Signature { facts, has_substitutes, matched, signed_at, not_after, last_check, is_of_earlier: rev > 1 }
}

/// What is no command, and was not taken.
#[derive(Default)]
pub(super) struct NotTaken {
    /// 「市との連絡」
    pub(super) message: NotSent,
    /// 「窓口でのアカウント再開」
    pub(super) way_back: Tried,
    /// 「ご本人への引継ぎ」
    pub(super) transfer: transfer::Tried,
}

/// The same with what is no command and was not taken.
pub(super) async fn shown_with(
    portal: &Portal,
    at: &AtWork,
    number: &ReceiptNumber,
    failed: Failed,
    not_taken: NotTaken,
) -> Result<HttpResponse, WebError> {
    let NotTaken { message: not_sent, way_back: tried, transfer: not_given } = not_taken;
    let failure = [&failed.error, &not_sent.error, &tried.error, &not_given.error].into_iter().any(Option::is_some);
    let status = if failure { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let view = staff_case::view(portal, &at.who.staff, number).await?;
    let undelivered = undelivered::of_case(portal, &at.who.staff, number).await?;
    let StaffCase {
        case,
        complete,
        derived,
        flags,
        warnings,
        revised,
        history,
        offers,
        holder,
        related,
        same_person,
        unanswered,
        epds,
        papers,
        ..
    } = view;
    let withdrawal = case.head.withdrawal_asked_at.map(|at| WithdrawalAsked { at, first: view.withdrawal_proposed_by });
    let held_by_proxy = case.head.is_held_by_proxy();
    let who = (at.who.staff.staff_id, at.who.staff.roles);
    let restores = may_in(at.who.staff.roles, Action::RestoreAccess, case.head.compartment);
    let newest = case.newest()?;
    let offers = offers
        .into_iter()
        .map(|offer| pages::Offer { kind: offer.kind, obstacle: offer.obstacle.as_ref().map(obstacle_key) });
    let changed: BTreeSet<_> =
        revised.into_iter().next_back().map(|last| last.fields).unwrap_or_default().into_iter().collect();
    let model = Model {
        number,
        version: case.head.version,
        stage: case.head.stage,
        rev: case.head.rev,
        filed_at: case.head.filed_at,
        today: portal.clock.now().date_in_japan(),
        holder,
        form: case.form,
        pages: journey::pages(case.form, complete.answers()),
        raw: &newest.raw,
        answers: complete.answers(),
        changed,
        derived,
        flags: &flags,
        warnings: &warnings,
        evidence: case.office.evidence,
        card: case.office.card.as_ref(),
        staff_items: &case.office.staff_items,
        decline_reason: case.office.decline_reason,
        correction_due_on: case.head.correction_due_on,
        came_back: view.came_back,
        parent_child_number: case.office.parent_child_number.clone(),
        withdrawal,
        undelivered: undelivered.into_iter().map(super::mail::row).collect(),
        epds: epds.as_ref().map(|epds| pages::Epds { score: epds.score, pack: epds.pack, pack_id: &epds.pack_id }),
        language: case.office.language.as_deref().and_then(Locale::parse),
        takes_number: portal.config.my_number.is_spoken_of(),
        number_is_sealed: view.number.map(|kept| kept == Kept::Sealed),
        papers: papers.into_iter().map(|paper| shown_paper(portal, case.form, paper)).collect(),
        related: related.iter().map(|head| related_row(portal, head)).collect(),
        same_person: same_person.iter().map(|head| related_row(portal, head)).collect(),
        origin: case.office.origin.as_ref().map(|origin| pages::Origin {
            number: origin.number.clone(),
            file_sha256: origin.file_sha256.clone(),
            line: origin.line,
            taken_in_at: origin.taken_in_at,
            is_signed: origin.signed.is_some(),
            answered_for_by: origin.signed.as_ref().and_then(|signed| signed.answered_for_by.clone()),
        }),
        channel: case.head.channel.parse().unwrap_or(Channel::Portal),
        to_be_asked: case.to_be_asked(),
        unanswered,
        history: history.into_iter().map(step).collect(),
        offers: offers.collect(),
        signature: view.signature.map(|of| signature(of, case.head.rev)),
        // Who filed elsewhere has no page on which she would read them.
        messages: (case.office.origin.is_none()
            && may_with(who, Action::WriteMessage, case.head.compartment, case.head.holder)
            && !held_by_proxy)
            .then(|| messages(at, number, view.messages, not_sent, portal.config.my_number.is_spoken_of())),
        account_is_closed: view.account_is_closed,
        way_back: (case.head.account_id.is_some() && !view.account_is_closed && restores && !held_by_proxy)
            .then(|| way_back::model(view.way_back, tried)),
        proxy: case.head.proxy,
        transfer: (restores && case.head.proxy == Some(ProxyState::Met))
            .then(|| transfer::model(view.transfer, not_given)),
        pregnancy_ended_at: view.pregnancy_ended_at,
        can_note_end: case.head.owner().is_some()
            && may_in(at.who.staff.roles, Action::NotePregnancyEnd, case.head.compartment),
        is_exported: may_in(at.who.staff.roles, Action::ExportCase, case.head.compartment)
            && case.head.stage.stands_accepted(),
        failed,
    };
    // Also after a command: choosing a language comes back to the case.
    let desk = at.desk.clone().at(format!("/staff/cases/{number}"));
    Ok(page(status, pages::page(&desk, &model)))
}

/// `GET /staff/cases/{receipt_number}/fhir.json`
pub async fn fhir(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let bundle = flows::fhir::export(&portal, &at.who.staff, &number).await?;
    let name = format!("attachment; filename=\"fhir-{number}.json\"");
    Ok(HttpResponse::Ok()
        .content_type(MEDIA_TYPE)
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(bundle.to_string()))
}

/// What a paper may do where it is opened: nothing. A sandbox has an origin of its own.
const ALONE: &str = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `GET /staff/cases/{receipt_number}/papers/{paper}`: a photo that was made here is shown, a document is a download only.
pub async fn paper(portal: Data<Portal>, at: AtWork, path: Path<(String, String)>) -> Answer {
    let number: ReceiptNumber = path.0.parse().map_err(|_| WebError::NotFound)?;
    let id = path.1.parse().map_err(|_| WebError::NotFound)?;
    let open = paper_scan::open_for_staff(&portal, &at.who.staff, &number, id).await?;
    let (way, ending) = if open.media_type == PDF { ("attachment", "pdf") } else { ("inline", "jpg") };
    Ok(HttpResponse::Ok()
        .content_type(open.media_type)
        .insert_header((CONTENT_DISPOSITION, format!("{way}; filename=\"{number}-{}.{ending}\"", open.number)))
        .insert_header((CONTENT_SECURITY_POLICY, ALONE))
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(open.bytes))
}

/// `POST /staff/cases/{receipt_number}/signature`: 再検証
pub async fn verify_signature(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    case_signature::verify_again(&portal, &at.who.staff, &number).await?;
    Ok(to(&format!("/staff/cases/{number}")))
}

/// `GET /staff/cases/{receipt_number}`
pub async fn case(portal: Data<Portal>, at: AtWork, path: Path<String>) -> Answer {
    let number = path.parse().map_err(|_| WebError::NotFound)?;
    shown(&portal, &at, &number, Failed::default()).await
}
