//! What every HTTP server of the project shares. Knows none of the systems behind it.

pub mod lifecycle;
pub mod server;

pub(crate) mod bearer;
pub(crate) mod body;
pub(crate) mod health;
pub(crate) mod middleware;
pub(crate) mod negotiate;
pub mod problem;
pub mod rate_limit;
pub mod request_id;
