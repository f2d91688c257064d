//! Building blocks of clients for other services: HTTP clients, retry delays, idle timers.

pub(crate) mod address;
pub(crate) mod backoff;
pub(crate) mod client;
pub(crate) mod idle_timer;
