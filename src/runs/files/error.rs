//! Errors of the file store.

use std::{error::Error, io};

/// Why a call of the store failed. The text may be shown to users; causes are for the log.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Its credentials, its bucket or its settings are wrong: another attempt fails too.
    #[error("the file store refused the request")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    #[error("the file is too large for the file store")]
    TooLarge,
    #[error("the file store cannot be used at present")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    #[error("the file store did not answer in time")]
    Timeout,
    /// The content of an upload, not the store.
    #[error("the file cannot be read")]
    Content(#[source] io::Error),
}

/// Why the local folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the folder of FILES_URL cannot be used")]
    Folder(#[source] io::Error),
    #[error(
        "the file .key in the folder of FILES_URL must have 32 bytes; remove it, and a new one is made"
    )]
    Key,
}

/// Why a download by a signed URL is refused.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// No URL of this store, or a changed one.
    #[error("the signature of the URL is not valid")]
    Forbidden,
    #[error("the URL has expired")]
    Expired,
    #[error("there is no such file")]
    NotFound,
    #[error("the file cannot be read")]
    Unavailable(#[source] io::Error),
}
