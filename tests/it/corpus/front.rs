//! The same behind a front that is not ours: nginx, as Debian ships it, before the gateway and trusted by it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{all_safe, tier1};
use crate::harness::corpus::{Identity, Outcome, Vector, Way, World, vectors};
use crate::harness::tape::Manner;

/// A running nginx; ended with the test.
struct Front {
    address: SocketAddr,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Where nginx is; it is no part of every developer's machine, but `.ci/deps` brings it.
fn nginx() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|folder| folder.join("nginx")).find(|file| file.is_file())
}

async fn front(nginx: &PathBuf, gateway: SocketAddr) -> Front {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {root}/{kind};\n"))
        .collect();
    let text = format!(
        "daemon off;\nmaster_process off;\npid {root}/pid;\nerror_log {root}/error.log crit;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\
         upstream gateway {{ server {gateway}; keepalive 4; }}\nserver {{\nlisten {address} default_server;\nlocation / {{\n\
         proxy_pass http://gateway;\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";\nproxy_set_header Host $http_host;\n\
         proxy_set_header X-Forwarded-User alice;\nproxy_request_buffering off;\n}}\n}}\n}}\n"
    );
    std::fs::write(folder.path().join("nginx.conf"), text).unwrap();
    let argv = ["-p".into(), root.to_string(), "-c".into(), format!("{root}/nginx.conf")];
    let process = Command::new(nginx).args(argv).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let front = Front { address, process, _folder: folder };
    let listens = async {
        while tokio::net::TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), listens).await.expect("nginx listens");
    front
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_they_behind_nginx() {
    let Some(nginx) = nginx() else {
        println!("no nginx here: `.ci/deps test` brings it");
        return;
    };
    let mut world = World::start(Identity::Header, Manner::Keeps).await;
    let front = front(&nginx, world.plain).await;
    world.plain = front.address;
    let rows = tier1("bypass.jsonl").into_iter().chain(vectors("controls.jsonl"));
    // What nginx makes of odd bytes is its own affair: it may repair a vector, so that it may pass. What arrives is judged all the same.
    // `hop-by-hop-008` it repairs for good: what is left is a text in the body of a well-framed POST.
    let rows =
        rows.filter(|vector| vector.raw.is_some() && vector.id != "hop-by-hop-008").map(|mut vector| {
            if vector.expect != "hold" {
                vector.safe.extend(["neutralize", "reject", "hold"].map(str::to_owned));
            }
            vector
        });
    let mut ran: Vec<(Vector, Result<Outcome, String>)> = Vec::new();
    for vector in rows {
        let outcome = world.run(&vector, Way::Whole).await;
        ran.push((vector, outcome));
    }
    world.stop().await;
    all_safe(&ran, 180);
}
