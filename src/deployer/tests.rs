#![expect(clippy::unwrap_used, reason = "tests")]

use insta::assert_snapshot;

use super::*;

fn place(stack: &str, region: &str) -> Place {
    Place::new(stack, "111122223333", region, None)
}

#[test]
fn arns_become_patterns_and_patterns_arns() {
    let here = place("devops", "eu-west-1");
    for (arn, expected) in [
        (
            "arn:aws:lambda:eu-west-1:111122223333:function:devops-incident-handler:$LATEST",
            "arn:${Partition}:lambda:${Region}:${Account}:function:${Stack}-*",
        ),
        (
            "arn:aws:iam::111122223333:role/devops-incident-handler-eu-west-1",
            "arn:${Partition}:iam::${Account}:role/${Stack}-*",
        ),
        (
            "arn:aws:dynamodb:eu-west-1:111122223333:table/devops-incidents/index/by-month",
            "arn:${Partition}:dynamodb:${Region}:${Account}:table/${Stack}-*/index/*",
        ),
        (
            "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/devops-error-generator",
            "arn:${Partition}:logs:${Region}:${Account}:log-group:/aws/lambda/${Stack}-*",
        ),
        (
            "arn:aws:cloudwatch::111122223333:dashboard/devops-incidents",
            "arn:${Partition}:cloudwatch::${Account}:dashboard/${Stack}-*",
        ),
        (
            "arn:aws:s3:::incidentctl-111122223333-eu-west-1/devops/incident-handler-00.zip",
            "arn:${Partition}:s3:::incidentctl-${Account}-${Region}/${Stack}/*",
        ),
        (
            "arn:aws:cloudformation:eu-west-1:111122223333:stack/devops/0a1b",
            "arn:${Partition}:cloudformation:${Region}:${Account}:stack/${Stack}/*",
        ),
        (
            "arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:0a1b2c3d-0000-4000-8000-000000000000",
            "arn:${Partition}:lambda:${Region}:${Account}:event-source-mapping:*",
        ),
        ("*", "*"),
    ] {
        assert_eq!(pattern(arn, &here), expected);
    }
    let policy = DeployerPolicy::of([("sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111122223333:devops-rule-dlq")], &here);
    let elsewhere = policy.document(&place("payments", "cn-north-1"));
    assert_eq!(elsewhere.statements()[0].resource, ["arn:aws-cn:sqs:cn-north-1:111122223333:payments-*"]);
}

#[test]
fn a_role_may_be_given_to_lambda_only() {
    let here = place("devops", "eu-west-1");
    let role = "arn:aws:iam::111122223333:role/devops-x-eu-west-1";
    let policy = DeployerPolicy::of([("iam:GetRole", role), ("iam:CreateRole", role), ("iam:PassRole", role)], &here);
    assert_snapshot!(policy.document(&here).pretty(), @r#"
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
            "arn:aws:iam::111122223333:role/devops-*"
          ]
        },
        {
          "Effect": "Allow",
          "Action": [
            "iam:PassRole"
          ],
          "Resource": [
            "arn:aws:iam::111122223333:role/devops-*"
          ],
          "Condition": {
            "StringEquals": {
              "iam:PassedToService": "lambda.amazonaws.com"
            }
          }
        }
      ]
    }
    "#);
}

/// The ARN of a mapping does not say whose it is.
#[test]
fn mappings_of_other_functions_stay_out_of_reach() {
    let here = place("devops", "eu-west-1");
    let mapping = "arn:aws:lambda:eu-west-1:111122223333:event-source-mapping:0a1b";
    let policy = DeployerPolicy::of(
        [
            ("lambda:CreateEventSourceMapping", "*"),
            ("lambda:DeleteEventSourceMapping", mapping),
            ("lambda:ListEventSourceMappings", "*"),
            ("lambda:UpdateEventSourceMapping", mapping),
        ],
        &here,
    );
    let limited: Vec<_> = policy
        .document(&here)
        .statements()
        .iter()
        .map(|statement| (statement.action.join(" "), statement.json()["Condition"].clone()))
        .collect();
    let functions = json!({"ArnLike": {OF_FUNCTION: "arn:aws:lambda:eu-west-1:111122223333:function:devops-*"}});
    assert_eq!(
        limited,
        [
            ("lambda:ListEventSourceMappings".to_owned(), Value::Null),
            ("lambda:CreateEventSourceMapping".to_owned(), functions.clone()),
            ("lambda:DeleteEventSourceMapping lambda:UpdateEventSourceMapping".to_owned(), functions),
        ]
    );
}

/// IAM's limit on a managed policy, whitespace excluded.
#[test]
fn the_policy_fits_into_one_managed_policy() {
    let place = place(&"x".repeat(32), "ap-southeast-1");
    let text = DeployerPolicy::recorded().unwrap().document(&place).json().to_string();
    assert!(text.len() <= 6144, "{} characters", text.len());
}
