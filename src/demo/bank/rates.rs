//! Exchange rates as a stream of server-sent events.
//!
//! **Invariant:** a stream ends by itself after [`LAST`] events, and within one tick when the bank stops.
//!
//! Called by the router.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::extract::State;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use tokio::time::{Interval, interval};

use super::Bank;
use super::html::markup;
use super::page::page as framed;
use super::session::{Caller, Visitor};

/// Number of the last event of a stream.
const LAST: u32 = 60;

/// Currencies and their first rate, in ten-thousandths.
const CURRENCIES: [(&str, u32); 4] = [("USD", 10_842), ("GBP", 8_431), ("CHF", 9_376), ("JPY", 1_628_400)];

/// `GET /events`.
pub(super) async fn page(visitor: Visitor) -> Response {
    let body = markup![
        "<p>Rates for one euro, as they come in. <span id=\"state\" role=\"status\">Connecting …</span></p>\n",
        "<div class=\"card table\"><table id=\"rates\">\n<thead><tr><th>No.</th><th>Currency</th><th class=\"amount\">Rate</th></tr></thead>\n<tbody></tbody>\n</table></div>\n",
        "<noscript><p class=\"alert\">This page needs JavaScript.</p></noscript>\n<script src=\"/static/rates.js\" defer></script>\n"
    ];
    framed(Some(&visitor), StatusCode::OK, "Rates", "/events", &body)
}

/// `GET /events/stream`: events `rate` with a JSON object each, then one event `end`.
pub(super) async fn stream(State(bank): State<Bank>, Caller(_): Caller) -> Response {
    let interval = interval(bank.settings().tick);
    ([(CACHE_CONTROL, "no-store")], Sse::new(Ticker { bank, interval, sent: 0 })).into_response()
}

struct Ticker {
    bank: Bank,
    interval: Interval,
    sent: u32,
}

impl Stream for Ticker {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.sent > LAST {
            return Poll::Ready(None);
        }
        ready!(self.interval.poll_tick(context));
        self.sent = if self.bank.closing() { LAST + 1 } else { self.sent + 1 };
        let event = if self.sent > LAST { Event::default().event("end").data("{}") } else { rate(self.sent) };
        Poll::Ready(Some(Ok(event)))
    }
}

/// The rate with this number: the first one moved a little, always in the same way.
fn rate(number: u32) -> Event {
    let place = number.saturating_sub(1) as usize % CURRENCIES.len();
    let (currency, first) = CURRENCIES.get(place).copied().unwrap_or(("USD", 10_842));
    let moved = first + first / 10_000 * (number * 37 % 21);
    let data = serde_json::json!({ "number": number, "currency": currency, "rate": format!("{}.{:04}", moved / 10_000, moved % 10_000) });
    Event::default().event("rate").id(number.to_string()).data(data.to_string())
}
