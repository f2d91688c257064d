//! The rules for a prompt once more, written from the specification: they share no code with the parser but `serde_json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, json};

use super::{
    is_refused_unread,
    made::{DEFAULT_MAX_TOKENS, FIELDS, MODEL, OTHER_MODEL, Settings, URLS},
};
use crate::{fuzz::without_halves, http::problem::Code};

/// What must become of a body.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The run that is asked for, and its request id.
    Accepted((Value, Option<String>)),
    /// With one of these.
    Refused(Vec<Code>),
    /// These rules do not say.
    Unjudged,
}

/// A JSON value, with the fields of objects in their order, and those that are given twice.
#[derive(Clone, Debug, PartialEq)]
enum Json {
    Scalar(Value),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// What is wrong, as far as it is known.
struct Findings {
    settings: Settings,
    faults: Vec<Code>,
    unjudged: bool,
}

pub(super) fn verdict(settings: Settings, header: Option<&str>, body: &[u8]) -> Verdict {
    if is_refused_unread(body) {
        return Verdict::Unjudged;
    }
    let text = std::str::from_utf8(body).map(without_halves).ok();
    let parsed = text.and_then(|text| serde_json::from_str(&text).ok());
    let Some(body): Option<Json> = parsed else {
        return Verdict::Refused(vec![Code::InvalidJson]);
    };
    let mut findings = Findings {
        settings,
        faults: vec![],
        unjudged: false,
    };
    let run = findings.run(header, &body);
    match run {
        _ if !findings.faults.is_empty() => {
            if findings.unjudged {
                findings.faults.push(Code::InvalidRequest);
            }
            Verdict::Refused(findings.faults)
        }
        Some(run) if !findings.unjudged => Verdict::Accepted(run),
        _ => Verdict::Unjudged,
    }
}

impl Findings {
    fn require(&mut self, holds: bool) {
        if !holds {
            self.faults.push(Code::InvalidRequest);
        }
    }

    fn run(&mut self, header: Option<&str>, body: &Json) -> Option<(Value, Option<String>)> {
        let fields = self.fields(body, &FIELDS)?;
        let field = |name| fields.get(name).copied();
        let prompt = self.text(field("prompt"));
        self.require(prompt.as_ref().is_some_and(|prompt| {
            !prompt.chars().all(is_space) && prompt.chars().count() <= 100_000
        }));
        let system = self.text(field("systemPrompt"));
        self.require(system.iter().all(|text| text.chars().count() <= 50_000));
        let is_async = field("async");
        self.require(is_async.is_none_or(|json| matches!(json, Json::Scalar(Value::Bool(_)))));
        let metadata = field("metadata").map(Json::value);
        let size = |value: &Value| value.to_string().len();
        self.require(
            metadata
                .iter()
                .all(|value| value.is_object() && size(value) <= 16_384 && depth(value) <= 101),
        );
        let connections = field("connections").map(Json::value);
        let is_names = |value: &Value| {
            let names = value.as_array();
            names.is_some_and(|names| names.iter().all(Value::is_string))
        };
        self.require(connections.iter().all(is_names));
        let connections = connections.filter(|names| !self.settings.are_all(names));
        let inline = self.inline(field("inlineConnections"));
        let callback = self.text(field("callbackUrl"));
        if let Some(url) = &callback {
            self.require(self.settings == Settings::Full);
            self.url(url);
        }
        let model = self.text(field("model"));
        let known = |model: &String| {
            model == MODEL || self.settings == Settings::Full && model == OTHER_MODEL
        };
        self.require(model.iter().all(known));
        let tokens = field("maxTokens").map(Json::value);
        let is_count = |value: &Value| matches!(value.as_u64(), Some(1..=0xffff_ffff));
        self.require(tokens.iter().all(is_count));
        let id = self.request_id(header, field("requestId"));
        let run = json!({
            "prompt": prompt, "systemPrompt": system, "metadata": metadata, "connections": connections,
            "inlineConnections": inline, "callbackUrl": callback, "model": model.filter(|model| model != MODEL),
            "maxTokens": tokens.filter(|tokens| *tokens != DEFAULT_MAX_TOKENS),
        });
        Some((run, id))
    }

    /// The fields of an object that has no others, without those that are `null`.
    fn fields<'a>(
        &mut self,
        json: &'a Json,
        known: &[&str],
    ) -> Option<BTreeMap<&'a str, &'a Json>> {
        let Json::Object(fields) = json else {
            self.require(false);
            return None;
        };
        let names: BTreeSet<_> = fields.iter().map(|(name, _)| &**name).collect();
        self.require(names.len() == fields.len());
        self.require(names.iter().all(|name| known.contains(name)));
        Some(given(fields).collect())
    }

    fn text(&mut self, json: Option<&Json>) -> Option<String> {
        if let Json::Scalar(Value::String(text)) = json? {
            return Some(text.clone());
        }
        self.require(false);
        None
    }

    fn request_id(&mut self, header: Option<&str>, field: Option<&Json>) -> Option<String> {
        let field = self.text(field);
        let ids = [field.clone(), header.map(str::to_owned)];
        let valid = |id: &String| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            (1..=100).contains(&id.chars().count()) && id.chars().all(allowed)
        };
        self.require(ids.iter().flatten().all(valid));
        let ids: BTreeSet<_> = ids.into_iter().flatten().collect();
        self.require(ids.len() <= 1);
        ids.into_iter().next()
    }

    fn url(&mut self, url: &str) {
        let known = URLS.iter().find(|(known, ..)| *known == url);
        match known {
            Some((_, always, with_allowed)) => {
                let full = self.settings == Settings::Full;
                self.require(if full { *with_allowed } else { *always });
            }
            None if url.len() > 2048 => self.require(false),
            None => self.unjudged = true,
        }
    }

    fn inline(&mut self, json: Option<&Json>) -> Value {
        let mut run = json!({});
        let connections = match json {
            None => return run,
            Some(Json::Object(connections)) => connections,
            Some(_) => {
                self.require(false);
                return run;
            }
        };
        self.require(connections.len() <= 64);
        self.once(connections);
        for (name, connection) in connections {
            self.require(self.settings != Settings::Default);
            let allowed =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
            let is_named = (1..=32).contains(&name.len()) && name.chars().all(allowed);
            self.require(is_named && !name.contains("__") && name != "prog_strength");
            self.require(self.settings != Settings::Full || name != "notes");
            let Some(fields) = self.fields(connection, &["url", "headers"]) else {
                continue;
            };
            let url = self.text(fields.get("url").copied());
            self.require(url.is_some());
            if let Some(url) = &url {
                self.url(url);
            }
            let headers = self.headers(fields.get("headers").copied());
            run[name] = json!({"url": url, "headers": headers});
        }
        run
    }

    /// The names of the headers that have a value, in lower case and in order.
    fn headers(&mut self, json: Option<&Json>) -> Vec<String> {
        let headers = match json {
            None => return vec![],
            Some(Json::Object(headers)) => headers,
            Some(_) => {
                self.require(false);
                return vec![];
            }
        };
        self.once(headers);
        let (mut names, mut bytes) = (vec![], 0);
        for (name, value) in given(headers) {
            let value = self.text(Some(value)).unwrap_or_default();
            let name = name.to_ascii_lowercase();
            bytes += name.len() + value.len();
            self.require(is_header(&name));
            let is_visible = value.bytes().all(|byte| (0x20..0x7f).contains(&byte));
            self.require(is_visible && value.trim() == value);
            names.push(name);
        }
        names.sort();
        let different: BTreeSet<_> = names.iter().collect();
        self.require(different.len() == names.len() && names.len() <= 32 && bytes <= 16_384);
        if !names.is_empty() && self.settings == Settings::WithoutKeys {
            self.faults.push(Code::EncryptionNotConfigured);
        }
        names
    }

    /// Of names that are given twice nothing is said.
    fn once(&mut self, fields: &[(String, Json)]) {
        let names: BTreeSet<_> = fields.iter().map(|(name, _)| name).collect();
        self.unjudged |= names.len() < fields.len();
    }
}

fn given(fields: &[(String, Json)]) -> impl Iterator<Item = (&str, &Json)> {
    let is_null = |json: &Json| *json == Json::Scalar(Value::Null);
    let given = fields.iter().filter(move |(_, json)| !is_null(json));
    given.map(|(name, json)| (&**name, json))
}

fn is_header(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let reserved = "accept accept-encoding connection content-length content-type expect host keep-alive \
        last-event-id te trailer transfer-encoding upgrade user-agent";
    !name.is_empty()
        && name.bytes().all(is_token)
        && !reserved.split(' ').any(|word| word == name)
        && !name.starts_with("mcp-")
        && !name.starts_with("proxy-")
}

/// White space as Python, and so Claude's API, has it.
fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{1c}'..='\u{20}' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

impl Json {
    /// The last of fields that are given twice counts.
    fn value(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::List(items) => items.iter().map(Self::value).collect(),
            Self::Object(fields) => fields
                .iter()
                .map(|(name, json)| (name.clone(), json.value()))
                .collect(),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Scalar(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Scalar(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut items = vec![];
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut fields = vec![];
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Json::Object(fields))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

/// The levels of lists and objects.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}
