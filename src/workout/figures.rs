//! What is computed from a training log: estimated maxima, trends, plateaus, next weights, weekly volume. Pure: numbers
//! in, numbers out.
//!
//! A file per figure; each names its formula and where that comes from. Weights given together are in one unit
//! (see [`units`] for converting), and nothing here rounds but [`progression`], whose result is meant to be loaded.

pub mod e1rm;
pub mod plateau;
pub mod progression;
pub mod trend;
pub mod units;
pub mod volume;
