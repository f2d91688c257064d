//! The integration tests: a folder for each system, and what they share in `support`.

#![allow(
    clippy::disallowed_methods,
    reason = "the tests read their own variables"
)]
#![allow(clippy::too_many_lines, reason = "tables of cases")]

mod agent;
mod architecture;
mod dev;
mod packaging;
mod process;
mod runs;
mod support;
mod traces;
mod workout;
