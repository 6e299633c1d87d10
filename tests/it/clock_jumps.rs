//! Question: when the machine's clock jumps, does anything pass that should not, twice, or with a code that was used?
//!
//! Real processes under `faketime` (Debian's), which gives them another time of day while the test says so; what measures spans goes on as ever.
//! Each is stopped, not killed: the library cleans up after itself at the end of a process.

use std::path::{Path, PathBuf};

use crate::harness::process::{Server, Site, code, code_in};
use crate::harness::shared::{hold, is_done_once, unguarded_passes};
use crate::harness::upstream::Origin;

const HOUR: u32 = 3600;

struct House {
    origin: Origin,
    site: Site,
}

impl House {
    async fn build(names: &[&str]) -> Self {
        let origin = Origin::ok().await;
        let site = Site::new(origin.address, "", "");
        site.enrol(&names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).await;
        let house = Self { origin, site };
        house.set_clock(0);
        house
    }

    fn offset(&self) -> PathBuf {
        self.site.path().join("offset")
    }

    /// Puts the clock so many seconds ahead of the true time.
    fn set_clock(&self, seconds: u32) {
        let draft = self.site.path().join("offset.new");
        std::fs::write(&draft, format!("+{seconds}\n")).unwrap();
        std::fs::rename(draft, self.offset()).unwrap();
    }

    async fn serve(&self) -> Server {
        let (offset, library, one) = (self.offset(), faketime(), Path::new("1"));
        let environment = [
            ("LD_PRELOAD", library.as_path()),
            ("FAKETIME_TIMESTAMP_FILE", offset.as_path()),
            ("FAKETIME_NO_CACHE", one),
            ("FAKETIME_DONT_FAKE_MONOTONIC", one),
        ];
        self.site.serve_in("info", &environment).await
    }

    async fn works(&self, server: &Server, name: &str, ahead: u32) {
        let before = self.origin.transfers();
        let ticket = hold(server.app, name).await;
        let given = ticket.answer_with(server.app, &code_in(ahead)).await;
        assert_eq!(given.status, 200, "{name}: {}", given.text());
        is_done_once(server.app, &self.origin, &ticket, before).await;
    }
}

/// The library that a process is given another time by.
fn faketime() -> PathBuf {
    let of_architecture = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
    let mut found = of_architecture.map(|path| path.join("faketime/libfaketimeMT.so.1"));
    found.find(|path| path.is_file()).expect("faketime is installed by .ci/deps")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_put_forward_and_back_lets_nothing_pass() {
    let house = House::build(&["alice", "bob", "carol", "dave"]).await;
    let server = house.serve().await;
    let (waiting, approved) = (hold(server.app, "alice").await, hold(server.app, "bob").await);
    assert_eq!(approved.answer(server.app).await.status, 200);

    // Both are over: one waited too long, the other was not fetched in time.
    house.set_clock(2 * HOUR);
    let late = waiting.answer_with(server.app, &code_in(2 * HOUR)).await;
    assert_eq!((late.status, late.problem().as_str()), (410, "expired"), "{}", late.text());
    let late = approved.release(server.app).await;
    assert_eq!((late.status, late.problem().as_str()), (410, "expired"), "{}", late.text());
    assert_eq!(house.origin.transfers(), 0);
    unguarded_passes(server.app, &house.origin).await;
    house.works(&server, "carol", 2 * HOUR).await;

    // Put back: time stands still for this process, nothing comes to life again, and the codes of the true time are too old.
    house.set_clock(0);
    unguarded_passes(server.app, &house.origin).await;
    for ticket in [&waiting, &approved] {
        assert_eq!(ticket.release(server.app).await.status, 410);
    }
    let ticket = hold(server.app, "dave").await;
    assert_eq!(ticket.answer(server.app).await.status, 422);
    assert_eq!(house.origin.transfers(), 1);
    server.stop().await;

    // A new process lives in the true time. What was used ahead of it is still used. What had ended there has ended if the sweep came to
    // record it; else it waits within its true time, and still wants its proof.
    let server = house.serve().await;
    assert!([409, 410].contains(&waiting.release(server.app).await.status));
    let ticket = hold(server.app, "carol").await;
    assert_eq!(ticket.answer_with(server.app, &code()).await.status, 422, "older than the one that was used");
    house.works(&server, "alice", 0).await;
    assert_eq!(house.origin.transfers(), 2);
    unguarded_passes(server.app, &house.origin).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_approved_before_the_clock_is_put_back_is_done_once() {
    let house = House::build(&["alice", "bob"]).await;
    house.set_clock(2 * HOUR);
    let server = house.serve().await;
    let approved = hold(server.app, "alice").await;
    assert_eq!(approved.answer_with(server.app, &code_in(2 * HOUR)).await.status, 200);
    let waiting = hold(server.app, "bob").await;
    house.set_clock(0);
    unguarded_passes(server.app, &house.origin).await;
    is_done_once(server.app, &house.origin, &approved, 0).await;
    server.stop().await;

    // One that seems to come from the future is judged as any other.
    let server = house.serve().await;
    assert_eq!(waiting.state(server.app).await, "held");
    assert_eq!(waiting.answer(server.app).await.status, 200);
    is_done_once(server.app, &house.origin, &waiting, 1).await;
    assert_eq!(approved.release(server.app).await.status, 409);
    assert_eq!(house.origin.transfers(), 2);
    server.stop().await;
}
