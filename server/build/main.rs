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

use sha2::{Digest, Sha256};

/// What a production server must not serve.
const ONLY_IN_DEMO: [&str; 1] = ["practice-authenticator"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut assets = Assets { out: out.clone(), list: String::new(), of_demo: String::new(), names: BTreeMap::new() };

    let style = style::style(&style_sheets(&root.join("style"))?);
    assets.add("style", "css", "text/css; charset=utf-8", style.as_bytes())?;
    for name in ["portal", "helpers", "papers", "passkey", "staff", "practice-authenticator"] {
        let path = root.join("app/script").join(name).with_extension("js");
        let source = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let script = light_minify::script(&source)?;
        assets.add(name, "js", "text/javascript; charset=utf-8", script.as_bytes())?;
    }
    assets.add("icon", "svg", "image/svg+xml", &fs::read(root.join("public/icon.svg"))?)?;
    for folder in ["style", "app/script", "public", "app/browser/bundle/src"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    assets.write()
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
        let list = if ONLY_IN_DEMO.contains(&name) { &mut self.of_demo } else { &mut self.list };
        writeln!(
            list,
            "    Asset {{ path: \"/static/{file}\", content_type: {content_type:?}, body: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")), brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.br\")) }},"
        )?;
        self.names.insert(name.to_owned(), format!("/static/{file}"));
        Ok(())
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
        Ok(fs::write(self.out.join("assets.rs"), code)?)
    }
}
