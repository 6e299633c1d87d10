//! Question: under one fault after another, for as long as one likes, is nothing done twice, nothing done unapproved, and all that was said to be done done?
//!
//! Two gateways on one Redis, each behind a relay of its own; users who have transfers approved; and faults at random: the store paused, cut off in either direction,
//! killed, and gateways killed. What the application carried out is compared with what its users were told. `make soak` runs it for 30 minutes (`SOAK`, in seconds).

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use countersign::base::entropy::{Entropy as _, SeededEntropy};

use crate::harness::process::{Server, exchange, request};
use crate::harness::redis::RedisServer;
use crate::harness::relay::{Cut, Relay};
use crate::harness::shared::{DONE, Sites, ticket};
use crate::harness::upstream::Origin;

/// How long the short form takes.
const SHORT: Duration = Duration::from_secs(15);

/// Each serves once in a step of its authenticator, and the next.
const USERS: usize = 96;

/// A code is good for this user again.
const REST: Duration = Duration::from_secs(65);

/// What became of one transfer, as its user knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    /// Not held, or not approved: it cannot have been done.
    Refused,
    /// Approved, perhaps; the user does not know what came of it.
    Unknown,
    /// Done.
    Done,
}

struct Town {
    servers: Mutex<Vec<Option<Server>>>,
    addresses: Mutex<Vec<Option<SocketAddr>>>,
    told: Mutex<HashMap<String, Told>>,
    end: Instant,
}

impl Town {
    fn address(&self, number: usize) -> Option<SocketAddr> {
        self.addresses.lock().unwrap()[number % 2]
    }

    fn tell(&self, what: &str, told: Told) {
        self.told.lock().unwrap().insert(what.to_owned(), told);
    }

    fn over(&self) -> bool {
        Instant::now() >= self.end
    }
}

fn roll(dice: &SeededEntropy, below: u64) -> u64 {
    let mut bytes = [0; 8];
    dice.fill(&mut bytes);
    u64::from_le_bytes(bytes) % below
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_one_fault_after_another_nothing_is_done_twice_or_unapproved() {
    let asked = std::env::var("SOAK").ok().map(|text| Duration::from_secs(text.parse().unwrap()));
    let (length, long) = (asked.unwrap_or(SHORT), asked.is_some());
    let (mut store, origin) = (RedisServer::start(), Origin::ok().await);
    let relays = [Relay::start(store.port).await, Relay::start(store.port).await];
    let stores =
        relays.iter().map(|relay| format!("url = \"redis://127.0.0.1:{}\"\ntimeout = \"500ms\"", relay.port));
    let sites = Sites::of(origin.address, stores, "[limits]\nall_held = 100000\nuser_held = 10000");
    let names: Vec<String> = (0..USERS).map(|number| format!("user{number}")).collect();
    sites.enrol(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let servers = sites.serve().await;
    let town = Arc::new(Town {
        addresses: Mutex::new(servers.iter().map(|server| Some(server.app)).collect()),
        servers: Mutex::new(servers.into_iter().map(Some).collect()),
        told: Mutex::default(),
        end: Instant::now() + length,
    });

    let mut people = tokio::task::JoinSet::new();
    for (lane, names) in names.chunks(USERS / 4).enumerate() {
        people.spawn(live(town.clone(), lane, names.to_vec()));
    }
    let passed = tokio::spawn(pass(town.clone()));

    let dice = SeededEntropy::new(if long { u64::from(std::process::id()) } else { 5 });
    let mut faults: BTreeMap<&str, usize> = BTreeMap::new();
    let mut killed = Instant::now();
    while !town.over() {
        let pause = if long { 3000 } else { 600 };
        tokio::time::sleep(Duration::from_millis(200 + roll(&dice, pause))).await;
        let (span, which) = (Duration::from_millis(100 + roll(&dice, 900)), usize::from(roll(&dice, 2) == 1));
        let fault = match roll(&dice, 5) {
            0 => {
                store.signal("STOP");
                tokio::time::sleep(span).await;
                store.signal("CONT");
                "store paused"
            }
            side @ (1 | 2) => {
                let cut = if side == 1 { Cut::Requests } else { Cut::AnswersToCommits };
                relays[which].cut(Some(cut));
                tokio::time::sleep(span).await;
                relays[which].cut(None);
                if side == 1 { "store's requests kept back" } else { "store's answers kept back" }
            }
            3 if long && killed.elapsed() > Duration::from_secs(150) => {
                store.restart();
                killed = Instant::now();
                "store killed"
            }
            _ => {
                town.addresses.lock().unwrap()[which] = None;
                let server = town.servers.lock().unwrap()[which].take().unwrap();
                server.kill();
                let server = sites.site(which).serve().await;
                town.addresses.lock().unwrap()[which] = Some(server.app);
                town.servers.lock().unwrap()[which] = Some(server);
                "gateway killed"
            }
        };
        *faults.entry(fault).or_default() += 1;
    }
    people.join_all().await;
    let passed = passed.await.unwrap();

    let mut done: HashMap<String, usize> = HashMap::new();
    for seen in origin.seen().iter().filter(|seen| seen.line().starts_with("POST")) {
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        *done.entry(body.rsplit('=').next().unwrap().to_owned()).or_default() += 1;
    }
    let told = town.told.lock().unwrap().clone();
    for (what, count) in &done {
        assert_eq!(*count, 1, "{what} was done {count} times");
        assert_ne!(told[what], Told::Refused, "{what} was done unapproved");
    }
    let mut ends: BTreeMap<Told, usize> = BTreeMap::new();
    for (what, told) in &told {
        assert!(*told != Told::Done || done.contains_key(what), "{what} was said to be done");
        *ends.entry(*told).or_default() += 1;
    }
    let verified = sites.site(0).run(&["audit", "verify", "-c"]);
    assert_eq!((verified.code, verified.err.as_str()), (0, ""), "{}", verified.out);
    println!("{length:?}: transfers {ends:?}, done {}, unguarded {passed}, faults {faults:?}", done.len());
    assert!(ends.contains_key(&Told::Done) && passed > 0 && faults.len() > 1, "{ends:?} {faults:?}");
}

/// One after another, has a transfer held, approved and released, each step at one of the gateways.
async fn live(town: Arc<Town>, lane: usize, names: Vec<String>) {
    let dice = SeededEntropy::new(lane as u64 + 100);
    let mut rested: Vec<Option<Instant>> = vec![None; names.len()];
    for number in 0.. {
        let who = number % names.len();
        while rested[who].is_some_and(|last| last.elapsed() < REST) && !town.over() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if town.over() {
            return;
        }
        rested[who] = Some(Instant::now());
        let what = format!("transfer{lane}x{number}");
        town.tell(&what, Told::Refused);
        one(&town, &dice, &names[who], &what).await;
        // Nobody types a code ten times a second.
        tokio::time::sleep(Duration::from_millis(roll(&dice, 400))).await;
    }
}

async fn one(town: &Town, dice: &SeededEntropy, name: &str, what: &str) -> Option<()> {
    let any = || usize::try_from(roll(dice, 2)).ok().and_then(|which| town.address(which));
    let headers = [("X-Forwarded-User", name), ("Content-Type", "application/x-www-form-urlencoded")];
    let body = format!("amount=5000&iban={what}");
    let held = exchange(any()?, &request("POST", "/transfer", &headers, body.as_bytes())).await?;
    if held.status != 403 {
        assert_eq!(held.problem(), "store-unavailable", "{}", held.text());
        return None;
    }
    let ticket = ticket(name, &held);
    let address = any()?;
    town.tell(what, Told::Unknown);
    let answer = ticket.try_answer(address).await?;
    if answer.status != 200 && answer.status != 503 {
        assert!([404, 409, 410, 422, 429].contains(&answer.status), "{}", answer.text());
        town.tell(what, Told::Refused);
    }
    for _ in 0..20 {
        let Some(answer) = ticket.try_release(any()?).await else { continue };
        match answer.status {
            200 => {
                assert_eq!(answer.text(), DONE);
                town.tell(what, Told::Done);
                return Some(());
            }
            503 => tokio::time::sleep(Duration::from_millis(100)).await,
            status => {
                assert!([404, 409, 410, 502].contains(&status), "{status}: {}", answer.text());
                return None;
            }
        }
    }
    None
}

/// What no policy matches passes at a gateway that runs, whatever the store does. How many did.
async fn pass(town: Arc<Town>) -> usize {
    let (mut number, mut passed) = (0, 0);
    while !town.over() {
        number += 1;
        if let Some(address) = town.address(number) {
            match exchange(address, &request("GET", "/", &[("X-Forwarded-User", "guest")], b"")).await {
                Some(answer) => {
                    assert_eq!((answer.status, answer.text().as_str()), (200, DONE));
                    passed += 1;
                }
                None => {
                    assert_ne!(town.address(number), Some(address), "a gateway that runs does not answer");
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    passed
}
