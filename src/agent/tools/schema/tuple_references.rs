//! References into tuples, which [`super::mend`] moves: from `items` to `prefixItems`, from `additionalItems` to `items`.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// Rewrites the references of a mended schema that point to where a tuple was.
pub(super) fn mend(schema: &mut Value) {
    let root = schema.clone();
    rewrite(schema, &root);
}

fn rewrite(schema: &mut Value, root: &Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref")
                && let Some(moved) = moved(root, reference)
            {
                *reference = moved;
            }
            object.values_mut().for_each(|it| rewrite(it, root));
        }
        Value::Array(items) => items.iter_mut().for_each(|it| rewrite(it, root)),
        _ => {}
    }
}

/// Where the target of a reference is now, if it can be found.
fn moved(root: &Value, reference: &str) -> Option<String> {
    let (mut at, mut moved) = (root, "#".to_owned());
    let mut names = reference.strip_prefix("#/")?.split('/').peekable();
    while let Some(name) = names.next() {
        let is_tuple = at.get("prefixItems").is_some_and(Value::is_array);
        let is_in_tuple = names.peek().is_some_and(|it| it.parse::<usize>().is_ok());
        let name = match name {
            "items" if is_tuple && is_in_tuple => "prefixItems",
            "additionalItems" if is_tuple => "items",
            name => name,
        };
        let decoded = percent_decode_str(name).decode_utf8_lossy();
        at = at.pointer(&format!("/{decoded}"))?;
        moved.extend(["/", name]);
    }
    Some(moved)
}
