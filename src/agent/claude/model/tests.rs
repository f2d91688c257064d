use super::*;
use crate::config::Config;

fn model(settings: &[(&str, &str)]) -> Model {
    let base = [("ANTHROPIC_API_KEY", "key"), ("JWT_SIGNING_KEY", "key")];
    let all = base.iter().chain(settings);
    let all = all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let config = Config::from_iter(all).unwrap().claude;
    Model::new(&config.model, &config, "prompt").unwrap()
}

/// The fields of every request but those of each, and the `anthropic-beta` header.
fn sent(settings: &[(&str, &str)]) -> (Value, String) {
    let model = model(settings);
    let json = [&model.prefix[..], b"}]}"].concat();
    let mut fields: Value = serde_json::from_slice(&json).unwrap();
    let own = fields.as_object_mut().unwrap();
    for name in ["model", "max_tokens", "stream", "system"] {
        assert!(own.remove(name).is_some(), "{name}");
    }
    let betas = model.betas.map(|betas| betas.to_str().unwrap().to_owned());
    (fields, betas.unwrap_or_default())
}

#[test]
fn by_default_no_further_field_and_no_beta_is_sent() {
    assert_eq!(sent(&[]), (json!({}), String::new()));
}

#[test]
fn a_model_that_binds_is_told_to_drop_blocks_at_anthropics_endpoint_alone() {
    let model = ("CLAUDE_MODEL", "claude-haiku-5-5");
    let betas = ("ANTHROPIC_BETAS", "one, two");
    let thinking =
        json!({"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}});
    assert_eq!(
        sent(&[model, betas]),
        (
            json!({"thinking": thinking}),
            "one,two,thinking-binding-controls-2026-08-01".to_owned()
        )
    );
    let elsewhere = ("ANTHROPIC_BASE_URL", "https://claude.example");
    assert_eq!(
        sent(&[model, elsewhere, betas]),
        (json!({}), "one,two".to_owned())
    );
}

#[test]
fn a_beta_that_is_also_the_operators_is_sent_once() {
    let beta = "thinking-binding-controls-2026-08-01";
    let settings = [
        ("CLAUDE_MODEL", "claude-haiku-5-5"),
        ("ANTHROPIC_BETAS", beta),
    ];
    assert_eq!(sent(&settings).1, beta);
}

#[test]
fn the_extra_body_is_merged_and_what_the_agent_sets_wins() {
    let extra = json!({"service_tier": "auto", "metadata": {"user_id": "x"}, "model": "other", "max_tokens": 1,
        "stream": false, "system": "no", "tools": [], "messages": [], "cache_control": {"type": "ephemeral"},
        "tool_choice": {"type": "auto"}, "thinking": {"type": "enabled", "budget_tokens": 1024},
        "output_config": {"effort": "low", "format": {"type": "json_schema"}}});
    let extra = ("CLAUDE_EXTRA_BODY", &*extra.to_string());
    let rest = json!({"service_tier": "auto", "metadata": {"user_id": "x"}});
    let (fields, _) = sent(&[extra]);
    let mut expected = rest.clone();
    expected["thinking"] = json!({"type": "enabled", "budget_tokens": 1024});
    expected["output_config"] = json!({"effort": "low", "format": {"type": "json_schema"}});
    assert_eq!(fields, expected);
    let settings = [
        extra,
        ("CLAUDE_THINKING", "adaptive"),
        ("CLAUDE_EFFORT", "high"),
    ];
    let (fields, _) = sent(&settings);
    expected["thinking"] = json!({"type": "adaptive"});
    expected["output_config"] = json!({"effort": "high", "format": {"type": "json_schema"}});
    assert_eq!(fields, expected);
    assert_eq!(
        model(&[extra]).tool_choice.as_deref(),
        Some(&br#","tool_choice":{"type":"auto"}"#[..])
    );
}

#[test]
fn an_effort_replaces_an_output_config_that_is_no_object() {
    let extra = ("CLAUDE_EXTRA_BODY", r#"{"output_config": 5}"#);
    let (fields, _) = sent(&[extra, ("CLAUDE_EFFORT", "low")]);
    assert_eq!(fields, json!({"output_config": {"effort": "low"}}));
}
