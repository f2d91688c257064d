//! Shutdown of `dev`: signals, and removal of temporary data.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use rustix::process::Signal;
use tokio::time::Instant;

use super::Dev;
use crate::support::{
    answer::user,
    fake_claude::{FakeClaude, Reply},
    process::{Directory, Process},
    sse::Sse,
};

/// A fake Claude that never answers.
async fn silent() -> FakeClaude {
    let claude = FakeClaude::start().await;
    claude.allow_unplayed();
    claude.push(Reply::hang_before_headers());
    claude
}

/// The stream of a question that waits for Claude.
async fn waiting(dev: &Dev, claude: &FakeClaude) -> Sse {
    let request = dev.http.post(dev.at("/chat")).bearer_auth(&dev.token);
    let mut body = user("hi");
    body["stream"] = true.into();
    let mut stream = Sse::new(request.json(&body).send().await.unwrap());
    stream.expect("model_chosen").await;
    claude.asked_times(1).await;
    stream
}

#[tokio::test]
async fn ctrl_c_ends_everything_and_removes_the_data() {
    let (directory, temporary) = (Directory::new(), Directory::new());
    let env = [("TMPDIR", temporary.0.to_str().unwrap())];
    let dev = Dev::start(&directory, &[], &env).await;
    assert!(dev.data.starts_with(&temporary.0) && dev.data.exists());
    let ended = dev.interrupted().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(temporary.0.read_dir().unwrap().count(), 0);
    let plainly = |line: &String| line.contains("offline stand-in: rules, not Claude");
    assert!(ended.err.iter().any(plainly), "{ended:?}");
    let stopped = ended.err.iter().filter(|line| line.contains("\"stopped\""));
    assert_eq!(stopped.count(), 3, "{ended:?}");
}

#[tokio::test]
async fn ctrl_c_during_an_answer_ends_the_stream_with_shutting_down() {
    let (claude, directory) = (silent().await, Directory::new());
    let dev = Dev::start(&directory, &[], &[("ANTHROPIC_BASE_URL", claude.url())]).await;
    let stream = waiting(&dev, &claude).await;
    let began = Instant::now();
    dev.process.signal(Signal::INT);
    let failed = stream.last("error").await;
    assert_eq!(failed["code"], "shutting_down");
    assert_eq!(dev.process.ended().await.code, Some(0));
    assert!(began.elapsed() < Duration::from_secs(8), "{began:?}");
}

#[tokio::test]
async fn second_signal_ends_dev_at_once_and_removes_the_data() {
    let (claude, directory, temporary) = (silent().await, Directory::new(), Directory::new());
    let env = [
        ("ANTHROPIC_BASE_URL", claude.url()),
        ("AGENT_SHUTDOWN_GRACE_SECS", "60"),
        ("TMPDIR", temporary.0.to_str().unwrap()),
    ];
    let dev = Dev::start(&directory, &[], &env).await;
    let folder = dev.data.parent().unwrap().to_owned();
    assert_eq!(
        folder.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    let _stream = waiting(&dev, &claude).await;
    // A signal delivered twice within a moment counts once.
    dev.process.signal(Signal::INT);
    dev.process.signal(Signal::INT);
    let began = Instant::now();
    while dev.get("/ready", &[]).await.status != 503 {
        assert!(began.elapsed() < Duration::from_secs(10));
    }
    tokio::time::sleep_until(began + Duration::from_millis(500)).await;
    assert_eq!(dev.get("/health", &[]).await.status, 200);
    assert!(folder.exists());
    dev.process.signal(Signal::INT);
    assert_eq!(dev.process.ended().await.code, Some(130));
    assert_eq!(temporary.0.read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn sighup_ends_dev_like_ctrl_c() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let folder = dev.data.parent().unwrap().to_owned();
    dev.process.signal(Signal::HUP);
    assert_eq!(dev.process.ended().await.code, Some(0));
    assert!(!folder.exists());
}

#[tokio::test]
async fn signal_during_startup_leaves_no_files() {
    let directory = Directory::new();
    let temporary = directory.0.join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let env = [("AGENT_PORT", "0"), ("TMPDIR", temporary.to_str().unwrap())];
    for after in (0..60).step_by(4) {
        let process = Process::start(&directory.0, &["dev"], &env);
        tokio::time::sleep(Duration::from_millis(after)).await;
        // Not INT: a shell without job control starts background processes with it ignored.
        process.signal(Signal::TERM);
        let ended = process.ended().await;
        let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().collect();
        assert!(left.is_empty(), "after {after} ms: {left:?}, {ended:?}");
    }
}
