//! Collectors that are away, and the process: what it logs, and how it ends.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tokio::time::Instant;

use crate::support::{
    fake_claude::Reply,
    otlp::{Collector, Conduct, only},
    service::{Service, sams_token},
    test_app::user,
};

const LOST: &str = "spans are lost: the collector of traces did not take them";

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("JSON")
}

/// Answers some chats, each of which takes no longer than it would without a collector.
async fn chats(service: &Service, number: usize) {
    for at in 0..number {
        service.claude.push(Reply::text("hi"));
        let began = Instant::now();
        let id = format!("r{at}");
        let (status, _) = service.chat(&sams_token(), &id, &user("hello")).await;
        assert_eq!(status, 200);
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{:?}",
            began.elapsed()
        );
    }
}

fn lost(service: &Service) -> Vec<Value> {
    let lines = service.process.lines();
    let lines = lines.iter().map(|line| json(line));
    lines.filter(|line| line["message"] == LOST).collect()
}

/// Ends the process; how long that took.
async fn end(service: Service) -> Duration {
    let began = Instant::now();
    service.process.signal(Signal::TERM);
    assert_eq!(service.process.ended().await.code, Some(0));
    began.elapsed()
}

#[tokio::test]
async fn a_collector_that_fails_costs_spans_and_one_warning_and_no_time() {
    for (conduct, why) in [
        (Conduct::Hangs, "it did not answer in time"),
        (Conduct::Answers(503), "it answered 503 Service Unavailable"),
    ] {
        let collector = Collector::that(conduct).await;
        let mut settings = collector.settings().to_vec();
        settings.push(("OTEL_EXPORTER_OTLP_TIMEOUT", "200"));
        let service = Service::start(&[], &settings).await;
        chats(&service, 1).await;
        let line = service.process.logged(LOST).await;
        assert_eq!(line["error"], why);
        assert!(line["lost"].as_u64().is_some_and(|lost| lost > 0), "{line}");
        chats(&service, 3).await;
        collector.requests(2).await;
        assert_eq!(lost(&service).len(), 1);
        let took = end(service).await;
        assert!(took < Duration::from_secs(4), "{took:?}");
    }
}

#[tokio::test]
async fn a_collector_that_is_not_there_costs_spans_and_one_warning() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("bound").port()
    };
    let url = format!("http://127.0.0.1:{port}");
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
        ("OTEL_BSP_SCHEDULE_DELAY", "20"),
    ];
    let service = Service::start(&[], &settings).await;
    chats(&service, 3).await;
    let line = service.process.logged(LOST).await;
    assert_eq!(line["error"], "it cannot be reached");
    assert_eq!(lost(&service).len(), 1);
    assert!(end(service).await < Duration::from_secs(4));
}

#[tokio::test]
async fn a_process_does_not_wait_at_its_end_for_a_collector_that_fails() {
    let collector = Collector::that(Conduct::AnswersOnce(503)).await;
    let service = Service::start(&[], &collector.settings()).await;
    chats(&service, 1).await;
    service.process.logged(LOST).await;
    chats(&service, 1).await;
    // It is not answered for ten seconds.
    collector.requests(2).await;
    service.process.signal(Signal::TERM);
    let ended = service.process.ended().await;
    assert_eq!(ended.code, Some(0));
    let waited = "the last spans may be lost";
    assert!(
        !ended.out.iter().any(|line| line.contains(waited)),
        "{ended:?}"
    );
}

#[tokio::test]
async fn spans_that_wait_are_exported_before_the_process_ends() {
    let collector = Collector::start().await;
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url),
        ("OTEL_BSP_SCHEDULE_DELAY", "600000"),
    ];
    let service = Service::start(&[], &settings).await;
    chats(&service, 1).await;
    assert_eq!(collector.received(|received| received.spans.len()), 0);
    end(service).await;
    let spans = collector.received(|received| received.spans.clone());
    only(&spans, "POST /chat");
    only(&spans, "invoke_agent prog-strength");
}

#[tokio::test]
async fn the_log_lines_of_a_traced_request_carry_the_id_of_its_trace() {
    let collector = Collector::start().await;
    let service = Service::start(&[], &collector.settings()).await;
    chats(&service, 1).await;
    let line = service.process.logged("chat").await;
    let spans = collector.spans("POST /chat", 1).await;
    assert_eq!(line["span"]["trace_id"], only(&spans, "POST /chat").trace);
    assert_eq!(line["span"]["request_id"], "r0");
}
