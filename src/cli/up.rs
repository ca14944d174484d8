//! `incidentctl up`.

mod self_check;
mod timings;

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::confirm::Terminal;
use super::deployment::{self, DeploymentArgs};
use super::engine_error::UP;
use super::interruptible::until;
use super::local;
use crate::error::CommandError;
use crate::session::Session;
use crate::settings::Settings;
use crate::ui::Ui;
use incident_deploy::cost::Bill;
use incident_deploy::engine::{Changed, Deployment, Interrupt, Job, Outcome, choose, has_resources};
use incident_deploy::plan::{Action, Plan};
use incident_deploy::resources::{Subscription, Values};

/// Deploy or update the stack
#[derive(Debug, Default, Args)]
pub struct UpArgs {
    #[command(flatten)]
    pub deployment: DeploymentArgs,

    /// Allow deleting the table, log groups or non-empty queues with their data
    #[arg(long)]
    pub allow_data_loss: bool,

    /// After a failure, remove what this run created
    #[arg(long)]
    pub rollback: bool,

    /// With --local, follow the links of the confirmation mails
    #[arg(long, requires = "local")]
    pub confirm_email: bool,

    /// Show where the time went
    #[arg(long)]
    pub timings: bool,
}

pub(super) async fn run(args: UpArgs, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let interrupt = Interrupt::listen()?;
    let session = until(&interrupt, super::connect(settings, ui)).await?;
    provision(&session, args, settings, &interrupt, ui).await
}

/// Provisions or updates the stack of a connected account.
pub(super) async fn provision(
    session: &Session,
    args: UpArgs,
    settings: &Settings,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<(), CommandError> {
    let start = Instant::now();
    let deployment = until(interrupt, deployment::with_code(session, settings, &args.deployment)).await?;
    let survey = async { deployment.survey().await.map_err(|error| CommandError::of_engine(error, UP)) };
    let survey = until(interrupt, survey).await?;
    let planned = start.elapsed();
    let wanted = args.deployment.engine.or(settings.engine);
    let engine = choose(wanted, survey.record.as_ref(), has_resources(&survey.plan))?.engine();
    let bill = Bill::of(&deployment.stack);
    let confirm = Terminal::new(ui, settings, args.allow_data_loss).with_cost(bill.line());
    let changed = deployment::shown(ui, UP, async |events| {
        let job = Job { deployment: &deployment, confirm: &confirm, events, interrupt };
        engine.change(&job, survey, args.rollback).await
    });
    let Changed { plan, outcome } = changed.await?;
    let changed = Instant::now();
    deployed(interrupt, self_check::run(&deployment, &outcome, ui)).await?;
    let checked = changed.elapsed();
    let retired = deployment::shown(ui, UP, async |events| {
        engine.retire(&Job { deployment: &deployment, confirm: &confirm, events, interrupt }, &plan).await
    });
    retired.await.map_err(|error| error.hint("`incidentctl up` goes on where this run stopped"))?;
    let rest = async {
        if args.confirm_email {
            local::confirm(session, ui).await?;
        }
        if args.timings {
            timings::report(&outcome, planned, checked, ui)?;
        }
        if plan.is_empty() {
            // Nothing was asked, so the cost was not shown yet.
            ui.say(bill.line());
        }
        report(&deployment, &Done { plan: &plan, outcome: &outcome, bill: &bill, start }, session.is_local(), ui).await
    };
    deployed(interrupt, rest).await
}

/// What follows the deployment, until it is interrupted.
async fn deployed(
    interrupt: &Interrupt,
    work: impl Future<Output = Result<(), CommandError>>,
) -> Result<(), CommandError> {
    tokio::select! {
        result = work => result,
        () = interrupt.wait() => Err(CommandError::interrupted().hint("the stack is deployed: `incidentctl up` checks it")),
    }
}

/// What a run did, and since when.
struct Done<'a> {
    plan: &'a Plan,
    outcome: &'a Outcome,
    bill: &'a Bill,
    start: Instant,
}

/// Prints outputs, subscriptions and next steps; or the result as JSON.
async fn report(deployment: &Deployment, done: &Done<'_>, is_local: bool, ui: &Ui) -> Result<(), CommandError> {
    let Done { plan, outcome, bill, start } = done;
    let mut subscriptions = deployment.subscriptions().await?;
    // A pending address that is no longer wanted needs no confirmation.
    let is_left = |found: &Subscription| plan.leftovers.iter().any(|leftover| leftover.physical_id == found.endpoint);
    subscriptions.retain(|found| !(found.pending && is_left(found)));
    remember_pending(deployment, &subscriptions, ui).await;
    let subscribed_again = subscribe_again(deployment, outcome, &subscriptions, ui).await;
    let seconds = start.elapsed().as_secs_f64();
    let calls = deployment.clients.calls();
    if ui.is_json() {
        return ui.json(&json!({
            "type": "result",
            "ok": true,
            "created": outcome.count(Action::Create),
            "updated": outcome.count(Action::Update),
            "replaced": outcome.count(Action::Replace),
            "deleted": outcome.count(Action::Delete),
            "unchanged": plan.count(Action::None),
            "api_calls": calls,
            "seconds": seconds,
            "outputs": deployment.stack.outputs,
            "subscriptions": subscriptions,
            "subscribed_again": subscribed_again,
            "leftovers": plan.leftovers,
            "cost": bill,
        }));
    }
    for (name, value) in &deployment.stack.outputs {
        ui.print(format!("{name:26}{value}"))?;
    }
    deployment::tell_leftovers(plan, ui);
    tell_subscriptions(&subscriptions, is_local, ui);
    ui.say(format!(
        "{} created, {} updated, {} deleted, {} unchanged in {seconds:.2} s with {calls} calls",
        outcome.count(Action::Create),
        outcome.count(Action::Update),
        outcome.count(Action::Delete),
        plan.count(Action::None),
    ));
    ui.hint("`incidentctl trigger-test` causes a test failure and follows it until the mail is sent");
    Ok(())
}

/// Records which addresses are pending, so that `status` can report since when.
async fn remember_pending(deployment: &Deployment, subscriptions: &[Subscription], ui: &Ui) {
    let pending = deployment::pending(deployment);
    for subscription in subscriptions.iter().filter(|subscription| subscription.pending) {
        if let Err(error) = pending.remember(&subscription.endpoint).await {
            ui.warn(&format!("cannot record since when {} is pending: {error}", subscription.endpoint));
        }
    }
}

/// Subscribes addresses again that were pending before this run: SNS reverts an address that got too much mail, and
/// drops one that is not confirmed within 48 hours. Returns those that got another mail.
async fn subscribe_again<'s>(
    deployment: &Deployment,
    outcome: &Outcome,
    subscriptions: &'s [Subscription],
    ui: &Ui,
) -> Vec<&'s str> {
    let mut again = Vec::new();
    let is_new = |found: &&Subscription| {
        outcome.finished.iter().any(|finished| finished.change.desired.properties.text("Endpoint") == found.endpoint)
    };
    for pending in subscriptions.iter().filter(|found| found.pending && !is_new(found)) {
        match pending.subscribe_again(&deployment.clients, deployment.alert_topic()).await {
            Ok(()) => {
                ui.say(format!("sent another confirmation mail to {}", pending.endpoint));
                again.push(pending.endpoint.as_str());
            }
            Err(error) => {
                ui.warn(&format!("could not send another confirmation mail to {}: {error}", pending.endpoint))
            }
        }
    }
    again
}

fn tell_subscriptions(subscriptions: &[Subscription], is_local: bool, ui: &Ui) {
    if subscriptions.is_empty() {
        ui.warn("alerts have no recipient yet: add one with `incidentctl up --email ADDRESS`");
    }
    for subscription in subscriptions {
        match subscription.pending {
            true => ui.warn(&format!(
                "{} is pending: to get alerts, follow the link in the confirmation mail within 48 hours",
                subscription.endpoint
            )),
            false => ui.say(format!("{} receives the alerts", subscription.endpoint)),
        }
    }
    if is_local && subscriptions.iter().any(|subscription| subscription.pending) {
        ui.hint("`incidentctl local outbox --confirm` follows the links of the confirmation mails");
    }
}
