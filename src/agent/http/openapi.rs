//! Completes the `OpenAPI` document: its title, the bearer scheme, common response headers, and blocks of unknown types.

use utoipa::{
    OpenApi,
    openapi::{
        Header, Object, ObjectBuilder, RefOr, Response, Schema, Type,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(info(
    title = "prog-strength-agent",
    description = "The chat agent of the Prog Strength training tracker."
))]
pub(super) struct Api;

const REQUEST_ID: (&str, &str) = (
    "X-Request-ID",
    "The id of the request: the caller's own, or a new one",
);
/// A type of block that `Block` does not name.
const OTHER_BLOCK_TYPE: &str =
    "^(?!(text|image|document|tool_use|tool_result|thinking|redacted_thinking)$)";
/// Headers of the responses to authenticated requests that the limit counts.
const RATE_LIMIT: [(&str, &str); 2] = [
    (
        "RateLimit-Policy",
        "`\"chat\";q=<requests>;w=<seconds>`, while there is a limit",
    ),
    (
        "RateLimit",
        "`\"chat\";r=<requests left>;t=<seconds until one more>`, while there is a limit",
    ),
];

/// Completes the document that the router has collected.
pub(super) fn complete(api: &mut utoipa::openapi::OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    api.components
        .get_or_insert_default()
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    describe_unknown_blocks(api);
    for (path, item) in &mut api.paths.paths {
        for operation in item.get.iter_mut().chain(&mut item.post) {
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else {
                    continue;
                };
                add_header(response, REQUEST_ID);
                if matches!(path.as_str(), "/chat" | "/title") && status != "401" {
                    for header in RATE_LIMIT {
                        add_header(response, header);
                    }
                }
            }
        }
    }
}

/// utoipa describes an untagged variant as if its name were its tag.
fn describe_unknown_blocks(api: &mut utoipa::openapi::OpenApi) {
    let schemas = api.components.as_mut().map(|it| &mut it.schemas);
    let Some(RefOr::T(Schema::OneOf(block))) = schemas.and_then(|it| it.get_mut("Block")) else {
        return;
    };
    if let Some(RefOr::T(Schema::Object(unknown))) = block.items.last_mut() {
        let other = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some(OTHER_BLOCK_TYPE));
        unknown.properties.insert("type".to_owned(), other.into());
    }
}

fn add_header(response: &mut Response, (name, description): (&str, &str)) {
    let mut header = Header::new(Object::with_type(Type::String));
    header.description = Some(description.to_owned());
    response.headers.insert(name.into(), RefOr::T(header));
}
