//! The chat agent of the Prog Strength training tracker, its workout server, its server of asynchronous runs, and the `dev`
//! command, in one binary.
//!
//! # Map
//! ```text
//!                main ─ cli ─ config
//!      ┌──────────┬───────┴──┬──────────┐
//!    agent     workout      runs       dev        the systems, and everything at once on a laptop
//!      │          │          │          │
//!      └──────┬───┴────┬─────┴──────────┘
//!    http   upstream   auth   database   process   telemetry      shared; none of these imports a system
//! ```
//! - [`agent`]: `POST /chat`. A turn is `HTTP -> Caller -> ChatRequest -> Turn <-> claude, mcp (tools) -> Events -> JSON | SSE`.
//! - [`workout`]: the MCP server of the training log (command `mcp`). The agent reaches it over MCP alone.
//! - [`runs`]: the server of runs that outlive their requests (command `runs`). A run is `HTTP -> store -> engine -> work <-> the
//!   agent's Turn`, with its journal and files.
//! - `dev` (cargo feature `dev`): all systems on loopback, with demo data and a stand-in for Claude. Only `cli` imports it.
//! - Shared: [`http`] (server, middleware, rate limiter), [`upstream`] (HTTP clients, backoff), [`auth`] (token
//!   verification), [`database`] (`SQLite` and `PostgreSQL`), [`process`] (logs, signals), [`telemetry`] (OpenTelemetry
//!   traces). [`config`]: the environment as typed settings.
//!
//! # Invariants
//! 1. Within `agent`, only `agent::http` knows axum, the statuses of `/chat` and the SSE encoding.
//! 2. Only `auth` makes a [`auth::Caller`]; only `agent::tools` makes an MCP call.
//! 3. One event stream, several renderers: JSON, SSE, the AI SDK's stream, AG-UI. A renderer does not influence the turn.
//! 4. Only [`config`] reads the environment, at start-up. There is no mutable global state: two apps can run in one process.
//! 5. A stream may be dropped at any time. Dropping it cancels Claude and read-only tools; a write tool runs to its end in
//!    a task of its own.
//! 6. No trait with a single implementation. Tests substitute other services by URL.
//! 7. Every wait for another process has a deadline.
//! 8. Enums decide, strings are printed.

#![cfg_attr(not(test), warn(clippy::unwrap_used))]
// Tests may hold long tables of cases.
#![cfg_attr(test, allow(clippy::too_many_lines))]

pub mod cli;
pub mod config;

pub mod agent;
#[cfg(feature = "dev")]
pub mod dev;
pub mod runs;
pub mod workout;

pub mod auth;
pub mod database;
pub mod http;
pub mod process;
pub mod telemetry;
pub mod upstream;

#[cfg(any(test, fuzzing))]
pub mod fuzz;
