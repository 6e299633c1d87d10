//! The real binary as a process: a configuration in a folder of its own, `serve` on port 0, commands, and what they print.
//!
//! A server tells its addresses in the log line `serving`; that line is what a test waits for.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use countersign::app::{self, Machine};
use countersign::base::entropy::OsEntropy;
use countersign::base::tasks::Tasks;
use countersign::base::text::UserName;
use countersign::base::time::{Clock as _, Span, SystemClock};
use countersign::config;
use countersign::factors::Totp;
use countersign::factors::totp::{Algorithm, Digits, parse_seed};
use countersign::flow::admin::Order;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use super::raw::{Answer, PATIENCE};

/// The seed of every user's authenticator here.
pub(crate) const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// Transfers over 1000, and uploads.
pub(crate) const POLICIES: &str = r#"
app = "bank"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer", fields = { amount = { over = 1000 } } }
summary = "Transfer {amount} EUR to {iban}"
show = { Amount = "{amount} EUR", To = "{iban}" }
mask = ["pin"]
[policy.approve]
steps = [{ self = ["totp", "emergency"] }]
hold_for = "1h"
[[policy]]
id = "upload"
match = { methods = ["POST"], path = "/upload" }
summary = "Upload {file}"
[policy.approve]
steps = [{ self = ["totp"] }]
hold_for = "1h"
"#;

/// The portal's origin in every configuration here; its listener is on another port.
pub(crate) const PORTAL: &str = "localhost:8081";

/// A configuration and its data, in a folder that lives as long.
pub(crate) struct Site {
    folder: tempfile::TempDir,
}

/// What a command printed, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Printed {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Site {
    /// In front of `origin`, for the hosts `bank.test` and 127.0.0.1; `app` goes into `[[app]]`, `more` to the end. The user is named
    /// by a header, unless `app` has an identity of its own.
    pub(crate) fn new(origin: SocketAddr, app: &str, more: &str) -> Self {
        let identity = if app.contains("[app.identity]") {
            ""
        } else {
            "[app.identity]\nsource = \"header\"\nuser = \"X-Forwarded-User\""
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("policies")).unwrap();
        std::fs::write(folder.path().join("policies/bank.toml"), POLICIES).unwrap();
        let text = format!(
            r#"policies = "policies"
[server]
http = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
trusted_proxies = ["127.0.0.1/32"]
data_dir = "data"
[portal]
url = "http://{PORTAL}"
listen = "127.0.0.1:0"
[[app]]
name = "bank"
hosts = ["bank.test", "127.0.0.1"]
upstream = "http://{origin}"
{app}
{identity}
{more}
"#
        );
        std::fs::write(folder.path().join("countersign.toml"), text).unwrap();
        Self { folder }
    }

    /// The folder of all.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the configuration is.
    pub(crate) fn config(&self) -> PathBuf {
        self.path().join("countersign.toml")
    }

    /// Where the data is.
    pub(crate) fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// Adds users with an authenticator each, with nothing running.
    pub(crate) async fn enrol(&self, names: &[String]) {
        let (settings, policies) = config::load(&self.config()).unwrap();
        let machine = Machine { clock: Arc::new(SystemClock::default()), entropy: Arc::new(OsEntropy) };
        let tasks = Tasks::default();
        let flows = app::open(&settings, policies, &machine, &tasks).await.unwrap();
        let mut adding = tokio::task::JoinSet::new();
        for name in names {
            let (flows, name) = (flows.clone(), name.clone());
            adding.spawn(async move {
                let operator = UserName::parse("test").unwrap();
                let add = Order::UserAdd { name: name.clone(), groups: Vec::new(), email: None, phone: None };
                flows.order(add, &operator).await.unwrap();
                let secret = Some(SEED.to_owned());
                let enrol = Order::TotpAdd { name, secret, label: None, algorithm: None, digits: None };
                flows.order(enrol, &operator).await.unwrap();
            });
        }
        while let Some(added) = adding.join_next().await {
            added.unwrap();
        }
        tasks.stop(PATIENCE).await;
    }

    /// Runs a command to its end; `--config` is added where `args` has `-c`.
    pub(crate) fn run(&self, args: &[&str]) -> Printed {
        let config = self.config();
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        for arg in args {
            if *arg == "-c" {
                command.arg("--config").arg(&config);
            } else {
                command.arg(arg);
            }
        }
        let output = command.env("NO_COLOR", "1").stdin(Stdio::null()).output().unwrap();
        Printed {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a server and waits until it serves.
    pub(crate) async fn serve(&self) -> Server {
        self.serve_logging("info").await
    }

    /// The same, with this value of `RUST_LOG`.
    pub(crate) async fn serve_logging(&self, level: &str) -> Server {
        self.serve_in(level, &[]).await
    }

    /// The same, with this in its environment.
    pub(crate) async fn serve_in(&self, level: &str, environment: &[(&str, &Path)]) -> Server {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("serve").arg("--config").arg(self.config());
        command.env("RUST_LOG", level).env("COUNTERSIGN_LOG", "json").env("RUST_BACKTRACE", "1");
        command.envs(environment.iter().copied());
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (tell, told) = oneshot::channel();
        let mut tell = Some(tell);
        let err = BufReader::new(child.stderr.take().unwrap());
        let out = BufReader::new(child.stdout.take().unwrap());
        let written = log.clone();
        let reader = std::thread::spawn(move || {
            for line in err.lines().chain(out.lines()).map_while(Result::ok) {
                let fields = serde_json::from_str::<serde_json::Value>(&line).unwrap_or_default();
                if fields["fields"]["message"] == "serving"
                    && let Some(tell) = tell.take()
                {
                    drop(tell.send(fields["fields"].clone()));
                }
                let mut log = written.lock().unwrap();
                log.push_str(&line);
                log.push('\n');
            }
        });
        let told = tokio::time::timeout(PATIENCE * 3, told).await.expect("it starts in time");
        let Ok(told) = told else {
            child.wait().unwrap();
            panic!("it did not start:\n{}", log.lock().unwrap());
        };
        let address = |name: &str| told[name].as_str().and_then(|text| text.parse().ok()).expect(name);
        let (app, portal, admin) = (address("http"), address("portal_listen"), address("admin"));
        Server { child: Some(child), reader: Some(reader), log, app, portal, admin }
    }
}

/// A running server. Dropped, it is killed.
pub(crate) struct Server {
    child: Option<Child>,
    reader: Option<std::thread::JoinHandle<()>>,
    log: Arc<Mutex<String>>,
    /// Where the applications are.
    pub(crate) app: SocketAddr,
    /// Where the portal is.
    pub(crate) portal: SocketAddr,
    /// Where health and metrics are.
    pub(crate) admin: SocketAddr,
}

impl Server {
    /// What it has said until now.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// A line of `/proc/PID/status` in bytes, e.g. `VmRSS`.
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Kills it on the spot: `kill -9`.
    pub(crate) fn kill(mut self) -> String {
        self.child.as_mut().unwrap().kill().unwrap();
        self.end()
    }

    /// Asks it to stop, waits until it has, and gives all it printed.
    pub(crate) async fn stop(mut self) -> String {
        let asked = Command::new("kill").arg(self.pid().to_string()).status().unwrap();
        assert!(asked.success());
        tokio::task::spawn_blocking(move || self.end()).await.unwrap()
    }

    fn end(&mut self) -> String {
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// The code that the authenticators show now.
pub(crate) fn code() -> String {
    code_of(SEED, Digits::Six)
}

/// The code that an authenticator with this seed shows now.
pub(crate) fn code_of(seed: &str, digits: Digits) -> String {
    let totp = Totp::new(parse_seed(seed).unwrap(), Algorithm::Sha1, digits).unwrap();
    totp.code_at(SystemClock::default().now())
}

/// The code that the authenticators show after so many seconds more.
pub(crate) fn code_in(seconds: u32) -> String {
    let totp = Totp::new(parse_seed(SEED).unwrap(), Algorithm::Sha1, Digits::Six).unwrap();
    totp.code_at(SystemClock::default().now().plus(Span::from_secs(seconds)))
}

/// What stands in `text` between the first `before` and the next `after`.
#[track_caller]
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no `{before}` in:\n{text}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("no `{after}` in:\n{rest}")).0
}

/// Whether `text` stands in any file below `folder`.
pub(crate) fn stands_in(text: &str, folder: &Path) -> bool {
    let found = Command::new("grep").args(["-r", "-a", "-q", "-F", "-e", text]).arg(folder).status().unwrap();
    match found.code() {
        Some(0) => true,
        Some(1) => false,
        _ => panic!("grep cannot look into {}", folder.display()),
    }
}

/// A request on a connection of its own.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        head.push_str("Host: bank.test\r\n");
    }
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    if !body.is_empty() || method == "POST" {
        head.extend(["Content-Length: ", &body.len().to_string(), "\r\n"]);
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// Sends a request and reads to the end; `None` when there is no whole answer.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> Option<Answer> {
    let talk = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let (mut reader, mut writer) = stream.split();
        let mut bytes = Vec::new();
        // A server that refuses a long body answers before it has read it.
        let (_, read) = tokio::join!(writer.write_all(request), reader.read_to_end(&mut bytes));
        read.ok();
        parse(&bytes)
    };
    tokio::time::timeout(PATIENCE * 9, talk).await.expect("an answer, or the end, in time")
}

/// The same, where an answer must come.
pub(crate) async fn ask(address: SocketAddr, request: &[u8]) -> Answer {
    exchange(address, request).await.expect("a whole answer")
}

/// The document of an answer that reports a hold.
#[track_caller]
pub(crate) fn held(answer: &Answer) -> serde_json::Value {
    assert_eq!(answer.status, 403, "{}", answer.text());
    let problem: serde_json::Value = serde_json::from_slice(&answer.body).expect("a problem document");
    assert_eq!(problem["type"], "urn:countersign:problem:approval-required", "{problem}");
    problem["held"].clone()
}

/// One answer, if it is whole.
pub(crate) fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status: u16 = head.split(' ').nth(1)?.parse().ok()?;
    let rest = &bytes[end..];
    if status < 200 {
        return parse(rest);
    }
    let mut answer = Answer { status, head, body: Vec::new() };
    if answer.field("transfer-encoding").is_some() {
        let mut rest = rest;
        loop {
            let line = rest.windows(2).position(|two| two == b"\r\n")?;
            let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
            rest = rest.get(line + 2..)?;
            if size == 0 {
                return Some(answer);
            }
            answer.body.extend_from_slice(rest.get(..size)?);
            rest = rest.get(size + 2..)?;
        }
    }
    let length = answer.field("content-length").map_or(rest.len(), |length| length.parse().unwrap());
    answer.body = rest.get(..length)?.to_vec();
    Some(answer)
}
