//! Training figures: estimated one-rep maximum, trend, plateau, next weight and weekly volume. Pure functions.
//!
//! One file per figure; each names its formula and source. Weights passed together are in one unit (see [`units`] for
//! conversion). Only [`progression`] rounds, since its result must be loadable.

pub mod e1rm;
pub mod plateau;
pub mod progression;
pub mod trend;
pub mod units;
pub mod volume;
