//! Question: when many requests come at once, and many end at once, are the quotas still exact, and is nobody refused for the haste?

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::harness::office::{FORM, Held, Office, Person, Setup};
use crate::harness::wire::held;

const HOST: &str = "bank.test";

/// So many requests at once, in turn of all people: what is held, and the statuses and problems of the others.
async fn at_once(
    office: &Arc<Office>,
    people: &[Arc<Person>],
    count: usize,
) -> (Vec<Held>, Vec<(u16, String)>) {
    let mut asking = JoinSet::new();
    for person in people.iter().cycle().take(count) {
        let (office, person) = (office.clone(), person.clone());
        asking.spawn(async move {
            let own = vec![("Host".to_owned(), HOST.to_owned()), person.who()];
            (office.ask_with("POST /transfer", own, &[FORM], b"amount=1").await, person)
        });
    }
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for (answer, person) in asking.join_all().await {
        match answer.status {
            403 => kept.push(held(&answer, "POST /transfer", HOST, person.who())),
            status => refused.push((status, answer.problem())),
        }
    }
    (kept, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quotas_are_exact_for_many_at_once() {
    let limits = "user_held = 60\nall_held = 150";
    let office = Arc::new(Office::with(Setup { limits, ..Setup::default() }).await);
    let mut people = Vec::new();
    for name in ["alice", "bob", "carol"] {
        people.push(Arc::new(office.person(name).await));
    }
    // One user's quota, then that of all.
    let (first, refused) = at_once(&office, &people[..1], 100).await;
    assert_eq!((first.len(), refused), (60, vec![(429, "quota".to_owned()); 40]));
    let (second, refused) = at_once(&office, &people[1..], 120).await;
    assert_eq!((second.len(), refused), (90, vec![(429, "quota".to_owned()); 30]));

    // All end at once, most of them twice; each makes room once.
    let mut ending = JoinSet::new();
    for one in first.into_iter().chain(second) {
        let office = office.clone();
        ending.spawn(async move {
            let reject = r#"{"reason":"cancelled"}"#;
            let (one, other) = tokio::join!(
                office.api(&one, "POST", "/reject", reject),
                office.api(&one, "POST", "/reject", reject)
            );
            [one.status, other.status].contains(&200)
        });
    }
    assert!(ending.join_all().await.into_iter().all(|ended| ended));
    // Settling is nobody's to wait for: the last request that fits shows that it is done.
    let room = async {
        let mut fits = Vec::new();
        while fits.len() < 150 {
            fits.extend(at_once(&office, &people, 150 - fits.len()).await.0);
        }
        at_once(&office, &people, 12).await.0.len()
    };
    let more = tokio::time::timeout(std::time::Duration::from_secs(60), room).await.unwrap();
    assert_eq!(more, 0, "what has ended made more room than it took");
}
