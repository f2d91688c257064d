//! The `OpenAPI` document of a server: what every document has, and the response with it.

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::header;
use utoipa::openapi::{
    self, Header, Object, OpenApi, RefOr, Type,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

const REQUEST_ID: (&str, &str) = (
    "X-Request-ID",
    "The id of the request: the caller's own, or a new one",
);

/// A document as JSON.
#[derive(Clone)]
pub(crate) struct Document(Bytes);

impl Document {
    pub(crate) fn new(api: &OpenApi) -> Self {
        Self(api.to_json().unwrap_or_default().into())
    }
}

/// The response to `GET /openapi.json`.
pub(crate) fn respond(Extension(Document(json)): Extension<Document>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

/// Adds the bearer scheme, and the id of the request to every response.
pub(crate) fn complete(api: &mut OpenApi) {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    api.components
        .get_or_insert_default()
        .add_security_scheme("bearer", SecurityScheme::Http(bearer));
    each_response(api, |_, _, response| add_header(response, REQUEST_ID));
}

/// Calls `change` with the path, the status and the response of all responses.
pub(crate) fn each_response(
    api: &mut OpenApi,
    change: impl Fn(&str, &str, &mut openapi::Response),
) {
    for (path, item) in &mut api.paths.paths {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.post,
            &mut item.delete,
            &mut item.patch,
        ];
        for operation in operations.into_iter().flatten() {
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    change(path, status, response);
                }
            }
        }
    }
}

/// Adds a header with this name and description.
pub(crate) fn add_header(response: &mut openapi::Response, (name, description): (&str, &str)) {
    let mut header = Header::new(Object::with_type(Type::String));
    header.description = Some(description.to_owned());
    response.headers.insert(name.into(), RefOr::T(header));
}
