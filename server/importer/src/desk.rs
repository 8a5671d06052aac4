//! 「取込みの確認」 The screen at which two members of staff decide on what waits: line by line, so that a screen reader can
//! follow. Invariant: personal data goes to the terminal that is handed in and nowhere else; what somebody has said is not
//! shown to the next before she has said hers; one person alone decides nothing.

use std::io::{self, BufRead, Write};

use intake::export::Entry;

use crate::{
    error::ImportError,
    job::{Job, Step},
    judge::reason,
    residents::{Agreement, Candidate, ComparedFact},
    review::{self, Decided},
    state::{EntryKey, Held, Opinion, Verdict},
};

/// 「画面」 A terminal: lines in, text out.
pub struct Screen<In, Out> {
    /// What is typed.
    pub typed: In,
    /// What is shown.
    pub shown: Out,
}

impl<In: BufRead, Out: Write> Screen<In, Out> {
    /// Shows a line.
    ///
    /// # Errors
    /// When the terminal breaks.
    pub fn say(&mut self, line: &str) -> Result<(), ImportError> {
        // What stands in a filing or in an extract gives the terminal no orders.
        let plain: String = line.chars().map(|one| if one.is_control() { '\u{fffd}' } else { one }).collect();
        writeln!(self.shown, "{plain}").map_err(broken)
    }

    /// Asks and gives the answer; none when nothing more is typed.
    ///
    /// # Errors
    /// When the terminal breaks.
    pub fn ask(&mut self, question: &str) -> Result<Option<String>, ImportError> {
        self.say(question)?;
        write!(self.shown, "> ").and_then(|()| self.shown.flush()).map_err(broken)?;
        let mut line = String::new();
        let read = self.typed.read_line(&mut line).map_err(broken)?;
        Ok((read > 0).then(|| line.trim().to_owned()))
    }
}

fn broken(error: io::Error) -> ImportError {
    ImportError::Io { what: "the terminal".to_owned(), error }
}

/// Where somebody goes from a question.
enum Next {
    Stay,
    OtherPerson,
    End,
}

/// Lets people decide until they end it. Gives how many opinions were noted: nothing else of what went on.
///
/// # Errors
/// When the terminal breaks or the state fails.
pub async fn run<In: BufRead, Out: Write>(
    job: &Job,
    os_account: Option<&str>,
    screen: &mut Screen<In, Out>,
) -> Result<usize, ImportError> {
    let mut noted = 0;
    screen.say("取込みの確認（職員2名で決めます）")?;
    screen.say("画面には個人情報が出ます。まわりから見えないことを確かめてください。終えると画面から消えます。")?;
    while let Some(person) = sign_in(job, os_account, screen)? {
        loop {
            match choose(job, &person, os_account, screen, &mut noted).await? {
                Next::Stay => {}
                Next::OtherPerson => break,
                Next::End => return Ok(noted),
            }
        }
    }
    Ok(noted)
}

fn sign_in<In: BufRead, Out: Write>(
    job: &Job,
    os_account: Option<&str>,
    screen: &mut Screen<In, Out>,
) -> Result<Option<String>, ImportError> {
    loop {
        let Some(person) = screen.ask("あなたの氏名を入力してください（q で終了）。")? else {
            return Ok(None);
        };
        if person == "q" {
            return Ok(None);
        }
        if review::check_person(job.config(), &person).is_ok() {
            screen.say(&format!("{person} さん（端末の利用者：{}）", os_account.unwrap_or("不明")))?;
            return Ok(Some(person));
        }
        let remedy = "氏名を入力してください。設定で確認者が決められているときは、その中の氏名を入力してください。";
        screen.say(remedy)?;
    }
}

/// The list, and one of it.
async fn choose<In: BufRead, Out: Write>(
    job: &Job,
    person: &str,
    os_account: Option<&str>,
    screen: &mut Screen<In, Out>,
    noted: &mut usize,
) -> Result<Next, ImportError> {
    let held = job.state().held().await?;
    let waiting: Vec<&Held> = held.iter().filter(|one| !reason::is_of_the_mapping(&one.reason)).collect();
    screen.say("")?;
    screen.say(&format!("確認を待っている届出は {} 件です。", waiting.len()))?;
    for (place, one) in (1..).zip(&waiting) {
        let said = job.state().opinions(&one.key).await?.len();
        let (key, since) = (&one.key, one.since.minute_in_japan());
        let why = reason_words(&one.reason);
        screen.say(&format!("{place}. 受付番号 {}　第{}版　{why}　{since} から　判断 {said} 名", key.id, key.rev))?;
    }
    if held.len() > waiting.len() {
        let count = held.len() - waiting.len();
        screen.say(&format!("ほかに {count} 件が変換表の修正を待っています（職員の判断は要りません）。"))?;
    }
    let answer = screen.ask("番号を入力してください（p で別の職員に交代、q で終了）。")?;
    match answer.as_deref() {
        None | Some("q") => Ok(Next::End),
        Some("p") => Ok(Next::OtherPerson),
        Some(typed) => {
            match typed.parse::<usize>().ok().and_then(|place| waiting.get(place.checked_sub(1)?)) {
                Some(one) => *noted += usize::from(decide(job, &one.key, person, os_account, screen).await?),
                None => screen.say("その番号はありません。一覧の番号を入力してください。")?,
            }
            Ok(Next::Stay)
        }
    }
}

/// One filing. Whether an opinion was noted.
async fn decide<In: BufRead, Out: Write>(
    job: &Job,
    key: &EntryKey,
    person: &str,
    os_account: Option<&str>,
    screen: &mut Screen<In, Out>,
) -> Result<bool, ImportError> {
    let (held, entry) = review::find(job, key).await?;
    let candidates = review::candidates(job, &entry);
    show(job, &held, &entry, &candidates, screen)?;
    let said: Vec<String> = job.state().opinions(key).await?.into_iter().map(|opinion| opinion.person).collect();
    if !said.is_empty() {
        screen.say(&format!("判断した職員：{}（内容は、あなたの判断のあとで示します）", said.join("、")))?;
    }
    let Some(verdict) = verdict(job, &candidates, screen)? else { return Ok(false) };
    let (what, os_account) = (verdict_words(&verdict), os_account.map(str::to_owned));
    let sure = screen.ask(&format!("{what}。よろしいですか（y で記録、ほかは取り消し）。"))?;
    if sure.as_deref() != Some("y") {
        screen.say("記録していません。")?;
        return Ok(false);
    }
    let opinion = Opinion { person: person.to_owned(), os_account, verdict };
    match review::say(job, key, opinion).await {
        Ok(decided) => {
            screen.say(decided_words(decided))?;
            if decided == Decided::Differently {
                for opinion in job.state().opinions(key).await? {
                    screen.say(&format!("{} さん：{}", opinion.person, verdict_words(&opinion.verdict)))?;
                }
            }
            if matches!(decided, Decided::GoesOn | Decided::GoesBack) {
                job.finish(None, Step::Signed).await?;
            }
        }
        Err(ImportError::LineUnwritable(_)) => {
            screen.say("記録しましたが、変換表にない文字かコードがあり、書き出せません。変換表を直してから、もう一度判断してください。")?;
        }
        Err(error) => return Err(error),
    }
    Ok(true)
}

fn show<In: BufRead, Out: Write>(
    job: &Job,
    held: &Held,
    entry: &Entry,
    candidates: &[Candidate],
    screen: &mut Screen<In, Out>,
) -> Result<(), ImportError> {
    screen.say("")?;
    screen.say(&format!("受付番号 {}　第{}版　{}", held.key.id, held.key.rev, reason_words(&held.reason)))?;
    screen.say("届出の内容")?;
    for fact in ComparedFact::ALL {
        if let Some(filed) = filed(entry, fact) {
            screen.say(&format!("  {}：{filed}", fact.label()))?;
        }
    }
    if candidates.is_empty() {
        screen.say("宛名に、近い人はいません。")?;
    }
    for (place, candidate) in (1..).zip(candidates) {
        screen.say(&format!("候補 {place}　宛名番号 {}", candidate.number.0))?;
        for (fact, agreement) in candidate.facts() {
            let sides = [filed(entry, fact), resident(job, candidate, fact, agreement)];
            // What neither side has is no line.
            if sides.iter().any(Option::is_some) {
                let [filed, resident] = sides.map(|side| side.unwrap_or_else(|| "なし".to_owned()));
                let (label, agreement) = (fact.label(), agreement.label());
                screen.say(&format!("  {label}：{agreement}（届出「{filed}」、宛名「{resident}」）"))?;
            }
        }
    }
    Ok(())
}

/// What stands for a 個人番号: nobody types or reads one here.
const NOT_SHOWN: &str = "あり（表示しません）";

/// A fact as it was filed.
fn filed(entry: &Entry, fact: ComparedFact) -> Option<String> {
    let person = &entry.person;
    match fact {
        ComparedFact::MyNumber => entry.my_number.as_ref().map(|_| NOT_SHOWN.to_owned()),
        ComparedFact::Name => person.name.clone(),
        ComparedFact::NameKana => person.name_kana.clone(),
        ComparedFact::Birthdate => person.birthdate.map(|day| day.to_string()),
        ComparedFact::Sex => None,
        ComparedFact::Address => person.address.clone(),
    }
}

fn resident(job: &Job, candidate: &Candidate, fact: ComparedFact, agreement: Agreement) -> Option<String> {
    let facts = job.residents().facts_of(&candidate.number.0)?;
    match fact {
        ComparedFact::MyNumber => (agreement != Agreement::Unknown).then(|| NOT_SHOWN.to_owned()),
        ComparedFact::Name => Some(facts.name.to_owned()),
        ComparedFact::NameKana => Some(facts.name_kana.to_owned()),
        ComparedFact::Birthdate => Some(facts.birthdate.to_string()),
        ComparedFact::Sex => Some(facts.sex.to_owned()),
        ComparedFact::Address => Some(facts.address.to_owned()),
    }
}

/// What is to become of it; none if she goes back to the list.
fn verdict<In: BufRead, Out: Write>(
    job: &Job,
    candidates: &[Candidate],
    screen: &mut Screen<In, Out>,
) -> Result<Option<Verdict>, ImportError> {
    loop {
        let question = "候補の番号を入力してください（a で宛名番号を入力、r で差し戻し、b で一覧に戻る）。";
        match screen.ask(question)?.as_deref() {
            None | Some("b") => return Ok(None),
            Some("a") => {
                let number = screen.ask("宛名番号を入力してください。")?.unwrap_or_default();
                if job.residents().has(&number) {
                    return Ok(Some(Verdict::Resident(number)));
                }
                screen.say("その宛名番号は、宛名にありません。")?;
            }
            Some("r") => {
                if let Some(reason) = reject_reason(screen)? {
                    return Ok(Some(Verdict::Reject(reason)));
                }
            }
            Some(typed) => match typed.parse::<usize>().ok().and_then(|place| candidates.get(place.checked_sub(1)?)) {
                Some(candidate) => return Ok(Some(Verdict::Resident(candidate.number.0.clone()))),
                None => screen.say("その番号の候補はありません。")?,
            },
        }
    }
}

fn reject_reason<In: BufRead, Out: Write>(screen: &mut Screen<In, Out>) -> Result<Option<String>, ImportError> {
    screen.say("差し戻す理由")?;
    for (place, code) in (1..).zip(reason::BY_PEOPLE) {
        screen.say(&format!("  {place}. {}", reason_words(code)))?;
    }
    let typed = screen.ask("理由の番号を入力してください。")?.unwrap_or_default();
    let place = typed.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
    let found = place.and_then(|place| reason::BY_PEOPLE.get(place));
    if found.is_none() {
        screen.say("その番号の理由はありません。")?;
    }
    Ok(found.map(|code| (*code).to_owned()))
}

/// A reason code as the public vocabulary reads it.
fn reason_words(code: &str) -> String {
    handover::reason(code).map_or_else(|| code.to_owned(), |reason| reason.ja)
}

fn verdict_words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Resident(number) => format!("宛名番号 {number} の人として取り込みます"),
        Verdict::Reject(code) => format!("差し戻します（{}）", reason_words(code)),
    }
}

const fn decided_words(decided: Decided) -> &'static str {
    match decided {
        Decided::First => "記録しました。もう一人の職員が同じ判断をすると決まります。",
        Decided::Differently => {
            "記録しました。ほかの職員の判断と異なります。話し合って、どちらかがもう一度判断してください。"
        }
        Decided::SamePerson => {
            "記録しました。同じ端末利用者からの判断なので、2名とは数えません。別の利用者で判断してください。"
        }
        Decided::GoesOn => "2名の判断が一致しました。取り込みます。",
        Decided::GoesBack => "2名の判断が一致しました。差し戻します。",
    }
}
