//! A real Temporal server for the tests: `temporal server start-dev`.

use std::{
    env,
    net::{SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use super::process::Directory;

/// For its start; reached only when something is broken.
const DEADLINE: Duration = Duration::from_secs(60);

/// A server of a test's own, by the program `TEMPORAL_BIN`; gone when this is dropped or the test process ends.
pub struct Temporal {
    program: PathBuf,
    folder: Directory,
    watchdog: Option<Child>,
    address: SocketAddr,
}

impl Temporal {
    /// The `TEMPORAL_ADDRESS` of the server that `tests/run` has started, if it has: the engine of all worlds.
    pub fn shared() -> Option<String> {
        env::var("TEST_TEMPORAL").ok()
    }

    /// A task queue that no other test uses.
    pub fn task_queue() -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        format!("runs-{}-{number}", std::process::id())
    }

    /// Blocks its thread for some seconds.
    pub fn start() -> Self {
        let program = env::var_os("TEMPORAL_BIN").expect("TEMPORAL_BIN names the program");
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = free.local_addr().expect("bound");
        drop(free);
        let mut server = Self {
            program: program.into(),
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

    /// Ends the server at once. What it has stored stays.
    pub fn kill(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            drop(watchdog.wait());
        }
    }

    /// Starts it again, on the same port.
    pub fn resume(&mut self) {
        let watchdog = Command::new("sh")
            .args(["-c", include_str!("temporal.sh"), "temporal-watchdog"])
            .args([self.program.as_os_str(), self.folder.0.as_os_str()])
            .arg(self.address.port().to_string())
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
