//! Asynchronous runs, on both databases.

mod callbacks;
mod skills;
mod store;
mod stores;
