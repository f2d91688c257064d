//! Files in Supabase Storage, by its REST interface: `SUPABASE_URL` and the service key give no S3 credentials.

use std::{error::Error, fmt, time::Duration};

use http::{HeaderValue, Method, StatusCode, header};
use reqwest::{Body, Client, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use url::Url;

use super::{FileError, FileKey, SHORT, StoredFile, Upload, disposition, within};
use crate::{process::json::mend_bytes, upstream::client};

/// The size of the pieces of a request body.
const PIECE: u64 = 256 * 1024;
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// The most keys in one request.
const MAX_KEYS: usize = 100;
/// No more of an error's body is logged.
const MAX_ERROR: usize = 300;

/// A bucket of Supabase Storage.
pub struct Supabase {
    client: Client,
    /// `…/storage/v1`
    base: Url,
    bucket: String,
    service_key: SecretString,
}

impl fmt::Debug for Supabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Supabase");
        debug.field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// An error of the service, for the log.
#[derive(Debug, thiserror::Error)]
#[error("Supabase Storage answered {status}: {body}")]
struct Answer {
    status: StatusCode,
    body: String,
}

#[derive(Deserialize)]
struct Signed {
    #[serde(rename = "signedURL")]
    signed_url: String,
}

/// An entry of a folder.
#[derive(Deserialize)]
struct Listed {
    name: String,
}

impl Supabase {
    pub(super) fn new(url: &Url, service_key: SecretString, bucket: &str) -> reqwest::Result<Self> {
        let builder = client::builder_for(url).connect_timeout(CONNECT_DEADLINE);
        Ok(Self {
            client: builder.build()?,
            base: with_path(url, ["storage", "v1"]),
            bucket: bucket.to_owned(),
            service_key,
        })
    }

    pub(super) async fn put(&self, key: &FileKey, upload: &Upload) -> Result<(), FileError> {
        let key = key.to_string();
        let url = self.url(["object", &self.bucket].into_iter().chain(key.split('/')));
        let request = || {
            self.request(Method::POST, url.clone())
                .header("x-upsert", "true")
                .header(header::CONTENT_TYPE, &upload.content_type)
                .header(header::CONTENT_LENGTH, upload.size)
                .body(Body::wrap_stream(upload.pieces(PIECE)))
        };
        self.send(request).await.map(drop)
    }

    pub(super) async fn signed_url(
        &self,
        file: &StoredFile<'_>,
        ttl: Duration,
    ) -> Result<Url, FileError> {
        let key = file.key.to_string();
        let url = self.url(
            ["object", "sign", &self.bucket]
                .into_iter()
                .chain(key.split('/')),
        );
        let body = json!({"expiresIn": ttl.as_secs().max(1)}).to_string();
        let request = || self.json(Method::POST, url.clone(), body.clone());
        let answer = self.send(request).await?;
        let signed: Signed = read(answer).await?;
        let text = format!(
            "{}/{}",
            self.base,
            signed.signed_url.trim_start_matches('/')
        );
        let mut url = Url::parse(&text).map_err(unavailable)?;
        let name = disposition::last_part(file.name);
        url.query_pairs_mut().append_pair("download", name);
        Ok(url)
    }

    pub(super) async fn delete(&self, keys: &[FileKey]) -> Result<(), FileError> {
        let url = self.url(["object", &self.bucket]);
        for keys in keys.chunks(MAX_KEYS) {
            let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
            let body = json!({"prefixes": keys}).to_string();
            let request = || self.json(Method::DELETE, url.clone(), body.clone());
            within(SHORT, self.send(request)).await?;
        }
        Ok(())
    }

    /// Removes what is in a folder, found by listings.
    pub(super) async fn delete_folder(&self, folder: &str) -> Result<(), FileError> {
        let url = self.url(["object", "list", &self.bucket]);
        let body = json!({"prefix": folder, "limit": MAX_KEYS, "offset": 0}).to_string();
        loop {
            let listed = within(SHORT, self.list(&url, &body)).await?;
            let paths = listed.iter().map(|it| format!("{folder}/{}", it.name));
            let keys: Vec<_> = paths.filter_map(|path| FileKey::parse(&path)).collect();
            self.delete(&keys).await?;
            // Whatever is no key is not ours, and would be listed again.
            if listed.len() < MAX_KEYS || keys.is_empty() {
                return Ok(());
            }
        }
    }

    async fn list(&self, url: &Url, body: &str) -> Result<Vec<Listed>, FileError> {
        let request = || self.json(Method::POST, url.clone(), body.to_owned());
        read(self.send(request).await?).await
    }

    /// Sends a request, which may be repeated. Fails for every status but 2xx.
    async fn send(&self, request: impl Fn() -> RequestBuilder) -> Result<Response, FileError> {
        let answer = client::send(request).await.map_err(unavailable)?;
        if answer.status().is_success() {
            Ok(answer)
        } else {
            Err(failure(answer).await)
        }
    }

    fn json(&self, method: Method, url: Url, body: String) -> RequestBuilder {
        let json = HeaderValue::from_static("application/json");
        let request = self.request(method, url).body(body);
        request.header(header::CONTENT_TYPE, json)
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let key = self.service_key.expose_secret();
        let request = self.client.request(method, url).bearer_auth(key);
        match HeaderValue::from_str(key) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header("apikey", value)
            }
            Err(_) => request,
        }
    }

    fn url<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        with_path(&self.base, path)
    }
}

/// The URL with further segments, which are escaped.
fn with_path<'a>(base: &Url, path: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// The JSON of an answer.
async fn read<T: DeserializeOwned>(answer: Response) -> Result<T, FileError> {
    client::check_coding(&answer).map_err(|coded| FileError::Refused(coded.into()))?;
    let body = answer.bytes().await.map_err(unavailable)?;
    serde_json::from_slice(&mend_bytes(body)).map_err(unavailable)
}

/// The error of an answer that is no success. Some versions of the service answer 400 and give the status in the body.
async fn failure(answer: Response) -> FileError {
    let status = answer.status();
    let body = match client::check_coding(&answer) {
        Ok(()) => answer.text().await.unwrap_or_default(),
        Err(coded) => coded.to_string(),
    };
    let body: String = body.chars().take(MAX_ERROR).collect();
    if status == StatusCode::PAYLOAD_TOO_LARGE || body.contains("\"413\"") {
        return FileError::TooLarge;
    }
    let is_busy = status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error();
    let answer = Answer { status, body };
    if is_busy {
        FileError::Unavailable(answer.into())
    } else {
        FileError::Refused(answer.into())
    }
}

fn unavailable(error: impl Error + Send + Sync + 'static) -> FileError {
    FileError::Unavailable(error.into())
}
