//! References within a schema.

use serde_json::{Map, Value};

/// Every local `$ref`.
pub(super) fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            found.extend(
                object
                    .get("$ref")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            );
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// What a `$ref` within the document points to: `#`, `#/a/pointer`, `#anchor`, or an `$id` given below.
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

fn find<'a>(value: &'a Value, wanted: &dyn Fn(&Map<String, Value>) -> bool) -> Option<&'a Value> {
    match value {
        Value::Object(object) if wanted(object) => Some(value),
        Value::Object(object) => object.values().find_map(|value| find(value, wanted)),
        Value::Array(items) => items.iter().find_map(|value| find(value, wanted)),
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
