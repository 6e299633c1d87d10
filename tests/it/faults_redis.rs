//! Question: whatever becomes of a shared store, is what is guarded refused or done once, and does what is not guarded pass?
//!
//! Real servers: killed, paused, out of memory, short of replicas, cut off, with another history.

use std::time::{Duration, Instant};

use crate::harness::process::{Server, ask, exchange, request};
use crate::harness::redis::RedisServer;
use crate::harness::relay::{Cut, Relay};
use crate::harness::shared::{DONE, Sites, hold, transfer, unguarded_passes};
use crate::harness::upstream::Origin;

/// Short, so that what is not answered is found soon.
const TIMEOUT: &str = "timeout = \"1500ms\"";

/// How long a gateway may take to find a store again.
const PATIENCE: Duration = Duration::from_secs(30);

struct House {
    store: RedisServer,
    origin: Origin,
    sites: Sites,
    servers: Vec<Server>,
}

impl House {
    async fn open(count: usize, names: &[&str]) -> Self {
        Self::on(RedisServer::start(), count, names, "").await
    }

    async fn on(store: RedisServer, count: usize, names: &[&str], more: &str) -> Self {
        let url = format!("url = \"redis://127.0.0.1:{}\"\n{TIMEOUT}\n{more}", store.port);
        let origin = Origin::ok().await;
        let sites = Sites::new(count, origin.address, &url, "");
        sites.enrol(names).await;
        let servers = sites.serve().await;
        Self { store, origin, sites, servers }
    }

    fn app(&self) -> std::net::SocketAddr {
        self.servers[0].app
    }

    async fn unguarded_passes(&self) {
        unguarded_passes(self.app(), &self.origin).await;
    }

    /// What a policy matches is refused, and is not sent.
    async fn guarded_is_refused(&self, name: &str) {
        let before = self.origin.transfers();
        let answer = ask(self.app(), &transfer(name, &[])).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (503, "store-unavailable"),
            "{}",
            answer.text()
        );
        assert_eq!(self.origin.transfers(), before);
    }

    /// Waits until a request can be held again, and leads it to its end.
    async fn works_again(&self, name: &str) {
        let before = self.origin.transfers();
        let end = Instant::now() + PATIENCE;
        loop {
            let answer = ask(self.app(), &transfer(name, &[])).await;
            if answer.status == 403 {
                let ticket = crate::harness::shared::ticket(name, &answer);
                let given = ticket.answer(self.app()).await;
                assert_eq!(given.status, 200, "{}", given.text());
                let answer = ticket.release(self.app()).await;
                assert_eq!((answer.status, answer.text().as_str()), (200, DONE));
                assert_eq!(self.origin.transfers(), before + 1);
                return;
            }
            assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
            assert!(Instant::now() < end, "the store is not found again");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_is_found_again() {
    let mut house = House::open(1, &["alice", "bob"]).await;
    house.store.kill();
    house.guarded_is_refused("alice").await;
    house.unguarded_passes().await;
    house.store.restart();
    house.ready().await;
    let ticket = hold(house.app(), "bob").await;
    // It may have forgotten the code that was used last: one of the step of the failover proves nothing.
    let answer = ticket.answer(house.app()).await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    assert_eq!(ticket.state(house.app()).await, "held");
    house.unguarded_passes().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_killed_between_approval_and_release_sends_nothing_unasked() {
    let mut house = House::open(1, &["alice"]).await;
    let ticket = hold(house.app(), "alice").await;
    assert_eq!(ticket.answer(house.app()).await.status, 200);
    house.store.kill();
    let answer = ticket.release(house.app()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
    assert_eq!(house.origin.transfers(), 0);
    house.unguarded_passes().await;
    // Whether it was released before, the store may have forgotten: it is void.
    house.store.restart();
    house.ready().await;
    let answer = ticket.release(house.app()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (410, "expired"), "{}", answer.text());
    assert_eq!(ticket.state(house.app()).await, "failed_over");
    assert_eq!(house.origin.transfers(), 0);
}

/// The gateway ends while the store is away, and is started again.
async fn started_without_a_store(house: &mut House) {
    house.store.kill();
    house.servers.pop().unwrap().kill();
    house.servers.push(house.sites.site(0).serve().await);
    house.unguarded_passes().await;
    house.guarded_is_refused("alice").await;
    let ready = ask(house.servers[0].admin, &request("GET", "/readyz", &[], b"")).await;
    assert_eq!(ready.status, 503, "{}", ready.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_starts_while_its_store_is_away_passes_what_is_not_guarded() {
    let mut house = House::open(1, &["alice", "bob"]).await;
    let ticket = hold(house.app(), "alice").await;
    assert_eq!(ticket.answer(house.app()).await.status, 200);
    started_without_a_store(&mut house).await;
    let answer = ticket.release(house.app()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
    house.store.restart();
    house.ready().await;
    // The store may have forgotten something, as after every failover.
    assert_eq!(ticket.release(house.app()).await.status, 410);
    assert_eq!(house.origin.transfers(), 0);
    assert_eq!(hold(house.app(), "bob").await.state(house.app()).await, "held");
    // The work of a server has begun too: it takes orders.
    let listed = house.sites.site(0).run(&["user", "list", "-c"]);
    assert!(listed.code == 0 && listed.out.contains("alice"), "{listed:?}");
    let verified = house.sites.site(0).run(&["audit", "verify", "-c"]);
    assert_eq!((verified.code, verified.err.as_str()), (0, ""), "{}", verified.out);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_comes_back_as_another_is_not_used() {
    let mut house = House::open(1, &["alice"]).await;
    house.store.cli(&["FLUSHALL"]);
    started_without_a_store(&mut house).await;
    house.store.restart();
    let end = Instant::now() + PATIENCE;
    while !house.servers[0].log().contains("it has other keys than it had") {
        assert!(Instant::now() < end, "it is not noticed: {}", house.servers[0].log());
        house.guarded_is_refused("alice").await;
    }
    house.unguarded_passes().await;
    // Nothing of a gateway was put into it, and a start takes it for what it is: new.
    assert_eq!(house.store.cli(&["--scan", "--pattern", "*row:gateway/*key"]), "");
    house.servers.pop().unwrap().kill();
    house.servers.push(house.sites.site(0).serve().await);
    house.ready().await;
    assert_ne!(house.store.cli(&["--scan", "--pattern", "*row:gateway/*key"]), "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_never_saw_its_store_does_not_start_without_it() {
    let mut store = RedisServer::start();
    let sites =
        Sites::new(1, Origin::ok().await.address, &format!("url = \"redis://127.0.0.1:{}\"", store.port), "");
    store.kill();
    let printed = sites.site(0).run(&["serve", "-c"]);
    assert!(printed.code == 1 && printed.err.contains("cannot be reached"), "{printed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_refuses_and_goes_on() {
    let house = House::open(1, &["alice", "bob"]).await;
    let ticket = hold(house.app(), "alice").await;
    house.store.signal("STOP");
    house.guarded_is_refused("bob").await;
    house.unguarded_passes().await;
    let answer = ticket.release(house.app()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
    house.store.signal("CONT");
    house.works_again("bob").await;
    // Nothing was lost: the same history.
    assert_eq!(ticket.state(house.app()).await, "held");
    assert_eq!(ticket.answer(house.app()).await.status, 200);
    assert_eq!(ticket.release(house.app()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_memory_refuses_wholly() {
    let house = House::open(1, &["alice", "bob"]).await;
    let ticket = hold(house.app(), "alice").await;
    let names = house.store.cli(&["ZCARD", "{countersign:default}:names"]);
    assert_eq!(house.store.cli(&["CONFIG", "SET", "maxmemory", "1"]), "OK");
    house.guarded_is_refused("bob").await;
    house.unguarded_passes().await;
    assert_eq!(ticket.answer(house.app()).await.status, 503);
    assert_eq!(house.store.cli(&["ZCARD", "{countersign:default}:names"]), names);
    assert_eq!(house.store.cli(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
    house.works_again("bob").await;
    assert_eq!(ticket.state(house.app()).await, "held");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_takes_no_writes_refuses_and_goes_on() {
    let house = House::open(1, &["alice", "bob"]).await;
    assert_eq!(house.store.cli(&["CONFIG", "SET", "min-replicas-to-write", "1"]), "OK");
    house.guarded_is_refused("alice").await;
    house.unguarded_passes().await;
    assert_eq!(house.store.cli(&["CONFIG", "SET", "min-replicas-to-write", "0"]), "OK");
    house.works_again("bob").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forgotten_scripts_are_loaded_again() {
    let house = House::open(1, &["alice"]).await;
    assert_eq!(house.store.cli(&["SCRIPT", "FLUSH"]), "OK");
    house.works_again("alice").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_replicas_do_not_have_does_not_count() {
    let store = RedisServer::start();
    let port = store.port.to_string();
    let replica = RedisServer::with(&["--replicaof", "127.0.0.1", &port]);
    store.wait_for_replicas(1);
    let house = House::on(store, 1, &["alice", "bob"], "replicas = 1").await;
    house.works_again("bob").await;
    let ticket = hold(house.app(), "alice").await;
    assert_eq!(ticket.answer(house.app()).await.status, 200);
    replica.signal("STOP");
    // Approved and asked for, but the mark that it is being sent would be lost with the master: so it is not sent.
    let before = house.origin.transfers();
    let answer = ticket.release(house.app()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
    assert_eq!(house.origin.transfers(), before);
    house.guarded_is_refused("alice").await;
    house.unguarded_passes().await;
    replica.signal("CONT");
    assert_eq!(house.origin.transfers(), before, "and not later either");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_the_store_that_is_lost_on_its_way_sends_nothing() {
    let store = RedisServer::start();
    let relay = Relay::start(store.port).await;
    let origin = Origin::ok().await;
    let url = format!("url = \"redis://127.0.0.1:{}\"\n{TIMEOUT}", relay.port);
    let sites = Sites::new(1, origin.address, &url, "");
    sites.enrol(&["alice", "bob"]).await;
    let servers = sites.serve().await;
    let house = House { store, origin, sites, servers };
    for (name, cut) in [("alice", Cut::AnswersToCommits), ("bob", Cut::Requests)] {
        let ticket = hold(house.app(), name).await;
        assert_eq!(ticket.answer(house.app()).await.status, 200);
        let before = house.origin.transfers();
        relay.cut(Some(cut));
        let answer = ticket.release(house.app()).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"), "{cut:?}");
        house.unguarded_passes().await;
        relay.cut(None);
        let end = Instant::now() + PATIENCE;
        let released = loop {
            let answer = ticket.release(house.app()).await;
            if answer.status != 503 {
                break answer;
            }
            assert!(Instant::now() < end, "{cut:?}");
        };
        match cut {
            // The mark was made, and the gateway never learned of it: nobody knows, so nothing is sent.
            Cut::AnswersToCommits => {
                assert_eq!(released.status, 409, "{}", released.text());
                assert_eq!(house.origin.transfers(), before, "{cut:?}");
            }
            Cut::Requests => assert_eq!(house.origin.transfers(), before + 1, "{cut:?}"),
        }
    }
}

/// The store is killed at some moment of a user's way: nothing is done twice, and nothing that was said to be done is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_moment_lets_nothing_happen_twice() {
    let (mut done, mut broken) = (0, 0);
    for number in 0..12 {
        let mut house = House::open(2, &["alice"]).await;
        let (one, other) = (house.servers[0].app, house.servers[1].app);
        let (tell, told) = tokio::sync::oneshot::channel();
        let way = tokio::spawn(async move {
            let answer = exchange(one, &transfer("alice", &[])).await?;
            (answer.status == 403).then_some(())?;
            let ticket = crate::harness::shared::ticket("alice", &answer);
            drop(tell.send(ticket.clone()));
            (ticket.answer(other).await.status == 200).then_some(())?;
            Some(ticket.release(one).await.status)
        });
        // From before the first commit to after the last one.
        tokio::time::sleep(Duration::from_millis(number * 20)).await;
        house.store.kill();
        let released = way.await.unwrap();
        let sent = house.origin.transfers();
        assert!(sent <= 1, "sent {sent} times");
        if released == Some(200) {
            assert_eq!(sent, 1);
            done += 1;
        } else {
            broken += 1;
        }
        house.store.restart();
        house.ready().await;
        // Whatever is asked for afterwards, at either gateway, sends nothing more.
        if let Ok(ticket) = told.await {
            for app in [one, other] {
                let end = Instant::now() + PATIENCE;
                let answer = loop {
                    let answer = ticket.release(app).await;
                    if answer.status != 503 || Instant::now() > end {
                        break answer;
                    }
                };
                assert!([404, 409, 410].contains(&answer.status), "{}", answer.text());
            }
        }
        assert_eq!(house.origin.transfers(), sent);
    }
    assert!(done > 0 && broken > 0, "{done} done, {broken} broken: the kills all fell on one side");
}

impl House {
    /// Waits until all gateways say that they can work.
    async fn ready(&self) {
        let end = Instant::now() + PATIENCE;
        for server in &self.servers {
            while ask(server.admin, &request("GET", "/readyz", &[], b"")).await.status != 200 {
                assert!(Instant::now() < end, "a gateway does not find the store again");
            }
        }
    }
}
