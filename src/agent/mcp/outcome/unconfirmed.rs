//! The results of calls that the user has not confirmed. None of them was sent.

use super::CallOutcome;
use crate::agent::claude::is_blank;

impl CallOutcome {
    /// The call needs the user's confirmation, and there is nobody to ask.
    pub fn unconfirmed() -> Self {
        Self::not_run("needs the user's confirmation, which this app cannot ask for")
    }

    pub fn declined(reason: Option<&str>) -> Self {
        let text = "The user declined. Nothing was run.";
        match reason.filter(|reason| !is_blank(reason)) {
            Some(reason) => Self::error("declined", format!("{text} The reason: {reason}")),
            None => Self::error("declined", text),
        }
    }

    /// The user has confirmed the call too late.
    pub fn expired() -> Self {
        let text = "The user's confirmation has expired. Nothing was run; call again if it is still wanted.";
        Self::error("expired", text)
    }
}
