//! Question: do `store backup` and `store restore` keep their promises on the real binary: under load, with and without a server, and with
//! everything that counts once void afterwards?

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use countersign::audit::EventKind;
use countersign::store::{Commit, Store as _, keys};

use crate::harness::process::{Site, ask, between, held, request};
use crate::harness::shared::hold;
use crate::harness::upstream::Origin;
use crate::store_contract::{embedded, event};

const LANES: usize = 4;

fn transfer(name: &str, pad: usize) -> Vec<u8> {
    let body = format!("amount=5000&iban={name}&note={}", "x".repeat(pad));
    let headers = [("X-Forwarded-User", name), ("Content-Type", "application/x-www-form-urlencoded")];
    request("POST", "/transfer", &headers, body.as_bytes())
}

/// Another place with the seal key of the first, and nothing else.
fn elsewhere(site: &Site, origin: SocketAddr) -> Site {
    let other = Site::new(origin, "", "");
    std::fs::create_dir(other.data()).unwrap();
    std::fs::copy(site.data().join("seal.key"), other.data().join("seal.key")).unwrap();
    other
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_of_one_moment_and_disturbs_nobody() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "", "[limits]\nuser_held = 10000\nall_held = 10000");
    let names: Vec<String> = (0..LANES).map(|number| format!("user{number}")).collect();
    site.enrol(&names).await;
    let server = site.serve().await;
    let over = Arc::new(AtomicBool::new(false));
    let mut lanes = tokio::task::JoinSet::new();
    for name in names {
        let (app, over) = (server.app, over.clone());
        lanes.spawn(async move {
            let mut count = 0;
            while !over.load(Ordering::Relaxed) {
                // Every third body goes to a file of its own.
                let pad = if count % 3 == 0 { 70_000 } else { 10 };
                held(&ask(app, &transfer(&name, pad)).await);
                let passed = ask(app, &request("GET", "/", &[("X-Forwarded-User", &name)], b"")).await;
                assert_eq!(passed.status, 200);
                count += 1;
            }
            count
        });
    }
    let mut made = Vec::new();
    for number in 0..3 {
        let file = site.path().join(format!("backup{number}"));
        let printed = site.run(&["store", "backup", text(&file), "-c"]);
        assert_eq!((printed.code, printed.err.as_str()), (0, ""), "{}", printed.out);
        made.push((file, printed.out));
    }
    over.store(true, Ordering::Relaxed);
    let count: usize = lanes.join_all().await.into_iter().sum();
    assert!(count > LANES * 3, "{count} requests were held meanwhile");
    let refused = site.run(&["store", "backup", text(&made[0].0), "-c"]);
    assert!(refused.code == 1 && refused.err.contains("is there already"), "{refused:?}");
    let refused = site.run(&["store", "restore", text(&made[0].0), "-c"]);
    assert!(refused.code == 1 && refused.err.contains("a server runs on this store"), "{refused:?}");
    server.stop().await;
    let export = site.run(&["audit", "export", "-c"]).out;
    assert_eq!(export.matches("\"kind\":\"store_backed_up\"").count(), 3);

    let mut before = 0;
    for (file, told) in made {
        let other = elsewhere(&site, origin.address);
        let printed = other.run(&["store", "restore", text(&file), "-c"]);
        assert_eq!((printed.code, printed.err.as_str()), (0, ""), "{told}");
        assert!(printed.out.contains("epoch 1 begins"), "{}", printed.out);
        // Records and log are of one moment: as many held as were said to be.
        let store = embedded(&other.data());
        let rows = store.list(&keys::all_held(), None, 10_000).await.unwrap().len();
        assert!(store.list(&keys::all_outbox(), None, 1).await.unwrap().is_empty());
        drop(store);
        let export = other.run(&["audit", "export", "-c"]).out;
        assert_eq!(export.matches("\"kind\":\"held\"").count(), rows, "{told}");
        assert!(rows >= before && rows <= count, "{rows} of {count}");
        before = rows;
        assert!(export.lines().last().unwrap().contains("\"kind\":\"store_restored\""));
        // The log goes on where the backup's ended, and a server starts on it.
        let head = between(&told, "ends with ", "\n");
        let verified = other.run(&["audit", "verify", "-c", "--head", head]);
        assert_eq!(verified.code, 0, "{}", verified.err);
        let server = other.serve().await;
        held(&ask(server.app, &transfer("user0", 10)).await);
        server.stop().await;
        assert_eq!(other.run(&["audit", "verify", "-c", "--head", head]).code, 0);
    }
    assert!(before > 0, "none was held while a backup was made");
}

#[tokio::test]
async fn a_restore_needs_the_key_an_empty_store_and_to_be_ended() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "", "");
    site.enrol(&["alice".to_owned()]).await;
    let file = site.path().join("backup");
    let printed = site.run(&["store", "backup", text(&file), "-c"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));

    let other = Site::new(origin.address, "", "");
    let refused = other.run(&["store", "restore", text(&file), "-c"]);
    assert!(refused.code == 1 && refused.err.contains("put the `seal.key`"), "{refused:?}");
    assert!(!other.data().exists(), "nothing was made");

    let stranger = Site::new(origin.address, "", "");
    stranger.enrol(&["bob".to_owned()]).await;
    let refused = stranger.run(&["store", "restore", text(&file), "-c"]);
    assert!(refused.code == 1 && refused.err.contains("sealed with another key"), "{refused:?}");
    let own = stranger.path().join("own");
    assert_eq!(stranger.run(&["store", "backup", text(&own), "-c"]).code, 0);
    let refused = stranger.run(&["store", "restore", text(&own), "-c"]);
    assert!(refused.code == 1 && refused.err.contains("the store is not empty"), "{refused:?}");
    assert!(stranger.run(&["user", "list", "-c"]).out.contains("bob"));

    // One that was cut off: nothing uses the store until it is ended.
    let third = elsewhere(&site, origin.address);
    let store = embedded(&third.data());
    let mark = Commit::new().create(keys::gateway("restore"), b"another".to_vec(), None);
    store.commit(mark.record(event(EventKind::Held))).await.unwrap();
    drop(store);
    for line in [&["serve", "-c"][..], &["user", "list", "-c"], &["store", "backup", "x", "-c"]] {
        let refused = third.run(line);
        assert!(refused.code == 1 && refused.err.contains("restored in part"), "{line:?}: {refused:?}");
    }
    let refused = third.run(&["store", "restore", text(&file), "-c"]);
    assert!(refused.code == 1 && refused.err.contains("another backup was restored"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_approved_in_a_backup_is_not_released() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "", "");
    site.enrol(&["alice".to_owned(), "bob".to_owned()]).await;
    let server = site.serve().await;
    // Alice's is approved before the backup and released after it; Bob's still waits when it is made.
    let (alices, bobs) = (hold(server.app, "alice").await, hold(server.app, "bob").await);
    assert_eq!(alices.answer(server.app).await.status, 200);
    let file = site.path().join("backup");
    assert_eq!(site.run(&["store", "backup", text(&file), "-c"]).code, 0);
    assert_eq!(alices.release(server.app).await.status, 200);
    assert_eq!(origin.seen().len(), 1);
    server.stop().await;

    let other = elsewhere(&site, origin.address);
    assert_eq!(other.run(&["store", "restore", text(&file), "-c"]).code, 0);
    let server = other.serve().await;
    for ticket in [&alices, &bobs] {
        let answered = ticket.answer(server.app).await;
        assert!((400..500).contains(&answered.status), "{ticket:?}: {} {}", answered.status, answered.text());
        let released = ticket.release(server.app).await;
        assert!((400..500).contains(&released.status), "{ticket:?}: {} {}", released.status, released.text());
        let state = ticket.state(server.app).await;
        assert!(!["held", "approved", "delivered"].contains(&state.as_str()), "{ticket:?}: {state}");
    }
    assert_eq!(origin.seen().len(), 1, "nothing runs again");
    // Made again, it is a new request.
    hold(server.app, "alice").await;
    server.stop().await;
    assert_eq!(other.run(&["audit", "verify", "-c"]).code, 0);
}
