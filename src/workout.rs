//! The workout server: training data over MCP, for the agent and for users' own MCP clients (the command `mcp`).
//!
//! - [`serve`]: the command, over HTTP or stdio. [`transport`]: routes, sessions and checks before a request reaches MCP.
//! - [`auth`], [`protected_resource`]: bearer tokens; the URL they are issued for, and the allowed hosts.
//! - [`handler`]: the MCP methods. [`identity`] determines the user of a request, [`meta`] reads its other `_meta`
//!   entries, [`limit`] counts its calls.
//! - [`tools`], [`resources`], [`prompts`]: what MCP clients can call and read; each receives a [`context`]. A new tool is
//!   a file in `tools/` and a row of [`tools::SPECS`]; its schemas come from its types.
//! - [`app_views`]: charts of tool results, which hosts of MCP Apps show in the chat.
//! - [`catalogue`]: exercise lookup and the shipped reference data. [`figures`]: formulas (e1RM, trends, volume, progression).
//! - [`model`]: workouts, plans, settings. [`store`]: the queries, written with `query!`. [`db`]: schema and migrations on the shared database.
//!   `migrations/`: the schemas, with row-level security on `PostgreSQL`.
//! - [`import`]: histories from files of other apps. [`export`]: the log as CSV.
//! - [`dates`]: parsing of times, and days of a time zone. [`error`]: tool errors.
//!
//! ```text
//! serve -> transport -> auth -> protected_resource
//!   |          \-> rmcp -> handler -> identity, meta, limit
//!   \-> db                     |
//!                              v
//!     prompts, resources -> tools -> app_views, import, export -> context -> store -> db -> catalogue -> figures
//! ```
//! `store`, `catalogue`, `figures`, `model`, `dates` and `error` know nothing of MCP. [`model`] uses `figures` (units);
//! [`dates`] uses `model` and `error`, `catalogue` uses `error`; `store` uses `model` and `dates`.

pub mod app_views;
pub mod auth;
pub mod catalogue;
pub mod context;
pub mod dates;
pub mod db;
pub mod error;
pub mod export;
pub mod figures;
pub mod handler;
pub mod identity;
pub mod import;
pub mod limit;
pub mod meta;
pub mod metrics;
pub mod model;
pub mod prompts;
pub mod protected_resource;
pub mod resources;
pub mod serve;
mod stdin;
pub mod store;
pub mod tools;
pub mod transport;
