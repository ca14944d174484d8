//! AWS itself, according to AWS Health.

use super::Suspect;
use crate::analysis::facts::{Facts, quote};
use crate::analysis::signs::{DENIED, TIMEOUT, UNREACHABLE, has, is_answered};
use crate::analysis::words::clock;
use crate::analysis::{Cause, EvidenceKind, Neighbour, aws};
use crate::quotation::named;

/// Services whose trouble is one of the network, whatever is called over it.
const NETWORKS: [&str; 7] =
    ["directconnect", "ec2", "internetconnectivity", "natgateway", "route53", "transitgateway", "vpc"];
/// Errors of Lambda itself.
const OF_LAMBDA: &[&str] = &[
    "lambda.serviceexception",
    "ec2throttled",
    "enilimit",
    "eninotready",
    "serviceexception",
    "sufficient capacity",
    "internal error",
    "internalerror",
    "lambda was unable to",
];

/// Errors that Lambda reports of a function, of which its own trouble can be the reason.
const SANDBOX: &[&str] = &["runtime.exiterror", "runtime exited", "sandbox.", "task timed out"];

/// An open issue of the service that the error is about, in its region.
pub(crate) fn suspects(facts: &Facts<'_>) -> Vec<Suspect> {
    if is_health(&facts.incident.source) {
        let own = aws::of_health(&facts.incident.error_type).map(|_| {
            Suspect::likely(Cause::Platform, 88, format!("AWS reports it: {}.", named(&facts.incident.error_type)))
                .resting_on([facts.error_quote()])
        });
        return own.into_iter().collect();
    }
    let around = facts.evidence.around.found().map_or(&[][..], Vec::as_slice);
    let open = around.iter().filter(|one| is_health(&one.source) && !one.is_resolved && is_here(facts, one));
    open.filter_map(|one| suspect(facts, one)).max_by_key(|suspect| suspect.weight).into_iter().collect()
}

fn suspect(facts: &Facts<'_>, one: &Neighbour) -> Option<Suspect> {
    let service = aws::of_health(&one.error_type)?;
    // A service that answers with a denial works.
    let is_fault = !has(&facts.lower, DENIED)
        && (is_answered(&facts.lower) || has(&facts.lower, UNREACHABLE) || has(&facts.lower, TIMEOUT));
    let is_of_lambda = service == "lambda" && (facts.throttled.is_some() || has(&facts.lower, OF_LAMBDA));
    let is_of_network = NETWORKS.contains(&service.as_str()) && has(&facts.lower, UNREACHABLE);
    let (weight, is_likely) = match () {
        () if is_of_lambda => (86, true),
        () if service == "lambda" && has(&facts.lower, SANDBOX) => (61, false),
        () if !is_fault => return None,
        () if is_named(facts, &service) => (88, true),
        () if is_of_network => (72, false),
        () => return None,
    };
    let title = named(aws::title(&service)).trim_matches('"').to_owned();
    let since = clock(one.began_at);
    let place = if one.region.is_empty() { String::new() } else { format!(" in {}", named(&one.region)) };
    let statement = format!("AWS reports an issue with {title}{place} since {since}, and the error comes from there.");
    let issue = format!("AWS Health: {}{place}, open since {since}", named(&one.error_type));
    Some(
        Suspect::likely_if(is_likely, Cause::Platform, weight, statement)
            .resting_on([quote(EvidenceKind::Related, Some(one.began_at), issue), facts.error_quote()])
            .resting_on(facts.rate_quote())
            .advising([format!(
                "Follow the issue in the AWS Health Dashboard; retry what failed when {title} has recovered."
            )]),
    )
}

fn is_health(source: &str) -> bool {
    source.trim_start_matches("aws.") == "health"
}

fn is_here(facts: &Facts<'_>, one: &Neighbour) -> bool {
    one.region == facts.incident.region || matches!(one.region.as_str(), "" | "global")
}

/// Whether the error, or a line right before it, names the service.
fn is_named(facts: &Facts<'_>, service: &str) -> bool {
    let before = facts.lines().iter().rev().take(4);
    aws::names(&facts.error, service) || before.into_iter().any(|line| aws::names(&line.text, service))
}
