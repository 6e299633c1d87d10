//! An authority of the test's own, and certificates it vouches for.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use countersign::base::settings::CertificateFiles;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// An authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its certificate in PEM.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A chain and its key in PEM, for these names.
    pub(crate) fn issue(&self, hosts: &[&str]) -> (String, String) {
        let names: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();
        (leaf.pem(), key.serialize_pem())
    }

    /// The same, written to `folder` under `name`.
    pub(crate) fn files(&self, folder: &Path, name: &str, hosts: &[&str]) -> CertificateFiles {
        let files = CertificateFiles {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            chain: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key")),
        };
        self.renew(&files);
        files
    }

    /// Writes a new pair where the old one was.
    pub(crate) fn renew(&self, files: &CertificateFiles) {
        let hosts: Vec<&str> = files.hosts.iter().map(String::as_str).collect();
        let (chain, key) = self.issue(&hosts);
        std::fs::write(&files.key, key).unwrap();
        std::fs::write(&files.chain, chain).unwrap();
    }

    /// The authority's certificate as a file.
    pub(crate) fn file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("ca.pem");
        std::fs::write(&path, self.pem()).unwrap();
        path
    }

    /// A client that trusts this authority alone and offers these protocols.
    pub(crate) fn client(&self, protocols: &[&str]) -> Arc<ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config = builder
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// Connects and shakes hands.
    pub(crate) async fn connect(
        &self,
        address: std::net::SocketAddr,
        name: &str,
        protocols: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let socket = TcpStream::connect(address).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        tokio_rustls::TlsConnector::from(self.client(protocols)).connect(name, socket).await
    }
}

/// An origin behind TLS in HTTP/1 that answers everything with `ok`.
pub(crate) async fn tls_origin(authority: &Authority, name: &str) -> std::net::SocketAddr {
    let (chain, key) = authority.issue(&[name]);
    let chain = vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    super::run(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            super::run(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else { return };
                let mut piece = [0; 4096];
                while stream.read(&mut piece).await.is_ok_and(|count| count > 0) {
                    stream.write_all(&super::upstream::answer(200, "ok")).await.ok();
                    stream.flush().await.ok();
                }
            });
        }
    });
    address
}
