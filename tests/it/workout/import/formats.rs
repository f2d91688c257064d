//! Files as the apps write them, with what becomes of them.

use serde_json::{Value, json};

use super::{imported, log};
use crate::support::world::{World, on_both};

const STRONG: &str = "\
Date,Workout Name,Duration,Exercise Name,Set Order,Weight,Reps,Distance,Seconds,Notes,Workout Notes,RPE
2024-03-04 18:02:11,\"Push Day\",1h 5m,\"Bench Press (Barbell)\",W,95,10,0,0,,Felt good,
2024-03-04 18:02:11,\"Push Day\",1h 5m,\"Bench Press (Barbell)\",1,185,5,0,0,\"Grip, wide\",Felt good,8
2024-03-04 18:02:11,\"Push Day\",1h 5m,\"Bench Press (Barbell)\",Rest Timer,0,0,0,90,,,
2024-03-04 18:02:11,\"Push Day\",1h 5m,\"Bench Press (Barbell)\",2,187.5,5.0,0,0,\"Grip, wide\",Felt good,8.5
2024-03-04 18:02:11,\"Push Day\",1h 5m,\"Plank\",1,0,0,0,60,,Felt good,
2024-03-06 07:15:00,Cardio,45m,Running (Treadmill),1,0,0,2,1800,,,
";

on_both!(
    strong_with_commas_is_imported_as_it_was_logged,
    async |world: World| {
        let ann = world.user("ann").await;
        let report = imported(&ann, STRONG, json!({"weight_unit": "lb"})).await;
        assert_eq!(
            (&report["format"], &report["added"], &report["added_sets"]),
            (&json!("strong"), &json!(2), &json!(5))
        );
        assert_eq!(
            report["remarks"].as_array().unwrap()[0],
            "1 rests between sets"
        );
        assert_eq!(report["weights"], "lb: as asked");
        assert_eq!(
            report["distances"],
            "mi: as weights are in lb; the file does not say"
        );
        assert_eq!(
            (&report["first"], &report["last"]),
            (&json!("2024-03-04"), &json!("2024-03-06"))
        );
        assert_eq!(
            log(&ann).await,
            [
                "2024-03-04T18:02..19:07 Push Day [Felt good] | Barbell Bench Press: w10x95lb 5x185lb@8 5x187.5lb@8.5 \
                 [Grip, wide] | Plank: 60x0lb",
                "2024-03-06T07:15..08:00 Cardio | Treadmill Running: 3219x0lb",
            ]
        );
    }
);

#[tokio::test]
async fn strong_with_semicolons_decimal_commas_and_the_new_columns_is_imported() {
    let csv = "\u{feff}\
Workout #;Date;Workout Name;Duration (sec);Exercise Name;Set Order;Weight (kg);Reps;RPE;Distance (meters);Seconds;Notes;Workout Notes\r
\"1\";\"2026-08-10 18:00:00\";\"Push day\";\"3600\";\"Squat (Barbell)\";\"W\";\"40\";\"10\";\"\";\"\";\"0,0\";\"\";\"\"\r
1;2026-08-10 18:00:00;Push day;3600;Squat (Barbell);1;102,5;8;8,5;;;\"deep; slow\r\nsecond line\";\r
1;2026-08-10 18:00:00;Push day;3600;Squat (Barbell);D;80;12;;;;;\r
1;2026-08-10 18:00:00;Push day;3600;Squat (Barbell);F;80;9;;;;;\r
1;2026-08-10 18:00:00;Push day;3600;Squat (Barbell);2;110;0;;;;;\r
1;2026-08-10 18:00:00;Push day;3600;Squat (Barbell);Note;;;;;;keep the back straight;\r
1;2026-08-10 18:00:00;Push day;3600;Squat (Barbell);Rest Timer;;;;;90;;\r
1;2026-08-10 18:00:00;Push day;3600;Farmer's Walk;1;40;;;60;;;\r
";
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let report = imported(&ann, csv, json!({})).await;
    assert_eq!(report["skipped_lines"], 0, "{report}");
    assert_eq!(
        report["weights"],
        "kg: as the file says (column \"Weight (kg)\")"
    );
    let expected = "2026-08-10T18:00..19:00 Push day | Barbell Back Squat: w10x40kg 8x102.5kg@8.5 12x80kg(drop) 9x80kg(failure) 0x110kg(failed_attempt) \
        [deep; slow\nsecond line\nkeep the back straight] | Dumbbell Farmer's Carry: 60x40kg";
    assert_eq!(log(&ann).await, [expected]);
}

#[tokio::test]
async fn german_and_french_strong_is_imported() {
    let german = "\
Datum;Workout-Name;Dauer;Name der Übung;Reihenfolge festlegen;Gewicht;Wiederh.;Entfernung;Sekunden;Notizen;Workout-Notizen;RPE
2025-01-07 08:00:00;Beine;50m;Squat (Barbell);1;92,5;5;0;0;;;
2025-01-07 08:00:00;Beine;50m;Squat (Barbell);Ruhetimer;0;0;0;120;;;
";
    let french = "\
Date,Nom de l'entraînement,Durée,Nom de l'exercice,Ordre de la série,Poids,Réps,Distance,Secondes,Notes,RPE
2025-01-08 08:00:00,\"Jambes \",50m,\"Squat (Barbell) \",1,\"62,5\",15.0,0.0,0.0,,
2025-01-08 08:00:00,\"Jambes \",50m,\"Squat (Barbell) \",Minuteur de repos,0.0,0.0,0.0,90.0,,
";
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    for csv in [german, french] {
        let report = imported(&ann, csv, json!({"weight_unit": "kg"})).await;
        assert_eq!(
            (&report["format"], &report["added_sets"]),
            (&json!("strong"), &json!(1))
        );
    }
    assert_eq!(
        log(&ann).await,
        [
            "2025-01-07T08:00..08:50 Beine | Barbell Back Squat: 5x92.5kg",
            "2025-01-08T08:00..08:50 Jambes | Barbell Back Squat: 15x62.5kg",
        ]
    );
}

const HEVY: &str = r#""title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index","set_type","weight_kg","reps","distance_km","duration_seconds","rpe"
"Upper A","8 Apr 2026, 16:50","8 Apr 2026, 17:55","tired","Bench Press (Barbell)",,"",0,"warmup",40,10,,,
"Upper A","8 Apr 2026, 16:50","8 Apr 2026, 17:55","tired","Bench Press (Barbell)",,"",1,"normal",80,8,,,8
"Upper A","8 Apr 2026, 16:50","8 Apr 2026, 17:55","tired","Bench Press (Barbell)",,"",2,"failure",80,7,,,10
"Upper A","8 Apr 2026, 16:50","8 Apr 2026, 17:55","tired","Bicep Curl (Dumbbell)",3,"",0,"dropset",12.5,12,,,
"Upper A","8 Apr 2026, 16:50","8 Apr 2026, 17:55","tired","Pull Up",3,"slow",0,"normal",,8,,,
"Upper A","8 Apr 2026, 16:50","8 Apr 2026, 17:55","tired","Pull Up",3,"slow",1,"normal",,7,,,
"Run","9 Apr 2026, 07:00","9 Apr 2026, 07:40","","Running",,"",0,"normal",,,6.1,2400,
"#;

on_both!(hevy_is_imported_as_it_was_logged, async |world: World| {
    let ann = world.user("ann").await;
    let report = imported(&ann, HEVY, json!({"client_timezone": "Europe/Berlin"})).await;
    assert_eq!(
        (&report["format"], &report["added"]),
        (&json!("hevy"), &json!(2))
    );
    assert_eq!(report["time_zone"], "Europe/Berlin");
    assert_eq!(report["matched_names"], 4);
    let matched = report["matched"].as_array().unwrap();
    assert_eq!(matched.len(), 4, "{matched:?}");
    assert!(
        matched.contains(
            &json!({"name": "Bench Press (Barbell)", "exercise": "Barbell Bench Press", "sets": 3})
        ),
        "{matched:?}"
    );
    let log = log(&ann).await;
    assert_eq!(
        log[0],
        "2026-04-08T14:50..15:55 Upper A [tired] | Barbell Bench Press: w10x40kg 8x80kg@8 7x80kg@10(failure) | \
         Dumbbell Curl#3: 12x12.5kg(drop) | Pull-Up#3: 8x0kg 7x0kg [slow]"
    );
    assert!(
        log[1].starts_with("2026-04-09T05:00..05:40 Run | "),
        "{log:?}"
    );
    assert!(log[1].ends_with(": 6100x0kg"), "{log:?}");
});

#[tokio::test]
async fn hevy_in_pounds_and_in_other_languages_is_imported() {
    let header = HEVY.lines().next().unwrap();
    let header = header
        .replace("weight_kg", "weight_lbs")
        .replace("distance_km", "distance_miles");
    let row = |start: &str, end: &str| {
        format!("\"A\",\"{start}\",\"{end}\",\"\",\"Squat (Barbell)\",,\"\",0,\"normal\",225,5,,,")
    };
    let csv = [
        header,
        row("Apr 8, 2025, 4:50 PM", "Apr 8, 2025, 5:55 PM"),
        row("9 févr. 2025, 18:00", "9 févr. 2025, 18:30"),
        row("10. März 2025, 18:00", "10. März 2025, 18:30"),
        row("2025-05-01 06:00:00", "2025-05-01 07:00:00"),
    ]
    .join("\r\n");
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    imported(&ann, &csv, json!({})).await;
    let squat = "A | Barbell Back Squat: 5x225lb";
    assert_eq!(
        log(&ann).await,
        [
            format!("2025-02-09T18:00..18:30 {squat}"),
            format!("2025-03-10T18:00..18:30 {squat}"),
            format!("2025-04-08T16:50..17:55 {squat}"),
            format!("2025-05-01T06:00..07:00 {squat}"),
        ]
    );
}

const FITNOTES: &str = "\
Date,Exercise,Category,Weight,Weight Unit,Reps,Distance,Distance Unit,Time,Comment
2024-03-15,Flat Barbell Bench Press,Chest,135.0,lbs,8,,,,\"paused\"
2024-03-15,Flat Barbell Bench Press,Chest,60.0,kgs,6,,,,
2024-03-15,Plank,Abs,,,,,,0:01:30,
2024-03-16,Running,Cardio,,,,5.0,km,0:28:00,
";

on_both!(
    fitnotes_is_imported_with_a_workout_a_day,
    async |world: World| {
        let ann = world.user("ann").await;
        let report = imported(&ann, FITNOTES, json!({})).await;
        assert_eq!(report["format"], "fitnotes", "{report}");
        assert_eq!(
            report["weights"],
            "kg and lb: as the file says (column \"Weight Unit\")"
        );
        let log = log(&ann).await;
        assert_eq!(
            log[0],
            "2024-03-15T12:00 - | Barbell Bench Press: 8x135lb 6x60kg [paused] | Plank: 90x0kg"
        );
        assert!(
            log[1].starts_with("2024-03-16T12:00 - | ") && log[1].ends_with(": 5000x0kg"),
            "{log:?}"
        );
    }
);

#[tokio::test]
async fn fitnotes_with_the_unit_in_the_header_or_two_columns_is_imported() {
    let one = "Date,Exercise,Category,Weight (lbs),Reps,Distance,Distance Unit,Time,Comment\n\
        20/09/2025,Barbell Squat,Legs,135.0,8,,,,\n05/10/2025,Barbell Squat,Legs,140.0,8,,,,\n";
    let two = "Date,Exercise,Category,Weight (kg),Weight (lbs),Reps,Distance,Distance Unit,Time,Notes,Kind\n\
        2025-11-01,Barbell Squat,Legs,100,220.46,5,,,,,\n2025-11-01,Barbell Squat,Legs,,45,5,,,,,Warmup\n";
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    for csv in [one, two] {
        imported(&ann, csv, json!({})).await;
    }
    assert_eq!(
        log(&ann).await,
        [
            "2025-09-20T12:00 - | Barbell Back Squat: 8x135lb",
            "2025-10-05T12:00 - | Barbell Back Squat: 8x140lb",
            "2025-11-01T12:00 - | Barbell Back Squat: 5x100kg w5x45lb",
        ]
    );
}

#[tokio::test]
async fn names_that_are_no_exercise_are_left_out_with_suggestions_until_they_are_decided() {
    let csv = "Date,Exercise,Category,Weight (kg),Reps\n2025-01-01,Barbell Squat,Legs,100,5\n\
        2025-01-01,Squat of Doom,Legs,100,6\n2025-01-02,Squat of Doom,Legs,100,7\n";
    let world = World::sqlite().await;
    let ann = world.user("ann").await;
    let report = imported(&ann, csv, json!({})).await;
    assert_eq!(
        (&report["added"], &report["unmatched_names"]),
        (&json!(1), &json!(1))
    );
    let unmatched = &report["unmatched"][0];
    assert_eq!(
        (&unmatched["name"], &unmatched["sets"]),
        (&json!("Squat of Doom"), &json!(2))
    );
    assert!(!unmatched["suggestions"].as_array().unwrap().is_empty());
    assert!(
        report["notice"]
            .as_str()
            .unwrap()
            .contains("1 names with 2 sets")
    );
    let one = "2025-01-01T12:00 - | Barbell Back Squat: 5x100kg";
    assert_eq!(log(&ann).await, [one]);

    let names = json!({"names": [{"name": "Squat of Doom", "exercise": "front squat"}]});
    let report = imported(&ann, csv, names).await;
    assert_eq!(
        (&report["added"], &report["changed"]),
        (&json!(1), &json!(1)),
        "{report}"
    );
    assert_eq!(
        log(&ann).await,
        [
            format!("{one} | Barbell Front Squat: 6x100kg"),
            "2025-01-02T12:00 - | Barbell Front Squat: 7x100kg".to_owned(),
        ]
    );
    for (names, error) in [
        (("Squat of Doom", "qwrtz"), "unknown exercise"),
        (("Other", "squat"), "is no name of the file"),
    ] {
        let names = json!([{"name": names.0, "exercise": names.1}]);
        let refused = ann
            .call("import_workouts", json!({"csv": csv, "names": names}))
            .await;
        let refused = refused.unwrap_err();
        assert!(
            refused.starts_with("names: ") && refused.contains(error),
            "{refused}"
        );
    }
}

on_both!(
    names_that_are_no_exercise_become_own_exercises_if_asked,
    async |world: World| {
        let csv = "Date,Exercise,Category,Weight (kg),Reps,Distance,Distance Unit,Time\n\
            2025-01-01,Zercher Zigzag,Legs,50,5,,,\n2025-01-01,Yodel Hold,Abs,,,,,0:00:40\n\
            2025-01-01,Wobble Wander,Cardio,,,1.5,km,\n2025-01-01,Barbell Squat,Legs,100,5,,,\n";
        let ann = world.user("ann").await;
        let preview = json!({"csv": csv, "create": true});
        let preview = ann.call("import_workouts", preview).await.unwrap();
        let names = json!(["Zercher Zigzag", "Yodel Hold", "Wobble Wander"]);
        assert_eq!((&preview["created"], &preview["sets"]), (&names, &json!(4)));
        assert_eq!(world.stored().await, [""; 0]);
        let report = imported(&ann, csv, json!({"create": true})).await;
        assert_eq!(
            (&report["created"], &report["unmatched_names"]),
            (&names, &json!(0))
        );
        let expected = "2025-01-01T12:00 - | Zercher Zigzag: 5x50kg | Yodel Hold: 40x0kg | Wobble Wander: 1500x0kg | \
            Barbell Back Squat: 5x100kg";
        assert_eq!(log(&ann).await, [expected]);
        let again = imported(&ann, csv, json!({"create": true})).await;
        assert_eq!(
            (&again["already_there"], &again["created"]),
            (&json!(1), &Value::Null)
        );

        // In another log the exercises of the export are found by their names.
        let exported = ann.call("export_workouts", json!({})).await.unwrap();
        let exported = exported["csv"].as_str().unwrap();
        let bob = world.user("bob").await;
        assert_eq!(
            imported(&bob, exported, json!({})).await["unmatched_names"],
            3
        );
        imported(&bob, exported, json!({"create": true})).await;
        assert_eq!(log(&bob).await, [expected]);
    }
);
