//! The question over HTTP/2 without TLS, by prior knowledge: a connection for itself, closed afterwards.
//!
//! Beside the client for the other schemes because `:authority` must be the host the client asked, not the upstream's address.

use bytes::Bytes;
use http::HeaderMap;
use tokio::net::TcpStream;

use crate::base::net::{Host, Scheme};
use crate::base::settings::Upstream;

use super::WhoamiError;
use super::send::{Answer, Bounded, Failure};

pub(super) async fn ask(
    upstream: &Upstream,
    path: &str,
    headers: HeaderMap,
    host: &Host,
    scheme: Scheme,
) -> Result<Answer, Failure> {
    let stream = TcpStream::connect(format!("{}:{}", upstream.host, upstream.port))
        .await
        .map_err(|error| Failure::Connect(error.to_string()))?;
    let (client, connection) = h2::client::handshake(stream).await.map_err(broken)?;
    tokio::select! {
        answer = exchange(client, path, headers, host, scheme) => answer,
        ended = connection => Err(match ended {
            Err(error) => broken(error),
            Ok(()) => Failure::Final(WhoamiError::Unreachable("the connection ended early".to_owned())),
        }),
    }
}

async fn exchange(
    client: h2::client::SendRequest<Bytes>,
    path: &str,
    headers: HeaderMap,
    host: &Host,
    scheme: Scheme,
) -> Result<Answer, Failure> {
    let mut client = client.ready().await.map_err(broken)?;
    let mut request = http::Request::get(format!("{}://{host}{path}", scheme.as_str()))
        .version(http::Version::HTTP_2)
        .body(())
        .map_err(|_| WhoamiError::Ambiguous("the question cannot be sent"))?;
    *request.headers_mut() = headers;
    let (response, _) = client.send_request(request, true).map_err(broken)?;
    let (head, mut stream) = response.await.map_err(broken)?.into_parts();
    let mut body = Bounded::default();
    if head.status.as_u16() == 200 {
        while let Some(piece) = stream.data().await {
            let piece = piece.map_err(broken)?;
            body.push(&piece)?;
            stream.flow_control().release_capacity(piece.len()).map_err(broken)?;
        }
    }
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: body.into_inner() })
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn broken(error: h2::Error) -> Failure {
    Failure::Final(WhoamiError::Unreachable(error.to_string()))
}
