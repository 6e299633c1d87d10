//! Question: is the right certificate served, the new one after a renewal, and the old one while the new one is bad?

use std::time::Duration;

use countersign::base::settings::CertificateFiles;
use countersign::proxy::{CertificateError, Certificates};
use tokio_rustls::client::TlsStream;

use crate::harness::certs::Authority;
use crate::harness::gateway::{Running, Tls, app, plain, settings};
use crate::harness::raw::Client;
use crate::harness::upstream::Origin;

const GET: &str = "GET / HTTP/1.1\r\nHost: bank.test\r\n\r\n";

async fn started(tls: &Tls) -> (Origin, Running, std::net::SocketAddr) {
    let origin = Origin::ok().await;
    let hosts = ["bank.test", "shop.test", "a.wild.test"];
    let gateway = Running::start(settings(vec![app(&hosts, vec![plain(origin.address)])])).await;
    let address = gateway.listen_tls(tls).await;
    (origin, gateway, address)
}

/// The leaf a client gets for a name.
fn leaf(stream: &TlsStream<tokio::net::TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn the_name_chooses_the_certificate() {
    let mut tls = Tls::new();
    let shop = tls.authority.files(tls.folder.path(), "shop", &["shop.test"]);
    tls.certificates = Certificates::load(vec![tls.files.clone(), shop]).unwrap();
    let (_origin, _gateway, address) = started(&tls).await;
    let mut leaves = Vec::new();
    for name in ["bank.test", "shop.test", "a.wild.test"] {
        let stream = tls.authority.connect(address, name, &["http/1.1"]).await.unwrap();
        leaves.push(leaf(&stream));
        let got = Client::over(stream).ask(GET.replace("bank.test", name)).await;
        assert_eq!(got.status, 200, "{name}");
    }
    assert!(leaves[0] == leaves[2] && leaves[0] != leaves[1]);
    for stranger in ["other.test", "a.b.wild.test"] {
        assert!(tls.authority.connect(address, stranger, &["h2"]).await.is_err(), "{stranger}");
    }
    assert!(tls.authority.connect(address, "bank.test", &["spdy/1"]).await.is_err());
}

#[tokio::test]
async fn a_renewed_certificate_is_served_and_a_bad_one_is_not() {
    let tls = Tls::new();
    let (_origin, gateway, address) = started(&tls).await;
    let stream = tls.authority.connect(address, "bank.test", &["http/1.1"]).await.unwrap();
    let first = leaf(&stream);
    let mut kept = Client::over(stream);
    assert_eq!(kept.ask(GET).await.status, 200);
    // A chain without its key, as when a renewal is half done; then no chain at all.
    let (chain, _lost) = tls.authority.issue(&["bank.test"]);
    for bad in [chain.as_str(), "no certificate"] {
        std::fs::write(&tls.files.chain, bad).unwrap();
        tls.certificates.look().await;
        let stream = tls.authority.connect(address, "bank.test", &["http/1.1"]).await.unwrap();
        assert!(leaf(&stream) == first, "a bad certificate took the place of a good one");
    }
    tls.certificates.watch(&gateway.tasks, Duration::from_millis(5));
    tls.authority.renew(&tls.files);
    let renewed = async {
        loop {
            let stream = tls.authority.connect(address, "bank.test", &["http/1.1"]).await.unwrap();
            if leaf(&stream) != first {
                return;
            }
        }
    };
    tokio::time::timeout(crate::harness::raw::PATIENCE, renewed)
        .await
        .expect("the new certificate is served");
    assert_eq!(kept.ask(GET).await.status, 200, "connections that are open stay");
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_not_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let files = authority.files(folder.path(), "bank", &["bank.test"]);
    let with = |chain: &str, key: &str| {
        let path = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        Certificates::load(vec![CertificateFiles {
            hosts: vec!["bank.test".into()],
            chain: path("chain", chain),
            key: path("key", key),
        }])
    };
    let read = |path| std::fs::read_to_string(path).unwrap();
    let (chain, key) = (read(&files.chain), read(&files.key));
    assert!(with(&chain, &key).is_ok());
    assert!(matches!(with("", &key), Err(CertificateError::NoChain(_))));
    assert!(matches!(with(&chain, "x"), Err(CertificateError::NoKey(_))));
    assert!(matches!(with(&chain, &authority.issue(&["bank.test"]).1), Err(CertificateError::Misfit { .. })));
    assert!(matches!(Certificates::load(Vec::new()), Err(CertificateError::None)));
    let nowhere = CertificateFiles { chain: folder.path().join("nowhere"), ..files };
    assert!(matches!(Certificates::load(vec![nowhere]), Err(CertificateError::Unreadable { .. })));
}
