use std::collections::{HashMap, HashSet};

use http::HeaderValue;
use secrecy::ExposeSecret;

use super::{
    variables::{VARIABLES, Variable},
    *,
};

fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let needed = [
        ("ANTHROPIC_API_KEY", "sk-test"),
        ("JWT_SIGNING_KEY", "a signing key of thirty-two bytes"),
    ];
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut all: HashMap<String, String> = needed.iter().map(owned).collect();
    all.extend(variables.iter().map(owned));
    Config::from_iter(all)
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let config = config(&[]).unwrap();
    assert_eq!(
        (config.address.host.as_str(), config.address.port),
        ("0.0.0.0", 8001)
    );
    assert_eq!(
        config.claude.endpoint.as_str(),
        "https://api.anthropic.com/v1/messages"
    );
    assert_eq!(
        (config.claude.model.as_str(), config.claude.max_tokens),
        ("claude-sonnet-4-6", 2048)
    );
    assert_eq!(
        (
            config.claude.idle_timeout.as_secs(),
            config.claude.max_retries
        ),
        (60, 3)
    );
    assert_eq!(config.mcp.url.as_str(), "http://mcp:8000/mcp");
    assert_eq!(config.mcp.call_timeout.as_secs(), 30);
    assert_eq!(
        (
            config.agent.max_tool_rounds,
            config.agent.turn_timeout.as_secs()
        ),
        (8, 300)
    );
    assert_eq!(config.agent.max_tool_result_bytes, 100_000);
    assert_eq!(config.agent.approvals, ApprovalPolicy::Off);
    assert_eq!(
        (config.http.max_body_bytes, config.http.max_concurrent_chats),
        (33_554_432, 1024)
    );
    assert_eq!(
        config.http.rate_limit,
        Some(RateLimit {
            max: 60.try_into().unwrap(),
            window: Duration::from_secs(60)
        })
    );
    assert_eq!(
        (config.http.cors, config.http.shutdown_grace.as_secs()),
        (Cors::Off, 30)
    );
}

#[test]
fn one_message_names_every_variable_at_fault() {
    let error = config(&[
        ("ANTHROPIC_API_KEY", " "),
        ("JWT_SIGNING_KEY", ""),
        ("ANTHROPIC_BASE_URL", "ftp://x"),
        ("AGENT_HOST", "not a host"),
        ("AGENT_PORT", "70000"),
        ("CLAUDE_MODEL", " "),
        ("CLAUDE_MAX_TOKENS", "0"),
        ("CORS_ALLOWED_ORIGINS", "https://a.example/path"),
        ("SYSTEM_PROMPT_FILE", "no/such/file"),
        ("AGENT_TURN_TIMEOUT_SECS", "-1"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "a=b=c"),
    ])
    .unwrap_err()
    .to_string();
    insta::assert_snapshot!(error, @r"
    configuration:
      AGENT_HOST must be an address such as 0.0.0.0, or a host's name
      AGENT_PORT must be a whole number from 0 to 65535
      JWT_SIGNING_KEY is missing or empty; set it to the API's HS256 secret (32 bytes or more)
      ANTHROPIC_API_KEY is missing or empty; set it (or ANTHROPIC_AUTH_TOKEN, sent as a bearer)
      ANTHROPIC_BASE_URL must be an http or https URL such as https://api.anthropic.com
      CLAUDE_MODEL must be the name of a model such as claude-sonnet-4-6
      CLAUDE_MAX_TOKENS must be a whole number from 1 to 10000000
      SYSTEM_PROMPT_FILE names a file that cannot be read as UTF-8 text (entity not found)
      AGENT_TURN_TIMEOUT_SECS must be a whole number from 1 to 86400
      CORS_ALLOWED_ORIGINS must be a comma-separated list of origins such as https://app.example.com (no path), or *: entry 1 has a path; write https://a.example
      LOG_FORMAT must be `json` or `pretty`
      RUST_LOG must be a list such as `info` or `prog_strength_agent=debug,info`
    ");
}

#[test]
fn a_host_to_listen_on_is_an_address_or_a_name() {
    let good = [
        "0.0.0.0",
        "::1",
        "[::1]",
        "localhost",
        "agent_1",
        "a.example",
    ];
    for host in good {
        assert!(config(&[("AGENT_HOST", host)]).is_ok(), "{host}");
    }
    for host in [" ", "0.0.0.0:80", "http://a", "999.1.1.1", "a b"] {
        assert!(config(&[("AGENT_HOST", host)]).is_err(), "{host}");
        assert!(workout(true, &[("MCP_HOST", host)]).is_err(), "{host}");
    }
}

#[test]
fn secrets_are_never_in_messages_or_debug_output() {
    let settings = [
        ("ANTHROPIC_API_KEY", "sk-secret"),
        ("JWT_SIGNING_KEY", "jwt-secret"),
        ("PROG_STRENGTH_MCP_TOKEN", "mcp-secret"),
    ];
    assert!(!format!("{:?}", config(&settings).unwrap()).contains("secret"));
    let broken = [
        ("ANTHROPIC_API_KEY", "sk secret\u{1}"),
        ("PROG_STRENGTH_MCP_URL", "http://me:secret@mcp/"),
    ];
    assert!(!config(&broken).unwrap_err().to_string().contains("secret"));
}

#[test]
fn the_api_key_wins_and_an_empty_one_counts_as_unset() {
    let both = config(&[("ANTHROPIC_AUTH_TOKEN", "bearer")]).unwrap();
    assert!(matches!(both.claude.credential, Credential::ApiKey(_)));
    let bearer = config(&[
        ("ANTHROPIC_API_KEY", ""),
        ("ANTHROPIC_AUTH_TOKEN", "bearer"),
    ])
    .unwrap();
    assert!(matches!(bearer.claude.credential, Credential::Bearer(_)));
}

#[test]
fn the_base_url_may_end_in_a_slash_or_in_v1() {
    for base in [
        "http://localhost:1/x",
        "http://localhost:1/x/",
        "http://localhost:1/x/v1",
        "http://localhost:1/x/v1/",
    ] {
        let config = config(&[("ANTHROPIC_BASE_URL", base)]).unwrap();
        assert_eq!(
            config.claude.endpoint.as_str(),
            "http://localhost:1/x/v1/messages"
        );
    }
}

#[test]
fn origins_are_exact_or_a_star_and_zero_switches_the_rate_limit_off() {
    let config = config(&[
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example, http://localhost:3000",
        ),
        ("RATE_LIMIT_MAX", "0"),
    ])
    .unwrap();
    let origins = ["https://a.example", "http://localhost:3000"].map(HeaderValue::from_static);
    assert_eq!(config.http.cors, Cors::Origins(origins.to_vec()));
    assert_eq!(config.http.rate_limit, None);
    assert_eq!(Cors::parse("https://a.example,*"), Ok(Cors::Any));
}

fn workout(stdio: bool, variables: &[(&str, &str)]) -> Result<WorkoutConfig, ConfigError> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    WorkoutConfig::from_iter(stdio, variables.iter().map(owned))
}

#[test]
fn the_workout_servers_defaults_are_the_documented_ones() {
    let config = workout(true, &[]).unwrap();
    assert_eq!(
        (config.address.host.as_str(), config.address.port),
        ("0.0.0.0", 8000)
    );
    let hosts = ["localhost", "127.0.0.1", "mcp"].map(|host| HostRule {
        host: host.to_owned(),
        port: None,
    });
    assert_eq!(config.allowed_hosts, hosts);
    assert_eq!(
        config.database_url.expose_secret(),
        "sqlite:prog-strength.db"
    );
    assert_eq!(
        (config.rate_limit_per_hour, config.stdio_user.as_str()),
        (0, "local"),
        "one's own server has no limit"
    );
    let limit = |stdio, settings: &[(&str, &str)]| {
        let key = [("JWT_SIGNING_KEY", "k")];
        let settings = [&key[..], settings].concat();
        workout(stdio, &settings).unwrap().rate_limit_per_hour
    };
    assert_eq!(limit(false, &[]), 100);
    assert_eq!(limit(true, &[("MCP_RATE_LIMIT_PER_HOUR", "7")]), 7);
    assert!(config.oauth_audience.is_none());
    assert_eq!(config.shutdown_grace.as_secs(), 30);
    assert!(config.oauth_issuer.is_none() && config.public_url.is_none());
    assert!(config.agent_token.is_none() && config.jwt.is_none());
}

#[test]
fn one_kind_of_credential_is_enough_for_the_workout_server() {
    assert!(workout(false, &[]).is_err());
    for way in [
        ("PROG_STRENGTH_MCP_TOKEN", "t"),
        ("JWT_SIGNING_KEY", "k"),
        ("OAUTH_ISSUER", "https://example.supabase.co/auth/v1"),
    ] {
        assert!(workout(false, &[way]).is_ok(), "{way:?}");
        assert!(workout(false, &[(way.0, "")]).is_err(), "{way:?}");
    }
}

#[test]
fn the_database_is_sqlite_or_postgresql_and_its_password_stays_secret() {
    for good in [
        "sqlite:x.db",
        "sqlite:///data/x.db?mode=rwc",
        "postgres://me:secret@db/x",
        " postgresql://me:secret@db:5432/x?sslmode=require ",
    ] {
        let config = workout(true, &[("DATABASE_URL", good)]).unwrap();
        assert_eq!(config.database_url.expose_secret(), good.trim());
        assert!(!format!("{config:?}").contains("secret@"));
    }
    for bad in [
        "x.db",
        "sqlite",
        "sqlite:",
        "sqlite::memory:",
        "sqlite://",
        "postgres:secret",
        "postgres://me:secret@db:port/x",
        "mysql://me:secret@db/x",
    ] {
        let error = workout(true, &[("DATABASE_URL", bad)]).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[test]
fn an_allowed_host_is_a_host_and_perhaps_a_port() {
    let parsed = |text| HostRule::parse(text).map(|rule| (rule.host, rule.port));
    for (good, host, port) in [
        ("localhost", "localhost", None),
        (" MCP.example.com:8443 ", "mcp.example.com", Some(8443)),
        ("10.0.0.1:1", "10.0.0.1", Some(1)),
        ("[::1]:8000", "[::1]", Some(8000)),
    ] {
        assert_eq!(parsed(good), Some((host.to_owned(), port)));
    }
    for bad in [
        "", ":80", "a b", "a/", "http://a", "a:", "a:x", "a:65536", "me@a", "*", "::1", "a:080",
    ] {
        assert_eq!(parsed(bad), None, "{bad}");
    }
}

#[test]
fn an_origin_is_written_as_a_browser_sends_it() {
    for good in [
        "https://a.example:8443",
        "http://[::1]:3000",
        "capacitor://localhost",
        "tauri://localhost",
    ] {
        let origins = vec![HeaderValue::from_static(good)];
        assert_eq!(Cors::parse(good), Ok(Cors::Origins(origins)));
    }
    for bad in [
        "a.example",
        "https://a.example/",
        "https://a.example:443",
        "https://A.example",
        "capacitor://LOCALHOST",
        "https://*.example",
        "https://me@a.example",
        "null",
        "*,https://a.example/path",
    ] {
        assert!(Cors::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn every_default_is_valid_and_every_name_is_unique() {
    let stated = |variable: &&&Variable| !variable.default.is_empty();
    let defaults = VARIABLES.iter().filter(stated);
    let given = defaults.map(|variable| (variable.name, variable.default));
    let given: Vec<_> = given.collect();
    assert!(config(&given).is_ok());
    assert!(workout(true, &given).is_ok());
    assert!(runs::tests::config(&given).is_ok());
    let names: HashSet<_> = VARIABLES.iter().map(|variable| variable.name).collect();
    assert_eq!(names.len(), VARIABLES.len());
}

#[test]
fn the_example_file_lists_every_variable_in_order_with_its_default() {
    let example = include_str!("../../.env.example");
    let lines = example.lines().map(|line| line.trim_start_matches("# "));
    let settings: Vec<_> = lines
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| is_name(name))
        .collect();
    let table: Vec<_> = VARIABLES.iter().map(|v| (v.name, v.default)).collect();
    assert_eq!(settings, table);
}

/// Rows such as ``| `A`, `B` | `default of A`, `default of B` | meaning |``, of any table.
fn listed(text: &str) -> HashMap<&str, &str> {
    let mut listed = HashMap::new();
    for row in text.lines() {
        let mut cells = row.split('|').skip(1);
        let names = quoted(cells.next().unwrap_or_default());
        let defaults = quoted(cells.next().unwrap_or_default());
        if names.iter().all(|name| is_name(name)) {
            let defaults = defaults.into_iter().chain(std::iter::repeat(""));
            listed.extend(names.into_iter().zip(defaults));
        }
    }
    listed
}

#[test]
fn the_tables_of_settings_list_every_variable_with_its_default() {
    let table: HashMap<_, _> = VARIABLES.iter().map(|v| (v.name, v.default)).collect();
    assert_eq!(listed(include_str!("../../docs/settings.md")), table);
}

#[test]
fn the_readme_lists_variables_with_their_defaults() {
    let table: HashMap<_, _> = VARIABLES.iter().map(|v| (v.name, v.default)).collect();
    let listed = listed(include_str!("../../README.md"));
    assert!(listed.contains_key("JWT_SIGNING_KEY"));
    let wrong = listed
        .iter()
        .find(|(name, default)| table.get(*name) != Some(*default));
    assert_eq!(wrong, None);
}

/// The texts between backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[test]
fn the_help_of_a_command_lists_its_settings() {
    use variables::{Server, help};
    let (serve, mcp) = (help(Server::Agent), help(Server::Workout));
    let runs = help(Server::Runs);
    assert!(runs.contains("\n  DATABASE_URL=sqlite:prog-strength-runs.db\n"));
    assert!(runs.contains("\n  CLAUDE_MODEL=") && !runs.contains("\n  AGENT_PORT="));
    assert!(help(Server::Client).contains("\n  RUNS_URL=http://localhost:3001\n"));
    assert!(serve.contains(
        "AGENT_PORT=8001\n      Port that `serve` listens on (a whole number from 0 to 65535)"
    ));
    for (name, read_by) in [
        ("AGENT_PORT", (true, false)),
        ("MCP_PORT", (false, true)),
        ("JWT_ISSUER", (true, true)),
    ] {
        let line = format!("\n  {name}=");
        assert_eq!(
            (serve.contains(&line), mcp.contains(&line)),
            read_by,
            "{name}"
        );
    }
}

#[test]
fn a_tilde_in_the_databases_path_is_the_home_folder() {
    let home = ("HOME", "/home/s%m");
    for (url, expected) in [
        ("sqlite:~/log.db", "sqlite:/home/s%25m/log.db"),
        (
            "sqlite://~/a/log.db?mode=rw",
            "sqlite:/home/s%25m/a/log.db?mode=rw",
        ),
        ("sqlite:log.db", "sqlite:log.db"),
        ("sqlite:/~/log.db", "sqlite:/~/log.db"),
        ("sqlite:~sam/log.db", "sqlite:~sam/log.db"),
        ("postgres://me@db/~/x", "postgres://me@db/~/x"),
    ] {
        let config = workout(true, &[home, ("DATABASE_URL", url)]).unwrap();
        assert_eq!(config.database_url.expose_secret(), expected);
    }
    let unknown = workout(true, &[("DATABASE_URL", "sqlite:~/log.db")]).unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "configuration: DATABASE_URL begins with ~, and HOME is not set to say which folder that is"
    );
}
