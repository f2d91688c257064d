//! `FILES_URL`, `SUPABASE_*`: where the files of runs are kept.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use secrecy::SecretString;
use url::Url;

use crate::config::{reader::Reader, variables as var};

/// Where files are kept, and their limits.
#[derive(Debug)]
pub struct FilesConfig {
    pub place: FilePlace,
    /// How long a signed URL is valid.
    pub url_ttl: Duration,
    pub max_file_bytes: u64,
}

/// A store of files.
#[derive(Debug)]
pub enum FilePlace {
    /// A folder, absolute or relative to the working directory.
    Folder(PathBuf),
    /// `s3://…`, `gs://…` or `az://…`, and the variables of clouds (`AWS_*`, `GOOGLE_*`, `AZURE_*`) as they are set.
    Cloud {
        url: Url,
        settings: HashMap<String, SecretString>,
    },
    Supabase {
        url: Url,
        service_key: SecretString,
        bucket: String,
    },
}

impl FilesConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let megabytes: u64 = reader.number(&var::MAX_FILE_SIZE_MB);
        Self {
            place: place(reader),
            url_ttl: reader.secs(&var::FILES_URL_TTL_SECS),
            max_file_bytes: megabytes * 1_000_000,
        }
    }
}

/// `FILES_URL` wins, when it is set, over Supabase.
fn place(reader: &mut Reader) -> FilePlace {
    let url = reader.optional_url(&var::SUPABASE_URL);
    let key = reader.header_secret(&var::SUPABASE_SERVICE_KEY);
    let bucket = reader.value(&var::SUPABASE_STORAGE_BUCKET, bucket);
    if reader.given(&var::FILES_URL).is_none() {
        match (url, key) {
            (Some(url), Some(service_key)) => {
                reader.refuse_query(&var::SUPABASE_URL, &url);
                return FilePlace::Supabase {
                    url,
                    service_key,
                    bucket,
                };
            }
            (Some(_), None) => reader.fault(
                var::SUPABASE_SERVICE_KEY.name,
                "is missing; SUPABASE_URL needs it",
            ),
            (None, Some(_)) => reader.fault(
                var::SUPABASE_URL.name,
                "is missing; SUPABASE_SERVICE_KEY is for it",
            ),
            (None, None) => {}
        }
    }
    let settings = reader.clouds();
    reader.value(&var::FILES_URL, |text| parse(text, &settings))
}

fn bucket(text: &str) -> Option<String> {
    let name = text.trim();
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (!name.is_empty() && name.bytes().all(valid)).then(|| name.to_owned())
}

fn parse(text: &str, settings: &HashMap<String, SecretString>) -> Option<FilePlace> {
    let text = text.trim();
    if let Some(folder) = text.strip_prefix("file:") {
        // `file:///data` is `/data`.
        let folder = folder.strip_prefix("//").map_or(folder, |rest| {
            rest.strip_prefix("localhost").unwrap_or(rest)
        });
        return (!folder.is_empty()).then(|| FilePlace::Folder(folder.into()));
    }
    let url = Url::parse(text).ok()?;
    let is_cloud = matches!(url.scheme(), "s3" | "gs" | "az");
    let has_bucket = url.host_str().is_some_and(|host| !host.is_empty());
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    (is_cloud && has_bucket && plain).then(|| FilePlace::Cloud {
        url,
        settings: settings.clone(),
    })
}
