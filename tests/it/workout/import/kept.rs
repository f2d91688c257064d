//! An import takes nothing away from the log: parts, cut and damaged copies, names that are not matched, absent notes.

use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{Client, World, on_both};

const STRONG: &str = "Date,Workout Name,Duration,Exercise Name,Set Order,Weight (kg),Reps,Notes";

fn counts(report: &Value) -> [&Value; 4] {
    ["added", "changed", "already_there", "kept"].map(|count| &report[count])
}

/// Rows of Strong's: a workout a day, with sets of a squat and of a name that is no exercise.
fn rows() -> Vec<String> {
    let row = |day: i32, name: &str, set: i32, weight: i32| {
        format!("2025-01-0{day} 10:00:00,P,1h,{name},{set},{weight},5,")
    };
    (1..=3)
        .flat_map(|day| {
            let squats = (1..=2).map(move |set| row(day, "Squat (Barbell)", set, 100 + set));
            squats.chain((1..=2).map(move |set| row(day, "Zorp", set, 50 + set)))
        })
        .collect()
}

fn file<T: AsRef<str>>(rows: &[T]) -> String {
    let rows: Vec<&str> = rows.iter().map(AsRef::as_ref).collect();
    format!("{STRONG}\n{}\n", rows.join("\n"))
}

on_both!(
    names_that_are_matched_no_more_leave_their_sets,
    async |world: World| {
        let ann = world.user("ann").await;
        let csv = file(&rows());
        let names = json!({"names": [{"name": "Zorp", "exercise": "bench press"}]});
        imported(&ann, &csv, names).await;
        let logged = log(&ann).await;
        let again = imported(&ann, &csv, json!({})).await;
        assert_eq!(counts(&again), [0, 0, 0, 3], "{again}");
        assert_eq!(
            again["kept_workouts"][0],
            "2025-01-01T10:00:00Z P: 2 of its sets are lines of the file that are wrong, or of names that are no exercise"
        );
        assert_eq!(log(&ann).await, logged);
        // Taken for another exercise, the same rows are no new ones.
        let names = json!({"names": [{"name": "Zorp", "exercise": "overhead press"}]});
        let renamed = imported(&ann, &csv, names).await;
        assert_eq!(counts(&renamed), [0, 3, 0, 0], "{renamed}");
        assert_eq!(
            log(&ann).await[0],
            "2025-01-01T10:00..11:00 P | Barbell Back Squat: 5x101kg 5x102kg | Overhead Press: 5x51kg 5x52kg"
        );

        let bob = world.user("bob").await;
        imported(&bob, &csv, json!({"create": true})).await;
        let other = json!({"exercise_id": "Zorp", "name": "Paused Zorp Raise"});
        bob.call("update_exercise", other).await.expect("renamed");
        let logged = log(&bob).await;
        imported(&bob, &csv, json!({})).await;
        assert_eq!(log(&bob).await, logged);
    }
);

on_both!(
    damaged_and_cut_copies_leave_what_is_there,
    async |world: World| {
        let ann = world.user("ann").await;
        let create = || json!({"create": true});
        imported(&ann, &file(&rows()), create()).await;
        let logged = log(&ann).await;
        let mut damaged = rows();
        damaged[5] = damaged[5].replace(",102,", ",1O2,");
        let report = imported(&ann, &file(&damaged), create()).await;
        assert_eq!(counts(&report), [0, 0, 2, 1], "{report}");
        assert_eq!(log(&ann).await, logged);
        // Damaged, and grown: the new set is added, the old one stays.
        damaged.insert(8, "2025-01-02 10:00:00,P,1h,Zorp,3,53,5,".to_owned());
        let report = imported(&ann, &file(&damaged), create()).await;
        assert_eq!(counts(&report), [0, 1, 2, 0], "{report}");
        let grown: Vec<String> = { logged.iter() }
            .map(|line| {
                if line.contains("01-02T") {
                    format!("{line} 5x53kg")
                } else {
                    line.clone()
                }
            })
            .collect();
        assert_eq!(log(&ann).await, grown);
        // Cut anywhere.
        let whole = file(&rows());
        for end in (STRONG.len() + 2..whole.len()).step_by(7) {
            let cut = json!({"csv": &whole[..end], "dry_run": false, "create": true});
            ann.call("import_workouts", cut).await.expect("imported");
            assert_eq!(log(&ann).await, grown, "cut at {end}");
        }
    }
);

#[tokio::test]
async fn a_set_that_is_wrong_in_the_file_each_time_changes_nothing() {
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let mut damaged = rows();
    damaged[0] = damaged[0].replace(",101,", ",1O1,");
    let create = || json!({"create": true});
    imported(&ann, &file(&damaged), create()).await;
    let logged = log(&ann).await;
    let again = imported(&ann, &file(&damaged), create()).await;
    assert_eq!(counts(&again), [0, 0, 3, 0], "{again}");
    assert_eq!(log(&ann).await, logged);
    let mended = imported(&ann, &file(&rows()), create()).await;
    assert_eq!(counts(&mended), [0, 1, 2, 0], "{mended}");
    assert!(log(&ann).await[0].contains("Squat: 5x101kg 5x102kg"));
}

on_both!(
    parts_are_united_wherever_the_file_was_split,
    async |world: World| {
        let rows = rows();
        let whole = world.user("whole").await;
        imported(&whole, &file(&rows), json!({"create": true})).await;
        let expected = log(&whole).await;
        for at in 1..rows.len() {
            let user = world.user(&format!("split at {at}")).await;
            for part in [
                &rows[..at],
                &rows[at..],
                &rows[..at],
                &rows[at..],
                &rows[..],
            ] {
                imported(&user, &file(part), json!({"create": true})).await;
            }
            assert_eq!(log(&user).await, expected, "{at}");
            let user = world.user(&format!("last part first, split at {at}")).await;
            for part in [&rows[at..], &rows[..at]] {
                imported(&user, &file(part), json!({"create": true})).await;
            }
            assert_eq!(sets(&user).await, 12, "{at}");
        }
    }
);

async fn sets(user: &Client) -> usize {
    let log = log(user).await.join(" ");
    log.matches("5x").count()
}

#[tokio::test]
async fn parts_of_a_day_without_set_numbers_are_united_where_they_can_be_told() {
    let header = "Date,Exercise,Weight (kg),Reps";
    let rows = [
        "2025-01-01,Barbell Squat,100,5",
        "2025-01-01,Barbell Squat,100,5",
        "2025-01-01,Barbell Squat,105,5",
        "2025-01-01,Zorp,40,5",
        "2025-01-01,Deadlift,140,5",
    ];
    let world = World::sqlite().await;
    // One set and then more may be a workout that grew; equal ones, one of which was deleted.
    for at in 2..rows.len() {
        let user = world.user(&format!("split at {at}")).await;
        for part in [&rows[..at], &rows[at..], &rows[at..]] {
            let csv = format!("{header}\n{}\n", part.join("\n"));
            imported(&user, &csv, json!({"create": true})).await;
        }
        assert_eq!(sets(&user).await, 5, "{at}: {:?}", log(&user).await);
    }
}

#[tokio::test]
async fn a_set_that_was_deleted_in_an_app_without_set_numbers_makes_no_part_of_the_rest() {
    let world = World::sqlite().await;
    let bench = |sets: &[(u32, u32)], more: &str| {
        let row = |(weight, reps): &(u32, u32)| {
            format!("2025-01-01,Bench Press (Barbell),Chest,{weight},{reps},\n")
        };
        let rows: String = sets.iter().map(row).collect();
        format!("Date,Exercise,Category,Weight (kg),Reps,Comment\n{rows}{more}")
    };
    let first = bench(&[(100, 5), (100, 5), (100, 4)], "");
    let squat = "2025-01-01,Squat (Barbell),Legs,120,5,\n";
    let logged = "2025-01-01T12:00 - | Barbell Bench Press: 5x100kg 5x100kg 4x100kg";
    for (what, second, expected) in [
        (
            "and an exercise was added",
            bench(&[(100, 5), (100, 5)], squat),
            " | Barbell Back Squat: 5x120kg",
        ),
        (
            "the last row is cut in its name",
            bench(&[(100, 5), (100, 5)], "2025-01-01,Squat (Bar"),
            "",
        ),
        (
            "the added name is unknown",
            bench(&[(100, 5), (100, 5)], "2025-01-01,Zorp,Legs,120,5,\n"),
            "",
        ),
        (
            "another one was corrected",
            bench(&[(100, 5), (102, 5)], squat),
            " 5x102kg | Barbell Back Squat: 5x120kg",
        ),
    ] {
        let ann = world.user(what).await;
        imported(&ann, &first, json!({})).await;
        for round in 0..3 {
            let report = imported(&ann, &second, json!({})).await;
            assert_eq!(
                log(&ann).await,
                [format!("{logged}{expected}")],
                "{what}: {report}"
            );
            let changed = u32::from(round == 0 && !expected.is_empty());
            assert_eq!(report["changed"], changed, "{what}: {report}");
        }
    }
}

on_both!(
    files_that_are_put_together_count_each_line_once,
    async |world: World| {
        let fitnotes = "Date,Exercise,Weight (kg),Reps\n\
            2025-01-01,Barbell Squat,100,5\n2025-01-01,Barbell Squat,100,5\n2025-01-02,Barbell Squat,100,5\n";
        for (app, csv, expected) in [
            ("strong", file(&rows()), 12),
            ("fitnotes", fitnotes.to_owned(), 3),
        ] {
            let body = csv.split_once('\n').expect("a header").1;
            for (how, doubled) in [
                ("with headers", csv.repeat(2)),
                ("without", format!("{csv}{body}")),
            ] {
                let ann = world.user(&format!("{app} {how}")).await;
                let create = || json!({"create": true});
                let first = imported(&ann, &doubled, create()).await;
                assert_eq!(sets(&ann).await, expected, "{app} {how}: {first}");
                let remarks = first["remarks"].to_string();
                let repeated = format!("{expected} rows of workouts that the file has twice");
                assert!(remarks.contains(&repeated), "{remarks}");
                let again = imported(&ann, &csv, create()).await;
                assert_eq!(again["already_there"], first["added"], "{again}");
                let again = imported(&ann, &doubled, create()).await;
                assert_eq!(again["already_there"], first["added"], "{again}");
            }
        }
        // An overlapping one has more of a workout.
        let rows = rows();
        let ann = world.user("ann").await;
        let overlapping = format!("{}{}", file(&rows[..6]), file(&rows[4..]));
        imported(&ann, &overlapping, json!({"create": true})).await;
        let whole = world.user("whole").await;
        imported(&whole, &file(&rows), json!({"create": true})).await;
        assert_eq!(log(&ann).await, log(&whole).await);
    }
);

on_both!(
    a_title_that_was_edited_in_the_app_is_the_same_workout,
    async |world: World| {
        let ann = world.user("ann").await;
        let csv = file(&rows());
        imported(&ann, &csv, json!({"create": true})).await;
        let logged = log(&ann).await;
        let renamed = csv.replace(",P,", ",Leg day,");
        let report = imported(&ann, &renamed, json!({"create": true})).await;
        assert_eq!(counts(&report), [0, 3, 0, 0], "{report}");
        let expected: Vec<String> = { logged.iter() }
            .map(|line| line.replace(" P |", " Leg day |"))
            .collect();
        assert_eq!(log(&ann).await, expected);
        // Renamed and edited.
        let edited = csv.replace(",P,", ",Legs,").replace(",102,", ",103,");
        let report = imported(&ann, &edited, json!({"create": true})).await;
        assert_eq!(counts(&report), [0, 3, 0, 0], "{report}");
        let expected: Vec<String> = { logged.iter() }
            .map(|line| line.replace(" P |", " Legs |").replace("102kg", "103kg"))
            .collect();
        assert_eq!(log(&ann).await, expected);
        // Renamed once more, and cut.
        let cut = rows()[0].replace(",P,", ",Cut,");
        let report = imported(&ann, &file(&[cut]), json!({})).await;
        assert_eq!(counts(&report), [0, 0, 0, 1], "{report}");
        assert_eq!(log(&ann).await, expected);
        // Another workout of that start has other sets.
        let other = "2025-01-01 10:00:00,Evening,1h,Deadlift (Barbell),1,140,5,";
        let report = imported(&ann, &file(&[other]), json!({})).await;
        assert_eq!(counts(&report), [1, 0, 0, 0], "{report}");
    }
);

on_both!(
    sets_that_were_left_out_are_added_to_a_workout_that_was_changed_since,
    async |world: World| {
        let ann = world.user("ann").await;
        let csv = file(&rows()[..4]);
        imported(&ann, &csv, json!({})).await;
        let listed = ann.call("list_workouts", json!({})).await.unwrap();
        let id = &listed["workouts"][0]["id"];
        // Times of the log have milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let set = json!({"workout_id": id, "exercise": "squat", "set": 1, "reps": 6});
        ann.call("correct_set", set).await.unwrap();
        let report = imported(&ann, &csv, json!({"create": true})).await;
        assert_eq!(counts(&report), [0, 1, 0, 0], "{report}");
        let expected = [
            "2025-01-01T10:00..11:00 P | Barbell Back Squat: 6x101kg 5x102kg | Zorp: 5x51kg 5x52kg",
        ];
        assert_eq!(log(&ann).await, expected);
        let again = imported(&ann, &csv, json!({"create": true})).await;
        assert_eq!(counts(&again), [0, 0, 0, 1], "{again}");
        assert_eq!(
            again["kept_workouts"],
            json!(["2025-01-01T10:00:00Z P: it was changed in the log since it was imported"])
        );
        assert_eq!(log(&ann).await, expected);
    }
);

on_both!(
    parts_of_an_export_are_imported_one_after_another,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        for more in [2, 3] {
            let sets = |n: i32| json!({"reps": 5, "weight": 50 + more + n, "unit": "kg"});
            let sets: Vec<Value> = (0..60).map(sets).collect();
            let exercises = ["squat", "bench press", "deadlift"];
            let exercises = exercises.map(|name| json!({"exercise_id": name, "sets": sets}));
            let workout = json!({"performed_at": "2025-01-02", "exercises": exercises});
            ann.call("create_workout", workout).await.expect("logged");
        }
        for round in [360, 0] {
            let (mut after, mut parts, mut added) = (Value::Null, 0, 0);
            loop {
                let part = json!({"after": after});
                let part = ann.call("export_workouts", part).await.expect("a part");
                let csv = part["csv"].as_str().expect("a file");
                let report = imported(&bob, csv, json!({})).await;
                added += report["added_sets"].as_u64().expect("a number");
                parts += 1;
                after = part["next_after"].clone();
                if after.is_null() {
                    break;
                }
            }
            assert_eq!((parts, added), (2, round));
        }
        assert_eq!(log(&bob).await, log(&ann).await);
    }
);

on_both!(
    notes_that_the_file_lacks_stay_in_the_log,
    async |world: World| {
        let (ann, bob) = (world.user("ann").await, world.user("bob").await);
        let set = json!({"reps": 5, "weight": 100, "unit": "kg"});
        let exercise = json!({"exercise_id": "squat", "notes": "deep", "sets": [set]});
        let workout =
            json!({"performed_at": "2025-01-02", "notes": "keep me", "exercises": [exercise]});
        ann.call("create_workout", workout).await.expect("logged");
        let exported = async || {
            let part = ann
                .call("export_workouts", json!({}))
                .await
                .expect("a file");
            part["csv"].as_str().expect("a file").to_owned()
        };
        imported(&bob, &exported().await, json!({})).await;
        let logged = log(&bob).await;
        let hide = json!({"include_notes": false});
        ann.call("update_settings", hide).await.expect("hidden");
        let report = imported(&bob, &exported().await, json!({})).await;
        assert_eq!(counts(&report), [0, 0, 0, 1], "{report}");
        assert_eq!(
            report["kept_workouts"],
            json!(["2025-01-02T12:00:00Z: the file lacks its notes"])
        );
        assert_eq!(log(&bob).await, logged);
    }
);

#[tokio::test]
async fn notes_are_cut_to_what_a_workout_has_room_for() {
    let names = [
        "Squat",
        "Deadlift",
        "Bench Press",
        "Push Up",
        "Pull Up",
        "Plank",
        "Crunch",
        "Leg Press",
        "Lunge",
    ];
    let rows =
        names.map(|name| format!("2025-01-01 10:00:00,P,1h,{name},1,50,5,{}", "n".repeat(990)));
    let csv = file(&rows.map(|row| row.replace("Plank", "Hack Squat")));
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let report = imported(&ann, &csv, json!({"create": true})).await;
    assert_eq!(
        report["remarks"],
        json!(["1 notes of exercises that were cut to what fits in one workout"])
    );
    let listed = ann.call("list_workouts", json!({})).await.unwrap();
    let set = json!({"reps": 5, "weight": 60, "unit": "kg"});
    let more =
        json!({"workout_id": listed["workouts"][0]["id"], "exercise": "squat", "sets": [set]});
    ann.call("add_sets", more).await.expect("added");
}
