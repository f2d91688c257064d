//! What must hold after all kills, as clients, the MCP server, the file store and the receiver of callbacks see it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    time::Duration,
};

use jiff::Timestamp;
use prog_strength_agent::{config::CallbackSecret, runs::callbacks::signature::verify};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    clients::Posted,
    fleet::Fleet,
    outside::{Outside, WRITES, call_id, file_id, file_name, response},
};
use crate::{
    runs::support::{CALLBACK_SECRET, RunsApp},
    support::answer::Answer,
};

/// For the runs that are left, and for callbacks that a killed process had begun: their lease must end.
const PATIENCE: Duration = Duration::from_secs(180);

/// What the kills have interrupted.
#[derive(Default)]
pub(super) struct Tally {
    runs: usize,
    attempts: u64,
    posts_repeated: usize,
    before_first_reply: usize,
    replies: usize,
    calls: usize,
    uploads: usize,
    callbacks: usize,
}

impl Tally {
    pub(super) fn covers_all_moments(&self) {
        let Self {
            before_first_reply,
            replies,
            calls,
            uploads,
            callbacks,
            ..
        } = *self;
        let all = [before_first_reply, replies, calls, uploads, callbacks];
        assert!(all.iter().all(|count| *count > 0), "{self}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} runs completed in {} attempts; cut off: {} before the first reply, {} replies, {} writes (told as unknown), \
             {} uploads, {} callbacks; {} posts were repeated",
            self.runs,
            self.attempts,
            self.before_first_reply,
            self.replies,
            self.calls,
            self.uploads,
            self.callbacks,
            self.posts_repeated
        )
    }
}

/// Waits for the ends of all runs and their callbacks, and checks everything.
pub(super) async fn check(outside: &Outside, fleet: &Fleet<'_>, posted: &[Posted]) -> Tally {
    let url = fleet.urls().borrow()[0].clone();
    let client = Client {
        http: reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client"),
        url,
    };
    let mut tally = Tally {
        replies: outside.world.claude.hang_ups(),
        ..Tally::default()
    };
    let mcp = &outside.world.mcp;
    let executions = mcp.remembers(|memory| memory.executions.clone());
    for posted in posted {
        let run = client.ended(posted).await;
        let run = Checked { posted, run: &run };
        run.result();
        run.journal(&mut tally);
        for round in 0..WRITES {
            run.write(round, &executions, &mut tally);
        }
        run.file(&client).await;
        tally.runs += 1;
        tally.posts_repeated += usize::from(posted.tries > 1);
    }
    no_other_runs(&client, posted).await;
    calls_have_their_ids(outside, posted);
    callbacks(outside, posted).await;
    tally.uploads = outside.files.cut_off();
    tally.callbacks = outside.callbacks.cut_off();
    tally
}

struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    async fn get(&self, owner: &str, path: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.url));
        let request = request.bearer_auth(RunsApp::token(owner));
        Answer::of(request).await.ok()
    }

    /// The run, found by its name, when it has ended.
    async fn ended(&self, posted: &Posted) -> Value {
        let path = format!("/runs/by-request/{}?trace=1", posted.name);
        let started = Instant::now();
        loop {
            let run = self.get(posted.owner, &path).await;
            if !run["completedAt"].is_null() {
                return run;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {run:#}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A run that has ended.
struct Checked<'a> {
    posted: &'a Posted,
    run: &'a Value,
}

impl Checked<'_> {
    fn result(&self) {
        let (run, posted) = (self.run, self.posted);
        assert_eq!(run["executionId"], posted.id, "{run:#}");
        assert_eq!(run["status"], "completed", "{run:#}");
        assert_eq!(run["response"], response(&posted.name), "{run:#}");
    }

    fn entries(&self) -> &[Value] {
        self.run["trace"].as_array().expect("a trace")
    }

    fn of_type<'a>(&'a self, kind: &str) -> Vec<&'a Value> {
        let entries = self.entries().iter();
        entries.filter(|entry| entry["type"] == kind).collect()
    }

    /// In order and without holes, with a beginning, an end, and an entry for each further attempt.
    fn journal(&self, tally: &mut Tally) {
        let (entries, run) = (self.entries(), self.run);
        for (seq, entry) in (1..).zip(entries) {
            assert_eq!(entry["seq"], json!(seq), "{run:#}");
        }
        let at = |entry: &Value| {
            entry["at"]
                .as_str()
                .expect("a time")
                .parse()
                .expect("a time")
        };
        let times = entries.iter().map(|entry| -> Timestamp { at(entry) });
        assert!(times.is_sorted(), "{run:#}");
        for kind in ["started", "text", "file", "completed"] {
            assert_eq!(self.of_type(kind).len(), 1, "{kind}: {run:#}");
        }
        let (first, last) = (&entries[0], &entries[entries.len() - 1]);
        assert_eq!([&first["type"], &last["type"]], ["started", "completed"]);
        let attempts = run["attempt"].as_u64().expect("a number");
        let retried = self.of_type("retried").into_iter();
        let retried: Vec<_> = retried.map(|it| (&it["attempt"], &it["reason"])).collect();
        let (numbers, reason): (Vec<Value>, _) = (
            (2..=attempts).map(Into::into).collect(),
            json!("interrupted"),
        );
        let expected: Vec<_> = numbers.iter().map(|number| (number, &reason)).collect();
        assert_eq!(retried, expected, "{run:#}");
        tally.attempts += attempts;
        tally.before_first_reply += usize::from(entries[1]["type"] == "retried");
    }

    /// The result of this call; it was made once.
    fn call_result(&self, id: &str) -> &Value {
        let of_call = |kind| -> Vec<_> {
            let entries = self.of_type(kind).into_iter();
            entries.filter(|entry| entry["id"] == id).collect()
        };
        let [call] = of_call("tool_call")[..] else {
            panic!("calls of {id}: {:#}", self.run)
        };
        let [result] = of_call("tool_result")[..] else {
            panic!("results of {id}: {:#}", self.run)
        };
        assert!(call["seq"].as_u64() < result["seq"].as_u64());
        result
    }

    /// Executed at most once, and told as what it was.
    fn write(&self, round: usize, executions: &HashMap<String, usize>, tally: &mut Tally) {
        let id = call_id(&self.posted.name, round);
        let executed = executions.get(&id).copied().unwrap_or_default();
        let result = self.call_result(&id);
        if result["isError"] == false {
            assert_eq!(executed, 1, "{id} is told as done");
            return;
        }
        assert!(executed <= 1, "{id} was executed {executed} times");
        let told = result["content"].to_string();
        assert!(told.contains("outcome unknown"), "{id}: {told}");
        tally.calls += 1;
    }

    /// The run's own, whole, once.
    async fn file(&self, client: &Client) {
        let (name, run) = (&self.posted.name, self.run);
        assert_eq!(
            self.call_result(&file_id(name))["isError"],
            false,
            "{run:#}"
        );
        let [file] = run["files"].as_array().expect("a list").as_slice() else {
            panic!("not one file: {run:#}");
        };
        assert_eq!(file["name"], file_name(name), "{run:#}");
        let url = file["url"]
            .as_str()
            .unwrap_or_else(|| panic!("not stored: {run:#}"));
        let stored = Answer::of(client.http.get(url)).await;
        assert_eq!(
            (stored.status.as_u16(), &stored.text),
            (200, name),
            "{run:#}"
        );
    }
}

/// What was posted several times is one run, and there are no others.
async fn no_other_runs(client: &Client, posted: &[Posted]) {
    let owners: HashSet<_> = posted.iter().map(|posted| posted.owner).collect();
    for owner in owners {
        let mut listed = HashSet::new();
        let mut path = "/runs?limit=100".to_owned();
        loop {
            let page = client.get(owner, &path).await;
            let runs = page["runs"].as_array().expect("a list").iter();
            listed.extend(runs.map(|run| run["executionId"].as_str().expect("an id").to_owned()));
            match page["before"].as_str() {
                Some(before) => path = format!("/runs?limit=100&before={before}"),
                None => break,
            }
        }
        let own = posted.iter().filter(|posted| posted.owner == owner);
        let own: HashSet<_> = own.map(|posted| posted.id.clone()).collect();
        assert_eq!(listed, own);
    }
}

/// Over all attempts, a call names its run and its owner.
fn calls_have_their_ids(outside: &Outside, posted: &[Posted]) {
    let posted: HashMap<_, _> = posted.iter().map(|it| (&*it.name, it)).collect();
    for call in outside.world.mcp.calls() {
        let name = call.arguments["name"].as_str().expect("a name");
        let posted = posted[name];
        assert_eq!(call.meta["fitness.progstrength/turn_id"], posted.id);
        assert_eq!(call.arguments["user_id"], posted.owner);
    }
}

/// Each run has a callback, which comes at least once, signed, and always with the same id.
async fn callbacks(outside: &Outside, posted: &[Posted]) {
    let secret = CallbackSecret::parse(CALLBACK_SECRET).expect("valid");
    let started = Instant::now();
    let mut told: HashMap<String, String> = HashMap::new();
    let mut seen = 0;
    loop {
        let received = outside.callbacks.received();
        for callback in &received[seen..] {
            let verified = verify(&secret, &callback.headers, &callback.body, callback.at);
            let id = verified.expect("a good signature");
            let body: Value = serde_json::from_slice(&callback.body).expect("JSON");
            assert_eq!(body["type"], "run.completed");
            let run = body["data"]["executionId"].as_str().expect("an id");
            let known = told.entry(run.to_owned()).or_insert_with(|| id.to_owned());
            assert_eq!(known, id, "another id for the same callback");
        }
        seen = received.len();
        if posted.iter().all(|posted| told.contains_key(&posted.id)) {
            break;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{} callbacks of {} runs",
            told.len(),
            posted.len()
        );
        sleep(Duration::from_millis(100)).await;
    }
    let ids: HashSet<_> = told.values().collect();
    assert_eq!((ids.len(), told.len()), (posted.len(), posted.len()));
}
