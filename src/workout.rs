//! The workout MCP server.
pub mod asker;
pub mod auth;
pub mod call;
pub mod catalogue;
pub mod dates;
pub mod db;
pub mod figures;
pub mod handler;
pub mod limit;
pub mod plan;
pub mod prompts;
pub mod resources;
pub mod shipped;
pub mod store;
pub mod tools;
pub mod views;
