//! Cases. Invariant: a head holds no personal data; answers and what staff noted are given for a [`Permit`] only; a
//! stage changes only if nobody changed the case meanwhile.

use intake::{
    case::{CommandKind, Lateness, Stage},
    deadline::Deadlines,
    export::Channel,
    form::Compartment,
    identity::{Level, ProxyState},
    ids::{AccountId, CaseId, DraftId, FormId, ReceiptNumber, StaffId},
    time::{CivilDate, Instant},
};

use super::{Connection, StoreError, WriteTx, all, columns::row, deadline, execute, optional, sql, task};
use crate::seal::WrappedKey;

macro_rules! head {
    ($rest:literal) => {
        concat!(
            "SELECT case_id, receipt_number, account_id, form_id, form_version, form_sha256, channel, stage, holder, ",
            "proposed_by, accepted_by, accepted_at, confirmed_by, confirmed_at, correction_due_on, version, rev, filed_at, ",
            "stage_since, updated_at, erased_at, withdrawal_asked_at, withdrawal_proposed_by, follows_case_id, ",
            "compartment, unread_since, identity, proxy, due_at, lateness, send_backs, typed_by, checked_by, ",
            "entry_news FROM case_file ",
            $rest
        )
    };
}
pub(super) use head;

sql! {
    INSERT = "INSERT INTO case_file (case_id, receipt_number, draft_id, account_id, form_id, form_version, form_sha256,
        channel, stage, version, rev, wrapped_key, filed_at, stage_since, updated_at, follows_case_id, compartment, identity,
        proxy, due_at, soon_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'submitted', 1, 1, $9, $10, $10, $10, $11, $12, $13, $14, $15, $16)";
    INSERT_REVISION = "INSERT INTO case_revision (case_id, rev, answers_sealed, author_kind, author_id, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    FIND = head!("WHERE case_id = $1");
    FIND_BY_NUMBER = head!("WHERE receipt_number = $1");
    // What somebody filed for another person is not hers to go on from.
    NEWEST_STANDING = head!("WHERE account_id = $1 AND form_id = $2 AND stage NOT IN ('declined', 'withdrawn')
        AND (proxy IS NULL OR proxy = 'given') ORDER BY filed_at DESC, case_id LIMIT 1");
    FOLLOWING = head!("WHERE follows_case_id = $1 ORDER BY filed_at, case_id LIMIT 100");
    FIND_BY_DRAFT = head!("WHERE draft_id = $1");
    OF_ACCOUNT = head!("WHERE account_id = $1 ORDER BY filed_at DESC, case_id LIMIT 200");
    // The stage is written as in the indexes of these three lists (0032).
    DUE_BEFORE = head!("WHERE ('' || stage) = 'sent_back' AND correction_due_on < $1 ORDER BY filed_at, case_id LIMIT $2");
    // Those whose holder was heard of last before an instant, and that nobody has touched since.
    HELD_BY_IDLE = head!("WHERE ('' || stage) = 'in_review' AND holder IN (SELECT staff_id FROM staff_life WHERE seen_at <= $1)
        AND updated_at <= $1 ORDER BY filed_at, case_id LIMIT $2");
    CONFIRMED = head!("WHERE ('' || stage) = 'confirmed' AND withdrawal_asked_at IS NULL AND (filed_at, case_id) > ($1, $2)
        ORDER BY filed_at, case_id LIMIT $3");
    // Whoever asks for a withdrawal is answered by people who can read what it is about.
    CLOSED_BEFORE = head!("WHERE erased_at IS NULL AND compartment = $4 AND stage = $1 AND stage_since <= $2
        AND withdrawal_asked_at IS NULL ORDER BY stage_since LIMIT $3");
    ERASE_KEY = "UPDATE case_file SET wrapped_key = NULL, erased_at = $2, updated_at = $2, version = version + 1
        WHERE case_id = $1 AND erased_at IS NULL";
    ERASE_REVISIONS = "DELETE FROM case_revision WHERE case_id = $1";
    ERASE_OFFICE = "DELETE FROM case_office WHERE case_id = $1";
    UPDATE_STAGE = "UPDATE case_file SET stage = $3, holder = $4, proposed_by = $5, accepted_by = $6, accepted_at = $7,
        confirmed_by = $8, confirmed_at = $9, correction_due_on = $10, rev = $11, updated_at = $12,
        stage_since = CASE WHEN stage = $3 THEN stage_since ELSE $12 END, withdrawal_asked_at = $13,
        withdrawal_proposed_by = $14, identity = $15, proxy = $16, due_at = $17, soon_at = $18, time_left = $19,
        worked = $20, lateness = $21, overdue_told_at = CASE WHEN due_at = $17 THEN overdue_told_at END, version = version + 1,
        send_backs = CASE WHEN $3 = 'sent_back' AND stage <> 'sent_back' THEN send_backs + 1
            WHEN $3 = 'in_review' AND stage = 'imported' THEN 0 ELSE send_backs END
        WHERE case_id = $1 AND version = $2";
    GIVE = "UPDATE case_file SET account_id = $3, proxy = 'given', updated_at = $4, version = version + 1
        WHERE case_id = $1 AND account_id = $2 AND proxy = 'met'";
    TIE = "UPDATE case_file SET follows_case_id = $3, updated_at = $4, version = version + 1
        WHERE case_id = $1 AND version = $2";
    KEY = "SELECT wrapped_key FROM case_file WHERE case_id = $1";
    SAVE_OFFICE = "INSERT INTO case_office (case_id, office_sealed, updated_at) VALUES ($1, $2, $3)
        ON CONFLICT (case_id) DO UPDATE SET office_sealed = $2, updated_at = $3";
    APPEND_EVENT = "INSERT INTO case_event (case_id, seq, at, command, actor_kind, actor_id, from_stage, to_stage, rev,
        detail_sealed) VALUES ($1, (SELECT COALESCE(MAX(seq), 0) + 1 FROM case_event WHERE case_id = $1), $2, $3, $4, $5,
        $6, $7, $8, $9)";
    EVENTS = "SELECT seq, at, command, actor_kind, actor_id, from_stage, to_stage, rev, detail_sealed FROM case_event
        WHERE case_id = $1 ORDER BY seq";
}

row! {
    /// What may be seen of a case without opening it.
    #[derive(Clone, Debug)]
    pub struct CaseHead {
        /// Its id.
        pub case_id: CaseId,
        /// 「受付番号」
        pub receipt_number: ReceiptNumber,
        /// Whose it is; none once the link is erased.
        pub account_id: Option<AccountId>,
        /// The form.
        pub form_id: FormId,
        /// The version that was filled in.
        pub form_version: i64,
        /// The digest of its definition.
        pub form_sha256: String,
        /// How it came, by [`Channel::as_str`].
        pub channel: String,
        /// The stage.
        pub stage: Stage,
        /// Who holds it.
        pub holder: Option<StaffId>,
        /// Who proposed to decline it.
        pub proposed_by: Option<StaffId>,
        /// Who accepted it.
        pub accepted_by: Option<StaffId>,
        /// When.
        pub accepted_at: Option<Instant>,
        /// Who confirmed it.
        pub confirmed_by: Option<StaffId>,
        /// When.
        pub confirmed_at: Option<Instant>,
        /// Until when corrections are asked for.
        pub correction_due_on: Option<CivilDate>,
        /// Counts every change; guards against two people changing at once.
        pub version: i64,
        /// Revision of the answers, from 1.
        pub rev: i64,
        /// When it arrived.
        pub filed_at: Instant,
        /// Since when it is in this stage.
        pub stage_since: Instant,
        /// The last change.
        pub updated_at: Instant,
        /// When the content was erased.
        pub erased_at: Option<Instant>,
        /// When a withdrawal was asked for that is not decided yet.
        pub withdrawal_asked_at: Option<Instant>,
        /// Who said yes to it first.
        pub withdrawal_proposed_by: Option<StaffId>,
        /// The case that it follows.
        pub follows_case_id: Option<CaseId>,
        /// Who of the staff may know of it.
        pub compartment: Compartment,
        /// Since when the office has not read what the parent wrote.
        pub unread_since: Option<Instant>,
        /// 「本人確認」 How sure the office is of the person.
        pub identity: Level,
        /// 「代理人」 How far a filing by a proxy has come; none where she filed herself.
        pub proxy: Option<ProxyState>,
        /// 「処理期限」 By when the office is to have done its part of this stage; none while it has none to do.
        pub due_at: Option<Instant>,
        /// How it stands with that.
        pub lateness: Lateness,
        /// 「差戻し」 How often it was sent back.
        pub send_backs: i64,
        /// 「窓口代行入力」 Who typed it in from paper.
        pub typed_by: Option<StaffId>,
        /// Who has held it against the paper.
        pub checked_by: Option<StaffId>,
        /// When something was put right that the typist has not read yet.
        pub entry_news: Option<Instant>,
    }
}

impl CaseHead {
    /// Whether the account that holds it is a proxy's: she reads its state, and nothing of the person's.
    #[must_use]
    pub fn is_held_by_proxy(&self) -> bool {
        self.proxy.is_some_and(ProxyState::is_held_by_proxy)
    }

    /// The account of the person whose filing it is; none while a proxy holds it.
    #[must_use]
    pub fn owner(&self) -> Option<AccountId> {
        self.account_id.filter(|_| !self.is_held_by_proxy())
    }
}

/// Who wrote a revision or gave a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    /// The parent.
    Citizen(AccountId),
    /// A member of staff.
    Staff(StaffId),
    /// The portal.
    Portal,
}

impl Author {
    fn columns(&self) -> (&'static str, Option<&[u8]>) {
        match self {
            Self::Citizen(id) => ("citizen", Some(id.bytes().as_slice())),
            Self::Staff(id) => ("staff", Some(id.bytes().as_slice())),
            Self::Portal => ("portal", None),
        }
    }
}

/// A case to be kept, with its first revision.
pub struct NewCase<'a> {
    /// Its id.
    pub case_id: CaseId,
    /// 「受付番号」
    pub receipt_number: &'a ReceiptNumber,
    /// The draft it comes from: a second press finds it.
    pub draft_id: DraftId,
    /// The case that it follows.
    pub follows: Option<CaseId>,
    /// Whose it is; none of who has filed by another channel.
    pub account_id: Option<AccountId>,
    /// The form.
    pub form_id: &'a FormId,
    /// The version that was filled in.
    pub form_version: u32,
    /// The digest of its definition.
    pub form_sha256: &'a str,
    /// How it came.
    pub channel: Channel,
    /// Its data key, wrapped.
    pub wrapped_key: &'a WrappedKey,
    /// The answers; place by [`revision_place`].
    pub answers_sealed: &'a [u8],
    /// When it arrived at the counter that it was filed at: the day of the filing follows from it.
    pub filed_at: Instant,
    /// Who of the staff may know of it.
    pub compartment: Compartment,
    /// See [`CaseHead::identity`].
    pub identity: Level,
    /// See [`CaseHead::proxy`].
    pub proxy: Option<ProxyState>,
}

/// The place that the answers of a revision are sealed for.
#[must_use]
pub fn revision_place(case: CaseId, rev: i64) -> String {
    format!("case_revision/{case}/{rev}")
}

/// The place that the office's part of a case is sealed for.
#[must_use]
pub fn office_place(case: CaseId) -> String {
    format!("case_office/{case}")
}

/// The place that the detail of an event is sealed for.
#[must_use]
pub fn event_place(case: CaseId) -> String {
    format!("case_event/{case}")
}

/// Keeps a case and its first revision, and starts its clock.
///
/// # Errors
/// [`StoreError::Duplicate`] when the draft was sent before or the receipt number is taken.
pub async fn insert(tx: &mut WriteTx, deadlines: Deadlines<'_>, case: &NewCase<'_>) -> Result<(), StoreError> {
    insert_by(tx, deadlines, case, case.account_id.map_or(Author::Portal, Author::Citizen)).await
}

/// The same by an author of its own.
///
/// # Errors
/// As [`insert`].
pub async fn insert_by(
    tx: &mut WriteTx,
    deadlines: Deadlines<'_>,
    case: &NewCase<'_>,
    author: Author,
) -> Result<(), StoreError> {
    let clock = deadlines.begin(case.form_id, Stage::Submitted, case.filed_at);
    execute!(
        tx,
        INSERT,
        case.case_id.bytes().as_slice(),
        case.receipt_number.as_str(),
        case.draft_id.bytes().as_slice(),
        case.account_id.as_ref().map(|id| id.bytes().as_slice()),
        case.form_id.as_str(),
        i64::from(case.form_version),
        case.form_sha256,
        case.channel.as_str(),
        case.wrapped_key.as_bytes(),
        case.filed_at.micros(),
        case.follows.as_ref().map(|id| id.bytes().as_slice()),
        case.compartment.as_str(),
        case.identity.as_str(),
        case.proxy.map(ProxyState::as_str),
        clock.due_at.map(Instant::micros),
        clock.soon_at.map(Instant::micros),
    )?;
    insert_revision(tx, case.case_id, 1, case.answers_sealed, author, case.filed_at).await
}

/// Keeps a further revision.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one with this number.
pub async fn insert_revision(
    tx: &mut WriteTx,
    case: CaseId,
    rev: i64,
    answers_sealed: &[u8],
    author: Author,
    at: Instant,
) -> Result<(), StoreError> {
    let (kind, id) = author.columns();
    execute!(tx, INSERT_REVISION, case.bytes().as_slice(), rev, answers_sealed, kind, id, at.micros()).map(drop)
}

/// A case by its id.
///
/// # Errors
/// When the database fails.
pub async fn find_head(connection: &mut Connection, id: CaseId) -> Result<Option<CaseHead>, StoreError> {
    optional!(connection, CaseHead, FIND, id.bytes().as_slice())
}

/// A case by its receipt number.
///
/// # Errors
/// When the database fails.
pub async fn find_by_receipt_number(
    connection: &mut Connection,
    number: &ReceiptNumber,
) -> Result<Option<CaseHead>, StoreError> {
    optional!(connection, CaseHead, FIND_BY_NUMBER, number.as_str())
}

/// The case that a draft became.
///
/// # Errors
/// When the database fails.
pub async fn find_by_draft(connection: &mut Connection, draft: DraftId) -> Result<Option<CaseHead>, StoreError> {
    optional!(connection, CaseHead, FIND_BY_DRAFT, draft.bytes().as_slice())
}

/// A parent's cases, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list_for_account(connection: &mut Connection, account: AccountId) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, OF_ACCOUNT, account.bytes().as_slice())
}

/// The newest case of this form that an account has filed and that was neither declined nor withdrawn.
///
/// # Errors
/// When the database fails.
pub async fn newest_standing(
    connection: &mut Connection,
    account: AccountId,
    form: &FormId,
) -> Result<Option<CaseHead>, StoreError> {
    optional!(connection, CaseHead, NEWEST_STANDING, account.bytes().as_slice(), form.as_str())
}

/// The cases that follow this one, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn following(connection: &mut Connection, case: CaseId) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, FOLLOWING, case.bytes().as_slice())
}

/// The two places of a statement for the compartments that somebody may see; none for who may see none.
pub(super) fn places(compartments: &[Compartment]) -> Option<[&'static str; 2]> {
    debug_assert!(compartments.len() <= 2, "the statements have two places");
    let last = compartments.last()?;
    Some([compartments.first().unwrap_or(last).as_str(), last.as_str()])
}

/// Cases sent back whose date has passed on `today`.
///
/// # Errors
/// When the database fails.
pub async fn corrections_due_before(
    connection: &mut Connection,
    today: CivilDate,
    limit: i64,
) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, DUE_BEFORE, today.to_string(), limit)
}

/// Cases whose holder was heard of last before an instant, and that nobody has touched since, oldest filing first.
///
/// # Errors
/// When the database fails.
pub async fn held_by_idle(
    connection: &mut Connection,
    before: Instant,
    limit: i64,
) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, HELD_BY_IDLE, before.micros(), limit)
}

/// Confirmed cases that no batch holds, oldest filing first, after this one.
///
/// # Errors
/// When the database fails.
pub async fn confirmed_waiting(
    connection: &mut Connection,
    after: Option<(Instant, CaseId)>,
    limit: i64,
) -> Result<Vec<CaseHead>, StoreError> {
    let (filed_at, id) = after.unwrap_or((Instant(i64::MIN), CaseId::from_random([0; 16])));
    all!(connection, CaseHead, CONFIRMED, filed_at.micros(), id.bytes().as_slice(), limit)
}

/// Cases that came into a stage before an instant and are not erased yet, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn closed_before(
    connection: &mut Connection,
    compartment: Compartment,
    stage: Stage,
    before: Instant,
    limit: i64,
) -> Result<Vec<CaseHead>, StoreError> {
    all!(connection, CaseHead, CLOSED_BEFORE, stage.as_str(), before.micros(), limit, compartment.as_str())
}

/// Erases what is in a case: without its key nothing of it can be read, in no backup either. The head stays.
///
/// # Errors
/// When the database fails.
pub async fn erase_content(tx: &mut WriteTx, id: CaseId, at: Instant) -> Result<(), StoreError> {
    execute!(tx, ERASE_KEY, id.bytes().as_slice(), at.micros())?;
    super::message::erase(tx, id).await?;
    super::note::erase(tx, id).await?;
    super::case_person::erase(tx, id).await?;
    super::case_word::erase(tx, id).await?;
    super::case_pair::erase_notes(tx, id).await?;
    execute!(tx, ERASE_REVISIONS, id.bytes().as_slice())?;
    super::paper::erase_of_case(tx, id).await?;
    super::sealed_number::delete(tx, super::sealed_number::NumberOwner::Case(id)).await?;
    super::signature::erase(tx, id).await?;
    task::end_of_case(tx, id, at).await?;
    execute!(tx, ERASE_OFFICE, id.bytes().as_slice()).map(drop)
}

/// What a command leaves behind.
#[derive(Clone, Copy, Debug)]
pub struct StageChange {
    /// The stage.
    pub stage: Stage,
    /// Who holds it.
    pub holder: Option<StaffId>,
    /// Who proposed to decline it.
    pub proposed_by: Option<StaffId>,
    /// Who accepted it, and when.
    pub accepted: Option<(StaffId, Instant)>,
    /// Who confirmed it, and when.
    pub confirmed: Option<(StaffId, Instant)>,
    /// Until when corrections are asked for.
    pub correction_due_on: Option<CivilDate>,
    /// Revision.
    pub rev: i64,
    /// When a withdrawal was asked for that is not decided yet.
    pub withdrawal_asked_at: Option<Instant>,
    /// Who said yes to it first.
    pub withdrawal_proposed_by: Option<StaffId>,
    /// See [`CaseHead::identity`].
    pub identity: Level,
    /// See [`CaseHead::proxy`].
    pub proxy: Option<ProxyState>,
    /// Now.
    pub at: Instant,
}

/// Changes a case that is still of this version, and sets its clock; false when somebody was faster.
///
/// # Errors
/// When the database fails, or refuses a confirmation by the person who accepted, or an acceptance without evidence.
pub async fn update_stage(
    tx: &mut WriteTx,
    deadlines: Deadlines<'_>,
    id: CaseId,
    version: i64,
    change: &StageChange,
) -> Result<bool, StoreError> {
    let Some(kept) = deadline::of_version(tx, id, version).await? else { return Ok(false) };
    let clock = deadlines.change(&kept.form_id, &kept.before(), change.stage, change.at);
    let who = |staff: &StaffId| staff.bytes().to_vec();
    let changed = execute!(
        tx,
        UPDATE_STAGE,
        id.bytes().as_slice(),
        version,
        change.stage.as_str(),
        change.holder.as_ref().map(who),
        change.proposed_by.as_ref().map(who),
        change.accepted.as_ref().map(|(staff, _)| who(staff)),
        change.accepted.map(|(_, at)| at.micros()),
        change.confirmed.as_ref().map(|(staff, _)| who(staff)),
        change.confirmed.map(|(_, at)| at.micros()),
        change.correction_due_on.map(|day| day.to_string()),
        change.rev,
        change.at.micros(),
        change.withdrawal_asked_at.map(Instant::micros),
        change.withdrawal_proposed_by.as_ref().map(who),
        change.identity.as_str(),
        change.proxy.map(ProxyState::as_str),
        clock.due_at.map(Instant::micros),
        clock.soon_at.map(Instant::micros),
        clock.time_left,
        clock.worked,
        clock.lateness.as_str(),
    )?;
    if changed == 1 {
        super::presence::case_changed(tx, id, change.at).await?;
        if clock.due_at != kept.due_at {
            task::end_overdue(tx, id, change.at).await?;
        }
    }
    Ok(changed == 1)
}

/// 「ご本人への引継ぎ」 Gives a filing that a proxy holds to the person herself; false when it is not the proxy's any more, or
/// nobody has met her.
///
/// # Errors
/// When the database fails.
pub async fn give(
    tx: &mut WriteTx,
    id: CaseId,
    from: AccountId,
    to: AccountId,
    at: Instant,
) -> Result<bool, StoreError> {
    let (from, to) = (from.bytes().as_slice(), to.bytes().as_slice());
    Ok(execute!(tx, GIVE, id.bytes().as_slice(), from, to, at.micros())? == 1)
}

/// 「結び付け」 Makes a case follow another; false when somebody changed it meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn tie(tx: &mut WriteTx, id: CaseId, version: i64, follows: CaseId, at: Instant) -> Result<bool, StoreError> {
    let (id, follows) = (id.bytes().as_slice(), follows.bytes().as_slice());
    Ok(execute!(tx, TIE, id, version, follows, at.micros())? == 1)
}

/// The key of a case, wrapped; none once it is erased. It opens nothing by itself: whoever asks shows whose case it is first.
///
/// # Errors
/// When the database fails.
pub(crate) async fn wrapped_key(connection: &mut Connection, id: CaseId) -> Result<Option<WrappedKey>, StoreError> {
    let row = optional!(connection, (Option<Vec<u8>>,), KEY, id.bytes().as_slice())?;
    Ok(row.and_then(|(key,)| key).map(WrappedKey::from_bytes))
}

/// Keeps the office's part of a case.
///
/// # Errors
/// When the database fails.
pub async fn save_office(tx: &mut WriteTx, id: CaseId, office_sealed: &[u8], at: Instant) -> Result<(), StoreError> {
    execute!(tx, SAVE_OFFICE, id.bytes().as_slice(), office_sealed, at.micros()).map(drop)
}

/// An event to be kept.
pub struct NewEvent<'a> {
    /// Of which case.
    pub case_id: CaseId,
    /// When.
    pub at: Instant,
    /// Which command; none for the filing itself.
    pub command: Option<CommandKind>,
    /// Who.
    pub actor: Author,
    /// The stage before.
    pub from_stage: Option<Stage>,
    /// The stage after.
    pub to_stage: Stage,
    /// The revision after.
    pub rev: i64,
    /// More, sealed; place by [`event_place`].
    pub detail_sealed: Option<&'a [u8]>,
}

/// What stands as the command of the filing itself.
pub const FILED: &str = "submit";

/// Keeps an event; it can never be changed.
///
/// # Errors
/// When the database fails.
pub async fn append_event(tx: &mut WriteTx, event: &NewEvent<'_>) -> Result<(), StoreError> {
    let (kind, id) = event.actor.columns();
    execute!(
        tx,
        APPEND_EVENT,
        event.case_id.bytes().as_slice(),
        event.at.micros(),
        event.command.map_or(FILED, CommandKind::as_str),
        kind,
        id,
        event.from_stage.map(Stage::as_str),
        event.to_stage.as_str(),
        event.rev,
        event.detail_sealed,
    )
    .map(drop)
}

row! {
    /// An event.
    #[derive(Clone)]
    pub struct Event {
        /// Its place, from 1.
        pub seq: i64,
        /// When.
        pub at: Instant,
        /// Which command; [`FILED`] for the filing itself.
        pub command: String,
        /// `citizen`, `staff` or `portal`.
        pub actor_kind: String,
        /// Who.
        pub actor_id: Option<Vec<u8>>,
        /// The stage before.
        pub from_stage: Option<Stage>,
        /// The stage after.
        pub to_stage: Stage,
        /// The revision after.
        pub rev: i64,
        /// More, sealed; place by [`event_place`].
        pub detail_sealed: Option<Vec<u8>>,
    }
}

/// All events of a case in order.
///
/// # Errors
/// When the database fails.
pub async fn events(connection: &mut Connection, id: CaseId) -> Result<Vec<Event>, StoreError> {
    all!(connection, Event, EVENTS, id.bytes().as_slice())
}
