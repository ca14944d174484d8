//! `incidentctl doctor`.

mod account;
pub(super) mod coverage;
mod functions;
mod handler;
mod metrics;
mod permissions;
mod quotas;
mod stack;

use clap::Args;
use incident_deploy::package::Destination;
use serde_json::json;

use super::Outcome;
use crate::deployer::DeployerPolicy;
use crate::error::CommandError;
use crate::health::{Check, CheckStatus};
use crate::session::Session;
use crate::settings::Settings;
use crate::ui::{Label, Line, Ui};
use incident_deploy::aws::Clients;
use incident_deploy::template::Place;

/// Check credentials, permissions, quotas and failure coverage
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Print the minimal IAM policy to deploy and operate this stack, without checking anything
    #[arg(long)]
    pub print_policy: bool,
}

/// Runs all checks concurrently.
pub(super) async fn run(args: DoctorArgs, settings: &Settings, ui: &Ui) -> Result<Outcome, CommandError> {
    if args.print_policy {
        let session = super::connect(settings, ui).await?;
        let policy = DeployerPolicy::recorded()?.document(&place(&session, settings)).pretty();
        return ui.document(&policy).map(super::done);
    }
    let checks = match super::connect(settings, ui).await {
        Ok(session) => examine(&session, settings).await?,
        // Without an account, nothing else can be checked.
        Err(error) => {
            let mut check = Check::fail("connection", error.to_string());
            check.hint = error.first_hint().map(str::to_owned);
            let destination = match settings.local {
                true => Destination::Emulator,
                false => Destination::of(settings.endpoint_url.as_deref()),
            };
            vec![check, handler::check(destination)]
        }
    };
    report(&checks, ui)
}

async fn examine(session: &Session, settings: &Settings) -> Result<Vec<Check>, CommandError> {
    let clients = &Clients::new(session.sdk());
    let policy = DeployerPolicy::recorded()?.document(&place(session, settings));
    let (account, quotas, permissions, stack, functions, metrics) = tokio::join!(
        account::checks(session),
        quotas::checks(clients),
        permissions::check(session, clients, &policy),
        stack::checks(session, settings),
        functions::check(clients),
        metrics::check(clients),
    );
    let handler = handler::check(Destination::of(session.sdk().endpoint_url()));
    let groups = [account, quotas, vec![permissions], stack, vec![functions, metrics, handler]];
    Ok(groups.into_iter().flatten().collect())
}

fn place(session: &Session, settings: &Settings) -> Place {
    Place::new(settings.stack.as_str(), session.account(), session.region(), None).in_partition(session.partition())
}

fn report(checks: &[Check], ui: &Ui) -> Result<Outcome, CommandError> {
    let ok = checks.iter().all(|check| check.status != CheckStatus::Fail);
    if ui.is_json() {
        let checks: Vec<Check> = checks.iter().map(|check| completed(check, ui)).collect();
        ui.json(&json!({"checks": checks, "ok": ok}))?;
    } else {
        for check in checks {
            ui.print_all(lines(check, ui))?;
        }
    }
    Ok(if ok { Outcome::Done } else { Outcome::Unhealthy })
}

fn completed(check: &Check, ui: &Ui) -> Check {
    Check { hint: check.hint.as_deref().map(|hint| ui.complete(hint)), ..check.clone() }
}

fn lines(check: &Check, ui: &Ui) -> Vec<Line> {
    let label = match check.status {
        CheckStatus::Ok => Label::Success,
        CheckStatus::Warn => Label::Warning,
        CheckStatus::Fail => Label::Error,
    };
    let status = Line::labelled(label, format!("{:4}", check.status.name()));
    let hint = completed(check, ui).hint.map(|hint| format!("      {:13} {hint}", "→").into());
    std::iter::once(status.and(format!("  {:13} {}", check.name, check.message))).chain(hint).collect()
}
