//! What Claude's API would refuse: schemas, and names.

use serde_json::json;

use super::tool;
use crate::{
    agent::tools::{CallContext, Catalogue, StrippedInput, sanitize_name},
    auth::Caller,
};

#[test]
fn what_claudes_api_would_refuse_is_mended_or_left_out() {
    let listed = vec![
        tool("z_no_type", json!({"properties": {}})),
        tool("array", json!({"type": "array"})),
        tool("union", json!({"type": "object", "anyOf": []})),
        tool(
            "key",
            json!({"type": "object", "properties": {"größe": {}}}),
        ),
        tool(
            "broken",
            json!({"type": "object", "properties": {"a": {"type": "strin"}}}),
        ),
        tool("a", json!({"type": "object"})),
        tool("a", json!({"type": "object", "description": "twice"})),
    ];
    let catalogue = Catalogue::new(listed, vec!["unreadable".into()]);
    let names: Vec<_> = catalogue
        .specs()
        .iter()
        .map(|spec| (spec.name.as_str(), spec.input_schema.clone()))
        .collect();
    assert_eq!(
        names,
        [
            ("a", json!({"type": "object"})),
            ("z_no_type", json!({"properties": {}, "type": "object"}))
        ]
    );
    assert_eq!(
        catalogue.left_out(),
        ["unreadable", "a", "array", "broken", "key", "union"]
    );
}

#[test]
fn names_claude_refuses_are_mapped_to_unique_ones_and_back() {
    let long = "l".repeat(70);
    let names = ["a/b", "a.b", "a_b", "ü", "", &long, &format!("{long}x")];
    let catalogue = Catalogue::new(
        names.iter().map(|name| tool(name, json!({}))).collect(),
        vec![],
    );
    let offered: Vec<_> = catalogue
        .specs()
        .iter()
        .map(|spec| spec.name.clone())
        .collect();
    assert_eq!(offered.len(), names.len());
    assert_eq!(
        offered
            .iter()
            .collect::<std::collections::HashSet<_>>()
            .len(),
        names.len()
    );
    assert!(
        offered
            .iter()
            .all(|name| sanitize_name(name) == *name && name.len() <= 64),
        "{offered:?}"
    );
    let caller = Caller::fake("ann");
    let context = CallContext {
        caller: &caller,
        request_id: "r",
        time_zone: None,
        tool_use_id: "t",
    };
    let input = StrippedInput::default();
    let call = |name: &str| catalogue.prepare_call(context, name, &input).unwrap();
    let called: std::collections::HashSet<_> = offered.iter().map(|name| call(name).name).collect();
    assert_eq!(called, names.iter().map(ToString::to_string).collect());
    assert_eq!(call("a_b").name(), "a_b");
}
