//! 「探す」 Finding a case by its number or by whom it is about. Invariant: what was typed stands in no address, no log and no audit
//! entry; the entry says which kind was looked for and how many were found; whoever may not know of a case does not find it.

use intake::{
    access::{self, Action},
    answers::Answers,
    form::Form,
    ids::{CaseId, ReceiptNumber},
    search::{NotWanted, WORDS_VERSION, Wanted, Word, readings, words},
};

use super::{
    FlowError, content,
    queue::{QueueRow, rows},
};
use crate::{
    portal::Portal,
    store::{
        AuditEntry, Connection, Record, WriteTx,
        audit::{Actor, Deed},
        case::{self, CaseHead},
        case_word::{self, WordIndex},
        installation,
        staff::{self, Staff},
    },
};

/// As many as are shown; what was typed is to be said more exactly then.
pub const MOST: usize = 50;

/// What a search came to.
pub enum Found {
    /// There is nothing to look for in what was typed.
    Unreadable(NotWanted),
    /// Nothing.
    Nothing,
    /// One case.
    One(ReceiptNumber),
    /// Several, the newest first; whether there are more than these.
    Several(Vec<QueueRow>, bool),
}

/// Looks for what was typed.
///
/// # Errors
/// [`FlowError::NotFound`] when the role opens no case.
pub async fn search(portal: &Portal, staff: &Staff, typed: &str) -> Result<Found, FlowError> {
    if !access::may(staff.roles, Action::ReadCase) {
        return Err(FlowError::NotFound);
    }
    let wanted = match readings(typed) {
        Ok(wanted) => wanted,
        Err(why) => return Ok(Found::Unreadable(why)),
    };
    let mut tx = portal.database.read().await?;
    let (mut kind, mut heads) = ("", Vec::new());
    for reading in wanted {
        kind = reading.kind();
        heads = find(portal, &mut tx, staff, &reading).await?;
        if !heads.is_empty() {
            break;
        }
    }
    let has_more = heads.len() > MOST;
    heads.truncate(MOST);
    let hits = i64::try_from(heads.len()).unwrap_or(i64::MAX);
    let found = match heads.as_slice() {
        [] => Found::Nothing,
        [one] => Found::One(one.receipt_number.clone()),
        _ => {
            let members = staff::list(&mut tx).await?;
            Found::Several(rows(portal, &mut tx, staff, heads, &members).await?, has_more)
        }
    };
    drop(tx);
    let entry = AuditEntry::done(portal.clock.now(), Actor::Staff(staff.staff_id), Deed::CaseSearched);
    let tx = portal.database.write().await?;
    tx.commit(Record::Deed(entry.with("kind", kind).with("hits", hits))).await?;
    Ok(found)
}

async fn find(
    portal: &Portal,
    connection: &mut Connection,
    staff: &Staff,
    wanted: &Wanted,
) -> Result<Vec<CaseHead>, FlowError> {
    Ok(match wanted {
        Wanted::Number(number) => {
            let found = case::find_by_receipt_number(connection, number).await?;
            let who = (staff.staff_id, staff.roles);
            let may_know = |head: &CaseHead| access::may_with(who, Action::ReadCase, head.compartment, head.holder);
            found.filter(may_know).into_iter().collect()
        }
        Wanted::Word(word) => {
            let compartments = access::compartments(staff.roles, Action::ReadCase);
            let limit = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
            case_word::find(connection, &compartments, &index(portal, word), limit).await?
        }
    })
}

/// A word as it stands in the database. Each kind has a key of its own.
fn index(portal: &Portal, word: &Word) -> WordIndex {
    let whole = portal.seal.index_key(&format!("search {}", word.kind()), &word.text());
    let (cut, _) = whole.split_at(size_of::<WordIndex>());
    cut.try_into().expect("as many bytes as were split off")
}

/// Keeps what a case can be found by, from the answers that it has now.
///
/// # Errors
/// When the database fails.
pub(crate) async fn keep(
    portal: &Portal,
    tx: &mut WriteTx,
    case: CaseId,
    form: &Form,
    answers: &Answers,
) -> Result<(), FlowError> {
    let words: Vec<WordIndex> = words(form, answers).iter().map(|word| index(portal, word)).collect();
    Ok(case_word::keep(tx, case, &words).await?)
}

/// How many cases are opened in one transaction.
const AT_ONCE: i64 = 100;

/// Makes the indexes of every case anew if they were last made by a program that knew fewer words; how many cases.
///
/// # Errors
/// As [`index_all`].
pub async fn keep_up(portal: &Portal) -> Result<usize, FlowError> {
    let known = installation::find(&mut *portal.database.read_once().await?, installation::SEARCH_WORDS).await?;
    if known.is_some_and(|known| known.as_slice() >= [WORDS_VERSION].as_slice()) {
        return Ok(0);
    }
    index_all(portal, &Actor::Portal).await
}

/// Makes the indexes of every case with content anew; how many cases.
///
/// # Errors
/// When the database fails, or a case cannot be opened.
pub async fn index_all(portal: &Portal, actor: &Actor) -> Result<usize, FlowError> {
    let (mut after, mut indexed) = (CaseId::from_random([0; 16]), 0);
    loop {
        let mut tx = portal.database.write().await?;
        let heads = case_word::with_content(&mut tx, after, AT_ONCE).await?;
        let cases = i64::try_from(heads.len()).unwrap_or(i64::MAX);
        indexed += heads.len();
        for head in heads {
            after = head.case_id;
            let permit = access::permit_search_index(head.case_id);
            let open = content::open(portal, &mut tx, head, &permit).await?;
            keep(portal, &mut tx, open.head.case_id, open.form, open.complete()?.answers()).await?;
        }
        let is_last = cases < AT_ONCE;
        if is_last {
            installation::keep(&mut tx, installation::SEARCH_WORDS, &[WORDS_VERSION]).await?;
        }
        let entry = AuditEntry::done(portal.clock.now(), actor.clone(), Deed::SearchIndexed);
        tx.commit(Record::Deed(entry.with("cases", cases))).await?;
        if is_last {
            return Ok(indexed);
        }
    }
}
