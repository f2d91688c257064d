//! Claims of workers, and the ends of runs.

use std::time::Duration;

use super::{RetryReason, Run, RunError, RunId, RunInput, UserId};

/// The right to work on a run, until someone else has a later claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub run: RunId,
    pub owner: UserId,
    /// Grows with each claim of the run.
    pub number: i64,
}

/// A run that was taken for an attempt.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub claim: Claim,
    /// Its `attempt` is this attempt's number.
    pub run: Run,
    /// Without steps if what is stored cannot be read.
    pub input: RunInput,
    /// Working time of earlier attempts, to the last thing that they wrote.
    pub worked: Duration,
    /// `None`: it is the first time.
    pub retried: Option<RetryReason>,
}

/// How a run ends. `response` is what there is of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Completed {
        response: String,
        stop_reason: Option<String>,
    },
    Failed {
        error: RunError,
        response: Option<String>,
        stop_reason: Option<String>,
    },
    Cancelled {
        response: Option<String>,
    },
}

/// The stop reason of a run that has used up its working time.
pub const TIME_OVER: &str = "timeout";
