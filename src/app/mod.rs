//! Floor 5: puts a gateway together and runs it. Used by `serve`, by the demo and by every test.
//!
//! **Invariant:** the only place that names concrete adapters: the engine of the store ([`stores`]), the operating system's randomness and
//! clock are chosen here or handed in by a test.
//! **Invariant:** what a crash interrupted is named (`Flows::recover_sent`) before the first request that needs the store is served: before the first
//! connection is accepted, or, where the store comes later, before it is there for anybody ([`work`]).

pub mod control;
pub mod doctor;
mod known;
mod own_keys;
mod push;
mod reload;
mod running;
mod stores;
pub mod upgrade;
mod work;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::audit::receipt::SigningKey;
use crate::base::dialect::Dialect;
use crate::base::entropy::Entropy;
use crate::base::net::Host;
use crate::base::settings::{
    AppSettings, HostPattern, IdentitySettings, Inject, StoreSettings, Title, Upstream, UpstreamScheme,
};
use crate::base::tasks::Tasks;
use crate::base::time::Clock;
use crate::config::Settings;
use crate::connect::whoami::{Whoami, WhoamiSettings};
use crate::flow::outbox::Post;
use crate::flow::{Flows, Parts};
use crate::notify::mail::Mail;
use crate::notify::sms::Sms;
use crate::policy::PolicySet;
use crate::portal;
use crate::proxy::{Certificates, Gateway, Guard, LOOK_EVERY, ProxySettings, Transport};
use crate::store::gate::Gate;
use crate::store::seal::Seal;
use crate::store::{Store, keys};
use known::Known;
use own_keys::own_key;
pub use running::Running;
pub use stores::restore;
use stores::{embedded, sealing, usable};
use upgrade::{Predecessor, STORE_WITHIN, Sockets};
use work::{Coming, Work, keep};

/// The name under which the portal is an application of its own gateway, when it has no listener: no configured name looks so.
const PORTAL: &str = "(portal)";

/// What a gateway takes from the machine it runs on.
#[derive(Clone)]
pub struct Machine {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Draws randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The sockets it listens on.
pub struct Listeners {
    /// Plain.
    pub http: Vec<TcpListener>,
    /// With TLS.
    pub https: Vec<TcpListener>,
    /// The portal's own; `None` serves it on the others by `Host`.
    pub portal: Option<TcpListener>,
    /// Health and metrics.
    pub admin: Option<TcpListener>,
}

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct StartError {
    what: String,
    why: String,
}

fn failed<E: std::fmt::Display>(what: impl Into<String>) -> impl FnOnce(E) -> StartError {
    let what = what.into();
    move |why| StartError { what, why: why.to_string() }
}

impl Listeners {
    /// Opens the sockets a configuration names.
    ///
    /// # Errors
    /// When one is taken or not this machine's.
    pub async fn bind(settings: &Settings) -> Result<Self, StartError> {
        let bind = |address: SocketAddr| async move {
            TcpListener::bind(address).await.map_err(failed(format!("cannot listen on {address}")))
        };
        let mut listeners = Self { http: Vec::new(), https: Vec::new(), portal: None, admin: None };
        for address in &settings.http {
            listeners.http.push(bind(*address).await?);
        }
        for address in &settings.https {
            listeners.https.push(bind(*address).await?);
        }
        if let Some(address) = settings.portal.listen {
            listeners.portal = Some(bind(address).await?);
        }
        if let Some(address) = settings.admin {
            listeners.admin = Some(bind(address).await?);
        }
        Ok(listeners)
    }
}

/// The flows on the store of a configuration, with nothing listening: for a command when no server runs.
///
/// # Errors
/// When the store or its keys cannot be used.
pub async fn open(
    settings: &Settings,
    policies: PolicySet,
    machine: &Machine,
    tasks: &Tasks,
) -> Result<Flows, StartError> {
    let seal = sealing(settings, machine)?;
    let store = usable(settings, &seal, machine).await?;
    flows_on(settings, policies, machine, tasks, store, seal).await
}

/// The flows on a store.
async fn flows_on(
    settings: &Settings,
    policies: PolicySet,
    machine: &Machine,
    tasks: &Tasks,
    store: Arc<dyn Store>,
    seal: Arc<Seal>,
) -> Result<Flows, StartError> {
    let signer = signing_key(&store, &seal, machine.entropy.as_ref()).await?;
    let roots = Arc::new(roots());
    let push = push::sender(settings.push.as_ref(), &store, &seal, roots.clone(), machine).await?;
    let mut whoami = HashMap::new();
    for app in &settings.apps {
        if let Some(settings) = WhoamiSettings::of(app, roots.clone()) {
            let connector = Whoami::new(settings)
                .map_err(failed(format!("the identity of `{}` cannot be asked", app.name)))?;
            whoami.insert(app.name.clone(), connector);
        }
    }
    Ok(Flows::new(Parts {
        store,
        seal,
        clock: machine.clock.clone(),
        entropy: machine.entropy.clone(),
        policies: Arc::new(ArcSwap::from_pointee(policies.including(PORTAL))),
        apps: settings.apps.iter().cloned().map(Arc::new).collect(),
        whoami,
        trusted: settings.trusted.clone(),
        limits: settings.limits.clone(),
        portal: settings.portal.origin.clone(),
        post: post(settings)?,
        account: settings.account.clone(),
        signer: Arc::new(signer),
        push,
        tasks: tasks.clone(),
    }))
}

/// Starts a gateway.
///
/// # Errors
/// When something it needs is not there; nothing is served then.
pub async fn start(
    settings: &Settings,
    policies: PolicySet,
    listeners: Listeners,
    machine: &Machine,
) -> Result<Running, StartError> {
    start_after(settings, policies, listeners, machine, None).await
}

/// Starts a gateway that takes over from another, whose sockets `listeners` are. What needs the store waits until the other lets go of it.
///
/// # Errors
/// When something it needs is not there; nothing is served then, and the other one goes on.
pub async fn start_after(
    settings: &Settings,
    policies: PolicySet,
    listeners: Listeners,
    machine: &Machine,
    mut predecessor: Option<Predecessor>,
) -> Result<Running, StartError> {
    let tasks = Tasks::default();
    let seal = sealing(settings, machine)?;
    let (gate, coming) = gate_to_store(settings, &seal, machine, predecessor.as_mut()).await?;
    let gate = Arc::new(gate);
    let flows = flows_on(settings, policies, machine, &tasks, gate.clone(), seal).await?;
    let mut rest = None;
    if coming.is_none() {
        if gate.shared() {
            keep(&*gate, &settings.data_dir).await;
        }
        for one in gate.remarks(machine.clock.now()).await.map_err(failed("the store cannot be read"))? {
            tracing::warn!(seen = one.seen, advice = one.advice, "look at the store");
        }
        let left = flows.recover_sent().await;
        rest = Some(left.map_err(failed("what the last run left cannot be put in order"))?);
    }
    let sockets = Sockets::of(&listeners)?;
    let certificates = if listeners.https.is_empty() {
        None
    } else {
        Some(
            Certificates::load(settings.certificates.clone())
                .map_err(failed("the certificates cannot be used"))?,
        )
    };

    let router = portal::router(flows.clone(), settings.portal.clone());
    let mut apps: Vec<Arc<AppSettings>> = settings.apps.iter().cloned().map(Arc::new).collect();
    let portal = match listeners.portal {
        Some(listener) => {
            let address = listener.local_addr().map_err(failed("the portal has no address"))?;
            tasks.spawn("portal", portal::serve(listener, router, tasks.clone()));
            Some(address)
        }
        None => {
            let listener =
                TcpListener::bind("127.0.0.1:0").await.map_err(failed("cannot listen for the portal"))?;
            let address = listener.local_addr().map_err(failed("the portal has no address"))?;
            apps.push(Arc::new(portal_app(settings.portal.origin.host(), address)));
            tasks.spawn("portal", portal::serve(listener, router, tasks.clone()));
            None
        }
    };

    let gateway = Gateway::new(ProxySettings {
        apps,
        guard: Guard::Policies(flows.clone()),
        trusted: settings.trusted.clone(),
        timeouts: settings.timeouts.clone(),
        waiting: settings.waiting,
        upstream_ca: None,
        entropy: machine.entropy.clone(),
        clock: machine.clock.clone(),
        tasks: tasks.clone(),
    });
    let http = addresses(&listeners.http)?;
    let https = addresses(&listeners.https)?;
    for listener in listeners.http {
        gateway.listen(listener, &Transport::Plain);
    }
    if let Some(certificates) = certificates {
        certificates.watch(&tasks, LOOK_EVERY);
        let config = certificates.server_config().map_err(failed("TLS cannot be set up"))?;
        for listener in listeners.https {
            gateway.listen(listener, &Transport::Tls(config.clone()));
        }
    }
    let admin = match listeners.admin {
        Some(listener) => {
            let address = listener.local_addr().map_err(failed("the admin listener has no address"))?;
            tasks.spawn("admin", portal::serve(listener, portal::ops(flows.clone()), tasks.clone()));
            Some(address)
        }
        None => None,
    };
    reload::watch(settings, flows.clone(), &tasks);
    let (tell, succeeded) = watch::channel(false);
    let work =
        Work { data_dir: settings.data_dir.clone(), flows: flows.clone(), sockets, gate: gate.clone(), tell };
    if let Some(predecessor) = predecessor {
        predecessor.relieve().await.map_err(failed("the server before this one is gone"))?;
    }
    match coming {
        Some(coming) => tasks.spawn("store", work.begin_once_here(coming, tasks.clone())),
        None => work.begin(&tasks, rest)?,
    }
    Ok(Running { flows, http, https, portal, admin, tasks, gate, succeeded })
}

/// The way to the store, and what is to come where it is not here. A store that several use is here at once, or away; of a file the server
/// before this one has to let go first.
async fn gate_to_store(
    settings: &Settings,
    seal: &Arc<Seal>,
    machine: &Machine,
    predecessor: Option<&mut Predecessor>,
) -> Result<(Gate, Option<Coming>), StartError> {
    let data_dir = settings.data_dir.clone();
    match (&settings.store, predecessor) {
        (StoreSettings::Embedded, Some(one)) => {
            let gate = Gate::awaiting(STORE_WITHIN, std::mem::take(&mut one.known));
            Ok((gate, Some(Coming::File { data_dir, seal: seal.clone() })))
        }
        (StoreSettings::Embedded, None) => Ok((Gate::to(usable(settings, seal, machine).await?), None)),
        (StoreSettings::Redis(redis), _) => {
            let away = match usable(settings, seal, machine).await {
                Ok(store) => return Ok((Gate::to(store), None)),
                Err(error) => error,
            };
            let kept = Known::kept(&data_dir).map_err(failed("what is known of the store cannot be read"))?;
            // Nothing is known of one that was never there.
            let Some(known) = kept else { return Err(away) };
            let rows = known.rows().map_err(failed("what is known of the store cannot be read"))?;
            tracing::error!(error = %away, "the store is away: what policies are about is refused until it is back");
            let (redis, seal, machine) = (redis.clone(), seal.clone(), machine.clone());
            Ok((
                Gate::awaiting(Duration::ZERO, rows),
                Some(Coming::Shared { redis, seal, machine, known, data_dir }),
            ))
        }
    }
}

fn addresses(listeners: &[TcpListener]) -> Result<Vec<SocketAddr>, StartError> {
    listeners
        .iter()
        .map(|listener| listener.local_addr().map_err(failed("a listener has no address")))
        .collect()
}

/// The portal as an application behind the gateway's listeners.
fn portal_app(host: &Host, address: SocketAddr) -> AppSettings {
    AppSettings {
        name: PORTAL.to_owned(),
        title: Title::default(),
        hosts: vec![HostPattern(host.clone())],
        upstreams: vec![Upstream {
            scheme: UpstreamScheme::Http,
            host: address.ip().to_string(),
            port: address.port(),
        }],
        origins: Vec::new(),
        inspect_body: 0,
        hold_body: 0,
        identity: IdentitySettings::Header { user: "x-forwarded-user".to_owned(), groups: None },
        login_paths: Vec::new(),
        pass_headers: Vec::new(),
        dialect: Dialect::default(),
        inject: Inject::Off,
        inject_limit: 4 << 20,
    }
}

/// The key that signs receipts: made once, kept sealed in the store.
async fn signing_key(
    store: &Arc<dyn Store>,
    seal: &Arc<Seal>,
    entropy: &dyn Entropy,
) -> Result<SigningKey, StartError> {
    let what = "the receipt key";
    let make = || SigningKey::generate(entropy).map(|made| made.1).map_err(|error| error.to_string());
    let seed = own_key(store, seal, keys::gateway("receipt-key"), what, make).await?;
    SigningKey::from_seed(&seed).map_err(failed("the receipt key cannot be used"))
}

/// What carries messages away.
fn post(settings: &Settings) -> Result<Post, StartError> {
    let mut post = Post { settings: settings.messages.clone(), ..Post::default() };
    if let Some(mail) = &settings.messages.mail {
        let carrier = Mail::new(mail).map_err(failed("the mail server cannot be used"))?;
        post.mail = Some(Arc::new(carrier));
    }
    if let Some(sms) = &settings.messages.sms {
        let carrier = Sms::new(sms.clone()).map_err(failed("the SMS gateway cannot be used"))?;
        post.sms = Some(Arc::new(carrier));
    }
    Ok(post)
}

/// The machine's authorities, for applications over TLS.
fn roots() -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    roots
}

/// Whether a server runs on this data folder: its control socket answers.
pub async fn is_running(data_dir: &Path) -> bool {
    tokio::net::UnixStream::connect(control::path(data_dir)).await.is_ok()
}
