#![expect(clippy::unwrap_used, reason = "tests")]

mod documents;

use std::collections::{BTreeMap, BTreeSet};

use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::plan::tests::desired;
use crate::resources;
use crate::template::{Desired, EMBEDDED, Inputs, Place, Template};

/// The stack with these values of parameters.
fn stack(region: &str, parameters: &[(&str, &str)]) -> Stack {
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let place = Place::new("devops", "111122223333", region, None);
    let inputs = Inputs { place, parameters: parameters.collect() };
    Template::parse(EMBEDDED).unwrap().resolve(&inputs, resources::naming).unwrap()
}

fn line(parameters: &[(&str, &str)]) -> String {
    Bill::of(&stack("us-east-1", parameters)).line()
}

#[test]
fn the_line_says_how_much_and_why() {
    const NO_FUNCTIONS: [(&str, &str); 3] = [
        ("FunctionErrorAlarmEnabled", "false"),
        ("FunctionThrottleAlarmEnabled", "false"),
        ("FunctionDestinationAlarmEnabled", "false"),
    ];
    assert_snapshot!(line(&[]), @"idle cost: about $4.49 a month at list price ($4.33 within the free tier), mostly the dashboard ($3.00); while functions fail, up to $5.00 more to ask which");
    assert_snapshot!(line(&[("AlertSettings", r#"{"monthly_query_budget": 2.5}"#)]), @"idle cost: about $4.49 a month at list price ($4.33 within the free tier), mostly the dashboard ($3.00); while functions fail, up to $2.50 more to ask which");
    assert_snapshot!(line(&[("AlertSettings", r#"{"monthly_query_budget": 0}"#)]), @"idle cost: about $4.49 a month at list price ($4.33 within the free tier), mostly the dashboard ($3.00)");
    assert_snapshot!(line(&NO_FUNCTIONS), @"idle cost: about $4.19 a month at list price ($4.13 within the free tier), mostly the dashboard ($3.00)");
    assert_snapshot!(line(&[("SweepSchedule", "")]), @"idle cost: about $4.36 a month at list price ($4.26 within the free tier), mostly the dashboard ($3.00)");
    assert_snapshot!(Bill::of(&stack("eu-central-1", &[])).line(), @"idle cost: about $4.49 a month at the list price of us-east-1 ($4.33 within the free tier), mostly the dashboard ($3.00); while functions fail, up to $5.00 more to ask which");
}

/// Every resource of the template, those that a setting leaves out included, and the addresses that are added to it.
#[test]
fn somebody_decided_what_each_type_of_resource_costs() {
    assert_eq!(Bill::of(&stack("us-east-1", &[])).unpriced, Vec::<String>::new());
    let template = Template::parse(EMBEDDED).unwrap();
    let present: BTreeSet<String> =
        stack("us-east-1", &[]).resources.into_iter().map(|found| found.logical_id).collect();
    let absent: Vec<_> = template.resources.keys().filter(|id| !present.contains(*id)).collect();
    assert!(absent.is_empty(), "the defaults leave out {absent:?}, which no test looked at");

    let address = Desired { resource_type: "AWS::SNS::Subscription".into(), ..desired("Address", json!({})) };
    let mut unknown = stack("us-east-1", &[]);
    unknown.resources.push(address);
    unknown.resources.push(Desired { resource_type: "AWS::Kinesis::Stream".into(), ..desired("Stream", json!({})) });
    let bill = Bill::of(&unknown);
    assert_eq!(bill.unpriced, ["AWS::Kinesis::Stream"]);
    assert!(bill.line().ends_with(", without AWS::Kinesis::Stream"), "{}", bill.line());
}

/// What looks like something cheap and is not.
#[test]
fn what_would_cost_more_is_not_taken_for_what_costs_less() {
    let cases = [
        ("AWS::DynamoDB::Table", json!({"BillingMode": "PROVISIONED"})),
        ("AWS::CloudWatch::Alarm", json!({"MetricName": "Errors", "Period": 10})),
        (
            "AWS::CloudWatch::Alarm",
            json!({"Metrics": [{"Expression": "SELECT MAX(Depth) FROM SCHEMA(\"AWS/SQS\", QueueName)"}]}),
        ),
        (
            "AWS::CloudWatch::Alarm",
            json!({"Metrics": [{"Expression": "SELECT SUM(Errors) FROM SCHEMA(\"AWS/Lambda\", FunctionName) GROUP BY FunctionName"}]}),
        ),
        ("AWS::CloudWatch::Alarm", json!({"Metrics": []})),
        ("AWS::Lambda::EventSourceMapping", json!({"EventSourceArn": "arn:aws:kinesis:us-east-1:1:stream/x"})),
        (
            "AWS::Lambda::EventSourceMapping",
            json!({"EventSourceArn": "arn:aws:sqs:us-east-1:1:x", "ProvisionedPollerConfig": {"MinimumPollers": 2}}),
        ),
        ("AWS::Events::Rule", json!({"ScheduleExpression": "rate(1 minute)", "Targets": [{"Arn": "arn:aws:sqs:x"}]})),
    ];
    for (resource_type, properties) in cases {
        let resource = Desired { resource_type: resource_type.into(), ..desired("X", properties.clone()) };
        let stack = Stack { resources: vec![resource], ..stack("us-east-1", &[]) };
        assert_eq!(Bill::of(&stack).unpriced, [resource_type], "{properties}");
    }
    let math = json!({"Metrics": [
        {"Id": "a", "MetricStat": {"Period": 60}}, {"Id": "b", "MetricStat": {"Period": 60}}, {"Expression": "a + b"}
    ]});
    let resource = Desired { resource_type: "AWS::CloudWatch::Alarm".into(), ..desired("X", math) };
    let bill = Bill::of(&Stack { resources: vec![resource], ..stack("us-east-1", &[]) });
    assert_eq!((bill.monthly_usd, bill.free_tier_usd), (0.2, 0.2), "an alarm is billed for each metric that it names");
}

#[test]
fn the_sum_is_that_of_the_items() {
    let bill = Bill::of(&stack("us-east-1", &[]));
    let sum: f64 = bill.items.iter().filter_map(|item| item.monthly_usd).sum();
    assert!((sum - bill.monthly_usd).abs() < 1e-9, "{bill:#?}");
    let by_what: BTreeMap<_, _> = bill.items.iter().map(|item| (item.what, item)).collect();
    assert_eq!(by_what.len(), bill.items.len(), "{bill:#?}");
    assert_eq!(by_what["standard alarms"].quantity, Some(11.0));
    assert_eq!(bill.query_budget_usd, 5.0);
    assert_eq!(by_what["time of the sweep"].quantity, Some(164.25), "43800 times 15 ms of 256 MB");
    assert_eq!(by_what["polls of the empty queue"].quantity, Some(657_000.0), "five pollers, each every 20 seconds");
    assert_eq!(by_what["polls of the empty queue"].monthly_usd, Some(0.2628));
}

#[test]
fn memory_schedule_and_architecture_count() {
    let time = |parameters: &[(&str, &str)]| {
        let bill = Bill::of(&stack("us-east-1", parameters));
        let item = bill.items.into_iter().find(|item| item.what == "time of the sweep").unwrap();
        (item.quantity.unwrap(), item.unit_usd)
    };
    assert_eq!(time(&[("HandlerMemorySize", "1024")]), (657.0, prices::TIME_ON_X86.usd));
    assert_eq!(time(&[("SweepSchedule", "rate(10 minutes)")]), (16.425, prices::TIME_ON_X86.usd));
    assert_eq!(time(&[("Architecture", "arm64")]), (164.25, prices::TIME_ON_ARM.usd));
}
