//! Completes the `OpenAPI` document: its title, the errors of every authenticated endpoint, and the headers of the rate limit.

use utoipa::{
    OpenApi,
    openapi::{
        self, Content, KnownFormat, Ref, RefOr, Response, Schema, SchemaFormat,
        path::{Operation, PathItem},
    },
};

use super::authenticate::RATE_LIMIT_POLICY;
use crate::http;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "prog-strength-agent runs",
        description = "Asynchronous runs of the agent of the Prog Strength training tracker. \
            An empty value in a query counts as absent."
    ),
    components(schemas(crate::http::problem::Body))
)]
pub(super) struct Api;

/// Of every authenticated endpoint.
const ERRORS: [(&str, &str); 4] = [
    ("401", "`unauthorized`"),
    (
        "404",
        "`not_found`: there is nothing of this id that belongs to the caller",
    ),
    (
        "422",
        "`invalid_request`, or `unknown_connection`; the `detail` names the field",
    ),
    (
        "503",
        "`busy`, `shutting_down`, `expired` or `encryption_not_configured`",
    ),
];
/// Of those that take a body or change something.
const ERRORS_OF_WRITES: [(&str, &str); 4] = [
    ("400", "`invalid_json`"),
    ("413", "`payload_too_large`"),
    ("415", "`unsupported_media_type`"),
    ("429", "`rate_limited`"),
];

/// Completes the document that the router has collected.
pub(super) fn complete(api: &mut openapi::OpenApi) {
    rename_wildcards(api);
    for (path, item) in &mut api.paths.paths {
        let is_hook = path.starts_with("/hooks/");
        for (method, operation, writes) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
            unbound_numbers(operation);
            if operation.security.is_some() || is_hook {
                let errors = ERRORS.iter();
                let more: &[_] = if writes { &ERRORS_OF_WRITES } else { &[] };
                errors
                    .chain(more)
                    .for_each(|error| add_error(operation, *error));
            }
            if operation.security.is_some() && writes {
                add_rate_limit(operation);
            }
        }
    }
    http::openapi::complete(api);
}

/// The operations of a path by their methods, and whether each changes something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation, bool)> {
    [
        ("get", &mut item.get, false),
        ("put", &mut item.put, true),
        ("post", &mut item.post, true),
        ("delete", &mut item.delete, true),
        ("patch", &mut item.patch, true),
    ]
    .into_iter()
    .filter_map(|(method, operation, writes)| Some((method, operation.as_mut()?, writes)))
}

/// `post_runs_id_cancel`. The default is the name of the handler, which others have as well.
fn operation_id(method: &str, path: &str) -> String {
    let words = path
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let words: Vec<_> = std::iter::once(method).chain(words).collect();
    words.join("_")
}

/// Numbers in queries and headers may be of any length: what is too large is as the largest.
fn unbound_numbers(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
            && let Some(SchemaFormat::KnownFormat(KnownFormat::Int64)) = schema.format
        {
            schema.format = None;
        }
    }
}

fn add_error(operation: &mut Operation, (status, description): (&str, &str)) {
    let mut response = Response::new(description);
    let body = Content::new(Some(Ref::from_schema_name("Problem")));
    let content_type = "application/problem+json".to_owned();
    response.content.insert(content_type, RefOr::T(body));
    let responses = &mut operation.responses.responses;
    responses
        .entry(status.to_owned())
        .or_insert(RefOr::T(response));
}

fn add_rate_limit(operation: &mut Operation) {
    let headers = [
        (
            "RateLimit-Policy",
            format!("`\"{RATE_LIMIT_POLICY}\";q=<requests>;w=<seconds>`, while there is a limit"),
        ),
        (
            "RateLimit",
            format!(
                "`\"{RATE_LIMIT_POLICY}\";r=<requests left>;t=<seconds until one more>`, while there is a limit"
            ),
        ),
    ];
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status != "401"
        {
            for (name, description) in &headers {
                http::openapi::add_header(response, (name, description));
            }
        }
    }
}

/// `{*name}` is `{name}` in the document.
fn rename_wildcards(api: &mut openapi::OpenApi) {
    let paths = std::mem::take(&mut api.paths.paths);
    api.paths.paths = paths
        .into_iter()
        .map(|(path, item)| (path.replace("{*", "{"), item))
        .collect();
}
