//! A client that sends exact bytes over a plain socket, or any stream, and reads answers.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// The head as received, with its last empty line.
    pub(crate) head: String,
    /// The body, unframed.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a field, by its name in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The last part of the type of a problem document.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.field("content-type"), Some("application/problem+json"), "{}", self.head);
        let document: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(document["status"], self.status);
        assert!(document["reference"].as_str().unwrap().starts_with("ref_"));
        assert!(!self.head.contains("ingora"), "{}", self.head);
        document["type"].as_str().unwrap().strip_prefix("urn:countersign:problem:").unwrap().to_owned()
    }
}

/// One connection.
pub(crate) struct Client<S = TcpStream> {
    stream: S,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// A client over a stream of any sort.
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Sends exactly these bytes.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Says that nothing more will be sent.
    pub(crate) async fn end(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// Sends, if the other side still takes it.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// The next answer to a request that is not HEAD; informational ones are answers of their own.
    pub(crate) async fn answer(&mut self) -> Answer {
        tokio::time::timeout(PATIENCE, self.read_answer(false)).await.expect("an answer in time")
    }

    /// The next answer to a HEAD request.
    pub(crate) async fn answer_to_head(&mut self) -> Answer {
        tokio::time::timeout(PATIENCE, self.read_answer(true)).await.expect("an answer in time")
    }

    /// Sends, and takes the answer.
    pub(crate) async fn ask(&mut self, bytes: impl AsRef<[u8]>) -> Answer {
        self.send(bytes).await;
        self.answer().await
    }

    /// The next `count` bytes.
    pub(crate) async fn exactly(&mut self, count: usize) -> Vec<u8> {
        let read = async {
            while self.buffer.len() < count {
                assert!(self.more().await, "the connection ended after {:?}", self.buffer);
            }
            self.buffer.drain(..count).collect()
        };
        tokio::time::timeout(PATIENCE, read).await.expect("bytes in time")
    }

    /// Everything until the other side closes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        let read = async {
            while self.more().await {}
            std::mem::take(&mut self.buffer)
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the other side closes in time")
    }

    async fn more(&mut self) -> bool {
        let mut piece = vec![0; 65536];
        match self.stream.read(&mut piece).await {
            Ok(count) if count > 0 => {
                self.buffer.extend_from_slice(&piece[..count]);
                true
            }
            _ => false,
        }
    }

    /// The head of the next answer, without its body.
    pub(crate) async fn head(&mut self) -> String {
        loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.buffer.drain(..at + 4).collect::<Vec<u8>>();
                return String::from_utf8(head).unwrap();
            }
            assert!(
                self.more().await,
                "the connection ended after {:?}",
                String::from_utf8_lossy(&self.buffer)
            );
        }
    }

    /// The next chunk of a chunked body; `None` at its end.
    pub(crate) async fn chunk(&mut self) -> Option<Vec<u8>> {
        tokio::time::timeout(PATIENCE, self.read_chunk()).await.expect("a chunk in time")
    }

    async fn read_chunk(&mut self) -> Option<Vec<u8>> {
        let size = loop {
            if let Some(at) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                let line = self.buffer.drain(..at + 2).collect::<Vec<u8>>();
                break usize::from_str_radix(std::str::from_utf8(&line).unwrap().trim(), 16).unwrap();
            }
            assert!(self.more().await, "cut short");
        };
        while self.buffer.len() < size + 2 {
            assert!(self.more().await, "cut short");
        }
        let piece = self.buffer.drain(..size).collect();
        self.buffer.drain(..2);
        (size > 0).then_some(piece)
    }

    async fn read_answer(&mut self, bare: bool) -> Answer {
        let head = self.head().await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        if bare || status < 200 || status == 204 || status == 304 {
            return answer;
        }
        if answer.field("transfer-encoding").is_some() {
            while let Some(piece) = self.read_chunk().await {
                answer.body.extend(piece);
            }
            return answer;
        }
        if let Some(length) = answer.field("content-length").map(|length| length.parse::<usize>().unwrap()) {
            while self.buffer.len() < length {
                assert!(self.more().await, "cut short: {}", answer.head);
            }
            answer.body = self.buffer.drain(..length).collect();
        } else {
            while self.more().await {}
            answer.body = std::mem::take(&mut self.buffer);
        }
        answer
    }
}
