//! What nginx's `auth_request` and Traefik's `ForwardAuth` ask, to compare with: an answer of 204 for a session that is known, 401 for
//! another. The least that such a service can be: one thread, one look into a map.
//!
//! `auth LISTEN`. Started by `versus.py`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

/// The session that is known, and whose it is.
const SESSION: (&str, &str) = ("0123456789abcdef0123456789abcdef", "alice");

async fn ask(State(sessions): State<Arc<HashMap<&str, &str>>>, headers: HeaderMap) -> Response {
    let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let session = cookies.split("; ").find_map(|pair| pair.strip_prefix("sessionid="));
    match session.and_then(|session| sessions.get(session)) {
        Some(user) => (StatusCode::NO_CONTENT, [("x-user", (*user).to_owned())]).into_response(),
        None => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).ok_or("usage: auth LISTEN")?;
    let sessions = Arc::new(HashMap::from([SESSION]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(&listen).await?;
        Ok(axum::serve(listener, Router::new().fallback(ask).with_state(sessions)).await?)
    })
}
