//! How long to wait before what has failed is tried again.

use std::time::Duration;

/// `first`, doubled so many `times`, but not past `longest`.
pub(crate) fn doubled(first: Duration, longest: Duration, times: u32) -> Duration {
    first
        .saturating_mul(2_u32.saturating_pow(times))
        .min(longest)
}

/// Up to a quarter less, so that those who lost the same server do not come back all at once.
pub(crate) fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(rand::random_range(0.75..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(10);

    #[test]
    fn a_jittered_delay_is_up_to_a_quarter_shorter_and_varies() {
        let mut delays: Vec<_> = (0..1000).map(|_| jittered(WAIT)).collect();
        delays.sort_unstable();
        let (shortest, most) = (delays[0], delays[999]);
        assert!(shortest >= Duration::from_millis(7500), "{shortest:?}");
        assert!(most <= WAIT, "{most:?}");
        let apart = shortest < WAIT * 4 / 5 && most > WAIT * 19 / 20;
        assert!(apart, "{shortest:?}..{most:?}");
    }
}
