use secrecy::ExposeSecret;
use serde_json::json;

use super::*;

fn fault(json: &str) -> String {
    parse(json).unwrap_err().to_string()
}

#[test]
fn connections_are_commands_or_urls() {
    let json = json!({
        "notes": {"command": "npx", "args": ["-y", "notes-server"], "env": {"TOKEN": "s3cret"}},
        "a-1_b": {"url": "https://mcp.example.org/mcp?x=1", "headers": {"Authorization": "Bearer abc"}},
        "bare": {"command": "/opt/server", "args": null},
        "open": {"url": "http://localhost:9/mcp"},
    });
    let all = parse(&json.to_string()).unwrap();
    let names: Vec<_> = all.keys().map(ConnectionName::as_str).collect();
    assert_eq!(names, ["a-1_b", "bare", "notes", "open"]);
    let of = |name: &str| &all[&name.parse::<ConnectionName>().unwrap()];
    let Connection::Stdio(notes) = of("notes") else {
        panic!()
    };
    assert_eq!((notes.command.as_str(), notes.args.len()), ("npx", 2));
    assert_eq!(notes.env["TOKEN"].expose_secret(), "s3cret");
    let Connection::Http(server) = of("a-1_b") else {
        panic!()
    };
    assert_eq!(server.url.as_str(), "https://mcp.example.org/mcp?x=1");
    let headers: Vec<_> = server
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose_secret()))
        .collect();
    assert_eq!(headers, [("authorization", "Bearer abc")]);
    let map = server.headers.to_map();
    assert!(map["authorization"].is_sensitive() && map["authorization"] == "Bearer abc");
    let shown = format!("{all:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("abc"),
        "{shown}"
    );
    assert!(parse("{}").unwrap().is_empty());
}

#[test]
fn errors_name_the_connection_and_the_field_but_no_value() {
    insta::assert_snapshot!(
        [
            "",
            "[]",
            "{\"x\": }",
            r#"{"Notes": {"command": "s3cret"}}"#,
            r#"{"a__b": {"command": "s3cret"}}"#,
            r#"{"": {"command": "s3cret"}}"#,
            r#"{"prog_strength": {"command": "s3cret"}}"#,
            r#"{"x": "s3cret"}"#,
            r#"{"x": {}}"#,
            r#"{"x": {"command": "s3cret", "url": "https://s3cret"}}"#,
            r#"{"x": {"command": 5}}"#,
            r#"{"x": {"command": " "}}"#,
            r#"{"x": {"command": "bin/s3cret"}}"#,
            r#"{"x": {"command": "a", "args": "s3cret"}}"#,
            r#"{"x": {"command": "a", "args": ["s3\u0000cret"]}}"#,
            r#"{"x": {"command": "a", "env": {"A": 1}}}"#,
            r#"{"x": {"command": "a", "env": {"A=B": "s3cret"}}}"#,
            r#"{"x": {"command": "a", "cwd": "s3cret"}}"#,
            r#"{"x": {"command": "a", "headers": {}}}"#,
            r#"{"x": {"url": "ftp://s3cret"}}"#,
            r#"{"x": {"url": "s3cret"}}"#,
            r#"{"x": {"url": "https://user:s3cret@example.org"}}"#,
            r#"{"x": {"url": "https://a", "args": []}}"#,
            r#"{"x": {"url": "https://a", "headers": ["s3cret"]}}"#,
            r#"{"x": {"url": "https://a", "headers": {"a b": "s3cret"}}}"#,
            r#"{"x": {"url": "https://a", "headers": {"X-Key": "s3cret\n"}}}"#,
            r#"{"x": {"url": "https://a", "headers": {"Mcp-Session-Id": "s3cret"}}}"#,
            r#"{"x": {"url": "https://a", "headers": {"HOST": "s3cret"}}}"#,
            r#"{"x": {"url": "https://a", "headers": {"X-Key": "s3cret", "x-key": "s3cret"}}}"#,
        ]
        .map(fault)
        .join("\n"),
        @r"
        is not a JSON object of connections (line 1, column 0)
        is not a JSON object of connections (line 1, column 0)
        is not a JSON object of connections (line 1, column 7)
        names a connection `Notes`, but a name has 1 to 32 of a-z, 0-9, `-` and `_`, without `__`
        names a connection `a__b`, but a name has 1 to 32 of a-z, 0-9, `-` and `_`, without `__`
        names a connection ``, but a name has 1 to 32 of a-z, 0-9, `-` and `_`, without `__`
        names a connection `prog_strength`, but `prog_strength` is the agent's own server
        has a connection `x` that is not an object
        has a connection `x` with neither `command` nor `url`
        has a connection `x` with both `command` and `url`
        has a connection `x` whose `command` is not text
        has a connection `x` whose `command` is not the name or the path of a program
        has a connection `x` whose `command` is not a name or an absolute path
        has a connection `x` whose `args` is not a list of texts
        has a connection `x` whose `args` is not a list of texts without the character NUL
        has a connection `x` whose `env` is not an object of texts
        has a connection `x` whose `env` has a variable `A=B` that cannot be set
        has a connection `x` with `cwd`, which such a connection does not have
        has a connection `x` with `headers`, which such a connection does not have
        has a connection `x` whose `url` is not an http or https URL
        has a connection `x` whose `url` is not an http or https URL
        has a connection `x` whose `url` is not a URL without a user name and a password; use `headers`
        has a connection `x` with `args`, which such a connection does not have
        has a connection `x` whose `headers` is not an object of texts
        has a connection `x` whose `headers` are not usable: `a b` is not the name of a header
        has a connection `x` whose `headers` are not usable: the value of `x-key` is not visible ASCII
        has a connection `x` whose `headers` are not usable: `mcp-session-id` is set by the client itself
        has a connection `x` whose `headers` are not usable: `host` is set by the client itself
        has a connection `x` whose `headers` are not usable: `x-key` is given twice
        "
    );
}

#[test]
fn headers_are_bounded() {
    let many = (0..33).map(|n| (format!("x-{n}"), "v"));
    assert_eq!(
        ServerHeaders::new(many).unwrap_err(),
        InvalidHeader::TooMany
    );
    let long = [("x", "v".repeat(16 * 1024))];
    assert_eq!(
        ServerHeaders::new(long).unwrap_err(),
        InvalidHeader::TooMany
    );
    let most = (0..32).map(|n| (format!("x-{n}"), "v".repeat(400)));
    assert_eq!(ServerHeaders::new(most).unwrap().iter().count(), 32);
}

#[test]
fn names_have_at_most_32_of_the_allowed_characters() {
    let longest = "a".repeat(32);
    for name in [
        "a",
        "0",
        "_",
        "-",
        "a_b-c",
        longest.as_str(),
        "prog_strength_2",
    ] {
        assert_eq!(name.parse::<ConnectionName>().unwrap().as_str(), name);
    }
    let too_long = "a".repeat(33);
    for name in [
        "",
        "A",
        "a b",
        "a.b",
        "a/b",
        "__",
        "a__b",
        "é",
        too_long.as_str(),
    ] {
        assert_eq!(
            name.parse::<ConnectionName>(),
            Err(InvalidName::Malformed),
            "{name}"
        );
    }
    assert_eq!(
        "prog_strength".parse::<ConnectionName>(),
        Err(InvalidName::Own)
    );
}
