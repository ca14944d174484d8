//! ECS tasks, services and deployments. A task's exit code shows how it ended: its reason, `Essential container in task
//! exited`, is the same for code 0.

mod stop;

use serde_json::Value;

use super::envelope::Envelope;
use crate::arn::name;
use crate::observation::Observation;
use stop::Stop;

pub(super) fn observe(envelope: &Envelope) -> Observation {
    let observation = match envelope.detail_type.as_str() {
        "ECS Task State Change" => task(envelope),
        "ECS Service Action" | "ECS Deployment State Change" => service(envelope),
        "ECS Container Instance State Change" => container_instance(envelope),
        _ => super::generic::observe(envelope),
    };
    observation.with("cluster", cluster(envelope))
}

/// From the detail, or from the ARN of a service in a deployment's event.
fn cluster(envelope: &Envelope) -> &str {
    match (envelope.text("/clusterArn"), envelope.first_resource().split_once(":service/")) {
        ("", Some((_, service))) => service.split_once('/').map_or("", |(cluster, _)| cluster),
        (cluster, _) => name(cluster),
    }
}

fn task(envelope: &Envelope) -> Observation {
    let group = envelope.text("/group");
    let family = match group.split_once(':').map_or(group, |(_, name)| name) {
        "" => task_family(envelope.text("/taskDefinitionArn")),
        family => family,
    };
    if envelope.text("/lastStatus") != "STOPPED" {
        return envelope.ignored(family, format!("a task in {} has not ended", envelope.text("/lastStatus")));
    }
    let observation = match stop::of(envelope) {
        Stop::Exit { container, code, why } => {
            let message = format!("container {container} exited with code {code}: {why}");
            envelope
                .failure(family, &format!("Exit{code}"), &message)
                .with("exit_code", code)
                .with("container", container)
        }
        Stop::Failed { class, why } => envelope.failure(family, class, why),
        Stop::Harmless(reason) => envelope.ignored(family, reason),
    };
    let task = name(envelope.text("/taskArn"));
    observation
        .with("stop_code", envelope.text("/stopCode"))
        .with("task_definition_arn", envelope.text("/taskDefinitionArn"))
        .with("task_id", task)
        .request(task)
}

/// `family` of `…:task-definition/family:3`.
fn task_family(definition: &str) -> &str {
    let name = definition.rsplit('/').next().unwrap_or(definition);
    name.split(':').next().unwrap_or(name)
}

fn service(envelope: &Envelope) -> Observation {
    let service = name(envelope.first_resource());
    let event = envelope.text("/eventName");
    let reason = envelope.first_text(&["/reason", "/eventName"]);
    match envelope.text("/eventType") {
        "ERROR" | "WARN" => envelope.failure(service, event, reason).with("event_type", envelope.text("/eventType")),
        _ if event == "SERVICE_TASK_START_IMPAIRED" => envelope.failure(service, event, reason),
        _ if matches!(event, "SERVICE_STEADY_STATE" | "SERVICE_DEPLOYMENT_COMPLETED") => {
            envelope.success(service, event)
        }
        _ => envelope.ignored(service, format!("{event} is informational")),
    }
}

/// An instance without its agent starts no tasks.
fn container_instance(envelope: &Envelope) -> Observation {
    let instance = envelope.first_text(&["/ec2InstanceId", "/containerInstanceArn"]);
    let is_gone = envelope.detail.get("agentConnected") == Some(&Value::Bool(false));
    if is_gone && envelope.text("/status") == "ACTIVE" {
        envelope.failure(name(instance), "AgentDisconnected", "the ECS agent of an active instance is not connected")
    } else {
        envelope.ignored(name(instance), "the state of a container instance is not a failure")
    }
}
