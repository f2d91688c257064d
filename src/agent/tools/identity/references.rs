//! Resolves `$ref` within a schema.

use serde_json::{Map, Value};

/// Every `$ref` in a schema.
pub(super) fn collect_references(schema: &Value) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                let reference = object.get("$ref").and_then(Value::as_str);
                found.extend(reference.map(str::to_owned));
                object.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(schema, &mut found);
    found
}

/// The target of a `$ref` within the document: `#`, `#/a/pointer`, `#anchor`, or an `$id` with one of these.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let document = if base.is_empty() {
        root
    } else {
        find(root, &|object| {
            object.get("$id").is_some_and(|id| id == base)
        })?
    };
    if fragment.is_empty() {
        return Some(document);
    }
    if fragment.starts_with('/') {
        return document
            .pointer(&percent_decoded(fragment))
            .or_else(|| document.pointer(fragment));
    }
    find(document, &|object| {
        ["$anchor", "$dynamicAnchor"]
            .iter()
            .any(|key| object.get(*key).is_some_and(|anchor| anchor == fragment))
    })
}

fn find<'a>(value: &'a Value, matches: &dyn Fn(&Map<String, Value>) -> bool) -> Option<&'a Value> {
    match value {
        Value::Object(object) if matches(object) => Some(value),
        Value::Object(object) => object.values().find_map(|value| find(value, matches)),
        Value::Array(items) => items.iter().find_map(|value| find(value, matches)),
        _ => None,
    }
}

/// RFC 6901 section 6: a pointer in a fragment is percent-encoded.
fn percent_decoded(fragment: &str) -> String {
    url::form_urlencoded::parse(
        fragment
            .replace('+', "%2B")
            .replace('&', "%26")
            .replace('=', "%3D")
            .as_bytes(),
    )
    .map(|(key, _)| key.into_owned())
    .next()
    .unwrap_or_default()
}
