//! A server of its own on one core, with people who have tokens; and clients of it. For benches.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use countersign::base::entropy::{Entropy, OsEntropy};
use countersign::base::id::{self, Id};
use countersign::base::secret::Secret;
use countersign::base::settings::{RedisPlace, RedisSettings};
use countersign::base::text::{Label, UserName};
use countersign::base::time::{Clock as _, SystemClock};
use countersign::directory::{Authenticator, AuthenticatorState, User};
use countersign::factors::Hotp;
use countersign::factors::oath::{Algorithm, Digits};
use countersign::store::embedded::Embedded;
use countersign::store::record::Records;
use countersign::store::redis::Redis;
use countersign::store::seal::{Seal, SealKey, own_key};
use countersign::store::{Commit, Store, keys};
use serde_json::{Value, json};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The core of the server.
const CORE: &str = "0";
/// How many people one commit adds.
const TOGETHER: usize = 2_000;
/// What the records of a shared store are sealed with.
const SHARED_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Everybody's seed: who somebody is, the identity says.
const SEED: &[u8; 20] = b"12345678901234567890";

const POLICIES: &str = r#"
app = "bank"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer", fields = { amount = { over = 1000 } } }
summary = "Transfer {amount} EUR to {iban}"
show = { Amount = "{amount} EUR", To = "{iban}" }
[policy.approve]
steps = [{ self = ["hotp"] }]
hold_for = "24h"
"#;

/// Everybody's token at this counter.
pub(crate) fn code(counter: u64) -> String {
    token().map(|token| token.code(counter)).unwrap_or_default()
}

fn token() -> Outcome<Hotp> {
    let token = Hotp::new(Secret::from(SEED.to_vec()), Algorithm::Sha1, Digits::Six);
    Ok(token.map_err(|why| why.to_string())?)
}

/// What makes the store of a site.
pub(crate) enum Kind {
    /// A file of its own.
    Embedded,
    /// A server that others use too.
    Shared(Arc<RedisSettings>),
}

/// Puts this process on a core of its own, by running it again there.
pub(crate) fn on_core(core: usize) -> Outcome<()> {
    const PLACED: &str = "COUNTERSIGN_BENCH_PLACED";
    if std::env::var_os(PLACED).is_some() {
        return Ok(());
    }
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(std::env::current_exe()?).args(std::env::args().skip(1));
    let status = command.env(PLACED, "1").status()?;
    std::process::exit(status.code().unwrap_or(1))
}

/// A folder with a configuration and people.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    config: PathBuf,
    app: SocketAddr,
    admin: SocketAddr,
}

impl Site {
    /// With so many people, `u0` and so on, each with a token, in a file.
    pub(crate) fn new(people: usize, origin: SocketAddr) -> Outcome<Self> {
        let site = Self::on(&Kind::Embedded, origin)?;
        let data = site.folder.path().join("data");
        std::fs::create_dir_all(&data)?;
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let seal = Arc::new(Seal::new(vec![own_key(&data, &*entropy)?], entropy)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let store = Embedded::open(&data, seal.clone())?;
        runtime.block_on(populate(&store, seal, people, TOGETHER))?;
        Ok(site)
    }

    /// Several on one shared store, with so many people.
    pub(crate) fn several(
        count: usize,
        people: usize,
        origin: SocketAddr,
        redis: &Arc<RedisSettings>,
    ) -> Outcome<Vec<Self>> {
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let key = SealKey::parse("k1", &Secret::from(SHARED_KEY.to_owned()))?;
        let seal = Arc::new(Seal::new(vec![key], entropy)?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let clock = Arc::new(SystemClock::default());
            let store = Redis::open(redis.clone(), seal.clone(), clock).await?;
            populate(&store, seal, people, TOGETHER / 20).await
        })?;
        (0..count).map(|_| Self::on(&Kind::Shared(redis.clone()), origin)).collect()
    }

    fn on(store: &Kind, origin: SocketAddr) -> Outcome<Self> {
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let (app, admin, portal) = (free()?, free()?, free()?);
        let folder = tempfile::tempdir()?;
        let config = folder.path().join("countersign.toml");
        std::fs::create_dir(folder.path().join("policies"))?;
        std::fs::write(folder.path().join("policies/bank.toml"), POLICIES)?;
        let text = format!(
            "policies = \"policies\"\n[server]\nhttp = [\"{app}\"]\nadmin = \"{admin}\"\ntrusted_proxies = [\"127.0.0.1\"]\n\
             data_dir = \"data\"\n[portal]\nurl = \"http://localhost:{}\"\nlisten = \"{portal}\"\n[limits]\nuser_held = 10000000\n\
             all_held = 10000000\nuser_bytes = \"1000GiB\"\nall_bytes = \"1000GiB\"\n[[app]]\nname = \"bank\"\nhosts = [\"bank.test\"]\n\
             upstream = \"http://{origin}\"\n[app.identity]\nsource = \"header\"\nuser = \"X-Forwarded-User\"\n",
            portal.port()
        );
        let store = match store {
            Kind::Embedded => String::new(),
            Kind::Shared(redis) => {
                std::fs::write(folder.path().join("seal.key"), SHARED_KEY)?;
                let RedisPlace::Single(node) = &redis.place else { return Err("one server alone".into()) };
                format!(
                    "[store]\nurl = \"redis://{node}\"\n[[store.seal_key]]\nid = \"k1\"\nkey = {{ file = \"seal.key\" }}\n"
                )
            }
        };
        std::fs::write(&config, text + &store)?;
        Ok(Self { folder, config, app, admin })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The size of its database in bytes.
    pub(crate) fn database(&self) -> Outcome<u64> {
        let files = std::fs::read_dir(self.folder.path().join("data"))?;
        let sizes = files
            .map(|file| Ok(file?.metadata().map(|about| if about.is_file() { about.len() } else { 0 })?));
        sizes.sum()
    }

    /// Starts a server on it; when this returns, it serves.
    pub(crate) fn serve(&self) -> Outcome<Server> {
        let mut command = Command::new("taskset");
        command
            .args(["-c", CORE])
            .arg(env!("CARGO_BIN_EXE_countersign"))
            .args(["serve", "--config"])
            .arg(&self.config);
        let child = command.env("RUST_LOG", "error").stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut server = Server { child, app: self.app };
        let begun = Instant::now();
        while TcpStream::connect(self.admin).is_err() {
            if begun.elapsed() > Duration::from_secs(120) || server.child.try_wait()?.is_some() {
                return Err("the server does not start".into());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }
}

/// Writes people into a store, past the flows: a million in minutes.
async fn populate(store: &dyn Store, seal: Arc<Seal>, people: usize, together: usize) -> Outcome<()> {
    let (entropy, records, now) = (OsEntropy, Records::new(seal), SystemClock::default().now());
    let mut names = (0..people).map(|number| format!("u{number}"));
    loop {
        let mut commit = Commit::new();
        let mut count = 0;
        for name in names.by_ref().take(together) {
            let name = UserName::parse(&name)?;
            let user = User {
                id: Id::new(now, &entropy),
                name: name.clone(),
                groups: vec!["staff".to_owned()],
                email: None,
                phone: None,
                created_at: now,
            };
            let one = Authenticator {
                id: Id::<id::Authenticator>::new(now, &entropy),
                user: name.clone(),
                label: Label::parse("Token")?,
                state: AuthenticatorState::Hotp(token()?),
                created_at: now,
                last_used_at: None,
                counts_from: None,
                revoked_at: None,
            };
            let (of_user, of_one) = (keys::user(&name), keys::authenticator(&name, one.id));
            let owner = keys::authenticator_owner(one.id);
            commit = commit
                .create(of_user.clone(), records.seal_user(&of_user, &user), None)
                .create(of_one.clone(), records.seal_authenticator(&of_one, &one), None)
                .create(owner.clone(), records.close(&owner, &name), None);
            count += 1;
        }
        if count == 0 {
            return Ok(());
        }
        store.commit(commit).await?;
    }
}

/// A server. Dropped, it is told to end.
pub(crate) struct Server {
    child: Child,
    pub(crate) app: SocketAddr,
}

impl Server {
    /// Its resident memory in bytes.
    pub(crate) fn memory(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
        let kib = line.split_whitespace().next().ok_or("no VmRSS")?;
        Ok(kib.parse::<u64>()? * 1024)
    }

    /// The processor time it has used, in seconds.
    pub(crate) fn cpu(&self) -> Outcome<f64> {
        cpu_of(self.child.id())
    }
}

/// The processor time a process has used, in seconds.
pub(crate) fn cpu_of(process: u32) -> Outcome<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no stat")?;
    let ticks: Vec<f64> =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(Command::new("kill").arg(self.child.id().to_string()).status());
        drop(self.child.wait());
    }
}

/// An application that answers `ok` to everything.
pub(crate) fn origin() -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut client = Client { stream: BufReader::new(stream) };
                while client.read().is_ok() {
                    if client
                        .stream
                        .get_mut()
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                        .is_err()
                    {
                        return;
                    }
                }
            });
        }
    });
    Ok(address)
}

/// What a client learns of a request that is held.
pub(crate) struct Problem {
    id: String,
    secret: String,
    authenticator: String,
}

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn new(app: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(app)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// A request that will be held.
    pub(crate) fn hold(&mut self, user: usize, body: &str) -> Outcome<Problem> {
        let fields = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer: Value = serde_json::from_str(&self.ask(403, "/transfer", user, fields, body)?)?;
        let text =
            |at: &str| answer.pointer(at).and_then(Value::as_str).map(str::to_owned).ok_or("no such member");
        Ok(Problem {
            id: text("/held/id")?,
            secret: text("/held/secret")?,
            authenticator: text("/held/authenticators/0/id")?,
        })
    }

    /// Its user proves it.
    pub(crate) fn answer(&mut self, user: usize, held: &Problem, code: &str) -> Outcome<()> {
        let body = json!({ "authenticator": held.authenticator, "code": code }).to_string();
        let fields = format!("{}Content-Type: application/json\r\n", held.credential());
        let answer =
            self.ask(200, &format!("/.countersign/api/v1/held/{}/answers", held.id), user, &fields, &body)?;
        if answer.contains("approved") { Ok(()) } else { Err(answer.into()) }
    }

    /// It is released.
    pub(crate) fn release(&mut self, user: usize, held: &Problem) -> Outcome<()> {
        self.ask(200, "/transfer", user, &held.credential(), "").map(drop)
    }

    fn ask(&mut self, expected: u16, path: &str, user: usize, fields: &str, body: &str) -> Outcome<String> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nHost: bank.test\r\nX-Forwarded-User: u{user}\r\nAccept: */*\r\n{fields}"
        );
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (first, body) = self.read()?;
        if first.split(' ').nth(1) == Some(expected.to_string().as_str()) {
            Ok(body)
        } else {
            Err(format!("{path}: {first}: {body}").into())
        }
    }

    /// The first line of a message, and its body.
    fn read(&mut self) -> Outcome<(String, String)> {
        let (mut first, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line)? == 0 {
                return Err("the connection ended".into());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if first.is_empty() {
                line.clone_into(&mut first);
            } else if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse()?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok((first, String::from_utf8(body)?))
    }
}

impl Problem {
    fn credential(&self) -> String {
        format!("Countersign-Release: {}.{}\r\n", self.id, self.secret)
    }
}
