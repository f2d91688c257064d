//! Plateau detection.

use schemars::JsonSchema;
use serde::Serialize;

use super::trend::{first_and_last_day, trend};

/// Below these a flat trend reflects daily variation more than progress. Our own choice, not a study's.
const MIN_SESSIONS: usize = 4;
const MIN_DAYS: f64 = 21.0;

/// A weekly rise below this share of the weight is floating-point noise.
const NOISE: f64 = 1e-9;

/// Whether an exercise has stopped progressing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Plateau {
    Yes,
    No,
    NotEnoughData,
}

/// `Yes` if the least-squares line through the sessions' (day, estimated maximum), in any order, does not rise;
/// `NotEnoughData` with less than 4 sessions, or less than 21 days between the first and the last.
pub fn plateau(points: &[(f64, f64)]) -> Plateau {
    let (first, last) = first_and_last_day(points);
    if points.len() < MIN_SESSIONS || last - first < MIN_DAYS {
        return Plateau::NotEnoughData;
    }
    match trend(points) {
        None => Plateau::NotEnoughData,
        Some(line) if line.slope_per_week <= NOISE * line.start.abs() => Plateau::Yes,
        Some(_) => Plateau::No,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_flat_or_falling_trend_is_a_plateau() {
        let days = [0.0, 7.0, 14.0, 21.0];
        let log = |values: [f64; 4]| days.into_iter().zip(values).collect::<Vec<_>>();
        for (values, verdict) in [
            ([100.0, 100.0, 100.0, 100.0], Plateau::Yes),
            ([110.0, 108.0, 107.0, 105.0], Plateau::Yes),
            ([100.0, 103.0, 103.0, 100.0], Plateau::Yes),
            ([100.0, 99.0, 101.0, 100.5], Plateau::No),
            ([100.0, 100.0, 100.0, 100.5], Plateau::No),
        ] {
            assert_eq!(plateau(&log(values)), verdict, "{values:?}");
        }
    }

    #[test]
    fn floating_point_noise_is_a_plateau() {
        let log = [
            (0.0, 112.5),
            (7.0, 112.5),
            (14.0, 112.5),
            (21.0, 112.5 + 1e-12),
        ];
        assert_eq!(plateau(&log), Plateau::Yes);
    }

    #[test]
    fn few_sessions_or_a_short_period_are_not_enough_data() {
        let few = [(0.0, 100.0), (20.0, 100.0), (40.0, 100.0)];
        let short = [(0.0, 100.0), (7.0, 100.0), (14.0, 100.0), (20.0, 100.0)];
        let enough = [(21.0, 100.0), (0.0, 100.0), (14.0, 100.0), (7.0, 100.0)];
        assert_eq!(plateau(&few), Plateau::NotEnoughData);
        assert_eq!(plateau(&short), Plateau::NotEnoughData);
        assert_eq!(plateau(&enough), Plateau::Yes);
        assert_eq!(plateau(&[]), Plateau::NotEnoughData);
    }

    #[test]
    fn plateau_serializes_in_snake_case() {
        let verdicts = [Plateau::Yes, Plateau::No, Plateau::NotEnoughData];
        assert_eq!(
            serde_json::to_string(&verdicts).unwrap(),
            r#"["yes","no","not_enough_data"]"#
        );
    }

    proptest! {
        #[test]
        fn steady_progress_is_never_a_plateau(start in 20.0..300.0f64, week in 0.01..10.0f64, weeks in 4..50u32) {
            let log: Vec<_> = (0..weeks)
                .map(|n| (f64::from(n) * 7.0, start + week * f64::from(n)))
                .collect();
            prop_assert_eq!(plateau(&log), Plateau::No);
        }
    }
}
