use std::collections::HashMap;

use super::*;

pub(in crate::config) fn config(variables: &[(&str, &str)]) -> Result<RunsConfig, ConfigError> {
    let needed = [
        ("ANTHROPIC_API_KEY", "sk-test"),
        ("JWT_SIGNING_KEY", "a signing key of thirty-two bytes"),
    ];
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let mut all: HashMap<String, String> = needed.iter().map(owned).collect();
    all.extend(variables.iter().map(owned));
    RunsConfig::from_iter(all)
}

fn fault(name: &str, value: &str) -> String {
    let error = config(&[(name, value)]).expect_err(value).to_string();
    assert!(error.contains(name), "{error}");
    error
}

#[test]
fn the_defaults_are_the_documented_ones() {
    use secrecy::ExposeSecret;
    let config = config(&[]).unwrap();
    let Address { host, port } = &config.address;
    assert_eq!((host.as_str(), *port), ("0.0.0.0", 3001));
    let database = config.database_url.expose_secret();
    assert_eq!(database, "sqlite:prog-strength-runs.db");
    assert_eq!(config.models, ["claude-sonnet-4-6"]);
    let limits = config.limits;
    assert_eq!(limits.timeout, Duration::from_secs(300));
    assert_eq!((limits.max_rounds, limits.max_tokens), (50, 1_000_000));
    assert_eq!((limits.concurrency, limits.per_user), (16, 4));
    assert_eq!((limits.max_attempts, limits.max_queued), (3, 10_000));
    assert_eq!(limits.queue_ttl, Duration::from_secs(86_400));
    assert_eq!(limits.retention, Duration::from_secs(30 * 86_400));
    assert!(
        matches!(&config.files.place, FilePlace::Folder(folder) if folder.as_os_str() == "prog-strength-files")
    );
    assert_eq!(config.files.max_file_bytes, 50_000_000);
    assert_eq!(config.files.url_ttl, Duration::from_secs(3600));
    assert!(config.connections.is_empty() && config.outbound_allow.is_empty());
    assert!(config.encryption_keys.is_empty() && config.callback_secrets.is_empty());
    assert!(!config.inline_connections && config.public_url.is_none());
}

#[test]
fn the_settings_of_chats_alone_are_not_read() {
    let wrong = [
        ("SYSTEM_PROMPT_FILE", "no/such/file"),
        ("AGENT_TURN_TIMEOUT_SECS", "never"),
        ("AGENT_MAX_TOOL_ROUNDS", "0"),
        ("AGENT_PORT", "x"),
    ];
    assert!(config(&wrong).is_ok());
}

#[test]
fn the_model_of_runs_is_agent_model_and_others_are_checked_as_well() {
    let claude = ("CLAUDE_MODEL", "claude-opus-4-6");
    assert_eq!(config(&[claude]).unwrap().models, ["claude-opus-4-6"]);
    let own = ("AGENT_MODEL", "claude-haiku-4-5");
    let more = ("RUNS_MODELS", "claude-opus-4-6, claude-haiku-4-5");
    let config_of_two = config(&[claude, own, more]).unwrap();
    assert_eq!(config_of_two.claude.model, "claude-haiku-4-5");
    assert_eq!(
        config_of_two.models,
        ["claude-haiku-4-5", "claude-opus-4-6"]
    );
    let adaptive = ("CLAUDE_THINKING", "adaptive");
    assert!(config(&[adaptive, ("RUNS_MODELS", "claude-haiku-4-5")]).is_err());
    // A model that is never asked may refuse what it likes.
    let unused = ("CLAUDE_MODEL", "claude-haiku-4-5");
    assert!(config(&[adaptive, unused, ("AGENT_MODEL", "claude-opus-4-6")]).is_ok());
}

#[test]
fn one_message_names_every_setting_of_runs_at_fault() {
    let error = config(&[
        ("PORT", "70000"),
        ("RUNS_PUBLIC_URL", "https://a.example/?x=1"),
        ("DATABASE_URL", "mysql://x"),
        ("RUNS_CONCURRENCY", "0"),
        ("PROMPTS_DIR", "no/such/folder"),
        ("MCP_CONNECTIONS", "[]"),
        ("RUNS_INLINE_CONNECTIONS", "stdio"),
        ("RUNS_ENCRYPTION_KEYS", "k1:c2hvcnQ="),
        ("FILES_URL", "ftp://x/y"),
        ("CALLBACK_SECRET", "secret"),
        ("OUTBOUND_ALLOW", "10.0.0.0/33"),
        ("TEMPORAL_ADDRESS", "localhost:7233/x"),
    ])
    .unwrap_err()
    .to_string();
    insta::assert_snapshot!(error, @r#"
    configuration:
      TEMPORAL_ADDRESS must be host:port, or with TLS https://host:port
      PORT must be a whole number from 0 to 65535
      RUNS_PUBLIC_URL must have no `?…` and no `#…` part
      DATABASE_URL must be sqlite:<file> or postgres://<user>:<password>@<host>/<database>
      RUNS_CONCURRENCY must be a whole number from 1 to 10000
      PROMPTS_DIR names no folder that can be read; create it or unset it
      MCP_CONNECTIONS is not a JSON object of connections (line 1, column 0)
      RUNS_INLINE_CONNECTIONS must be `off` or `http`
      RUNS_ENCRYPTION_KEYS must be `id:base64 of 32 bytes`, several separated by `;`, each id of 1 to 32 letters, digits, `-` and `_`
      FILES_URL must be file:<folder>, s3://<bucket>/<prefix>, gs://<bucket>/<prefix> or az://<container>/<prefix>
      CALLBACK_SECRET must be `whsec_` and the base64 of 24 to 64 bytes; several separated by spaces
      OUTBOUND_ALLOW must be a comma-separated list of hosts (`nas.local`, `10.0.0.7:8080`) and networks (`10.0.0.0/8`)
    "#);
}

#[test]
fn encryption_keys_have_names_and_thirty_two_bytes_and_stay_secret() {
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let two = format!("new-1:{key}; old_2:{key};");
    let config = config(&[("RUNS_ENCRYPTION_KEYS", &two)]).unwrap();
    let ids: Vec<_> = config.encryption_keys.iter().map(|key| &key.id).collect();
    assert_eq!(ids, ["new-1", "old_2"]);
    assert!(!format!("{config:?}").contains("AAEC"));
    let long = "x".repeat(33);
    for bad in [
        ":",
        key,
        &format!(":{key}"),
        &format!("a b:{key}"),
        &format!("{long}:{key}"),
        &format!("k1:{key}A"),
        &format!("k1:{key};k2"),
        "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==",
    ] {
        assert!(!fault("RUNS_ENCRYPTION_KEYS", bad).contains("AAEC"));
    }
    let twice = format!("k1:{key};k1:{key}");
    assert!(fault("RUNS_ENCRYPTION_KEYS", &twice).contains("two keys with the id `k1`"));
}

#[test]
fn callback_secrets_are_standard_webhooks_secrets() {
    let good = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let two = format!("{good} whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let config = config(&[("CALLBACK_SECRET", &two)]).unwrap();
    assert_eq!(config.callback_secrets.len(), 2);
    assert!(!format!("{config:?}").contains("C2FV"));
    for bad in [
        "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_!",
        " ",
    ] {
        fault("CALLBACK_SECRET", bad);
    }
}

#[test]
fn files_are_in_a_folder_in_a_cloud_or_in_supabase() {
    let place = |variables: &[(&str, &str)]| config(variables).unwrap().files.place;
    for (url, folder) in [
        ("file:/data/x", "/data/x"),
        ("file:///data", "/data"),
        ("file:a/b", "a/b"),
    ] {
        let place = place(&[("FILES_URL", url)]);
        assert!(
            matches!(&place, FilePlace::Folder(path) if path.as_os_str() == folder),
            "{place:?}"
        );
    }
    let aws = ("AWS_REGION", "eu-central-1");
    for url in ["s3://bucket/prefix", "gs://bucket", "az://container/a/b"] {
        let FilePlace::Cloud {
            url: read,
            settings,
        } = place(&[("FILES_URL", url), aws])
        else {
            panic!("{url} is not in a cloud");
        };
        assert_eq!((read.as_str(), settings.len()), (url, 1));
    }
    let supabase = [
        ("SUPABASE_URL", "https://example.supabase.co"),
        ("SUPABASE_SERVICE_KEY", "service-key"),
    ];
    assert!(
        matches!(place(&supabase), FilePlace::Supabase { bucket, .. } if bucket == "agent-files")
    );
    assert!(!format!("{:?}", place(&supabase)).contains("service-key"));
    let both = [supabase[0], supabase[1], ("FILES_URL", "file:x")];
    assert!(matches!(place(&both), FilePlace::Folder(_)));
    assert!(config(&supabase[..1]).is_err() && config(&supabase[1..]).is_err());
    for bad in [
        "file:",
        "s3://",
        "s3://me:key@bucket/",
        "s3://bucket/?x=1",
        "https://bucket.example/",
        "x",
    ] {
        fault("FILES_URL", bad);
    }
}

#[test]
fn prompts_come_from_variables_before_files() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("system.md"), "from the file\n").unwrap();
    std::fs::write(folder.path().join("user.md"), " \n").unwrap();
    let dir = ("PROMPTS_DIR", folder.path().to_str().unwrap());
    let prompts = config(&[dir]).unwrap().prompts;
    assert_eq!(
        (prompts.system.as_deref(), prompts.prefix),
        (Some("from the file"), None)
    );
    let prompts = config(&[dir, ("SYSTEM_PROMPT", "own"), ("USER_PROMPT_PREFIX", "p ")])
        .unwrap()
        .prompts;
    assert_eq!(
        (prompts.system.as_deref(), prompts.prefix.as_deref()),
        (Some("own"), Some("p"))
    );
    std::fs::write(folder.path().join("user.md"), [0xff, 0xfe, 0x41]).unwrap();
    assert!(fault("PROMPTS_DIR", dir.1).contains("user.md"));
}

#[test]
fn outbound_exceptions_are_hosts_and_networks() {
    let list = "NAS.local, 10.0.0.7:8080, 10.0.0.0/8,[fd00::1]:80,fd00::/8, ::1";
    let allowed = config(&[("OUTBOUND_ALLOW", list)]).unwrap().outbound_allow;
    assert_eq!(allowed[0], "nas.local".parse().unwrap());
    assert_eq!(allowed.len(), 6);
    for bad in [
        "10.0.0.0/33",
        "10.0.0/8",
        "a/8",
        "http://a",
        "a b",
        "*",
        "fd00::/+1",
        "*.local",
    ] {
        fault("OUTBOUND_ALLOW", bad);
    }
}

#[test]
#[cfg(not(feature = "temporal"))]
fn a_temporal_server_needs_the_feature() {
    let error = config(&[("TEMPORAL_ADDRESS", "localhost:7233")]).unwrap_err();
    insta::assert_snapshot!(error, @"configuration: TEMPORAL_ADDRESS is set, but this build cannot dispatch runs by Temporal: it needs the cargo feature `temporal`; unset it to dispatch them by the database");
}

#[test]
#[cfg(feature = "temporal")]
fn a_temporal_server_has_a_namespace_and_a_task_queue() {
    assert_eq!(config(&[]).unwrap().temporal, None);
    let set = [
        ("TEMPORAL_ADDRESS", "temporal.internal:7233"),
        ("TEMPORAL_NAMESPACE", "training"),
    ];
    let expected = super::TemporalConfig {
        url: "http://temporal.internal:7233".parse().unwrap(),
        namespace: "training".to_owned(),
        task_queue: "prog-strength-runs".to_owned(),
    };
    assert_eq!(config(&set).unwrap().temporal, Some(expected));
}
