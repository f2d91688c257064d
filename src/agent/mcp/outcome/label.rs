//! The kinds of outcomes, as metrics, logs and spans name them.

use super::CallOutcome;
use crate::{
    agent::spans,
    telemetry::{Span, names},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Ok,
    /// The tool's own error, or the server's.
    Error,
    Unknown,
    NotRun,
    Invalid,
    TooLarge,
    Refused,
    Declined,
    Expired,
}

impl Label {
    pub(super) fn of_answer(is_error: bool) -> Self {
        if is_error { Self::Error } else { Self::Ok }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::NotRun => "not_run",
            Self::Invalid => "invalid",
            Self::TooLarge => "too_large",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Expired => "expired",
        }
    }
}

impl CallOutcome {
    /// Ends the span of the call, unless it has ended.
    pub(in crate::agent) fn end_span(&self, span: &Span) {
        let error_type = match self.label {
            Label::Ok => None,
            Label::Error => Some(names::TOOL_ERROR),
            label => Some(label.as_str()),
        };
        spans::end_tool(span, error_type, &self.content);
    }
}
