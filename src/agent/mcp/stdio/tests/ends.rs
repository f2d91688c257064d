//! The end of a session is the end of its process and of all that it has started.

use super::*;

/// Of a server and of its child, which ignores SIGTERM.
async fn spawned(session: &Session) -> Vec<i32> {
    let pids = pids(&session.text("spawn", json!({})).await);
    assert!(
        pids.len() == 2 && pids.iter().all(|pid| is_alive(*pid)),
        "{pids:?}"
    );
    assert_eq!(session.recorded(), 1);
    pids
}

#[tokio::test]
async fn children_and_grandchildren_are_gone_when_a_session_is_closed() {
    let session = Session::start("");
    let pids = spawned(&session).await;
    session.mcp.close().await;
    let left: Vec<_> = pids.iter().filter(|pid| is_alive(**pid)).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(session.recorded(), 0);
}

#[tokio::test]
async fn a_process_that_ignores_the_end_of_its_input_and_sigterm_is_killed() {
    let session = Session::start("stubborn");
    let pids = spawned(&session).await;
    let began = Instant::now();
    session.mcp.close().await;
    let took = began.elapsed();
    assert!(
        took >= Duration::from_secs(4) && took < Duration::from_secs(8),
        "{took:?}"
    );
    assert!(!pids.iter().any(|pid| is_alive(*pid)), "{pids:?}");
    assert_eq!(session.recorded(), 0);
}

#[tokio::test]
async fn a_process_that_ends_with_its_input_is_not_waited_for() {
    let session = Session::start("");
    session.text("pid", json!({})).await;
    let began = Instant::now();
    session.mcp.close().await;
    assert!(
        began.elapsed() < Duration::from_secs(2),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(session.recorded(), 0);
}

#[tokio::test]
async fn grandchildren_of_a_process_that_dies_are_ended() {
    let session = Session::start("");
    let pids = spawned(&session).await;
    assert_eq!(session.call("crash", json!({})).await.label(), "unknown");
    until("all are gone", || !pids.iter().any(|pid| is_alive(*pid))).await;
    until("the record is removed", || session.recorded() == 0).await;
    session.mcp.close().await;
}

#[tokio::test]
async fn a_session_that_is_dropped_ends_its_processes() {
    let session = Session::start("");
    let pids = spawned(&session).await;
    let Session { base, mcp } = session;
    drop(mcp);
    until("all are gone", || !pids.iter().any(|pid| is_alive(*pid))).await;
    drop(base);
}

#[test]
fn the_end_of_the_runtime_kills_the_processes() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (session, pids) = runtime.block_on(async {
        let session = Session::start("stubborn");
        let pids = spawned(&session).await;
        (session, pids)
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(until("all are gone", || {
        !pids.iter().any(|pid| is_alive(*pid))
    }));
    assert_eq!(session.recorded(), 0);
}
