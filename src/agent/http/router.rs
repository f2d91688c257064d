//! The agent's routes, from which its `OpenAPI` document is generated, and its CORS policy.

use std::sync::Arc;

use axum::{Extension, Router};
use http::Method;
use tower_http::cors::CorsLayer;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    app::App,
    chat, endpoints,
    faces::{agui, ui},
    openapi::{self, Api},
    page, title,
};
use crate::{
    config::Cors,
    http::{middleware, openapi::Document},
};

pub fn router(app: Arc<App>) -> Router {
    let (routes, mut api) = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(endpoints::health))
        .routes(routes!(endpoints::ready))
        .routes(routes!(endpoints::metrics))
        .routes(routes!(endpoints::openapi))
        .routes(routes!(chat::chat))
        .routes(routes!(ui::ui))
        .routes(routes!(ui::reconnect))
        .routes(routes!(agui::agui))
        .routes(routes!(title::title))
        .split_for_parts();
    openapi::complete(&mut api);
    let document = Document::new(&api);
    let page = app.page.clone().map(page::routes).unwrap_or_default();
    let routes = routes.merge(page).layer(Extension(document));
    let telemetry = app.telemetry.clone();
    middleware::wrap(routes, cors(&app.http.cors), telemetry).with_state(app)
}

fn cors(cors: &Cors) -> Option<CorsLayer> {
    let methods = [Method::GET, Method::POST, Method::OPTIONS];
    Some(middleware::cors(cors.origins()?, &methods, &[], &[]))
}

#[cfg(test)]
mod tests;
