//! Asynchronous runs, on both databases.

mod callbacks;
mod skills;
mod stores;
