#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Scope, Template};
use crate::services::cloudformation::provisioner::{Home, Resolved};

fn home() -> Home {
    Home {
        endpoint: "http://127.0.0.1:1".to_owned(),
        account: "000000000000".to_owned(),
        region: "eu-west-1".to_owned(),
        stack: "s".to_owned(),
        stack_id: "arn:aws:cloudformation:eu-west-1:000000000000:stack/s/1".to_owned(),
    }
}

fn resolve(template: &str, parameters: &[(&str, &str)]) -> Result<Resolved, String> {
    let parameters: BTreeMap<String, String> =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let template = Template::parse(template, |kind| kind.starts_with("AWS::S"))?;
    Scope::new(&template, &parameters, &home())?.resolve()
}

/// The property `V` of the only resource whose type is `AWS::Sx`, whose properties are not checked.
fn value(node: &str) -> Result<Value, String> {
    let template = format!(
        "Parameters: {{P: {{Type: String, Default: p}}, L: {{Type: CommaDelimitedList, Default: 'a, b'}}}}\n\
         Mappings: {{M: {{eu-west-1: {{size: 3}}}}}}\n\
         Conditions: {{Yes: !Equals [!Ref P, p], No: !Not [{{Condition: Yes}}]}}\n\
         Resources:\n  Q: {{Type: AWS::SQS::Queue, Properties: {{QueueName: q}}}}\n  \
         T: {{Type: AWS::SNS::Topic, Condition: No}}\n  R:\n    Type: AWS::Sx\n    Properties:\n      V: {node}\n"
    );
    let resolved = resolve(&template, &[])?;
    let found = resolved.resources.into_iter().find(|resource| resource.logical_id == "R").unwrap();
    Ok(found.properties.get("V").cloned().unwrap_or_default())
}

#[test]
fn functions_give_what_the_guide_says() {
    for (node, expected) in [
        ("!Ref P", json!("p")),
        ("{Ref: L}", json!(["a", "b"])),
        ("!Ref AWS::Region", json!("eu-west-1")),
        ("!Ref AWS::NoValue", Value::Null),
        ("[1, !Ref AWS::NoValue, true]", json!([1, true])),
        ("!Ref Q", json!("http://127.0.0.1:1/000000000000/q")),
        ("!GetAtt Q.Arn", json!("arn:aws:sqs:eu-west-1:000000000000:q")),
        ("{'Fn::GetAtt': [Q, QueueName]}", json!("q")),
        ("!Sub '${P}-${Q.QueueName}-${!P}-${AWS::StackName}'", json!("p-q-${P}-s")),
        ("!Sub ['${X}${P}', {X: !If [No, 1, 2]}]", json!("2p")),
        ("!If [Yes, {a: !Ref P}, no]", json!({"a": "p"})),
        ("!If [No, 1, !Ref AWS::NoValue]", Value::Null),
        ("!Join ['-', [a, !Ref P, 3]]", json!("a-p-3")),
        ("!Join [',', !Ref L]", json!("a,b")),
        ("!Select [1, !Ref L]", json!("b")),
        ("!Split ['.', a.b]", json!(["a", "b"])),
        ("!FindInMap [M, !Ref AWS::Region, size]", json!(3)),
        ("{'Fn::Base64': !Ref P}", json!("cA==")),
        // A policy's own word.
        ("{Condition: {StringEquals: {a: !Ref P}}}", json!({"Condition": {"StringEquals": {"a": "p"}}})),
        ("2012-10-17", json!("2012-10-17")),
    ] {
        assert_eq!(value(node), Ok(expected), "{node}");
    }
}

#[test]
fn what_breaks_the_rules_is_refused_in_the_words_of_cloudformation() {
    for (node, refusal) in [
        (
            "!Ref X",
            "Template format error: Unresolved resource dependencies [X] in the Resources block of the template",
        ),
        ("!Sub '${X.Arn}'", "Template format error: Unresolved resource dependencies [X] in the Resources block"),
        ("!If [No, !Ref X, 1]", "Template format error: Unresolved resource dependencies [X] in the Resources block"),
        // A condition leaves it out.
        (
            "!Ref T",
            "Template format error: Unresolved resource dependencies [T] in the Resources block of the template",
        ),
        ("!If [X, 1, 2]", "Template format error: Unresolved condition dependency X in the Resources block"),
        ("!GetAtt Q.Name", "Template error: resource Q does not support attribute type Name in Fn::GetAtt"),
        ("!GetAtt Q", "Template error: every Fn::GetAtt object requires two non-empty parameters"),
        ("!ImportValue x", "Template error: the local AWS does not implement Fn::ImportValue"),
        ("!Sum [1, 2]", "Template format error: Unrecognized intrinsic function: Fn::Sum"),
        ("!Select [2, !Ref L]", "Template error: Fn::Select cannot select nonexistent value at index 2"),
        ("!FindInMap [M, x, size]", "Template error: Unable to get mapping for M::x"),
        ("!Join [',', a]", "Template error: every Fn::Join object requires a list of strings"),
        ("!Ref R", "Circular dependency between resources: [R]"),
    ] {
        let found = value(node).unwrap_err();
        assert!(found.starts_with(refusal), "{node}: {found}");
    }
    for (template, refusal) in [
        ("a: [", "Template format error: YAML not well-formed."),
        ("{\"a\": ", "Template format error: JSON not well-formed."),
        ("Resources: {}", "Template format error: At least one Resources member must be defined."),
        ("Resource: {}", "Invalid template property or properties [Resource]"),
        (
            "Resources: {A: {}}",
            "Template format error: [/Resources/A] Every Resources object must contain a Type member.",
        ),
        ("Resources: {A-1: {Type: AWS::S}}", "Template format error: Resource name A-1 is non alphanumeric."),
        ("Resources: {A: {Type: AWS::X}}", "Template format error: Unrecognized resource types: [AWS::X]"),
        ("Resources: {A: {Type: AWS::S, Depends: B}}", "Invalid template resource property 'Depends'"),
        ("Resources: {A: {Type: AWS::S, DependsOn: B}}", "Template format error: Unresolved resource dependencies [B]"),
        (
            "Resources: {A: {Type: AWS::S, DependsOn: B}, B: {Type: AWS::S, DependsOn: [A]}}",
            "Circular dependency between resources: [A, B]",
        ),
        (
            "Resources: {A: {Type: AWS::S, DeletionPolicy: Keep}}",
            "Template format error: Unrecognized DeletionPolicy Keep",
        ),
        (
            "Resources: {A: {Type: AWS::S}}\nOutputs: {O: {}}",
            "Template format error: Every Outputs member must contain a Value",
        ),
        (
            "Resources: {A: {Type: AWS::S}}\nOutputs: {O: {Value: !Ref B}}",
            "Template format error: Unresolved resource dependencies [B] in the Outputs block of the template",
        ),
        (
            "Resources: {A: {Type: AWS::S}}\nConditions: {C: !Equals [!Ref A, 1]}",
            "Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block",
        ),
        (
            "Resources: {A: {Type: AWS::S}}\nConditions: {C: !Not [!Condition C]}",
            "Template format error: Circular dependency between conditions: [C]",
        ),
    ] {
        let found = resolve(template, &[]).unwrap_err();
        assert!(found.starts_with(refusal), "{template}: {found}");
    }
}

#[test]
fn parameters_take_what_they_allow() {
    let declared = "Parameters:
  Size: {Type: Number, Default: 3, MinValue: 1, MaxValue: 5}
  Kind: {Type: String, Default: a, AllowedValues: [a, b]}
  Name: {Type: String, Default: '', AllowedPattern: '[a-z]*'}
  Short: {Type: String, Default: x, MaxLength: 2, ConstraintDescription: be short}
Resources: {A: {Type: AWS::S}}";
    assert!(resolve(declared, &[("Size", "5"), ("Kind", "b"), ("Name", "abc"), ("Short", "ab")]).is_ok());
    for (name, given, refusal) in [
        ("Size", "0", "Parameter 'Size' must be a number not less than 1"),
        ("Size", "5.5", "Parameter 'Size' must be a number not greater than 5"),
        ("Size", "x", "Parameter 'Size' must be a number"),
        ("Kind", "c", "Parameter 'Kind' must be one of AllowedValues"),
        ("Name", "abcD", "Parameter 'Name' must match pattern [a-z]*"),
        ("Short", "abc", "Parameter Short failed to satisfy constraint: be short"),
    ] {
        assert_eq!(resolve(declared, &[(name, given)]).unwrap_err(), refusal);
    }
}

#[test]
fn each_resource_comes_after_what_it_needs() {
    let template = "Conditions: {No: !Equals [a, b]}
Resources:
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!If [No, !Ref Other, !Ref Queue]]}}
  Other: {Type: AWS::SQS::Queue}
  Left: {Type: AWS::SQS::Queue, Condition: No}
  Queue: {Type: AWS::SQS::Queue, DependsOn: [Topic, Left], UpdateReplacePolicy: Retain}
  Topic: {Type: AWS::SNS::Topic, DeletionPolicy: Retain}
Outputs: {Name: {Value: !GetAtt Topic.TopicName}, No: {Condition: No, Value: !Ref Left}}";
    let resolved = resolve(template, &[]).unwrap();
    let found: Vec<_> = resolved
        .resources
        .iter()
        .map(|one| (one.logical_id.as_str(), one.needs.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    assert_eq!(found, [("Topic", vec![]), ("Queue", vec!["Topic"]), ("Policy", vec!["Queue"]), ("Other", vec![])]);
    let stays: Vec<_> = resolved.resources.iter().map(|one| (one.retain, one.retain_replaced)).collect();
    assert_eq!(stays[..2], [(true, false), (false, true)]);
    let [(name, value)] = resolved.outputs.as_slice() else { panic!("{:?}", resolved.outputs) };
    assert!(name == "Name" && value.starts_with("s-Topic-"), "{value}");
    assert_eq!(resolve(template, &[]).unwrap(), resolved, "a made-up name stays");
}
