//! Reads variables from the environment and collects every fault. The only place that reads the environment.

use std::{collections::HashMap, net::IpAddr, path::Path, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::{
    ConfigError,
    error::Fault,
    variables::{VARIABLES, Variable},
};

/// The values of variables, and the faults found so far. After a fault, a placeholder stands in until
/// [`finish`](Self::finish) fails.
pub(super) struct Reader {
    values: HashMap<String, String>,
    faults: Vec<Fault>,
}

impl Reader {
    /// Any variables; the process environment is not read.
    pub(super) fn from_iter(values: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            values: values.into_iter().collect(),
            faults: vec![],
        }
    }

    /// The process environment; below it, a `.env` file in the working directory.
    pub(super) fn from_env() -> Self {
        let mut reader = Self::from_iter([]);
        reader.read_file(Path::new(".env"));
        for variable in VARIABLES {
            match std::env::var_os(variable.name).map(std::ffi::OsString::into_string) {
                Some(Ok(value)) => reader.set(variable, value),
                Some(Err(_)) => reader.fault(variable, "is not valid UTF-8"),
                None => {}
            }
        }
        reader
    }

    fn read_file(&mut self, path: &Path) {
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            Err(error) if error.not_found() => return,
            Err(_) => {
                return self.file_fault("cannot be read; it must be a text file, or be absent");
            }
        };
        for line in lines {
            match line {
                Ok((name, value)) => drop(self.values.insert(name, value)),
                // A directory, for example: every further read fails too.
                Err(dotenvy::Error::Io(_)) => {
                    return self.file_fault("cannot be read; it must be a text file, or be absent");
                }
                // dotenvy's own message repeats the line, which may hold a secret.
                Err(_) => self.file_fault(
                    "holds a line that is not NAME=value; quote values with spaces or `#`",
                ),
            }
        }
    }

    fn file_fault(&mut self, what: &str) {
        self.add_fault(".env", what.to_owned());
    }

    /// Adds a fault; the first one of a variable counts.
    pub(super) fn fault(&mut self, variable: &Variable, what: impl Into<String>) {
        self.add_fault(variable.name, what.into());
    }

    fn add_fault(&mut self, variable: &'static str, what: String) {
        if !self.faults.iter().any(|fault| fault.variable == variable) {
            self.faults.push(Fault { variable, what });
        }
    }

    /// The configuration, if there is no fault.
    pub(super) fn finish<T>(self, config: T) -> Result<T, ConfigError> {
        if self.faults.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(self.faults))
        }
    }

    pub(super) fn set(&mut self, variable: &Variable, value: impl Into<String>) {
        self.values.insert(variable.name.to_owned(), value.into());
    }

    pub(super) fn unset(&mut self, variable: &Variable) {
        self.values.remove(variable.name);
    }

    /// The value as it is written; an empty one counts as unset.
    pub(super) fn given(&self, variable: &Variable) -> Option<&str> {
        let value = self.values.get(variable.name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The value as it is written, or else the default, if there is one.
    pub(super) fn text(&self, variable: &Variable) -> Option<&str> {
        let default = Some(variable.default).filter(|default| !default.is_empty());
        self.given(variable).or(default)
    }

    /// The value of a variable without a default; `None` when it is unset or `check` refuses it.
    pub(super) fn optional<T>(
        &mut self,
        variable: &Variable,
        check: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let checked = check(self.text(variable)?);
        if checked.is_none() {
            self.fault(variable, format!("must be {}", variable.kind));
        }
        checked
    }

    /// The value of a variable with a default, which is the placeholder when `check` refuses the value.
    pub(super) fn value<T>(&mut self, variable: &Variable, check: impl Fn(&str) -> Option<T>) -> T {
        self.optional(variable, &check)
            .or_else(|| check(variable.default))
            .expect("the default is valid")
    }

    pub(super) fn number<T: TryFrom<u64>>(&mut self, variable: &Variable) -> T {
        self.value(variable, |text| {
            let number = text.trim().parse().ok().filter(|n| variable.in_range(*n))?;
            T::try_from(number).ok()
        })
    }

    pub(super) fn secs(&mut self, variable: &Variable) -> Duration {
        Duration::from_secs(self.number(variable))
    }

    /// A name or an address to listen on, IPv6 with or without brackets.
    pub(super) fn host(&mut self, variable: &Variable) -> String {
        self.value(variable, |text| {
            let host = text.trim().trim_start_matches('[').trim_end_matches(']');
            let address = host.split('%').next().unwrap_or_default();
            let valid = address.parse::<IpAddr>().is_ok() || Host::parse(host).is_ok();
            valid.then(|| host.to_owned())
        })
    }

    /// An http or https URL without user name and password.
    pub(super) fn optional_url(&mut self, variable: &Variable) -> Option<Url> {
        let url = self.optional(variable, web_url)?;
        if !url.username().is_empty() || url.password().is_some() {
            self.fault(
                variable,
                "must hold no user name or password; there are settings for keys and tokens",
            );
        }
        Some(url)
    }

    pub(super) fn url(&mut self, variable: &Variable) -> Url {
        self.optional_url(variable)
            .or_else(|| web_url(variable.default))
            .expect("the default is valid")
    }

    /// For URLs that are compared or extended.
    pub(super) fn refuse_query(&mut self, variable: &Variable, url: &Url) {
        if url.query().is_some() || url.fragment().is_some() {
            self.fault(variable, "must have no `?…` and no `#…` part");
        }
    }

    /// A secret that travels in a header, where surrounding white space is not part of it.
    pub(super) fn header_secret(&mut self, variable: &Variable) -> Option<SecretString> {
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
