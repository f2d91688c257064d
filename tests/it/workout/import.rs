//! Import of training histories and export of the log: the tools, and the commands of the binary.

mod command;
mod conflicts;
mod errors;
mod export;
mod export_file;
mod formats;
mod histories;
mod kept;
mod own_names;
mod repeated;
mod units;

use serde_json::{Value, json};

use crate::support::world::Client;

/// The report of an import that is carried out, without a notice.
async fn imported(client: &Client, csv: &str, more: Value) -> Value {
    let mut arguments = json!({"csv": csv, "dry_run": false});
    for (name, value) in more.as_object().expect("an object") {
        arguments[name] = value.clone();
    }
    let report = client.call("import_workouts", arguments).await;
    report.expect("imported")
}

/// The workouts of the log, oldest first, each as a line: time, name, exercises with their sets.
async fn log(client: &Client) -> Vec<String> {
    let (mut lines, mut page) = (Vec::new(), json!({"limit": 100}));
    loop {
        let listed = client.call("list_workouts", page.clone()).await;
        let mut listed = listed.expect("listed");
        lines.extend(
            listed["workouts"]
                .as_array()
                .expect("a list")
                .iter()
                .map(line),
        );
        match listed["next_before"].take() {
            Value::Null => break,
            before => page["before"] = before,
        }
    }
    lines.reverse();
    lines
}

fn line(workout: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let exercises = workout["exercises"].as_array().expect("a list").iter();
    let exercises = exercises.map(|exercise| {
        let sets = exercise["sets"].as_array().expect("a list").iter();
        let sets = sets.map(|set| {
            let warm_up = if set["is_warmup"] == true { "w" } else { "" };
            let kind = set["kind"].as_str().map(|kind| format!("({kind})"));
            let kind = kind.unwrap_or_default();
            let rir = set["rir"].as_f64().map(|rir| format!("~{rir}"));
            let rir = rir.unwrap_or_default();
            let rpe = set["rpe"].as_f64();
            let rpe = rpe.map_or_else(String::new, |rpe| format!("@{rpe}"));
            let (reps, weight) = (&set["reps"], set["weight"].as_f64().expect("a weight"));
            format!(
                "{warm_up}{reps}x{weight}{}{rpe}{rir}{kind}",
                text(&set["unit"])
            )
        });
        let sets: Vec<String> = sets.collect();
        let superset = exercise["superset_group"].as_i64();
        let superset = superset.map_or_else(String::new, |group| format!("#{group}"));
        let notes = exercise["notes"].as_str();
        let notes = notes.map_or_else(String::new, |notes| format!(" [{notes}]"));
        format!(
            "{}{superset}: {}{notes}",
            text(&exercise["name"]),
            sets.join(" ")
        )
    });
    let exercises: Vec<String> = exercises.collect();
    let ended = workout["ended_at"]
        .as_str()
        .map(|end| format!("..{}", &end[11..16]));
    let notes = workout["notes"].as_str().map(|notes| format!(" [{notes}]"));
    format!(
        "{}{} {}{} | {}",
        &text(&workout["performed_at"])[..16],
        ended.unwrap_or_default(),
        text(&workout["name"]),
        notes.unwrap_or_default(),
        exercises.join(" | ")
    )
}
