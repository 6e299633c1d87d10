//! Floor 5: the demonstration. A small legacy bank behind a gateway, users and authenticators made, and what to try.
//!
//! **Invariant:** the bank is an ordinary application: nothing in it knows the gateway, and the gateway here is the same that
//! `serve` runs, on a configuration file and policies that can be read in its folder.

pub mod bank;
mod postbox;
mod smtp;
mod welcome;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpListener;

use crate::app::{self, Listeners, Machine, Running};
use crate::base::secret::Secret;
use crate::base::text::UserName;
use crate::config;
use crate::factors::message::Address;
use crate::factors::totp::{Algorithm, Digits, parse_seed};
use crate::factors::{Hotp, Totp};
use crate::flow::admin::otp::{HotpAdd, OtpOrder};
use crate::flow::admin::{Order, Reply};
use crate::flow::enrol_contact::{ContactBegun, ContactShown};
use crate::portal;
use bank::{Bank, BankSettings};
use postbox::Postbox;

const POLICIES: &str = include_str!("../../policies/bank.toml");
const CASES: &str = include_str!("../../policies/bank.cases.toml");
/// Who gets an authenticator; carol is of the treasury and shows a user whom a policy exempts.
const USERS: [(&str, &str); 3] = [("alice", "customers"), ("bob", "customers"), ("carol", "treasury")];

/// Whose address and number are shown to be his own from the start.
const WITH_CONTACTS: &str = "alice";

/// A running demonstration.
pub struct Demo {
    /// The gateway.
    pub running: Running,
    /// What to tell the newcomer.
    pub welcome: String,
    people: Vec<(String, Totp)>,
    /// Alice's counting token and how often its button was pressed; none on the data of an earlier run.
    token: Option<(Hotp, AtomicU64)>,
    /// Removed when the demonstration ends, unless a folder was named.
    _folder: Folder,
}

enum Folder {
    Named,
    Temporary(PathBuf),
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Temporary(path) = self
            && let Err(error) = std::fs::remove_dir_all(&path)
        {
            tracing::warn!(%error, folder = %path.display(), "a temporary folder stays behind");
        }
    }
}

/// Starts the bank and the gateway. The portal listens on the next port.
///
/// # Errors
/// Why not, for a person.
pub async fn start(listen: SocketAddr, data: Option<&Path>, machine: &Machine) -> Result<Demo, String> {
    let portal_port =
        if listen.port() == 0 { 0 } else { listen.port().checked_add(1).ok_or("the port is too high")? };
    let gateway = bind(listen).await?;
    let portal = bind(SocketAddr::new(listen.ip(), portal_port)).await?;
    let box_port =
        if listen.port() == 0 { 0 } else { listen.port().checked_add(2).ok_or("the port is too high")? };
    let here = SocketAddr::from(([127, 0, 0, 1], 0));
    let (upstream, mail) = (bind(here).await?, bind(here).await?);
    // Nobody needs to know this one beforehand: a port that is taken is no reason to stop.
    let mailbox = match bind(SocketAddr::new(listen.ip(), box_port)).await {
        Ok(mailbox) => mailbox,
        Err(_) => bind(here).await?,
    };
    let address = |listener: &TcpListener| listener.local_addr().map_err(|error| error.to_string());
    let (app, prompt, bank_at) = (address(&gateway)?, address(&portal)?, address(&upstream)?);

    let (path, folder) = folder(data, machine)?;
    let (mail_at, mailbox_at) = (address(&mail)?, address(&mailbox)?);
    write(&path, app, prompt, bank_at, (mail_at, mailbox_at))
        .map_err(|error| format!("`{}` cannot be written: {error}", path.display()))?;
    let (settings, policies) =
        config::load(&path.join("countersign.toml")).map_err(|faults| faults.human(100, false))?;

    let entropy = machine.entropy.clone();
    let random = Arc::new(move || {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        bytes
    });
    let bank = Bank::new(BankSettings::default(), random);
    let listeners = Listeners { http: vec![gateway], https: Vec::new(), portal: Some(portal), admin: None };
    let running =
        app::start(&settings, policies, listeners, machine).await.map_err(|error| error.to_string())?;
    let stop = running.flows.tasks().clone();
    running.flows.tasks().spawn("bank", async move {
        if let Err(error) = bank::serve(upstream, bank, async move { stop.stopping().await }).await {
            tracing::error!(%error, "the bank stopped");
        }
    });

    let postbox = Arc::new(Postbox::default());
    let tasks = running.flows.tasks().clone();
    tasks.spawn("demo mail", smtp::serve(mail, postbox.clone(), tasks.clone()));
    tasks.spawn("demo mailbox", portal::serve(mailbox, postbox::router(postbox.clone()), tasks.clone()));

    let people = enrol(&running, &path, &postbox).await?;
    let token = token(&running, &people).await?;
    let invitation = invitation(&running).await?;
    let emergency = emergency(&running).await?;
    let welcome = welcome::text(
        (app, prompt, mailbox_at),
        (&path, data.is_some()),
        &people,
        (&invitation, &emergency),
    )?;
    let people = people.into_iter().map(|person| (person.name, person.totp)).collect();
    let token = token.map(|token| (token, AtomicU64::new(0)));
    Ok(Demo { running, welcome, people, token, _folder: folder })
}

impl Demo {
    /// Prints the current codes whenever Enter is pressed; for ever.
    pub async fn codes(&self, machine: &Machine) {
        use tokio::io::AsyncBufReadExt as _;
        let mut lines = tokio::io::BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(_)) = lines.next_line().await {
            let now = machine.clock.now();
            let left = 30 - now.seconds().rem_euclid(30);
            let codes: Vec<String> =
                self.people.iter().map(|(name, totp)| format!("{name} {}", totp.code_at(now))).collect();
            let pressed = self.token.as_ref().map(|(token, pressed)| {
                format!("   alice's token {}", token.code(pressed.fetch_add(1, Ordering::Relaxed)))
            });
            let mut out = std::io::stdout();
            // A terminal that is gone needs no codes.
            let _ = writeln!(
                out,
                "  {}   (for {left} more seconds; each code works once){}",
                codes.join("   "),
                pressed.unwrap_or_default()
            );
        }
        // No terminal: the demonstration runs until it is told to stop.
        std::future::pending::<()>().await;
    }

    /// The authenticators of the demonstration's users.
    pub fn people(&self) -> impl Iterator<Item = (&str, &Totp)> {
        self.people.iter().map(|(name, totp)| (name.as_str(), totp))
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|error| {
        format!("cannot listen on {address}: {error}; choose another with --listen 127.0.0.1:PORT")
    })
}

fn folder(data: Option<&Path>, machine: &Machine) -> Result<(PathBuf, Folder), String> {
    let (path, folder) = match data {
        Some(path) => (path.to_owned(), Folder::Named),
        None => {
            let name = crate::base::secret::random_credential(machine.entropy.as_ref());
            let path = std::env::temp_dir()
                .join(format!("countersign-demo-{}", name.chars().take(12).collect::<String>()));
            (path.clone(), Folder::Temporary(path))
        }
    };
    std::fs::create_dir_all(path.join("policies"))
        .map_err(|error| format!("`{}` cannot be made: {error}", path.display()))?;
    Ok((path, folder))
}

fn write(
    path: &Path,
    app: SocketAddr,
    portal: SocketAddr,
    bank: SocketAddr,
    (mail, mailbox): (SocketAddr, SocketAddr),
) -> std::io::Result<()> {
    let text = format!(
        r#"policies = "policies"

[server]
http = ["{app}"]
data_dir = "data"

[portal]
url = "http://localhost:{}"
listen = "{portal}"

[[app]]
name = "bank"
hosts = ["127.0.0.1"]
upstream = "http://{bank}"
[app.identity]
source = "whoami"
path = "/api/account"
user = {{ json = "/user/name" }}
groups = {{ json = "/user/groups" }}
session = ["bank_session"]
cache = "30s"

# The demonstration's own mailbox and telephone, which keep what they are given.
[mail]
url = "smtp://{mail}"
protection = "none"
from = "approve@bank.example"
from_name = "Demo bank approvals"

[sms]
url = "http://127.0.0.1:{}/sms"
form = {{ to = "{{to}}", text = "{{text}}" }}
prefixes = ["+41"]

[tenant.default]
email_codes = true
sms_codes = true

# So that what is added can be tried at once. Leave it out elsewhere: a new authenticator then confirms nothing for an hour.
new_authenticator_after = "0s"

# What the helpdesk may ask on the telephone: `countersign user question alice` checks an answer.
[tenant.default.questions]
ask = true
list = [
    "What was the first concert that you went to?",
    {{ text = "Who taught you to swim?", texts = {{ de = "Wer hat Ihnen das Schwimmen beigebracht?" }} }},
]
"#,
        portal.port(),
        mailbox.port()
    );
    std::fs::write(path.join("countersign.toml"), text)?;
    std::fs::write(path.join("policies/bank.toml"), POLICIES)?;
    std::fs::write(path.join("policies/bank.cases.toml"), CASES)
}

struct Person {
    name: String,
    uri: String,
    totp: Totp,
    /// Whether it was made by this run.
    new: bool,
}

/// Makes the users, or finds those of an earlier run; the demonstration keeps its seeds in its folder to be able to print codes.
async fn enrol(running: &Running, path: &Path, postbox: &Postbox) -> Result<Vec<Person>, String> {
    let (file, operator) = (path.join("data/demo-seeds.json"), operator()?);
    let known: Vec<(String, String)> = match std::fs::read_to_string(&file) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| format!("`{}`: {error}", file.display()))?,
        Err(_) => Vec::new(),
    };
    if known.is_empty() {
        let mut made = Vec::new();
        for (name, group) in USERS {
            let (name, email) = (name.to_owned(), Some(format!("{name}@example.com")));
            let add =
                Order::UserAdd { name: name.clone(), groups: vec![group.to_owned()], email, phone: None };
            order(running, add, &operator).await?;
            if name == WITH_CONTACTS {
                contacts(running, &name, postbox).await?;
            }
            let label = Some(format!("{name}'s phone"));
            let add =
                Order::TotpAdd { name: name.clone(), secret: None, label, algorithm: None, digits: None };
            match order(running, add, &operator).await? {
                Reply::Totp { uri, .. } => made.push((name, uri)),
                _ => return Err("the authenticator could not be made".to_owned()),
            }
        }
        keep(&file, &made).map_err(|error| format!("`{}` cannot be written: {error}", file.display()))?;
        return made.into_iter().map(|one| person(one, true)).collect();
    }
    known.into_iter().map(|one| person(one, false)).collect()
}

/// The way of every user: a code goes to the address and comes back.
async fn contacts(running: &Running, name: &str, postbox: &Postbox) -> Result<(), String> {
    let user = UserName::parse(name).map_err(|error| error.to_string())?;
    let mail = Address::email(&format!("{name}@example.com")).map_err(|error| error.to_string())?;
    let phone = Address::phone("+41791234567").map_err(|error| error.to_string())?;
    for to in [mail, phone] {
        let begun = running.flows.contact_begin(&user, &to).await.map_err(|error| error.to_string())?;
        let ContactBegun::Sent { id, .. } = begun else { return Err(format!("{to:?} cannot be added")) };
        let code = postbox.code_for(to.as_str()).await.ok_or("no message came")?;
        let shown = running.flows.contact_finish(&user, id, &code, None).await;
        match shown.map_err(|error| error.to_string())? {
            ContactShown::Enrolled(_) => {}
            ContactShown::Wrong { .. } | ContactShown::Gone => return Err("the code was refused".to_owned()),
        }
    }
    Ok(())
}

fn keep(file: &Path, made: &[(String, String)]) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut out =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
    out.write_all(serde_json::to_string(made).map_err(std::io::Error::from)?.as_bytes())
}

fn person((name, uri): (String, String), new: bool) -> Result<Person, String> {
    let totp = Totp::new(seed(&uri)?, Algorithm::Sha1, Digits::Six).map_err(|error| error.to_string())?;
    Ok(Person { name, uri, totp, new })
}

fn seed(uri: &str) -> Result<Secret, String> {
    let seed =
        uri.split("secret=").nth(1).and_then(|rest| rest.split('&').next()).ok_or("a seed cannot be read")?;
    parse_seed(seed).map_err(|error| error.to_string())
}

/// A hardware token for alice. Its button is Enter in the terminal, so it is of use in the run that makes it only.
async fn token(running: &Running, people: &[Person]) -> Result<Option<Hotp>, String> {
    if !people.iter().all(|person| person.new) {
        return Ok(None);
    }
    let add = HotpAdd {
        name: "alice".to_owned(),
        secret: None,
        label: Some("alice's token".to_owned()),
        algorithm: None,
        digits: None,
        counter: None,
        look_ahead: None,
    };
    match order(running, Order::Otp { otp: OtpOrder::HotpAdd(add) }, &operator()?).await? {
        Reply::Totp { uri, .. } => {
            Hotp::new(seed(&uri)?, Algorithm::Sha1, Digits::Six).map(Some).map_err(|error| error.to_string())
        }
        _ => Err("the token could not be made".to_owned()),
    }
}

/// The address with which alice sets a password for the portal.
async fn invitation(running: &Running) -> Result<String, String> {
    let invite = Order::UserInvite { name: "alice".to_owned(), valid_for: None };
    match order(running, invite, &operator()?).await? {
        Reply::Invitation { link, .. } => Ok(link),
        _ => Err("alice could not be invited".to_owned()),
    }
}

async fn emergency(running: &Running) -> Result<String, String> {
    let issue = Order::EmergencyIssue {
        name: "alice".to_owned(),
        uses: 3,
        valid_for: Some("24h".to_owned()),
        until: None,
    };
    match order(running, issue, &operator()?).await? {
        Reply::Emergency { code, .. } => Ok(code),
        _ => Err("the emergency access code could not be made".to_owned()),
    }
}

fn operator() -> Result<UserName, String> {
    UserName::parse("demo").map_err(|error| error.to_string())
}

async fn order(running: &Running, order: Order, operator: &UserName) -> Result<Reply, String> {
    match running.flows.order(order, operator).await {
        Ok(Reply::Refused { why }) => Err(why),
        Ok(reply) => Ok(reply),
        Err(error) => Err(error.to_string()),
    }
}
