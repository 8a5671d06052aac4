//! 「監査記録」 Who did what to which case, when, with which result. Invariant: entries form a chain: the hash of each
//! covers all its columns and the hash before it; none can be changed, taken out, put in or moved unnoticed.
//!
//! Personal data has no place in it: details are numbers and words of closed vocabularies.

use std::collections::BTreeMap;

use intake::{
    access::Roles,
    case::CommandKind,
    ids::{AccountId, CarriageId, CarrierId, CaseId, DestinationId, DraftId, FormId, PasskeyId, SlotId, StaffId},
    time::Instant,
};
use sha2::{Digest, Sha256};

use super::{Connection, StoreError, all, columns::row, execute, optional, sql};

sql! {
    // Takes the row lock of the head, so that entries are written one after the other.
    NEXT = "UPDATE audit_head SET seq = seq + 1 WHERE head_id = 1 RETURNING seq, entry_hash";
    APPEND = "INSERT INTO audit_entry (seq, at, actor_kind, actor_id, deed, subject_kind, subject_id, outcome, detail,
        request_id, entry_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    MOVE_HEAD = "UPDATE audit_head SET entry_hash = $1 WHERE head_id = 1";
    HEAD = "SELECT seq, entry_hash FROM audit_head WHERE head_id = 1";
    AFTER = "SELECT seq, at, actor_kind, actor_id, deed, subject_kind, subject_id, outcome, detail, request_id, entry_hash
        FROM audit_entry WHERE seq > $1 ORDER BY seq LIMIT $2";
    OF_SUBJECT = "SELECT seq, at, actor_kind, actor_id, deed, subject_kind, subject_id, outcome, detail, request_id,
        entry_hash FROM audit_entry WHERE subject_kind = $1 AND subject_id = $2 ORDER BY seq DESC LIMIT $3";
    OF_ACTOR = "SELECT seq, at, actor_kind, actor_id, deed, subject_kind, subject_id, outcome, detail, request_id,
        entry_hash FROM audit_entry WHERE actor_kind = $1 AND actor_id = $2 ORDER BY seq DESC LIMIT $3";
    BETWEEN = "SELECT seq, at, actor_kind, actor_id, deed, subject_kind, subject_id, outcome, detail, request_id, entry_hash
        FROM audit_entry WHERE at >= $1 AND at < $2 ORDER BY at, seq LIMIT $3";
    OF_OFFICE = "SELECT seq, at, actor_kind, actor_id, deed, subject_kind, subject_id, outcome, detail, request_id, entry_hash
        FROM audit_entry WHERE at >= $1 AND (at, seq) < ($2, $3)
        AND (actor_kind IN ('staff', 'operator', 'destination') OR (actor_kind = 'anybody' AND subject_kind = 'staff'))
        AND ($4 = '' OR actor_id = $4 OR (actor_kind = 'anybody' AND subject_id = $4))
        AND ($5 = 0 OR outcome = 'refused') ORDER BY at DESC, seq DESC LIMIT $6";
    HASHES = "SELECT entry_hash FROM audit_entry ORDER BY seq";
}

/// Why a transaction may be kept.
#[derive(Clone, Debug)]
pub enum Record {
    /// Somebody did something.
    Deed(AuditEntry),
    /// A write that is nobody's deed.
    Upkeep(Upkeep),
}

/// Writes that are nobody's deed. Closed: everything else needs an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// When a session was last used: once a minute would drown the log.
    SessionSeen,
    /// A draft saved again in the same session: the first save of the session is the entry (decisions.md).
    DraftSavedAgain,
    /// A mail leased, sent or put off: queueing it was the deed.
    MailAttempt,
    /// Rows removed because their time was over.
    ExpiredRowsSwept,
    /// The identifier of a token that must not be used twice.
    TokenSeen,
    /// The state of a passkey ceremony or of a sign-in with マイナアプリ, for some minutes; its end is the deed.
    CeremonyKept,
    /// The language that a parent is written to in.
    LanguageChosen,
    /// A code sent or tried: signing in, or failing to for good, is the deed.
    CodeAttempt,
    /// Figures that can be counted again.
    CountersKept,
    /// The first start: the master key's check value.
    InstallationMade,
    /// 「写真・書類」 A piece of an upload: its end is the deed.
    PaperPieceKept,
    /// 「職員のメモ」 A draft typed on in: its beginning is the entry.
    NoteDraftKeptAgain,
    /// 「在席」 Pages of staff that opened, still stand open or were closed: opening the case is the deed.
    PresenceKept,
    /// Which view of the queue somebody came from: looking at the queue is the deed.
    ViewKept,
    /// 「写真・書類」 A paper leased for its scan, or put off: the result is the deed.
    PaperScanAttempt,
    /// 「処理期限」 A clock that has run on: it follows from the time alone.
    ClockMoved,
    /// 「確認の仕事」 Staff told of a task that a filing opened: the filing was the deed, and the log says no more of it.
    TaskTold,
    /// 「同じ方・重複の可能性」 A filing was looked at once more and nothing was found: a pair is a deed.
    PairSearched,
}

/// Who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody who has not signed in.
    Anybody,
    /// A parent.
    Citizen(AccountId),
    /// A member of staff.
    Staff(StaffId),
    /// An import job.
    Destination(DestinationId),
    /// The portal itself.
    Portal,
    /// Whoever may run commands on the server.
    Operator,
}

/// To what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A case.
    Case(CaseId),
    /// A draft.
    Draft(DraftId),
    /// An account.
    Account(AccountId),
    /// A member of staff.
    Staff(StaffId),
    /// A passkey.
    Passkey(PasskeyId),
    /// A back office.
    Destination(DestinationId),
    /// A batch.
    Batch(DestinationId, i64),
    /// A key of the portal, by its identifier.
    Key(String),
    /// A slot for interviews.
    Slot(SlotId),
    /// 「記録媒体・端末」
    Carrier(CarrierId),
    /// 「持出し」 A batch on a medium.
    Carriage(CarriageId),
}

/// With which result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was asked for and refused.
    Refused,
}

/// What. Closed; the names are kept for as long as the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says what was done")]
pub enum Deed {
    SignedIn,
    SignedOut,
    SteppedUp,
    AccountMade,
    AccountClosed,
    /// 「アドレスの変更」 By the parent.
    AddressChanged,
    /// 「窓口でのアカウント再開」 The first person's yes.
    AccessProposed,
    /// The second person's.
    AccessRestored,
    /// A parent ended her sessions on other devices.
    OtherSessionsEnded,
    /// A parent, or a member of staff, ended one session.
    SessionEnded,
    /// A person who looks after accounts ended the sessions of a member of staff.
    StaffSessionsEnded,
    /// 「ご本人への引継ぎ」 A filing by a proxy is to be the person's own: the first person's yes.
    TransferProposed,
    /// The second person's.
    Transferred,
    PasskeyAdded,
    PasskeyRenamed,
    PasskeyRemoved,
    /// 「マイナアプリ」 A card was given to an account.
    CardBound,
    DraftStarted,
    DraftSaved,
    DraftDiscarded,
    DraftEndTold,
    DraftExpired,
    Submitted,
    /// 「他の経路」 A filing by another channel has become a case.
    TakenIn,
    /// 「窓口代行入力」 A form that staff typed in from paper has become a case.
    TypedIn,
    /// The typist has read what was put right.
    EntryNewsRead,
    /// 「監査記録」 The log was looked at.
    AuditViewed,
    QueueViewed,
    /// 「探す」 Somebody looked for a case.
    CaseSearched,
    /// What cases can be found by was made anew.
    SearchIndexed,
    CaseViewed,
    /// A command on a case.
    Commanded(CommandKind),
    /// 「市との連絡」 Somebody wrote on a case.
    MessageSent,
    /// The other side was shown it.
    MessageRead,
    /// 「職員のメモ」 Somebody of the staff wrote one on a case.
    NoteWritten,
    /// Somebody began one: what is typed on in it is no entry of its own.
    NoteDraftKept,
    /// A draft was thrown away, her own or one that came along with the case.
    NoteDraftDiscarded,
    /// 「引継ぎのお願い」 Somebody asked the holder of a case for it.
    TakeOverAsked,
    /// The holder gave it, or keeps it.
    TakeOverAnswered,
    /// 「同じ方・重複の可能性」 Another filing may be of the same person; an entry of each of the two.
    PairFound,
    /// Somebody read two filings side by side; an entry of each.
    PairViewed,
    /// She said that they are two.
    ToldApart,
    /// She said that they are one, and which stands.
    Joined,
    /// 「結び付け」 A filing was made to follow another.
    Tied,
    /// 「妊娠の終了」
    PregnancyEndTold,
    PregnancyEndTakenBack,
    /// The end of a draft drew near, and its parent was left in peace.
    DraftEndNotTold,
    MailGivenUp,
    MailTriedAgain,
    MailSettled,
    MailAddressViewed,
    RemindersStopped,
    RemindersResumed,
    StaffInvited,
    /// 「不開示」 A case was marked.
    NonDisclosureMarked,
    NonDisclosureLifted,
    /// 「職員の再招待」 The first person's yes.
    StaffReturnProposed,
    /// 「職員のアカウント」 The first person's yes to a new member, to other roles, to an end of being disabled.
    StaffInvitationProposed,
    StaffRolesProposed,
    StaffEnablingProposed,
    /// The second person's, refused: what a yes does has a name of its own.
    StaffProposalConfirmed,
    /// Who proposed it took it back.
    StaffProposalDropped,
    /// Somebody looked at the accounts of the staff.
    StaffViewed,
    StaffJoined,
    StaffDisabled,
    StaffEnabled,
    /// 「共通基盤」 The city's provider signed somebody in who was not here yet.
    StaffProvided,
    /// It gives another role than at the last sign-in.
    StaffRoleProvided,
    /// 「役割の変更」
    StaffRolesChanged,
    /// 「集計」 Somebody took the copy of a report away as a file.
    ReportTaken,
    /// It said that somebody is signed out.
    StaffSignedOutByProvider,
    DestinationAdded,
    DestinationDisabled,
    DestinationKeysChanged,
    KeyMade,
    KeyActivated,
    KeyRetired,
    BatchSealed,
    BatchFetched,
    ReceiptTaken,
    BatchSettled,
    /// 「引渡しの突合」 Somebody looked at the lines of the hand-over.
    HandoverViewed,
    /// 「母子健康手帳」 What the back office told of a filing was kept with it.
    ItemsRecorded,
    /// The database was restored: nothing is sealed for a destination.
    HandoverStopped,
    /// One person lets it go on.
    ResyncProposed,
    /// The second does.
    ResyncDone,
    Exported,
    /// 「記録媒体・端末」 The first person registers one, the second says yes, somebody takes it out of use.
    CarrierProposed,
    CarrierApproved,
    CarrierRetired,
    /// 「持出し」 Asked for, approved, come back, erased, not wanted any more; writing it is `Exported`.
    CarriageProposed,
    CarriageApproved,
    CarriageReturned,
    CarriageWiped,
    CarriageDropped,
    MediaViewed,
    CaseExported,
    PaperAdded,
    PaperRemoved,
    PaperScanned,
    PaperOpened,
    /// 「個人番号」 Armor came in the place of what was there, if anything.
    NumberSealed,
    NumberRemoved,
    /// The filing is in the record, or has ended.
    NumberErased,
    ContentErased,
    /// 「電子署名」 A parent went to sign her draft with her card.
    SigningBegun,
    /// She came back with a signature; refused: with one that does not hold.
    DraftSigned,
    /// She sends without it.
    DraftSignatureGivenUp,
    /// Staff had the signature of a case verified again.
    SignatureVerified,
    BackedUp,
    SettingsChanged,
    SlotsOpened,
    SlotChanged,
    SlotClosed,
    SlotViewed,
    AttendanceMarked,
    BookingMade,
    BookingMoved,
    BookingCancelled,
    BookingReminded,
    WaitBegun,
    WaitEnded,
    WaitTold,
    /// 「期限超過」 A case stayed overdue, and somebody is to look after it.
    TaskOpened,
    TasksViewed,
    TaskTaken,
    TaskDone,
    /// 「当番」
    DutyBegun,
    DutyEnded,
    /// 「お知らせメール」 Of a member of staff.
    StaffMailSet,
    StaffMailRemoved,
    StaffMailChosen,
    StaffMailSent,
}

impl Deed {
    fn name(self) -> String {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::SteppedUp => "stepped_up",
            Self::AccountMade => "account_made",
            Self::AccountClosed => "account_closed",
            Self::AddressChanged => "address_changed",
            Self::AccessProposed => "access_proposed",
            Self::AccessRestored => "access_restored",
            Self::OtherSessionsEnded => "other_sessions_ended",
            Self::SessionEnded => "session_ended",
            Self::StaffSessionsEnded => "staff_sessions_ended",
            Self::TransferProposed => "transfer_proposed",
            Self::Transferred => "transferred",
            Self::PasskeyAdded => "passkey_added",
            Self::PasskeyRenamed => "passkey_renamed",
            Self::PasskeyRemoved => "passkey_removed",
            Self::CardBound => "card_bound",
            Self::DraftStarted => "draft_started",
            Self::DraftSaved => "draft_saved",
            Self::DraftDiscarded => "draft_discarded",
            Self::DraftEndTold => "draft_end_told",
            Self::DraftExpired => "draft_expired",
            Self::Submitted => "submitted",
            Self::TakenIn => "taken_in",
            Self::TypedIn => "typed_in",
            Self::EntryNewsRead => "entry_news_read",
            Self::QueueViewed => "queue_viewed",
            Self::AuditViewed => "audit_viewed",
            Self::CaseSearched => "case_searched",
            Self::SearchIndexed => "search_indexed",
            Self::CaseViewed => "case_viewed",
            Self::Commanded(kind) => return format!("command.{kind}"),
            Self::MessageSent => "message_sent",
            Self::MessageRead => "message_read",
            Self::NoteWritten => "note_written",
            Self::NoteDraftKept => "note_draft_kept",
            Self::NoteDraftDiscarded => "note_draft_discarded",
            Self::TakeOverAsked => "take_over_asked",
            Self::TakeOverAnswered => "take_over_answered",
            Self::PairFound => "pair_found",
            Self::PairViewed => "pair_viewed",
            Self::ToldApart => "told_apart",
            Self::Joined => "joined",
            Self::Tied => "tied",
            Self::PregnancyEndTold => "pregnancy_end_told",
            Self::PregnancyEndTakenBack => "pregnancy_end_taken_back",
            Self::DraftEndNotTold => "draft_end_not_told",
            Self::MailGivenUp => "mail_given_up",
            Self::MailTriedAgain => "mail_tried_again",
            Self::MailSettled => "mail_settled",
            Self::MailAddressViewed => "mail_address_viewed",
            Self::RemindersStopped => "reminders_stopped",
            Self::RemindersResumed => "reminders_resumed",
            Self::StaffInvited => "staff_invited",
            Self::NonDisclosureMarked => "non_disclosure_marked",
            Self::NonDisclosureLifted => "non_disclosure_lifted",
            Self::StaffReturnProposed => "staff_return_proposed",
            Self::StaffInvitationProposed => "staff_invitation_proposed",
            Self::StaffRolesProposed => "staff_roles_proposed",
            Self::StaffEnablingProposed => "staff_enabling_proposed",
            Self::StaffProposalConfirmed => "staff_proposal_confirmed",
            Self::StaffProposalDropped => "staff_proposal_dropped",
            Self::StaffViewed => "staff_viewed",
            Self::StaffJoined => "staff_joined",
            Self::StaffDisabled => "staff_disabled",
            Self::StaffEnabled => "staff_enabled",
            Self::StaffProvided => "staff_provided",
            Self::StaffRoleProvided => "staff_role_provided",
            Self::StaffRolesChanged => "staff_roles_changed",
            Self::ReportTaken => "report_taken",
            Self::StaffSignedOutByProvider => "staff_signed_out_by_provider",
            Self::DestinationAdded => "destination_added",
            Self::DestinationDisabled => "destination_disabled",
            Self::DestinationKeysChanged => "destination_keys_changed",
            Self::KeyMade => "key_made",
            Self::KeyActivated => "key_activated",
            Self::KeyRetired => "key_retired",
            Self::BatchSealed => "batch_sealed",
            Self::BatchFetched => "batch_fetched",
            Self::ReceiptTaken => "receipt_taken",
            Self::BatchSettled => "batch_settled",
            Self::HandoverViewed => "handover_viewed",
            Self::ItemsRecorded => "items_recorded",
            Self::HandoverStopped => "handover_stopped",
            Self::ResyncProposed => "resync_proposed",
            Self::ResyncDone => "resync_done",
            Self::Exported => "exported",
            Self::CarrierProposed => "carrier_proposed",
            Self::CarrierApproved => "carrier_approved",
            Self::CarrierRetired => "carrier_retired",
            Self::CarriageProposed => "carriage_proposed",
            Self::CarriageApproved => "carriage_approved",
            Self::CarriageReturned => "carriage_returned",
            Self::CarriageWiped => "carriage_wiped",
            Self::CarriageDropped => "carriage_dropped",
            Self::MediaViewed => "media_viewed",
            Self::CaseExported => "case_exported",
            Self::PaperAdded => "paper_added",
            Self::PaperRemoved => "paper_removed",
            Self::PaperScanned => "paper_scanned",
            Self::PaperOpened => "paper_opened",
            Self::NumberSealed => "number_sealed",
            Self::NumberRemoved => "number_removed",
            Self::NumberErased => "number_erased",
            Self::ContentErased => "content_erased",
            Self::SigningBegun => "signing_begun",
            Self::DraftSigned => "draft_signed",
            Self::DraftSignatureGivenUp => "draft_signature_given_up",
            Self::SignatureVerified => "signature_verified",
            Self::BackedUp => "backed_up",
            Self::SettingsChanged => "settings_changed",
            Self::SlotsOpened => "slots_opened",
            Self::SlotChanged => "slot_changed",
            Self::SlotClosed => "slot_closed",
            Self::SlotViewed => "slot_viewed",
            Self::AttendanceMarked => "attendance_marked",
            Self::BookingMade => "booking_made",
            Self::BookingMoved => "booking_moved",
            Self::BookingCancelled => "booking_cancelled",
            Self::BookingReminded => "booking_reminded",
            Self::WaitBegun => "wait_begun",
            Self::WaitEnded => "wait_ended",
            Self::WaitTold => "wait_told",
            Self::TaskOpened => "task_opened",
            Self::TasksViewed => "tasks_viewed",
            Self::TaskTaken => "task_taken",
            Self::TaskDone => "task_done",
            Self::DutyBegun => "duty_begun",
            Self::DutyEnded => "duty_ended",
            Self::StaffMailSet => "staff_mail_set",
            Self::StaffMailRemoved => "staff_mail_removed",
            Self::StaffMailChosen => "staff_mail_chosen",
            Self::StaffMailSent => "staff_mail_sent",
        }
        .to_owned()
    }
}

/// A value of a detail: nothing that could be a name.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// A number.
    Number(i64),
    /// A word of a closed vocabulary.
    Word(&'static str),
    /// A form.
    Form(FormId),
    /// A digest of a whole file, in hexadecimal.
    Digest(String),
    /// Roles of a member of staff.
    Roles(Roles),
}

impl From<Roles> for Detail {
    fn from(roles: Roles) -> Self {
        Self::Roles(roles)
    }
}

impl From<i64> for Detail {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for Detail {
    fn from(word: &'static str) -> Self {
        Self::Word(word)
    }
}

impl From<[u8; 32]> for Detail {
    fn from(digest: [u8; 32]) -> Self {
        Self::Digest(digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
    }
}

impl From<FormId> for Detail {
    fn from(form: FormId) -> Self {
        Self::Form(form)
    }
}

/// An entry to be written.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: Actor,
    /// What.
    pub deed: Deed,
    /// To what.
    pub subject: Option<Subject>,
    /// With which result.
    pub outcome: Outcome,
    /// More, by closed keys.
    pub detail: BTreeMap<&'static str, Detail>,
    /// The request, to find the lines of the log.
    pub request_id: Option<String>,
}

impl AuditEntry {
    /// A deed that was done; more can be said with the other methods.
    #[must_use]
    pub const fn done(at: Instant, actor: Actor, deed: Deed) -> Self {
        let detail = BTreeMap::new();
        Self { at, actor, deed, subject: None, outcome: Outcome::Done, detail, request_id: None }
    }

    /// With what it was done to.
    #[must_use]
    pub fn on(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// That it was refused.
    #[must_use]
    pub const fn refused(mut self) -> Self {
        self.outcome = Outcome::Refused;
        self
    }

    /// With a detail.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Detail>) -> Self {
        self.detail.insert(key, value.into());
        self
    }

    /// With the request it came from.
    #[must_use]
    pub fn in_request(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }
}

row! {
    /// An entry as it is stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct StoredEntry {
        /// Its place, from 1.
        pub seq: i64,
        /// When.
        pub at: Instant,
        /// Who: the kind.
        pub actor_kind: String,
        /// Who.
        pub actor_id: Option<String>,
        /// What.
        pub deed: String,
        /// To what: the kind.
        pub subject_kind: Option<String>,
        /// To what.
        pub subject_id: Option<String>,
        /// `done` or `refused`.
        pub outcome: String,
        /// More, as JSON.
        pub detail: String,
        /// The request.
        pub request_id: Option<String>,
        /// The hash over it and over the hash before.
        pub entry_hash: [u8; 32],
    }
}

impl StoredEntry {
    /// Every column led by its length, `-` for none, so that no two entries have the same bytes.
    fn hash_after(&self, previous: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(previous);
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.micros().to_be_bytes());
        let texts = [
            Some(&self.actor_kind),
            self.actor_id.as_ref(),
            Some(&self.deed),
            self.subject_kind.as_ref(),
            self.subject_id.as_ref(),
            Some(&self.outcome),
            Some(&self.detail),
            self.request_id.as_ref(),
        ];
        for text in texts {
            match text {
                Some(text) => {
                    hash.update([1]);
                    hash.update((text.len() as u64).to_be_bytes());
                    hash.update(text.as_bytes());
                }
                None => hash.update([0]),
            }
        }
        hash.finalize().into()
    }
}

fn actor_columns(actor: &Actor) -> (&'static str, Option<String>) {
    match actor {
        Actor::Anybody => ("anybody", None),
        Actor::Citizen(id) => ("citizen", Some(id.to_string())),
        Actor::Staff(id) => ("staff", Some(id.to_string())),
        Actor::Destination(id) => ("destination", Some(id.to_string())),
        Actor::Portal => ("portal", None),
        Actor::Operator => ("operator", None),
    }
}

fn subject_columns(subject: &Subject) -> (&'static str, String) {
    match subject {
        Subject::Case(id) => ("case", id.to_string()),
        Subject::Draft(id) => ("draft", id.to_string()),
        Subject::Account(id) => ("account", id.to_string()),
        Subject::Staff(id) => ("staff", id.to_string()),
        Subject::Passkey(id) => ("passkey", id.to_string()),
        Subject::Destination(id) => ("destination", id.to_string()),
        Subject::Batch(id, seq) => ("batch", format!("{id}/{seq}")),
        Subject::Key(kid) => ("key", kid.clone()),
        Subject::Slot(id) => ("slot", id.to_string()),
        Subject::Carrier(id) => ("carrier", id.to_string()),
        Subject::Carriage(id) => ("carriage", id.to_string()),
    }
}

pub(super) async fn append(connection: &mut Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    let head = optional!(connection, (i64, Vec<u8>), NEXT)?;
    let (seq, previous) = head.ok_or_else(|| StoreError::Corrupt("the head of the audit log is missing".to_owned()))?;
    let previous = as_hash(previous)?;
    let (actor_kind, actor_id) = actor_columns(&entry.actor);
    let subject = entry.subject.as_ref().map(subject_columns);
    let (subject_kind, subject_id) = subject.map_or((None, None), |(kind, id)| (Some(kind.to_owned()), Some(id)));
    let outcome = match entry.outcome {
        Outcome::Done => "done",
        Outcome::Refused => "refused",
    };
    let mut stored = StoredEntry {
        seq,
        at: entry.at,
        actor_kind: actor_kind.to_owned(),
        actor_id,
        deed: entry.deed.name(),
        subject_kind,
        subject_id,
        outcome: outcome.to_owned(),
        detail: serde_json::to_string(&entry.detail).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        request_id: entry.request_id.clone(),
        entry_hash: [0; 32],
    };
    stored.entry_hash = stored.hash_after(&previous);
    execute!(
        connection,
        APPEND,
        stored.seq,
        stored.at.micros(),
        &stored.actor_kind,
        &stored.actor_id,
        &stored.deed,
        &stored.subject_kind,
        &stored.subject_id,
        &stored.outcome,
        &stored.detail,
        &stored.request_id,
        stored.entry_hash.as_slice(),
    )?;
    execute!(connection, MOVE_HEAD, stored.entry_hash.as_slice()).map(drop)
}

fn as_hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt("a hash of the audit log has another length".to_owned()))
}

/// The chain holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub size: i64,
    /// The hash of the last.
    pub head: [u8; 32],
}

/// Why the chain could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The chain is broken; everything before is as it was written.
    #[error("the audit log is broken at entry {seq}: {reason}")]
    BrokenAt {
        /// The first entry that is not as it was written.
        seq: i64,
        /// In which way.
        reason: &'static str,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Walks the whole chain.
///
/// # Errors
/// [`VerifyError::BrokenAt`] with the first entry that was altered, is missing, was put in or was moved.
pub async fn verify(connection: &mut Connection) -> Result<Verified, VerifyError> {
    const PAGE: i64 = 1_000;
    let broken = |seq, reason| Err(VerifyError::BrokenAt { seq, reason });
    let (mut size, mut head) = (0, [0; 32]);
    loop {
        let page = after(connection, size, PAGE).await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        for entry in page {
            if entry.seq != size + 1 {
                return broken(size + 1, "it is missing");
            }
            if entry.hash_after(&head) != entry.entry_hash {
                return broken(entry.seq, "it is not as it was written");
            }
            (size, head) = (entry.seq, entry.entry_hash);
        }
        if is_last {
            break;
        }
    }
    let (kept_size, kept_head) = optional!(connection, (i64, Vec<u8>), HEAD)?.unwrap_or_default();
    if kept_size > size {
        return broken(size + 1, "it is missing");
    }
    if kept_size < size || kept_head != head {
        return broken(kept_size.min(size) + 1, "it does not belong to the head");
    }
    Ok(Verified { size, head })
}

/// Entries after a place, in order.
///
/// # Errors
/// When the database fails.
pub async fn after(connection: &mut Connection, seq: i64, limit: i64) -> Result<Vec<StoredEntry>, StoreError> {
    all!(connection, StoredEntry, AFTER, seq, limit)
}

/// The newest entries about one subject.
///
/// # Errors
/// When the database fails.
pub async fn of_subject(
    connection: &mut Connection,
    subject: &Subject,
    limit: i64,
) -> Result<Vec<StoredEntry>, StoreError> {
    let (kind, id) = subject_columns(subject);
    all!(connection, StoredEntry, OF_SUBJECT, kind, &id, limit)
}

/// The newest deeds of one actor.
///
/// # Errors
/// When the database fails.
pub async fn of_actor(connection: &mut Connection, actor: &Actor, limit: i64) -> Result<Vec<StoredEntry>, StoreError> {
    let (kind, id) = actor_columns(actor);
    all!(connection, StoredEntry, OF_ACTOR, kind, &id, limit)
}

/// Entries of a span of time.
///
/// # Errors
/// When the database fails.
pub async fn between(
    connection: &mut Connection,
    from: Instant,
    until: Instant,
    limit: i64,
) -> Result<Vec<StoredEntry>, StoreError> {
    all!(connection, StoredEntry, BETWEEN, from.micros(), until.micros(), limit)
}

/// Which entries of the office are looked for.
#[derive(Clone, Copy, Debug)]
pub struct OfOffice {
    /// From when.
    pub from: Instant,
    /// Before this moment, and at it before this place.
    pub before: (Instant, i64),
    /// Whose.
    pub staff: Option<StaffId>,
    /// Whether only what was refused.
    pub only_refused: bool,
}

/// What the office, who runs the server and the import jobs did, and who was refused a sign-in of staff; the newest first. What
/// parents do is not in it.
///
/// # Errors
/// When the database fails.
pub async fn of_office(connection: &mut Connection, of: OfOffice, limit: i64) -> Result<Vec<StoredEntry>, StoreError> {
    let OfOffice { from, before: (until, seq), staff, only_refused } = of;
    let staff = staff.map_or_else(String::new, |id| id.to_string());
    let only_refused = i64::from(only_refused);
    all!(connection, StoredEntry, OF_OFFICE, from.micros(), until.micros(), seq, &staff, only_refused, limit)
}

/// The hashes of all entries in order: the leaves of the Merkle tree (RFC 6962) that batches carry the head of.
///
/// # Errors
/// When the database fails.
pub async fn entry_hashes(connection: &mut Connection) -> Result<Vec<[u8; 32]>, StoreError> {
    all!(connection, (Vec<u8>,), HASHES)?.into_iter().map(|(hash,)| as_hash(hash)).collect()
}
