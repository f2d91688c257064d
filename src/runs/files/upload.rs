//! A file that is about to be stored: its size, digest and type, and its content in pieces.

use std::{
    fs::File,
    io::{self, ErrorKind},
    os::unix::fs::FileExt,
    sync::Arc,
};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use futures_util::{Stream, stream};

use super::content_type::{TextCheck, detect};

/// The size of the pieces in which a file is read the first time.
const PIECE: usize = 64 * 1024;

/// A file to store. Clones share the content.
#[derive(Debug, Clone)]
pub struct Upload {
    pub name: String,
    pub size: u64,
    /// In lower-case hexadecimal digits.
    pub sha256: String,
    pub content_type: String,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Bytes),
    /// Read by position: clones do not disturb each other.
    File(Arc<File>),
}

impl Upload {
    pub fn from_bytes(name: &str, content: Bytes) -> Self {
        let mut inspection = Inspection::new();
        inspection.add(&content);
        inspection.finish(name, Content::Bytes(content))
    }

    /// Reads the file once, from its beginning: blocks. It must not change until it is stored.
    pub fn from_file(name: &str, file: File) -> io::Result<Self> {
        let mut inspection = Inspection::new();
        let mut piece = vec![0; PIECE];
        loop {
            match file.read_at(&mut piece, inspection.size) {
                Ok(0) => break,
                Ok(read) => inspection.add(&piece[..read]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(inspection.finish(name, Content::File(Arc::new(file))))
    }

    /// The content in pieces of `length` bytes, the last one shorter. Fails if the file has become shorter.
    pub(super) fn pieces(
        &self,
        length: u64,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + use<> {
        let upload = self.clone();
        stream::try_unfold((upload, 0), move |(upload, from)| async move {
            let end = upload.size.min(from + length);
            if from >= end {
                return Ok(None);
            }
            let reading = upload.clone();
            let piece = tokio::task::spawn_blocking(move || reading.piece(from, end)).await;
            Ok(Some((piece.map_err(io::Error::other)??, (upload, end))))
        })
    }

    /// The bytes from one position to another: blocks.
    pub(super) fn piece(&self, from: u64, end: u64) -> io::Result<Bytes> {
        let at = |position: u64| usize::try_from(position).map_err(io::Error::other);
        match &self.content {
            Content::Bytes(bytes) => Ok(bytes.slice(at(from)?..at(end)?)),
            Content::File(file) => {
                let mut piece = vec![0; at(end - from)?];
                file.read_exact_at(&mut piece, from)?;
                Ok(piece.into())
            }
        }
    }
}

/// What is learned about a content as it is read.
struct Inspection {
    size: u64,
    digest: Context,
    text: TextCheck,
    /// The first bytes, by which a type is known.
    head: Vec<u8>,
}

impl Inspection {
    /// Office documents are told from archives by what stands some way in.
    const HEAD: usize = 16 * 1024;

    fn new() -> Self {
        Self {
            size: 0,
            digest: Context::new(&SHA256),
            text: TextCheck::default(),
            head: Vec::new(),
        }
    }

    fn add(&mut self, piece: &[u8]) {
        self.size += piece.len() as u64;
        self.digest.update(piece);
        self.text.add(piece);
        let missing = Self::HEAD - self.head.len();
        self.head.extend(&piece[..piece.len().min(missing)]);
    }

    fn finish(self, name: &str, content: Content) -> Upload {
        Upload {
            name: name.to_owned(),
            size: self.size,
            sha256: hex(self.digest.finish().as_ref()),
            content_type: detect(name, &self.head, self.text.is_text()).to_owned(),
            content,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::TryStreamExt;

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    #[test]
    fn size_digest_and_type_are_those_of_the_content() {
        let upload = Upload::from_bytes("a/b.md", Bytes::from_static(b"abc"));
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((upload.size, upload.sha256.as_str()), (3, digest));
        assert_eq!(upload.content_type, "text/markdown; charset=utf-8");
    }

    #[tokio::test]
    async fn files_and_bytes_are_the_same_uploads() {
        let content: Vec<u8> = (0..200_000_u32).map(|n| b'a' + (n % 23) as u8).collect();
        let from_file = Upload::from_file("a.txt", file(&content)).unwrap();
        let from_bytes = Upload::from_bytes("a.txt", content.clone().into());
        assert_eq!(from_file.sha256, from_bytes.sha256);
        for upload in [from_file, from_bytes] {
            let pieces: Vec<Bytes> = upload.pieces(70_000).try_collect().await.unwrap();
            let lengths: Vec<_> = pieces.iter().map(Bytes::len).collect();
            assert_eq!(lengths, [70_000, 70_000, 60_000]);
            assert!(pieces.concat() == content);
        }
        let empty = Upload::from_bytes("a", Bytes::new());
        let pieces: Vec<Bytes> = empty.pieces(10).try_collect().await.unwrap();
        assert_eq!(pieces.len(), 0);
    }

    #[tokio::test]
    async fn file_that_shrinks_is_an_error() {
        let shrinking = file(b"0123456789");
        let other = shrinking.try_clone().unwrap();
        let upload = Upload::from_file("a", shrinking).unwrap();
        other.set_len(4).unwrap();
        let pieces: io::Result<Vec<Bytes>> = upload.pieces(3).try_collect().await;
        assert_eq!(pieces.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}
