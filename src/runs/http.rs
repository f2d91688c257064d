//! The HTTP API of runs: prompts, runs and their events, files, callbacks, skills, and connections.

pub mod app;
pub mod choice;
pub mod router;

mod authenticate;
mod base_url;
mod begin;
mod cause;
mod checks;
mod connections;
mod deliveries;
mod endpoints;
mod events;
mod extract;
mod failure;
mod files;
mod hooks;
mod json;
mod limits;
mod openapi;
mod prompt;
mod query;
mod refused;
mod rules;
mod runs;
mod skills;
mod stalled;
mod view;
mod wait;

#[cfg(any(test, fuzzing))]
pub use prompt::fuzz;
