//! Serialized JSON in pieces, some of which are shared with a received body.

use std::{io, ops::Range};

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

/// The pieces without these ranges of their bytes, which are in order.
pub(super) fn cut(pieces: Vec<Bytes>, cuts: &[Range<usize>]) -> Vec<Bytes> {
    let mut cuts = cuts.iter().peekable();
    let (mut kept, mut offset) = (Vec::new(), 0);
    for mut piece in pieces {
        while let Some(cut) = cuts.peek()
            && cut.start < offset + piece.len()
        {
            let before = piece.split_to(cut.start.saturating_sub(offset));
            offset += before.len();
            kept.push(before);
            let removed = piece.split_to(piece.len().min(cut.end - offset));
            offset += removed.len();
            if offset < cut.end {
                break;
            }
            cuts.next();
        }
        offset += piece.len();
        kept.push(piece);
    }
    kept.retain(|piece| !piece.is_empty());
    kept
}
