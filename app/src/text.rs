//! Every sentence a person reads, by language. Invariant: each key of the parents' side has a sentence with the same
//! variables in every language (tested); the staff's side is in Japanese and English, and [`Locale::for_staff`] is the only
//! way to one of them.

use std::{str::FromStr, sync::LazyLock};

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};
use intake::{form::Text, furigana};

/// A language that the portal speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// 日本語
    #[default]
    Ja,
    /// やさしい日本語, with a reading above every kanji
    JaEasy,
    /// English
    En,
    /// 简体中文; a draft, as are those below
    ZhHans,
    /// Tiếng Việt
    Vi,
    /// Português, as in Brazil
    Pt,
    /// नेपाली
    Ne,
    /// Filipino
    Fil,
}

/// What is different from language to language.
struct About {
    code: &'static str,
    lang: &'static str,
    name: &'static str,
    portal: &'static str,
    mail: &'static str,
    staff: Option<&'static str>,
}

macro_rules! about {
    ($code:literal, $lang:literal, $name:literal, $staff:expr) => {
        &About {
            code: $code,
            lang: $lang,
            name: $name,
            portal: include_str!(concat!("../locales/", $code, "/portal.ftl")),
            mail: include_str!(concat!("../locales/", $code, "/mail.ftl")),
            staff: $staff,
        }
    };
}

type Bundle = FluentBundle<FluentResource>;

static JA: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Ja));
static JA_EASY: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::JaEasy));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::En));
static ZH_HANS: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::ZhHans));
static VI: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Vi));
static PT: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Pt));
static NE: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Ne));
static FIL: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Fil));

fn bundle(locale: Locale) -> Bundle {
    let mut bundle = Bundle::new_concurrent(locale.lang().parse().into_iter().collect());
    // The isolating marks around what is put in are invisible characters, and would be in what people copy.
    bundle.set_use_isolating(false);
    for source in locale.sources() {
        // A faulty line is left out by the parser; the tests compare the keys.
        let resource = match FluentResource::try_new(locale.marked(source.to_owned())) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

/// The name of a language that the portal does not speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownLocale;

impl FromStr for Locale {
    type Err = UnknownLocale;

    fn from_str(code: &str) -> Result<Self, UnknownLocale> {
        Self::parse(code).ok_or(UnknownLocale)
    }
}

impl Locale {
    /// All, in the order of the language choice.
    pub const ALL: [Self; 8] =
        [Self::Ja, Self::JaEasy, Self::En, Self::ZhHans, Self::Vi, Self::Pt, Self::Ne, Self::Fil];

    /// Those whose texts are complete; they are offered where nothing else is set.
    pub const COMPLETE: [Self; 3] = [Self::Ja, Self::JaEasy, Self::En];

    const fn about(self) -> &'static About {
        match self {
            Self::Ja => about!("ja", "ja", "日本語", Some(include_str!("../locales/ja/staff.ftl"))),
            Self::JaEasy => about!("ja-easy", "ja", "やさしい日本語", None),
            Self::En => about!("en", "en", "English", Some(include_str!("../locales/en/staff.ftl"))),
            Self::ZhHans => about!("zh-Hans", "zh-Hans", "简体中文", None),
            Self::Vi => about!("vi", "vi", "Tiếng Việt", None),
            Self::Pt => about!("pt", "pt-BR", "Português", None),
            Self::Ne => about!("ne", "ne", "नेपाली", None),
            Self::Fil => about!("fil", "fil", "Filipino", None),
        }
    }

    /// Its name in cookies, settings and the texts of forms.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.about().code
    }

    /// The language tag (BCP 47) of its pages.
    #[must_use]
    pub const fn lang(self) -> &'static str {
        self.about().lang
    }

    /// Its own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.about().name
    }

    /// The language of a code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.code() == code)
    }

    /// The languages of an installation that names these, in the order of the language choice; Japanese always.
    #[must_use]
    pub fn offered(named: &[Self]) -> Vec<Self> {
        Self::ALL.into_iter().filter(|locale| *locale == Self::Ja || named.contains(locale)).collect()
    }

    /// This language if the staff's side has it, else Japanese.
    #[must_use]
    pub const fn for_staff(self) -> Self {
        if self.about().staff.is_some() { self } else { Self::Ja }
    }

    /// The best of the offered languages for an `Accept-Language` header; none if it asks for others only.
    #[must_use]
    pub fn negotiate(header: &str, offered: &[Self]) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for part in header.split(',') {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let quality = parameters.trim().strip_prefix("q=").map_or(Some(1.0), |text| text.trim().parse().ok());
            let (Some(locale), Some(quality)) = (Self::of_tag(tag.trim()), quality) else { continue };
            if quality > best.map_or(0.0, |(quality, _)| quality) && offered.contains(&locale) {
                best = Some((quality, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }

    /// The language of a tag such as `pt-PT`; no tag asks for easy Japanese, which is chosen by hand.
    fn of_tag(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        let mut parts = tag.split('-');
        let language = parts.next()?;
        let has = |part: &str| tag.split('-').any(|one| one == part);
        match language {
            "ja" => Some(Self::Ja),
            "en" => Some(Self::En),
            "zh" if has("hans") => Some(Self::ZhHans),
            // Who reads traditional characters asks for something else next.
            "zh" if has("hant") || has("tw") || has("hk") || has("mo") => None,
            "zh" => Some(Self::ZhHans),
            "vi" => Some(Self::Vi),
            "pt" => Some(Self::Pt),
            "ne" => Some(Self::Ne),
            "fil" | "tl" => Some(Self::Fil),
            _ => None,
        }
    }

    /// The `lang` of something Japanese on a page in this language, where it is not that of the page.
    #[must_use]
    pub fn lang_of_japanese(self) -> Option<&'static str> {
        (self.lang() != Self::Ja.lang()).then_some(Self::Ja.lang())
    }

    /// The `lang` of a form's text on a page in this language: the text is in Japanese where it is in no other.
    #[must_use]
    pub fn lang_of(self, text: &Text) -> Option<&'static str> {
        if text.has(self.code()) { None } else { self.lang_of_japanese() }
    }

    /// Whether its texts carry readings (`intake::furigana`).
    #[must_use]
    pub fn has_furigana(self) -> bool {
        self == Self::JaEasy
    }

    /// A text of its own with marks instead of notation. Faulty notation stays as it is, which a test excludes.
    pub(crate) fn marked(self, text: String) -> String {
        if self.has_furigana() { furigana::read(&text).unwrap_or(text) } else { text }
    }

    fn sources(self) -> impl Iterator<Item = &'static str> {
        let about = self.about();
        [about.portal, about.mail].into_iter().chain(about.staff)
    }

    /// The sentence of a key; the key itself where there is none, which a test excludes.
    #[must_use]
    pub fn say(self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The sentence of a key with values put in.
    #[must_use]
    pub fn with(self, key: &str, values: &[(&'static str, &str)]) -> String {
        let bundle: &Bundle = match self {
            Self::Ja => &JA,
            Self::JaEasy => &JA_EASY,
            Self::En => &EN,
            Self::ZhHans => &ZH_HANS,
            Self::Vi => &VI,
            Self::Pt => &PT,
            Self::Ne => &NE,
            Self::Fil => &FIL,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(*name, FluentValue::from(*value));
        }
        bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

/// A sentence for where no markup can be: without readings.
#[must_use]
pub fn plain(locale: Locale, text: String) -> String {
    if locale.has_furigana() { furigana::without_readings(&text).into_owned() } else { text }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use std::collections::{BTreeMap, BTreeSet};

    use fluent_syntax::{ast, parser};

    use super::*;
    use crate::japanese;

    type Variables = BTreeSet<String>;

    fn variables_of(pattern: &ast::Pattern<String>, found: &mut Variables) {
        for element in &pattern.elements {
            if let ast::PatternElement::Placeable { expression } = element {
                variables_in(expression, found);
            }
        }
    }

    fn variables_in(expression: &ast::Expression<String>, found: &mut Variables) {
        let inline = match expression {
            ast::Expression::Inline(inline) => inline,
            ast::Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| variables_of(&variant.value, found));
                selector
            }
        };
        match inline {
            ast::InlineExpression::VariableReference { id } => drop(found.insert(id.name.clone())),
            ast::InlineExpression::Placeable { expression } => variables_in(expression, found),
            ast::InlineExpression::StringLiteral { .. } | ast::InlineExpression::NumberLiteral { .. } => {}
            other => panic!("a sentence calls or quotes something: {other:?}"),
        }
    }

    /// The keys of a source with the variables of each.
    fn sentences(source: &str) -> BTreeMap<String, Variables> {
        let resource = parser::parse(source.to_owned()).unwrap();
        let mut found = BTreeMap::new();
        for entry in resource.body {
            let ast::Entry::Message(message) = entry else { continue };
            let mut variables = Variables::new();
            variables_of(&message.value.unwrap(), &mut variables);
            assert!(message.attributes.is_empty(), "{} has attributes", message.id.name);
            let again = found.insert(message.id.name.clone(), variables);
            assert_eq!(again, None, "{} stands twice", message.id.name);
        }
        found
    }

    #[test]
    fn every_language_has_every_sentence_once_with_the_same_variables() {
        let japanese = Locale::Ja.about();
        for locale in Locale::ALL {
            let about = locale.about();
            for (source, pattern) in [(about.portal, japanese.portal), (about.mail, japanese.mail)] {
                assert_eq!(sentences(source), sentences(pattern), "{}", locale.code());
            }
            if let (Some(source), Some(pattern)) = (about.staff, japanese.staff) {
                assert_eq!(sentences(source), sentences(pattern), "{}", locale.code());
            }
        }
    }

    #[test]
    fn no_key_stands_in_two_files() {
        let mut once = BTreeSet::new();
        for key in Locale::Ja.sources().flat_map(|source| sentences(source).into_keys()) {
            assert!(once.insert(key.clone()), "{key}");
        }
    }

    #[test]
    fn no_sentence_is_empty_or_its_key() {
        for locale in Locale::ALL {
            for key in locale.sources().flat_map(|source| sentences(source).into_keys()) {
                let text = locale.say(&key);
                assert!(!text.trim().is_empty(), "{key} says nothing in {}", locale.code());
                assert_ne!(text, key, "{key} has no sentence in {}", locale.code());
            }
        }
    }

    #[test]
    fn easy_japanese_has_a_reading_above_every_kanji_and_no_other_language_has_the_notation() {
        for locale in Locale::ALL {
            for source in locale.sources() {
                let text: String = source.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
                if locale.has_furigana() {
                    let marked = furigana::read(&text).unwrap();
                    let (bare, near) = (furigana::kanji_without_reading(&marked), furigana::without_readings(&marked));
                    let line = bare.and_then(|kanji| near.lines().find(|line| line.contains(kanji)));
                    assert_eq!(bare, None, "{line:?}");
                } else {
                    assert!(!text.contains(['《', '》', '｜']), "{}", locale.code());
                }
            }
        }
        // It is kept as the name of a passkey, where marks have no place.
        assert!(!Locale::JaEasy.say("passkey-default-label").contains(furigana::BASE));
    }

    #[test]
    fn english_has_japanese_only_in_sentences_that_mark_it() {
        let marked = ["card-lead", "card-not-read", "mail-help-allow", "mail-help-where", "sign-needs-app"]
            .map(|key| format!("{key} ="));
        for line in Locale::En.about().portal.lines().filter(|line| !line.starts_with('#')) {
            let has_japanese = line.contains(japanese::is_japanese);
            assert!(!has_japanese || marked.iter().any(|key| line.starts_with(key)), "{line}");
        }
    }

    #[test]
    fn drafts_say_that_they_are_drafts() {
        for locale in Locale::ALL {
            let is_draft = !Locale::COMPLETE.contains(&locale);
            assert_eq!(locale.say("unreviewed").to_lowercase().contains("draft"), is_draft, "{}", locale.code());
        }
    }

    #[test]
    fn the_browser_is_answered_in_the_best_language_that_is_offered() {
        let all = Locale::ALL.as_slice();
        let complete = Locale::COMPLETE.as_slice();
        for (header, offered, best) in [
            ("ja", all, Some(Locale::Ja)),
            ("en-GB,en;q=0.9,ja;q=0.8", all, Some(Locale::En)),
            ("ja;q=0.5, en;q=0.8", all, Some(Locale::En)),
            ("vi-VN,vi;q=0.9,en;q=0.8", all, Some(Locale::Vi)),
            ("vi-VN,vi;q=0.9,en;q=0.8", complete, Some(Locale::En)),
            ("zh-CN", all, Some(Locale::ZhHans)),
            ("zh-TW,zh-Hant;q=0.9,en;q=0.1", all, Some(Locale::En)),
            ("zh-Hans-HK", all, Some(Locale::ZhHans)),
            ("PT-pt", all, Some(Locale::Pt)),
            ("tl", all, Some(Locale::Fil)),
            ("en;q=0, ne;q=0.1", all, Some(Locale::Ne)),
            ("fr, de;q=0.9", all, None),
            ("", all, None),
            ("*", all, None),
            ("en;q=x, ;;,ja-easy", complete, Some(Locale::Ja)),
        ] {
            assert_eq!(Locale::negotiate(header, offered), best, "{header}");
        }
    }

    #[test]
    fn japanese_is_always_offered_and_the_staffs_side_has_two_languages() {
        assert_eq!(Locale::offered(&[]), [Locale::Ja]);
        assert_eq!(Locale::offered(&[Locale::Vi, Locale::En, Locale::Vi]), [Locale::Ja, Locale::En, Locale::Vi]);
        assert_eq!(Locale::ALL.map(Locale::for_staff).iter().filter(|one| **one == Locale::En).count(), 1);
        assert_eq!(Locale::JaEasy.for_staff(), Locale::Ja);
    }

    #[test]
    fn what_is_put_in_brings_no_invisible_marks() {
        assert_eq!(Locale::Ja.with("progress", &[("number", "3"), ("of", "9")]), "3 / 9");
    }
}
