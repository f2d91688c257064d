//! Schemas and names that Claude's API refuses.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{context, left_out, tool};
use crate::{
    agent::tools::{Catalogue, LeftOut, StrippedInput, sanitize_name},
    auth::Caller,
};

#[test]
fn refused_schemas_are_normalized_or_left_out() {
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
    let catalogue = Catalogue::new(listed, vec![LeftOut::new("z", "unreadable")]);
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
        left_out(&catalogue),
        [
            "z (unreadable)",
            "array (type)",
            "broken (invalid schema: /properties/a/type)",
            "key (property name)",
            "union (anyOf)"
        ]
    );
}

#[test]
fn refused_names_are_mapped_to_unique_names_and_back() {
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
    let input = StrippedInput::default();
    let call = |name: &str| {
        let call = catalogue.prepare_call(context(&caller), name, &input);
        call.unwrap()
    };
    let called: std::collections::HashSet<_> = offered
        .iter()
        .map(|name| call(name).name().to_owned())
        .collect();
    assert_eq!(called, names.iter().map(ToString::to_string).collect());
    assert_eq!(call("a_b").name(), "a_b");
}

#[test]
fn a_schema_with_many_or_long_patterns_is_left_out_at_once() {
    let started = Instant::now();
    let patterns = |count: usize, pattern: &str| {
        let names = (0..count).map(|n| (format!("{pattern}{n}"), json!({})));
        json!({"properties": {"a": {"patternProperties": names.collect::<serde_json::Map<_, _>>()}}})
    };
    let large = "(?:(?:[a-zäöü]{100}){100}){100}";
    let listed = vec![
        tool("few", patterns(32, large)),
        tool("long", patterns(1, &"a".repeat(1024))),
        tool("many", patterns(33, large)),
        tool("thousand", patterns(1000, large)),
    ];
    let catalogue = Catalogue::new(listed, vec![]);
    assert_eq!(
        left_out(&catalogue),
        [
            "long (pattern of more than 1024 bytes)",
            "many (more than 32 patterns)",
            "thousand (more than 32 patterns)"
        ]
    );
    let took = started.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
}
