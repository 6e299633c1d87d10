//! Several gateways as processes on one shared store, and one user's way through them.

use std::net::SocketAddr;

use super::process::{Server, Site, ask, code, exchange, held, request};
use super::raw::Answer;
use super::upstream::Origin;

/// What the application says to what it carried out.
pub(crate) const DONE: &str = "ok";

/// The configurations of some gateways that share a store: all but the data folder is the same.
pub(crate) struct Sites(Vec<Site>);

impl Sites {
    /// For `count` gateways in front of `origin`; `store` goes into `[store]`.
    pub(crate) fn new(count: usize, origin: SocketAddr, store: &str, more: &str) -> Self {
        Self::of(origin, std::iter::repeat_n(store.to_owned(), count), more)
    }

    /// The same, where each reaches the store in a way of its own.
    pub(crate) fn of(origin: SocketAddr, stores: impl Iterator<Item = String>, more: &str) -> Self {
        let site = |store: String| {
            let key = "[[store.seal_key]]\nid = \"k1\"\nkey = { file = \"seal.key\" }";
            let site = Site::new(origin, "", &format!("{more}\n[store]\n{store}\n{key}\n"));
            std::fs::write(site.path().join("seal.key"), data_encoding::BASE64.encode(&[7; 32])).unwrap();
            site
        };
        Self(stores.map(site).collect())
    }

    /// One of them.
    pub(crate) fn site(&self, number: usize) -> &Site {
        &self.0[number]
    }

    /// Adds users, each with an authenticator.
    pub(crate) async fn enrol(&self, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        self.0[0].enrol(&names).await;
    }

    /// Starts them all.
    pub(crate) async fn serve(&self) -> Vec<Server> {
        let mut servers = Vec::new();
        for site in &self.0 {
            servers.push(site.serve().await);
        }
        servers
    }
}

/// A held transfer of a user.
#[derive(Clone, Debug)]
pub(crate) struct Ticket {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) credential: String,
    pub(crate) authenticator: String,
}

/// The transfer that is held.
pub(crate) fn transfer(name: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let headers: Vec<_> =
        [("X-Forwarded-User", name), form].into_iter().chain(more.iter().copied()).collect();
    request("POST", "/transfer", &headers, format!("amount=5000&iban={name}").as_bytes())
}

/// What no policy matches passes, whatever else happens.
pub(crate) async fn unguarded_passes(app: SocketAddr, origin: &Origin) {
    let before = origin.seen().len();
    let answer = ask(app, &request("GET", "/", &[("X-Forwarded-User", "alice")], b"")).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, DONE));
    assert_eq!(origin.seen().len(), before + 1);
}

/// An approved one is done, and done once.
pub(crate) async fn is_done_once(app: SocketAddr, origin: &Origin, ticket: &Ticket, before: usize) {
    let answer = ticket.release(app).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, DONE));
    assert_eq!(ticket.release(app).await.status, 409);
    assert_eq!(origin.transfers(), before + 1);
}

/// Asks for one, which must be held.
pub(crate) async fn hold(app: SocketAddr, name: &str) -> Ticket {
    ticket(name, &ask(app, &transfer(name, &[])).await)
}

/// What an answer says of the hold.
#[track_caller]
pub(crate) fn ticket(name: &str, answer: &Answer) -> Ticket {
    let held = held(answer);
    Ticket {
        name: name.to_owned(),
        id: held["id"].as_str().unwrap().to_owned(),
        credential: answer.field("countersign-approval").unwrap().to_owned(),
        authenticator: held["authenticators"][0]["id"].as_str().unwrap().to_owned(),
    }
}

impl Ticket {
    fn headers(&self) -> Vec<(&str, &str)> {
        vec![("X-Forwarded-User", self.name.as_str()), ("Countersign-Release", self.credential.as_str())]
    }

    /// Gives a code for it.
    pub(crate) async fn answer_with(&self, app: SocketAddr, code: &str) -> Answer {
        self.try_answer_with(app, code).await.expect("a whole answer")
    }

    /// Gives the right code; `None` when the gateway goes away meanwhile.
    pub(crate) async fn try_answer(&self, app: SocketAddr) -> Option<Answer> {
        self.try_answer_with(app, &code()).await
    }

    async fn try_answer_with(&self, app: SocketAddr, code: &str) -> Option<Answer> {
        let target = format!("/.countersign/api/v1/held/{}/answers", self.id);
        let body = serde_json::json!({ "authenticator": self.authenticator, "code": code }).to_string();
        let headers: Vec<_> =
            self.headers().into_iter().chain([("Content-Type", "application/json")]).collect();
        exchange(app, &request("POST", &target, &headers, body.as_bytes())).await
    }

    /// Gives the right code.
    pub(crate) async fn answer(&self, app: SocketAddr) -> Answer {
        self.answer_with(app, &code()).await
    }

    /// Asks for its release; `None` when the gateway goes away meanwhile.
    pub(crate) async fn try_release(&self, app: SocketAddr) -> Option<Answer> {
        exchange(app, &request("POST", "/transfer", &self.headers(), b"")).await
    }

    /// Asks for its release.
    pub(crate) async fn release(&self, app: SocketAddr) -> Answer {
        self.try_release(app).await.expect("a whole answer")
    }

    /// Its state.
    pub(crate) async fn state(&self, app: SocketAddr) -> String {
        let target = format!("/.countersign/api/v1/held/{}", self.id);
        let answer = ask(app, &request("GET", &target, &self.headers(), b"")).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let view: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        view["state"].as_str().unwrap().to_owned()
    }
}
