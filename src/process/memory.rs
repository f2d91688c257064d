//! Bounds on memory: the budget of bytes held for requests, and the cost of a JSON tree.

mod budget;
pub mod json;

pub use budget::{Bounds, Budget, Exceeded, Share};
