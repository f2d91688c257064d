//! The commands `import` and `export` of the binary.

use std::{fs, time::Instant};

use rustix::process::Signal;
use serde_json::json;

use super::log;
use crate::support::{
    process::{Directory, Process, run_in},
    world::{World, on_both},
};

pub(super) const HEADER: &str =
    "Date,Workout Name,Duration,Exercise Name,Set Order,Weight (kg),Reps,Notes";

/// A history of Strong's with so many rows, of 20 sets a workout.
fn history(rows: usize) -> String {
    let mut csv = HEADER.to_owned();
    for row in 0..rows {
        let (workout, set) = (row / 20, row % 20);
        let date = jiff::civil::date(1990, 1, 1)
            .saturating_add(jiff::Span::new().days(i64::try_from(workout).unwrap()));
        let name = [
            "Squat (Barbell)",
            "Bench Press (Barbell)",
            "Deadlift (Barbell)",
            "Pull Up",
        ][set / 5];
        let (number, weight) = (set % 5 + 1, 60 + set);
        let line = format!("\n{date} 10:00:00,Day,1h,{name},{number},{weight},5,");
        csv.push_str(&line);
    }
    csv
}

on_both!(
    a_file_is_previewed_imported_and_exported_by_commands,
    async |world: World| {
        let directory = Directory::new();
        let path = directory.0.join("strong.csv");
        let csv = format!(
            "{HEADER}\n2025-01-01 10:00:00,A,1h,Squat (Barbell),1,100,5,\n2025-01-01 10:00:00,A,1h,Zzz,1,x,5,\n\
             2025-01-01 10:00:00,A,1h,Zzz,1,50,5,\n"
        );
        fs::write(&path, csv).unwrap();
        let env = [("DATABASE_URL", world.url.as_str()), ("TZ", "UTC")];
        let file = path.to_str().unwrap();
        let import = ["import", file, "--user", "ann"];
        let run =
            async |more: &[&str]| run_in(&directory, &[&import[..], more].concat(), &env).await;
        let preview = run(&["--dry-run"]).await;
        assert_eq!(
            (preview.code, preview.err.len()),
            (Some(0), 0),
            "{preview:?}"
        );
        let said = preview.out.join("\n");
        for part in [
            "Preview (strong): 1 workouts, 1 sets, 2025-01-01 to 2025-01-01",
            "To be added: 1 workouts with 1 sets; already there: 0",
            "Weights: kg: as the file says (column \"Weight (kg)\")",
            "\"Squat (Barbell)\" → Barbell Back Squat (1 sets)",
            "\"Zzz\" (1 sets",
            "line 3, Weight (kg): \"x\" is no number",
            "nothing was written: without --dry-run the file is imported",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        let ann = world.user("ann").await;
        assert_eq!(log(&ann).await, [""; 0]);

        let refused = run(&["--on-error", "refuse"]).await;
        assert_eq!((refused.code, log(&ann).await.len()), (Some(2), 0));
        assert!(
            refused
                .err
                .join("\n")
                .contains("nothing was imported: line 3"),
            "{refused:?}"
        );

        // The preview says and ends the same.
        let foretold = run(&["--on-error", "refuse", "--dry-run"]).await;
        assert_eq!((foretold.code, &foretold.err), (Some(2), &refused.err));
        assert_eq!(foretold.out, [""; 0]);

        assert_eq!(run(&[]).await.code, Some(0));
        assert_eq!(
            log(&ann).await,
            ["2025-01-01T10:00..11:00 A | Barbell Back Squat: 5x100kg"]
        );
        let again = run(&["--name", "Zzz=front squat"]).await;
        assert!(
            again.out[1].contains("Added: 0 workouts with 0 sets; already there: 0; updated"),
            "{again:?}"
        );

        let out = directory.0.join("log.csv");
        let export = ["export", "--user", "ann", out.to_str().unwrap()];
        let exported = run_in(&directory, &export, &env).await;
        assert_eq!(
            (exported.code, &exported.err[..]),
            (Some(0), &["1 workouts, 2 sets".to_owned()][..])
        );
        let lines = run_in(&directory, &export[..3], &env).await.out;
        let written = fs::read_to_string(&out).unwrap();
        assert_eq!(written.lines().collect::<Vec<_>>(), lines);
        let tool = ann.call("export_workouts", json!({})).await.unwrap();
        assert_eq!(tool["csv"], written);

        let import = [
            "import",
            out.to_str().unwrap(),
            "--user",
            "bob",
            "--format",
            "csv",
        ];
        assert_eq!(run_in(&directory, &import, &env).await.code, Some(0));
        let bob = world.user("bob").await;
        assert_eq!(log(&bob).await, log(&ann).await);
    }
);

#[tokio::test]
async fn wrong_usage_is_named_with_status_2() {
    let directory = Directory::new();
    fs::write(directory.0.join("x.csv"), "a,b\n1,2\n").unwrap();
    fs::write(directory.0.join("large.csv"), vec![b'a'; 20_000_001]).unwrap();
    fs::write(directory.0.join("empty.csv"), "").unwrap();
    let env = [("DATABASE_URL", "sqlite:log.db")];
    for (arguments, code, error) in [
        (&["x.csv"][..], 2, "--user"),
        (
            &["x.csv", "--user", "ann"],
            2,
            "its columns are \"a\", \"b\"",
        ),
        (&["large.csv", "--user", "ann"], 2, "at most 20 MB are read"),
        (&["empty.csv", "--user", "ann"], 2, "empty.csv is empty"),
        (&["none.csv", "--user", "ann"], 1, "none.csv"),
        (
            &["x.csv", "--user", "ann", "--format", "garmin"],
            2,
            "strong, hevy, fitnotes or csv",
        ),
        (
            &["x.csv", "--user", "ann", "--time-zone", "Mars"],
            2,
            "no IANA time zone",
        ),
        (
            &["x.csv", "--user", "ann", "--name", "x"],
            2,
            "NAME=EXERCISE",
        ),
    ] {
        let ended = run_in(&directory, &[&["import"], arguments].concat(), &env).await;
        let said = ended.err.join("\n");
        assert!(said.contains(error), "{arguments:?}: {said}");
        assert_eq!(ended.code, Some(code), "{arguments:?}: {said}");
    }
    let refused = ["export", "--user", "ann", "none/log.csv"];
    assert_eq!(run_in(&directory, &refused, &env).await.code, Some(1));
    let no_database = [("DATABASE_URL", "sqlite:none/log.db")];
    let refused = run_in(&directory, &["export", "--user", "ann"], &no_database).await;
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.join("\n").contains("DATABASE_URL"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn the_zone_of_a_files_times_can_be_given() {
    let world = World::sqlite().await;
    let directory = Directory::new();
    fs::write(directory.0.join("x.csv"), history(1)).unwrap();
    let env = [("DATABASE_URL", world.url.as_str()), ("TZ", "UTC")];
    let arguments = [
        "import",
        "x.csv",
        "--user",
        "ann",
        "--time-zone",
        "America/Denver",
    ];
    let ended = run_in(&directory, &arguments, &env).await;
    assert!(
        ended.out.join("\n").contains("Times: America/Denver"),
        "{ended:?}"
    );
    let ann = world.user("ann").await;
    assert!(log(&ann).await[0].starts_with("1990-01-01T17:00..18:00 Day"));
}

on_both!(
    ten_thousand_rows_are_imported_at_once,
    async |world: World| {
        let directory = Directory::new();
        fs::write(directory.0.join("x.csv"), history(10_000)).unwrap();
        let env = [("DATABASE_URL", world.url.as_str()), ("TZ", "UTC")];
        let begun = Instant::now();
        let ended = run_in(&directory, &["import", "x.csv", "--user", "ann"], &env).await;
        // Of a build without optimizations, beside other tests.
        assert!(begun.elapsed().as_secs() < 15, "{:?}", begun.elapsed());
        assert!(
            ended.out[1].contains("Added: 500 workouts with 10000 sets"),
            "{ended:?}"
        );
        assert_eq!(
            world.count("SELECT COUNT(*) FROM workout_set").await,
            10_000
        );
    }
);

#[tokio::test]
async fn a_killed_import_leaves_nothing() {
    let world = World::sqlite().await;
    let directory = Directory::new();
    fs::write(directory.0.join("x.csv"), history(60_000)).unwrap();
    let env = [("DATABASE_URL", world.url.as_str()), ("TZ", "UTC")];
    let import = Process::start(&directory.0, &["import", "x.csv", "--user", "ann"], &env);
    // The writer's lock is taken for the whole import.
    let log = world.url.trim_start_matches("sqlite:").to_owned() + "-wal";
    let size = || fs::metadata(&log).map_or(0, |file| file.len());
    let before = size();
    for _ in 0..2000 {
        if size() > before + 1_000_000 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    import.signal(Signal::KILL);
    let ended = import.ended().await;
    assert_eq!(ended.code, None, "killed before its end");
    assert_eq!(world.count("SELECT COUNT(*) FROM workout").await, 0);
}

#[tokio::test]
async fn an_export_ends_well_when_its_reader_has_enough() {
    let world = World::sqlite().await;
    let directory = Directory::new();
    fs::write(directory.0.join("x.csv"), history(5_000)).unwrap();
    let env = [("DATABASE_URL", world.url.as_str()), ("TZ", "UTC")];
    run_in(&directory, &["import", "x.csv", "--user", "ann"], &env).await;
    let mut export = std::process::Command::new(env!("CARGO_BIN_EXE_prog-strength-agent"))
        .args(["export", "--user", "ann"])
        .envs(env)
        .current_dir(&directory.0)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Closed before a byte of it is read.
    drop(export.stdout.take());
    let ended = tokio::task::spawn_blocking(move || export.wait_with_output());
    let ended = ended.await.unwrap().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!((ended.status.code(), said.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn messages_name_the_options_of_the_command() {
    let directory = Directory::new();
    let header = "Date,Workout Name,Exercise Name,Set Order,Weight,Reps,Notes";
    let write = |name: &str, rows: &[&str]| {
        fs::write(
            directory.0.join(name),
            format!("{header}\n{}\n", rows.join("\n")),
        )
        .unwrap();
    };
    write("unit.csv", &["2025-01-01 10:00:00,A,Squat,1,100,5,"]);
    write("dates.csv", &["03/04/2025 10:00:00,A,Squat,1,100,5,"]);
    write(
        "lines.csv",
        &[
            "2025-01-01 10:00:00,A,Zorp,1,100,5,",
            "2999-01-01 10:00:00,A,Squat,1,100,5,",
            "1900-01-01 10:00:00,A,Squat,1,100,5,",
        ],
    );
    let env = [("DATABASE_URL", "sqlite:log.db"), ("TZ", "UTC")];
    let kg = ["--weight-unit", "kg"];
    for (file, more, code, said) in [
        (
            "unit.csv",
            &[][..],
            2,
            &[
                "--weight-unit: is needed: kg or lb: the file does not say",
                "--weight-unit does",
            ][..],
        ),
        (
            "unit.csv",
            &["--dry-run"],
            0,
            &["--weight-unit is needed", "nothing was written"],
        ),
        ("dates.csv", &kg, 2, &["--date-order: is needed"]),
        (
            "unit.csv",
            &[&kg[..], &["--name", "Zzz=squat"]].concat(),
            2,
            &["--name: \"Zzz\" is no name of the file"],
        ),
        (
            "unit.csv",
            &[&kg[..], &["--name", "squat=Zzz"]].concat(),
            2,
            &["--name: "],
        ),
        (
            "lines.csv",
            &[&kg[..], &["--on-error", "refuse"]].concat(),
            2,
            &["(--on-error skip)"],
        ),
        (
            "lines.csv",
            &kg,
            0,
            &[
                "name their exercises (--name) or create them (--create)",
                "(--time-zone names another)",
                "\"1900-01-01T10:00:00\" is too long ago; nothing before 1950 is kept",
            ],
        ),
    ] {
        let import = [&["import", file, "--user", "ann"], more].concat();
        let ended = run_in(&directory, &import, &env).await;
        let text = [&ended.out[..], &ended.err[..]].concat().join("\n");
        for said in said {
            assert!(text.contains(said), "{said} in {import:?}: {text}");
        }
        for argument in [
            "weight_unit",
            "date_order",
            "client_timezone",
            "names:",
            "(names)",
            "(create)",
            "on_error",
        ] {
            assert!(!text.contains(argument), "{argument} in {import:?}: {text}");
        }
        assert_eq!(ended.code, Some(code), "{import:?}: {text}");
    }
}
