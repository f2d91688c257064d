//! Calls with ids that were used before: the same call is not executed again, another one is refused.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::support::world::{Client, World, on_both, text};

/// The beginning of the error for a call with other arguments.
const REFUSED: &str =
    "a call of this turn id and tool-use id was executed before, with other arguments";

pub(super) fn ids(turn: &str, tool_use: &str) -> Value {
    json!({"fitness.progstrength/turn_id": turn, "fitness.progstrength/tool_use_id": tool_use})
}

fn workout(name: &str, weight: &Value) -> Value {
    json!({"name": name,
        "exercises": [{"exercise_id": "squat", "sets": [{"reps": 5, "weight": weight, "unit": "kg"}]}]})
}

/// A write tool, with arguments of two different calls to it.
pub(super) struct Writes {
    pub(super) tool: &'static str,
    pub(super) calls: [Value; 2],
}

/// Every tool that writes, for a user with workouts and a plan.
pub(super) async fn writes(user: &Client) -> Vec<Writes> {
    let mut workouts = Vec::new();
    for days in 1..=3 {
        workouts.push(user.lifted("squat", days, "kg", &[(5, 80.0)]).await);
    }
    let plan = json!({"name": "First", "based_on": "novice-5x5"});
    let plan = user.call("create_workout_plan", plan).await.expect("made");
    let plan = &plan["plan_id"];
    let mut deleted = [json!({}), json!({})];
    for call in &mut deleted {
        let plan = json!({"name": "Second", "based_on": "novice-5x5"});
        let plan = user.call("create_workout_plan", plan).await.expect("made");
        *call = json!({"plan_id": plan["plan_id"]});
    }
    let named = |name: &str| json!({"workout_id": workouts[0], "name": name});
    let march = json!({"name": "March", "primary_muscles": ["quads"]});
    user.call("create_exercise", march).await.expect("made");
    let all = [
        (
            "create_exercise",
            ["H", "I"]
                .map(|name| json!({"name": format!("{name} march"), "primary_muscles": ["abs"]})),
        ),
        (
            "update_exercise",
            ["seconds", "metres"]
                .map(|measure| json!({"exercise_id": "March", "measure": measure})),
        ),
        (
            "create_workout",
            [workout("A", &json!(60)), workout("A", &json!(61))],
        ),
        (
            "add_sets",
            [60, 61].map(|weight| {
                let sets = json!([{"reps": 5, "weight": weight, "unit": "kg"}]);
                json!({"workout_id": workouts[0], "exercise": "squat", "sets": sets})
            }),
        ),
        (
            "correct_set",
            [6, 7].map(
                |reps| json!({"workout_id": workouts[0], "exercise": "squat", "set": 1, "reps": reps}),
            ),
        ),
        ("update_workout", [named("B"), named("C")]),
        (
            "delete_workout",
            [
                json!({"workout_id": workouts[1]}),
                json!({"workout_id": workouts[2]}),
            ],
        ),
        (
            "import_workouts",
            [5, 6].map(|reps| {
                let csv = format!("Date,Exercise,Weight (kg),Reps\n2025-01-01,squat,100,{reps}\n");
                json!({"csv": csv, "dry_run": false})
            }),
        ),
        (
            "create_workout_plan",
            ["D", "E"].map(|name| json!({"name": name, "based_on": "novice-5x5"})),
        ),
        (
            "modify_plan",
            ["F", "G"].map(|name| json!({"plan_id": plan, "name": name})),
        ),
        (
            "activate_plan",
            ["deload-week", "novice-5x5"].map(|id| json!({"plan_id": id})),
        ),
        ("delete_plan", deleted),
        (
            "update_settings",
            ["kg", "lb"].map(|unit| json!({"units": unit})),
        ),
    ];
    all.into_iter()
        .map(|(tool, calls)| Writes { tool, calls })
        .collect()
}

#[test]
fn every_tool_that_writes_is_tested_here() {
    use prog_strength_agent::workout::tools::{Audience, listed};
    let writes = |tool: &rmcp::model::Tool| {
        let annotations = tool.annotations.as_ref().expect("annotations");
        annotations.read_only_hint != Some(true)
    };
    let listed = listed(Audience::User);
    let names: Vec<_> = listed
        .iter()
        .filter(|tool| writes(tool))
        .map(|tool| &*tool.name)
        .collect();
    assert_eq!(
        names,
        [
            "create_exercise",
            "update_exercise",
            "create_workout",
            "add_sets",
            "correct_set",
            "update_workout",
            "delete_workout",
            "import_workouts",
            "create_workout_plan",
            "modify_plan",
            "activate_plan",
            "delete_plan",
            "update_settings"
        ]
    );
}

on_both!(
    reused_ids_with_other_arguments_are_an_error_of_every_write_tool,
    async |world: World| {
        let ann = world.user("ann").await;
        for Writes { tool, calls } in writes(&ann).await {
            let done = ann
                .result(tool, calls[0].clone(), ids("turn", "call_1"))
                .await;
            assert_ne!(done.is_error, Some(true), "{tool}: {}", text(&done));
            let stored = world.stored().await;
            let refused = ann
                .result(tool, calls[1].clone(), ids("turn", "call_1"))
                .await;
            let said = text(&refused);
            assert!(
                refused.is_error == Some(true) && said.starts_with(REFUSED),
                "{tool}: {said}"
            );
            assert_eq!(world.stored().await, stored, "{tool}");
            let done = ann
                .result(tool, calls[1].clone(), ids("turn 2", "call_1"))
                .await;
            assert_ne!(done.is_error, Some(true), "{tool}: {}", text(&done));
            // Not executed again: the call in between stays.
            let stored = world.stored().await;
            let again = ann
                .result(tool, calls[0].clone(), ids("turn", "call_1"))
                .await;
            assert_ne!(again.is_error, Some(true), "{tool}: {}", text(&again));
            assert_eq!(world.stored().await, stored, "{tool}");
        }
    }
);

on_both!(
    a_chat_request_id_and_a_tool_use_id_do_not_name_a_call,
    async |world: World| {
        let ann = world.user("ann").await;
        let ids = json!({"fitness.progstrength/request_id": "r", "fitness.progstrength/tool_use_id": "call_1"});
        for weight in [60, 60, 61] {
            let logged = ann
                .result("create_workout", workout("A", &json!(weight)), ids.clone())
                .await;
            assert!(text(&logged).starts_with("Logged: "), "{}", text(&logged));
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM workout").await, 3);
    }
);

on_both!(
    repeating_a_call_whose_workout_was_deleted_logs_nothing,
    async |world: World| {
        let ann = world.user("ann").await;
        let call = workout("A", &json!(60));
        let logged = ann
            .result("create_workout", call.clone(), ids("t", "c"))
            .await;
        let id = logged.structured_content.expect("data")["workout"]["id"].take();
        ann.call("delete_workout", json!({"workout_id": id}))
            .await
            .expect("deleted");
        let again = ann.result("create_workout", call, ids("t", "c")).await;
        assert_eq!(
            text(&again),
            "this call: was executed before, and its workout was deleted since; nothing was changed"
        );
        assert_eq!(world.count("SELECT COUNT(*) FROM workout").await, 0);
    }
);

on_both!(a_failed_call_leaves_its_ids_free, async |world: World| {
    let ann = world.user("ann").await;
    let none = json!({"workout_id": "none"});
    let failed = ann.result("delete_workout", none, ids("t", "c")).await;
    assert_eq!(failed.is_error, Some(true));
    let id = ann.lifted("squat", 1, "kg", &[(5, 80.0)]).await;
    let done = ann
        .result("delete_workout", json!({"workout_id": id}), ids("t", "c"))
        .await;
    assert_ne!(done.is_error, Some(true), "{}", text(&done));
});

/// The same arguments in another spelling.
fn respelled(arguments: &Value) -> Value {
    match arguments {
        Value::Object(object) => {
            let entries = object.iter().rev();
            Value::Object(
                entries
                    .map(|(key, value)| (key.clone(), respelled(value)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(respelled).collect(),
        Value::Number(number) if number.to_string() == "60" => json!(60.0),
        other => other.clone(),
    }
}

/// Each call is the first of its ids, or an equal repetition, or refused; a refused one and a repetition change nothing.
async fn nothing_is_lost(world: &World, rng: &mut StdRng) {
    let users = [world.user("ann").await, world.user("bob").await];
    let tools = [writes(&users[0]).await, writes(&users[1]).await];
    let mut executed: HashMap<_, usize> = HashMap::new();
    let (mut created, mut repeated, mut refused) = (0, 0, 0);
    let before = world.count("SELECT COUNT(*) FROM workout").await;
    for _ in 0..150 {
        let user = rng.random_range(0..2);
        let Writes { tool, calls } = tools[user].choose(rng).expect("tools");
        let which = rng.random_range(0..2);
        let arguments = if rng.random() {
            respelled(&calls[which])
        } else {
            calls[which].clone()
        };
        let (turn, tool_use) = (
            ["t1", "t2"].choose(rng).unwrap(),
            ["c1", "c2"].choose(rng).unwrap(),
        );
        let stored = world.stored().await;
        let result = users[user]
            .result(tool, arguments, ids(turn, tool_use))
            .await;
        let (said, failed) = (text(&result), result.is_error == Some(true));
        let name = (user, *tool, *turn, *tool_use);
        match executed.get(&name) {
            None if failed => {
                // A workout or plan that is deleted by now, or a name that is taken.
                let expected = ["the user has no workout", "there is no plan", "is already"];
                assert!(expected.iter().any(|part| said.contains(part)), "{said}");
                assert_eq!(world.stored().await, stored);
            }
            None => {
                executed.insert(name, which);
                let created_one = i64::from(*tool == "create_workout");
                created += created_one - i64::from(*tool == "delete_workout");
                let data = result.structured_content.expect("data");
                created += data["added"].as_i64().unwrap_or(0);
                if created_one == 1 {
                    assert!(said.starts_with("Logged: "), "{said}");
                }
            }
            Some(earlier) => {
                assert_eq!(world.stored().await, stored);
                assert_eq!(failed, *earlier != which, "{tool}: {said}");
                assert!(!failed || said.starts_with(REFUSED), "{said}");
                if failed { refused += 1 } else { repeated += 1 }
            }
        }
    }
    assert!(
        repeated > 20 && refused > 20,
        "{repeated} repeated, {refused} refused"
    );
    assert_eq!(
        world.count("SELECT COUNT(*) FROM workout").await,
        before + created
    );
}

on_both!(
    random_calls_with_reused_ids_lose_nothing,
    async |world: World| {
        nothing_is_lost(&world, &mut StdRng::seed_from_u64(20_261_129)).await;
    }
);
