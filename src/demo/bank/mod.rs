//! A small legacy bank: an ordinary web application with sessions, forms, uploads and a JSON interface, which knows nothing about approvals.
//!
//! It is what the gateway of the demonstration protects, and what the end-to-end tests drive.
//!
//! **Invariant:** nothing here imports another part of the product; the bank must work the same with and without a gateway before it.
//! **Invariant:** time and randomness are arguments; the same requests give the same books (`tests/it/demo_bank.rs`).
//!
//! Called by the demonstration, and by tests.

mod account;
mod admin;
mod api;
mod html;
mod iban;
mod ledger;
mod money;
mod page;
mod payees;
mod rates;
mod seed;
mod session;
mod statements;
mod transfer;

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::middleware::map_response_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use http::HeaderValue;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};

pub use iban::Iban;
pub use ledger::{JournalEntry, Payee, Transfer, Upload};
pub use money::Amount;
pub use seed::{SEED_USERS, SeedUser};

use ledger::Books;
use session::Sessions;

/// The longest statement file with its form, in bytes (64 MiB).
pub const UPLOAD_LIMIT: usize = 64 * 1024 * 1024;

/// Thirty-two fresh random bytes at each call; session ids and form tokens are made of them.
pub type Random = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// Value of the `SameSite` attribute of the session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Sent with links from other sites.
    Lax,
    /// Sent only with requests that the bank's own pages cause.
    Strict,
}

/// How the bank behaves.
#[derive(Clone, Debug)]
pub struct BankSettings {
    /// Attribute of the session cookie.
    pub same_site: SameSite,
    /// Whether pages carry `script-src 'self'; style-src 'self'; form-action 'self'`; without it no policy is sent.
    pub csp_form_action_self: bool,
    /// The day in the books, as `2026-11-21`.
    pub booking_day: String,
    /// Time between two events of the rate ticker.
    pub tick: Duration,
}

impl Default for BankSettings {
    fn default() -> Self {
        Self {
            same_site: SameSite::Lax,
            csp_form_action_self: true,
            booking_day: "2026-11-21".to_owned(),
            tick: Duration::from_secs(1),
        }
    }
}

/// The bank with its books; clones share them.
#[derive(Clone)]
pub struct Bank {
    inner: Arc<Inner>,
}

struct Inner {
    settings: BankSettings,
    random: Random,
    books: Mutex<Books>,
    sessions: Mutex<Sessions>,
    closing: AtomicBool,
}

impl Bank {
    /// A bank on its first day.
    pub fn new(settings: BankSettings, random: Random) -> Self {
        let inner = Inner {
            settings,
            random,
            books: Mutex::new(seed::books()),
            sessions: Mutex::default(),
            closing: AtomicBool::new(false),
        };
        Self { inner: Arc::new(inner) }
    }

    /// All transfers carried out, in order.
    pub fn transfers(&self) -> Vec<Transfer> {
        self.books().transfers.clone()
    }

    /// All actions carried out, in order.
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.books().journal.clone()
    }

    /// All statement files received, in order.
    pub fn uploads(&self) -> Vec<Upload> {
        self.books().uploads.clone()
    }

    /// The payees of a user.
    pub fn payees(&self, user: &str) -> Vec<Payee> {
        self.books().payees.iter().filter(|payee| payee.owner == user).cloned().collect()
    }

    /// The balance of a user; `None` for somebody unknown.
    pub fn balance(&self, user: &str) -> Option<Amount> {
        self.books().person(user).map(|person| person.balance)
    }

    /// What a user may transfer in a day; `None` for somebody unknown.
    pub fn daily_limit(&self, user: &str) -> Option<Amount> {
        self.books().person(user).map(|person| person.daily_limit)
    }

    /// Whether the account of a user is locked; `None` for somebody unknown.
    pub fn locked(&self, user: &str) -> Option<bool> {
        self.books().person(user).map(|person| person.locked)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.inner.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.inner.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn random(&self) -> String {
        data_encoding::HEXLOWER.encode(&(self.inner.random)())
    }

    fn settings(&self) -> &BankSettings {
        &self.inner.settings
    }

    fn closing(&self) -> bool {
        self.inner.closing.load(Ordering::Relaxed)
    }
}

/// All pages of the bank.
pub fn router(bank: Bank) -> Router {
    Router::new()
        .route("/", get(account::overview))
        .route("/login", get(account::login_page).post(account::login))
        .route("/logout", post(account::logout))
        .route("/download", get(account::download))
        .route("/transfer", get(transfer::form).post(transfer::submit))
        .route("/transfer/done/{number}", get(transfer::done))
        .route("/payees", get(payees::list))
        .route("/payees/add", post(payees::add))
        .route("/payees/{id}/delete", post(payees::delete))
        .route(
            "/statements",
            get(statements::list).post(statements::upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)),
        )
        .route("/admin", get(admin::overview))
        .route("/admin/limit", post(admin::limit))
        .route("/admin/lock", post(admin::lock))
        .route("/admin/unlock", post(admin::unlock))
        .route("/journal", get(admin::journal))
        .route("/journal.json", get(admin::journal_json))
        .route("/script", get(api::page))
        .route("/api/account", get(api::account))
        .route("/api/transfer", post(api::transfer))
        .route("/events", get(rates::page))
        .route("/events/stream", get(rates::stream))
        .route("/static/{name}", get(page::asset))
        .route("/healthz", get(async || "ok\n"))
        .fallback(page::not_found)
        .method_not_allowed_fallback(page::wrong_method)
        .layer(map_response_with_state(bank.clone(), protect))
        .with_state(bank)
}

/// Serves the bank until `stop` is ready, then finishes the requests under way.
pub async fn serve(
    listener: tokio::net::TcpListener,
    bank: Bank,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let inner = Arc::clone(&bank.inner);
    let stopped = async move {
        stop.await;
        inner.closing.store(true, Ordering::Relaxed);
    };
    axum::serve(listener, router(bank)).with_graceful_shutdown(stopped).await
}

/// Adds the headers that every answer carries.
async fn protect(State(bank): State<Bank>, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if bank.settings().csp_form_action_self {
        headers.insert(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("script-src 'self'; style-src 'self'; form-action 'self'"),
        );
    }
    response
}
