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
    let rows = rows.map(|row| row.split_once('\t').expect("two columns"));
    let others = rows.filter_map(|(name, id)| {
        let found = catalogue().find(name).map_or("-", |exercise| &exercise.id);
        (found != id).then(|| format!("{name}: {found}, not {id}"))
    });
    let others: Vec<String> = others.collect();
    assert!(others.is_empty(), "{others:#?}");
}

/// The names in twelve public exports of the apps, with their exercises and numbers of set rows. `-` is for names that are for
/// none, or for one that the catalogue lacks.
#[test]
fn the_set_rows_of_real_exports_are_assigned_and_hardly_any_wrongly() {
    let (mut all, mut right, mut wrong, mut known, mut missed) = (0, 0, 0, 0, Vec::new());
    for row in include_str!("tests/exports.tsv").lines().skip(1) {
        let mut columns = row.split('\t');
        let mut column = || columns.next().expect("three columns");
        let (name, id) = (column(), column());
        let sets: u32 = column().parse().expect("a number");
        all += sets;
        known += usize::from(id != "-");
        match catalogue().find(name) {
            Ok(found) if found.id == id => right += sets,
            Ok(found) => {
                wrong += sets;
                missed.push(format!("{name}: {}", found.id));
            }
            Err(_) if id != "-" => missed.push(name.to_owned()),
            Err(_) => {}
        }
    }
    assert!(right * 100 >= all * 90, "{right} of {all}");
    assert!(wrong * 1000 <= all, "{wrong} of {all}: {missed:?}");
    assert!(missed.len() * 100 <= known * 5, "{missed:?} of {known}");
}

#[test]
fn common_misspellings_of_words_are_corrected() {
    for (text, id) in [
        ("bench pres", Some("barbell-bench-press")),
        ("Barbell Sqaut", Some("barbell-back-squat")),
        ("Lateral Rasie", Some("dumbbell-lateral-raise")),
        ("seated leg crul", Some("seated-leg-curl")),
        ("Dumbell Curll", Some("dumbbell-curl")),
        ("barbbell row", Some("barbell-row")),
        // Another short word may be another exercise.
        ("bunch press", None),
        ("hang squad", None),
        ("leg purl", None),
    ] {
        let found = catalogue().find(text).ok().map(|e| e.id.as_str());
        assert_eq!(found, id, "{text}");
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
fn an_own_exercise_without_equipment_is_found_with_any() {
    let own = |name: &str, equipment: &str| Exercise {
        id: "own".to_owned(),
        name: name.to_owned(),
        equipment: equipment.to_owned(),
        ..Exercise::own()
    };
    for (equipment, written, id) in [
        ("other", "Wide Grip Lat Pulldown (Cable)", Some("own")),
        ("other", "Cable Wide Grip Lat Pulldown", Some("own")),
        ("other", "Lat Pulldown (Cable)", Some("lat-pulldown")),
        ("machine", "Wide Grip Lat Pulldown (Cable)", None),
    ] {
        let with_own = catalogue().with_own(vec![own("Wide Grip Lat Pulldown", equipment)]);
        let found = with_own.find(written).ok().map(|e| e.id.as_str());
        assert_eq!(found, id, "{equipment}: {written}");
    }
}

#[test]
fn searches_find_misspelled_words() {
    for (query, first) in [
        ("sqat", "barbell-back-squat"),
        ("benchpres", "barbell-bench-press"),
        ("dumbell benchpres", "dumbbell-bench-press"),
        ("deadlfit", "barbell-deadlift"),
        ("latpuldown", "lat-pulldown"),
        ("bizeps curl", "dumbbell-curl"),
    ] {
        let found = catalogue().search(None, None, Some(query));
        let first_found = found.first().map(|e| e.id.as_str());
        assert_eq!(first_found, Some(first), "{query}");
    }
}

#[test]
fn searches_for_a_muscle_find_all_that_train_it_first() {
    for (query, muscles) in [
        ("hamstrings", &["hamstrings"][..]),
        ("hamstring exercises", &["hamstrings"]),
        ("abs", &["abs"]),
        ("delt", &["front_delts", "side_delts", "rear_delts"]),
        ("shoulder", &["front_delts", "side_delts", "rear_delts"]),
        ("rear delts", &["rear_delts"]),
        ("Lower back", &["lower_back"]),
        ("biceps", &["biceps"]),
        ("bizeps", &["biceps"]),
        ("quads", &["quads"]),
        ("quadrizeps", &["quads"]),
        ("core", &["abs"]),
    ] {
        let found = catalogue().search(None, None, Some(query));
        let trains = |e: &Exercise| {
            muscles
                .iter()
                .any(|m| e.primary_muscles.contains(&(*m).to_owned()))
        };
        let all = catalogue().all().filter(|e| trains(e)).count();
        let name = found
            .first()
            .is_some_and(|e| !trains(e) && e.is_called(query));
        let first = found
            .iter()
            .skip(usize::from(name))
            .take_while(|e| trains(e));
        assert_eq!(first.count(), all, "{query}");
    }
    let of = |query: &str| catalogue().search(None, None, Some(query));
    let presses = of("shoulder");
    assert!(presses.iter().any(|e| e.id == "dumbbell-shoulder-press"));
    let machines = of("triceps machine");
    assert!(!machines.is_empty());
    assert!(machines.iter().all(|e| e.equipment.ends_with("machine")));
}

#[test]
fn searches_for_a_kind_of_movement_find_it() {
    let of = |query: &str| catalogue().search(None, None, Some(query));
    for (query, pattern) in [
        ("cardio", "cardio"),
        ("olympic", "olympic"),
        ("plyometrics", "plyometric"),
        ("vertical pull", "vertical_pull"),
    ] {
        let all = catalogue()
            .all()
            .filter(|e| e.movement_pattern == pattern)
            .count();
        let found = of(query);
        let there = found.iter().filter(|e| e.movement_pattern == pattern);
        assert_eq!(there.count(), all, "{query}");
    }
}

#[test]
fn unknown_and_ambiguous_names_are_errors_that_suggest_the_nearest_three() {
    let catalogue = catalogue();
    let error = catalogue.find("banch press").unwrap_err().to_string();
    assert!(
        error.starts_with("unknown exercise \"banch press\"; did you mean ")
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
    assert_eq!(ids(None, None, None).len(), catalogue.all().count());
    let chest = ids(Some("pecs"), Some("Barbell"), None);
    assert!(
        chest.contains(&"barbell-bench-press".to_owned()) && chest.len() < 20,
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
