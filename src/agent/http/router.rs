//! The agent's routes, from which its `OpenAPI` document is generated, and its CORS policy.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Router};
use http::{Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    chat, endpoints,
    openapi::{self, Api},
    page, title,
};
use crate::{
    config::Cors,
    http::{
        middleware::{self, REQUEST_ID},
        rate_limit::{RATE_LIMIT, RATE_LIMIT_POLICY},
    },
};

/// How long a browser may cache the response to a preflight.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(600);

pub fn router(app: Arc<App>) -> Router {
    let (routes, mut api) = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(endpoints::health))
        .routes(routes!(endpoints::ready))
        .routes(routes!(endpoints::metrics))
        .routes(routes!(endpoints::openapi))
        .routes(routes!(chat::chat))
        .routes(routes!(title::title))
        .split_for_parts();
    openapi::complete(&mut api);
    let document = endpoints::Document(api.to_json().unwrap_or_default().into());
    let page = app.page.clone().map(page::routes).unwrap_or_default();
    let routes = routes.merge(page).layer(Extension(document));
    middleware::wrap(routes, cors(&app.http.cors)).with_state(app)
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
        .expose_headers([
            REQUEST_ID,
            header::RETRY_AFTER,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
        ])
        .max_age(PREFLIGHT_MAX_AGE);
    Some(layer)
}

#[cfg(test)]
mod tests;
