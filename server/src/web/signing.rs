//! 「電子署名」 A parent signs her draft with her card. Invariant: whatever happens on the way she is back on 確認 with a sentence, and
//! nothing is lost; what the address says of it is a word of a closed list.

use actix_web::{
    http::StatusCode,
    web::{Data, Path, Query},
};
use app::pages::{check::Signing, signing};
use intake::ids::{DraftId, FormId};
use serde::Deserialize;

use super::{
    apply::{Answer, find, form_id, to, to_error, without_draft},
    body::FormBody,
    error::WebError,
    frame::page as answer,
    guard::{Citizen, Visitor},
};
use crate::{
    flows::{
        FlowError,
        draft::OpenDraft,
        random,
        signing::{self as flow, Outcome, Prepared, Way},
        submit::Sender,
    },
    jpki::Refusal,
    oidc::{Refused, Secrets},
    portal::Portal,
};

/// Why there is no signature, as 確認 says it.
#[derive(Clone, Copy)]
enum Why {
    Cancelled,
    Unreachable,
    Over,
    Changed,
    Lapsed,
    Revoked,
    WrongKind,
    Refused,
}

impl Why {
    const ALL: [Self; 8] = [
        Self::Cancelled,
        Self::Unreachable,
        Self::Over,
        Self::Changed,
        Self::Lapsed,
        Self::Revoked,
        Self::WrongKind,
        Self::Refused,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Unreachable => "unreachable",
            Self::Over => "over",
            Self::Changed => "changed",
            Self::Lapsed => "lapsed",
            Self::Revoked => "revoked",
            Self::WrongKind => "wrong-kind",
            Self::Refused => "refused",
        }
    }

    const fn of_refusal(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Lapsed => Self::Lapsed,
            Refusal::Revoked => Self::Revoked,
            Refusal::NotForSignatures => Self::WrongKind,
            _ => Self::Refused,
        }
    }

    const fn of_service(refused: Refused) -> Self {
        match refused {
            Refused::Unreachable | Refused::Slow | Refused::Broken => Self::Unreachable,
            _ => Self::Refused,
        }
    }
}

/// What 確認 is told of a signature.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Told {
    sign: String,
}

impl Told {
    /// The key of the sentence; of an unknown word none.
    pub(super) fn sentence(&self) -> Option<String> {
        let why = Why::ALL.into_iter().find(|why| why.word() == self.sign)?;
        Some(format!("sign-failed-{}", why.word()))
    }
}

fn back(form: &FormId, why: Option<Why>) -> actix_web::HttpResponse {
    let told = why.map(|why| format!("?sign={}", why.word())).unwrap_or_default();
    to(format!("/apply/{form}/check{told}#sign"))
}

/// How 確認 stands to a signature of this draft.
pub(super) async fn standing(portal: &Portal, visitor: &Visitor, draft: &OpenDraft<'_>) -> Result<Signing, WebError> {
    if visitor.session.is_none() || !flow::is_offered(portal, draft.form) {
        return Ok(Signing::Off);
    }
    let shown = flow::of_draft(portal, draft.form, &draft.raw, draft.id).await?;
    let Some(shown) = shown else { return Ok(Signing::Offered) };
    if !shown.fits {
        return Ok(Signing::Stale);
    }
    let (answers, _) = intake::answers::parse(draft.form, &draft.raw, portal.clock.now().date_in_japan());
    let matched = shown.signed.certified.matched(draft.form, &answers);
    Ok(Signing::Signed {
        name: shown.signed.certified.facts.name.unwrap_or_default(),
        is_the_person: matched.names_the_person(),
        at: shown.signed.signed_at,
    })
}

/// `GET /apply/{form}/sign`: what it takes, before she goes.
pub async fn explain(portal: Data<Portal>, citizen: Citizen, path: Path<String>) -> Answer {
    let id = form_id(&path)?;
    let form = portal.served(&id).filter(|form| flow::is_offered(&portal, form)).ok_or(WebError::NotFound)?;
    let Some(draft) = find(&portal, &citizen.visitor, &id).await? else {
        return Ok(without_draft(&citizen.visitor, form, "check"));
    };
    Ok(answer(StatusCode::OK, signing::page(citizen.visitor.chrome(), &id, draft.id)))
}

/// `POST /apply/{form}/sign`: begins at the service and sends her there.
pub async fn begin(portal: Data<Portal>, citizen: Citizen, path: Path<String>, mut body: FormBody) -> Answer {
    let id = form_id(&path)?;
    let service = portal.signing.as_ref().ok_or(WebError::NotFound)?;
    let draft: DraftId = body.take("draft").parse().map_err(|_| WebError::Unreadable)?;
    let sender = citizen.sender();
    let to_sign = match flow::prepare(&portal, &sender, &id, draft).await {
        Ok(Prepared::Ready(to_sign)) => to_sign,
        Ok(Prepared::Incomplete(errors)) => return Ok(to_error(&id, &errors)),
        // Sent or thrown away in another tab.
        Err(FlowError::NotFound) => return Err(WebError::NoDraft),
        Err(error) => return Err(error.into()),
    };
    let (secrets, now) = (Secrets::new(&random(), &random(), &random()), portal.clock.now());
    let begun = async {
        let transaction = service.client.begin_signing(&to_sign.digest(), random(), now).await?;
        let address = service.client.authorization_to_sign(&secrets, &transaction, now).await?;
        Ok::<_, Refused>((transaction, address))
    };
    let (transaction, address) = match begun.await {
        Ok(begun) => begun,
        Err(refused) => {
            tracing::warn!(why = refused.as_str(), "a signature could not be begun");
            return Ok(back(&id, Some(Why::of_service(refused))));
        }
    };
    let Secrets { state, nonce, verifier } = secrets;
    flow::begin(&portal, &sender, &id, &to_sign, &Way { transaction, state, nonce, verifier }).await?;
    Ok(to(address.to_string()))
}

/// What comes back with the browser.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Callback {
    state: String,
    code: String,
    error: String,
}

/// `GET /sign/callback`
pub async fn callback(portal: Data<Portal>, citizen: Citizen, back_with: Query<Callback>) -> Answer {
    if portal.signing.is_none() {
        return Err(WebError::NotFound);
    }
    let sender = citizen.sender();
    let taken = match flow::take(&portal, &sender, &back_with.state).await {
        Ok(taken) => taken,
        // Taken already, too late, or somebody else's: her drafts are where they were.
        Err(FlowError::NotFound) => return Ok(to("/")),
        Err(error) => return Err(error.into()),
    };
    let form = taken.form.clone();
    let why = signed(&portal, &sender, taken, &back_with).await?;
    Ok(back(&form, why))
}

/// Fetches the result and keeps it; why there is none.
async fn signed(
    portal: &Portal,
    sender: &Sender,
    taken: flow::Taken,
    callback: &Callback,
) -> Result<Option<Why>, WebError> {
    let service = portal.signing.as_ref().ok_or(WebError::NotFound)?;
    match callback.error.as_str() {
        "" => {}
        "access_denied" => return Ok(Some(Why::Cancelled)),
        _ => return Ok(Some(Why::Refused)),
    }
    let Way { transaction, state, nonce, verifier } = taken.way.clone();
    let (secrets, now) = (Secrets { state, nonce, verifier }, portal.clock.now());
    let result = service.client.signing_result(&callback.code, (&secrets, &transaction), random(), now).await;
    let envelope = match result {
        Ok(envelope) => envelope,
        Err(refused) => {
            tracing::warn!(why = refused.as_str(), "a signature could not be fetched");
            return Ok(Some(Why::of_service(refused)));
        }
    };
    let result = match service.open_result(&envelope) {
        Ok(result) => result,
        Err(error) => {
            tracing::error!(%error, "A SIGNING RESULT CANNOT BE OPENED: is signing_key_file the key that was registered?");
            return Ok(Some(Why::Refused));
        }
    };
    match flow::keep(portal, sender, taken, &result.signature, &result.certificate).await {
        Ok(Outcome::Signed) => Ok(None),
        Ok(Outcome::Changed) => Ok(Some(Why::Changed)),
        Ok(Outcome::NotVerifiable) => Ok(Some(Why::Unreachable)),
        Ok(Outcome::Refused(refusal)) => {
            tracing::warn!(why = refusal.code(), "a signature was refused");
            Ok(Some(Why::of_refusal(refusal)))
        }
        Err(FlowError::NotFound) => Ok(Some(Why::Over)),
        Err(error) => Err(error.into()),
    }
}
