//! `incidentctl doctor --print-policy`.

use incident_deploy::template::Place;
use serde_json::json;

use super::DoctorArgs;
use crate::deployer::{DeployerPolicy, INLINE_POLICY_LIMIT, MANAGED_POLICY_LIMIT, PolicyDocument, boundary};
use crate::error::CommandError;
use crate::settings::Settings;
use crate::ui::Ui;

const STRENGTH: &str = "this policy is as strong as an administrator's: it writes the policies of the stack's roles, and \
    whoever may write the policy of a role that Lambda assumes is as strong as that role can be made; \
    `incidentctl doctor --print-policy --boundary` prints one that a permissions boundary limits";

/// Prints the policy: by itself, or beside the permissions boundary that it is conditioned on.
pub(super) fn print(args: &DoctorArgs, place: &Place, settings: &Settings, ui: &Ui) -> Result<(), CommandError> {
    let boundary = args.boundary.then(|| boundary_arn(place, settings));
    let whole = DeployerPolicy::recorded()?.document(place, boundary.as_deref())?;
    let policy = part(&whole, args.part)?;
    let printed = match &boundary {
        Some(arn) => json!({
            "boundary_arn": arn,
            "boundary": boundary::document(place, &settings.parameters())?,
            "policy": policy.json(),
        }),
        None => policy.json(),
    };
    ui.document(&format!("{printed:#}"))?;
    match &boundary {
        Some(arn) => ui.hint(&first_steps(arn, settings)),
        None => ui.warn(STRENGTH),
    }
    if args.part.is_none() {
        ui.hint(&room(&whole));
    }
    Ok(())
}

/// The policy that the settings call for: conditioned on their permissions boundary, if they name one.
pub(super) fn required(place: &Place, settings: &Settings) -> Result<PolicyDocument, CommandError> {
    let boundary = settings.permissions_boundary.as_ref().map(ToString::to_string);
    Ok(DeployerPolicy::recorded()?.document(place, boundary.as_deref())?)
}

fn boundary_arn(place: &Place, settings: &Settings) -> String {
    settings.permissions_boundary.as_ref().map_or_else(|| boundary::default_arn(place), ToString::to_string)
}

fn part(whole: &PolicyDocument, number: Option<usize>) -> Result<PolicyDocument, CommandError> {
    let Some(number) = number else { return Ok(whole.clone()) };
    let mut parts = whole.parts();
    let count = parts.len();
    match number.checked_sub(1).filter(|index| *index < count) {
        Some(index) => Ok(parts.swap_remove(index)),
        None => Err(CommandError::failed(format!("there is no part {number}: the policy has {count}"))),
    }
}

fn first_steps(arn: &str, settings: &Settings) -> String {
    let then = "attach `policy` to whoever deploys";
    match &settings.permissions_boundary {
        Some(_) => format!("{then}: it requires the permissions boundary of the configuration file, {arn}"),
        None => format!(
            "create `boundary` as {arn}, {then}, and set `permissions_boundary: {arn}` in the configuration file; \
             whoever deploys must not be able to change either"
        ),
    }
}

fn room(policy: &PolicyDocument) -> String {
    let (characters, parts) = (policy.characters(), policy.parts().len());
    match parts {
        1 => format!("the policy has {characters} characters and fits into a managed policy ({MANAGED_POLICY_LIMIT})"),
        parts => format!(
            "the policy has {characters} characters: it fits into the inline policies of a role ({INLINE_POLICY_LIMIT}), but \
             not into one managed policy ({MANAGED_POLICY_LIMIT}); `--part 1` to `--part {parts}` print {parts} that do"
        ),
    }
}
