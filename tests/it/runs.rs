//! Asynchronous runs, on both databases.

mod callbacks;
mod cli;
mod http;
mod retention;
mod rotation;
mod skills;
mod store;
mod stores;
mod support;
mod traces;
mod work;
