//! JSON Schema traversal: the values of a schema, and the targets of `$ref`.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// `root` and all values in it, parents before children.
pub(in crate::agent::tools) fn descendants(root: &Value) -> impl Iterator<Item = &Value> {
    let mut open = vec![root];
    std::iter::from_fn(move || {
        let value = open.pop()?;
        match value {
            Value::Object(object) => open.extend(object.values().rev()),
            Value::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
        Some(value)
    })
}

/// The target of a `$ref` within the document: `#`, `#/a/pointer`, `#anchor`, or an `$id` with one of these.
pub(super) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let document = if base.is_empty() {
        root
    } else {
        descendants(root).find(|value| value.get("$id").is_some_and(|id| id == base))?
    };
    if fragment.is_empty() {
        return Some(document);
    }
    if fragment.starts_with('/') {
        // RFC 6901 section 6: a pointer in a fragment is percent-encoded.
        let pointer = percent_decode_str(fragment).decode_utf8_lossy();
        let target = document.pointer(&pointer);
        return target.or_else(|| document.pointer(fragment));
    }
    let is_anchor = |value: &Value, key| value.get(key).is_some_and(|anchor| anchor == fragment);
    descendants(document)
        .find(|value| is_anchor(value, "$anchor") || is_anchor(value, "$dynamicAnchor"))
}
