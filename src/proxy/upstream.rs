//! Where an application runs: turns, name resolution, and the peers Pingora connects to.
//!
//! **Invariant:** each configured upstream has pool keys of its own, so that two settings on one address never share connections.
//! **Invariant:** each address of each upstream is tried at most once for one request.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pingora::upstreams::peer::HttpPeer;

use crate::base::settings::{Timeouts, Upstream, UpstreamScheme};
use crate::base::time::{Clock, Span, Timestamp};

/// How long a resolved name is believed.
const BELIEVED: Span = Span::from_secs(5);

/// How long a tunnel (a WebSocket) may be silent: what it does to stay alive is its own business.
pub(crate) const TUNNEL_SILENCE: Duration = Duration::from_hours(1);

/// All places of one application.
pub(crate) struct Upstreams {
    places: Vec<Place>,
    turn: AtomicUsize,
}

struct Place {
    upstream: Upstream,
    /// For HTTP/1 alone; the next number is for whatever the scheme allows.
    key: u64,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// Whether it was asked at all.
    asked: bool,
    addresses: Arc<[SocketAddr]>,
    /// How long that is believed; `None` for ever.
    until: Option<Timestamp>,
}

/// What a request needs of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Whatever version the upstream speaks.
    AnyVersion,
    /// HTTP/1, since the request wants to change the protocol.
    Upgrade,
}

/// Where one request is being tried.
#[derive(Debug, Default)]
pub(crate) struct Route {
    /// Which place comes next, and how many were begun.
    first: usize,
    begun: usize,
    addresses: Arc<[SocketAddr]>,
    at: usize,
}

impl Upstreams {
    pub(crate) fn new(upstreams: &[Upstream], key: &mut u64) -> Self {
        let place = |upstream: &Upstream| {
            *key += 2;
            Place { upstream: upstream.clone(), key: *key, known: Mutex::default() }
        };
        Self { places: upstreams.iter().map(place).collect(), turn: AtomicUsize::new(0) }
    }

    /// The way of a new request: it begins with the place whose turn it is.
    pub(crate) fn route(&self) -> Route {
        Route { first: self.turn.fetch_add(1, Ordering::Relaxed), ..Route::default() }
    }

    /// The peer to try now. `None` when all were tried.
    pub(crate) async fn peer(
        &self,
        route: &mut Route,
        needs: Needs,
        timeouts: &Timeouts,
        clock: &dyn Clock,
    ) -> Option<HttpPeer> {
        loop {
            let current =
                route.first.wrapping_add(route.begun.wrapping_sub(1)).checked_rem(self.places.len())?;
            if route.begun > 0
                && let Some(address) = route.addresses.get(route.at)
            {
                return Some(self.places.get(current)?.peer(*address, needs, timeouts));
            }
            if route.begun >= self.places.len() {
                return None;
            }
            let next = route.first.wrapping_add(route.begun).checked_rem(self.places.len())?;
            route.begun += 1;
            route.at = 0;
            route.addresses = self.places.get(next)?.addresses(timeouts, clock).await;
        }
    }

    /// Gives up on the address tried last. Whether there may be another.
    pub(crate) fn give_up(&self, route: &mut Route) -> bool {
        route.at += 1;
        route.at < route.addresses.len() || route.begun < self.places.len()
    }
}

impl Place {
    /// The addresses of its name; none when it cannot be resolved in time.
    async fn addresses(&self, timeouts: &Timeouts, clock: &dyn Clock) -> Arc<[SocketAddr]> {
        let now = clock.now();
        {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if known.until.is_none_or(|until| now < until) && known.asked {
                return known.addresses.clone();
            }
        }
        let name = self.upstream.host.trim_start_matches('[').trim_end_matches(']');
        let (addresses, until): (Arc<[SocketAddr]>, _) = match name.parse() {
            Ok(address) => (Arc::new([SocketAddr::new(address, self.upstream.port)]), None),
            Err(_) => (self.resolve(name, timeouts).await, Some(now.plus(BELIEVED))),
        };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
            Known { asked: true, addresses: addresses.clone(), until };
        addresses
    }

    /// The addresses of a name; none when there are none in time, which is believed as long as any other answer.
    async fn resolve(&self, name: &str, timeouts: &Timeouts) -> Arc<[SocketAddr]> {
        let lookup = tokio::net::lookup_host((name, self.upstream.port));
        match tokio::time::timeout(timeouts.connect.to_std(), lookup).await {
            Ok(Ok(found)) => found.collect(),
            Ok(Err(error)) => {
                tracing::warn!(upstream = name, %error, "the name of an upstream cannot be resolved");
                Arc::default()
            }
            Err(_) => {
                tracing::warn!(upstream = name, "the name of an upstream is not resolved in time");
                Arc::default()
            }
        }
    }

    fn peer(&self, address: SocketAddr, needs: Needs, timeouts: &Timeouts) -> HttpPeer {
        // With an empty server name Pingora would skip the verification: an address stands for itself.
        let name = self.upstream.host.trim_start_matches('[').trim_end_matches(']');
        let tls = self.upstream.scheme == UpstreamScheme::Https;
        let mut peer = HttpPeer::new(address, tls, if tls { name.to_owned() } else { String::new() });
        peer.group_key = self.key;
        let options = &mut peer.options;
        if needs == Needs::AnyVersion {
            peer.group_key += 1;
            match self.upstream.scheme {
                UpstreamScheme::Http => {}
                UpstreamScheme::Https => options.set_http_version(2, 1),
                UpstreamScheme::H2c => options.set_http_version(2, 2),
            }
            options.max_h2_streams = 100;
        }
        options.connection_timeout = Some(timeouts.connect.to_std());
        options.total_connection_timeout = Some(timeouts.connect.to_std() * 2);
        options.idle_timeout = Some(timeouts.idle.to_std());
        options.write_timeout = Some(timeouts.read.to_std());
        let read = timeouts.read.to_std();
        options.read_timeout = Some(match needs {
            Needs::AnyVersion => read,
            Needs::Upgrade => read.max(TUNNEL_SILENCE),
        });
        peer
    }
}
