//! Question: is a body, small or large, there whole as long as something needs it, and gone afterwards?

use countersign::base::id::{Blob, Id};
use countersign::base::time::{Span, Timestamp};
use countersign::flow::RETENTION;
use countersign::flow::view::StateName;
use countersign::store::{BlobReader, keys};
use serde_json::Value;

use crate::portal_stage::{Case, Stage, form};

/// The most that is a record.
const SMALL: usize = 16 * 1024;

/// How many bodies there are: as records, and apart from them.
async fn there(stage: &Stage, ids: &[Id<Blob>]) -> (usize, usize) {
    let store = stage.world.store();
    let mut records = 0;
    for id in ids {
        records += usize::from(store.get(&keys::body(*id)).await.unwrap().is_some());
    }
    (records, store.blob_list(Timestamp::from_millis(i64::MAX / 2)).await.unwrap().len())
}

/// What the record of a held request names.
async fn named(stage: &Stage, case: &Case, what: &[&str]) -> Option<Id<Blob>> {
    let key = keys::held(case.id);
    let row = stage.world.store().get(&key).await.unwrap()?;
    let row: Value = stage.world.records().open(&key, &row.value).unwrap();
    let found = what.iter().fold(&row, |at, name| &at[*name]);
    found.as_str().map(|id| id.parse().unwrap())
}

async fn all_of(mut reader: Box<dyn BlobReader>) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = reader.next().await.unwrap() {
        all.extend_from_slice(&piece);
    }
    all
}

/// Until what goes in the background is gone.
async fn gone(stage: &Stage, ids: &[Id<Blob>]) {
    while there(stage, ids).await != (0, 0) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_body_is_what_was_held_and_goes_with_what_needed_it() {
    for (length, place) in
        [(18, (1, 0)), (SMALL, (1, 0)), (SMALL + 1, (0, 1)), (65_536, (0, 1)), (200_000, (0, 1))]
    {
        let stage = Stage::start().await;
        let case = stage.opened_with_form(length).await;
        let id = named(&stage, &case, &["body"]).await.unwrap();
        assert_eq!(there(&stage, &[id]).await, place, "{length}");
        // Nothing of it is touched by a start.
        stage.world.flows.recover().await.unwrap();
        stage.approve(&case).await;
        let ready = stage.world.ready(&case.person, &case.ticket).await.unwrap();
        let body = stage.world.flows.body_of(&ready).await.unwrap().unwrap();
        assert!(all_of(body).await == form(length), "{length}");
        assert_eq!(there(&stage, &[id]).await, place, "{length}");
        let claimed = stage.world.take(&case.person, ready).await.unwrap().unwrap();
        stage.world.flows.delivered(case.id, 200, None, None).await.unwrap();
        // The application has begun to answer, and may not have all of it yet.
        assert_eq!(there(&stage, &[id]).await, (0, place.1), "{length}");
        assert_eq!(claimed.body, Some(id).filter(|_| place.1 == 1), "{length}");
        claimed.body.into_iter().for_each(|body| stage.world.flows.sent(body));
        gone(&stage, &[id]).await;
        assert_eq!(stage.state(&case).await, StateName::Delivered);
    }
}

#[tokio::test]
async fn a_body_that_was_changed_is_not_sent() {
    let stage = Stage::start().await;
    let case = stage.opened_with_form(100).await;
    stage.approve(&case).await;
    let id = named(&stage, &case, &["body"]).await.unwrap();
    let (store, key) = (stage.world.store(), keys::body(id));
    let row = store.get(&key).await.unwrap().unwrap();
    // Another body, sealed with the right key under the right name: only the digest tells.
    let other = stage.world.records().seal_body(&key, &form(99));
    let mut bent = row.value.clone();
    *bent.last_mut().unwrap() ^= 1;
    let mut version = row.version;
    for value in [other, bent] {
        let swap = countersign::store::Commit::new().replace(key.clone(), version, value, None);
        version = store.commit(swap).await.unwrap().version;
        assert!(stage.world.try_ready(&case.person, &case.ticket).await.is_err());
        assert_eq!(stage.state(&case).await, StateName::Approved);
    }
}

#[tokio::test]
async fn an_answer_is_kept_as_long_as_its_request_and_no_longer() {
    for (length, place) in [(0, (1, 0)), (5_000, (1, 0)), (SMALL, (0, 1)), (300_000, (0, 1))] {
        let stage = Stage::start().await;
        let case = stage.opened_by_script().await;
        stage.approve(&case).await;
        stage.world.claim(&case.person, &case.ticket).await;
        let flows = &stage.world.flows;
        let mut keeper = flows.keep(201, &[("X-Answer".to_owned(), b"yes".to_vec())]).await.unwrap();
        let id = keeper.id();
        flows.delivered(case.id, 201, None, Some(id)).await.unwrap();
        assert_eq!(named(&stage, &case, &["state", "kept"]).await, Some(id));
        for piece in form(length.max(17)).get(..length).unwrap().chunks(1000) {
            keeper.push(piece).await.unwrap();
        }
        keeper.finish().await.unwrap();
        assert_eq!(there(&stage, &[id]).await, place, "{length}");
        flows.recover().await.unwrap();
        let kept = stage.world.kept(&case.person, &case.ticket).await.unwrap();
        assert_eq!((kept.status, kept.body.len(), kept.whole), (201, length, true));
        stage.world.clock.advance(RETENTION);
        stage.world.clock.advance(Span::from_secs(1));
        flows.sweep().await.unwrap();
        gone(&stage, &[id]).await;
    }
}
