use super::*;

fn catalogue() -> Catalogue {
    Catalogue::shipped()
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
