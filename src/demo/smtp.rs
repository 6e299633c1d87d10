//! A mail server that keeps what it is given: the least of RFC 5321 that a sending server needs, for the demonstration's mailbox.
//!
//! **Invariant:** it delivers nothing anywhere; it listens on this machine only, without TLS, and bounds what it reads.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::postbox::{Letter, Postbox};
use crate::base::tasks::Tasks;

/// The most that one connection may send.
const MOST: u64 = 1 << 20;

/// Takes mail until `tasks` stop.
pub(super) async fn serve(listener: TcpListener, postbox: Arc<Postbox>, tasks: Tasks) {
    loop {
        let socket = tokio::select! {
            () = tasks.stopping() => return,
            accepted = listener.accept() => accepted,
        };
        if let Ok((socket, _)) = socket {
            let (postbox, stop) = (postbox.clone(), tasks.clone());
            tasks.spawn("demo mail", async move {
                tokio::select! {
                    () = stop.stopping() => {}
                    done = talk(socket, &postbox) => {
                        if let Err(error) = done {
                            tracing::debug!(%error, "a mail connection ended early");
                        }
                    }
                }
            });
        }
    }
}

async fn talk(mut socket: TcpStream, postbox: &Postbox) -> std::io::Result<()> {
    let (read, mut write) = socket.split();
    let mut lines = BufReader::new(read.take(MOST)).lines();
    write.write_all(b"220 demo ESMTP\r\n").await?;
    let mut to = String::new();
    while let Some(line) = lines.next_line().await? {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let says: &[u8] = match verb.as_str() {
            "EHLO" => b"250-demo\r\n250 8BITMIME\r\n",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            "DATA" => {
                write.write_all(b"354 go on\r\n").await?;
                let mut data = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    data.push('\n');
                }
                postbox.put(read_mail(&to, &data));
                b"250 kept\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            "HELO" | "MAIL" | "RSET" | "NOOP" => b"250 ok\r\n",
            _ => b"502 not here\r\n",
        };
        write.write_all(says).await?;
    }
    Ok(())
}

/// Subject and plain part of a message.
fn read_mail(to: &str, data: &str) -> Letter {
    let (head, body) = data.split_once("\n\n").unwrap_or((data, ""));
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    let field = |name: &str| {
        let found = head.lines().filter_map(|line| line.split_once(':'));
        let mut found = found.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let content = field("content-type");
    let text = match content.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()) {
        None => body.to_owned(),
        Some(boundary) => body
            .split(&format!("--{boundary}"))
            .find(|part| part.contains("text/plain"))
            .and_then(|part| part.split_once("\n\n"))
            .map(
                |(head, text)| {
                    if head.contains("quoted-printable") { unquoted(text) } else { text.to_owned() }
                },
            )
            .unwrap_or_default(),
    };
    Letter { kind: "mail", to: to.to_owned(), subject: field("subject"), text }
}

/// Quoted-printable (RFC 2045 §6.7), leniently.
fn unquoted(text: &str) -> String {
    let text = text.replace("=\n", "");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let pair = (byte == b'=').then(|| [bytes.next(), bytes.next()]);
        match pair {
            Some([Some(high), Some(low)]) => {
                let digits = [high, low];
                let decoded = data_encoding::HEXUPPER_PERMISSIVE.decode(&digits);
                out.extend(decoded.unwrap_or_else(|_| vec![b'=', high, low]));
            }
            Some(_) | None => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_part_is_read() {
        let mail = "To: alice@example.com\nSubject: Your\n code\nContent-Type: multipart/alternative;\n boundary=\"b1\"\n\n--b1\nContent-Type: \
                    text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=B6=\n=C3=9Fe =3D 1\n--b1\nContent-Type: \
                    text/html\n\n<p>no</p>\n--b1--\n";
        let letter = read_mail("alice@example.com", mail);
        assert_eq!((letter.subject.as_str(), letter.text.trim()), ("Your code", "Größe = 1"));
        assert_eq!(unquoted("a=4=ZZ="), "a=4=ZZ=");
    }
}
