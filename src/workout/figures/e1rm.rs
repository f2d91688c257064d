//! Estimated one-repetition maximum (e1RM) of a set, by Brzycki's formula.

/// The formula and its source, shown with every estimate.
pub const FORMULA: &str = "Brzycki 1993: weight * 36 / (37 - reps), estimated from reps to fatigue; low confidence above 10 reps";

/// Above this number of repetitions endurance matters more than strength, and the estimate has low confidence.
const RELIABLE_REPS: u32 = 10;

/// An estimated one-repetition maximum, in the unit of the set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct E1rm {
    pub weight: f64,
    pub low_confidence: bool,
}

/// `weight * 36 / (37 - reps)`; one repetition is its own maximum. `None` without weight, without repetitions, and above
/// 36 of them, where the formula has no value.
///
/// M. Brzycki, "Strength Testing: Predicting a One-Rep Max from Reps-to-Fatigue", JOPERD 64(1), 1993, pp. 88-90.
pub fn brzycki(weight: f64, reps: u32) -> Option<E1rm> {
    if weight <= 0.0 || !weight.is_finite() {
        return None;
    }
    let estimate = match reps {
        1 => weight,
        2..=36 => weight * 36.0 / f64::from(37 - reps),
        _ => return None,
    };
    Some(E1rm {
        weight: estimate,
        low_confidence: reps > RELIABLE_REPS,
    })
}

/// The index and estimate of the set of (weight, reps) with the highest estimate, the earliest of equal ones. Estimates of
/// low confidence count only where there is no other.
pub fn best(sets: impl IntoIterator<Item = (f64, u32)>) -> Option<(usize, E1rm)> {
    sets.into_iter()
        .enumerate()
        .filter_map(|(place, (weight, reps))| Some((place, brzycki(weight, reps)?)))
        .reduce(|best, set| if beats(set.1, best.1) { set } else { best })
}

fn beats(a: E1rm, b: E1rm) -> bool {
    if a.low_confidence == b.low_confidence {
        a.weight > b.weight
    } else {
        b.low_confidence
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reliable(weight: f64) -> E1rm {
        E1rm {
            weight,
            low_confidence: false,
        }
    }

    fn rough(weight: f64) -> E1rm {
        E1rm {
            weight,
            low_confidence: true,
        }
    }

    #[test]
    fn estimates_follow_the_formula() {
        assert_eq!(brzycki(100.0, 1), Some(reliable(100.0)));
        assert_eq!(brzycki(100.0, 5), Some(reliable(112.5)));
        assert_eq!(brzycki(75.0, 10), Some(reliable(100.0)));
        assert_eq!(brzycki(65.0, 11), Some(rough(90.0)));
        assert_eq!(brzycki(10.0, 36), Some(rough(360.0)));
    }

    #[test]
    fn sets_without_weight_or_with_invalid_reps_have_no_estimate() {
        for (weight, reps) in [
            (0.0, 5),
            (-20.0, 5),
            (f64::NAN, 5),
            (f64::INFINITY, 5),
            (100.0, 0),
            (100.0, 37),
            (100.0, u32::MAX),
        ] {
            assert_eq!(brzycki(weight, reps), None, "{weight} x {reps}");
        }
    }

    #[test]
    fn reliable_sets_take_precedence_over_rough_ones() {
        let sets = [(0.0, 8), (60.0, 25), (80.0, 5), (90.0, 1), (60.0, 20)];
        assert_eq!(best(sets), Some((2, reliable(90.0))));
        assert_eq!(best([(60.0, 25), (30.0, 1)]), Some((1, reliable(30.0))));
        assert_eq!(best([(60.0, 13), (60.0, 25)]), Some((1, rough(180.0))));
        assert_eq!(best([(0.0, 5), (50.0, 0)]), None);
        assert_eq!(best([]), None);
    }

    proptest! {
        #[test]
        fn one_repetition_is_its_own_maximum(weight in 0.1..1000.0f64) {
            prop_assert_eq!(brzycki(weight, 1), Some(reliable(weight)));
        }

        #[test]
        fn one_more_repetition_is_a_higher_estimate(weight in 0.1..1000.0f64, reps in 1..36u32) {
            let at = |reps| brzycki(weight, reps).unwrap().weight;
            prop_assert!(at(reps + 1) > at(reps));
        }
    }
}
