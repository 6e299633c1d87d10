//! Question: does one server take over from another without a request that is dropped, and does nobody use the store of both?

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use countersign::app::upgrade::{Predecessor, take};
use countersign::app::{self, Machine, Running};
use countersign::base::entropy::OsEntropy;
use countersign::config;
use countersign::store::gate::Gate;
use countersign::store::{Commit, Row, Store, Unavailable, keys};
use tokio::sync::Notify;

use crate::harness::office::{Held, Mood, Office, Setup, request};
use crate::harness::raw::{Client, PATIENCE};
use crate::harness::sha256;
use crate::store_contract::{OnDisk, embedded};

/// The sockets of the gateway that runs.
async fn sockets(office: &Office) -> Predecessor {
    take(&office.data()).await.unwrap().expect("one runs")
}

/// A second gateway that takes over from the first; both run.
async fn successor(office: &Office) -> Running {
    let (settings, policies) = config::load(&office.settings()).unwrap();
    let mut before = sockets(office).await;
    let listeners = before.listeners(&settings).await.unwrap();
    let machine = Machine { clock: office.clock.clone(), entropy: Arc::new(OsEntropy) };
    app::start_after(&settings, policies, listeners, &machine, Some(before)).await.unwrap()
}

/// Asks again and again until told to stop; a connection that ends between two answers is replaced, nothing else may happen.
struct Load<'a> {
    office: &'a Office,
    stop: Cell<bool>,
    answers: Cell<usize>,
    more: Notify,
}

impl Load<'_> {
    fn count(&self) {
        self.answers.set(self.answers.get() + 1);
        self.more.notify_waiters();
    }

    async fn until_more(&self, by: usize) {
        let wanted = self.answers.get() + by;
        let reached = async {
            while self.answers.get() < wanted {
                self.more.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("answers");
    }

    /// On connections that stay open as long as the server lets them.
    async fn kept_open(&self, line: &str, user: &str, status: u16) {
        let ask = request(line, &[("Host", "h2.test"), ("X-Forwarded-User", user)], b"");
        let mut client = self.office.connect().await;
        while !self.stop.get() {
            let answer = client.ask(&ask).await;
            assert_eq!(answer.status, status, "{line}: {}", answer.text());
            if answer.field("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
                client = self.office.connect().await;
            }
            self.count();
        }
    }

    /// On a connection for each.
    async fn anew(&self, line: &str, user: &str, status: u16) {
        let ask = request(line, &[("Host", "h2.test"), ("X-Forwarded-User", user)], b"");
        while !self.stop.get() {
            let answer = self.office.connect().await.ask(&ask).await;
            assert_eq!(answer.status, status, "{line}: {}", answer.text());
            self.count();
        }
    }

    /// In HTTP/2: what a server has taken is answered, and another connection is opened when it says that it takes no more.
    async fn in_http2(&self) {
        while !self.stop.get() {
            let stream = self.office.tls("h2.test", "h2").await;
            let (send, connection) = h2::client::handshake(stream).await.unwrap();
            let connection = tokio::spawn(connection);
            while !self.stop.get() {
                let Ok(mut ready) = send.clone().ready().await else { break };
                let ask = http::Request::get("https://h2.test/free").body(()).unwrap();
                let Ok((answer, _)) = ready.send_request(ask, true) else { break };
                let (head, mut body) = match answer.await {
                    Ok(answer) => answer.into_parts(),
                    // A stream beyond the last that the server says it has taken (RFC 9113, section 6.8): asked again on the next connection.
                    Err(error) if error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR) => break,
                    Err(error) => panic!("an answer, not {error}"),
                };
                assert_eq!(head.status, 200);
                while let Some(data) = body.data().await {
                    body.flow_control().release_capacity(data.expect("all of it").len()).unwrap();
                }
                self.count();
            }
            drop(send);
            drop(connection.await);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_dropped_while_one_server_follows_another() {
    let limits = "user_held = 100000\nall_held = 100000";
    let office = Office::with(Setup { limits, ..Setup::default() }).await;
    let (alice, bob) = (office.person("alice").await, office.person("bob").await);
    let waiting = office.hold(&alice, "amount=1").await;
    let sent = office.hold(&bob, "amount=2").await;
    office.approve(&sent, &bob).await;
    // Both are begun at the first server and answered while the second one serves.
    let told = Arc::new(Notify::new());
    office.feel(Mood::Waits(told.clone()));
    let slow = office.ask("GET /slow", &[], b"");
    let released = office.release(&sent);
    let load = Load { office: &office, stop: Cell::new(false), answers: Cell::new(0), more: Notify::new() };
    let change = async {
        office.app.wait_for(2).await;
        load.until_more(300).await;
        let next = successor(&office).await;
        tokio::time::timeout(PATIENCE, office.running().succeeded()).await.expect("it is told");
        let let_go = async {
            load.until_more(300).await;
            told.notify_waiters();
        };
        tokio::join!(office.running().retire(), let_go);
        load.until_more(300).await;
        load.stop.set(true);
        next
    };
    let (next, slow, released, ..) = tokio::join!(
        change,
        slow,
        released,
        load.kept_open("GET /free", "alice", 200),
        load.kept_open("POST /free", "alice", 200),
        load.anew("GET /free", "bob", 200),
        load.kept_open("POST /transfer", "alice", 403),
        load.anew("POST /transfer", "bob", 403),
        load.in_http2(),
    );
    assert_eq!((slow.status, slow.text()), (201, sha256(b"")));
    assert_eq!((released.status, released.text()), (201, sha256(b"amount=2")));
    // The second one has the store: it knows what became of the one, and takes the other to its end.
    office.feel(Mood::Answers);
    assert_eq!(office.state(&sent).await, "delivered");
    office.approve(&waiting, &alice).await;
    assert_eq!(office.release(&waiting).await.status, 201);
    assert_eq!(office.arrived().len(), 3);
    next.stop(Duration::from_secs(20)).await;
}

#[tokio::test]
async fn a_successor_that_fails_changes_nothing() {
    let office = Office::start().await;
    let alice = office.person("alice").await;
    for _ in 0..3 {
        drop(sockets(&office).await);
        let held: Held = office.hold(&alice, "amount=1").await;
        office.approve(&held, &alice).await;
        assert_eq!(office.release(&held).await.status, 201);
    }
    let next = successor(&office).await;
    office.running().succeeded().await;
    office.running().retire().await;
    let mut client = Client::connect(next.http[0]).await;
    assert_eq!(client.ask(request("GET /", &[("Host", "bank.test")], b"")).await.status, 201);
    next.stop(Duration::from_secs(20)).await;
}

#[tokio::test]
async fn nobody_is_taken_over_from_where_nobody_runs() {
    let mut office = Office::start().await;
    office.stop().await;
    assert!(take(&office.data()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_store_is_waited_for_used_by_the_recovery_first_and_not_after_it_was_given_away() {
    let disk = OnDisk::new();
    let store: Arc<dyn Store> = Arc::new(embedded(disk.path()));
    let (known, other) = (keys::gateway("receipt-key"), keys::gateway("other"));
    let row = Row { version: 7, value: b"sealed".to_vec() };
    let gate = |patience| Gate::awaiting(patience, vec![(known.clone(), row.clone())]);

    let never = gate(Duration::from_millis(10));
    assert_eq!(never.get(&known).await, Ok(Some(row.clone())));
    assert!(never.get(&other).await.is_err());

    let gate = gate(PATIENCE);
    let put = Commit::new().create(other.clone(), b"x".to_vec(), None);
    let order = std::sync::Mutex::new(Vec::new());
    let recovery = async {
        // Whoever waits goes on waiting.
        tokio::task::yield_now().await;
        gate.commit(put).await.unwrap();
        order.lock().unwrap().push("recovery");
        Ok::<(), Unavailable>(())
    };
    let waits = async {
        let found = gate.get(&other).await.unwrap();
        order.lock().unwrap().push("all");
        found
    };
    let (found, arrived) = tokio::join!(waits, gate.arrive(store, recovery));
    assert!(arrived.is_ok());
    assert_eq!(found.unwrap().value, b"x");
    assert_eq!(*order.lock().unwrap(), ["recovery", "all"]);
    gate.leave();
    assert!(gate.get(&other).await.is_err());
    assert!(gate.commit(Commit::new()).await.is_err());
    // Nobody has it any more: it can be opened again.
    tokio::time::timeout(PATIENCE, async { drop(embedded(disk.path())) }).await.unwrap();
}
