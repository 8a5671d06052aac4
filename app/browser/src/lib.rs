//! All that ships to the browser as WebAssembly: the islands of `app`, and nothing else. A crate of its own because one
//! that is both library and module loses link-time optimisation.
//!
//! What a page with an island has to emit, once, in its head (`server::assets::BUNDLE` names the file):
//!
//! ```html
//! <script type="module" src="/pkg/app.HASH.js" nonce="…"></script>
//! ```
//!
//! That file knows the name of its WebAssembly, fetches it when the page is idle, and wakes every `<leptos-island>`
//! (`bundle/src/wake.js`). A page without an island emits nothing and loads nothing. The header needs `script-src` with
//! the nonce, `'wasm-unsafe-eval'` and `'strict-dynamic'` (or `'self'`), and `connect-src 'self'`. The page must be
//! rendered in an owner with `SsrSharedContext::new_islands()`, or the islands carry no marks to wake by.

use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Prepares the page for its islands; called by `wake.js` before it wakes them one by one.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
