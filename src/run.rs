//! Floor 5: runs one command of the command line in this process: `serve`, `demo`, `check`, `policy`, or an order to the desk.
//!
//! An order goes to the running server where there is one, else to the store itself. Called by `main`.

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, filter, fmt};

use crate::app::control::{LocalDesk, SocketDesk};
use crate::app::{self, Listeners, Machine, Running, control};
use crate::base::entropy::OsEntropy;
use crate::base::tasks::Tasks;
use crate::base::time::SystemClock;
use crate::cli::desk::{self, Console, Desk};
use crate::cli::store::{StoreAction, StoreArgs};
use crate::cli::{self, Cli, Command};
use crate::config::{self, Settings};
use crate::demo;
use crate::policy::PolicySet;

/// How long a server that is told to stop lets exchanges end.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a command to its end.
pub fn run(cli: &Cli) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}")),
    };
    match &cli.command {
        Command::Check(args) => {
            let mut out = std::io::stdout().lock();
            match cli::check::run(&args.config.config, args.format, args.deny_warnings, false, &mut out) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(error) => complain(&error.to_string()),
            }
        }
        Command::Policy(args) if !args.action.needs_store() => {
            let mut out = std::io::stdout().lock();
            match cli::policy::run(args, &machine().clock, &mut out) {
                Ok(true) => ExitCode::SUCCESS,
                Ok(false) => ExitCode::FAILURE,
                Err(error) => complain(&error.to_string()),
            }
        }
        Command::Serve(args) => {
            log("info");
            runtime.block_on(serve(&args.config.config, args.upgrade))
        }
        Command::Demo(args) => {
            log("warn");
            runtime.block_on(show(args))
        }
        Command::Doctor(args) => {
            log("error");
            runtime.block_on(examine(&args.config.config, args.json))
        }
        Command::Store(StoreArgs { config, action: StoreAction::Restore { file } }) => {
            log("warn");
            runtime.block_on(restore(&config.config, file))
        }
        Command::Policy(_)
        | Command::User(_)
        | Command::Token(_)
        | Command::Emergency(_)
        | Command::Audit(_)
        | Command::Receipt(_)
        | Command::Store(_) => {
            log("warn");
            runtime.block_on(order(&cli.command))
        }
    }
}

/// The machine the product runs on.
fn machine() -> Machine {
    Machine { clock: Arc::new(SystemClock::default()), entropy: Arc::new(OsEntropy) }
}

/// Logs to standard error; `RUST_LOG` sets how much, `COUNTERSIGN_LOG=json` the form.
///
/// THREAT: below warnings, libraries log what passes through them, heads and bodies with their cookies and credentials
/// (`tests/it/secrets.rs`). So `RUST_LOG=trace` opens our own rooms only; of Pingora and all others warnings are heard.
#[expect(clippy::disallowed_methods, reason = "how a process logs is a matter of its environment")]
fn log(usual: &str) {
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let ours = filter::filter_fn(|about| {
        *about.level() <= LevelFilter::WARN
            || about.target().split("::").next() == Some(env!("CARGO_PKG_NAME"))
    });
    let json = std::env::var("COUNTERSIGN_LOG").is_ok_and(|form| form == "json");
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = if json { lines.json().boxed() } else { lines.boxed() };
    let set = tracing_subscriber::registry().with(wanted).with(ours).with(lines).try_init();
    // A second logger in one process: the first stays.
    drop(set);
}

fn complain(why: &str) -> ExitCode {
    // Nothing can be done about a standard error that is closed.
    let _ = writeln!(std::io::stderr(), "countersign: {why}");
    ExitCode::FAILURE
}

fn load(path: &Path) -> Result<(Settings, PolicySet), ExitCode> {
    config::load(path).map_err(|faults| {
        let _ = write!(std::io::stderr(), "{}", faults.human(100, false));
        ExitCode::FAILURE
    })
}

async fn serve(path: &Path, upgrade: bool) -> ExitCode {
    let (settings, policies) = match load(path) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    for warning in config::Faults::warnings(&policies).lines() {
        tracing::warn!("{warning}");
    }
    let started = async {
        let mut before = if upgrade { app::upgrade::take(&settings.data_dir).await? } else { None };
        let listeners = match &mut before {
            Some(before) => before.listeners(&settings).await?,
            None => Listeners::bind(&settings).await?,
        };
        app::start_after(&settings, policies, listeners, &machine(), before).await
    };
    match started.await {
        Ok(running) => {
            let (http, https) = (addresses(&running.http), addresses(&running.https));
            let (listen, admin) = (addresses(running.portal.as_slice()), addresses(running.admin.as_slice()));
            tracing::info!(http, https, portal = %settings.portal.origin, portal_listen = listen, admin, "serving");
            until_told(running).await
        }
        Err(error) => complain(&error.to_string()),
    }
}

fn addresses(of: &[SocketAddr]) -> String {
    of.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

async fn show(args: &cli::DemoArgs) -> ExitCode {
    let machine = machine();
    match demo::start(args.listen, args.data.as_deref(), &machine).await {
        Ok(demo) => {
            let mut out = std::io::stdout();
            let _ = out.write_all(demo.welcome.as_bytes());
            let _ = out.flush();
            let code = tokio::select! {
                code = told() => code,
                () = demo.codes(&machine) => ExitCode::SUCCESS,
            };
            demo.running.stop(PATIENCE).await;
            code
        }
        Err(error) => complain(&error),
    }
}

async fn until_told(running: Running) -> ExitCode {
    let code = tokio::select! {
        code = told() => code,
        () = running.succeeded() => {
            tracing::info!("another server has taken over: carrying what has begun to its end");
            tokio::select! {
                () = running.retire() => {}
                code = told() => return code,
            }
            return ExitCode::SUCCESS;
        }
    };
    tracing::info!("stopping");
    running.stop(PATIENCE).await;
    code
}

/// Waits for SIGTERM or SIGINT.
async fn told() -> ExitCode {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return complain("signals cannot be waited for");
    };
    tokio::select! {
        _ = term.recv() => ExitCode::SUCCESS,
        _ = int.recv() => ExitCode::SUCCESS,
    }
}

/// Looks at everything a configuration needs.
async fn examine(path: &Path, json: bool) -> ExitCode {
    let (settings, policies) = match load(path) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let findings = app::doctor::examine(&settings, policies, &machine()).await;
    let _ = write!(std::io::stdout(), "{}", cli::doctor::told(&findings, json));
    if cli::doctor::has_fault(&findings) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Puts a backup into the store of a configuration, which no server uses.
async fn restore(path: &Path, file: &Path) -> ExitCode {
    let settings = match load(path) {
        Ok((settings, _)) => settings,
        Err(code) => return code,
    };
    if app::is_running(&settings.data_dir).await {
        return complain("a server runs on this store: stop it before a backup is restored");
    }
    match app::restore(&settings, &machine(), file).await {
        Ok(done) => {
            let _ = write!(std::io::stdout(), "{}", cli::store::restored(&done));
            ExitCode::SUCCESS
        }
        Err(error) => complain(&error.to_string()),
    }
}

/// An administrative command: through the control socket of a running server, or on its store.
async fn order(command: &Command) -> ExitCode {
    let mut out = std::io::stdout();
    let mut err = std::io::stderr();
    let console = Console { out: &mut out, err: &mut err };
    let Some(path) = command.config() else { return ExitCode::from(desk::run(command, None, console).await) };
    let (settings, policies) = match load(path) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let tasks = Tasks::default();
    let desk: Box<dyn Desk> = if app::is_running(&settings.data_dir).await {
        Box::new(SocketDesk(control::path(&settings.data_dir)))
    } else {
        match app::open(&settings, policies, &machine(), &tasks).await {
            Ok(flows) => Box::new(LocalDesk(flows)),
            Err(error) => return complain(&error.to_string()),
        }
    };
    let code = desk::run(command, Some(desk.as_ref()), console).await;
    tasks.stop(PATIENCE).await;
    ExitCode::from(code)
}
