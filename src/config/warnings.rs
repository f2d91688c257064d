//! Warnings about settings that are valid and probably a mistake. They name the variable and the remedy, never the value.

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::{ClaudeConfig, Config, RunsConfig, WorkoutConfig};
use crate::auth::JwtSettings;

const MIN_TOKEN_BYTES: usize = 16;
const SHORT_KEY: &str = "JWT_SIGNING_KEY is shorter than the 32 bytes that HS256 asks for";
const KEY_ENDS_IN_WHITE_SPACE: &str = "JWT_SIGNING_KEY ends in white space, which is part of the key; remove it unless the API's key has \
    it too";
const QUOTED_KEY: &str = "JWT_SIGNING_KEY stands in quotes, which are part of the key; remove them unless the API's key has them too";
const SHORT_TOKEN: &str = "PROG_STRENGTH_MCP_TOKEN is shorter than 16 bytes: a guess acts as any user; set it to a long \
    random text";
const KEY_IN_CLEAR: &str =
    "ANTHROPIC_BASE_URL is http: the key for Claude is sent unencrypted; use https";
const LARGE_BODIES: &str = "AGENT_MAX_BODY_BYTES is more than half of AGENT_MEMORY_BUDGET_BYTES, which is all that one user \
    may hold: larger bodies are refused; raise the budget or lower the limit";

const FEW_TOKENS: &str = "CLAUDE_MAX_TOKENS is less than 4096 and the model thinks, which counts towards it: replies may be cut \
    off or empty; raise it";
const NOT_SHOWN: &str = "CLAUDE_THINKING_DISPLAY is not sent: as far as known, no model of these settings thinks; set \
    CLAUDE_THINKING=adaptive";
const MIN_THINKING_TOKENS: u32 = 4096;

impl Config {
    pub fn warnings(&self) -> Vec<String> {
        let mut own = vec![(is_short(self.mcp.token.as_ref()), SHORT_TOKEN)];
        own.extend(about_claude(&self.claude, &[]));
        let large_bodies = self.http.max_body_bytes > self.http.memory_budget / 2;
        own.insert(2, (large_bodies, LARGE_BODIES));
        listed(&self.ignored, Some(&self.jwt), &own)
    }
}

impl RunsConfig {
    pub fn warnings(&self) -> Vec<String> {
        let mut own = vec![(is_short(self.mcp.token.as_ref()), SHORT_TOKEN)];
        own.extend(about_claude(&self.claude, &self.models));
        let large_bodies = self.http.max_body_bytes > self.http.memory_budget / 2;
        own.insert(2, (large_bodies, LARGE_BODIES));
        listed(&self.ignored, Some(&self.jwt), &own)
    }
}

/// `more`: models that requests may name.
fn about_claude(claude: &ClaudeConfig, more: &[String]) -> [(bool, &'static str); 3] {
    let in_clear = claude.endpoint.scheme() == "http" && !is_loopback(&claude.endpoint);
    let mut models = claude.models().chain(more.iter().map(String::as_str));
    let thinks = models.any(|model| claude.thinking.is_on(model));
    let few = thinks && claude.max_tokens < MIN_THINKING_TOKENS;
    let not_shown = !thinks && claude.thinking.display.is_some();
    [
        (in_clear, KEY_IN_CLEAR),
        (few, FEW_TOKENS),
        (not_shown, NOT_SHOWN),
    ]
}

impl WorkoutConfig {
    pub fn warnings(&self) -> Vec<String> {
        let short_token = is_short(self.agent_token.as_ref());
        listed(
            &self.ignored,
            self.jwt.as_ref(),
            &[(short_token, SHORT_TOKEN)],
        )
    }
}

fn listed(ignored: &[String], jwt: Option<&JwtSettings>, more: &[(bool, &str)]) -> Vec<String> {
    let key = jwt.map(|jwt| jwt.key.expose_secret());
    let short = jwt.is_some_and(JwtSettings::key_is_short);
    let white_space = key.is_some_and(|key| key.ends_with(char::is_whitespace));
    let about_key = [
        (short, SHORT_KEY),
        (white_space, KEY_ENDS_IN_WHITE_SPACE),
        (key.is_some_and(is_quoted), QUOTED_KEY),
    ];
    let all = about_key.iter().chain(more);
    let due = all.filter(|(is_due, _)| *is_due);
    let due = due.map(|(_, warning)| (*warning).to_owned());
    ignored.iter().cloned().chain(due).collect()
}

fn is_quoted(key: &str) -> bool {
    let key = key.trim();
    let stands_in = |quote: char| {
        key.strip_prefix(quote)
            .is_some_and(|rest| rest.ends_with(quote))
    };
    ['"', '\''].into_iter().any(stands_in)
}

fn is_short(token: Option<&SecretString>) -> bool {
    token.is_some_and(|token| token.expose_secret().len() < MIN_TOKEN_BYTES)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(changes: &[(&str, &str)]) -> Vec<String> {
        let key = "k".repeat(32);
        let base = [("ANTHROPIC_API_KEY", "key"), ("JWT_SIGNING_KEY", &key)];
        let all = base.iter().chain(changes);
        let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::from_iter(all).unwrap().warnings()
    }

    fn workout(changes: &[(&str, &str)]) -> Vec<String> {
        let all = changes.iter();
        let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        WorkoutConfig::from_iter(false, all).unwrap().warnings()
    }

    #[test]
    fn short_secrets_are_warned_about_by_both_servers() {
        assert_eq!(agent(&[]), [] as [&str; 0]);
        let token = "PROG_STRENGTH_MCP_TOKEN";
        assert_eq!(agent(&[(token, "0123456789abcde")]), [SHORT_TOKEN]);
        assert_eq!(agent(&[(token, "0123456789abcdef")]), [] as [&str; 0]);
        assert_eq!(agent(&[("JWT_SIGNING_KEY", "short")]), [SHORT_KEY]);
        assert_eq!(workout(&[(token, "0123456789abcde")]), [SHORT_TOKEN]);
        assert_eq!(workout(&[(token, "0123456789abcdef")]), [] as [&str; 0]);
        assert_eq!(workout(&[("JWT_SIGNING_KEY", "short")]), [SHORT_KEY]);
    }

    #[test]
    fn a_key_that_is_sent_unencrypted_off_loopback_is_warned_about() {
        let with = |url| agent(&[("ANTHROPIC_BASE_URL", url)]);
        for url in [
            "http://claude:8080",
            "http://10.0.0.1",
            "http://localhost.example",
        ] {
            assert_eq!(with(url), [KEY_IN_CLEAR], "{url}");
        }
        for url in [
            "https://claude.example",
            "http://localhost:1",
            "http://127.0.0.9",
            "http://[::1]:1",
        ] {
            assert_eq!(with(url), [] as [&str; 0], "{url}");
        }
    }

    #[test]
    fn few_tokens_for_a_model_that_thinks_are_warned_about() {
        let with = |model, mode, tokens| {
            agent(&[
                ("CLAUDE_MODEL", model),
                ("CLAUDE_THINKING", mode),
                ("CLAUDE_MAX_TOKENS", tokens),
            ])
        };
        for (model, mode, tokens, expected) in [
            ("claude-sonnet-5-5", "auto", "4095", true),
            ("claude-sonnet-5-5", "auto", "4096", false),
            ("claude-sonnet-5-5", "off", "2048", false),
            ("claude-sonnet-4-6", "auto", "2048", false),
            ("claude-sonnet-4-6", "adaptive", "2048", true),
            ("mine", "auto", "2048", false),
        ] {
            let warnings = with(model, mode, tokens);
            assert_eq!(
                warnings == [FEW_TOKENS],
                expected,
                "{model} {mode} {tokens}"
            );
            assert!(expected || warnings.is_empty(), "{warnings:?}");
        }
        let fallback = [("CLAUDE_FALLBACK_MODEL", "claude-haiku-5-5")];
        assert_eq!(agent(&fallback), [FEW_TOKENS]);
    }

    #[test]
    fn a_display_that_is_not_sent_is_warned_about() {
        let display = ("CLAUDE_THINKING_DISPLAY", "summarized");
        assert_eq!(agent(&[display]), [NOT_SHOWN]);
        let enough = ("CLAUDE_MAX_TOKENS", "4096");
        let adaptive = ("CLAUDE_THINKING", "adaptive");
        assert_eq!(agent(&[display, adaptive, enough]), [""; 0]);
    }

    #[test]
    fn a_signing_key_in_quotes_or_with_white_space_at_its_end_is_warned_about_by_both_servers() {
        let key = "k".repeat(32);
        for (key, warning) in [
            (format!("{key}\n"), KEY_ENDS_IN_WHITE_SPACE),
            (format!("'{key}'"), QUOTED_KEY),
            (format!("\"{key}\""), QUOTED_KEY),
        ] {
            let changes = [("JWT_SIGNING_KEY", key.as_str())];
            assert_eq!(agent(&changes), [warning]);
            assert_eq!(workout(&changes), [warning]);
        }
        for key in [format!("'{key}"), format!("{key}\""), format!("'{key}\"")] {
            assert_eq!(agent(&[("JWT_SIGNING_KEY", &key)]), [""; 0]);
        }
    }

    #[test]
    fn a_port_of_kubernetes_is_ignored_with_a_warning_by_both_servers() {
        let key = "k".repeat(32);
        let port = |name| {
            [
                ("JWT_SIGNING_KEY", key.as_str()),
                (name, "tcp://10.0.0.1:80"),
            ]
        };
        for (warned, name) in [
            (agent(&port("AGENT_PORT")), "AGENT_PORT"),
            (workout(&port("MCP_PORT")), "MCP_PORT"),
        ] {
            let is_named = |warning: &String| warning.starts_with(&format!("{name} is ignored"));
            assert!(
                warned.len() == 1 && warned.iter().all(is_named),
                "{warned:?}"
            );
        }
    }

    #[test]
    fn bodies_that_one_users_share_of_the_budget_cannot_hold_are_warned_about() {
        let budget = ("AGENT_MEMORY_BUDGET_BYTES", "16777216");
        let with = |bytes| agent(&[budget, ("AGENT_MAX_BODY_BYTES", bytes)]);
        assert_eq!(with("8388608"), [] as [&str; 0]);
        assert_eq!(with("8388609"), [LARGE_BODIES]);
    }
}
