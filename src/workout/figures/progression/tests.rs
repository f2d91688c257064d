use proptest::prelude::*;

use super::*;

const RULE: Rule = Rule {
    step: 2.5,
    limit: 0.0,
    target_reps: 8,
};

fn session(sets: &[(f64, u32)]) -> Session {
    sets.to_vec()
}

fn good(weight: f64) -> Session {
    session(&[(weight, 8), (weight, 9)])
}

fn bad(weight: f64) -> Session {
    session(&[(weight, 8), (weight, 7)])
}

/// What comes after the sessions, newest first: weight, working weight, reason.
fn after(sessions: &[Session], rule: Rule) -> Option<(f64, f64, Reason)> {
    next(sessions, &rule).map(|it| (it.weight, it.from, it.reason))
}

#[test]
fn no_sessions_give_no_suggestion() {
    assert_eq!(after(&[], RULE), None);
    assert_eq!(after(&[session(&[])], RULE), None);
}

#[test]
fn a_target_met_in_every_set_is_a_step_up() {
    let up = Some((82.5, 80.0, Reason::StepUp));
    assert_eq!(after(&[good(80.0)], RULE), up);
    assert_eq!(after(&[good(80.0), bad(80.0), bad(80.0)], RULE), up);
    assert_eq!(after(&[session(&[]), good(80.0)], RULE), up);
}

#[test]
fn back_off_sets_must_meet_the_target_and_the_heaviest_set_is_the_weight() {
    let back_offs_met = session(&[(60.0, 12), (80.0, 8), (60.0, 8)]);
    let back_off_missed = session(&[(80.0, 8), (60.0, 7)]);
    assert_eq!(
        after(&[back_offs_met], RULE),
        Some((82.5, 80.0, Reason::StepUp))
    );
    assert_eq!(
        after(&[back_off_missed], RULE),
        Some((80.0, 80.0, Reason::Repeat))
    );
}

#[test]
fn one_miss_repeats_the_weight() {
    let again = Some((80.0, 80.0, Reason::Repeat));
    assert_eq!(after(&[bad(80.0)], RULE), again);
    assert_eq!(after(&[bad(80.0), good(77.5), bad(77.5)], RULE), again);
}

#[test]
fn two_misses_in_a_row_reduce_the_weight_by_a_tenth() {
    for before in [75.0, 82.5, 90.0] {
        let down = Some((75.0, 82.5, Reason::BackOff));
        assert_eq!(after(&[bad(82.5), bad(before)], RULE), down, "{before}");
    }
}

#[test]
fn reduced_weights_are_rounded_to_the_step_unless_it_is_too_coarse() {
    for (step, from, weight) in [
        (2.5, 100.0, 90.0),
        (2.5, 99.0, 90.0),
        (5.0, 82.5, 75.0),
        (5.0, 135.0, 120.0),
        (2.5, 9.0, 8.0),
        (2.5, 12.5, 11.5),
        (2.5, 2.5, 2.0),
        (2.5, 0.5, 0.0),
        (0.0, 21.0, 19.0),
        (-1.0, 21.0, 19.0),
        (0.1, 7.0, 6.3),
        (20.0, 22.0, 20.0),
        (20.0, 20.0, 18.0),
        (20.0, 12.0, 11.0),
    ] {
        let rule = Rule { step, ..RULE };
        let down = Some((weight, from, Reason::BackOff));
        assert_eq!(after(&[bad(from), bad(from)], rule), down, "step {step}");
    }
}

#[test]
fn weights_stop_at_the_limit_and_stay_above_it() {
    for (from, next) in [
        (95.0, (97.5, 95.0, Reason::StepUp)),
        (97.5, (100.0, 97.5, Reason::StepUp)),
        (99.0, (100.0, 99.0, Reason::StepUp)),
        (100.0, (100.0, 100.0, Reason::AtLimit)),
        (120.0, (120.0, 120.0, Reason::AtLimit)),
    ] {
        let rule = Rule {
            limit: 100.0,
            ..RULE
        };
        assert_eq!(after(&[good(from)], rule), Some(next));
    }
}

#[test]
fn bodyweight_gets_a_first_step_and_never_a_negative_weight() {
    assert_eq!(after(&[good(0.0)], RULE), Some((2.5, 0.0, Reason::StepUp)));
    assert_eq!(after(&[bad(0.0)], RULE), Some((0.0, 0.0, Reason::Repeat)));
    assert_eq!(
        after(&[bad(0.0), bad(0.0)], RULE),
        Some((0.0, 0.0, Reason::Repeat))
    );
}

#[test]
fn exercises_without_a_step_add_reps() {
    let rule = Rule { step: 0.0, ..RULE };
    assert_eq!(
        after(&[good(40.0)], rule),
        Some((40.0, 40.0, Reason::AddReps))
    );
    assert_eq!(
        after(&[bad(40.0)], rule),
        Some((40.0, 40.0, Reason::Repeat))
    );
}

#[test]
fn suggested_weights_are_rounded() {
    let rule = Rule { step: 0.2, ..RULE };
    assert_eq!(
        after(&[good(0.1 + 0.2)], rule),
        Some((0.5, 0.3, Reason::StepUp))
    );
}

fn logs() -> impl Strategy<Value = Vec<Session>> {
    let set = (0..800u32, 0..15u32).prop_map(|(quarters, reps)| (f64::from(quarters) / 4.0, reps));
    prop::collection::vec(prop::collection::vec(set, 1..5), 1..4)
}

proptest! {
    #[test]
    fn the_reason_matches_the_change_of_weight(
        log in logs(),
        step in prop::sample::select(vec![0.0, 0.5, 1.25, 2.5, 5.0, 10.0]),
        limit in prop::sample::select(vec![0.0, 50.0, 100.0]),
    ) {
        let it = next(&log, &Rule { step, limit, target_reps: 8 }).unwrap();
        prop_assert!(it.weight >= 0.0);
        match it.reason {
            Reason::StepUp => {
                prop_assert!(it.weight > it.from && it.weight <= it.from + step);
                prop_assert!(limit <= 0.0 || it.weight <= limit);
            }
            Reason::BackOff => prop_assert!(it.weight < it.from && it.weight <= it.from * 0.95),
            Reason::AtLimit | Reason::Repeat | Reason::AddReps => {
                prop_assert_eq!(it.weight.to_bits(), it.from.to_bits());
            }
        }
    }
}
