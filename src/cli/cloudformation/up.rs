//! `up` through CloudFormation.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::ready::ready;
use super::{ask, failure, follow};
use crate::cli::CommandError;
use crate::cli::deployment::Deployment;
use crate::cli::failure::failure as failed;
use crate::engine::cloudformation::{
    Aim, Blueprint, Bucket, ChangeSet, StackRecord, Standing, Story, lay_over, unseen,
};
use crate::engine::{Interrupt, Outcome};
use crate::plan::{Ownership, Plan};
use crate::settings::Settings;
use crate::ui::Ui;

/// Makes a change set, shows what it and the live reads say, asks, and follows its execution. What CloudFormation does not
/// see, because somebody changed AWS behind its back, goes through the services' own APIs: afterwards its record is true
/// again.
pub(in crate::cli) async fn change(
    deployment: &Deployment,
    mut plan: Plan,
    record: Option<StackRecord>,
    interrupt: &Interrupt,
    settings: &Settings,
    ui: &Ui,
) -> Result<(Plan, Outcome), CommandError> {
    let (record, touched) = ready(deployment, record, interrupt, settings, ui).await?;
    if touched {
        plan = deployment.plan().await?;
    }
    let set = tokio::select! {
        set = change_set(deployment, &plan, record.as_ref()) => set?,
        () = interrupt.wait() => return Err(CommandError::interrupted()),
    };
    let foreseen = set.as_ref().map_or(&[][..], |set| &set.foreseen);
    lay_over(&mut plan, foreseen);
    let drift = unseen(&plan, foreseen);
    let agreed = prepare(deployment, &plan, &drift, set.is_some(), interrupt, settings, ui).await;
    match (agreed, set) {
        (Ok(()), set) => {
            let outcome = apply(deployment, &plan, &drift, set, interrupt, ui).await?;
            Ok((plan, outcome))
        }
        (Err(refusal), Some(set)) => {
            set.discard().await?;
            Err(refusal)
        }
        (Err(refusal), None) => Err(refusal),
    }
}

/// The change set; `None` when the template is the one that CloudFormation has.
async fn change_set<'a>(
    deployment: &'a Deployment,
    plan: &Plan,
    record: Option<&StackRecord>,
) -> Result<Option<ChangeSet<'a>>, CommandError> {
    let blueprint = blueprint(deployment, plan)?;
    if let Some(record) = record.filter(|record| record.standing() == Standing::Usable) {
        let same_values = blueprint.parameters.iter().all(|(key, value)| record.parameters.get(key) == Some(value));
        if same_values && record.template(&deployment.clients).await? == blueprint.template {
            return Ok(None);
        }
    }
    Ok(ChangeSet::make(&deployment.clients, &blueprint, record).await?)
}

/// What CloudFormation is given: the finished template without what existed before the stack, which it could neither
/// create nor leave alone.
fn blueprint(deployment: &Deployment, plan: &Plan) -> Result<Blueprint, CommandError> {
    let place = &deployment.stack.place;
    let adopted = plan
        .changes
        .iter()
        .filter(|change| change.observed.as_ref().is_some_and(|observed| observed.ownership == Ownership::Adopted));
    let adopted: Vec<&str> = adopted.map(|change| change.logical_id.as_str()).collect();
    let bucket = Bucket::of(&deployment.clients, place);
    Ok(Blueprint {
        stack: place.stack.clone(),
        template: crate::template::without(&deployment.template, &adopted)?,
        parameters: BTreeMap::from([("CodeBucket".to_owned(), bucket.name().to_owned())]),
    })
}

/// Everything that can still be called off: consent, and the upload of the code.
async fn prepare(
    deployment: &Deployment,
    plan: &Plan,
    drift: &Plan,
    has_set: bool,
    interrupt: &Interrupt,
    settings: &Settings,
    ui: &Ui,
) -> Result<(), CommandError> {
    if plan.is_empty() && !has_set {
        ui.say("nothing to change: everything is as the template wants it");
        return Ok(());
    }
    if !drift.is_empty() {
        let ids: Vec<&str> = drift.changes.iter().map(|change| change.logical_id.as_str()).collect();
        ui.say(&format!(
            "CloudFormation does not see that {} differ: they are repaired through the services' own APIs",
            ids.join(", ")
        ));
    }
    let (shown, given) = (plan.clone(), settings.clone());
    ask(ui, interrupt, move |ui| crate::cli::up::agree(&shown, &given, ui)).await?;
    if !has_set {
        return Ok(());
    }
    let Some(package) = deployment.package() else { return Ok(()) };
    let bucket = Bucket::of(&deployment.clients, &deployment.stack.place);
    let key = package.key();
    tokio::select! {
        held = bucket.hold(&key, package) => Ok(held?),
        () = interrupt.wait() => Err(CommandError::interrupted()),
    }
}

async fn apply(
    deployment: &Deployment,
    plan: &Plan,
    drift: &Plan,
    set: Option<ChangeSet<'_>>,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<Outcome, CommandError> {
    let began = SystemTime::now();
    // First, because CloudFormation fails at what vanished.
    let mut outcome = repair(deployment, drift, interrupt, ui).await?;
    let Some(set) = set else { return Ok(outcome) };
    let ending = follow(&mut set.execute().await?, Story::of(plan, &set.foreseen), interrupt, ui).await?;
    if !matches!(ending.status.as_str(), "CREATE_COMPLETE" | "UPDATE_COMPLETE") {
        if set.aim() == Aim::Create {
            // Without a stack nobody would know of them.
            super::clear(deployment).await?;
        }
        return Err(failure(&ending));
    }
    outcome.finished.extend(ending.outcome.finished);
    if set.aim() == Aim::Update {
        // What was changed by the template and by somebody else, CloudFormation has brought only half the way.
        let rest = repair(deployment, &deployment.plan().await?, interrupt, ui).await?;
        outcome.finished.extend(rest.finished);
    }
    if let Some(package) = deployment.package() {
        let bucket = Bucket::of(&deployment.clients, &deployment.stack.place);
        if let Err(error) = bucket.prune(&package.key(), began).await {
            ui.warn(&format!("the zips of earlier versions stay in the bucket {}: {error}", bucket.name()));
        }
    }
    Ok(outcome)
}

async fn repair(
    deployment: &Deployment,
    drift: &Plan,
    interrupt: &Interrupt,
    ui: &Ui,
) -> Result<Outcome, CommandError> {
    if drift.is_empty() {
        return Ok(Outcome::default());
    }
    let outcome = deployment.apply(drift, interrupt.clone(), ui).await?;
    match failed(&outcome, Some("incidentctl up")) {
        Some(failure) => Err(failure),
        None => Ok(outcome),
    }
}
