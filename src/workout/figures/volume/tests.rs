use proptest::prelude::*;

use super::*;

/// Muscle, then lower and upper ends of MV, MEV, MAV and MRV: the rows of the table the server ships.
const ROWS: [(&str, [u8; 8]); 14] = [
    ("chest", [2, 4, 4, 6, 6, 16, 16, 24]),
    ("back", [2, 6, 6, 8, 8, 20, 20, 26]),
    ("side delts", [2, 6, 6, 8, 8, 24, 24, 30]),
    ("rear delts", [0, 4, 0, 4, 4, 12, 12, 20]),
    ("front delts", [0, 2, 0, 2, 4, 8, 8, 12]),
    ("biceps", [0, 4, 4, 8, 8, 20, 20, 26]),
    ("triceps", [0, 4, 4, 6, 6, 16, 16, 20]),
    ("quads", [2, 4, 4, 6, 6, 14, 14, 18]),
    ("hamstrings", [0, 2, 2, 4, 2, 8, 8, 14]),
    ("glutes", [2, 6, 6, 8, 8, 24, 24, 30]),
    ("calves", [2, 4, 4, 6, 6, 16, 16, 24]),
    ("abs", [0, 4, 0, 4, 4, 12, 12, 20]),
    ("traps", [0, 4, 0, 4, 4, 12, 12, 20]),
    ("forearms", [0, 4, 0, 8, 8, 24, 24, 30]),
];

fn landmarks(ends: [f64; 8]) -> Landmarks {
    let range = |n: usize| Range {
        min: ends[n],
        max: ends[n + 1],
    };
    Landmarks {
        mv: range(0),
        mev: range(2),
        mav: range(4),
        mrv: range(6),
    }
}

fn row(muscle: &str) -> Landmarks {
    let (_, ends) = ROWS.iter().find(|(name, _)| *name == muscle).unwrap();
    landmarks(ends.map(f64::from))
}

/// The number of sets at which each zone begins, in halves of a set from 0 to 50.
fn zones(muscle: &str) -> Vec<(f64, Zone)> {
    let mut zones: Vec<(f64, Zone)> = (0..=100u8)
        .map(|halves| f64::from(halves) / 2.0)
        .map(|sets| (sets, row(muscle).zone(sets, None)))
        .collect();
    zones.dedup_by_key(|(_, zone)| *zone);
    zones
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn sets_count_one_for_primary_and_half_for_secondary_muscles() {
    let (chest, arms, press) = (
        names(&["chest"]),
        names(&["triceps"]),
        names(&["front delts", "triceps"]),
    );
    let week: [(&[String], &[String], u32); 3] =
        [(&chest, &press, 5), (&arms, &[], 3), (&chest, &[], 0)];
    let count_of = |direct, fractional| Count { direct, fractional };
    assert_eq!(
        count(week),
        BTreeMap::from([
            ("chest".to_owned(), count_of(5, 5.0)),
            ("front delts".to_owned(), count_of(0, 2.5)),
            ("triceps".to_owned(), count_of(3, 5.5)),
        ])
    );
    assert_eq!(count([]), BTreeMap::new());
}

#[test]
fn sets_count_once_for_a_muscle_named_twice() {
    let (primary, secondary) = (
        names(&["back", "back"]),
        names(&["back", "biceps", "biceps"]),
    );
    let row = |direct, fractional| Count { direct, fractional };
    assert_eq!(
        count([(&primary[..], &secondary[..], 4)]),
        BTreeMap::from([
            ("back".to_owned(), row(4, 4.0)),
            ("biceps".to_owned(), row(0, 2.0)),
        ])
    );
}

#[test]
fn direct_sets_do_not_overflow() {
    let chest = names(&["chest"]);
    let many: [(&[String], &[String], u32); 2] = [(&chest, &[], u32::MAX), (&chest, &[], 1)];
    assert_eq!(count(many)["chest"].direct, u32::MAX);
}

#[test]
fn every_zone_begins_at_its_landmark() {
    use Zone::{
        BelowMaintenance, BelowProductive, High, Maintenance, NearRecoverable, OverRecoverable,
        Productive,
    };
    assert_eq!(
        zones("chest"),
        [
            (0.0, BelowMaintenance),
            (2.0, Maintenance),
            (4.0, BelowProductive),
            (6.0, Productive),
            (16.5, NearRecoverable),
            (24.5, OverRecoverable),
        ]
    );
    // Where MAV begins before MEV, its sets are productive.
    assert_eq!(
        zones("hamstrings"),
        [
            (0.0, Maintenance),
            (2.0, Productive),
            (8.5, NearRecoverable),
            (14.5, OverRecoverable),
        ]
    );
    let between = landmarks([0.0, 1.0, 2.0, 3.0, 4.0, 8.0, 12.0, 16.0]);
    assert_eq!(between.zone(10.0, None), High);
}

#[test]
fn the_mrv_for_the_training_days_takes_the_place_of_the_general_one() {
    use Zone::{High, NearRecoverable, OverRecoverable, Productive};
    let zone = |muscle: &str, sets: f64, min: f64, max: Option<f64>| {
        row(muscle).zone(sets, Some(RecoverableVolume { min, max }))
    };
    assert_eq!(row("chest").zone(26.0, None), OverRecoverable);
    assert_eq!(zone("chest", 26.0, 30.0, Some(30.0)), High);
    assert_eq!(zone("chest", 30.0, 30.0, Some(30.0)), NearRecoverable);
    assert_eq!(zone("chest", 40.0, 35.0, None), NearRecoverable);
    // Too many sets of one session, though the week's are productive.
    assert_eq!(row("chest").zone(13.0, None), Productive);
    assert_eq!(zone("chest", 13.0, 5.0, Some(12.0)), OverRecoverable);
    assert_eq!(zone("chest", 12.0, 5.0, Some(12.0)), Productive);
}

#[test]
fn more_sets_are_never_a_lower_zone_of_any_muscle() {
    for (muscle, _) in ROWS {
        let zones = zones(muscle);
        assert!(zones.is_sorted_by(|a, b| a.1 < b.1), "{muscle}: {zones:?}");
        assert_eq!(zones.last().unwrap().1, Zone::OverRecoverable, "{muscle}");
        assert!(
            zones.iter().any(|(_, zone)| *zone == Zone::Productive),
            "{muscle} can be trained productively"
        );
    }
}

#[test]
fn zones_and_landmarks_serialize_with_stable_names() {
    let zone = serde_json::to_value(Zone::NearRecoverable).unwrap();
    assert_eq!(zone, "near_recoverable");
    let json = r#"{"mv":{"min":2.0,"max":6.0},"mev":{"min":6.0,"max":8.0},"mav":{"min":8.0,"max":24.0},"mrv":{"min":24.0,"max":30.0}}"#;
    assert_eq!(serde_json::to_string(&row("side delts")).unwrap(), json);
    assert_eq!(
        serde_json::from_str::<Landmarks>(json).unwrap(),
        row("side delts")
    );
}

proptest! {
    #[test]
    fn more_sets_are_never_a_lower_zone_with_any_landmarks(
        ends in prop::array::uniform8(-5.0..50.0f64),
        a in 0.0..60.0f64,
        b in 0.0..60.0f64,
    ) {
        let landmarks = landmarks(ends);
        let by_days = Some(RecoverableVolume { min: ends[0], max: Some(ends[0]) });
        for mrv in [None, by_days] {
            prop_assert!(landmarks.zone(a.min(b), mrv) <= landmarks.zone(a.max(b), mrv));
        }
    }
}
