//! The cost of the handler, beside one in Python that does less: started as Lambda starts it, against an AWS that answers at
//! once, with and without TLS, with a whole processor and with the share Lambda gives the smallest
//! function.
//!
//! `cargo bench --package incident-bench --bench handler -- [PYTHON] [STARTS]`; `PYTHON` has the packages in
//! `peer/requirements.txt`. The functions take turns; prints medians of all starts, then the time from an event to its mail
//! with AWS's latencies, with and without evidence. It exits with 1 when a limit is exceeded. Everything runs on 127.0.0.1
//! and ends with the program.
#![expect(clippy::print_stdout, reason = "a bench prints its measurements")]

mod backend;
mod certificate;
mod evidence;
mod figures;
mod function;
mod http;
mod mailing;
mod process;
mod runtime_api;
mod share;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use backend::{Backend, Latencies};
use certificate::{Certified, certified};
use figures::{Figures, Limit, Start};
use function::{Function, failure};
use incident_bench::ROOT;
use process::Process;
use runtime_api::RuntimeApi;
use share::Share;

const STARTS: usize = 11;
/// Limits on the handler with TLS and a whole processor: its start in milliseconds, its memory and its zip in MB.
const START: f64 = 8.0;
const MEMORY: f64 = 16.0;
const ZIP: f64 = 6.0;

/// The conditions of a measurement.
#[derive(Clone, Copy)]
struct Conditions<'a> {
    name: &'static str,
    /// The certificate of AWS.
    tls: Option<&'a Certified>,
    /// Whether it gets only the processor share Lambda gives the smallest function.
    small: bool,
    /// Whether to repeat a single failure.
    again: bool,
    /// Invocations per started function, after its first.
    invocations: usize,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    // Cargo adds `--bench`.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let python = arguments.next().map_or_else(|| Path::new(ROOT).join(".venv/bin/python"), PathBuf::from);
    let starts = arguments.next().map_or(Ok(STARTS), |number| number.parse())?;

    let mut functions = vec![Function::ours()?];
    match Function::python(&python) {
        Some(function) => functions.push(function),
        None => println!("{} lacks what benches/handler/peer/requirements.txt names: no comparison", python.display()),
    }
    let folder = tempfile::tempdir()?;
    let certified = certified(folder.path())?;
    let plain = Conditions { name: "HTTP", tls: None, small: false, again: false, invocations: 500 };
    let tls = Conditions { name: "TLS", tls: Some(&certified), ..plain };
    let again = Conditions { name: "TLS, one failure again", again: true, ..tls };
    let mut all = vec![plain, tls, again];
    match Share::new() {
        Err(error) => println!("no control group, so no share of a processor: {error}"),
        Ok(_) => {
            let small = Conditions { name: "HTTP, 0.07 processors", small: true, invocations: 50, ..plain };
            all.extend([small, Conditions { name: "TLS, 0.07 processors", tls: Some(&certified), ..small }]);
        }
    }
    let zip = incident_bench::handler_zip()? as f64 / 1_048_576.0;
    let mut limits = vec![Limit { what: "zip, MB", measured: zip, most: ZIP }];
    println!("{}", Figures::HEADER);
    for conditions in &all {
        let mut figures: Vec<Figures> = functions.iter().map(|_| Figures::default()).collect();
        for _ in 0..starts {
            for (function, figures) in functions.iter().zip(&mut figures) {
                figures.add(measure(function, conditions)?);
            }
        }
        for (function, figures) in functions.iter().zip(&figures) {
            println!("{:<24}{:<12}{figures}", conditions.name, function.name);
        }
        if let (true, Some(ours)) = (conditions.name == tls.name, figures.first()) {
            limits.push(Limit { what: "start, ms", measured: ours.start(), most: START });
            limits.push(Limit { what: "memory, MB", measured: ours.memory(), most: MEMORY });
        }
    }
    if let Some(ours) = functions.first() {
        mailing::measure(ours, &certified)?;
    }
    limits.iter().for_each(|limit| println!("{limit}"));
    Ok(if limits.iter().all(Limit::is_kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Starts a function and sends it failures one by one.
fn measure(function: &Function, conditions: &Conditions<'_>) -> Result<Start, Box<dyn Error>> {
    let Conditions { tls, small, again, invocations, .. } = conditions;
    let share = small.then(Share::new).transpose()?;
    let backend = Backend::start(tls.map(|tls| tls.server.clone()), Latencies::default())?;
    let api = RuntimeApi::start()?;
    let mut command = function.command();
    command.env("AWS_LAMBDA_RUNTIME_API", api.address().to_string()).env("AWS_ENDPOINT_URL", backend.endpoint());
    if let Some(tls) = tls {
        command.env("AWS_CA_BUNDLE", &tls.bundle);
    }
    let spawned = Instant::now();
    let process = Process::start(&mut command)?;
    let asked = api.asked()?;
    if let Some(share) = &share {
        // Lambda gives a starting function a whole processor.
        share.hold(process.id())?;
    }
    let connections = backend.connections();
    let first = api.invoke(failure(0, *again))?.took;
    api.asked()?;
    let connections = backend.connections() - connections;
    let (processor, requests) = (process.processor_time()?, backend.requests());
    let mut warm = Vec::new();
    for number in 1..=*invocations {
        warm.push(api.invoke(failure(number, *again))?.took);
        api.asked()?;
    }
    Ok(Start {
        start: asked - spawned,
        first,
        warm,
        processor: (process.processor_time()? - processor) / u32::try_from(*invocations)?,
        memory: process.peak_memory()?,
        requests: (backend.requests() - requests) / invocations,
        connections,
    })
}
