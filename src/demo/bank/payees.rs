//! Stored payees: list, add, delete.
//!
//! Called by the router.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Bank;
use super::html::{Markup, markup};
use super::page::{Refusal, alert, missing, page, token};
use super::session::{Fields, Visitor};
use super::transfer::status;

/// `GET /payees`.
pub(super) async fn list(State(bank): State<Bank>, visitor: Visitor) -> Response {
    entries(&bank, &visitor, StatusCode::OK, ("", ""), None)
}

fn entries(
    bank: &Bank,
    visitor: &Visitor,
    status: StatusCode,
    (name, iban): (&str, &str),
    fault: Option<&str>,
) -> Response {
    let payees = bank.payees(visitor.name);
    let lines: Markup = payees
        .iter()
        .map(|payee| {
            markup![
                "<tr><td class=\"day\">",
                payee.id,
                "</td><td class=\"wide\">",
                payee.name.as_str(),
                "<span class=\"iban\">",
                payee.iban,
                "</span></td><td class=\"actions\"><a href=\"/transfer?iban=",
                payee.iban.as_str(),
                "\" aria-label=\"Transfer to ",
                payee.name.as_str(),
                "\">Transfer</a><form method=\"post\" action=\"/payees/",
                payee.id,
                "/delete\">",
                token(visitor),
                "<button class=\"danger\" aria-label=\"Delete ",
                payee.name.as_str(),
                "\">Delete</button></form></td></tr>\n"
            ]
        })
        .collect();
    let table = if payees.is_empty() {
        markup!["<p class=\"card\">You have not stored any payees yet.</p>\n"]
    } else {
        markup![
            "<div class=\"card table\"><table id=\"payees\">\n<thead><tr><th>No.</th><th>Payee</th><th></th></tr></thead>\n<tbody>\n",
            lines,
            "</tbody>\n</table></div>\n"
        ]
    };
    let body = markup![
        fault.map(alert),
        table,
        "<h2>Add a payee</h2>\n<form class=\"card\" method=\"post\" action=\"/payees/add\" autocomplete=\"off\">\n",
        token(visitor),
        "<label for=\"payee\">Name</label>\n<input id=\"payee\" name=\"name\" required maxlength=\"70\" value=\"",
        name,
        "\">\n<label for=\"iban\">IBAN</label>\n<input id=\"iban\" name=\"iban\" required maxlength=\"42\" spellcheck=\"false\" placeholder=\"DE00 0000 0000 0000 0000 00\" value=\"",
        iban,
        "\">\n<button>Add payee</button>\n</form>\n"
    ];
    page(Some(visitor), status, "Payees", "/payees", &body)
}

/// `POST /payees/add` with `name` and `iban`.
pub(super) async fn add(
    State(bank): State<Bank>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, Refusal> {
    visitor.check(form.get("csrf"))?;
    let result = bank.books().add_payee(visitor.name, form.get("name"), form.get("iban"));
    match result {
        Ok(_) => Ok(Redirect::to("/payees").into_response()),
        Err(objection) => Ok(entries(
            &bank,
            &visitor,
            status(&objection),
            (form.get("name"), form.get("iban")),
            Some(&objection.sentence()),
        )),
    }
}

/// `POST /payees/{id}/delete`; other people's payees are not found.
pub(super) async fn delete(
    State(bank): State<Bank>,
    visitor: Visitor,
    Path(id): Path<String>,
    form: Fields,
) -> Result<Response, Refusal> {
    visitor.check(form.get("csrf"))?;
    let id: u64 = id.parse().map_err(|_| missing(Some(&visitor)))?;
    bank.books().delete_payee(visitor.name, id).map_err(|_| missing(Some(&visitor)))?;
    Ok(Redirect::to("/payees").into_response())
}
