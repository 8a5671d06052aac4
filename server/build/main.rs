//! Collects what the browser is served into the program: style, scripts, icons, the browser part. Invariant: a name
//! changes exactly when the content does, so every file can be cached for ever.

#[path = "../../app/browser/bundle/src/light_minify.rs"]
mod light_minify;
mod style;

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256, Sha384};

/// What a production server must not serve.
const ONLY_IN_DEMO: [&str; 1] = ["practice-authenticator"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut assets = Assets {
        out: out.clone(),
        list: String::new(),
        of_demo: String::new(),
        names: BTreeMap::new(),
        modules: String::new(),
    };

    let style = style::style(&style_sheets(&root.join("style"))?);
    assets.add("style", "css", "text/css; charset=utf-8", style.as_bytes())?;
    for name in ["portal", "helpers", "papers", "passkey", "staff", "practice-authenticator"] {
        let path = root.join("app/script").join(name).with_extension("js");
        let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let script = light_minify::script(&source)?;
        assets.add(name, "js", "text/javascript; charset=utf-8", script.as_bytes())?;
    }
    let bundle = bundle_folder(&out)?;
    println!("cargo::rerun-if-changed={}", bundle.display());
    assets.add_module("seal-number", &bundle)?;
    assets.add("icon", "svg", "image/svg+xml", &fs::read(root.join("public/icon.svg"))?)?;
    for folder in ["style", "app/script", "public", "app/browser/bundle/src"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    assets.write()
}

/// Where `.ci/bundle` puts what was compiled for the browser: beside the profiles of the target folder. It is made here, so that
/// cargo has something to look at while nothing is there.
fn bundle_folder(out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    // out of …/PROFILE/build/server-HASH/out, where PROFILE may stand below the name of a target.
    let profile = out.ancestors().nth(3).ok_or("an output folder of another shape")?;
    let beside = profile.parent().ok_or("no target folder")?;
    let above = beside.parent().map(|above| above.join("site/pkg")).filter(|folder| folder.is_dir());
    let folder = above.unwrap_or_else(|| beside.join("site/pkg"));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The sheets that `main.css` imports, in its order.
fn style_sheets(folder: &Path) -> Result<String, Box<dyn Error>> {
    let list = fs::read_to_string(folder.join("main.css"))?;
    let mut all = String::new();
    for line in list.lines() {
        if let Some(name) = line.strip_prefix("@import url(\"").and_then(|rest| rest.strip_suffix("\");")) {
            all.push_str(&fs::read_to_string(folder.join(name))?);
        }
    }
    Ok(all)
}

struct Assets {
    out: PathBuf,
    list: String,
    of_demo: String,
    names: BTreeMap<String, String>,
    modules: String,
}

impl Assets {
    fn add(&mut self, name: &str, extension: &str, content_type: &str, body: &[u8]) -> Result<(), Box<dyn Error>> {
        let hash: String = Sha256::digest(body).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let file = format!("{name}.{hash}.{extension}");
        fs::write(self.out.join(&file), body)?;
        let mut small = Vec::new();
        let mut writer = brotli::CompressorWriter::new(&mut small, 4096, 11, 22);
        writer.write_all(body)?;
        drop(writer);
        fs::write(self.out.join(format!("{file}.br")), &small)?;
        self.list_file(&file, content_type, ONLY_IN_DEMO.contains(&name))?;
        self.names.insert(name.to_owned(), format!("/static/{file}"));
        Ok(())
    }

    /// What `app/browser/bundle` made, by its own names, which its script knows; nothing where it was not made.
    fn add_module(&mut self, name: &str, bundle: &Path) -> Result<(), Box<dyn Error>> {
        let constant = name.to_uppercase().replace('-', "_");
        let doc =
            format!("/// The script that brings `{name}` to a page; none in a program that was built without it.");
        let mut script = None;
        let folder = bundle.join(name);
        let files: Vec<PathBuf> = if folder.is_dir() {
            fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?
        } else {
            Vec::new()
        };
        for (extension, content_type) in [("js", "text/javascript; charset=utf-8"), ("wasm", "application/wasm")] {
            let Some(path) = files.iter().find(|path| path.extension().is_some_and(|end| end == extension)) else {
                writeln!(self.modules, "{doc}\npub const {constant}: Option<Module> = None;")?;
                return Ok(());
            };
            let file = path.file_name().and_then(|name| name.to_str()).ok_or("a name that is no text")?.to_owned();
            fs::copy(path, self.out.join(&file))?;
            fs::copy(folder.join(format!("{file}.br")), self.out.join(format!("{file}.br")))?;
            self.list_file(&file, content_type, false)?;
            script.get_or_insert((format!("/static/{file}"), BASE64_STANDARD.encode(Sha384::digest(fs::read(path)?))));
        }
        let (path, digest) = script.ok_or("a module without a script")?;
        writeln!(
            self.modules,
            "{doc}\npub const {constant}: Option<Module> = Some(Module {{ path: {path:?}, integrity: \"sha384-{digest}\" }});"
        )?;
        Ok(())
    }

    fn list_file(&mut self, file: &str, content_type: &str, of_demo: bool) -> Result<(), Box<dyn Error>> {
        let list = if of_demo { &mut self.of_demo } else { &mut self.list };
        Ok(writeln!(
            list,
            "    Asset {{ path: \"/static/{file}\", content_type: {content_type:?}, body: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")), brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.br\")) }},"
        )?)
    }

    fn write(&self) -> Result<(), Box<dyn Error>> {
        let mut code = format!(
            "/// Everything that is served as a file.\npub static ASSETS: &[Asset] = &[\n{}];\n\
             /// What the demo serves besides; a production server does not.\npub static DEMO_ASSETS: &[Asset] = &[\n{}];\n",
            self.list, self.of_demo
        );
        for (name, path) in &self.names {
            let constant = name.to_uppercase().replace('-', "_");
            writeln!(code, "/// Where `{name}` is served.\npub const {constant}: &str = {path:?};")?;
        }
        code.push_str(&self.modules);
        Ok(fs::write(self.out.join("assets.rs"), code)?)
    }
}
