//! Health and metrics, on a listener of their own.
//!
//! **Invariant:** nothing here changes anything; `readyz` is good only when the store can be read and written. Faulty policy files do not
//! make it bad, since the earlier ones are in force; it says so (`tests/it/reload.rs`).

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::base::text::visible;
use crate::flow::Flows;
use crate::flow::policies::{Faulty, PolicyStatus};

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
        Ok(()) => told(&flows.policy_status()).into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store cannot be used\n").into_response()
        }
    }
}

/// Good, and which policies are in force; whether the newest files are.
fn told(status: &PolicyStatus) -> String {
    let PolicyStatus { revision, policies, since, faulty } = status;
    let mut text = format!("ready\npolicies: {policies} of revision {revision} in force since {since}\n");
    if let Some(Faulty { since, first, count }) = faulty {
        let faults = if *count == 1 { "1 fault".to_owned() } else { format!("{count} faults") };
        let first = visible(first, 500);
        text.push_str(&format!(
            "policies: the newest files were refused at {since}, {faults}, first: {first}\n"
        ));
    }
    text
}
