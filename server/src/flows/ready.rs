//! 「引渡し待ち」 What a batch takes of the confirmed cases: entries with their papers. Invariant: an entry names only papers
//! that the scanner has passed and that lie encrypted in the batch; a case that cannot go stays behind with a named reason and
//! holds up no other.
//!
//! Papers are opened, encrypted and written one by one: a batch never has them all in memory.

use std::collections::BTreeMap;

use handover::{DestinationPublic, MOST_BYTES, MOST_ENTRIES, ManifestFile, seal_attachment, sealed_length};
use intake::{
    access::permit_batch,
    export::{self, Attachment, Entry, Filing, Review, recheck},
    ids::{DestinationId, FormId},
    time::{DAY, Instant},
};

use super::{
    FlowError,
    content::{self, OpenCase},
    my_number::{self, ForEntry},
    paper::content as paper_content,
    paper_scan::can_be_opened,
    sign_in,
};
use crate::{
    portal::Portal,
    seal::DataKey,
    store::{
        StoreError, WriteTx, account,
        batch::{self, BlockReason, NewFile},
        case::{self, CaseHead},
        paper::{self, Paper, PaperState, digest_place, key_place},
    },
};

/// What is left for signatures, age headers, forms and the manifest beside entries and papers.
const ROOM_FOR_THE_REST: u64 = 4 * 1024 * 1024;
const CAPACITY: u64 = MOST_BYTES - ROOM_FOR_THE_REST;
/// For so long a case waits for the scanner after its confirmation. Then it goes without what was not scanned, and that is
/// said: the office can correct it, and the next revision has the papers.
pub const PAPERS_WAIT: i64 = DAY;
const PAGE: i64 = 200;
/// So many that do not fit any more are looked at before a batch counts as full.
const MOST_PASSED_OVER: usize = 20;

/// A case with its entry.
pub(super) struct Ready {
    pub head: CaseHead,
    pub entry: Entry,
    /// How many of its papers are not in the entry.
    pub left_out: i64,
    /// 「個人番号」 What the audit log says of it.
    pub number: &'static str,
}

/// What a batch takes.
pub(super) struct Gathered {
    pub ready: Vec<Ready>,
    /// The papers as the manifest lists them; their files are written already.
    pub papers: Vec<ManifestFile>,
    /// Whether something is kept about cases that stay behind.
    pub is_noted: bool,
}

/// For which batch.
pub(super) struct Taker<'a> {
    pub portal: &'a Portal,
    pub destination: &'a DestinationPublic,
    /// Where forms go that no setting names.
    pub otherwise: Option<&'a DestinationId>,
    pub seq: i64,
    pub now: Instant,
}

enum Weighed {
    Goes(Box<Ready>),
    Full,
    Stays(BlockReason),
}

/// A case, opened, with what it would bring along.
struct Candidate<'portal> {
    opened: OpenCase<'portal>,
    entry: Entry,
    papers: Vec<(Paper, DataKey, String)>,
    left_out: i64,
    number: &'static str,
}

/// The destination that filings of this form go to.
#[must_use]
pub fn route<'a>(portal: &'a Portal, form: &FormId, otherwise: Option<&'a DestinationId>) -> Option<&'a DestinationId> {
    let named = portal.config.handover_destinations.iter().find(|(named, _)| named == form);
    named.map(|(_, destination)| destination).or(otherwise)
}

impl Taker<'_> {
    /// The confirmed cases for this destination, oldest first, as many as a batch takes.
    pub(super) async fn gather(&self, tx: &mut WriteTx) -> Result<Gathered, FlowError> {
        let mut gathered = Gathered { ready: Vec::new(), papers: Vec::new(), is_noted: false };
        let (mut listed, mut bytes, mut passed_over) = (BTreeMap::new(), 0, 0);
        let mut after = None;
        'full: loop {
            let page = case::confirmed_waiting(tx, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some((last.filed_at, last.case_id));
            for head in page {
                if route(self.portal, &head.form_id, self.otherwise) != Some(&self.destination.destination) {
                    continue;
                }
                let id = head.case_id;
                match self.weigh(tx, head, &mut listed, &mut bytes).await? {
                    Weighed::Goes(ready) => {
                        batch::unblock(tx, id).await?;
                        gathered.ready.push(*ready);
                    }
                    Weighed::Full => passed_over += 1,
                    Weighed::Stays(reason) => {
                        gathered.is_noted = true;
                        batch::block(tx, id, reason, self.now).await?;
                    }
                }
                if gathered.ready.len() == MOST_ENTRIES || passed_over == MOST_PASSED_OVER {
                    break 'full;
                }
            }
        }
        gathered.papers = listed.into_values().collect();
        Ok(gathered)
    }

    async fn weigh(
        &self,
        tx: &mut WriteTx,
        head: CaseHead,
        listed: &mut BTreeMap<String, ManifestFile>,
        bytes: &mut u64,
    ) -> Result<Weighed, FlowError> {
        let id = head.case_id;
        let candidate = match self.candidate(tx, head).await {
            Ok(Some(candidate)) => candidate,
            Ok(None) => return Ok(Weighed::Stays(BlockReason::PapersWait)),
            Err(error) => return stays(id, error),
        };
        let line = candidate.entry.to_line().len() as u64 + 1;
        let recipients = self.destination.recipients();
        let length = |paper: &Paper| sealed_length(u64::try_from(paper.bytes).unwrap_or_default(), recipients);
        let whole: u64 = line + candidate.papers.iter().map(|(paper, ..)| length(paper)).sum::<u64>();
        if whole > CAPACITY {
            tracing::error!(case = %id, "A CONFIRMED CASE IS LARGER THAN A BATCH: it cannot be handed over");
            return Ok(Weighed::Stays(BlockReason::TooLarge));
        }
        let new = candidate.papers.iter().filter(|(.., sha256)| !listed.contains_key(sha256));
        let needed: u64 = line + new.map(|(paper, ..)| length(paper)).sum::<u64>();
        if *bytes + needed > CAPACITY {
            return Ok(Weighed::Full);
        }
        if let Err(error) = self.write_papers(tx, &candidate, listed).await {
            return stays(id, error);
        }
        *bytes += needed;
        let Candidate { opened, entry, left_out, number, .. } = candidate;
        Ok(Weighed::Goes(Box::new(Ready { head: opened.head, entry, left_out, number })))
    }

    /// Opens a case and builds its entry; none while the scanner has not looked at its papers.
    async fn candidate(&self, tx: &mut WriteTx, head: CaseHead) -> Result<Option<Candidate<'_>>, FlowError> {
        let portal = self.portal;
        let permit = permit_batch(head.stage, head.case_id).ok_or(FlowError::Changed(head.stage))?;
        let confirmed_at = head.confirmed_at.ok_or_else(|| corrupt("a confirmed case without its decision"))?;
        let opened = content::open(portal, tx, head, &permit).await?;
        let (mut papers, mut left_out) = (Vec::new(), 0);
        for paper in paper::sent_of_case(tx, &permit).await? {
            if can_be_opened(portal, &paper) {
                let key = opened.key.open_key(&key_place(paper.paper_id), &paper.key_sealed)?;
                let sealed = paper.sha256_sealed.as_deref().ok_or_else(|| corrupt("a paper without its digest"))?;
                let sha256 = key.open(&digest_place(paper.paper_id), sealed)?;
                let sha256 = String::from_utf8(sha256.to_vec()).map_err(|_| corrupt("a digest that is no text"))?;
                papers.push((paper, key, sha256));
            } else if paper.state == PaperState::Pending && confirmed_at.plus(PAPERS_WAIT) > self.now {
                return Ok(None);
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            tracing::warn!(case = %opened.head.case_id, left_out, "a case goes without papers that did not pass the scanner");
        }
        let attachments = papers.iter().map(|(paper, _, sha256)| attachment(&opened, paper, sha256));
        let attachments = attachments.collect::<Result<_, _>>()?;
        let (entry, number) = self.entry(tx, &opened, attachments).await?;
        Ok(Some(Candidate { opened, entry, papers, left_out, number }))
    }

    async fn entry(
        &self,
        tx: &mut WriteTx,
        opened: &OpenCase<'_>,
        attachments: Vec<Attachment>,
    ) -> Result<(Entry, &'static str), FlowError> {
        let (portal, head) = (self.portal, &opened.head);
        // The address of a proxy is not the person's.
        let email = match head.owner() {
            Some(id) => account::find(tx, id).await?.map(|found| sign_in::address_of(portal, &found)).transpose()?,
            None => None,
        };
        let (accepted, confirmed) = (head.accepted_by.zip(head.accepted_at), head.confirmed_by.zip(head.confirmed_at));
        let ((accepted_by, accepted_at), (confirmed_by, confirmed_at)) =
            accepted.zip(confirmed).ok_or_else(|| corrupt("a confirmed case without its two decisions"))?;
        let staff = opened.staff_answers()?;
        let complete = opened.complete()?;
        let number = my_number::for_entry(portal, tx, (head, &opened.key), self.destination).await?;
        let number_word = number.as_str();
        let my_number = match number {
            ForEntry::Armor(armor) => Some(armor),
            ForEntry::No => None,
            ForEntry::OtherKey => {
                tracing::warn!(case = %head.case_id, "a number was sealed to another key; it is left to the counter");
                None
            }
        };
        let filing = Filing {
            id: head.receipt_number.clone(),
            rev: head.rev,
            channel: head.channel.parse().map_err(|_| corrupt("a case by a channel that does not exist"))?,
            filed_at: head.filed_at,
            answered_at: opened.newest()?.created_at,
            municipality: portal.config.municipality.code.clone(),
            email,
            evidence: opened.office.evidence.ok_or_else(|| corrupt("a confirmed case without identity evidence"))?,
            my_number,
            epds: opened.epds(&complete)?,
            attachments,
            review: Review { accepted_by, accepted_at, confirmed_by, confirmed_at },
        };
        let entry = export::build(opened.form, &complete, &staff, filing);
        match recheck(&entry, opened.form).first() {
            None => Ok((entry, number_word)),
            Some(fault) => Err(corrupt(&format!("the import job would refuse the entry: {}", fault.code()))),
        }
    }

    /// Encrypts the papers that no entry of this batch has yet. When one does not open, none of the case stays in the batch.
    async fn write_papers(
        &self,
        tx: &mut WriteTx,
        candidate: &Candidate<'_>,
        listed: &mut BTreeMap<String, ManifestFile>,
    ) -> Result<(), FlowError> {
        let mut written = Vec::new();
        for (paper, key, sha256) in &candidate.papers {
            if listed.contains_key(sha256) {
                continue;
            }
            match self.write_paper(tx, paper, key, sha256).await {
                Ok(file) => {
                    written.push(sha256.clone());
                    listed.insert(sha256.clone(), file);
                }
                Err(error) => {
                    for sha256 in written {
                        if let Some(file) = listed.remove(&sha256) {
                            batch::delete_file(tx, &self.destination.destination, self.seq, &file.name).await?;
                        }
                    }
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn write_paper(
        &self,
        tx: &mut WriteTx,
        paper: &Paper,
        key: &DataKey,
        sha256: &str,
    ) -> Result<ManifestFile, FlowError> {
        let plain = paper_content(tx, key, paper.paper_id).await?;
        let (file, sealed) = seal_attachment(self.destination, &plain)?;
        if file.plain_sha256.as_deref() != Some(sha256) {
            return Err(corrupt("a paper that is not what its digest says"));
        }
        let new = NewFile { name: &file.name, sha256: &file.sha256, content: &sealed };
        batch::insert_file(tx, &self.destination.destination, self.seq, &new).await?;
        Ok(file)
    }
}

/// What is wrong with one case holds up no other; what is wrong with the database does.
fn stays(case: intake::ids::CaseId, error: FlowError) -> Result<Weighed, FlowError> {
    if let FlowError::Store(StoreError::Busy | StoreError::Duplicate | StoreError::Database(_)) = error {
        return Err(error);
    }
    tracing::error!(%case, %error, "A CONFIRMED CASE CANNOT BE HANDED OVER: look at it");
    Ok(Weighed::Stays(BlockReason::Refused))
}

fn attachment(opened: &OpenCase<'_>, paper: &Paper, sha256: &str) -> Result<Attachment, FlowError> {
    let kind = opened.form.paper(&paper.kind).ok_or_else(|| corrupt("a paper that its form does not have"))?;
    Ok(Attachment {
        sha256: sha256.to_owned(),
        bytes: u64::try_from(paper.bytes).map_err(|_| corrupt("a paper shorter than nothing"))?,
        media_type: paper.media_type.clone().ok_or_else(|| corrupt("a paper of no kind"))?,
        label: kind.label.get("ja").to_owned(),
    })
}

fn corrupt(sentence: &str) -> FlowError {
    FlowError::Store(StoreError::Corrupt(sentence.to_owned()))
}
