//! The portal on a real socket, with a browser reduced to what matters: exact bytes out, status, headers and text in.
//!
//! **Invariant:** everything that depends on how a request comes to be held is in [`Stage`]; the tests only talk HTTP.

use std::sync::Arc;
use std::time::Duration;

use countersign::base::entropy::SeededEntropy;
use countersign::base::id::{Held, Id};
use countersign::base::tasks::Tasks;
use countersign::base::time::{Clock as _, ManualClock, Span, Timestamp};
use countersign::flow::Flows;
use countersign::flow::view::{Choice, HeldView, StateName, StepView};
use countersign::portal::{PortalSettings, router, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The portal's origin in these tests; the socket's address is another.
pub(crate) const ORIGIN: &str = "http://approve.localhost:8081";
/// Its Host.
pub(crate) const HOST: &str = "approve.localhost:8081";
/// The right answer to every challenge.
pub(crate) const CODE: &str = "123456";

pub(crate) struct Stage {
    pub(crate) flows: Flows,
    clock: Arc<ManualClock>,
    address: std::net::SocketAddr,
    tasks: Tasks,
    entropy: SeededEntropy,
}

/// One held request, and the browser that made it.
pub(crate) struct Case {
    pub(crate) id: Id<Held>,
    pub(crate) handoff: String,
    pub(crate) totp: String,
    pub(crate) emergency: String,
    /// The portal cookie, `name=value`; empty before [`Stage::open`].
    pub(crate) cookie: String,
}

impl Drop for Stage {
    fn drop(&mut self) {
        let tasks = self.tasks.clone();
        tokio::spawn(async move { tasks.stop(Duration::ZERO).await });
    }
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_as(ORIGIN).await
    }

    pub(crate) async fn start_as(origin: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::parse("2026-11-21T19:50:05Z").unwrap()));
        let flows = Flows::stand_in(clock.clone(), Box::new(SeededEntropy::new(7)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::default();
        let portal = router(flows.clone(), PortalSettings { origin: origin.parse().unwrap() });
        tasks.spawn("portal", serve(listener, portal, tasks.clone()));
        Self { flows, clock, address, tasks, entropy: SeededEntropy::new(8) }
    }

    /// A navigation's request is held; nobody has opened its prompt.
    pub(crate) fn hold(&self) -> Case {
        self.hold_with(true, |_| {})
    }

    pub(crate) fn hold_with(&self, navigation: bool, change: impl FnOnce(&mut HeldView)) -> Case {
        let now = self.clock.now();
        let choice = |kind, label: &str, digits| Choice {
            id: Id::new(now, &self.entropy),
            kind,
            label: label.to_owned(),
            digits,
        };
        let choices = vec![choice("totp", "Pixel 9", Some(6)), choice("emergency", "Emergency code", None)];
        let mut view = HeldView {
            id: Id::new(now, &self.entropy),
            app: "bank".to_owned(),
            origin: "https://bank.example.com".parse().unwrap(),
            user: "alice".to_owned(),
            state: StateName::Held,
            summary: vec!["Transfer 5000 EUR to DE89".to_owned()],
            show: vec![("Amount".to_owned(), "5000 EUR".to_owned())],
            request_line: "POST https://bank.example.com/transfer".to_owned(),
            digest: "sha-256=:AAAA:".to_owned(),
            created_at: now,
            expires_at: Some(now.plus(Span::from_secs(600))),
            remaining: Some(Span::from_secs(600)),
            steps: vec![StepView { factors: vec!["totp", "emergency"], done: false }],
            choices,
            return_url: None,
            back_url: "https://bank.example.com/accounts".to_owned(),
            outcome_status: None,
            reason: None,
        };
        change(&mut view);
        let name =
            |index: usize| view.choices.get(index).map(|choice| choice.id.to_string()).unwrap_or_default();
        let (id, totp, emergency) = (view.id, name(0), name(1));
        let handoff = self.flows.hold(view, CODE, navigation);
        Case { id, handoff, totp, emergency, cookie: String::new() }
    }

    /// Held, and its prompt opened in its browser.
    pub(crate) async fn opened(&self) -> Case {
        let case = self.hold();
        self.open(case).await
    }

    pub(crate) async fn open(&self, mut case: Case) -> Case {
        let answer = self.get(&format!("/held/{}?handoff={}", case.id, case.handoff), "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        case.cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        case
    }

    pub(crate) fn advance(&self, seconds: u32) {
        self.clock.advance(Span::from_secs(seconds));
    }

    /// A navigation with this cookie.
    pub(crate) async fn get(&self, target: &str, cookie: &str) -> Answer {
        self.send("GET", target, &[("Host", HOST), ("Cookie", cookie)], "").await
    }

    /// What the browser sends when the page's form is submitted.
    pub(crate) async fn post(&self, case: &Case, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = format!("csrf={}", self.token(case));
        for (name, value) in fields {
            form.push_str(&format!("&{name}={}", value.replace(' ', "+")));
        }
        self.send("POST", &format!("/held/{}/{action}", case.id), &self.form_headers(case), &form).await
    }

    pub(crate) fn token(&self, case: &Case) -> String {
        let browser = case.cookie.split_once('=').map(|(_, value)| value).unwrap_or_default();
        self.flows.csrf(browser, case.id)
    }

    /// The headers of a form post by our own page.
    pub(crate) fn form_headers<'a>(&self, case: &'a Case) -> Vec<(&'a str, &'a str)> {
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

pub(crate) async fn exchange(
    mut stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if method == "POST" {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A server that refuses a long body may close before it has read it all.
    let _ = stream.read_to_end(&mut bytes).await;
    Answer::parse(&String::from_utf8(bytes).unwrap())
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

    /// The page's one heading of the first rank.
    pub(crate) fn heading(&self) -> &str {
        let rest = self.body.split("<h1>").nth(1).unwrap_or_else(|| panic!("no heading:\n{}", self.body));
        rest.split("</h1>").next().unwrap()
    }

    #[track_caller]
    pub(crate) fn shows(&self, status: u16, needed: &[&str]) {
        assert_eq!(self.status, status, "{}", self.body);
        for text in needed {
            assert!(self.body.contains(text), "`{text}` is not in:\n{}", self.body);
        }
    }
}
