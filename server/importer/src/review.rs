//! Two people decide on what waits. Invariant: one person alone changes nothing but the note of what they said; the second,
//! who must be another, sets the entry going.

use intake::export::Entry;

use crate::{
    error::ImportError,
    job::Job,
    judge::{Verdict as Judgement, form_of, reason},
    residents::Resolution,
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
    let candidates = match job.judge().resolve(&entry) {
        Ok(Resolution::Matched(one)) => vec![one],
        Ok(Resolution::Several(some) | Resolution::None(some) | Resolution::NumberDiffers(some)) => some,
        Err(_) => Vec::new(),
    };
    lines.extend(candidates.into_iter().map(|number| format!("宛名番号 {} may be meant", number.0)));
    let form = job.state().form(&entry.form.sha256).await?;
    let form = form_of(&entry, form.as_ref());
    let judged = job.judge().line(&entry, form, "0");
    lines.extend(judged.notes);
    for opinion in job.state().opinions(key).await? {
        let verdict = match opinion.verdict {
            Verdict::Resident(number) => format!("宛名番号 {number}"),
            Verdict::Reject(reason) => format!("back: {reason}"),
        };
        lines.push(format!("{} says {verdict}", opinion.person));
    }
    Ok(lines)
}

/// Notes what somebody says of an entry; when somebody else has said the same, it goes on or goes back.
///
/// # Errors
/// When no such entry waits, the resident or the reason is not known, or its line cannot be written.
pub async fn decide(job: &Job, key: &EntryKey, opinion: Opinion) -> Result<Vec<String>, ImportError> {
    let (held, entry) = find(job, key).await?;
    if opinion.person.trim().is_empty() {
        return Err(ImportError::Usage("--person must be a name".to_owned()));
    }
    match &opinion.verdict {
        Verdict::Resident(number) if !job.residents().has(number) => {
            return Err(ImportError::Usage("the extract of residents has no such 宛名番号".to_owned()));
        }
        Verdict::Reject(code) if !reason::BY_PEOPLE.contains(&code.as_str()) => {
            return Err(ImportError::Usage(format!("--reject must be one of {}", reason::BY_PEOPLE.join(", "))));
        }
        Verdict::Resident(_) | Verdict::Reject(_) => {}
    }
    if !job.state().say(key, &opinion, job.now()).await? {
        return Ok(vec!["noted; another person must say the same".to_owned()]);
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
            Ok(vec!["two people agree: it goes on".to_owned()])
        }
        Verdict::Reject(reason) => {
            job.state().settle(key, &NewOutcome::Rejected { reason }, &[], job.now()).await?;
            Ok(vec!["two people agree: it goes back".to_owned()])
        }
    }
}

async fn find(job: &Job, key: &EntryKey) -> Result<(Held, Entry), ImportError> {
    let held = job.state().held().await?.into_iter().find(|held| held.key == *key);
    let held = held.ok_or(crate::state::StateError::NotHeld)?;
    let entry = Entry::from_line(&held.line).map_err(|_| handover::Error::NotAnEntry(1))?;
    Ok((held, entry))
}
