//! The span of an attempt, which begins a trace: the turns of the run's steps are parts of it. It is linked to the request that began
//! the run, which may have been answered long ago.

use super::outcome::Outcome;
use crate::{
    agent::spans,
    runs::model::Claimed,
    telemetry::{Attribute, Span, Telemetry, names},
};

pub(super) fn begin(telemetry: &Telemetry, claimed: &Claimed) -> Span {
    telemetry.root(claimed.input.traceparent.as_deref(), || {
        spans::workflow(vec![
            Attribute::new(names::RUN_ID, claimed.claim.run.to_string()),
            Attribute::new(names::RUN_ATTEMPT, i64::from(claimed.run.attempt)),
        ])
    })
}

pub(super) fn end(span: &Span, outcome: &Outcome) {
    match outcome {
        Outcome::Completed(_) => span.end(),
        Outcome::Failed(error) => span.fail(error.code.clone()),
        Outcome::TimedOut => span.fail(names::TIMEOUT),
        Outcome::Cancelled => span.fail(names::CANCELLED),
        Outcome::HandBack => span.fail("handed_back"),
        Outcome::Halted => span.fail("halted"),
    }
}
