//! 「ご本人にはこう見えます」 A look at a send-back before it is sent. Invariant: nothing is sent by it, and everything that was typed goes
//! on, or back into the form, with the next press.

use actix_web::{
    http::StatusCode,
    web::{Data, Path},
};
use app::{
    pages::{
        correct::{self, Model, Reason},
        papers::Kind,
        staff::{case::Failed, message, send_back as pages},
    },
    text::Locale,
};
use intake::{answers::parse, case::CommandKind, form::Paper, ids::ReceiptNumber};

use super::{
    Answer, AtDesk, AtWork, case,
    command::{changed, correction_request, input_of, raw_of},
};
use crate::{
    flows::{FlowError, correction::Correction, decide::Obstacle, send_back},
    portal::Portal,
    web::{body::FormBody, cases::without_private, error::WebError, frame::page},
};

/// 「写真・書類」 The kinds that are asked for, with nothing added yet.
fn papers<'a>(asked: &Correction<'a>, reasons: &[Reason]) -> Vec<Kind<'a>> {
    let reason = |paper: &Paper| reasons.iter().find(|reason| reason.field == paper.id).cloned();
    let named = asked.form.papers.iter().map(|paper| (paper, reason(paper))).filter(|(_, reason)| reason.is_some());
    named.map(|(paper, reason)| Kind { paper, shown: Vec::new(), refused: Vec::new(), reason }).collect()
}

/// `POST /staff/cases/{receipt_number}/send_back/preview`
pub async fn preview(portal: Data<Portal>, at: AtDesk, path: Path<String>, mut form: FormBody) -> Answer {
    let number: ReceiptNumber = path.parse().map_err(|_| WebError::NotFound)?;
    let AtDesk { who, desk } = at;
    let Some(who) = who else {
        return Ok(page(StatusCode::UNAUTHORIZED, message::sign_in_and_send_again(&desk, form.inputs())));
    };
    let at = AtWork { who, desk };
    let edits = form.take("then") == "edit";
    let inputs = form.inputs().to_vec();
    let version = form.take("version").parse().map_err(|_| WebError::Unreadable)?;
    let typed = raw_of(form.inputs());
    let failed = |error: Option<String>, input: Option<String>| Failed {
        kind: Some(CommandKind::SendBack),
        error,
        input,
        typed: typed.clone(),
        ..Failed::default()
    };
    if edits {
        return case::shown(&portal, &at, &number, failed(None, None)).await;
    }
    let locale = at.desk.locale();
    let refused = |obstacle: &Obstacle| failed(Some(locale.say(case::obstacle_key(obstacle))), input_of(obstacle));
    let request = match correction_request(&portal.templates, &typed) {
        Ok(request) => request,
        Err((key, input)) => {
            let failed = failed(Some(locale.say(key)), Some(input.to_owned()));
            return case::shown(&portal, &at, &number, failed).await;
        }
    };
    let seen = match send_back::preview(&portal, &at.who.staff, &number, version, &request).await {
        Ok(Ok(seen)) => seen,
        Ok(Err(obstacle)) => return case::shown(&portal, &at, &number, refused(&obstacle)).await,
        Err(FlowError::Changed(stage)) => return changed(&portal, &at, &number, stage, form.inputs()).await,
        Err(error) => return Err(error.into()),
    };
    let language = seen.language.as_deref().and_then(Locale::parse).unwrap_or_default();
    let today = portal.clock.now().date_in_japan();
    // What is private she is shown in some sessions only: here it is not.
    let shown = seen.correction.as_ref().map(|asked| {
        let raw = without_private(asked.form, asked.raw.clone(), false);
        let (answers, _) = parse(asked.form, &raw, today);
        (asked, raw, answers, correct::reasons(&portal.templates, &asked.request, language))
    });
    let model = shown.as_ref().map(|(asked, raw, answers, reasons)| Model {
        number: &number,
        form: asked.form,
        fields: &asked.fields,
        reasons,
        answer_by: asked.request.answer_by,
        raw,
        answers,
        text_pack: None,
        errors: &[],
        helped: None,
        today,
        papers: papers(asked, reasons),
        version,
    });
    let model = pages::Preview { number: &number, typed: &inputs, language, correction: model.as_ref() };
    let desk = at.desk.clone().at(format!("/staff/cases/{number}"));
    Ok(page(StatusCode::OK, pages::preview(&desk, &model)))
}
