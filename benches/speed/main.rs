//! Speed and size: the figures in the docs, measured on this machine.
//!
//! `cargo bench --package incident-bench --bench speed` prints one line per figure: median, spread and limit. It exits
//! with 1 when a limit is exceeded. Everything runs offline, on a local AWS in a temporary directory.
#![expect(clippy::print_stdout, reason = "a bench prints its measurements")]

mod commands;
mod handler;
mod measurement;

use std::error::Error;
use std::process::ExitCode;

use measurement::Measurement;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    println!("{:<52}{:>12}{:>24}{:>12}", "", "median", "fastest … slowest", "limit");
    let mut kept = true;
    let mut report = |measurement: Measurement| {
        println!("{measurement}");
        kept &= measurement.is_within_limit();
    };
    handler::measure(&mut report)?;
    commands::measure(&mut report)?;
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
