//! The workout server: training data over MCP, for the agent and for users' own MCP clients (the command `mcp`).
//!
//! ```text
//! HTTP -> serve -> http (host, caller, session) -> rmcp -> handler          http -> auth
//! stdio -> serve ----------------------------------^                              \-> resource <-/
//!
//! handler -> identity -> { tools, resources, prompts } -> { views, dates, figures } -> store -> db
//!        \-> limit           \-> catalogue, plan, shipped
//! ```
//! - [`serve`]: the command; both transports, and how they end.
//! - [`http`]: routes, and what every request has to pass before rmcp sees it. What it passed as is the [`identity::Identity`].
//! - [`auth`]: bearer tokens of the agent and of users.
//! - [`resource`]: the names this server goes by.
//! - [`handler`]: what MCP asks for; [`identity`] alone decides whose data it is about; [`meta`] is what else a client notes; [`limit`] counts it.
//! - [`tools`], [`resources`], [`prompts`]: what is offered. [`call`] is what each of them is given, and how it may fail.
//! - [`catalogue`]: exercises, found by what people call them. [`shipped`]: the data that comes with the service.
//! - [`figures`], [`dates`], [`plan`], [`views`]: pure.
//! - [`store`]: the queries, all of them scoped by a user. [`db`]: the connection, to `SQLite` or `PostgreSQL`.

pub mod serve;

pub mod transport;

pub mod auth;
pub mod resource;

pub mod handler;

pub mod identity;
pub mod limit;
pub mod meta;

pub mod prompts;
pub mod resources;
pub mod tools;

pub mod call;
pub mod catalogue;
pub mod dates;
pub mod figures;
pub mod plan;
pub mod shipped;
pub mod views;

pub mod db;
pub mod store;
