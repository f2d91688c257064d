//! Asynchronous runs.

mod store;
mod work;
