//! The change from one server to the next on one machine: `serve --upgrade` takes the listening sockets from the server that runs, which carries what
//! it has begun to its end.
//!
//! ```text
//! new ──connects to upgrade.sock──▶ old
//! new ◀──sockets, sealed records──  old     both accept now
//! new ──one byte: it serves──────▶  old     stops accepting, carries what it has begun, lets go of the store
//! new   opens the store; what waited for it goes on
//! ```
//!
//! The sockets are handed over as they are (`SCM_RIGHTS`), so no connection that waits to be accepted is lost. With two sockets on one port
//! (`SO_REUSEPORT`) those in the queue of the one that closes are reset.
//!
//! **Invariant:** whoever fails before that byte changes nothing: the old server goes on.
//! **Invariant:** only the user the server runs as can take them (mode 0600, in a folder of its own); records go as they lie in the store, sealed.
//! Called by [`super::start`].

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags,
};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::{TcpListener, UnixStream};
use tokio::sync::watch;

use crate::base::tasks::Tasks;
use crate::store::{Key, Row, Store};

use super::known::Known;
use super::{Listeners, StartError, failed};

/// The version of what is said here. Another one is not understood: the new server is started when the old one has ended.
const VERSION: u8 = 1;
/// The most sockets that are handed over.
const SOCKETS: usize = 64;
/// The most that is said about them.
const LETTER: u32 = 1 << 20;
/// How long the new server may take from the sockets to the byte.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long guarded requests wait for the store at the new server.
pub(super) const STORE_WITHIN: Duration = Duration::from_secs(10);

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Use {
    Http,
    Https,
    Portal,
    Admin,
}

/// What goes with the sockets, in their order.
#[derive(Serialize, Deserialize)]
struct Letter {
    version: u8,
    uses: Vec<Use>,
    /// What the new server needs before it has the store.
    #[serde(flatten)]
    known: Known,
}

/// The server that runs, having handed over its sockets.
pub struct Predecessor {
    stream: UnixStream,
    sockets: Vec<(Use, TcpListener)>,
    /// Records of its store.
    pub(super) known: Vec<(Key, Row)>,
}

/// The sockets of this server, to be handed over.
pub(super) struct Sockets(Vec<(Use, OwnedFd)>);

/// Where the socket is.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("upgrade.sock")
}

impl Sockets {
    pub(super) fn of(listeners: &Listeners) -> Result<Self, StartError> {
        let one =
            |what: Use| move |listener: &TcpListener| Ok((what, listener.as_fd().try_clone_to_owned()?));
        let all = (listeners.http.iter().map(one(Use::Http)))
            .chain(listeners.https.iter().map(one(Use::Https)))
            .chain(listeners.portal.iter().map(one(Use::Portal)))
            .chain(listeners.admin.iter().map(one(Use::Admin)))
            .collect::<io::Result<Vec<_>>>();
        all.map(Self).map_err(failed("the sockets cannot be kept for a successor"))
    }
}

/// Hands the sockets to whoever asks, until the tasks stop. `tell` says `true` once a successor serves.
///
/// # Errors
/// When the socket cannot be made.
pub(super) fn serve(
    data_dir: &Path,
    sockets: Sockets,
    store: Arc<dyn Store>,
    tell: watch::Sender<bool>,
    tasks: &Tasks,
) -> io::Result<()> {
    let listener = super::control::own_socket(&path(data_dir))?;
    let tracked = tasks.clone();
    tasks.spawn("upgrade socket", async move {
        loop {
            tokio::select! {
                () = tracked.stopping() => return,
                accepted = listener.accept() => {
                    let Ok((stream, _)) = accepted else { continue };
                    let handed = tokio::time::timeout(PATIENCE, hand_over(stream, &sockets, &*store));
                    match handed.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                        Ok(()) => {
                            tell.send_replace(true);
                        }
                        Err(error) => tracing::warn!(%error, "a successor did not take over: this server goes on"),
                    }
                }
            }
        }
    });
    Ok(())
}

async fn hand_over(mut stream: UnixStream, sockets: &Sockets, store: &dyn Store) -> io::Result<()> {
    let letter = Letter {
        version: VERSION,
        uses: sockets.0.iter().map(|(what, _)| *what).collect(),
        known: Known::of(store).await.map_err(io::Error::other)?,
    };
    let letter = serde_json::to_vec(&letter)?;
    let length = u32::try_from(letter.len()).map_err(io::Error::other)?.to_be_bytes();
    let fds: Vec<BorrowedFd<'_>> = sockets.0.iter().map(|(_, fd)| fd.as_fd()).collect();
    // The sockets come with the first bytes, which are the length of the letter.
    let sent = stream
        .async_io(Interest::WRITABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            if !control.push(SendAncillaryMessage::ScmRights(&fds)) {
                return Err(io::Error::other("too many sockets"));
            }
            Ok(rustix::net::sendmsg(&stream, &[IoSlice::new(&length)], &mut control, SendFlags::empty())?)
        })
        .await?;
    if sent != length.len() {
        return Err(io::ErrorKind::WriteZero.into());
    }
    stream.write_all(&letter).await?;
    // It serves.
    stream.read_u8().await.map(drop)
}

/// Takes the sockets of the server that runs; `None` when none does.
///
/// # Errors
/// When one runs and does not hand them over.
pub async fn take(data_dir: &Path) -> Result<Option<Predecessor>, StartError> {
    let Ok(stream) = UnixStream::connect(path(data_dir)).await else {
        if super::is_running(data_dir).await {
            return Err(failed("the running server cannot be taken over from")("it does not offer it"));
        }
        return Ok(None);
    };
    tokio::time::timeout(PATIENCE, received(stream))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map(Some)
        .map_err(failed("the running server does not hand over its sockets"))
}

async fn received(mut stream: UnixStream) -> io::Result<Predecessor> {
    let mut length = [0; 4];
    let (count, fds) = stream
        .async_io(Interest::READABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            let message = rustix::net::recvmsg(
                &stream,
                &mut [IoSliceMut::new(&mut length)],
                &mut control,
                RecvFlags::CMSG_CLOEXEC,
            )?;
            let mut fds: Vec<OwnedFd> = Vec::new();
            for part in control.drain() {
                if let RecvAncillaryMessage::ScmRights(more) = part {
                    fds.extend(more);
                }
            }
            Ok((message.bytes, fds))
        })
        .await?;
    let length = u32::from_be_bytes(length);
    if count != 4 || length > LETTER {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut letter = Vec::new();
    (&mut stream).take(u64::from(length)).read_to_end(&mut letter).await?;
    let letter: Letter = serde_json::from_slice(&letter)?;
    if letter.version != VERSION || letter.uses.len() != fds.len() {
        return Err(io::Error::other("it is of another version: stop it, then start this one"));
    }
    let sockets = letter.uses.into_iter().zip(fds).map(|(what, fd)| {
        let listener = std::net::TcpListener::from(fd);
        listener.set_nonblocking(true)?;
        Ok((what, TcpListener::from_std(listener)?))
    });
    let sockets = sockets.collect::<io::Result<Vec<_>>>()?;
    Ok(Predecessor { stream, sockets, known: letter.known.rows()? })
}

impl Predecessor {
    /// Its socket for one address of the configuration, if it has one; any, where the configuration leaves the port open.
    fn socket(&mut self, what: Use, wanted: SocketAddr) -> Option<TcpListener> {
        let fits = |(of, socket): &(Use, TcpListener)| {
            let at = socket.local_addr();
            *of == what && at.is_ok_and(|at| at == wanted || (wanted.port() == 0 && at.ip() == wanted.ip()))
        };
        let place = self.sockets.iter().position(fits)?;
        Some(self.sockets.remove(place).1)
    }

    /// The sockets that a configuration names: its own where it has them, others are opened. What is left closes with it.
    ///
    /// # Errors
    /// When one is taken or not this machine's.
    pub async fn listeners(&mut self, settings: &crate::config::Settings) -> Result<Listeners, StartError> {
        let mut listeners = Listeners { http: Vec::new(), https: Vec::new(), portal: None, admin: None };
        for address in &settings.http {
            listeners.http.push(self.listener(Use::Http, *address).await?);
        }
        for address in &settings.https {
            listeners.https.push(self.listener(Use::Https, *address).await?);
        }
        if let Some(address) = settings.portal.listen {
            listeners.portal = Some(self.listener(Use::Portal, address).await?);
        }
        if let Some(address) = settings.admin {
            listeners.admin = Some(self.listener(Use::Admin, address).await?);
        }
        Ok(listeners)
    }

    async fn listener(&mut self, what: Use, address: SocketAddr) -> Result<TcpListener, StartError> {
        match self.socket(what, address) {
            Some(socket) => Ok(socket),
            None => TcpListener::bind(address).await.map_err(failed(format!("cannot listen on {address}"))),
        }
    }

    /// Tells it that this server serves.
    ///
    /// # Errors
    /// When it is gone.
    pub(super) async fn relieve(mut self) -> io::Result<()> {
        self.stream.write_u8(1).await
    }
}
