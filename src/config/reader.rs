//! Reads variables from the environment and collects every fault. The only place that reads the environment.

mod typed;

use std::{
    borrow::Cow, collections::HashMap, ffi::OsString, io::ErrorKind, path::Path, time::Duration,
};

use secrecy::SecretString;

use super::{
    Address, ConfigError, env_file,
    error::Fault,
    variables::{JWT_SIGNING_KEY, Server, VARIABLES, Variable},
};

const FILE: &str = ".env";
const HOME: &str = "HOME";
/// The first bytes of a file that Windows calls Unicode text.
const UTF_16: [u8; 2] = [0xff, 0xfe];
const IGNORED_PORT: &str =
    "is ignored: it begins with tcp://, as Kubernetes sets it for a Service of that name";
/// Begin the variables of cloud storage, which have their meaning from the clouds' own tools.
const CLOUDS: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// The values of variables, and the faults found so far. After a fault, methods return a placeholder, and
/// [`finish`](Self::finish) fails.
#[derive(Default)]
pub(super) struct Reader {
    values: HashMap<String, String>,
    /// The variables of [`CLOUDS`].
    clouds: HashMap<String, SecretString>,
    /// `HOME`.
    home: Option<String>,
    /// The process was started in the root folder, as desktop apps start servers.
    starts_in_root: bool,
    faults: Vec<Fault>,
    /// Variables, and what is said of the last value of each.
    warnings: Vec<(&'static str, &'static str)>,
}

impl Reader {
    /// Reads a list of variables instead of the process environment.
    pub(super) fn from_iter(values: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut reader = Self::default();
        for (name, value) in values {
            reader.read(&name, value, None);
        }
        reader
    }

    /// Reads the process environment and, below it, a `.env` file in the working directory.
    pub(super) fn from_env() -> Self {
        let mut reader = Self {
            starts_in_root: std::env::current_dir().is_ok_and(|folder| folder == Path::new("/")),
            ..Self::default()
        };
        reader.read_file();
        for variable in VARIABLES {
            #[expect(clippy::disallowed_methods, reason = "the only place")]
            let value = std::env::var_os(variable.name);
            match value.map(OsString::into_string) {
                Some(Ok(value)) => reader.read(variable.name, value, None),
                Some(Err(_)) => reader.fault(variable.name, "is not valid UTF-8"),
                None => {}
            }
        }
        #[expect(clippy::disallowed_methods, reason = "the only place")]
        let all = std::env::vars_os();
        for (name, value) in all {
            if let (Ok(name), Ok(value)) = (name.into_string(), value.into_string())
                && (is_of_cloud(&name) || name == HOME)
            {
                reader.read(&name, value, None);
            }
        }
        reader
    }

    fn read_file(&mut self) {
        let bytes = match std::fs::read(FILE) {
            Ok(bytes) if bytes.starts_with(&UTF_16) => {
                return self.fault(FILE, "is in UTF-16; save it as UTF-8 text");
            }
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            Err(_) => {
                let what = "cannot be read; it must be a text file, or not be there";
                return self.fault(FILE, what);
            }
        };
        // Foreign lines may be in any encoding.
        let text = String::from_utf8_lossy(&bytes);
        for setting in env_file::settings(&text) {
            self.read(setting.name, setting.value, setting.doubt);
        }
        let is_damaged = |value: &String| value.contains(char::REPLACEMENT_CHARACTER);
        if matches!(text, Cow::Owned(_)) && self.values.values().any(is_damaged) {
            self.fault(FILE, "sets a variable to what is not UTF-8 text");
        }
    }

    /// Takes a value as it is written. Kubernetes sets `AGENT_PORT=tcp://…` for a Service named `agent`.
    fn read(&mut self, name: &str, value: String, doubt: Option<&'static str>) {
        let Some(variable) = VARIABLES.iter().find(|variable| variable.name == name) else {
            if name == HOME {
                self.home = Some(value).filter(|folder| folder.starts_with('/'));
            } else if is_of_cloud(name) {
                self.clouds.insert(name.to_owned(), value.into());
            }
            return;
        };
        self.warnings.retain(|(about, _)| *about != variable.name);
        let warning = if name.ends_with("_PORT") && value.starts_with("tcp://") {
            Some(IGNORED_PORT)
        } else {
            self.values.insert(name.to_owned(), value);
            doubt.filter(|_| name == JWT_SIGNING_KEY.name)
        };
        self.warnings
            .extend(warning.map(|what| (variable.name, what)));
    }

    /// Adds a fault; the first one of a variable counts.
    pub(super) fn fault(&mut self, variable: &'static str, what: impl Into<String>) {
        if !self.faults.iter().any(|fault| fault.variable == variable) {
            let what = what.into();
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

    /// The warnings about values that are not used as they are written.
    pub(super) fn warnings(&self) -> Vec<String> {
        let text = |(variable, what): &(_, _)| format!("{variable} {what}");
        self.warnings.iter().map(text).collect()
    }

    /// The effective settings of a server, one a line, without secrets.
    pub(super) fn settings(&self, server: Server) -> Vec<String> {
        let read = VARIABLES.iter().filter(|it| it.read_by.contains(&server));
        read.map(|variable| variable.line(self.given(variable), server))
            .collect()
    }

    #[cfg(feature = "dev")]
    pub(super) fn set(&mut self, variable: &Variable, value: impl Into<String>) {
        self.read(variable.name, value.into(), None);
    }

    #[cfg(feature = "dev")]
    pub(super) fn unset(&mut self, variable: &Variable) {
        self.values.remove(variable.name);
    }

    /// The variables of cloud storage (`AWS_*`, `AZURE_*`, `GOOGLE_*`) that are set.
    pub(super) fn clouds(&self) -> HashMap<String, SecretString> {
        self.clouds.clone()
    }

    /// The user's home folder, if it is known.
    pub(super) fn home(&self) -> Option<&str> {
        self.home.as_deref()
    }

    pub(super) fn starts_in_root(&self) -> bool {
        self.starts_in_root
    }

    /// The raw value; an empty one counts as unset.
    pub(super) fn given(&self, variable: &Variable) -> Option<&str> {
        let value = self.values.get(variable.name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The raw value, else the default, if there is one.
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
            self.fault(variable.name, format!("must be {}", variable.kind));
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

    pub(super) fn millis(&mut self, variable: &Variable) -> Duration {
        Duration::from_millis(self.number(variable))
    }

    pub(super) fn secs(&mut self, variable: &Variable) -> Duration {
        Duration::from_secs(self.number(variable))
    }
}

fn is_of_cloud(name: &str) -> bool {
    CLOUDS.iter().any(|prefix| name.starts_with(prefix))
}

/// The entries of a comma-separated list.
pub(super) fn entries(list: &str) -> impl Iterator<Item = &str> {
    let entries = list.split(',').map(str::trim);
    entries.filter(|entry| !entry.is_empty())
}

/// A check for [`Reader::value`]: one of some names, in any case.
pub(super) fn one_of<T: Copy>(choices: &[(&str, T)]) -> impl Fn(&str) -> Option<T> {
    move |text| {
        let is_chosen = |(name, _): &&(&str, T)| name.eq_ignore_ascii_case(text.trim());
        choices.iter().find(is_chosen).map(|(_, value)| *value)
    }
}
