//! Bounds on memory: the budget of bytes held for requests, and the cost of a JSON tree.

mod budget;
pub mod json;

use std::collections::TryReserveError;

pub use budget::{Bounds, Budget, Exceeded, Share};

/// The least by which a buffer grows.
const MIN_GROWTH: usize = 8 * 1024;

/// Appends a piece to a buffer that is to hold `expected` bytes, or an unknown number (0). It grows by a quarter: little is
/// allocated that is not used.
///
/// # Errors
/// The system has no memory, though the budget may have.
pub fn append(buffer: &mut Vec<u8>, piece: &[u8], expected: usize) -> Result<(), TryReserveError> {
    if buffer.len() + piece.len() > buffer.capacity() {
        let wanted = (buffer.len() / 4).max(piece.len()).max(MIN_GROWTH);
        buffer.try_reserve_exact(expected.saturating_sub(buffer.len()).max(wanted))?;
    }
    buffer.extend_from_slice(piece);
    Ok(())
}
