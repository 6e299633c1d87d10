//! A whole gateway on real sockets: `app::start` on a configuration file and policies in a temporary folder, in front of applications
//! that record what arrives; and its people, with what they and their programs do.
//!
//! **Invariant:** nothing between socket and application is replaced; only the clock and the randomness are the test's.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::app::{self, Listeners, Machine, Running};
use countersign::base::entropy::{Entropy, SeededEntropy};
use countersign::base::text::UserName;
use countersign::base::time::{Clock as _, ManualClock, Span, Timestamp};
use countersign::config;
use countersign::factors::Totp;
use countersign::factors::totp::{Algorithm, Digits, parse_seed};
use countersign::flow::admin::{Order, Reply};
use tokio::sync::Notify;

use super::certs::Authority;
use super::raw::{Answer, Client, PATIENCE};
use super::upstream::{Origin, Seen, Step, When, answer};
pub(crate) use super::wire::{
    FORM, Held, NAVIGATION, PORTAL, borrowed, held, held_by_page, json, refresh, request,
};
use super::{h2, sha256};

/// The seed of every authenticator here, so that one computation gives everybody's code.
const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The policies of every application, unless a test brings its own.
pub(crate) const POLICIES: &str = r#"
[[policy]]
id = "transfer"
match = { methods = ["POST", "PUT", "PATCH", "DELETE"], path = "/transfer" }
summary = "Transfer {amount?} EUR to {iban?}"
show = { Amount = "{amount?} EUR", To = "{iban?}" }
[policy.approve]
steps = [{ self = ["totp", "emergency"] }]
hold_for = "10m"
release_within = "5m"

[[policy]]
id = "large-payment"
match = { methods = ["POST"], path = "/pay", fields = { amount = { over = 1000 } } }
summary = "Pay {amount} EUR"
[policy.approve]
steps = [{ self = ["totp", "emergency"] }]

[[policy]]
id = "archive"
match = { methods = ["GET"], path = "/archive/{year}" }
summary = "Open the archive of {year}"
[policy.approve]
steps = [{ self = ["totp", "emergency"] }]

[[policy]]
id = "emergency-only"
match = { methods = ["POST"], path = "/vault" }
summary = "Open the vault"
[policy.approve]
steps = [{ self = ["emergency"] }]

[[policy]]
id = "never"
match = { methods = ["POST"], path = "/forbidden" }
effect = "deny"
summary = "Delete the ledger"
"#;

/// What the application does with a request, `/account` apart.
#[derive(Clone)]
pub(crate) enum Mood {
    /// Answers 201 and the SHA-256 of the body.
    Answers,
    /// Takes the request and closes the connection without a word.
    Closes,
    /// Takes the request and never answers.
    Hangs,
    /// Answers once told.
    Waits(Arc<Notify>),
}

/// What a test wants different.
pub(crate) struct Setup {
    /// Lines of `[limits]`.
    pub(crate) limits: &'static str,
    /// Lines of `[server]`.
    pub(crate) server: &'static str,
    /// Lines of `[timeouts]`.
    pub(crate) timeouts: &'static str,
    /// Lines of each `[[app]]`.
    pub(crate) app: &'static str,
    /// The policies, without `app`.
    pub(crate) policies: &'static str,
    /// Tables of the configuration that nothing else here has.
    pub(crate) more: String,
}

impl Default for Setup {
    fn default() -> Self {
        let (server, limits, timeouts) = ("", "", "read = \"10s\"");
        Self { limits, server, timeouts, app: "", policies: POLICIES, more: String::new() }
    }
}

/// The gateway with everything around it. Applications: `bank.test` (HTTP/1), `h2.test` (h2c), `club.test` (HTTP/1, whoami) and
/// `late.test`, where nobody listens yet.
pub(crate) struct Office {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) app: Origin,
    pub(crate) modern: h2::Origin,
    pub(crate) mood: Arc<Mutex<Mood>>,
    /// Users whose session at `club.test` has ended.
    pub(crate) signed_out: Arc<Mutex<HashSet<String>>>,
    /// Where `late.test` is to run.
    pub(crate) late: SocketAddr,
    authority: Authority,
    folder: tempfile::TempDir,
    running: Option<Running>,
    starts: u64,
    drawn: Arc<Recorder>,
}

/// A stream of randomness that remembers what it gave.
struct Recorder {
    real: SeededEntropy,
    drawn: Mutex<Vec<Vec<u8>>>,
}

impl Entropy for Recorder {
    fn fill(&self, buffer: &mut [u8]) {
        self.real.fill(buffer);
        self.drawn.lock().unwrap().push(buffer.to_vec());
    }
}

/// A user with an authenticator.
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) totp: String,
}

impl Person {
    /// What the proxy in front says about this user.
    pub(crate) fn who(&self) -> (String, String) {
        ("X-Forwarded-User".to_owned(), self.name.clone())
    }
}

impl Office {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        Self::seeded(setup, 0).await
    }

    /// One whose keys and ids are others.
    pub(crate) async fn start_with_seed(seed: u64) -> Self {
        Self::seeded(Setup::default(), seed).await
    }

    async fn seeded(setup: Setup, starts: u64) -> Self {
        let (mood, signed_out) = (Arc::new(Mutex::new(Mood::Answers)), Arc::new(Mutex::new(HashSet::new())));
        let (feels, gone) = (mood.clone(), signed_out.clone());
        let app = Origin::start(move |seen| application(seen, &feels, &gone)).await;
        let modern = h2::Origin::start(&[]).await;
        let late = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        authority.files(folder.path(), "bank", &["bank.test", "h2.test", "club.test", "late.test"]);
        let clock = Arc::new(ManualClock::new(Timestamp::parse("2026-11-21T19:50:05Z").unwrap()));
        let running = None;
        let drawn = Arc::new(Recorder { real: SeededEntropy::new(0), drawn: Mutex::default() });
        let mut office =
            Self { clock, app, modern, mood, signed_out, late, authority, folder, running, starts, drawn };
        office.write(&setup);
        office.open().await;
        office
    }

    fn write(&self, setup: &Setup) {
        let Setup { limits, server, timeouts, app, policies, more } = setup;
        let by_header = "[app.identity]\nsource = \"header\"\nuser = \"X-Forwarded-User\"\ngroups = \"X-Forwarded-Groups\"";
        let by_asking = "[app.identity]\nsource = \"whoami\"\npath = \"/account\"\nuser = { json = \"/user/name\" }\n\
                         session = [\"sessionid\"]\ncache = \"10m\"";
        let mut text = format!(
            r#"policies = "policies"
[server]
http = ["127.0.0.1:0"]
https = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
trusted_proxies = ["127.0.0.1/32"]
data_dir = "data"
{server}
[[server.certificate]]
hosts = ["bank.test", "h2.test", "club.test", "late.test"]
chain = "bank.pem"
key = "bank.key"
[portal]
url = "{PORTAL}"
listen = "127.0.0.1:0"
[limits]
{limits}
[timeouts]
{timeouts}
{more}
"#
        );
        std::fs::create_dir_all(self.folder.path().join("policies")).unwrap();
        for (name, upstream, identity) in [
            ("bank", format!("http://{}", self.app.address), by_header),
            ("h2", format!("h2c://{}", self.modern.address), by_header),
            ("club", format!("http://{}", self.app.address), by_asking),
            ("late", format!("http://{}", self.late), by_header),
        ] {
            text.push_str(&format!(
                "[[app]]\nname = \"{name}\"\nhosts = [\"{name}.test\"]\nupstream = \"{upstream}\"\n{app}\n{identity}\n"
            ));
            // Ids are of all applications.
            let own = if name == "bank" { String::new() } else { format!("{name}-") };
            let policies =
                format!("app = \"{name}\"\n{}", policies.replace("\nid = \"", &format!("\nid = \"{own}")));
            std::fs::write(self.folder.path().join(format!("policies/{name}.toml")), policies).unwrap();
        }
        std::fs::write(self.settings(), text).unwrap();
    }

    /// The configuration file.
    pub(crate) fn settings(&self) -> PathBuf {
        self.folder.path().join("countersign.toml")
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) async fn open(&mut self) {
        let (settings, policies) =
            config::load(&self.settings()).unwrap_or_else(|faults| panic!("{}", faults.human(100, false)));
        self.starts += 1;
        // Another stream at each start: what was drawn before a restart must not be drawn again.
        self.drawn = Arc::new(Recorder { real: SeededEntropy::new(self.starts), drawn: Mutex::default() });
        let machine = Machine { clock: self.clock.clone(), entropy: self.drawn.clone() };
        let listeners = Listeners::bind(&settings).await.unwrap();
        self.running = Some(app::start(&settings, policies, listeners, &machine).await.unwrap());
    }

    /// Stops the gateway and starts it again on the same data.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.open().await;
    }

    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop(Duration::from_secs(20)).await;
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn feel(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// What arrived at the HTTP/1 application, questions about users left out.
    pub(crate) fn arrived(&self) -> Vec<Seen> {
        self.app.seen().into_iter().filter(|seen| !seen.line().starts_with("GET /account ")).collect()
    }

    /// The only request that arrived there.
    #[track_caller]
    pub(crate) fn only(&self) -> Seen {
        let mut arrived = self.arrived();
        assert_eq!(arrived.len(), 1, "{arrived:?}");
        arrived.remove(0)
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.running().http[0]).await
    }

    /// Sends one request on a connection of its own.
    pub(crate) async fn ask(&self, line: &str, fields: &[(&str, &str)], body: &[u8]) -> Answer {
        self.connect().await.ask(request(line, fields, body)).await
    }

    /// The same, the fields owned.
    pub(crate) async fn ask_with(
        &self,
        line: &str,
        mut fields: Vec<(String, String)>,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.ask(line, &borrowed(&fields), body).await
    }

    /// A connection in HTTP/2 over TLS.
    pub(crate) async fn h2(&self, host: &str) -> h2::Client {
        h2::Client::over(self.tls(host, "h2").await).await
    }

    /// A connection over TLS.
    pub(crate) async fn tls(
        &self,
        host: &str,
        protocol: &str,
    ) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
        self.authority.connect(self.running().https[0], host, &[protocol]).await.unwrap()
    }

    pub(crate) async fn order(&self, order: Order) -> Reply {
        let reply = self.running().flows.order(order, &UserName::parse("operator").unwrap()).await.unwrap();
        if let Reply::Refused { why } = &reply {
            panic!("{why}");
        }
        reply
    }

    pub(crate) async fn user(&self, name: &str) {
        let (groups, email, phone) = (Vec::new(), None, None);
        self.order(Order::UserAdd { name: name.to_owned(), groups, email, phone }).await;
    }

    /// A new user with an authenticator app.
    pub(crate) async fn person(&self, name: &str) -> Person {
        self.user(name).await;
        let (secret, label) = (Some(SEED.to_owned()), Some("Pixel 9".to_owned()));
        let order = Order::TotpAdd { name: name.to_owned(), secret, label, algorithm: None, digits: None };
        match self.order(order).await {
            Reply::Totp { id, .. } => Person { name: name.to_owned(), totp: id },
            _ => panic!("no authenticator"),
        }
    }

    /// An emergency code: its id and the code.
    pub(crate) async fn emergency(&self, name: &str, uses: u32) -> (String, String) {
        let (name, valid_for) = (name.to_owned(), Some("24h".to_owned()));
        match self.order(Order::EmergencyIssue { name, uses, valid_for, until: None }).await {
            Reply::Emergency { id, code, .. } => (id, code),
            _ => panic!("no code"),
        }
    }

    /// The code that everybody's app shows now.
    pub(crate) fn code(&self) -> String {
        let totp = Totp::new(parse_seed(SEED).unwrap(), Algorithm::Sha1, Digits::Six).unwrap();
        totp.code_at(self.clock.now())
    }

    /// Half a minute passes: the apps show a new code.
    pub(crate) fn next_code(&self) {
        self.clock.advance(Span::from_secs(30));
    }

    /// All audit entries.
    pub(crate) async fn audit(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        loop {
            let from = all.last().map_or(0, |line| json(line.as_bytes())["number"].as_u64().unwrap() + 1);
            let Reply::Audit { lines } = self.order(Order::AuditList { from, limit: 1000 }).await else {
                panic!("no audit log")
            };
            if lines.is_empty() {
                return all;
            }
            all.extend(lines);
        }
    }

    /// How many audit entries are of one of these kinds.
    pub(crate) async fn audited(&self, kinds: &[&str]) -> usize {
        let of_kind =
            |line: &String| kinds.contains(&json(line.as_bytes())["event"]["kind"].as_str().unwrap());
        self.audit().await.iter().filter(|line| of_kind(line)).count()
    }

    /// A form that a program of `person` sends to `bank.test`, and that is held.
    pub(crate) async fn hold(&self, person: &Person, body: &str) -> Held {
        self.hold_with("POST /transfer", "bank.test", person.who(), &[FORM], body.as_bytes()).await
    }

    /// Any request that is held.
    pub(crate) async fn hold_with(
        &self,
        line: &str,
        host: &str,
        who: (String, String),
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Held {
        let own = vec![("Host".to_owned(), host.to_owned()), who.clone()];
        held(&self.ask_with(line, own, fields, body).await, line, host, who)
    }

    /// A navigation that is held; the browser has no key yet.
    pub(crate) async fn navigate(&self, line: &str, host: &str, who: (String, String), body: &[u8]) -> Held {
        let own = vec![("Host".to_owned(), host.to_owned()), who.clone()];
        let mut fields = NAVIGATION.to_vec();
        if !body.is_empty() {
            fields.push(FORM);
        }
        let answer = self.ask_with(line, own, &fields, body).await;
        held_by_page(&answer, line, host, who)
    }

    /// A call of the API about `held`.
    pub(crate) async fn api(&self, held: &Held, method: &str, what: &str, body: &str) -> Answer {
        let line = format!("{method} /.countersign/api/v1/held/{}{what}", held.id);
        self.ask_with(&line, held.fields(), &[("Countersign-Release", &held.credential())], body.as_bytes())
            .await
    }

    pub(crate) async fn answer(&self, held: &Held, authenticator: &str, code: &str) -> Answer {
        let body = serde_json::json!({ "authenticator": authenticator, "code": code }).to_string();
        self.api(held, "POST", "/answers", &body).await
    }

    /// Approves with the present code, which is used up then.
    #[track_caller]
    pub(crate) fn approve<'a>(&'a self, held: &'a Held, person: &'a Person) -> impl Future<Output = ()> + 'a {
        let place = std::panic::Location::caller();
        async move {
            let answer = self.answer(held, &person.totp, &self.code()).await;
            assert_eq!(answer.status, 200, "{place}: {}", answer.text());
            assert_eq!(json(&answer.body)["state"], "approved", "{place}");
            self.next_code();
        }
    }

    /// The original method and URL again, with the credential.
    pub(crate) async fn release(&self, held: &Held) -> Answer {
        self.ask_with(&held.line, held.fields(), &[("Countersign-Release", &held.credential())], b"").await
    }

    /// The kept answer, once the last of it has been put away.
    pub(crate) async fn kept(&self, line: &str, fields: Vec<(String, String)>) -> Answer {
        let kept = async {
            loop {
                let answer = self.ask_with(line, fields.clone(), &[], b"").await;
                if answer.status != 404 {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, kept).await.expect("the answer is kept")
    }

    /// The same, for a program.
    pub(crate) async fn kept_for(&self, held: &Held) -> Answer {
        let mut fields = held.fields();
        fields.push(("Countersign-Release".to_owned(), held.credential()));
        self.kept(&format!("GET /.countersign/api/v1/held/{}/response", held.id), fields).await
    }

    /// The state as the API tells it.
    pub(crate) async fn state(&self, held: &Held) -> String {
        let answer = self.api(held, "GET", "", "").await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        json(&answer.body)["state"].as_str().unwrap().to_owned()
    }

    /// Waits until the API tells `state`.
    pub(crate) async fn until(&self, held: &Held, state: &str) {
        let reached = async {
            loop {
                let mut changes = self.running().flows.changes(held.id.parse().unwrap());
                if self.state(held).await == state {
                    return;
                }
                changes.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("the state in time");
    }

    /// One request to the portal.
    pub(crate) async fn portal(&self, line: &str, cookie: &str, form: Option<&[(&str, &str)]>) -> Answer {
        let mut fields = vec![("Host", PORTAL.trim_start_matches("http://"))];
        fields.extend(NAVIGATION);
        if !cookie.is_empty() {
            fields.push(("Cookie", cookie));
        }
        let mut body = String::new();
        if let Some(form) = form {
            fields.extend([FORM, ("Origin", PORTAL)]);
            body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        }
        let address = self.running().portal.unwrap();
        Client::connect(address).await.ask(request(line, &fields, body.as_bytes())).await
    }

    /// Opens the prompt with its handoff: the portal's cookie.
    pub(crate) async fn open_prompt(&self, held: &Held) -> String {
        let answer = self.portal(&format!("GET {}", held.prompt), "", None).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.field("set-cookie").unwrap().split(';').next().unwrap().to_owned()
    }

    /// Opens the prompt of a request whose answer nobody has seen yet, with the handoff that was drawn for it.
    pub(crate) async fn open_unseen(&self, id: &str) -> String {
        let drawn = self.drawn.drawn.lock().unwrap().clone();
        for bytes in drawn.iter().rev().filter(|bytes| bytes.len() == 32) {
            let handoff = data_encoding::BASE64URL_NOPAD.encode(bytes);
            let answer = self.portal(&format!("GET /held/{id}?handoff={handoff}"), "", None).await;
            if answer.status == 303 {
                return answer.field("set-cookie").unwrap().split(';').next().unwrap().to_owned();
            }
        }
        panic!("no handoff opens {id}");
    }

    async fn form_token(&self, held: &str, cookie: &str) -> String {
        let text = self.portal(&format!("GET /held/{held}"), cookie, None).await.text();
        let token = text.split("name=\"csrf\" value=\"").nth(1).unwrap_or_else(|| panic!("{text}"));
        token.split('"').next().unwrap().to_owned()
    }

    /// Chooses at an open prompt; the page that asks for the answer.
    pub(crate) async fn choose(&self, held: &str, cookie: &str, authenticator: &str) -> Answer {
        let token = self.form_token(held, cookie).await;
        let choice = [("csrf", token.as_str()), ("authenticator", authenticator)];
        self.portal(&format!("POST /held/{held}/choose"), cookie, Some(&choice)).await
    }

    /// Chooses and gives `code` at an open prompt; the last page.
    pub(crate) async fn give(&self, held: &str, cookie: &str, authenticator: &str, code: &str) -> Answer {
        let token = self.form_token(held, cookie).await;
        let field = self.choose(held, cookie, authenticator).await;
        assert_eq!(field.status, 200, "{}", field.text());
        assert!(field.text().contains("one-time-code"), "{}", field.text());
        let code = [("csrf", token.as_str()), ("authenticator", authenticator), ("code", code)];
        self.portal(&format!("POST /held/{held}/answer"), cookie, Some(&code)).await
    }

    /// From the held page over the prompt to the URL with the credential on the application's host, the way a browser goes.
    pub(crate) async fn approve_by_page(&self, held: &Held, person: &Person) -> String {
        let cookie = self.open_prompt(held).await;
        let done = self.give(&held.id, &cookie, &person.totp, &self.code()).await;
        self.next_code();
        assert_eq!(done.status, 200, "{}", done.text());
        let way_back = refresh(&done);
        let path =
            way_back.strip_prefix(&format!("http://{}", held.host)).unwrap_or_else(|| panic!("{way_back}"));
        assert!(path.starts_with("/.countersign/return/"), "{path}");
        let cross = [
            ("Sec-Fetch-Site", "cross-site"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
        ];
        let page = self.ask_with(&format!("GET {path}"), held.fields(), &cross, b"").await;
        assert_eq!(page.status, 200, "{}", page.text());
        refresh(&page)
    }

    /// The last step of a navigation.
    pub(crate) async fn arrive(&self, held: &Held, target: &str) -> Answer {
        self.ask_with(&format!("GET {target}"), held.fields(), &NAVIGATION, b"").await
    }
}

/// What the application does with a request.
fn application(seen: &Seen, mood: &Mutex<Mood>, signed_out: &Mutex<HashSet<String>>) -> Vec<Step> {
    if seen.line().starts_with("GET /account ") {
        let cookies = seen.all("cookie").join("; ");
        let user = cookies.split("; ").find_map(|pair| pair.strip_prefix("sessionid=")).unwrap_or_default();
        if user.is_empty() || signed_out.lock().unwrap().contains(user) {
            return vec![Step::Send(answer(401, "{}"))];
        }
        let account = format!("{{\"user\":{{\"name\":\"{user}\"}}}}");
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}", account.len());
        return vec![Step::Send(format!("{head}\r\n\r\n{account}").into_bytes())];
    }
    let body = sha256(&seen.body);
    let done = format!(
        "HTTP/1.1 201 Created\r\nX-Application: here\r\nSet-Cookie: app=1\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let done = Step::Send(done.into_bytes());
    match mood.lock().unwrap().clone() {
        Mood::Answers => vec![done],
        Mood::Closes => vec![Step::Close],
        Mood::Hangs => vec![Step::Hang],
        Mood::Waits(told) => vec![Step::Wait(told), done],
    }
}

/// An application for `late.test`.
pub(crate) async fn latecomer(place: SocketAddr) -> Origin {
    Origin::start_at(place, When::Whole, |_| vec![Step::Send(answer(200, "late"))]).await
}
