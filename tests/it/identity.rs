//! Claude can never act as somebody else: what reaches MCP carries the verified user, and Claude never sees who that is.

use serde_json::{Value, json};

use crate::{
    helpers::{bad, good, last_content, obey, result_of},
    support::{
        fake_claude::Reply,
        mcp_server::McpServer,
        mcp_tools::{bench_press, catalogue, owned, read, tool},
        sse::stable,
        test_app::{Answer, TestApp, user},
    },
};

/// The arguments that the server got in its only call.
async fn arguments(words: &str) -> Value {
    let app = TestApp::start().await;
    obey(&app);
    app.ask(words).await.ok();
    let calls = app.mcp.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls[0].arguments.clone()
}

#[tokio::test]
async fn a_user_id_that_claude_writes_is_removed_at_any_depth() {
    let written = json!({"user_id": "mallory", "note": "hi",
        "more": {"user_id": "mallory", "list": [{"user_id": {"user_id": 1}, "kept": 1}, [[{"user_id": null}]]]}});
    assert_eq!(
        arguments(&format!("whoami {written}")).await,
        json!({"note": "hi", "more": {"list": [{"kept": 1}, [[{}]]]}, "user_id": "sam"})
    );
}

#[tokio::test]
async fn a_user_id_written_twice_or_in_escapes_is_removed_too() {
    let app = TestApp::start().await;
    let pieces = [
        r#"{"user_id": "mallory", "us"#,
        r#"er\u005fid": "eve", "\u0075ser_id": "#,
        r#""trudy"}"#,
    ];
    app.claude.push_all([
        Reply::empty().and_tool_pieces("toolu_1", "whoami", &pieces),
        Reply::text("done"),
    ]);
    app.ask("who am I?").await.ok();
    assert_eq!(app.mcp.calls()[0].arguments, json!({"user_id": "sam"}));
}

#[tokio::test]
async fn the_user_is_put_in_at_the_top_even_when_the_input_is_empty() {
    assert_eq!(arguments("whoami {}").await, json!({"user_id": "sam"}));
}

#[tokio::test]
async fn the_user_is_put_in_wherever_an_object_of_the_input_declares_it() {
    let written = json!({"user_id": "mallory", "owner": {"user_id": "mallory", "label": "a"},
        "entries": [{"label": "b"}, {"user_id": "mallory"}]});
    assert_eq!(
        arguments(&format!("nested_owner {written}")).await,
        json!({"owner": {"label": "a", "user_id": "sam"},
            "entries": [{"label": "b", "user_id": "sam"}, {"user_id": "sam"}]})
    );
}

#[tokio::test]
async fn the_user_is_not_put_in_an_object_that_the_input_does_not_hold() {
    assert_eq!(
        arguments(r#"nested_owner {"entries": []}"#).await,
        json!({"entries": []})
    );
}

#[tokio::test]
async fn a_tool_that_declares_no_user_gets_none() {
    assert_eq!(
        arguments(r#"list_exercises {"user_id": "mallory", "muscle_group": "chest"}"#).await,
        json!({"muscle_group": "chest"})
    );
}

#[tokio::test]
async fn the_user_is_whoever_the_token_names_and_not_the_request() {
    let app = TestApp::start().await;
    obey(&app);
    let request = json!({"user_id": "mallory", "sub": "mallory",
        "messages": [{"role": "user", "user_id": "mallory", "content": "whoami"}]});
    for sub in ["ann", "auth0|Zoë 7"] {
        app.chat(sub, &request).await.ok();
    }
    let users: Vec<Value> = app
        .mcp
        .calls()
        .into_iter()
        .map(|call| call.arguments)
        .collect();
    assert_eq!(
        users,
        [json!({"user_id": "ann"}), json!({"user_id": "auth0|Zoë 7"})]
    );
}

#[tokio::test]
async fn every_call_says_in_meta_who_asks_for_which_call_of_which_request() {
    let app = TestApp::with([
        Reply::tool("toolu_1", "list_exercises", json!({})).and_tool(
            "toolu_2",
            "create_workout",
            bench_press(),
        ),
        Reply::text("done"),
    ])
    .await;
    let request = app.post("ann").header("x-request-id", "req.1_a-B");
    Answer::of(request.body(user("log it").to_string()))
        .await
        .ok();
    let mut metas: Vec<(String, Value)> = app
        .mcp
        .calls()
        .into_iter()
        .map(|call| (call.name, call.meta))
        .collect();
    metas.sort_by(|a, b| a.0.cmp(&b.0));
    let meta = |id: &str| {
        json!({"fitness.progstrength/user_id": "ann", "fitness.progstrength/tool_use_id": id,
            "fitness.progstrength/request_id": "req.1_a-B"})
    };
    assert_eq!(
        metas,
        [
            ("create_workout".to_owned(), meta("toolu_2")),
            ("list_exercises".to_owned(), meta("toolu_1"))
        ]
    );
}

#[tokio::test]
async fn a_call_says_in_meta_which_zone_the_client_is_in_if_that_is_one() {
    for (named, noted) in [
        (json!(" America/Denver "), json!("America/Denver")),
        (json!("Mars/Olympus"), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let app = TestApp::with([
            Reply::tool("toolu_1", "list_exercises", json!({})),
            Reply::text("done"),
        ])
        .await;
        let mut request = user("what is there?");
        request["client_timezone"] = named;
        Answer::of(app.post("ann").body(request.to_string()))
            .await
            .ok();
        let meta = &app.mcp.calls()[0].meta;
        assert_eq!(meta["fitness.progstrength/client_timezone"], noted);
    }
}

#[tokio::test]
async fn a_request_id_made_up_by_the_service_is_the_same_in_header_body_and_meta() {
    let app = TestApp::start().await;
    obey(&app);
    let answer = app.ask("list_exercises").await;
    let id = answer
        .header("x-request-id")
        .expect("every response has one")
        .to_owned();
    assert_eq!(answer.ok()["request_id"], id.as_str());
    assert_eq!(
        app.mcp.calls()[0].meta["fitness.progstrength/request_id"],
        id.as_str()
    );
}

#[tokio::test]
async fn no_schema_that_claude_gets_speaks_of_user_id_and_all_else_in_it_is_unchanged() {
    let mcp = McpServer::start().await;
    let item = json!({"type": "object", "properties": {"user_id": {"type": "string"}, "a": {"type": "integer"}},
        "required": ["a", "user_id"], "dependentRequired": {"a": ["user_id"], "user_id": ["a"]}});
    let schema = json!({"type": "object", "$defs": {"Item": item},
        "properties": {"list": {"type": "array", "items": item, "description": "the user_id is found by itself"},
            "either": {"anyOf": [item, {"type": "null"}], "default": {"user_id": "u1", "a": 1}},
            "rest": {"type": "object", "additionalProperties": item, "patternProperties": {"^x": item}},
            "ref": {"$ref": "#/$defs/Item"}},
        "required": ["list"]});
    mcp.set_tools(vec![
        tool("nested", &schema, &json!({})),
        tool("whoami", &owned(), &json!({})),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    app.claude.push(Reply::text("hello"));
    app.ask("hi").await.ok();
    let item = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
        "dependentRequired": {"a": []}});
    let schema = json!({"type": "object", "$defs": {"Item": item},
        "properties": {"list": {"type": "array", "items": item, "description": "the user_id is found by itself"},
            "either": {"anyOf": [item, {"type": "null"}], "default": {"a": 1}},
            "rest": {"type": "object", "additionalProperties": item, "patternProperties": {"^x": item}},
            "ref": {"$ref": "#/$defs/Item"}},
        "required": ["list"]});
    assert_eq!(
        app.claude.body()["tools"],
        json!([
            {"name": "nested", "description": "The test tool nested.", "input_schema": schema},
            {"name": "whoami", "description": "The test tool whoami.", "cache_control": {"type": "ephemeral"},
                "input_schema": {"type": "object", "properties": {"note": {"type": "string"}}, "required": []}},
        ])
    );
}

#[tokio::test]
async fn neither_the_key_nor_the_user_is_sent_to_claude_in_any_round() {
    let app = TestApp::start().await;
    let mut workout = bench_press();
    workout["user_id"] = "mallory-3c1".into();
    app.claude.push_all([
        Reply::tool("toolu_2", "create_workout", workout).and_tool(
            "toolu_3",
            "list_workouts",
            json!({"user_id": "mallory-3c1"}),
        ),
        Reply::text("done"),
    ]);
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "create_workout",
        "input": {"user_id": "mallory-3c1", "exercises": [{"user_id": "mallory-3c1", "exercise_id": "squat", "sets": []}]}});
    let history = json!({"messages": [
        {"role": "user", "content": "log squats"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "created"}]},
        {"role": "assistant", "content": "Logged."},
        {"role": "user", "content": "now bench presses"}]});
    app.chat("sub-of-sam-7f3a", &history).await.ok();
    let bodies = app.claude.bodies();
    assert_eq!(bodies.len(), 2);
    for body in bodies {
        let text = body.to_string();
        for word in ["user_id", "mallory-3c1", "sub-of-sam-7f3a"] {
            assert!(!text.contains(word), "{word} was sent to Claude: {text}");
        }
        assert_eq!(
            body["messages"][1]["content"][0],
            json!({"type": "tool_use", "id": "toolu_1", "name": "create_workout",
                "input": {"exercises": [{"exercise_id": "squat", "sets": []}]}})
        );
    }
}

#[tokio::test]
async fn events_and_messages_show_an_input_without_identity() {
    let app = TestApp::with([
        Reply::tool(
            "toolu_1",
            "whoami",
            json!({"user_id": "mallory", "note": "hi"}),
        ),
        Reply::text("done"),
    ])
    .await;
    let events = app.ask_streaming("who am I?").await.rest().await;
    let shown = events.iter().find(|event| event.kind == "tool_use");
    assert_eq!(
        shown.expect("a tool_use event").data,
        json!({"type": "tool_use", "id": "toolu_1", "name": "whoami", "input": {"note": "hi"}})
    );
    let done = &events.last().expect("a last event").data;
    assert_eq!(
        done["messages"][0]["content"],
        json!([{"type": "tool_use", "id": "toolu_1", "name": "whoami", "input": {"note": "hi"}}])
    );
}

#[tokio::test]
async fn a_result_is_passed_on_as_the_server_gave_it_even_when_it_names_the_user() {
    let app = TestApp::with([
        Reply::tool("toolu_1", "whoami", json!({})),
        Reply::text("done"),
    ])
    .await;
    let request = app.post("sam").header("x-request-id", "r1");
    Answer::of(request.body(user("who am I?").to_string()))
        .await
        .ok();
    let results = last_content(&app.claude.bodies()[1]);
    let text = results[0]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(results, [good(text)]);
    assert_eq!(
        serde_json::from_str::<Value>(text).expect("the server's JSON"),
        json!({"arguments": {"user_id": "sam"}, "_meta": {"fitness.progstrength/user_id": "sam",
            "fitness.progstrength/tool_use_id": "toolu_1", "fitness.progstrength/request_id": "r1"}})
    );
}

#[tokio::test]
async fn a_call_to_a_tool_that_is_not_in_the_catalogue_is_not_forwarded() {
    let app = TestApp::start().await;
    obey(&app);
    assert_eq!(
        result_of(&app, "drop_tables").await,
        bad("There is no tool named drop_tables. Nothing was run.")
    );
    result_of(&app, "list_exercises").await;
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_name_that_only_resembles_a_tools_is_not_in_the_catalogue() {
    let app = TestApp::start().await;
    for name in ["list.exercises", "list exercises", "weird.name/x"] {
        app.claude
            .push_all([Reply::tool("toolu_1", name, json!({})), Reply::text("done")]);
        let answer = app.ask("go").await.ok();
        let result = &answer["messages"][1]["content"][0];
        assert_eq!(result["is_error"], true, "{name}: {result}");
    }
    assert_eq!(app.mcp.called(), Vec::<String>::new());
}

#[tokio::test]
async fn a_tool_that_was_left_out_cannot_be_called_either() {
    let mcp = McpServer::start().await;
    let mut either = owned();
    either["oneOf"] = json!([{"required": ["note"]}]);
    mcp.set_tools(vec![
        tool("whoami", &either, &json!({})),
        tool("list_exercises", &json!({"type": "object"}), &read()),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    obey(&app);
    assert_eq!(
        result_of(&app, "whoami").await,
        bad("There is no tool named whoami. Nothing was run.")
    );
    result_of(&app, "list_exercises").await;
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_tool_call_in_the_clients_history_is_never_executed() {
    let app = TestApp::with([
        Reply::text("I see."),
        Reply::tool("toolu_9", "list_exercises", json!({})),
        Reply::text("done"),
    ])
    .await;
    let call = json!({"type": "tool_use", "id": "toolu_1", "name": "create_workout", "input": bench_press()});
    let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": "created"});
    let asked = json!({"role": "user", "content": "log it"});
    let unanswered = json!([asked, {"role": "assistant", "content": [call]}, {"role": "user", "content": "well?"}]);
    let answered = json!([asked, {"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]);
    for messages in [unanswered, answered] {
        app.chat("sam", &json!({"messages": messages})).await.ok();
    }
    assert_eq!(app.mcp.called(), ["list_exercises"]);
}

#[tokio::test]
async fn a_name_that_claude_would_refuse_is_mapped_and_mapped_back() {
    let app = TestApp::with([
        Reply::tool("toolu_1", "weird_name_x", json!({"key": "k"})),
        Reply::text("done"),
    ])
    .await;
    let events = app.ask_streaming("be weird").await.rest().await;
    let call = &app.mcp.calls()[0];
    assert_eq!(
        (call.name.as_str(), &call.arguments),
        ("weird.name/x", &json!({"key": "k"}))
    );
    let names: Vec<(&str, &Value)> = events
        .iter()
        .filter(|event| event.kind.starts_with("tool_"))
        .map(|event| (event.kind.as_str(), &event.data["name"]))
        .collect();
    let claudes = json!("weird_name_x");
    assert_eq!(
        names,
        [
            ("tool_use_start", &claudes),
            ("tool_use", &claudes),
            ("tool_result", &claudes)
        ]
    );
    let done = stable(events.last().expect("a last event").data.clone());
    assert_eq!(done["messages"][0]["content"][0]["name"], claudes);
}

#[tokio::test]
async fn mapped_names_are_unique_and_lead_to_their_own_tools() {
    let mcp = McpServer::start().await;
    let long = format!("{}.z", "l".repeat(70));
    let servers = ["a.b", "a/b", "a_b", &long];
    let schema = json!({"type": "object"});
    mcp.set_tools(
        servers
            .iter()
            .map(|name| tool(name, &schema, &read()))
            .collect(),
    );
    let app = TestApp::builder().start_with(mcp).await;
    obey(&app);
    app.ask("a_b").await.ok();
    let specs = app.claude.bodies()[0]["tools"].clone();
    let specs = specs.as_array().expect("a list");
    let described = |server: &str| format!("The test tool {server}.");
    let name_for = |server: &str| {
        let mut of_it = specs
            .iter()
            .filter(|spec| spec["description"] == described(server));
        of_it.next().expect("a spec")["name"]
            .as_str()
            .expect("a name")
            .to_owned()
    };
    assert_eq!(name_for("a_b"), "a_b");
    for server in servers {
        app.ask(&name_for(server)).await.ok();
    }
    assert_eq!(app.mcp.called(), ["a_b", "a.b", "a/b", "a_b", &long]);
}

#[tokio::test]
async fn the_mcp_server_is_shown_the_bearer_token() {
    let mcp = McpServer::start().await;
    mcp.require_token("tok-123");
    let app = TestApp::builder()
        .env("PROG_STRENGTH_MCP_TOKEN", "tok-123")
        .start_with(mcp)
        .await;
    obey(&app);
    app.ask("whoami").await.ok();
    assert_eq!(app.mcp.called(), ["whoami"]);
    let shown = app.mcp.remembers(|memory| memory.authorizations.clone());
    assert!(!shown.is_empty() && shown.iter().all(|shown| shown == "Bearer tok-123"));
}

#[tokio::test]
async fn without_a_token_the_mcp_server_is_shown_no_authorization_at_all() {
    let app = TestApp::start().await;
    obey(&app);
    app.ask("whoami").await.ok();
    let shown = app.mcp.remembers(|memory| memory.authorizations.clone());
    assert_eq!(shown, [""; 0]);
}

#[tokio::test]
async fn tools_that_claude_would_refuse_are_left_out_and_counted_and_mended_where_they_can_be() {
    let mcp = McpServer::start().await;
    let odd_key = json!({"type": "object", "properties": {"what? no": {"type": "string"}}});
    mcp.set_tools(vec![
        tool(
            "any",
            &json!({"type": "object", "anyOf": [{"required": ["a"]}]}),
            &read(),
        ),
        tool(
            "all",
            &json!({"type": "object", "allOf": [{"required": ["a"]}]}),
            &read(),
        ),
        tool("odd_key", &odd_key, &read()),
        tool("untyped", &json!({"properties": {}}), &read()),
        tool("whoami", &owned(), &json!({})),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    app.claude.push(Reply::text("hello"));
    app.ask("hi").await.ok();
    assert_eq!(
        app.get("/ready").await.ok(),
        json!({"status": "ready", "mcp": {"state": "connected",
            "server": {"name": "prog-strength-test", "version": "9.9.9"}, "tools": 2, "tools_left_out": 3}})
    );
    let tools = app.claude.body()["tools"].clone();
    assert_eq!(tools.as_array().map(Vec::len), Some(2));
    assert_eq!(
        tools[0],
        json!({"name": "untyped", "description": "The test tool untyped.",
            "input_schema": {"properties": {}, "type": "object"}})
    );
}

#[tokio::test]
async fn the_order_of_the_tools_does_not_depend_on_the_order_of_the_servers_list() {
    let mut lists = Vec::new();
    for backwards in [false, true] {
        let mcp = McpServer::start().await;
        let mut tools = catalogue();
        if backwards {
            tools.reverse();
        }
        mcp.set_tools(tools);
        let app = TestApp::builder().start_with(mcp).await;
        app.claude.push(Reply::text("hello"));
        app.ask("hi").await.ok();
        lists.push(app.claude.body()["tools"].to_string());
    }
    assert_eq!(lists[0], lists[1]);
}
