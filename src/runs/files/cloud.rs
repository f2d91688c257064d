//! Files in a bucket of S3, Google Cloud Storage or Azure.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, TryFutureExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderValue, Method, header};
use object_store::{
    Attribute, Attributes, ClientOptions, MultipartUpload, ObjectStore, ObjectStoreExt as _,
    PutMultipartOptions, PutOptions, RetryConfig,
    aws::AmazonS3Builder,
    azure::MicrosoftAzureBuilder,
    gcp::GoogleCloudStorageBuilder,
    path::{Path, PathPart},
    signer::Signer,
};
use url::Url;

use super::{FileError, FileKey, SHORT, Upload, disposition, within};

/// A file up to this size is sent in one request, a longer one in parts of it. Stores want at least 5 MiB.
const PART: u64 = 8 * 1024 * 1024;
const PART_DEADLINE: Duration = Duration::from_secs(60);
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
const MAX_RETRIES: usize = 4;
const DELETES_AT_ONCE: usize = 8;

/// A bucket, and the prefix of all keys in it.
pub struct Cloud {
    store: Arc<dyn ObjectStore>,
    signer: Arc<dyn Signer>,
    prefix: Path,
}

/// Without the store, which holds credentials.
impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = self.prefix.as_ref();
        let mut debug = f.debug_struct("Cloud");
        debug.field("prefix", &prefix).finish_non_exhaustive()
    }
}

/// Not every service that speaks S3 has its request for removing many objects.
const DEFAULTS: [(&str, &str); 1] = [("aws_disable_bulk_delete", "true")];

/// The bucket of `url`, whose scheme is `s3`, `gs` or `az`.
pub(super) fn build(
    url: &Url,
    prefix: Path,
    variables: &[(String, String)],
) -> object_store::Result<Cloud> {
    /// The providers' builders have the same methods and no trait.
    macro_rules! build {
        ($builder:ty) => {{
            let builder = <$builder>::new()
                .with_url(url.as_str())
                .with_client_options(client(variables))
                .with_retry(retry());
            let given = variables.iter().map(|(name, value)| (&**name, &**value));
            let all = DEFAULTS.into_iter().chain(given);
            let builder = all.fold(builder, |builder, (name, value)| {
                match name.to_ascii_lowercase().parse() {
                    Ok(key) => builder.with_config(key, value),
                    Err(_) => builder,
                }
            });
            let store = Arc::new(builder.build()?);
            Ok(Cloud {
                store: store.clone(),
                signer: store,
                prefix,
            })
        }};
    }
    match url.scheme() {
        "gs" => build!(GoogleCloudStorageBuilder),
        "az" => build!(MicrosoftAzureBuilder),
        _ => build!(AmazonS3Builder),
    }
}

fn client(variables: &[(String, String)]) -> ClientOptions {
    // Who names an endpoint without TLS wants it.
    let plain = |(name, value): &(String, String)| {
        name.contains("ENDPOINT") && value.trim_start().starts_with("http://")
    };
    ClientOptions::new()
        .with_allow_http(variables.iter().any(plain))
        .with_default_headers(HeaderMap::from_iter([(
            header::ACCEPT_ENCODING,
            HeaderValue::from_static("identity"),
        )]))
        .with_connect_timeout(CONNECT_DEADLINE)
        .with_timeout(PART_DEADLINE)
}

fn retry() -> RetryConfig {
    RetryConfig {
        max_retries: MAX_RETRIES,
        retry_timeout: PART_DEADLINE,
        ..RetryConfig::default()
    }
}

impl Cloud {
    pub(super) async fn put(&self, key: &FileKey, upload: &Upload) -> Result<(), FileError> {
        let path = self.path(&key.to_string());
        let attributes = attributes(upload);
        if upload.size <= PART {
            let content = upload
                .pieces(PART)
                .try_fold(Bytes::new(), |_, piece| async { Ok(piece) });
            let content = content.await.map_err(FileError::Content)?;
            let options = PutOptions::from(attributes);
            let put = self.store.put_opts(&path, content.into(), options).await;
            return put.map(drop).map_err(failure);
        }
        let options = PutMultipartOptions::from(attributes);
        let begun = self.store.put_multipart_opts(&path, options).await;
        let mut parts = begun.map_err(failure)?;
        let result = send(parts.as_mut(), upload).await;
        if result.is_err()
            && let Err(error) = parts.abort().await
        {
            tracing::debug!(%error, "the parts of a failed upload are left in the bucket");
        }
        result
    }

    pub(super) async fn signed_url(&self, key: &FileKey, ttl: Duration) -> Result<Url, FileError> {
        let path = self.path(&key.to_string());
        let signed = self.signer.signed_url(Method::GET, &path, ttl).await;
        signed.map_err(failure)
    }

    /// Removes objects by a request for each, several at once.
    pub(super) async fn delete(&self, keys: &[FileKey]) -> Result<(), FileError> {
        let paths = keys.iter().map(|key| self.path(&key.to_string())).collect();
        self.delete_paths(paths).await
    }

    /// Removes what is in a folder, found by a listing.
    pub(super) async fn delete_folder(&self, folder: &str) -> Result<(), FileError> {
        let folder = self.path(folder);
        let listed = self.store.list(Some(&folder));
        let listed = listed.map_ok(|it| it.location).map_err(failure);
        let paths = within(SHORT, listed.try_collect()).await?;
        self.delete_paths(paths).await
    }

    async fn delete_paths(&self, paths: Vec<Path>) -> Result<(), FileError> {
        let delete = |path: Path| async move {
            match self.store.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(failure(error)),
            }
        };
        let deletes = stream::iter(paths).map(|path| within(SHORT, delete(path)));
        let mut deletes = deletes.buffer_unordered(DELETES_AT_ONCE);
        while let Some(deleted) = deletes.next().await {
            deleted?;
        }
        Ok(())
    }

    fn path(&self, key: &str) -> Path {
        let parts = key.split('/').map(PathPart::from);
        self.prefix.parts().chain(parts).collect()
    }
}

/// Sends the parts one after another: a run has no need for haste, and memory is short.
async fn send(parts: &mut dyn MultipartUpload, upload: &Upload) -> Result<(), FileError> {
    let mut pieces = std::pin::pin!(upload.pieces(PART));
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(FileError::Content)?;
        let part = parts.put_part(piece.into()).map_err(failure);
        within(PART_DEADLINE, part).await?;
    }
    parts.complete().await.map(drop).map_err(failure)
}

fn attributes(upload: &Upload) -> Attributes {
    Attributes::from_iter([
        (Attribute::ContentType, upload.content_type.clone()),
        (
            Attribute::ContentDisposition,
            disposition::text(&upload.name),
        ),
    ])
}

fn failure(error: object_store::Error) -> FileError {
    use object_store::Error as Store;
    match error {
        Store::PermissionDenied { .. }
        | Store::Unauthenticated { .. }
        // The bucket: of objects, only removed ones are not found.
        | Store::NotFound { .. }
        | Store::NotSupported { .. }
        | Store::UnknownConfigurationKey { .. }
        | Store::InvalidPath { .. } => FileError::Refused(error.into()),
        error if says_too_large(&error) => FileError::TooLarge,
        error => FileError::Unavailable(error.into()),
    }
}

/// The crate does not tell this status from others.
fn says_too_large(error: &object_store::Error) -> bool {
    error.to_string().contains("413 Payload Too Large")
}
