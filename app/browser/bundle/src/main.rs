//! Turns a package that was compiled for the browser into the files that are served:
//! `bundle NAME INPUT.wasm SCRIPT.js OUTPUT_FOLDER`.
//!
//! Writes `NAME.HASH.js` (the glue of wasm-bindgen and the script after it), `NAME.HASH.wasm`, each with a `.br` beside it, and
//! `manifest.json` that names them; removes what an earlier build left. Invariants: a name changes exactly when the content
//! does, so the files can be cached for ever; the script takes a module of the digest that it was built with and no other; a
//! file that has not changed is not written again, so the server is not rebuilt for nothing; a bundle that is larger than its
//! budget is an error, not a warning.

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256, Sha384};
use std::{
    error::Error,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

mod light_minify;

/// What script and module may weigh on the wire together (brotli): the most that a phone should fetch for one page.
const BUDGET_BYTES: usize = 90_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, input, script, output] = arguments.as_slice() else {
        return Err("usage: bundle NAME INPUT.wasm SCRIPT.js OUTPUT_FOLDER".into());
    };
    let (glue, module) = bind(name, Path::new(input))?;
    let module = optimise(module)?;
    let wasm = named(name, "wasm", &module);
    let integrity = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(&module)));
    let script = fs::read_to_string(script).map_err(|error| format!("{script}: {error}"))?;
    let script = script.replace("WASM_FILE", &format!("{wasm:?}")).replace("WASM_INTEGRITY", &format!("{integrity:?}"));
    let script = light_minify::script(&format!("{glue}\n{script}"))?;
    let js = named(name, "js", script.as_bytes());

    let (module_br, script_br) = (brotli(&module)?, brotli(script.as_bytes())?);
    let manifest = format!(
        "{{\"js\":{js:?},\"wasm\":{wasm:?},\"js_brotli_bytes\":{},\"wasm_brotli_bytes\":{}}}\n",
        script_br.len(),
        module_br.len()
    );
    write_folder(
        Path::new(output),
        &[
            (js.clone(), script.as_bytes()),
            (format!("{js}.br"), &script_br),
            (wasm.clone(), &module),
            (format!("{wasm}.br"), &module_br),
            ("manifest.json".to_owned(), manifest.as_bytes()),
        ],
    )?;
    let together = module_br.len() + script_br.len();
    println!(
        "browser bundle: {wasm} {} bytes ({} with brotli), {js} {} bytes ({} with brotli); {together} of {BUDGET_BYTES}",
        module.len(),
        module_br.len(),
        script.len(),
        script_br.len()
    );
    if together > BUDGET_BYTES {
        return Err(format!("{name} is {} bytes over its budget", together - BUDGET_BYTES).into());
    }
    Ok(())
}

/// Script and module as wasm-bindgen makes them for a browser.
fn bind(name: &str, input: &Path) -> Result<(String, Vec<u8>), Box<dyn Error>> {
    let mut output = Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    let glue = output.js().to_owned();
    // A dependency may have scripts of its own that nothing here uses (js-sys has one); what is used is imported.
    if let Some(import) = glue.lines().find(|line| line.starts_with("import ")) {
        return Err(format!("the bundle is one file, and a dependency brings another: {import}").into());
    }
    Ok((glue, output.wasm_mut().emit_wasm()))
}

/// The module made smaller by `wasm-opt`, where it is installed; it saves one or two in a hundred after compression.
fn optimise(module: Vec<u8>) -> Result<Vec<u8>, Box<dyn Error>> {
    let Some(program) = wasm_opt() else {
        return Ok(module);
    };
    let folder = std::env::temp_dir().join(format!("madoguchi-bundle-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let (before, after) = (folder.join("before.wasm"), folder.join("after.wasm"));
    fs::write(&before, &module)?;
    let status = Command::new(program).args(["-Oz", "--all-features"]).arg(&before).arg("-o").arg(&after).status()?;
    let result = if status.success() { fs::read(&after)? } else { module };
    fs::remove_dir_all(&folder)?;
    Ok(result)
}

fn wasm_opt() -> Option<PathBuf> {
    let npm = PathBuf::from("e2e/node_modules/.bin");
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).chain([npm]).map(|folder| folder.join("wasm-opt")).find(|program| program.is_file())
}

fn named(stem: &str, extension: &str, content: &[u8]) -> String {
    let hash: String = Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{stem}.{hash}.{extension}")
}

fn brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut compressor = brotli::CompressorWriter::new(Vec::new(), 4096, 11, 22);
    compressor.write_all(content)?;
    compressor.flush()?;
    Ok(compressor.into_inner())
}

fn write_folder(folder: &Path, files: &[(String, &[u8])]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !files.iter().any(|(name, _)| entry.file_name() == name.as_str()) {
            fs::remove_file(entry.path())?;
        }
    }
    for (name, content) in files {
        let path = folder.join(name);
        if fs::read(&path).is_ok_and(|present| present == *content) {
            continue;
        }
        fs::write(path, content)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{brotli, light_minify, named, write_folder};
    use std::io::Read as _;

    #[test]
    fn a_name_follows_the_content() {
        assert_eq!(named("app", "js", b"one"), named("app", "js", b"one"));
        assert_ne!(named("app", "js", b"one"), named("app", "js", b"two"));
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let text = "窓口 ".repeat(1000);
        let mut back = String::new();
        brotli::Decompressor::new(brotli(text.as_bytes()).unwrap().as_slice(), 4096).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
    }

    #[test]
    fn an_older_build_is_cleared_away_and_an_equal_file_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        write_folder(folder.path(), &[("a.1.js".to_owned(), b"one"), ("b.js".to_owned(), b"same")]).unwrap();
        let before = folder.path().join("b.js").metadata().unwrap().modified().unwrap();
        write_folder(folder.path(), &[("a.2.js".to_owned(), b"two"), ("b.js".to_owned(), b"same")]).unwrap();
        assert!(!folder.path().join("a.1.js").exists());
        assert!(folder.path().join("a.2.js").exists());
        assert_eq!(folder.path().join("b.js").metadata().unwrap().modified().unwrap(), before);
    }

    #[test]
    fn a_script_loses_comments_and_indentation_only() {
        let source = "// head\nif (a) {\n    b(\"// not a comment\");\n}\n/** doc\n * more\n */\nc();\n";
        assert_eq!(light_minify::script(source).unwrap(), "if (a) {\nb(\"// not a comment\");\n}\nc();\n");
        assert!(light_minify::script("x = `one\n  two`;").is_err());
    }
}
