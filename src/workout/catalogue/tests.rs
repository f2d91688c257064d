mod laws;

use std::sync::LazyLock;

use super::*;

fn catalogue() -> &'static Catalogue {
    static SHIPPED: LazyLock<Catalogue> = LazyLock::new(Catalogue::shipped);
    &SHIPPED
}

#[test]
fn exercises_are_found_by_slug_name_or_alias_in_any_spelling() {
    let catalogue = catalogue();
    for (text, id) in [
        ("barbell-bench-press", "barbell-bench-press"),
        ("Barbell Bench Press", "barbell-bench-press"),
        ("bench press", "barbell-bench-press"),
        ("BENCH", "barbell-bench-press"),
        ("  bench-press ", "barbell-bench-press"),
        ("barbell_bench_press", "barbell-bench-press"),
        ("squat", "barbell-back-squat"),
        ("Squats", "barbell-back-squat"),
        ("Overhead Press", "barbell-overhead-press"),
        ("ohp", "barbell-overhead-press"),
        ("deadlift", "barbell-deadlift"),
        ("deadlifts", "barbell-deadlift"),
        ("pull up", "pull-up"),
        ("pullups", "pull-up"),
        ("Pull-Ups", "pull-up"),
        ("rdl", "barbell-romanian-deadlift"),
        ("lat pulldown", "lat-pulldown"),
        ("db bench press", "dumbbell-bench-press"),
        ("arnold", "arnold-press"),
    ] {
        let found = catalogue
            .find(text)
            .map(|e| e.id.as_str())
            .map_err(|e| e.to_string());
        assert_eq!(found.as_deref(), Ok(id), "{text}");
    }
}

#[test]
fn every_slug_name_and_alias_finds_its_own_exercise() {
    let catalogue = catalogue();
    for exercise in catalogue.all() {
        for name in [&exercise.id, &exercise.name]
            .into_iter()
            .chain(&exercise.aliases)
        {
            let found = catalogue.find(name).map(|e| e.id.as_str());
            assert_eq!(found.ok(), Some(exercise.id.as_str()), "{name}");
        }
    }
}

/// Names as Hevy, Strong, `FitNotes` and their users write them, and names that are for no exercise (`-`).
#[test]
fn the_names_of_the_apps_find_their_exercises() {
    let rows = include_str!("tests/names.tsv").lines().skip(1);
    for (name, id) in rows.map(|row| row.split_once('\t').expect("two columns")) {
        let found = catalogue().find(name).map_or("-", |exercise| &exercise.id);
        assert_eq!(found, id, "{name}");
    }
}

#[test]
fn searches_rank_and_find_what_is_near() {
    let ids = |query: &str| -> Vec<&str> {
        let found = catalogue().search(None, None, Some(query));
        found.into_iter().map(|e| e.id.as_str()).collect()
    };
    for (query, first) in [
        ("bench press", "barbell-bench-press"),
        ("Lat Pulldown (Cable)", "lat-pulldown"),
        ("wide grip lat pulldown", "lat-pulldown"),
        ("dumbbell bench", "dumbbell-bench-press"),
        (
            "cable triceps extension",
            "cable-overhead-triceps-extension",
        ),
        ("inclin bench pres", "barbell-incline-bench-press"),
        ("pulld", "lat-pulldown"),
        ("deadlift freemotion", "barbell-deadlift"),
        ("ab twist", "cable-twist"),
    ] {
        assert_eq!(
            ids(query).first(),
            Some(&first),
            "{query}: {:?}",
            ids(query)
        );
    }
    assert!(ids("press").len() > 20);
    assert!(ids("dumbbell").len() > 50);
    assert_eq!(ids("deadlift freemotion").len(), 10);
    for nothing in ["zumba", "no such words", "the"] {
        assert_eq!(ids(nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn unknown_and_ambiguous_names_are_errors_that_suggest_the_nearest_three() {
    let catalogue = catalogue();
    let error = catalogue.find("bnech press").unwrap_err().to_string();
    assert!(
        error.starts_with("unknown exercise \"bnech press\"; did you mean ")
            && error.contains("(barbell-bench-press)")
            && error.matches(" (").count() == 3,
        "{error}"
    );
    for text in [
        "",
        "   ",
        "press up machine thing",
        "'; DROP TABLE exercise; --",
        "💪",
        "the",
        &"x".repeat(100_000),
    ] {
        let error = catalogue.find(text).unwrap_err().to_string();
        assert!(
            error.contains("did you mean") && error.len() < 400,
            "{error}"
        );
    }
}

#[test]
fn filters_narrow_the_list_and_completion_prefers_prefixes() {
    let catalogue = catalogue();
    let ids = |muscle: Option<&str>, equipment: Option<&str>, query: Option<&str>| -> Vec<String> {
        let muscles = muscle.map(|muscle| parse_muscles(muscle).unwrap());
        catalogue
            .search(muscles, equipment, query)
            .into_iter()
            .map(|e| e.id.clone())
            .collect()
    };
    assert_eq!(ids(None, None, None).len(), catalogue.all().len());
    let chest = ids(Some("pecs"), Some("Barbell"), None);
    assert!(
        chest.contains(&"barbell-bench-press".to_owned()) && chest.len() < 15,
        "{chest:?}"
    );
    assert_eq!(
        ids(None, Some("trap bar"), Some("deadlift")),
        ["trap-bar-deadlift"]
    );
    assert_eq!(
        ids(Some("legs"), None, Some("no such words")),
        Vec::<String>::new()
    );
    assert!(
        parse_muscles("wings")
            .unwrap_err()
            .to_string()
            .contains("one of chest, back")
    );

    let completed = catalogue.complete("bar", 3);
    assert!(
        completed.iter().all(|name| name.starts_with("Bar")),
        "{completed:?}"
    );
    assert_eq!(completed.len(), 3);
}
