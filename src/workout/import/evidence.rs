//! Evidence of the unit of weights, from the weights alone.
//!
//! Loads of one system's plates are no proof: 95, 135 and 225 are pounds of a bar with pairs of 45 and 25, and kilograms of a lifter
//! who adds five at a time. What counts is that they stand out among their neighbours, several of them and in a share of the
//! sets; for kilograms also halves, which pairs of 1.25 kg make. Evidence for both, or too little, is none.

use crate::workout::figures::units::Unit;

/// A bar of 45 lb, with pairs of 45 and 25 lb.
const POUNDS: [i64; 11] = [45, 95, 135, 185, 225, 275, 315, 365, 405, 455, 495];
/// A bar of 20 kg, with pairs of 20 kg.
const KILOGRAMS: [i64; 8] = [20, 60, 100, 140, 180, 220, 260, 300];
/// To the neighbours that the same lifter would load as often: five or ten away.
const STEPS: [i64; 4] = [-10, -5, 5, 10];
/// Below it, dumbbells and stacks have halves in both units.
const HALVES_FROM: f64 = 50.0;

/// Fewer weights say nothing.
const MIN_WEIGHTS: usize = 20;
/// Different loads that must stand out, and how many times as frequent as their neighbours they must be.
const MIN_DISTINCT: usize = 4;
const STANDS_OUT: usize = 3;
/// The share of the weights that they must be, in percent.
const MIN_PLATES: usize = 20;
/// The share of halves among the heavier weights, in percent: of kilograms, and of some who load pounds.
const MANY_HALVES: usize = 35;
const FEW_HALVES: usize = 10;

/// The unit that the weights (above 0) show, and by what; or why they show none.
pub(super) fn unit(weights: &[f64]) -> Result<(Unit, String), String> {
    let all = weights.len();
    if all < MIN_WEIGHTS {
        return Err(format!("{all} weights are too few to tell"));
    }
    let heavy: Vec<f64> = { weights.iter() }
        .copied()
        .filter(|w| *w > HALVES_FROM)
        .collect();
    let halves = { heavy.iter() }
        .filter(|w| w.fract() != 0.0 && (*w * 2.0).fract() == 0.0)
        .count();
    let (pounds, kilograms) = (plates(weights, &POUNDS), plates(weights, &KILOGRAMS));
    let has_many = heavy.len() >= MIN_WEIGHTS && halves * 100 >= heavy.len() * MANY_HALVES;
    let has_few = halves * 100 < heavy.len() * FEW_HALVES;
    match (pounds, kilograms) {
        (None, _) if has_many => Ok((
            Unit::Kg,
            format!(
                "{halves} of {} weights above 50 have halves (62.5)",
                heavy.len()
            ),
        )),
        (Some(n), None) if has_few => Ok((
            Unit::Lb,
            format!(
                "{n} of {all} are loads of 45 and 25 lb plates (135, 185, 225), which stand out"
            ),
        )),
        (None, Some(n)) => Ok((
            Unit::Kg,
            format!("{n} of {all} are loads of 20 kg plates (60, 100, 140), which stand out"),
        )),
        _ => Err(format!("its {all} weights may be either")),
    }
}

/// How many of the weights are among these loads, if those stand out.
fn plates(weights: &[f64], loads: &[i64]) -> Option<usize> {
    let count = |load: i64| weights.iter().filter(|w| is_load(**w, load)).count();
    let mut sets = 0;
    let mut distinct = 0;
    for load in loads {
        let of_load = count(*load);
        let beside = STEPS.map(|step| count(load + step));
        let most = beside.into_iter().max().unwrap_or(0);
        if of_load > 0 && of_load >= STANDS_OUT * most {
            distinct += 1;
            sets += of_load;
        }
    }
    let is_share = sets * 100 >= weights.len() * MIN_PLATES;
    (distinct >= MIN_DISTINCT && is_share).then_some(sets)
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn is_load(weight: f64, load: i64) -> bool {
    (weight - load as f64).abs() < 0.01
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The weights of a lifter who warms up to the working weights of some exercises and adds a step to them from time to time.
    #[derive(Clone, Debug)]
    struct Lifter {
        /// First working weights, in steps.
        starts: Vec<u32>,
        step: f64,
        /// Of a lifter without warm-ups, none.
        warm_ups: Vec<f64>,
        sessions: u32,
        /// Sessions between two steps.
        every: u32,
    }

    impl Lifter {
        fn weights(&self) -> Vec<f64> {
            let session = |session: u32| {
                let work = move |start: &u32| f64::from(start + session / self.every) * self.step;
                self.starts.iter().map(work).flat_map(move |work| {
                    let lighter = self.warm_ups.iter().copied().filter(move |w| *w < work);
                    lighter.chain([work; 3])
                })
            };
            (0..self.sessions).flat_map(session).collect()
        }

        fn unit(&self) -> Option<Unit> {
            unit(&self.weights()).ok().map(|(unit, _)| unit)
        }
    }

    const PLATES_LB: [f64; 6] = [45.0, 95.0, 135.0, 185.0, 225.0, 315.0];
    const TENS: [f64; 5] = [20.0, 50.0, 70.0, 90.0, 120.0];
    const PLATES_KG: [f64; 5] = [20.0, 60.0, 100.0, 140.0, 180.0];

    /// Of three to five exercises, from weights to weights in the unit.
    fn lifter(
        from: f64,
        to: f64,
        steps: &'static [f64],
        plates: &'static [f64],
    ) -> impl Strategy<Value = Lifter> {
        let step = prop::sample::select(steps);
        let starts = prop::collection::vec(0.0..1.0, 3..=5);
        let warm_ups = prop::sample::select(vec![Vec::new(), plates.to_vec(), TENS.to_vec()]);
        (step, starts, warm_ups, 1..120_u32, 1..4_u32).prop_map(
            move |(step, starts, warm_ups, sessions, every)| {
                let start = |at: f64| ((from + at * (to - from)) / step).round();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "small numbers"
                )]
                let starts = starts.into_iter().map(|at: f64| start(at) as u32).collect();
                Lifter {
                    starts,
                    step,
                    warm_ups,
                    sessions,
                    every,
                }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn kilograms_are_never_taken_for_pounds(
            lifter in lifter(20.0, 250.0, &[1.25, 2.0, 2.5, 5.0, 10.0], &PLATES_KG)
        ) {
            prop_assert_ne!(lifter.unit(), Some(Unit::Lb), "{:?}", lifter);
        }

        #[test]
        fn pounds_are_never_taken_for_kilograms(
            lifter in lifter(45.0, 500.0, &[5.0, 10.0], &PLATES_LB)
        ) {
            prop_assert_ne!(lifter.unit(), Some(Unit::Kg), "{:?}", lifter);
        }
    }

    #[test]
    fn usual_histories_are_told() {
        let lifter = |starts: &[u32], step, warm_ups: &[f64]| Lifter {
            starts: starts.to_vec(),
            step,
            warm_ups: warm_ups.to_vec(),
            sessions: 60,
            every: 2,
        };
        // Linear progression from 50, 60, 80 and 100 kg, and from 95, 135, 185 and 225 lb.
        let kg = lifter(&[20, 24, 32, 40], 2.5, &[]);
        assert_eq!(kg.unit(), Some(Unit::Kg));
        let kg = lifter(&[10, 12, 16, 20], 5.0, &PLATES_KG);
        assert_eq!(kg.unit(), Some(Unit::Kg));
        let lb = lifter(&[19, 27, 37, 45], 5.0, &PLATES_LB);
        assert_eq!(lb.unit(), Some(Unit::Lb));
    }

    #[test]
    fn what_may_be_either_is_not_guessed() {
        let repeated = |weights: &[f64], n: usize| weights.repeat(n);
        let stepped = |from: u32, step: usize| -> Vec<f64> {
            { (from..).step_by(step) }
                .take(11)
                .map(f64::from)
                .collect::<Vec<f64>>()
                .repeat(5)
        };
        for weights in [
            // One that is frequent in pounds, among 1500 of three.
            [
                repeated(&[60.0, 80.0, 100.0, 100.0, 100.0], 300),
                vec![95.0],
            ]
            .concat(),
            stepped(95, 5),
            stepped(185, 10),
            repeated(&[10.0, 12.0, 15.0, 20.0, 25.0], 30),
            vec![135.0; 10],
            Vec::new(),
        ] {
            assert!(unit(&weights).is_err(), "{:?}", unit(&weights));
        }
    }
}
