//! The whole server and a browser for tests that do not hold their thread while they wait. Invariant: both are those of `site` and
//! `browser`; a photo is no text, and comes as what can be read of it.

use std::ops::{Deref, DerefMut};

use super::{browser, site};

/// A server that goes with the test.
pub struct Site(site::Site);

impl Deref for Site {
    type Target = site::Site;

    fn deref(&self) -> &site::Site {
        &self.0
    }
}

/// A demo on each database.
pub async fn sites() -> Vec<Site> {
    site::sites().await.into_iter().map(Site).collect()
}

impl Site {
    /// A browser that has been nowhere.
    pub fn browser(&self) -> Browser {
        Browser(self.0.browser())
    }
}

/// A browser without script.
#[derive(Clone)]
pub struct Browser(browser::Browser);

impl Deref for Browser {
    type Target = browser::Browser;

    fn deref(&self) -> &browser::Browser {
        &self.0
    }
}

impl DerefMut for Browser {
    fn deref_mut(&mut self) -> &mut browser::Browser {
        &mut self.0
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Where it leads, after a 303.
    pub fn leads_to(&self) -> &str {
        assert_eq!(self.status, 303, "{}", self.body);
        self.header("location").unwrap()
    }

    /// The value of the first input of a name, or of an attribute of the first form that has it.
    pub fn value(&self, selector: &str, attribute: &str) -> String {
        let page = scraper::Html::parse_document(&self.body);
        let selector = scraper::Selector::parse(selector).unwrap();
        let found = page.select(&selector).next().unwrap_or_else(|| panic!("nothing like that in {}", self.body));
        found.value().attr(attribute).unwrap_or_default().to_owned()
    }
}

impl Browser {
    /// The site's own origin.
    pub fn origin(&self) -> String {
        format!("http://{}", self.0.host)
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let path = path.to_owned();
        self.ask(move |browser| browser.get(&path)).await
    }

    pub async fn post(&mut self, path: &str, inputs: &[(&str, &str)]) -> Answer {
        let (path, inputs) = (path.to_owned(), browser::inputs(inputs));
        self.ask(move |browser| browser.post(&path, &inputs)).await
    }

    async fn ask(&mut self, ask: impl FnOnce(&mut browser::Browser) -> browser::Answer + Send + 'static) -> Answer {
        let mut asking = self.0.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let answer = ask(&mut asking);
            (asking, answer)
        });
        let (asked, browser::Answer { status, headers, body }) = asked.await.unwrap();
        self.0 = asked;
        Answer { status, headers, body: String::from_utf8_lossy(&body).into_owned() }
    }
}
