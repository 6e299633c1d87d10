//! Looks at everything a configuration needs: store, disk, applications, mail, text messages, clock, and who can satisfy the policies.
//!
//! **Invariant:** nothing is changed but what any command makes that opens the store, nothing is sent to anybody, and each look ends in time.
//! Where a server runs, store and policies are its own findings, through the control socket.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use super::control::{LocalDesk, SocketDesk};
use super::{Machine, control};
use crate::base::settings::{StoreSettings, Upstream, UpstreamScheme};
use crate::base::tasks::Tasks;
use crate::base::time::{Span, Timestamp};
use crate::cli::desk::Desk;
use crate::config::Settings;
use crate::connect::probe;
use crate::flow::admin::doctor::Finding;
use crate::flow::admin::{Order, Reply};
use crate::notify::mail::Mail;
use crate::policy::PolicySet;

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How far clocks may be apart: half a step of TOTP is lost beyond.
const SKEW: Span = Span::from_secs(30);

/// Less free space than this is a warning, in MiB.
const LITTLE: u64 = 1024;
/// Less than this is a fault.
const NONE: u64 = 64;

/// All findings, in the order of the configuration.
pub async fn examine(settings: &Settings, policies: PolicySet, machine: &Machine) -> Vec<Finding> {
    let mut found = stored(settings, policies, machine).await;
    found.push(disk(&settings.data_dir).await);
    let roots = Arc::new(super::roots());
    let mut dates = Vec::new();
    for app in &settings.apps {
        for upstream in &app.upstreams {
            let name = named(&app.name, upstream);
            match probe::ask(upstream, roots.clone(), PATIENCE).await {
                Ok(answered) => {
                    found.push(Finding::ok(&name, "answers"));
                    dates.extend(answered.date.map(|date| (name, date, machine.clock.now())));
                }
                Err(why) => found.push(reached(name, upstream, &why).await),
            }
        }
    }
    found.extend(clocks(&dates));
    if let Some(mail) = &settings.messages.mail {
        let check = format!("mail {}:{}", mail.host, mail.port);
        let looked = match Mail::new(mail) {
            Ok(mail) => mail.reach().await.map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        found.push(match looked {
            Ok(()) => Finding::ok(check, "greets, and takes the login where there is one"),
            Err(why) => {
                Finding::fault(check, why, "compare `[mail]` with the server: host, port, `tls`, login")
            }
        });
    }
    if let Some(sms) = &settings.messages.sms {
        found.push(gateway(&sms.url).await);
    }
    found
}

async fn stored(settings: &Settings, policies: PolicySet, machine: &Machine) -> Vec<Finding> {
    let tasks = Tasks::default();
    let (server, desk): (Finding, Box<dyn Desk>) = if super::is_running(&settings.data_dir).await {
        let desk = SocketDesk(control::path(&settings.data_dir));
        (Finding::ok("server", "runs on this data folder"), Box::new(desk))
    } else {
        match super::open(settings, policies, machine, &tasks).await {
            Ok(flows) => (Finding::ok("server", "none runs on this data folder"), Box::new(LocalDesk(flows))),
            Err(error) => {
                let advice = match settings.store {
                    StoreSettings::Embedded => {
                        "look at the data folder: its owner, its mount, its `seal.key`"
                    }
                    StoreSettings::Redis(_) => {
                        "look at the server that `[store]` names, and at the seal keys"
                    }
                };
                return vec![Finding::fault("store", error.to_string(), advice)];
            }
        }
    };
    let answer = tokio::time::timeout(PATIENCE * 6, desk.order(Order::Doctor)).await;
    tasks.stop(PATIENCE).await;
    let mut found = vec![server];
    match answer {
        Ok(Ok(Reply::Doctor { findings })) => found.extend(findings),
        Ok(Ok(_)) => found.push(Finding::fault("store", "the server answers otherwise", "restart it")),
        Ok(Err(why)) => found.push(Finding::fault("store", why.to_string(), "look at the server's log")),
        Err(_) => found.push(Finding::fault("store", "no answer in time", "look at the server's log")),
    }
    found
}

fn named(app: &str, upstream: &Upstream) -> String {
    let scheme = match upstream.scheme {
        UpstreamScheme::Http => "http",
        UpstreamScheme::Https => "https",
        UpstreamScheme::H2c => "h2c",
    };
    format!("upstream {app} {scheme}://{}:{}", upstream.host, upstream.port)
}

/// Of an application that gave no answer: whether it can be connected to.
async fn reached(check: String, upstream: &Upstream, why: &str) -> Finding {
    if connects(&upstream.host, upstream.port).await.is_ok() {
        let advice =
            "check the scheme of `upstream`, and its certificate: the machine's authorities must know it";
        Finding::fault(check, format!("takes connections and does not answer: {why}"), advice)
    } else {
        Finding::fault(check, why, "start the application, or correct `upstream`")
    }
}

async fn connects(host: &str, port: u16) -> Result<(), String> {
    match tokio::time::timeout(PATIENCE, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no connection in time".to_owned()),
    }
}

fn clocks(dates: &[(String, Timestamp, Timestamp)]) -> Option<Finding> {
    let apart = |date: Timestamp, now: Timestamp| date.since(now).max(now.since(date));
    let (name, date, now) = dates.iter().max_by_key(|(_, date, now)| apart(*date, *now))?;
    let seen = format!("{} away from the clock of {name}", apart(*date, *now));
    Some(if apart(*date, *now) > SKEW {
        let advice = "keep both by NTP: time-based codes are accepted for one step of 30 seconds either way";
        Finding::warning("clock", seen, advice)
    } else {
        Finding::ok("clock", seen)
    })
}

/// The host of the gateway for text messages; nothing is sent.
async fn gateway(url: &str) -> Finding {
    // Placeholders stand behind the host only.
    let Some((host, port)) = url::Url::parse(url).ok().and_then(|url| {
        Some((url.host_str()?.trim_matches(['[', ']']).to_owned(), url.port_or_known_default()?))
    }) else {
        return Finding::fault("sms", "its address cannot be read", "correct `url` under `[sms]`");
    };
    let check = format!("sms {host}:{port}");
    match connects(&host, port).await {
        Ok(()) => Finding::ok(check, "takes connections"),
        Err(why) => Finding::fault(check, why, "correct `url` under `[sms]`, or open the way to it"),
    }
}

/// Free space, as `df` of POSIX tells it.
async fn disk(data_dir: &Path) -> Finding {
    let check = format!("disk {}", data_dir.display());
    let folder = data_dir.to_owned();
    let asking = move || {
        std::process::Command::new("df").arg("-P").arg("-k").arg(folder).stdin(Stdio::null()).output()
    };
    let text = match tokio::time::timeout(PATIENCE, tokio::task::spawn_blocking(asking)).await {
        Ok(Ok(Ok(told))) => String::from_utf8(told.stdout).unwrap_or_default(),
        Ok(Ok(Err(_)) | Err(_)) | Err(_) => String::new(),
    };
    let free = text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)?.parse::<u64>().ok());
    let Some(free) = free.map(|kib| kib / 1024) else {
        return Finding::warning(check, "how much is free cannot be told", "look with `df`");
    };
    let seen = format!("{free} MiB free");
    match free {
        0..NONE => Finding::fault(check, seen, "make room: when it is full, guarded requests are refused"),
        NONE..LITTLE => Finding::warning(check, seen, "make room: bodies of held requests are kept there"),
        LITTLE.. => Finding::ok(check, seen),
    }
}
