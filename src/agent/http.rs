//! The HTTP face of the agent: `POST /chat` as JSON or SSE, and the endpoints beside it.

pub mod serve;

pub mod app;
mod limits;
pub mod router;

pub mod chat;
mod endpoints;
mod json;
mod openapi;
pub mod page;
mod record;
mod rejection;
mod sse;
