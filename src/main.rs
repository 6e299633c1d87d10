//! The command `countersign`: parses the command line, prepares the process, runs one command.

use std::process::ExitCode;

use clap::Parser as _;
use countersign::cli::Cli;

/// Chosen by measurement (`benches/README.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // First of all: whoever builds a TLS configuration before a provider is installed would panic.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return ExitCode::FAILURE;
    }
    countersign::run::run(&Cli::parse())
}
