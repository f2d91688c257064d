//! Completes the `OpenAPI` document: its title, the headers of the rate limit, and blocks of unknown types.

use utoipa::{
    OpenApi,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::http::openapi;

#[derive(OpenApi)]
#[openapi(info(
    title = "prog-strength-agent",
    description = "The chat agent of the Prog Strength training tracker."
))]
pub(super) struct Api;

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
    openapi::complete(api);
    describe_unknown_blocks(api);
    openapi::each_response(api, |path, status, response| {
        if matches!(path, "/chat" | "/chat/ui" | "/chat/agui" | "/title") && status != "401" {
            for header in RATE_LIMIT {
                openapi::add_header(response, header);
            }
        }
    });
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
