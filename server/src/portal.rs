//! What a running portal consists of. Invariant: a [`Portal`] that exists has a usable catalog of forms, a database of
//! this version, and the master key that the database was first opened with.

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use intake::{
    calendar::ClosingDays, catalog::Catalog, deadline::Deadlines, flag_rules::FlagRules, form::Form, ids::FormId,
    search::WORDS_VERSION, send_back::Templates,
};
use tokio::sync::Semaphore;

use crate::{
    clock::Clock,
    config::{Config, MyNumber},
    flags_file::{self, FlagsError},
    flows::random,
    forms_folder::{self, FormsError, Wanting},
    oidc::{self, KeyFileError},
    pdf::PdfFont,
    relying_party::{NoSite, RelyingParty},
    seal::{MasterKey, MasterKeyError, Seal},
    signing::{Service, ServiceError},
    store::{Database, Record, StoreError, Upkeep, case::CaseHead, installation},
    telemetry::Metrics,
    text_packs::{TextPackError, TextPacks},
    watchers::Watchers,
};

/// A running portal: what the web, the worker, every command and the tests start from.
pub struct Portal {
    /// The settings.
    pub config: Config,
    /// The database.
    pub database: Database,
    /// Seals and opens.
    pub seal: Seal,
    /// The time.
    pub clock: Clock,
    /// The forms.
    pub catalog: Catalog,
    /// 「EPDS」 The wording of its items.
    pub text_packs: TextPacks,
    /// 「確認が必要な項目」 The rules that the city has switched on.
    pub flag_rules: FlagRules,
    /// 「閉庁日」 When the office is closed beside weekends and holidays.
    pub closing_days: ClosingDays,
    /// 「差戻しの文例」 The reasons that staff pick.
    pub templates: Templates,
    /// The sites that passkeys are bound to.
    pub relying_party: RelyingParty,
    /// 「マイナアプリ」 The client of the provider that reads parents' cards.
    pub mynaapp: Option<oidc::Client>,
    /// 「共通基盤」 The client of the city's own provider for its staff.
    pub staff_provider: Option<oidc::Client>,
    /// 「電子署名」 The way to the card, where it is offered.
    pub signing: Option<Service>,
    /// 「受付票」 The font of the PDF; without one the receipt is a page only.
    pub pdf_font: Option<PdfFont>,
    /// 「写真・書類」 Who decodes a photo holds a permit: each can take a hundred megabytes while it lasts.
    pub decoding: Semaphore,
    /// 「在席」 The pages of staff that stand open and hang on this server.
    pub watchers: Arc<Watchers>,
    /// The counters.
    pub metrics: Metrics,
}

/// The portal cannot start; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The forms cannot be served.
    #[error(transparent)]
    Forms(#[from] FormsError),
    /// Drafts or cases need a version that is not there as they need it.
    #[error("the forms do not fit the database\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    FormsWanting(Vec<Wanting>),
    /// A text pack cannot be used.
    #[error("the text packs (MADOGUCHI_TEXT_PACKS_DIR): {0}")]
    TextPacks(#[from] TextPackError),
    /// The file of closing days cannot be used.
    #[error("the closing days (MADOGUCHI_CALENDAR_FILE): {0}: {1}")]
    ClosingDays(PathBuf, String),
    /// The rules cannot be used.
    #[error(transparent)]
    Flags(#[from] FlagsError),
    /// The file of reasons for sending back cannot be used.
    #[error("the reasons for sending back (MADOGUCHI_SEND_BACK_FILE): {0}: {1}")]
    Templates(PathBuf, String),
    /// The folder of the demo cannot be made.
    #[error("the data folder {0} cannot be made: {1}")]
    DataFolder(PathBuf, std::io::Error),
    /// There is no usable master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// Another key sealed what is in the database.
    #[error("this master key is not the one that the database was made with")]
    OtherMasterKey,
    /// An address that people have in the address line cannot have passkeys.
    #[error(transparent)]
    NoSite(#[from] NoSite),
    /// The key for the identity provider cannot be used.
    #[error("the identity provider (MADOGUCHI_OIDC_KEY_FILE): {0}")]
    Oidc(#[from] KeyFileError),
    /// The key for the city's own provider cannot be used.
    #[error("the provider for staff (MADOGUCHI_STAFF_OIDC_KEY_FILE): {0}")]
    StaffOidc(KeyFileError),
    /// Signatures cannot be offered.
    #[error("signatures: {0}")]
    Signing(#[from] ServiceError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const DECODED_AT_ONCE: usize = 2;
const KEY_CHECK: &str = "master_key_check";

impl Portal {
    /// Opens everything that the settings name. The demo makes its folder, its key and its tables by itself; an
    /// installation is migrated by an operator.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        let catalog = forms_folder::catalog(config.forms_dir.as_deref())?;
        let text_packs = TextPacks::load(&config)?;
        let flag_rules = flags_file::rules(&config, &catalog)?;
        let closing_days = closing_days(config.calendar_file.as_deref())?;
        let templates = templates(config.send_back_file.as_deref())?;
        let relying_party = RelyingParty::new(&config)?;
        let back = config.public_url.join(oidc::CALLBACK);
        let mynaapp = config.oidc.as_ref().map(|of| oidc::Client::new(of, oidc::FOUR_FACTS, back)).transpose()?;
        let staff_provider = staff_client(&config).map_err(StartError::StaffOidc)?;
        let signing = Service::open(&config)?;
        let master = if config.demo {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&config.data_dir)
                .map_err(|error| StartError::DataFolder(config.data_dir.clone(), error))?;
            MasterKey::load_or_make_demo(&config.master_key_file)?
        } else {
            MasterKey::load(&config.master_key_file)?
        };
        let database = Database::connect(&config.database_url).await?;
        if config.demo {
            database.migrate().await?;
        }
        database.check_migrations().await?;
        let seal = Seal::new(&master);
        check_key(&database, &seal).await?;
        let wanting = forms_folder::wanting(&catalog, &mut *database.read().await?, clock.now()).await?;
        if !wanting.is_empty() {
            return Err(StartError::FormsWanting(wanting));
        }
        let pdf_font = PdfFont::find(config.pdf_font.as_deref());
        let pdf_font = pdf_font.inspect_err(|error| tracing::warn!(%error, "receipts are not offered as PDF")).ok();
        let (decoding, metrics) = (Semaphore::new(DECODED_AT_ONCE), Metrics::new());
        Ok(Self {
            config,
            database,
            seal,
            clock,
            catalog,
            text_packs,
            flag_rules,
            closing_days,
            templates,
            relying_party,
            mynaapp,
            staff_provider,
            signing,
            pdf_font,
            decoding,
            watchers: Arc::new(Watchers::new(random())),
            metrics,
        })
    }

    /// The newest version of a form, unless its wording is missing. What was begun can be gone on with, also of a form that
    /// was taken back.
    #[must_use]
    pub fn served(&self, id: &FormId) -> Option<&Form> {
        self.catalog.newest(id).filter(|form| self.text_packs.serves(form))
    }

    /// The newest version of a form that can be begun now.
    #[must_use]
    pub fn offered(&self, id: &FormId) -> Option<&Form> {
        self.served(id).filter(|form| form.offered)
    }

    /// 「個人番号」 Whether it is asked for here, sealed in the browser, for this form.
    #[must_use]
    pub fn asks_number(&self, form: &Form) -> bool {
        let Config { my_number, my_number_forms, preview, .. } = &self.config;
        *my_number == MyNumber::Sealed && !preview && my_number_forms.contains(&form.id)
    }

    /// 「処理期限」 The office's calendar with the time that it gives itself.
    #[must_use]
    pub const fn deadlines(&self) -> Deadlines<'_> {
        Deadlines { closing: &self.closing_days, allowed: &self.config.deadlines }
    }

    /// The newest version of every form that can be begun now.
    #[must_use]
    pub fn all_offered(&self) -> Vec<&Form> {
        self.catalog.offered().into_iter().filter(|form| self.text_packs.serves(form)).collect()
    }
}

impl Portal {
    /// The form of a case, in the version that it was filled in with.
    #[must_use]
    pub fn form_of(&self, head: &CaseHead) -> Option<&Form> {
        u32::try_from(head.form_version).ok().and_then(|version| self.catalog.version(&head.form_id, version))
    }
}

/// 「閉庁日」 The turn of the year, and the closing days of the file, if there is one.
pub(crate) fn closing_days(file: Option<&Path>) -> Result<ClosingDays, StartError> {
    let Some(path) = file else { return Ok(ClosingDays::default().with_turn_of_year()) };
    let fault = |problem: String| StartError::ClosingDays(path.to_owned(), problem);
    let text = fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
    ClosingDays::parse(&text).map(ClosingDays::with_turn_of_year).map_err(|error| fault(error.to_string()))
}

/// 「差戻しの文例」 Those that ship, with those of the file, if there is one.
pub(crate) fn templates(file: Option<&Path>) -> Result<Templates, StartError> {
    let fault =
        |problem: String| StartError::Templates(file.unwrap_or(Path::new("templates.toml")).to_owned(), problem);
    let text = file.map(fs::read_to_string).transpose().map_err(|error| fault(error.to_string()))?;
    Templates::load(text.as_deref()).map_err(|error| fault(error.to_string()))
}

/// A sign-in with one factor is taken too, and completed by a passkey.
fn staff_client(config: &Config) -> Result<Option<oidc::Client>, KeyFileError> {
    let Some(provider) = &config.staff_provider else { return Ok(None) };
    let back = config.staff_url.join(oidc::STAFF_CALLBACK);
    Ok(Some(oidc::Client::new(&provider.oidc, oidc::STAFF_SCOPE, back)?.with_any_level()))
}

/// The first start keeps a value that follows from the master key; later starts compare.
async fn check_key(database: &Database, seal: &Seal) -> Result<(), StartError> {
    let mut tx = database.write().await?;
    let expected = seal.check_value();
    match installation::find(&mut tx, KEY_CHECK).await? {
        Some(kept) if kept == expected => Ok(()),
        Some(_) => Err(StartError::OtherMasterKey),
        None => {
            installation::insert(&mut tx, KEY_CHECK, &expected).await?;
            // There is no case yet.
            installation::keep(&mut tx, installation::SEARCH_WORDS, &[WORDS_VERSION]).await?;
            Ok(tx.commit(Record::Upkeep(Upkeep::InstallationMade)).await?)
        }
    }
}
