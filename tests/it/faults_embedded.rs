//! Question: whatever becomes of the embedded store's disk and files, is what is guarded refused or done once, and does what is not guarded
//! pass?
//!
//! Real processes on real files. A full and a read-only disk are a small file system of their own, which takes root; where that cannot be
//! had, `store::embedded::tests` still shows a full disk.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::process::{Server, Site, ask, request};
use crate::harness::shared::{Ticket, hold, is_done_once, ticket, transfer, unguarded_passes};
use crate::harness::upstream::Origin;

struct House {
    origin: Origin,
    site: Site,
}

impl House {
    async fn build(names: &[&str]) -> Self {
        let house = Self::empty().await;
        house.enrol(names).await;
        house
    }

    async fn empty() -> Self {
        let origin = Origin::ok().await;
        let site = Site::new(origin.address, "", "[limits]\nuser_held = 1000");
        Self { origin, site }
    }

    async fn enrol(&self, names: &[&str]) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        self.site.enrol(&names).await;
    }

    fn database(&self) -> PathBuf {
        self.site.data().join("countersign.redb")
    }

    async fn unguarded_passes(&self, server: &Server) {
        unguarded_passes(server.app, &self.origin).await;
    }

    /// What a policy matches is refused, and is not sent.
    async fn guarded_is_refused(&self, server: &Server, name: &str) {
        let before = self.origin.transfers();
        let answer = ask(server.app, &transfer(name, &[])).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
        assert_eq!(self.origin.transfers(), before);
    }

    /// A request is held, approved, and done once.
    async fn works(&self, server: &Server, name: &str) {
        let before = self.origin.transfers();
        let ticket = hold(server.app, name).await;
        let given = ticket.answer(server.app).await;
        assert_eq!(given.status, 200, "{}", given.text());
        is_done_once(server.app, &self.origin, &ticket, before).await;
    }

    /// An approved one, released while the store fails: refused, or done once.
    async fn is_refused_or_done_once(&self, server: &Server, ticket: &Ticket) -> bool {
        let before = self.origin.transfers();
        let answer = ticket.release(server.app).await;
        let done = self.origin.transfers() - before;
        match answer.status {
            200 => assert_eq!(done, 1),
            503 => assert_eq!((answer.problem().as_str(), done), ("store-unavailable", 0)),
            _ => panic!("{} {}", answer.status, answer.text()),
        }
        done == 1
    }

    /// Starting on what is there is refused, with a reason, and nothing is served.
    fn does_not_start(&self, why: &str) {
        let refused = self.site.run(&["serve", "-c"]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains(why), "{}", refused.err);
    }
}

/// A small file system of its own at a folder, until it is dropped.
struct Mount(PathBuf);

impl Mount {
    fn new(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=0700"), "none"]).arg(folder);
        let mounted = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        mounted.then(|| Self(folder.to_owned()))
    }

    fn read_only(&self) {
        let done = Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status().unwrap();
        assert!(done.success());
    }

    /// Leaves no room.
    fn fill(&self) -> PathBuf {
        let filler = self.0.join("filler");
        let mut file = std::fs::File::create(&filler).unwrap();
        while std::io::Write::write_all(&mut file, &[1; 4096]).is_ok() {}
        filler
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_heals() {
    let house = House::empty().await;
    let Some(mount) = Mount::new(&house.site.data(), "24m") else { return };
    house.enrol(&["alice", "bob", "carol", "dave"]).await;
    let server = house.site.serve().await;
    house.works(&server, "alice").await;
    let approved = hold(server.app, "bob").await;
    assert_eq!(approved.answer(server.app).await.status, 200);
    let waiting = hold(server.app, "carol").await;

    let filler = mount.fill();
    // A body that goes to a file of its own has no place; small changes may still find room in pages that are there.
    let body = format!("amount=5000&iban=dave&note={}", "x".repeat(100_000));
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let large = request("POST", "/transfer", &[("X-Forwarded-User", "dave"), form], body.as_bytes());
    for _ in 0..3 {
        let answer = ask(server.app, &large).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
        house.unguarded_passes(&server).await;
    }
    for _ in 0..20 {
        let answer = ask(server.app, &transfer("dave", &[])).await;
        assert!([403, 503].contains(&answer.status), "{} {}", answer.status, answer.text());
    }
    let released = house.is_refused_or_done_once(&server, &approved).await;
    house.unguarded_passes(&server).await;

    std::fs::remove_file(filler).unwrap();
    let before = house.origin.transfers();
    if !released {
        is_done_once(server.app, &house.origin, &approved, before).await;
    }
    let before = house.origin.transfers();
    assert_eq!(waiting.answer(server.app).await.status, 200);
    is_done_once(server.app, &house.origin, &waiting, before).await;
    assert_eq!(ask(server.app, &large).await.status, 403);
    server.stop().await;
    let verified = house.site.run(&["audit", "verify", "-c"]);
    assert_eq!((verified.code, verified.err.as_str()), (0, ""));
    drop(mount);
}

#[tokio::test]
async fn a_read_only_disk_is_not_started_on() {
    let house = House::empty().await;
    let Some(mount) = Mount::new(&house.site.data(), "24m") else { return };
    house.enrol(&["alice"]).await;
    mount.read_only();
    house.does_not_start("Read-only file system");
    let refused = house.site.run(&["user", "list", "-c"]);
    assert!(refused.code == 1 && refused.err.contains("Read-only"), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_cut_or_lost_database_is_not_started_on() {
    let house = House::build(&["alice"]).await;
    let server = house.site.serve().await;
    house.works(&server, "alice").await;
    server.stop().await;
    let sound = std::fs::read(house.database()).unwrap();
    for length in [sound.len() / 2, 8192, 4096, 100, 1] {
        std::fs::write(house.database(), &sound[..length]).unwrap();
        house.does_not_start("damaged or not a database");
    }
    // One that was lost is not begun anew: nobody would notice that everything is forgotten.
    std::fs::write(house.database(), b"").unwrap();
    house.does_not_start("is gone or empty");
    std::fs::remove_file(house.database()).unwrap();
    house.does_not_start("is gone or empty");
    std::fs::write(house.database(), &sound).unwrap();
    let server = house.site.serve().await;
    house.unguarded_passes(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_cut_while_it_is_used_runs_nothing_twice() {
    let house = House::build(&["alice", "bob", "carol"]).await;
    let server = house.site.serve().await;
    let done = hold(server.app, "alice").await;
    assert_eq!(done.answer(server.app).await.status, 200);
    is_done_once(server.app, &house.origin, &done, 0).await;
    let approved = hold(server.app, "bob").await;
    assert_eq!(approved.answer(server.app).await.status, 200);

    let file = std::fs::OpenOptions::new().write(true).open(house.database()).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    house.is_refused_or_done_once(&server, &approved).await;
    for _ in 0..10 {
        let answer = ask(server.app, &transfer("carol", &[])).await;
        assert!([403, 503].contains(&answer.status), "{} {}", answer.status, answer.text());
        house.unguarded_passes(&server).await;
    }
    for ticket in [&done, &approved] {
        ticket.try_release(server.app).await;
    }
    assert!(house.origin.transfers() <= 2, "each ran once at most");
    server.kill();
    let ran = house.origin.transfers();
    let again = house.site.run(&["user", "list", "-c"]);
    assert!(again.code == 1 || house.origin.transfers() == ran, "{again:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_replaced_while_it_is_used_refuses_until_it_is_back() {
    let house = House::build(&["alice", "bob"]).await;
    let server = house.site.serve().await;
    let approved = hold(server.app, "alice").await;
    assert_eq!(approved.answer(server.app).await.status, 200);
    let away = house.site.path().join("away");
    std::fs::rename(house.database(), &away).unwrap();
    for how in ["gone", "another"] {
        if how == "another" {
            std::fs::copy(&away, house.database()).unwrap();
        }
        house.guarded_is_refused(&server, "bob").await;
        assert!(!house.is_refused_or_done_once(&server, &approved).await, "{how}");
        house.unguarded_passes(&server).await;
        let ready = ask(server.admin, &request("GET", "/readyz", &[], b"")).await;
        assert_eq!(ready.status, 503, "{how}");
    }
    std::fs::rename(&away, house.database()).unwrap();
    is_done_once(server.app, &house.origin, &approved, 0).await;
    house.works(&server, "bob").await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_folder_of_bodies_large_requests_are_refused() {
    let house = House::build(&["alice", "bob"]).await;
    let server = house.site.serve().await;
    let (bodies, away) = (house.site.data().join("blobs"), house.site.path().join("away"));
    std::fs::rename(&bodies, &away).unwrap();
    let body = format!("amount=5000&iban=alice&note={}", "x".repeat(100_000));
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let large = request("POST", "/transfer", &[("X-Forwarded-User", "alice"), form], body.as_bytes());
    let answer = ask(server.app, &large).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "store-unavailable"));
    house.unguarded_passes(&server).await;
    assert_eq!(ask(server.admin, &request("GET", "/readyz", &[], b"")).await.status, 503);
    std::fs::rename(&away, &bodies).unwrap();
    let held = ticket("alice", &ask(server.app, &large).await);
    assert_eq!(held.answer(server.app).await.status, 200);
    std::fs::rename(&bodies, &away).unwrap();
    assert!(!house.is_refused_or_done_once(&server, &held).await, "its body is not there");
    std::fs::rename(&away, &bodies).unwrap();
    is_done_once(server.app, &house.origin, &held, 0).await;
    server.stop().await;
}
