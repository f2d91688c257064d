//! Fuzz target: for any tools and any input, the caller's id is everywhere the server's schema declares `user_id`, and no
//! other user's id is anywhere.

mod made;
mod places;
mod said;
mod shown;

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{
    CallContext, Catalogue, InvalidInput, ListedTool, StrippedInput,
    identity::{looks_like_json, mentions_user_id},
    schema::mend::mend,
};
use crate::{
    auth::Caller,
    fuzz::{Choices, without_halves},
    process::json::{mend_numbers, mend_str},
};
use said::{said, users};

const USER_ID: &str = "user_id";
/// The verified subject. No input contains this value.
const SUB: &str = "sub|ann";

/// The first byte says whether the rest is a schema and an input, one line each, or choices for them.
pub fn tools(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    if choices.below(4) == 0 {
        let text = String::from_utf8_lossy(choices.rest());
        let (schema, input) = text.split_once('\n').unwrap_or_default();
        // As the answer of a server is read.
        let schema = mend_numbers(&mend_str(schema));
        if let Ok(schema) = serde_json::from_str(&schema) {
            written(&listed(&[tool("t".into(), schema)]), input);
        }
        return;
    }
    let tools: Vec<_> = (0..=choices.below(3))
        .map(|_| tool(made::name(&mut choices), made::schema(&mut choices)))
        .collect();
    let input = made::input(&mut choices);
    let catalogue = listed(&tools);
    for spec in catalogue.specs() {
        let stripped = StrippedInput::strip(input.clone());
        let call = bound(&catalogue, &spec.name, &input, &stripped);
        let schemas: Vec<_> = tools
            .iter()
            .filter(|tool| tool.name == call.name())
            .map(|tool| &tool.input_schema)
            .collect();
        // Of two tools with one name, the first that can be offered is.
        if let [schema] = schemas[..] {
            let schema = Value::from(mended(schema));
            let arguments = Value::from(call.arguments().clone());
            places::hold_the_caller(&schema, &arguments);
        }
    }
}

fn tool(name: String, input_schema: Map<String, Value>) -> ListedTool {
    ListedTool {
        name,
        description: None,
        input_schema,
        idempotent: true,
        ..ListedTool::default()
    }
}

fn mended(schema: &Map<String, Value>) -> Map<String, Value> {
    let mut schema = Value::from(schema.clone());
    mend(&mut schema);
    if schema["type"]
        .as_array()
        .is_some_and(|it| it.contains(&"object".into()))
    {
        schema["type"] = "object".into();
    }
    schema.as_object().cloned().unwrap_or_default()
}

/// Makes a catalogue, and checks the schemas that Claude sees.
fn listed(tools: &[ListedTool]) -> Catalogue {
    let catalogue = Catalogue::new(tools.to_vec(), vec![]);
    let (offered, left_out) = (catalogue.specs(), catalogue.left_out());
    let mut names_listed: Vec<_> = tools.iter().map(|tool| &tool.name).collect();
    names_listed.sort_unstable();
    names_listed.dedup();
    let accounted = offered.len() + left_out.len();
    assert!((names_listed.len()..=tools.len()).contains(&accounted));
    let mut names = HashSet::new();
    for spec in catalogue.specs() {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        assert!(
            (1..=64).contains(&spec.name.len()) && spec.name.bytes().all(plain),
            "{}",
            spec.name
        );
        assert!(
            names.insert(&spec.name),
            "two tools are called {}",
            spec.name
        );

        let schema = &spec.input_schema;
        assert_eq!(schema["type"], "object");
        assert!(
            jsonschema::draft202012::meta::is_valid(schema),
            "no schema: {schema}"
        );
        assert!(!shown::mentions(schema), "a user is seen in {schema}");
        let of = &catalogue.tools[&spec.name].about.name;
        let originals: Vec<_> = tools
            .iter()
            .filter(|tool| tool.name == *of)
            .map(|tool| &tool.input_schema)
            .collect();
        if let [original] = originals[..] {
            shown::nothing_else_is_hidden(&mended(original), schema);
        }
    }
    for tool in tools {
        let offered = catalogue
            .tools
            .values()
            .any(|known| known.about.name == tool.name);
        assert!(
            offered || !shown::is_fine(&tool.input_schema),
            "{:?} is left out",
            tool.input_schema
        );
    }
    catalogue
}

/// An input as Claude writes it: with halves, and perhaps beyond the limits.
fn written(catalogue: &Catalogue, input: &str) {
    let sent = serde_json::from_str::<Value>(&without_halves(input)).ok();
    let sent = sent.as_ref().map(Value::as_object);
    match (StrippedInput::parse(input), sent) {
        (Ok(stripped), Some(sent)) => {
            bound(catalogue, "t", sent.expect("an object"), &stripped);
        }
        // The value of a user id is not read.
        (Ok(stripped), None) => {
            assert!(mentions_user_id(input) || input.contains("\\u"), "{input}");
            bound(catalogue, "t", stripped.as_map(), &stripped);
        }
        (Err(InvalidInput::NotAnObject), sent) => assert_eq!(sent.flatten(), None),
        (Err(_), None) => {}
        (Err(_), Some(_)) => {
            let depth = input.matches(['[', '{']).count();
            assert!(depth > 100 || input.contains("RawValue"), "{input}");
        }
    }
}

/// Prepares a call, and checks the invariants that hold for any schema.
fn bound(
    catalogue: &Catalogue,
    name: &str,
    input: &Map<String, Value>,
    stripped: &StrippedInput,
) -> super::ToolCall {
    let caller = Caller::fake(SUB);
    let context = CallContext {
        caller: &caller,
        request_id: "r1",
        turn_id: "turn_1",
        tool_use_id: "toolu_1",
        time_zone: Some("UTC"),
    };
    let unknown = catalogue.prepare_call(context, "no such tool", stripped);
    assert_eq!(unknown, None);
    let Some(call) = catalogue.prepare_call(context, name, stripped) else {
        assert!(
            catalogue.specs().is_empty(),
            "an offered tool cannot be called"
        );
        return super::ToolCall::nothing();
    };
    let meta = call.meta().iter().map(|(key, value)| {
        (
            key.rsplit('/').next().unwrap_or_default(),
            value.as_str().unwrap_or_default(),
        )
    });
    let expected = [
        (USER_ID, SUB),
        ("tool_use_id", "toolu_1"),
        ("turn_id", "turn_1"),
        ("request_id", "r1"),
        ("client_timezone", "UTC"),
    ];
    assert!(meta.eq(expected), "{:?}", call.meta());

    let (sent, arguments) = (
        Value::from(input.clone()),
        Value::from(call.arguments().clone()),
    );
    assert!(
        users(&arguments).iter().all(|user| user == SUB),
        "another user in {arguments} of {sent}"
    );
    assert_eq!(said(&arguments), said(&sent), "something else is changed");
    assert!(
        stripped.as_map() == input
            || mentions_user_id(&sent.to_string())
            || sent.to_string().contains('\\'),
        "something else than a user_id is stripped from {sent}"
    );
    let again = StrippedInput::strip(call.arguments().clone());
    let again = catalogue
        .prepare_call(context, name, &again)
        .expect("the same tool");
    assert_eq!(
        again.arguments(),
        call.arguments(),
        "prepared again, it is another call"
    );
    call
}

#[cfg(test)]
mod tests {
    #[test]
    fn seeds_pass() {
        crate::fuzz::replay("tools", super::tools);
    }
}
