//! The real program as a process of its own. Invariant: it ends with the test, and what it says is kept.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use super::browser::Browser;

/// `madoguchi serve --demo` that is ready.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Settings of a demo in this folder, on any free port.
pub fn settings(folder: &Path, database_url: &str) -> BTreeMap<String, String> {
    let data = folder.join("data");
    BTreeMap::from(
        [
            ("MADOGUCHI_DATABASE_URL", database_url),
            ("MADOGUCHI_DATA_DIR", data.to_str().unwrap()),
            ("MADOGUCHI_LISTEN", "127.0.0.1:0"),
            // The demo's own default depends on what was built.
            ("MADOGUCHI_MY_NUMBER", "counter"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    )
}

impl Program {
    /// Starts a demo and waits until it says that it is ready. What it writes goes to `log`, after what stands there.
    pub fn start(environment: &BTreeMap<String, String>, log: &Path) -> Self {
        Self::start_with(&["serve", "--demo"], environment, log)
    }

    /// Starts a command that serves, and waits until it says that it is ready.
    pub fn start_with(arguments: &[&str], environment: &BTreeMap<String, String>, log: &Path) -> Self {
        let log_file = File::options().create(true).append(true).open(log).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_madoguchi"))
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log_file)
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = said.find_map(|line| Some(line.ok()?.strip_prefix("ready http://localhost:")?.parse::<u16>().ok()));
        let Some(Some(port)) = ready else {
            let _ = child.kill();
            panic!("it is not ready: {}", fs::read_to_string(log).unwrap_or_default());
        };
        // A pipe that nobody empties would stop it.
        std::thread::spawn(move || said.for_each(drop));
        Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) }
    }

    pub fn browser(&self) -> Browser {
        Browser::on(self.address)
    }

    /// `kill -9`, while others may be talking to it.
    pub fn kill_now(&self) {
        self.signal("KILL");
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Asks it to end, as a service manager does.
    pub fn ask_to_stop(&self) {
        self.signal("TERM");
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(self) -> ExitStatus {
        self.ask_to_stop();
        self.wait()
    }

    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Kilobytes of memory that it holds.
    pub fn memory(&self) -> u64 {
        self.figure("VmRSS:")
    }

    /// Kilobytes of memory that it held at most.
    pub fn peak_memory(&self) -> u64 {
        self.figure("VmHWM:")
    }

    fn figure(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}
