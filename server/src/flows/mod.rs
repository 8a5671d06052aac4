//! The deeds of the office: one deed is one transaction, whole or not at all. Invariant: a flow takes who is asking as an
//! argument, and nothing is written without its audit entry.

pub mod account;
pub mod address_change;
pub mod amend;
pub mod assigned;
pub mod audit_log;
pub mod booking;
pub mod booking_news;
pub mod bulk;
pub mod card;
mod case_log;
pub mod case_signature;
pub mod content;
pub mod correction;
pub mod counter_entry;
pub mod deadline;
pub mod decide;
pub mod draft;
pub mod draft_end;
pub mod entry_check;
pub mod fhir;
pub mod filings;
pub mod follow;
pub mod hand_over;
pub mod import_job;
pub mod media;
pub mod message;
pub mod my_number;
pub mod non_disclosure;
pub mod note;
pub mod overdue;
pub mod own_log;
pub mod page_state;
pub mod pair;
pub mod paper;
pub mod paper_scan;
pub mod passkey;
pub mod password;
pub mod pregnancy_end;
pub mod presence;
pub mod queue;
pub mod ready;
pub mod receipt;
pub mod reconciliation;
mod recorded;
pub mod refile;
pub mod remind;
pub mod reports;
pub mod resync;
mod review;
mod right;
pub mod same_person;
pub mod search;
pub mod send_back;
pub mod sign_in;
pub mod signing;
pub mod signing_keys;
pub mod slots;
pub mod staff_case;
pub mod staff_disable;
pub mod staff_mail;
pub mod staff_proposal;
pub mod staff_provider;
pub mod staff_roles;
pub mod staff_sessions;
pub mod staff_sign_in;
pub mod staff_view;
mod statistics;
pub mod submit;
pub mod take_in;
pub mod take_over;
pub mod take_receipt;
pub mod task;
pub mod task_news;
pub mod tie;
pub mod transfer;
pub mod two_drafts;
pub mod undelivered;

use crate::{seal::SealError, store::StoreError};

/// Why a deed was not done.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// It does not exist, or not for who asks.
    #[error("not found")]
    NotFound,
    /// A form that only somebody who has signed in can begin.
    #[error("nobody has signed in")]
    NeedsAccount,
    /// A form that follows another, which this parent has not filed.
    #[error("nothing to follow")]
    NothingToFollow,
    /// 「電子署名」 The draft was signed, and its answers are others now.
    #[error("the signature is of other answers")]
    SignatureStale,
    /// 「電子署名」 Nothing can be verified here now; why is in the log.
    #[error("signatures cannot be verified")]
    NotVerifiable,
    /// Somebody changed it meanwhile, or its stage does not allow it: the stage it is in.
    #[error("the case is in the stage {0}")]
    Changed(intake::case::Stage),
    /// 「役割」 One person cannot have these roles.
    #[error("{0}, in all accounts of one person together")]
    RolesApart(intake::access::NoRoles),
    /// 「引渡し」 The database was restored from a backup: nothing is sealed until two people let it go on.
    #[error("the portal was restored: `madoguchi handover resync` by two people lets the hand-over go on")]
    Stopped,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is sealed does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A key or a batch is not what it should be.
    #[error(transparent)]
    HandOver(#[from] handover::Error),
    /// There is no signature.
    #[error(transparent)]
    Sign(#[from] crate::sign::SignError),
}

impl From<serde_json::Error> for FlowError {
    fn from(error: serde_json::Error) -> Self {
        // The category only: the message of serde_json may quote what it read.
        Self::Store(StoreError::Corrupt(format!("{:?} error in sealed JSON", error.classify())))
    }
}

/// Random bytes for ids and tokens.
pub(crate) fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes);
    bytes
}
