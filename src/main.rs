//! `incidentctl`: automatic incident detection and alerting for an AWS account, from one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    incidentctl::cli::main(std::env::args_os())
}
