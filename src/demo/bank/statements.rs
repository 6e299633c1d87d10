//! Upload of statement files: received in pieces, hashed, not kept.
//!
//! **Invariant:** a file is never held in memory as a whole, whatever its length.
//!
//! Called by the router.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::BodyDataStream;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use futures_core::Stream;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use ring::digest::{Context, SHA256};

use super::account::paper;
use super::html::{Markup, markup};
use super::page::{Refusal, page, refusal, token};
use super::session::Visitor;
use super::{Bank, UPLOAD_LIMIT};

/// The longest text field of the form, in bytes.
const LONGEST_TEXT: usize = 4096;

/// `GET /statements`.
pub(super) async fn list(State(bank): State<Bank>, visitor: Visitor) -> Response {
    let own = bank.books().person(visitor.name).map(|person| person.iban).unwrap_or_default();
    let received: Vec<_> = bank.uploads().into_iter().filter(|upload| upload.user == visitor.name).collect();
    let lines: Markup = received
        .iter()
        .rev()
        .map(|upload| {
            markup![
                "<dl class=\"card facts upload\">\n<dt>Number</dt><dd>",
                upload.number,
                "</dd>\n<dt>File</dt><dd>",
                upload.file.as_str(),
                "</dd>\n<dt>Account</dt><dd class=\"iban\">",
                paper(&upload.account),
                "</dd>\n<dt>Size</dt><dd>",
                upload.size,
                " bytes</dd>\n<dt>SHA-256</dt><dd class=\"hash\">",
                upload.sha256.as_str(),
                "</dd>\n</dl>\n"
            ]
        })
        .collect();
    let none = received.is_empty().then(|| markup!["<p class=\"card\">No files received yet.</p>\n"]);
    let body = markup![
        "<p>Send us statement files of other banks (up to 64 MiB). We check them and note their fingerprint.</p>\n",
        "<form class=\"card\" method=\"post\" action=\"/statements\" enctype=\"multipart/form-data\">\n",
        token(&visitor),
        "<label for=\"account\">For account</label>\n<select id=\"account\" name=\"account\"><option value=\"",
        own,
        "\">",
        paper(own),
        "</option></select>\n",
        "<label for=\"file\">File</label>\n<input id=\"file\" name=\"file\" type=\"file\" required>\n<button>Upload</button>\n</form>\n<h2>Received</h2>\n",
        none,
        lines
    ];
    page(Some(&visitor), StatusCode::OK, "Statements", "/statements", &body)
}

/// What was found in an upload.
#[derive(Default)]
struct Received {
    csrf: String,
    account: String,
    file: Option<(String, u64, String)>,
}

/// `POST /statements`, multipart with `csrf`, `account` and `file`.
pub(super) async fn upload(
    State(bank): State<Bank>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Refusal> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > UPLOAD_LIMIT) {
        discard(request.into_body().into_data_stream()).await;
        return Err(failed(&visitor, StatusCode::PAYLOAD_TOO_LARGE));
    }
    let form = Multipart::from_request(request, &bank).await.map_err(|_| {
        let text = "Files are taken only from the form on the statements page.";
        refusal(Some(&visitor), StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unknown kind of form", text)
    })?;
    let received = read(form).await.map_err(|fault| failed(&visitor, fault.status()))?;
    visitor.check(&received.csrf)?;
    let Some((name, size, sha256)) = received.file.filter(|(name, ..)| !name.is_empty()) else {
        return Err(refusal(
            Some(&visitor),
            StatusCode::UNPROCESSABLE_ENTITY,
            "No file chosen",
            "Please choose the file that you want to send.",
        ));
    };
    let own = bank.books().person(visitor.name).map(|person| person.iban);
    if own != Some(received.account.as_str()) {
        return Err(refusal(
            Some(&visitor),
            StatusCode::UNPROCESSABLE_ENTITY,
            "Unknown account",
            "Files are taken only for your own account.",
        ));
    }
    bank.books().receive(visitor.name, received.account, name, size, sha256);
    Ok(Redirect::to("/statements").into_response())
}

fn failed(visitor: &Visitor, status: StatusCode) -> Refusal {
    let text = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "The file is larger than 64 MiB. Nothing was kept.",
        _ => "The upload did not arrive completely. Please try again.",
    };
    refusal(Some(visitor), status, "Upload failed", text)
}

/// Takes in what is left, up to four times the limit: a browser shows an answer only after it has sent everything.
async fn discard(mut body: BodyDataStream) {
    let mut left = UPLOAD_LIMIT.saturating_mul(4);
    while let Some(Ok(chunk)) = poll_fn(|context| Pin::new(&mut body).poll_next(context)).await {
        left = left.saturating_sub(chunk.len());
        if left == 0 {
            return;
        }
    }
}

async fn read(mut form: Multipart) -> Result<Received, MultipartError> {
    let mut received = Received::default();
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default() {
            "csrf" => received.csrf = text(field).await?,
            "account" => received.account = text(field).await?,
            "file" if received.file.is_none() => received.file = Some(hash(field).await?),
            _ => {
                text(field).await?;
            }
        }
    }
    Ok(received)
}

/// A short text; what is longer is cut, so that it cannot be valid.
async fn text(mut field: Field<'_>) -> Result<String, MultipartError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await? {
        let room = LONGEST_TEXT.saturating_sub(bytes.len());
        bytes.extend(chunk.iter().take(room));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Name, length and SHA-256 of a file, read piece by piece.
async fn hash(mut field: Field<'_>) -> Result<(String, u64, String), MultipartError> {
    let name: String = field.file_name().unwrap_or_default().chars().take(120).collect();
    let mut context = Context::new(&SHA256);
    let mut size: u64 = 0;
    while let Some(chunk) = field.chunk().await? {
        context.update(&chunk);
        size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
    }
    Ok((name, size, HEXLOWER.encode(context.finish().as_ref())))
}
