//! Process-wide services: logging, signals, bounds on memory, returning freed memory.

pub mod heap;
pub mod logs;
pub mod memory;
pub(crate) mod signals;
