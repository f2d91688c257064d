//! Memory for the answers that are being read, of all turns at once.
//!
//! Short answers share some megabytes; a long one waits for one of a few places, each of which has room for the longest
//! answer. An answer waits at most once and needs nothing more afterwards, so answers never wait for one another in a
//! circle, as they might if each waited for every piece. The deadline of the call bounds the wait.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The first piece of an answer is free; the others are taken as the answer grows.
const PIECE: usize = 16 * 1024;
/// 16 MB for the pieces of short answers.
const PIECES: usize = 1024;
const MAX_SHORT: usize = 256 * 1024;
/// Long answers at once: 24 MB.
const PLACES: usize = 3;

/// One for a process: all sessions share it.
#[derive(Clone)]
pub struct AnswerMemory {
    pieces: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl AnswerMemory {
    #[expect(clippy::new_without_default, reason = "there is one of them")]
    pub fn new() -> Self {
        Self {
            pieces: Arc::new(Semaphore::new(PIECES)),
            places: Arc::new(Semaphore::new(PLACES)),
        }
    }

    /// Waits for a place for a long answer.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }
}

/// What one answer holds, until dropped.
#[derive(Default)]
pub(super) struct Held {
    pub(super) bytes: usize,
    pieces: Option<OwnedSemaphorePermit>,
    place: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// Counts `bytes` more. `false`: the answer needs a place.
    pub(super) fn grow(&mut self, bytes: usize, memory: &AnswerMemory) -> bool {
        self.bytes += bytes;
        if self.place.is_some() {
            return true;
        }
        if self.bytes > MAX_SHORT {
            return false;
        }
        let has = self.pieces.as_ref();
        let has = has.map_or(0, OwnedSemaphorePermit::num_permits);
        let wanted = (self.bytes / PIECE).saturating_sub(has);
        let wanted = u32::try_from(wanted).unwrap_or(u32::MAX);
        let Ok(more) = memory.pieces.clone().try_acquire_many_owned(wanted) else {
            return false;
        };
        match &mut self.pieces {
            Some(pieces) => pieces.merge(more),
            None => self.pieces = Some(more),
        }
        true
    }

    /// Exchanges the pieces for a place.
    pub(super) fn move_to(&mut self, place: Option<OwnedSemaphorePermit>) {
        self.place = place;
        self.pieces = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_answers_share_their_memory_and_others_need_a_place() {
        let memory = AnswerMemory::new();
        let mut long = Held::default();
        assert!(long.grow(MAX_SHORT, &memory) && !long.grow(1, &memory));
        let mut all: Vec<Held> = (0..PIECES * PIECE / MAX_SHORT)
            .map(|_| Held::default())
            .collect();
        assert!(all[1..].iter_mut().all(|it| it.grow(MAX_SHORT, &memory)));
        // The pieces are used up, except for the free one.
        assert!(!all[0].grow(MAX_SHORT, &memory));
        assert!(Held::default().grow(PIECE - 1, &memory));
        long.move_to(memory.places.clone().try_acquire_owned().ok());
        assert!(long.grow(8 << 20, &memory) && all[0].grow(0, &memory));
    }
}
