//! `DATABASE_URL`: its check, and the folder that a file in it counts from.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{reader::Reader, variables as var};

/// What has a meaning in the URL of an `SQLite` file.
const RESERVED: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');

pub(super) fn database_url(text: &str) -> Option<SecretString> {
    let text = text.trim();
    let valid = match text.split_once(':')? {
        // A database in memory would be lost with the process, and no two connections would share it.
        ("sqlite", file) => !file.trim_start_matches('/').is_empty() && !file.contains(":memory:"),
        ("postgres" | "postgresql", rest) => rest.starts_with("//") && Url::parse(text).is_ok(),
        _ => false,
    };
    valid.then(|| text.into())
}

/// The URL with `~/` replaced by the home folder. With `desktop`, a relative path of a process that was started in the
/// root folder, where nobody keeps files, counts from the home folder too.
pub(super) fn located(reader: &mut Reader, url: SecretString, desktop: bool) -> SecretString {
    let Some(file) = url.expose_secret().strip_prefix("sqlite:") else {
        return url;
    };
    let file = file.strip_prefix("//").unwrap_or(file);
    let in_home = file.strip_prefix("~/");
    let is_relative = !file.starts_with('/') && desktop && reader.starts_in_root();
    let Some(path) = in_home.or(is_relative.then_some(file)) else {
        return url;
    };
    if let Some(home) = reader.home() {
        let home = utf8_percent_encode(home.trim_end_matches('/'), RESERVED);
        return format!("sqlite:{home}/{path}").into();
    }
    if in_home.is_some() {
        let what = "begins with ~, and HOME is not set to say which folder that is";
        reader.fault(var::DATABASE_URL.name, what);
    }
    url
}
