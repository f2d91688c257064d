//! The tools of the MCP test server: those of the production server, and some for tests only.

use serde_json::{Value, json};

/// `tools/list`, not in alphabetical order.
pub fn catalogue() -> Vec<Value> {
    let mut tools = vec![list_workouts(), create_workout(), list_exercises()];
    let word = json!({"type": "object", "properties": {"key": {"type": "string"}}});
    tools.extend([
        tool("whoami", &owned(), &json!({})),
        tool("slow_read", &word, &json!({"readOnlyHint": true})),
        tool("slow_write", &word, &json!({})),
        tool("slow_idempotent", &word, &json!({"readOnlyHint": false, "idempotentHint": true})),
        tool("fail", &word, &json!({})),
        tool("fail_empty", &word, &json!({})),
        tool("fail_with_picture", &word, &json!({})),
        tool("rpc_error", &word, &json!({})),
        tool("big", &json!({"type": "object", "properties": {"bytes": {"type": "integer"}, "letter": {"type": "string"}}}), &read()),
        tool("picture", &json!({"type": "object", "properties": {"bytes": {"type": "integer"}}}), &read()),
        tool("mixed", &word, &read()),
        tool("empty", &json!({"type": "object"}), &read()),
        tool("structured", &json!({"type": "object"}), &read()),
        tool("drawn", &json!({"type": "object", "properties": {"bytes": {"type": "integer"}, "fails": {"type": "boolean"}}}), &read()),
        tool("weird.name/x", &word, &read()),
        tool("nested_owner", &nested_owner(), &json!({})),
    ]);
    tools
}

pub fn tool(name: &str, schema: &Value, annotations: &Value) -> Value {
    let description = format!("The test tool {name}.");
    json!({"name": name, "description": description, "inputSchema": schema, "annotations": annotations})
}

pub fn read() -> Value {
    json!({"readOnlyHint": true})
}

/// A schema that declares its owner.
pub fn owned() -> Value {
    json!({"type": "object", "properties": {"user_id": {"type": "string"}, "note": {"type": "string"}}, "required": ["user_id"]})
}

fn list_workouts() -> Value {
    let schema = json!({"type": "object", "properties": {"user_id": {"type": "string", "title": "User Id"}}, "required": ["user_id"]});
    json!({"name": "list_workouts", "description": "List a user's logged workouts, most recent first (at most 50).",
        "inputSchema": schema, "annotations": read()})
}

fn list_exercises() -> Value {
    let optional = json!({"anyOf": [{"type": "string"}, {"type": "null"}], "default": null});
    let schema =
        json!({"type": "object", "properties": {"muscle_group": optional, "equipment": optional}});
    json!({"name": "list_exercises", "description": "List the shared exercise catalogue; both filters are optional.",
        "inputSchema": schema, "annotations": read()})
}

/// As the production server declares it: nested models in `$defs`, no annotations.
fn create_workout() -> Value {
    let set = json!({"type": "object", "title": "WorkoutSetInput", "properties": {
        "reps": {"type": "integer", "exclusiveMinimum": 0, "description": "Repetitions performed."},
        "weight": {"type": "number", "minimum": 0}, "unit": {"type": "string", "enum": ["lb", "kg"]}},
        "required": ["reps", "weight", "unit"]});
    let exercise = json!({"type": "object", "title": "WorkoutExerciseInput", "properties": {
        "exercise_id": {"type": "string", "description": "Slug from list_exercises."},
        "sets": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/WorkoutSetInput"}},
        "notes": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null}},
        "required": ["exercise_id", "sets"]});
    json!({"name": "create_workout", "description": "Log a new workout for a user.", "inputSchema": {
        "type": "object", "$defs": {"WorkoutSetInput": set, "WorkoutExerciseInput": exercise},
        "properties": {"user_id": {"type": "string", "title": "User Id"},
            "exercises": {"type": "array", "items": {"$ref": "#/$defs/WorkoutExerciseInput"}},
            "name": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": null}},
        "required": ["user_id", "exercises"]}})
}

/// The owner is declared inside an object, and in the items of a list by reference; not at the top.
fn nested_owner() -> Value {
    let owner = json!({"type": "object", "properties": {"user_id": {"type": "string"}, "label": {"type": "string"}},
        "required": ["user_id"]});
    json!({"type": "object", "$defs": {"Owner": owner},
        "properties": {"owner": owner, "entries": {"type": "array", "items": {"$ref": "#/$defs/Owner"}}}})
}

/// A call of `create_workout` as Claude would write it.
pub fn bench_press() -> Value {
    json!({"exercises": [{"exercise_id": "bench-press", "sets": [{"reps": 5, "weight": 185, "unit": "lb"}]}]})
}

/// One black pixel.
pub const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// The answer of a tool that answers at once; `None` for slow and unknown tools.
pub fn result(name: &str, arguments: &Value, meta: &Value) -> Option<Value> {
    let text = |text: String| json!({"content": [{"type": "text", "text": text}]});
    Some(match name {
        "list_workouts" => text(json!([{"id": "w1", "name": "Push day"}]).to_string()),
        "list_exercises" => text(json!([{"id": "bench-press", "name": "Bench press"}]).to_string()),
        "create_workout" => text(json!({"id": "w2", "created": true}).to_string()),
        "whoami" | "nested_owner" | "weird.name/x" => {
            text(json!({"arguments": arguments, "_meta": meta}).to_string())
        }
        "fail" => {
            json!({"content": [{"type": "text", "text": "no such workout"}], "isError": true})
        }
        "fail_empty" => json!({"content": [], "isError": true}),
        "fail_with_picture" => {
            let image = json!({"type": "image", "data": PIXEL, "mimeType": "image/png"});
            json!({"content": [{"type": "text", "text": "see for yourself"}, image], "isError": true})
        }
        "big" => text(
            arguments["letter"]
                .as_str()
                .unwrap_or("a")
                .repeat(size(arguments, 200_000)),
        ),
        "picture" => {
            json!({"content": [{"type": "image", "data": picture(size(arguments, 0)), "mimeType": "image/png"}]})
        }
        "mixed" => json!({"content": [
            {"type": "text", "text": "first"},
            {"type": "resource", "resource": {"uri": "workout://today", "text": "embedded text", "mimeType": "text/plain"}},
            {"type": "resource_link", "uri": "workout://all", "name": "all workouts"},
            {"type": "audio", "data": "aGVsbG8=", "mimeType": "audio/wav"}]}),
        "empty" => json!({"content": []}),
        "structured" => json!({"content": [], "structuredContent": {"workouts": 3, "last": "w1"}}),
        // As JSON, exactly as long as asked for: `{"x":""}` is eight bytes.
        "drawn" => {
            json!({"content": [{"type": "text", "text": "see the picture"}], "isError": arguments["fails"] == true,
            "structuredContent": {"x": "y".repeat(size(arguments, 8) - 8)}})
        }
        _ => return None,
    })
}

fn size(arguments: &Value, default: usize) -> usize {
    arguments["bytes"]
        .as_u64()
        .map_or(default, |n| usize::try_from(n).expect("a size"))
}

/// The pixel, followed by this many zero bytes.
pub fn picture(padding: usize) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let mut bytes = STANDARD.decode(PIXEL).expect("sound");
    bytes.resize(bytes.len() + padding, 0);
    STANDARD.encode(bytes)
}
