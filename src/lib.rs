//! The chat agent of the Prog Strength training tracker: Claude with MCP tools, on behalf of one verified user.
//!
//! # Map, in reading order
//! ```text
//! data:  HTTP -> Caller -> ChatRequest -> Turn <-> claude, mcp (tools) -> Events -> observe -> as_json | as_sse -> HTTP
//! uses:  main -> serve -> listen, router -> chat -> observe -> app -> { error, metrics } -> agent
//!              -> { claude, mcp -> tools, history -> raw } -> { auth, wire }                        no way back
//! ```
//! Beside it, and called by it over MCP alone: `workout`, the server of the training data (the command `mcp`), which
//! uses `listen`, `memory`, `dress`, `bearer`, `body`, `error` and `auth`, and nothing of the agent. `page` serves the files of the
//! chat page, which calls `/chat` like any other frontend. `dev` (the command) runs all of it on loopback, with demo data
//! and a stand-in for Claude; nothing uses it.
//!
//! # Invariants
//! 1. From `agent` down nothing knows axum, HTTP statuses of ours, or SSE text of ours.
//! 2. Only `auth` makes a [`auth::Caller`]; only `tools` makes a call for MCP. So identity is one short, pure file.
//! 3. One event stream, two renderers: JSON folds what SSE prints. `Turn::run` is told whether its events are shown as
//!    they come, which decides only whether a broken reply may be retried.
//! 4. Nothing reads the environment after the configuration exists; no statics; two apps can live in one process.
//! 5. Whoever holds a stream can drop it: dropping cancels Claude and read-only tools. A write tool runs in a task of
//!    its own and is let finish.
//! 6. No trait of our own that has one implementation. The seams for tests are URLs.
//! 7. Every await on something outside has a deadline.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod serve;

pub(crate) mod dress;
pub mod listen;
pub mod router;
pub(crate) mod signals;

pub mod chat;
pub mod observe;
pub mod page;

pub mod app;
pub(crate) mod backoff;
pub(crate) mod bearer;
pub(crate) mod body;
pub mod error;
pub mod limits;
pub mod memory;
pub mod metrics;
pub(crate) mod quiet;

pub mod agent;
pub mod claude;
pub mod history;
pub mod mcp;
pub mod raw;
pub mod tools;

pub(crate) mod dial;
pub mod wire;

pub mod auth;

pub mod workout;

pub mod dev;

pub mod commands;
pub mod config;
pub mod logs;

#[cfg(any(test, fuzzing))]
pub mod fuzz;

/// Further than anything here looks ahead: instants plus untrusted durations must not overflow.
const FAR: std::time::Duration = std::time::Duration::from_secs(366 * 86_400);
