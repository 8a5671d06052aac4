//! 「母子健康手帳」 What the office has recorded of filings that were taken in, told to the portal in receipts. Invariant: a row that
//! cannot be told is named by its line with what to do, and keeps back no other.

use std::{collections::BTreeMap, path::Path};

use handover::{EntryResult, Outcome, Receipt, Recorded};
use intake::ids::ReceiptNumber;

use crate::{
    error::ImportError,
    inputs::read_file,
    job::{Job, Notes},
    receipts::random_name,
    state::{StoredReceipt, TakenIn},
};

const NUMBER: &str = "受付番号";
const HANDBOOK_NUMBER: &str = "母子健康手帳交付番号";
const HANDBOOK_ISSUED_ON: &str = "母子健康手帳交付日";
const PARENT_CHILD_NUMBER: &str = "親子番号";

impl Job {
    /// Reads a CSV with the columns 受付番号, 母子健康手帳交付番号, 母子健康手帳交付日 (YYYY-MM-DD) and 親子番号, of which the last three may be
    /// missing or empty, and makes receipts that tell the portal.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn tell_recorded(&self, path: &Path) -> Result<Notes, ImportError> {
        let unreadable = |why: String| ImportError::Usage(format!("{}: {why}", path.display()));
        let text = self.config().residents_encoding.decode(&read_file(path)?);
        let text = text.map_err(|_| unreadable("it is not in residents_encoding".to_owned()))?;
        let mut rows = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let heads = rows.headers().map_err(|error| unreadable(error.to_string()))?.clone();
        if !heads.iter().any(|head| head == NUMBER) {
            return Err(unreadable(format!("the column {NUMBER} is missing")));
        }
        let (mut notes, mut told) = (Vec::new(), BTreeMap::<u64, (TakenIn, Vec<EntryResult>)>::new());
        for (line, row) in (2..).zip(rows.records()) {
            let cell = |name: &str| {
                let row = row.as_ref().ok()?;
                heads.iter().position(|head| head == name).and_then(|at| row.get(at)).map(str::trim)
            };
            match self.row(cell).await? {
                Ok((taken, result)) => {
                    let results = &mut told.entry(taken.seq).or_insert_with(|| (taken, Vec::new())).1;
                    if results.iter().any(|before| before.id == result.id) {
                        notes.push(format!("line {line}: left out: the receipt number stands twice; keep one line"));
                    } else {
                        results.push(result);
                    }
                }
                Err(why) => notes.push(format!("line {line}: left out: {why}")),
            }
        }
        for (taken, results) in told.into_values() {
            let count = results.len();
            self.keep_told(&taken, results).await?;
            notes.push(format!("batch {}: a receipt tells what was recorded of {count} entries", taken.seq));
        }
        Ok(notes)
    }

    async fn row<'row>(
        &self,
        cell: impl Fn(&str) -> Option<&'row str>,
    ) -> Result<Result<(TakenIn, EntryResult), &'static str>, ImportError> {
        let Some(id) = cell(NUMBER).and_then(|text| text.parse::<ReceiptNumber>().ok()) else {
            return Ok(Err("it has no receipt number; write it as XXXX-XXXX-XX"));
        };
        let text = |name: &str| cell(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let Ok(handbook_issued_on) = text(HANDBOOK_ISSUED_ON).map(|day| day.parse()).transpose() else {
            return Ok(Err("the day is no day; write it as YYYY-MM-DD"));
        };
        let (handbook_number, parent_child_number) = (text(HANDBOOK_NUMBER), text(PARENT_CHILD_NUMBER));
        let recorded = Recorded { handbook_number, handbook_issued_on, parent_child_number };
        if !recorded.is_well_formed() {
            return Ok(Err("it tells nothing, or more than 30 characters; fill in one of the columns"));
        }
        let Some(taken) = self.state().taken_in(&id).await? else {
            return Ok(Err("no entry with this number was taken in here; look at the number"));
        };
        let result = EntryResult {
            id,
            rev: taken.rev,
            result: Outcome::Imported,
            reason: None,
            at: taken.at,
            recorded: Some(recorded),
        };
        Ok(Ok((taken, result)))
    }

    async fn keep_told(&self, taken: &TakenIn, results: Vec<EntryResult>) -> Result<(), ImportError> {
        let receipt = Receipt {
            v: 1,
            iss: self.config().destination.as_str().to_owned(),
            aud: self.config().portal_url.clone(),
            seq: taken.seq,
            manifest_sha256: taken.manifest_sha256.clone(),
            jti: random_name(),
            results,
        };
        let stored =
            StoredReceipt { jti: receipt.jti.clone(), seq: taken.seq, document: receipt.sign(&self.keys().signing) };
        Ok(self.state().keep_receipt(&stored, &[], self.now()).await?)
    }
}
