//! Linear trend of values over time: ordinary least squares.

/// A fitted line with its end values and goodness of fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    pub slope_per_week: f64,
    /// The share of the values' variance that the line explains, 0 to 1.
    pub r_squared: f64,
    /// The line's value on the first day.
    pub start: f64,
    /// The line's value on the last day.
    pub end: f64,
    pub points: usize,
}

/// The line with the least squared error through points of (days, value), in any order: slope = Sxy / Sxx,
/// r² = Sxy² / (Sxx · Syy). Equal values give a flat line that fits perfectly. `None` for fewer than two points, and for
/// points on a single day.
///
/// The sums use distances from the mean, relative to the first point, so that days counted from a distant epoch lose no
/// digits and equal values differ by exactly 0.
pub fn trend(points: &[(f64, f64)]) -> Option<Trend> {
    let &(x0, y0) = points.first()?;
    let xs = || points.iter().map(|(x, _)| x - x0);
    let ys = || points.iter().map(|(_, y)| y - y0);
    let (x_mean, y_mean) = (mean(xs()), mean(ys()));
    let (mut sxx, mut sxy, mut syy) = (0.0, 0.0, 0.0);
    for (x, y) in xs().zip(ys()) {
        let (dx, dy) = (x - x_mean, y - y_mean);
        sxx += dx * dx;
        sxy += dx * dy;
        syy += dy * dy;
    }
    if sxx <= 0.0 {
        return None;
    }
    let slope = sxy / sxx;
    let at = |day: f64| y0 + y_mean + slope * (day - x0 - x_mean);
    let (first, last) = first_and_last_day(points);
    Some(Trend {
        slope_per_week: slope * 7.0,
        r_squared: if syy <= 0.0 {
            1.0
        } else {
            (slope * sxy / syy).min(1.0)
        },
        start: at(first),
        end: at(last),
        points: points.len(),
    })
}

/// The days of the earliest and the latest point.
pub(super) fn first_and_last_day(points: &[(f64, f64)]) -> (f64, f64) {
    points.iter().fold(
        (f64::INFINITY, f64::NEG_INFINITY),
        |(first, last), (x, _)| (first.min(*x), last.max(*x)),
    )
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
    sum / count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-6 * (1.0 + a.abs().max(b.abs()))
    }

    #[test]
    fn a_known_line_is_found_in_any_order_of_points() {
        // Slope 8 / 20 a day, r² = 64 / (20 * 4).
        let trend_of = Some(Trend {
            slope_per_week: 2.8,
            r_squared: 0.8,
            start: 100.8,
            end: 103.2,
            points: 4,
        });
        let points = [(0.0, 101.0), (2.0, 101.0), (4.0, 103.0), (6.0, 103.0)];
        let [a, b, c, d] = points;
        for points in [points, [d, a, c, b]] {
            let found = trend(&points).map(|t| Trend {
                slope_per_week: (t.slope_per_week * 1e9).round() / 1e9,
                r_squared: (t.r_squared * 1e9).round() / 1e9,
                start: (t.start * 1e9).round() / 1e9,
                end: (t.end * 1e9).round() / 1e9,
                points: t.points,
            });
            assert_eq!(found, trend_of);
        }
    }

    #[test]
    fn points_on_fewer_than_two_days_have_no_trend() {
        assert_eq!(trend(&[]), None);
        assert_eq!(trend(&[(3.0, 100.0)]), None);
        assert_eq!(trend(&[(0.1, 100.0), (0.1, 110.0), (0.1, 90.0)]), None);
    }

    #[test]
    fn equal_values_give_a_flat_line_that_fits() {
        let flat = Trend {
            slope_per_week: 0.0,
            r_squared: 1.0,
            start: 0.1,
            end: 0.1,
            points: 3,
        };
        assert_eq!(trend(&[(0.0, 0.1), (1.0, 0.1), (5.0, 0.1)]), Some(flat));
    }

    /// Sessions on distinct days, with values in no order.
    fn logs() -> impl Strategy<Value = Vec<(f64, f64)>> {
        prop::collection::btree_map(0..400u32, 20.0..300.0f64, 2..30).prop_map(|log| {
            let days = |(day, value)| (f64::from(day), value);
            log.into_iter().map(days).collect()
        })
    }

    proptest! {
        #[test]
        fn shifting_the_days_changes_nothing(log in logs(), by in -1e6..1e6f64) {
            let shifted: Vec<_> = log.iter().map(|(x, y)| (x + by.round(), *y)).collect();
            let (a, b) = (trend(&log).unwrap(), trend(&shifted).unwrap());
            prop_assert!(close(a.slope_per_week, b.slope_per_week), "{a:?} {b:?}");
            prop_assert!(close(a.r_squared, b.r_squared) && close(a.end, b.end), "{a:?} {b:?}");
        }

        #[test]
        fn scaling_the_values_scales_the_line(log in logs(), by in 0.1..10.0f64) {
            let scaled: Vec<_> = log.iter().map(|(x, y)| (*x, y * by)).collect();
            let (a, b) = (trend(&log).unwrap(), trend(&scaled).unwrap());
            prop_assert!(close(a.slope_per_week * by, b.slope_per_week), "{a:?} {b:?}");
            prop_assert!(close(a.start * by, b.start) && close(a.r_squared, b.r_squared));
        }

        #[test]
        fn points_on_a_line_give_that_line(log in logs(), slope in 0.01..2.0f64, down: bool) {
            let slope = if down { -slope } else { slope };
            let points: Vec<_> = log.iter().map(|(x, _)| (*x, 50.0 + slope * x)).collect();
            let found = trend(&points).unwrap();
            prop_assert!(close(found.slope_per_week, slope * 7.0) && close(found.r_squared, 1.0));
            prop_assert!(close(found.start, points[0].1));
            prop_assert!(close(found.end, points[points.len() - 1].1));
        }

        #[test]
        fn r_squared_is_between_0_and_1(log in logs()) {
            prop_assert!((0.0..=1.0).contains(&trend(&log).unwrap().r_squared));
        }
    }
}
