//! What can be wrong with a form file, in the words of the command line. Invariant: every fault has a sentence that says
//! what is wrong and one that says what to do about it.

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are no text.
    #[error("the file is not UTF-8 text")]
    NotText,
    /// The text is no TOML.
    #[error("the file cannot be read as TOML: {0}")]
    NotToml(String),
    /// The name does not say form and version.
    #[error("the name of the file says neither form and version nor form, version and language")]
    FileName,
    /// The name says another form or version than the file.
    #[error("the file says {0} and is named after another form or version")]
    FileNameDiffers(String),
    /// A slip of the pen in a key; the nearest one that there is.
    #[error("the key “{0}” means nothing here")]
    UnknownKey(String, Option<String>),
    /// A key that another kind has.
    #[error("the key “{0}” means nothing for the kind “{1}”")]
    KeyOfOtherKind(String, String),
    /// A key is missing; what it would hold.
    #[error("the key “{0}” is missing")]
    MissingKey(String, &'static str),
    /// A value of another type than the one that is wanted.
    #[error("“{0}” is not {1}")]
    WrongType(String, &'static str),
    /// A word that is none of those that may stand there.
    #[error("“{word}” is not possible for “{key}”")]
    UnknownWord {
        /// The key.
        key: String,
        /// What stands there.
        word: String,
        /// What may.
        known: &'static [&'static str],
        /// The nearest of them.
        near: Option<String>,
    },
    /// A number that is out of the question.
    #[error("“{0}” must lie between {1} and {2}")]
    OutOfRange(String, i64, i64),
    /// An id of the wrong shape.
    #[error("“{0}” is not a well-formed id")]
    MalformedId(String),
    /// An address that the portal itself uses.
    #[error("the page id “{0}” is an address of the portal's own")]
    ReservedPage(String),
    /// A language that nobody speaks here.
    #[error("“{0}” is not a language of the portal")]
    UnknownLocale(String),
    /// Two keys of which one may stand.
    #[error("two targets in one field: {0}")]
    TwoTargets(String),
    /// A field whose answer goes nowhere.
    #[error("the field says nowhere where its answer goes")]
    NoTarget,
    /// `prefill` with none or two of its keys.
    #[error("“prefill” wants exactly one of “field” and “computed”")]
    PrefillShape,
    /// A sentence without Japanese.
    #[error("“{0}” has no Japanese text")]
    NoJapanese(String),
    /// A sentence that says nothing.
    #[error("“{0}” has an empty text in “{1}”")]
    EmptyText(String, String),
    /// A label that does not fit on a phone.
    #[error("the label has {0} characters")]
    LongLabel(usize),
    /// Two pages, fields or staff items with one id.
    #[error("the id “{0}” stands twice")]
    TwiceTheId(String),
    /// Two choices with one code.
    #[error("the code “{0}” stands twice in “{1}”")]
    TwiceTheCode(String, String),
    /// The code of 答えたくない.
    #[error("the code “{0}” is reserved")]
    ReservedCode(String),
    /// A code of the wrong shape.
    #[error("“{0}” is not a well-formed code")]
    MalformedCode(String),
    /// A field of choices without any.
    #[error("“{0}” offers nothing to choose")]
    NothingToChoose(String),
    /// A condition on a later field.
    #[error("the condition looks at “{0}”, which does not stand before it")]
    LooksForward(String),
    /// A condition on the field that it belongs to.
    #[error("the condition of “{0}” looks at “{0}” itself")]
    OnItself(String),
    /// A condition on a field that there is not.
    #[error("the condition looks at “{0}”, and there is no such field")]
    UnknownField(String, Option<String>),
    /// A condition on a code that the field does not have.
    #[error("the condition waits for “{0}”, which “{1}” cannot answer")]
    UnknownCode(String, String),
    /// A condition on a code of a field that has none.
    #[error("the condition compares “{0}”, which is answered in words and has no codes")]
    NoCodes(String),
    /// A condition without content.
    #[error("the condition on “{0}” says nothing")]
    SaysNothing(String),
    /// A condition that contradicts itself, or waits for a choice that nobody gets past.
    #[error("the condition on “{0}” can never hold")]
    NeverPossible(String),
    /// A choice that depends on a question of its own page: without script it could be neither hidden nor refused.
    #[error("a choice depends on “{0}”, which stands on the same page")]
    ChoiceDependsOnItsPage(String),
    /// Two fields with one target.
    #[error("“{0}” goes where another field goes already")]
    TwiceTheTarget(String),
    /// A number that the record list does not have.
    #[error("the record list of {1} has no item “{0}”")]
    NoSuchRecordItem(String, String),
    /// `detail_of` names no earlier field.
    #[error("“{0}”, of which this is the detail, does not stand before it")]
    DetailOfNothing(String),
    /// A detail that is asked where there is nothing that it could be the detail of: it would not be handed over.
    #[error("this is the detail of “{0}”, but is not asked only with a choice of it")]
    DetailAlone(String),
    /// A check names a field that there is not.
    #[error("the check names “{0}”, and there is no such field")]
    CheckOfNothing(String),
    /// A check names a field of another kind.
    #[error("the check cannot compare “{0}”, which is of another kind")]
    CheckOfOtherKind(String, &'static str),
    /// Without a name no case can be shown in the queue.
    #[error("no field asks for the name of the person")]
    NoName,
    /// A form without pages.
    #[error("the form has no page")]
    NoPage,
    /// A page without fields.
    #[error("the page “{0}” has no field")]
    EmptyPage(String),
    /// A range whose end stands before its beginning.
    #[error("“{0}” takes no number: its least is above its most")]
    RangeBackwards(String),
    /// A proxy is refused, but nothing asks whether somebody is one.
    #[error("a proxy is refused, but no choice of a required field refuses one")]
    ProxyUnasked,
    /// The EPDS is ten items, each once, none required, in its compartment, kept for a session only.
    #[error("the form has items of the EPDS and is not shaped like it")]
    EpdsShape,
    /// Papers of a form whose draft lives a session only: nothing of them could be kept for later.
    #[error("papers cannot be added to a form that is kept for a session only")]
    PaperOfSession,
    /// More kinds of paper than a page can ask for.
    #[error("the form asks for more than {0} kinds of paper")]
    TooManyPapers(usize),
    /// Something is copied, but the form follows none.
    #[error("“{0}” is prefilled, but the form follows none")]
    PrefillOfNothing(String),
    /// Something is copied from a field that the followed form does not have.
    #[error("“{0}” is prefilled from “{1}”, which the followed form does not have")]
    PrefillUnknown(String, String),
    /// It follows a form that there is not.
    #[error("it follows the form “{0}”, and there is no such form")]
    FollowsNothing(String),
    /// It follows itself.
    #[error("it follows itself")]
    FollowsItself,
    /// A choice that goes with no other, where only one can be chosen anyway.
    #[error("“{0}” takes one choice only, so none of them can be exclusive")]
    ExclusiveOfOne(String),
    /// Versions begin at 1.
    #[error("the version is 0")]
    VersionZero,
    /// A version that is skipped.
    #[error("there is a version {1} of “{0}”, but no version {2}")]
    VersionGap(String, u32, u32),
    /// A translation of a form or a version that there is not.
    #[error("there is no form “{0}” in version {1} that this could be a translation of")]
    TranslationOfNothing(String, u32),
    /// A value in a translation that is neither a text, a list of texts nor a table.
    #[error("“{0}” is not a text")]
    NotAText(String),
    /// A reading that belongs to no kanji.
    #[error("“{0}” has furigana that belong to nothing")]
    Furigana(String),
    /// A text that the translation lacks.
    #[error("the translation lacks “{0}”")]
    NotTranslated(String),
    /// A text that the form does not have.
    #[error("the form has no text “{0}”")]
    TranslatesNothing(String, Option<String>),
    /// The content of a published version is another one.
    #[error("version {1} of “{0}” is published, and its content is not the published one")]
    PublishedChanged(String, u32),
    /// A published version is gone.
    #[error("version {1} of “{0}” is published, and its file is not there")]
    PublishedMissing(String, u32),
    /// A line of `published.lock` that cannot be read.
    #[error("the line is not a form, a version and a SHA-256")]
    LockLine,
    /// A choice that the version before has and this one has not.
    #[error("“{0}” no longer has the choice “{1}” of the version before")]
    CodeGone(String, String),
    /// A code that reads differently from the version before.
    #[error("the choice “{1}” of “{0}” reads differently from the version before")]
    CodeRelabelled(String, String),
    /// A form that ships with the portal, with another content.
    #[error("version {1} of “{0}” ships with the portal; this file takes its place with another content")]
    ReplacesShipped(String, u32),
}

impl Fault {
    /// Whether the portal starts all the same.
    #[must_use]
    pub const fn is_warning(&self) -> bool {
        matches!(
            self,
            Self::LongLabel(_)
                | Self::VersionGap(..)
                | Self::CodeGone(..)
                | Self::CodeRelabelled(..)
                | Self::ReplacesShipped(..)
        )
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let nearest = |near: &Option<String>, otherwise: &str| match near {
            Some(near) => format!("Did you mean “{near}”?"),
            None => otherwise.to_owned(),
        };
        match self {
            Self::UnknownKey(_, near) => nearest(near, "Take the line out, or look the key up in a form that ships."),
            Self::KeyOfOtherKind(..) => "Take the line out, or choose the kind that has this key.".to_owned(),
            Self::MissingKey(key, wants) => format!("Add “{key} = …”: {wants}."),
            Self::WrongType(_, wants) => format!("Write {wants}."),
            Self::UnknownWord { known, near, .. } => nearest(near, &format!("Write one of: {}.", known.join(", "))),
            Self::OutOfRange(_, least, most) => format!("Write a whole number from {least} to {most}."),
            Self::UnknownField(_, near) => nearest(near, "Name a field that stands before this place."),
            Self::TranslatesNothing(_, near) => nearest(near, "Take it out of the translation."),
            Self::UnknownLocale(_) => format!("Write one of: {}.", super::LOCALES.join(", ")),
            Self::CheckOfOtherKind(_, wants) => format!("Name {wants}."),
            Self::FileNameDiffers(says) => format!("Name the file {says}.toml, or mend “id” and “version”."),
            Self::VersionGap(_, _, missing) => format!(
                "Nothing, if version {missing} was taken away because nothing uses it; else number the versions without \
                a gap."
            ),
            Self::PublishedChanged(form, version) | Self::ReplacesShipped(form, version) => format!(
                "If a draft or a case was filled in with the content before, bring that back and put yours into \
                {form}.v{}.toml.",
                version + 1
            ),
            Self::PublishedMissing(form, version) => {
                format!("Bring {form}.v{version}.toml back, or take the line out.")
            }
            other => other.fixed_remedy().to_owned(),
        }
    }

    /// Remedies that are always the same.
    const fn fixed_remedy(&self) -> &'static str {
        match self {
            Self::NotText => "Save the file as UTF-8.",
            Self::NotToml(_) => "Mend the line: a key, “=” and a value; texts in quotes; brackets and braces closed.",
            Self::FileName => "Name it <form>.v<version>.toml, and a translation <form>.v<version>.<language>.toml.",
            Self::MalformedId(_) => "Begin with a small letter; then small letters, digits, _ and -, 64 at most.",
            Self::ReservedPage(_) => "Give the page another id.",
            Self::TwoTargets(_) => "Keep one of them; a second target needs a field of its own.",
            Self::NoTarget => "Add one of: record, legal, person, extra, detail_of, epds_item.",
            Self::PrefillShape => "Write prefill = { field = \"…\" } or prefill = { computed = \"weeks\" }.",
            Self::NoJapanese(_) => "Write it as { ja = \"…\" }.",
            Self::EmptyText(..) => "Write the text, or take the key out if it may be missing.",
            Self::LongLabel(_) => "Say it in fewer words, and put the rest into “hint” or “help”.",
            Self::TwiceTheId(_) => "Give one of them another id.",
            Self::TwiceTheCode(..) => "Give one of the choices another code.",
            Self::ReservedCode(_) => "Use another code; 答えたくない is offered by decline = true on the field.",
            Self::MalformedCode(_) => "Use small letters, digits and _, 32 at most.",
            Self::NothingToChoose(_) => "Add choices, each with a code and a label.",
            Self::LooksForward(_) => "Move that field before this place, or look at an earlier one.",
            Self::OnItself(_) => "Look at an earlier field.",
            Self::UnknownCode(..) => "Name a code that the field offers; on numbers the number itself, as \"3\".",
            Self::NoCodes(_) => "Write answered = true or answered = false.",
            Self::SaysNothing(_) => "Add equals = \"…\", one_of = [ … ] or answered = true.",
            Self::NeverPossible(_) => "Wait for an answer that somebody can go on with, or take the condition out.",
            Self::ChoiceDependsOnItsPage(_) => "Put the question that decides on an earlier page.",
            Self::TwiceTheTarget(_) => "Keep one of the fields, or give this one another target.",
            Self::NoSuchRecordItem(..) => "Use a number of the record list, or “extra” for what it does not have.",
            Self::DetailOfNothing(_) => "Name the field with その他, and put this one after it.",
            Self::DetailAlone(_) => {
                "Name a field of choices in “detail_of”, and add when = { field = …, equals = … } with that field and the \
                code of その他."
            }
            Self::CheckOfNothing(_) => "Name a field of the form, or take the check out.",
            Self::NoName => "Add a field with person = \"name\".",
            Self::NoPage => "Add a [[page]] with fields.",
            Self::EmptyPage(_) => "Add a [[page.field]], or take the page out.",
            Self::RangeBackwards(_) => "Exchange “least” and “most”.",
            Self::ProxyUnasked => "Ask who fills it in, required, and give the choice of somebody else a “refuses”.",
            Self::EpdsShape => {
                "Ten fields of kind epds_item with epds_item = 1 to 10, none required, none with decline; compartment = \
                \"epds\", draft = \"session\"."
            }
            Self::PaperOfSession => "Take the papers out, or take draft = \"session\" out.",
            Self::TooManyPapers(_) => "Ask for fewer, or for several things under one label.",
            Self::PrefillOfNothing(_) => "Add “follows” at the top, or take “prefill” out.",
            Self::PrefillUnknown(..) => "Name a field that the newest version of the followed form has.",
            Self::FollowsNothing(_) => "Put that form into the folder, or take “follows” out.",
            Self::FollowsItself => "Name another form, or take “follows” out.",
            Self::ExclusiveOfOne(_) => "Take “exclusive” out, or make the field kind = \"multi\".",
            Self::VersionZero => "Begin with version = 1.",
            Self::TranslationOfNothing(..) => "Put the form into the folder, or name the file after one that there is.",
            Self::NotAText(_) => "Write the translation in quotes.",
            Self::Furigana(_) => {
                "Write 《reading》 right after its kanji, and ｜ before a base that is not kanji alone."
            }
            Self::NotTranslated(_) => "Add it; a translation says everything that the form says.",
            Self::LockLine => "Write: the form, a space, the version, a space, the SHA-256 in small letters.",
            Self::CodeGone(..) => {
                "Nothing, if that answer is no longer wanted; do not give its code another meaning later."
            }
            Self::CodeRelabelled(..) => {
                "Nothing, if it means the same in other words; else give the new meaning a code of its own."
            }
            Self::UnknownKey(..)
            | Self::KeyOfOtherKind(..)
            | Self::MissingKey(..)
            | Self::WrongType(..)
            | Self::UnknownWord { .. }
            | Self::OutOfRange(..)
            | Self::UnknownField(..)
            | Self::TranslatesNothing(..)
            | Self::UnknownLocale(_)
            | Self::CheckOfOtherKind(..)
            | Self::FileNameDiffers(_)
            | Self::VersionGap(..)
            | Self::PublishedChanged(..)
            | Self::ReplacesShipped(..)
            | Self::PublishedMissing(..) => "",
        }
    }
}

/// A fault, and where in the file it is: keys and places, such as `page.3.field.0.kind`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Where.
    pub path: String,
    /// What.
    pub fault: Fault,
}

impl Slip {
    pub(super) fn new(path: impl Into<String>, fault: Fault) -> Self {
        Self { path: path.into(), fault }
    }
}

/// The one of `known` that a slip of the pen may have meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |other: &&str| {
        let steps = steps_between(word, other);
        steps <= 2 && steps < other.chars().count().max(2) - 1
    };
    known.into_iter().filter(near).min_by_key(|other| steps_between(word, other)).map(str::to_owned)
}

/// How many letters are to be changed, added or taken away.
fn steps_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (from, letter) in one.chars().enumerate() {
        let mut corner = row[0];
        row[0] = from + 1;
        for (to, its) in other.iter().enumerate() {
            let changed = corner + usize::from(letter != *its);
            corner = row[to + 1];
            row[to + 1] = changed.min(corner + 1).min(row[to] + 1);
        }
    }
    row[other.len()]
}
