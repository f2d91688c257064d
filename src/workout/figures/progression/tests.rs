use proptest::prelude::*;

use super::*;

const RULE: Rule = Rule {
    step: 2.5,
    limit: None,
    lowest: 0.0,
    body: Some(0.0),
    as_entered: true,
};

/// A session so many days ago, of (weight, reps).
fn session(days_ago: u32, sets: &[(f64, u32)]) -> Session {
    let effort = |(weight, reps): &(f64, u32)| Effort::new(*weight, *reps);
    Session {
        day: 1000.0 - f64::from(days_ago),
        sets: sets.iter().map(effort).collect(),
    }
}

/// Sessions a few days apart, newest first.
fn log(sessions: &[&[(f64, u32)]]) -> Vec<Session> {
    let days = (1..).step_by(3);
    sessions
        .iter()
        .zip(days)
        .map(|(sets, days)| session(days, sets))
        .collect()
}

/// What comes after the sessions, newest first: weight, working weight, reason.
fn after(sessions: &[&[(f64, u32)]], rule: Rule, range: (u32, u32)) -> (f64, f64, Reason) {
    let (min, max) = range;
    let next = next(&log(sessions), &rule, RepRange { min, max }).expect("a suggestion");
    (next.weight.expect("a weight"), next.from, next.reason)
}

/// The target that the log shows, newest first, and the weight and reason of the suggestion for it.
fn from_own_log(sessions: &[Vec<(f64, u32)>]) -> (RepRange, (f64, Reason)) {
    let sessions: Vec<&[(f64, u32)]> = sessions.iter().map(Vec::as_slice).collect();
    let range = from_log(&log(&sessions), &RULE).expect("a target");
    let (weight, _, reason) = after(&sessions, RULE, (range.min, range.max));
    (range, (weight, reason))
}

fn to_eight(sessions: &[&[(f64, u32)]]) -> (f64, f64, Reason) {
    after(sessions, RULE, (8, 8))
}

const GOOD: [(f64, u32); 2] = [(80.0, 8), (80.0, 9)];
const BAD: [(f64, u32); 2] = [(80.0, 8), (80.0, 7)];

#[test]
fn no_sessions_give_no_suggestion() {
    let range = RepRange::single(8);
    assert_eq!(next(&[], &RULE, range), None);
    assert_eq!(next(&[session(1, &[])], &RULE, range), None);
}

#[test]
fn a_target_met_in_every_set_at_the_working_weight_is_a_step_up() {
    let up = (82.5, 80.0, Reason::StepUp);
    assert_eq!(to_eight(&[&GOOD]), up);
    assert_eq!(to_eight(&[&GOOD, &BAD, &BAD]), up);
    assert_eq!(to_eight(&[&[], &GOOD]), up);
}

#[test]
fn one_miss_repeats_and_two_of_the_same_weight_go_down() {
    let again = (80.0, 80.0, Reason::Repeat);
    assert_eq!(to_eight(&[&BAD]), again);
    assert_eq!(to_eight(&[&BAD, &GOOD, &BAD]), again);
    assert_eq!(to_eight(&[&BAD, &[(82.5, 7), (82.5, 6)]]), again);
    assert_eq!(to_eight(&[&BAD, &BAD]), (72.5, 80.0, Reason::BackOff));
    // A failed attempt is a miss.
    assert_eq!(to_eight(&[&[(80.0, 8), (80.0, 0)]]), again);
    assert_eq!(
        to_eight(&[&[(80.0, 0)], &BAD]),
        (72.5, 80.0, Reason::BackOff)
    );
}

#[test]
fn ramps_back_off_sets_and_extra_singles_do_not_count() {
    let up = (102.5, 100.0, Reason::StepUp);
    for sets in [
        &[(60.0, 5), (80.0, 5), (100.0, 5)][..],
        &[(100.0, 5), (100.0, 5), (120.0, 1)],
        &[(100.0, 5), (110.0, 3)],
        &[(100.0, 5), (80.0, 4), (80.0, 4)],
        &[(20.0, 10), (60.0, 3), (100.0, 5), (100.0, 5)],
        &[(100.0, 5), (120.0, 0)],
    ] {
        assert_eq!(after(&[sets], RULE, (5, 5)), up, "{sets:?}");
    }
    // Lighter sets after the working sets do not hide that those were for fewer.
    assert_eq!(
        after(&[&[(100.0, 5), (90.0, 8)]], RULE, (6, 6)),
        (100.0, 100.0, Reason::Repeat)
    );
    // A ramp that reached the target does not hide the miss at the working weight.
    let missed = [(80.0, 5), (100.0, 4), (100.0, 4), (100.0, 3)];
    assert_eq!(
        after(&[&missed], RULE, (5, 5)),
        (100.0, 100.0, Reason::Repeat)
    );
    assert_eq!(
        after(
            &[&[(80.0, 5), (100.0, 4)], &[(80.0, 5), (97.5, 5)]],
            RULE,
            (5, 5)
        ),
        (100.0, 100.0, Reason::Repeat)
    );
}

#[test]
fn a_range_goes_up_at_its_top_and_misses_below_its_bottom() {
    let range = (8, 12);
    assert_eq!(
        after(&[&[(60.0, 12), (60.0, 12)]], RULE, range),
        (62.5, 60.0, Reason::StepUp)
    );
    let between = [(60.0, 12), (60.0, 9)];
    let again = (60.0, 60.0, Reason::Repeat);
    assert_eq!(after(&[&between, &between], RULE, range), again);
    let below = [(60.0, 9), (60.0, 7)];
    assert_eq!(after(&[&below], RULE, range), again);
    assert_eq!(after(&[&below, &below], RULE, range).2, Reason::BackOff);
}

#[test]
fn a_light_week_between_good_sessions_is_a_deload() {
    let up = (102.5, 100.0, Reason::StepUp);
    let light = [(60.0, 5), (60.0, 5)];
    assert_eq!(after(&[&light, &[(100.0, 5)]], RULE, (5, 5)), up);
    assert_eq!(after(&[&light, &light, &[(100.0, 5)]], RULE, (5, 5)), up);
    // Much lighter is one even after a miss.
    let missed = [(100.0, 5), (100.0, 4)];
    assert_eq!(
        after(&[&light, &missed], RULE, (5, 5)),
        (100.0, 100.0, Reason::Repeat)
    );
    // Somewhat lighter is a new climb, and for longer than a week it is how the lifter trains now.
    assert_eq!(
        after(&[&[(90.0, 5)], &missed], RULE, (5, 5)),
        (92.5, 90.0, Reason::StepUp)
    );
    let weeks = [&light[..], &light, &light, &light, &light, &[(100.0, 5)]];
    assert_eq!(after(&weeks, RULE, (5, 5)), (62.5, 60.0, Reason::StepUp));
}

#[test]
fn without_a_session_about_the_target_the_estimate_decides() {
    // 100 * 36 / 32 = 112.5; for twelve reps (ten, and two in reserve) 112.5 * 25 / 36 = 78.1.
    assert_eq!(
        after(&[&[(100.0, 5)]], RULE, (10, 10)),
        (77.5, 100.0, Reason::Estimate)
    );
    let bodyweight = Rule { body: None, ..RULE };
    assert_eq!(
        after(&[&[(10.0, 2)]], bodyweight, (8, 8)),
        (10.0, 10.0, Reason::Repeat)
    );
}

#[test]
fn sessions_with_more_repetitions_count_where_none_was_about_the_target() {
    assert_eq!(
        after(&[&[(60.0, 12)]], RULE, (5, 5)),
        (62.5, 60.0, Reason::StepUp)
    );
    // A light session that was about it does not outdo them.
    assert_eq!(
        after(&[&[(100.0, 10)], &[(80.0, 6)]], RULE, (5, 5)),
        (102.5, 100.0, Reason::StepUp)
    );
    assert_eq!(
        after(&[&[(100.0, 10)], &[(97.5, 5)]], RULE, (5, 5)),
        (102.5, 100.0, Reason::StepUp)
    );
}

#[test]
fn a_programme_of_changing_repetitions_goes_by_the_last_week_of_the_same_ones() {
    let weeks: [&[(f64, u32)]; 4] = [
        &[(40.0, 5), (50.0, 5), (60.0, 5)],
        &[(75.0, 5), (85.0, 3), (95.0, 7)],
        &[(70.0, 3), (80.0, 3), (90.0, 8)],
        &[(65.0, 5), (75.0, 5), (85.0, 10)],
    ];
    assert_eq!(after(&weeks, RULE, (5, 5)), (87.5, 85.0, Reason::StepUp));
    assert_eq!(
        after(&weeks[1..], RULE, (3, 3)),
        (92.5, 90.0, Reason::StepUp)
    );
    // More than the target at the working weight is not another programme.
    assert_eq!(
        after(&[&[(62.5, 13), (62.5, 13)], &[(60.0, 12)]], RULE, (8, 12)),
        (65.0, 62.5, Reason::StepUp)
    );
}

#[test]
fn an_old_weight_that_recent_estimates_rule_out_is_not_suggested() {
    let sessions = [session(2, &[(60.0, 10)]), session(60, &[(100.0, 5)])];
    let next = next(&sessions, &RULE, RepRange::single(5)).unwrap();
    // 60 * 36 / 27 = 80, for seven reps 66.7.
    assert_eq!((next.weight, next.reason), (Some(65.0), Reason::Estimate));
}

#[test]
fn a_step_that_the_estimate_does_not_carry_waits_for_more_reps() {
    let rule = Rule { step: 5.0, ..RULE };
    let add = |weight| (weight, weight, Reason::AddReps);
    assert_eq!(after(&[&[(20.0, 5)]], rule, (5, 5)), add(20.0));
    assert_eq!(after(&[&[(10.0, 12)]], rule, (8, 12)), add(10.0));
    // 40 * 36 / 32 = 45: once. After seven repetitions, 48: for three.
    assert_eq!(after(&[&[(40.0, 5)]], rule, (5, 5)), add(40.0));
    assert_eq!(
        after(&[&[(40.0, 7)]], rule, (5, 5)),
        (45.0, 40.0, Reason::StepUp)
    );
}

#[test]
fn steps_start_at_the_nearest_loadable_weight() {
    for (from, step, up) in [
        (100.0, 2.5, 102.5),
        (61.0, 2.5, 63.5),
        (61.23, 2.5, 62.5),
        (225.0, 10.0, 235.0),
        (220.46, 10.0, 230.0),
        (218.26, 10.0, 230.0),
        (185.0, 5.0, 190.0),
    ] {
        let rule = Rule { step, ..RULE };
        assert_eq!(
            after(&[&[(from, 8)]], rule, (8, 8)),
            (up, from, Reason::StepUp)
        );
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
        (0.1, 7.0, 6.3),
        (20.0, 22.0, 20.0),
        (20.0, 20.0, 18.0),
        (20.0, 12.0, 11.0),
    ] {
        let rule = Rule { step, ..RULE };
        let bad = [(from, 8), (from, 7)];
        let down = (weight, from, Reason::BackOff);
        assert_eq!(after(&[&bad, &bad], rule, (8, 8)), down, "step {step}");
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
            limit: Some(100.0),
            ..RULE
        };
        assert_eq!(after(&[&[(from, 8)]], rule, (8, 8)), next);
    }
}

#[test]
fn bodyweight_gets_a_first_step_and_never_a_negative_weight() {
    let rule = Rule { body: None, ..RULE };
    let of = |sessions: &[&[(f64, u32)]]| after(sessions, rule, (8, 8));
    assert_eq!(of(&[&[(0.0, 8)]]), (2.5, 0.0, Reason::StepUp));
    assert_eq!(of(&[&[(0.0, 7)]]), (0.0, 0.0, Reason::Repeat));
    assert_eq!(of(&[&[(0.0, 7)], &[(0.0, 7)]]), (0.0, 0.0, Reason::Repeat));
    let none = Rule { step: 0.0, ..rule };
    assert_eq!(
        after(&[&[(0.0, 8)]], none, (8, 8)),
        (0.0, 0.0, Reason::AddReps)
    );
    // A tenth of 100 kg, the body's 80 included.
    let weighed = Rule {
        body: Some(80.0),
        ..RULE
    };
    assert_eq!(
        after(&[&[(20.0, 8), (20.0, 7)][..]; 2], weighed, (8, 8)),
        (10.0, 20.0, Reason::BackOff)
    );
}

#[test]
fn less_assistance_is_a_step_up() {
    let rule = Rule {
        step: 5.0,
        limit: Some(0.0),
        lowest: -2000.0,
        body: None,
        as_entered: true,
    };
    let of = |sessions: &[&[(f64, u32)]]| after(sessions, rule, (8, 8));
    assert_eq!(
        of(&[&[(-30.0, 8), (-20.0, 8)]]),
        (-15.0, -20.0, Reason::StepUp)
    );
    assert_eq!(of(&[&[(-20.0, 7)]]), (-20.0, -20.0, Reason::Repeat));
    let (weight, from, reason) = of(&[&[(-20.0, 8), (-20.0, 7)][..]; 2]);
    assert_eq!((from, reason), (-20.0, Reason::BackOff));
    assert!(weight < -20.0);
    assert_eq!(of(&[&[(0.0, 8)]]), (0.0, 0.0, Reason::AtLimit));
}

#[test]
fn the_log_shows_the_target() {
    let range = |sessions: &[&[(f64, u32)]]| {
        from_log(&log(sessions), &RULE).map(|range| (range.min, range.max))
    };
    assert_eq!(range(&[]), None);
    assert_eq!(range(&[&[(100.0, 0)]]), None);
    assert_eq!(range(&[&[(100.0, 5), (100.0, 5)]]), Some((5, 5)));
    // Misses, ramps and extra singles do not change it.
    assert_eq!(
        range(&[&[(100.0, 10), (100.0, 9), (100.0, 8)]]),
        Some((10, 10))
    );
    assert_eq!(
        range(&[&[(40.0, 10), (60.0, 5), (100.0, 5), (100.0, 5), (120.0, 1)]]),
        Some((5, 5))
    );
    assert_eq!(
        range(&[&[(102.5, 4), (102.5, 3)], &[(100.0, 5), (100.0, 5)]]),
        Some((5, 5))
    );
    // A rise after twelve, down to eight: double progression.
    let double: [&[(f64, u32)]; 4] = [
        &[(62.5, 9), (62.5, 8)],
        &[(62.5, 8), (62.5, 8)],
        &[(60.0, 12), (60.0, 12)],
        &[(60.0, 11), (60.0, 10)],
    ];
    assert_eq!(range(&double), Some((8, 12)));
    // More than the time before is no miss, and neither is what the lifter has stayed with.
    let better: [&[(f64, u32)]; 3] = [
        &[(60.0, 11), (60.0, 10)],
        &[(60.0, 10), (60.0, 10)],
        &[(57.5, 12)],
    ];
    assert_eq!(range(&better), Some((10, 12)));
    let worse: [&[(f64, u32)]; 3] = [better[1], better[0], better[2]];
    assert_eq!(range(&worse), Some((12, 12)));
    let stayed: [&[(f64, u32)]; 5] = [
        &[(60.0, 9)],
        &[(60.0, 10)],
        &[(60.0, 9)],
        &[(60.0, 10)],
        &[(57.5, 12)],
    ];
    assert_eq!(range(&stayed), Some((9, 12)));
    // A deload shows nothing.
    assert_eq!(
        range(&[&[(60.0, 8), (60.0, 8)], &[(100.0, 5), (100.0, 5)]]),
        Some((5, 5))
    );
}

#[test]
fn a_miss_does_not_become_the_target() {
    let tens: Vec<Vec<(f64, u32)>> = [67.5, 65.0, 62.5, 60.0, 57.5]
        .map(|weight| vec![(weight, 10); 3])
        .into();
    let twelves: Vec<Vec<(f64, u32)>> = [67.5, 65.0, 62.5, 60.0]
        .map(|weight| vec![(weight, 12); 3])
        .into();
    let fives = vec![vec![(80.0, 5); 5]];
    let short = vec![(80.0, 5), (80.0, 5), (80.0, 4), (80.0, 4), (80.0, 4)];
    let shorter = vec![(80.0, 4), (80.0, 4), (80.0, 4), (80.0, 3), (80.0, 3)];
    let missed_tens = vec![(70.0, 7), (70.0, 6), (70.0, 6)];
    let missed_twelves = vec![(70.0, 8), (70.0, 7), (70.0, 7)];
    for (before, first, second, target) in [
        (&tens, &missed_tens, &missed_tens, 10),
        (&twelves, &missed_twelves, &missed_twelves, 12),
        (&twelves[..1].to_vec(), &missed_twelves, &missed_twelves, 12),
        (&fives, &short, &shorter, 5),
    ] {
        let mut sessions = before.clone();
        sessions.insert(0, first.clone());
        let (range, once) = from_own_log(&sessions);
        let weight = first[0].0;
        assert_eq!((range.max, once), (target, (weight, Reason::Repeat)));
        sessions.insert(0, second.clone());
        let (range, (down, reason)) = from_own_log(&sessions);
        assert_eq!((range.max, reason), (target, Reason::BackOff));
        assert!(down < weight);
    }
    // Who goes up in spite of fewer repetitions has begun to do fewer.
    let lower = [vec![(72.5, 5); 3], vec![(70.0, 5); 3], tens[0].clone()];
    assert_eq!(
        from_own_log(&lower),
        (RepRange::single(5), (75.0, Reason::StepUp))
    );
}

#[test]
fn sessions_no_worse_than_before_are_no_reason_for_less() {
    for session in [
        [(60.0, 10), (60.0, 9), (60.0, 8)],
        [(60.0, 12), (60.0, 10), (60.0, 8)],
        [(60.0, 8), (60.0, 7), (60.0, 6)],
    ] {
        for times in 1..=6 {
            let log = vec![session.to_vec(); times];
            assert_eq!(
                from_own_log(&log).1,
                (60.0, Reason::Repeat),
                "{session:?} {times}"
            );
        }
    }
    let falling = vec![(60.0, 12), (60.0, 10), (60.0, 8)];
    let lighter = vec![(57.5, 12), (57.5, 10), (57.5, 9)];
    let log = [falling.clone(), falling.clone(), lighter];
    assert_eq!(from_own_log(&log).1, (60.0, Reason::Repeat));
    // Two that are worse than what has been done with the weight are one.
    let worse = vec![(60.0, 11), (60.0, 9), (60.0, 7)];
    assert_eq!(
        from_own_log(&[worse.clone(), falling.clone()]).1,
        (60.0, Reason::Repeat)
    );
    assert_eq!(
        from_own_log(&[worse.clone(), worse, falling]).1,
        (55.0, Reason::BackOff)
    );
}

#[test]
fn a_target_that_the_estimate_rules_out_is_not_suggested() {
    let rule = |step| Rule { step, ..RULE };
    let twelve = [(8.0, 12), (8.0, 12), (8.0, 12)];
    assert_eq!(
        after(&[&twelve], rule(2.0), (12, 12)),
        (8.0, 8.0, Reason::AddReps)
    );
    assert_eq!(
        after(&[&[(10.0, 15)]], rule(5.0), (15, 15)),
        (10.0, 10.0, Reason::AddReps)
    );
    assert_eq!(
        after(&[&[(60.0, 12)]], RULE, (12, 12)),
        (62.5, 60.0, Reason::StepUp)
    );
    // Planned triples with far more weight are no missed fives.
    let fives: &[(f64, u32)] = &[(100.0, 5); 5];
    let triples: &[(f64, u32)] = &[(110.0, 3); 3];
    let up = (105.0, 100.0, Reason::StepUp);
    assert_eq!(after(&[triples, fives], rule(5.0), (5, 5)), up);
    assert_eq!(after(&[triples, triples, fives], rule(5.0), (5, 5)), up);
    let missed: &[(f64, u32)] = &[(105.0, 3); 3];
    assert_eq!(
        after(&[missed, fives], rule(5.0), (5, 5)),
        (105.0, 105.0, Reason::Repeat)
    );
}

#[test]
fn reserves_that_nobody_rates_well_do_not_count() {
    let set = |reserve| Effort {
        weight: 20.0,
        reps: 8,
        reserve: Some(reserve),
    };
    let next = |reserve| {
        let sessions = [Session {
            day: 1.0,
            sets: vec![set(reserve)],
        }];
        next(&sessions, &Rule { step: 4.0, ..RULE }, RepRange::single(8))
            .unwrap()
            .reason
    };
    assert_eq!(next(4.0), Reason::StepUp);
    assert_eq!(next(9.0), Reason::AddReps);
}

#[test]
fn a_converted_weight_is_rounded_to_a_step() {
    for (from, step, up) in [
        (48.5, 5.0, 55.0),
        (97.0, 5.0, 100.0),
        (63.5, 2.5, 65.0),
        (31.0, 2.0, 34.0),
    ] {
        let rule = Rule {
            step,
            as_entered: false,
            ..RULE
        };
        let next = after(&[&[(from, 8); 3]], rule, (1, 8));
        assert_eq!(next, (up, from, Reason::StepUp));
    }
}

#[test]
fn without_a_body_weight_two_misses_make_it_easier() {
    let dips = Rule { body: None, ..RULE };
    let assisted = Rule {
        step: 5.0,
        limit: Some(0.0),
        lowest: -2000.0,
        ..dips
    };
    let sets = |weight: f64| [(weight, 4), (weight, 4), (weight, 3)];
    let far = sets(20.0);
    assert_eq!(
        after(&[&far[..]; 8], dips, (8, 8)),
        (17.5, 20.0, Reason::BackOff)
    );
    assert_eq!(after(&[&far], dips, (8, 8)), (20.0, 20.0, Reason::Repeat));
    for reps in 5..9 {
        let pull_ups = [(12.5, 5), (12.5, 4), (12.5, 3)];
        assert_eq!(
            after(&[&pull_ups[..]; 2], dips, (reps, reps)),
            (10.0, 12.5, Reason::BackOff)
        );
    }
    let help = sets(-20.0);
    assert_eq!(
        after(&[&help[..]; 6], assisted, (8, 12)),
        (-25.0, -20.0, Reason::BackOff)
    );
    let twice = next(&log(&[&far[..]; 3]), &dips, RepRange::single(8)).unwrap();
    assert_eq!(twice.based_on, [0, 1]);
}

#[test]
fn a_target_that_no_load_is_light_enough_for_has_no_weight() {
    let next = |sets: &[(f64, u32)], rule: &Rule, reps| {
        let next = next(&log(&[sets]), rule, RepRange::single(reps)).unwrap();
        (next.weight, next.reason)
    };
    let out = (None, Reason::OutOfReach);
    let pullups = Rule {
        body: Some(80.0),
        ..RULE
    };
    assert_eq!(next(&[(0.0, 3); 3], &pullups, 8), out);
    assert_eq!(next(&[(20.0, 8)], &pullups, 20), out);
    assert_eq!(next(&[(100.0, 5)], &RULE, 40), out);
    assert_eq!(next(&[(5.0, 5)], &RULE, 25), out);
    // More assistance makes it light enough: 60 * 36 / 34 = 63.5, for ten (two in reserve) 47.6 of the 80.
    let assisted = Rule {
        limit: Some(0.0),
        lowest: -2000.0,
        ..pullups
    };
    assert_eq!(
        next(&[(-20.0, 3)], &assisted, 8),
        (Some(-32.5), Reason::Estimate)
    );
}

#[test]
fn less_weight_after_a_break_is_where_the_lifter_is_now() {
    let before = session(24, &[(100.0, 5)]);
    let sessions = [session(2, &[(70.0, 5)]), before.clone()];
    let weight = |sessions: &[Session]| next(sessions, &RULE, RepRange::single(5)).unwrap().weight;
    assert_eq!(weight(&sessions), Some(72.5));
    let deload = [session(17, &[(70.0, 5)]), before];
    assert_eq!(weight(&deload), Some(102.5));
}

#[test]
fn a_far_better_session_is_no_second_miss() {
    let better: &[(f64, u32)] = &[(100.0, 9), (100.0, 8), (100.0, 8)];
    let ten = |sessions: &[&[(f64, u32)]]| after(sessions, RULE, (10, 10)).2;
    assert_eq!(ten(&[better, &[(100.0, 3)]]), Reason::Repeat);
    assert_eq!(
        ten(&[&[(100.0, 3)], &[(100.0, 3)], better]),
        Reason::BackOff
    );
}

#[test]
fn sets_that_are_alike_are_no_misses_of_more_repetitions() {
    let fives: &[(f64, u32)] = &[(100.0, 5); 5];
    let to = |sessions: &[&[(f64, u32)]], reps| after(sessions, RULE, (reps, reps));
    // The first time they may be followed by more.
    assert_eq!(to(&[fives], 6), (100.0, 100.0, Reason::Repeat));
    for times in 2..4 {
        let log = vec![fives; times];
        assert_eq!(to(&log, 6), (95.0, 100.0, Reason::Estimate));
        assert_eq!(to(&log, 7), (92.5, 100.0, Reason::Estimate));
    }
    // The advice is followed: it is no deload of the fives.
    assert_eq!(
        to(&[&[(95.0, 6); 5], fives], 6),
        (97.5, 95.0, Reason::StepUp)
    );
    let sixteens: &[(f64, u32)] = &[(82.5, 16); 3];
    assert_eq!(
        to(&[sixteens, &[(100.0, 12); 3]], 16),
        (85.0, 82.5, Reason::StepUp)
    );
    // Less than the fives, with this weight or the next one, is a miss of them; after which more weight begins anew.
    let fours: &[(f64, u32)] = &[(102.5, 4); 5];
    assert_eq!(to(&[fours, fives], 6), (102.5, 102.5, Reason::Repeat));
    assert_eq!(
        to(&[fours, fours, fives], 6),
        (92.5, 102.5, Reason::BackOff)
    );
    let risen: &[(f64, u32)] = &[(105.0, 4); 5];
    assert_eq!(
        to(&[risen, fours, fives], 5),
        (105.0, 105.0, Reason::Repeat)
    );
    // Never more than was done, whatever the reserve.
    let easy = Effort {
        reserve: Some(4.0),
        ..Effort::new(100.0, 5)
    };
    let easy = [Session {
        day: 1.0,
        sets: vec![easy; 3],
    }];
    let easy = [easy.clone(), easy].concat();
    let six = next(&easy, &RULE, RepRange::single(6)).unwrap();
    assert_eq!((six.weight, six.reason), (Some(100.0), Reason::Repeat));
    // Without an estimate there is no other weight.
    let unknown = Rule { body: None, ..RULE };
    assert_eq!(
        after(&[fives, fives], unknown, (6, 6)),
        (100.0, 100.0, Reason::Repeat)
    );
}

#[test]
fn reps_at_the_lightest_weight_say_what_is_out_of_reach_without_an_estimate() {
    let bodyweight = Rule { body: None, ..RULE };
    let of = |sets: &[(f64, u32)], reps| {
        let next = next(&log(&[sets]), &bodyweight, RepRange::single(reps)).unwrap();
        (next.weight, next.reason)
    };
    let eight = [(0.0, 8); 3];
    assert_eq!(of(&eight, 10), (Some(0.0), Reason::Repeat));
    assert_eq!(of(&eight, 12), (None, Reason::OutOfReach));
    assert_eq!(of(&[(0.0, 40)], 60), (None, Reason::OutOfReach));
    // How heavy the body is, and what is lifted without the weight, is not known.
    assert_eq!(of(&[(10.0, 8)], 12), (Some(10.0), Reason::Repeat));
}

#[test]
fn an_estimate_is_based_on_the_session_that_shows_it() {
    let sessions = [&[(20.0, 5); 3][..], &[(100.0, 5); 3], &[(90.0, 5); 3]];
    let next = next(&log(&sessions), &RULE, RepRange::single(15)).unwrap();
    assert_eq!((next.weight, next.from), (Some(62.5), 100.0));
    assert_eq!((next.based_on, next.reserve), (vec![1], 2));
}

fn logs() -> impl Strategy<Value = Vec<Session>> {
    let set = (0..800u32, 0..15u32)
        .prop_map(|(quarters, reps)| Effort::new(f64::from(quarters) / 4.0, reps));
    let sets = prop::collection::vec(set, 1..5);
    prop::collection::vec((1..40u32, sets), 1..6).prop_map(|sessions| {
        let mut day = 1000.0;
        let session = |(gap, sets)| {
            day -= f64::from(gap);
            Session { day, sets }
        };
        sessions.into_iter().map(session).collect()
    })
}

proptest! {
    /// Down is less, a repetition is the same, up is one step above the nearest loadable weight, and an estimate is a weight
    /// that the estimated maximum carries; with weights in one unit, or converted from the other.
    #[test]
    fn the_reason_matches_the_change_of_weight(
        log in logs(),
        step in prop::sample::select(vec![0.0, 0.5, 1.25, 2.5, 5.0, 10.0, 20.0]),
        limit in prop::sample::select(vec![None, Some(50.0), Some(100.0)]),
        unit in prop::sample::select(vec![1.0, 2.204_622_621_848_776, 0.453_592_37]),
        ends in (1..15u32, 0..6u32),
    ) {
        let mut log = log;
        for set in log.iter_mut().flat_map(|session| &mut session.sets) {
            set.weight *= unit;
        }
        let range = RepRange { min: ends.0, max: ends.0 + ends.1 };
        let rule = Rule { step, limit, lowest: 0.0, body: Some(0.0), as_entered: (unit - 1.0_f64).abs() < 1e-9 };
        let Some(it) = next(&log, &rule, range) else {
            prop_assert!(log.iter().flat_map(|s| &s.sets).all(|set| set.reps == 0));
            return Ok(());
        };
        prop_assert!(!it.based_on.is_empty());
        let Some(weight) = it.weight else {
            prop_assert_eq!(it.reason, Reason::OutOfReach);
            let lightest = if step > 0.0 { step } else { 0.5 };
            let shown = &log[it.based_on[0]];
            let light = rule.best([shown]).map_or_else(
                || shown.sets.iter().all(|set| set.weight <= 0.0 && set.reps < range.min),
                |maximum| e1rm::weight_for(maximum, f64::from(range.min + 2)) < lightest,
            );
            prop_assert!(light, "{it:?}");
            return Ok(());
        };
        prop_assert!(weight >= 0.0);
        match it.reason {
            Reason::StepUp => {
                let maximum = log.iter().flat_map(|s| &s.sets).filter_map(|set| rule.maximum(set));
                let maximum = maximum.max_by(f64::total_cmp);
                let least = f64::from(range.min - range.min.div_ceil(4)).max(1.0);
                prop_assert!(maximum.is_none_or(|m| e1rm::reps_at(m, weight) >= least - 0.01), "{it:?}");
                let was_loaded = rule.as_entered && (it.from * 2.0).fract().abs() < 1e-6;
                let base = weight - step;
                let loadable = (base - (base / step).round() * step).abs() < 0.02;
                let nearest = if was_loaded {
                    (base - it.from).abs() < 0.02
                } else {
                    loadable && (base - it.from).abs() <= step / 2.0 + 0.02
                };
                prop_assert!(weight > it.from);
                prop_assert!(nearest || limit == Some(weight), "{it:?}");
            }
            Reason::BackOff => prop_assert!(weight < it.from && weight <= it.from * 0.95 + 0.01),
            Reason::AtLimit | Reason::Repeat | Reason::AddReps => {
                prop_assert_eq!(weight.to_bits(), it.from.to_bits());
            }
            Reason::Estimate => {
                let shown = it.based_on.iter().flat_map(|place| &log[*place].sets);
                let maximum = shown.filter_map(|set| rule.maximum(set)).max_by(f64::total_cmp).unwrap();
                prop_assert!(weight <= e1rm::weight_for(maximum, f64::from(range.min)) + 0.01);
            }
            Reason::OutOfReach => prop_assert!(false, "with a weight"),
        }
    }

    /// Completed sets are no miss of a higher target: the second time its weight is the heaviest that the estimate carries.
    #[test]
    fn completed_sets_are_followed_by_what_the_estimate_carries_for_more(
        weight in 4..100u32, reps in 1..15u32, more in 1..15u32, sets in 1..6usize, times in 1..5usize,
    ) {
        let weight = f64::from(weight) * 2.5;
        let done = vec![(weight, reps); sets];
        let log = log(&vec![&done[..]; times]);
        let it = next(&log, &RULE, RepRange::single(reps + more)).unwrap();
        let maximum = RULE.maximum(&Effort::new(weight, reps)).unwrap();
        let carried = e1rm::weight_for(maximum, f64::from(reps + more + it.reserve));
        match it.reason {
            Reason::Estimate => {
                let next = it.weight.unwrap();
                prop_assert!(next <= carried + 0.01 && next + RULE.step > carried, "{it:?}");
            }
            Reason::OutOfReach => prop_assert!(carried < RULE.step),
            Reason::Repeat => prop_assert!(times == 1 && it.weight == Some(weight), "{it:?}"),
            _ => prop_assert!(false, "{it:?}"),
        }
    }

    /// A lifter who did all sets is never told to lift less.
    #[test]
    fn success_is_never_followed_by_less(weight in 1..200u32, reps in 1..15u32, sets in 1..6usize, before in logs()) {
        let weight = f64::from(weight) * 2.5;
        let mut log = vec![Session { day: 1003.0, sets: vec![Effort::new(weight, reps); sets] }];
        log.extend(before);
        let it = next(&log, &RULE, RepRange::single(reps)).unwrap();
        prop_assert!(it.weight.is_some_and(|it| it >= weight) || it.from > weight, "{it:?}");
    }
}
