//! Properties of the template that a linter cannot check.

use incident_model::{Classification, Pattern, Rules, classify};
use serde_json::{Map, Value, json};

use crate::harness::{TestResult, World, repository, samples};
use incident_deploy::template::{EMBEDDED, Graph, Template, subscription_id};

/// EventBridge's pattern length limit in characters.
const PATTERN_LIMIT: usize = 2048;
/// The pseudo parameters of the stack `devops`.
const PARAMETERS: [(&str, &str); 5] = [
    ("${AWS::StackName}", "devops"),
    ("${AWS::Partition}", "aws"),
    ("${AWS::Region}", "eu-central-1"),
    ("${AWS::AccountId}", "123456789012"),
    ("${AWS::URLSuffix}", "amazonaws.com"),
];

#[test]
fn every_pattern_fits_in_a_rule() -> TestResult {
    let patterns = patterns()?;
    assert_eq!(patterns.len(), 5, "{:?}", patterns.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (rule, pattern) in patterns {
        // The longest name of a stack, and the longest of a region.
        let longest = pattern.to_string().replace("devops", &"s".repeat(32)).replace("eu-central-1", "ap-northeast-1");
        assert!(longest.chars().count() <= PATTERN_LIMIT, "{rule}: {} characters", longest.chars().count());
        let length = pattern.to_string().chars().count();
        assert!(length <= PATTERN_LIMIT, "{rule}: {length} characters");
        Pattern::from_value(&pattern).map_err(|error| format!("{rule}: {error}"))?;
    }
    Ok(())
}

#[test]
fn rules_match_only_failures_and_what_ends_them() -> TestResult {
    let (patterns, rules_of_severity) = (compiled()?, Rules::defaults()?);
    for sample in samples()?.iter().filter(|sample| is_bus_event(&sample.event)) {
        let rules = matching(&patterns, &sample.event);
        match sample.outcome.as_str() {
            "failure" | "recovery" => assert_eq!(rules.len(), 1, "{} matches {rules:?}", sample.file),
            // A success that ends an incident; no rule of the stack matches all of them.
            "benign" if classify(&sample.event, &rules_of_severity)?.iter().any(Classification::recovers) => {
                assert!(rules.len() <= 1, "{} matches {rules:?}", sample.file);
            }
            "benign" => assert_eq!(rules, Vec::<&str>::new(), "{}", sample.file),
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn the_alert_path_does_not_feed_itself() -> TestResult {
    let patterns = compiled()?;
    let failure_at = |place: &str, function: &str| {
        json!({"source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "detail": {
            "requestContext": {"functionArn": format!("arn:aws:lambda:{place}:function:{function}")}}})
    };
    let failure_of = |function: &str| failure_at("eu-central-1:123456789012", function);
    let alarm = |name: &str| {
        json!({"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
            "detail": {"alarmName": name, "state": {"value": "ALARM"}}})
    };
    // An alarm that mails by itself must not come through the rules as well.
    let mailing: Vec<String> = resources("AWS::CloudWatch::Alarm")?
        .iter()
        .filter(|(_, alarm)| !alarm["AlarmActions"].is_null())
        .map(|(_, alarm)| Ok(resolved(&alarm["AlarmName"])?.as_str().ok_or("an alarm without a name")?.to_owned()))
        .collect::<TestResult<_>>()?;
    assert_eq!(mailing.len(), 7, "{mailing:?}");
    // The sweep looks at these.
    let watched = ["devops-function-errors", "devops-function-throttles", "devops-function-destinations"];
    let alarms = mailing.iter().map(String::as_str).chain(watched).map(alarm);
    let own = ["$LATEST", "3", "live"].map(|version| failure_of(&format!("devops-incident-handler:{version}")));
    for event in alarms.chain(own) {
        assert_eq!(matching(&patterns, &event), Vec::<&str>::new(), "{event}");
    }
    // A longer name is another function, and so is one in another place.
    let others = ["devops-incident-handlerX", "devops-incident-handler-backup", "devops-error-generator", "checkout"];
    let others = others.map(|name| failure_of(&format!("{name}:$LATEST")));
    let elsewhere = ["eu-west-1:123456789012", "eu-central-1:210987654321"];
    let elsewhere = elsewhere.map(|place| failure_at(place, "devops-incident-handler:$LATEST"));
    for event in others.into_iter().chain(elsewhere).chain([alarm("checkout-errors"), alarm("devops-events-depthX")]) {
        assert_eq!(matching(&patterns, &event).len(), 1, "{event}");
    }
    Ok(())
}

/// The handler never calls KMS itself: the services do, for it.
#[test]
fn a_key_is_used_through_the_services_of_the_stack_only() -> TestResult {
    let roles = resources("AWS::IAM::Role")?;
    let (_, role) = roles.iter().find(|(id, _)| id == "HandlerRole").ok_or("no role")?;
    let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_sequence().ok_or("no statements")?;
    let with_key = statements.iter().find_map(|statement| match statement {
        yaml_serde::Value::Tagged(choice) if choice.tag == "!If" && choice.value[0] == "HasKmsKey" => {
            choice.value.get(1)
        }
        _ => None,
    });
    let condition = resolved(&with_key.ok_or("no statement about a key")?["Condition"])?;
    let through = condition["StringEquals"]["kms:ViaService"].as_array().ok_or("no condition")?;
    let mut through: Vec<_> = through.iter().filter_map(Value::as_str).collect();
    through.dedup();
    let expected = ["dynamodb", "sns", "sqs"].map(|service| format!("{service}.eu-central-1.amazonaws.com"));
    assert_eq!(through, expected);
    Ok(())
}

/// Each rule has one group of messages, so that the queue is fair between rules, and no event decides its group.
#[test]
fn every_rule_sends_to_the_queue_in_a_group_of_its_own() -> TestResult {
    let rules = resources("AWS::Events::Rule")?;
    let mut groups = Vec::new();
    for (id, rule) in rules.iter().filter(|(_, rule)| !rule["EventPattern"].is_null()) {
        let target = &rule["Targets"][0];
        assert_eq!(tagged(&target["Arn"]), Some("EventQueue.Arn"), "{id}");
        assert_eq!(tagged(&target["DeadLetterConfig"]["Arn"]), Some("RuleDeadLetterQueue.Arn"), "{id}");
        assert_eq!(target["RetryPolicy"]["MaximumEventAgeInSeconds"], 3600, "{id}");
        let (group, name) = (resolved(&target["SqsParameters"]["MessageGroupId"])?, resolved(&rule["Name"])?);
        assert_eq!(group, name, "{id}");
        groups.push(group);
    }
    groups.dedup();
    assert_eq!(groups.len(), 5, "{groups:?}");
    Ok(())
}

/// In an update, rules turn to the queue when all of the new path is there, and only then does the old path end.
#[test]
fn an_update_from_rules_that_invoke_the_handler_has_a_whole_path_at_any_time() -> TestResult {
    let template = Template::parse(EMBEDDED)?;
    let graph = Graph::of(&template)?;
    let order = graph.order()?;
    let place = |id: &str| order.iter().position(|one| one == id).ok_or(format!("no {id}"));
    for rule in
        ["FunctionFailureRule", "AlarmChangeRule", "ServiceFailureRule", "PlatformFailureRule", "AccountFindingRule"]
    {
        let needs = graph.needs(rule);
        for earlier in ["EventQueue", "EventQueuePolicy", "EventMapping", "RuleDeadLetterQueuePolicy"] {
            assert!(needs.contains(earlier), "{rule} does not wait for {earlier}");
        }
        // What was sent to the handler before keeps its retries and its destination until the rule sends nothing more.
        assert!(graph.needs("HandlerEventInvokeConfig").contains(rule), "{rule}");
    }
    // The handler that reads the queue comes before the pollers, and the table before either.
    for earlier in ["IncidentHandler", "HandlerRole", "IncidentTable", "EventQueue", "HandlerDeadLetterQueue"] {
        assert!(place(earlier)? < place("EventMapping")?, "{earlier}");
    }
    // Without the rules' permissions, which `up` and CloudFormation delete last of all.
    let permissions = resources("AWS::Lambda::Permission")?;
    assert_eq!(permissions.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["SweepPermission"]);
    Ok(())
}

/// Lambda wants the queue to hide a message for six timeouts, or a slow batch is delivered twice; an event must survive four
/// hours of failures.
#[test]
fn the_queue_waits_out_an_outage() -> TestResult {
    let queues = resources("AWS::SQS::Queue")?;
    let queue = |wanted: &str| queues.iter().find(|(id, _)| id == wanted).map(|(_, queue)| queue).ok_or("no queue");
    let events = queue("EventQueue")?;
    let functions = resources("AWS::Lambda::Function")?;
    let (_, handler) = functions.iter().find(|(id, _)| id == "IncidentHandler").ok_or("no handler")?;
    let number = |value: &yaml_serde::Value| value.as_u64().ok_or("no number");
    let visibility = number(&events["VisibilityTimeout"])?;
    assert!(visibility >= 6 * number(&handler["Timeout"])?);
    let redrive = &events["RedrivePolicy"];
    assert!(number(&redrive["maxReceiveCount"])? * visibility >= 4 * 3600);
    assert_eq!(tagged(&redrive["deadLetterTargetArn"]), Some("HandlerDeadLetterQueue.Arn"));
    assert_eq!(events["MessageRetentionPeriod"], 14 * 24 * 3600);
    for encryption in ["KmsMasterKeyId", "SqsManagedSseEnabled"] {
        assert_eq!(events[encryption], queue("RuleDeadLetterQueue")?[encryption]);
    }
    let allowed = &queue("HandlerDeadLetterQueue")?["RedriveAllowPolicy"];
    assert_eq!(allowed["redrivePermission"], "byQueue");
    assert!(tagged(&allowed["sourceQueueArns"][0]).is_some_and(|arn| arn.ends_with(":${AWS::StackName}-events")));
    Ok(())
}

/// An event that fails comes back when it is visible again; until then the handler has nothing to count.
#[test]
fn the_alarm_on_unrecorded_events_stays_on_between_two_attempts() -> TestResult {
    let alarms = resources("AWS::CloudWatch::Alarm")?;
    let (_, alarm) = alarms.iter().find(|(id, _)| id == "NotRecordedAlarm").ok_or("no alarm")?;
    let number = |name: &str| alarm[name].as_u64().ok_or(format!("no {name}"));
    assert_eq!(number("DatapointsToAlarm")?, 1);
    let queues = resources("AWS::SQS::Queue")?;
    let (_, events) = queues.iter().find(|(id, _)| id == "EventQueue").ok_or("no queue")?;
    let visibility = events["VisibilityTimeout"].as_u64().ok_or("no timeout")?;
    // Twice, so that one lost poll makes no gap.
    assert!(number("Period")? * number("EvaluationPeriods")? >= 2 * visibility + number("Period")?);
    Ok(())
}

#[tokio::test]
async fn template_prints_one_subscription_per_address() -> TestResult {
    let world = World::new()?;
    let arguments = ["template", "--email", "ada@example.com", "--email", "grace@example.com"];
    let printed = world.run(&arguments).await?.succeeded()?.stdout;
    let template: yaml_serde::Value = yaml_serde::from_str(&printed)?;
    for address in ["ada@example.com", "grace@example.com"] {
        let subscription = &template["Resources"][subscription_id(address)];
        assert_eq!(subscription["Type"], "AWS::SNS::Subscription");
        assert_eq!(subscription["Properties"]["Endpoint"], address);
        assert_eq!(subscription["Properties"]["Protocol"], "email");
    }
    let resources = template["Resources"].as_mapping().ok_or("no resources")?;
    let count = resources.values().filter(|resource| resource["Type"] == "AWS::SNS::Subscription").count();
    assert_eq!(count, 2);
    Ok(())
}

/// Whether a bus carries this event, as opposed to a wrapped one or a bare record.
fn is_bus_event(event: &Value) -> bool {
    ["source", "detail-type", "detail"].iter().all(|key| event.get(key).is_some())
}

fn matching<'a>(patterns: &'a [(String, Pattern)], event: &Value) -> Vec<&'a str> {
    patterns.iter().filter(|(_, pattern)| pattern.matches(event)).map(|(rule, _)| rule.as_str()).collect()
}

fn compiled() -> TestResult<Vec<(String, Pattern)>> {
    patterns()?.into_iter().map(|(rule, pattern)| Ok((rule, Pattern::from_value(&pattern)?))).collect()
}

/// All rules' patterns, for a stack named `devops`.
fn patterns() -> TestResult<Vec<(String, Value)>> {
    let rules = resources("AWS::Events::Rule")?.into_iter().filter(|(_, rule)| !rule["EventPattern"].is_null());
    rules.map(|(name, rule)| Ok((name, resolved(&rule["EventPattern"])?))).collect()
}

/// The properties of all resources of a type, by logical id.
fn resources(resource_type: &str) -> TestResult<Vec<(String, yaml_serde::Value)>> {
    let text = std::fs::read_to_string(repository("templates/incident-stack.yaml"))?;
    let template: yaml_serde::Value = yaml_serde::from_str(&text)?;
    let resources = template["Resources"].as_mapping().ok_or("no resources")?;
    let of_type = resources.iter().filter(|(_, resource)| resource["Type"] == resource_type);
    of_type
        .map(|(name, resource)| {
            let name = name.as_str().ok_or("a logical id that is no text")?;
            Ok((name.to_owned(), resource["Properties"].clone()))
        })
        .collect()
}

/// The text under a tag such as `!GetAtt`.
fn tagged(value: &yaml_serde::Value) -> Option<&str> {
    match value {
        yaml_serde::Value::Tagged(tagged) => tagged.value.as_str(),
        _ => None,
    }
}

/// A template value as JSON, with the names of the stack `devops` in place of references.
fn resolved(value: &yaml_serde::Value) -> TestResult<Value> {
    use yaml_serde::Value as Yaml;
    Ok(match value {
        Yaml::Tagged(tagged) if tagged.tag == "!Sub" => {
            let text = tagged.value.as_str().ok_or("!Sub of something that is no text")?;
            PARAMETERS.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value)).into()
        }
        Yaml::Mapping(mapping) => mapping
            .iter()
            .map(|(key, value)| Ok((key.as_str().ok_or("a key that is no text")?.to_owned(), resolved(value)?)))
            .collect::<TestResult<Map<_, _>>>()?
            .into(),
        Yaml::Sequence(items) => items.iter().map(resolved).collect::<TestResult<Vec<_>>>()?.into(),
        other => serde_json::to_value(other)?,
    })
}
