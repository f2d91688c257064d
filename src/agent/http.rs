//! The HTTP face of the agent: `POST /chat` as JSON or SSE, and the endpoints beside it.

pub mod serve;

pub mod app;
pub mod limits;
pub mod router;

pub mod chat;
pub mod observe;
pub mod page;
