//! Updating and deleting workouts.

use serde_json::{Value, json};

use crate::support::world::{Client, World, day, on_both};

async fn one(client: &Client) -> Value {
    let workout = json!({
        "name": "Legs", "notes": "tired", "performed_at": format!("{}T18:00:00Z", day(3)),
        "ended_at": format!("{}T19:00:00Z", day(3)),
        "exercises": [{"exercise_id": "squat", "notes": "belt", "superset_group": 2,
                       "sets": [{"reps": 5, "weight": 100, "unit": "kg"}]}],
    });
    let logged = client.call("create_workout", workout).await;
    logged.expect("logged")["workout"].take()
}

/// The only listed workout after `change`.
async fn after(client: &Client, id: &Value, mut change: Value) -> Value {
    change["workout_id"] = id.clone();
    let changed = client
        .call("update_workout", change)
        .await
        .expect("changed");
    let listed = client
        .call("list_workouts", json!({}))
        .await
        .expect("a list");
    assert_eq!(listed["workouts"], json!([changed["workout"]]));
    changed["workout"].clone()
}

on_both!(
    an_update_leaves_missing_fields_unchanged,
    async |world: World| {
        let ann = world.user("ann").await;
        let mut expected = one(&ann).await;
        let id = expected["id"].clone();
        assert_eq!(after(&ann, &id, json!({})).await, expected);
        let nulls = json!({"name": null, "notes": null, "exercises": null, "performed_at": null, "ended_at": null});
        assert_eq!(after(&ann, &id, nulls).await, expected);
        expected["name"] = json!("Leg day");
        assert_eq!(
            after(&ann, &id, json!({"name": " Leg day "})).await,
            expected
        );
        // The end moves with the start.
        expected["performed_at"] = json!(format!("{}T17:30:00Z", day(3)));
        expected["ended_at"] = json!(format!("{}T18:30:00Z", day(3)));
        let earlier = json!({"performed_at": format!("{}T17:30", day(3))});
        assert_eq!(after(&ann, &id, earlier).await, expected);
        let row = json!({"exercise_id": "barbell-row", "name": "Barbell Row",
                         "sets": [{"reps": 8, "weight": 60.0, "unit": "kg", "rpe": 7.5}]});
        expected["exercises"] = json!([row, row]);
        let same = json!({"exercise_id": "row", "sets": row["sets"]});
        assert_eq!(
            after(&ann, &id, json!({"exercises": [same, same]})).await,
            expected
        );
    }
);

on_both!(
    empty_text_clears_name_notes_and_end,
    async |world: World| {
        let ann = world.user("ann").await;
        let mut expected = one(&ann).await;
        let id = expected["id"].clone();
        for field in ["name", "notes", "ended_at"] {
            expected.as_object_mut().unwrap().shift_remove(field);
            assert_eq!(after(&ann, &id, json!({field: ""})).await, expected);
        }
        assert_eq!(
            after(&ann, &id, json!({"performed_at": ""})).await,
            expected
        );
    }
);

on_both!(a_rejected_update_changes_nothing, async |world: World| {
    let ann = world.user("ann").await;
    let id = one(&ann).await["id"].clone();
    let stored = world.stored().await;
    for (change, error) in [
        (
            json!({"exercises": []}),
            "exercises: has 0 exercises; it must have 1 to 50",
        ),
        (
            json!({"name": "x", "exercises": [{"exercise_id": "squat", "sets": []}]}),
            "exercises[0].sets: has 0 sets; it must have 1 to 100",
        ),
        (
            json!({"name": "x", "ended_at": day(5)}),
            "ended_at: is before performed_at",
        ),
        (
            json!({"name": "x", "ended_at": day(1)}),
            "ended_at: is more than a day after performed_at",
        ),
        (
            json!({"name": "x".repeat(201)}),
            "name: is longer than 200 characters",
        ),
    ] {
        let mut change = change;
        change["workout_id"] = id.clone();
        let refused = ann.call("update_workout", change).await;
        assert_eq!(refused.unwrap_err(), error);
        assert_eq!(world.stored().await, stored);
    }
});

on_both!(deleting_a_workout_deletes_its_sets, async |world: World| {
    let ann = world.user("ann").await;
    let (id, other) = (one(&ann).await["id"].clone(), one(&ann).await);
    let delete = json!({"workout_id": id});
    let deleted = ann.call("delete_workout", delete.clone()).await;
    assert_eq!(deleted.unwrap(), json!({"deleted": id}));
    let listed = ann.call("list_workouts", json!({})).await.unwrap();
    assert_eq!(listed["workouts"], json!([other]));
    assert_eq!(
        world.stored().await.len(),
        3,
        "one workout, exercise and set"
    );
    let again = ann.call("delete_workout", delete).await.unwrap_err();
    assert_eq!(
        again,
        format!("workout_id: the user has no workout {id}; list_workouts shows the ids")
    );
});

on_both!(
    a_stored_time_out_of_range_hides_no_other_workout,
    async |world: World| {
        let ann = world.user("ann").await;
        ann.lifted("squat", 3, "kg", &[(5, 100.0)]).await;
        let id = one(&ann).await["id"].clone();
        // Microseconds, by another program's mistake.
        let id_text = id.as_str().expect("an id");
        let columns = "performed_at = performed_at * 1000, ended_at = 9223372036854775807";
        let sql = format!("UPDATE workout SET {columns} WHERE id = '{id_text}'");
        world.run(&sql).await;
        let squats = json!({"exercise_id": "squat"});
        let history = ann.call("get_exercise_history", squats).await;
        let sessions = history.expect("a history")["sessions"].take();
        assert_eq!(sessions.as_array().map(Vec::len), Some(2), "{sessions}");
        let listed = ann.call("list_workouts", json!({})).await;
        let workouts = listed.expect("a list")["workouts"].take();
        assert_ne!(workouts, json!([]));
        let deleted = ann.call("delete_workout", json!({"workout_id": id})).await;
        deleted.expect("deleted");
    }
);
