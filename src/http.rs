//! Building blocks of the HTTP servers: accept loop, middleware, error responses, rate limiter, request bodies. Depends
//! neither on the agent nor on the workout server.

pub mod lifecycle;
pub mod server;

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod body_parser;
pub(crate) mod header;
pub(crate) mod health;
pub(crate) mod json;
pub(crate) mod middleware;
pub(crate) mod negotiate;
pub(crate) mod openapi;
pub mod problem;
pub mod rate_limit;
pub mod request_id;
mod server_span;
pub(crate) mod sse;
