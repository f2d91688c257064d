//! Serialized JSON in pieces, some of which are shared with a received body.

use std::{collections::VecDeque, io, ops::Range};

use bytes::Bytes;

/// The shortest piece of a received body that is shared. Shorter ones are copied, so that a request has few pieces.
const MIN_SHARED: usize = 64 * 1024;
/// The most that is allocated in advance for copied pieces.
const MAX_PREALLOCATED: usize = 1024 * 1024;

/// Serialized JSON in pieces: copied ones, and shared ones of a received body.
pub(super) struct Pieces<'a> {
    body: &'a Bytes,
    /// Where these pieces begin.
    start: usize,
    finished: Vec<Bytes>,
    /// The number of bytes in `finished`.
    finished_length: usize,
    shared: usize,
    /// The last piece.
    pub(super) copied: Vec<u8>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(body: &'a Bytes, start: usize) -> Self {
        Self {
            body,
            start,
            finished: Vec::new(),
            finished_length: 0,
            shared: 0,
            copied: Vec::with_capacity(body.len().min(MAX_PREALLOCATED)),
        }
    }

    /// Where the next byte will be.
    pub(super) fn offset(&self) -> usize {
        self.start + self.finished_length + self.copied.len()
    }

    fn flush_copied(&mut self) {
        let copied = std::mem::take(&mut self.copied);
        self.finished_length += copied.len();
        self.finished.push(copied.into());
    }

    fn share(&mut self, piece: &[u8]) {
        self.flush_copied();
        self.finished_length += piece.len();
        self.shared += piece.len();
        self.finished.push(self.body.slice_ref(piece));
    }

    fn is_in_body(&self, piece: &[u8]) -> bool {
        let (body, piece) = (self.body.as_ptr_range(), piece.as_ptr_range());
        body.start <= piece.start && piece.end <= body.end
    }

    /// The pieces, and the number of bytes that are shared.
    pub(super) fn finish(mut self) -> (Vec<Bytes>, usize) {
        // Much of a request may be fields that are ignored.
        if self.copied.capacity() / 2 > self.copied.len() {
            self.copied.shrink_to_fit();
        }
        self.flush_copied();
        (self.finished, self.shared)
    }
}

/// serde writes a string of the body (a `RawValue`) in one piece.
impl io::Write for Pieces<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.write_all(piece)?;
        Ok(piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> io::Result<()> {
        if piece.len() >= MIN_SHARED && self.is_in_body(piece) {
            self.share(piece);
        } else {
            self.copied.extend_from_slice(piece);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The pieces with other bytes in the place of these ranges, which are in order.
pub(super) fn splice(pieces: Vec<Bytes>, edits: Vec<(Range<usize>, Bytes)>) -> Vec<Bytes> {
    let mut rest = Rest {
        pieces: pieces.into(),
        offset: 0,
    };
    let mut spliced = Vec::new();
    for (range, new) in edits {
        spliced.append(&mut rest.take_until(range.start));
        rest.take_until(range.end);
        spliced.push(new);
    }
    spliced.extend(rest.pieces);
    spliced.retain(|piece| !piece.is_empty());
    spliced
}

/// The pieces from an offset on.
struct Rest {
    pieces: VecDeque<Bytes>,
    offset: usize,
}

impl Rest {
    fn take_until(&mut self, end: usize) -> Vec<Bytes> {
        let mut taken = Vec::new();
        while self.offset < end
            && let Some(piece) = self.pieces.front_mut()
        {
            let part = piece.split_to(piece.len().min(end - self.offset));
            self.offset += part.len();
            if piece.is_empty() {
                self.pieces.pop_front();
            }
            taken.push(part);
        }
        taken
    }
}
