//! 「端末」 A device in plain words, so that somebody knows her sessions apart. Invariant: nothing but the kind of system and of
//! browser is taken from what the browser says of itself; no version, no model, nothing that tells two like devices apart.

use std::{fmt, str::FromStr};

use crate::ids::NotAnId;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $code:literal, $text:literal, $mark:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "they are names")]
        pub enum $name { $($variant,)+ }

        impl $name {
            const ALL: &[Self] = &[$(Self::$variant),+];

            const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            const fn mark(self) -> &'static str {
                match self { $(Self::$variant => $mark,)+ }
            }

            /// As people call it; a proper name in every language.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            fn of_user_agent(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| text.contains(one.mark()))
            }

            fn of_code(code: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.code() == code)
            }
        }
    };
}

names! {
    /// The kind of system; the first mark that is found counts.
    System {
        Iphone = "iphone", "iPhone", "iPhone",
        Ipad = "ipad", "iPad", "iPad",
        Android = "android", "Android", "Android",
        Windows = "windows", "Windows", "Windows NT",
        Mac = "mac", "Mac", "Macintosh",
        Chromebook = "chromebook", "Chromebook", "CrOS",
        Linux = "linux", "Linux", "Linux",
    }
}

names! {
    /// The kind of browser; those that also call themselves Chrome or Safari come first.
    Browser {
        Line = "line", "LINE", " Line/",
        Edge = "edge", "Edge", " Edg",
        Samsung = "samsung", "Samsung Internet", "SamsungBrowser/",
        Firefox = "firefox", "Firefox", "Firefox/",
        FirefoxOnIphone = "firefox-ios", "Firefox", "FxiOS/",
        ChromeOnIphone = "chrome-ios", "Chrome", "CriOS/",
        Chrome = "chrome", "Chrome", "Chrome/",
        Safari = "safari", "Safari", "Safari/",
    }
}

/// A device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// The kind of system, if it is one of the known.
    pub system: Option<System>,
    /// The kind of browser.
    pub browser: Option<Browser>,
}

impl Device {
    /// From what a browser says of itself.
    #[must_use]
    pub fn of_user_agent(text: &str) -> Self {
        Self { system: System::of_user_agent(text), browser: Browser::of_user_agent(text) }
    }

    /// What it is called in every language, such as `iPhone / Safari`; nothing of what is not known.
    #[must_use]
    pub fn name(self) -> String {
        let (system, browser) = (self.system.map(System::name), self.browser.map(Browser::name));
        [system, browser].into_iter().flatten().collect::<Vec<_>>().join(" / ")
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (system, browser) = (self.system.map(System::code), self.browser.map(Browser::code));
        write!(f, "{}/{}", system.unwrap_or_default(), browser.unwrap_or_default())
    }
}

impl FromStr for Device {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        // Sessions from before it was kept have nothing.
        let (system, browser) = text.split_once('/').unwrap_or_default();
        Ok(Self { system: System::of_code(system), browser: Browser::of_code(browser) })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn a_device_is_known_by_its_kind_and_no_closer() {
        for (text, name) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
                "iPhone / Safari",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Android / Chrome",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Windows / Edge",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari Line/15.1.0",
                "iPhone / LINE",
            ),
            ("curl/8.14.1", ""),
            ("", ""),
        ] {
            let device = Device::of_user_agent(text);
            assert_eq!(device.name(), name, "{text}");
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device, "{text}");
        }
        assert_eq!("".parse::<Device>().unwrap(), Device::default());
    }
}
