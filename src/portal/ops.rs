//! Health and metrics, on a listener of their own.
//!
//! **Invariant:** nothing here changes anything; `readyz` is good only when the store can be read and written.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::flow::Flows;

/// The routes of the admin listener.
pub fn ops(flows: Flows) -> Router {
    let (ready, metrics) = (flows.clone(), flows);
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(move || readiness(ready.clone())))
        .route(
            "/metrics",
            get(move || async move {
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                ([(header::CONTENT_TYPE, kind)], metrics.metrics().text())
            }),
        )
}

async fn readiness(flows: Flows) -> Response {
    match flows.health().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be used\n").into_response()
        }
    }
}
