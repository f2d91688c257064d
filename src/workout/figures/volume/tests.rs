use proptest::prelude::*;

use super::*;

/// Muscle, then lower and upper ends of MV, MEV, MAV and MRV: the rows of the table the server ships.
const ROWS: [(&str, [u8; 8]); 14] = [
    ("chest", [4, 4, 6, 6, 12, 20, 20, 35]),
    ("back", [6, 6, 10, 10, 14, 22, 20, 35]),
    ("side delts", [2, 6, 6, 8, 8, 24, 25, 40]),
    ("rear delts", [0, 0, 6, 6, 16, 22, 18, 35]),
    ("front delts", [0, 0, 0, 0, 6, 8, 12, 16]),
    ("biceps", [4, 4, 8, 8, 14, 20, 20, 35]),
    ("triceps", [4, 4, 6, 6, 10, 14, 16, 30]),
    ("quads", [6, 6, 8, 8, 12, 18, 18, 30]),
    ("hamstrings", [3, 3, 4, 4, 10, 16, 12, 18]),
    ("glutes", [0, 0, 0, 0, 4, 12, 12, 30]),
    ("calves", [6, 6, 8, 8, 12, 16, 16, 30]),
    ("abs", [0, 0, 0, 6, 16, 20, 10, 25]),
    ("traps", [0, 0, 0, 0, 12, 20, 20, 35]),
    ("forearms", [0, 0, 2, 2, 2, 8, 15, 25]),
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
        .map(|sets| (sets, row(muscle).zone(sets)))
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
        zones("triceps"),
        [
            (0.0, BelowMaintenance),
            (4.0, Maintenance),
            (6.0, BelowProductive),
            (10.0, Productive),
            (14.5, High),
            (16.0, NearRecoverable),
            (30.5, OverRecoverable),
        ]
    );
    assert_eq!(
        zones("side delts"),
        [
            (0.0, BelowMaintenance),
            (2.0, Maintenance),
            (6.0, BelowProductive),
            (8.0, Productive),
            (24.5, High),
            (25.0, NearRecoverable),
            (40.5, OverRecoverable),
        ]
    );
}

#[test]
fn mav_takes_precedence_over_an_early_mrv() {
    use Zone::{BelowProductive, Maintenance, NearRecoverable, OverRecoverable, Productive};
    assert_eq!(
        zones("rear delts"),
        [
            (0.0, Maintenance),
            (6.0, BelowProductive),
            (16.0, Productive),
            (22.5, NearRecoverable),
            (35.5, OverRecoverable),
        ]
    );
    assert_eq!(
        zones("abs"),
        [
            (0.0, BelowProductive),
            (16.0, Productive),
            (20.5, NearRecoverable),
            (25.5, OverRecoverable),
        ]
    );
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
    let json = r#"{"mv":{"min":2.0,"max":6.0},"mev":{"min":6.0,"max":8.0},"mav":{"min":8.0,"max":24.0},"mrv":{"min":25.0,"max":40.0}}"#;
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
        prop_assert!(landmarks.zone(a.min(b)) <= landmarks.zone(a.max(b)));
    }
}
