//! The edge that every HTTP server of the project shares. Knows none of the systems behind it.

pub mod server;

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod middleware;
pub mod problem;
pub mod request_id;
