//! Links into the AWS console.

#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::arn;
use crate::incident::Incident;
use crate::name::Kind;
use crate::observation::Observation;
use crate::partition::Partition;

/// A named link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it shows: `Log group`, `Function`.
    pub label: &'static str,
    /// Its address.
    pub url: String,
}

/// The most useful page about a failure; `None` without a region in the event.
pub fn url(observation: &Observation) -> Option<String> {
    let window = Window::around(&observation.occurred_at, &observation.occurred_at);
    let pages = links_for(&observation.source, &observation.resource, &observation.region, window);
    pages.into_iter().next().map(|link| link.url)
}

/// The pages about an incident, most useful first.
pub fn links(incident: &Incident) -> Vec<Link> {
    let window = Window::around(&incident.created_at, &incident.last_seen_at);
    links_for(&incident.source, &incident.resource, &incident.region, window)
}

fn links_for(source: &str, resource: &str, region: &str, window: Option<Window>) -> Vec<Link> {
    // No link is better than a broken one.
    let domain = Partition::of_region(region).and_then(|partition| partition.console);
    let Some(domain) = domain.filter(|_| !resource.is_empty()) else { return Vec::new() };
    let console = format!("https://{region}.{domain}");
    let log_group = |group: &str| log_group(region, group, window);
    let page = |label, path: String| Link { label, url: format!("{console}/{path}") };
    // Nor is one that an event has made up.
    if !kind(source).is_none_or(|kind| kind.accepts(resource)) {
        return Vec::new();
    }
    let name = percent_encoded(resource);
    match source {
        "lambda" | "lambda-metrics" if Kind::Function.accepts(resource) => vec![
            page("Log group", log_group(&format!("/aws/lambda/{resource}"))),
            page("Function", format!("lambda/home?region={region}#/functions/{name}?tab=monitoring")),
        ],
        "cloudwatch" => vec![page("Alarm", format!("cloudwatch/home?region={region}#alarmsV2:alarm/{name}"))],
        "states" => vec![page("State machines", format!("states/home?region={region}#/statemachines"))],
        "ecs" => vec![page("Clusters", format!("ecs/v2/clusters?region={region}"))],
        "batch" => vec![page("Jobs", format!("batch/home?region={region}#jobs"))],
        "glue" => vec![page("Runs", format!("gluestudio/home?region={region}#/monitoring"))],
        "codebuild" => vec![
            page("Project", format!("codesuite/codebuild/projects/{name}/history?region={region}")),
            page("Log group", log_group(&format!("/aws/codebuild/{resource}"))),
        ],
        "codepipeline" => {
            vec![page("Pipeline", format!("codesuite/codepipeline/pipelines/{name}/view?region={region}"))]
        }
        "codedeploy" => vec![page("Deployments", format!("codesuite/codedeploy/deployments?region={region}"))],
        "cloudformation" => {
            vec![page("Stacks", format!("cloudformation/home?region={region}#/stacks?filteringText={name}"))]
        }
        "rds" => vec![page("Databases", format!("rds/home?region={region}#databases:"))],
        "guardduty" => vec![page("Findings", format!("guardduty/home?region={region}#/findings"))],
        "securityhub" => vec![page("Findings", format!("securityhub/home?region={region}#/findings"))],
        "backup" => vec![page("Jobs", format!("backup/home?region={region}#/jobs"))],
        "health" => vec![page("Health events", format!("health/home?region={region}#/account/dashboard/open-issues"))],
        "synthetics" => {
            vec![page("Canary", format!("cloudwatch/home?region={region}#synthetics:canary/detail/{name}"))]
        }
        "logs" => vec![page("Log group", log_group(resource))],
        _ => vec![page("CloudWatch", format!("cloudwatch/home?region={region}"))],
    }
}

/// What a resource that is part of an address has to be; `None` where the address has no name in it.
fn kind(source: &str) -> Option<Kind> {
    match source {
        "lambda" => Some(Kind::Function),
        "cloudwatch" => Some(Kind::Alarm),
        "codebuild" | "codepipeline" | "synthetics" => Some(Kind::Project),
        "cloudformation" => Some(Kind::Stack),
        "logs" => Some(Kind::LogGroup),
        _ => None,
    }
}

/// A span of time, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    start: i64,
    end: i64,
}

/// How long before the first failure its cause may lie: an asynchronous event is retried for three minutes, and a
/// function may run for fifteen.
const BEFORE: i64 = 20 * 60 * 1000;
/// How long after the last failure its logs may arrive.
const AFTER: i64 = 5 * 60 * 1000;

impl Window {
    /// `None` if a time is invalid.
    fn around(first: &str, last: &str) -> Option<Self> {
        let milliseconds = |text: &str| text.parse::<Timestamp>().map(Timestamp::as_millisecond).ok();
        Some(Self { start: milliseconds(first)? - BEFORE, end: milliseconds(last)? + AFTER })
    }
}

/// The CloudWatch console expects its fragment encoded, with `$` instead of `%`, and the names in it encoded twice.
fn log_group(region: &str, group: &str, window: Option<Window>) -> String {
    let group = percent_encoded(&percent_encoded(group)).replace('%', "$");
    let events =
        window.map_or_else(String::new, |Window { start, end }| format!("/log-events$3Fstart$3D{start}$26end$3D{end}"));
    format!("cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}{events}")
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The conventional log group of a resource.
pub fn log_group_of(source: &str, resource: &str) -> Option<String> {
    match source {
        "lambda" => Some(format!("/aws/lambda/{}", arn::name(resource))),
        "lambda-metrics" if !resource.starts_with("AWS/") => Some(format!("/aws/lambda/{resource}")),
        "codebuild" => Some(format!("/aws/codebuild/{resource}")),
        _ => None,
    }
}
