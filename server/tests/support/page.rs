//! A page as a browser without script understands it. Invariant: what a form sends is read from the page, never made up:
//! an input that is not there cannot be typed into.

use scraper::{ElementRef, Html, Selector};

use super::browser::Answer;

pub fn all<'a>(html: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    html.select(&Selector::parse(selector).unwrap()).collect()
}

/// A parsed page.
pub struct Page {
    pub html: Html,
}

impl Page {
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        Self { html: Html::parse_document(&answer.text()) }
    }

    pub fn title(&self) -> String {
        all(&self.html, "title")[0].text().collect()
    }

    /// What is read on it, and nothing of what is typed into it.
    pub fn text(&self) -> String {
        all(&self.html, "main")[0].text().collect()
    }

    fn form(&self, action: &str) -> ElementRef<'_> {
        let found = all(&self.html, "form").into_iter().find(|form| form.value().attr("action") == Some(action));
        found.unwrap_or_else(|| panic!("no form leads to {action}: {}", self.text()))
    }

    pub fn has_form(&self, action: &str) -> bool {
        all(&self.html, "form").iter().any(|form| form.value().attr("action") == Some(action))
    }

    /// What a form sends as it stands, without its buttons.
    pub fn controls(&self, action: &str) -> Vec<(String, String)> {
        let control = Selector::parse("input, textarea").unwrap();
        let mut controls = Vec::new();
        for element in self.form(action).select(&control) {
            let attribute = |name: &str| element.value().attr(name);
            let Some(name) = attribute("name") else { continue };
            let is_box = matches!(attribute("type"), Some("radio" | "checkbox"));
            if is_box && attribute("checked").is_none() {
                continue;
            }
            let value = match element.value().name() {
                "textarea" => element.text().collect(),
                _ => attribute("value").unwrap_or_default().to_owned(),
            };
            controls.push((name.to_owned(), value));
        }
        controls
    }

    /// What a form sends after some of its inputs were typed into, chosen or pressed.
    #[track_caller]
    pub fn filled_in(&self, action: &str, typed: &[(String, String)]) -> Vec<(String, String)> {
        let here = Selector::parse("input, textarea, button").unwrap();
        let names: Vec<&str> = self.form(action).select(&here).filter_map(|one| one.value().attr("name")).collect();
        for (name, _) in typed {
            assert!(names.contains(&name.as_str()), "the form {action} has no {name}");
        }
        let mut inputs = self.controls(action);
        inputs.retain(|(name, _)| !typed.iter().any(|(other, _)| name == other));
        inputs.extend(typed.iter().cloned());
        inputs
    }

    /// What stands in an input.
    #[track_caller]
    pub fn value(&self, action: &str, name: &str) -> String {
        let found = self.controls(action).into_iter().find(|(other, _)| other == name);
        found.unwrap_or_else(|| panic!("no {name} in the form {action}")).1
    }

    /// Where the links of the list of errors lead; each must be an element of the page.
    pub fn error_links(&self) -> Vec<String> {
        let links = all(&self.html, ".error-summary a[href]");
        links.iter().filter_map(|link| link.value().attr("href")?.strip_prefix('#').map(str::to_owned)).collect()
    }

    /// The page tells an error in the way that every page does.
    #[track_caller]
    pub fn tells_an_error(&self) {
        assert!(self.title().starts_with("エラー："), "{}", self.title());
        let links = self.error_links();
        assert!(!links.is_empty(), "no list of errors");
        for link in links {
            let target = all(&self.html, "[id]").into_iter().find(|element| element.value().attr("id") == Some(&link));
            assert!(target.is_some(), "#{link} leads nowhere");
        }
    }

    pub fn links(&self) -> Vec<String> {
        all(&self.html, "a[href]").iter().filter_map(|link| link.value().attr("href").map(str::to_owned)).collect()
    }
}
