//! `intake pittari|prefecture`. Invariant: each filing is a transaction of its own, so a run that was killed is run again;
//! what is printed and reported names places and remedies and holds nothing that anybody typed.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use intake::{export::Channel, form::Form};
use sha2::{Digest, Sha256};

use super::Failure;
use crate::{
    channel::{
        Record, archive,
        fault::{Fault, Problem},
        mapping::{Format, Mapping},
        table::Table,
        xml,
    },
    flows::take_in::{self, Attachment, Coming, Taken},
    portal::Portal,
};

const LAYOUT: &str = "The layout of these files is not public (ぴったりサービス) or chosen city by city: what stands where is said by \
     a mapping file, and no compatibility is claimed. Examples lie in server/doc/. Try --dry-run first. A filing is known by its \
     number and is taken in once, whatever is run twice or killed; a bad one is named with line, column and remedy, and the good \
     ones go in. Exit 1 if there were bad ones. Nothing printed or reported holds personal data.";

#[derive(Debug, Subcommand)]
pub(super) enum IntakeCommand {
    /// Archives of ぴったりサービス: a ZIP for each 受付番号, or a folder of them
    #[command(after_help = LAYOUT)]
    Pittari(Run),
    /// A CSV of a prefecture's service for electronic applications, one row a filing
    #[command(after_help = LAYOUT)]
    Prefecture(Run),
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The file; for pittari also a folder of ZIP files
    path: PathBuf,
    /// What stands where (TOML)
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
    /// Look at everything and keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Write what became of each filing, as CSV
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What became of a filing, and what is told of it.
struct Told {
    word: &'static str,
    line: Option<u64>,
    receipt_number: String,
    faults: Vec<Fault>,
}

/// A run over one file or several.
struct Session<'a> {
    portal: &'a Portal,
    channel: Channel,
    mapping: &'a Mapping,
    form: &'a Form,
    is_dry: bool,
    report: Option<csv::Writer<File>>,
    taken: u64,
    before: u64,
    bad: u64,
}

pub(super) async fn run(portal: &Portal, command: &IntakeCommand) -> Result<(), Failure> {
    let (channel, run) = match command {
        IntakeCommand::Pittari(run) => (Channel::Pittari, run),
        IntakeCommand::Prefecture(run) => (Channel::Prefecture, run),
    };
    let of_mapping = |error: &dyn std::fmt::Display| Failure::new(format!("{}: {error}", run.mapping.display()));
    let text = fs::read_to_string(&run.mapping).map_err(|error| of_mapping(&error))?;
    let mapping = Mapping::read(&text).map_err(|error| of_mapping(&error))?;
    let (id, version) = mapping.form();
    let form = portal.catalog.version(id, version);
    let form = form.ok_or_else(|| of_mapping(&format!("there is no form {id} in version {version}")))?;
    mapping.check(form).map_err(|error| of_mapping(&error))?;
    if channel == Channel::Pittari && mapping.archive().is_none() {
        return Err(of_mapping(&"pittari reads archives: the mapping file needs [archive]"));
    }
    let report = run.report.as_deref().map(report).transpose()?;
    let mut session =
        Session { portal, channel, mapping: &mapping, form, is_dry: run.dry_run, report, taken: 0, before: 0, bad: 0 };
    match channel {
        Channel::Pittari => session.archives(&run.path).await?,
        _ => session.table(&run.path).await?,
    }
    session.end()
}

fn report(path: &Path) -> Result<csv::Writer<File>, Failure> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record(["file", "line", "place", "field", "result", "receipt_number", "problem", "remedy"])?;
    Ok(writer)
}

impl Session<'_> {
    /// A ZIP, or the ZIP files of a folder in the order of their names. A link is not followed.
    async fn archives(&mut self, path: &Path) -> Result<(), Failure> {
        let mut files = vec![path.to_owned()];
        if path.is_dir() {
            let entries = fs::read_dir(path)?.collect::<Result<Vec<_>, io::Error>>()?;
            let is_zip = |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"));
            files = entries.into_iter().map(|entry| entry.path()).filter(is_zip).collect();
            files.sort();
        }
        for file in files {
            let told = match fs::symlink_metadata(&file) {
                Err(_) => Err(vec![Fault::of_file(Problem::Unreadable)]),
                Ok(found) if !found.is_file() => Err(vec![Fault::of_file(Problem::NotAFile)]),
                Ok(_) => self.archive(&file).await?,
            };
            self.tell(&file, told)?;
        }
        Ok(())
    }

    async fn archive(&self, path: &Path) -> Result<Result<Told, Vec<Fault>>, Failure> {
        let Some(rule) = self.mapping.archive() else { return Ok(Err(vec![Fault::of_file(Problem::NoApplication)])) };
        let read = || -> Result<_, Fault> {
            let (bytes, sha256) = archive::load(path)?;
            let content = archive::open(&bytes, rule, self.mapping.papers())?;
            let record = match rule.format {
                Format::Xml => xml::read(&content.application, self.mapping.charset())?,
                Format::Csv => self.only_row(&content.application)?,
            };
            Ok((record, content.papers, sha256))
        };
        let (record, papers, sha256) = match read() {
            Ok(read) => read,
            Err(fault) => return Ok(Err(vec![fault])),
        };
        let attachments = papers.into_iter().map(|(kind, place, bytes)| {
            let name = archive::called(place);
            Attachment { kind, name, bytes }
        });
        self.filing(&record, attachments.collect(), sha256).await
    }

    /// The one row of a table in an archive.
    fn only_row(&self, bytes: &[u8]) -> Result<Record, Fault> {
        let mut table = Table::open(bytes, self.mapping.charset())?;
        if let Some(fault) = self.mapping.header_faults(table.headers()).into_iter().next() {
            return Err(fault);
        }
        let row = table.next().ok_or(Fault::of_file(Problem::NotOneFiling))??;
        if table.next().is_some() { Err(Fault::of_file(Problem::NotOneFiling)) } else { Ok(row) }
    }

    /// A table, row by row: it is never in memory as a whole. Its digest is taken first, from the same open file.
    async fn table(&mut self, path: &Path) -> Result<(), Failure> {
        let opened = open_table(path, self.mapping);
        let (sha256, table) = match opened {
            Ok(opened) => opened,
            Err(faults) => return self.tell(path, Err(faults)),
        };
        for row in table {
            let told = match row {
                Ok(record) => self.filing(&record, Vec::new(), sha256).await?,
                Err(fault) => Err(vec![fault]),
            };
            self.tell(path, told)?;
        }
        Ok(())
    }

    async fn filing(
        &self,
        record: &Record,
        attachments: Vec<Attachment>,
        file_sha256: [u8; 32],
    ) -> Result<Result<Told, Vec<Fault>>, Failure> {
        let coming = Coming { channel: self.channel, mapping: self.mapping, form: self.form, file_sha256 };
        let taken = take_in::take_record(self.portal, &coming, record, attachments, self.is_dry).await?;
        Ok(taken.map(|taken| told(record, taken)))
    }

    /// Counts it, prints what is bad, and writes all into the report.
    fn tell(&mut self, path: &Path, told: Result<Told, Vec<Fault>>) -> Result<(), Failure> {
        let told =
            told.unwrap_or_else(|faults| Told { word: "bad", line: None, receipt_number: String::new(), faults });
        match told.word {
            "bad" => self.bad += 1,
            "before" => self.before += 1,
            _ => self.taken += 1,
        }
        for fault in &told.faults {
            println!("{}: {fault}", path.display());
        }
        let Some(report) = &mut self.report else { return Ok(()) };
        let file = path.display().to_string();
        let number = |line: Option<u64>| line.map(|line| line.to_string()).unwrap_or_default();
        if told.faults.is_empty() {
            let (line, receipt_number) = (number(told.line), told.receipt_number.as_str());
            report.write_record([file.as_str(), &line, "", "", told.word, receipt_number, "", ""])?;
        }
        for fault in &told.faults {
            let field = fault.field.as_ref().map(ToString::to_string).unwrap_or_default();
            let place = fault.place.clone().unwrap_or_default();
            let line = number(fault.line.or(told.line));
            let (problem, remedy) = (fault.problem.to_string(), fault.problem.remedy());
            let of_case = [told.word, told.receipt_number.as_str()];
            report.write_record([file.as_str(), &line, &place, &field, of_case[0], of_case[1], &problem, remedy])?;
        }
        Ok(report.flush()?)
    }

    fn end(self) -> Result<(), Failure> {
        let Self { taken, before, bad, is_dry, .. } = self;
        let word = if is_dry { "good, nothing kept" } else { "taken in" };
        println!("{word}: {taken}; there before: {before}; bad: {bad}; all: {}", taken + before + bad);
        if bad == 0 {
            return Ok(());
        }
        Err(Failure::new(format!("{bad} could not be taken in; run again when they are put right")))
    }
}

fn told(record: &Record, taken: Taken) -> Told {
    let (word, number, faults) = match taken {
        Taken::WouldBe => ("good", String::new(), Vec::new()),
        Taken::Case(number) => ("taken in", number.to_string(), Vec::new()),
        Taken::Before(number) => ("before", number.to_string(), Vec::new()),
        Taken::OtherContent(number) => {
            ("bad", number.to_string(), vec![Fault::on_line(record.line, Problem::OtherContent)])
        }
    };
    Told { word, line: Some(record.line), receipt_number: number, faults }
}

/// A file of rows with its digest.
type OpenTable = ([u8; 32], Table<BufReader<File>>);

fn open_table(path: &Path, mapping: &Mapping) -> Result<OpenTable, Vec<Fault>> {
    let unreadable = |_: io::Error| vec![Fault::of_file(Problem::Unreadable)];
    let mut file = File::open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(vec![Fault::of_file(Problem::NotAFile)]);
    }
    let (mut digest, mut piece) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut piece).map_err(unreadable)? {
            0 => break,
            read => digest.update(&piece[..read]),
        }
    }
    io::Seek::rewind(&mut file).map_err(unreadable)?;
    let table = Table::open(BufReader::new(file), mapping.charset()).map_err(|fault| vec![fault])?;
    let faults = mapping.header_faults(table.headers());
    if faults.is_empty() { Ok((digest.finalize().into(), table)) } else { Err(faults) }
}
