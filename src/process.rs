//! Process-wide services: logging, signals, bounds on memory, returning freed memory, repairs of JSON, the
//! format of metrics.

pub mod heap;
pub mod json;
pub mod logs;
pub mod memory;
pub mod metrics;
pub(crate) mod signals;
