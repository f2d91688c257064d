//! Asynchronous runs, on both databases.

mod callbacks;
mod http;
mod skills;
mod store;
mod stores;
mod support;
