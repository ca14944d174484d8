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

fn line(parameters: &[(&str, &str)], functions: Option<u64>) -> String {
    Bill::of(&stack("us-east-1", parameters), functions).line()
}

#[test]
fn the_line_says_how_much_and_why() {
    assert_snapshot!(line(&[], Some(37)), @"idle cost: about $7.87 a month at list price ($4.13 within the free tier), above all the alarm on every function ($0.10 for each of 37 functions)");
    assert_snapshot!(line(&[], Some(10)), @"idle cost: about $5.17 a month at list price ($4.13 within the free tier), mostly the dashboard ($3.00)");
    assert_snapshot!(line(&[], Some(33)), @"idle cost: about $7.47 a month at list price ($4.13 within the free tier), above all the alarm on every function ($0.10 for each of 33 functions)");
    assert_snapshot!(line(&[], Some(50_000)), @"idle cost: about $1004.17 a month at list price ($4.13 within the free tier), mostly the alarm on every function ($0.10 for each of 10000 functions)");
    assert_snapshot!(line(&[("FunctionErrorAlarmEnabled", "false")], Some(37)), @"idle cost: about $4.17 a month at list price ($4.13 within the free tier), mostly the dashboard ($3.00)");
    assert_snapshot!(line(&[("SweepSchedule", ""), ("FunctionErrorAlarmEnabled", "false")], Some(37)), @"idle cost: about $4.06 a month at list price ($4.06 within the free tier), mostly the dashboard ($3.00)");
    assert_snapshot!(Bill::of(&stack("eu-central-1", &[]), Some(37)).line(), @"idle cost: about $7.87 a month at the list price of us-east-1 ($4.13 within the free tier), above all the alarm on every function ($0.10 for each of 37 functions)");
}

#[test]
fn without_the_number_of_functions_the_line_has_the_price_of_one() {
    assert_snapshot!(line(&[], None), @"idle cost: about $4.17 a month at list price ($4.13 within the free tier), plus $0.10 per function for the alarm on every function");
    let bill = Bill::of(&stack("us-east-1", &[]), None);
    let item = serde_json::to_value(bill.items.iter().find(|item| item.quantity.is_none()).unwrap()).unwrap();
    assert_eq!((&item["quantity"], &item["monthly_usd"], &item["unit_usd"]), (&json!(null), &json!(null), &json!(0.1)));
}

/// Every resource of the template, those that a setting leaves out included, and the addresses that are added to it.
#[test]
fn somebody_decided_what_each_type_of_resource_costs() {
    assert_eq!(Bill::of(&stack("us-east-1", &[]), Some(1)).unpriced, Vec::<String>::new());
    let template = Template::parse(EMBEDDED).unwrap();
    let present: BTreeSet<String> =
        stack("us-east-1", &[]).resources.into_iter().map(|found| found.logical_id).collect();
    let absent: Vec<_> = template.resources.keys().filter(|id| !present.contains(*id)).collect();
    assert!(absent.is_empty(), "the defaults leave out {absent:?}, which no test looked at");

    let address = Desired { resource_type: "AWS::SNS::Subscription".into(), ..desired("Address", json!({})) };
    let mut unknown = stack("us-east-1", &[]);
    unknown.resources.push(address);
    unknown.resources.push(Desired { resource_type: "AWS::Kinesis::Stream".into(), ..desired("Stream", json!({})) });
    let bill = Bill::of(&unknown, Some(1));
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
        assert_eq!(Bill::of(&stack, Some(1)).unpriced, [resource_type], "{properties}");
    }
    let math = json!({"Metrics": [
        {"Id": "a", "MetricStat": {"Period": 60}}, {"Id": "b", "MetricStat": {"Period": 60}}, {"Expression": "a + b"}
    ]});
    let resource = Desired { resource_type: "AWS::CloudWatch::Alarm".into(), ..desired("X", math) };
    let bill = Bill::of(&Stack { resources: vec![resource], ..stack("us-east-1", &[]) }, Some(1));
    assert_eq!((bill.monthly_usd, bill.free_tier_usd), (0.2, 0.2), "an alarm is billed for each metric that it names");
}

#[test]
fn the_sum_is_that_of_the_items() {
    let bill = Bill::of(&stack("us-east-1", &[]), Some(37));
    let sum: f64 = bill.items.iter().filter_map(|item| item.monthly_usd).sum();
    assert!((sum - bill.monthly_usd).abs() < 1e-9, "{bill:#?}");
    let by_what: BTreeMap<_, _> = bill.items.iter().map(|item| (item.what, item)).collect();
    assert_eq!(by_what.len(), bill.items.len(), "{bill:#?}");
    assert_eq!(by_what["standard alarms"].quantity, Some(8.0));
    assert_eq!(by_what["polls of the empty queue"].quantity, Some(657_000.0), "five pollers, each every 20 seconds");
    assert_eq!(by_what["polls of the empty queue"].monthly_usd, Some(0.2628));
    assert_eq!(by_what["alarm on every function"].monthly_usd, Some(3.7));
    assert_eq!(by_what["alarm on every function"].free_tier_usd, 0.0, "the free alarms exclude it");
    assert_eq!(by_what["time of the sweep"].quantity, Some(109.5), "43800 times 10 ms of 256 MB");
}

#[test]
fn memory_schedule_and_architecture_count() {
    let time = |parameters: &[(&str, &str)]| {
        let bill = Bill::of(&stack("us-east-1", parameters), Some(1));
        let item = bill.items.into_iter().find(|item| item.what == "time of the sweep").unwrap();
        (item.quantity.unwrap(), item.unit_usd)
    };
    assert_eq!(time(&[("HandlerMemorySize", "1024")]), (438.0, prices::TIME_ON_X86.usd));
    assert_eq!(time(&[("SweepSchedule", "rate(10 minutes)")]), (10.95, prices::TIME_ON_X86.usd));
    assert_eq!(time(&[("Architecture", "arm64")]), (109.5, prices::TIME_ON_ARM.usd));
}
