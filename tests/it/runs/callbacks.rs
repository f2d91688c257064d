//! Callbacks: signed, repeated, and guarded, with a real receiver.

pub(super) mod receiver;

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use ::http::Method;
use jiff::{SignedDuration, Timestamp};
use prog_strength_agent::{
    config::CallbackSecret,
    runs::{
        callbacks::{deliverer::Deliverer, signature::verify},
        metrics::RunMetrics,
        model::{Delivery, DeliveryState, End, Run, RunError},
        store::Store,
    },
    upstream::guard::Guard,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use self::receiver::Receiver;
use super::{
    stores::{both, ended, queued, user},
    support::RunsApp,
};
use crate::support::{
    answer::Answer,
    fake_claude::Reply,
    wait::{pass, within},
};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OLD_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

struct Running {
    stopping: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// `allow`: entries of `OUTBOUND_ALLOW`.
    fn start(store: &Store, allow: &[&str]) -> Self {
        let rules = allow.iter().map(|rule| rule.parse().expect("a rule"));
        let secrets = [SECRET, OLD_SECRET].map(|text| CallbackSecret::parse(text).expect("valid"));
        let metrics = RunMetrics::register(&mut Registry::default());
        let deliverer = Deliverer::new(store.clone(), Guard::new(rules), &secrets, metrics);
        let deliverer = deliverer.expect("a client");
        deliverer.handle().wake();
        let stopping = CancellationToken::new();
        let task = tokio::spawn(deliverer.run(stopping.clone()));
        Self { stopping, task }
    }

    async fn stop(self) {
        self.stopping.cancel();
        within("the deliverer stops", self.task)
            .await
            .expect("no panic");
    }
}

/// The only delivery of a run, when it is as asked for.
async fn delivery(store: &Store, run: &Run, is_due: impl Fn(&Delivery) -> bool) -> Delivery {
    within("the delivery", async {
        loop {
            let all = store.deliveries(&run.owner, run.id).await.expect("read");
            let [delivery] = &all.expect("the run")[..] else {
                panic!("not one delivery");
            };
            if is_due(delivery) {
                return delivery.clone();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

#[tokio::test]
async fn the_end_of_a_run_is_told_with_signatures_of_all_secrets() {
    for db in both().await {
        let receiver = Receiver::start(|_| (200, None)).await;
        let run = ended(&db.store, "ann", &receiver.url()).await;
        let running = Running::start(&db.store, &["127.0.0.1"]);
        let request = receiver.next().await;
        let delivered = delivery(&db.store, &run, |it| it.state != DeliveryState::Pending).await;
        for secret in [SECRET, OLD_SECRET] {
            let secret = CallbackSecret::parse(secret).expect("valid");
            let verified = verify(&secret, &request.headers, &request.body, Timestamp::now());
            assert_eq!(
                verified,
                Ok(delivered.id.to_string().as_str()),
                "{}",
                db.name
            );
        }
        assert_eq!(request.headers["content-type"], "application/json");
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let expected = json!({
            "type": "run.cancelled",
            "timestamp": run.completed_at.expect("an end").to_string(),
            "data": {"executionId": run.id.to_string(), "requestId": run.request_id, "status": "cancelled"},
        });
        assert_eq!(body, expected);
        assert_eq!(
            (delivered.state, delivered.attempts),
            (DeliveryState::Delivered, 1)
        );
        assert_eq!(delivered.last_status, Some(200));
        running.stop().await;
        assert_eq!(receiver.count(), 1);
    }
}

#[tokio::test]
async fn a_refused_callback_comes_again_when_the_receiver_asked_for_it_with_the_same_id() {
    for db in both().await {
        let receiver = Receiver::start(|number| match number {
            0 => (503, Some("1")),
            _ => (204, None),
        })
        .await;
        let run = ended(&db.store, "ann", &receiver.url()).await;
        let running = Running::start(&db.store, &["127.0.0.1"]);
        let (first, second) = (receiver.next().await, receiver.next().await);
        assert_eq!(first.headers["webhook-id"], second.headers["webhook-id"]);
        assert_eq!(first.body, second.body);
        let stamps = [&first, &second].map(|it| it.headers["webhook-timestamp"].clone());
        assert_ne!(stamps[0], stamps[1], "of each attempt");
        let delivered = delivery(&db.store, &run, |it| it.state != DeliveryState::Pending).await;
        assert_eq!(
            (delivered.state, delivered.attempts),
            (DeliveryState::Delivered, 2)
        );
        running.stop().await;
    }
}

#[tokio::test]
async fn a_failure_is_planned_again_and_a_redelivery_is_sent_at_once() {
    for db in both().await {
        let receiver = Receiver::start(|number| (if number == 0 { 500 } else { 200 }, None)).await;
        let run = ended(&db.store, "ann", &receiver.url()).await;
        let running = Running::start(&db.store, &["127.0.0.1"]);
        let first = receiver.next().await;
        let failed = delivery(&db.store, &run, |it| it.last_status.is_some()).await;
        assert_eq!(failed.state, DeliveryState::Pending);
        assert_eq!(
            failed.last_error.as_deref(),
            Some("the receiver answered 500")
        );
        let waits = failed.next_at.expect("a time") - failed.last_attempt_at.expect("a time");
        let secs = waits.total(jiff::Unit::Second).expect("seconds");
        assert!((4.9..=5.6).contains(&secs), "{secs}");
        let again = db
            .store
            .redeliver(&run.owner, run.id, failed.id, Timestamp::now())
            .await;
        assert_eq!(again.expect("stored").expect("known").id, failed.id);
        let second = receiver.next().await;
        assert_eq!(first.headers["webhook-id"], second.headers["webhook-id"]);
        running.stop().await;
    }
}

#[tokio::test]
async fn gone_ends_the_attempts_and_a_redirect_is_not_followed() {
    for db in both().await {
        let (gone, elsewhere) = (
            Receiver::start(|_| (410, None)).await,
            Receiver::start(|_| (200, None)).await,
        );
        let redirects = Receiver::redirecting(elsewhere.url()).await;
        let ended_gone = ended(&db.store, "ann", &gone.url()).await;
        let redirected = ended(&db.store, "ann", &redirects.url()).await;
        let running = Running::start(&db.store, &["127.0.0.1"]);
        let given_up = delivery(&db.store, &ended_gone, |it| it.last_status.is_some()).await;
        assert_eq!(
            (given_up.state, given_up.next_at),
            (DeliveryState::Failed, None)
        );
        let pending = delivery(&db.store, &redirected, |it| it.last_status.is_some()).await;
        assert_eq!(
            (pending.state, pending.last_status),
            (DeliveryState::Pending, Some(307))
        );
        running.stop().await;
        assert_eq!((gone.count(), elsewhere.count()), (1, 0));
    }
}

#[tokio::test]
async fn a_private_address_is_not_reached_unless_it_is_allowed() {
    let [db, _] = both().await;
    let receiver = Receiver::start(|_| (200, None)).await;
    let by_name = receiver.url().replace("127.0.0.1", "localhost");
    let runs = [
        ended(&db.store, "ann", &receiver.url()).await,
        ended(&db.store, "ann", &by_name.replace("http:", "https:")).await,
    ];
    let running = Running::start(&db.store, &["10.0.0.0/8"]);
    for run in &runs {
        let refused = delivery(&db.store, run, |it| it.last_error.is_some()).await;
        let error = refused.last_error.expect("an error");
        assert!(
            !error.contains("127.0.0.1") && !error.contains("localhost"),
            "{error}"
        );
        assert_eq!(refused.last_status, None);
    }
    running.stop().await;
    assert_eq!(receiver.count(), 0);
}

#[tokio::test]
async fn a_receiver_has_15_seconds_for_its_answer() {
    let [db, _] = both().await;
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", silent.local_addr().expect("bound"));
    let run = ended(&db.store, "ann", &url).await;
    let running = Running::start(&db.store, &["127.0.0.1"]);
    let _request = within("a callback", silent.accept())
        .await
        .expect("accepted");
    let began = Instant::now();
    pass(Duration::from_secs(14)).await;
    let waits = delivery(&db.store, &run, |_| true).await;
    assert_eq!(waits.last_attempt_at, None);
    pass(Duration::from_secs(2)).await;
    let given_up = delivery(&db.store, &run, |it| it.last_attempt_at.is_some()).await;
    let error = given_up.last_error.expect("an error");
    assert_eq!(error, "there was no answer within 15 seconds");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(17), "{took:?}");
    running.stop().await;
}

#[tokio::test]
async fn two_processes_send_each_callback_once() {
    for db in both().await {
        let receiver = Receiver::start(|_| (200, None)).await;
        let mut runs = Vec::new();
        for number in 0..40 {
            runs.push(ended(&db.store, &format!("user-{}", number % 5), &receiver.url()).await);
        }
        let other = db.another().await;
        let both = [&db.store, &other].map(|store| Running::start(store, &["127.0.0.1"]));
        for run in &runs {
            let done = delivery(&db.store, run, |it| it.state != DeliveryState::Pending).await;
            assert_eq!((done.state, done.attempts), (DeliveryState::Delivered, 1));
        }
        for running in both {
            running.stop().await;
        }
        let ids: HashSet<_> = receiver.ids().into_iter().collect();
        assert_eq!((ids.len(), receiver.count()), (40, 40), "{}", db.name);
        assert!(
            db.store
                .deliveries(&user("eve"), runs[0].id)
                .await
                .expect("read")
                .is_none()
        );
    }
}

#[tokio::test]
async fn each_end_of_a_run_has_its_type_and_status() {
    for db in both().await {
        let receiver = Receiver::start(|_| (200, None)).await;
        let now = Timestamp::now();
        let long_ago = now - SignedDuration::from_hours(48);
        let failed = End::Failed {
            error: RunError {
                code: "model_error".to_owned(),
                message: "No answer.".to_owned(),
            },
            response: None,
            stop_reason: None,
        };
        let completed = End::Completed {
            response: "Done.".to_owned(),
            stop_reason: None,
        };
        let mut expected = BTreeMap::new();
        for (end, status) in [(completed, "completed"), (failed, "failed")] {
            let run = queued(&db.store, "ann", Some(&receiver.url()), now).await;
            let claimed = db.store.claim(run.id, now).await.expect("claimed");
            let claim = claimed.expect("the run").claim;
            db.store.finish(&claim, end, || now).await.expect("ended");
            expected.insert(run.id.to_string(), status);
        }
        let run = queued(&db.store, "ann", Some(&receiver.url()), long_ago).await;
        let day = Duration::from_secs(86_400);
        db.store.expire(day, 9, now).await.expect("expired");
        expected.insert(run.id.to_string(), "expired");
        let running = Running::start(&db.store, &["127.0.0.1"]);
        for _ in 0..3 {
            let request = receiver.next().await;
            let body: Value = serde_json::from_slice(&request.body).expect("JSON");
            let id = body["data"]["executionId"].as_str().expect("an id");
            let status = expected.remove(id).expect("once");
            assert_eq!(body["type"], format!("run.{status}"), "{}", db.name);
            assert_eq!(body["data"]["status"], status);
        }
        running.stop().await;
    }
}

#[tokio::test]
async fn the_metrics_count_runs_attempts_files_and_callbacks_by_outcome() {
    let receiver = Receiver::start(|_| (200, None)).await;
    let app = RunsApp::builder()
        .env("OUTBOUND_ALLOW", "127.0.0.1")
        .start()
        .await;
    let file = json!({"path": "week.csv", "content": "day,kg"});
    app.claude.push(Reply::tool("toolu_1", "write_file", file));
    app.claude.push(Reply::text("Done."));
    let body = json!({"prompt": "hello", "callbackUrl": receiver.url()});
    let answer = app.prompt("sam", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    app.claude
        .push(Reply::error(400, "invalid_request_error", "no"));
    let failed = app.prompt("sam", &json!({"prompt": "hello"})).await;
    assert_eq!(failed.error(), (502, "run_failed"));
    receiver.next().await;
    let metrics = within("the metrics", async {
        loop {
            let metrics = Answer::of(app.request(Method::GET, "/metrics")).await.text;
            if metrics.contains("run_callbacks_total{") {
                return metrics;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let lines: Vec<_> = metrics.lines().collect();
    for line in [
        "runs_total{trigger=\"api\",status=\"completed\"} 1",
        "runs_total{trigger=\"api\",status=\"failed\"} 1",
        "run_attempts_total 2",
        "run_files_total{outcome=\"uploaded\"} 1",
        "run_callbacks_total{outcome=\"delivered\"} 1",
    ] {
        assert!(lines.contains(&line), "{line}\n{metrics}");
    }
}
