//! The server is killed during writes, repeatedly: answered writes are stored, and no write is partial.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use super::process::{Server, all_workouts, call, result};
use crate::support::{
    postgres::Postgres,
    wait::{until, within},
    world::{World, on_both},
};

const WRITERS: u32 = 16;
const KILLS: usize = 6;
/// Answered writes between two kills.
const LIFE: usize = 40;

const EXERCISES: [&str; 5] = [
    "barbell-back-squat",
    "barbell-bench-press",
    "barbell-row",
    "pull-up",
    "leg-extension",
];

/// A unique workout for each write: five exercises of four sets.
fn workout(writer: u32, n: u32) -> (String, Value) {
    let sets = |exercise: u32| {
        let weight = f64::from(10 * n + exercise);
        let sets = [0.0, 0.25, 0.5, 0.75]
            .map(|more| json!({"reps": writer + 1, "weight": weight + more, "unit": "kg"}));
        Value::from(sets.to_vec())
    };
    let exercises = (0..).zip(EXERCISES);
    let exercises = exercises.map(|(at, id)| json!({"exercise_id": id, "sets": sets(at)}));
    let exercises: Vec<Value> = exercises.collect();
    let name = format!("Writer {writer}, workout {n}");
    (name.clone(), json!({"name": name, "exercises": exercises}))
}

/// The user of the writer.
fn user_of(writer: u32) -> &'static str {
    ["ann", "bob", "eve"][writer as usize % 3]
}

/// The outcome of a write, as its writer knows it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Done,
    Unknown,
    /// Refused: the database was busy.
    NotRun,
}

struct Shared {
    /// The URL of the server while it runs.
    url: watch::Sender<Option<String>>,
    answered: watch::Sender<usize>,
    over: AtomicBool,
}

/// Writes workouts in sequence until the end; returns their names and outcomes.
async fn write(writer: u32, shared: Arc<Shared>) -> Vec<(String, Value, Outcome)> {
    let http = reqwest::Client::builder().no_proxy().build();
    let http = http.expect("a client");
    let (mut told, mut n) = (Vec::new(), 0);
    while !shared.over.load(Ordering::SeqCst) {
        let url = until("the server is up", &shared.url, Clone::clone).await;
        let (name, mut arguments) = workout(writer, n);
        n += 1;
        let sent = arguments["exercises"].clone();
        arguments["user_id"] = user_of(writer).into();
        let answer = async {
            let request = call(&http, &url, "create_workout", &arguments);
            request.send().await.ok()?.text().await.ok()
        };
        let answer = within("an answer, or none for ever", answer).await;
        let Some(result) = answer.as_deref().and_then(result) else {
            told.push((name, sent, Outcome::Unknown));
            // Until the writers notice the kill.
            let mut up = shared.url.subscribe();
            let moved = up.wait_for(|now| now.as_deref() != Some(&*url));
            drop(within("the next server", moved).await);
            continue;
        };
        if result["isError"] == true {
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            assert!(text.contains("nothing was changed"), "{result:#}");
            told.push((name, sent, Outcome::NotRun));
            continue;
        }
        told.push((name, sent, Outcome::Done));
        shared.answered.send_modify(|answered| *answered += 1);
    }
    told
}

/// Kills and restarts the server at arbitrary moments during writes.
async fn chaos(database: &str) -> (Server, Vec<Vec<(String, Value, Outcome)>>) {
    let shared = Arc::new(Shared {
        url: watch::Sender::new(None),
        answered: watch::Sender::new(0),
        over: AtomicBool::new(false),
    });
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(writer, shared.clone())))
        .collect();
    let mut server = Server::start(database, &[]).await;
    for kill in 0..=KILLS {
        shared.url.send_replace(Some(server.url.clone()));
        let goal = *shared.answered.borrow() + LIFE;
        until("writes", &shared.answered, |answered| {
            (*answered >= goal).then_some(())
        })
        .await;
        if kill == KILLS {
            break;
        }
        sleep(Duration::from_micros(rand::random_range(0..20_000))).await;
        server.process.kill();
        shared.url.send_replace(None);
        server = Server::start(database, &[]).await;
    }
    shared.over.store(true, Ordering::SeqCst);
    let mut told = Vec::new();
    for writer in writers {
        told.push(within("the writer's end", writer).await.expect("no panic"));
    }
    (server, told)
}

/// The stored exercises by user and workout name.
async fn logged(url: &str, user: &str) -> BTreeMap<String, Vec<Value>> {
    let mut all: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for workout in all_workouts(url, user).await {
        let mut exercises = workout["exercises"].clone();
        for exercise in exercises.as_array_mut().expect("exercises") {
            exercise
                .as_object_mut()
                .expect("an exercise")
                .remove("name");
        }
        let name = workout["name"].as_str().expect("a name").to_owned();
        all.entry(name).or_default().push(exercises);
    }
    all
}

/// The number of rows per table, for all users.
async fn rows(database: &str) -> [i64; 3] {
    let postgres = database.starts_with("postgres");
    let url = if postgres {
        Postgres::shared().workouts_url(database)
    } else {
        database.to_owned()
    };
    let mut connection = AnyConnection::connect(&url).await.expect("connects");
    if !postgres {
        let check = sqlx::query("PRAGMA integrity_check").fetch_all(&mut connection);
        let check = check.await.expect("a check");
        let said: Vec<String> = check.iter().map(|row| row.get(0)).collect();
        assert_eq!(said, ["ok"]);
    }
    let mut counts = [0; 3];
    for (count, table) in counts
        .iter_mut()
        .zip(["workout", "workout_exercise", "workout_set"])
    {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        let row = sqlx::query(sql).fetch_one(&mut connection).await;
        *count = row.expect("a count").get(0);
    }
    counts
}

on_both!(
    kill_during_writes_loses_no_answered_write_and_leaves_none_partial,
    async |world: World| {
        let database = world.url.clone();
        world.db.close().await;
        let (server, told) = timeout(Duration::from_secs(180), chaos(&database))
            .await
            .expect("in good time");
        let [mut done, mut lost, mut kept] = [0; 3];
        let mut logs = BTreeMap::new();
        for user in ["ann", "bob", "eve"] {
            logs.insert(user, logged(&server.url, user).await);
        }
        for (writer, told) in (0..).zip(&told) {
            let log = logs.get_mut(user_of(writer)).expect("a log");
            for (name, sent, told) in told {
                // Exactly once and complete, or not at all.
                let found = log.remove(name).unwrap_or_default();
                match (told, found.as_slice()) {
                    (Outcome::Done, [exercises]) if exercises == sent => done += 1,
                    (Outcome::Unknown, []) => lost += 1,
                    (Outcome::NotRun, []) => {}
                    (Outcome::Unknown, [exercises]) if exercises == sent => kept += 1,
                    _ => panic!("{name}, {told:?}: sent {sent:#}, found {found:#?}"),
                }
            }
        }
        assert!(
            logs.values().all(BTreeMap::is_empty),
            "a user without writes: {logs:?}"
        );
        let total = done + lost + kept;
        eprintln!("{total} writes: {done} answered, {kept} kept without an answer, {lost} lost");
        assert!(total >= 200 && done > KILLS * LIFE, "{done} of {total}");
        assert!(lost + kept > 0, "every kill fell between two writes");
        server.stop().await;
        let workouts = i64::try_from(done + kept).expect("a count");
        assert_eq!(
            rows(&database).await,
            [workouts, 5 * workouts, 20 * workouts]
        );
    }
);
