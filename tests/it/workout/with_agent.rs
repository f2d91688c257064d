//! The agent and the workout server together: use cases, identity, idempotency, crash recovery, logs and start-up.

mod approvals;
mod crash_recovery;
mod deload;
mod deployment;
mod idempotency;
mod identity;
mod log_lines;
mod metrics;
mod process;
mod startup;
mod stdio;
mod use_cases;
