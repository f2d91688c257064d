//! The parts of the settings, from text to types.

use std::time::Duration;

use secrecy::SecretString;

use super::{
    Address, ClaudeConfig, Credential, HttpConfig, JwtConfig, LogConfig, RateLimit, check::Check,
    raw::Raw,
};

pub(super) fn log(check: &mut Check, raw: &Raw) -> LogConfig {
    LogConfig {
        format: check.log_format(raw.log_format.as_deref()),
        targets: check.targets(raw.rust_log.as_deref()),
    }
}

pub(super) fn shutdown_grace(check: &mut Check, raw: &Raw) -> Duration {
    let grace = raw.agent_shutdown_grace_secs.as_deref();
    check.secs("AGENT_SHUTDOWN_GRACE_SECS", grace, 30, 0)
}

pub(super) fn address(check: &mut Check, raw: &Raw) -> Address {
    Address {
        host: check.host("AGENT_HOST", raw.agent_host.as_deref()),
        port: check.number(
            "AGENT_PORT",
            raw.agent_port.as_deref(),
            8001,
            0,
            u64::from(u16::MAX),
        ),
    }
}

pub(super) fn jwt(check: &mut Check, raw: &Raw) -> JwtConfig {
    let key = raw.jwt_signing_key.clone().unwrap_or_default();
    if key.is_empty() {
        check.fault(
            "JWT_SIGNING_KEY",
            "is missing or empty; set it to the API's HS256 secret (32 bytes or more)",
        );
    }
    JwtConfig {
        key: key.into(),
        issuer: raw.jwt_issuer.clone(),
        audience: raw.jwt_audience.clone(),
    }
}

pub(super) fn claude(check: &mut Check, raw: &Raw) -> ClaudeConfig {
    let key = check.header_secret("ANTHROPIC_API_KEY", raw.anthropic_api_key.as_deref());
    let bearer = check.header_secret("ANTHROPIC_AUTH_TOKEN", raw.anthropic_auth_token.as_deref());
    let credential = match (key, bearer) {
        (Some(key), _) => Credential::ApiKey(key),
        (None, Some(token)) => Credential::Bearer(token),
        (None, None) => {
            check.fault(
                "ANTHROPIC_API_KEY",
                "is missing or empty; set it (or ANTHROPIC_AUTH_TOKEN, sent as a bearer)",
            );
            Credential::ApiKey(SecretString::default())
        }
    };
    let mut endpoint = check.url(
        "ANTHROPIC_BASE_URL",
        raw.anthropic_base_url.as_deref(),
        "https://api.anthropic.com",
    );
    if endpoint.query().is_some() {
        check.fault("ANTHROPIC_BASE_URL", "must have no `?…` part");
    }
    let base = endpoint
        .path()
        .trim_end_matches('/')
        .trim_end_matches("/v1")
        .to_owned();
    endpoint.set_path(&format!("{base}/v1/messages"));
    ClaudeConfig {
        endpoint,
        credential,
        model: check.model(raw.claude_model.as_deref()),
        max_tokens: check.number(
            "CLAUDE_MAX_TOKENS",
            raw.claude_max_tokens.as_deref(),
            2048,
            1,
            10_000_000,
        ),
        idle_timeout: check.secs(
            "CLAUDE_IDLE_TIMEOUT_SECS",
            raw.claude_idle_timeout_secs.as_deref(),
            60,
            1,
        ),
        max_retries: check.number(
            "CLAUDE_MAX_RETRIES",
            raw.claude_max_retries.as_deref(),
            3,
            0,
            100,
        ),
    }
}

pub(super) fn http(check: &mut Check, raw: &Raw) -> HttpConfig {
    let max = check.number(
        "RATE_LIMIT_MAX",
        raw.rate_limit_max.as_deref(),
        60,
        0,
        1_000_000,
    );
    let window = check.secs(
        "RATE_LIMIT_WINDOW_SECS",
        raw.rate_limit_window_secs.as_deref(),
        60,
        1,
    );
    HttpConfig {
        cors: check.cors(raw.cors_allowed_origins.as_deref().unwrap_or_default()),
        max_body_bytes: check.number(
            "AGENT_MAX_BODY_BYTES",
            raw.agent_max_body_bytes.as_deref(),
            33_554_432,
            1,
            1 << 32,
        ),
        max_concurrent_chats: check.number(
            "AGENT_MAX_CONCURRENT_CHATS",
            raw.agent_max_concurrent_chats.as_deref(),
            1024,
            1,
            1_000_000,
        ),
        rate_limit: (max > 0).then_some(RateLimit { max, window }),
        shutdown_grace: shutdown_grace(check, raw),
    }
}
