//! The HTTP API of the agent: `POST /chat` as JSON or SSE, `POST /title`, the other endpoints, and the chat page.

pub mod serve;

pub mod app;
mod limits;
pub mod router;

pub mod chat;
mod endpoints;
mod incoming;
mod json;
pub mod mode;
mod openapi;
pub mod page;
mod record;
mod rejection;
mod sse;
mod title;
