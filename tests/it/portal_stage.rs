//! The portal on a real socket, with a browser reduced to what matters: exact bytes out, status, headers and text in.
//!
//! **Invariant:** everything below the portal is real ([`World`]): held by a policy, kept in the embedded store.

use countersign::base::id::{Held, Id};
use countersign::base::settings::PortalSettings;
use countersign::base::settings::account::AccountSettings;
use countersign::base::settings::theme::Theme;
use countersign::base::tasks::Tasks;
use countersign::base::time::Span;
use countersign::flow::admit::{Client, Ticket};
use countersign::flow::view::StateName;
use countersign::portal::{router, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::portal_world::{Person, World};

/// The portal's origin in these tests; the socket's address is another.
pub(crate) const ORIGIN: &str = "http://approve.localhost:8081";
/// Its Host.
pub(crate) const HOST: &str = "approve.localhost:8081";

pub(crate) struct Stage {
    pub(crate) world: World,
    address: std::net::SocketAddr,
}

/// One held request, and the browser that made it.
pub(crate) struct Case {
    pub(crate) id: Id<Held>,
    pub(crate) handoff: String,
    pub(crate) totp: String,
    pub(crate) person: Person,
    pub(crate) ticket: Ticket,
    /// The portal cookie, `name=value`; empty before [`Stage::open`].
    pub(crate) cookie: String,
}

/// The portal of these flows.
pub(crate) fn portal(world: &World, origin: &str) -> axum::Router {
    themed(world, origin, Theme::default())
}

/// The same in a tenant's theme.
fn themed(world: &World, origin: &str, theme: Theme) -> axum::Router {
    router(world.flows.clone(), PortalSettings { origin: origin.parse().unwrap(), listen: None, theme })
}

/// A form of so many bytes.
pub(crate) fn form(length: usize) -> Vec<u8> {
    let mut form = b"amount=5000&iban=".to_vec();
    form.resize(length, b'x');
    form
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_as(ORIGIN).await
    }

    pub(crate) async fn start_as(origin: &str) -> Self {
        let world = World::start(origin);
        let router = portal(&world, origin);
        Self::around(world, router).await
    }

    /// In a tenant's theme.
    pub(crate) async fn themed(theme: Theme) -> Self {
        let world = World::start(ORIGIN);
        let router = themed(&world, ORIGIN, theme);
        Self::around(world, router).await
    }

    /// One that can send messages.
    pub(crate) async fn posting(post: countersign::flow::outbox::Post) -> Self {
        let world = World::posting(ORIGIN, post);
        let router = portal(&world, ORIGIN);
        Self::around(world, router).await
    }

    /// Another gateway on the same store, with a portal on a socket of its own.
    pub(crate) async fn beside(&self) -> Self {
        let world = self.world.beside();
        let router = portal(&world, ORIGIN);
        Self::around(world, router).await
    }

    /// One whose users may keep other things.
    pub(crate) async fn keeping(post: countersign::flow::outbox::Post, account: AccountSettings) -> Self {
        let world = World::keeping(ORIGIN, post, account);
        let router = portal(&world, ORIGIN);
        Self::around(world, router).await
    }

    async fn around(world: World, router: axum::Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::default();
        tasks.spawn("portal", serve(listener, router, tasks.clone()));
        Self { world, address }
    }

    /// A navigation's request is held for a new user with one authenticator; nobody has opened its prompt.
    pub(crate) async fn hold(&self) -> Case {
        let person = self.world.person().await;
        self.hold_for(person, "/transfer", Client::Navigation(None)).await
    }

    /// A script's request is held, and its prompt opened.
    pub(crate) async fn opened_by_script(&self) -> Case {
        let person = self.world.person().await;
        self.opened_by_script_for(person).await
    }

    /// The same, for this person.
    pub(crate) async fn opened_by_script_for(&self, person: Person) -> Case {
        let case = self.hold_for(person, "/transfer", Client::Script).await;
        self.open(case).await
    }

    pub(crate) async fn hold_for(&self, person: Person, path: &str, client: Client) -> Case {
        let ticket = self.world.hold(&person, path, client).await;
        Self::case(person, ticket)
    }

    fn case(person: Person, ticket: Ticket) -> Case {
        let handoff = ticket.url.split_once("?handoff=").unwrap().1.to_owned();
        Case { id: ticket.id, handoff, totp: person.totp.clone(), person, ticket, cookie: String::new() }
    }

    /// A script's form of so many bytes is held, and its prompt opened.
    pub(crate) async fn opened_with_form(&self, length: usize) -> Case {
        let person = self.world.person().await;
        let ticket = self.world.hold_body(&person, "/transfer", Client::Script, &form(length)).await;
        self.open(Self::case(person, ticket)).await
    }

    /// Held, and its prompt opened in its browser.
    pub(crate) async fn opened(&self) -> Case {
        let case = self.hold().await;
        self.open(case).await
    }

    pub(crate) async fn open(&self, case: Case) -> Case {
        let answer = self.get(&format!("/held/{}?handoff={}", case.id, case.handoff), "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Case { cookie, ..case }
    }

    /// Approved at the prompt.
    pub(crate) async fn approve(&self, case: &Case) {
        let code = self.world.code();
        self.post(case, "answer", &[("authenticator", &case.totp), ("code", &code)])
            .await
            .shows(200, &["Confirmed"]);
    }

    /// What the flows say of it.
    pub(crate) async fn state(&self, case: &Case) -> StateName {
        self.world.flows.look(case.id).await.unwrap().unwrap().state
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.world.clock.advance(Span::from_secs(seconds));
    }

    /// A navigation with this cookie.
    pub(crate) async fn get(&self, target: &str, cookie: &str) -> Answer {
        self.send("GET", target, &[("Host", HOST), ("Cookie", cookie)], "").await
    }

    /// What the browser sends when the page's form is submitted.
    pub(crate) async fn post(&self, case: &Case, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = format!("csrf={}", self.token(case));
        for (name, value) in fields {
            form = format!("{form}&{name}={}", value.replace(' ', "+"));
        }
        self.send("POST", &format!("/held/{}/{action}", case.id), &form_headers(case), &form).await
    }

    pub(crate) fn token(&self, case: &Case) -> String {
        let browser = case.cookie.split_once('=').map(|(_, value)| value).unwrap_or_default();
        self.world.flows.csrf(browser, case.id)
    }

    /// One request with exactly these headers, on a connection of its own.
    pub(crate) async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        exchange(stream, method, target, headers, body).await
    }
}

/// The headers of a form post by our own page.
pub(crate) fn form_headers(case: &Case) -> Vec<(&str, &str)> {
    vec![
        ("Host", HOST),
        ("Origin", ORIGIN),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Cookie", &case.cookie),
    ]
}

pub(crate) async fn exchange(
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request = format!("{request}{name}: {value}\r\n");
    }
    if method == "POST" {
        request = format!("{request}Content-Length: {}\r\n", body.len());
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A server that refuses a long body may close before it has read it all.
    let _ = stream.read_to_end(&mut bytes).await;
    // An icon is no text.
    Answer::parse(&String::from_utf8_lossy(&bytes))
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Self { status, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Every value of a header.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The page's one heading of the first rank.
    pub(crate) fn heading(&self) -> &str {
        let rest = self.body.split("<h1>").nth(1).unwrap_or_else(|| panic!("no heading:\n{}", self.body));
        rest.split("</h1>").next().unwrap()
    }

    /// The page without its foot, where the language is chosen.
    pub(crate) fn page(&self) -> &str {
        self.body.split("<footer").next().unwrap()
    }

    #[track_caller]
    pub(crate) fn shows(&self, status: u16, needed: &[&str]) {
        assert_eq!(self.status, status, "{}", self.body);
        for text in needed {
            assert!(self.body.contains(text), "`{text}` is not in:\n{}", self.body);
        }
    }
}
