//! The integration tests: a folder for each system, and what they share in `support`.

mod agent;
mod dev;
mod process;
mod support;
mod workout;
