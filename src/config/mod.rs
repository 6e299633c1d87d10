//! Floor 5: from `countersign.toml` and the folder of policies to the settings of every room, or to all faults at once.
//!
//! [`load`] is called by `serve`, `check` and the administrative commands; [`policies`] again whenever the folder changes.
//!
//! **Invariant:** no room imports this one; it hands out `base::settings` and a `PolicySet`.
//! **Invariant:** a configuration with one fault starts nothing, and a set of policies with one fault replaces nothing.

mod account;
mod apps;
pub mod cases;
mod dialect;
mod faults;
mod inject;
mod messages;
mod push;
mod secret;
mod server;
mod snapshot;
mod store;
mod tenant;
mod theme;
mod title;
pub mod url;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::base::net::TrustedPeers;
use crate::base::settings::account::AccountSettings;
use crate::base::settings::messages::Messages;
use crate::base::settings::{
    AppSettings, CertificateFiles, Limits, PortalSettings, PushSettings, SealKey, StoreSettings, Timeouts,
};
use crate::policy::PolicySet;
use crate::policy::source::table::{Reader, Table};
use crate::policy::source::{self, AppFacts, Fault, Severity, SourceFile};
pub use faults::Faults;
pub use snapshot::Snapshot;

/// Everything a server is started with.
#[derive(Debug)]
pub struct Settings {
    /// Plain listeners.
    pub http: Vec<SocketAddr>,
    /// Listeners with TLS.
    pub https: Vec<SocketAddr>,
    /// The listener for health and metrics.
    pub admin: Option<SocketAddr>,
    /// Peers that may speak for a client.
    pub trusted: TrustedPeers,
    /// Where the store, bodies, keys and the control socket are.
    pub data_dir: PathBuf,
    /// Certificates, chosen by server name.
    pub certificates: Vec<CertificateFiles>,
    /// Which store, and how it is reached.
    pub store: StoreSettings,
    /// Keys that seal at rest, the first for new records; empty when one is to be made in `data_dir`.
    pub seal_keys: Vec<SealKey>,
    /// The portal.
    pub portal: PortalSettings,
    /// The applications, at least one.
    pub apps: Vec<AppSettings>,
    /// How much may be held, and how often a user may be wrong.
    pub limits: Limits,
    /// How long peers are waited for.
    pub timeouts: Timeouts,
    /// How many connections may wait for a decision at a time.
    pub waiting: u32,
    /// How phones are woken; `None` leaves them to ask by themselves.
    pub push: Option<PushSettings>,
    /// How messages leave, and what the tenant turns on.
    pub messages: Messages,
    /// What the tenant lets its users keep.
    pub account: AccountSettings,
    /// The folder of policies, to watch and reload.
    pub policies_dir: PathBuf,
}

impl Settings {
    /// What reading policies must know of the applications.
    pub fn facts(&self) -> Vec<AppFacts> {
        let disabled = messages::disabled(self.messages.tenant);
        self.apps.iter().map(|app| AppFacts { disabled: disabled.clone(), ..AppFacts::of(app) }).collect()
    }
}

/// Reads a configuration file and its policies.
///
/// # Errors
/// Every fault of every file.
pub fn load(path: &Path) -> Result<(Settings, PolicySet), Faults> {
    let name = path.display().to_string();
    let text = read(path).map_err(|reason| {
        let fault = SourceFile::new(name.clone(), "").fault(format!("`{name}` cannot be read: {reason}"));
        Faults::new(vec![fault.help("name the configuration file with `--config`")])
    })?;
    let file = SourceFile::new(name, text);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut reader = Reader::new(&file);
    let Some(document) = reader.parse() else { return Err(Faults::new(reader.into_faults())) };
    let root = Table::root(&document);
    reader.only(
        root,
        &[
            "policies", "server", "store", "portal", "app", "limits", "timeouts", "push", "mail", "sms",
            "tenant",
        ],
    );

    let server = server::server(&mut reader, root, folder);
    let (store, seal_keys) = store::store(&mut reader, root, folder);
    let mut portal = server::portal(&mut reader, root, &server);
    let limits = server::limits(&mut reader, root);
    let timeouts = server::timeouts(&mut reader, root);
    let push = push::push(&mut reader, root);
    let tenant = tenant::tenant(&mut reader, root);
    let messages = messages::messages(&mut reader, root, tenant, folder);
    let account = account::account(&mut reader, tenant);
    let theme = theme::theme(&mut reader, tenant, folder);
    if let Some(portal) = &mut portal {
        portal.theme = theme;
    }
    let disabled = messages::disabled(messages.tenant);
    let mut apps = apps::apps(&mut reader, root, &server, portal.as_ref());
    for facts in &mut apps.facts {
        facts.disabled.clone_from(&disabled);
    }
    let policies = policy_folder(&mut reader, root, folder, &apps.facts);

    let (mut faults, warnings): (Vec<Fault>, Vec<Fault>) =
        reader.into_faults().into_iter().partition(|fault| fault.severity() == Severity::Fault);
    let (policies_dir, set) = match policies {
        Some((policies_dir, Ok(set))) => (Some(policies_dir), Some(set)),
        Some((_, Err(more))) => {
            faults.extend(more);
            (None, None)
        }
        None => (None, None),
    };
    match (portal, policies_dir, set) {
        (Some(portal), Some(policies_dir), Some(set)) if faults.is_empty() => {
            let settings = Settings {
                http: server.http,
                https: server.https,
                admin: server.admin,
                trusted: server.trusted,
                data_dir: server.data_dir,
                certificates: server.certificates,
                store,
                seal_keys,
                portal,
                apps: apps.settings,
                limits,
                timeouts,
                waiting: server.waiting,
                push,
                messages,
                account,
                policies_dir,
            };
            Ok((settings, set.warned(warnings)))
        }
        _ => {
            faults.extend(warnings);
            Err(Faults::new(faults))
        }
    }
}

/// Reads a folder of policies again, for the configured applications.
///
/// # Errors
/// Every fault of every file; the set in force should stay then.
pub fn policies(folder: &Path, apps: &[AppFacts]) -> Result<PolicySet, Faults> {
    Snapshot::take(folder).policies(apps)
}

type Read = (PathBuf, Result<PolicySet, Vec<Fault>>);

fn policy_folder(reader: &mut Reader<'_>, root: Table<'_>, folder: &Path, apps: &[AppFacts]) -> Option<Read> {
    let (text, at) =
        reader.required(root, "policies", "name the folder of policies, e.g. `policies = \"policies\"`")?;
    let policies_dir = folder.join(text);
    let (files, mut faults) = policy_files(&policies_dir)
        .map_err(|reason| {
            let message = format!(
                "the folder `{}` cannot be read: {}",
                policies_dir.display(),
                lower(&reason.to_string())
            );
            reader.fault(at.clone(), message, "paths are relative to the configuration file");
        })
        .ok()?;
    if files.is_empty() && faults.is_empty() {
        let message = format!("there is no policy in `{}`", policies_dir.display());
        reader.fault(at, message, "add a file that ends with `.toml`; without a policy nothing is ever held");
    }
    match source::read(&files, apps) {
        Ok(set) if faults.is_empty() => Some((policies_dir, Ok(set))),
        Ok(_) => Some((policies_dir, Err(faults))),
        Err(more) => {
            faults.extend(more);
            Some((policies_dir, Err(faults)))
        }
    }
}

/// The policy files of a folder in order of name, without test tables, and the faults of those that cannot be read.
fn policy_files(folder: &Path) -> std::io::Result<(Vec<SourceFile>, Vec<Fault>)> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if is_toml && !name.ends_with(".cases.toml") && !name.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.display().to_string();
        match read(&path) {
            Ok(text) => files.push(SourceFile::new(name, text)),
            Err(reason) => {
                faults.push(SourceFile::new(name, "").fault(format!("the file cannot be read: {reason}")));
            }
        }
    }
    Ok((files, faults))
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|error| lower(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn lower(message: &str) -> String {
    let message = message.split(" (os error").next().unwrap_or_default();
    let mut chars = message.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
