//! The time from an event to its mail, where AWS answers as fast as it does: with and without evidence.

use std::error::Error;

use crate::backend::{Backend, OF_AWS};
use crate::certificate::Certified;
use crate::figures::{milliseconds, quantile};
use crate::function::{Function, failure};
use crate::process::Process;
use crate::runtime_api::RuntimeApi;

const FAILURES: usize = 100;
/// Each kind of evidence that can be switched off. The other incidents are in the table, and are read nevertheless.
const OFF: &str = r#"{"logs":false,"changes":false,"metrics":false,"executions":false}"#;

/// Prints the medians; each failure is a new incident with its mail.
pub(crate) fn measure(function: &Function, tls: &Certified) -> Result<(), Box<dyn Error>> {
    println!("AWS's latencies, TLS, ms to the mail:  first       p50       p99     calls");
    for (name, policy) in [("with evidence", None), ("without", Some(OFF))] {
        let backend = Backend::start(Some(tls.server.clone()), OF_AWS)?;
        let api = RuntimeApi::start()?;
        let mut command = function.command();
        command.env("AWS_LAMBDA_RUNTIME_API", api.address().to_string()).env("AWS_ENDPOINT_URL", backend.endpoint());
        command.env("AWS_CA_BUNDLE", &tls.bundle);
        command.envs(policy.map(|policy| ("INCIDENT_ANALYSIS", policy)));
        let _process = Process::start(&mut command)?;
        let mut times = Vec::new();
        let mut before = 0;
        for number in 0..=FAILURES {
            api.asked()?;
            if number == 1 {
                before = backend.requests();
            }
            let given = api.invoke(failure(number, false))?.given;
            let mailed = backend.mailed().filter(|mailed| *mailed > given).ok_or("no mail")?;
            times.push(milliseconds(mailed - given));
        }
        let calls = (backend.requests() - before) / FAILURES;
        let (first, later) = times.split_at(1);
        let (median, slow) = (quantile(later.to_vec(), 0.5), quantile(later.to_vec(), 0.99));
        println!("{name:<36}{:>8.1}{median:>10.1}{slow:>10.1}{calls:>10}", first.iter().sum::<f64>());
    }
    Ok(())
}
