//! Building blocks of clients for other services: HTTP clients, retry delays, idle timers, a guard for the URLs of users.

pub(crate) mod address;
pub(crate) mod backoff;
pub(crate) mod client;
pub mod guard;
pub(crate) mod idle_timer;
