#![expect(clippy::unwrap_used, reason = "tests")]

mod memory;
mod properties;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use serde_json::json;

use super::*;
use crate::template::{Attributes, Place};

/// A resource of a type without a provider.
pub(crate) fn desired(id: &str, properties: Value) -> Desired {
    Desired {
        logical_id: id.to_owned(),
        resource_type: "AWS::Test::Thing".to_owned(),
        step: 1,
        properties,
        attributes: Attributes::default(),
        needs: BTreeSet::new(),
        retain: false,
    }
}

fn observed(properties: Value, ownership: Ownership) -> Observed {
    Observed { physical_id: "thing".to_owned(), properties, ownership }
}

pub(crate) fn stack(resources: Vec<Desired>) -> Stack {
    let place = Place {
        stack: "devops".into(),
        partition: incident_model::Partition::commercial(),
        account: "1".into(),
        region: "r".into(),
        endpoint: None,
    };
    Stack { place, resources, outputs: IndexMap::new() }
}

const RULES: Rules = Rules {
    former: |_| &[],
    replacement: |change| change.touches("KeySchema").then(|| "KeySchema".to_owned()),
    parent: |desired| Some(desired.properties.get("Parent")?.as_str()?.to_owned()),
};

fn observations(entries: Vec<(&str, Observed)>) -> Observations {
    let resources = entries.into_iter().map(|(id, observed)| (id.to_owned(), observed)).collect::<BTreeMap<_, _>>();
    Observations { resources, orphans: Vec::new() }
}

/// Paths that differ.
fn paths(desired: &Value, observed: &Value) -> Vec<String> {
    differences(desired, observed).into_iter().map(|change| change.path).collect()
}

#[test]
fn a_resource_in_deletion_is_recreated_or_awaited() {
    let stack = stack(vec![desired("Table", json!({"A": 1}))]);
    let going = observations(vec![("Table", observed(json!({"A": 1}), Ownership::Deleting))]);
    let up = Plan::up(&stack, &going, &RULES).unwrap();
    assert_eq!(up.changes[0].action, Action::Create);
    for now in [&going, &Observations::default()] {
        assert_eq!(up.stale(now), Vec::<String>::new());
    }
    assert_eq!(Plan::down(&stack, &going).changes[0].action, Action::Delete);
}

#[test]
fn equivalent_values_are_no_difference() {
    for (desired, observed) in [
        (json!({"A": 30}), json!({"A": "30"})),
        (json!({"A": 0}), json!({"A": 0.0})),
        (json!({"A": "true"}), json!({"A": true})),
        (json!({"A": 1}), json!({"A": 1, "B": 2})),
        (json!({"List": ["a", "b"]}), json!({"List": ["b", "a"]})),
        (json!({"AlarmActions": ["a"]}), json!({"AlarmActions": ["foreign", "a"]})),
        (json!({"Targets": [{"Id": "a"}]}), json!({"Targets": [{"Id": "a"}, {"Id": "foreign"}]})),
        (
            json!({"Tags": [{"Key": "k", "Value": "v"}]}),
            json!({"Tags": [{"Key": "aws:x", "Value": "y"}, {"Key": "k", "Value": "v"}]}),
        ),
        (
            json!({"PolicyDocument": {"Statement": [{"Action": "a", "Resource": ["x", "y"]}]}}),
            json!({"PolicyDocument": {"Statement": {"Resource": ["y", "x"], "Action": ["a"]}}}),
        ),
        (json!({"EventPattern": {"source": ["a"]}}), json!({"EventPattern": "{\"source\":[\"a\"]}"})),
        (json!({"DashboardBody": "{\"a\": 1}\n"}), json!({"DashboardBody": "{\"a\":1}"})),
    ] {
        assert_eq!(paths(&desired, &observed), Vec::<String>::new(), "{desired}");
    }
}

#[test]
fn what_differs_is_named_by_its_path() {
    for (desired, observed, expected) in [
        (json!({"A": 30}), json!({"A": 14}), "A"),
        (json!({"A": "0030"}), json!({"A": "30"}), "A"),
        (json!({"A": 30}), json!({}), "A"),
        (json!({"A": {"B": 1}}), json!({"A": {"B": 2}}), "A.B"),
        (json!({"List": ["a"]}), json!({"List": ["a", "b"]}), "List"),
        (json!({"Tags": [{"Key": "k", "Value": "v"}]}), json!({"Tags": [{"Key": "k", "Value": "w"}]}), "Tags[k].Value"),
        (json!({"Tags": [{"Key": "k", "Value": "v"}]}), json!({"Tags": []}), "Tags[k]"),
        (json!({"E": {"Variables": {"A": "1"}}}), json!({"E": {"Variables": {"A": "1", "B": "2"}}}), "E.Variables.B"),
        (
            json!({"Targets": [{"Id": "a"}]}),
            json!({"Targets": [{"Id": "a", "RetryPolicy": {}}]}),
            "Targets[a].RetryPolicy",
        ),
        (json!({"AlarmActions": ["a"]}), json!({"AlarmActions": ["b"]}), "AlarmActions"),
        (
            json!({"PolicyDocument": {"Statement": [{"Action": "a"}]}}),
            json!({"PolicyDocument": {"Statement": [{"Action": "b"}]}}),
            "PolicyDocument",
        ),
        (json!({"DashboardBody": "{\"a\":[1,2]}"}), json!({"DashboardBody": "{\"a\":[2,1]}"}), "DashboardBody"),
    ] {
        assert_eq!(paths(&desired, &observed), [expected], "{desired} {observed}");
    }
}

#[test]
fn up_creates_updates_leaves_and_says_why() {
    let stack = stack(vec![
        desired("New", json!({})),
        desired("Old", json!({"A": "1"})),
        desired("Same", json!({"A": 1})),
        desired("Log", json!({"RetentionInDays": 30, "Tags": [{"Key": "k", "Value": "v"}]})),
    ]);
    let exists = observations(vec![
        ("Old", observed(json!({"A": 2}), Ownership::Ours)),
        ("Same", observed(json!({"A": 1}), Ownership::Child)),
        ("Log", observed(json!({"RetentionInDays": 7, "Tags": []}), Ownership::Adopted)),
    ]);
    let plan = Plan::up(&stack, &exists, &RULES).unwrap();
    let changes: Vec<_> = plan.changes.iter().map(|change| (change.action, change.cause.clone())).collect();
    assert_eq!(
        changes,
        [
            (Action::Create, Some(Cause::Template)),
            (Action::Update, Some(Cause::Drift)),
            (Action::None, None),
            (Action::None, None),
        ]
    );
    let json = serde_json::to_value(&plan.changes[1]).unwrap();
    assert_eq!(
        json,
        json!({
            "logical_id": "Old", "type": "AWS::Test::Thing", "action": "update", "cause": "drift",
            "properties": [{"path": "A", "before": 2, "after": 1}],
        })
    );
}

#[test]
fn what_is_not_ours_stops_the_plan() {
    let stack = stack(vec![desired("Thing", json!({}))]);
    let foreign = Ownership::by_tags([("incidentctl:stack", "other")], "devops");
    let error = Plan::up(&stack, &observations(vec![("Thing", observed(json!({}), foreign))]), &RULES).unwrap_err();
    insta::assert_snapshot!(error, @"AWS::Test::Thing `thing` (Thing) exists, but does not belong to this stack: its tag incidentctl:stack says `other`");
}

#[test]
fn a_property_that_cannot_change_replaces_and_costs_the_data() {
    let mut table = desired("Table", json!({"KeySchema": ["a"]}));
    table.resource_type = "AWS::DynamoDB::Table".to_owned();
    let stack = stack(vec![table, desired("Thing", json!({"KeySchema": ["a"]}))]);
    let other = || observed(json!({"KeySchema": ["b"]}), Ownership::Ours);
    let plan = Plan::up(&stack, &observations(vec![("Table", other()), ("Thing", other())]), &RULES).unwrap();
    for (change, loss) in plan.changes.iter().zip([true, false]) {
        let json = serde_json::to_value(change).unwrap();
        assert_eq!(json["action"], "replace");
        assert_eq!(json["cause"], "replacement because KeySchema changed");
        assert_eq!(json.get("data_loss").is_some(), loss, "{json}");
    }
}

#[test]
fn tags_record_whether_the_template_or_drift_caused_the_difference() {
    let tags = |applied: &str, parts: &str| json!([{"Key": "incidentctl:applied", "Value": applied}, {"Key": "incidentctl:applied-parts", "Value": parts}]);
    let handler = |value: u8, applied: &str, parts: &str| json!({"A": value, "Tags": tags(applied, parts)});
    let part = || desired("Part", json!({"B": 1}));
    for (was, expected) in [
        (handler(1, "new", "new"), [None, Some(Cause::Drift), Some(Cause::Drift)]),
        (handler(2, "new", "new"), [const { Some(Cause::Drift) }; 3]),
        (handler(2, "old", "new"), [Some(Cause::Template), Some(Cause::Drift), Some(Cause::Drift)]),
        (handler(1, "new", "old"), [const { Some(Cause::Template) }; 3]),
    ] {
        let stack =
            stack(vec![desired("IncidentHandler", handler(1, "new", "new")), part(), desired("New", json!({}))]);
        let exists = observations(vec![
            ("IncidentHandler", observed(was, Ownership::Ours)),
            ("Part", observed(json!({"B": 2}), Ownership::Child)),
        ]);
        let plan = Plan::up(&stack, &exists, &RULES).unwrap();
        let causes: Vec<_> = plan.changes.into_iter().map(|change| change.cause).collect();
        assert_eq!(causes, expected);
    }
}

#[test]
fn without_a_handler_what_others_need_has_vanished() {
    let mut rule = desired("Rule", json!({}));
    rule.needs = BTreeSet::from(["IncidentHandler".to_owned()]);
    let stack = stack(vec![desired("IncidentHandler", json!({})), rule]);
    for (exists, expected) in [
        (observations(vec![("Rule", observed(json!({}), Ownership::Ours))]), Cause::Drift),
        (observations(Vec::new()), Cause::Template),
    ] {
        assert_eq!(Plan::up(&stack, &exists, &RULES).unwrap().changes[0].cause, Some(expected));
    }
}

#[test]
fn down_removes_ours_in_reverse_and_lists_the_rest() {
    let mut retained = desired("Kept", json!({}));
    retained.retain = true;
    let stack = stack(vec![
        desired("First", json!({})),
        desired("Second", json!({})),
        retained,
        desired("Adopted", json!({})),
        desired("Foreign", json!({})),
        desired("Absent", json!({})),
    ]);
    let exists = observations(vec![
        ("First", observed(json!({}), Ownership::Ours)),
        ("Second", observed(json!({}), Ownership::Child)),
        ("Kept", observed(json!({}), Ownership::Ours)),
        ("Adopted", observed(json!({}), Ownership::Adopted)),
        ("Foreign", observed(json!({}), Ownership::by_tags([], "devops"))),
    ]);
    let plan = Plan::down(&stack, &exists);
    let deleted: Vec<&str> = plan.changes.iter().map(|change| change.logical_id.as_str()).collect();
    assert_eq!(deleted, ["Second", "First"]);
    let left: Vec<&str> = plan.leftovers.iter().map(|leftover| leftover.logical_id.as_str()).collect();
    assert_eq!(left, ["Foreign", "Adopted", "Kept"]);
}

#[test]
fn data_is_kept_on_demand() {
    let table = Desired { resource_type: "AWS::DynamoDB::Table".to_owned(), ..desired("Table", json!({})) };
    let stack = stack(vec![table, desired("Thing", json!({}))]);
    let ours = || observed(json!({}), Ownership::Ours);
    let exists = observations(vec![("Table", ours()), ("Thing", ours())]);
    let plan = Plan::down(&stack, &exists);
    assert_eq!((plan.count(Action::Delete), plan.leftovers.len()), (2, 0));
    let plan = plan.keeping_data();
    assert_eq!((plan.count(Action::Delete), plan.leftovers.len()), (1, 1));
}

#[test]
fn changes_since_the_plan_are_named() {
    let stack = stack(vec![
        desired("New", json!({})),
        desired("Changed", json!({"A": 1})),
        desired("Same", json!({"A": 1})),
        desired("Untouched", json!({"A": 1})),
    ]);
    let ours = |value: Value| observed(json!({"A": value, "Tags": [1, 2]}), Ownership::Ours);
    let before = vec![("Changed", ours(json!(2))), ("Same", ours(json!(2))), ("Untouched", ours(json!(1)))];
    let plan = Plan::up(&stack, &observations(before), &RULES).unwrap();
    let reordered = observed(json!({"Tags": [2, 1], "A": 2}), Ownership::Ours);
    let now =
        vec![("New", ours(json!(1))), ("Changed", ours(json!(3))), ("Same", reordered), ("Untouched", ours(json!(9)))];
    assert_eq!(plan.stale(&observations(now)), ["New", "Changed"]);
}

#[test]
fn orphans_are_deleted_unless_something_keeps_them() {
    let mut exists = observations(Vec::new());
    exists.orphans = vec![
        (desired("Confirmed", json!({})), observed(json!({}), Ownership::Child)),
        (desired("Pending", json!({})), observed(json!({}), Ownership::Kept { why: "it waits".to_owned() })),
    ];
    let plan = Plan::up(&stack(Vec::new()), &exists, &RULES).unwrap();
    assert_eq!(plan.changes.iter().map(|change| change.logical_id.as_str()).collect::<Vec<_>>(), ["Confirmed"]);
    assert_eq!(plan.leftovers.iter().map(|leftover| leftover.logical_id.as_str()).collect::<Vec<_>>(), ["Pending"]);
}

#[test]
fn agreeing_to_lose_the_records_includes_what_a_teardown_leaves_in_queues() {
    let deletion = |id: &str, data_loss, cause| Change {
        action: Action::Delete,
        cause: Some(cause),
        data_loss,
        ..unchanged(&desired(id, json!({})), None)
    };
    let losses = |plan: Plan| plan.agreed().changes.iter().map(|change| change.data_loss).collect::<Vec<_>>();
    let plan = |table_goes, cause: Cause| Plan {
        changes: vec![deletion("Table", table_goes, cause.clone()), deletion("Queue", false, cause)],
        leftovers: Vec::new(),
    };
    assert_eq!(losses(plan(true, Cause::Teardown)), [true, true]);
    // With the table kept, and for what left the template, there was no such consent.
    assert_eq!(losses(plan(false, Cause::Teardown)), [false, false]);
    assert_eq!(losses(plan(true, Cause::Removed)), [true, false]);
}
