//! What connections that wait cost: the server's memory for each, and how long others then take. Beside them, for comparison, as many
//! idle connections, and as many whose requests are held while they do not wait, each in a server of their own.
//!
//! Run with `cargo bench --bench parked`; another number as its argument, e.g. `-- 500`. It raises its own limit of open files and that
//! of the server, as far as the hard limit goes. Compare the figures of one run only: memory depends on the build, times on the machine.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement takes times, waits and prints"
)]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// How many wait, unless told otherwise.
const CONNECTIONS: usize = 5_000;
/// How many connections are made at a time.
const MAKERS: usize = 32;
/// Who asks meanwhile: so many connections, with so many requests each.
const OTHERS: usize = 8;
const REQUESTS: usize = 1_000;
/// What is set in a process whose limit of open files has been raised.
const RAISED: &str = "COUNTERSIGN_BENCH_RAISED";

const POLICIES: &str = r#"
app = "bank"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer", fields = { amount = { over = 1000 } } }
summary = "Transfer {amount} EUR to {iban}"
show = { Amount = "{amount} EUR", To = "{iban}" }
[policy.approve]
steps = [{ self = ["totp"] }]
"#;

/// Fields as a program sends them.
const FIELDS: &str = "Host: bank.test\r\nX-Forwarded-User: alice\r\nUser-Agent: python-requests/2.32.3\r\n\
    Accept-Encoding: gzip, deflate\r\nAccept: */*\r\nAuthorization: Bearer 0123456789abcdef0123456789abcdef\r\n";

/// What the connections do whose cost is measured.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Waiting,
    Held,
    Idle,
}

fn main() -> Outcome<()> {
    let count = std::env::args().skip(1).find_map(|arg| arg.parse().ok()).unwrap_or(CONNECTIONS);
    if std::env::var_os(RAISED).is_none() {
        return again();
    }
    let origin = origin()?;
    println!(
        "{count} connections; others are {OTHERS} with {REQUESTS} requests each, which no policy is about"
    );
    for kind in [Kind::Idle, Kind::Held, Kind::Waiting] {
        let name = match kind {
            Kind::Idle => "idle",
            Kind::Held => "held",
            Kind::Waiting => "waiting",
        };
        let server = Server::start(origin, count)?;
        others(server.app)?;
        let (before, alone) = (server.memory()?, others(server.app)?);
        let begun = Instant::now();
        let kept = connect(server.app, kind, count)?;
        while kind == Kind::Waiting && server.waiting()? < count {
            if begun.elapsed() > Duration::from_secs(120) {
                return Err(format!("of {count} only {} wait", server.waiting()?).into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        let made = begun.elapsed();
        let (after, beside) = (server.memory()?, others(server.app)?);
        let each = after.saturating_sub(before) / 1024 / u64::try_from(count)?;
        println!(
            "{name:>8}: {each} KiB each ({} MiB before, {} MiB with them), made in {made:.1?}",
            before >> 20,
            after >> 20
        );
        println!("{:>8}  others alone:  p50 {:?}, p99 {:?}", "", alone.0, alone.1);
        println!("{:>8}  others beside: p50 {:?}, p99 {:?}", "", beside.0, beside.1);
        drop(kept);
    }
    Ok(())
}

/// Runs itself again with as many open files as the hard limit allows.
fn again() -> Outcome<()> {
    let raise = "ulimit -n \"$(ulimit -H -n)\"; exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.arg("-c").arg(raise).arg(std::env::current_exe()?).args(std::env::args().skip(1));
    let status = command.env(RAISED, "1").status()?;
    if status.success() { Ok(()) } else { Err("the measurement failed".into()) }
}

/// An application that answers `ok` to everything.
fn origin() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                while read_head(&mut stream).is_ok() {
                    if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok(address)
}

/// Reads to the end of a head; what comes after it in the same piece is dropped with it.
fn read_head(stream: &mut TcpStream) -> Outcome<Vec<u8>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
    while !bytes.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => return Err("the connection ended".into()),
            read => bytes.extend_from_slice(piece.get(..read).unwrap_or_default()),
        }
    }
    Ok(bytes)
}

/// Makes the connections, some at a time.
fn connect(app: SocketAddr, kind: Kind, count: usize) -> Outcome<Vec<TcpStream>> {
    let makers = (0..MAKERS).map(|maker| {
        thread::spawn(move || -> std::io::Result<Vec<TcpStream>> {
            (maker..count).step_by(MAKERS).map(|number| one(app, kind, number)).collect()
        })
    });
    let makers: Vec<_> = makers.collect();
    let mut kept = Vec::with_capacity(count);
    for maker in makers {
        kept.extend(maker.join().map_err(|_| "a connection could not be made")??);
    }
    Ok(kept)
}

fn one(app: SocketAddr, kind: Kind, number: usize) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(app)?;
    match kind {
        Kind::Waiting | Kind::Held => {
            let prefer = if kind == Kind::Waiting { "Prefer: wait=300\r\n" } else { "" };
            let body = format!("amount={}&iban=DE89370400440532013000&reference={number}", 1001 + number);
            let head = format!(
                "POST /transfer HTTP/1.1\r\n{FIELDS}{prefer}\
                 Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes())?;
            if kind == Kind::Held {
                read_head(&mut stream).map_err(|error| std::io::Error::other(error.to_string()))?;
            }
        }
        Kind::Idle => {
            stream.write_all(format!("GET /free HTTP/1.1\r\n{FIELDS}\r\n").as_bytes())?;
            read_head(&mut stream).map_err(|error| std::io::Error::other(error.to_string()))?;
        }
    }
    Ok(stream)
}

/// The median and the 99th percentile of requests that no policy is about.
fn others(app: SocketAddr) -> Outcome<(Duration, Duration)> {
    let askers: Vec<_> = (0..OTHERS)
        .map(|_| {
            thread::spawn(move || -> Option<Vec<Duration>> {
                let mut stream = TcpStream::connect(app).ok()?;
                let request = format!("GET /free HTTP/1.1\r\n{FIELDS}\r\n");
                let asked = (0..REQUESTS).map(|_| {
                    let begun = Instant::now();
                    stream.write_all(request.as_bytes()).ok()?;
                    read_head(&mut stream).ok()?;
                    Some(begun.elapsed())
                });
                asked.collect()
            })
        })
        .collect();
    let mut times = Vec::new();
    for asker in askers {
        times.extend(asker.join().ok().flatten().ok_or("a request of the others failed")?);
    }
    times.sort();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    Ok((at(50), at(99)))
}

/// A server in a folder of its own. Dropped, it is killed.
struct Server {
    child: Child,
    app: SocketAddr,
    admin: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(origin: SocketAddr, count: usize) -> Outcome<Self> {
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let (app, admin, portal) = (free()?, free()?, free()?);
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("countersign.toml");
        std::fs::create_dir(folder.path().join("policies"))?;
        std::fs::write(folder.path().join("policies/bank.toml"), POLICIES)?;
        std::fs::write(
            &config,
            format!(
                "policies = \"policies\"\n[server]\nhttp = [\"{app}\"]\nadmin = \"{admin}\"\n\
                 trusted_proxies = [\"127.0.0.1\"]\ndata_dir = \"data\"\n[portal]\nurl = \"http://localhost:{}\"\n\
                 listen = \"{portal}\"\n[limits]\nuser_held = {count}\n[[app]]\nname = \"bank\"\n\
                 hosts = [\"bank.test\"]\nupstream = \"http://{origin}\"\n[app.identity]\nsource = \"header\"\n\
                 user = \"X-Forwarded-User\"\n",
                portal.port()
            ),
        )?;
        run(&config, &["user", "add", "alice"])?;
        run(&config, &["token", "add", "totp", "alice"])?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("serve").arg("--config").arg(&config).env("RUST_LOG", "error");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let server = Self { child, app, admin, _folder: folder };
        let begun = Instant::now();
        while TcpStream::connect(server.admin).is_err() {
            if begun.elapsed() > Duration::from_secs(30) {
                return Err("the server does not start".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// Its resident memory in bytes.
    fn memory(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib = line.split_whitespace().next().ok_or("no VmRSS")?;
        Ok(kib.parse::<u64>()? * 1024)
    }

    /// How many connections wait.
    fn waiting(&self) -> Outcome<usize> {
        let mut stream = TcpStream::connect(self.admin)?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        let line = text.lines().find_map(|line| line.strip_prefix("countersign_waiting "));
        Ok(line.ok_or("no such metric")?.trim().parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn run(config: &Path, args: &[&str]) -> Outcome<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let output = command.args(args).arg("--config").arg(config).stdin(Stdio::null()).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
}
