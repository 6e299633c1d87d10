//! Question: does mail reach a real server (Exim, from Debian's package) over TLS and signed in, in good form, and nothing of it another way?

use std::sync::{Arc, Mutex};

use countersign::base::language::Language;
use countersign::base::secret::Secret;
use countersign::base::settings::messages::{Mail as Settings, Protection, Sending};
use countersign::base::time::{Span, Timestamp};
use countersign::factors::Factor;
use countersign::factors::message::Address;
use countersign::notify::letter::{Deed, code};
use countersign::notify::mail::Mail;
use countersign::notify::{Carrier as _, Message, NotCarried};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::harness::certs::Authority;
use crate::harness::exim::{Exim, LOGIN};

fn settings(exim: &Exim) -> Settings {
    Settings {
        host: "localhost".to_owned(),
        port: exim.address.port(),
        protection: Protection::StartTls,
        from: "approve@example.com".to_owned(),
        from_name: "Ap\"prov\r\nBcc: eve@evil.example\r\nals é".to_owned(),
        login: Some((LOGIN.0.to_owned(), Secret::from(LOGIN.1.to_owned()))),
        ca: Some(std::fs::read(exim.ca()).unwrap()),
        timeout: Span::from_secs(15),
        limits: Sending::MAIL,
    }
}

fn message(to: &str) -> Message {
    let show = [
        ("To".to_owned(), "DE89 \u{202e}\r\n.\r\nMAIL FROM:<eve@evil.example>".to_owned()),
        ("Größe".to_owned(), "<b>é</b>".to_owned()),
    ];
    let deed = Deed {
        app: "bank\r\nBcc: eve@evil.example",
        host: "bank.example.com",
        summary: "Transfer 5000 EUR to DE89",
        show: &show,
        portal: "approve.example.com",
    };
    let letter =
        code(Language::English.text(), Factor::Email, deed, &Secret::from("12345678".to_owned())).unwrap();
    Message {
        id: "msg_01".to_owned(),
        to: Address::email(to).unwrap(),
        subject: letter.subject,
        plain: letter.plain,
        html: letter.html,
        at: Timestamp::parse("2026-11-21T20:00:00Z").unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_arrives_in_good_form() {
    let exim = Exim::start().await;
    let mail = Mail::new(&settings(&exim)).unwrap();
    assert_eq!(mail.carry(&message("alice@example.com")).await, Ok(()));
    // And by TLS from the first byte, the second time over one pool.
    let wrapped = Settings { port: exim.tls.port(), protection: Protection::Tls, ..settings(&exim) };
    let wrapped = Mail::new(&wrapped).unwrap();
    assert_eq!(wrapped.carry(&message("bob@example.com")).await, Ok(()));
    assert_eq!(wrapped.carry(&message("carol@example.com")).await, Ok(()));
    let delivered = exim.wait_for(3).await;
    let mut to: Vec<&str> = delivered.iter().flat_map(|mail| mail.all("to")).collect();
    // Exim delivers each in a process of its own.
    to.sort_unstable();
    assert_eq!(to, ["alice@example.com", "bob@example.com", "carol@example.com"]);
    for mail in &delivered {
        // Signed in, over TLS.
        assert!(
            mail.head.contains("with local-esmtpsa") || mail.head.contains("with esmtpsa"),
            "{}",
            mail.head
        );
        assert_eq!(mail.all("auto-submitted"), ["auto-generated"]);
        assert_eq!(mail.all("message-id"), ["<msg_01@example.com>"]);
        assert_eq!(mail.all("date"), ["Sat, 21 Nov 2026 20:00:00 +0000"]);
        assert_eq!((mail.all("bcc").len(), mail.all("from").len(), mail.all("subject").len()), (0, 1, 1));
        assert!(mail.all("from")[0].ends_with("<approve@example.com>"), "{}", mail.head);
        assert!(!mail.all("subject")[0].contains("1234"), "{}", mail.head);
        let (plain, html) = (mail.part("text/plain"), mail.part("text/html"));
        for part in [&plain, &html] {
            assert!(part.contains("12345678") && part.contains("Transfer 5000 EUR to DE89"), "{part}");
            assert!(!part.contains('\u{202e}'), "{part}");
        }
        assert!(plain.contains("Größe: <b>é</b>") && !html.contains("<b>é"), "{plain}\n{html}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn later_and_never_are_told_apart_and_repeat_nothing() {
    let exim = Exim::start().await;
    let mail = Mail::new(&settings(&exim)).unwrap();
    let refused = mail.carry(&message("refused@example.com")).await.unwrap_err();
    assert_eq!(refused, NotCarried::Never("the mail server refused it with status 550".to_owned()));
    exim.defer(true);
    let later = mail.carry(&message("alice@example.com")).await.unwrap_err();
    assert_eq!(later, NotCarried::Later("the mail server answered with status 451".to_owned()));
    exim.defer(false);
    let wrong = Some((LOGIN.0.to_owned(), Secret::from("another".to_owned())));
    let unknown = Mail::new(&Settings { login: wrong, ..settings(&exim) }).unwrap();
    let why = unknown.carry(&message("alice@example.com")).await.unwrap_err();
    assert!(!why.to_string().contains("another"), "{why}");
    let stranger =
        Mail::new(&Settings { ca: Some(Authority::new().pem().into_bytes()), ..settings(&exim) }).unwrap();
    let why = stranger.carry(&message("alice@example.com")).await.unwrap_err();
    assert!(matches!(why, NotCarried::Later(_)), "{why:?}");
    let unsigned = Mail::new(&Settings { login: None, ..settings(&exim) }).unwrap();
    assert!(unsigned.carry(&message("alice@example.com")).await.is_err());
    assert_eq!(mail.carry(&message("dave@example.com")).await, Ok(()));
    let delivered = exim.wait_for(1).await;
    assert_eq!((delivered.len(), delivered[0].all("to")), (1, vec!["dave@example.com"]));
}

/// A server that greets and knows no STARTTLS; what it was told.
async fn plain_server() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, heard) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
    let hears = heard.clone();
    crate::harness::run(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (read, mut write) = socket.into_split();
            write.write_all(b"220 mail.test ESMTP\r\n").await.ok();
            let mut lines = BufReader::new(read).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let says: &[u8] = if line.starts_with("EHLO") {
                    b"250-mail.test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n"
                } else {
                    b"250 yes\r\n"
                };
                hears.lock().unwrap().push(line);
                write.write_all(says).await.ok();
            }
        }
    });
    (port, heard)
}

#[tokio::test]
async fn a_server_without_tls_hears_nothing() {
    let (port, heard) = plain_server().await;
    let exim = Exim::start().await;
    let mail = Mail::new(&Settings { port, ..settings(&exim) }).unwrap();
    assert!(mail.carry(&message("alice@example.com")).await.is_err());
    let heard = heard.lock().unwrap().clone();
    assert!(
        !heard.is_empty() && heard.iter().all(|line| line.starts_with("EHLO") || line.starts_with("QUIT")),
        "{heard:?}"
    );
}
