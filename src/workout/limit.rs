//! The hourly limit of each user's calls.

use std::time::Duration;

use super::{db::UserId, error::ToolError};
use crate::{agent::http::limits::SlidingWindow, config::RateLimit};

const HOUR: Duration = Duration::from_secs(3600);

pub struct HourlyLimit {
    max: usize,
    calls: SlidingWindow<UserId>,
}

/// What became of counting a call.
#[derive(Debug, PartialEq)]
pub enum Counted {
    Fine,
    /// So many are used; from 80 % on.
    Near(usize),
    /// Not let through; the next one is after this time.
    Over(Duration),
}

impl HourlyLimit {
    /// 0 is no limit.
    pub fn new(max: usize) -> Self {
        let limit = (max > 0).then_some(RateLimit { max, window: HOUR });
        Self {
            max,
            calls: SlidingWindow::new(limit),
        }
    }

    pub fn count(&self, user: &UserId) -> Counted {
        match self.calls.count(user) {
            Err(wait) => Counted::Over(wait),
            Ok(used) if self.max > 0 && used * 5 >= self.max * 4 => Counted::Near(used),
            Ok(_) => Counted::Fine,
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
    fn from_eighty_percent_on_it_says_so_and_past_the_limit_it_says_when_to_come_back() {
        let limit = HourlyLimit::new(5);
        let (ann, bob) = (UserId::new("ann").unwrap(), UserId::new("bob").unwrap());
        let counted: Vec<Counted> = (0..5).map(|_| limit.count(&ann)).collect();
        assert_eq!(counted[..3], [Counted::Fine, Counted::Fine, Counted::Fine]);
        assert_eq!(counted[3..], [Counted::Near(4), Counted::Near(5)]);
        let Counted::Over(wait) = limit.count(&ann) else {
            panic!("let through")
        };
        assert_eq!(
            limit.refusal(wait).to_string(),
            "the limit of 5 calls per hour is used up; nothing was done; try again in 60 minutes"
        );
        assert_eq!(limit.count(&bob), Counted::Fine);
        let unlimited = HourlyLimit::new(0);
        assert!((0..1000).all(|_| unlimited.count(&ann) == Counted::Fine));
    }
}
