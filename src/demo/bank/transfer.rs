//! The transfer form, and the page after it.
//!
//! Called by the router.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use super::Bank;
use super::html::{Markup, markup};
use super::ledger::{Objection, Order};
use super::page::{Refusal, alert, missing, page, token};
use super::session::{Fields, Visitor};

/// `GET /transfer`; `iban`, `amount` and `reference` may be given in the query to fill the form.
pub(super) async fn form(State(bank): State<Bank>, visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let order = Order {
        iban: query.get("iban").to_owned(),
        amount: query.get("amount").to_owned(),
        reference: query.get("reference").to_owned(),
        pin: String::new(),
    };
    entry(&bank, &visitor, StatusCode::OK, &order, None)
}

fn entry(bank: &Bank, visitor: &Visitor, status: StatusCode, order: &Order, fault: Option<&str>) -> Response {
    let body = markup![
        fault.map(alert),
        "<form class=\"card\" method=\"post\" action=\"/transfer\" autocomplete=\"off\">\n",
        token(visitor),
        fields(bank, visitor, order),
        "<label for=\"pin\">Card PIN <span class=\"optional\">(optional)</span></label>\n<input id=\"pin\" name=\"pin\" type=\"password\" inputmode=\"numeric\" maxlength=\"4\" class=\"short\">\n",
        "<button id=\"send\">Transfer</button>\n</form>\n"
    ];
    page(Some(visitor), status, "Transfer", "/transfer", &body)
}

/// The fields that every transfer form has.
pub(super) fn fields(bank: &Bank, visitor: &Visitor, order: &Order) -> Markup {
    let known: Markup = bank
        .payees(visitor.name)
        .iter()
        .map(|payee| {
            markup!["<option value=\"", payee.iban.as_str(), "\">", payee.name.as_str(), "</option>\n"]
        })
        .collect();
    markup![
        "<label for=\"iban\">IBAN of the payee</label>\n<input id=\"iban\" name=\"iban\" list=\"known\" required maxlength=\"42\" spellcheck=\"false\" placeholder=\"DE00 0000 0000 0000 0000 00\" value=\"",
        order.iban.as_str(),
        "\">\n<datalist id=\"known\">\n",
        known,
        "</datalist>\n",
        "<label for=\"amount\">Amount in EUR</label>\n<input id=\"amount\" name=\"amount\" required inputmode=\"decimal\" placeholder=\"0.00\" class=\"short\" value=\"",
        order.amount.as_str(),
        "\">\n",
        "<label for=\"reference\">Reference <span class=\"optional\">(optional)</span></label>\n<input id=\"reference\" name=\"reference\" maxlength=\"140\" value=\"",
        order.reference.as_str(),
        "\">\n"
    ]
}

/// `POST /transfer` with `iban`, `amount`, `reference` and optionally `pin`; goes on to `/transfer/done/{number}`.
pub(super) async fn submit(
    State(bank): State<Bank>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, Refusal> {
    visitor.check(form.get("csrf"))?;
    let text = |name: &str| form.get(name).to_owned();
    let order =
        Order { iban: text("iban"), amount: text("amount"), reference: text("reference"), pin: text("pin") };
    let result = bank.books().transfer(visitor.name, &order, &bank.settings().booking_day);
    match result {
        Ok(number) => Ok(Redirect::to(&format!("/transfer/done/{number}")).into_response()),
        Err(objection) => Ok(entry(&bank, &visitor, status(&objection), &order, Some(&objection.sentence()))),
    }
}

/// The status that goes with an objection.
pub(super) fn status(objection: &Objection) -> StatusCode {
    match objection {
        Objection::NotAnAmount(_)
        | Objection::Nothing
        | Objection::NotAnIban(_)
        | Objection::OwnAccount
        | Objection::LongReference
        | Objection::WrongPin
        | Objection::NoName => StatusCode::UNPROCESSABLE_ENTITY,
        Objection::InsufficientFunds(_)
        | Objection::OverLimit(_)
        | Objection::OwnLock
        | Objection::AsItIs(..) => StatusCode::CONFLICT,
        Objection::Unknown => StatusCode::NOT_FOUND,
    }
}

/// `GET /transfer/done/{number}`; other people's transfers are not found.
pub(super) async fn done(
    State(bank): State<Bank>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Response, Refusal> {
    let found = bank
        .transfers()
        .into_iter()
        .find(|transfer| transfer.number.to_string() == number && transfer.user == visitor.name);
    let transfer = found.ok_or_else(|| missing(Some(&visitor)))?;
    let reference = if transfer.reference.is_empty() { "–" } else { transfer.reference.as_str() };
    let body = markup![
        "<p class=\"success\" role=\"status\">Your transfer was carried out.</p>\n<dl class=\"card facts\" id=\"receipt\">\n<dt>Number</dt><dd id=\"number\">",
        transfer.number,
        "</dd>\n<dt>Amount</dt><dd>",
        transfer.amount.grouped(),
        " EUR</dd>\n<dt>To</dt><dd class=\"iban\">",
        transfer.iban,
        "</dd>\n<dt>Reference</dt><dd>",
        reference,
        "</dd>\n<dt>Day</dt><dd>",
        bank.settings().booking_day.as_str(),
        "</dd>\n</dl>\n<p class=\"row\"><a class=\"button\" href=\"/transfer\">Another transfer</a> <a href=\"/\">Overview</a></p>\n"
    ];
    Ok(page(Some(&visitor), StatusCode::OK, "Transfer done", "/transfer", &body))
}
