//! What the stack forwards is an incident, a recovery, or ignored for a reason that stands here. The events are made
//! from the patterns of the stack's rules, so a pattern that is added brings its own.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Sample;
use crate::{Outcome, Pattern, Rules, classify};

const STACK: &str = include_str!("../../../../templates/incident-stack.yaml");

/// Rule of the stack, and why an event that it forwards is still ignored.
const IGNORED: &[(&str, &str)] = &[];
/// The same for samples that a rule forwards: they say more than the pattern asks for.
const SAMPLES_IGNORED: &[(&str, &str)] = &[
    ("alarm-changes", "the alarm's actions are suppressed or muted"),
    ("alarm-changes", "an alarm of autoscaling: it scales, and does not indicate a failure"),
    ("service-failures", "the task stopped and no container failed"),
    ("service-failures", "the task was stopped on purpose (ServiceSchedulerInitiated)"),
    ("service-failures", "the task was stopped on purpose (UserInitiated)"),
    ("service-failures", "SpotInterruption: the task's host is being terminated, and the service restarts the task"),
    (
        "platform-failures",
        "`DB instance is in an invalid state. No actions are necessary. Autoscaling will retry later.` is not a \
         failure",
    ),
    ("account-findings", "the finding is archived"),
];
/// Sources of severity rules whose events come another way, and which.
const NOT_OF_THE_BUS: &[(&str, &str)] = &[
    ("lambda-metrics", "the sweep observes it"),
    ("macie2", "the name of Macie in the events of some forwarders"),
    ("s3", "replication is reported to topics and queues only"),
    ("sqs", "a dead letter that a person gives to the handler"),
];
/// Severity rules that know nothing of the service.
const CATCH_ALL: &[&str] = &["default", "none", "any-timeout"];

/// The detail-type of events for which a pattern names none.
fn detail_types(source: &str) -> &'static [&'static str] {
    match source {
        "aws.codedeploy" => &["CodeDeploy Deployment State-change Notification"],
        "aws.dms" => &["DMS Replication Task State Change"],
        "aws.ec2" => &["EBS Volume Notification", "EBS Snapshot Notification"],
        "aws.ecr" => &["ECR Pull Through Cache Action", "ECR Replication Action"],
        "aws.ecs" => &["ECS Service Action", "ECS Deployment State Change"],
        "aws.emr" => &["EMR Cluster State Change", "EMR Step Status Change"],
        "aws.glue" => &["Glue Job State Change", "Glue Crawler State Change"],
        "aws.guardduty" => &["GuardDuty Malware Protection Object Scan Result"],
        "aws.health" => &["AWS Health Event", "AWS Health Abuse Event"],
        "aws.mediaconvert" => &["MediaConvert Job State Change"],
        "aws.rds" => &["RDS DB Instance Event", "RDS DB Cluster Event"],
        "aws.sagemaker" => &["SageMaker Training Job State Change"],
        "aws.securityhub" => &["Security Hub Findings - Imported"],
        "aws.ssm" => &["EC2 Automation Execution Status-change Notification"],
        "aws.transcribe" => &["Transcribe Job State Change"],
        "aws.trustedadvisor" => &["Trusted Advisor Check Item Refresh Notification"],
        _ => &[],
    }
}

/// What every event of a kind says although no pattern asks for it.
fn always_said(detail_type: &str, detail: &Value) -> Value {
    match detail_type {
        "GuardDuty Finding" | "Macie Finding" => json!({
            "type": "UnauthorizedAccess:EC2/SSHBruteForce", "title": "x", "severity": 5, "accountId": "111122223333",
        }),
        kind if kind.starts_with("RDS ") && detail["EventCategories"] == json!(["failover"]) => {
            json!({"Message": "A Multi-AZ failover that resulted in the promotion of a standby instance has started."})
        }
        kind if kind.starts_with("RDS ") && detail["EventCategories"] == json!(["global failover"]) => {
            json!({"Message": "Global failover to DB cluster orders in Region eu-west-1 started."})
        }
        kind if kind.starts_with("RDS ") && detail["EventCategories"] == json!(["read replica"]) => {
            json!({"Message": "Replication for the Read Replica resumed."})
        }
        "Health status change" => {
            json!({"Message": "Environment health has transitioned from Ok to Severe.", "EnvironmentName": "shop"})
        }
        _ => json!({}),
    }
}

/// Fields that are lists in events, whatever a pattern says of their elements.
const LISTS: &[&str] = &["containers", "findings", "EventCategories"];

/// The rules' names and patterns in the template; intrinsic functions are replaced by their argument.
fn patterns() -> Result<Vec<(String, Value)>, Box<dyn std::error::Error>> {
    let template = untagged(&yaml_serde::from_str(STACK)?);
    let resources = template["Resources"].as_object().ok_or("no resources")?;
    let rules = resources.values().filter_map(|resource| {
        let name = resource["Properties"]["Name"].as_str()?.trim_start_matches("${AWS::StackName}-").to_owned();
        Some((name, resource["Properties"].get("EventPattern")?.clone()))
    });
    Ok(rules.collect())
}

fn untagged(value: &yaml_serde::Value) -> Value {
    match value {
        yaml_serde::Value::Tagged(tagged) => untagged(&tagged.value),
        yaml_serde::Value::Sequence(values) => values.iter().map(untagged).collect(),
        yaml_serde::Value::Mapping(members) => {
            let named = |(name, value): (&yaml_serde::Value, _)| Some((name.as_str()?.to_owned(), untagged(value)));
            Value::Object(members.iter().filter_map(named).collect())
        }
        yaml_serde::Value::String(text) => json!(text),
        yaml_serde::Value::Number(number) => {
            number.as_i64().map_or_else(|| json!(number.as_f64()), |number| json!(number))
        }
        yaml_serde::Value::Bool(flag) => json!(flag),
        yaml_serde::Value::Null => Value::Null,
    }
}

/// Every object that takes each value and each alternative of a pattern once.
fn objects(pattern: &Value) -> Vec<Map<String, Value>> {
    let mut made = vec![Map::new()];
    for (name, field) in pattern.as_object().into_iter().flatten() {
        let additions: Vec<Map<String, Value>> = match field {
            Value::Array(alternatives) if name == "$or" => alternatives.iter().flat_map(objects).collect(),
            Value::Array(values) => values.iter().map(|value| member(name, leaf(name, value))).collect(),
            nested => objects(nested).into_iter().map(|object| member(name, Value::Object(object))).collect(),
        };
        made = made
            .iter()
            .flat_map(|base| additions.iter().map(|addition| merged(base.clone(), addition.clone())))
            .collect();
    }
    made
}

fn member(name: &str, value: Value) -> Map<String, Value> {
    if value.is_null() {
        return Map::new();
    }
    let value = if LISTS.contains(&name) { json!([value]) } else { value };
    Map::from_iter([(name.to_owned(), value)])
}

fn merged(mut base: Map<String, Value>, addition: Map<String, Value>) -> Map<String, Value> {
    for (name, value) in addition {
        match (base.get_mut(&name), value) {
            (Some(Value::Object(before)), Value::Object(value)) => *before = merged(before.clone(), value),
            (_, value) => drop(base.insert(name, value)),
        }
    }
    base
}

/// A value that one condition of a pattern accepts.
fn leaf(name: &str, condition: &Value) -> Value {
    let text = |operator: &str| condition[operator].as_str();
    if let Some(prefix) = text("prefix") {
        json!(format!("{prefix}x"))
    } else if let Some(suffix) = text("suffix") {
        json!(format!("UPDATE_{}", suffix.trim_start_matches('_')))
    } else if condition.get("exists") == Some(&json!(false)) {
        Value::Null
    } else if let Some(bound) = condition.pointer("/numeric/1").and_then(Value::as_i64) {
        json!(bound + 1)
    } else if condition.get("anything-but").is_some() && name == "functionArn" {
        json!("arn:aws:lambda:eu-west-1:111122223333:function:orders:$LATEST")
    } else if condition.get("anything-but").is_some() {
        json!("orders-too-slow")
    } else {
        assert!(!condition.is_object(), "the test knows no value for {name}: {condition}");
        condition.clone()
    }
}

/// The events that a pattern lets through.
fn events(pattern: &Value) -> Vec<Value> {
    let mut events = Vec::new();
    for event in objects(pattern) {
        let source = event.get("source").and_then(Value::as_str).unwrap_or_default().to_owned();
        let named = event.get("detail-type").and_then(Value::as_str).map(str::to_owned);
        let detail_types = named
            .map_or_else(|| detail_types(&source).iter().map(|&name| name.to_owned()).collect(), |name| vec![name]);
        assert!(!detail_types.is_empty(), "the test knows no detail-type of {source}");
        for detail_type in detail_types {
            let mut event = event.clone();
            let detail = event.entry("detail").or_insert_with(|| json!({})).clone();
            event = merged(event, member("detail", always_said(&detail_type, &detail)));
            event.extend(Map::from_iter([
                ("id".to_owned(), json!("e")),
                ("region".to_owned(), json!("eu-west-1")),
                ("time".to_owned(), json!("2026-11-27T10:00:00Z")),
                ("resources".to_owned(), json!([])),
                ("detail-type".to_owned(), json!(detail_type)),
            ]));
            events.push(Value::Object(event));
        }
    }
    events
}

/// The reasons for which an event is ignored, or what is wrong with what comes of it.
fn reasons(event: &Value, rules: &Rules) -> Result<Vec<String>, String> {
    let seen = classify(event, rules).map_err(|error| format!("{error}: {event}"))?;
    if seen.iter().all(|one| one.outcome == Outcome::Ignored && !one.recovers()) {
        return Ok(seen.iter().map(|one| one.reason().unwrap_or_default().to_owned()).collect());
    }
    match seen.iter().filter_map(|one| one.judgement.as_ref()).find(|one| CATCH_ALL.contains(&one.rule.as_str())) {
        Some(judgement) => Err(format!("only {} knows it: {event}", judgement.rule)),
        None => Ok(Vec::new()),
    }
}

/// What is wrong: an event that no rule of ours knows, one that is ignored for a reason that is not listed, a listed
/// reason for which none is.
fn wrong(events: Vec<(String, Value)>, listed: &[(&str, &str)]) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let rules = Rules::defaults()?;
    let mut wrong = Vec::new();
    let mut unused: BTreeSet<_> = listed.iter().copied().collect();
    for (rule, event) in events {
        match reasons(&event, &rules) {
            Err(problem) => wrong.push(problem),
            Ok(reasons) => wrong.extend(reasons.into_iter().filter_map(|reason| {
                let known = listed.iter().find(|listed| listed.0 == rule && reason == listed.1);
                known
                    .is_none_or(|known| !unused.remove(known) && !listed.contains(known))
                    .then(|| format!("{rule} forwards what is ignored as `{reason}`: {event}"))
            })),
        }
    }
    wrong.extend(unused.iter().map(|(rule, reason)| format!("nothing of {rule} is ignored as `{reason}`")));
    Ok(wrong)
}

#[test]
fn what_the_stack_forwards_is_never_ignored_in_silence() -> Result<(), Box<dyn std::error::Error>> {
    let mut forwarded = Vec::new();
    for (name, pattern) in patterns()? {
        let accepts = Pattern::from_value(&pattern)?;
        for event in events(&pattern) {
            assert!(accepts.matches(&event), "{name} does not forward {event}");
            forwarded.push((name.clone(), event));
        }
    }
    assert!(forwarded.len() > 80, "only {} events", forwarded.len());
    let wrong = wrong(forwarded, IGNORED)?;
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

#[test]
fn the_documentation_names_every_source_that_is_forwarded() -> Result<(), Box<dyn std::error::Error>> {
    let documented: Vec<&str> = include_str!("../../../../docs/operations.md")
        .lines()
        .skip_while(|line| !line.starts_with("### What is forwarded"))
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|cell| cell.split(", "))
        .collect();
    for (name, pattern) in patterns()? {
        for event in objects(&pattern) {
            let source = event.get("source").and_then(Value::as_str).unwrap_or_default();
            let source = format!("`{}`", source.trim_start_matches("aws."));
            assert!(documented.contains(&source.as_str()), "{name}: {source}");
        }
    }
    Ok(())
}

#[test]
fn every_source_that_a_rule_names_is_forwarded_or_comes_another_way() -> Result<(), Box<dyn std::error::Error>> {
    fn sources(pattern: &Value, found: &mut BTreeSet<String>) {
        for (name, value) in pattern.as_object().into_iter().flatten() {
            let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            match name.as_str() {
                "source" => found.extend(texts.map(|source| source.trim_start_matches("aws.").to_owned())),
                "$or" => value.as_array().into_iter().flatten().for_each(|one| sources(one, found)),
                _ => {}
            }
        }
    }
    let (mut named, mut forwarded) = (BTreeSet::new(), BTreeSet::new());
    let rules: Value = yaml_serde::from_str(crate::DEFAULT_RULES)?;
    let rules = rules["rules"].as_array().ok_or("no rules")?;
    rules.iter().for_each(|rule| sources(&rule["pattern"], &mut named));
    patterns()?.iter().for_each(|(_, pattern)| sources(pattern, &mut forwarded));
    let missing: Vec<&str> = named.difference(&forwarded).map(String::as_str).collect();
    assert_eq!(missing, NOT_OF_THE_BUS.iter().map(|(source, _)| *source).collect::<Vec<_>>());
    assert!(named.len() > 30, "{named:?}");
    Ok(())
}

#[test]
fn of_the_samples_that_the_stack_forwards_the_same_is_true() -> Result<(), Box<dyn std::error::Error>> {
    let mut forwarded = Vec::new();
    let samples: Vec<Value> = super::samples()?.into_iter().map(|(_, _, event): Sample| event).collect();
    for (name, pattern) in patterns()? {
        let accepts = Pattern::from_value(&pattern)?;
        let cases = super::services::events()?;
        forwarded.extend(
            samples
                .iter()
                .cloned()
                .chain(cases)
                .filter(|event| accepts.matches(event))
                .map(|event| (name.clone(), event)),
        );
    }
    assert!(forwarded.len() > 60, "only {} events", forwarded.len());
    let wrong = wrong(forwarded, SAMPLES_IGNORED)?;
    assert!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

/// The bus sets account and region of an event; its detail says what its sender likes.
#[test]
fn a_function_of_another_place_is_never_taken_for_one_of_here() -> Result<(), crate::Unreadable> {
    let failure = |arn: &str| {
        json!({
            "id": "e", "source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure",
            "account": "111111111111", "region": "eu-west-1", "detail": {"requestContext": {"functionArn": arn}},
        })
    };
    let durable = |arn: &str| {
        json!({
            "id": "e", "source": "lambda", "detail-type": "Durable Execution Status Change",
            "account": "111111111111", "region": "eu-west-1", "detail": {"functionArn": arn, "status": "FAILED"},
        })
    };
    for (arn, resource) in [
        ("arn:aws:lambda:eu-west-1:111111111111:function:orders:$LATEST", "orders"),
        ("arn:aws:lambda:eu-west-1:111111111111:function:orders", "orders"),
        (
            "arn:aws:lambda:eu-west-1:222222222222:function:orders:$LATEST",
            "arn:aws:lambda:eu-west-1:222222222222:function:orders",
        ),
        (
            "arn:aws:lambda:us-east-1:111111111111:function:orders",
            "arn:aws:lambda:us-east-1:111111111111:function:orders",
        ),
        ("orders", "orders"),
    ] {
        for event in [failure(arn), durable(arn)] {
            let seen = crate::sources::observe(&event)?;
            let places: Vec<_> = seen.iter().map(|one| (&*one.resource, &*one.account, &*one.region)).collect();
            assert_eq!(places, [(resource, "111111111111", "eu-west-1")], "{event}");
        }
    }
    Ok(())
}
