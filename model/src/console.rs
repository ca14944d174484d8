//! Links into the AWS console.

use crate::arn;
use crate::incident::Incident;
use crate::observation::Observation;

/// A named link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What it shows: `Log group`, `Function`.
    pub label: &'static str,
    /// Its address.
    pub url: String,
}

/// The most useful page about a failure; nothing when the event does not say the region.
pub fn url(observation: &Observation) -> Option<String> {
    links_for(&observation.source, &observation.resource, &observation.region).into_iter().next().map(|link| link.url)
}

/// The pages about an incident, most useful first.
pub fn links(incident: &Incident) -> Vec<Link> {
    links_for(&incident.source, &incident.resource, &incident.region)
}

fn links_for(source: &str, resource: &str, region: &str) -> Vec<Link> {
    if !is_region(region) || resource.is_empty() {
        return Vec::new();
    }
    let console = console(region);
    let page = |label, path: String| Link { label, url: format!("{console}/{path}") };
    let name = percent_encoded(resource);
    match source {
        "lambda" => vec![
            page("Log group", log_group(region, &format!("/aws/lambda/{resource}"))),
            page("Function", format!("lambda/home?region={region}#/functions/{name}?tab=monitoring")),
        ],
        "cloudwatch" => vec![page("Alarm", format!("cloudwatch/home?region={region}#alarmsV2:alarm/{name}"))],
        "states" => vec![page("State machines", format!("states/home?region={region}#/statemachines"))],
        "ecs" => vec![page("Clusters", format!("ecs/v2/clusters?region={region}"))],
        "batch" => vec![page("Jobs", format!("batch/home?region={region}#jobs"))],
        "glue" => vec![page("Runs", format!("gluestudio/home?region={region}#/monitoring"))],
        "codebuild" => vec![
            page("Project", format!("codesuite/codebuild/projects/{name}/history?region={region}")),
            page("Log group", log_group(region, &format!("/aws/codebuild/{resource}"))),
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
        "logs" => vec![page("Log group", log_group(region, resource))],
        _ => vec![page("CloudWatch", format!("cloudwatch/home?region={region}"))],
    }
}

/// The address of the console in the partition that a region belongs to.
fn console(region: &str) -> String {
    if region.starts_with("cn-") {
        format!("https://{region}.console.amazonaws.cn")
    } else if region.starts_with("us-gov-") {
        format!("https://{region}.console.amazonaws-us-gov.com")
    } else {
        format!("https://{region}.console.aws.amazon.com")
    }
}

fn is_region(region: &str) -> bool {
    region.contains('-')
        && region
            .chars()
            .all(|character| character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-')
}

/// The CloudWatch console reads its fragment encoded twice, with `$` in place of the outer `%`.
fn log_group(region: &str, group: &str) -> String {
    let encoded = percent_encoded(&percent_encoded(group)).replace('%', "$");
    format!("cloudwatch/home?region={region}#logsV2:log-groups/log-group/{encoded}")
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

/// The log group of a resource that has one by convention.
pub fn log_group_of(source: &str, resource: &str) -> Option<String> {
    match source {
        "lambda" => Some(format!("/aws/lambda/{}", arn::name(resource))),
        "codebuild" => Some(format!("/aws/codebuild/{resource}")),
        _ => None,
    }
}
