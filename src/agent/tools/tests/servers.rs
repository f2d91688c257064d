//! Catalogues of several servers.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{context, left_out, tool};
use crate::{
    agent::tools::{
        CallContext, CallInput, Catalogue, InvalidInput, ListedTool, Profile, ToolServer,
    },
    auth::Caller,
    telemetry::{Begin, Span, SpanKind, Telemetry, TracesConfig},
};

fn server(name: &str, profile: Profile, tools: Vec<ListedTool>) -> Catalogue {
    let server = ToolServer {
        name: name.into(),
        profile,
        prefixed: true,
    };
    Catalogue::of_server(&server, tools, vec![])
}

fn owned() -> Value {
    json!({"type": "object", "properties": {"user_id": {"type": "string"}, "q": {}}, "required": ["user_id"]})
}

fn names(catalogue: &Catalogue) -> Vec<&str> {
    let specs = catalogue.specs().iter();
    specs.map(|spec| spec.name.as_str()).collect()
}

/// The server, the tool, the arguments and the `_meta` of a call, and the input that is kept.
fn called(catalogue: &Catalogue, name: &str, input: &Value) -> Value {
    let caller = Caller::fake("ann");
    let context = CallContext {
        time_zone: Some("UTC"),
        ..context(&caller)
    };
    let (input, call) = catalogue
        .prepare(context, name, &input.to_string())
        .unwrap();
    let call = call.map(|call| json!([call.server(), call.name(), call.arguments(), call.meta()]));
    json!([call, input])
}

#[test]
fn a_foreign_server_sees_its_own_schema_and_what_claude_wrote_and_no_user() {
    let notes = server("notes", Profile::Foreign, vec![tool("find", owned())]);
    assert_eq!(names(&notes), ["notes__find"]);
    assert_eq!(notes.specs()[0].input_schema, owned());
    let input = json!({"user_id": "bob", "q": "{\"user_id\":\"eve\"}"});
    let meta = json!({
        "fitness.progstrength/tool_use_id": "toolu_1",
        "fitness.progstrength/turn_id": "turn_1",
    });
    assert_eq!(
        called(&notes, "notes__find", &input),
        json!([["notes", "find", input, meta], input])
    );
}

/// A span of a request whose client has added something to the id of the trace. It is not exported.
fn span_with_state() -> Span {
    let config = TracesConfig::fake(0.0, false);
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("traceparent", parent), ("tracestate", "vendor=ann")];
    let headers = headers.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
    let telemetry = Telemetry::start(Some(&config)).unwrap();
    telemetry.of_request(&headers.into_iter().collect(), || {
        Begin::new(SpanKind::Internal, "a call", vec![])
    })
}

#[tokio::test]
async fn a_foreign_server_is_told_the_span_and_not_what_the_client_has_added_to_its_trace() {
    let own = server("own", Profile::Own, vec![tool("find", owned())]);
    let notes = server("notes", Profile::Foreign, vec![tool("find", owned())]);
    let span = span_with_state();
    let caller = Caller::fake("ann");
    let context = context(&caller);
    for (catalogue, name, state) in [
        (&own, "own__find", Some("vendor=ann")),
        (&notes, "notes__find", None),
    ] {
        let (_, call) = catalogue.prepare(context, name, "{}").unwrap();
        let call = call.unwrap().traced(&span);
        let told = |key: &str| call.meta().get(key).and_then(Value::as_str);
        assert_eq!(told("traceparent"), span.traceparent().as_deref(), "{name}");
        assert_eq!(told("tracestate"), state, "{name}");
    }
}

#[test]
fn each_tool_of_a_combined_catalogue_is_called_as_its_own_server_wants() {
    let own = server("own", Profile::Own, vec![tool("find", owned())]);
    let notes = server("notes", Profile::Foreign, vec![tool("find", owned())]);
    let all = Catalogue::combined([&own, &notes], &[], |_| true);
    assert_eq!(names(&all), ["own__find", "notes__find"]);
    let input = json!({"user_id": "bob"});
    let own = called(&all, "own__find", &input);
    assert_eq!(own[0][0], "own");
    assert_eq!(own[0][2], json!({"user_id": "ann"}));
    assert_eq!(own[0][3]["fitness.progstrength/user_id"], "ann");
    assert_eq!(own[1], json!({}));
    let foreign = called(&all, "notes__find", &input);
    assert_eq!(foreign[0][0], "notes");
    assert_eq!(foreign[0][2], input);
    // What is kept of a call of no tool is stripped.
    assert_eq!(called(&all, "find", &input), json!([null, {}]));
}

#[test]
fn names_are_unique_over_all_servers_and_reserved_ones_are_not_given() {
    // `a` + `__` + `_x` and `a_` + `__` + `x`.
    let one = server("a", Profile::Foreign, vec![tool("_x", json!({}))]);
    let two = server("a_", Profile::Foreign, vec![tool("x", json!({}))]);
    let chat = Catalogue::new(vec![tool("read_file", json!({}))], vec![]);
    let all = Catalogue::combined([&one, &two, &chat], &["read_file"], |_| true);
    assert_eq!(names(&all), ["a___x", "a___x_2", "read_file_2"]);
    assert_eq!(called(&all, "a___x_2", &json!({}))[0][0], "a_");
    assert_eq!(called(&all, "read_file_2", &json!({}))[0][1], "read_file");
}

#[test]
fn long_prefixed_names_are_cut_and_stay_unique() {
    let long = "l".repeat(80);
    let tools = ["", "x", "y"].map(|end| tool(&format!("{long}{end}"), json!({})));
    let catalogue = server(&"s".repeat(32), Profile::Foreign, tools.into());
    let names: HashSet<&str> = names(&catalogue).into_iter().collect();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| name.len() == 64), "{names:?}");
}

#[test]
fn only_tools_that_are_offered_can_be_called() {
    let tools = vec![tool("a", json!({})), tool("b", json!({}))];
    let one = server("s", Profile::Own, tools);
    let all = Catalogue::combined([&one], &[], |name| name == "s__b");
    assert_eq!(names(&all), ["s__b"]);
    assert_eq!(called(&all, "s__a", &json!({})), json!([null, {}]));
}

#[test]
fn what_claude_would_refuse_is_left_out_of_a_foreign_server_too() {
    let tools = vec![tool("union", json!({"anyOf": []})), tool("fine", json!({}))];
    let one = server("s", Profile::Foreign, tools);
    let all = Catalogue::combined([&one], &[], |_| true);
    assert_eq!(names(&all), ["s__fine"]);
    assert_eq!(left_out(&all), ["union (anyOf)"]);
}

#[test]
fn together_the_schemas_of_all_servers_are_bounded() {
    let large = json!({"type": "object", "enum": vec![0; 30_000]});
    let servers =
        ["a", "b"].map(|name| server(name, Profile::Foreign, vec![tool("t", large.clone())]));
    let all = Catalogue::combined(&servers, &[], |_| true);
    assert_eq!(names(&all), ["a__t"]);
    assert_eq!(left_out(&all), ["b__t (too large)"]);
}

#[test]
fn inputs_of_foreign_tools_are_bounded() {
    let notes = server("notes", Profile::Foreign, vec![tool("find", json!({}))]);
    let caller = Caller::fake("ann");
    let context = context(&caller);
    let prepared = notes.prepare(context, "notes__find", "[]");
    assert_eq!(prepared, Err(InvalidInput::NotAnObject));
    let deep = format!("{}{}", r#"{"a":"#.repeat(125) + "0", "}".repeat(125));
    let prepared = notes.prepare(context, "notes__find", &deep);
    assert_eq!(prepared, Err(InvalidInput::BeyondLimits));
    let (input, _) = notes.prepare(context, "notes__find", "{}").unwrap();
    assert!(matches!(input, CallInput::Written(_)));
}
