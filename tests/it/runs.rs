//! Asynchronous runs, on both databases.

mod callbacks;
mod retention;
mod rotation;
mod skills;
mod store;
mod stores;
mod work;
