//! Whose portal it is: the tenant's name, logo and colour, over the portal's own.
//!
//! All pages of one answer wear the same; which, the outermost layer says ([`wearing`]), and the templates ask ([`worn`]).
//!
//! **Invariant:** the logo is a picture in a page, with a content policy under which it is nothing else when it is opened by itself
//! ([`super::header`]); colours come as a stylesheet of their own, for the policy allows nothing inline.

use std::future::Future;
use std::sync::Arc;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};

use super::Portal;
use super::guard::{Anyone, Audience};
use super::header::Picture;
use crate::base::language::Text;
use crate::base::settings::theme::Theme;

tokio::task_local! {
    static WORN: Arc<Theme>;
}

/// What a page says of whose it is.
pub struct Brand {
    /// The name.
    pub name: String,
    /// Whether there is a logo to show beside it.
    pub logo: bool,
    /// Whether the name is the tenant's.
    pub own: bool,
}

/// Answers in this theme.
pub(super) async fn wearing<T>(theme: Arc<Theme>, answer: impl Future<Output = T>) -> T {
    WORN.scope(theme, answer).await
}

/// What the page that is being made says of whose it is; called by `templates/portal/`.
pub fn worn(t: &Text) -> Brand {
    let of = |theme: &Arc<Theme>| {
        let name = theme.name.in_language(t.language()).map(str::to_owned);
        (name, theme.logo.is_some())
    };
    let (name, logo) = WORN.try_with(of).unwrap_or_default();
    let own = name.is_some();
    Brand { name: name.unwrap_or_else(|| t.say("pages-brand")), logo, own }
}

/// `GET /theme.css`: the tenant's colour.
pub(super) fn style(portal: &Arc<Portal>, _: Audience<Anyone>) -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], portal.theme.stylesheet()).into_response()
}

/// `GET /theme/logo`: the tenant's picture, else the portal's seal.
pub(super) fn logo(portal: &Arc<Portal>, _: Audience<Anyone>) -> Response {
    const SEAL: &str = include_str!("../../templates/portal/mark.svg");
    let (kind, bytes) = match &portal.theme.logo {
        Some(logo) => (logo.kind, logo.bytes.clone()),
        None => ("image/svg+xml", SEAL.as_bytes().to_vec()),
    };
    let mut answer = ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], bytes).into_response();
    answer.extensions_mut().insert(Picture);
    answer
}
