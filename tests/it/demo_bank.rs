//! Does the demonstration bank behave like an ordinary, careful web application?
//!
//! Drives [`countersign::demo::bank`] over a real socket; cookies are kept by hand, as a browser would.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign::demo::bank::{self, Amount, Bank, BankSettings, SameSite, UPLOAD_LIMIT};
use http::{Method, StatusCode};
use reqwest::Client;

const PAYEE: &str = "DE89370400440532013000";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Names and values of a form.
type Entries<'a> = &'a [(&'a str, &'a str)];

/// A running bank; it stops when this is dropped.
struct Branch {
    bank: Bank,
    base: String,
    client: Client,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// A browser with at most one cookie.
struct Browser<'a> {
    branch: &'a Branch,
    cookie: String,
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn sees(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.text.contains(text), "no {text:?} in {}", self.text);
    }

    fn goes(&self, to: &str) {
        assert_eq!((self.status.as_u16(), self.header("location")), (303, to), "{}", self.text);
    }
}

async fn open() -> Branch {
    open_with(BankSettings { tick: Duration::from_millis(1), ..BankSettings::default() }).await
}

async fn open_with(settings: BankSettings) -> Branch {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let counter = AtomicU64::new(1);
    let random = move || {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&counter.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        bytes
    };
    let bank = Bank::new(settings, Arc::new(random));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let served = bank.clone();
    #[expect(clippy::disallowed_methods, reason = "the test joins it by hand")]
    let served = tokio::spawn(bank::serve(listener, served, async { drop(stopped.await) }));
    Branch { bank, base, client, stop: Some(stop), served }
}

impl Branch {
    fn browser(&self) -> Browser<'_> {
        Browser { branch: self, cookie: String::new() }
    }

    async fn login(&self, user: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let answer = browser.post("/login", FORM, format!("user={user}&password={user}")).await;
        answer.goes("/");
        answer.header("set-cookie").split(';').next().unwrap().clone_into(&mut browser.cookie);
        browser
    }
}

impl Browser<'_> {
    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Answer {
        let mut request =
            self.branch.client.request(method, format!("{}{path}", self.branch.base)).body(body);
        if !self.cookie.is_empty() {
            request = request.header("cookie", format!("other=1; {}", self.cookie));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], "").await
    }

    async fn post(&self, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(Method::POST, path, &[("content-type", kind)], body).await
    }

    /// The token that the forms of this session carry, as the page has it.
    async fn token(&self) -> String {
        let page = self.get("/transfer").await.text;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token().await;
        let mut form = form_urlencoded::Serializer::new(String::new());
        self.post(path, FORM, form.append_pair("csrf", &token).extend_pairs(fields).finish()).await
    }

    async fn transfer(&self, amount: &str) -> Answer {
        self.submit("/transfer", &[("iban", PAYEE), ("amount", amount), ("reference", "Rent <&> \"more\"")])
            .await
    }
}

#[tokio::test]
async fn a_transfer_is_booked_once_and_numbered() {
    let branch = open().await;
    let alice = branch.login("alice").await;
    let before = branch.bank.balance("alice").unwrap();
    alice.transfer("5000").await.goes("/transfer/done/1");
    let done = alice.get("/transfer/done/1").await;
    done.sees(200, "5,000.00 EUR");
    done.sees(200, "Rent &lt;&amp;&gt; &quot;more&quot;");
    done.sees(200, "<span id=\"user\">alice</span>");
    alice.get("/").await.sees(200, "-5,000.00");
    let transfers = branch.bank.transfers();
    assert_eq!(
        (transfers.len(), transfers[0].amount, transfers[0].iban.as_str()),
        (1, Amount::from_cents(500_000), PAYEE)
    );
    assert_eq!(branch.bank.balance("alice"), Some(before.minus(Amount::from_cents(500_000))));
    branch.login("bob").await.get("/transfer/done/1").await.sees(404, "Not found");
    alice.get("/journal").await.sees(403, "For administrators");
    let carol = branch.login("carol").await;
    carol.get("/journal").await.sees(200, "5000.00 EUR to DE89 3704 0044 0532 0130 00");
    let entries = carol.get("/journal.json").await.json();
    assert_eq!(
        (&entries["entries"][0]["number"], &entries["entries"][0]["action"]),
        (&1.into(), &"transfer".into())
    );
}

#[tokio::test]
async fn a_customer_of_the_bank_is_credited() {
    let branch = open().await;
    let before = branch.bank.balance("bob").unwrap();
    let alice = branch.login("alice").await;
    alice
        .submit("/transfer", &[("iban", "de12 9990 1060 0000 1048 12"), ("amount", "12.3"), ("pin", "4711")])
        .await
        .goes("/transfer/done/1");
    assert_eq!(branch.bank.balance("bob"), Some(before.plus(Amount::from_cents(1_230))));
    branch.login("bob").await.get("/").await.sees(200, "<td class=\"amount in\">12.30</td>");
}

#[tokio::test]
async fn refused_transfers_change_nothing() {
    let branch = open().await;
    let alice = branch.login("alice").await;
    let (balance, own) = (branch.bank.balance("alice"), "DE23999010600000104711");
    let long = "x".repeat(141);
    let cases: [(Entries, u16, &str); 10] = [
        (&[("iban", PAYEE), ("amount", "1e3")], 422, "`1e3` is not an amount"),
        (&[("iban", PAYEE)], 422, "is not an amount"),
        (&[("iban", PAYEE), ("amount", "0.00")], 422, "more than zero"),
        (&[("iban", "DE89370400440532013001"), ("amount", "5")], 422, "is not a valid IBAN"),
        (&[("iban", "\"><script>"), ("amount", "5")], 422, "&quot;&gt;&lt;script&gt;"),
        (&[("iban", own), ("amount", "5")], 422, "on this account already"),
        (&[("iban", PAYEE), ("amount", "5"), ("reference", &long)], 422, "longer than 140"),
        (&[("iban", PAYEE), ("amount", "5"), ("pin", "0000")], 422, "card PIN is wrong"),
        (&[("iban", PAYEE), ("amount", "184320.56")], 409, "balance of 184,320.55 EUR does not cover"),
        (
            &[("iban", PAYEE), ("amount", "5"), ("amount", "6"), ("pin", "1")],
            422,
            "name=\"amount\" required inputmode=\"decimal\"",
        ),
    ];
    for (fields, status, text) in cases {
        alice.submit("/transfer", fields).await.sees(status, text);
    }
    let bob = branch.login("bob").await;
    bob.transfer("10000.01").await.sees(409, "10,000.00 EUR are left today");
    assert_eq!((branch.bank.balance("alice"), branch.bank.journal()), (balance, Vec::new()));
}

#[tokio::test]
async fn forms_need_their_token() {
    let branch = open().await;
    let (alice, bob) = (branch.login("alice").await, branch.login("bob").await);
    let foreign = bob.token().await;
    for token in ["", "csrf=", "csrf=00", &format!("csrf={foreign}")] {
        for path in ["/transfer", "/payees/add", "/payees/1/delete", "/logout"] {
            alice
                .post(path, FORM, format!("{token}&iban={PAYEE}&amount=5&name=N"))
                .await
                .sees(403, "Form not accepted");
        }
    }
    alice.post("/transfer", "text/plain", "csrf=1").await.sees(415, "Unknown kind of form");
    alice.post("/transfer", FORM, vec![b'a'; (2 << 20) + 1]).await.sees(413, "could not be read");
    assert_eq!((branch.bank.journal().len(), branch.bank.payees("alice").len()), (0, 3));
    alice.get("/").await.sees(200, "id=\"user\">alice<");
}

#[tokio::test]
async fn only_a_session_opens_the_pages() {
    let branch = open().await;
    let nobody = branch.browser();
    nobody.get("/transfer?amount=5").await.goes("/login?next=%2Ftransfer%3Famount%3D5");
    nobody.get("/").await.goes("/login");
    nobody.post("/transfer", FORM, "amount=5").await.goes("/login");
    nobody.get("/api/account").await.sees(401, "not_logged_in");
    nobody.post("/api/transfer", JSON, "{}").await.sees(401, "not_logged_in");
    nobody.get("/events/stream").await.sees(401, "not_logged_in");
    nobody.get("/nothing").await.sees(404, "Not found");
    nobody.get("/healthz").await.sees(200, "ok");
    nobody.post("/login", FORM, "user=alice&password=bob").await.sees(401, "is wrong");
    nobody.post("/login", FORM, "user=alice&password=alice&next=%2Fpayees%3Fa").await.goes("/payees?a");
    nobody.post("/login", FORM, "user=alice&password=alice&next=//evil.example").await.goes("/");
    let alice = branch.login("alice").await;
    assert_eq!(
        alice.get("/api/account").await.json()["user"],
        serde_json::json!({ "name": "alice", "full_name": "Alice Ashdown", "groups": ["customers"] })
    );
    assert_ne!(alice.cookie, branch.login("alice").await.cookie);
    let bye = alice.submit("/logout", &[]).await;
    bye.goes("/login");
    assert!(bye.header("set-cookie").contains("Max-Age=0"));
    alice.get("/").await.goes("/login");
}

#[tokio::test]
async fn headers_follow_the_settings() {
    let branch = open().await;
    let answer = branch.browser().post("/login", FORM, "user=bob&password=bob").await;
    assert_eq!(
        answer.header("content-security-policy"),
        "script-src 'self'; style-src 'self'; form-action 'self'"
    );
    assert!(answer.header("set-cookie").ends_with("; Path=/; HttpOnly; SameSite=Lax"));
    let branch = open_with(BankSettings {
        same_site: SameSite::Strict,
        csp_form_action_self: false,
        ..BankSettings::default()
    })
    .await;
    let answer = branch.browser().post("/login", FORM, "user=bob&password=bob").await;
    assert_eq!(answer.header("content-security-policy"), "");
    assert!(answer.header("set-cookie").ends_with("; SameSite=Strict"));
}

#[tokio::test]
async fn payees_belong_to_their_owner() {
    let branch = open().await;
    let (alice, bob) = (branch.login("alice").await, branch.login("bob").await);
    alice.submit("/payees/add", &[("name", "<b>Zoë</b>"), ("iban", PAYEE)]).await.goes("/payees");
    alice.get("/payees").await.sees(200, "&lt;b&gt;Zoë&lt;/b&gt;");
    alice.submit("/payees/add", &[("name", " "), ("iban", PAYEE)]).await.sees(422, "give the payee a name");
    bob.submit("/payees/6/delete", &[]).await.sees(404, "Not found");
    alice.submit("/payees/six/delete", &[]).await.sees(404, "Not found");
    alice.submit("/payees/6/delete", &[]).await.goes("/payees");
    alice.submit("/payees/6/delete", &[]).await.sees(404, "Not found");
    alice.submit("/payees/add", &[("name", "Next"), ("iban", PAYEE)]).await.goes("/payees");
    assert_eq!(branch.bank.payees("alice").last().map(|payee| payee.id), Some(7), "ids are not used again");
    let actions: Vec<_> = branch.bank.journal().iter().map(|entry| (entry.number, entry.action)).collect();
    assert_eq!(actions, [(1, "payee-added"), (2, "payee-deleted"), (3, "payee-added")]);
}

#[tokio::test]
async fn files_are_hashed_as_received() {
    let branch = open().await;
    let alice = branch.login("alice").await;
    let token = alice.token().await;
    let form = |token: &str, account: &str, file: &[u8]| {
        let mut body = format!("--cut\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--cut\r\nContent-Disposition: form-data; name=\"account\"\r\n\r\n{account}\r\n--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a<b>.csv\"\r\n\r\n").into_bytes();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--cut--\r\n");
        body
    };
    let (kind, own) = ("multipart/form-data; boundary=cut", "DE23999010600000104711");
    let content: Vec<u8> = (0..5_000_000_u32).map(|index| u8::try_from(index % 251).unwrap()).collect();
    alice.post("/statements", kind, form(&token, own, &content)).await.goes("/statements");
    let expected =
        data_encoding::HEXLOWER.encode(ring::digest::digest(&ring::digest::SHA256, &content).as_ref());
    let page = alice.get("/statements").await;
    page.sees(200, &expected);
    page.sees(200, "a&lt;b&gt;.csv");
    page.sees(200, "5000000 bytes");
    alice.post("/statements", kind, form("wrong", own, b"x")).await.sees(403, "Form not accepted");
    alice.post("/statements", kind, form(&token, PAYEE, b"x")).await.sees(422, "Unknown account");
    alice.post("/statements", kind, "--cut\r\nbroken").await.sees(400, "Upload failed");
    alice.post("/statements", FORM, "file=x").await.sees(415, "Unknown kind of form");
    alice
        .post("/statements", kind, form(&token, own, &vec![b'x'; UPLOAD_LIMIT + (3 << 20)]))
        .await
        .sees(413, "larger than 64 MiB");
    assert_eq!(branch.bank.uploads().len(), 1);
}

#[tokio::test]
async fn administrators_set_limits_and_lock_accounts() {
    let branch = open().await;
    let (bob, carol) = (branch.login("bob").await, branch.login("carol").await);
    bob.get("/admin").await.sees(403, "For administrators");
    bob.submit("/admin/limit", &[("customer", "bob"), ("limit", "9")]).await.sees(403, "For administrators");
    carol.submit("/admin/limit", &[("customer", "bob"), ("limit", "2500")]).await.goes("/admin");
    carol.get("/admin").await.sees(200, "2,500.00");
    let json = carol.post("/admin/limit", JSON, r#"{"customer":"bob","limit":2600.5}"#).await;
    assert_eq!(json.json(), serde_json::json!({ "customer": "bob", "limit": "2600.50" }));
    carol.post("/admin/limit", JSON, r#"{"customer":"bob"}"#).await.sees(400, "invalid_json");
    carol.post("/admin/limit", JSON, r#"{"customer":"eve","limit":1}"#).await.sees(404, "not_found");
    carol.post("/admin/limit", FORM, "customer=bob&limit=1").await.sees(403, "Form not accepted");
    carol.submit("/admin/limit", &[("customer", "bob"), ("limit", "-1")]).await.sees(422, "is not an amount");
    carol.submit("/admin/lock", &[("customer", "carol")]).await.sees(409, "cannot lock your own");
    carol.submit("/admin/lock", &[("customer", "eve")]).await.sees(404, "Unknown customer");
    carol.submit("/admin/lock", &[("customer", "bob")]).await.goes("/admin");
    carol.submit("/admin/lock", &[("customer", "bob")]).await.sees(409, "is locked already");
    bob.get("/").await.goes("/login");
    branch.browser().post("/login", FORM, "user=bob&password=bob").await.sees(403, "locked");
    carol.submit("/admin/unlock", &[("customer", "bob")]).await.goes("/admin");
    branch.login("bob").await.get("/").await.sees(200, "Bob Brightwell");
    assert_eq!(
        (branch.bank.daily_limit("bob"), branch.bank.locked("bob"), branch.bank.journal().len()),
        (Some(Amount::from_cents(260_050)), Some(false), 4)
    );
}

#[tokio::test]
async fn scripts_transfer_as_json() {
    let branch = open().await;
    let alice = branch.login("alice").await;
    let done = alice
        .post(
            "/api/transfer",
            "application/json; charset=utf-8",
            format!(r#"{{"iban":"{PAYEE}","amount":12.5,"reference":"r"}}"#),
        )
        .await;
    done.sees(201, "184308.05");
    assert_eq!(
        done.json()["transfer"],
        serde_json::json!({ "number": 1, "iban": PAYEE, "amount": "12.50", "reference": "r" })
    );
    let cases = [
        (JSON, "{", 400, "invalid_json"),
        ("text/plain", "{}", 415, "not_json"),
        (JSON, r#"{"iban":"x","amount":"5"}"#, 422, "invalid_iban"),
        (JSON, r#"{"iban":"x","amount":[5]}"#, 422, "invalid_amount"),
    ];
    for (kind, body, status, code) in cases {
        alice.post("/api/transfer", kind, body).await.sees(status, code);
    }
    alice.get("/script").await.sees(200, "src=\"/static/script.js\"");
    for name in ["script.js", "rates.js", "style.css", "icon.svg"] {
        assert_eq!(alice.get(&format!("/static/{name}")).await.status, 200, "{name}");
    }
    alice.get("/static/..%2fmod.rs").await.sees(404, "Not found");
    alice.get("/api/transfer").await.sees(405, "Not possible here");
    assert_eq!(branch.bank.journal().len(), 1);
}

#[tokio::test]
async fn downloads_take_a_byte_range() {
    let branch = open().await;
    let alice = branch.login("alice").await;
    let whole = alice.get("/download").await;
    whole.sees(200, "2026-11-02,\"Rent November\",DE20999300001002003004,-980.00");
    let part = alice.send(Method::GET, "/download", &[("range", "bytes=4-10")], "").await;
    assert_eq!((part.status.as_u16(), part.text.as_str()), (206, "details"));
    assert_eq!(part.header("content-range"), format!("bytes 4-10/{}", whole.text.len()));
    assert_eq!(alice.send(Method::GET, "/download", &[("range", "bytes=99999-")], "").await.status, 416);
}

#[tokio::test]
async fn the_ticker_ends_by_itself_and_with_the_bank() {
    let branch = open().await;
    let text = branch.login("alice").await.get("/events/stream").await.text;
    assert_eq!(text.matches("event: rate").count(), 60);
    assert!(
        text.contains("{\"currency\":\"USD\",\"number\":1,\"rate\":\"1.0858\"}")
            && text.ends_with("event: end\ndata: {}\n\n"),
        "{text}"
    );

    let mut branch =
        open_with(BankSettings { tick: Duration::from_millis(100), ..BankSettings::default() }).await;
    let cookie = branch.login("alice").await.cookie;
    let mut response = branch
        .client
        .get(format!("{}/events/stream", branch.base))
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    assert!(response.chunk().await.unwrap().is_some(), "the first event comes at once");
    drop(branch.stop.take());
    let mut rest = Vec::new();
    while let Some(chunk) = response.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    let rest = String::from_utf8(rest).unwrap();
    assert!(rest.ends_with("event: end\ndata: {}\n\n") && rest.matches("event: rate").count() < 59, "{rest}");
    branch.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn every_page_names_the_user() {
    let branch = open().await;
    let carol = branch.login("carol").await;
    for path in [
        "/",
        "/transfer",
        "/payees",
        "/statements",
        "/script",
        "/events",
        "/admin",
        "/journal",
        "/nothing",
        "/transfer/done/9",
        "/transfer/done/x",
    ] {
        let page = carol.get(path).await;
        assert!(page.text.contains("<span id=\"user\">carol</span>"), "{path}: {}", page.text);
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
    }
}
