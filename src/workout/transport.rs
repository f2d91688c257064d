//! The workout server over HTTP: routes, and every layer in one ordered list.

mod guard;
mod pages;
mod sessions;

use std::sync::Arc;

use axum::{
    Extension, Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, get_service},
};
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::{auth::Authenticator, resource::Resource};
use crate::auth::jwks::RefreshPolicy;
use crate::{
    config::WorkoutConfig, http::middleware, http::problem::ApiError, http::request_id::RequestId,
};

use self::sessions::Sessions;

/// Largest request body.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// What is no setting, and other only in tests.
#[derive(Clone, Copy, Debug)]
pub struct Tuning {
    pub jwks_refresh: RefreshPolicy,
    /// Live sessions, of everybody together.
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

/// How the server ends: first no new calls, then, when those under way are over or had their time, no sessions.
#[derive(Clone, Debug, Default)]
pub struct Life {
    /// Messages that are being answered.
    pub calls: TaskTracker,
    /// Cancelled when no new message is taken any more.
    pub draining: CancellationToken,
    /// Cancelled when sessions and streams must end.
    pub stopping: CancellationToken,
}

/// What all requests share.
pub struct Front {
    authenticator: Authenticator,
    resource: Arc<Resource>,
    issuer: Option<String>,
    sessions: Arc<Sessions>,
    manager: Arc<LocalSessionManager>,
    pub life: Life,
}

impl Front {
    /// Fails only if there can be no HTTP client.
    pub fn new(config: &WorkoutConfig, tuning: Tuning) -> Result<Arc<Self>, reqwest::Error> {
        let resource = Arc::new(Resource::from_config(config));
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
            life: Life::default(),
        }))
    }
}

/// Everything there is. `make` gives each session (and each request without one) its handler, which finds the
/// [`Identity`](super::identity::Identity) in the extensions of the request's `http::request::Parts`.
pub fn router<H: ServerHandler>(
    front: &Arc<Front>,
    make: impl Fn() -> H + Send + Sync + 'static,
) -> Router {
    let mcp = StreamableHttpService::new(
        move || Ok(make()),
        front.manager.clone(),
        StreamableHttpServerConfig::default()
            .with_max_request_body_bytes(MAX_BODY_BYTES)
            .with_cancellation_token(front.life.stopping.clone())
            // `guard::local` has checked them.
            .disable_allowed_hosts(),
    );
    let guarded = ServiceBuilder::new()
        // Before the session: whose it is decides who may use it.
        .layer(from_fn_with_state(front.clone(), guard::authenticate))
        // Innermost: reads the body, which nobody else gets to send so far.
        .layer(from_fn_with_state(front.clone(), guard::session));
    let mcp = get_service(mcp.clone())
        .post_service(mcp.clone())
        .delete_service(mcp)
        .route_layer(guarded);
    let named = Router::new()
        .route("/mcp", mcp)
        .route(pages::METADATA, get(pages::metadata))
        .route(pages::METADATA_OF, get(pages::metadata_of))
        // Before everything else these routes do: a page that rebound its name gets nothing, not even a 401.
        .route_layer(from_fn_with_state(front.clone(), guard::local));
    let layers = ServiceBuilder::new()
        // Outermost: also a panic gets an id, a span and the security headers.
        .layer(from_fn(middleware::attach))
        // Innermost of the two, so that the response of a panic is dressed like any other.
        .layer(CatchPanicLayer::custom(middleware::panicked));
    Router::new()
        .merge(named)
        // Asked by the container's runtime, under whatever name.
        .route("/health", get(pages::health))
        .fallback(async |Extension(id): Extension<RequestId>| ApiError::not_found().respond(&id))
        .method_not_allowed_fallback(async |Extension(id): Extension<RequestId>| {
            ApiError::method_not_allowed().respond(&id)
        })
        .layer(layers)
        .with_state(front.clone())
}
