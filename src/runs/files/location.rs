//! The location of files, from `FILES_URL` and the `SUPABASE_*` variables.

use std::{error::Error, path::PathBuf};

use object_store::path::Path as ObjectPath;
use secrecy::SecretString;
use url::Url;

use super::{
    cloud::{self, Cloud},
    supabase::Supabase,
};

/// A place for files.
#[derive(Debug)]
pub enum Location {
    /// A folder, relative to the working directory or absolute.
    Local(PathBuf),
    Cloud(Cloud),
    Supabase(Supabase),
}

/// Why `FILES_URL` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    #[error(
        "must be `file:` and a folder, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`"
    )]
    Form,
    #[error(
        "must hold no user name, password, port, `?` or `#`; credentials have variables of their own"
    )]
    Parts,
    /// The variables of the provider (`AWS_*`, `GOOGLE_*`, `AZURE_*`).
    #[error("names a bucket whose settings are incomplete or invalid")]
    Settings(#[source] Box<dyn Error + Send + Sync>),
    #[error("cannot be used for requests")]
    Client(#[source] Box<dyn Error + Send + Sync>),
}

impl Location {
    /// Reads `FILES_URL`. `variables` are those of the cloud providers, as they are named in the environment; others are
    /// ignored. What follows `file:` is taken as it is, without escapes.
    pub fn parse(
        files_url: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, LocationError> {
        if let Some(folder) = files_url.strip_prefix("file:") {
            return local(folder).ok_or(LocationError::Form);
        }
        let url = Url::parse(files_url).map_err(|_| LocationError::Form)?;
        if !matches!(url.scheme(), "s3" | "gs" | "az") || url.host_str().is_none() {
            return Err(LocationError::Form);
        }
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if !bare {
            return Err(LocationError::Parts);
        }
        let prefix = ObjectPath::from_url_path(url.path()).map_err(|_| LocationError::Form)?;
        let variables: Vec<_> = variables.into_iter().collect();
        let cloud = cloud::build(&url, prefix, &variables);
        let cloud = cloud.map_err(|error| LocationError::Settings(error.into()))?;
        Ok(Self::Cloud(cloud))
    }

    /// Supabase Storage by its REST interface. `url` is `SUPABASE_URL`, `service_key` the key of the service role, and the
    /// bucket should be private.
    pub fn supabase(
        url: &Url,
        service_key: SecretString,
        bucket: &str,
    ) -> Result<Self, LocationError> {
        Supabase::new(url, service_key, bucket)
            .map(Self::Supabase)
            .map_err(|error| LocationError::Client(error.into()))
    }
}

/// `DIR`, `/DIR` or `///DIR`.
fn local(folder: &str) -> Option<Location> {
    let path = match folder.strip_prefix("//") {
        Some(rest) if rest.starts_with('/') => rest,
        Some(_) => return None,
        None => folder,
    };
    (!path.is_empty()).then(|| Location::Local(path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<String, String> {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "hidden-key"),
            ("AWS_ENDPOINT_URL", "http://localhost:9000"),
            ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
            ("AZURE_STORAGE_ACCOUNT_KEY", "aGlkZGVuLWtleQ=="),
            ("HOME", "/home/me"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        match Location::parse(url, variables) {
            Ok(location) => Ok(format!("{location:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn folders_are_relative_or_absolute() {
        let local = |path: &str| Ok(format!("Local({path:?})"));
        assert_eq!(
            parse("file:prog-strength-files"),
            local("prog-strength-files")
        );
        assert_eq!(parse("file:/srv/a b%20c"), local("/srv/a b%20c"));
        assert_eq!(parse("file:///srv/files"), local("/srv/files"));
        for url in ["file:", "file://", "file://host/x"] {
            assert!(
                parse(url).unwrap_err().contains("`file:` and a folder"),
                "{url}"
            );
        }
    }

    #[test]
    fn buckets_have_a_prefix_and_show_no_credentials() {
        assert_eq!(
            parse("s3://bucket"),
            Ok(r#"Cloud(Cloud { prefix: "", .. })"#.to_owned())
        );
        assert_eq!(
            parse("s3://bucket/a/b/"),
            Ok(r#"Cloud(Cloud { prefix: "a/b", .. })"#.to_owned())
        );
        assert_eq!(
            parse("az://files/a"),
            Ok(r#"Cloud(Cloud { prefix: "a", .. })"#.to_owned())
        );
        assert_eq!(
            parse("gs://bucket/a"),
            Ok(r#"Cloud(Cloud { prefix: "a", .. })"#.to_owned())
        );
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "prog-strength-files",
            "https://bucket.s3.amazonaws.com/",
            "s3:bucket",
            "memory:///",
        ] {
            assert!(
                parse(url).is_err_and(|text| text.contains("must be")),
                "{url}"
            );
        }
        for url in [
            "s3://id:key@bucket/a",
            "s3://bucket?region=x",
            "s3://bucket:9000/a",
            "s3://bucket#a",
        ] {
            assert!(
                parse(url).is_err_and(|text| text.contains("must hold no")),
                "{url}"
            );
        }
        let bad = [("AWS_ALLOW_HTTP".to_owned(), "perhaps".to_owned())];
        let error = Location::parse("s3://bucket", bad).unwrap_err();
        assert!(matches!(error, LocationError::Settings(_)), "{error}");
    }
}
