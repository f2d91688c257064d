//! Exponential backoff with jitter.

use std::time::Duration;

/// Delays that double from `first` up to `max`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) first: Duration,
    pub(crate) max: Duration,
}

impl Backoff {
    /// The longest delay after this many failures in a row.
    fn nominal(self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures);
        self.first.saturating_mul(factor).min(self.max)
    }

    /// The delay after this many earlier failures, shortened by up to a quarter so that the clients of a lost server do not
    /// return at the same moment.
    pub(crate) fn delay(self, failures: u32) -> Duration {
        let jitter = rand::random_range(0.75..=1.0);
        self.nominal(failures).mul_f64(jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_millis(200),
        max: Duration::from_secs(10),
    };

    #[test]
    fn delays_double_up_to_the_maximum() {
        let millis = (0..8).map(|failures| BACKOFF.nominal(failures).as_millis());
        let expected = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
        assert_eq!(millis.collect::<Vec<_>>(), expected);
        assert_eq!(BACKOFF.nominal(u32::MAX), BACKOFF.max);
    }

    #[test]
    fn jitter_shortens_a_delay_by_up_to_a_quarter() {
        for failures in [0, 3, u32::MAX] {
            let nominal = BACKOFF.nominal(failures);
            let mut delays: Vec<_> = (0..1000).map(|_| BACKOFF.delay(failures)).collect();
            delays.sort_unstable();
            let (shortest, longest) = (delays[0], delays[999]);
            assert!(shortest >= nominal * 3 / 4, "{shortest:?}");
            assert!(longest <= nominal, "{longest:?}");
            let apart = shortest < nominal * 4 / 5 && longest > nominal * 19 / 20;
            assert!(apart, "{shortest:?}..{longest:?}");
        }
    }
}
