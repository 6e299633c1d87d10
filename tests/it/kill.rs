//! Question: when the gateway is killed at any moment, is nothing executed twice, nothing held lost, and nothing called unknown
//! that is known?
//!
//! The real binary, `kill -9` at random moments of hold, answer and release, and a restart on the same folder. In every eighth
//! cycle the application takes the request and does not answer, so that the kill surely falls between the mark and the outcome.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::base::entropy::{Entropy as _, SeededEntropy};
use countersign::base::time::{Clock as _, SystemClock};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::harness::process::{Server, Site, ask, code, exchange, held, request};

const LANES: usize = 4;
const CYCLES: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_kills_execute_nothing_twice_and_lose_nothing() {
    let mut lanes = tokio::task::JoinSet::new();
    for seed in 0..LANES {
        lanes.spawn(lane(seed as u64));
    }
    let mut found: HashMap<String, usize> = HashMap::new();
    while let Some(lane) = lanes.join_next().await {
        for (state, count) in lane.unwrap() {
            *found.entry(state).or_default() += count;
        }
    }
    println!("found after the kill: {found:?}");
    assert_eq!(found.values().sum::<usize>(), LANES * CYCLES);
    for state in ["nothing", "held", "approved", "outcome_unknown", "delivered"] {
        assert!(found.contains_key(state), "no kill ever left `{state}`: {found:?}");
    }
}

/// The stages of a client's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Hold,
    Answer,
    Release,
    Done,
}

/// What the client knows when the connection breaks.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own, in order")]
#[derive(Debug, Default)]
struct Known {
    ticket: Option<Ticket>,
    answer_sent: bool,
    answered: bool,
    release_sent: bool,
    released: bool,
}

#[derive(Clone, Debug)]
struct Ticket {
    id: String,
    credential: String,
    authenticator: String,
}

async fn lane(seed: u64) -> HashMap<String, usize> {
    let origin = Origin::start().await;
    // Less than the cycles: what a kill leaves on the quotas for good would show.
    let site = Site::new(origin.address, "", "[limits]\nall_held = 25");
    let names: Vec<String> = (0..=CYCLES).map(|number| format!("user{number}")).collect();
    site.enrol(&names).await;
    let dice = SeededEntropy::new(seed);
    let mut server = site.serve().await;

    // One whole way without a kill tells how long the stages take.
    let (progress, reached) = watch::channel(Stage::Hold);
    let paces = tokio::spawn(paces(reached));
    let known = live(server.app, names[CYCLES].clone(), progress).await;
    assert!(known.released, "{known:?}");
    let paces = paces.await.unwrap();

    let (mut found, mut unknown): (HashMap<String, usize>, HashSet<String>) =
        (HashMap::new(), HashSet::new());
    for (number, name) in names.iter().take(CYCLES).enumerate() {
        origin.keep_silent(number % 8 == 7);
        let (progress, mut reached) = watch::channel(Stage::Hold);
        let client = tokio::spawn(live(server.app, name.clone(), progress));
        // Half of the kills fall into the release.
        let (chosen, part) = match roll(&dice, 8) {
            0 => (Stage::Hold, 0),
            1..=3 => (Stage::Answer, 1),
            _ => (Stage::Release, 2),
        };
        let chosen = if number % 8 == 7 { Stage::Release } else { chosen };
        let part = if number % 8 == 7 { 2 } else { part };
        reached.wait_for(|stage| *stage >= chosen).await.unwrap();
        let longest = u64::try_from(paces[part].as_micros()).unwrap().max(2000) * 5 / 4;
        tokio::time::sleep(Duration::from_micros(roll(&dice, longest))).await;
        server.kill();
        let known = client.await.unwrap();
        origin.keep_silent(false);
        origin.quiet().await;
        server = site.serve().await;
        let state = check(&server, &origin, name, &known, &mut unknown).await;
        *found.entry(state).or_default() += 1;
    }
    server.stop().await;
    audit(&site, &unknown);
    found
}

/// After a restart: what is there fits what the client knows and what the application did; then it is led to its end.
async fn check(
    server: &Server,
    origin: &Origin,
    name: &str,
    known: &Known,
    unknown: &mut HashSet<String>,
) -> String {
    let ready = ask(server.admin, &request("GET", "/readyz", &[], b"")).await;
    assert_eq!((ready.status, ready.text().lines().next()), (200, Some("ready")));
    let count = origin.executions(name);
    assert!(count <= 1, "{name}: executed {count} times; {known:?}");
    let Some(ticket) = &known.ticket else {
        // Its client was never told of a hold: nothing can have been released.
        assert_eq!(count, 0, "{name}: {known:?}");
        return "nothing".to_owned();
    };
    let state = state(server, name, ticket).await;
    let context = format!("{name}: {state} after {count} executions; {known:?}");
    match state.as_str() {
        "held" => assert!(!known.answered && count == 0, "{context}"),
        "approved" => assert!(known.answer_sent && !known.released && count == 0, "{context}"),
        "outcome_unknown" => {
            assert!(known.release_sent && !known.released, "{context}");
            unknown.insert(ticket.id.clone());
        }
        "delivered" => assert!(known.release_sent && count == 1, "{context}"),
        _ => panic!("{context}"),
    }
    let over = !matches!(state.as_str(), "held" | "approved");
    if state == "held" {
        let answer = ask(server.app, &answering(name, ticket)).await;
        assert_eq!(answer.status, 200, "{context}: {}", answer.text());
    }
    let answer = ask(server.app, &releasing(name, ticket)).await;
    if over {
        assert_eq!((answer.status, answer.problem().as_str()), (409, "already-released"), "{context}");
        assert_eq!(origin.executions(name), count, "{context}");
    } else {
        assert_eq!((answer.status, answer.text().as_str()), (200, "done"), "{context}: {}", answer.text());
        assert_eq!(origin.executions(name), 1, "{context}");
        assert_eq!(self::state(server, name, ticket).await, "delivered", "{context}");
    }
    state
}

async fn state(server: &Server, name: &str, ticket: &Ticket) -> String {
    let target = format!("/.countersign/api/v1/held/{}", ticket.id);
    let headers = [("X-Forwarded-User", name), ("Countersign-Release", &ticket.credential)];
    let answer = ask(server.app, &request("GET", &target, &headers, b"")).await;
    assert_eq!(answer.status, 200, "{name}: what was held is lost: {}", answer.text());
    let view: Value = serde_json::from_slice(&answer.body).unwrap();
    view["state"].as_str().unwrap().to_owned()
}

/// The log is whole, and says of each request that it was released at most once, and lost only after a release without an outcome.
fn audit(site: &Site, unknown: &HashSet<String>) {
    let verified = site.run(&["audit", "verify", "-c"]);
    assert_eq!((verified.code, verified.err.as_str()), (0, ""), "{}", verified.out);
    let export = site.run(&["audit", "export", "-c"]);
    let mut lives: HashMap<String, Vec<String>> = HashMap::new();
    for line in export.out.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let event = if entry["event"].is_object() { &entry["event"] } else { &entry };
        if let Some(held) = event["held"].as_str() {
            lives.entry(held.to_owned()).or_default().push(event["kind"].as_str().unwrap().to_owned());
        }
    }
    assert!(lives.len() > CYCLES / 2, "{}", export.out);
    for (id, kinds) in &lives {
        let count = |wanted: &str| kinds.iter().filter(|kind| *kind == wanted).count();
        let ends = count("delivered") + count("outcome_unknown");
        assert_eq!((count("held"), ends), (1, count("released")), "{id}: {kinds:?}");
        assert!(count("released") <= count("approved"), "{id}: {kinds:?}");
        assert_eq!(count("outcome_unknown") == 1, unknown.contains(id), "{id}: {kinds:?}");
    }
}

/// One client's way, until its end or a connection that breaks.
async fn live(app: SocketAddr, name: String, progress: watch::Sender<Stage>) -> Known {
    let mut known = Known::default();
    let body = format!("amount=5000&iban={name}");
    let headers =
        [("X-Forwarded-User", name.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let Some(answer) = exchange(app, &request("POST", "/transfer", &headers, body.as_bytes())).await else {
        return known;
    };
    let held = held(&answer);
    let ticket = Ticket {
        id: held["id"].as_str().unwrap().to_owned(),
        credential: answer.field("countersign-approval").unwrap().to_owned(),
        authenticator: held["authenticators"][0]["id"].as_str().unwrap().to_owned(),
    };
    known.ticket = Some(ticket.clone());

    known.answer_sent = true;
    progress.send_replace(Stage::Answer);
    let Some(answer) = exchange(app, &answering(&name, &ticket)).await else { return known };
    assert_eq!(answer.status, 200, "{name}: {}", answer.text());
    known.answered = true;

    known.release_sent = true;
    progress.send_replace(Stage::Release);
    let Some(answer) = exchange(app, &releasing(&name, &ticket)).await else { return known };
    assert_eq!((answer.status, answer.text().as_str()), (200, "done"), "{name}");
    known.released = true;
    progress.send_replace(Stage::Done);
    known
}

fn answering(name: &str, ticket: &Ticket) -> Vec<u8> {
    let target = format!("/.countersign/api/v1/held/{}/answers", ticket.id);
    let body = serde_json::json!({ "authenticator": ticket.authenticator, "code": code() }).to_string();
    let headers = [
        ("X-Forwarded-User", name),
        ("Countersign-Release", ticket.credential.as_str()),
        ("Content-Type", "application/json"),
    ];
    request("POST", &target, &headers, body.as_bytes())
}

fn releasing(name: &str, ticket: &Ticket) -> Vec<u8> {
    let headers = [("X-Forwarded-User", name), ("Countersign-Release", ticket.credential.as_str())];
    request("POST", "/transfer", &headers, b"")
}

/// How long each stage takes.
async fn paces(mut reached: watch::Receiver<Stage>) -> [Duration; 3] {
    let clock = SystemClock::default();
    let mut last = clock.now();
    let mut paces = [Duration::ZERO; 3];
    for (pace, end) in paces.iter_mut().zip([Stage::Answer, Stage::Release, Stage::Done]) {
        let ended = reached.wait_for(|stage| *stage >= end).await.map(|stage| *stage);
        let now = clock.now();
        *pace = Duration::from_millis(u64::try_from(now.millis() - last.millis()).unwrap());
        last = now;
        if ended.is_err() {
            break;
        }
    }
    paces
}

fn roll(dice: &SeededEntropy, below: u64) -> u64 {
    let mut bytes = [0; 8];
    dice.fill(&mut bytes);
    u64::from_le_bytes(bytes) % below
}

/// An application that counts what it carries out, by the beneficiary.
struct Origin {
    address: SocketAddr,
    books: Arc<Mutex<HashMap<String, usize>>>,
    silent: watch::Sender<bool>,
    /// How many connections are open, and from which port the last one came.
    open: watch::Sender<(usize, u16)>,
}

impl Origin {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (books, silent, open) = (Arc::default(), watch::Sender::new(false), watch::Sender::new((0, 0)));
        let origin = Self { address, books, silent, open };
        let (books, silent, open) = (origin.books.clone(), origin.silent.clone(), origin.open.clone());
        tokio::spawn(async move {
            while let Ok((socket, from)) = listener.accept().await {
                open.send_modify(|(count, last)| (*count, *last) = (*count + 1, from.port()));
                let (books, silent, open) = (books.clone(), silent.clone(), open.clone());
                tokio::spawn(async move {
                    carry_out(socket, &books, &silent).await;
                    open.send_modify(|(count, _)| *count -= 1);
                });
            }
        });
        origin
    }

    fn executions(&self, name: &str) -> usize {
        self.books.lock().unwrap().get(name).copied().unwrap_or_default()
    }

    fn keep_silent(&self, silent: bool) {
        self.silent.send_replace(silent);
    }

    /// Waits until every connection has ended: what was sent has been read.
    async fn quiet(&self) {
        // One may still wait to be accepted: they are in order, so all that came before this one are counted once it is.
        let probe = TcpStream::connect(self.address).await.unwrap();
        let here = probe.local_addr().unwrap().port();
        let mut open = self.open.subscribe();
        open.wait_for(|(_, last)| *last == here).await.unwrap();
        drop(probe);
        open.wait_for(|(count, _)| *count == 0).await.unwrap();
    }
}

async fn carry_out(
    mut socket: TcpStream,
    books: &Mutex<HashMap<String, usize>>,
    silent: &watch::Sender<bool>,
) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let count = socket.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |n| n.parse().unwrap());
        if body.len() < length {
            continue;
        }
        let name = body.split_once("iban=").expect("only transfers come here").1;
        *books.lock().unwrap().entry(name.to_owned()).or_default() += 1;
        bytes.clear();
        if *silent.borrow() {
            // Until the gateway is gone.
            while socket.read(&mut piece).await.is_ok_and(|count| count > 0) {}
            return None;
        }
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone").await.ok()?;
    }
}
