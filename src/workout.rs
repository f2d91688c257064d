//! The workout server: training data over MCP, for the agent and for users' own MCP clients (the command `mcp`).
//!
//! ```text
//! HTTP -> serve -> http (host, caller, session) -> rmcp -> handler          http -> auth -> oauth -> { cache -> discovery, keys }
//! stdio -> serve ----------------------------------^                              \-> resource <-/
//! ```
//! - [`serve`]: the command; both transports, and how they end.
//! - [`http`]: routes, and what every request has to pass before rmcp sees it. What it passed as is the [`auth::Principal`].
//! - [`auth`]: who is calling: the agent, or one user. Nothing else makes a `Principal` out of a token.
//! - [`oauth`]: access tokens of an OAuth server, checked against its published keys.
//! - [`resource`]: the names this server goes by.

pub mod serve;

pub mod http;

pub mod auth;
pub mod oauth;
pub mod resource;
