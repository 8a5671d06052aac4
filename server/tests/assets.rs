#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
//! What is served as files.

#[path = "../build/style.rs"]
mod style;

#[test]
fn a_style_sheet_keeps_every_space_that_means_something() {
    let source = "/* head */\n.a :focus , .b:is(c, d) {\n  width: calc(1px + 2px);\n  content: \"a  {b}\";\n}\n@media (min-width: 1em) and (x) { p { margin: 0 auto; } }";
    assert_eq!(
        style::style(source),
        ".a :focus,.b:is(c,d){width:calc(1px + 2px);content:\"a  {b}\"}@media (min-width:1em) and (x){p{margin:0 auto}}"
    );
}

#[test]
fn every_asset_is_found_by_its_path_and_comes_back_from_brotli() {
    for asset in server::assets::ASSETS.iter().chain(server::assets::DEMO_ASSETS) {
        let mut back = Vec::new();
        std::io::Read::read_to_end(&mut brotli::Decompressor::new(asset.brotli, 4096), &mut back).unwrap();
        assert_eq!(back, server::assets::find_in_demo(asset.path).unwrap().body);
    }
}

#[test]
fn style_and_script_of_a_page_stay_small() {
    let size = |path: &str| server::assets::find(path).unwrap().brotli.len();
    assert!(size(server::assets::PORTAL) <= 6_000, "decisions.md: the script of a page weighs 6 kB at most");
    assert!(size(server::assets::STAFF) <= 4_000, "the keys and the desks weigh 4 kB at most");
    assert!(size(server::assets::HELPERS) <= 3_000, "{}", size(server::assets::HELPERS));
    assert!(size(server::assets::STYLE) <= 12_000);
}

#[test]
fn the_practice_authenticator_is_served_in_the_demo_only() {
    let path = server::assets::PRACTICE_AUTHENTICATOR;
    assert!(server::assets::find(path).is_none());
    assert!(server::assets::find_in_demo(path).is_some());
}
