//! Working on runs: the journal, going on after a death, and what stops a run.

mod budgets;
mod cancel;
mod connections;
mod deaths;
mod drain;
mod faults;
mod files;
mod going_on;
mod journal;
mod kills;
mod lock;
#[cfg(feature = "temporal")]
mod machines;
mod outbound;
mod secrecy;
mod stdio;
mod world;
