//! Two people decide on what waits. Invariant: one person alone changes nothing but the note of what they said; the second,
//! who must be another, sets the entry going.

use intake::{export::Entry, value::search_key};

use crate::{
    config::Config,
    error::ImportError,
    job::Job,
    judge::{Verdict as Judgement, form_of, reason},
    residents::{Agreement, Candidate, ComparedFact, ResidentFacts},
    state::{EntryKey, Held, NewOutcome, Opinion, Verdict},
};

/// A held entry in the words of the terminal.
///
/// # Errors
/// When the state fails.
pub async fn list(job: &Job) -> Result<Vec<String>, ImportError> {
    let held = job.state().held().await?;
    let mut lines = vec![format!("{} entries wait", held.len())];
    for one in held {
        let said = job.state().opinions(&one.key).await?.len();
        lines.push(format!(
            "{} rev {}: {}, batch {}, since {}, {said} of 2 people",
            one.key.id,
            one.key.rev,
            one.reason,
            one.seq,
            one.since.minute_in_japan()
        ));
    }
    Ok(lines)
}

/// Everything that two people need to decide on an entry: for the terminal of the closed network only.
///
/// # Errors
/// When no such entry waits.
pub async fn show(job: &Job, key: &EntryKey) -> Result<Vec<String>, ImportError> {
    let (held, entry) = find(job, key).await?;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let person = &entry.person;
    let mut lines = vec![
        format!("{} rev {}: {}", held.key.id, held.key.rev, held.reason),
        format!("氏名 {}（{}）", text(&person.name), text(&person.name_kana)),
        format!("生年月日 {}", person.birthdate.map(|day| day.to_string()).unwrap_or_default()),
        format!("住所 〒{} {}", text(&person.postal_code), text(&person.address)),
    ];
    let now: Vec<Candidate> = candidates(job, &entry);
    for candidate in &now {
        lines.push(format!("宛名番号 {} may be meant: {}", candidate.number.0, agreement(candidate)));
        if let Some(facts) = job.residents().facts_of(&candidate.number.0) {
            let ResidentFacts { name, name_kana, birthdate, address, .. } = facts;
            lines.push(format!("  {name}（{name_kana}） {birthdate} {address}"));
        }
    }
    let gone = |number: &str| !now.iter().any(|candidate| candidate.number.0 == number);
    for near in job.state().near_misses(key).await?.into_iter().filter(|near| gone(&near.resident_number)) {
        let (number, agreed, differed) = (near.resident_number, near.agreed, near.differed);
        lines.push(format!("宛名番号 {number} came near when it arrived: {agreed} agreed, {differed} differed"));
    }
    let form = job.state().form(&entry.form.sha256).await?;
    let form = form_of(&entry, form.as_ref());
    let judged = job.judge().line(&entry, form, "0");
    lines.extend(judged.notes);
    for opinion in job.state().opinions(key).await? {
        let verdict = match opinion.verdict {
            Verdict::Resident(number) => format!("宛名番号 {number}"),
            Verdict::Reject(reason) => format!("back: {reason}"),
        };
        let account = opinion.os_account.map(|account| format!(" ({account})")).unwrap_or_default();
        lines.push(format!("{}{account} says {verdict}", opinion.person));
    }
    Ok(lines)
}

/// Who may be meant, by the extract as it is now.
pub(crate) fn candidates(job: &Job, entry: &Entry) -> Vec<Candidate> {
    job.judge().resolve(entry).map(|found| found.candidates().to_vec()).unwrap_or_default()
}

fn agreement(candidate: &Candidate) -> String {
    let facts = |wanted: Agreement| {
        let labels: Vec<&str> =
            candidate.facts().filter(|(_, one)| *one == wanted).map(|(fact, _)| ComparedFact::label(fact)).collect();
        labels.join("・")
    };
    format!("一致 {}／不一致 {}", facts(Agreement::Agrees), facts(Agreement::Differs))
}

/// What came of somebody's opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Nobody else has said anything yet.
    First,
    /// Somebody else has said another thing.
    Differently,
    /// Somebody else has said the same, but they count as one.
    SamePerson,
    /// Two people agree: it goes on.
    GoesOn,
    /// Two people agree: it goes back.
    GoesBack,
}

impl Decided {
    const fn note(self) -> &'static str {
        match self {
            Self::First => "noted; another person must say the same",
            Self::Differently => "noted; another person says otherwise: the two should talk",
            Self::SamePerson => "noted; the same was said from the same account, and two accounts are needed",
            Self::GoesOn => "two people agree: it goes on",
            Self::GoesBack => "two people agree: it goes back",
        }
    }
}

/// Whether this person may decide.
///
/// # Errors
/// When the name is empty, or the configuration names who may and it is none of them.
pub fn check_person(config: &Config, person: &str) -> Result<(), ImportError> {
    if search_key(person).is_empty() {
        return Err(ImportError::Usage("--person must be a name".to_owned()));
    }
    let same = |one: &String| search_key(one) == search_key(person);
    if config.reviewers.is_empty() || config.reviewers.iter().any(same) {
        Ok(())
    } else {
        Err(ImportError::Usage("this person is not among the reviewers of the configuration".to_owned()))
    }
}

/// Notes what somebody says of an entry; when somebody else has said the same, it goes on or goes back.
///
/// # Errors
/// When no such entry waits, the resident or the reason is not known, or its line cannot be written.
pub async fn decide(job: &Job, key: &EntryKey, opinion: Opinion) -> Result<Vec<String>, ImportError> {
    Ok(vec![say(job, key, opinion).await?.note().to_owned()])
}

/// The same, for whoever asks what came of it.
///
/// # Errors
/// As [`decide`].
pub async fn say(job: &Job, key: &EntryKey, opinion: Opinion) -> Result<Decided, ImportError> {
    let (held, entry) = find(job, key).await?;
    check_person(job.config(), &opinion.person)?;
    match &opinion.verdict {
        Verdict::Resident(number) if !job.residents().has(number) => {
            return Err(ImportError::Usage("the extract of residents has no such 宛名番号".to_owned()));
        }
        Verdict::Reject(code) if !reason::BY_PEOPLE.contains(&code.as_str()) => {
            return Err(ImportError::Usage(format!("--reject must be one of {}", reason::BY_PEOPLE.join(", "))));
        }
        Verdict::Resident(_) | Verdict::Reject(_) => {}
    }
    let all = job.state().say(key, &opinion, job.now()).await?;
    let others: Vec<&Opinion> =
        all.iter().filter(|other| search_key(&other.person) != search_key(&opinion.person)).collect();
    let agreeing: Vec<&&Opinion> = others.iter().filter(|other| other.verdict == opinion.verdict).collect();
    if agreeing.is_empty() {
        return Ok(if others.is_empty() { Decided::First } else { Decided::Differently });
    }
    let two_accounts = |other: &&&Opinion| other.os_account.is_some() && other.os_account != opinion.os_account;
    if job.config().reviewers_need_two_accounts && !(opinion.os_account.is_some() && agreeing.iter().any(two_accounts))
    {
        return Ok(Decided::SamePerson);
    }
    match opinion.verdict {
        Verdict::Resident(number) => {
            let form = job.state().form(&entry.form.sha256).await?;
            let form = form_of(&entry, form.as_ref());
            let judged = job.judge().line(&entry, form, &number);
            let Judgement::Import { line, .. } = judged.verdict else {
                return Err(ImportError::LineUnwritable(judged.notes.join("; ")));
            };
            job.settle_imported(&held, &entry, form, &number, &line.bytes).await?;
            Ok(Decided::GoesOn)
        }
        Verdict::Reject(reason) => {
            job.state().settle(key, &NewOutcome::Rejected { reason }, &[], None, job.now()).await?;
            Ok(Decided::GoesBack)
        }
    }
}

pub(crate) async fn find(job: &Job, key: &EntryKey) -> Result<(Held, Entry), ImportError> {
    let held = job.state().held().await?.into_iter().find(|held| held.key == *key);
    let held = held.ok_or(crate::state::StateError::NotHeld)?;
    let entry = Entry::from_line(&held.line).map_err(|_| handover::Error::NotAnEntry(1))?;
    Ok((held, entry))
}
