//! 「共通部分」 The frame of every page. Invariant: every script has the page's nonce; a title starts with 「エラー：」 exactly
//! when the page shows an error.

use leptos::prelude::*;

use crate::{pages::info, ruby, telephone::with_links, text::Locale};

/// What the frame needs to know.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The language.
    pub locale: Locale,
    /// The languages to choose from, in their order.
    pub offered: Vec<Locale>,
    /// The nonce of this answer's Content-Security-Policy.
    pub nonce: String,
    /// Where the style sheet is served.
    pub style: &'static str,
    /// Where the scripts of this page are served.
    pub scripts: Vec<&'static str>,
    /// The script that brings WebAssembly to this page, if it is one of the few that have any.
    pub module: Option<Module>,
    /// Where the icon is served.
    pub icon: &'static str,
    /// The municipality.
    pub municipality: String,
    /// Its telephone number.
    pub phone: String,
    /// The path of this page, to come back to after choosing a language.
    pub path: String,
    /// Whether a parent has signed in.
    pub signed_in: bool,
    /// Seconds until the session ends without activity.
    pub session_seconds: Option<i64>,
    /// 「マイナアプリ」 Whether one can sign in with a card.
    pub card_sign_in: bool,
    /// Whether it is the demo.
    pub demo: bool,
    /// 「下見」 Whether it is a look at forms.
    pub preview: bool,
    /// 「個人番号」 How it is taken in.
    pub my_number: MyNumber,
}

/// 「個人番号」 How the individual number is taken in: what pages say of it follows from this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MyNumber {
    /// Not at all: no page speaks of it.
    Off,
    /// At the counter; it is not asked for here.
    Counter,
    /// Sealed in the parent's browser to the number key of the back office, or at the counter as she likes.
    Sealed,
}

impl MyNumber {
    /// Whether pages speak of it.
    #[must_use]
    pub const fn is_spoken_of(self) -> bool {
        !matches!(self, Self::Off)
    }
}

/// A script that fetches WebAssembly, and the digest that browsers hold it against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// Where it is served.
    pub path: &'static str,
    /// `sha384-…`
    pub integrity: &'static str,
}

impl Chrome {
    /// The same with one more script.
    #[must_use]
    pub fn with_script(mut self, path: &'static str) -> Self {
        self.scripts.push(path);
        self
    }
}

/// A harmless page that may stand in anybody's browser.
const QUICK_EXIT: &str = "https://www.jma.go.jp/bosai/forecast/";

/// A whole document of the parents' side.
pub fn document(chrome: &Chrome, title: &str, has_error: bool, main: impl FnOnce() -> AnyView) -> String {
    document_around(chrome, title, has_error, || frame(chrome, main()).into_any())
}

/// A whole document around a body that is given.
pub(crate) fn document_around(chrome: &Chrome, title: &str, has_error: bool, body: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::new_root(Some(std::sync::Arc::new(hydration_context::SsrSharedContext::new())));
    let html = owner.with(|| {
        let body = body();
        let locale = chrome.locale;
        let prefix = if has_error { locale.say("error-prefix") } else { String::new() };
        let whole_title = format!("{prefix}{title} – {}", locale.say("site-name"));
        let scripts = chrome
            .scripts
            .iter()
            .map(|path| view! { <script src=*path defer nonce=chrome.nonce.clone()></script> })
            .collect_view();
        let module = chrome.module.map(|module| {
            view! { <script type="module" src=module.path integrity=module.integrity nonce=chrome.nonce.clone()></script> }
        });
        view! {
            <html lang=locale.lang()>
                <head>
                    <meta charset="utf-8"/>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="robots" content="noindex"/>
                    <meta name="color-scheme" content="light dark"/>
                    <title>{whole_title}</title>
                    <link rel="icon" href=chrome.icon/>
                    <link rel="stylesheet" href=chrome.style/>
                    {scripts}{module}
                </head>
                {body}
            </html>
        }
        .to_html()
    });
    let html = if chrome.locale.has_furigana() { ruby::render(html) } else { html };
    well_formed(&html)
}

/// A whole document as HTML wants it. Leptos marks a place between two nodes with `<!>`, which browsers read as an empty comment
/// but HTML calls an error: here it is written as the comment that it is. What was typed is escaped and holds no such mark.
fn well_formed(html: &str) -> String {
    // A mark is found by its middle, which is rare.
    let marks = html.match_indices('!').map(|(at, _)| at);
    let marks = marks.filter(|at| html[..*at].ends_with('<') && html[at + 1..].starts_with('>'));
    let mut whole = String::with_capacity(html.len() + html.len() / 8);
    whole.push_str("<!DOCTYPE html>");
    let mut written = 0;
    for mark in marks {
        whole.push_str(&html[written..mark]);
        whole.push_str("!----");
        written = mark + 1;
    }
    whole.push_str(&html[written..]);
    whole
}

/// So many languages stand side by side on a small phone; more are a menu.
const LANGUAGES_IN_A_ROW: usize = 3;

/// The choice of language, which comes back to this page; none where there is nothing to choose.
pub(crate) fn languages(chrome: &Chrome) -> Option<AnyView> {
    let (locale, offered) = (chrome.locale, &chrome.offered);
    if offered.len() < 2 {
        return None;
    }
    let buttons = offered
        .iter()
        .map(|other| {
            let current = (*other == locale).then_some("true");
            view! {
                <li>
                    <button name="locale" value=other.code() lang=other.lang() aria-current=current>{other.name()}</button>
                </li>
            }
        })
        .collect_view();
    let list = view! { <ul>{buttons}</ul> };
    let choice = if offered.len() > LANGUAGES_IN_A_ROW {
        view! {
            <details>
                <summary>"Language: " <span lang=locale.lang()>{locale.name()}</span></summary>
                {list}
            </details>
        }
        .into_any()
    } else {
        list.into_any()
    };
    Some(
        view! {
            <form class="site-header__language" method="post" action="/language" lang="en" aria-label="Language">
                <input type="hidden" name="back" value=chrome.path.clone()/>
                {choice}
            </form>
        }
        .into_any(),
    )
}

/// That it is the demo, and where its mail is.
pub(crate) fn practice(chrome: &Chrome) -> Option<AnyView> {
    let locale = chrome.locale;
    if chrome.preview {
        // For those who make forms: they read Japanese, whatever language they look at.
        let note = Locale::Ja.say("preview-note");
        return Some(
            view! { <aside class="notice notice--practice" lang="ja" aria-label="下見"><p>{note}</p></aside> }
                .into_any(),
        );
    }
    chrome.demo.then(|| {
        view! {
            <aside
                class="notice notice--practice"
                aria-label=locale.say("practice")
                data-practice-answered=locale.say("practice-answered")
            >
                <p>{locale.say("practice")} " " <a href="/demo/outbox">{locale.say("practice-outbox")}</a></p>
            </aside>
        }
        .into_any()
    })
}

fn frame(chrome: &Chrome, main: AnyView) -> impl IntoView + use<> {
    let locale = chrome.locale;
    let unreviewed = (locale != Locale::Ja).then(|| view! { <p>{locale.say("unreviewed")}</p> });
    let account = chrome.signed_in.then(|| {
        view! {
            <ul>
                <li><a href="/cases">{locale.say("my-filings")}</a></li>
                <li><a href="/account">{locale.say("account")}</a></li>
                <li>
                    <form method="post" action="/sign-out"><button class="button button--quiet">{locale.say("sign-out")}</button></form>
                </li>
            </ul>
        }
    });
    let ending = chrome.session_seconds.map(|seconds| {
        view! {
            <div class="dialog-note" role="alertdialog" aria-label=locale.say("session-ends") data-session-seconds=seconds.to_string() data-over=locale.say("session-over") hidden>
                <p>{locale.say("session-ends")}</p>
                <form method="post" action="/session/extend"><button class="button button--primary">{locale.say("session-extend")}</button></form>
            </div>
        }
    });
    view! {
        <body>
            <a class="skip-link" href="#main">{locale.say("skip")}</a>
            {practice(chrome)}
            <header class="site-header">
                {languages(chrome)}
                <a class="site-header__name" href="/"><img src=chrome.icon alt="" width="28" height="28"/>{locale.say("site-name")}</a>
                <span class="site-header__place" lang=locale.lang_of_japanese()>{chrome.municipality.clone()}</span>
                <a class="site-header__quick-exit" href=QUICK_EXIT rel="noreferrer" data-exit="">{locale.say("quick-exit")}</a>
            </header>
            <main class="page" id="main">{main}</main>
            {ending}
            <footer class="site-footer">
                <p>
                    {locale.say("footer-contact")} " "
                    <span lang=locale.lang_of_japanese()>{chrome.municipality.clone()}</span> " " {with_links(&chrome.phone)}
                </p>
                {account}
                {info::links(chrome)}
                {unreviewed}
            </footer>
        </body>
    }
}

#[cfg(test)]
mod tests {
    use super::well_formed;

    #[test]
    fn a_mark_between_two_nodes_is_a_comment_and_all_else_stays() {
        let written = well_formed("<!><p>!<!>&lt;!&gt; 「!」 ! ></p><!-- ! --><!>");
        assert_eq!(written, "<!DOCTYPE html><!----><p>!<!---->&lt;!&gt; 「!」 ! ></p><!-- ! --><!---->");
    }
}
