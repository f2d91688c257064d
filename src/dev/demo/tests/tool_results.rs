//! The tools' results about the demo training, on every weekday.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    database::{database, noon},
    *,
};
use crate::{workout::catalogue::Catalogue, workout::context::ToolContext, workout::tools};

/// The tool's result for the demo user.
pub(super) async fn call(db: &Database, now: Timestamp, tool: &str, arguments: Value) -> Value {
    let catalogue = Catalogue::load(db.pool()).await.unwrap();
    let ctx = ToolContext {
        db,
        shared: &catalogue,
        user: Some(&user().unwrap()),
        now,
        zone: None,
        default_zone: jiff::tz::TimeZone::UTC,
        call: None,
    };
    let arguments = arguments.as_object().cloned().unwrap();
    let answer = tools::find(tool).unwrap().run(&ctx, arguments).await;
    answer.unwrap().data
}

/// A database filled on this day, queried at its noon.
struct Filled {
    db: Database,
    now: Timestamp,
    _folder: tempfile::TempDir,
}

impl Filled {
    async fn new(today: Date) -> Self {
        let ((db, folder), now) = (database().await, noon(today));
        assert!(fill(&db, now, &denver()).await.unwrap());
        Self {
            db,
            now,
            _folder: folder,
        }
    }

    async fn progress(&self, lift: &str, days: i64) -> Value {
        let arguments = json!({"exercise": lift, "time_period_days": days});
        call(&self.db, self.now, "analyze_progress", arguments).await
    }

    async fn next(&self, lift: &str, reps: i64) -> Value {
        let arguments = json!({"exercise": lift, "target_reps": reps});
        call(&self.db, self.now, "suggest_next_weight", arguments).await
    }

    async fn volume(&self, week: Date) -> BTreeMap<String, Value> {
        let arguments = json!({"week": week.to_string()});
        let mut report = call(&self.db, self.now, "check_volume_landmarks", arguments).await;
        assert_eq!(report["complete"], true);
        let muscles = report["muscles"].as_array_mut().unwrap().drain(..);
        let named = |m: Value| (m["muscle"].as_str().unwrap().to_owned(), m);
        muscles.map(named).collect()
    }
}

/// Each weekday, and a turn of the year.
fn days() -> Vec<Date> {
    let week = (16..=22).map(|day| date(2026, 11, day));
    week.chain([date(2027, 1, 1)]).collect()
}

fn slope(progress: &Value) -> f64 {
    progress["e1rm"]["slope_per_week"].as_f64().unwrap()
}

/// Last weight, reason, suggested weight.
fn suggestion(next: &Value) -> Value {
    json!([next["last_weight"], next["reason"], next["weight"]])
}

#[tokio::test]
async fn the_bench_press_rises_over_every_period() {
    for today in days() {
        let demo = Filled::new(today).await;
        for days in [30, 60, 90, 210] {
            let progress = demo.progress("barbell-bench-press", days).await;
            assert_eq!(progress["plateau"], "no", "{today} {days}");
            assert!(slope(&progress) >= 0.5, "{today} {days}: {progress}");
            assert_eq!(progress["unit"], "lb");
        }
        let next = demo.next("barbell-bench-press", 5).await;
        assert_eq!(
            suggestion(&next),
            json!([185.0, "step_up", 190.0]),
            "{today}"
        );
    }
}

#[tokio::test]
async fn the_overhead_press_rose_and_then_stalled() {
    for today in days() {
        let demo = Filled::new(today).await;
        for (days, plateau) in [(30, "yes"), (56, "yes"), (210, "no")] {
            let progress = demo.progress("barbell-overhead-press", days).await;
            assert_eq!(progress["plateau"], plateau, "{today} {days}: {progress}");
        }
        let next = demo.next("barbell-overhead-press", 5).await;
        assert_eq!(
            suggestion(&next),
            json!([115.0, "back_off", 105.0]),
            "{today}"
        );
    }
}

#[tokio::test]
async fn next_squat_weight_is_a_step_up() {
    for today in days() {
        let demo = Filled::new(today).await;
        for reps in [5, 10] {
            let next = demo.next("barbell-back-squat", reps).await;
            assert_eq!(
                suggestion(&next),
                json!([220.0, "step_up", 230.0]),
                "{today}"
            );
        }
        let progress = demo.progress("barbell-back-squat", 60).await;
        assert_eq!(progress["plateau"], "no", "{today}");
    }
}

#[tokio::test]
async fn the_deadlift_rises_more_slowly_than_the_bench_press() {
    let demo = Filled::new(date(2026, 11, 20)).await;
    let gain = async |lift: &str| {
        let progress = demo.progress(lift, 217).await;
        let e1rm = |at: &str| progress["e1rm"][at].as_f64().unwrap();
        e1rm("latest") / e1rm("first")
    };
    let (bench, dead) = (
        gain("barbell-bench-press").await,
        gain("barbell-deadlift").await,
    );
    assert!(1.05 < dead && dead < bench, "{dead} {bench}");
}

#[tokio::test]
async fn last_week_has_high_chest_and_low_calf_volume() {
    for today in days() {
        let demo = Filled::new(today).await;
        let week = dates::monday_of(today).saturating_sub(7.days());
        let muscles = demo.volume(week).await;
        for (muscle, sets, zone) in [
            ("chest", 21, "over_recoverable"),
            ("calves", 4, "below_productive"),
            ("hamstrings", 12, "near_recoverable"),
            ("quads", 9, "productive"),
        ] {
            let found = &muscles[muscle];
            let found = json!([found["direct"], found["zone"]]);
            assert_eq!(found, json!([sets, zone]), "{today} {muscle}");
        }
        let before = demo.volume(week.saturating_sub(63.days())).await;
        assert_eq!(before["chest"]["zone"], "productive", "{today}");
    }
}

#[tokio::test]
async fn lift_in_both_units_is_reported_in_kilograms() {
    for today in days() {
        let progress = Filled::new(today)
            .await
            .progress("lying-leg-curl", 120)
            .await;
        assert_eq!([&progress["unit"], &progress["plateau"]], ["kg", "no"]);
    }
}

#[tokio::test]
async fn pull_ups_have_no_estimate_but_more_reps() {
    for today in days() {
        let progress = Filled::new(today).await.progress("pull-up", 217).await;
        assert_eq!(progress["e1rm"], Value::Null);
        assert_eq!(progress["best_sets"][0]["weight"], 0.0);
        let reps = progress["best_sets"][0]["reps"].as_i64().unwrap();
        assert!(reps >= 10, "{today}: {progress}");
    }
}
