//! The routes, from which the `OpenAPI` document is generated, and the CORS policy.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Extension, Router,
    extract::Request,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
    routing::Route,
};
use http::{HeaderName, Method, header};
use tower::{Layer, Service};
use tower_http::cors::CorsLayer;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    authenticate::authenticate,
    begin::REPLAYED,
    choice::Connections,
    connections, deliveries, endpoints, events, files, hooks,
    openapi::{self, Api},
    prompt,
    refused::render,
    runs, skills,
};
use crate::{
    config::Cors,
    http::{middleware, openapi::Document},
};

/// The service, in which every request may use all of the operator's connections.
pub fn router(app: Arc<App>) -> Router {
    let all = Extension(Connections::all(&app.config));
    router_with(app, all)
}

/// The service with another choice of connections: a layer that puts [`Connections`] into the extensions of requests.
pub fn router_with<L>(app: Arc<App>, choice: L) -> Router
where
    L: Layer<Route> + Clone + Send + Sync + 'static,
    L::Service: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request>>::Response: IntoResponse + 'static,
    <L::Service as Service<Request>>::Future: Send + 'static,
{
    let (routes, mut api) = OpenApiRouter::with_openapi(Api::openapi())
        .merge(authenticated(&app))
        .merge(open())
        .split_for_parts();
    openapi::complete(&mut api);
    let routes = routes
        .layer(choice)
        .layer(from_fn(render))
        .layer(Extension(Document::new(&api)));
    let telemetry = app.telemetry.clone();
    middleware::wrap(routes, cors(&app.config.http.cors), telemetry).with_state(app)
}

fn authenticated(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(prompt::webhook))
        .routes(routes!(prompt::webhooks_prompt))
        .routes(routes!(runs::list))
        .routes(routes!(runs::get))
        .routes(routes!(runs::get_by_request))
        .routes(routes!(runs::cancel))
        .routes(routes!(runs::cancel_by_request))
        .routes(routes!(events::events))
        .routes(routes!(files::redirect))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::redeliver))
        .routes(routes!(skills::list, skills::create))
        .routes(routes!(skills::get, skills::patch, skills::delete))
        .routes(routes!(skills::running::run))
        .routes(routes!(skills::running::list_runs))
        .routes(routes!(skills::secret::rotate_secret))
        .routes(routes!(connections::list, connections::create))
        .routes(routes!(
            connections::get,
            connections::replace,
            connections::delete
        ))
        .routes(routes!(connections::check))
        .route_layer(from_fn_with_state(app.clone(), authenticate))
}

/// Endpoints without a token.
fn open() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(hooks::hook))
        .routes(routes!(files::download))
        .routes(routes!(endpoints::health))
        .routes(routes!(endpoints::ready))
        .routes(routes!(endpoints::metrics))
        .routes(routes!(endpoints::openapi))
}

fn cors(cors: &Cors) -> Option<CorsLayer> {
    let methods = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let of_requests = [
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
    ];
    let of_responses = [header::LOCATION, REPLAYED];
    Some(middleware::cors(
        cors.origins()?,
        &methods,
        &of_requests,
        &of_responses,
    ))
}
