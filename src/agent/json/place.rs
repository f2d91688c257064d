//! The place of an invalid value, and another place in its stead.

use std::fmt;

use super::Invalid;

/// The place of a block in `messages`, or of a whole message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockPlace {
    pub message: usize,
    pub block: Option<usize>,
}

impl Invalid {
    /// The block of `messages` that the value belongs to.
    pub fn block_place(&self) -> Option<BlockPlace> {
        let index = |place: &str, list: &str| {
            let (index, rest) = place.strip_prefix(list)?.split_once(']')?;
            Some((index.parse().ok()?, rest.len()))
        };
        let (message, rest) = index(&self.place, ".messages[")?;
        let rest = &self.place[self.place.len() - rest..];
        let block = index(rest, ".content[").map(|(block, _)| block);
        Some(BlockPlace { message, block })
    }

    /// The same reason at another place.
    #[must_use]
    pub fn at(self, place: impl fmt::Display) -> Self {
        let place = place.to_string();
        Self { place, ..self }
    }
}
