//! A gateway in this process, on port 0.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::base::dialect::Dialect;
use countersign::base::entropy::SeededEntropy;
use countersign::base::net::TrustedPeers;
use countersign::base::settings::{
    AppSettings, CertificateFiles, HostPattern, IdentitySettings, Inject, Timeouts, Title, Upstream,
    UpstreamScheme,
};
use countersign::base::tasks::Tasks;
use countersign::base::time::{Span, SystemClock};
use countersign::proxy::{Certificates, Gateway, Guard, ProxySettings, Transport};
use tokio::net::TcpListener;

use super::certs::Authority;

/// An application called `bank` on these hosts.
pub(crate) fn app(hosts: &[&str], upstreams: Vec<Upstream>) -> AppSettings {
    AppSettings {
        name: "bank".into(),
        title: Title::default(),
        hosts: hosts.iter().map(|host| HostPattern(host.parse().unwrap())).collect(),
        upstreams,
        origins: Vec::new(),
        inspect_body: 8 << 20,
        hold_body: 10 << 20,
        identity: IdentitySettings::Header {
            user: "x-forwarded-user".into(),
            groups: Some("x-forwarded-groups".into()),
        },
        login_paths: Vec::new(),
        pass_headers: Vec::new(),
        dialect: Dialect::default(),
        inject: Inject::Auto,
        inject_limit: 4 << 20,
    }
}

/// An upstream in HTTP/1 without TLS.
pub(crate) fn plain(address: SocketAddr) -> Upstream {
    Upstream { scheme: UpstreamScheme::Http, host: address.ip().to_string(), port: address.port() }
}

/// An upstream in HTTP/2 without TLS.
pub(crate) fn h2c(address: SocketAddr) -> Upstream {
    Upstream { scheme: UpstreamScheme::H2c, ..plain(address) }
}

/// A server certificate of a test's authority for `bank.test` and `*.wild.test`, in a folder that lives as long.
pub(crate) struct Tls {
    /// Who vouches for it.
    pub(crate) authority: Authority,
    /// Where it is.
    pub(crate) files: CertificateFiles,
    /// What serves it.
    pub(crate) certificates: Arc<Certificates>,
    /// Its folder.
    pub(crate) folder: tempfile::TempDir,
}

impl Tls {
    /// A new one.
    pub(crate) fn new() -> Self {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        let files = authority.files(folder.path(), "bank", &["bank.test", "*.wild.test"]);
        let certificates = Certificates::load(vec![files.clone()]).unwrap();
        Self { authority, files, certificates, folder }
    }
}

/// Settings for `apps` that trust nobody and guard nothing.
pub(crate) fn settings(apps: Vec<AppSettings>) -> ProxySettings {
    ProxySettings {
        apps: apps.into_iter().map(Arc::new).collect(),
        guard: Guard::default(),
        trusted: TrustedPeers::default(),
        timeouts: Timeouts {
            header: Span::from_secs(10),
            idle: Span::from_secs(10),
            connect: Span::from_secs(5),
            read: Span::from_secs(10),
        },
        waiting: 100,
        upstream_ca: None,
        entropy: Arc::new(SeededEntropy::new(7)),
        clock: Arc::new(SystemClock::default()),
        tasks: Tasks::default(),
    }
}

/// A running gateway.
pub(crate) struct Running {
    /// Its plain listener.
    pub(crate) address: SocketAddr,
    /// The gateway.
    pub(crate) gateway: Arc<Gateway>,
    /// What it runs.
    pub(crate) tasks: Tasks,
}

impl Running {
    /// Starts one with a plain listener.
    pub(crate) async fn start(settings: ProxySettings) -> Self {
        let tasks = settings.tasks.clone();
        let gateway = Gateway::new(settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        gateway.listen(listener, &Transport::Plain);
        Self { address, gateway, tasks }
    }

    /// Starts one for `bank.test` and its own address, in front of one origin.
    pub(crate) async fn before(origin: SocketAddr) -> Self {
        Self::start(settings(vec![app(&["bank.test"], vec![plain(origin)])])).await
    }

    /// Adds a listener for TLS.
    pub(crate) async fn listen_tls(&self, tls: &Tls) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.gateway.listen(listener, &Transport::Tls(tls.certificates.server_config().unwrap()));
        address
    }

    /// Stops it and waits for what is in progress.
    pub(crate) async fn stop(&self) {
        self.tasks.stop(Duration::from_secs(10)).await;
    }
}
