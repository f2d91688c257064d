//! How long to wait before a session is tried for again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// After so many failures in a row.
pub(super) fn delay(failures: u32) -> Duration {
    FIRST
        .saturating_mul(2_u32.saturating_pow(failures))
        .min(LONGEST)
}

/// Up to a quarter less, so that services which lost the same server do not come back all at once.
pub(super) fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(rand::random_range(0.75..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_from_a_fifth_of_a_second_to_ten() {
        let millis = (0..8).map(|failures| delay(failures).as_millis());
        let expected = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
        assert_eq!(millis.collect::<Vec<_>>(), expected);
        assert_eq!(delay(u32::MAX), LONGEST);
    }

    #[test]
    fn a_jittered_delay_is_up_to_a_quarter_shorter_and_varies() {
        let mut delays: Vec<_> = (0..1000).map(|_| jittered(LONGEST)).collect();
        delays.sort_unstable();
        let (shortest, most) = (delays[0], delays[999]);
        assert!(shortest >= Duration::from_millis(7500), "{shortest:?}");
        assert!(most <= LONGEST, "{most:?}");
        let apart = shortest < LONGEST * 4 / 5 && most > LONGEST * 19 / 20;
        assert!(apart, "{shortest:?}..{most:?}");
    }
}
