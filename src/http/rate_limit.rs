//! The rate limiter, per key: `governor`'s GCRA with a bounded number of keys, and the `RateLimit` response headers.

use std::{
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{
    Quota,
    clock::{Clock, MonotonicClock},
    middleware::StateInformationMiddleware,
    state::keyed::HashMapStateStore,
};
use http::{HeaderMap, HeaderName, HeaderValue};

pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The most keys that are remembered at once.
const MAX_KEYS: usize = 50_000;

type Limiter<K, C> = governor::RateLimiter<K, HashMapStateStore<K>, C, StateInformationMiddleware>;

/// Lets `max` requests of a key through at once, refilled evenly over `window`.
pub struct RateLimiter<K: Clone + Eq + Hash, C: Clock + Clone = MonotonicClock> {
    max: NonZeroU32,
    window: Duration,
    clock: C,
    limiter: Mutex<Limiter<K, C>>,
}

/// The quota that a key has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    max: u32,
    window: Duration,
    /// Requests that are let through now.
    pub remaining: u32,
    /// The longest time until one more is let through.
    pub reset: Duration,
}

impl<K: Clone + Eq + Hash> RateLimiter<K> {
    pub fn new(max: NonZeroU32, window: Duration) -> Self {
        Self::with_clock(max, window, MonotonicClock)
    }
}

impl<K: Clone + Eq + Hash, C: Clock + Clone> RateLimiter<K, C> {
    fn with_clock(max: NonZeroU32, window: Duration, clock: C) -> Self {
        Self {
            max,
            window,
            limiter: Mutex::new(limiter(max, window, clock.clone())),
            clock,
        }
    }

    /// Counts a request if it is let through. `Err`: it is not; `reset` is the time until the next one is.
    pub fn check(&self, key: &K) -> Result<Allowance, Allowance> {
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        if limiter.len() >= MAX_KEYS {
            self.make_room(&mut limiter);
        }
        let allowance = |remaining, reset| Allowance {
            max: self.max.get(),
            window: self.window,
            remaining,
            reset,
        };
        match limiter.check_key(key) {
            Ok(state) => Ok(allowance(
                state.remaining_burst_capacity(),
                state.quota().replenish_interval(),
            )),
            Err(refused) => Err(allowance(0, refused.wait_time_from(self.clock.now()))),
        }
    }

    /// Forgets the keys with a full quota, or all keys if that leaves half of the maximum or more.
    fn make_room(&self, limiter: &mut Limiter<K, C>) {
        limiter.retain_recent();
        if limiter.len() >= MAX_KEYS / 2 {
            let keys = limiter.len();
            tracing::warn!(keys, "too many active keys: all rate limits are reset");
            *limiter = self::limiter(self.max, self.window, self.clock.clone());
        }
    }
}

fn limiter<K: Clone + Eq + Hash, C: Clock>(
    max: NonZeroU32,
    window: Duration,
    clock: C,
) -> Limiter<K, C> {
    let interval = (window / max.get()).max(Duration::from_nanos(1));
    let quota = Quota::with_period(interval).unwrap_or(Quota::per_second(max));
    governor::RateLimiter::hashmap_with_clock(quota.allow_burst(max), clock).with_middleware()
}

impl Allowance {
    /// Sets `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers) for the policy of this name.
    pub(crate) fn write(&self, policy: &str, headers: &mut HeaderMap) {
        let (max, window) = (self.max, self.window.as_secs());
        let (remaining, reset) = (self.remaining, whole_seconds(self.reset));
        let quota = format!("\"{policy}\";q={max};w={window}");
        let left = format!("\"{policy}\";r={remaining};t={reset}");
        for (name, value) in [(RATE_LIMIT_POLICY, quota), (RATE_LIMIT, left)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
    }
}

/// Seconds for `Retry-After`: rounded up, and at least one.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    type Fake<K> = RateLimiter<K, FakeRelativeClock>;

    fn limiter_with_clock<K: Clone + Eq + Hash>(
        max: u32,
        secs: u64,
    ) -> (Fake<K>, FakeRelativeClock) {
        let (max, clock) = (NonZeroU32::new(max).unwrap(), FakeRelativeClock::default());
        let window = Duration::from_secs(secs);
        (RateLimiter::with_clock(max, window, clock.clone()), clock)
    }

    #[test]
    fn a_key_has_its_burst_at_once_then_a_request_per_interval_and_the_wait_is_enough() {
        let (limiter, clock) = limiter_with_clock(2, 10);
        let check = |key| limiter.check(&key).map(|left| left.remaining);
        let wait = |key| limiter.check(&key).unwrap_err().reset;
        assert_eq!((check("ann"), check("ann")), (Ok(1), Ok(0)));
        assert_eq!(wait("ann"), Duration::from_secs(5));
        assert_eq!(check("bob"), Ok(1));
        clock.advance(Duration::from_secs(4));
        assert_eq!(wait("ann"), Duration::from_secs(1));
        clock.advance(Duration::from_secs(1));
        assert_eq!(check("ann"), Ok(0));
        assert_eq!(wait("ann"), Duration::from_secs(5));
        clock.advance(Duration::from_secs(10));
        assert_eq!((check("ann"), check("ann")), (Ok(1), Ok(0)));
    }

    #[test]
    fn headers_name_the_policy_and_what_is_left() {
        let (limiter, _) = limiter_with_clock(60, 60);
        let mut headers = HeaderMap::new();
        limiter.check(&"ann").unwrap().write("chat", &mut headers);
        assert_eq!(headers[RATE_LIMIT_POLICY], "\"chat\";q=60;w=60");
        assert_eq!(headers[RATE_LIMIT], "\"chat\";r=59;t=1");
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_recent_keys_are_remembered() {
        let (limiter, clock) = limiter_with_clock(1, 1000);
        for key in 0..MAX_KEYS + 5000 {
            clock.advance(Duration::from_millis(1));
            assert!(limiter.check(&key).is_ok());
        }
        assert!(limiter.limiter.lock().unwrap().len() <= MAX_KEYS);
        assert!(limiter.check(&(MAX_KEYS + 4999)).is_err());
    }

    #[test]
    fn keys_with_a_full_quota_are_forgotten_before_others() {
        let (limiter, clock) = limiter_with_clock(1, 10);
        for key in 0..MAX_KEYS {
            clock.advance(Duration::from_millis(1));
            assert!(limiter.check(&key).is_ok());
        }
        assert!(limiter.check(&MAX_KEYS).is_ok());
        assert!(limiter.check(&(MAX_KEYS - 1)).is_err());
        assert!(limiter.limiter.lock().unwrap().len() < MAX_KEYS / 2);
    }
}
