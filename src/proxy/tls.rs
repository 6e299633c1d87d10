//! Certificates by server name, read again when their files change.
//!
//! **Invariant:** a pair is served only after its chain was read, its key was understood and the two belong together; a bad new
//! file is refused and logged, and what was served before stays (`tests/it/proxy_tls.rs`).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::base::secret::fingerprint;
use crate::base::settings::CertificateFiles;
use crate::base::tasks::Tasks;

/// How often the files are looked at.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// No certificate is configured.
    #[error("there is no certificate to serve TLS with")]
    None,
    /// A file cannot be read.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No certificate in the chain file.
    #[error("`{0}` holds no certificate in PEM")]
    NoChain(PathBuf),
    /// No key in the key file.
    #[error("`{0}` holds no private key in PEM")]
    NoKey(PathBuf),
    /// The key is of an unknown sort, or not the certificate's.
    #[error("the key in `{path}` does not fit the certificate")]
    Misfit {
        /// The key file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// The certificates of a gateway.
pub struct Certificates {
    files: Vec<CertificateFiles>,
    served: ArcSwap<Vec<Served>>,
}

#[derive(Clone)]
struct Served {
    hosts: Vec<String>,
    key: Arc<CertifiedKey>,
    /// Of the files as last looked at, good or bad.
    looked_at: [u8; 32],
}

impl Certificates {
    /// Reads all pairs.
    ///
    /// # Errors
    /// The first pair that cannot be served.
    pub fn load(files: Vec<CertificateFiles>) -> Result<Arc<Self>, CertificateError> {
        let read = |pair: &CertificateFiles| {
            let (chain, key) = (read_file(&pair.chain)?, read_file(&pair.key)?);
            let looked_at = fingerprint("certificate", &[&chain, &key]);
            Ok(Served { hosts: pair.hosts.clone(), key: Arc::new(certified(pair, &chain, &key)?), looked_at })
        };
        let served = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        if served.is_empty() {
            return Err(CertificateError::None);
        }
        Ok(Arc::new(Self { files, served: ArcSwap::from_pointee(served) }))
    }

    /// Looks at the files `every` so often until `tasks` are stopped.
    pub fn watch(self: &Arc<Self>, tasks: &Tasks, every: Duration) {
        let (certificates, stop) = (self.clone(), tasks.clone());
        tasks.spawn("certificates", async move {
            loop {
                tokio::select! {
                    () = stop.stopping() => return,
                    () = tokio::time::sleep(every) => certificates.look().await,
                }
            }
        });
    }

    /// The TLS settings of a listener that serves these: TLS 1.2 and 1.3, HTTP/2 preferred.
    ///
    /// # Errors
    /// When the provider does not know the protocol versions, which it does.
    pub fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(self.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    /// Looks at the files now: what changed and can be served is served from here on, what cannot is logged.
    pub async fn look(&self) {
        let mut served = self.served.load().as_ref().clone();
        let mut changed = false;
        for (pair, now) in self.files.iter().zip(&mut served) {
            let (Ok(chain), Ok(key)) = (tokio::fs::read(&pair.chain).await, tokio::fs::read(&pair.key).await)
            else {
                continue;
            };
            let looked_at = fingerprint("certificate", &[&chain, &key]);
            if looked_at == now.looked_at {
                continue;
            }
            (now.looked_at, changed) = (looked_at, true);
            match certified(pair, &chain, &key) {
                Ok(fresh) => {
                    tracing::info!(hosts = ?pair.hosts, "a certificate was renewed");
                    now.key = Arc::new(fresh);
                }
                Err(error) => {
                    tracing::error!(hosts = ?pair.hosts, %error, "a new certificate is refused, the old one stays");
                }
            }
        }
        if changed {
            self.served.store(Arc::new(served));
        }
    }
}

impl ResolvesServerCert for Certificates {
    /// A client that names no server gets the first; one that names an unknown server gets none.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let served = self.served.load();
        match hello.server_name() {
            None => served.first().map(|first| first.key.clone()),
            Some(name) => {
                let exact =
                    served.iter().find(|one| one.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)));
                let any = || served.iter().find(|one| one.hosts.iter().any(|host| covers(host, name)));
                exact.or_else(any).map(|one| one.key.clone())
            }
        }
    }
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.files.iter().map(|pair| &pair.hosts)).finish()
    }
}

/// Whether `*.example.com` covers `a.example.com`: one label, no more.
fn covers(pattern: &str, name: &str) -> bool {
    let Some(parent) = pattern.strip_prefix("*.") else { return false };
    name.split_once('.').is_some_and(|(label, rest)| !label.is_empty() && rest.eq_ignore_ascii_case(parent))
}

fn read_file(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|source| CertificateError::Unreadable { path: path.to_owned(), source })
}

fn certified(pair: &CertificateFiles, chain: &[u8], key: &[u8]) -> Result<CertifiedKey, CertificateError> {
    let no_chain = || CertificateError::NoChain(pair.chain.clone());
    let chain =
        CertificateDer::pem_slice_iter(chain).collect::<Result<Vec<_>, _>>().map_err(|_| no_chain())?;
    if chain.is_empty() {
        return Err(no_chain());
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| CertificateError::NoKey(pair.key.clone()))?;
    let misfit = |source| CertificateError::Misfit { path: pair.key.clone(), source };
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(misfit)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_star_covers_one_label() {
        assert!(covers("*.example.com", "a.Example.com"));
        for name in ["example.com", "a.b.example.com", ".example.com", "a.example.org"] {
            assert!(!covers("*.example.com", name), "{name}");
        }
        assert!(!covers("example.com", "example.com"));
    }
}
