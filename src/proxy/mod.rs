//! Floor 4: the edge towards applications. The only room that names Pingora.
//!
//! A connection is accepted in [`listen`], its head judged in [`head`], the request carried by Pingora through the hooks of
//! [`hooks`]; what it may do is its [`stage::Stage`]. [`guard`] decides whether it passes, [`outbound`] what the application
//! sees, [`refusal`] what a client sees when it does not pass. [`forwarder`] sends what was released, apart from any client.
//! [`inject`] puts the script for prompts in the page into HTML, on both ways.
//!
//! **Invariant:** nothing is forwarded without a [`stage::Passage`]: `upstream_peer` refuses unless the stage holds one.
//! **Invariant:** every answer of the gateway's own is written by [`write`]; Pingora's error pages are never used.

mod apps;
mod credential;
mod exchange;
mod form;
mod forwarder;
#[cfg(test)]
mod forwarder_test;
mod guard;
mod guarded;
mod head;
mod hold;
mod hooks;
mod inject;
mod intake;
mod joined;
mod line;
mod listen;
mod local;
mod outbound;
mod page;
mod preference;
mod provenance;
mod reading;
mod refusal;
mod released;
mod sending;
mod stage;
mod terminal;
mod tls;
mod upstream;
mod view;
mod waiting;
mod write;

use std::path::PathBuf;
use std::sync::Arc;

use pingora::apps::HttpServerOptions;
use pingora::proxy::HttpProxy;
use pingora::server::configuration::ServerConf;

use crate::base::entropy::Entropy;
use crate::base::net::TrustedPeers;
use crate::base::settings::{AppSettings, Timeouts};
use crate::base::tasks::Tasks;
use crate::base::time::Clock;

pub use guard::Guard;
pub use listen::Transport;
pub use tls::{CertificateError, Certificates, LOOK_EVERY};

/// What a gateway is built from.
pub struct ProxySettings {
    /// The applications behind it.
    pub apps: Vec<Arc<AppSettings>>,
    /// What decides about guarded requests.
    pub guard: Guard,
    /// The peers that may speak for a client.
    pub trusted: TrustedPeers,
    /// How long peers are waited for.
    pub timeouts: Timeouts,
    /// How many connections may wait for a decision at a time.
    pub waiting: u32,
    /// A PEM file with the authorities that vouch for applications over TLS, in place of the machine's.
    pub upstream_ca: Option<PathBuf>,
    /// Randomness for reference ids.
    pub entropy: Arc<dyn Entropy>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What tracks connections and is waited for at the end.
    pub tasks: Tasks,
}

/// What every request may look at.
pub(crate) struct Shared {
    pub(crate) apps: apps::Apps,
    pub(crate) guard: Guard,
    pub(crate) forwarder: forwarder::Forwarder,
    pub(crate) trusted: TrustedPeers,
    pub(crate) timeouts: Timeouts,
    pub(crate) waiting: waiting::Places,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tasks: Tasks,
}

/// A gateway that can be given listeners. Any number of them live in one process.
pub struct Gateway {
    shared: Arc<Shared>,
    proxy: Arc<HttpProxy<hooks::Hooks>>,
}

impl Gateway {
    /// A gateway without listeners yet.
    pub fn new(settings: ProxySettings) -> Arc<Self> {
        let ProxySettings { apps, guard, trusted, timeouts, waiting, upstream_ca, entropy, clock, tasks } =
            settings;
        let apps = apps::Apps::new(apps);
        let forwarder = forwarder::Forwarder::new(upstream_ca.as_deref());
        let waiting = waiting::Places::new(waiting);
        let shared =
            Arc::new(Shared { apps, guard, forwarder, trusted, timeouts, waiting, entropy, clock, tasks });
        let conf = ServerConf {
            ca_file: upstream_ca.map(|path| path.to_string_lossy().into_owned()),
            ..ServerConf::default()
        };
        let mut proxy = HttpProxy::new(hooks::Hooks(shared.clone()), Arc::new(conf));
        // CONNECT reaches our own refusal instead of Pingora's page; it is never forwarded.
        let mut options = HttpServerOptions::default();
        options.allow_connect_method_proxying = true;
        proxy.server_options = Some(options);
        proxy.handle_init_modules();
        Arc::new(Self { shared, proxy: Arc::new(proxy) })
    }
}
