//! Every sentence a person reads, by language. Invariant: each key has a sentence in every language (tested).

use std::sync::LazyLock;

use fluent_bundle::{FluentArgs, FluentResource, FluentValue, concurrent::FluentBundle};

/// A language that the portal speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// 日本語
    #[default]
    Ja,
    /// English
    En,
}

type Bundle = FluentBundle<FluentResource>;

static JA: LazyLock<Bundle> = LazyLock::new(|| bundle("ja", Locale::Ja.sources()));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle("en", Locale::En.sources()));

fn bundle(language: &str, sources: [&str; 3]) -> Bundle {
    let mut bundle = Bundle::new_concurrent(language.parse().into_iter().collect());
    // The isolating marks around what is put in are invisible characters, and would be in what people copy.
    bundle.set_use_isolating(false);
    for source in sources {
        // A faulty line is left out by the parser; the tests compare the keys.
        let resource = match FluentResource::try_new(source.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
    }
    bundle
}

impl Locale {
    /// All, in the order of the language choice.
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    /// The language tag.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }

    /// Its own name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ja => "日本語",
            Self::En => "English",
        }
    }

    /// The language of a tag.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|locale| locale.code() == code)
    }

    const fn sources(self) -> [&'static str; 3] {
        match self {
            Self::Ja => [
                include_str!("../locales/ja/portal.ftl"),
                include_str!("../locales/ja/mail.ftl"),
                include_str!("../locales/ja/staff.ftl"),
            ],
            Self::En => [
                include_str!("../locales/en/portal.ftl"),
                include_str!("../locales/en/mail.ftl"),
                include_str!("../locales/en/staff.ftl"),
            ],
        }
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
            Self::En => &EN,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else { return key.to_owned() };
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(*name, FluentValue::from(*value));
        }
        bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(locale: Locale) -> Vec<&'static str> {
        let mut keys: Vec<&str> = locale
            .sources()
            .iter()
            .flat_map(|source| source.lines())
            .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(key, _)| key)
            .collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn every_language_has_every_sentence_once() {
        assert_eq!(keys(Locale::Ja), keys(Locale::En));
        let mut once = keys(Locale::Ja);
        once.dedup();
        assert_eq!(once, keys(Locale::Ja));
        for locale in Locale::ALL {
            for key in keys(locale) {
                assert_ne!(locale.say(key), key, "{key} has no sentence in {}", locale.code());
            }
        }
    }

    #[test]
    fn what_is_put_in_brings_no_invisible_marks() {
        assert_eq!(Locale::Ja.with("progress", &[("number", "3"), ("of", "9")]), "3 / 9");
    }
}
