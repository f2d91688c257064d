//! Completes the `OpenAPI` document: its title, the errors of every authenticated endpoint, and the headers of the rate limit.

use utoipa::{
    OpenApi,
    openapi::{
        self, Content, Ref, RefOr, Response,
        path::{Operation, PathItem},
    },
};

use super::authenticate::RATE_LIMIT_POLICY;
use crate::http;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "prog-strength-agent runs",
        description = "Asynchronous runs of the agent of the Prog Strength training tracker."
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
        for (operation, writes) in operations(item) {
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

/// The operations of a path, and whether each changes something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    [
        (&mut item.get, false),
        (&mut item.put, true),
        (&mut item.post, true),
        (&mut item.delete, true),
        (&mut item.patch, true),
    ]
    .into_iter()
    .filter_map(|(operation, writes)| Some((operation.as_mut()?, writes)))
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
