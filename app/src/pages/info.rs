//! 「ご案内」 Pages that explain: privacy, accessibility, benefit, moving in, help. Invariant: what they say of the portal is true of
//! this version; whom to ask stands on each of them.

use leptos::prelude::*;

use crate::{
    chrome::{Chrome, MyNumber, document},
    telephone::with_links,
};

/// Which page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Info {
    /// 「個人情報の取扱い」
    Privacy,
    /// 「ウェブアクセシビリティ」
    Accessibility,
    /// 「妊婦のための支援給付」
    Benefit,
    /// 「転入された方、出産された方」
    MovedIn,
    /// 「お困りのとき」
    Help,
}

/// A section: its name, and how many sentences it has.
type Section = (&'static str, usize);

impl Info {
    /// All, in the order of the links.
    pub const ALL: [Self; 5] = [Self::Help, Self::MovedIn, Self::Benefit, Self::Privacy, Self::Accessibility];

    /// The name in the address and in the texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Privacy => "privacy",
            Self::Accessibility => "accessibility",
            Self::Benefit => "benefit",
            Self::MovedIn => "moved-in",
            Self::Help => "help",
        }
    }

    const fn sections(self) -> &'static [Section] {
        match self {
            Self::Privacy => &[("purpose", 2), ("who", 2), ("kept", 3), ("number", 1), ("cookies", 1), ("rights", 1)],
            Self::Accessibility => &[("aim", 1), ("tested", 2), ("known", 2), ("tell", 1)],
            Self::Benefit => &[("what", 2), ("who", 2), ("how", 3)],
            Self::MovedIn => &[("moved", 2), ("born", 2), ("away", 1)],
            Self::Help => &[("mail", 2), ("draft", 1), ("wrong", 1), ("lost", 1), ("alone", 2)],
        }
    }
}

/// The links to all of them, for the foot of every page.
#[must_use]
pub fn links(chrome: &Chrome) -> AnyView {
    let locale = chrome.locale;
    let items = Info::ALL.map(|info| {
        let name = info.as_str();
        view! { <li><a href=format!("/{name}")>{locale.say(&format!("info-{name}-title"))}</a></li> }
    });
    view! { <nav aria-label=locale.say("info-links")><ul class="site-footer__links">{items.into_iter().collect_view()}</ul></nav> }
        .into_any()
}

/// `/privacy`, `/accessibility`, `/benefit`, `/moved-in`, `/help`. `asked_about_privacy` is whom to ask about it, if that is not
/// the counter.
#[must_use]
pub fn page(chrome: &Chrome, info: Info, asked_about_privacy: Option<&str>) -> String {
    let locale = chrome.locale;
    let name = info.as_str();
    let title = locale.say(&format!("info-{name}-title"));
    document(chrome, &title.clone(), false, || {
        let is_about_number = |section: &str| info == Info::Privacy && section == "number";
        let sections = info
            .sections()
            .iter()
            .filter(|(section, _)| chrome.my_number.is_spoken_of() || !is_about_number(section))
            .map(|(section, count)| {
                let key = format!("info-{name}-{section}");
                let sentence = |place: usize| match chrome.my_number {
                    MyNumber::Sealed if is_about_number(section) => locale.say("my-number-privacy"),
                    _ => locale.say(&format!("{key}-{place}")),
                };
                let sentences = (1..=*count).map(|place| view! { <p>{sentence(place)}</p> });
                view! { <h2>{locale.say(&key)}</h2>{sentences.collect_view()} }
            })
            .collect_view();
        let asked = (info == Info::Privacy)
            .then(|| asked_about_privacy.map(|whom| view! { <p lang=locale.lang_of_japanese()>{whom.to_owned()}</p> }));
        view! {
            <h1>{title}</h1>
            <div class="prose">
                {sections}
                {asked}
                <h2>{locale.say("info-ask")}</h2>
                <p>
                    <span lang=locale.lang_of_japanese()>{chrome.municipality.clone()}</span> " "
                    {with_links(&chrome.phone)}
                </p>
            </div>
            <p><a href="/">{locale.say("to-start")}</a></p>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Locale;

    #[test]
    fn every_page_has_its_sentences_in_every_language_and_no_sentence_stands_on_none() {
        let mut keys = vec!["info-links".to_owned(), "info-ask".to_owned()];
        for info in Info::ALL {
            let name = info.as_str();
            keys.push(format!("info-{name}-title"));
            for (section, count) in info.sections() {
                keys.push(format!("info-{name}-{section}"));
                keys.extend((1..=*count).map(|place| format!("info-{name}-{section}-{place}")));
            }
        }
        for locale in Locale::ALL {
            for key in &keys {
                assert_ne!(locale.say(key), *key, "{}", locale.code());
            }
        }
        let written = include_str!("../../locales/ja/portal.ftl").lines().filter(|line| line.starts_with("info-"));
        for key in written.filter_map(|line| line.split_once(" =")).map(|(key, _)| key) {
            assert!(keys.iter().any(|known| known == key), "{key} stands on no page");
        }
    }
}
