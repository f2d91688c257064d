//! Files in a folder of this machine, or one that several machines share.

mod signature;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use aws_lc_rs::hmac;
use http::HeaderValue;
use tokio::task::spawn_blocking;
use url::Url;
use uuid::Uuid;

use super::{DownloadError, FileError, FileKey, OpenError, StoredFile, Upload, attachment};
use signature::Claims;

/// The key that signs URLs, of all processes that share the folder.
const KEY_FILE: &str = ".key";
const KEY_LEN: usize = 32;
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;
/// The size of the pieces in which a file is copied.
const PIECE: u64 = 256 * 1024;

/// A file of a local store, open for a download.
#[derive(Debug)]
pub struct Download {
    pub content_type: String,
    /// `attachment` with the file's name.
    pub disposition: HeaderValue,
    pub size: u64,
    pub content: tokio::fs::File,
}

#[derive(Debug)]
pub(super) struct Local {
    folder: PathBuf,
    key: hmac::Key,
}

impl Local {
    pub(super) async fn open(folder: PathBuf) -> Result<Self, OpenError> {
        let opened = spawn_blocking(move || {
            make_folder(&folder)?;
            let secret = read_or_make_key(&folder)?;
            io::Result::Ok((fs::canonicalize(&folder)?, secret))
        });
        let opened = opened.await.map_err(io::Error::other);
        let (folder, secret) = opened.flatten().map_err(OpenError::Folder)?;
        if secret.len() != KEY_LEN {
            return Err(OpenError::Key);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Ok(Self { folder, key })
    }

    pub(super) async fn put(&self, key: &FileKey, upload: Upload) -> Result<(), FileError> {
        let folder = self.folder.join(key.folder());
        let part = key.part().to_owned();
        let put = spawn_blocking(move || {
            make_folder(&folder).map_err(unavailable)?;
            let unfinished = folder.join(format!(".{part}.{}", Uuid::now_v7().simple()));
            let result = write(&unfinished, &upload)
                .and_then(|()| fs::rename(&unfinished, folder.join(&part)).map_err(unavailable));
            if result.is_err() {
                let _ = fs::remove_file(&unfinished);
            }
            result?;
            sync_folder(&folder).map_err(unavailable)
        });
        put.await.unwrap_or_else(|error| Err(unavailable(error)))
    }

    pub(super) async fn delete(&self, keys: &[FileKey]) -> Result<(), FileError> {
        let root = self.folder.clone();
        let keys = keys.to_vec();
        let deleted = spawn_blocking(move || {
            for key in &keys {
                let folder = root.join(key.folder());
                absent_is_fine(fs::remove_file(folder.join(key.part())))?;
                absent_is_fine(remove_if_empty(&folder))?;
            }
            Ok(())
        });
        let deleted = deleted.await.map_err(io::Error::other);
        deleted.flatten().map_err(unavailable)
    }

    pub(super) async fn delete_folder(&self, folder: &str) -> Result<(), FileError> {
        let folder = self.folder.join(folder);
        let deleted = spawn_blocking(move || absent_is_fine(fs::remove_dir_all(folder))).await;
        deleted
            .map_err(io::Error::other)
            .flatten()
            .map_err(unavailable)
    }

    /// `{base}/files/{execution id}/{part}?expires=…&type=…&name=…&signature=…`
    pub(super) fn signed_url(&self, file: &StoredFile<'_>, base: &Url, ttl: Duration) -> Url {
        let expires = unix_secs(SystemTime::now()).saturating_add(ttl.as_secs());
        let claims = Claims {
            key: file.key.clone(),
            expires,
            content_type: file.content_type.to_owned(),
            name: super::disposition::last_part(file.name).to_owned(),
        };
        claims.url(&self.key, base)
    }

    pub(super) async fn download(
        &self,
        path: &str,
        query: &str,
    ) -> Result<Download, DownloadError> {
        let claims = Claims::verify(&self.key, path, query).ok_or(DownloadError::Forbidden)?;
        if claims.expires < unix_secs(SystemTime::now()) {
            return Err(DownloadError::Expired);
        }
        let path = self.folder.join(claims.key.to_string());
        let opened = spawn_blocking(move || {
            let file = File::open(path)?;
            Ok((file.metadata()?.len(), file))
        });
        match opened.await.map_err(io::Error::other).flatten() {
            Ok((size, file)) => Ok(Download {
                disposition: attachment(&claims.name),
                content_type: claims.content_type,
                size,
                content: tokio::fs::File::from_std(file),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(DownloadError::NotFound),
            Err(error) => Err(DownloadError::Unavailable(error)),
        }
    }
}

fn write(path: &Path, upload: &Upload) -> Result<(), FileError> {
    let mut file = create(path).map_err(unavailable)?;
    let mut from = 0;
    while from < upload.size {
        let end = upload.size.min(from + PIECE);
        let piece = upload.piece(from, end).map_err(FileError::Content)?;
        file.write_all(&piece).map_err(unavailable)?;
        from = end;
    }
    file.sync_all().map_err(unavailable)
}

/// A new file for this user alone.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(PRIVATE_FILE);
    options.open(path)
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_FOLDER).create(path)
}

/// The key of the folder. Of several processes that make it at once, one wins: the file appears whole, under its name, if
/// there is none.
fn read_or_make_key(folder: &Path) -> io::Result<Vec<u8>> {
    let path = folder.join(KEY_FILE);
    match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        result => return result,
    }
    let unfinished = folder.join(format!("{KEY_FILE}.{}", Uuid::now_v7().simple()));
    let made = make_key(&unfinished).and_then(|()| fs::hard_link(&unfinished, &path));
    let _ = fs::remove_file(&unfinished);
    match made {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => sync_folder(folder)?,
    }
    fs::read(&path)
}

fn make_key(path: &Path) -> io::Result<()> {
    let secret: [u8; KEY_LEN] = rand::random();
    let mut file = create(path)?;
    file.write_all(&secret)?;
    file.sync_all()
}

/// Makes a new name in the folder survive a power failure.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Removes the folder of a run with what interrupted uploads left there, if no file is in it.
fn remove_if_empty(folder: &Path) -> io::Result<()> {
    let entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    let hidden = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(b".");
    if !entries.iter().all(hidden) {
        return Ok(());
    }
    for entry in entries {
        absent_is_fine(fs::remove_file(entry.path()))?;
    }
    fs::remove_dir(folder)
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn unix_secs(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn unavailable(error: impl Into<io::Error>) -> FileError {
    FileError::Unavailable(Box::new(error.into()))
}
