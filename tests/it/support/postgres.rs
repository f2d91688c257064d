//! A real PostgreSQL server for the tests, from the packages of the system.
//!
//! A shell script, the watchdog, owns the server and its folder: it removes both when the pipe from the process that
//! started it closes, however that process ended.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

/// For each step of starting the server; reached only when something is broken.
const DEADLINE: Duration = Duration::from_secs(90);

/// Another process may take a free port before the server does.
const PORTS_TRIED: usize = 5;

/// Where Debian has the programs, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

const SUPERUSER: &str = "postgres";

const WATCHDOG: &str = include_str!("postgres.sh");

/// Where `tests/run` unpacks the programs when it may not install them.
const UNPACKED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/postgres/bin");

/// Set by `tests/run` to the port and the folder of a server that all test processes share.
const RUNNING: &str = "TEST_POSTGRES";

/// One server, gone with everything in it when this is dropped or the test process ends.
pub struct Postgres {
    bin: PathBuf,
    /// None when another process owns the server.
    watchdog: Option<Child>,
    /// The cluster and the log.
    pub folder: PathBuf,
    port: String,
    databases: AtomicUsize,
}

impl Postgres {
    /// The server that the tests share: the one that `tests/run` started, or one of this process, started on first use.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::running().unwrap_or_else(|| Self::start(false)))
    }

    fn running() -> Option<Self> {
        let running = env::var(RUNNING).ok()?;
        let (port, folder) = running.split_once(' ').expect("a port and a folder");
        Some(Self {
            bin: programs(),
            watchdog: None,
            folder: folder.into(),
            port: port.to_owned(),
            databases: AtomicUsize::new(0),
        })
    }

    /// A server of the test's own; one that is not durable is faster, and may lose data when the machine crashes.
    ///
    /// Blocks its thread for a second or two.
    pub fn start(durable: bool) -> Self {
        let bin = programs();
        let mut watchdog = Command::new("sh");
        watchdog
            .args(["-c", WATCHDOG, "postgres-watchdog"])
            .arg(env::temp_dir())
            .arg(if durable { "on" } else { "off" })
            .env_clear()
            .env("PATH", path(&bin))
            .env("TZ", "UTC")
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        // The server refuses to be run by root.
        if id(&["-u"]) == Some(0) {
            let (uid, gid) = unprivileged();
            watchdog.uid(uid).gid(gid);
        }
        let mut watchdog = watchdog.spawn().expect("sh");
        let answers = lines(&mut watchdog);
        let mut server = Self {
            bin,
            watchdog: Some(watchdog),
            folder: PathBuf::new(),
            port: String::new(),
            databases: AtomicUsize::new(0),
        };
        server.folder = server.answer(&answers, "folder").into();
        let created = server.answer(&answers, "cluster");
        assert_eq!(created, "created", "no cluster: {}", server.log());
        assert!(
            (0..PORTS_TRIED).any(|_| server.listen(&answers)),
            "PostgreSQL does not start: {}",
            server.log()
        );
        server
    }

    /// A fresh database, as the URL for its owner: a role of its own, with a password and without privileges.
    pub fn database(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed) + 1;
        // Other test processes may use the same server.
        let name = format!("app_{}_{number}", std::process::id());
        let password = format!("secret-{number}");
        self.psql(&[
            &format!(
                "CREATE ROLE {name} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD '{password}'"
            ),
            // Hosted databases seldom sort by bytes.
            &format!(
                "CREATE DATABASE {name} OWNER {name} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US-u-ka-shifted'"
            ),
            &format!(r"\connect {name}"),
            &format!("ALTER SCHEMA public OWNER TO {name}"),
        ]);
        format!(
            "postgres://{name}:{password}@127.0.0.1:{}/{name}",
            self.port
        )
    }

    /// The URL for the superuser, who sees everything: by the name of a database, or by its owner's URL.
    pub fn superuser_url(&self, database: &str) -> String {
        let (_, name) = database.rsplit_once('/').unwrap_or(("", database));
        let (port, folder) = (&self.port, self.folder.display());
        format!("postgres://{SUPERUSER}@localhost:{port}/{name}?host={folder}")
    }

    /// The same with the search path of the workout server.
    pub fn workouts_url(&self, database: &str) -> String {
        let url = self.superuser_url(database);
        format!("{url}&options=-csearch_path%3Dprog_strength_workouts")
    }

    /// Whether the server could be started on a port that was free just now.
    fn listen(&mut self, answers: &Receiver<String>) -> bool {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        self.port = free.local_addr().expect("bound").port().to_string();
        drop(free);
        let watchdog = self.watchdog.as_ref().expect("started here");
        let mut stdin = watchdog.stdin.as_ref().expect("piped");
        writeln!(stdin, "{}", self.port).expect("the watchdog is alive");
        self.answer(answers, "word of its start") == "started"
    }

    /// The watchdog's next line.
    fn answer(&self, answers: &Receiver<String>, what: &str) -> String {
        match answers.recv_timeout(DEADLINE) {
            Ok(line) => line,
            Err(error) => panic!("the watchdog gave no {what} ({error}): {}", self.log()),
        }
    }

    /// The end of what the server and its tools have written.
    fn log(&self) -> String {
        let log = fs::read(self.folder.join("log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(40)..];
        format!("the log ends with\n{}", tail.join("\n"))
    }

    /// Runs the commands as the superuser, one by one.
    fn psql(&self, commands: &[&str]) {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"])
            .args(commands.iter().flat_map(|command| ["--command", command]))
            .env_clear()
            .env("PATH", path(&self.bin))
            .env("PGHOST", &self.folder)
            .env("PGPORT", &self.port)
            .env("PGUSER", SUPERUSER)
            .env("PGDATABASE", "postgres")
            .env("PGCONNECT_TIMEOUT", "20")
            .env("PGOPTIONS", "--statement-timeout=20s");
        let output = psql.stdin(Stdio::null()).output().expect("psql");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "psql: {stderr}{}", self.log());
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(mut watchdog) = self.watchdog.take() {
            drop(watchdog.stdin.take());
            // A failed test reports at once; the watchdog cleans up all the same.
            if !thread::panicking() {
                drop(watchdog.wait());
            }
        }
    }
}

/// The lines that the process writes, as they come.
fn lines(process: &mut Child) -> Receiver<String> {
    let stdout = BufReader::new(process.stdout.take().expect("piped"));
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        stdout
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    receiver
}

/// The folder with the programs of the newest Postgres.
fn programs() -> PathBuf {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let newest_first = versions.into_iter().rev().map(|(_, bin)| bin);
    let path = env::var_os("PATH").unwrap_or_default();
    newest_first
        .chain(env::split_paths(&path))
        .chain([PathBuf::from(UNPACKED)])
        .find(|bin| {
            ["initdb", "pg_ctl", "postgres", "psql"]
                .iter()
                .all(|program| bin.join(program).is_file())
        })
        .unwrap_or_else(|| {
            panic!(
                "these tests need PostgreSQL's server, which is neither under {DEBIAN} nor in the PATH; \
                 tests/run sets it up"
            )
        })
}

/// A `PATH` with these programs and the usual ones.
fn path(bin: &Path) -> String {
    format!("{}:/usr/bin:/bin", bin.display())
}

/// The user and the group that run the server when root runs the tests.
fn unprivileged() -> (u32, u32) {
    ["postgres", "nobody"]
        .iter()
        .find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)))
        .expect("a user named postgres or nobody")
}

/// What `id` says, if it knows.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().expect("id");
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
