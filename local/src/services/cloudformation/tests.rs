#![expect(clippy::unwrap_used, reason = "tests")]

mod bench;

use bench::{Bench, resource};
use serde_json::json;

#[tokio::test]
async fn a_stack_is_made_through_a_change_set_and_deleted() {
    let bench = Bench::new();
    let template = json!({"Queue": resource("AWS::SQS::Queue", "q", &[]), "Policy": resource("AWS::SQS::QueuePolicy", "", &["Queue"])});
    let set = bench.change_set("CREATE", &template).await.unwrap();
    assert_eq!(set.pointer("/Changes/0/ResourceChange/Action").unwrap(), "Add");
    assert_eq!(bench.status().await, "REVIEW_IN_PROGRESS");
    bench
        .ask("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "set", "ClientRequestToken": "t1"}))
        .unwrap();
    assert_eq!(bench.settled().await, "CREATE_COMPLETE");
    assert_eq!(
        bench.story("t1"),
        [
            "s CREATE_IN_PROGRESS User Initiated",
            "Queue CREATE_IN_PROGRESS",
            "Queue CREATE_IN_PROGRESS Resource creation Initiated",
            "Queue CREATE_COMPLETE",
            "Policy CREATE_IN_PROGRESS",
            "Policy CREATE_IN_PROGRESS Resource creation Initiated",
            "Policy CREATE_COMPLETE",
            "s CREATE_COMPLETE",
        ]
    );
    let id = bench.id();
    bench.ask("DeleteStack", json!({"StackName": "s", "ClientRequestToken": "t2"})).unwrap();
    bench.settled_id(&id).await;
    assert_eq!(bench.made(), Vec::<String>::new());
    assert_eq!(
        bench.story_of(&id, "t2"),
        [
            "s DELETE_IN_PROGRESS User Initiated",
            "Policy DELETE_IN_PROGRESS",
            "Policy DELETE_COMPLETE",
            "Queue DELETE_IN_PROGRESS",
            "Queue DELETE_COMPLETE",
            "s DELETE_COMPLETE",
        ]
    );
    assert_eq!(
        bench.refusal("DescribeStacks", json!({"StackName": "s"})),
        "ValidationError: Stack with id s does not exist"
    );
}

#[tokio::test]
async fn a_failed_creation_leaves_what_was_asked_for() {
    let template = json!({"Queue": resource("AWS::SQS::Queue", "q", &[]), "Topic": resource("AWS::SNS::Topic", "refused", &["Queue"])});
    for (on_failure, status, left) in [
        (None, "ROLLBACK_COMPLETE", &[][..]),
        (Some("DELETE"), "DELETE_COMPLETE", &[]),
        (Some("DO_NOTHING"), "CREATE_FAILED", &["Queue"]),
    ] {
        let bench = Bench::new();
        bench.create(&template, on_failure).unwrap();
        let id = bench.id();
        assert_eq!(bench.settled_id(&id).await, status);
        assert_eq!(bench.made(), left, "{on_failure:?}");
        let failure =
            bench.story_of(&id, "create").into_iter().find(|line| line.starts_with("Topic CREATE_FAILED")).unwrap();
        assert!(
            failure.contains("Resource handler returned message: \"not this one (Service: Sns, Status Code: 403"),
            "{failure}"
        );
        assert!(failure.ends_with("HandlerErrorCode: AccessDenied)"), "{failure}");
        match status {
            "ROLLBACK_COMPLETE" => {
                let input = json!({"StackName": id, "TemplateBody": template.to_string()});
                let refusal = format!("ValidationError: Stack:{id} is in {status} state and can not be updated.");
                assert_eq!(bench.refusal("UpdateStack", input), refusal);
            }
            "CREATE_FAILED" => {
                bench.ask("RollbackStack", json!({"StackName": "s"})).unwrap();
                assert_eq!(bench.settled().await, "ROLLBACK_COMPLETE");
                assert_eq!(bench.made(), Vec::<String>::new());
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn an_update_adds_changes_and_removes() {
    let bench = Bench::new();
    bench.up(&json!({"A": resource("AWS::SQS::Queue", "a", &[]), "B": resource("AWS::SQS::Queue", "b", &[])})).await;
    let mut changed = resource("AWS::SQS::Queue", "a", &[]);
    changed["Properties"]["DelaySeconds"] = json!(5);
    let template = json!({"A": changed, "C": resource("AWS::SQS::Queue", "c", &[])});
    let set = bench.change_set("UPDATE", &template).await.unwrap();
    let changes: Vec<(&str, &str)> = set["Changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| {
            let change = &change["ResourceChange"];
            (change["Action"].as_str().unwrap(), change["LogicalResourceId"].as_str().unwrap())
        })
        .collect();
    assert_eq!(changes, [("Modify", "A"), ("Remove", "B"), ("Add", "C")]);
    assert_eq!(set["Changes"][0]["ResourceChange"]["Replacement"], "False");
    assert_eq!(set["Changes"][0]["ResourceChange"]["Details"][0]["Target"]["Name"], "DelaySeconds");
    bench.ask("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "set"})).unwrap();
    assert_eq!(bench.settled().await, "UPDATE_COMPLETE");
    assert_eq!(bench.made(), ["A", "C"]);
    let again = bench.change_set_named("again", "UPDATE", &template).await.unwrap_err();
    assert!(again.starts_with("The submitted information didn't contain changes."), "{again}");
    let update = bench.refusal("UpdateStack", json!({"StackName": "s", "TemplateBody": template.to_string()}));
    assert_eq!(update, "ValidationError: No updates are to be performed.");
}

#[tokio::test]
async fn a_failed_update_goes_back() {
    let bench = Bench::new();
    bench.up(&json!({"A": resource("AWS::SQS::Queue", "a", &[])})).await;
    let before = bench.properties("A");
    let mut changed = resource("AWS::SQS::Queue", "a", &[]);
    changed["Properties"]["DelaySeconds"] = json!(5);
    let template = json!({"A": changed, "New": resource("AWS::SQS::Queue", "n", &[]), "Bad": resource("AWS::SNS::Topic", "refused", &["A", "New"])});
    bench
        .ask("UpdateStack", json!({"StackName": "s", "TemplateBody": template.to_string(), "ClientRequestToken": "u"}))
        .unwrap();
    assert_eq!(bench.settled().await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!((bench.made(), bench.properties("A")), (vec!["A".to_owned()], before));
    let story = bench.story("u");
    assert!(
        story.contains(&"s UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to create: [Bad].".to_owned()),
        "{story:?}"
    );
}

#[tokio::test]
async fn a_resource_with_a_name_is_not_replaced() {
    let bench = Bench::new();
    bench.up(&json!({"A": resource("AWS::SQS::Queue", "a", &[])})).await;
    let mut changed = resource("AWS::SQS::Queue", "a", &[]);
    changed["Properties"]["FifoQueue"] = json!(true);
    let set = bench.change_set("UPDATE", &json!({"A": changed})).await.unwrap();
    assert_eq!(set["Changes"][0]["ResourceChange"]["Replacement"], "True");
    bench
        .ask("ExecuteChangeSet", json!({"StackName": "s", "ChangeSetName": "set", "ClientRequestToken": "r"}))
        .unwrap();
    assert_eq!(bench.settled().await, "UPDATE_ROLLBACK_COMPLETE");
    assert!(bench.story("r").iter().any(|line| line.contains("custom-named resource requires replacing")));
    // Without a name of its own the old one goes once the new one is there.
    let other = Bench::new();
    let mut unnamed = resource("AWS::SQS::Queue", "", &[]);
    other.up(&json!({"A": unnamed})).await;
    unnamed["Properties"]["FifoQueue"] = json!(true);
    other
        .ask(
            "UpdateStack",
            json!({"StackName": "s", "TemplateBody": json!({"A": unnamed}).to_string(), "ClientRequestToken": "r"}),
        )
        .unwrap();
    assert_eq!(other.settled().await, "UPDATE_COMPLETE");
    let story = other.story("r");
    let place = |text: &str| story.iter().position(|line| line.contains(text)).unwrap();
    assert!(place("A UPDATE_COMPLETE") < place("A DELETE_COMPLETE"), "{story:?}");
}

#[tokio::test]
async fn a_deletion_gives_up_a_creation_that_runs() {
    let bench = Bench::new();
    bench.create(&json!({"Slow": resource("AWS::SQS::Queue", "slow", &[]), "Next": resource("AWS::SQS::Queue", "n", &["Slow"])}), None).unwrap();
    bench.until(|bench| bench.story("create").iter().any(|line| line.starts_with("Slow"))).await;
    let id = bench.id();
    bench.ask("DeleteStack", json!({"StackName": "s"})).unwrap();
    assert_eq!(bench.settled_id(&id).await, "DELETE_COMPLETE");
    assert_eq!(bench.made(), Vec::<String>::new());
    assert!(!bench.story_of(&id, "create").iter().any(|line| line.starts_with("Next")));
}

#[tokio::test]
async fn an_update_can_be_cancelled() {
    let bench = Bench::new();
    bench.up(&json!({"A": resource("AWS::SQS::Queue", "a", &[])})).await;
    let template =
        json!({"A": resource("AWS::SQS::Queue", "a", &[]), "Slow": resource("AWS::SQS::Queue", "slow", &[])});
    bench
        .ask("UpdateStack", json!({"StackName": "s", "TemplateBody": template.to_string(), "ClientRequestToken": "u"}))
        .unwrap();
    bench.until(|bench| bench.story("u").iter().any(|line| line.starts_with("Slow"))).await;
    bench.ask("CancelUpdateStack", json!({"StackName": "s", "ClientRequestToken": "u"})).unwrap();
    assert_eq!(bench.settled().await, "UPDATE_ROLLBACK_COMPLETE");
    assert_eq!(bench.made(), ["A"]);
    assert!(bench.story("u").contains(&"Slow CREATE_FAILED Resource creation cancelled".to_owned()));
}

#[tokio::test]
async fn a_deletion_that_fails_can_leave_resources_behind() {
    let bench = Bench::new();
    bench
        .up(&json!({"A": resource("AWS::SQS::Queue", "a", &[]), "Stuck": resource("AWS::SQS::Queue", "stuck", &[])}))
        .await;
    let retain = json!({"StackName": "s", "RetainResources": ["Stuck"]});
    assert!(bench.refusal("DeleteStack", retain.clone()).contains("DELETE_FAILED state"));
    bench.ask("DeleteStack", json!({"StackName": "s"})).unwrap();
    assert_eq!(bench.settled().await, "DELETE_FAILED");
    let id = bench.id();
    bench.ask("DeleteStack", retain).unwrap();
    assert_eq!(bench.settled_id(&id).await, "DELETE_COMPLETE");
    assert_eq!(bench.made(), ["Stuck"]);
}

#[tokio::test]
async fn what_aws_refuses_is_refused() {
    let bench = Bench::new();
    let role = json!({"Role": {"Type": "AWS::IAM::Role", "Properties": {"Name": "r", "RoleName": "r"}}}).to_string();
    let queue = json!({"Queue": resource("AWS::SQS::Queue", "q", &[])}).to_string();
    bench.up(&serde_json::from_str(&queue).unwrap()).await;
    for (operation, input, refusal) in [
        (
            "CreateStack",
            json!({"StackName": "x", "TemplateBody": role}),
            "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]",
        ),
        (
            "CreateStack",
            json!({"StackName": "s", "TemplateBody": queue}),
            "AlreadyExistsException: Stack [s] already exists",
        ),
        (
            "CreateStack",
            json!({"StackName": "1x", "TemplateBody": queue}),
            "ValidationError: 1 validation error detected: Value '1x' at 'stackName'",
        ),
        (
            "CreateStack",
            json!({"StackName": "x", "TemplateBody": "x".repeat(51_201)}),
            "ValidationError: 1 validation error detected: Value '…' at 'templateBody'",
        ),
        (
            "CreateStack",
            json!({"StackName": "x"}),
            "ValidationError: Either Template URL or Template Body must be specified.",
        ),
        (
            "CreateStack",
            json!({"StackName": "x", "TemplateBody": queue, "RoleARN": "arn"}),
            "NotImplemented: the local AWS does not implement cloudformation:CreateStack with RoleARN",
        ),
        (
            "CreateStack",
            json!({"StackName": "x", "TemplateBody": queue, "Tags": [{"Key": "aws:x", "Value": "y"}]}),
            "ValidationError: aws: prefixed",
        ),
        (
            "CreateStack",
            json!({"StackName": "x", "TemplateBody": queue, "Parameters": [{"ParameterKey": "P", "ParameterValue": "v"}]}),
            "ValidationError: Parameters: [P] do not exist in the template",
        ),
        (
            "CreateChangeSet",
            json!({"StackName": "x", "ChangeSetName": "c", "TemplateBody": queue}),
            "ValidationError: Stack [x] does not exist",
        ),
        (
            "CreateChangeSet",
            json!({"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": queue}),
            "ValidationError: Stack [s] already exists",
        ),
        (
            "DescribeChangeSet",
            json!({"StackName": "s", "ChangeSetName": "none"}),
            "ChangeSetNotFound: ChangeSet [none] does not exist",
        ),
        (
            "CancelUpdateStack",
            json!({"StackName": "s"}),
            "ValidationError: CancelUpdateStack cannot be called from current stack status: CREATE_COMPLETE",
        ),
        ("ContinueUpdateRollback", json!({"StackName": "s"}), "ValidationError: Stack:"),
        (
            "SetStackPolicy",
            json!({"StackName": "s"}),
            "NotImplemented: the local AWS does not implement cloudformation:SetStackPolicy",
        ),
    ] {
        let found = bench.refusal(operation, input.clone());
        assert!(found.starts_with(refusal), "{operation} {input}: {found}");
    }
    bench.ask("UpdateTerminationProtection", json!({"StackName": "s", "EnableTerminationProtection": true})).unwrap();
    let refused = bench.refusal("DeleteStack", json!({"StackName": "s"}));
    assert_eq!(refused, "ValidationError: Stack [s] cannot be deleted while TerminationProtection is enabled");
}

#[tokio::test]
async fn a_replaced_resource_comes_back_when_the_update_fails() {
    let bench = Bench::new();
    let mut queue = resource("AWS::SQS::Queue", "", &[]);
    bench.up(&json!({"A": queue})).await;
    let input = json!({"StackName": "s", "LogicalResourceId": "A"});
    let before = bench.ask("DescribeStackResource", input.clone()).unwrap();
    queue["Properties"]["FifoQueue"] = json!(true);
    let template = json!({"A": queue, "Bad": resource("AWS::SNS::Topic", "refused", &["A"])}).to_string();
    let update = json!({"StackName": "s", "TemplateBody": template, "ClientRequestToken": "u"});
    bench.ask("UpdateStack", update).unwrap();
    assert_eq!(bench.settled().await, "UPDATE_ROLLBACK_COMPLETE");
    let after = bench.ask("DescribeStackResource", input).unwrap();
    let physical_id = "/StackResourceDetail/PhysicalResourceId";
    assert_eq!(after.pointer(physical_id), before.pointer(physical_id));
    assert_eq!(bench.story("u").iter().filter(|line| *line == "A DELETE_COMPLETE").count(), 1);
}
