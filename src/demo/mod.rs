//! Floor 5: the demonstration. A small legacy bank behind a gateway, users and authenticators made, and what to try.
//!
//! **Invariant:** the bank is an ordinary application: nothing in it knows the gateway, and the gateway here is the same that
//! `serve` runs, on a configuration file and policies that can be read in its folder.

pub mod bank;
mod postbox;
mod smtp;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::app::{self, Listeners, Machine, Running};
use crate::base::secret::Secret;
use crate::base::text::UserName;
use crate::cli::qr;
use crate::config;
use crate::factors::Totp;
use crate::factors::message::Address;
use crate::factors::totp::{Algorithm, Digits, parse_seed};
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
    let emergency = emergency(&running).await?;
    let welcome = welcome((app, prompt, mailbox_at), &path, data.is_some(), &people, &emergency)?;
    let people = people.into_iter().map(|person| (person.name, person.totp)).collect();
    Ok(Demo { running, welcome, people, _folder: folder })
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
            let mut out = std::io::stdout();
            // A terminal that is gone needs no codes.
            let _ =
                writeln!(out, "  {}   (for {left} more seconds; each code works once)", codes.join("   "));
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
        return made.into_iter().map(person).collect();
    }
    known.into_iter().map(person).collect()
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

fn person((name, uri): (String, String)) -> Result<Person, String> {
    let seed =
        uri.split("secret=").nth(1).and_then(|rest| rest.split('&').next()).ok_or("a seed cannot be read")?;
    let seed: Secret = parse_seed(seed).map_err(|error| error.to_string())?;
    let totp = Totp::new(seed, Algorithm::Sha1, Digits::Six).map_err(|error| error.to_string())?;
    Ok(Person { name, uri, totp })
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

fn welcome(
    (app, portal, mailbox): (SocketAddr, SocketAddr, SocketAddr),
    path: &Path,
    named: bool,
    people: &[Person],
    emergency: &str,
) -> Result<String, String> {
    let mut text = String::new();
    let alice = people.first().ok_or("there is no user")?;
    text.push_str(&qr::terminal(&alice.uri).ok_or("the QR code cannot be drawn")?);
    let folder = path.display();
    let at = if named { format!("the folder {folder}") } else { format!("{folder}, removed at the end") };
    text.push_str(&format!(
        "
Countersign: a small legacy bank behind the gateway.

  The bank     http://{app}            (sign in as alice, bob or carol; the password is the name)
  The portal   http://localhost:{}            (where approvals are given)
  The mailbox  http://{mailbox}            (e-mail and text messages that were sent)
  Files        {at}

Try this:
  1. Sign in as alice, Transfer, 200 EUR to DE89370400440532013000: it passes.
  2. The same with 5000 EUR: it is held. Choose \"alice's phone\", press Submit.
  3. Scan the code above with any authenticator app - or press Enter here for the current codes. Type the code, Submit.
  4. The transfer is carried out, once. Reload the page: it says what happened, and nothing happens again.
  5. Delete a payee, upload a statement, or use the script page: held as well. \"I did not do this\" rejects.
  6. The same by e-mail or text message: choose the address or number; the code is in the mailbox.
  7. Lost the phone? alice's emergency access code (3 uses, 24 hours):  {emergency}

  What happened:  countersign audit list --config {folder}/countersign.toml

Press Enter for the current codes, Ctrl-C to end.
",
        portal.port()
    ));
    Ok(text)
}
