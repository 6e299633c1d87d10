//! A real `redis-server` of Debian's package, on a free port of the loopback, its files in a folder of its own.
//!
//! **Invariant:** it is stopped by its process id when the handle is dropped; a port that was taken meanwhile is tried again with another.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use countersign::base::secret::Secret;
use countersign::base::settings::{RedisNode, RedisPlace, RedisSettings};

/// Long enough for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub(crate) struct RedisServer {
    folder: tempfile::TempDir,
    extra: Vec<String>,
    process: Option<Child>,
    pub(crate) port: u16,
}

impl RedisServer {
    /// Starts one that keeps every write, as the README asks.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// Starts one with more arguments.
    pub(crate) fn with(extra: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let extra = extra.iter().map(|&one| one.to_owned()).collect();
        Self::launched(Self { folder, extra, process: None, port: 0 })
    }

    /// Starts a sentinel that watches a master, with so many votes to promote a replica.
    pub(crate) fn sentinel(name: &str, master: u16, votes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "sentinel monitor {name} 127.0.0.1 {master} {votes}\nsentinel down-after-milliseconds {name} 1000\nsentinel failover-timeout {name} 5000\n"
        );
        std::fs::write(folder.path().join("sentinel.conf"), text).unwrap();
        let extra = ["sentinel.conf", "--sentinel"].map(str::to_owned).to_vec();
        Self::launched(Self { folder, extra, process: None, port: 0 })
    }

    fn launched(mut server: Self) -> Self {
        for _ in 0..20 {
            server.port = free_port();
            if server.launch() {
                return server;
            }
        }
        panic!("redis-server does not start: {}", server.log());
    }

    /// Starts it again, on the same port and with the files it has.
    pub(crate) fn restart(&mut self) {
        self.stop();
        assert!(self.launch(), "redis-server does not start again: {}", self.log());
    }

    /// Kills it without notice.
    pub(crate) fn kill(&mut self) {
        self.stop();
    }

    /// Sends it a signal by name, e.g. `STOP`.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// Where it is.
    pub(crate) fn node(&self) -> RedisNode {
        RedisNode { host: "127.0.0.1".to_owned(), port: self.port }
    }

    /// How a gateway reaches it.
    pub(crate) fn settings(&self) -> RedisSettings {
        settings(RedisPlace::Single(self.node()))
    }

    /// What `redis-cli` says to a command.
    pub(crate) fn cli(&self, arguments: &[&str]) -> String {
        cli(self.port, arguments)
    }

    /// Waits until so many replicas have all that it has, and say so: one that is `online` may still be loading what it was sent.
    pub(crate) fn wait_for_replicas(&self, count: usize) {
        let end = Instant::now() + PATIENCE;
        while self.cli(&["INFO", "replication"]).matches("state=online").count() < count {
            assert!(Instant::now() < end, "no replica comes");
            std::thread::sleep(Duration::from_millis(20));
        }
        let said = said(
            self.port,
            &format!("SET followed yes\nDEL followed\nWAIT {count} {}\n", PATIENCE.as_millis()),
        );
        let there = said.lines().last().and_then(|line| line.parse::<usize>().ok());
        assert!(there.is_some_and(|there| there >= count), "no replica follows: {said}");
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("redis.log")).unwrap_or_default()
    }

    fn launch(&mut self) -> bool {
        let mut command = Command::new("redis-server");
        command
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let port = self.port.to_string();
        let common = ["--bind", "127.0.0.1", "--port", &port, "--logfile", "redis.log"];
        if self.extra.iter().any(|one| one == "--sentinel") {
            // The file of a sentinel comes first: it writes what it learns into it.
            command.args(&self.extra).args(common);
        } else {
            command.args(common).args(["--save", "", "--appendonly", "yes", "--appendfsync", "always"]);
            command.args(&self.extra);
        }
        let mut process = command.spawn().expect("redis-server is installed by .ci/deps");
        let end = Instant::now() + PATIENCE;
        let mut ended = false;
        while !ended && Instant::now() < end {
            if is_up(self.port) {
                self.process = Some(process);
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
            ended = process.try_wait().unwrap().is_some();
        }
        drop(process.kill());
        drop(process.wait());
        false
    }

    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Settings for a place, without encryption, password or replicas.
pub(crate) fn settings(place: RedisPlace) -> RedisSettings {
    RedisSettings {
        place,
        tls: false,
        ca: None,
        username: None,
        password: None::<Secret>,
        sentinel_password: None,
        database: 0,
        namespace: "countersign".to_owned(),
        replicas: 0,
        timeout: Duration::from_secs(2),
    }
}

/// What `redis-cli` says to a command.
pub(crate) fn cli(port: u16, arguments: &[&str]) -> String {
    let out = Command::new("redis-cli").args(["-p", &port.to_string()]).args(arguments).output().unwrap();
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

/// What a server answers to several commands over one connection.
fn said(port: u16, commands: &str) -> String {
    let mut process = Command::new("redis-cli")
        .args(["-p", &port.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut process.stdin.take().unwrap(), commands.as_bytes()).unwrap();
    String::from_utf8(process.wait_with_output().unwrap().stdout).unwrap()
}

/// A port nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().as_ref().map(SocketAddr::port).unwrap()
}

/// Whether a server answers there, loaded and ready.
fn is_up(port: u16) -> bool {
    let Ok(stream) = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    let mut answer = [0; 5];
    std::io::Write::write_all(&mut &stream, b"PING\r\n").is_ok()
        && std::io::Read::read_exact(&mut &stream, &mut answer).is_ok()
        && [*b"+PONG", *b"-NOAU"].contains(&answer)
}
