//! Asynchronous runs: the agent's turn for requests that outlive their connection.
//!
//! The truth about a run is in the database (`store`). `engine` decides when and where a run is worked on, `work` makes one
//! attempt at it, and `http` is its face.

pub mod callbacks;
pub mod engine;
pub mod files;
pub mod http;
pub mod metrics;
pub mod model;
pub mod progress;
pub mod retention;
pub mod rotation;
pub mod secrets;
pub mod serve;
pub mod skills;
pub mod store;
pub mod work;
