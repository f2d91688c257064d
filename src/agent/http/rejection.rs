//! Rejections: converts failed checks and failed turns to error responses.

use std::time::Duration;

use serde_json::value::to_raw_value;

use crate::{
    agent::{Failed, FailureCode, history::Invalid},
    http::problem::{Code, Problem},
};

/// The deadline of the chat has passed in the admission queue.
pub(super) fn not_admitted() -> Problem {
    let detail = "The service is too busy to begin this chat in time; try again shortly.";
    Problem::new(Code::Timeout, detail).with_retry_after(Duration::from_secs(1))
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::new(Code::InvalidRequest, invalid.to_string())
    }
}

impl From<FailureCode> for Code {
    fn from(code: FailureCode) -> Self {
        match code {
            FailureCode::ModelError => Self::ModelError,
            FailureCode::ModelOverloaded => Self::ModelOverloaded,
            FailureCode::Timeout => Self::Timeout,
            FailureCode::ToolsUnavailable => Self::ToolsUnavailable,
            FailureCode::ShuttingDown => Self::ShuttingDown,
            FailureCode::Internal => Self::Internal,
        }
    }
}

impl From<Failed> for Problem {
    fn from(failed: Failed) -> Self {
        let mut problem = Self::new(failed.code.into(), failed.message);
        if let Some(wait) = failed.retry_after {
            problem = problem.with_retry_after(wait);
        }
        match to_raw_value(&failed.messages) {
            Ok(messages) if !failed.messages.is_empty() => problem.with_messages(messages),
            _ => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_failure_is_called_the_same_in_an_event_and_in_a_problem() {
        for code in [
            FailureCode::ModelError,
            FailureCode::ModelOverloaded,
            FailureCode::Timeout,
            FailureCode::ToolsUnavailable,
            FailureCode::ShuttingDown,
            FailureCode::Internal,
        ] {
            assert_eq!(json!(code), Code::from(code).as_str());
        }
    }
}
