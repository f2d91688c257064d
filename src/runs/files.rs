//! File store: where the files of ended runs are kept, and the URLs under which they are given out.
//!
//! A local folder, a bucket (S3, Google Cloud Storage, Azure) or Supabase Storage. Objects are private: each download is by
//! a signed URL that expires. Every call has a deadline.

mod cloud;
mod content_type;
mod disposition;
mod error;
mod key;
mod local;
mod location;
mod names;
mod supabase;
mod upload;

use std::{sync::Arc, time::Duration};

use tokio::time::timeout;
use url::Url;
use uuid::Uuid;

use cloud::Cloud;
use local::Local;
use supabase::Supabase;

pub use disposition::attachment;
pub use error::{DownloadError, FileError, OpenError};
pub use key::FileKey;
pub use local::Download;
pub use location::{Location, LocationError};
pub use names::{Names, blob_name, changes_direction, is_numbered};
pub use upload::Upload;

/// For signing a URL, which may need fresh credentials, and for each request that removes or lists objects.
const SHORT: Duration = Duration::from_secs(30);
/// An upload may take this long, and a second more for each [`BYTES_PER_SEC`].
const UPLOAD: Duration = Duration::from_secs(60);
const BYTES_PER_SEC: u64 = 256 * 1024;

/// A file that the store has, as its row says.
#[derive(Debug, Clone, Copy)]
pub struct StoredFile<'a> {
    pub key: &'a FileKey,
    /// Under which it is downloaded: the last part of this path.
    pub name: &'a str,
    pub content_type: &'a str,
}

/// The store of `FILES_URL`. Clones share it.
#[derive(Debug, Clone)]
pub struct FileStore(Arc<Store>);

#[derive(Debug)]
enum Store {
    Local(Box<Local>),
    Cloud(Cloud),
    Supabase(Supabase),
}

impl FileStore {
    /// Makes a local folder and its key, if they are not there. Buckets are not asked.
    pub async fn open(location: Location) -> Result<Self, OpenError> {
        let store = match location {
            Location::Local(folder) => Store::Local(Box::new(Local::open(folder).await?)),
            Location::Cloud(cloud) => Store::Cloud(cloud),
            Location::Supabase(supabase) => Store::Supabase(supabase),
        };
        Ok(Self(Arc::new(store)))
    }

    /// Stores a file under a key. What is there is replaced: a run that goes on after a death uses the same keys.
    pub async fn put(&self, key: &FileKey, upload: Upload) -> Result<(), FileError> {
        let deadline = UPLOAD + Duration::from_secs(upload.size / BYTES_PER_SEC);
        let put = async {
            match &*self.0 {
                Store::Local(local) => local.put(key, upload).await,
                Store::Cloud(cloud) => cloud.put(key, &upload).await,
                Store::Supabase(supabase) => supabase.put(key, &upload).await,
            }
        };
        within(deadline, put).await
    }

    /// A URL by which anybody can download the file until `ttl` has passed. `base` is the public URL of this service,
    /// which serves the files of a local store.
    pub async fn signed_url(
        &self,
        file: &StoredFile<'_>,
        base: &Url,
        ttl: Duration,
    ) -> Result<Url, FileError> {
        match &*self.0 {
            Store::Local(local) => Ok(local.signed_url(file, base, ttl)),
            Store::Cloud(cloud) => within(SHORT, cloud.signed_url(file.key, ttl)).await,
            Store::Supabase(supabase) => within(SHORT, supabase.signed_url(file, ttl)).await,
        }
    }

    /// Removes files. One that does not exist counts as removed; after an error some may be left.
    pub async fn delete(&self, keys: &[FileKey]) -> Result<(), FileError> {
        match &*self.0 {
            Store::Local(local) => within(SHORT, local.delete(keys)).await,
            Store::Cloud(cloud) => cloud.delete(keys).await,
            Store::Supabase(supabase) => supabase.delete(keys).await,
        }
    }

    /// Removes all files of a run, with those that no row names since their process died before it wrote it. Needs the right to
    /// list them.
    pub async fn delete_run(&self, execution_id: Uuid) -> Result<(), FileError> {
        let folder = FileKey::folder_of(execution_id);
        match &*self.0 {
            Store::Local(local) => within(SHORT, local.delete_folder(&folder)).await,
            Store::Cloud(cloud) => cloud.delete_folder(&folder).await,
            Store::Supabase(supabase) => supabase.delete_folder(&folder).await,
        }
    }

    /// Opens a file of a local store for a request whose URL is one of [`signed_url`](Self::signed_url). `path` and `query`
    /// are as they are in the request.
    pub async fn download(
        &self,
        path: &str,
        query: Option<&str>,
    ) -> Result<Download, DownloadError> {
        match &*self.0 {
            Store::Local(local) => local.download(path, query.unwrap_or_default()).await,
            Store::Cloud(_) | Store::Supabase(_) => Err(DownloadError::NotFound),
        }
    }
}

async fn within<T>(
    deadline: Duration,
    call: impl Future<Output = Result<T, FileError>>,
) -> Result<T, FileError> {
    timeout(deadline, call)
        .await
        .unwrap_or(Err(FileError::Timeout))
}

#[cfg(test)]
mod tests;
