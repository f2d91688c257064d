//! Cases built from choices: settings, a header, and a body with the right fields, most of them of the right kind.

use std::{collections::BTreeSet, fmt::Write};

use serde_json::{Map, Value, json};

use crate::fuzz::Choices;

/// In texts of built bodies; no error may repeat it.
pub(super) const CANARY: &str = "Zqz";
const WORDS: [&str; 9] = [
    "Zqz",
    "Zqz\u{0}\n\"",
    "🏋Zqz",
    "x, expected Zqz",
    "`Zqz`",
    "prompt",
    "url",
    " ",
    "",
];
pub(super) const FIELDS: [&str; 10] = [
    "prompt",
    "requestId",
    "systemPrompt",
    "async",
    "metadata",
    "connections",
    "inlineConnections",
    "callbackUrl",
    "model",
    "maxTokens",
];
const BLANKS: [&str; 5] = ["", " ", "\t\r\n", "\u{a0}\u{2003}", "\u{1c}\u{1f} "];
const IDS: [&str; 6] = ["a", "Abc_-9", "a b", "é", "", "x.y"];
const NAMES: [&str; 9] = [
    "web",
    "a-b_c0",
    "notes",
    "prog_strength",
    "a__b",
    "Web",
    "",
    "a.b",
    "0123456789abcdef0123456789abcdef0",
];
const HEADERS: [&str; 10] = [
    "authorization",
    "Authorization",
    "X-Key",
    "x-a",
    "host",
    "Mcp-Session-Id",
    "proxy-authorization",
    "a b",
    "",
    "é",
];
const VALUES: [&str; 6] = ["Bearer Zqz", "a", "", " a", "a\nZqz", "é"];
/// With whether they are allowed without an `OUTBOUND_ALLOW`, and with the one of [`Settings::Full`].
pub(super) const URLS: [(&str, bool, bool); 28] = [
    ("https://example.com/hook", true, true),
    ("https://EXAMPLE.com:8443/a?b=c", true, true),
    ("https://localhost/", true, true),
    ("https://8.8.8.8/", true, true),
    ("https://[2606:4700::1111]/", true, true),
    ("http://example.com/", false, true),
    ("http://8.8.8.8/", false, false),
    ("https://user@example.com/", false, false),
    ("https://user:Zqz@example.com/", false, false),
    ("https://127.0.0.1/", false, false),
    ("https://0x7f.1/", false, false),
    ("https://2130706433/", false, false),
    ("https://0.0.0.0/", false, false),
    ("https://[::1]/", false, false),
    ("https://[::ffff:10.0.0.1]/", false, false),
    ("https://[64:ff9b::a00:1]/", false, false),
    ("https://169.254.169.254/", false, false),
    ("https://100.64.0.1/", false, false),
    ("https://192.0.2.1/", false, false),
    ("https://10.1.2.3/", false, true),
    ("http://10.1.2.3:81/", false, true),
    ("http://nas.local:8080/", false, true),
    ("ftp://example.com/", false, false),
    ("file:///etc/Zqz", false, false),
    ("https://", false, false),
    ("example.com/Zqz", false, false),
    ("javascript:Zqz", false, false),
    ("", false, false),
];
pub(super) const MODEL: &str = "claude-sonnet-4-5";
pub(super) const OTHER_MODEL: &str = "claude-haiku-4-5";
/// Of `CLAUDE_MAX_TOKENS`.
pub(super) const DEFAULT_MAX_TOKENS: u64 = 2048;

/// What the operator allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settings {
    Default,
    /// Everything, an operator's connection `notes`, and some private hosts.
    Full,
    /// Inline connections, but no keys for their headers.
    WithoutKeys,
}

impl Settings {
    pub(super) const ALL: [Self; 3] = [Self::Default, Self::Full, Self::WithoutKeys];

    /// True for the names of all connections that a request uses if it names none, in any order.
    pub(super) fn are_all(self, names: &Value) -> bool {
        let names = names.as_array().into_iter().flatten();
        let names: BTreeSet<_> = names.filter_map(Value::as_str).collect();
        match self {
            Self::Full => names == ["notes", "prog_strength"].into(),
            _ => names == ["prog_strength"].into(),
        }
    }

    pub(super) fn variables(self) -> Vec<(&'static str, &'static str)> {
        let mut variables = vec![
            ("ANTHROPIC_API_KEY", "a-key"),
            ("JWT_SIGNING_KEY", "a signing key of thirty-two bytes"),
            ("PROG_STRENGTH_MCP_URL", "http://127.0.0.1:1/mcp"),
            ("AGENT_MODEL", MODEL),
        ];
        if self != Self::Default {
            variables.push(("RUNS_INLINE_CONNECTIONS", "http"));
        }
        if self == Self::Full {
            variables.extend([
                (
                    "RUNS_ENCRYPTION_KEYS",
                    "k:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                ),
                (
                    "CALLBACK_SECRET",
                    "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                ),
                ("RUNS_MODELS", OTHER_MODEL),
                ("MCP_CONNECTIONS", r#"{"notes":{"command":"notes-mcp"}}"#),
                ("OUTBOUND_ALLOW", "10.1.0.0/16,nas.local:8080"),
            ]);
        }
        variables
    }
}

/// One request.
pub(super) struct Case {
    pub(super) settings: Settings,
    /// `Idempotency-Key`.
    pub(super) header: Option<&'static str>,
    pub(super) body: Vec<u8>,
}

pub(super) fn case(mut choices: Choices<'_>) -> Case {
    let settings = choices.pick(&Settings::ALL);
    let header = choices.pick(&[
        None,
        None,
        None,
        Some("a"),
        Some("Abc_-9"),
        Some("a b"),
        Some(""),
    ]);
    let body = match choices.below(4) {
        0 => choices.rest().to_vec(),
        1 => mangled(choices),
        _ => built(&mut choices).into_bytes(),
    };
    Case {
        settings,
        header,
        body,
    }
}

/// A built body with some bytes replaced.
fn mangled(mut choices: Choices<'_>) -> Vec<u8> {
    let mut body = built(&mut choices).into_bytes();
    for _ in 0..choices.below(4) {
        let at = usize::from(choices.byte()) * 256 + usize::from(choices.byte());
        let length = body.len();
        body[at % length] = choices.byte();
    }
    body
}

/// Written by hand: a field may be given twice, and an object as a list.
fn built(choices: &mut Choices<'_>) -> String {
    let mut fields = Vec::new();
    if choices.below(8) > 0 {
        fields.push(("prompt", field(choices, "prompt")));
    }
    for _ in 0..choices.below(5) {
        let name = choices.pick(&FIELDS);
        if choices.below(8) == 0 || fields.iter().all(|(known, _)| *known != name) {
            fields.push((name, field(choices, name)));
        }
    }
    match choices.below(32) {
        0 => fields.push(("unknown", Value::Null)),
        1 => fields.push(("async ", Value::Null)),
        2 => return Value::from(list(&fields)).to_string(),
        _ => {}
    }
    let mut body = String::from("{");
    for (at, (name, value)) in fields.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        // Writing to a String cannot fail.
        let _ = write!(body, "{comma}{}:{value}", Value::from(*name));
    }
    body + "}"
}

/// The values of all fields in order, as if the names were known.
fn list(fields: &[(&str, Value)]) -> Vec<Value> {
    let value = |name: &&str| fields.iter().find(|(known, _)| known == name);
    let values = FIELDS.iter().map(value);
    values
        .map(|field| field.map_or(Value::Null, |(_, value)| value.clone()))
        .collect()
}

fn field(choices: &mut Choices<'_>, name: &str) -> Value {
    if choices.below(12) == 0 {
        return choices.json(2, &WORDS);
    }
    match name {
        "prompt" => text(choices, 100_000).into(),
        "systemPrompt" => text(choices, 50_000).into(),
        "requestId" => match choices.below(8) {
            0 => "a".repeat(100).into(),
            1 => "a".repeat(101).into(),
            _ => choices.pick(&IDS).into(),
        },
        "async" => choices.flag().into(),
        "metadata" => metadata(choices),
        "connections" => (0..choices.below(4))
            .map(|_| choices.pick(&NAMES))
            .collect(),
        "inlineConnections" => inline(choices),
        "callbackUrl" => url(choices).into(),
        "model" => choices.pick(&[MODEL, OTHER_MODEL, "Zqz", ""]).into(),
        _ => {
            let too_many = json!(u64::from(u32::MAX) + 1);
            let counts = [
                json!(1),
                json!(0),
                json!(-1),
                json!(1.0),
                json!(u32::MAX),
                json!(DEFAULT_MAX_TOKENS),
                too_many,
                json!("1"),
            ];
            counts[choices.below(counts.len())].clone()
        }
    }
}

/// A text of about as many characters as are allowed, or a short one.
fn text(choices: &mut Choices<'_>, max: usize) -> String {
    match choices.below(64) {
        0 => "a".repeat(max),
        1 => "é".repeat(max),
        2 => "🏋".repeat(max) + "a",
        3 => "a".repeat(max + 1),
        4..12 => choices.pick(&BLANKS).to_owned(),
        _ => choices.text(&WORDS) + "a",
    }
}

fn metadata(choices: &mut Choices<'_>) -> Value {
    // `{"k":"…"}` has eight bytes around the text.
    let around = 8;
    match choices.below(32) {
        0 => json!({"k": "a".repeat(16 * 1024 - around)}),
        1 => json!({"k": "a".repeat(16 * 1024 - around + 1)}),
        _ => choices.object(2, &WORDS).into(),
    }
}

fn inline(choices: &mut Choices<'_>) -> Value {
    let mut connections = Map::new();
    for n in 0..if choices.below(64) == 0 { 70 } else { 0 } {
        connections.insert(format!("c{n}"), json!({"url": "https://example.com/"}));
    }
    for _ in 0..choices.below(3) {
        let mut connection = json!({"url": url(choices)});
        if choices.flag() {
            connection["headers"] = headers(choices);
        }
        match choices.below(32) {
            0 => connection = json!([url(choices), null]),
            1 => connection["command"] = "Zqz".into(),
            2 => connection["url"] = Value::Null,
            _ => {}
        }
        connections.insert(choices.pick(&NAMES).into(), connection);
    }
    connections.into()
}

fn headers(choices: &mut Choices<'_>) -> Value {
    let mut headers = Map::new();
    match choices.below(64) {
        0 => headers.extend((0..33).map(|n| (format!("x-{n}"), "a".into()))),
        1 => drop(headers.insert("x-long".into(), "a".repeat(16 * 1024).into())),
        _ => {}
    }
    for _ in 0..choices.below(4) {
        let value = match choices.below(6) {
            0 => Value::Null,
            _ => choices.pick(&VALUES).into(),
        };
        headers.insert(choices.pick(&HEADERS).into(), value);
    }
    headers.into()
}

fn url(choices: &mut Choices<'_>) -> String {
    match choices.below(URLS.len() + 4) {
        n if n < URLS.len() => URLS[n].0.to_owned(),
        n if n == URLS.len() => format!("https://example.com/{}", "a".repeat(2048)),
        _ => URLS[0].0.to_owned(),
    }
}
