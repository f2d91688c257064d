//! Checks one value each, remembers every fault, and hands out something usable meanwhile.

use std::{net::IpAddr, time::Duration};

use http::HeaderValue;
use secrecy::SecretString;
use tracing_subscriber::filter::Targets;
use url::{Host, Url};

use super::{ConfigError, Cors, Fault, LogFormat};

const BUILT_IN_PROMPT: &str = include_str!("../agent/prompt.md");
const DAY: u64 = 86_400;

pub(super) struct Check(Vec<Fault>);

impl Check {
    /// Begins with the faults that are known already.
    pub(super) fn after(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    pub(super) fn fault(&mut self, variable: &'static str, what: impl Into<String>) {
        if self.0.iter().any(|fault| fault.variable == variable) {
            return;
        }
        self.0.push(Fault {
            variable,
            what: what.into(),
        });
    }

    pub(super) fn finish<T>(self, config: T) -> Result<T, ConfigError> {
        if self.0.is_empty() {
            Ok(config)
        } else {
            Err(ConfigError(self.0))
        }
    }

    pub(super) fn number<T: TryFrom<u64> + Default>(
        &mut self,
        variable: &'static str,
        value: Option<&str>,
        default: u64,
        min: u64,
        max: u64,
    ) -> T {
        let number = value.map_or(Some(default), |value| value.trim().parse().ok());
        if let Some(Ok(number)) = number.filter(|n| (min..=max).contains(n)).map(T::try_from) {
            number
        } else {
            self.fault(
                variable,
                format!("must be a whole number from {min} to {max}"),
            );
            T::default()
        }
    }

    pub(super) fn secs(
        &mut self,
        variable: &'static str,
        value: Option<&str>,
        default: u64,
        min: u64,
    ) -> Duration {
        Duration::from_secs(self.number(variable, value, default, min, DAY))
    }

    /// To listen on: a name or an address, IPv6 with or without its brackets.
    pub(super) fn host(&mut self, variable: &'static str, value: Option<&str>) -> String {
        let host = value
            .unwrap_or("0.0.0.0")
            .trim()
            .trim_start_matches('[')
            .trim_end_matches(']');
        let address = host
            .split_once('%')
            .map_or(host, |(address, _zone)| address);
        if address.parse::<IpAddr>().is_err() && Host::parse(host).is_err() {
            self.fault(
                variable,
                "must be an address such as 0.0.0.0, or a host's name",
            );
        }
        host.to_owned()
    }

    pub(super) fn model(&mut self, value: Option<&str>) -> String {
        const DEFAULT: &str = "claude-sonnet-4-6";
        let model = value.unwrap_or(DEFAULT).trim();
        if model.is_empty() {
            self.fault(
                "CLAUDE_MODEL",
                format!("must be the name of a model such as {DEFAULT}"),
            );
        }
        model.to_owned()
    }

    pub(super) fn url(
        &mut self,
        variable: &'static str,
        value: Option<&str>,
        default: &str,
    ) -> Url {
        let fallback = || Url::parse("http://localhost").expect("a constant");
        let Ok(url) = Url::parse(value.unwrap_or(default).trim()) else {
            self.fault(variable, format!("must be a URL such as {default}"));
            return fallback();
        };
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            self.fault(
                variable,
                format!("must be an http or https URL such as {default}"),
            );
            return fallback();
        }
        if !url.username().is_empty() || url.password().is_some() {
            self.fault(
                variable,
                "must hold no user name or password; there are settings for keys and tokens",
            );
        }
        url
    }

    /// A secret that travels in a header: surrounding white space is never part of it.
    pub(super) fn header_secret(
        &mut self,
        variable: &'static str,
        value: Option<&str>,
    ) -> Option<SecretString> {
        let value = value.map(str::trim).filter(|value| !value.is_empty())?;
        if !value.bytes().all(|b| b.is_ascii_graphic()) {
            self.fault(variable, "must be printable ASCII without spaces");
        }
        Some(value.into())
    }

    pub(super) fn cors(&mut self, value: &str) -> Cors {
        let mut origins = Vec::new();
        for origin in value
            .split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
        {
            if origin == "*" {
                return Cors::Any;
            }
            let exact = Url::parse(origin).is_ok_and(|url| {
                url.host().is_some()
                    && url.origin().ascii_serialization() == origin.to_ascii_lowercase()
            });
            match HeaderValue::from_str(&origin.to_ascii_lowercase()) {
                Ok(value) if exact => origins.push(value),
                _ => self.fault(
                    "CORS_ALLOWED_ORIGINS",
                    "must be a comma-separated list of origins such as https://app.example.com (no path), or *",
                ),
            }
        }
        if origins.is_empty() {
            Cors::Off
        } else {
            Cors::Origins(origins)
        }
    }

    /// `on` or `off`.
    pub(super) fn switch(&mut self, variable: &'static str, value: Option<&str>) -> bool {
        match value.unwrap_or("off").trim().to_ascii_lowercase().as_str() {
            "on" => true,
            "off" => false,
            _ => {
                self.fault(variable, "must be `on` or `off`");
                false
            }
        }
    }

    pub(super) fn prompt(&mut self, file: Option<&str>) -> String {
        let Some(file) = file else {
            return BUILT_IN_PROMPT.to_owned();
        };
        match std::fs::read_to_string(file) {
            Ok(prompt) if !prompt.trim().is_empty() => return prompt,
            Ok(_) => self.fault(
                "SYSTEM_PROMPT_FILE",
                "names an empty file; put the system prompt into it",
            ),
            Err(error) => self.fault(
                "SYSTEM_PROMPT_FILE",
                format!(
                    "names a file that cannot be read as UTF-8 text ({})",
                    error.kind()
                ),
            ),
        }
        String::new()
    }

    pub(super) fn log_format(&mut self, value: Option<&str>) -> Option<LogFormat> {
        match value?.trim().to_ascii_lowercase().as_str() {
            "json" => Some(LogFormat::Json),
            "pretty" => Some(LogFormat::Pretty),
            _ => {
                self.fault("LOG_FORMAT", "must be `json` or `pretty`");
                None
            }
        }
    }

    pub(super) fn targets(&mut self, value: Option<&str>) -> Targets {
        value.unwrap_or("info").parse().unwrap_or_else(|_| {
            self.fault(
                "RUST_LOG",
                "must be a list such as `info` or `prog_strength_agent=debug,info`",
            );
            Targets::new()
        })
    }
}
