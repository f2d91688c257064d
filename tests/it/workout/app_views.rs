//! Views of tool results for hosts with MCP Apps.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_STANDARD};
use rmcp::model::ReadResourceRequestParams;
use serde_json::json;

use crate::support::world::{World, on_both};

/// The tools with a view.
const DRAWN: [&str; 3] = [
    "get_exercise_history",
    "analyze_progress",
    "check_volume_landmarks",
];

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).expect(before);
    rest.split_once(after).expect(after).0
}

on_both!(
    three_tools_offer_a_view_of_their_results,
    async |world: World| {
        let ann = world.user("ann").await;
        let info = ann.session.peer_info().expect("initialized");
        let info = serde_json::to_value(&*info).unwrap();
        let extension = &info["capabilities"]["extensions"]["io.modelcontextprotocol/ui"];
        assert_eq!(extension, &json!({}), "{info}");
        let mut drawn = vec![];
        for tool in ann.session.peer().list_all_tools().await.unwrap() {
            let tool = serde_json::to_value(tool).unwrap();
            let Some(uri) = tool["_meta"]["ui"]["resourceUri"].as_str() else {
                assert_eq!(tool.get("_meta"), None);
                continue;
            };
            let name = tool["name"].as_str().unwrap().to_owned();
            assert_eq!(tool["_meta"]["ui"], json!({"resourceUri": uri}));
            let request = ReadResourceRequestParams::new(uri);
            let read = ann.session.peer().read_resource(request).await.unwrap();
            let read = serde_json::to_value(read).unwrap();
            let [content] = &read["contents"].as_array().unwrap()[..] else {
                panic!("not one content: {read}")
            };
            assert_eq!(content["uri"], uri);
            assert_eq!(content["mimeType"], "text/html;profile=mcp-app");
            assert_eq!(
                content["_meta"]["ui"],
                json!({"csp": {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []},
                "prefersBorder": true})
            );
            check_document(&name, content["text"].as_str().unwrap());
            drawn.push(name);
        }
        assert_eq!(drawn, DRAWN);
    }
);

/// The policy of a document allows its own script and style by their digests, and nothing else.
fn check_document(tool: &str, html: &str) {
    assert!(html.starts_with("<!doctype html>"));
    assert!(html.contains(&format!("data-tool=\"{tool}\"")));
    let hash = |text: &str| BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes()));
    let script = between(html, "<script type=\"module\">", "</script>");
    let style = between(html, "<style>", "</style>");
    let policy = between(
        html,
        "http-equiv=\"Content-Security-Policy\" content=\"",
        "\"",
    );
    let expected = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(script),
        hash(style)
    );
    assert_eq!(policy, expected);
    assert!(html.len() < 100_000, "{}", html.len());
}

on_both!(
    a_view_holds_no_data_and_costs_no_call,
    async |world: World| {
        let world = world.with_limit(2).await;
        let ann = world.user("ann").await;
        ann.lifted("barbell-bench-press", 1, "kg", &[(5, 81.25)])
            .await;
        for tool in DRAWN {
            let html = ann.resource(&format!("ui://workout/{tool}")).await.unwrap();
            assert!(!html.contains("81.25"));
        }
        ann.call("get_settings", json!({})).await.unwrap();
        let unknown = "ui://workout/list_workouts";
        let refused = ann.resource(unknown).await.unwrap_err();
        assert_eq!(refused.data, Some(json!({"uri": unknown})));
    }
);
