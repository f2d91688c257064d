mod cloud;
mod local;
mod server;
mod supabase;

use std::{
    fs,
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
};

use bytes::Bytes;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use super::*;

const RUN: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
const HOUR: Duration = Duration::from_secs(3600);

fn key(name: &str) -> FileKey {
    FileKey::new(RUN, 1, name)
}

fn text(name: &str, content: &'static str) -> Upload {
    Upload::from_bytes(name, Bytes::from_static(content.as_bytes()))
}

/// A file of this many bytes, each of the digit of its part of 8 MiB.
fn large(size: usize) -> Upload {
    let mut file = tempfile::tempfile().unwrap();
    let content: Vec<u8> = (0..size)
        .map(|at| b'0' + u8::try_from(at >> 23).unwrap())
        .collect();
    file.write_all(&content).unwrap();
    Upload::from_file("large.txt", file).unwrap()
}

fn base() -> Url {
    Url::parse("http://localhost:3001").unwrap()
}
