//! `madoguchi-import`: see [`importer::cli`].

fn main() -> std::process::ExitCode {
    importer::cli::run()
}
