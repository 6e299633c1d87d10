//! The confusion corpus over sockets: a gateway with policies for the six actions on `app.test`, in front of a recorder; vectors as bytes;
//! and the verdict on what came of one.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use countersign::app::{self, Listeners, Machine, Running};
use countersign::base::entropy::SeededEntropy;
use countersign::base::text::UserName;
use countersign::base::time::{ManualClock, Timestamp};
use countersign::config;
use countersign::flow::admin::Order;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::certs::Authority;
use super::frames;
use super::tape::{Manner, Tape};
use crate::oracle;

/// The policies for the six actions: nothing but what the README tells an administrator to write.
pub(crate) const POLICIES: &str = include_str!("../../vectors/policies.toml");

/// How the gateway knows who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// By a header of the proxy in front, as which the test sends.
    Header,
    /// By a session of the application; nobody is trusted.
    Session,
}

/// One row of a file of vectors.
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) action: Option<String>,
    pub(crate) tier: u64,
    pub(crate) safe: Vec<String>,
    pub(crate) expect: String,
    pub(crate) why: String,
    pub(crate) class: String,
    /// The bytes of HTTP/1.
    pub(crate) raw: Option<Vec<u8>>,
    /// The fields of HTTP/2 in order, and its body.
    pub(crate) h2: Option<(Fields, Vec<u8>)>,
}

type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// The bytes that characters below 256 stand for.
pub(crate) fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

/// Reads one of `tests/vectors/*.jsonl`.
pub(crate) fn vectors(file: &str) -> Vec<Vector> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().lines().map(vector).collect()
}

fn vector(line: &str) -> Vector {
    let row: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let decode = |text: &str| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    let fields = |key: &str| -> Fields {
        let pairs = row.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let at = |pair: &Value, at: usize| latin1(pair[at].as_str().unwrap());
        pairs.iter().map(|pair| (at(pair, 0), at(pair, 1))).collect()
    };
    let body = row.get("body_b64").and_then(Value::as_str).map_or_else(|| latin1(&text("body")), decode);
    Vector {
        id: text("id"),
        action: row.get("action").and_then(Value::as_str).map(str::to_owned),
        tier: row["tier"].as_u64().unwrap(),
        safe: row["safe"].as_array().unwrap().iter().map(|safe| safe.as_str().unwrap().to_owned()).collect(),
        expect: text("expect"),
        why: text("why"),
        class: text("class"),
        raw: row.get("raw_b64").and_then(Value::as_str).map(decode),
        h2: (text("http") == "2").then(|| (fields("headers"), body)),
    }
}

/// A gateway and the application behind it.
pub(crate) struct World {
    pub(crate) tape: Tape,
    pub(crate) plain: SocketAddr,
    pub(crate) identity: Identity,
    tls: SocketAddr,
    authority: Authority,
    running: Running,
    controls: std::sync::atomic::AtomicU32,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) async fn start(identity: Identity, manner: Manner) -> Self {
        let (tape, authority, folder) =
            (Tape::start(manner).await, Authority::new(), tempfile::tempdir().unwrap());
        authority.files(folder.path(), "app", &["app.test"]);
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        std::fs::write(folder.path().join("policies/app.toml"), POLICIES).unwrap();
        let settings = folder.path().join("countersign.toml");
        std::fs::write(&settings, configuration(identity, tape.address)).unwrap();
        let (settings, policies) =
            config::load(&settings).unwrap_or_else(|faults| panic!("{}", faults.human(100, false)));
        let clock = Arc::new(ManualClock::new(Timestamp::parse("2026-11-21T19:50:05Z").unwrap()));
        let machine = Machine { clock, entropy: Arc::new(SeededEntropy::new(1)) };
        let listeners = Listeners::bind(&settings).await.unwrap();
        let running = app::start(&settings, policies, listeners, &machine).await.unwrap();
        let (plain, tls) = (running.http[0], running.https[0]);
        let operator = UserName::parse("operator").unwrap();
        let name = "alice".to_owned();
        let (groups, email, phone) = (Vec::new(), None, None);
        let user = Order::UserAdd { name: name.clone(), groups, email, phone };
        running.flows.order(user, &operator).await.unwrap();
        let (secret, label, algorithm, digits) = (None, None, None, None);
        let totp = Order::TotpAdd { name, secret, label, algorithm, digits };
        running.flows.order(totp, &operator).await.unwrap();
        let controls = std::sync::atomic::AtomicU32::new(0);
        Self { tape, plain, identity, tls, authority, running, controls, _folder: folder }
    }

    pub(crate) async fn stop(self) {
        self.running.stop(Duration::from_secs(20)).await;
    }

    /// The header that says who the user is.
    fn who(&self) -> (&'static str, &'static str) {
        match self.identity {
            Identity::Header => ("X-Forwarded-User", "alice"),
            Identity::Session => ("Cookie", "sid=alice"),
        }
    }

    /// The bytes with the user's header after the first header line; a request without headers stays as it is.
    pub(crate) fn with_user(&self, raw: &[u8]) -> Vec<u8> {
        let end = |from: usize| raw[from..].iter().position(|byte| *byte == b'\n').map(|at| from + at + 1);
        let Some(line) = end(0) else { return raw.to_vec() };
        let first_word_is_field =
            raw[line..].iter().take_while(|byte| **byte != b'\n').any(|byte| *byte == b':');
        if !first_word_is_field {
            return raw.to_vec();
        }
        let Some(at) = end(line) else { return raw.to_vec() };
        let (name, value) = self.who();
        [&raw[..at], format!("{name}: {value}\r\n").as_bytes(), &raw[at..]].concat()
    }

    /// Sends a vector on a connection of its own; what came back, as bytes or as the answer of HTTP/2 put in words.
    pub(crate) async fn send(&self, vector: &Vector, way: Way) -> Vec<u8> {
        if let Some((fields, body)) = &vector.h2 {
            return self.send_h2(fields, body).await;
        }
        let raw = self.with_user(vector.raw.as_deref().unwrap());
        exchange(TcpStream::connect(self.plain).await.unwrap(), &raw, way).await
    }

    async fn send_h2(&self, fields: &Fields, body: &[u8]) -> Vec<u8> {
        let stream = self.authority.connect(self.tls, "app.test", &["h2"]).await.unwrap();
        let (name, value) = self.who();
        let mut fields = fields.clone();
        let (trailers, mut fields): (Fields, Fields) =
            fields.drain(..).partition(|(name, _)| name.starts_with(b"trailer "));
        let trailers: Fields =
            trailers.into_iter().map(|(name, value)| (name[8..].to_vec(), value)).collect();
        fields.push((name.to_lowercase().into_bytes(), value.as_bytes().to_vec()));
        let reply = frames::exchange(stream, &frames::request(&fields, body, &trailers)).await;
        let status = reply.status.map_or_else(String::new, |status| format!("HTTP/2 {status}\r\n\r\n"));
        [status.as_bytes(), &reply.body].concat()
    }

    /// A harmless request on a new connection and the old pool must get its own answer.
    pub(crate) async fn control(&self) -> Result<(), String> {
        let number = self.controls.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let line = format!("GET /control/{number} HTTP/1.1");
        let (name, value) = self.who();
        let request = format!("{line}\r\nHost: app.test\r\n{name}: {value}\r\n\r\n");
        let socket = TcpStream::connect(self.plain).await.unwrap();
        let answer = exchange(socket, request.as_bytes(), Way::Whole).await;
        let answer = String::from_utf8_lossy(&answer);
        let own = answer.ends_with(&format!("\r\n\r\nanswer to {line}"));
        if own { Ok(()) } else { Err(format!("the control after it got: {answer}")) }
    }

    /// Sends a vector, then a control; the outcome, or why it is not safe.
    pub(crate) async fn run(&self, vector: &Vector, way: Way) -> Result<Outcome, String> {
        self.tape.take();
        let answer = self.send(vector, way).await;
        let control = self.control().await;
        let seen = self.tape.take();
        let outcome = self.judge(vector, &answer, &seen)?;
        control.map(|()| outcome)
    }

    fn judge(&self, vector: &Vector, answer: &[u8], seen: &[Vec<u8>]) -> Result<Outcome, String> {
        let outcome = outcome(answer, seen);
        let show = || {
            let seen: Vec<_> = seen.iter().map(|bytes| bytes.escape_ascii().to_string()).collect();
            let answer: String = answer.escape_ascii().to_string().chars().take(400).collect();
            format!("{outcome:?}\n  answer {answer}\n  seen {seen:#?}")
        };
        let found: BTreeSet<&str> = seen.iter().flat_map(|bytes| oracle::actions(bytes)).collect();
        let action = vector.action.as_deref().unwrap_or_default();
        let ran = found.iter().find(|found| **found != "ID");
        if let Some(ran) = ran {
            return Err(format!("action {ran} arrived: {}", show()));
        }
        for bytes in seen {
            if let Some(forged) = self.forged(bytes) {
                return Err(format!("{forged}: {}", show()));
            }
        }
        let allowed = match &outcome {
            Outcome::Held => "hold",
            Outcome::Refused(_) => "reject",
            Outcome::Passed if vector.expect.starts_with("pass") => "pass",
            Outcome::Passed => "neutralize",
        };
        if vector.safe.iter().any(|safe| safe == allowed) {
            return Ok(outcome);
        }
        Err(format!("{action} wants {:?}: {}", vector.safe, show()))
    }

    /// A header that says who asks or that it was approved, and that the gateway did not set.
    fn forged(&self, bytes: &[u8]) -> Option<String> {
        for request in oracle::requests(bytes) {
            let mut own = 0;
            for (name, value) in &request.headers {
                let canonical = oracle::canonical_name(name);
                if !oracle::IDENTITY.contains(&canonical.as_str()) || value.is_empty() {
                    continue;
                }
                let ours = self.identity == Identity::Header && name.eq_ignore_ascii_case("X-Forwarded-User");
                if !ours || value != "alice" || own > 0 {
                    return Some(format!("forged {name}: {value}"));
                }
                own += 1;
            }
        }
        None
    }
}

fn configuration(identity: Identity, upstream: SocketAddr) -> String {
    let (trusted, identity) = match identity {
        Identity::Header => {
            ("trusted_proxies = [\"127.0.0.1/32\"]", "source = \"header\"\nuser = \"X-Forwarded-User\"")
        }
        Identity::Session => (
            "",
            "source = \"whoami\"\npath = \"/account\"\nuser = { json = \"/user\" }\nsession = [\"sid\"]\ncache = \"0s\"",
        ),
    };
    format!(
        r#"policies = "policies"
[server]
http = ["127.0.0.1:0"]
https = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
{trusted}
data_dir = "data"
[[server.certificate]]
hosts = ["app.test"]
chain = "app.pem"
key = "app.key"
[portal]
url = "http://approve.localhost:8081"
listen = "127.0.0.1:0"
[limits]
user_held = 10000
user_bytes = "2GiB"
[timeouts]
header = "3s"
read = "3s"
[[app]]
name = "app"
hosts = ["app.test"]
upstream = "http://{upstream}"
[app.identity]
{identity}
"#
    )
}

/// What came of a vector.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Nothing was forwarded; approval is demanded.
    Held,
    /// Nothing was forwarded; the status, 0 for a connection closed without a word.
    Refused(u16),
    /// Something was forwarded.
    Passed,
}

fn outcome(answer: &[u8], seen: &[Vec<u8>]) -> Outcome {
    let own = |bytes: &&Vec<u8>| {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.split("\r\n").filter(|line| line.contains(" HTTP/1.")).collect();
        lines.iter().any(|line| !line.starts_with("GET /control/") && !line.starts_with("GET /account "))
    };
    if seen.iter().any(|bytes| own(&bytes)) {
        return Outcome::Passed;
    }
    let text = String::from_utf8_lossy(answer);
    // An interim answer is followed by the one that counts.
    let text = text.strip_prefix("HTTP/1.1 100 Continue\r\n\r\n").unwrap_or(&text);
    let status = text.split(' ').nth(1).and_then(|rest| rest.get(..3)).and_then(|status| status.parse().ok());
    match status.filter(|_| text.starts_with("HTTP/")) {
        Some(403) if text.contains("approval-required") || text.contains("ountersign-") => Outcome::Held,
        Some(status) => Outcome::Refused(status),
        None => Outcome::Refused(0),
    }
}

/// How bytes are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// At once.
    Whole,
    /// Each byte of the first two thousand in a segment of its own.
    Bytewise,
}

/// Sends, half-closes once an answer is there or 2 s have passed, and reads to the end, for 5 s at most.
pub(crate) async fn exchange(stream: impl AsyncRead + AsyncWrite, bytes: &[u8], way: Way) -> Vec<u8> {
    let (mut from, mut to) = tokio::io::split(stream);
    let (single, rest) = bytes.split_at(if way == Way::Bytewise { bytes.len().min(2000) } else { 0 });
    let send = async {
        for byte in single {
            to.write_all(&[*byte]).await?;
            to.flush().await?;
        }
        to.write_all(rest).await?;
        to.flush().await
    };
    let (mut answer, mut piece, mut patience) = (Vec::new(), vec![0; 65536], Duration::from_secs(2));
    let receive = async {
        while let Ok(Ok(count @ 1..)) = tokio::time::timeout(patience, from.read(&mut piece)).await {
            answer.extend_from_slice(&piece[..count]);
            patience = Duration::from_millis(60);
        }
    };
    let (sent, ()) = tokio::join!(send, receive);
    if sent.is_ok() {
        to.shutdown().await.ok();
    }
    let end = async { while let Ok(1..) = from.read_buf(&mut answer).await {} };
    tokio::time::timeout(Duration::from_secs(5), end).await.ok();
    answer
}
