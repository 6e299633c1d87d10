//! Login, the overview of the account, and its bookings as a file.
//!
//! Called by the router.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, RANGE, SET_COOKIE,
};
use http::{HeaderMap, StatusCode};

use super::html::{Markup, markup};
use super::ledger::Booking;
use super::page::{Refusal, alert, missing, page};
use super::session::{Fields, Visitor, same};
use super::{Amount, Bank};

/// `GET /login`.
pub(super) async fn login_page(RawQuery(query): RawQuery) -> Response {
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    login_form(StatusCode::OK, "", query.get("next"), None)
}

fn login_form(status: StatusCode, user: &str, next: &str, fault: Option<&str>) -> Response {
    let body = markup![
        fault.map(alert),
        "<form class=\"card narrow\" method=\"post\" action=\"/login\">\n<input type=\"hidden\" name=\"next\" value=\"",
        next,
        "\">\n",
        "<label for=\"name\">User name</label>\n<input id=\"name\" name=\"user\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required autofocus value=\"",
        user,
        "\">\n",
        "<label for=\"password\">Password</label>\n<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required>\n<button>Log in</button>\n</form>\n",
        "<p class=\"hint\">Demonstration users: alice, bob and carol (administrator). The password is the user name.</p>\n"
    ];
    page(None, status, "Online banking", "", &body)
}

/// `POST /login` with `user`, `password` and optionally `next`.
pub(super) async fn login(State(bank): State<Bank>, form: Fields) -> Response {
    let found = bank
        .books()
        .person(form.get("user"))
        .filter(|person| same(person.password, form.get("password")))
        .map(|person| (person.name, person.locked));
    let next = form.get("next");
    match found {
        None => login_form(
            StatusCode::UNAUTHORIZED,
            form.get("user"),
            next,
            Some("User name or password is wrong."),
        ),
        Some((_, true)) => login_form(
            StatusCode::FORBIDDEN,
            form.get("user"),
            next,
            Some("This account is locked. Please ask your branch."),
        ),
        Some((name, false)) => {
            ([(SET_COOKIE, Visitor::begin(&bank, name))], Redirect::to(local(next))).into_response()
        }
    }
}

/// Where to go after login: only an address of our own, of plain characters.
fn local(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if ours { next } else { "/" }
}

/// `POST /logout`.
pub(super) async fn logout(
    State(bank): State<Bank>,
    visitor: Visitor,
    form: Fields,
) -> Result<Response, Refusal> {
    visitor.check(form.get("csrf"))?;
    Ok(([(SET_COOKIE, visitor.end(&bank))], Redirect::to("/login")).into_response())
}

/// `GET /`.
pub(super) async fn overview(State(bank): State<Bank>, visitor: Visitor) -> Result<Response, Refusal> {
    let books = bank.books();
    let person = books.person(visitor.name).ok_or_else(|| missing(Some(&visitor)))?;
    let left = person.daily_limit.minus(person.used_today).max(Amount::ZERO);
    let body = markup![
        "<p class=\"greeting\">Good day, ",
        person.full_name,
        ".</p>\n<section class=\"card balance\" aria-label=\"Current account\">\n",
        "<div><span class=\"label\">Current account</span><span class=\"iban\">",
        paper(person.iban),
        "</span></div>\n",
        "<div><span class=\"label\">Balance</span><strong id=\"balance\">",
        person.balance.grouped(),
        " EUR</strong></div>\n",
        "<div><span class=\"label\">Left of your daily limit</span><span>",
        left.grouped(),
        " EUR</span></div>\n</section>\n",
        "<div class=\"row\"><h2>Last transactions</h2><a href=\"/download\">Download as CSV</a></div>\n",
        bookings(&person.bookings),
        "<p><a class=\"button\" href=\"/transfer\">New transfer</a></p>\n"
    ];
    Ok(page(Some(&visitor), StatusCode::OK, "Overview", "/", &body))
}

fn bookings(all: &[Booking]) -> Markup {
    let lines: Markup = all
        .iter()
        .rev()
        .take(12)
        .map(|line| {
            let class = if line.amount < Amount::ZERO { "amount out" } else { "amount in" };
            let text = if line.text.is_empty() { "Transfer" } else { line.text.as_str() };
            markup![
                "<tr><td class=\"day\">",
                line.day.as_str(),
                "</td><td class=\"wide\">",
                text,
                "<span class=\"iban\">",
                paper(&line.counterparty),
                "</span></td><td class=\"",
                class,
                "\">",
                line.amount.grouped(),
                "</td></tr>\n"
            ]
        })
        .collect();
    markup![
        "<div class=\"card table\"><table id=\"transactions\">\n<thead><tr><th>Day</th><th>Details</th><th class=\"amount\">EUR</th></tr></thead>\n<tbody>\n",
        lines,
        "</tbody>\n</table></div>\n"
    ]
}

/// An account number in groups of four; text that is none stays as it is.
pub(super) fn paper(iban: &str) -> String {
    super::Iban::parse(iban).map_or_else(|| iban.to_owned(), |iban| iban.to_string())
}

/// `GET /download`: all bookings as CSV; one byte range may be asked for (RFC 9110 §14).
pub(super) async fn download(State(bank): State<Bank>, visitor: Visitor, headers: HeaderMap) -> Response {
    let rows = bank
        .books()
        .person(visitor.name)
        .map(|person| person.bookings.iter().map(row).collect::<String>())
        .unwrap_or_default();
    let file = format!("day,details,account,amount\r\n{rows}").into_bytes();
    let whole = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"transactions.csv\""),
        (ACCEPT_RANGES, "bytes"),
        (CACHE_CONTROL, "no-store"),
    ];
    let asked = headers.get(RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match part(asked, file.len()) {
        Part::Whole => (whole, file).into_response(),
        Part::Outside => {
            let range = [(CONTENT_RANGE, format!("bytes */{}", file.len()))];
            (StatusCode::RANGE_NOT_SATISFIABLE, range).into_response()
        }
        Part::Between(first, last) => {
            let range = [(CONTENT_RANGE, format!("bytes {first}-{last}/{}", file.len()))];
            let bytes = file.get(first..=last).unwrap_or_default().to_vec();
            (StatusCode::PARTIAL_CONTENT, whole, range, bytes).into_response()
        }
    }
}

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// Everything; also for what is not one valid range.
    Whole,
    /// From the first to the last byte, both included.
    Between(usize, usize),
    /// Nothing that the file has.
    Outside,
}

/// Reads a `Range` header for a file of `length` bytes.
fn part(range: &str, length: usize) -> Part {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    match (first.parse(), last.parse()) {
        (Err(_), Ok(tail)) if first.is_empty() => between(length.saturating_sub(tail), length, length),
        (Ok(first), Err(_)) if last.is_empty() => between(first, length, length),
        (Ok(first), Ok(last)) if first <= last => between(first, usize::saturating_add(last, 1), length),
        _ => Part::Whole,
    }
}

fn between(start: usize, end: usize, length: usize) -> Part {
    if start < length { Part::Between(start, end.min(length) - 1) } else { Part::Outside }
}

/// One line of the file; text that a spreadsheet could take for a formula is preceded by an apostrophe.
fn row(line: &Booking) -> String {
    let text = line.text.replace('"', "\"\"");
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("{},\"{guard}{text}\",{},{}\r\n", line.day, line.counterparty, line.amount)
}

#[cfg(test)]
mod tests {
    use super::{Part, local, part};

    #[test]
    fn after_login_nobody_leaves_the_bank() {
        for next in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\r\nb",
            "/é",
        ] {
            assert_eq!(local(next), "/", "{next:?}");
        }
        assert_eq!(local("/transfer?amount=5"), "/transfer?amount=5");
    }

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        let cases = [
            ("bytes=0-4", Part::Between(0, 4)),
            ("bytes=5-", Part::Between(5, 9)),
            ("bytes=-3", Part::Between(7, 9)),
            ("bytes=-30", Part::Between(0, 9)),
            ("bytes=8-99", Part::Between(8, 9)),
            ("bytes=10-", Part::Outside),
            ("bytes=-0", Part::Outside),
            ("bytes=5-4", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("lines=0-4", Part::Whole),
            ("", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=x-4", Part::Whole),
        ];
        for (range, expected) in cases {
            assert_eq!(part(range, 10), expected, "{range}");
        }
    }
}
