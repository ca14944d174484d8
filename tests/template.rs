//! Properties of the template that a linter cannot check.

use incident_model::Pattern;
use serde_json::{Map, Value, json};

use crate::harness::{TestResult, World, repository, samples};
use incident_deploy::template::subscription_id;

/// EventBridge's pattern length limit in characters.
const PATTERN_LIMIT: usize = 2048;

#[test]
fn every_pattern_fits_in_a_rule() -> TestResult {
    let patterns = patterns()?;
    assert_eq!(patterns.len(), 4, "{:?}", patterns.iter().map(|(name, _)| name).collect::<Vec<_>>());
    for (rule, pattern) in patterns {
        let length = pattern.to_string().chars().count();
        assert!(length <= PATTERN_LIMIT, "{rule}: {length} characters");
        Pattern::from_value(&pattern).map_err(|error| format!("{rule}: {error}"))?;
    }
    Ok(())
}

#[test]
fn rules_match_only_failures() -> TestResult {
    let patterns = compiled()?;
    for sample in samples()?.iter().filter(|sample| is_bus_event(&sample.event)) {
        let rules = matching(&patterns, &sample.event);
        match sample.outcome.as_str() {
            "failure" | "recovery" => assert_eq!(rules.len(), 1, "{} matches {rules:?}", sample.file),
            "benign" => assert_eq!(rules, Vec::<&str>::new(), "{}", sample.file),
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn the_alert_path_does_not_feed_itself() -> TestResult {
    let patterns = compiled()?;
    let failure_of = |function: &str| {
        json!({"source": "lambda", "detail-type": "Lambda Function Invocation Result - Failure", "detail": {
            "requestContext": {"functionArn": format!("arn:aws:lambda:eu-central-1:123456789012:function:{function}:$LATEST")}}})
    };
    let alarm = |name: &str| {
        json!({"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change",
            "detail": {"alarmName": name, "state": {"value": "ALARM"}}})
    };
    let unheard = [
        failure_of("devops-incident-handler"),
        alarm("devops-rule-dlq-depth"),
        alarm("devops-handler-dlq-depth"),
        alarm("devops-handler-errors"),
        alarm("devops-alert-delivery"),
        // The sweep looks at these.
        alarm("devops-function-errors"),
        alarm("devops-function-throttles"),
        alarm("devops-function-destinations"),
    ];
    for event in unheard {
        assert_eq!(matching(&patterns, &event), Vec::<&str>::new(), "{event}");
    }
    for event in [failure_of("devops-error-generator"), failure_of("checkout"), alarm("checkout-errors")] {
        assert_eq!(matching(&patterns, &event).len(), 1, "{event}");
    }
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
    let text = std::fs::read_to_string(repository("templates/incident-stack.yaml"))?;
    let template: yaml_serde::Value = yaml_serde::from_str(&text)?;
    let resources = template["Resources"].as_mapping().ok_or("no resources")?;
    let has_pattern = |rule: &yaml_serde::Value| !rule["Properties"]["EventPattern"].is_null();
    let rules =
        resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Events::Rule" && has_pattern(resource));
    rules
        .map(|(name, rule)| {
            let name = name.as_str().ok_or("a logical id that is no text")?;
            Ok((name.to_owned(), resolved(&rule["Properties"]["EventPattern"])?))
        })
        .collect()
}

/// A template value as JSON, with the names of the stack `devops` in place of references.
fn resolved(value: &yaml_serde::Value) -> TestResult<Value> {
    use yaml_serde::Value as Yaml;
    Ok(match value {
        Yaml::Tagged(tagged) if tagged.tag == "!Sub" => {
            let text = tagged.value.as_str().ok_or("!Sub of something that is no text")?;
            text.replace("${AWS::StackName}", "devops").into()
        }
        Yaml::Tagged(tagged) if tagged.tag == "!GetAtt" => {
            assert_eq!(tagged.value, "IncidentHandler.Arn");
            "arn:aws:lambda:eu-central-1:123456789012:function:devops-incident-handler".into()
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
