//! What the script for prompts in the page costs: the same pages from one application through a whole gateway, with and without it, in turns.
//!
//! `cargo bench --bench inject`; compare the figures of one run only. The first of each pair passes untouched (`inject = "off"`).

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;

use countersign::app::{self, Listeners, Machine};
use countersign::base::entropy::OsEntropy;
use countersign::base::time::SystemClock;
use countersign::config;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;

const POLICY: &str = "[[policy]]\nid = \"{id}\"\nmatch = { methods = [\"POST\"], path = \"/transfer\" }\nsummary = \"Transfer\"\n\
                      [policy.approve]\nsteps = [{ self = [\"totp\"] }]\n";

fn page(size: usize) -> Vec<u8> {
    let mut page = b"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Accounts</title>\n</head>\n<body>\n".to_vec();
    let mut row = 0u32;
    while page.len() < size {
        row = row.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        page.extend(
            format!("<tr><td class=\"date\">2026-11-{:02}</td><td>{row}</td></tr>\n", row % 28 + 1).bytes(),
        );
    }
    page
}

/// An application that answers `/{size}` with a page of so many bytes, `/gzip/{size}` with it compressed.
fn application() -> Option<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").ok()?;
    let address = listener.local_addr().ok()?;
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            std::thread::spawn(move || serve(socket));
        }
    });
    Some(address)
}

fn serve(mut socket: TcpStream) -> Option<()> {
    let (mut last, mut answer) = (String::new(), Vec::new());
    loop {
        let head = head(&mut socket)?;
        let path = head.split(' ').nth(1)?.to_owned();
        if path != last {
            let plain = page(path.rsplit('/').next()?.parse().ok()?);
            let (coding, body) = if path.starts_with("/gzip/") {
                let mut packer = GzEncoder::new(Vec::new(), Compression::new(6));
                packer.write_all(&plain).ok()?;
                ("Content-Encoding: gzip\r\n", packer.finish().ok()?)
            } else {
                ("", plain)
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{coding}Content-Length: {length}\r\n\r\n"
            );
            (last, answer) = (path, [head.into_bytes(), body].concat());
        }
        socket.write_all(&answer).ok()?;
    }
}

fn head(socket: &mut TcpStream) -> Option<String> {
    let (mut head, mut piece) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        let count = socket.read(&mut piece).ok().filter(|count| *count > 0)?;
        head.extend_from_slice(piece.get(..count)?);
    }
    String::from_utf8(head).ok()
}

fn configuration(folder: &Path, upstream: SocketAddr) -> std::io::Result<std::path::PathBuf> {
    let mut text = "policies = \"policies\"\n[server]\nhttp = [\"127.0.0.1:0\"]\nadmin = \"127.0.0.1:0\"\n\
                    trusted_proxies = [\"127.0.0.1/32\"]\ndata_dir = \"data\"\n\
                    [portal]\nurl = \"http://approve.localhost:8081\"\nlisten = \"127.0.0.1:0\"\n"
        .to_owned();
    std::fs::create_dir_all(folder.join("policies"))?;
    for (name, inject) in [("off", "off"), ("on", "auto")] {
        text.push_str(&format!(
            "[[app]]\nname = \"{name}\"\nhosts = [\"{name}.test\"]\nupstream = \"http://{upstream}\"\ninject = \"{inject}\"\n\
             [app.identity]\nsource = \"header\"\nuser = \"X-Forwarded-User\"\n"
        ));
        let policy = format!("app = \"{name}\"\n{}", POLICY.replace("{id}", name));
        std::fs::write(folder.join(format!("policies/{name}.toml")), policy)?;
    }
    let file = folder.join("countersign.toml");
    std::fs::write(&file, text)?;
    Ok(file)
}

/// One request after the other on one connection; the number of bytes of each answer is told by its framing.
struct Client {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    fn ask(&mut self, request: &[u8]) -> Option<usize> {
        self.socket.write_all(request).ok()?;
        self.buffer.clear();
        let mut piece = vec![0; 65_536];
        loop {
            let count = self.socket.read(&mut piece).ok().filter(|count| *count > 0)?;
            self.buffer.extend_from_slice(piece.get(..count)?);
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = std::str::from_utf8(self.buffer.get(..end)?).ok()?;
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let whole = match length {
                Some(length) => self.buffer.len() >= end + 4 + length.parse::<usize>().ok()?,
                None => self.buffer.ends_with(b"\r\n0\r\n\r\n"),
            };
            if whole {
                return Some(self.buffer.len());
            }
        }
    }
}

fn inject(criterion: &mut Criterion) {
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()
    else {
        return;
    };
    let Some((folder, upstream)) = tempfile::tempdir().ok().zip(application()) else { return };
    let Ok(file) = configuration(folder.path(), upstream) else { return };
    let Ok((settings, policies)) = config::load(&file) else { return };
    let machine = Machine { clock: Arc::new(SystemClock::default()), entropy: Arc::new(OsEntropy) };
    let started = runtime.block_on(async {
        let listeners = Listeners::bind(&settings).await.ok()?;
        app::start(&settings, policies, listeners, &machine).await.ok()
    });
    let Some(running) = started else { return };
    let Some(address) = running.http.first().copied() else { return };
    for (kind, path) in [("plain", ""), ("gzip", "/gzip")] {
        for size in [2_000_u64, 20_000, 200_000] {
            let mut group = criterion.benchmark_group(format!("{kind} page of {size} bytes"));
            group.throughput(Throughput::Bytes(size));
            for name in ["off", "on"] {
                let Ok(socket) = TcpStream::connect(address) else { return };
                drop(socket.set_nodelay(true));
                let mut client = Client { socket, buffer: Vec::new() };
                let request = format!(
                    "GET {path}/{size} HTTP/1.1\r\nHost: {name}.test\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\n\
                     Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n\r\n"
                );
                group.bench_with_input(BenchmarkId::from_parameter(name), &size, |bencher, _| {
                    bencher.iter(|| client.ask(request.as_bytes()));
                });
            }
            group.finish();
        }
    }
    runtime.block_on(running.stop(std::time::Duration::from_secs(1)));
}

criterion_group!(benches, inject);
criterion_main!(benches);
