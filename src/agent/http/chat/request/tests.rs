use super::*;
use crate::process::memory::json::count_values;

fn read(body: &[u8]) -> Result<ChatRequest<'_>, Problem> {
    super::read(body, count_values(body)).map(|(request, ())| request)
}

/// Its code and what it says.
fn refusal(body: &[u8]) -> String {
    let error = read(body).expect_err("no request");
    error.to_string()
}

#[test]
fn null_is_absent_unknown_fields_are_ignored_and_the_last_of_two_fields_counts() {
    let body =
        br#" {"messages": 5, "stream": null, "client_timezone": "x", "client_timezone": null,
        "display_name": "Sam \u00c9", "x": {"y": [1e999, "\\ud800"]}, "messages": []}"#;
    let request = read(body).unwrap();
    let Messages::Received(messages) = request.messages else {
        panic!("{request:?}");
    };
    assert_eq!(messages.get(), "[]");
    assert_eq!((request.stream, request.client_timezone), (None, None));
    assert_eq!(request.display_name.as_deref(), Some("Sam É"));
    for (json, stream) in [("true", true), (" false ", false)] {
        let body = format!("{{\"stream\":{json},\"messages\":[]}}");
        assert_eq!(read(body.as_bytes()).unwrap().stream, Some(stream));
    }
}

#[test]
fn a_body_of_many_tiny_values_is_refused_before_it_fills_the_memory() {
    let many = format!("{{\"messages\":[{}0]}}", "0,".repeat(MAX_VALUES));
    assert!(refusal(many.as_bytes()).contains("must not hold more than 100000 values"));
    assert!(refusal(&many.as_bytes()[1..]).contains("invalid_json"));
    let text = format!(
        "{{\"messages\":[],\"x\":\"{}\\\"{}\"}}",
        ",".repeat(MAX_VALUES),
        "[".repeat(MAX_VALUES)
    );
    assert!(read(text.as_bytes()).is_ok());
}

#[test]
fn deep_and_large_values_are_json() {
    let deep = "[".repeat(200) + "1" + &"]".repeat(200);
    let unused = format!("{{\"messages\":[{deep}],\"x\":{deep}}}");
    assert!(read(unused.as_bytes()).is_ok());
    assert!(read(b"{\"messages\": [-1e400]}").is_ok());
    assert!(refusal(deep.as_bytes()).contains("invalid_request"));
    assert!(refusal(&unused.as_bytes()[..unused.len() - 1]).contains("invalid_json"));
    assert!(refusal(b"{\"x\": 1e}").contains("invalid_json"));
}

#[test]
fn a_body_that_is_not_utf_8_is_not_json_and_the_first_bad_byte_is_named() {
    let deep = [
        b"{\"x\":\n",
        &b"[".repeat(200)[..],
        &b"]".repeat(200),
        b",\"\xff\": 1}",
    ]
    .concat();
    let many = [b"[\n", "0,".repeat(MAX_VALUES).as_bytes(), b"\"\xff\"]"].concat();
    for (body, column) in [
        (deep, 403),
        (many, 2 * MAX_VALUES + 2),
        (b"\n\xff".to_vec(), 1),
    ] {
        let said = refusal(&body);
        let place = format!("(line 2, column {column}).");
        assert!(
            said.contains("invalid_json") && said.contains(&place),
            "{said}"
        );
    }
}

#[test]
fn wrong_types_are_named() {
    for (body, expected) in [
        ("[]", "body: must be an object with `messages`"),
        (" null", "body: must be an object with `messages`"),
        ("{}", "messages: is missing"),
        (
            r#"{"messages":[],"stream":"yes"}"#,
            "stream: must be a boolean",
        ),
        (
            r#"{"messages":[],"client_timezone":5}"#,
            "client_timezone: must be a string",
        ),
        (
            r#"{"messages":[],"display_name":["x"]}"#,
            "display_name: must be a string",
        ),
    ] {
        let said = refusal(body.as_bytes());
        assert!(
            said.contains("invalid_request") && said.contains(expected),
            "{said}"
        );
    }
}
