//! Estimated one-repetition maximum (e1RM) of a set, by Brzycki's formula, with the repetitions in reserve where they are known.

const FORMULA: &str = "Brzycki 1993: weight * 36 / (37 - reps), estimated from reps to fatigue; low confidence above 10 reps";

const FORMULA_WITH_RESERVE: &str = "Brzycki 1993: weight * 36 / (37 - reps), reps in reserve (RIR, or 10 - RPE: Zourdos et al. 2016) \
    counted as done; low confidence above 10 reps or 4 in reserve";

/// The formula and its source, shown with every estimate; another text where reps in reserve are in it.
pub fn formula(with_reserve: bool) -> &'static str {
    if with_reserve {
        FORMULA_WITH_RESERVE
    } else {
        FORMULA
    }
}

/// Above this number of repetitions endurance matters more than strength, and the estimate has low confidence.
const RELIABLE_REPS: f64 = 10.0;

/// Lifters rate more repetitions in reserve than these badly, and the estimate has low confidence.
pub(super) const RELIABLE_RESERVE: f64 = 4.0;

/// What was done in a set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Effort {
    /// All that was lifted, body weight included where it is.
    pub weight: f64,
    /// 0 for a failed attempt.
    pub reps: u32,
    /// Repetitions in reserve, where they are known.
    pub reserve: Option<f64>,
}

/// An estimated one-repetition maximum, in the unit of the set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct E1rm {
    pub weight: f64,
    pub low_confidence: bool,
}

impl Effort {
    /// A set of which nothing but weight and repetitions is known.
    pub fn new(weight: f64, reps: u32) -> Self {
        Self {
            weight,
            reps,
            reserve: None,
        }
    }
}

/// `weight * 36 / (37 - reps)`, where the repetitions in reserve are added to those done; one repetition to fatigue is its own
/// maximum. `None` without weight, without repetitions, and above 36 of them, where the formula has no value.
///
/// M. Brzycki, "Strength Testing: Predicting a One-Rep Max from Reps-to-Fatigue", JOPERD 64(1), 1993, pp. 88-90. M. Zourdos et al.,
/// "Novel Resistance Training-Specific Rating of Perceived Exertion Scale Measuring Repetitions in Reserve", Journal of Strength
/// and Conditioning Research 30(1), 2016, pp. 267-275: RPE 10 has no repetition in reserve, RPE 9 one, RPE 8 two.
pub fn brzycki(set: Effort) -> Option<E1rm> {
    let Effort { weight, reps, .. } = set;
    if weight <= 0.0 || !weight.is_finite() || reps == 0 {
        return None;
    }
    let reserve = set.reserve.unwrap_or_default();
    let reps = f64::from(reps) + reserve;
    (1.0..=36.0).contains(&reps).then(|| E1rm {
        weight: if reps <= 1.0 {
            weight
        } else {
            weight * 36.0 / (37.0 - reps)
        },
        low_confidence: reps > RELIABLE_REPS || reserve > RELIABLE_RESERVE,
    })
}

/// The repetitions to fatigue with the weight, by the inverse of the formula; negative above the maximum.
pub fn reps_at(maximum: f64, weight: f64) -> f64 {
    37.0 - 36.0 * weight / maximum
}

/// The weight that can be lifted for so many repetitions, by the inverse of the formula; 0 from 37 repetitions.
pub fn weight_for(maximum: f64, reps: f64) -> f64 {
    maximum * (37.0 - reps).max(0.0) / 36.0
}

/// The index and estimate of the set with the highest estimate, the earliest of equal ones. Estimates of low confidence count
/// only where there is no other.
pub fn best(sets: impl IntoIterator<Item = Effort>) -> Option<(usize, E1rm)> {
    sets.into_iter()
        .enumerate()
        .filter_map(|(place, set)| Some((place, brzycki(set)?)))
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

    fn at(weight: f64, reps: u32) -> Option<E1rm> {
        brzycki(Effort::new(weight, reps))
    }

    fn best_of(sets: &[(f64, u32)]) -> Option<(usize, E1rm)> {
        best(
            sets.iter()
                .map(|(weight, reps)| Effort::new(*weight, *reps)),
        )
    }

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
        assert_eq!(at(100.0, 1), Some(reliable(100.0)));
        assert_eq!(at(100.0, 5), Some(reliable(112.5)));
        assert_eq!(at(75.0, 10), Some(reliable(100.0)));
        assert_eq!(at(65.0, 11), Some(rough(90.0)));
        assert_eq!(at(10.0, 36), Some(rough(360.0)));
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
            assert_eq!(at(weight, reps), None, "{weight} x {reps}");
        }
    }

    #[test]
    fn reliable_sets_take_precedence_over_rough_ones() {
        let sets = [(0.0, 8), (60.0, 25), (80.0, 5), (90.0, 1), (60.0, 20)];
        assert_eq!(best_of(&sets), Some((2, reliable(90.0))));
        assert_eq!(best_of(&[(60.0, 25), (30.0, 1)]), Some((1, reliable(30.0))));
        assert_eq!(best_of(&[(60.0, 13), (60.0, 25)]), Some((1, rough(180.0))));
        assert_eq!(best_of(&[(0.0, 5), (50.0, 0)]), None);
        assert_eq!(best_of(&[]), None);
    }

    #[test]
    fn reps_in_reserve_count_as_done() {
        let with = |reps, reserve| {
            let reserve = Some(reserve);
            brzycki(Effort {
                weight: 100.0,
                reps,
                reserve,
            })
        };
        // 100 * 36 / 32, 100 * 36 / 36 and 100 * 36 / 29.5.
        assert_eq!(with(3, 2.0), Some(reliable(112.5)));
        assert_eq!(with(1, 0.0), Some(reliable(100.0)));
        assert_eq!(
            with(5, 2.5).map(|e| (e.weight * 10.0).round()),
            Some(1220.0)
        );
        assert!(with(8, 3.0).is_some_and(|estimate| estimate.low_confidence));
        assert!(with(1, 4.5).is_some_and(|estimate| estimate.low_confidence));
        assert_eq!(with(30, 7.0), None);
        assert_eq!(with(0, 3.0), None);
    }

    proptest! {
        #[test]
        fn the_inverses_undo_the_formula(weight in 1.0..500.0f64, reps in 1..36u32) {
            let maximum = at(weight, reps).unwrap().weight;
            prop_assert!((reps_at(maximum, weight) - f64::from(reps)).abs() < 1e-6);
            prop_assert!((weight_for(maximum, f64::from(reps)) - weight).abs() < 1e-6);
        }

        #[test]
        fn one_repetition_is_its_own_maximum(weight in 0.1..1000.0f64) {
            prop_assert_eq!(at(weight, 1), Some(reliable(weight)));
        }

        #[test]
        fn one_more_repetition_is_a_higher_estimate(weight in 0.1..1000.0f64, reps in 1..36u32) {
            let estimate = |reps| at(weight, reps).unwrap().weight;
            prop_assert!(estimate(reps + 1) > estimate(reps));
        }
    }
}
