//! The one table of the portal: method, path, audience and handler; its parts are `rows` (prompts and phones) and [`self_service`] (the own
//! account). The router is built from it, and a test walks it.
//!
//! **Invariant:** there is no other way in: [`router`] adds nothing that is not in [`routes`] but the answers for what
//! does not exist (`tests/it/portal_routes.rs`).

mod rows;
mod self_service;

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use tokio::sync::Semaphore;

use super::guard::account as own;
use super::guard::phone::{Paired, Pairing};
use super::guard::{
    self, Account, AccountForm, Anyone, Audience, Fresh, Guest, HalfOpen, Submitter, Visitor, Watcher,
};
use super::header::FramedBy;
use super::problem::Refusal;
use super::{Portal, account, brand, header};
use crate::base::id::{Held, Id};
use crate::base::language::Text;
use crate::base::settings::PortalSettings;
use crate::flow::Flows;

/// The most pages that wait for changes at a time, so that they leave room for those who act; others ask again and again.
const WATCHERS: usize = 1024;

type Parameters = Result<RawPathParams, RawPathParamsRejection>;
type Work = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What is served to whom, for tests and documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path; `{id}` is a held request.
    pub path: &'static str,
    /// Who may call.
    pub audience: AudienceName,
    /// How a prompt's page shows whose it is.
    pub door: Door,
}

/// The roles by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudienceName {
    /// [`Anyone`].
    Anyone,
    /// [`Visitor`].
    Visitor,
    /// [`Watcher`].
    Watcher,
    /// [`Submitter`].
    Submitter,
    /// [`Guest`].
    Guest,
    /// [`HalfOpen`].
    HalfOpen,
    /// [`Account`].
    Account,
    /// [`AccountForm`].
    AccountForm,
    /// [`Fresh`].
    Fresh,
    /// [`Paired`].
    Paired,
    /// [`Pairing`].
    Pairing,
}

/// A handler; its variant names the audience, its argument is the evidence.
#[derive(Clone, Copy)]
enum Handler {
    Anyone(fn(&Arc<Portal>, Audience<Anyone>) -> Response),
    Visitor(fn(Arc<Portal>, Audience<Visitor>) -> Work),
    Watcher(fn(Arc<Portal>, Audience<Watcher>) -> Work),
    Submitter(fn(Arc<Portal>, Audience<Submitter>) -> Work),
    Guest(fn(Arc<Portal>, Audience<Guest>) -> Work),
    HalfOpen(fn(Arc<Portal>, Audience<HalfOpen>) -> Work),
    Account(fn(Arc<Portal>, Audience<Account>) -> Work),
    AccountForm(fn(Arc<Portal>, Audience<AccountForm>) -> Work),
    Fresh(fn(Arc<Portal>, Audience<Fresh>) -> Work),
    Paired(fn(Arc<Portal>, Audience<Paired>) -> Work),
    Pairing(fn(Arc<Portal>, Audience<Pairing>) -> Work),
}

#[derive(Clone, Copy)]
struct Route {
    verb: Verb,
    path: &'static str,
    door: Door,
    handler: Handler,
}

/// How a prompt's page shows whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// By its cookie.
    Window,
    /// By the token in its form.
    Frame,
}

#[derive(Clone, Copy)]
enum Verb {
    Get,
    Post,
}

const fn get(path: &'static str, handler: Handler) -> Route {
    Route { verb: Verb::Get, path, door: Door::Window, handler }
}

const fn post(path: &'static str, handler: Handler) -> Route {
    Route { verb: Verb::Post, path, door: Door::Window, handler }
}

/// In a frame of the application's page.
const fn framed(route: Route) -> Route {
    Route { door: Door::Frame, ..route }
}

/// All routes: of prompts and phones, and of the own account.
fn routes() -> impl Iterator<Item = &'static Route> {
    rows::ROUTES.iter().chain(self_service::ROUTES)
}

/// The table without its handlers.
pub fn table() -> Vec<RouteInfo> {
    routes()
        .map(|route| RouteInfo {
            method: match route.verb {
                Verb::Get => "GET",
                Verb::Post => "POST",
            },
            path: route.path,
            door: route.door,
            audience: match route.handler {
                Handler::Anyone(_) => AudienceName::Anyone,
                Handler::Visitor(_) => AudienceName::Visitor,
                Handler::Watcher(_) => AudienceName::Watcher,
                Handler::Submitter(_) => AudienceName::Submitter,
                Handler::Guest(_) => AudienceName::Guest,
                Handler::HalfOpen(_) => AudienceName::HalfOpen,
                Handler::Account(_) => AudienceName::Account,
                Handler::AccountForm(_) => AudienceName::AccountForm,
                Handler::Fresh(_) => AudienceName::Fresh,
                Handler::Paired(_) => AudienceName::Paired,
                Handler::Pairing(_) => AudienceName::Pairing,
            },
        })
        .collect()
}

/// The portal as a service.
pub fn router(flows: Flows, settings: PortalSettings) -> Router {
    let portal = Arc::new(Portal {
        flows,
        origin: settings.origin,
        theme: Arc::new(settings.theme),
        watchers: Semaphore::new(WATCHERS),
    });
    let mut router = Router::new();
    for route in routes() {
        let (door, handler, portal) = (route.door, route.handler, portal.clone());
        let filter = match route.verb {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
        };
        let call = move |parameters: Parameters, request: Request| {
            let portal = portal.clone();
            async move {
                // What is no text is no id either.
                let parameters = parameters.ok();
                let id = parameters.iter().flatten().find(|(name, _)| *name == "id").map(|(_, id)| id);
                let t = guard::text(request.headers());
                let admitted = admit(&portal, door, handler, id, request).await;
                match (door, id.and_then(|id| id.parse().ok())) {
                    (Door::Frame, Some(id)) => in_frame(&portal, id, admitted, t).await,
                    (Door::Frame, None) | (Door::Window, _) => {
                        admitted.unwrap_or_else(|refusal| portal.refuse(refusal, t))
                    }
                }
            }
        };
        router = router.route(route.path, on(filter, call));
    }
    let (nowhere, otherwise) = (portal.clone(), portal.clone());
    router
        .fallback(move |headers: HeaderMap| ready(nowhere.refuse(Refusal::NoPage, guard::text(&headers))))
        .method_not_allowed_fallback(move |headers: HeaderMap| {
            ready(otherwise.refuse(Refusal::WrongMethod, guard::text(&headers)))
        })
        .layer(middleware::from_fn_with_state(portal, gate))
}

/// The answer for a frame, which only the application's pages may show.
async fn in_frame(portal: &Portal, id: Id<Held>, admitted: Result<Response, Refusal>, t: Text) -> Response {
    let mut answer = match admitted {
        Ok(answer) => answer,
        Err(refusal) => portal.refuse_in_frame(id, refusal, t).await,
    };
    if let Ok(Some(parent)) = portal.flows.framed_on(id).await {
        answer.extensions_mut().insert(FramedBy(parent));
    }
    answer
}

/// Guard, then handler.
async fn admit(
    portal: &Arc<Portal>,
    door: Door,
    handler: Handler,
    id: Option<&str>,
    request: Request,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    Ok(match handler {
        Handler::Anyone(run) => run(portal, guard::anyone(&parts)),
        Handler::Visitor(run) => {
            let who = match door {
                Door::Window => guard::visitor(portal, id, &parts)?,
                Door::Frame => guard::frame::visitor(id, &parts)?,
            };
            run(portal.clone(), who).await
        }
        Handler::Watcher(run) => {
            let who = match door {
                Door::Window => guard::watcher(portal, id, &parts)?,
                Door::Frame => guard::frame::watcher(portal, id, &parts, body).await?,
            };
            run(portal.clone(), who).await
        }
        Handler::Submitter(run) => {
            let who = match door {
                Door::Window => guard::submitter(portal, id, &parts, body).await?,
                Door::Frame => guard::frame::submitter(portal, id, &parts, body).await?,
            };
            run(portal.clone(), who).await
        }
        Handler::Guest(run) => match own::guest(portal, id, &parts, body).await {
            Ok(who) => run(portal.clone(), who).await,
            Err(stop) => account::stopped(portal, stop),
        },
        Handler::HalfOpen(run) => match own::half_open(portal, id, &parts, body).await {
            Ok(who) => run(portal.clone(), who).await,
            Err(stop) => account::stopped(portal, stop),
        },
        Handler::Account(run) => match own::account(portal, id, &parts).await {
            Ok(who) => run(portal.clone(), who).await,
            Err(stop) => account::stopped(portal, stop),
        },
        Handler::AccountForm(run) => match own::account_form(portal, id, &parts, body).await {
            Ok(who) => run(portal.clone(), who).await,
            Err(stop) => account::stopped(portal, stop),
        },
        Handler::Fresh(run) => match own::fresh(portal, id, &parts, body).await {
            Ok(who) => run(portal.clone(), who).await,
            Err(stop) => account::stopped(portal, stop),
        },
        Handler::Paired(run) => run(portal.clone(), guard::phone::paired(portal, &parts, body).await?).await,
        Handler::Pairing(run) => {
            run(portal.clone(), guard::phone::pairing(portal, &parts, body).await?).await
        }
    })
}

/// The outermost layer: the host before everything, the headers over everything.
async fn gate(State(portal): State<Arc<Portal>>, request: Request, next: Next) -> Response {
    let t = guard::text(request.headers());
    let answering = async {
        match guard::own_host(&portal.origin, request.headers(), request.uri()) {
            Ok(()) => next.run(request).await,
            Err(refusal) => portal.refuse(refusal, t),
        }
    };
    let mut answer = brand::wearing(portal.theme.clone(), answering).await;
    header::fortify(&portal.origin, &mut answer);
    header::speak(t.language(), answer.headers_mut());
    answer
}
