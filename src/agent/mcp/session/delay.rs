//! How long to wait before a session is tried for again.

use std::time::Duration;

use crate::upstream::backoff::doubled;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// After so many failures in a row.
pub(super) fn delay(failures: u32) -> Duration {
    doubled(FIRST, LONGEST, failures)
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
}
