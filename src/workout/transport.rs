//! HTTP transport of the workout server: routes, middleware order, and the state shared by requests.

mod answer;
mod facade;
mod guard;
mod limits;
mod message;
mod pages;
mod refuse;
mod request_ids;
mod sessions;

#[cfg(any(test, fuzzing))]
pub use message::fuzz;

use std::sync::{Arc, Once};

use anyhow::Context;
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, get_service},
};
use http::{HeaderName, Method, header};
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tower::ServiceBuilder;
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::{auth::Authenticator, metrics::Metrics, protected_resource::ProtectedResource};
use crate::{
    config::WorkoutConfig, http::lifecycle::Lifecycle, http::middleware, telemetry::Telemetry,
};

pub use self::limits::Tuning;
use self::{facade::Facade, limits::Limits, request_ids::RequestIds, sessions::Sessions};

const NO_CLIENT: &str = "cannot set up the HTTP client for OAUTH_ISSUER";

/// Largest request body.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The state that all requests share.
pub struct HttpState {
    authenticator: Authenticator,
    resource: Arc<ProtectedResource>,
    issuer: Option<String>,
    facade: Option<Facade>,
    /// Whether the log says that `MCP_PUBLIC_URL` is missing.
    no_public_url: Once,
    sessions: Arc<Sessions>,
    manager: Arc<LocalSessionManager>,
    limits: Limits,
    metrics: Arc<Metrics>,
    request_ids: Arc<RequestIds>,
    /// Counts the messages being answered.
    pub lifecycle: Lifecycle,
    pub telemetry: Telemetry,
}

impl HttpState {
    /// Must be called within a tokio runtime. Fails only if no HTTP client can be built.
    pub fn new(
        config: &WorkoutConfig,
        tuning: Tuning,
        metrics: Arc<Metrics>,
    ) -> anyhow::Result<Arc<Self>> {
        let resource = Arc::new(ProtectedResource::from_config(config));
        let manager = Arc::new(LocalSessionManager::default());
        Ok(Arc::new(Self {
            authenticator: Authenticator::new(config, resource.clone(), tuning.jwks_refresh)
                .context(NO_CLIENT)?,
            resource,
            issuer: config
                .oauth_issuer
                .as_ref()
                .map(|issuer| issuer.text.clone()),
            facade: config
                .oauth_issuer
                .as_ref()
                .filter(|_| config.oauth_facade)
                .map(|issuer| Facade::new(&issuer.url))
                .transpose()
                .context(NO_CLIENT)?,
            no_public_url: Once::new(),
            sessions: Sessions::new(manager.clone(), tuning),
            manager,
            limits: Limits::new(&tuning, config.rate_limit_per_hour),
            metrics,
            request_ids: Arc::default(),
            lifecycle: Lifecycle::default(),
            telemetry: Telemetry::start(config.traces.as_ref())?,
        }))
    }
}

/// The routes. `make` creates the handler of each session (and of each request without one), which reads the
/// [`Identity`](super::identity::Identity) from the extensions of the request's `http::request::Parts`.
pub fn router<H: ServerHandler>(
    state: &Arc<HttpState>,
    make: impl Fn() -> H + Send + Sync + 'static,
) -> Router {
    let mcp = StreamableHttpService::new(
        move || Ok(make()),
        state.manager.clone(),
        StreamableHttpServerConfig::default()
            .with_max_request_body_bytes(MAX_BODY_BYTES)
            .with_cancellation_token(state.lifecycle.stopping().clone())
            // `guard::check_host` has checked them.
            .disable_allowed_hosts(),
    );
    let guarded = ServiceBuilder::new()
        // Before the session: its owner decides who may use it.
        .layer(from_fn_with_state(state.clone(), guard::authenticate))
        // Innermost, since it reads the body: only authenticated callers may send one.
        .layer(from_fn_with_state(state.clone(), guard::check_session));
    let mcp = get_service(mcp.clone())
        .post_service(mcp.clone())
        .delete_service(mcp)
        .route_layer(guarded);
    let named = Router::new()
        .route("/mcp", mcp)
        .route(pages::METADATA, get(pages::metadata))
        .route(pages::METADATA_WITH_PATH, get(pages::metadata_with_path))
        .merge(facade::routes(state))
        // Outermost: a page that rebound its host name does not even get a 401.
        .route_layer(from_fn_with_state(state.clone(), guard::check_host));
    // Outside the host check: container runtimes and Prometheus use any host name.
    let routes = named
        .route("/health", get(pages::health))
        .route("/metrics", get(pages::metrics));
    let cors = cors(&state.resource);
    middleware::wrap(routes, Some(cors), state.telemetry.clone()).with_state(state.clone())
}

/// The CORS policy: the origins whose requests are answered may read the answers. There are no cookies.
fn cors(resource: &Arc<ProtectedResource>) -> CorsLayer {
    let resource = resource.clone();
    let origins = AllowOrigin::predicate(move |origin, _| resource.is_origin_allowed(origin));
    let methods = [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS];
    // Those of the protocol, as of 2025-11-25 and 2026-07-28.
    let of_requests = [
        "mcp-session-id",
        "mcp-protocol-version",
        "mcp-method",
        "mcp-name",
        "last-event-id",
    ];
    let of_requests = of_requests.map(HeaderName::from_static);
    let of_responses = [
        HeaderName::from_static("mcp-session-id"),
        HeaderName::from_static("mcp-protocol-version"),
        header::WWW_AUTHENTICATE,
    ];
    middleware::cors(origins, &methods, &of_requests, &of_responses)
}
