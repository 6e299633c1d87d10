//! One connection that is made anew when it broke, with growing pauses.
//!
//! **Invariant:** a connection is used only after the epoch was compared with the server's history ([`epoch`](super::epoch)).
//! **Invariant:** nothing that may have been carried out is sent twice: only what reads is tried again by itself ([`Line::ask`]).

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError, ServerErrorKind};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::epoch::Epochs;
use super::place::{Place, reason};
use super::script::Scripts;
use crate::store::Unavailable;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// A connection that works, as far as is known.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) connection: MultiplexedConnection,
    pub(super) scripts: Arc<Scripts>,
    number: u64,
}

/// What is shared by all who use one connection.
pub(super) struct Line {
    place: Arc<Place>,
    epochs: Arc<Epochs>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    number: u64,
    pause: Duration,
    failed: Option<Failed>,
}

/// The last failure: until when it is believed, and how many connections had been made until then.
struct Failed {
    until: Instant,
    made: u64,
    why: Unavailable,
}

impl Line {
    pub(super) fn new(place: Arc<Place>, epochs: Arc<Epochs>) -> Self {
        Self { place, epochs, state: Mutex::default() }
    }

    /// The connection, made now where there is none. Fails at once while the last failure is fresh, unless another line has found the server since.
    pub(super) async fn open(&self) -> Result<Open, Unavailable> {
        let mut state = self.state.lock().await;
        if let Some(open) = &state.open {
            return Ok(open.clone());
        }
        if let Some(failed) = &state.failed
            && now() < failed.until
            && self.epochs.made() == failed.made
        {
            return Err(failed.why.clone());
        }
        match self.connect().await {
            Ok((connection, scripts)) => {
                state.number = state.number.saturating_add(1);
                let open = Open { connection, scripts: Arc::new(scripts), number: state.number };
                (state.open, state.failed, state.pause) = (Some(open.clone()), None, Duration::ZERO);
                Ok(open)
            }
            Err(why) => {
                state.pause = state.pause.saturating_mul(2).clamp(FIRST_PAUSE, LAST_PAUSE);
                let (until, made) = (now() + state.pause, self.epochs.made());
                state.failed = Some(Failed { until, made, why: why.clone() });
                Err(why)
            }
        }
    }

    async fn connect(&self) -> Result<(MultiplexedConnection, Scripts), Unavailable> {
        let mut connection = self.place.connect().await?;
        let scripts = Scripts::load(&mut connection).await?;
        self.epochs.confirm(&mut connection, &scripts).await?;
        Ok((connection, scripts))
    }

    /// Lets go of a connection that broke; another made meanwhile stays.
    pub(super) async fn broke(&self, open: &Open) {
        let mut state = self.state.lock().await;
        if state.open.as_ref().is_some_and(|now| now.number == open.number) {
            state.open = None;
        }
    }

    /// Lets go of a connection whose server has become another while nothing was said: demoted, or with another history.
    pub(super) async fn look(&self) {
        let Some(mut open) = self.state.lock().await.open.clone() else { return };
        let mut command = Cmd::new();
        command.arg("INFO").arg("replication");
        let info: Result<String, RedisError> = command.query_async(&mut open.connection).await;
        if !info.is_ok_and(|info| self.epochs.is_as_before(&info)) {
            self.broke(&open).await;
        }
    }

    /// Asks something that changes nothing; once more over a new connection when the first one broke.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        command: impl Fn(&Scripts) -> Cmd,
    ) -> Result<T, Unavailable> {
        self.say(command, |error| breaks(error) && !error.is_timeout()).await
    }

    /// Changes something, once. Whoever gets an error does not know whether it happened.
    pub(super) async fn tell<T: FromRedisValue>(
        &self,
        command: impl Fn(&Scripts) -> Cmd,
    ) -> Result<T, Unavailable> {
        self.say(command, undone).await
    }

    /// Says it, and after an error that `again` names a second time.
    async fn say<T: FromRedisValue>(
        &self,
        command: impl Fn(&Scripts) -> Cmd,
        again: impl Fn(&RedisError) -> bool,
    ) -> Result<T, Unavailable> {
        let mut first = true;
        loop {
            let mut open = self.open().await?;
            let error = match command(&open.scripts).query_async(&mut open.connection).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if breaks(&error) {
                self.broke(&open).await;
            }
            if !(first && again(&error)) {
                return Err(Unavailable::because(reason(&error)));
            }
            first = false;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a pause between two attempts, no time that counts")]
fn now() -> Instant {
    Instant::now()
}

/// Whether the connection, or the server at its end, is not the right one any more.
pub(super) fn breaks(error: &RedisError) -> bool {
    error.is_io_error() || error.is_timeout() || error.is_connection_dropped() || undone(error)
}

/// Whether the server refused it before doing anything, and another connection may lead to one that does it.
pub(super) fn undone(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::NoScript
                | ServerErrorKind::Moved
                | ServerErrorKind::Ask
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::MasterDown
                | ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
        )
    )
}
