//! `/health`, `/ready` and `/openapi.json`.

use super::*;

#[tokio::test]
async fn health_is_200_whatever_mcp_does() {
    let app = without_mcp().await;
    let answer = app.get("/health").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(
        anonymous(&answer),
        json!({"service": "prog-strength-agent", "version": env!("CARGO_PKG_VERSION"),
            "message": "service is healthy", "request_id": "<id>"})
    );
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn ready_is_503_while_there_is_no_mcp_session() {
    let answer = without_mcp().await.get("/ready").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        answer.body,
        json!({"status": "unavailable", "mcp": {"state": "connecting"}})
    );
}

#[tokio::test]
async fn ready_names_the_mcp_server_and_counts_its_tools() {
    let answer = TestApp::start().await.ready().await;
    let tools = mcp_tools::catalogue().len();
    let server = json!({"name": "prog-strength-test", "version": "9.9.9"});
    assert_eq!(
        answer.body,
        json!({"status": "ready", "mcp": {"state": "connected", "server": server, "tools": tools}})
    );
}

#[tokio::test]
async fn ready_becomes_200_when_the_mcp_server_comes_up_after_the_service() {
    let mut app = without_mcp().await;
    assert_eq!(
        app.get("/ready").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
    app.mcp.restart().await;
    assert_eq!(app.ready().await.body["status"], "ready");
}

#[tokio::test]
async fn ready_counts_the_tools_that_claude_would_refuse() {
    let mcp = McpServer::start().await;
    let either = json!({"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]});
    let illegal = json!({"type": "object", "properties": {"größe": {"type": "string"}}});
    mcp.set_tools(vec![
        mcp_tools::tool("either", &either, &json!({})),
        mcp_tools::tool("sound", &json!({"type": "object"}), &json!({})),
        mcp_tools::tool("illegal", &illegal, &json!({})),
    ]);
    let app = TestApp::builder().start_with(mcp).await;
    let server = json!({"name": "prog-strength-test", "version": "9.9.9"});
    assert_eq!(
        app.ready().await.body,
        json!({"status": "ready", "mcp": {"state": "connected", "server": server, "tools": 1, "tools_left_out": 2}})
    );
}

#[tokio::test]
async fn ready_is_503_while_shutting_down() {
    let (mut app, gate) = (TestApp::start().await, Gate::new());
    app.claude.push(Reply::text("late").gate_at(1, &gate));
    let mut running = app.ask_streaming("hello").await;
    running.expect("model_chosen").await;
    app.stop();
    let answer = app.ready_says(StatusCode::SERVICE_UNAVAILABLE).await;
    let mcp = json!({"state": "connected", "server": {"name": "prog-strength-test", "version": "9.9.9"},
        "tools": mcp_tools::catalogue().len()});
    assert_eq!(answer.body, json!({"status": "unavailable", "mcp": mcp}));
    gate.open_for_good();
    running.last("done").await;
    app.stopped().await;
}

#[tokio::test]
async fn openapi_is_3_1_and_names_every_path_and_schema() {
    let api = TestApp::start().await.get("/openapi.json").await.ok();
    assert!(
        api["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1.")),
        "{}",
        api["openapi"]
    );
    let names = |of: &Value| -> Vec<String> {
        let mut names: Vec<String> = of.as_object().expect("an object").keys().cloned().collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&api["paths"]),
        [
            "/chat",
            "/chat/agui",
            "/chat/ui",
            "/chat/ui/{id}/stream",
            "/health",
            "/metrics",
            "/openapi.json",
            "/ready",
            "/title"
        ]
    );
    let schemas = names(&api["components"]["schemas"]);
    for schema in ["ChatRequest", "Done", "Event", "Problem"] {
        assert!(schemas.iter().any(|name| name == schema), "{schemas:?}");
    }
    let events = api["components"]["schemas"]["Event"]["oneOf"]
        .as_array()
        .expect("a list");
    let result = events
        .iter()
        .find(|event| event["properties"]["type"]["enum"] == json!(["tool_result"]))
        .expect("tool_result");
    assert!(result["properties"]["structured"].is_object(), "{result}");
    let required = json!(["id", "name", "is_error", "duration_ms", "type"]);
    assert_eq!(result["required"], required);
    let chat = &api["paths"]["/chat"]["post"];
    assert_eq!(
        names(&chat["responses"]),
        [
            "200", "400", "401", "413", "415", "422", "429", "500", "502", "503", "504"
        ]
    );
    assert_eq!(
        names(&chat["responses"]["200"]["content"]),
        ["application/json", "text/event-stream"]
    );
    assert_eq!(chat["security"], json!([{"bearer": []}]));
    let faces = ["/chat/agui", "/chat/ui"].map(|path| &api["paths"][path]["post"]);
    for face in faces {
        assert_eq!(
            names(&face["responses"]),
            [
                "200", "400", "401", "413", "415", "422", "429", "503", "504"
            ]
        );
        assert_eq!(
            names(&face["responses"]["200"]["content"]),
            ["text/event-stream"]
        );
        assert_eq!(face["security"], json!([{"bearer": []}]));
    }
    for hidden in ["round_start", "block_end"] {
        let kind = json!([hidden]);
        assert!(
            events
                .iter()
                .all(|it| it["properties"]["type"]["enum"] != kind),
            "{hidden}"
        );
    }
    let title = &api["paths"]["/title"]["post"];
    assert_eq!(
        names(&title["responses"]),
        ["200", "400", "401", "413", "415", "422", "429", "503"]
    );
    assert_eq!(title["security"], json!([{"bearer": []}]));
}

#[tokio::test]
async fn openapi_is_the_same_document_in_every_response() {
    let app = TestApp::start().await;
    let (first, second) = (
        app.get("/openapi.json").await,
        app.get("/openapi.json").await,
    );
    assert_eq!((first.status.as_u16(), &first.text), (200, &second.text));
}

#[tokio::test]
async fn every_openapi_reference_resolves() {
    let api = TestApp::start().await.get("/openapi.json").await.ok();
    let text = api.to_string();
    let references: Vec<&str> = text
        .split("\"$ref\":\"#")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(references.len() > 5, "{references:?}");
    for reference in references {
        assert!(api.pointer(reference).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn events_and_answers_are_valid_by_the_openapi_document() {
    let fallback = json!({"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}});
    let turn = || {
        let called = Reply::empty()
            .thinking("hm", "c2ln")
            .and_text("Let me see.")
            .and_block(fallback.clone())
            .and_tool("t1", "list_workouts", json!({}));
        let usage = json!({"output_tokens": 9, "output_tokens_details": {"thinking_tokens": 4}});
        let refusal = json!({"type": "refusal", "category": null, "explanation": "No."});
        [
            called.usage_at_end(usage),
            Reply::text("I could").refused(refusal),
        ]
    };
    let app = TestApp::start().await;
    let api = app.get("/openapi.json").await.ok();
    let faults = |schema: &str, instance: &Value| -> Vec<String> {
        let reference = format!("#/components/schemas/{schema}");
        let schema = json!({"$ref": reference, "components": api["components"]});
        let validator = jsonschema::draft202012::new(&schema).expect("a schema");
        let faults = validator.iter_errors(instance);
        faults.map(|fault| fault.to_string()).collect()
    };
    let is_valid = |schema: &str, instance: &Value| {
        let faults = faults(schema, instance);
        assert!(faults.is_empty(), "{schema} {instance}: {faults:?}");
    };
    assert_eq!(faults("Block", &json!({"type": "text"})).len(), 1);
    app.claude.push_all(turn());
    let events = app.ask_streaming("hello").await.rest().await;
    let mut kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    kinds.dedup();
    assert_eq!(
        kinds,
        [
            "model_chosen",
            "thinking_delta",
            "text_delta",
            "tool_use_start",
            "tool_use",
            "tool_result",
            "text_delta",
            "done"
        ]
    );
    for event in &events {
        is_valid("Event", &event.data);
    }
    app.claude.push_all(turn());
    let done = app.ask("hello").await.ok();
    is_valid("Done", &done);
    assert!(done["messages"].to_string().contains("fallback"), "{done}");
    assert_eq!(done["usage"]["thinking_tokens"], 4, "{done}");
    app.claude
        .push(Reply::error(400, "invalid_request_error", "no"));
    let failed = app.ask_streaming("hello").await.last("error").await;
    is_valid("Event", &failed);
    app.claude.push(Reply::text("Legs"));
    let post = app
        .request(Method::POST, "/title")
        .bearer_auth(app.token("sam"));
    let post = post.header("content-type", "application/json");
    let answer = Answer::of(post.body(user("legs?").to_string())).await;
    is_valid("TitleResponse", &answer.ok());
    is_valid("Problem", &app.get("/nothing").await.body);
    is_valid("Ready", &app.ready().await.body);
}

#[tokio::test]
async fn openapi_names_response_headers_and_both_statuses_of_ready() {
    let api = TestApp::start().await.get("/openapi.json").await.ok();
    let headers = |path: &str, method: &str, status: &str| -> Vec<String> {
        let response = &api["paths"][path][method]["responses"][status];
        let headers = response["headers"].as_object();
        let headers = headers.unwrap_or_else(|| panic!("{path} {status}: {response}"));
        assert!(
            headers
                .values()
                .all(|header| header["schema"]["type"].is_string()),
            "{response}"
        );
        headers.keys().cloned().collect()
    };
    for (status, own) in [
        ("200", ["RateLimit", "RateLimit-Policy"].as_slice()),
        ("401", &["WWW-Authenticate"]),
        ("422", &["RateLimit", "RateLimit-Policy"]),
        ("429", &["RateLimit", "RateLimit-Policy", "Retry-After"]),
        ("503", &["RateLimit", "RateLimit-Policy", "Retry-After"]),
    ] {
        let expected: Vec<&str> = own.iter().copied().chain(["X-Request-ID"]).collect();
        for path in ["/chat", "/title"] {
            assert_eq!(headers(path, "post", status), expected, "{path} {status}");
        }
    }
    for status in ["200", "503"] {
        assert_eq!(headers("/ready", "get", status), ["X-Request-ID"]);
        let content = &api["paths"]["/ready"]["get"]["responses"][status]["content"];
        let schema = &content["application/json"]["schema"];
        assert_eq!(schema["$ref"], "#/components/schemas/Ready", "{status}");
    }
    for path in ["/health", "/metrics", "/openapi.json"] {
        assert_eq!(headers(path, "get", "200"), ["X-Request-ID"]);
    }
    for path in api["paths"].as_object().expect("paths").values() {
        for operation in path.as_object().expect("operations").values() {
            for response in operation["responses"]
                .as_object()
                .expect("responses")
                .values()
            {
                assert!(response["description"].is_string(), "{response}");
            }
        }
    }
}
