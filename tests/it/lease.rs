//! Question: when a gateway dies, sleeps or loses the store while it sends, does another one name what it left, once, and does nobody send it again?

use std::time::Duration;

use countersign::base::time::{Span, Timestamp};
use countersign::flow::view::StateName;
use countersign::store::{Commit, keys};
use serde_json::Value;

use crate::portal_stage::{Case, Stage};

/// Two gateways on one store, and a request that a script may release.
async fn approved() -> (Stage, Stage, Case) {
    let first = Stage::start().await;
    first.world.share();
    let second = first.beside().await;
    let case = first.opened_by_script().await;
    first.approve(&case).await;
    (first, second, case)
}

/// A gateway with a store of its own, and a request that it sends.
async fn claimed() -> (Stage, Case) {
    let stage = Stage::start().await;
    let case = stage.opened_by_script().await;
    stage.approve(&case).await;
    stage.world.claim(&case.person, &case.ticket).await;
    (stage, case)
}

#[tokio::test]
async fn what_a_dead_gateway_was_sending_is_unknown_once_its_lease_is_over() {
    let (first, second, case) = approved().await;
    // Nothing of the claim is left in the process, as after its end.
    first.world.claim(&case.person, &case.ticket).await;
    for (seconds, state) in [(29, StateName::Forwarding), (1, StateName::OutcomeUnknown)] {
        first.advance(seconds);
        for stage in [&second, &first, &second] {
            stage.world.flows.sweep().await.unwrap();
            assert_eq!(stage.state(&case).await, state);
        }
    }
    assert_eq!(first.world.audited("outcome_unknown", "lease-over").await, 1);
    assert_eq!(first.world.audited("outcome_unknown", "").await, 1);
    for stage in [&first, &second] {
        assert!(!stage.world.claims(&case.person, &case.ticket).await, "never again");
    }
}

#[tokio::test]
async fn a_gateway_that_wakes_up_late_overwrites_nothing() {
    let (first, second, case) = approved().await;
    let ready = first.world.ready(&case.person, &case.ticket).await.unwrap();
    let claimed = first.world.take(&case.person, ready).await.unwrap().unwrap();
    first.advance(31);
    second.world.flows.sweep().await.unwrap();
    assert_eq!(first.state(&case).await, StateName::OutcomeUnknown);
    // It learns what came of it.
    let flows = &first.world.flows;
    assert_eq!(flows.delivered(case.id, 200, None, None).await.unwrap(), None);
    flows.failed_before_send(case.id).await.unwrap();
    flows.lost(case.id).await.unwrap();
    assert!(!flows.renew_lease(case.id).await.unwrap());
    drop(claimed);
    flows.sweep().await.unwrap();
    assert_eq!(second.state(&case).await, StateName::OutcomeUnknown);
    for kind in ["delivered", "failed_before_send"] {
        assert_eq!(first.world.audited(kind, "").await, 0, "{kind}");
    }
    assert_eq!(first.world.audited("outcome_unknown", "").await, 1);
}

#[tokio::test]
async fn a_gateway_that_is_at_work_keeps_its_lease() {
    let (first, second, case) = approved().await;
    let ready = first.world.ready(&case.person, &case.ticket).await.unwrap();
    let claimed = first.world.take(&case.person, ready).await.unwrap().unwrap();
    first.advance(20);
    // Each renewal is a change of the record.
    let mut changes = second.world.flows.changes(case.id);
    let work = async {
        changes.changed().await;
        changes.changed().await;
        "done"
    };
    assert_eq!(claimed.leased.during_every(Duration::from_millis(1), work).await, "done");
    first.advance(29);
    second.world.flows.sweep().await.unwrap();
    assert_eq!(second.state(&case).await, StateName::Forwarding);
    // Its clock is put forward: it knows that it is at work.
    first.advance(3600);
    first.world.flows.sweep().await.unwrap();
    second.world.flows.sweep().await.unwrap();
    assert_eq!(second.state(&case).await, StateName::Forwarding);
    assert!(!second.world.flows.renew_lease(case.id).await.unwrap(), "not the second one's");
    assert!(first.world.flows.delivered(case.id, 200, None, None).await.unwrap().is_some());
    assert!(!first.world.flows.renew_lease(case.id).await.unwrap());
    assert_eq!(second.state(&case).await, StateName::Delivered);
    assert_eq!(first.world.audited("outcome_unknown", "").await, 0);
}

#[tokio::test]
async fn a_claim_of_which_nobody_knows_whether_it_was_stored_is_named() {
    let (first, second, case) = approved().await;
    let ready = first.world.ready(&case.person, &case.ticket).await.unwrap();
    first.world.lie(true);
    assert!(first.world.take(&case.person, ready).await.is_err(), "nothing may be sent");
    first.world.lie(false);
    assert_eq!(first.state(&case).await, StateName::Forwarding);
    first.advance(31);
    first.world.flows.sweep().await.unwrap();
    assert_eq!(second.state(&case).await, StateName::OutcomeUnknown);
    assert!(!second.world.claims(&case.person, &case.ticket).await);
}

/// What one start names: the others' work is theirs.
#[tokio::test]
async fn a_start_touches_what_no_other_gateway_can_be_at_work_on() {
    for (shared, after, state) in [
        (true, 29, StateName::Forwarding),
        (true, 31, StateName::OutcomeUnknown),
        (false, 0, StateName::OutcomeUnknown),
    ] {
        let first = Stage::start().await;
        if shared {
            first.world.share();
        }
        let case = first.opened_by_script().await;
        first.approve(&case).await;
        first.world.claim(&case.person, &case.ticket).await;
        first.advance(after);
        first.beside().await.world.flows.recover().await.unwrap();
        assert_eq!(first.state(&case).await, state, "shared: {shared}, after {after} s");
    }
}

#[tokio::test]
async fn bodies_that_nothing_needs_go_once_no_other_gateway_can_need_them() {
    for (shared, seconds, left) in [(true, 3599, 2), (true, 3601, 1), (false, 1, 1)] {
        let stage = Stage::start().await;
        if shared {
            stage.world.share();
        }
        // One that nothing needs, as a gateway leaves that dies before the hold; and one that is held.
        let flows = &stage.world.flows;
        let orphan = countersign::base::id::Id::new(flows.now(), flows.entropy());
        let writer = stage.world.store().blob_begin(orphan).await.unwrap();
        writer.finish().await.unwrap();
        stage.advance(seconds);
        let case = stage.opened_with_form(20_000).await;
        stage.advance(1);
        stage.beside().await.world.flows.recover().await.unwrap();
        let found = stage.world.store().blob_list(Timestamp::from_millis(i64::MAX / 2)).await.unwrap();
        assert_eq!(found.len(), left, "shared: {shared}, after {seconds} s");
        assert_eq!(stage.state(&case).await, StateName::Held);
    }
}

#[tokio::test]
async fn what_was_being_sent_is_named_before_anything_is_served_and_what_is_being_sent_is_left() {
    let (first, case) = claimed().await;
    // Behind what is served, a gateway's own sending is no leftover.
    first.world.flows.recover().await.unwrap();
    assert_eq!(first.state(&case).await, StateName::Forwarding);
    // The next one on the store names it at once, however long the lease would run.
    let second = first.beside().await;
    drop(second.world.flows.recover_sent().await.unwrap());
    assert_eq!(second.state(&case).await, StateName::OutcomeUnknown);
    assert_eq!(second.world.audited("outcome_unknown", "").await, 1);
}

/// A record that a gateway of an earlier version has left.
#[tokio::test]
async fn a_record_without_a_lease_is_read_and_named() {
    let (stage, case) = claimed().await;
    let (key, records) = (keys::held(case.id), stage.world.records());
    let row = stage.world.store().get(&key).await.unwrap().unwrap();
    let mut value: Value = records.open(&key, &row.value).unwrap();
    assert!(value["state"].as_object_mut().unwrap().remove("lease").is_some(), "{value}");
    assert!(value.as_object_mut().unwrap().remove("epoch").is_some(), "{value}");
    let old = records.close(&key, &value);
    stage.world.store().commit(Commit::new().replace(key, row.version, old, None)).await.unwrap();
    assert_eq!(stage.state(&case).await, StateName::Forwarding);
    stage.world.clock.advance(Span::from_secs(1));
    stage.beside().await.world.flows.recover().await.unwrap();
    assert_eq!(stage.state(&case).await, StateName::OutcomeUnknown);
}
