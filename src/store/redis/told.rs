//! Hears which records other gateways changed, over a connection of its own.
//!
//! **Invariant:** whoever waits is woken after a break: what was told meanwhile was not heard.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_core::Stream as _;
use redis::aio::PubSub;
use tokio::sync::watch;

use super::names::Names;
use super::place::{Place, reason};
use crate::store::watch::Watchers;
use crate::store::{Key, Unavailable};

/// How often the connection is asked whether it is still one.
const EVERY: Duration = Duration::from_secs(5);

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// Listens until it is dropped. `heard` turns true when it first listens.
pub(super) async fn listen(place: Arc<Place>, names: Names, watchers: Watchers, heard: watch::Sender<bool>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let subscribed = subscribe(&place, &names).await;
        watchers.all_touched();
        match subscribed {
            Ok(connection) => {
                heard.send_replace(true);
                pause = FIRST_PAUSE;
                hear(connection, &watchers, place.settings.timeout).await;
                tracing::warn!("the store's news are interrupted");
            }
            Err(error) => tracing::warn!(%error, "the store's news cannot be heard"),
        }
        tokio::time::sleep(pause).await;
        pause = pause.saturating_mul(2).min(LAST_PAUSE);
    }
}

async fn subscribe(place: &Place, names: &Names) -> Result<PubSub, Unavailable> {
    let client = place.client().await?;
    let failed = |error: redis::RedisError| Unavailable::because(reason(&error));
    let connecting = tokio::time::timeout(place.settings.timeout, async {
        let mut connection = client.get_async_pubsub().await?;
        connection.subscribe(names.touched()).await?;
        Ok(connection)
    });
    connecting.await.map_err(|_| Unavailable::because("no answer in time"))?.map_err(failed)
}

/// Until the connection breaks.
async fn hear(connection: PubSub, watchers: &Watchers, patience: Duration) {
    let (mut sink, mut stream) = connection.split();
    let mut asking = tokio::time::interval(EVERY);
    loop {
        let next = std::future::poll_fn(|context| Pin::new(&mut stream).poll_next(context));
        tokio::select! {
            message = next => match message {
                Some(message) => {
                    let names = String::from_utf8_lossy(message.get_payload_bytes()).into_owned();
                    names.split('\n').for_each(|name| watchers.touched(&Key::stored(name)));
                }
                None => return,
            },
            _ = asking.tick() => {
                let asked = tokio::time::timeout(patience, sink.ping::<redis::Value>());
                if !asked.await.is_ok_and(|answer| answer.is_ok()) {
                    return;
                }
            }
        }
    }
}
