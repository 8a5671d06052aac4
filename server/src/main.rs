//! The binary `madoguchi`. Invariant: it does nothing but hand the command line over; exit codes are 0, 1 and 2.

fn main() -> std::process::ExitCode {
    server::cli::run()
}
