//! An origin server in HTTP/1 that records the exact bytes of each request and does what a script says.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The head, with its last empty line.
    pub(crate) head: String,
    /// The body, unframed.
    pub(crate) body: Vec<u8>,
    /// Which connection of the server it came on, counted from 0.
    pub(crate) connection: usize,
}

impl Seen {
    /// The request line.
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// All values of a field, by its name in any case.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// The one value of a field.
    pub(crate) fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name}: {all:?} in {}", self.head);
        all[0]
    }

    /// The names of all fields, as written.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.head.lines().skip(1).filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect()
    }
}

/// One thing the server does in answer.
#[derive(Clone)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Waits until told.
    Wait(Arc<Notify>),
    /// From here on sends back whatever arrives, until the other side ends.
    Echo,
    /// Closes the connection.
    Close,
    /// Never answers; reads on until the other side closes.
    Hang,
}

/// When the script is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Once the whole request is there.
    Whole,
    /// With the head alone, before the body is read; the body is read after the steps.
    Head,
}

type Script = Arc<dyn Fn(&Seen) -> Vec<Step> + Send + Sync>;

/// A running origin.
pub(crate) struct Origin {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    news: Arc<Notify>,
}

impl Origin {
    /// How many transfers have arrived.
    pub(crate) fn transfers(&self) -> usize {
        self.seen().iter().filter(|seen| seen.line().starts_with("POST")).count()
    }

    /// An origin that answers every request with what `script` says.
    pub(crate) async fn start(script: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::start_when(When::Whole, script).await
    }

    /// As [`Origin::start`], asked at `when`.
    pub(crate) async fn start_when(
        when: When,
        script: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), when, script).await
    }

    /// As [`Origin::start_when`], on an address of the caller's.
    pub(crate) async fn start_at(
        place: SocketAddr,
        when: When,
        script: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(place).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, news) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let (seen_by, tell, script) = (seen.clone(), news.clone(), Arc::new(script) as Script);
        super::run(async move {
            for connection in 0.. {
                let Ok((socket, _)) = listener.accept().await else { return };
                let (seen, news, script) = (seen_by.clone(), tell.clone(), script.clone());
                super::run(serve(socket, connection, when, script, seen, news));
            }
        });
        Self { address, seen, news }
    }

    /// An origin that answers `200` and `ok`.
    pub(crate) async fn ok() -> Self {
        Self::start(|_| vec![Step::Send(answer(200, "ok"))]).await
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request so far.
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen[0].clone()
    }

    /// Waits until `count` requests have arrived.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Seen> {
        loop {
            let told = self.news.notified();
            if self.seen().len() >= count {
                return self.seen();
            }
            told.await;
        }
    }
}

/// A plain answer with a length.
pub(crate) fn answer(status: u16, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Some Reason\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn serve(
    mut socket: TcpStream,
    connection: usize,
    when: When,
    script: Script,
    log: Arc<Mutex<Vec<Seen>>>,
    news: Arc<Notify>,
) {
    let mut buffer = Vec::new();
    loop {
        let Some(head) = read_head(&mut socket, &mut buffer).await else { return };
        let mut seen = Seen { head, body: Vec::new(), connection };
        let mut steps = if when == When::Head { script(&seen) } else { Vec::new() };
        for step in std::mem::take(&mut steps) {
            if !perform(&mut socket, &buffer, step).await {
                return;
            }
        }
        let Some(body) = read_body(&mut socket, &mut buffer, &seen).await else { return };
        seen.body = body;
        log.lock().unwrap().push(seen.clone());
        news.notify_waiters();
        if when == When::Whole {
            for step in script(&seen) {
                if !perform(&mut socket, &buffer, step).await {
                    return;
                }
            }
        }
    }
}

async fn perform(socket: &mut TcpStream, buffer: &[u8], step: Step) -> bool {
    match step {
        Step::Send(bytes) => socket.write_all(&bytes).await.is_ok(),
        Step::Wait(told) => {
            told.notified().await;
            true
        }
        Step::Echo => {
            if socket.write_all(buffer).await.is_err() {
                return false;
            }
            let (mut from, mut to) = socket.split();
            tokio::io::copy(&mut from, &mut to).await.ok();
            false
        }
        Step::Close => false,
        Step::Hang => {
            tokio::io::copy(socket, &mut tokio::io::sink()).await.ok();
            false
        }
    }
}

async fn more(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut piece = vec![0; 65536];
    let count = socket.read(&mut piece).await.ok().filter(|count| *count > 0)?;
    buffer.extend_from_slice(&piece[..count]);
    Some(())
}

async fn read_head(socket: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = buffer.drain(..at + 4).collect::<Vec<u8>>();
            return Some(String::from_utf8_lossy(&head).into_owned());
        }
        more(socket, buffer).await?;
    }
}

async fn read_body(socket: &mut TcpStream, buffer: &mut Vec<u8>, seen: &Seen) -> Option<Vec<u8>> {
    if seen.all("transfer-encoding").iter().any(|coding| coding.eq_ignore_ascii_case("chunked")) {
        let mut body = Vec::new();
        loop {
            let size = loop {
                if let Some(at) = buffer.windows(2).position(|two| two == b"\r\n") {
                    let line = buffer.drain(..at + 2).collect::<Vec<u8>>();
                    break usize::from_str_radix(std::str::from_utf8(&line).ok()?.trim(), 16).ok()?;
                }
                more(socket, buffer).await?;
            };
            while buffer.len() < size + 2 {
                more(socket, buffer).await?;
            }
            body.extend(buffer.drain(..size));
            buffer.drain(..2);
            if size == 0 {
                return Some(body);
            }
        }
    }
    let length = seen.all("content-length").first().map_or(0, |length| length.parse().unwrap());
    while buffer.len() < length {
        more(socket, buffer).await?;
    }
    Some(buffer.drain(..length).collect())
}
