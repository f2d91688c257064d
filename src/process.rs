//! The process itself: logs, signals, the heap.

pub mod heap;
pub mod logs;
pub(crate) mod signals;
