#![expect(clippy::unwrap_used, reason = "tests")]

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;

fn place(stack: &str, region: &str) -> Place {
    Place::new(stack, "111122223333", region, None)
}

/// The policy of some calls in a place.
fn policy(needs: &[(&str, &str)], here: &Place) -> DeployerPolicy {
    DeployerPolicy::of(needs.iter().copied(), here).unwrap()
}

#[test]
fn arns_become_patterns_and_patterns_arns() {
    let here = place("devops", "eu-west-1");
    let names = StackNames::of(&here).unwrap();
    for (arn, expected) in [
        (
            "arn:aws:lambda:eu-west-1:111122223333:function:devops-incident-handler",
            &["arn:${Partition}:lambda:${Region}:${Account}:function:${Function}"][..],
        ),
        (
            "arn:aws:lambda:eu-west-1:111122223333:function:devops-incident-handler:$LATEST",
            &[
                "arn:${Partition}:lambda:${Region}:${Account}:function:${Function}",
                "arn:${Partition}:lambda:${Region}:${Account}:function:${Function}:$LATEST",
            ],
        ),
        (
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1",
            &["arn:${Partition}:iam::${Account}:role/${Role}"],
        ),
        (
            "arn:aws:dynamodb:eu-west-1:111122223333:table/devops-incidents/index/by-month",
            &["arn:${Partition}:dynamodb:${Region}:${Account}:table/${Table}/index/*"],
        ),
        (
            "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/devops-error-generator:log-stream:",
            &[
                "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroup}",
                "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroup}:*",
            ],
        ),
        (
            "arn:aws:cloudwatch::111122223333:dashboard/devops-incidents",
            &["arn:${Partition}:cloudwatch::${Account}:dashboard/${Dashboard}"],
        ),
        (
            "arn:aws:s3:::incidentctl-111122223333-eu-west-1/devops/incident-handler-00.zip",
            &["arn:${Partition}:s3:::incidentctl-${Account}-${Region}/${Stack}/*"],
        ),
        (
            "arn:aws:cloudformation:eu-west-1:111122223333:stack/devops/0a1b",
            &["arn:${Partition}:cloudformation:${Region}:${Account}:stack/${Stack}/*"],
        ),
        (
            "arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:0a1b2c3d-0000-4000-8000-000000000000",
            &["arn:${Partition}:lambda:${Region}:${Account}:event-source-mapping:*"],
        ),
        ("*", &["*"]),
        // Not the stack's: a name under the prefix, and one of another type.
        (
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1x",
            &["arn:${Partition}:iam::${Account}:role/devops-incident-handler-eu-west-1x"],
        ),
        (
            "arn:aws:sqs:eu-west-1:111122223333:devops-alerts",
            &["arn:${Partition}:sqs:${Region}:${Account}:devops-alerts"],
        ),
    ] {
        assert_eq!(patterns(arn, &here, &names), expected, "{arn}");
    }
    let queue = policy(&[("sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111122223333:devops-rule-dlq")], &here);
    let elsewhere = queue.document(&place("payments", "cn-north-1"), None).unwrap();
    let arn = |name: &str| format!("arn:aws-cn:sqs:cn-north-1:111122223333:payments-{name}");
    assert_eq!(elsewhere.statements()[0].resource, ["events", "handler-dlq", "rule-dlq"].map(arn));
}

/// Every name that the policy covers. A name that leaves the template has to stay here as long as stacks have it:
/// `up` and `down` of later versions still delete it.
#[test]
fn the_policy_covers_every_name_of_a_stack() {
    let here = place("devops", "eu-west-1");
    let document = DeployerPolicy::recorded().unwrap().document(&here, None).unwrap();
    let resources: BTreeSet<&str> =
        document.statements().iter().flat_map(|statement| &statement.resource).map(String::as_str).collect();
    assert_snapshot!(resources.into_iter().collect::<Vec<_>>().join("\n"), @r#"
    *
    arn:aws:cloudformation:eu-west-1:111122223333:stack/devops/*
    arn:aws:cloudwatch::111122223333:dashboard/devops-incidents
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:*
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-alert-delivery
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-events-age
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-events-depth
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-function-destinations
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-function-errors
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-function-throttles
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-handler-dlq-depth
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-handler-errors
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-not-recorded
    arn:aws:cloudwatch:eu-west-1:111122223333:alarm:devops-rule-dlq-depth
    arn:aws:dynamodb:eu-west-1:111122223333:table/devops-incidents
    arn:aws:dynamodb:eu-west-1:111122223333:table/devops-incidents/index/*
    arn:aws:events:eu-west-1:111122223333:rule/devops-account-findings
    arn:aws:events:eu-west-1:111122223333:rule/devops-alarm-changes
    arn:aws:events:eu-west-1:111122223333:rule/devops-function-failures
    arn:aws:events:eu-west-1:111122223333:rule/devops-own-events
    arn:aws:events:eu-west-1:111122223333:rule/devops-platform-failures
    arn:aws:events:eu-west-1:111122223333:rule/devops-service-failures
    arn:aws:events:eu-west-1:111122223333:rule/devops-sweep
    arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1
    arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1
    arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:*
    arn:aws:lambda:eu-west-1:111122223333:function:devops-error-generator
    arn:aws:lambda:eu-west-1:111122223333:function:devops-error-generator:$LATEST
    arn:aws:lambda:eu-west-1:111122223333:function:devops-incident-handler
    arn:aws:lambda:eu-west-1:111122223333:function:devops-incident-handler:$LATEST
    arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/devops-error-generator
    arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/devops-error-generator:*
    arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/devops-incident-handler
    arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/devops-incident-handler:*
    arn:aws:s3:::incidentctl-111122223333-eu-west-1
    arn:aws:s3:::incidentctl-111122223333-eu-west-1/devops/*
    arn:aws:sns:eu-west-1:111122223333:devops-alerts
    arn:aws:sqs:eu-west-1:111122223333:devops-events
    arn:aws:sqs:eu-west-1:111122223333:devops-handler-dlq
    arn:aws:sqs:eu-west-1:111122223333:devops-rule-dlq
    "#);
}

#[test]
fn a_role_may_be_given_to_lambda_only() {
    let here = place("devops", "eu-west-1");
    let role = "arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1";
    let policy = policy(&[("iam:GetRole", role), ("iam:CreateRole", role), ("iam:PassRole", role)], &here);
    assert_snapshot!(format!("{:#}", policy.document(&here, None).unwrap().json()), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow",
          "Action": [
            "iam:CreateRole",
            "iam:GetRole"
          ],
          "Resource": [
            "arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1",
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1"
          ]
        },
        {
          "Effect": "Allow",
          "Action": [
            "iam:PassRole"
          ],
          "Resource": [
            "arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1",
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1"
          ],
          "Condition": {
            "StringEquals": {
              "iam:PassedToService": [
                "lambda.amazonaws.com"
              ]
            }
          }
        }
      ]
    }
    "#);
}

#[test]
fn a_boundary_binds_what_takes_it_and_cannot_be_taken_off() {
    let here = place("devops", "eu-west-1");
    let role = "arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1";
    let actions = [
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:UpdateAssumeRolePolicy",
    ];
    let policy = policy(&actions.map(|action| (action, role)), &here);
    let boundary = boundary::default_arn(&here);
    assert_snapshot!(format!("{:#}", policy.document(&here, Some(&boundary)).unwrap().json()), @r#"
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Deny",
          "Action": [
            "iam:DeleteRolePermissionsBoundary"
          ],
          "Resource": [
            "arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1",
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1"
          ]
        },
        {
          "Effect": "Deny",
          "Action": [
            "iam:CreatePolicyVersion",
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:SetDefaultPolicyVersion"
          ],
          "Resource": [
            "arn:aws:iam::111122223333:policy/devops-boundary-eu-west-1"
          ]
        },
        {
          "Effect": "Allow",
          "Action": [
            "iam:DeleteRole",
            "iam:UpdateAssumeRolePolicy"
          ],
          "Resource": [
            "arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1",
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1"
          ]
        },
        {
          "Effect": "Allow",
          "Action": [
            "iam:CreateRole",
            "iam:DeleteRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy"
          ],
          "Resource": [
            "arn:aws:iam::111122223333:role/devops-error-generator-eu-west-1",
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1"
          ],
          "Condition": {
            "StringEquals": {
              "iam:PermissionsBoundary": [
                "arn:aws:iam::111122223333:policy/devops-boundary-eu-west-1"
              ]
            }
          }
        }
      ]
    }
    "#);
}

/// The parameters with every kind of evidence, and a key.
fn everything(key: &str) -> BTreeMap<String, String> {
    let analysis = incident_model::analysis::AnalysisPolicy { who: true, ..Default::default() };
    let mut parameters = crate::settings::Settings { analysis, ..Default::default() }.parameters();
    parameters.insert("KmsKeyArn".to_owned(), key.to_owned());
    parameters
}

/// The boundary leaves both roles all that their own policies allow, and nothing else.
#[test]
fn the_boundary_is_what_the_roles_may_do() {
    let here = place(&"x".repeat(32), "ap-southeast-1");
    let key = "arn:aws:kms:ap-southeast-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000000";
    let document = boundary::document(&here, &everything(key)).unwrap();
    let text = document.to_string();
    assert!(document::characters(&document) <= MANAGED_POLICY_LIMIT, "{} characters", text.len());
    for part in ["dynamodb:UpdateItem", "events:PutEvents", "error-generator:*", "incident-handler:*", key] {
        assert!(text.contains(part), "{part} is missing in {document:#}");
    }
    for part in ["iam:", "sts:", "\"Sid\""] {
        assert!(!text.contains(part), "{part} is in {document:#}");
    }
    // Functions, and all else that is evidence, are only looked at.
    for part in ["\"lambda:", "\"ecs:", "\"states:", "\"cloudtrail:"] {
        let reads = ["Get", "List", "Describe", "Lookup"].map(|verb| text.matches(&format!("{part}{verb}")).count());
        assert!(text.contains(part), "{part} is missing in {document:#}");
        assert_eq!(text.matches(part).count(), reads.iter().sum::<usize>(), "{part}");
    }
    let without = boundary::document(&here, &BTreeMap::new()).unwrap().to_string();
    assert!(!without.contains("kms:"), "{without}");
}

/// The ARN of a mapping does not say whose it is.
#[test]
fn mappings_of_other_functions_stay_out_of_reach() {
    let here = place("devops", "eu-west-1");
    let mapping = "arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:0a1b";
    let policy = policy(
        &[
            ("lambda:CreateEventSourceMapping", "*"),
            ("lambda:DeleteEventSourceMapping", mapping),
            ("lambda:GetEventSourceMapping", mapping),
            ("lambda:ListEventSourceMappings", "*"),
            ("lambda:UpdateEventSourceMapping", mapping),
        ],
        &here,
    );
    let limited: Vec<_> = policy
        .document(&here, None)
        .unwrap()
        .statements()
        .iter()
        .map(|statement| (statement.action.join(" "), statement.json()["Condition"].clone()))
        .collect();
    let function = |name: &str| format!("arn:aws:lambda:eu-west-1:111122223333:function:devops-{name}");
    let functions = [function("error-generator"), function("incident-handler")];
    let as_gone = json!({"ArnEqualsIfExists": {OF_FUNCTION: functions}});
    let functions = json!({"ArnEquals": {OF_FUNCTION: functions}});
    assert_eq!(
        limited,
        [
            ("lambda:ListEventSourceMappings".to_owned(), Value::Null),
            ("lambda:CreateEventSourceMapping".to_owned(), functions.clone()),
            ("lambda:DeleteEventSourceMapping lambda:UpdateEventSourceMapping".to_owned(), functions),
            ("lambda:GetEventSourceMapping".to_owned(), as_gone),
        ]
    );
}

/// With the longest names: as inline policy of a role, and in parts as managed policies.
#[test]
fn there_is_room_for_the_policy() {
    let place = place(&"x".repeat(32), "ap-southeast-1");
    let boundary = boundary::default_arn(&place);
    for boundary in [None, Some(boundary.as_str())] {
        let document = DeployerPolicy::recorded().unwrap().document(&place, boundary).unwrap();
        assert!(document.characters() <= INLINE_POLICY_LIMIT, "{} characters", document.characters());
        let parts = document.parts();
        assert!(parts.iter().all(|part| part.characters() <= MANAGED_POLICY_LIMIT));
        let statements: Vec<_> = parts.iter().flat_map(PolicyDocument::statements).collect();
        assert_eq!(statements, document.statements().iter().collect::<Vec<_>>());
    }
}
