//! Question: does asking the application give exactly its own user, from exactly the configured credentials, or nobody?

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use countersign::base::net::{Host, Scheme};
use countersign::base::settings::{Pick, Upstream, UpstreamScheme};
use countersign::base::time::{Span, Timestamp};
use countersign::connect::whoami::{
    Freshness, SetupError, Whoami, WhoamiError, WhoamiRequest, WhoamiSettings,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const T0: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// What the application received: version, target and headers in order.
type Seen = Arc<Mutex<Vec<(String, HeaderMap)>>>;

/// A small application: the cookie `sid` names the session, the path decides the form of the answer.
fn app(seen: &Seen) -> axum::Router {
    let seen = seen.clone();
    axum::Router::new().fallback(move |request: Request<Body>| {
        let seen = seen.clone();
        async move {
            let (head, _) = request.into_parts();
            let cookie = head.headers.get("cookie").map_or("", |value| value.to_str().unwrap()).to_owned();
            let host = head.uri.authority().map_or_else(
                || head.headers.get("host").map_or(String::new(), |host| host.to_str().unwrap().to_owned()),
                ToString::to_string,
            );
            let path = head.uri.path().to_owned();
            seen.lock().unwrap().push((format!("{:?} {host} {path}", head.version), head.headers));
            answer(&path, &cookie)
        }
    })
}

fn answer(path: &str, cookie: &str) -> Response<Body> {
    let user = match cookie.strip_prefix("sid=").unwrap_or_default() {
        "abc" => "alice",
        "abcd" => "bob",
        _ => return status(302),
    };
    let reply = |kind: &str, body: String| {
        Response::builder()
            .header("content-type", kind)
            .header("x-user", user)
            .body(Body::from(body))
            .unwrap()
    };
    match path {
        "/json" => reply(
            "application/json; charset=utf-8",
            format!(r#"{{"me":{{"name":"{user}","groups":["finance","x"],"n":1}}}}"#),
        ),
        "/css" => reply("text/html", format!("<body><b id=user>{user}</b><i>finance, x</i></body>")),
        "/mislabelled" => reply("text/html", format!(r#"{{"me":{{"name":"{user}"}}}}"#)),
        "/broken" => reply("application/json", "{".into()),
        "/huge" => reply(
            "application/json",
            format!(r#"{{"me":{{"name":"{user}"}},"pad":"{}"}}"#, "x".repeat(1 << 20)),
        ),
        "/compressed" => {
            let mut reply = reply("application/json", format!(r#"{{"me":{{"name":"{user}"}}}}"#));
            reply.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
            reply
        }
        "/twice" => {
            let mut reply = reply("text/plain", String::new());
            reply.headers_mut().append("x-user", "admin".parse().unwrap());
            reply
        }
        "/invisible" => reply("application/json", r#"{"me":{"name":"al\u202eice"}}"#.into()),
        other => status(other.trim_start_matches('/').parse().unwrap()),
    }
}

fn status(code: u16) -> Response<Body> {
    Response::builder().status(code).header("location", "/json").body(Body::empty()).unwrap()
}

async fn start() -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app(&seen);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, seen)
}

fn upstream(scheme: UpstreamScheme, address: SocketAddr) -> Upstream {
    Upstream { scheme, host: address.ip().to_string(), port: address.port() }
}

fn settings(address: SocketAddr, path: &str) -> WhoamiSettings {
    WhoamiSettings {
        upstreams: vec![upstream(UpstreamScheme::Http, address)],
        path: path.to_owned(),
        user: Pick::Json("/me/name".into()),
        groups: None,
        session: vec!["sid".into()],
        cache: Span::from_secs(30),
        timeout: Span::from_secs(5),
        roots: Arc::new(rustls::RootCertStore::empty()),
    }
}

async fn ask(
    whoami: &Whoami,
    cookies: &[&str],
    freshness: Freshness,
    now: Timestamp,
) -> Result<String, WhoamiError> {
    let host: Host = "bank.example.com:8443".parse().unwrap();
    let cookies: Vec<&[u8]> = cookies.iter().map(|cookie| cookie.as_bytes()).collect();
    let request = WhoamiRequest {
        cookies: &cookies,
        authorization: None,
        user_agent: Some(b"Browser/1"),
        accept_language: Some(b"de"),
        client: Some("192.0.2.7".parse().unwrap()),
        host: &host,
        scheme: Scheme::Https,
    };
    whoami.ask(request, freshness, now).await.map(|principal| {
        principal.groups.iter().fold(principal.user.to_string(), |all, group| format!("{all}+{group}"))
    })
}

async fn once(settings: WhoamiSettings, cookie: &str) -> Result<String, WhoamiError> {
    ask(&Whoami::new(settings).unwrap(), &[cookie], Freshness::Afresh, T0).await
}

#[tokio::test]
async fn the_application_names_its_user_in_every_form() {
    let (address, _) = start().await;
    let picks = [
        ("/json", Pick::Json("/me/name".into()), Pick::Json("/me/groups".into()), "alice+finance+x"),
        ("/css", Pick::Css("#user".into()), Pick::Css("i".into()), "alice+finance+x"),
        ("/css", Pick::Header("x-user".into()), Pick::Header("x-groups".into()), "alice"),
    ];
    for (path, user, groups, expected) in picks {
        let settings = WhoamiSettings { user, groups: Some(groups), ..settings(address, path) };
        assert_eq!(once(settings, "sid=abc").await.unwrap(), expected);
    }
    assert!(matches!(
        Whoami::new(WhoamiSettings { user: Pick::Css("#".into()), ..settings(address, "/css") }),
        Err(SetupError::Selector(_))
    ));
    assert!(matches!(Whoami::new(settings(address, "http://elsewhere/")), Err(SetupError::Path(_))));
}

#[tokio::test]
async fn only_the_configured_credentials_reach_the_application() {
    let (address, seen) = start().await;
    for scheme in [UpstreamScheme::Http, UpstreamScheme::H2c] {
        let settings =
            WhoamiSettings { upstreams: vec![upstream(scheme, address)], ..settings(address, "/json") };
        let whoami = Whoami::new(settings).unwrap();
        let cookies = ["tracker=1; sid=abc; xsid=2", "countersign=secret; sidx=3"];
        assert_eq!(ask(&whoami, &cookies, Freshness::Afresh, T0).await.unwrap(), "alice");
        let (line, mut headers) = seen.lock().unwrap().pop().unwrap();
        let version = if scheme == UpstreamScheme::H2c { "HTTP/2.0" } else { "HTTP/1.1" };
        assert_eq!(line, format!("{version} bank.example.com:8443 /json"));
        headers.remove("host");
        let mut all: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        all.sort();
        assert_eq!(
            all,
            [
                "accept-language: de",
                "accept: application/json",
                "cookie: sid=abc",
                "user-agent: Browser/1",
                "x-forwarded-for: 192.0.2.7",
                "x-forwarded-host: bank.example.com:8443",
                "x-forwarded-proto: https",
            ]
        );
    }
}

#[tokio::test]
async fn nothing_to_ask_with_asks_nothing() {
    let (address, seen) = start().await;
    let whoami = Whoami::new(settings(address, "/json")).unwrap();
    for cookies in [vec![], vec!["other=1"], vec!["sid"], vec!["SID=abc"], vec![";;="]] {
        let refused = ask(&whoami, &cookies, Freshness::Cached, T0).await;
        assert!(matches!(refused, Err(WhoamiError::NoSession)), "{cookies:?} {refused:?}");
    }
    for cookies in [
        vec!["sid=abc; sid=abc"],
        vec!["sid=abc", "sid=abcd"],
        vec!["sid=abc; SID=abcd"],
        vec!["sid=abc; sid =x"],
    ] {
        let refused = ask(&whoami, &cookies, Freshness::Cached, T0).await;
        assert!(matches!(refused, Err(WhoamiError::Ambiguous(_))), "{cookies:?} {refused:?}");
    }
    assert!(matches!(
        ask(&whoami, &["sid=a\nb"], Freshness::Cached, T0).await,
        Err(WhoamiError::Ambiguous(_))
    ));
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn answers_are_kept_per_credential_for_their_time_and_errors_never() {
    let (address, seen) = start().await;
    let asked = || seen.lock().unwrap().len();
    let whoami = Whoami::new(settings(address, "/json")).unwrap();
    for _ in 0..2 {
        assert_eq!(ask(&whoami, &["sid=abc"], Freshness::Cached, T0).await.unwrap(), "alice");
        assert_eq!(ask(&whoami, &["sid=abcd"], Freshness::Cached, T0).await.unwrap(), "bob");
    }
    assert_eq!(asked(), 2);
    assert_eq!(ask(&whoami, &["sid=abc"], Freshness::Afresh, T0).await.unwrap(), "alice");
    assert_eq!(asked(), 3);
    ask(&whoami, &["sid=abc"], Freshness::Cached, T0.plus(Span::from_secs(29))).await.unwrap();
    assert_eq!(asked(), 3);
    ask(&whoami, &["sid=abc"], Freshness::Cached, T0.plus(Span::from_secs(30))).await.unwrap();
    assert_eq!(asked(), 4);
    for _ in 0..2 {
        assert!(matches!(
            ask(&whoami, &["sid=gone"], Freshness::Cached, T0).await,
            Err(WhoamiError::NoSession)
        ));
    }
    assert_eq!(asked(), 6);
}

#[tokio::test]
async fn every_doubt_is_nobody() {
    let (address, seen) = start().await;
    for (path, kind) in [
        ("/mislabelled", "Unreadable"),
        ("/broken", "Unreadable"),
        ("/compressed", "Unreadable"),
        ("/invisible", "Unreadable"),
        ("/huge", "TooLarge"),
        ("/301", "NoSession"),
        ("/307", "NoSession"),
        ("/401", "NoSession"),
        ("/403", "NoSession"),
        ("/201", "Status(201)"),
        ("/404", "Status(404)"),
        ("/500", "Status(500)"),
    ] {
        let refused = format!("{:?}", once(settings(address, path), "sid=abc").await.unwrap_err());
        assert!(refused.starts_with(kind), "{path}: {refused}");
    }
    assert_eq!(seen.lock().unwrap().len(), 12, "no redirect was followed");
    for pointer in ["/me/n", "/me", "/me/groups"] {
        let picked = WhoamiSettings { user: Pick::Json(pointer.into()), ..settings(address, "/json") };
        assert!(matches!(once(picked, "sid=abc").await, Err(WhoamiError::Unreadable(_))), "{pointer}");
    }
    let absent = WhoamiSettings { user: Pick::Json("/you".into()), ..settings(address, "/json") };
    assert!(matches!(once(absent, "sid=abc").await, Err(WhoamiError::NoSession)));
    let no_groups =
        WhoamiSettings { groups: Some(Pick::Json("/me/rights".into())), ..settings(address, "/json") };
    assert!(matches!(once(no_groups, "sid=abc").await, Err(WhoamiError::Unreadable(_))));
    let twice = WhoamiSettings { user: Pick::Header("x-user".into()), ..settings(address, "/twice") };
    assert!(matches!(once(twice, "sid=abc").await, Err(WhoamiError::Unreadable(_))));
}

/// Accepts one connection, reads, writes `head`, and then says nothing for as long as the peer listens.
async fn dripping(head: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(head.as_bytes()).await;
        // Nothing more comes; the task ends when the gateway hangs up.
        while stream.read(&mut [0; 4096]).await.is_ok_and(|count| count > 0) {}
    });
    address
}

#[tokio::test]
async fn a_slow_application_is_not_waited_for() {
    for head in
        ["", "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"me\""]
    {
        let address = dripping(head).await;
        let settings = WhoamiSettings { timeout: Span::from_millis(200), ..settings(address, "/json") };
        assert!(matches!(once(settings, "sid=abc").await, Err(WhoamiError::TimedOut)));
    }
    let address = dripping("").await;
    let settings = WhoamiSettings {
        upstreams: vec![upstream(UpstreamScheme::H2c, address)],
        timeout: Span::from_millis(200),
        ..settings(address, "/json")
    };
    assert!(matches!(once(settings, "sid=abc").await, Err(WhoamiError::TimedOut)));
}

#[tokio::test]
async fn the_next_upstream_is_asked_when_one_is_down() {
    let (address, _) = start().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for scheme in [UpstreamScheme::Http, UpstreamScheme::H2c] {
        let both = vec![upstream(scheme, gone), upstream(UpstreamScheme::Http, address)];
        assert_eq!(
            once(WhoamiSettings { upstreams: both, ..settings(address, "/json") }, "sid=abcd").await.unwrap(),
            "bob"
        );
        let none = WhoamiSettings { upstreams: vec![upstream(scheme, gone)], ..settings(address, "/json") };
        assert!(matches!(once(none, "sid=abc").await, Err(WhoamiError::Unreachable(_))));
    }
}

#[tokio::test]
async fn tls_is_checked_against_the_given_roots() {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![leaf.der().clone()],
                rustls_pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let Ok(mut stream) = acceptor.accept(listener.accept().await.unwrap().0).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let body = br#"{"me":{"name":"alice"}}"#;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
            let _ = stream.shutdown().await;
        }
    });
    let upstreams = vec![upstream(UpstreamScheme::Https, address)];
    let stranger = WhoamiSettings { upstreams: upstreams.clone(), ..settings(address, "/json") };
    assert!(matches!(once(stranger, "sid=abc").await, Err(WhoamiError::Unreachable(_))));
    let mut roots = rustls::RootCertStore::empty();
    roots.add(issuer.der().clone()).unwrap();
    let known = WhoamiSettings { upstreams, roots: Arc::new(roots), ..settings(address, "/json") };
    assert_eq!(once(known, "sid=abc").await.unwrap(), "alice");
}
