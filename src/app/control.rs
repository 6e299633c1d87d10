//! The control socket: administrative orders to a running server, one JSON line each, answered by one JSON line.
//!
//! **Invariant:** only the user the server runs as can connect (mode 0600, in a folder of its own).

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::base::tasks::Tasks;
use crate::base::text::UserName;
use crate::cli::desk::{Desk, DeskError};
use crate::flow::Flows;
use crate::flow::admin::{Order, Reply};

/// The longest order or reply.
const MOST: u64 = 16 << 20;

/// Where the socket is.
pub fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}

/// Serves orders until the tasks stop. A socket that a killed server left is replaced; the store's lock has shown that none runs.
///
/// # Errors
/// When the socket cannot be made.
pub fn serve(data_dir: &Path, flows: Flows, tasks: &Tasks) -> io::Result<()> {
    let listener = own_socket(&path(data_dir))?;
    let tracked = tasks.clone();
    tasks.spawn("control socket", async move {
        loop {
            tokio::select! {
                () = tracked.stopping() => return,
                accepted = listener.accept() => {
                    if let Ok((stream, _)) = accepted {
                        let flows = flows.clone();
                        tracked.spawn("control", async move {
                            if let Err(error) = answer(stream, &flows).await {
                                tracing::warn!(%error, "a control connection broke off");
                            }
                        });
                    }
                }
            }
        }
    });
    Ok(())
}

/// A socket for the user the server runs as, in place of one that a killed server left.
pub(super) fn own_socket(path: &Path) -> io::Result<UnixListener> {
    if let Some(folder) = path.parent() {
        // With a shared store nothing else may have made it.
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

async fn answer(stream: UnixStream, flows: &Flows) -> io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    BufReader::new(reader.take(MOST)).read_line(&mut line).await?;
    if line.is_empty() {
        return Ok(());
    }
    let reply = match serde_json::from_str::<Order>(&line) {
        Ok(order) => carry_out(flows, order).await,
        Err(error) => Err(format!("the order cannot be read: {error}")),
    };
    let reply = reply.map_or_else(
        |why| serde_json::json!({ "failed": why }).to_string(),
        |reply| {
            serde_json::to_string(&reply)
                .unwrap_or_else(|error| serde_json::json!({ "failed": error.to_string() }).to_string())
        },
    );
    writer.write_all(reply.as_bytes()).await?;
    writer.write_all(b"\n").await?;
    writer.shutdown().await
}

async fn carry_out(flows: &Flows, order: Order) -> Result<Reply, String> {
    let operator = UserName::parse("command-line").map_err(|error| error.to_string())?;
    flows.order(order, &operator).await.map_err(|error| error.to_string())
}

/// The flows themselves, when no server runs.
pub struct LocalDesk(pub Flows);

#[async_trait]
impl Desk for LocalDesk {
    async fn order(&self, order: Order) -> Result<Reply, DeskError> {
        carry_out(&self.0, order).await.map_err(DeskError)
    }
}

/// A running server.
pub struct SocketDesk(pub PathBuf);

#[async_trait]
impl Desk for SocketDesk {
    fn is_live(&self) -> bool {
        true
    }

    async fn order(&self, order: Order) -> Result<Reply, DeskError> {
        let failed = |error: io::Error| DeskError(format!("the running server does not answer: {error}"));
        let mut stream = UnixStream::connect(&self.0).await.map_err(failed)?;
        let mut line = serde_json::to_string(&order).map_err(|error| DeskError(error.to_string()))?;
        line.push('\n');
        stream.write_all(line.as_bytes()).await.map_err(failed)?;
        let mut reply = String::new();
        BufReader::new(stream.take(MOST)).read_line(&mut reply).await.map_err(failed)?;
        if let Ok(Failed { failed }) = serde_json::from_str(&reply) {
            return Err(DeskError(failed));
        }
        serde_json::from_str(&reply)
            .map_err(|_| DeskError("the running server's answer cannot be read".to_owned()))
    }
}

#[derive(serde::Deserialize)]
struct Failed {
    failed: String,
}
