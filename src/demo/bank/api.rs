//! The JSON interface, and the page that uses it from a script.
//!
//! Changes are taken only as `application/json`, which a page of another site cannot send, so that they need no token.
//!
//! Called by the router.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::Bank;
use super::admin::{refused, text};
use super::html::markup;
use super::ledger::Order;
use super::page::{page as framed, token};
use super::session::{Caller, Visitor, media_type};
use super::transfer::{fields, status};

/// `GET /script`; without a script the form is the ordinary one.
pub(super) async fn page(State(bank): State<Bank>, visitor: Visitor) -> Response {
    let body = markup![
        "<form class=\"card\" id=\"quick\" method=\"post\" action=\"/transfer\" autocomplete=\"off\">\n",
        token(&visitor),
        fields(&bank, &visitor, &Order::default()),
        "<button id=\"send\">Transfer</button>\n</form>\n",
        "<div id=\"answer\" role=\"status\" aria-live=\"polite\"></div>\n<script src=\"/static/script.js\" defer></script>\n"
    ];
    framed(Some(&visitor), StatusCode::OK, "Quick transfer", "/script", &body)
}

/// `GET /api/account`: who is logged in, and the account.
pub(super) async fn account(State(bank): State<Bank>, Caller(visitor): Caller) -> Response {
    let books = bank.books();
    let account = books
        .person(visitor.name)
        .map(|person| json!({ "iban": person.iban, "balance": person.balance.to_string() }));
    let body = json!({ "user": { "name": visitor.name, "full_name": visitor.full_name, "groups": visitor.groups }, "account": account });
    ([(http::header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

#[derive(Deserialize)]
struct Wanted {
    iban: String,
    amount: serde_json::Value,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    pin: String,
}

/// `POST /api/transfer` with `iban`, `amount` (text or number) and optionally `reference` and `pin`.
pub(super) async fn transfer(
    State(bank): State<Bank>,
    Caller(visitor): Caller,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if media_type(&headers) != "application/json" {
        return refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "not_json",
            "Expected a body of type application/json.",
        );
    }
    let Ok(Wanted { iban, amount, reference, pin }) = serde_json::from_slice(&body) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            "Expected a JSON object with iban and amount.",
        );
    };
    let order = Order { iban, amount: text(&amount), reference, pin };
    let result = bank.books().transfer(visitor.name, &order, &bank.settings().booking_day);
    let number = match result {
        Ok(number) => number,
        Err(objection) => return refused(status(&objection), objection.code(), &objection.sentence()),
    };
    let done = bank.transfers().into_iter().find(|transfer| transfer.number == number);
    let done = done.map(|done| json!({ "number": number, "iban": done.iban.as_str(), "amount": done.amount.to_string(), "reference": done.reference }));
    let balance = bank.balance(visitor.name).map(|balance| balance.to_string());
    (StatusCode::CREATED, Json(json!({ "transfer": done, "balance": balance }))).into_response()
}
