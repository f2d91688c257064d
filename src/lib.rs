//! The chat agent of the Prog Strength training tracker, and the systems beside it, in one binary.
//!
//! # Map
//! ```text
//!                main ─ cli ─ config
//!      ┌──────────┬───────┴──┬──────────┐
//!    agent     workout      runs       dev        the systems, and everything at once on a laptop
//!      │          │          │          │
//!      └──────┬───┴────┬─────┴──────────┘
//!           http   upstream   auth   process      what they share; knows none of them
//! ```
//! - [`agent`]: `POST /chat`. A turn is `HTTP -> Caller -> ChatRequest -> Turn <-> claude, mcp (tools) -> Events -> JSON | SSE`.
//! - [`workout`]: the MCP server of the training log (command `mcp`). The agent reaches it over MCP alone.
//! - `dev` (cargo feature `dev`): all of it on loopback, with demo data and a stand-in for Claude. Nothing uses it.
//! - [`http`], [`upstream`], [`auth`], [`process`]: the shared edge. [`config`]: the environment as typed settings.
//!
//! # Invariants
//! 1. From `agent::turn` down nothing knows axum, HTTP statuses of ours, or SSE text of ours.
//! 2. Only `auth` makes a [`auth::Caller`]; only `agent::tools` makes a call for MCP.
//! 3. One event stream, two renderers: JSON folds what SSE prints. A renderer never decides what a turn does.
//! 4. Nothing reads the environment after the configuration exists; no mutable process state; two apps can live in one process.
//! 5. A stream may be dropped at any time: dropping cancels Claude and read-only tools. A write tool runs in a task of
//!    its own and is let finish.
//! 6. No trait of our own that has one implementation. The seams for tests are URLs.
//! 7. Every await on something outside has a deadline.
//! 8. Enums decide, strings are printed.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]
// Tests may hold long tables of cases.
#![cfg_attr(test, allow(clippy::too_many_lines))]

pub mod cli;
pub mod config;

pub mod agent;
#[cfg(feature = "dev")]
pub mod dev;
pub mod workout;

pub mod auth;
pub mod http;
pub mod process;
pub mod upstream;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
