//! Carries bytes between a client and a server on the loopback, and keeps those of one direction back while told: as a broken network does, which delivers
//! late what it could not deliver, even when the sender has hung up meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Which direction is cut. The other one goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// What the client sends.
    Requests,
    /// What the server sends on connections that have told it to change something.
    AnswersToCommits,
}

type Told = watch::Receiver<Option<Cut>>;

/// A relay to one port.
pub(crate) struct Relay {
    pub(crate) port: u16,
    cut: watch::Sender<Option<Cut>>,
}

impl Relay {
    /// Starts one in front of a port of the loopback.
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (cut, told) = watch::channel(None);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let told = told.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    // Whether it has carried a commit while answers are kept back.
                    let silent = Arc::new(AtomicBool::new(false));
                    let there = requests(from_client, to_server, told.clone(), silent.clone());
                    tokio::join!(there, answers(from_server, to_client, told, silent));
                });
            }
        });
        Self { port, cut }
    }

    /// Keeps a direction back from now on, or none.
    pub(crate) fn cut(&self, cut: Option<Cut>) {
        self.cut.send_replace(cut);
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut told: Told, silent: Arc<AtomicBool>) {
    let mut piece = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        let commit = piece[..count].windows(8).any(|some| some == b":touched");
        if *told.borrow() == Some(Cut::AnswersToCommits) && commit {
            silent.store(true, Ordering::SeqCst);
        }
        let passes = told.wait_for(|cut| *cut != Some(Cut::Requests)).await.is_ok();
        if !passes || to.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut told: Told, silent: Arc<AtomicBool>) {
    let mut piece = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        if silent.load(Ordering::SeqCst) {
            if told.wait_for(|cut| *cut != Some(Cut::AnswersToCommits)).await.is_err() {
                return;
            }
            silent.store(false, Ordering::SeqCst);
        }
        if to.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}
