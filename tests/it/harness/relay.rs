//! Carries bytes between a client and a server on the loopback, and loses those of one direction when told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Which direction is lost. The other one goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// What the client sends.
    Requests,
    /// What the server sends on connections that have told it to change something.
    AnswersToCommits,
}

/// A relay to one port.
pub(crate) struct Relay {
    pub(crate) port: u16,
    cut: Arc<watch::Sender<Option<Cut>>>,
}

impl Relay {
    /// Starts one in front of a port of the loopback.
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(watch::Sender::new(None));
        let told = cut.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let told = told.clone();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    // Both ends of a connection know whether it has carried a commit.
                    let silent = AtomicBool::new(false);
                    let there = carry(from_client, to_server, |piece| match *told.borrow() {
                        None => true,
                        Some(Cut::Requests) => false,
                        Some(Cut::AnswersToCommits) => {
                            let commit = piece.windows(8).any(|some| some == b":touched");
                            silent.fetch_or(commit, Ordering::SeqCst);
                            true
                        }
                    });
                    let back = carry(from_server, to_client, |_| !silent.load(Ordering::SeqCst));
                    tokio::select! { () = there => {}, () = back => {} }
                });
            }
        });
        Self { port, cut }
    }

    /// Loses a direction from now on, or none.
    pub(crate) fn cut(&self, cut: Option<Cut>) {
        self.cut.send_replace(cut);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, passes: impl Fn(&[u8]) -> bool) {
    let mut piece = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut piece).await {
        if passes(&piece[..count]) && to.write_all(&piece[..count]).await.is_err() {
            return;
        }
    }
}
