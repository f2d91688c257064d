//! Rate limit of tool calls per user: `MCP_RATE_LIMIT_PER_HOUR` at once, refilled evenly over an hour.

use std::{num::NonZeroU32, time::Duration};

use super::{db::UserId, error::ToolError};
use crate::http::rate_limit::RateLimiter;

const HOUR: Duration = Duration::from_secs(3600);

/// The limiter of all users.
pub struct HourlyLimit {
    max: usize,
    /// `None` is no limit.
    calls: Option<RateLimiter<UserId>>,
}

/// The result of counting a call.
#[derive(Debug, PartialEq)]
pub enum Counted {
    Allowed,
    /// Allowed; this many calls are used, 80 % or more.
    NearLimit(usize),
    /// Refused; the next call is allowed after this time.
    Exceeded(Duration),
}

impl HourlyLimit {
    /// 0 is no limit.
    pub fn new(max: usize) -> Self {
        let calls = NonZeroU32::new(u32::try_from(max).unwrap_or(u32::MAX));
        Self {
            max,
            calls: calls.map(|max| RateLimiter::new(max, HOUR)),
        }
    }

    pub fn count(&self, user: &UserId) -> Counted {
        let Some(calls) = &self.calls else {
            return Counted::Allowed;
        };
        match calls.check(user) {
            Err(refused) => Counted::Exceeded(refused.reset),
            Ok(allowance) => {
                let used = self.max.saturating_sub(allowance.remaining as usize);
                if used * 5 >= self.max * 4 {
                    Counted::NearLimit(used)
                } else {
                    Counted::Allowed
                }
            }
        }
    }

    pub fn refusal(&self, wait: Duration) -> ToolError {
        let minutes = wait.as_secs().div_ceil(60).max(1);
        let plural = if minutes == 1 { "" } else { "s" };
        ToolError::Limit(format!(
            "the limit of {} calls per hour is used up; nothing was done; try again in {minutes} minute{plural}",
            self.max
        ))
    }

    pub fn notice(&self, used: usize) -> String {
        format!("Note: {used} of {} calls of this hour are used.", self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_from_80_percent_on_are_near_the_limit_and_calls_over_it_are_refused() {
        let limit = HourlyLimit::new(5);
        let (ann, bob) = (UserId::parse("ann").unwrap(), UserId::parse("bob").unwrap());
        let counted: Vec<Counted> = (0..5).map(|_| limit.count(&ann)).collect();
        assert_eq!(
            counted[..3],
            [Counted::Allowed, Counted::Allowed, Counted::Allowed]
        );
        assert_eq!(counted[3..], [Counted::NearLimit(4), Counted::NearLimit(5)]);
        let Counted::Exceeded(wait) = limit.count(&ann) else {
            panic!("allowed")
        };
        assert_eq!(
            limit.refusal(wait).to_string(),
            "the limit of 5 calls per hour is used up; nothing was done; try again in 12 minutes"
        );
        assert_eq!(limit.count(&bob), Counted::Allowed);
        let unlimited = HourlyLimit::new(0);
        assert!((0..1000).all(|_| unlimited.count(&ann) == Counted::Allowed));
    }
}
