//! How `dev` ends, whatever ends it.

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

/// A Claude that is asked and does not answer.
async fn silent() -> FakeClaude {
    let claude = FakeClaude::start().await;
    claude.allow_unplayed();
    claude.push(Reply::hang_before_headers());
    claude
}

/// The stream of a question that Claude has and has not answered.
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
async fn ctrl_c_ends_all_of_it_and_leaves_nothing_behind() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let folder = dev.data.parent().unwrap().to_owned();
    assert!(dev.data.exists());
    let ended = dev.interrupted().await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!folder.exists());
    let plainly = |line: &String| line.contains("offline stand-in: rules, not Claude");
    assert!(ended.err.iter().any(plainly), "{ended:?}");
    let byes = ended.err.iter().filter(|line| line.contains("\"bye\""));
    assert_eq!(byes.count(), 2, "{ended:?}");
}

#[tokio::test]
async fn ctrl_c_in_the_middle_of_an_answer_ends_the_stream_with_its_event_and_soon() {
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
async fn a_second_signal_ends_it_at_once_and_leaves_nothing_behind_either() {
    let (claude, directory) = (silent().await, Directory::new());
    let env = [
        ("ANTHROPIC_BASE_URL", claude.url()),
        ("AGENT_SHUTDOWN_GRACE_SECS", "60"),
    ];
    let dev = Dev::start(&directory, &[], &env).await;
    let folder = dev.data.parent().unwrap().to_owned();
    assert_eq!(
        folder.metadata().unwrap().permissions().mode() & 0o777,
        0o700
    );
    let _stream = waiting(&dev, &claude).await;
    // One Ctrl-C that comes twice is one.
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
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_closed_terminal_ends_it_as_ctrl_c_does() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let folder = dev.data.parent().unwrap().to_owned();
    dev.process.signal(Signal::HUP);
    assert_eq!(dev.process.ended().await.code, Some(0));
    assert!(!folder.exists());
}

#[tokio::test]
async fn whenever_a_signal_comes_nothing_stays_behind() {
    let directory = Directory::new();
    let temporary = directory.0.join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let env = [("AGENT_PORT", "0"), ("TMPDIR", temporary.to_str().unwrap())];
    for after in (0..60).step_by(4) {
        let process = Process::start(&directory.0, &["dev"], &env);
        tokio::time::sleep(Duration::from_millis(after)).await;
        // Not INT: what a shell without job control starts in the background begins with that ignored.
        process.signal(Signal::TERM);
        let ended = process.ended().await;
        let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().collect();
        assert!(left.is_empty(), "after {after} ms: {left:?}, {ended:?}");
    }
}
