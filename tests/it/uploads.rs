//! Question: do held uploads stay off the server's memory, sealed on the disk, and within their limits?

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::process::{Site, ask, held, request, stands_in};
use crate::harness::raw::Answer;
use crate::harness::upstream::Origin;

const MIB: u64 = 1 << 20;
const CANARY: &str = "the canary of the uploads";
const BOUNDARY: &str = "uploads-boundary";

/// A multipart body of about `length` bytes, full of canaries.
fn body(length: usize) -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"statement.csv\"\r\nContent-Type: text/csv\r\n\r\n"
    )
    .into_bytes();
    body.extend(format!("{CANARY};").into_bytes().into_iter().cycle().take(length));
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    body
}

fn form() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

fn upload(user: &str, body: &[u8]) -> Vec<u8> {
    request("POST", "/upload", &[("X-Forwarded-User", user), ("Content-Type", &form())], body)
}

fn blobs(site: &Site) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(site.data().join("blobs")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_held_uploads_do_not_grow_memory() {
    let origin = Origin::ok().await;
    let limits = "[limits]\nuser_held = 1000\nuser_bytes = \"4GiB\"";
    let site = Site::new(origin.address, "hold_body = \"11MiB\"", limits);
    site.enrol(&["alice".to_owned()]).await;
    let server = site.serve().await;
    // One small one first, so that what is made once is made.
    held(&ask(server.app, &upload("alice", &body(100_000))).await);
    let before = server.memory("VmRSS");
    let body = Arc::new(upload("alice", &body(10 << 20)));
    let mut uploads = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (body, app) = (body.clone(), server.app);
        uploads.spawn(async move { ask(app, &body).await });
    }
    while let Some(answer) = uploads.join_next().await {
        held(&answer.unwrap());
    }
    let (peak, after) = (server.memory("VmHWM"), server.memory("VmRSS"));
    println!("before {} MiB, at most {} MiB, after {} MiB", before / MIB, peak / MIB, after / MIB);
    assert!(peak - before <= 64 * MIB, "from {} to {} MiB", before / MIB, peak / MIB);

    let kept = blobs(&site);
    assert_eq!(kept.len(), 101, "{kept:?}");
    let full = kept.iter().filter(|path| path.metadata().unwrap().len() > 10 * MIB).count();
    assert_eq!(full, 100);
    assert!(!stands_in(CANARY, &site.data()), "a body lies open on the disk");
    let log = server.stop().await;
    assert!(!log.contains(CANARY));
    assert!(origin.seen().is_empty());
    // The search is not blind.
    std::fs::write(site.path().join("control"), CANARY).unwrap();
    assert!(stands_in(CANARY, site.path()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_is_refused_and_leaves_nothing() {
    let origin = Origin::ok().await;
    let site = Site::new(origin.address, "hold_body = \"1MiB\"", "");
    site.enrol(&["alice".to_owned()]).await;
    let server = site.serve().await;
    let large = body(2 << 20);
    for bytes in [upload("alice", &large), chunked("alice", &large)] {
        let answer = refused(server.app, &bytes).await;
        assert_eq!((answer.status, answer.problem().as_str()), (413, "body-too-large"), "{}", answer.text());
    }
    let navigation = [
        ("X-Forwarded-User", "alice"),
        ("Content-Type", &form()),
        ("Accept", "text/html"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    let answer = refused(server.app, &request("POST", "/upload", &navigation, &large)).await;
    assert_eq!(answer.status, 413);
    assert!(
        answer.field("content-type").is_some_and(|kind| kind.starts_with("text/html")),
        "{}",
        answer.head
    );
    assert!(answer.text().contains("1 MiB") || answer.text().contains("1.0 MiB"), "{}", answer.text());
    assert_eq!(blobs(&site), Vec::<std::path::PathBuf>::new());

    // A client that leaves in the middle leaves nothing either, once the server has noticed: it stops only after that.
    let whole = upload("alice", &body(900_000));
    let mut stream = TcpStream::connect(server.app).await.unwrap();
    stream.write_all(&whole[..500_000]).await.unwrap();
    drop(stream);
    server.stop().await;
    assert_eq!(blobs(&site), Vec::<std::path::PathBuf>::new());
    assert!(origin.seen().is_empty());
}

#[tokio::test]
async fn quotas_count_requests_and_bytes_of_each_and_of_all() {
    const EACH: usize = 100_000;
    let names = ["alice", "bob"].map(str::to_owned);
    // limits, whose uploads in order, which of them fit
    for (limits, users, fit) in [
        ("user_held = 2", ["alice", "alice", "alice", "bob"], [true, true, false, true]),
        ("user_bytes = \"250000\"", ["alice", "alice", "alice", "bob"], [true, true, false, true]),
        ("all_held = 2", ["alice", "bob", "alice", "bob"], [true, true, false, false]),
        ("all_bytes = \"250000\"", ["alice", "bob", "bob", "alice"], [true, true, false, false]),
    ] {
        let origin = Origin::ok().await;
        let site = Site::new(origin.address, "", &format!("[limits]\n{limits}"));
        site.enrol(&names).await;
        let server = site.serve().await;
        for (number, (user, fits)) in users.iter().zip(fit).enumerate() {
            let answer = ask(server.app, &upload(user, &body(EACH))).await;
            if fits {
                held(&answer);
            } else {
                let told = (answer.status, answer.problem(), answer.field("retry-after").is_some());
                assert_eq!(
                    told,
                    (429, "quota".to_owned(), true),
                    "{limits}: upload {number}: {}",
                    answer.text()
                );
            }
        }
        let count = fit.iter().filter(|fits| **fits).count();
        assert_eq!(blobs(&site).len(), count, "{limits}: what is refused is not kept");
        assert!(origin.seen().is_empty());
    }
}

/// The same upload without a length.
fn chunked(user: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: bank.test\r\nConnection: close\r\nX-Forwarded-User: {user}\r\nContent-Type: {}\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        form()
    );
    let mut bytes = head.into_bytes();
    for piece in body.chunks(50_000) {
        bytes.extend(format!("{:x}\r\n", piece.len()).into_bytes());
        bytes.extend_from_slice(piece);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// Sends until the server answers: one that refuses need not read on, and may close.
async fn refused(app: SocketAddr, bytes: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(app).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let read = async {
        let mut answer = Vec::new();
        let mut piece = vec![0; 16384];
        while let Ok(count @ 1..) = reader.read(&mut piece).await {
            answer.extend_from_slice(&piece[..count]);
        }
        answer
    };
    let (_, answer) = tokio::join!(writer.write_all(bytes), read);
    crate::harness::process::parse(&answer).expect("an answer before the end")
}
