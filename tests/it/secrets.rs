//! Question: does any secret of a request's life get into a log, a metric, the audit log, a file on disk or a refusal?
//!
//! The real binary with `RUST_LOG=trace`; a script's way and a browser's way from hold to answer, with all that can be refused on
//! them, and then a search for every secret, as it is, in hex and in base64.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use countersign::factors::totp::Digits;
use serde_json::{Value, json};

use crate::harness::process::{PORTAL, Server, Site, ask, between, code_of, held, request, stands_in};
use crate::harness::raw::Answer;
use crate::harness::upstream::{Origin, Step, answer};

const SEED: &str = "totp-seed-canary-3141";
const COOKIE: &str = "session-cookie-canary-5926";
const AUTHORIZATION: &str = "authorization-canary-5358";
const FIELD: &str = "body-field-canary-9793";
const PIN: &str = "masked-field-canary-2384";
const RESPONSE: &str = "response-canary-6264";

const ACCOUNT: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 25\r\n\r\n{\"user\":{\"name\":\"alice\"}}";

const WHOAMI: &str = r#"hold_body = "100KiB"
[app.identity]
source = "whoami"
path = "/account"
user = { json = "/user/name" }
session = ["session"]
cache = "30s""#;

/// What was planted or met on the way, by name.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, name: &'static str, secret: &str) {
        assert!(secret.len() >= 8, "{name} is too short to be looked for");
        self.0.push((name, secret.to_owned()));
    }

    /// Each secret in each form.
    fn forms(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.0.iter().flat_map(|(name, secret)| {
            let mut forms = vec![secret.clone(), data_encoding::HEXLOWER.encode(secret.as_bytes())];
            // Whatever stands before it: three alignments.
            for skip in 0..3 {
                let rest = &secret.as_bytes()[skip..];
                let rest = &rest[..rest.len() / 3 * 3];
                forms.push(STANDARD_NO_PAD.encode(rest));
                forms.push(URL_SAFE_NO_PAD.encode(rest));
            }
            forms.retain(|form| form.len() >= 8);
            forms.into_iter().map(|form| (*name, form))
        })
    }

    fn found_in(&self, folder: &Path) -> Vec<(&'static str, String)> {
        self.forms().filter(|(_, form)| stands_in(form, folder)).collect()
    }
}

/// One gateway, its secrets, and the refusals it gave.
struct Run {
    server: Server,
    secrets: Secrets,
    refusals: String,
}

impl Run {
    /// Sends with the session, and keeps the answer when it is a refusal that carries no credential.
    async fn send(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut all = vec![("Authorization", AUTHORIZATION)];
        let cookie = format!("session={COOKIE}");
        if !headers.iter().any(|(name, _)| *name == "Cookie") {
            all.push(("Cookie", &cookie));
        }
        all.extend_from_slice(headers);
        let answer = ask(self.server.app, &request(method, target, &all, body.as_bytes())).await;
        if answer.status >= 400
            && answer.field("countersign-approval").is_none()
            && answer.field("countersign-held").is_none()
        {
            self.refusals.push_str(&answer.head);
            self.refusals.push_str(&answer.text());
        }
        answer
    }

    async fn refused(
        &mut self,
        expected: (u16, &str),
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) {
        let answer = self.send(method, target, headers, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), expected, "{}", answer.text());
    }
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn transfer() -> String {
    format!("amount=5000&iban=DE89&note={FIELD}&pin={PIN}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_left_anywhere() {
    let origin = Origin::start(|seen| match seen.line().split(' ').nth(1) {
        Some("/account") => vec![Step::Send(ACCOUNT.as_bytes().to_vec())],
        Some("/broken") => vec![Step::Close],
        _ => vec![Step::Send(answer(200, RESPONSE))],
    })
    .await;
    let site = Site::new(origin.address, WHOAMI, "");
    let server = site.serve_logging("trace").await;
    let mut run = Run { server, secrets: Secrets::default(), refusals: String::new() };
    for (name, secret) in [
        ("seed", SEED),
        ("cookie", COOKIE),
        ("authorization", AUTHORIZATION),
        ("field", FIELD),
        ("masked field", PIN),
        ("response", RESPONSE),
    ] {
        run.secrets.add(name, secret);
    }
    let seed = data_encoding::BASE32_NOPAD.encode(SEED.as_bytes());
    run.secrets.add("seed in base 32", &seed);
    for line in [
        &["user", "add", "alice", "-c"][..],
        &["token", "add", "totp", "alice", "--digits", "8", "--secret", &seed, "-c"],
    ] {
        let printed = site.run(line);
        assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    }
    let issued = site.run(&["emergency", "issue", "alice", "-c"]);
    let emergency = issued.out.lines().next().unwrap().to_owned();
    run.secrets.add("emergency code", &emergency);
    run.secrets.add("emergency code without dashes", &emergency.replace('-', ""));

    by_script(&mut run, &emergency).await;
    by_browser(&mut run, &seed).await;
    // Held with a body that is on the disk, and left so.
    let long = format!("{}&filler={}", transfer(), FIELD.repeat(4200));
    held(&run.send("POST", "/transfer", &[FORM], &long).await);

    // The application did get what it must: nothing above was lost on the way.
    let arrived = origin.seen();
    let released: Vec<_> = arrived.iter().filter(|seen| seen.line().starts_with("POST /transfer ")).collect();
    assert_eq!(released.len(), 2, "{arrived:?}");
    for seen in released {
        assert_eq!(String::from_utf8_lossy(&seen.body), transfer());
        assert_eq!(
            (seen.one("cookie"), seen.one("authorization")),
            (format!("session={COOKIE}").as_str(), AUTHORIZATION)
        );
    }
    look(&site, run).await;
}

/// Collects all that can be read from outside, and searches it and the disk.
async fn look(site: &Site, run: Run) {
    let Run { server, secrets, refusals } = run;
    let out = site.path().join("seen");
    std::fs::create_dir(&out).unwrap();
    let metrics = ask(server.admin, &request("GET", "/metrics", &[], b"")).await;
    assert!(metrics.text().contains("released"), "{}", metrics.text());
    let export = site.run(&["audit", "export", "-c"]);
    let list = site.run(&["audit", "list", "--limit", "1000", "-c"]);
    let tokens = site.run(&["token", "list", "alice", "--format", "json", "-c"]);
    assert!(
        export.out.contains("emergency_used")
            && export.out.contains("outcome") | export.out.contains("delivered")
    );
    // While it runs, and after it has stopped.
    let found = secrets.found_in(&site.data());
    assert!(found.is_empty(), "in the data folder: {found:?}");
    let log = server.stop().await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for line in &lines {
        let (target, level) = (line["target"].as_str().unwrap(), line["level"].as_str().unwrap());
        let ours = target.starts_with("countersign::");
        assert!(ours || ["WARN", "ERROR"].contains(&level), "a library's own log is open: {line}");
    }
    assert!(lines.iter().any(|line| line["fields"]["message"] == "released"), "{log}");
    for (name, text) in [
        ("log", &log),
        ("metrics", &metrics.text()),
        ("audit export", &export.out),
        ("audit list", &list.out),
        ("tokens", &tokens.out),
        ("refusals", &refusals),
    ] {
        assert!(!text.is_empty(), "{name} is empty");
        std::fs::write(out.join(name), text).unwrap();
        let found = secrets.found_in(&out);
        assert!(found.is_empty(), "{name}: {found:?}\n{text}");
    }
    let found = secrets.found_in(&site.data());
    assert!(found.is_empty(), "in the data folder after the stop: {found:?}");
    // The search is not blind.
    for (name, form) in secrets.forms() {
        let control = site.path().join("control");
        std::fs::write(&control, format!("\u{1}x{form}y")).unwrap();
        assert!(stands_in(&form, &control), "{name}");
    }
}

async fn by_script(run: &mut Run, emergency: &str) {
    let told = run.send("POST", "/transfer", &[FORM], &transfer()).await;
    assert!(!told.text().contains(PIN) && !told.text().contains(FIELD), "{}", told.text());
    let held = held(&told);
    let (id, secret) = (held["id"].as_str().unwrap(), held["secret"].as_str().unwrap());
    run.secrets.add("release secret", secret);
    run.secrets.add("handoff", held["url"].as_str().unwrap().split_once("handoff=").unwrap().1);
    let kind = |wanted: &str| {
        let all = held["authenticators"].as_array().unwrap();
        all.iter().find(|one| one["kind"] == wanted).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let credential = format!("{id}.{secret}");
    let mine = ("Countersign-Release", credential.as_str());
    let json = ("Content-Type", "application/json");
    let api = format!("/.countersign/api/v1/held/{id}");
    let answers = format!("{api}/answers");

    run.refused((409, "conflict"), "POST", "/transfer", &[mine], "").await;
    run.refused((404, "not-found"), "GET", &api, &[("Countersign-Release", &format!("{credential}x"))], "")
        .await;
    run.refused((403, "cross-site-request"), "GET", &api, &[mine, ("Origin", "http://bank.test")], "").await;
    run.refused((400, "unreadable-body"), "POST", &answers, &[mine, json], emergency).await;
    // An emergency code given for the authenticator app: wrong, and nobody writes it down.
    let wrong = json!({ "authenticator": kind("totp"), "code": emergency }).to_string();
    run.refused((422, "wrong-answer"), "POST", &answers, &[mine, json], &wrong).await;
    let right = json!({ "authenticator": kind("emergency"), "code": emergency }).to_string();
    let answer = run.send("POST", &answers, &[mine, json], &right).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    run.refused((409, "conflict"), "POST", "/elsewhere", &[mine], "").await;
    let released = run.send("POST", "/transfer", &[mine], "").await;
    assert_eq!((released.status, released.text().as_str()), (200, RESPONSE));
    run.refused((409, "already-released"), "POST", "/transfer", &[mine], "").await;
    run.refused((409, "already-released"), "POST", &answers, &[mine, json], &right).await;
    let kept = run.send("GET", &format!("{api}/response"), &[mine], "").await;
    assert_eq!(kept.text(), RESPONSE);

    // Refused before and while it is read, and by the application's failure.
    run.refused(
        (403, "cross-site-request"),
        "POST",
        "/transfer",
        &[FORM, ("Origin", "http://evil.test")],
        &transfer(),
    )
    .await;
    let twice = format!("{}&amount=1", transfer());
    let answer = run.send("POST", "/transfer", &[FORM], &twice).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    run.refused((413, "body-too-large"), "POST", "/transfer", &[FORM], &FIELD.repeat(10_000)).await;
    run.refused((502, "upstream-unreachable"), "GET", "/broken", &[], "").await;
    let stranger = format!("session=other-{COOKIE}");
    run.send("GET", &api, &[mine, ("Cookie", &stranger)], "").await;
}

async fn by_browser(run: &mut Run, seed: &str) {
    let page = [
        ("Accept", "text/html"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Site", "same-origin"),
    ];
    let navigation = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        page.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let borrowed = |of: &[(&'static str, String)]| -> Vec<(&'static str, String)> { of.to_vec() };
    let headers = borrowed(&navigation(&[FORM]));
    let held = run.send("POST", "/transfer", &refs(&headers), &transfer()).await;
    assert_eq!(held.status, 403, "{}", held.text());
    let key = between(held.field("set-cookie").unwrap(), "countersign=", ";").to_owned();
    run.secrets.add("browser key", &key);
    let link = between(&held.text(), &format!("url=http://{PORTAL}"), "\"").to_owned();
    let (prompt, handoff) = link.split_once("?handoff=").unwrap();
    run.secrets.add("handoff of a navigation", handoff);

    // At the portal.
    let portal = run.server.portal;
    let at = |cookie: &str| {
        vec![
            ("Host", PORTAL.to_owned()),
            ("Cookie", cookie.to_owned()),
            ("Sec-Fetch-Dest", "document".to_owned()),
        ]
    };
    let arrived = ask(portal, &request("GET", &link, &refs(&at("x=y")), b"")).await;
    assert_eq!(arrived.status, 303, "{}", arrived.text());
    let cookie = arrived.field("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    run.secrets.add("portal cookie", cookie.split_once('=').unwrap().1);
    let shown = ask(portal, &request("GET", prompt, &refs(&at(&cookie)), b"")).await.text();
    assert!(shown.contains("Transfer 5000 EUR") && !shown.contains(PIN) && !shown.contains(FIELD), "{shown}");
    let token = between(&shown, "name=\"csrf\" value=\"", "\"").to_owned();
    run.secrets.add("form token", &token);
    let authenticator = format!("auth_{}", between(&shown, "value=\"auth_", "\""));
    let code = code_of(seed, Digits::Eight);
    run.secrets.add("code", &code);
    let mut form = at(&cookie);
    form.extend([("Origin", format!("http://{PORTAL}")), ("Sec-Fetch-Site", "same-origin".to_owned())]);
    form.extend([("Sec-Fetch-Mode", "navigate".to_owned()), (FORM.0, FORM.1.to_owned())]);
    let other = ask(
        portal,
        &request(
            "POST",
            &format!("{prompt}/answer"),
            &refs(&form),
            format!("csrf=no&authenticator={authenticator}&code={code}").as_bytes(),
        ),
    )
    .await;
    assert_eq!(other.status, 403, "{}", other.text());
    let body = format!("csrf={token}&authenticator={authenticator}&code={code}");
    let done =
        ask(portal, &request("POST", &format!("{prompt}/answer"), &refs(&form), body.as_bytes())).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let back = between(&done.text(), "url=http://bank.test", "\"").to_owned();
    run.secrets.add("return ticket", back.split_once('.').unwrap().1.split_once('.').unwrap().1);

    // Back at the application.
    let cookies = format!("session={COOKIE}; countersign={key}");
    let headers = navigation(&[("Cookie", &cookies)]);
    let on = run.send("GET", &back, &refs(&headers), "").await;
    assert_eq!(on.status, 200, "{}", on.text());
    let target = between(&on.text(), "url=", "\"").to_owned();
    run.secrets.add("release secret of a navigation", target.rsplit_once('.').unwrap().1);
    let released = run.send("GET", &target, &refs(&headers), "").await;
    assert_eq!((released.status, released.text().as_str()), (200, RESPONSE));
    let again = run.send("GET", &target, &refs(&headers), "").await;
    assert_eq!(again.status, 409, "{}", again.text());
    let id = prompt.strip_prefix("/held/").unwrap();
    let state = run.send("GET", &format!("/.countersign/held/{id}"), &refs(&headers), "").await;
    assert!(!state.text().contains(FIELD), "{}", state.text());
    let foreign = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Accept", "text/html")];
    run.send("GET", &target, &foreign, "").await;
}

fn refs<'a>(headers: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
