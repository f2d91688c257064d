use super::{table::MODELS, *};

fn thinking(mode: ThinkingMode) -> Thinking {
    Thinking {
        mode,
        display: None,
        effort: None,
    }
}

#[test]
fn a_model_is_known_in_the_spellings_of_clouds_and_gateways() {
    for (name, expected) in [
        ("claude-sonnet-5", Some("claude-sonnet-5")),
        ("claude-sonnet-5-5", Some("claude-sonnet-5-5")),
        ("claude-haiku-4-5-20251001", Some("claude-haiku-4-5")),
        ("claude-haiku-4-5@20251001", Some("claude-haiku-4-5")),
        ("eu.anthropic.claude-opus-4-6-v1:0", Some("claude-opus-4-6")),
        ("anthropic/claude-opus-5.5", Some("claude-opus-5-5")),
        ("claude-sonnet-5-7", None),
        ("claude-sonnet-50", None),
        ("claude-opus-5-5-mine", None),
        ("llama", None),
        ("claude-", None),
        ("", None),
    ] {
        assert_eq!(find(name).map(|model| model.name), expected, "{name}");
    }
}

#[test]
fn auto_sends_nothing_but_the_control_that_drops_blocks_where_they_are_bound() {
    let auto = thinking(ThinkingMode::Auto);
    let drop =
        json!({"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "drop_block"}});
    for model in MODELS {
        let expected = model
            .binds
            .then(|| (Some(drop.clone()), vec![BINDING_BETA]));
        let expected = expected.unwrap_or_default();
        assert_eq!(auto.parameter(model.name, true), expected, "{}", model.name);
        assert_eq!(auto.parameter(model.name, false), (None, vec![]));
    }
    assert_eq!(auto.parameter("unknown", true), (None, vec![]));
}

#[test]
fn adaptive_is_sent_to_every_model_and_refused_by_those_that_cannot() {
    let adaptive = thinking(ThinkingMode::Adaptive);
    for model in MODELS {
        let sent = adaptive.parameter(model.name, false);
        assert_eq!(sent, (Some(json!({"type": "adaptive"})), vec![]));
        let refused = !adaptive.refusals(model.name).is_empty();
        assert_eq!(refused, model.name.ends_with("4-5"), "{}", model.name);
    }
    assert!(adaptive.refusals("unknown").is_empty());
}

#[test]
fn off_is_the_type_that_the_model_knows_and_refused_by_those_that_always_think() {
    let off = thinking(ThinkingMode::Off);
    for (name, kind) in [
        ("claude-sonnet-4-6", "disabled"),
        ("claude-sonnet-5", "disabled"),
        ("claude-sonnet-5-5", "between_tools"),
        ("unknown", "disabled"),
    ] {
        assert_eq!(
            off.parameter(name, true),
            (Some(json!({"type": kind})), vec![])
        );
        assert!(off.refusals(name).is_empty(), "{name}");
    }
    for name in ["claude-opus-5-5", "claude-fable-5", "claude-mythos-5-1"] {
        assert_eq!(off.refusals(name)[0].0, "CLAUDE_THINKING", "{name}");
    }
}

#[test]
fn the_display_is_sent_where_the_model_thinks_and_updates_with_their_beta() {
    let with = |mode, display| Thinking {
        display: Some(display),
        ..thinking(mode)
    };
    let auto = with(ThinkingMode::Auto, "summarized");
    let expected = json!({"type": "adaptive", "display": "summarized"});
    assert_eq!(
        auto.parameter("claude-sonnet-5", false),
        (Some(expected), vec![])
    );
    assert_eq!(auto.parameter("claude-sonnet-4-6", false), (None, vec![]));
    let updates = with(ThinkingMode::Adaptive, "updates");
    let expected = json!({"type": "adaptive", "display": "updates"});
    assert_eq!(
        updates.parameter("claude-opus-5-5", false),
        (Some(expected), vec![UPDATES_BETA])
    );
    assert_eq!(updates.refusals("claude-haiku-5-5").len(), 1);
    let off = with(ThinkingMode::Off, "omitted");
    let expected = json!({"type": "disabled"});
    assert_eq!(
        off.parameter("claude-sonnet-5", false),
        (Some(expected), vec![])
    );
}

#[test]
fn efforts_are_refused_by_models_without_them() {
    for (name, mode, effort, refused) in [
        ("claude-haiku-4-5", ThinkingMode::Auto, "low", true),
        ("claude-opus-4-5", ThinkingMode::Auto, "max", true),
        ("claude-sonnet-4-6", ThinkingMode::Auto, "xhigh", true),
        ("claude-sonnet-4-6", ThinkingMode::Off, "max", false),
        ("claude-sonnet-5-5", ThinkingMode::Auto, "max", false),
        ("claude-sonnet-5-5", ThinkingMode::Off, "max", true),
        ("claude-haiku-5-5", ThinkingMode::Off, "high", false),
        ("unknown", ThinkingMode::Off, "max", false),
    ] {
        let thinking = Thinking {
            effort: Some(effort),
            ..thinking(mode)
        };
        assert_eq!(
            !thinking.refusals(name).is_empty(),
            refused,
            "{name} {effort}"
        );
    }
}

#[test]
fn fields_that_a_known_model_refuses_are_named() {
    let refused = |name: &str, fields: Value| {
        let fields = fields.as_object().unwrap();
        [true, false].map(|with_tools| refused_fields(name, fields, with_tools).is_some())
    };
    for name in ["claude-sonnet-4-6", "claude-haiku-4-5", "unknown"] {
        let all = json!({"temperature": 0.2, "top_k": 5, "tool_choice": {"type": "any"}, "thinking": {"type": "enabled", "budget_tokens": 2000}});
        assert_eq!(refused(name, all), [false; 2], "{name}");
    }
    for name in [
        "claude-opus-4-7",
        "anthropic/claude-haiku-5.5",
        "claude-opus-5-5-20260922",
    ] {
        for fields in [
            json!({"temperature": 0.2}),
            json!({"top_p": 0.9}),
            json!({"temperature": 1, "top_k": 5}),
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        ] {
            assert_eq!(refused(name, fields), [true; 2], "{name}");
        }
        let defaults = json!({"temperature": 1.0, "top_p": 1, "top_k": null, "tool_choice": {"type": "auto"}, "x": 1});
        assert_eq!(refused(name, defaults), [false; 2], "{name}");
    }
    for (name, forcing) in [
        ("claude-sonnet-5-5", true),
        ("claude-opus-5-5", true),
        ("claude-fable-5-2", true),
        ("claude-haiku-5-5", false),
        ("claude-sonnet-5", false),
    ] {
        for kind in ["any", "tool"] {
            let choice = json!({"tool_choice": {"type": kind, "name": "x"}});
            assert_eq!(refused(name, choice), [forcing, false], "{name}");
        }
    }
}
