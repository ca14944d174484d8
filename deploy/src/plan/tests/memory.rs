//! State tags: ownership of orphans, and the role that a function was given.

use super::*;
use crate::template::paths;

/// State tags that record these properties as the stack's own.
fn owning(properties: &Value) -> Value {
    let digests: Vec<String> = paths(properties).into_keys().collect();
    json!({"Key": "incidentctl:owns", "Value": digests.join(".")})
}

#[test]
fn what_was_ours_and_is_not_wanted_goes_and_what_is_foreign_stays() {
    let ours = json!({
        "Description": "old", "Policies": [{"PolicyName": "kept"}, {"PolicyName": "dropped"}],
        "SSESpecification": {"KMSMasterKeyId": "key"}, "Tags": [{"Key": "team", "Value": "x"}],
    });
    let mut observed = json!({
        "Description": "old", "PermissionsBoundary": "foreign",
        "Policies": [{"PolicyName": "kept"}, {"PolicyName": "dropped"}, {"PolicyName": "foreign"}],
        "SSESpecification": {"KMSMasterKeyId": "key", "SSEEnabled": true},
        "Tags": [{"Key": "team", "Value": "x"}, {"Key": "foreign", "Value": "y"}],
    });
    let desired = json!({"Policies": [{"PolicyName": "kept"}], "SSESpecification": {"SSEEnabled": true}, "Tags": []});
    assert!(removal::removals(&desired, &observed, &[]).is_empty(), "without state tags everything is foreign");
    let former = removal::removals(&desired, &observed, &["Tags[foreign]", "Tags[absent]"]);
    assert_eq!(former.iter().map(|change| change.path.as_str()).collect::<Vec<_>>(), ["Tags[foreign]"]);
    observed["Tags"].as_array_mut().unwrap().push(owning(&ours));
    let mut gone: Vec<String> =
        removal::removals(&desired, &observed, &[]).into_iter().map(|change| change.path).collect();
    gone.sort();
    assert_eq!(gone, ["Description", "Policies[dropped]", "SSESpecification.KMSMasterKeyId", "Tags[team]"]);
}

#[test]
fn a_part_goes_with_what_it_belongs_to() {
    let thing = |id: &str, properties: Value, reference: &str| {
        let mut thing = desired(id, properties);
        thing.attributes.reference = reference.to_owned();
        thing
    };
    let mut part = thing("Part", json!({"Parent": "topic"}), "part");
    part.needs = BTreeSet::from(["Topic".to_owned()]);
    let stack = stack(vec![
        thing("Topic", json!({"KeySchema": 1}), "topic"),
        part,
        thing("Other", json!({"Parent": "queue"}), "other"),
    ]);
    let exists = observations(vec![
        ("Topic", observed(json!({"KeySchema": 2}), Ownership::Ours)),
        ("Part", observed(json!({"Parent": "topic"}), Ownership::Child)),
        ("Other", observed(json!({"Parent": "queue"}), Ownership::Child)),
    ]);
    let plan = Plan::up(&stack, &exists, &RULES).unwrap();
    let changes: Vec<_> =
        plan.changes.iter().map(|change| (change.action, change.cause.as_ref().map(ToString::to_string))).collect();
    let because = |what: &str| Some(format!("replacement because {what} changed"));
    assert_eq!(
        changes,
        [(Action::Replace, because("KeySchema")), (Action::Replace, because("Topic")), (Action::None, None)]
    );
}

#[test]
fn a_role_of_the_same_name_and_another_id_is_noticed() {
    let role = |id: &str, arn: &str| Desired {
        resource_type: "AWS::IAM::Role".to_owned(),
        attributes: Attributes { reference: id.to_owned(), attributes: BTreeMap::from([("Arn", arn.to_owned())]) },
        ..desired(id, json!({}))
    };
    let function =
        Desired { resource_type: "AWS::Lambda::Function".to_owned(), ..desired("Function", json!({"Role": "arn:a"})) };
    let stack = stack(vec![role("A", "arn:a"), role("B", "arn:b"), function]);
    let tagged = |id: &str| json!([{"Key": "incidentctl:role-id", "Value": id}]);
    let live = |created: &str| json!({"RoleId": "AROA2", "CreateDate": created});
    let modified = "2026-01-31T12:00:05.123+0000";
    let runs = |tags: Value| json!({"Role": "arn:a", "Tags": tags, "LastModified": modified});
    let before = "2026-01-31T12:00:05Z";
    let after = "2026-01-31T12:00:06Z";
    for (name, role, function, expected) in [
        ("same", Some(live(after)), runs(tagged("AROA2")), None),
        ("another", Some(live(before)), runs(tagged("AROA1")), Some((json!("AROA1"), json!("AROA2")))),
        ("unknown, older", Some(live(before)), runs(json!([])), None),
        ("unknown, younger", Some(live(after)), runs(json!([])), Some((json!(null), json!("AROA2")))),
        ("gone", None, runs(tagged("AROA1")), Some((json!("AROA1"), json!(null)))),
        ("another role anyway", Some(live(after)), json!({"Role": "arn:c", "Tags": tagged("AROA9")}), None),
    ] {
        let mut entries = vec![("Function", observed(function, Ownership::Ours))];
        entries.extend(role.map(|role| ("A", observed(role, Ownership::Ours))));
        let plan = Plan::up(&stack, &observations(entries), &RULES).unwrap();
        let change = plan.changes.iter().find(|change| change.logical_id == "Function").unwrap();
        let found = change.properties.iter().find(|property| property.path == RECREATED);
        assert_eq!(found.map(|found| (found.before.clone(), found.after.clone())), expected, "{name}");
        if expected.is_some() {
            assert_eq!((change.action, &change.cause), (Action::Update, &Some(Cause::Drift)), "{name}");
            assert_eq!(change.detour.as_deref(), Some("arn:b"), "{name}");
        }
    }
}
