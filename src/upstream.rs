//! What calls out to other services share: connections, retry delays, idle timers.

pub(crate) mod backoff;
pub(crate) mod dial;
pub(crate) mod idle_timer;
pub mod wire;
