//! Process-wide services: logging, signals, returning freed memory.

pub mod heap;
pub mod logs;
pub(crate) mod signals;
