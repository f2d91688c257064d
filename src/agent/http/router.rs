//! Routes, and every layer in one ordered list.

use std::sync::Arc;

use axum::{
    Extension, Json, Router,
    extract::State,
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde::Serialize;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    cors::{AllowOrigin, CorsLayer},
};
use utoipa::{OpenApi, ToSchema};

use crate::{
    agent::http::app::App,
    agent::http::chat,
    agent::http::page,
    agent::metrics::text,
    config::Cors,
    http::middleware::{self, REQUEST_ID},
    http::problem::ApiError,
    http::request_id::RequestId,
};

/// How long a browser may remember a preflight's answer.
const PREFLIGHT_SECS: u64 = 600;

pub fn router(app: Arc<App>) -> Router {
    let page = app.page.clone().map(page::routes).unwrap_or_default();
    let routes = Router::new()
        .merge(page)
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics_text))
        .route("/openapi.json", get(openapi))
        .route("/chat", post(chat::chat))
        .fallback(async |Extension(id): Extension<RequestId>| ApiError::not_found().respond(&id))
        .method_not_allowed_fallback(async |Extension(id): Extension<RequestId>| {
            ApiError::method_not_allowed().respond(&id)
        });
    layered(routes, &app.http.cors).with_state(app)
}

fn layered<S: Clone + Send + Sync + 'static>(routes: Router<S>, allowed: &Cors) -> Router<S> {
    let layers = ServiceBuilder::new()
        // Outermost: also a preflight and a panic get an id, a span and the security headers.
        .layer(from_fn(middleware::attach))
        // Before the routes: they know no OPTIONS.
        .option_layer(cors(allowed))
        // Innermost, so that the response of a panic is dressed like any other.
        .layer(CatchPanicLayer::custom(middleware::panicked));
    routes.layer(layers)
}

fn cors(cors: &Cors) -> Option<CorsLayer> {
    let origins = match cors {
        Cors::Off => return None,
        Cors::Any => AllowOrigin::any(),
        Cors::Origins(origins) => AllowOrigin::list(origins.clone()),
    };
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::OPTIONS])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            REQUEST_ID,
        ])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
        .max_age(std::time::Duration::from_secs(PREFLIGHT_SECS));
    Some(layer)
}

/// The process lives.
#[derive(Serialize, ToSchema)]
struct Health<'a> {
    service: &'static str,
    version: &'static str,
    message: &'static str,
    request_id: &'a str,
}

/// Whether the process lives, whatever MCP or Claude do.
#[utoipa::path(get, path = "/health", responses((status = 200, body = Health)))]
async fn health(Extension(id): Extension<RequestId>) -> Response {
    Json(Health {
        service: "prog-strength-agent",
        version: env!("CARGO_PKG_VERSION"),
        message: "service is healthy",
        request_id: id.as_str(),
    })
    .into_response()
}

/// Whether chats can be answered.
#[derive(Serialize, ToSchema)]
struct Ready {
    status: &'static str,
    mcp: McpState,
}

#[derive(Serialize, ToSchema)]
struct McpState {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<McpServer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<usize>,
    /// Tools that Claude's API would refuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    tools_left_out: Option<usize>,
}

#[derive(Serialize, ToSchema)]
struct McpServer {
    name: String,
    version: String,
}

/// Whether chats can be answered: there is an MCP session, and the service is not shutting down.
#[utoipa::path(get, path = "/ready", responses((status = 200, body = Ready), (status = 503, body = Ready)))]
async fn ready(State(app): State<Arc<App>>) -> Response {
    let server = app.mcp.server();
    let ready = server.is_some() && !app.draining.is_cancelled();
    let (tools, left_out) = (
        server.as_ref().map(|s| s.tools),
        server.as_ref().map(|s| s.left_out),
    );
    let mcp = McpState {
        state: if server.is_some() {
            "connected"
        } else {
            "connecting"
        },
        server: server.map(|server| McpServer {
            name: server.name,
            version: server.version,
        }),
        tools,
        tools_left_out: left_out.filter(|n| *n > 0),
    };
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(Ready {
            status: if ready { "ready" } else { "unavailable" },
            mcp,
        }),
    )
        .into_response()
}

/// Prometheus text.
#[utoipa::path(get, path = "/metrics", responses((status = 200, description = "OpenMetrics for who accepts it", content(
    (String = "text/plain; version=0.0.4"),
    (String = "application/openmetrics-text; version=1.0.0"),
))))]
async fn metrics_text(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let accept = headers.get_all(header::ACCEPT);
    let open = accept
        .iter()
        .any(|accept| accept.to_str().is_ok_and(text::wants_open));
    let kind = if open {
        text::OPEN_TYPE
    } else {
        text::PLAIN_TYPE
    };
    ([(header::CONTENT_TYPE, kind)], app.metrics.encode(open)).into_response()
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
async fn openapi() -> Response {
    Json(Api::openapi()).into_response()
}

#[derive(OpenApi)]
#[openapi(
    info(title = "prog-strength-agent", description = "The chat agent of the Prog Strength training tracker."),
    paths(health, ready, metrics_text, openapi, chat::chat),
    modifiers(&Bearer, &Id)
)]
struct Api;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        api.components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Names the id that every response has.
struct Id;

impl utoipa::Modify for Id {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::{Header, Object, RefOr, Type};
        let mut id = Header::new(Object::with_type(Type::String));
        id.description = Some("The caller's own id of this request, or a new one".into());
        for item in api.paths.paths.values_mut() {
            for operation in item.get.iter_mut().chain(&mut item.post) {
                for response in operation.responses.responses.values_mut() {
                    if let RefOr::T(response) = response {
                        let named = RefOr::T(id.clone());
                        response.headers.insert("X-Request-ID".into(), named);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
