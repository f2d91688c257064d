//! Asynchronous runs.

mod store;
