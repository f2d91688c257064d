//! Own exercises that an import makes of the names of a file.

use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{Client, World, on_both};

const HEADER: &str = "Date,Workout Name,Exercise Name,Set Order,Weight (kg),Reps";

on_both!(
    imports_at_once_create_each_exercise_once,
    async |world: World| {
        let ann = world.user("ann").await;
        let csv = format!("{HEADER}\n2025-01-01 10:00:00,P,Blorbo Machine,1,100,5\n");
        let call = || {
            let arguments = json!({"csv": csv, "dry_run": false, "create": true});
            ann.call("import_workouts", arguments)
        };
        let (a, b, c, d) = tokio::join!(call(), call(), call(), call());
        let added = [a, b, c, d].map(|report| report.expect("imported")["added"].clone());
        assert_eq!(added.iter().filter_map(Value::as_u64).sum::<u64>(), 1);
        let own = "SELECT COUNT(*) FROM user_exercise";
        assert_eq!(world.count(own).await, 1);
        assert_eq!(
            log(&ann).await,
            ["2025-01-01T10:00 P | Blorbo Machine: 5x100kg"]
        );
    }
);

on_both!(
    imports_at_once_through_two_servers_add_each_workout_once,
    async |world: World| {
        let other = World::on(world.url.clone(), None, 0).await;
        let (one, two) = (world.user("ann").await, other.user("ann").await);
        let csv = format!("{HEADER}\n2025-01-01 10:00:00,P,Blorbo Machine,1,100,5\n");
        let arguments = json!({"csv": csv, "dry_run": false, "create": true});
        let call = async |user: &Client| user.call("import_workouts", arguments.clone()).await;
        let (a, b, c, d) = tokio::join!(call(&one), call(&two), call(&one), call(&two));
        let added = [a, b, c, d].map(|report| report.expect("imported")["added"].clone());
        assert_eq!(added.iter().filter_map(Value::as_u64).sum::<u64>(), 1);
        assert_eq!(
            log(&one).await,
            ["2025-01-01T10:00 P | Blorbo Machine: 5x100kg"]
        );
    }
);

#[tokio::test]
async fn an_own_exercise_with_assistance_is_one_in_another_log_too() {
    let world = World::sqlite().await;
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let own = json!({"name": "Odd Helper", "primary_muscles": ["chest"], "load": "assistance"});
    ann.call("create_exercise", own).await.expect("created");
    ann.lifted("Odd Helper", 9, "kg", &[(8, 30.0)]).await;
    let exported = ann.call("export_workouts", json!({})).await.unwrap();
    let csv = exported["csv"].as_str().expect("a file");
    imported(&bob, csv, json!({"create": true})).await;
    let listed = json!({"query": "Odd Helper", "limit": 1});
    let listed = bob.call("list_exercises", listed).await.unwrap();
    assert_eq!(listed["exercises"][0]["load"], "assistance", "{listed}");
    let next = json!({"exercise": "Odd Helper", "target_reps": 8});
    let ours = ann.call("suggest_next_weight", next.clone()).await.unwrap();
    let theirs = bob.call("suggest_next_weight", next).await.unwrap();
    assert_eq!(theirs["weight"], ours["weight"]);
}

#[tokio::test]
async fn a_weight_below_nothing_is_assistance() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let csv = format!("{HEADER}\n2025-01-01 10:00:00,P,Odd Helper,1,-30,5\n");
    imported(&ann, &csv, json!({"create": true})).await;
    let own = json!({"query": "Odd Helper", "limit": 1});
    let own = ann.call("list_exercises", own).await.unwrap();
    assert_eq!(own["exercises"][0]["load"], "assistance", "{own}");
    assert_eq!(log(&ann).await, ["2025-01-01T10:00 P | Odd Helper: 5x30kg"]);
}
