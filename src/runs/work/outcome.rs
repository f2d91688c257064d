//! The outcome of an attempt.

use std::io;

use super::position::StepEnd;
use crate::runs::{model::RunError, store::StoreError};

/// What an attempt comes to.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Completed(StepEnd),
    Failed(RunError),
    /// The run has used up its working time.
    TimedOut,
    Cancelled,
    HandBack,
    /// The record says why.
    Halted,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum BeginError {
    #[error("the database cannot be read")]
    Store,
    /// Of this machine, as a full disk is.
    #[error("the folder of the run cannot be made")]
    Local(#[source] io::Error),
    /// Of what is stored of the run, or a fault of ours.
    #[error(transparent)]
    Broken(#[from] anyhow::Error),
}

impl BeginError {
    /// In the attempt's span.
    pub(super) fn error_type(&self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Local(_) => "local",
            Self::Broken(_) => "internal",
        }
    }
}

impl From<StoreError> for BeginError {
    fn from(error: StoreError) -> Self {
        if error.is_damage() {
            return Self::Broken(error.into());
        }
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        tracing::warn!(%error, cause, "the state of a run cannot be read");
        Self::Store
    }
}

pub(super) fn over_budget() -> Outcome {
    Outcome::Failed(RunError {
        code: "budget_exceeded".to_owned(),
        message: "The run has used as many tokens as it may.".to_owned(),
    })
}

pub(super) fn broken(error: &anyhow::Error) -> Outcome {
    tracing::error!(error = format!("{error:#}"), "an attempt is broken");
    Outcome::Failed(RunError::internal())
}
