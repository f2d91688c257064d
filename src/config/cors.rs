//! `CORS_ALLOWED_ORIGINS`: the origins whose pages may call, as browsers send them.

use http::HeaderValue;
use tower_http::cors::AllowOrigin;
use url::Url;

use super::{
    reader::{Reader, entries},
    variables as var,
};

#[derive(Debug, Clone, PartialEq)]
pub enum Cors {
    Off,
    Any,
    Origins(Vec<HeaderValue>),
}

impl Cors {
    /// The origins whose pages may call, unless none may.
    pub fn origins(&self) -> Option<AllowOrigin> {
        match self {
            Self::Off => None,
            Self::Any => Some(AllowOrigin::any()),
            Self::Origins(origins) => Some(AllowOrigin::list(origins.clone())),
        }
    }

    pub(super) fn read(reader: &mut Reader) -> Self {
        let variable = &var::CORS_ALLOWED_ORIGINS;
        Self::parse(reader.text(variable).unwrap_or_default()).unwrap_or_else(|why| {
            reader.fault(variable.name, format!("must be {}: {why}", variable.kind));
            Self::Off
        })
    }

    /// The error says which entry is wrong, and why.
    pub(super) fn parse(list: &str) -> Result<Self, String> {
        let origins = entries(list).enumerate().map(|(at, text)| {
            let origin = if text == "*" { Ok(()) } else { check(text) };
            let value =
                origin.and_then(|()| HeaderValue::from_str(text).map_err(|_| NO_ORIGIN.into()));
            value.map_err(|why| format!("entry {} {why}", at + 1))
        });
        let origins: Vec<_> = origins.collect::<Result<_, _>>()?;
        Ok(if origins.is_empty() {
            Self::Off
        } else if origins.iter().any(|origin| origin == "*") {
            Self::Any
        } else {
            Self::Origins(origins)
        })
    }
}

const NO_ORIGIN: &str = "is not a scheme, `://` and a host";

/// Checks that a browser sends an origin as it is written here: of any scheme, without a path, a default port or capitals.
fn check(text: &str) -> Result<(), String> {
    if text == "null" {
        return Err("is sent by pages without an origin, and cannot be told apart".to_owned());
    }
    if text.contains('*') {
        return Err("has a `*` inside; list each origin, or allow all with `*` alone".to_owned());
    }
    let url = Url::parse(text).ok();
    let host = url.as_ref().and_then(|url| Some((url, url.host_str()?)));
    let parts = host.zip(text.split_once("://"));
    let ((url, host), (_, rest)) = parts
        .filter(|((_, host), _)| !host.is_empty())
        .ok_or(NO_ORIGIN)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name or a password".to_owned());
    }
    let port = url.port().map(|port| format!(":{port}"));
    let port = port.unwrap_or_default();
    let sent = format!("{}://{}{port}", url.scheme(), host.to_ascii_lowercase());
    let why = match rest {
        _ if sent == text => return Ok(()),
        rest if rest.contains(['/', '\\', '?', '#']) => "has a path",
        _ if sent.eq_ignore_ascii_case(text) => "has capitals, which browsers do not send",
        _ if port.is_empty() && rest.len() > host.len() && rest.starts_with(host) => {
            "has the default port, which browsers leave out"
        }
        _ => "is not what a browser sends",
    };
    Err(format!("{why}; write {sent}"))
}
