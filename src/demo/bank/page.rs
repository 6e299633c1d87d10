//! The frame of every page, refusals, and the files under `/static`.
//!
//! **Invariant:** every page of somebody who is logged in shows the login name in `<span id="user">`, also when it is a refusal.
//!
//! Called by the pages, one file per topic.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};

use super::Bank;
use super::html::{Markup, markup};
use super::session::Visitor;

/// Places in the navigation: address and name; the last two are for administrators.
const PLACES: [(&str, &str); 8] = [
    ("/", "Overview"),
    ("/transfer", "Transfer"),
    ("/payees", "Payees"),
    ("/statements", "Statements"),
    ("/script", "Quick transfer"),
    ("/events", "Rates"),
    ("/admin", "Administration"),
    ("/journal", "Journal"),
];

/// An answer that ends a request early.
pub(super) struct Refusal(Box<Response>);

impl From<Response> for Refusal {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A page with the bank's frame around `body`; `here` is its place in the navigation.
pub(super) fn page(
    visitor: Option<&Visitor>,
    status: StatusCode,
    title: &str,
    here: &str,
    body: &Markup,
) -> Response {
    let html = markup![
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
        title,
        " – Fairwater Savings Bank</title>\n<link rel=\"icon\" href=\"/static/icon.svg\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"/static/style.css\">\n</head>\n<body>\n",
        "<header>\n<a class=\"brand\" href=\"/\"><img src=\"/static/icon.svg\" alt=\"\" width=\"36\" height=\"36\"><span>Fairwater<small>Savings Bank</small></span></a>\n",
        visitor.map(who),
        "</header>\n",
        visitor.map(|visitor| navigation(visitor, here)),
        "<main>\n<h1>",
        title,
        "</h1>\n",
        body,
        "</main>\n<footer>Fairwater Savings Bank · Online banking 4.2 · Your entries are kept until the bank is restarted</footer>\n</body>\n</html>\n"
    ];
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    (status, headers, html.into_string()).into_response()
}

fn who(visitor: &Visitor) -> Markup {
    markup![
        "<form class=\"who\" method=\"post\" action=\"/logout\">",
        token(visitor),
        "<span title=\"",
        visitor.full_name,
        "\">Logged in as <span id=\"user\">",
        visitor.name,
        "</span></span><button class=\"plain\">Log out</button></form>\n"
    ]
}

fn navigation(visitor: &Visitor, here: &str) -> Markup {
    let shown = if visitor.is_admin() { PLACES.len() } else { PLACES.len() - 2 };
    let links: Markup = PLACES
        .iter()
        .take(shown)
        .map(|(address, name)| {
            let current = (*address == here).then(|| markup![" aria-current=\"page\""]);
            markup!["<a href=\"", *address, "\"", current, ">", *name, "</a>\n"]
        })
        .collect();
    markup!["<nav aria-label=\"Main\">\n", links, "</nav>\n"]
}

/// The hidden field that proves a form is ours.
pub(super) fn token(visitor: &Visitor) -> Markup {
    markup!["<input type=\"hidden\" name=\"csrf\" value=\"", visitor.csrf.as_str(), "\">"]
}

/// A box that says what went wrong with an entry.
pub(super) fn alert(text: &str) -> Markup {
    markup!["<p class=\"alert\" role=\"alert\">", text, "</p>\n"]
}

/// A page that refuses.
pub(super) fn refusal(visitor: Option<&Visitor>, status: StatusCode, title: &str, text: &str) -> Refusal {
    let body = markup![alert(text), "<p><a href=\"/\">Go to the overview</a></p>\n"];
    page(visitor, status, title, "", &body).into()
}

/// The page for an address that does not exist.
pub(super) async fn not_found(State(bank): State<Bank>, headers: HeaderMap) -> Refusal {
    missing(Visitor::find(&bank, &headers).as_ref())
}

/// The same for something that does not exist, or is not the visitor's.
pub(super) fn missing(visitor: Option<&Visitor>) -> Refusal {
    refusal(
        visitor,
        StatusCode::NOT_FOUND,
        "Not found",
        "There is no such page or entry. It may have been removed in the meantime.",
    )
}

/// The page for a method that an address does not take.
pub(super) async fn wrong_method(State(bank): State<Bank>, headers: HeaderMap) -> Refusal {
    let visitor = Visitor::find(&bank, &headers);
    refusal(
        visitor.as_ref(),
        StatusCode::METHOD_NOT_ALLOWED,
        "Not possible here",
        "This address cannot be opened like that. Please use the forms of our pages.",
    )
}

/// The files of the pages.
pub(super) async fn asset(bank: State<Bank>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", include_str!("static/style.css")),
        "script.js" => ("text/javascript; charset=utf-8", include_str!("static/script.js")),
        "rates.js" => ("text/javascript; charset=utf-8", include_str!("static/rates.js")),
        "icon.svg" => ("image/svg+xml", include_str!("static/icon.svg")),
        _ => return not_found(bank, headers).await.into_response(),
    };
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "max-age=300")], text).into_response()
}
