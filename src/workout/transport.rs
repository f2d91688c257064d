//! HTTP transport of the workout server: routes, middleware order, and the state shared by requests.

mod guard;
mod pages;
mod sessions;

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, get_service},
};
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tower::ServiceBuilder;

use super::{auth::Authenticator, protected_resource::ProtectedResource};
use crate::{
    auth::jwks::RefreshPolicy,
    config::WorkoutConfig,
    http::lifecycle::Lifecycle,
    http::middleware,
    process::memory::{Bounds, Budget},
    workout::identity::Identity,
};

use self::sessions::Sessions;

/// Largest request body.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// Of all messages being answered.
const BOUNDS: Bounds = Bounds {
    bytes: 64 << 20,
    bytes_per_user: 64 << 20,
    requests: 1024,
    requests_per_user: 1024,
};

/// Limits that are not configurable, among them those of sessions; tests change them.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub jwks_refresh: RefreshPolicy,
    /// Maximum of live sessions of all users together.
    pub sessions: usize,
    pub sessions_per_user: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            jwks_refresh: RefreshPolicy::default(),
            sessions: 2_000,
            sessions_per_user: 50,
        }
    }
}

/// The state that all requests share.
pub struct HttpState {
    authenticator: Authenticator,
    resource: Arc<ProtectedResource>,
    issuer: Option<String>,
    sessions: Arc<Sessions>,
    manager: Arc<LocalSessionManager>,
    budget: Arc<Budget<Identity>>,
    /// Counts the messages being answered.
    pub lifecycle: Lifecycle,
}

impl HttpState {
    /// Fails only if no HTTP client can be built.
    pub fn new(config: &WorkoutConfig, tuning: Tuning) -> Result<Arc<Self>, reqwest::Error> {
        let resource = Arc::new(ProtectedResource::from_config(config));
        let manager = Arc::new(LocalSessionManager::default());
        Ok(Arc::new(Self {
            authenticator: Authenticator::new(config, resource.clone(), tuning.jwks_refresh)?,
            resource,
            issuer: config
                .oauth_issuer
                .as_ref()
                .map(|issuer| issuer.text.clone()),
            sessions: Sessions::new(manager.clone(), tuning),
            manager,
            budget: Budget::new(BOUNDS),
            lifecycle: Lifecycle::default(),
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
        // Outermost: a page that rebound its host name does not even get a 401.
        .route_layer(from_fn_with_state(state.clone(), guard::check_host));
    // Outside the host check: container runtimes use any host name.
    let routes = named.route("/health", get(pages::health));
    middleware::wrap(routes, None).with_state(state.clone())
}
