//! Question: does `doctor` find what works, what does not, and who can satisfy a policy, with and without a server, and tell no secret?

use std::net::SocketAddr;

use countersign::base::time::{Clock as _, Span, SystemClock, Timestamp};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::harness::process::{SEED, Site};
use crate::harness::upstream::{Origin, Step};

/// An application that says it is `away` later than it is.
async fn application(away: Span) -> Origin {
    Origin::start(move |_| {
        let date = imf(SystemClock::default().now().plus(away));
        let text = format!("HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: 0\r\n\r\n");
        vec![Step::Send(text.into_bytes())]
    })
    .await
}

/// `2026-11-22T12:00:00Z` as HTTP writes it; the day of the week is not looked at.
fn imf(at: Timestamp) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let text = at.to_string();
    let month: usize = text[5..7].parse().unwrap();
    format!("Mon, {} {} {} {} GMT", &text[8..10], MONTHS[month - 1], &text[..4], &text[11..19])
}

/// A mail server that greets, or refuses everybody.
async fn post(greeting: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    crate::harness::run(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (reader, mut writer) = socket.split();
            let mut lines = BufReader::new(reader).lines();
            writer.write_all(greeting.as_bytes()).await.ok();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = if line.starts_with("QUIT") { "221 bye\r\n" } else { "250 mail.test\r\n" };
                writer.write_all(answer.as_bytes()).await.ok();
            }
        }
    });
    address
}

/// An address nobody listens on.
async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// The findings, by what was looked at.
fn findings(site: &Site, code: i32) -> Vec<(String, String, String)> {
    let printed = site.run(&["doctor", "-c", "--json"]);
    assert_eq!(printed.code, code, "{}{}", printed.out, printed.err);
    let found: Vec<Value> = serde_json::from_str(&printed.out).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let all = found.iter().map(|one| {
        assert_eq!(one["level"] == "ok", one.get("advice").is_none(), "{one}");
        (text(one, "check"), text(one, "level"), text(one, "seen"))
    });
    all.collect()
}

#[track_caller]
fn level<'f>(found: &'f [(String, String, String)], check: &str) -> &'f str {
    let one = found.iter().find(|(name, _, _)| name.starts_with(check));
    &one.unwrap_or_else(|| panic!("no `{check}` in {found:?}")).1
}

fn mail(address: SocketAddr) -> String {
    format!("[mail]\nurl = \"smtp://{address}\"\nprotection = \"none\"\nfrom = \"a@example.com\"\n")
}

fn sms(address: SocketAddr) -> String {
    format!(
        "[sms]\nurl = \"http://{address}/send\"\nform = {{ to = \"{{to}}\", text = \"{{text}}\" }}\nprefixes = [\"+41\"]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_works_is_said_to_work_with_a_server_and_without() {
    let origin = application(Span::ZERO).await;
    let (post, phones) = (post("220 mail.test ESMTP\r\n").await, Origin::ok().await);
    let site = Site::new(origin.address, "", &format!("{}{}", mail(post), sms(phones.address)));
    site.enrol(&["alice".to_owned()]).await;
    let alone = findings(&site, 0);
    let server = site.serve().await;
    let beside = findings(&site, 0);
    for found in [&alone, &beside] {
        for check in [
            "server",
            "store",
            "policy",
            "disk",
            "upstream bank http://",
            "clock",
            "mail 127.0.0.1:",
            "sms 127.0.0.1:",
        ] {
            // A small disk is the machine's business.
            assert!(level(found, check) == "ok" || check == "disk", "{check}: {found:?}");
        }
        assert_eq!(found.iter().filter(|(check, _, _)| check.starts_with("policy ")).count(), 2);
    }
    assert!(alone[0].2.contains("none runs") && beside[0].2.contains("runs on"));
    assert!(phones.seen().is_empty(), "nothing is sent to anybody's phone");
    assert!(origin.seen().iter().all(|seen| seen.line().starts_with("HEAD / ")));
    let printed = site.run(&["doctor", "-c"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    assert!(
        printed
            .out
            .lines()
            .all(|line| line.starts_with("ok ") || line.starts_with("warning") || line.starts_with("   ")),
        "{}",
        printed.out
    );
    let key = std::fs::read_to_string(site.data().join("seal.key")).unwrap();
    for secret in [SEED, key.trim(), "alice"] {
        assert!(!printed.out.contains(secret), "{}", printed.out);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_work_is_a_fault_with_advice() {
    let (dead, late) = (nobody().await, application(Span::from_secs(90)).await);
    let upstreams =
        format!("upstream = [\"http://{dead}\", \"http://{}\", \"https://{}\"]", late.address, late.address);
    let refusing = post("554 go away\r\n").await;
    let site = Site::new(dead, "", &format!("{}{}", mail(refusing), sms(dead)));
    let text = std::fs::read_to_string(site.config()).unwrap();
    std::fs::write(site.config(), text.replace(&format!("upstream = \"http://{dead}\""), &upstreams))
        .unwrap();
    // Nobody is enrolled.
    let found = findings(&site, 1);
    for (check, expected) in [
        ("store".to_owned(), "ok"),
        ("policy".to_owned(), "fault"),
        (format!("upstream bank http://{dead}"), "fault"),
        (format!("upstream bank http://{}", late.address), "ok"),
        (format!("upstream bank https://{}", late.address), "fault"),
        ("clock".to_owned(), "warning"),
        (format!("mail {refusing}"), "fault"),
        (format!("sms {dead}"), "fault"),
    ] {
        assert_eq!(level(&found, &check), expected, "{check}: {found:?}");
    }
    let printed = site.run(&["doctor", "-c"]).out;
    assert!(printed.contains("nobody has an authenticator that it accepts: totp"), "{printed}");
    assert!(printed.contains("takes connections and does not answer"), "{printed}");

    std::fs::write(site.data().join("countersign.redb"), b"something else").unwrap();
    let found = findings(&site, 1);
    assert_eq!((level(&found, "store"), level(&found, "clock")), ("fault", "warning"));
    std::fs::write(site.config(), "policies = 1\n").unwrap();
    let broken = site.run(&["doctor", "-c"]);
    assert!(broken.code == 1 && broken.out.is_empty() && broken.err.contains("policies"), "{broken:?}");
}
