//! Units of weights that a file does not say: asked for, unless the user's settings, the log or the weights tell.

use std::fmt::Write;

use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{Client, World, on_both};

fn counts(report: &Value) -> [&Value; 4] {
    ["added", "changed", "already_there", "kept"].map(|count| &report[count])
}

const UNITLESS: &str =
    "Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds";

/// A file of Strong's that says no units.
fn unitless(rows: &[&str]) -> String {
    format!("{UNITLESS}\n{}\n", rows.join("\n"))
}

const BENCH: &str = "2025-01-01 10:00:00,A,1h,Bench Press (Barbell),1,80,5,0,0";
const RUN: &str = "2025-01-02 10:00:00,B,1h,Running,1,0,0,2,600";

on_both!(
    the_same_file_again_changes_no_unit_whatever_the_settings_are_now,
    async |world: World| {
        let ann = world.user("ann").await;
        let csv = unitless(&[BENCH, RUN]);
        imported(&ann, &csv, json!({"weight_unit": "kg"})).await;
        let logged = log(&ann).await;
        ann.call("update_settings", json!({"units": "lb"}))
            .await
            .unwrap();
        let again = imported(&ann, &csv, json!({})).await;
        assert_eq!(counts(&again), [0, 0, 2, 0], "{again}");
        assert_eq!(
            again["weights"],
            "kg: as in the log, which has 2 of these workouts; the file does not say; weight_unit decides"
        );
        assert_eq!(log(&ann).await, logged);
        // What is new or has grown is in the unit of the rest, typical of pounds or not.
        let longer = unitless(&[
            BENCH,
            "2025-01-01 10:00:00,A,1h,Bench Press (Barbell),2,135,5,0,0",
            RUN,
            "2025-01-03 10:00:00,A,1h,Bench Press (Barbell),1,225,5,0,0",
        ]);
        assert_eq!(
            counts(&imported(&ann, &longer, json!({})).await),
            [1, 1, 1, 0]
        );
        assert_eq!(
            log(&ann).await,
            [
                "2025-01-01T10:00..11:00 A | Barbell Bench Press: 5x80kg 5x135kg".to_owned(),
                logged[1].clone(),
                "2025-01-03T10:00..11:00 A | Barbell Bench Press: 5x225kg".to_owned(),
            ]
        );
    }
);

#[tokio::test]
async fn each_workout_keeps_the_unit_that_it_was_imported_in() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let rows = [
        BENCH,
        "2025-01-03 10:00:00,A,1h,Bench Press (Barbell),1,90,5,0,0",
        "2025-01-05 10:00:00,A,1h,Bench Press (Barbell),1,95,5,0,0",
    ];
    for (rows, unit) in [(&rows[..1], "lb"), (&rows[1..], "kg")] {
        imported(&ann, &unitless(rows), json!({"weight_unit": unit})).await;
    }
    let logged = log(&ann).await;
    let again = imported(&ann, &unitless(&rows), json!({})).await;
    assert_eq!(counts(&again), [0, 0, 3, 0], "{again}");
    let weights = again["weights"].as_str().unwrap();
    assert!(
        weights.starts_with("kg: as in the log, which has 3 of these workouts, 1 of them in lb"),
        "{weights}"
    );
    assert_eq!(log(&ann).await, logged);
}

#[tokio::test]
async fn another_unit_that_is_asked_for_is_reported_and_the_same_weight_is_no_change() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    imported(&ann, &unitless(&[BENCH]), json!({"weight_unit": "kg"})).await;
    let report = imported(&ann, &unitless(&[BENCH]), json!({"weight_unit": "lb"})).await;
    assert_eq!(counts(&report), [0, 1, 0, 0]);
    assert_eq!(
        report["notice"],
        "of the workouts that are updated, 1 have the same numbers in another unit (80 kg in the log, 80 lb in the file)"
    );
    let said = |unit: &str, weight: &str| {
        let header = UNITLESS.replace("Weight", &format!("Weight ({unit})"));
        let row = BENCH.replace(",80,", weight).replace("01-01", "01-05");
        format!("{header}\n{row}\n")
    };
    imported(&ann, &said("kg", ",100,"), json!({})).await;
    let same = imported(&ann, &said("lbs", ",220.46,"), json!({})).await;
    assert_eq!(counts(&same), [0, 0, 1, 0], "{same}");
}

/// A file that says no units, with a workout for each weight.
fn weights(weights: &[f64]) -> String {
    let mut csv = UNITLESS.to_owned();
    for (day, weight) in weights.iter().enumerate() {
        let date = jiff::civil::date(2020, 1, 1);
        let date = date.saturating_add(jiff::Span::new().days(i64::try_from(day).unwrap()));
        let _ = write!(
            csv,
            "\n{date} 10:00:00,A,1h,Bench Press (Barbell),1,{weight},5,0,0"
        );
    }
    csv
}

async fn previewed(user: &Client, csv: &str, more: Value) -> Value {
    let mut arguments = json!({"csv": csv});
    for (name, value) in more.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    user.call("import_workouts", arguments)
        .await
        .expect("a preview")
}

on_both!(
    weights_that_may_be_either_are_asked_for_and_not_guessed,
    async |world: World| {
        let ann = world.user("ann").await;
        let mut either = [60.0, 80.0, 100.0, 100.0, 100.0].repeat(60);
        either.push(95.0);
        let csv = weights(&either);
        let preview = previewed(&ann, &csv, json!({})).await;
        assert_eq!(
            preview["weights"],
            "kg or lb: the file does not say, its 301 weights may be either, and neither the user's settings nor the log tell; \
             weight_unit does"
        );
        let notice = preview["notice"].as_str().unwrap();
        assert!(
            notice.contains("weight_unit is needed: are the weights in kg or in lb?"),
            "{notice}"
        );
        let refused = json!({"csv": csv, "dry_run": false});
        let refused = ann.call("import_workouts", refused).await.unwrap_err();
        assert!(
            refused.starts_with("weight_unit: is needed: kg or lb: the file does not say"),
            "{refused}"
        );
        assert_eq!(world.stored().await, [""; 0]);
        assert_eq!(
            previewed(&ann, &csv, json!({"weight_unit": "lbs"})).await["weights"],
            "lb: as asked"
        );

        // What the log has decides, and before it the user's setting.
        ann.lifted("squat", 9, "lb", &[(5, 225.0)]).await;
        let preview = previewed(&ann, &csv, json!({})).await;
        assert_eq!(
            preview["weights"],
            "lb: as nearly all weights of the log; the file does not say; weight_unit decides"
        );
        ann.call("update_settings", json!({"units": "kg"}))
            .await
            .unwrap();
        let preview = previewed(&ann, &csv, json!({})).await;
        assert_eq!(
            preview["weights"],
            "kg: the user's setting; the file does not say"
        );
    }
);

#[tokio::test]
async fn weights_that_are_clear_tell_their_unit() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let kilograms: Vec<f64> = (20..60).map(|n| f64::from(n) * 2.5).collect();
    let preview = previewed(&ann, &weights(&kilograms), json!({})).await;
    assert_eq!(
        preview["weights"],
        "kg: 20 of 39 weights above 50 have halves (62.5); the file does not say; weight_unit decides"
    );
    let pounds = [45.0, 95.0, 135.0, 185.0, 225.0, 200.0].repeat(10);
    let preview = previewed(&ann, &weights(&pounds), json!({})).await;
    assert_eq!(
        preview["weights"],
        "lb: 50 of 60 are loads of 45 and 25 lb plates (135, 185, 225), which stand out; the file does not say; weight_unit decides"
    );
    // Nothing has to be told of what weighs nothing.
    let report = imported(&ann, &weights(&[0.0]), json!({})).await;
    assert_eq!(report["weights"], "no weights");
}

on_both!(
    what_one_user_has_imported_decides_nothing_for_another,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let csv = unitless(&[BENCH, RUN]);
        imported(&ann, &csv, json!({"weight_unit": "lb"})).await;
        let file = json!({"csv": csv, "dry_run": false});
        let bobs = bob.call("import_workouts", file).await.unwrap_err();
        assert!(bobs.starts_with("weight_unit: is needed"), "{bobs}");
    }
);
