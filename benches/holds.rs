//! Held requests in number: cycles of hold, approval and release through one server on one core; and what many held requests, many users
//! and several gateways on one Redis cost.
//!
//! `cargo bench --bench holds` does all four; `-- cycles`, `-- held 100000`, `-- users 1000000` or `-- gateways 4` one of them. The server runs on core 0, the
//! clients and the application on core 1. Beside the cycles stands what the disk itself can do, measured in the same run. `TMPDIR` says
//! where the data lies.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement takes times, waits and prints"
)]

mod served;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use countersign::base::settings::{RedisNode, RedisPlace, RedisSettings};
use redb::TableDefinition;
use served::{Client, Outcome, Server, Site, code};

/// How many ask at a time for cycles, and for how long.
const CLIENTS: usize = 192;
const LONG: Duration = Duration::from_secs(15);
const WARMING: Duration = Duration::from_secs(3);
/// The body of each held request, in bytes.
const BODY: usize = 2_000;

fn main() -> Outcome<()> {
    served::on_core(1)?;
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let number = |otherwise| args.get(1).and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    match args.first().map(String::as_str) {
        Some("cycles") => cycles(number(CLIENTS)),
        Some("held") => held(number(100_000)),
        Some("users") => users(number(1_000_000)),
        Some("gateways") => gateways(number(4)),
        _ => cycles(CLIENTS)
            .and_then(|()| held(100_000))
            .and_then(|()| users(1_000_000))
            .and_then(|()| gateways(4)),
    }
}

/// One request is held, approved by its user and released. The time of the approval, and of all three.
fn cycle(client: &mut Client, user: usize, counter: u64, body: &str) -> Outcome<(Duration, Duration)> {
    let begun = Instant::now();
    let problem = client.hold(user, body)?;
    let answering = Instant::now();
    client.answer(user, &problem, &code(counter))?;
    let answered = answering.elapsed();
    client.release(user, &problem)?;
    Ok((answered, begun.elapsed()))
}

/// A body of a form.
fn body(number: usize) -> String {
    let mut body = format!("amount={}&iban=DE89370400440532013000&reference=", 1001 + number);
    body.extend(std::iter::repeat_n('x', BODY.saturating_sub(body.len())));
    body
}

/// What came of clients that went through cycles for a while.
struct Run<T> {
    count: f64,
    took: f64,
    spent: T,
    times: Vec<Duration>,
}

/// Clients go through cycles, each at one of the servers; `spent` is read before and after.
fn run<T: Spent>(apps: &[SocketAddr], clients: usize, spent: impl Fn() -> Outcome<T>) -> Outcome<Run<T>> {
    let done = Arc::new(AtomicU64::new(0));
    let stop = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..clients)
        .zip(apps.iter().copied().cycle())
        .map(|(user, app)| {
            let (done, stop) = (done.clone(), stop.clone());
            thread::spawn(move || -> Outcome<Vec<Duration>> {
                let (mut client, body) = (Client::new(app)?, body(user));
                let mut times = Vec::new();
                for counter in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    times.push(cycle(&mut client, user, counter, &body)?.1);
                    done.fetch_add(1, Ordering::Relaxed);
                }
                // Those of the beginning, when nothing was warm yet, are left out.
                Ok(times.split_off(times.len() / 4))
            })
        })
        .collect();
    thread::sleep(WARMING);
    let (before, first, begun) = (done.load(Ordering::Relaxed), spent()?, Instant::now());
    thread::sleep(LONG);
    let (after, spent, took) =
        (done.load(Ordering::Relaxed), spent()?.since(&first), begun.elapsed().as_secs_f64());
    stop.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for asker in askers {
        times.extend(asker.join().map_err(|_| "a client panicked")??);
    }
    times.sort();
    Ok(Run { count: f64::from(u32::try_from(after - before)?), took, spent, times })
}

/// Processor time in seconds.
trait Spent {
    /// What was spent since.
    fn since(&self, before: &Self) -> Self;
}

impl Spent for f64 {
    fn since(&self, before: &Self) -> Self {
        self - before
    }
}

impl Spent for (f64, f64) {
    fn since(&self, before: &Self) -> Self {
        (self.0 - before.0, self.1 - before.1)
    }
}

fn cycles(clients: usize) -> Outcome<()> {
    let site = Site::new(clients, served::origin()?)?;
    let disk = disk(site.folder())?;
    let server = site.serve()?;
    let run = run(&[server.app], clients, || server.cpu())?;
    println!("cycles of hold, approval and release, {clients} clients, bodies of {BODY} bytes:");
    println!(
        "  {:.0} a second; {:.0} µs of CPU each, {:.0} % of a core; memory {} MiB",
        run.count / run.took,
        run.spent * 1e6 / run.count,
        run.spent / run.took * 100.0,
        server.memory()? >> 20
    );
    println!("  a cycle takes {:.1?} (p50), {:.1?} (p99)", at(&run.times, 50), at(&run.times, 99));
    println!("  this disk: {disk}");
    Ok(())
}

/// Cycles through 1, 2, ... gateways that share one core and one Redis, which shares the other core with clients and application: what a
/// cycle costs must not grow with their number.
fn gateways(most: usize) -> Outcome<()> {
    println!("cycles through gateways on one Redis, {CLIENTS} clients, bodies of {BODY} bytes:");
    for count in 1..=most {
        let redis = Redis::start()?;
        let sites = Site::several(count, CLIENTS, served::origin()?, &redis.settings)?;
        let servers = sites.iter().map(Site::serve).collect::<Outcome<Vec<_>>>()?;
        let apps: Vec<_> = servers.iter().map(|server| server.app).collect();
        let cpu = || servers.iter().map(Server::cpu).sum::<Outcome<f64>>();
        let run = run(&apps, CLIENTS, || Ok((cpu()?, redis.cpu()?)))?;
        let (of_gateways, of_redis) = run.spent;
        println!(
            "  {count}: {:.0} a second; {:.0} µs of CPU of the gateways and {:.0} µs of Redis each; p50 {:.1?}, p99 {:.1?}",
            run.count / run.took,
            of_gateways * 1e6 / run.count,
            of_redis * 1e6 / run.count,
            at(&run.times, 50),
            at(&run.times, 99)
        );
    }
    Ok(())
}

/// A server that syncs every write, as it must.
struct Redis {
    process: Child,
    settings: Arc<RedisSettings>,
    _folder: tempfile::TempDir,
}

impl Redis {
    fn start() -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let process = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"])
            .args(["--appendfsync", "always", "--dir"])
            .arg(folder.path())
            .stdout(Stdio::null())
            .spawn()?;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(5));
        }
        let settings = RedisSettings {
            place: RedisPlace::Single(RedisNode { host: "127.0.0.1".to_owned(), port }),
            tls: false,
            ca: None,
            username: None,
            password: None,
            sentinel_password: None,
            database: 0,
            namespace: "countersign".to_owned(),
            replicas: 0,
            timeout: Duration::from_secs(5),
        };
        Ok(Self { process, settings: Arc::new(settings), _folder: folder })
    }

    fn cpu(&self) -> Outcome<f64> {
        served::cpu_of(self.process.id())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn at(times: &[Duration], part: usize) -> Duration {
    times.get(times.len() * part / 100).copied().unwrap_or_default()
}

/// Durable commits of the database alone: one after the other, and 64 changes in each.
fn disk(folder: &Path) -> Outcome<String> {
    const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("t");
    let database = redb::Database::create(folder.join("disk.redb"))?;
    let mut next = 0u64;
    let mut rate = |together: u64| -> Outcome<f64> {
        let (begun, mut count) = (Instant::now(), 0u32);
        while begun.elapsed() < Duration::from_secs(2) {
            let transaction = database.begin_write()?;
            {
                let mut table = transaction.open_table(TABLE)?;
                for _ in 0..together {
                    table.insert(next, [7u8; 200].as_slice())?;
                    next += 1;
                }
            }
            transaction.commit()?;
            count += 1;
        }
        Ok(f64::from(count) / begun.elapsed().as_secs_f64())
    };
    let (single, many) = (rate(1)?, rate(64)?);
    Ok(format!(
        "{single:.0} durable commits a second of 1 row, {many:.0} of 64 rows ({:.0} rows)",
        many * 64.0
    ))
}

/// So many requests are held; the server is started anew on them.
fn held(count: usize) -> Outcome<()> {
    const USERS: usize = 100;
    let site = Site::new(USERS, served::origin()?)?;
    let empty = {
        let server = site.serve()?;
        alone(&server, USERS, 0)?;
        server.memory()?
    };
    {
        let server = site.serve()?;
        let (app, begun) = (server.app, Instant::now());
        let askers: Vec<_> = (0..64)
            .map(|asker: usize| {
                thread::spawn(move || -> Outcome<()> {
                    let mut client = Client::new(app)?;
                    (asker..count)
                        .step_by(64)
                        .try_for_each(|number| client.hold(number % USERS, &body(number)).map(drop))
                })
            })
            .collect();
        for asker in askers {
            asker.join().map_err(|_| "a client panicked")??;
        }
        println!(
            "{count} held requests of {BODY} bytes, held in {:.1?}; memory then {} MiB",
            begun.elapsed(),
            server.memory()? >> 20
        );
    }
    let begun = Instant::now();
    let server = ready(&site, USERS)?;
    let started = begun.elapsed();
    let fresh = server.memory()?;
    let (_, each) = alone(&server, USERS, 1)?;
    println!(
        "  started anew on them in {started:.2?}; memory {} MiB, after 100 cycles {} MiB ({} MiB with none held); a cycle takes {each:.1?}",
        fresh >> 20,
        server.memory()? >> 20,
        empty >> 20
    );
    Ok(())
}

/// A server that has answered: it listens before it has put in order what the last one left.
fn ready(site: &Site, users: usize) -> Outcome<Server> {
    let server = site.serve()?;
    Client::new(server.app)?.hold(users - 1, &body(0))?;
    Ok(server)
}

/// The median times of an approval and of a cycle, of users all over the directory.
fn alone(server: &Server, users: usize, counter: u64) -> Outcome<(Duration, Duration)> {
    let mut client = Client::new(server.app)?;
    let (mut approvals, mut cycles) = (Vec::new(), Vec::new());
    for turn in 0..100 {
        // A prime step, so that neighbours in the store do not follow each other.
        let user = turn * 7_919 % users;
        let (answered, whole) = cycle(&mut client, user, counter, &body(turn))?;
        approvals.push(answered);
        cycles.push(whole);
    }
    approvals.sort();
    cycles.sort();
    Ok((at(&approvals, 50), at(&cycles, 50)))
}

/// The directory grows tenfold each time; how long a decision then takes.
fn users(most: usize) -> Outcome<()> {
    println!("users, each with an authenticator; one client asks, of users all over the directory:");
    let mut count = most.min(1_000);
    loop {
        let site = Site::new(count, served::origin()?)?;
        let begun = Instant::now();
        let server = ready(&site, count)?;
        let started = begun.elapsed();
        // The first round brings the server and the cache of the disk to life.
        alone(&server, count, 0)?;
        let (approval, whole) = alone(&server, count, 1)?;
        println!(
            "  {count:>8}: approval {approval:.2?}, cycle {whole:.2?} (p50); started in {started:.2?}, memory {} MiB, database {} MiB",
            server.memory()? >> 20,
            site.database()? >> 20
        );
        if count >= most {
            return Ok(());
        }
        count = (count * 10).min(most);
    }
}
