//! Every way in which something is refused. Invariant: each thing in `handover.md` §7 is a variant of its own, and no text
//! holds personal data.

/// Why something was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not flattened JWS JSON, or with a member too much.
    #[error("the signed document is not a flattened JWS as the format asks for")]
    NotAJws,
    /// A header member that the format does not have (`crit`, `b64`, `jwk`, `jku`, `x5u`, …), or one of the three missing.
    #[error("the protected header has other members than alg, kid and typ")]
    HeaderRefused,
    /// `none`, `HS256`, or another algorithm than the one that the key is for.
    #[error("the algorithm is not the one that belongs to the key")]
    AlgorithmRefused,
    /// Another kind of document.
    #[error("the document is of another type than expected")]
    WrongType,
    /// Nobody said that this key may be trusted.
    #[error("the document is signed by a key that is not known")]
    UnknownKey,
    /// The key was retired before the document was made.
    #[error("the document is signed by a key that was retired before")]
    RetiredKey,
    /// The key was announced, but does not sign yet.
    #[error("the document is signed by a key that was not yet active")]
    NotYetActive,
    /// The signature does not belong to these bytes and this key.
    #[error("the signature does not hold")]
    BadSignature,
    /// The signed content is not what the format says.
    #[error("the signed content is not of the format")]
    BadPayload,
    /// Another version of the format.
    #[error("the document is of another version of the format")]
    WrongVersion,
    /// From another portal or destination.
    #[error("the document comes from somebody else than expected")]
    WrongIssuer,
    /// For somebody else.
    #[error("the document is meant for somebody else")]
    WrongAudience,
    /// A batch is missing in between.
    #[error("a gap: batch {expected} is due, batch {found} came")]
    Gap {
        /// The number that is due.
        expected: u64,
        /// The number that came.
        found: u64,
    },
    /// This very batch was read before.
    #[error("a replay: batch {seq} was read before")]
    Replay {
        /// Its number.
        seq: u64,
    },
    /// A number that was read before, with another content: the portal was restored from a backup, or somebody lies.
    #[error("the portal's numbers went back: batch {found} came again with another content, after batch {last}")]
    WentBack {
        /// The last number that was read.
        last: u64,
        /// The number that came.
        found: u64,
    },
    /// The chain of manifests is broken: reordered, or a batch was exchanged.
    #[error("the manifest does not follow the one that was read before")]
    WrongPrevious,
    /// Made earlier than the batch before.
    #[error("the batch is dated before the one that was read before")]
    TimeWentBack,
    /// A file that the manifest lists is not there.
    #[error("the file {0} is missing")]
    MissingFile(String),
    /// A file that the manifest does not list.
    #[error("a file that the manifest does not list is there")]
    ExtraFile,
    /// A file stands twice.
    #[error("a file is there twice")]
    DuplicateFile,
    /// A file has another length than the manifest says: truncated or extended.
    #[error("the file {0} has another length than the manifest says")]
    FileSize(String),
    /// A file has another content than the manifest says: altered or exchanged.
    #[error("the file {0} has another content than the manifest says")]
    FileDigest(String),
    /// A name that a batch does not have, such as one that leads out of the folder.
    #[error("a file name that a batch does not have")]
    BadName,
    /// A link, device or the like in an archive.
    #[error("the archive holds something else than files")]
    NotAFile,
    /// Not a tar archive, or cut off.
    #[error("the archive cannot be read")]
    BadArchive,
    /// Over 64 MiB.
    #[error("the batch is larger than the format allows")]
    TooLarge,
    /// Over 1,000 entries.
    #[error("the batch has more entries than the format allows")]
    TooManyEntries,
    /// The file does not open with this destination's key.
    #[error("the file {0} does not open with this destination's key")]
    CannotDecrypt(String),
    /// What was decrypted is not what the manifest says.
    #[error("what is in the file {0} is not what the manifest says")]
    PlainDigest(String),
    /// Not as many entries as the manifest lists.
    #[error("the manifest lists {listed} entries, {found} are there")]
    EntryCount {
        /// By the manifest.
        listed: usize,
        /// In the file.
        found: usize,
    },
    /// An entry is not the one that the manifest lists at its place.
    #[error("entry {0} is not the one that the manifest lists")]
    EntryDigest(usize),
    /// The same entry stands twice.
    #[error("entry {0} is there twice")]
    DuplicateEntry(usize),
    /// A line that is no entry of this version.
    #[error("entry {0} is not of the format madoguchi-entry/1")]
    NotAnEntry(usize),
    /// An entry whose form does not travel with it.
    #[error("entry {0} was filled in with a form that is not in the batch")]
    MissingForm(usize),
    /// An entry whose attachment does not travel with it.
    #[error("entry {0} names an attachment that is not in the batch")]
    MissingAttachment(usize),
    /// A form definition with faults.
    #[error("the form definition {0} has faults")]
    BadForm(String),
    /// A receipt that says something of another batch, or of an entry that was not in it.
    #[error("the receipt is about another batch, or an entry that was not in it")]
    ForeignReceipt,
    /// A receipt that says another thing of what was settled, or stands twice.
    #[error("a receipt says another thing than one before it, or stands twice")]
    Contradiction,
    /// A token whose time is over, or lies too far ahead.
    #[error("the token is not valid now")]
    TokenTime,
    /// A key that cannot be read.
    #[error("a key cannot be read")]
    BadKey,
    /// The fingerprint that was read aloud belongs to another key.
    #[error("the fingerprint belongs to another key")]
    WrongFingerprint,
    /// 「試験用の鍵」 A key of the vendors' kit: everybody has its private half.
    #[error("it is a test key of the vendors' kit, whose private half is published: make keys of your own")]
    PublishedKey,
    /// A private key that others may read.
    #[error("the key file {0} can be read by others: its mode must be 0600")]
    KeyFileReadable(String),
    /// A file cannot be read or written.
    #[error("a file cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
}

impl Error {
    /// A short name for logs and counters.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAJws => "not_a_jws",
            Self::HeaderRefused => "header_refused",
            Self::AlgorithmRefused => "algorithm_refused",
            Self::WrongType => "wrong_type",
            Self::UnknownKey => "unknown_key",
            Self::RetiredKey => "retired_key",
            Self::NotYetActive => "not_yet_active",
            Self::BadSignature => "bad_signature",
            Self::BadPayload => "bad_payload",
            Self::WrongVersion => "wrong_version",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::Gap { .. } => "gap",
            Self::Replay { .. } => "replay",
            Self::WentBack { .. } => "went_back",
            Self::WrongPrevious => "wrong_previous",
            Self::TimeWentBack => "time_went_back",
            Self::MissingFile(_) => "missing_file",
            Self::ExtraFile => "extra_file",
            Self::DuplicateFile => "duplicate_file",
            Self::FileSize(_) => "file_size",
            Self::FileDigest(_) => "file_digest",
            Self::BadName => "bad_name",
            Self::NotAFile => "not_a_file",
            Self::BadArchive => "bad_archive",
            Self::TooLarge => "too_large",
            Self::TooManyEntries => "too_many_entries",
            Self::CannotDecrypt(_) => "cannot_decrypt",
            Self::PlainDigest(_) => "plain_digest",
            Self::EntryCount { .. } => "entry_count",
            Self::EntryDigest(_) => "entry_digest",
            Self::DuplicateEntry(_) => "duplicate_entry",
            Self::NotAnEntry(_) => "not_an_entry",
            Self::MissingForm(_) => "missing_form",
            Self::MissingAttachment(_) => "missing_attachment",
            Self::BadForm(_) => "bad_form",
            Self::ForeignReceipt => "foreign_receipt",
            Self::Contradiction => "contradiction",
            Self::TokenTime => "token_time",
            Self::BadKey => "bad_key",
            Self::WrongFingerprint => "wrong_fingerprint",
            Self::PublishedKey => "published_key",
            Self::KeyFileReadable(_) => "key_file_readable",
            Self::Io(_) => "io",
        }
    }
}
