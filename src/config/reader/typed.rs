//! Values of more than one line of checks: addresses, URLs, secrets for headers.

use std::net::IpAddr;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::{Address, Reader, Variable};

impl Reader {
    pub(in crate::config) fn address(&mut self, host: &Variable, port: &Variable) -> Address {
        Address {
            host: self.host(host),
            port: self.number(port),
        }
    }

    /// A name or an address to listen on, IPv6 with or without brackets.
    fn host(&mut self, variable: &Variable) -> String {
        self.value(variable, |text| {
            let host = text.trim().trim_start_matches('[').trim_end_matches(']');
            let address = host.split('%').next().unwrap_or_default();
            let valid = address.parse::<IpAddr>().is_ok() || Host::parse(host).is_ok();
            valid.then(|| host.to_owned())
        })
    }

    /// An http or https URL without user name and password.
    pub(in crate::config) fn optional_url(&mut self, variable: &Variable) -> Option<Url> {
        let url = self.optional(variable, web_url)?;
        if !url.username().is_empty() || url.password().is_some() {
            let what = "must hold no user name or password; there are settings for keys and tokens";
            self.fault(variable.name, what);
        }
        Some(url)
    }

    pub(in crate::config) fn url(&mut self, variable: &Variable) -> Url {
        self.optional_url(variable)
            .or_else(|| web_url(variable.default))
            .expect("the default is valid")
    }

    /// For URLs that are compared or extended.
    pub(in crate::config) fn refuse_query(&mut self, variable: &Variable, url: &Url) {
        if url.query().is_some() || url.fragment().is_some() {
            self.fault(variable.name, "must have no `?…` and no `#…` part");
        }
    }

    /// A secret that is sent in a header, without surrounding white space.
    pub(in crate::config) fn header_secret(&mut self, variable: &Variable) -> Option<SecretString> {
        let valid = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        self.optional(variable, |text| {
            let text = text.trim();
            valid(text).then(|| text.into())
        })
        .filter(|secret: &SecretString| !secret.expose_secret().is_empty())
    }
}

fn web_url(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
}
