//! An application that keeps every byte of every connection, and understands as little as it can: it frames requests strictly, only to know
//! when to answer, and names in its answer the request line that it answers, so that a shifted connection shows.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it does after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Answers 200 and keeps the connection.
    Keeps,
    /// Answers 200 and closes.
    Closes,
    /// Answers 101 to a request with Upgrade and takes whatever comes then; 426 to any other.
    Upgrades,
}

/// A running recorder.
pub(crate) struct Tape {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Tape {
    /// Starts one.
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let log = connections.clone();
        super::run(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let mine = {
                    let mut log = log.lock().unwrap();
                    log.push(Vec::new());
                    log.len() - 1
                };
                super::run(serve(socket, manner, log.clone(), mine));
            }
        });
        Self { address, connections }
    }

    /// What has arrived since the last time, by connection.
    pub(crate) fn take(&self) -> Vec<Vec<u8>> {
        let mut connections = self.connections.lock().unwrap();
        connections.iter_mut().map(std::mem::take).filter(|bytes| !bytes.is_empty()).collect()
    }
}

async fn serve(mut socket: TcpStream, manner: Manner, log: Arc<Mutex<Vec<Vec<u8>>>>, mine: usize) {
    let (mut buffer, mut piece) = (Vec::new(), vec![0; 65536]);
    loop {
        while let Some((line, head, length)) = whole(&buffer) {
            let after = buffer.split_off(length);
            let asked = std::mem::replace(&mut buffer, after);
            let upgrade =
                String::from_utf8_lossy(&asked[..head]).to_ascii_lowercase().contains("\r\nupgrade:");
            let answer = match (manner, upgrade) {
                _ if line.starts_with("GET /account ") => account(&asked[..head]),
                (Manner::Upgrades, true) => {
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
                        .to_owned()
                }
                (Manner::Upgrades, false) => plain("426 Upgrade Required", &line),
                _ => plain("200 OK", &line),
            };
            if socket.write_all(answer.as_bytes()).await.is_err() || manner == Manner::Closes {
                return;
            }
            if manner == Manner::Upgrades && upgrade {
                // No request can follow.
                buffer.clear();
                while let Ok(count @ 1..) = socket.read(&mut piece).await {
                    log.lock().unwrap()[mine].extend_from_slice(&piece[..count]);
                }
                return;
            }
        }
        match socket.read(&mut piece).await {
            Ok(count @ 1..) => {
                buffer.extend_from_slice(&piece[..count]);
                log.lock().unwrap()[mine].extend_from_slice(&piece[..count]);
            }
            _ => return,
        }
    }
}

fn plain(status: &str, line: &str) -> String {
    let body = format!("answer to {line}");
    format!("HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Who the session belongs to, for gateways that ask.
fn account(head: &[u8]) -> String {
    let head = String::from_utf8_lossy(head).into_owned();
    let user = head.split("sid=").nth(1).and_then(|rest| rest.split([';', '\r']).next()).unwrap_or_default();
    let body = format!("{{\"user\":\"{user}\"}}");
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The request line, the length of the head and of the whole of the request at the start, once it is there.
fn whole(buffer: &[u8]) -> Option<(String, usize, usize)> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).into_owned();
    let line = text.lines().next().unwrap_or_default().to_owned();
    let field = |name: &str| {
        let mut fields = text.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
    };
    if field("transfer-encoding").is_some() {
        let mut at = head;
        loop {
            let end = at + buffer.get(at..)?.windows(2).position(|two| two == b"\r\n")?;
            let size = usize::from_str_radix(std::str::from_utf8(&buffer[at..end]).ok()?, 16).ok()?;
            at = end + 2 + size + 2;
            if size == 0 {
                return (buffer.len() >= at).then_some((line, head, at));
            }
        }
    }
    let length = field("content-length").and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    (buffer.len() >= head + length).then_some((line, head, head + length))
}
