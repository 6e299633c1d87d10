//! Held requests for the portal's tests: the real flows on a real embedded store, with a clock that moves when told to and
//! a store that fails when told to.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use countersign::audit::Link;
use countersign::audit::chain::Head;
use countersign::audit::receipt::SigningKey;
use countersign::base::dialect::Dialect;
use countersign::base::entropy::{Entropy, OsEntropy};
use countersign::base::epoch::Epoch;
use countersign::base::id::{Blob, Id};
use countersign::base::language::Language;
use countersign::base::net::Scheme;
use countersign::base::settings::account::AccountSettings;
use countersign::base::settings::{AppSettings, HostPattern, IdentitySettings, Inject, Limits, Title};
use countersign::base::tasks::Tasks;
use countersign::base::text::UserName;
use countersign::base::time::{Clock as _, ManualClock, Span, Timestamp};
use countersign::factors::Totp;
use countersign::factors::totp::{Algorithm, Digits, parse_seed};
use countersign::flow::admin::{Order, Reply};
use countersign::flow::admit::{Asked, Client, Outcome, Ticket};
use countersign::flow::grant::Terms;
use countersign::flow::release::{Claimed, Judged, Presented, Ready};
use countersign::flow::{Flows, Parts};
use countersign::identity::{Principal, Source};
use countersign::policy::source::{self, AppFacts, SourceFile};
use countersign::policy::success::Input;
use countersign::policy::{Facts, Held, Ruling};
use countersign::request::normalise::normalise;
use countersign::request::{Canonical, HeadRules, OwnedHeaders, RawHeader, Version};
use countersign::store::record::Records;
use countersign::store::seal::{Seal, own_key};
use countersign::store::{
    BlobError, BlobReader, BlobWriter, Changes, Commit, CommitError, Committed, Key, Part, Prefix, Row,
    Snapshot, Store, Unavailable, keys,
};

use tokio::sync::Notify;

use crate::store_contract::embedded;

const POLICIES: &str = r#"
app = "bank"
[[policy]]
id = "transfer"
match = { methods = ["POST"], path = "/transfer" }
summary = "Transfer {amount} EUR to {iban}"
show = { Amount = "{amount} EUR", To = "{iban}" }
[policy.texts.de]
summary = "{amount} EUR an {iban} überweisen"
show = { Betrag = "{amount} EUR", An = "{iban}" }
[policy.approve]
steps = [{ self = ["totp", "emergency"] }]
hold_for = "10m"
[[policy]]
id = "twice"
match = { methods = ["POST"], path = "/twice" }
summary = "Transfer {amount} EUR to {iban}"
[policy.approve]
steps = [{ self = ["totp"] }, { self = ["emergency"] }]
hold_for = "10m"
[[policy]]
id = "page"
match = { methods = ["POST"], path = "/page" }
summary = "Transfer {amount} EUR to {iban}"
[policy.approve]
steps = [{ self = ["totp"] }]
prompt = "page"
[[policy]]
id = "both-frame"
match = { methods = ["POST"], path = "/both" }
summary = "Transfer {amount} EUR to {iban}"
[policy.approve]
steps = [{ self = ["totp"] }]
prompt = "frame"
[[policy]]
id = "both-page"
match = { methods = ["POST"], path = "/both" }
summary = "Transfer {amount} EUR to {iban}"
[policy.approve]
steps = [{ self = ["totp"] }]
prompt = "page"
"#;

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// What is added can be used at once.
pub(crate) fn at_once() -> AccountSettings {
    AccountSettings { new_authenticator_after: Span::ZERO, ..AccountSettings::default() }
}

/// The flows, and what moves them.
pub(crate) struct World {
    pub(crate) flows: Flows,
    pub(crate) clock: Arc<ManualClock>,
    app: Arc<AppSettings>,
    parts: Shared,
    failing: Arc<Failure>,
    users: Arc<AtomicUsize>,
    folder: Arc<tempfile::TempDir>,
}

/// What gateways on one store have in common.
#[derive(Clone)]
struct Shared {
    store: Arc<dyn Store>,
    seal: Arc<Seal>,
    policies: Arc<arc_swap::ArcSwap<countersign::policy::PolicySet>>,
    signer: Arc<SigningKey>,
    portal: String,
    post: countersign::flow::outbox::Post,
    account: AccountSettings,
}

/// A user with what was enrolled for it.
pub(crate) struct Person {
    pub(crate) name: UserName,
    /// The id of a TOTP app called `Pixel 9`.
    pub(crate) totp: String,
}

impl Person {
    /// The same person at another request.
    pub(crate) fn again(&self) -> Self {
        Self { name: self.name.clone(), totp: self.totp.clone() }
    }
}

impl World {
    pub(crate) fn start(portal: &str) -> Self {
        Self::posting(portal, countersign::flow::outbox::Post::default())
    }

    /// One that can send messages.
    pub(crate) fn posting(portal: &str, post: countersign::flow::outbox::Post) -> Self {
        Self::keeping(portal, post, at_once())
    }

    /// One whose users may keep other things.
    pub(crate) fn keeping(
        portal: &str,
        post: countersign::flow::outbox::Post,
        account: AccountSettings,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
        let clock = Arc::new(ManualClock::new(Timestamp::parse("2026-11-21T19:50:05Z").unwrap()));
        let app = Arc::new(bank());
        let files = [SourceFile::new("bank.toml", POLICIES)];
        let policies = source::read(&files, &[AppFacts::named("bank")]).unwrap();
        let failing = Arc::new(Failure {
            all: AtomicBool::new(false),
            commits: AtomicI64::new(i64::MAX),
            lies: AtomicBool::new(false),
            shared: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            waiting: Notify::new(),
            go: Notify::new(),
        });
        let shared = Shared {
            store: Arc::new(Failing { real: Arc::new(embedded(folder.path())), failing: failing.clone() }),
            seal: Arc::new(seal(folder.path(), &entropy)),
            policies: Arc::new(arc_swap::ArcSwap::from_pointee(policies)),
            signer: Arc::new(SigningKey::generate(&*entropy).unwrap().0),
            portal: portal.to_owned(),
            post,
            account,
        };
        let flows = shared.flows(&clock, &app);
        let (users, folder) = (Arc::new(AtomicUsize::new(0)), Arc::new(folder));
        Self { flows, clock, app, parts: shared, failing, users, folder }
    }

    /// Another gateway on the same store.
    pub(crate) fn beside(&self) -> Self {
        Self {
            flows: self.parts.flows(&self.clock, &self.app),
            clock: self.clock.clone(),
            app: self.app.clone(),
            parts: self.parts.clone(),
            failing: self.failing.clone(),
            users: self.users.clone(),
            folder: self.folder.clone(),
        }
    }

    /// Lets so many commits through, and fails all further ones until it is told to work again.
    pub(crate) fn fail_after(&self, commits: i64) {
        self.failing.commits.store(commits, Ordering::SeqCst);
    }

    /// Makes every use of the store fail, or work again.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.all.store(failing, Ordering::SeqCst);
        self.failing.commits.store(i64::MAX, Ordering::SeqCst);
    }

    /// Holds the next commit back, until `meanwhile` is done.
    pub(crate) async fn hold_back(&self, meanwhile: impl Future<Output = ()>) {
        self.failing.waits.store(true, Ordering::SeqCst);
        self.failing.waiting.notified().await;
        meanwhile.await;
        self.failing.go.notify_one();
    }

    /// Makes commits that say they failed and did not.
    pub(crate) fn lie(&self, lies: bool) {
        self.failing.lies.store(lies, Ordering::SeqCst);
    }

    /// Says that others may use the store.
    pub(crate) fn share(&self) {
        self.failing.shared.store(true, Ordering::SeqCst);
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    pub(crate) fn records(&self) -> Records {
        Records::new(self.parts.seal.clone())
    }

    /// What an engine does that finds another server than the one that acknowledged its last changes.
    pub(crate) async fn fail_over(&self) {
        fail_over(self.store(), self.clock.now()).await;
    }

    /// The code that the app shows now.
    pub(crate) fn code(&self) -> String {
        let totp = Totp::new(parse_seed(SEED).unwrap(), Algorithm::Sha1, Digits::Six).unwrap();
        totp.code_at(self.clock.now())
    }

    pub(crate) async fn person(&self) -> Person {
        let number = self.users.fetch_add(1, Ordering::SeqCst);
        let name = format!("alice{number}");
        let (groups, email, phone) = (Vec::new(), None, None);
        self.order(Order::UserAdd { name: name.clone(), groups, email, phone }).await;
        let totp = self.totp(&name, "Pixel 9").await;
        Person { name: UserName::parse(&name).unwrap(), totp }
    }

    /// Enrols one more app with the same seed; its id.
    pub(crate) async fn totp(&self, name: &str, label: &str) -> String {
        let (secret, label) = (Some(SEED.to_owned()), Some(label.to_owned()));
        let order = Order::TotpAdd { name: name.to_owned(), secret, label, algorithm: None, digits: None };
        match self.order(order).await {
            Reply::Totp { id, .. } => id,
            _ => panic!("no authenticator"),
        }
    }

    /// Issues an emergency code: its id and the code.
    pub(crate) async fn emergency(&self, person: &Person) -> (String, String) {
        let (name, valid_for) = (person.name.to_string(), Some("24h".to_owned()));
        match self.order(Order::EmergencyIssue { name, uses: 1, valid_for, until: None }).await {
            Reply::Emergency { id, code, .. } => (id, code),
            _ => panic!("no code"),
        }
    }

    async fn order(&self, order: Order) -> Reply {
        let reply = self.flows.order(order, &UserName::parse("operator").unwrap()).await.unwrap();
        if let Reply::Refused { why } = &reply {
            panic!("{why}");
        }
        reply
    }

    /// A transfer that is held for `person`.
    pub(crate) async fn hold(&self, person: &Person, path: &str, client: Client) -> Ticket {
        self.hold_body(person, path, client, b"amount=5000&iban=DE89").await
    }

    /// The same, with another form.
    pub(crate) async fn hold_body(&self, person: &Person, path: &str, client: Client, body: &[u8]) -> Ticket {
        let principal = principal(person);
        let length = body.len().to_string();
        let fields = [
            ("Host", "bank.test"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Content-Length", length.as_str()),
        ];
        let parts = countersign::request::Parts {
            version: Version::Http11,
            scheme: Scheme::Http,
            method: b"POST",
            target: path.as_bytes(),
            authority: None,
            headers: fields
                .iter()
                .map(|(name, value)| RawHeader { name: name.as_bytes(), value: value.as_bytes() }),
        };
        let owned = OwnedHeaders::new([] as [&str; 0], []);
        let head = normalise(&parts, &HeadRules { owned, dialect: Dialect::default() }).unwrap();
        let mut spool = self.flows.spool(&self.app, Some(&head.content));
        spool.push(body).await.unwrap();
        let body = spool.finish().await.unwrap();
        let ruling: Held = match self.flows.policies().for_app("bank").unwrap().rule(&Facts {
            method: "POST",
            host: "bank.test",
            path,
            query: head.targets.only().unwrap().query.as_ref().unwrap(),
            body: body.fields.as_ref(),
            cookies: None,
            headers: &[],
            content_type: head.content.media_type(),
            user: person.name.as_str(),
            groups: &[],
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            now: self.clock.now(),
        }) {
            Ruling::Hold(ruling) => ruling,
            other => panic!("{other:?}"),
        };
        let canonical = Canonical::new(head, body.sha256, body.length);
        let origin = "http://bank.test".parse().unwrap();
        let (app, terms) = (self.app.clone(), Terms::default());
        let input = Input::default();
        let asked = Asked { app, origin, canonical, principal, ruling, body, client, terms, input };
        match self.flows.hold(asked).await.unwrap() {
            Outcome::Held(ticket) => *ticket,
            _ => panic!("not held"),
        }
    }

    /// Claims an approved request that a script made, as the forwarder does before it sends.
    pub(crate) async fn claim(&self, person: &Person, ticket: &Ticket) {
        assert!(self.claims(person, ticket).await, "not ready");
    }

    /// The same; whether it was the one to claim it.
    pub(crate) async fn claims(&self, person: &Person, ticket: &Ticket) -> bool {
        match self.ready(person, ticket).await {
            Some(ready) => self.take(person, ready).await.unwrap().is_some(),
            None => false,
        }
    }

    /// What can be claimed.
    pub(crate) async fn ready(&self, person: &Person, ticket: &Ticket) -> Option<Ready> {
        self.try_ready(person, ticket).await.unwrap()
    }

    /// The same, where it may be refused.
    pub(crate) async fn try_ready(
        &self,
        person: &Person,
        ticket: &Ticket,
    ) -> Result<Option<Ready>, countersign::flow::Unavailable> {
        let presented = Presented::Script { secret: &ticket.secret };
        let principal = principal(person);
        let judged =
            self.flows.judge_release("bank", ticket.id, &principal, presented, "POST", "/transfer").await;
        Ok(match judged? {
            Judged::Ready(ready) => Some(*ready),
            _ => None,
        })
    }

    /// The answer that was kept.
    pub(crate) async fn kept(
        &self,
        person: &Person,
        ticket: &Ticket,
    ) -> Option<countersign::flow::kept::Kept> {
        let claim = countersign::flow::prompt::Claim::Secret(&ticket.secret);
        self.flows.kept("bank", ticket.id, &principal(person), claim).await.unwrap()
    }

    /// Claims that.
    pub(crate) async fn take(
        &self,
        person: &Person,
        ready: Ready,
    ) -> Result<Option<Claimed>, countersign::flow::Unavailable> {
        self.flows.claim(ready, &principal(person)).await
    }

    /// How many audit entries are of this kind, and hold this text.
    pub(crate) async fn audited(&self, kind: &str, text: &str) -> usize {
        let Reply::Audit { lines } = self.order(Order::AuditList { from: 1, limit: 1000 }).await else {
            panic!("no log")
        };
        let kind = format!("\"kind\":\"{kind}\"");
        lines.iter().filter(|line| line.contains(&kind) && line.contains(text)).count()
    }
}

/// Raises the epoch of a store.
pub(crate) async fn fail_over(store: &dyn Store, now: Timestamp) {
    let key = keys::gateway("epoch");
    let found = store.get(&key).await.unwrap();
    let epoch = found.as_ref().map_or_else(Epoch::default, |row| Epoch::parse(&row.value).unwrap());
    let next = epoch.raised(now).to_string().into_bytes();
    store.commit(Commit::new().put(key, found.as_ref(), next, None)).await.unwrap();
}

impl Shared {
    fn flows(&self, clock: &Arc<ManualClock>, app: &Arc<AppSettings>) -> Flows {
        Flows::new(Parts {
            store: self.store.clone(),
            seal: self.seal.clone(),
            clock: clock.clone(),
            entropy: Arc::new(OsEntropy),
            policies: self.policies.clone(),
            apps: vec![app.clone()],
            whoami: std::collections::HashMap::new(),
            trusted: countersign::base::net::TrustedPeers::default(),
            limits: Limits::default(),
            portal: self.portal.parse().unwrap(),
            signer: self.signer.clone(),
            post: self.post.clone(),
            account: self.account.clone(),
            push: None,
            tasks: Tasks::default(),
        })
    }
}

fn bank() -> AppSettings {
    AppSettings {
        name: "bank".into(),
        title: Title::new(None, vec![(Language::German, "Hausbank".to_owned())]),
        hosts: vec![HostPattern("bank.test".parse().unwrap())],
        upstreams: Vec::new(),
        origins: Vec::new(),
        inspect_body: 8 << 20,
        hold_body: 10 << 20,
        identity: IdentitySettings::Header { user: "x-forwarded-user".into(), groups: None },
        login_paths: Vec::new(),
        pass_headers: Vec::new(),
        dialect: Dialect::default(),
        inject: Inject::Auto,
        inject_limit: 4 << 20,
    }
}

fn principal(person: &Person) -> Principal {
    Principal { user: person.name.clone(), groups: Vec::new(), source: Source::Header }
}

fn seal(folder: &Path, entropy: &Arc<dyn Entropy>) -> Seal {
    Seal::new(vec![own_key(folder, &**entropy).unwrap()], entropy.clone()).unwrap()
}

/// The embedded store, out of reach while told so.
struct Failing {
    real: Arc<dyn Store>,
    failing: Arc<Failure>,
}

struct Failure {
    all: AtomicBool,
    /// How many more commits work.
    commits: AtomicI64,
    /// Whether a commit that worked says that it did not.
    lies: AtomicBool,
    shared: AtomicBool,
    /// Whether the next commit waits, whether it does, and that it may go on.
    waits: AtomicBool,
    waiting: Notify,
    go: Notify,
}

impl Failing {
    fn check(&self) -> Result<(), Unavailable> {
        if self.failing.all.load(Ordering::SeqCst) {
            return Err(Unavailable::because("the disk of the test is gone"));
        }
        Ok(())
    }
}

#[async_trait]
impl Store for Failing {
    async fn get(&self, key: &Key) -> Result<Option<Row>, Unavailable> {
        self.check()?;
        self.real.get(key).await
    }
    async fn list(
        &self,
        prefix: &Prefix,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Vec<(Key, Row)>, Unavailable> {
        self.check()?;
        self.real.list(prefix, after, limit).await
    }
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<Key>, Unavailable> {
        self.check()?;
        self.real.due(now, limit).await
    }
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.check()?;
        if self.failing.commits.fetch_sub(1, Ordering::SeqCst) <= 0 {
            return Err(CommitError::Unavailable(Unavailable::because("the disk of the test is full")));
        }
        if self.failing.waits.swap(false, Ordering::SeqCst) {
            self.failing.waiting.notify_one();
            self.failing.go.notified().await;
        }
        let done = self.real.commit(commit).await;
        if self.failing.lies.load(Ordering::SeqCst) {
            return Err(CommitError::Unavailable(Unavailable::because("the wire of the test was cut")));
        }
        done
    }
    fn shared(&self) -> bool {
        self.failing.shared.load(Ordering::SeqCst)
    }
    fn watch(&self, key: &Key) -> Changes {
        self.real.watch(key)
    }
    async fn audit(&self, from: u64, limit: usize) -> Result<Vec<Link>, Unavailable> {
        self.check()?;
        self.real.audit(from, limit).await
    }
    async fn audit_head(&self) -> Result<Option<Head>, Unavailable> {
        self.check()?;
        self.real.audit_head().await
    }
    async fn health(&self) -> Result<(), Unavailable> {
        self.check()?;
        self.real.health().await
    }
    async fn blob_begin(&self, id: Id<Blob>) -> Result<Box<dyn BlobWriter>, Unavailable> {
        self.check()?;
        self.real.blob_begin(id).await
    }
    async fn blob_open(&self, id: Id<Blob>) -> Result<Box<dyn BlobReader>, BlobError> {
        self.check()?;
        self.real.blob_open(id).await
    }
    async fn blob_delete(&self, id: Id<Blob>) -> Result<(), Unavailable> {
        self.check()?;
        self.real.blob_delete(id).await
    }
    async fn blob_list(&self, before: Timestamp) -> Result<Vec<Id<Blob>>, Unavailable> {
        self.check()?;
        self.real.blob_list(before).await
    }
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, Unavailable> {
        self.check()?;
        self.real.snapshot().await
    }
    async fn import(&self, part: Part) -> Result<(), Unavailable> {
        self.check()?;
        self.real.import(part).await
    }
}
