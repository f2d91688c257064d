//! Process-wide services: logging, signals, bounds on memory, returning freed memory, repairs of JSON.

pub mod heap;
pub mod json;
pub mod logs;
pub mod memory;
pub(crate) mod signals;
