//! The import job, step by step. Invariant: every step starts from what is on the disk and leaves it whole, so that a job
//! that stops after any of them, or in the middle of one, is taken up by the next run and ends in the same state.

use std::path::Path;

use handover::{
    BatchFiles, Chain, DestinationKeys, Reader, Trust, check_manifest,
    manifest::{KEYS_FILE, MANIFEST_FILE},
};
use intake::time::Instant;

use crate::{
    config::Config,
    copies::Copies,
    error::ImportError,
    inputs::{self, Lock},
    judge::{Judge, Mappings},
    output::write_whole,
    portal::{Portal, PortalError},
    progress::Progress,
    residents::Residents,
    state::{State, paper_file},
    trust::{self, chain},
};

/// The steps from a batch to an acknowledged receipt, in order. A run does all of them; a test may stop after each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The batch stands in the staging tables.
    Staged,
    /// Its files are written.
    Written,
    /// Its receipt is made and kept.
    Signed,
    /// The portal has acknowledged the receipt.
    Sent,
}

/// What a run did, to be printed: without personal data.
pub type Notes = Vec<String>;

/// The import job with everything it needs.
pub struct Job {
    config: Config,
    state: State,
    keys: DestinationKeys,
    residents: Residents,
    mappings: Mappings,
    copies: Option<Copies>,
    progress: Progress,
    now: fn() -> Instant,
    _lock: Lock,
}

impl Job {
    /// Opens the job, unless another run is under way.
    ///
    /// # Errors
    /// When something that the configuration names cannot be used.
    pub async fn open(config: Config, now: fn() -> Instant) -> Result<Self, ImportError> {
        let lock = Lock::take(&config.state).await?;
        let keys = inputs::read_keys(&config)?;
        let mappings = inputs::read_mappings(&config)?;
        let copies = Copies::read(&config)?;
        let residents = inputs::read_residents(&config).await?;
        let state = State::open(&config.state).await?;
        let progress = Progress::silent();
        Ok(Self { config, state, keys, residents, mappings, copies, progress, now, _lock: lock })
    }

    /// The same, and people are told how far it is.
    #[must_use]
    pub fn telling(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    pub(crate) const fn progress(&self) -> &Progress {
        &self.progress
    }

    pub(crate) const fn copies(&self) -> Option<&Copies> {
        self.copies.as_ref()
    }

    /// The state of the job.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The residents of the extract.
    #[must_use]
    pub const fn residents(&self) -> &Residents {
        &self.residents
    }

    pub(crate) const fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) const fn keys(&self) -> &DestinationKeys {
        &self.keys
    }

    pub(crate) const fn mappings(&self) -> &Mappings {
        &self.mappings
    }

    /// Now, by the job's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.now)()
    }

    /// What entries are judged by.
    #[must_use]
    pub fn judge(&self) -> Judge<'_> {
        Judge {
            keys: &self.keys,
            municipality: &self.config.municipality,
            residents: &self.residents,
            mappings: &self.mappings,
            copies: self.copies.as_ref(),
        }
    }

    /// The portal.
    ///
    /// # Errors
    /// When the certificate authorities cannot be read.
    pub fn portal(&self) -> Result<Portal, ImportError> {
        let config = &self.config;
        let authorities = config.ca_file.as_deref();
        Ok(Portal::new(config.request_url(), &config.portal_url, &self.keys, authorities, self.now)?)
    }

    /// Fetches and imports everything that is new, up to the given step; first what an earlier run left over.
    ///
    /// # Errors
    /// The first thing that stops it; what was done before stays done.
    pub async fn pull(&self, portal: &Portal, until: Step) -> Result<Notes, ImportError> {
        let mut notes = self.finish(Some(portal), until).await?;
        loop {
            let chain = chain(&self.state).await?;
            let last = chain.last();
            let listed = portal.batches_after(last.saturating_sub(1))?;
            // The last batch that was read must still be there as it was: else the portal is not the one it was.
            let known = listed.iter().find(|batch| batch.seq == last);
            let same = known.is_some_and(|batch| Some(&batch.manifest_sha256) == chain.manifests.get(&last));
            if last > 0 && !same {
                return Err(handover::Error::WentBack { last, found: known.map_or(0, |batch| batch.seq) }.into());
            }
            let new: Vec<u64> = listed.iter().map(|batch| batch.seq).filter(|seq| *seq > last).collect();
            if new.is_empty() {
                return Ok(notes);
            }
            let newest = listed.last().map_or(last, |batch| batch.seq);
            for seq in new {
                self.progress.stage(format!("batch {seq} of {newest}"));
                let files = self.fetch(portal, seq).await?;
                notes.extend(self.take(&files).await?);
                forget(&self.config.parts_dir())?;
                notes.extend(self.finish(Some(portal), until).await?);
            }
        }
    }

    /// Fetches a batch; the manifest is checked before anything else is asked for.
    async fn fetch(&self, portal: &Portal, seq: u64) -> Result<BatchFiles, ImportError> {
        let manifest = portal.file(seq, MANIFEST_FILE, handover::MOST_BYTES)?;
        let keys = match portal.file(seq, KEYS_FILE, handover::MOST_BYTES) {
            Ok(keys) => Some(keys),
            Err(PortalError::Status { status: 404, .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let trust = self.trust(keys.as_deref(), Some(portal)).await?;
        let chain = chain(&self.state).await?;
        let (checked, ..) = check_manifest(&manifest, keys.as_deref(), &self.reader(&trust, &chain))?;
        let mut files = BatchFiles::default();
        files.insert(MANIFEST_FILE, manifest)?;
        if let Some(keys) = keys {
            files.insert(KEYS_FILE, keys)?;
        }
        for file in checked.files.iter().filter(|file| file.name != KEYS_FILE) {
            if !handover::archive::is_batch_file(&file.name) {
                return Err(handover::Error::BadName.into());
            }
            self.progress.tell(|| format!("{} bytes are fetched", files.bytes()));
            files.insert(&file.name, portal.whole_file(seq, file, &self.config.parts_dir())?)?;
        }
        Ok(files)
    }

    /// Imports a batch that was carried, up to the given step; first what an earlier run left over.
    ///
    /// # Errors
    /// The first thing that stops it; then nothing of the batch is staged.
    pub async fn file(&self, files: &BatchFiles, until: Step) -> Result<Notes, ImportError> {
        let mut notes = self.finish(None, until).await?;
        notes.extend(self.take(files).await?);
        notes.extend(self.finish(None, until).await?);
        Ok(notes)
    }

    /// Does what is left over, up to the given step: lets go on what waited for the mapping file, writes files, makes
    /// receipts, sends them.
    ///
    /// # Errors
    /// The first thing that stops it.
    pub async fn finish(&self, portal: Option<&Portal>, until: Step) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        if until >= Step::Written {
            notes.extend(self.let_go_on().await?);
            notes.extend(self.write_files().await?);
        }
        if until >= Step::Signed {
            notes.extend(self.sign_receipts().await?);
        }
        if let Some(portal) = portal.filter(|_| until >= Step::Sent) {
            notes.extend(self.send_receipts(portal).await?);
        }
        Ok(notes)
    }

    /// What a run does last: it keeps what proves what was done, and notes that it went through.
    ///
    /// # Errors
    /// When the archive cannot be written.
    pub async fn end(&self) -> Result<Notes, ImportError> {
        let notes = match &self.config.archive_dir {
            Some(folder) => self.write_archive(folder).await?,
            None => Notes::new(),
        };
        self.state.ran(self.now()).await?;
        Ok(notes)
    }

    /// Papers first: the file that names them says where they are.
    async fn write_files(&self) -> Result<Notes, ImportError> {
        let mut notes = Vec::new();
        let papers = self.state.unwritten_papers().await?;
        for paper in &papers {
            let name = paper_file(&paper.sha256, &paper.media_type);
            write_whole(&self.config.output_dir, &name, &self.state.paper(paper).await?)
                .map_err(|error| ImportError::Io { what: format!("the file {name}"), error })?;
            self.state.paper_written(paper, self.now()).await?;
        }
        if !papers.is_empty() {
            notes.push(format!("{} papers are written", papers.len()));
        }
        self.state.drop_needless_papers().await?;
        for name in self.state.unwritten_files().await? {
            write_whole(&self.config.output_dir, &name, &self.state.file_content(&name).await?)
                .map_err(|error| ImportError::Io { what: format!("the file {name}"), error })?;
            self.state.file_written(&name, self.now()).await?;
            notes.push(format!("{name} is written"));
        }
        Ok(notes)
    }

    pub(crate) fn reader<'a>(&'a self, trust: &'a Trust, chain: &'a Chain) -> Reader<'a> {
        trust::reader(&self.config, &self.keys, trust, chain)
    }

    pub(crate) async fn trust(
        &self,
        keys_document: Option<&[u8]>,
        portal: Option<&Portal>,
    ) -> Result<Trust, ImportError> {
        trust::trust(&self.config, &self.state, keys_document, portal, self.now()).await
    }
}

fn forget(folder: &Path) -> Result<(), ImportError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ImportError::Io { what: "the folder of unfinished files".to_owned(), error })
        }
        _ => Ok(()),
    }
}
