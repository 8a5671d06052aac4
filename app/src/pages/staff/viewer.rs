//! 「写真の表示」 A photo on a page of its own, to be turned and enlarged. Invariant: it has no script and asks nobody for anything:
//! the photo stands in it, and turning is a link to another place on the same page.

use crate::text::Locale;

/// The only style that the page has; its digest stands in the page's policy.
pub const STYLE: &str = "body{margin:0;font:1rem/1.6 sans-serif;color-scheme:light dark}\
nav{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:0 1.25rem;padding:0 1rem;background:Canvas;border-bottom:1px solid}\
nav a{display:inline-flex;align-items:center;min-height:2.75rem;color:LinkText}\
main{padding:1rem;overflow:auto;text-align:center}div{scroll-margin-top:8rem}\
img{max-width:100%;max-height:80vh;vertical-align:middle}\
#right:target img,#large-right:target img{rotate:90deg}\
#over:target img,#large-over:target img{rotate:180deg}\
#left:target img,#large-left:target img{rotate:270deg}\
#right:target img,#left:target img{max-width:80vh;max-height:90vw}\
#large:target img,#large-right:target img,#large-over:target img,#large-left:target img{max-width:none;max-height:none;width:200%}";

/// Every place on the page, each a way to see the photo.
const PLACES: [&str; 8] = ["upright", "right", "over", "left", "large", "large-right", "large-over", "large-left"];

/// The page of a photo, which is given in Base64; `number` is its place among the papers of the case.
#[must_use]
pub fn page(locale: Locale, number: usize, jpeg: &str) -> String {
    let locale = locale.for_staff();
    let title = locale.with("paper-photo", &[("number", &number.to_string())]);
    let links: String = PLACES
        .iter()
        .map(|place| format!("<a href=\"#{place}\">{}</a>", locale.say(&format!("viewer-{place}"))))
        .collect();
    let open: String = PLACES.iter().map(|place| format!("<div id=\"{place}\">")).collect();
    let close = "</div>".repeat(PLACES.len());
    format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style></head><body>\
         <nav>{links}</nav><main><h1>{title}</h1>{open}<img alt=\"{title}\" src=\"data:image/jpeg;base64,{jpeg}\">{close}\
         </main></body></html>",
        locale.lang()
    )
}
