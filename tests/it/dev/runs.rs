//! The runs server of `dev`.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Dev;
use crate::support::{answer::Answer, process::Directory};

impl Dev {
    fn runs(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.runs));
        request.bearer_auth(&self.token)
    }

    /// The run, once it has ended.
    async fn ended_run(&self, begun: &Value) -> Value {
        let id = begun["executionId"].as_str().unwrap();
        let request = self.runs(Method::GET, &format!("/runs/{id}?wait=30&trace=1"));
        Answer::of(request).await.ok()
    }
}

#[tokio::test]
async fn demo_user_has_the_skill_whose_run_writes_the_week() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let skills = Answer::of(dev.runs(Method::GET, "/skills")).await.ok();
    let [skill] = &skills["skills"].as_array().unwrap()[..] else {
        panic!("{skills}")
    };
    assert_eq!(skill["name"], "weekly-review");
    assert_eq!(skill["nextRuns"].as_array().unwrap().len(), 3);

    let path = format!("/skills/{}/run", skill["id"].as_str().unwrap());
    let request = dev.runs(Method::POST, &path).json(&json!({"async": true}));
    let begun = Answer::of(request).await;
    assert_eq!(begun.status, 202);
    let run = dev
        .ended_run(&serde_json::from_str(&begun.text).unwrap())
        .await;
    assert_eq!(run["status"], "completed", "{run}");
    let said = run["response"].as_str().unwrap();
    assert!(said.contains("offline stand-in"), "{said}");
    let files = run["files"].as_array().unwrap();
    let names: Vec<&str> = files
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["review.md", "week.csv"]);
    for (file, begins) in files
        .iter()
        .zip(["# The week from ", "date,workout,exercise,sets\r\n"])
    {
        // The URL is signed: no token.
        let answer = Answer::of(dev.http.get(file["url"].as_str().unwrap())).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.starts_with(begins), "{}", answer.text);
        assert!(answer.text.lines().count() > 3, "{}", answer.text);
    }
    let called = run["trace"].as_array().unwrap().iter();
    let called: Vec<&str> = called
        .filter(|entry| entry["type"] == "tool_call")
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        called,
        [
            "prog_strength__list_workouts",
            "prog_strength__check_volume_landmarks",
            "prog_strength__check_volume_landmarks",
            "write_file",
            "write_file"
        ]
    );
}

#[tokio::test]
async fn stand_in_answers_runs_as_it_answers_chats() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let question = "What weight should I use for squats today?";
    let request = dev.runs(Method::POST, "/webhook");
    let run = Answer::of(request.json(&json!({"prompt": question})))
        .await
        .ok();
    assert_eq!(run["response"], dev.says(question).await);
}

#[tokio::test]
async fn taken_port_is_replaced_by_a_free_one() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let dev = Dev::start(&Directory::new(), &[], &[("PORT", &port)]).await;
    assert!(!dev.runs.ends_with(&format!(":{port}")), "{}", dev.runs);
    let answer = Answer::of(dev.runs(Method::GET, "/health")).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn page_of_this_dev_alone_may_call_the_runs_server() {
    let dev = Dev::start(&Directory::new(), &[], &[]).await;
    let allowed = async |origin: &str| {
        let request = dev.runs(Method::OPTIONS, "/runs");
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let answer = Answer::of(request.header(
            "access-control-request-headers",
            "authorization,last-event-id",
        ))
        .await;
        answer
            .header("access-control-allow-origin")
            .map(str::to_owned)
    };
    for origin in [dev.url.clone(), dev.url.replace("localhost", "127.0.0.1")] {
        assert_eq!(allowed(&origin).await, Some(origin));
    }
    assert_eq!(allowed("http://localhost:1").await, None);
}
