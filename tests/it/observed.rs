//! Question: does observe mode tell what would have happened, and change nothing?

use std::path::Path;
use std::sync::Arc;

use countersign::base::time::Span;
use countersign::flow::admin::{ObservedDay, Order, Reply};

use crate::harness::office::{FORM, Office, Setup};
use crate::harness::process::{Site, ask, request};
use crate::harness::raw::Client;
use crate::harness::upstream::Origin;

const POLICIES: &str = r#"
[[policy]]
id = "large"
mode = "observe"
match = { methods = ["POST"], path = "/pay", fields = { amount = { over = 1000 } } }
summary = "Pay {amount} EUR with {pin}"
show = { Pin = "{pin}" }

[[policy]]
id = "forbidden"
mode = "observe"
effect = "deny"
match = { methods = ["DELETE"], path = "/ledger" }
summary = "Delete the ledger"

[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount} EUR"
"#;

async fn office() -> Office {
    Office::with(Setup { policies: POLICIES, ..Setup::default() }).await
}

async fn told(office: &Office, days: u32) -> Vec<ObservedDay> {
    match office.order(Order::PolicyObserved { days }).await {
        Reply::Observed { days } => days,
        _ => panic!("nothing told"),
    }
}

/// Pays `amount` as alice.
async fn pay(office: &Office, amount: u32) -> u16 {
    let body = format!("amount={amount}&pin=4711");
    let answer =
        office.ask("POST /pay?secret=1", &[("X-Forwarded-User", "alice"), FORM], body.as_bytes()).await;
    answer.status
}

#[tokio::test]
async fn what_would_have_been_held_is_counted_with_examples() {
    let mut office = office().await;
    let alice = office.person("alice").await;
    for amount in [5, 2000, 3000] {
        assert_eq!(pay(&office, amount).await, 201);
    }
    assert_eq!(office.ask("DELETE /ledger", &[("X-Forwarded-User", "alice")], b"").await.status, 201);
    // Without the field that its summary names, it would have been refused.
    let odd = office.ask("POST /pay", &[("X-Forwarded-User", "alice"), FORM], b"amount=9999").await;
    assert_eq!(odd.status, 201);
    office.hold(&alice, "amount=1").await;
    assert_eq!(office.ask("GET /elsewhere", &[], b"").await.status, 201);
    assert_eq!(office.arrived().len(), 6);

    let days = told(&office, 1).await;
    let bank: Vec<_> = days.iter().filter(|day| day.app == "bank").collect();
    assert_eq!(bank.len(), 1, "{days:?}");
    let bank = bank[0];
    assert_eq!((bank.day.as_str(), bank.considered), ("2026-11-21", 7));
    let tally = |day: &ObservedDay, id: &str| {
        let one = day.policies.iter().find(|one| one.policy == id).unwrap();
        let tally = one.tally;
        ([tally.would_hold, tally.would_deny, tally.would_refuse, tally.held], one.examples.clone())
    };
    let (large, examples) = tally(bank, "large");
    assert_eq!(large, [2, 0, 1, 0]);
    assert_eq!(examples.len(), 3);
    assert_eq!((examples[0].user.as_str(), examples[0].path.as_str()), ("alice", "/pay"));
    assert_eq!(
        (examples[0].would.as_str(), examples[0].summary.as_str()),
        ("hold", "Pay 2000 EUR with 4711")
    );
    assert_eq!((examples[2].would.as_str(), examples[2].summary.as_str()), ("refuse", ""));
    assert_eq!(tally(bank, "forbidden").0, [0, 1, 0, 0]);
    assert_eq!(tally(bank, "transfer"), ([0, 0, 0, 1], Vec::new()));
    assert_eq!(office.audited(&["observed"]).await, 0);

    // Over a restart it goes on; five examples of a day are enough; the next day is another.
    office.restart().await;
    for _ in 0..20 {
        pay(&office, 5000).await;
    }
    let days = told(&office, 1).await;
    let bank = days.iter().find(|day| day.app == "bank").unwrap();
    let (large, examples) = tally(bank, "large");
    assert_eq!((bank.considered, large, examples.len()), (27, [22, 0, 1, 0], 5));
    office.clock.advance(Span::from_secs(86_400));
    pay(&office, 5000).await;
    let days = told(&office, 2).await;
    let of_bank: Vec<_> =
        days.iter().filter(|day| day.app == "bank").map(|day| (day.day.as_str(), day.considered)).collect();
    assert_eq!(of_bank, [("2026-11-22", 1), ("2026-11-21", 27)]);

    let metrics = {
        let admin = office.running().admin.unwrap();
        Client::connect(admin)
            .await
            .ask(crate::harness::office::request("GET /metrics", &[], b""))
            .await
            .text()
    };
    assert!(metrics.contains("countersign_observed_total{would=\"hold\"} 21"), "{metrics}");

    // After thirty days it is forgotten.
    office.clock.advance(Span::from_secs(31 * 86_400));
    while office.running().flows.sweep().await.unwrap() > 0 {}
    assert_eq!(told(&office, 31).await, []);
}

#[tokio::test]
async fn observing_works_without_the_store_and_is_caught_up_with_later() {
    let office = office().await;
    office.person("alice").await;
    let (file, aside) = (office.data().join("countersign.redb"), office.data().join("aside"));
    std::fs::rename(&file, &aside).unwrap();
    for amount in [5, 2000] {
        assert_eq!(pay(&office, amount).await, 201, "a store that is down changes nothing");
    }
    assert!(office.running().flows.flush_counts().await.is_err());
    assert_eq!(pay(&office, 2001).await, 201);
    std::fs::rename(&aside, &file).unwrap();
    let days = told(&office, 1).await;
    let bank = days.iter().find(|day| day.app == "bank").unwrap();
    assert_eq!(
        (bank.considered, bank.policies[0].tally.would_hold, bank.policies[0].examples.len()),
        (3, 2, 2)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_counted_twice_or_lost_while_it_is_stored() {
    let office = Arc::new(office().await);
    office.person("alice").await;
    let mut paying = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let office = office.clone();
        paying.spawn(async move {
            let paid = pay(&office, 2000).await;
            // Every few of them store, all at once.
            office.running().flows.flush_counts().await.unwrap();
            paid
        });
    }
    assert_eq!(paying.join_all().await, [201; 60]);
    let days = told(&office, 1).await;
    let bank = days.iter().find(|day| day.app == "bank").unwrap();
    assert_eq!(
        (bank.considered, bank.policies[0].tally.would_hold, bank.policies[0].examples.len()),
        (60, 60, 5)
    );
}

#[tokio::test]
async fn the_command_says_the_same_with_and_without_a_server() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "", "");
    watch_all(&site.config());
    site.enrol(&["alice".to_owned()]).await;
    let none = site.run(&["policy", "observed", "-c"]);
    assert_eq!((none.code, none.out.as_str()), (0, "nothing has been counted\n"), "{none:?}");
    let server = site.serve().await;
    for _ in 0..3 {
        let fields = [("Host", "bank.test"), ("X-Forwarded-User", "alice")];
        ask(server.app, &request("GET", "/watched", &fields, b"")).await;
    }
    let line = ["policy", "observed", "--days", "3", "-c"];
    let running = site.run(&line);
    assert_eq!((running.code, running.err.as_str()), (0, ""));
    assert!(running.out.contains("  watched: would have held 3 of 3 requests on "), "{}", running.out);
    assert!(running.out.contains(" alice /watched would hold: Look at what is watched"), "{}", running.out);
    server.stop().await;
    assert_eq!(site.run(&line).out, running.out);
    let json = site.run(&[&line[..], &["--format", "json"]].concat());
    let days: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&days[0]["considered"], &days[0]["policies"][0]["would_hold"]),
        (&3.into(), &3.into()),
        "{days}"
    );
}

/// One more policy, in observe mode.
fn watch_all(config: &Path) {
    let policies = config.parent().unwrap().join("policies");
    let any = std::fs::read_dir(&policies).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&any).unwrap();
    let app = text.lines().find(|line| line.starts_with("app = ")).unwrap();
    let watched = "[[policy]]\nid = \"watched\"\nmode = \"observe\"\nmatch = { path = \"/watched\" }\nsummary = \"Look at what is watched\"\n";
    std::fs::write(policies.join("watched.toml"), format!("{app}\n{watched}")).unwrap();
}

#[tokio::test]
async fn what_cannot_be_judged_passes_where_policies_only_observe() {
    let office = office().await;
    let long = format!("amount=5&note={}", "x".repeat(100_000));
    let bodies: [(&str, &str, &[u8]); 6] = [
        ("application/x-www-form-urlencoded", "POST /pay", b"amount=%zz"),
        ("application/json", "POST /pay", b"{\"amount\":1,\"amount\":5000}"),
        ("text/plain", "POST /pay", b"amount=5000"),
        ("text/plain, application/json", "POST /pay?a=%zz", b"{}"),
        ("application/x-www-form-urlencoded", "POST /pay", long.as_bytes()),
        ("application/x-www-form-urlencoded", "POST /x/..%2fpay", b"amount=5000"),
    ];
    for (number, (kind, line, body)) in bodies.into_iter().enumerate() {
        // Nobody in particular asks, too.
        let answer = office.ask(line, &[("Content-Type", kind)], body).await;
        assert_eq!(answer.status, 201, "{line} {kind}: {}", answer.text());
        let arrived = office.arrived();
        assert_eq!((arrived.len(), arrived[number].body.as_slice()), (number + 1, body), "{line} {kind}");
    }
    // An enforced policy on the same request still refuses it.
    let answer = office.ask("POST /transfer", &[("Content-Type", "text/plain")], b"amount=5000").await;
    assert_eq!(answer.status, 400);
}
