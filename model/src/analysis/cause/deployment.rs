//! New code.

use super::Suspect;
use crate::analysis::facts::changes::{Before, Fresh};
use crate::analysis::facts::{Facts, quote};
use crate::analysis::function_state::Altered;
use crate::analysis::signs::{DATABASE, IMAGE, LOADING, MEMORY, TIMEOUT, UNREACHABLE, has, is_answered};
use crate::analysis::{Cause, EvidenceKind, advice, change_words, origin};

/// Code that was deployed right before, or that cannot be loaded.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    let is_code = |change: &&Before| matches!(change.change.altered, Altered::Code { .. } | Altered::Alias { .. });
    let latest = facts.fresh().filter(is_code).max_by_key(|change| (change.fresh, change.change.at));
    match latest {
        Some(change) => vec![changed(facts, change)],
        None => [unloadable(facts), unpullable(facts), touched(facts)].into_iter().flatten().collect(),
    }
}

fn changed(facts: &Facts<'_>, change: &Before) -> Suspect {
    let cannot_load = has(&facts.lower, LOADING);
    let is_abrupt = facts.is_abrupt(change);
    let is_answered = is_answered(&facts.lower) || has(&facts.lower, DATABASE);
    let (weight, is_likely) = match change.fresh {
        Fresh::Old | Fresh::Weak => (40, false),
        // Another's answer does not come with new code; a host that it cannot reach may.
        _ if is_answered => (62, false),
        _ if has(&facts.lower, UNREACHABLE) => (if is_abrupt { 73 } else { 60 }, false),
        Fresh::Recent | Fresh::Abrupt if cannot_load => (90, true),
        Fresh::Abrupt if is_abrupt => (80, facts.evidence.rates.found().is_some()),
        Fresh::Recent if of_version(facts, change) => (78, began_with(facts)),
        Fresh::Recent | Fresh::Abrupt => (65, false),
    };
    let end = if is_abrupt || cannot_load { "the errors began with it" } else { "the errors began after it" };
    Suspect::likely_if(is_likely, Cause::Deployment, weight, format!("{}; {end}.", change_words::sentence(change)))
        .resting_on([change_words::evidence(change), facts.error_quote()])
        .resting_on(facts.rate_quote())
        .advising(roll_back(facts, change))
}

/// Whether the failed call ran the very version that an alias now leads to.
fn of_version(facts: &Facts<'_>, change: &Before) -> bool {
    matches!(&change.change.altered, Altered::Alias { to, .. } if facts.executed() == Some(to))
}

fn began_with(facts: &Facts<'_>) -> bool {
    facts.failing.is_some_and(|failing| failing.is_new() && failing.share >= 0.5)
}

fn roll_back(facts: &Facts<'_>, change: &Before) -> Vec<String> {
    let history = facts.evidence.history.found();
    let command = match &change.change.altered {
        Altered::Alias { name, from, .. } => advice::roll_back(facts, name, from),
        _ => facts.incident.origin.get(origin::ALIAS).and_then(|alias| {
            let former =
                history?.state.aliases.get(alias).filter(|version| facts.executed() != Some(version.as_str()))?;
            advice::roll_back(facts, alias, former)
        }),
    };
    let by_hand = || "Deploy the former code again, or lead its callers back to the former version.".to_owned();
    vec![command.unwrap_or_else(by_hand)]
}

/// What cannot be loaded was packed wrongly, whenever that was.
fn unloadable(facts: &Facts<'_>) -> Option<Suspect> {
    let is_without_doubt =
        has(&facts.lower, LOADING) && !facts.fresh().any(|change| change.change.altered != Altered::Something);
    is_without_doubt.then(|| {
        Suspect::possible(
            Cause::Deployment,
            42,
            "The function, or something that it needs, cannot be loaded; no change was seen.",
        )
        .resting_on([facts.error_quote()])
        .advising(["Compare the package and its layers with the last ones that worked.".to_owned()])
    })
}

/// An image that is not there was most often never pushed, or named wrongly by what was deployed.
fn unpullable(facts: &Facts<'_>) -> Option<Suspect> {
    has(&facts.lower, IMAGE).then(|| {
        Suspect::possible(Cause::Deployment, 52, "The image that its task definition names cannot be pulled.")
            .resting_on([facts.error_quote()])
            .advising(["Check that the image and its tag exist in the registry.".to_owned()])
    })
}

/// Without a snapshot, what changed is not known: most often it is code.
fn touched(facts: &Facts<'_>) -> Option<Suspect> {
    let change = facts.fresh().find(|change| change.change.altered == Altered::Something)?;
    let is_known_as_setting = facts.evidence.history.found().is_some();
    let is_of_another = is_answered(&facts.lower)
        || has(&facts.lower, DATABASE)
        || has(&facts.lower, MEMORY)
        || has(&facts.lower, TIMEOUT);
    let weight = match change.fresh {
        _ if is_known_as_setting || is_of_another => return None,
        Fresh::Old | Fresh::Weak => 30,
        Fresh::Recent => 48,
        Fresh::Abrupt => 56,
    };
    let sentence = change_words::unseen(change);
    Some(
        Suspect::possible(
            Cause::Deployment,
            weight,
            format!("{sentence}; without a snapshot, what it was is not known."),
        )
        .resting_on([
            quote(EvidenceKind::Change, Some(change.change.at), "The function was last modified"),
            facts.error_quote(),
        ]),
    )
}
