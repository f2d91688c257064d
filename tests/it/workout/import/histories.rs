//! Laws of imports over random histories of the three apps: workouts that are edited between exports, exports that are cut, names
//! that are no exercise.

use std::collections::HashMap;

use proptest::{prelude::*, sample::Index, strategy::ValueTree, test_runner::TestRunner};
use serde_json::{Value, json};

use super::log;
use crate::support::world::{Client, World};

/// Histories of each app.
const HISTORIES: usize = 40;

/// Names of the files, and the exercise of the log; the last one is no exercise, unless `names` says so.
const NAMES: [(&str, &str); 3] = [
    ("Squat (Barbell)", "Barbell Back Squat"),
    ("Bench Press (Barbell)", "Barbell Bench Press"),
    ("Zorp", "Zorp"),
];
/// What Zorp may be taken for.
const ZORPS: [&str; 2] = ["Overhead Press", "Barbell Front Squat"];

#[derive(Clone, Copy, Debug)]
enum App {
    Strong,
    Hevy,
    FitNotes,
}

/// Weight and reps.
type Set = (u32, u32);
/// The place of a name, and the sets.
type Exercise = (usize, Vec<Set>);
type Workout = Vec<Exercise>;

#[derive(Clone, Debug)]
enum Edit {
    InsertSet(Set),
    DeleteSet,
    ChangeSet(Set),
    InsertExercise(Exercise),
    DeleteExercise,
}

/// What of an export is imported.
#[derive(Clone, Debug)]
enum Extent {
    Whole,
    Rows(Index),
    Bytes(Index),
    From(Index),
}

#[derive(Clone, Debug)]
struct Step {
    edits: Vec<(Edit, Index, Index, Index)>,
    extent: Extent,
    /// Of [`ZORPS`].
    zorp: Option<usize>,
}

fn set() -> impl Strategy<Value = Set> {
    // Few, so that equal ones are frequent.
    (100..103_u32, 4..6_u32)
}

fn exercise() -> impl Strategy<Value = Exercise> {
    (0..NAMES.len(), prop::collection::vec(set(), 1..4))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let edit = prop_oneof![
        set().prop_map(Edit::InsertSet),
        Just(Edit::DeleteSet),
        set().prop_map(Edit::ChangeSet),
        exercise().prop_map(Edit::InsertExercise),
        Just(Edit::DeleteExercise),
    ];
    let at = any::<Index>;
    let extent = prop_oneof![
        3 => Just(Extent::Whole),
        1 => at().prop_map(Extent::Rows),
        1 => at().prop_map(Extent::Bytes),
        1 => at().prop_map(Extent::From),
    ];
    let edits = prop::collection::vec((edit, at(), at(), at()), 0..3);
    let step = (edits, extent, prop::option::of(0..ZORPS.len()));
    let step = step.prop_map(|(edits, extent, zorp)| Step {
        edits,
        extent,
        zorp,
    });
    prop::collection::vec(step, 1..5)
}

/// Edits a workout, which keeps a set.
fn edit(days: &mut [Workout], (edit, day, exercise, set): &(Edit, Index, Index, Index)) {
    let day = &mut days[day.index(days.len())];
    let at = exercise.index(day.len());
    let sets = day[at].1.len();
    match edit {
        Edit::InsertSet(new) => day[at].1.insert(set.index(sets + 1), *new),
        Edit::ChangeSet(new) => day[at].1[set.index(sets)] = *new,
        Edit::DeleteSet if sets > 1 => drop(day[at].1.remove(set.index(sets))),
        Edit::InsertExercise(new) => day.insert(exercise.index(day.len() + 1), new.clone()),
        Edit::DeleteExercise if day.len() > 1 => drop(day.remove(at)),
        Edit::DeleteSet | Edit::DeleteExercise => {}
    }
}

impl App {
    fn rows(self, days: &[Workout]) -> Vec<String> {
        let mut rows = vec![match self {
            Self::Strong => {
                "Date,Workout Name,Exercise Name,Set Order,Weight (kg),Reps,Notes".to_owned()
            }
            Self::Hevy => {
                "title,start_time,end_time,exercise_title,set_index,set_type,weight_kg,reps,rpe"
                    .to_owned()
            }
            Self::FitNotes => "Date,Exercise,Category,Weight (kg),Reps,Comment".to_owned(),
        }];
        for (day, workout) in (1..).zip(days) {
            for (name, sets) in workout {
                let name = NAMES[*name].0;
                for (at, (weight, reps)) in sets.iter().enumerate() {
                    let number = at + 1;
                    rows.push(match self {
                        Self::Strong => format!(
                            "2025-01-0{day} 10:00:00,Push,{name},{number},{weight},{reps},"
                        ),
                        Self::Hevy => format!(
                            "Push,\"{day} Jan 2025, 10:00\",\"{day} Jan 2025, 11:00\",{name},{at},normal,{weight},{reps},"
                        ),
                        Self::FitNotes => format!("2025-01-0{day},{name},Legs,{weight},{reps},"),
                    });
                }
            }
        }
        rows
    }

    fn export(self, days: &[Workout], extent: &Extent) -> String {
        let rows = self.rows(days);
        let header = rows[0].len() + 1;
        let text = rows.join("\n") + "\n";
        match extent {
            Extent::Whole => text,
            Extent::Rows(at) => rows[..=at.index(rows.len())].join("\n") + "\n",
            Extent::Bytes(at) => text[..header + at.index(text.len() - header)].to_owned(),
            Extent::From(at) => {
                let from = 1 + at.index(rows.len() - 1);
                format!("{}\n{}\n", rows[0], rows[from..].join("\n"))
            }
        }
    }
}

/// How often a day has a set of an exercise.
type Counts = HashMap<(usize, String, Set), usize>;

fn counts(days: &[Workout]) -> Counts {
    let mut counts = Counts::new();
    for (day, workout) in (1..).zip(days) {
        for (name, sets) in workout {
            for set in sets {
                let key = (day, NAMES[*name].1.to_owned(), *set);
                *counts.entry(key).or_default() += 1;
            }
        }
    }
    counts
}

/// Those of the log, from its lines: `2025-01-01T10:00 Push | Barbell Back Squat: 5x100kg`.
fn logged(lines: &[String]) -> Counts {
    let mut counts = Counts::new();
    for line in lines {
        let day: usize = line[8..10].parse().expect("a day");
        for exercise in line.split(" | ").skip(1) {
            let (name, sets) = exercise.split_once(": ").expect("sets");
            let name = if ZORPS.contains(&name) { "Zorp" } else { name };
            for set in sets.split(' ') {
                let (reps, weight) = set.split_once('x').expect("reps");
                let weight = weight.trim_end_matches("kg").parse().expect("a weight");
                let set = (weight, reps.parse().expect("reps"));
                *counts.entry((day, name.to_owned(), set)).or_default() += 1;
            }
        }
    }
    counts
}

fn sets_of_days(counts: &Counts) -> HashMap<usize, usize> {
    let mut days = HashMap::new();
    for ((day, ..), count) in counts {
        *days.entry(*day).or_default() += count;
    }
    days
}

async fn import(client: &Client, csv: &str, zorp: Option<usize>) -> Value {
    let mut arguments = json!({"csv": csv, "dry_run": false});
    if let Some(zorp) = zorp {
        arguments["names"] = json!([{"name": "Zorp", "exercise": ZORPS[zorp]}]);
    }
    let named = client.call("import_workouts", arguments.clone()).await;
    let report = match named {
        Err(error) if error.contains("is no name of the file") => {
            arguments["names"] = Value::Null;
            client.call("import_workouts", arguments).await
        }
        named => named,
    };
    report.unwrap_or_else(|error| panic!("{error:?}\n{csv}"))
}

/// Imports the steps of a history one after another, and checks what holds after each.
async fn check(ann: &Client, app: App, mut days: Vec<Workout>, steps: Vec<Step>) {
    let whole = Step {
        edits: Vec::new(),
        extent: Extent::Whole,
        zorp: Some(0),
    };
    let (mut most, mut files, mut before) = (Counts::new(), String::new(), Counts::new());
    let mut has_later_parts = false;
    for step in steps.into_iter().chain([whole]) {
        for one in &step.edits {
            edit(&mut days, one);
        }
        for (key, count) in counts(&days) {
            let most = most.entry(key).or_default();
            *most = count.max(*most);
        }
        let csv = app.export(&days, &step.extent);
        files = format!("{files}{app:?}, Zorp {:?}\n{csv}\n", step.zorp);
        has_later_parts |= matches!(step.extent, Extent::From(_));

        import(ann, &csv, step.zorp).await;
        let lines = log(ann).await;
        let after = logged(&lines);
        let shown = format!("{files}log {lines:#?}");
        // Nothing is taken away.
        let sets = sets_of_days(&after);
        for (day, count) in sets_of_days(&before) {
            let now = sets.get(&day).copied().unwrap_or_default();
            assert!(now >= count, "day {day} had {count} sets: {shown}");
        }
        // Nothing is there more often than the app ever had it. The numbers of a later part may have been others' before.
        for (key, count) in &after {
            let most = most.get(key).copied().unwrap_or_default();
            assert!(
                *count <= most || has_later_parts,
                "{key:?} {count} times in the log, {most} in the app: {shown}"
            );
        }
        // All of a whole export is there.
        if matches!(step.extent, Extent::Whole) {
            for (key, count) in counts(&days) {
                let in_log = after.get(&key).copied().unwrap_or_default();
                let is_left_out = key.1 == "Zorp" && step.zorp.is_none();
                assert!(
                    in_log >= count || is_left_out,
                    "{key:?} {count} times in the file, {in_log} in the log: {shown}"
                );
            }
        }
        // The same again changes nothing.
        let again = import(ann, &csv, step.zorp).await;
        assert_eq!(log(ann).await, lines, "{again}\n{shown}");
        let changes = [&again["added"], &again["changed"]];
        assert_eq!(changes, [&json!(0), &json!(0)], "{again}\n{shown}");
        before = after;
    }
}

async fn check_all(app: App) {
    let world = World::sqlite().await;
    let mut runner = TestRunner::deterministic();
    let days = prop::collection::vec(prop::collection::vec(exercise(), 1..4), 1..3);
    let history = (days, steps());
    for at in 0..HISTORIES {
        let ann = world.user(&format!("ann {at}")).await;
        let (days, steps) = history.new_tree(&mut runner).expect("a history").current();
        check(&ann, app, days, steps).await;
    }
}

#[tokio::test]
async fn imports_of_strong_keep_the_laws() {
    check_all(App::Strong).await;
}

#[tokio::test]
async fn imports_of_hevy_keep_the_laws() {
    check_all(App::Hevy).await;
}

#[tokio::test]
async fn imports_of_fitnotes_keep_the_laws() {
    check_all(App::FitNotes).await;
}
