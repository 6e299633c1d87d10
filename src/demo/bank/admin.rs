//! Administration: daily limits, locking of accounts, and the journal of everything carried out.
//!
//! Called by the router.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::html::{Markup, markup};
use super::ledger::Objection;
use super::page::{Refusal, alert, page, refusal, token};
use super::session::{Admin, Fields, Visitor, media_type};
use super::transfer::status;
use super::{Bank, JournalEntry};

/// `GET /admin`.
pub(super) async fn overview(State(bank): State<Bank>, Admin(visitor): Admin) -> Response {
    customers(&bank, &visitor, StatusCode::OK, None)
}

fn customers(bank: &Bank, visitor: &Visitor, status: StatusCode, fault: Option<&str>) -> Response {
    let people = bank.books().people.clone();
    let options: Markup = people
        .iter()
        .map(|person| {
            markup![
                "<option value=\"",
                person.name,
                "\">",
                person.full_name,
                " (",
                person.name,
                ")</option>\n"
            ]
        })
        .collect();
    let lines: Markup = people
        .iter()
        .map(|person| {
            let (state, class, action, word) = if person.locked {
                ("locked", "state bad", "/admin/unlock", "Unlock")
            } else {
                ("open", "state good", "/admin/lock", "Lock")
            };
            let button = (person.name != visitor.name).then(|| {
                markup![
                    "<form method=\"post\" action=\"",
                    action,
                    "\">",
                    token(visitor),
                    "<input type=\"hidden\" name=\"customer\" value=\"",
                    person.name,
                    "\"><button class=\"danger\" aria-label=\"",
                    word,
                    " ",
                    person.name,
                    "\">",
                    word,
                    "</button></form>"
                ]
            });
            markup![
                "<tr id=\"customer-",
                person.name,
                "\"><td class=\"wide\">",
                person.full_name,
                "<span class=\"iban\">",
                person.name,
                " · ",
                person.groups.join(", "),
                "</span></td><td class=\"amount\"><span class=\"only-narrow\">Daily limit </span>",
                person.daily_limit.grouped(),
                "</td><td><span class=\"",
                class,
                "\">",
                state,
                "</span></td><td class=\"actions\">",
                button,
                "</td></tr>\n"
            ]
        })
        .collect();
    let body = markup![
        fault.map(alert),
        "<div class=\"card table\"><table id=\"customers\">\n<thead><tr><th>Customer</th><th class=\"amount\">Daily limit</th><th>Account</th><th></th></tr></thead>\n<tbody>\n",
        lines,
        "</tbody>\n</table></div>\n<h2>Set a daily limit</h2>\n<form class=\"card\" method=\"post\" action=\"/admin/limit\" autocomplete=\"off\">\n",
        token(visitor),
        "<label for=\"customer\">Customer</label>\n<select id=\"customer\" name=\"customer\">\n",
        options,
        "</select>\n<label for=\"limit\">Daily limit in EUR</label>\n<input id=\"limit\" name=\"limit\" required inputmode=\"decimal\" placeholder=\"0.00\" class=\"short\">\n<button>Set limit</button>\n</form>\n"
    ];
    page(Some(visitor), status, "Administration", "/admin", &body)
}

#[derive(Deserialize)]
struct NewLimit {
    customer: String,
    limit: serde_json::Value,
}

/// `POST /admin/limit` with `customer` and `limit`, as a form or as JSON (which a foreign page cannot send, so that it needs no token).
pub(super) async fn limit(
    State(bank): State<Bank>,
    Admin(visitor): Admin,
    request: Request,
) -> Result<Response, Refusal> {
    if media_type(request.headers()) == "application/json" {
        return Ok(limit_json(&bank, &visitor, request).await);
    }
    let form = Fields::from_request(request, &bank).await?;
    visitor.check(form.get("csrf"))?;
    let result = bank.books().set_limit(visitor.name, form.get("customer"), form.get("limit"));
    Ok(back(&bank, &visitor, result))
}

async fn limit_json(bank: &Bank, visitor: &Visitor, request: Request) -> Response {
    let body = Bytes::from_request(request, bank).await.unwrap_or_default();
    let Ok(NewLimit { customer, limit }) = serde_json::from_slice(&body) else {
        return refused(
            StatusCode::BAD_REQUEST,
            "invalid_json",
            "Expected a JSON object with customer and limit.",
        );
    };
    let result = bank.books().set_limit(visitor.name, &customer, &text(&limit));
    match result {
        Ok(()) => Json(json!({ "customer": customer, "limit": bank.daily_limit(&customer).map(|limit| limit.to_string()) })).into_response(),
        Err(objection) => refused(status(&objection), objection.code(), &objection.sentence()),
    }
}

/// A JSON number or text as the text of an amount; empty for anything else.
pub(super) fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// A refusal of the JSON interface.
pub(super) fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "error": code, "message": message }))).into_response()
}

/// `POST /admin/lock` with `customer`; ends the customer's sessions.
pub(super) async fn lock(
    State(bank): State<Bank>,
    Admin(visitor): Admin,
    form: Fields,
) -> Result<Response, Refusal> {
    visitor.check(form.get("csrf"))?;
    let customer = form.get("customer");
    let result = bank.books().set_locked(visitor.name, customer, true);
    if result.is_ok() {
        bank.sessions().end_all_of(customer);
    }
    Ok(back(&bank, &visitor, result))
}

/// `POST /admin/unlock` with `customer`.
pub(super) async fn unlock(
    State(bank): State<Bank>,
    Admin(visitor): Admin,
    form: Fields,
) -> Result<Response, Refusal> {
    visitor.check(form.get("csrf"))?;
    let result = bank.books().set_locked(visitor.name, form.get("customer"), false);
    Ok(back(&bank, &visitor, result))
}

fn back(bank: &Bank, visitor: &Visitor, result: Result<(), Objection>) -> Response {
    match result {
        Ok(()) => Redirect::to("/admin").into_response(),
        Err(Objection::Unknown) => refusal(
            Some(visitor),
            StatusCode::NOT_FOUND,
            "Unknown customer",
            "There is no customer of that name.",
        )
        .into_response(),
        Err(objection) => customers(bank, visitor, status(&objection), Some(&objection.sentence())),
    }
}

/// `GET /journal`: newest first.
pub(super) async fn journal(State(bank): State<Bank>, Admin(visitor): Admin) -> Response {
    let entries = bank.journal();
    let lines: Markup = entries
        .iter()
        .rev()
        .map(|entry| {
            markup![
                "<tr><td class=\"day\">",
                entry.number,
                "</td><td>",
                entry.user.as_str(),
                "</td><td>",
                entry.action,
                "</td><td class=\"detail\">",
                entry.detail.as_str(),
                "</td></tr>\n"
            ]
        })
        .collect();
    let table = if entries.is_empty() {
        markup!["<p class=\"card\">Nothing was carried out yet.</p>\n"]
    } else {
        markup![
            "<div class=\"card table\"><table id=\"journal\">\n<thead><tr><th>No.</th><th>User</th><th>Action</th><th>Details</th></tr></thead>\n<tbody>\n",
            lines,
            "</tbody>\n</table></div>\n"
        ]
    };
    let body = markup![
        "<p>Every action the bank has carried out since it was started, each with a number of its own: <strong id=\"count\">",
        entries.len(),
        "</strong> in all.</p>\n",
        table
    ];
    page(Some(&visitor), StatusCode::OK, "Journal", "/journal", &body)
}

/// `GET /journal.json`: oldest first.
pub(super) async fn journal_json(State(bank): State<Bank>, Admin(_): Admin) -> Response {
    let entry = |entry: JournalEntry| json!({ "number": entry.number, "user": entry.user, "action": entry.action, "detail": entry.detail });
    let entries: Vec<_> = bank.journal().into_iter().map(entry).collect();
    Json(json!({ "entries": entries })).into_response()
}
