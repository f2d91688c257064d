//! Test support: fakes and real servers around the service (Claude, MCP, PostgreSQL), and clients.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each subject uses its part of the support"
)]

pub mod answer;
pub mod bad_mcp;
pub mod faces;
pub mod fake_claude;
pub(crate) mod helpers;
pub mod issuer;
pub mod mcp_server;
pub mod mcp_tools;
pub mod on_both;
pub mod otlp;
pub mod postgres;
mod postgres_tests;
pub mod process;
pub mod proxy;
pub mod raw_http;
pub mod scripted_mcp;
pub mod service;
pub mod sse;
pub mod temporal;
pub mod test_app;
pub mod tls;
pub mod wait;
pub mod workout;
pub mod world;
