//! Files that are wrong in part or altogether.

use std::time::Instant;

use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{World, on_both};

const HEADER: &str = "Date,Workout Name,Exercise Name,Set Order,Weight (kg),Reps,Seconds,RPE";

/// A file whose lines are wrong in one way each, with the column and the reason.
const WRONG: [(&str, &str, &str); 22] = [
    (
        "yesterday,A,Squat,1,100,5,0,",
        "Date",
        "\"yesterday\" is no date",
    ),
    (",A,Squat,1,100,5,0,", "Date", "is empty"),
    (
        "2025-02-30 10:00:00,A,Squat,1,100,5,0,",
        "Date",
        "is no date",
    ),
    (
        "2025-01-01 10:00:00,A,,1,100,5,0,",
        "Exercise Name",
        "is empty",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,heavy,5,0,",
        "Weight (kg)",
        "\"heavy\" is no number",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,1e308,5,0,",
        "Weight (kg)",
        "is no number",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,99999,5,0,",
        "Weight (kg)",
        "is not from -2000 to 2000",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,-20,5,0,",
        "",
        "-20 kg is not from 0 to 2000",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,5.5,0,",
        "",
        "5.5 reps; a whole number",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,2000,0,",
        "",
        "2000 reps; a whole number from 1 to 1000",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,-5,0,",
        "Reps",
        "is not from 0 to 100000",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,0,60,",
        "",
        "it has seconds only; Barbell Back Squat is counted in reps",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,5,0,11",
        "RPE",
        "is not from 0 to 10",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,5,0,0.5",
        "",
        "RPE 0.5 is not from 1 to 10",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,10\0,5,0,",
        "Weight (kg)",
        "is no number",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100",
        "",
        "it has 5 of 8 values: it was cut off",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,5,0",
        "",
        "it has 7 of 8 values",
    ),
    (
        "2025-01-01 10:00:00,A,Squat,1,100,,,",
        "",
        "it has a weight of 100, and no reps, time or distance",
    ),
    (
        "2025-01-01 10:00:00,A,Plank,1,10,0,0,",
        "",
        "it has a weight of 10, and no reps, time or distance",
    ),
    (
        "2025-01-01 10:00:00,A,Farmer's Walk,1,30,,,",
        "",
        "it has a weight of 30, and no reps, time or distance",
    ),
    // Of other workouts.
    (
        "0000-01-01 10:00:00,A,Squat,1,100,5,0,",
        "",
        "nothing before 1950",
    ),
    (
        "2199-01-01 10:00:00,A,Squat,1,100,5,0,",
        "",
        "is in the future",
    ),
];

fn file(rows: impl IntoIterator<Item = impl Into<String>>) -> String {
    let rows = rows.into_iter().map(Into::into);
    let all: Vec<String> = [HEADER.to_owned()].into_iter().chain(rows).collect();
    all.join("\n")
}

fn errors(report: &Value) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let skipped = report["skipped"].as_array().into_iter().flatten();
    skipped
        .map(|s| {
            (
                s["line"].as_u64().unwrap(),
                text(&s["column"]),
                text(&s["reason"]),
            )
        })
        .collect()
}

on_both!(
    wrong_lines_are_named_and_left_out_or_the_file_is_refused,
    async |world: World| {
        let ann = world.user("ann").await;
        let good = "2025-01-09 10:00:00,A,Squat,1,100,5,0,8";
        let csv = file(WRONG.iter().map(|(row, ..)| *row).chain([good]));
        let preview = ann
            .call("import_workouts", json!({"csv": csv}))
            .await
            .unwrap();
        assert_eq!(preview["skipped_lines"], WRONG.len());
        for ((at, (row, column, reason)), error) in (2..).zip(WRONG).zip(errors(&preview)) {
            assert_eq!((error.0, error.1.as_str()), (at, column), "{row:?}");
            assert!(error.2.contains(reason), "{row:?}: {}", error.2);
        }
        let refused = json!({"csv": csv, "dry_run": false, "on_error": "refuse"});
        let refused = ann.call("import_workouts", refused).await.unwrap_err();
        for part in [
            "nothing was imported: line 2, Date: ",
            "and 12 more",
            "on_error skip",
        ] {
            assert!(refused.contains(part), "{refused}");
        }
        assert_eq!(world.stored().await, [""; 0]);
        let report = imported(&ann, &csv, json!({})).await;
        // What is in the future says what time it is.
        let lines = |report: &Value| {
            errors(report)
                .into_iter()
                .map(|e| (e.0, e.1))
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(&report), lines(&preview));
        assert_eq!(
            log(&ann).await,
            ["2025-01-09T10:00 A | Barbell Back Squat: 5x100kg@8"]
        );
        let clean = json!({"on_error": "refuse"});
        assert_eq!(
            imported(&ann, &file([good]), clean).await["already_there"],
            1
        );
    }
);

#[tokio::test]
async fn what_is_no_known_file_is_refused_with_what_was_seen_and_what_is_known() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let refused =
        async |arguments: Value| ann.call("import_workouts", arguments).await.unwrap_err();
    let unknown = refused(json!({"csv": "Activity,When\nRun,today\n"})).await;
    for part in [
        "\"Activity\", \"When\"",
        "strong (Date, Workout Name",
        "hevy (",
        "fitnotes (",
        "csv (",
    ] {
        assert!(unknown.contains(part), "{unknown}");
    }
    for (arguments, error) in [
        (json!({"csv": ""}), "it is empty"),
        (
            json!({"csv": file(["x"]), "format": "hevy"}),
            "known are hevy (title, start_time",
        ),
        (
            json!({"csv": "x", "format": "garmin"}),
            "format: is \"garmin\"; it must be one of strong, hevy, fitnotes, csv",
        ),
        (
            json!({"csv": file([""]), "on_error": "stop"}),
            "on_error: is \"stop\"; it must be one of skip, refuse",
        ),
        (
            json!({"csv": file([""]), "weight_unit": "stone"}),
            "weight_unit: is \"stone\"; it must be one of lb, kg",
        ),
        (
            json!({"csv": file(["03/04/2025,A,Squat,1,100,5,0,"])}),
            "date_order: is needed",
        ),
        (
            json!({"csv": file([""]), "date_order": "ymd"}),
            "date_order: is \"ymd\"; it must be one of dmy, mdy",
        ),
        (
            json!({"csv": file(["\"2025-01-01 10:00:00,A,Squat,1,100,5,0,", "x,", "y"])}),
            "of line 2 is not closed",
        ),
    ] {
        let refused = refused(arguments.clone()).await;
        assert!(refused.contains(error), "{arguments}: {refused}");
    }
    assert_eq!(world.stored().await, [""; 0]);
}

#[tokio::test]
async fn the_order_of_ambiguous_dates_is_asked_for() {
    let csv = file(["03/04/2025 10:00,A,Squat,1,100,5,0,"]);
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    for (order, date) in [("dmy", "2025-04-03"), ("mdy", "2025-03-04")] {
        let report = ann
            .call("import_workouts", json!({"csv": csv, "date_order": order}))
            .await;
        assert_eq!(report.unwrap()["first"], date);
    }
}

#[tokio::test]
async fn columns_that_are_unknown_empty_or_there_twice_are_reported() {
    let csv = "Date,Exercise,Weight (kg),Weight (kg),Reps,Mood,\n2025-01-01,Squat,100,5,5,good,\n";
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let report = imported(&ann, csv, json!({})).await;
    assert_eq!(
        report["remarks"],
        json!([
            "columns \"Mood\" are not known and were not read",
            "columns \"Weight (kg)\" are there twice; the first one was read"
        ])
    );
    assert_eq!(
        log(&ann).await,
        ["2025-01-01T12:00 - | Barbell Back Squat: 5x100kg"]
    );
}

#[tokio::test]
async fn texts_are_cleaned_and_long_ones_cut() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let long = "x".repeat(100_000);
    let csv = format!(
        "Date,Workout Name,Exercise Name,Set Order,Weight (kg),Reps,Workout Notes\n\
         2025-01-01 10:00:00,\"A\0\u{7}{long}\",Squat,1,100,5,{long}\n"
    );
    let report = imported(&ann, &csv, json!({})).await;
    assert_eq!(
        report["remarks"],
        json!(["2 rows with a text that is too long, which was cut"])
    );
    let listed = ann.call("list_workouts", json!({})).await.unwrap();
    let workout = &listed["workouts"][0];
    assert_eq!(
        workout["name"].as_str().unwrap(),
        format!("A{}", &long[..199])
    );
    assert_eq!(workout["notes"].as_str().unwrap().len(), 4000);
}

#[tokio::test]
async fn more_than_fits_in_a_workout_is_left_out_and_named() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let sets = |time: &str, n: usize| vec![format!("2025-01-01 {time},A,Squat,,100,5,0,"); n];
    let csv = file([sets("10:00:00", 100), sets("12:00:00", 101)].concat());
    let report = imported(&ann, &csv, json!({})).await;
    assert_eq!(
        (&report["added"], &report["added_sets"]),
        (&json!(1), &json!(100))
    );
    let expected = "the workout has 101 sets of one exercise; at most 100 fit in one workout";
    assert_eq!(errors(&report), [(102, String::new(), expected.to_owned())]);
}

#[tokio::test]
async fn hostile_files_are_answered_in_bounded_time_and_size() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let rows = 30_000;
    let file = |row: &dyn Fn(usize) -> String| file((0..rows).map(row));
    for (what, csv) in [
        (
            "a name a row",
            file(&|n| format!("2025-01-01 10:00:00,A,Squat {n} x,1,100,5,0,")),
        ),
        (
            "one workout",
            file(&|_| "2025-01-01 10:00:00,A,Squat,,100,5,0,".to_owned()),
        ),
        (
            "a note a row",
            format!(
                "Date,Exercise,Weight (kg),Reps,Comment\n{}",
                (0..rows)
                    .map(|n| format!("2025-01-01,Squat,100,5,{n}"))
                    .collect::<Vec<_>>()
                    .join("\n")
            ),
        ),
        ("nothing but delimiters", file(&|_| ",,,,,,,".to_owned())),
        (
            "nothing right",
            file(&|n| format!("{n},{n},{n},{n},x,y,z,w")),
        ),
        (
            "a header of many columns",
            format!("Date,Exercise,Reps{}\n", ",Reps".repeat(20_000)),
        ),
    ] {
        let begun = Instant::now();
        let answer = ann.call("import_workouts", json!({"csv": csv})).await;
        assert!(
            begun.elapsed().as_secs() < 15,
            "{what}: {:?}",
            begun.elapsed()
        );
        let answer = answer.map_or_else(|error| error, |report| report.to_string());
        assert!(answer.len() < 40_000, "{what}: {}", answer.len());
    }
}

#[tokio::test]
async fn a_report_of_a_large_file_is_short_and_says_so() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let names = (0..40).map(|n| format!("2025-01-01 10:00:00,A,Xyzzy {n},1,100,5,0,"));
    let wrong = (0..200).map(|n| format!("2025-01-01 10:00:00,A,Squat,1,x{n},5,0,"));
    let csv = file(names.chain(wrong));
    let report = ann
        .call("import_workouts", json!({"csv": csv}))
        .await
        .unwrap();
    assert_eq!(
        (&report["unmatched_names"], &report["skipped_lines"]),
        (&json!(40), &json!(200))
    );
    assert!(report.to_string().len() < 30_000);
    let notice = report["notice"].as_str().unwrap();
    assert!(
        notice.contains("30 of 40 in unmatched, 30 of 200 in skipped"),
        "{notice}"
    );
}

#[tokio::test]
async fn a_cut_off_line_and_a_time_that_is_none_refuse_the_file_by_their_lines() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let header =
        "Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,Comment";
    for (row, error) in [
        ("2026-05-01,Squat,Legs,100", "line 3: it has 4 of 10 values"),
        (
            "2026-05-01,Plank,Abs,,,,,,1:75,",
            "line 3, Time: \"1:75\" is no duration",
        ),
    ] {
        let csv = format!("{header}\n2026-05-01,Squat,Legs,100,kgs,5,,,,\n{row}\n");
        let refused = json!({"csv": csv, "dry_run": false, "on_error": "refuse"});
        let refused = ann.call("import_workouts", refused).await.unwrap_err();
        assert!(refused.contains(error), "{refused}");
        let preview = ann.call("import_workouts", json!({"csv": csv})).await;
        assert_eq!(preview.unwrap()["skipped_lines"], 1, "{row}");
    }
    assert_eq!(world.stored().await, [""; 0]);
}
