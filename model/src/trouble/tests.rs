//! The table, row by row, on the events that services send.

use serde_json::{Value, json};

use super::*;
use crate::{Classification, Rules, classify};

type Tested = Result<(), Box<dyn std::error::Error>>;

fn event(source: &str, kind: &str, resource: &str, detail: &Value) -> Value {
    json!({
        "id": "e", "source": source, "detail-type": kind, "account": "111122223333", "region": "eu-west-1",
        "resources": [resource], "detail": detail,
    })
}

fn one(event: &Value) -> Result<Classification, Box<dyn std::error::Error>> {
    Ok(classify(event, &Rules::defaults()?)?.into_iter().next().ok_or("no event")?)
}

/// Whether the recovery of the second event ends the incident of the first.
fn ended(failure: &Value, recovery: &Value) -> Result<bool, Box<dyn std::error::Error>> {
    let incident = one(failure)?.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned());
    let incident = incident.ok_or_else(|| format!("no failure: {failure}"))?;
    let recovery = one(recovery)?;
    assert!(recovery.recovers(), "no recovery: {:?}", recovery.observation);
    assert_eq!(ends(&recovery.observation, &incident), recovery.trouble() == incident.trouble());
    Ok(ends(&recovery.observation, &incident))
}

/// A failure, the recovery that ends it, and those that do not.
fn row(failure: &Value, end: &Value, others: &[Value]) -> Tested {
    assert!(ended(failure, end)?, "it does not end {failure}: {end}");
    for other in others {
        assert!(!ended(failure, other)?, "it ends {failure}: {other}");
    }
    Ok(())
}

#[test]
fn the_same_alarm_and_time_series() -> Tested {
    let alarm = |name: &str, series: &str, state: &str| {
        let detail = json!({
            "alarmName": name, "alarmContributor": {"id": "c", "attributes": {"FunctionName": series}},
            "state": {"value": state, "reason": "Threshold Crossed"}, "previousState": {"reason": "x"},
        });
        event("aws.cloudwatch", "CloudWatch Alarm Contributor State Change", "", &detail)
    };
    let mut elsewhere = alarm("errors", "orders", "OK");
    elsewhere["region"] = "us-east-1".into();
    assert!(!ends(&one(&elsewhere)?.observation, &incident_of(&alarm("errors", "orders", "ALARM"))?));
    row(
        &alarm("errors", "orders", "ALARM"),
        &alarm("errors", "orders", "OK"),
        &[alarm("errors", "payments", "OK"), alarm("latency", "orders", "OK")],
    )
}

fn incident_of(event: &Value) -> Result<Incident, Box<dyn std::error::Error>> {
    Ok(one(event)?.incident("inc-1".to_owned(), "2026-01-01T00:00:00Z".to_owned()).ok_or("no failure")?)
}

#[test]
fn the_same_pipeline_project_group_machine_and_canary() -> Tested {
    let pipeline = |name: &str, state: &str| {
        let detail = json!({"pipeline": name, "execution-id": state, "state": state});
        event("aws.codepipeline", "CodePipeline Pipeline Execution State Change", "", &detail)
    };
    row(&pipeline("shop", "FAILED"), &pipeline("shop", "SUCCEEDED"), &[pipeline("blog", "SUCCEEDED")])?;
    let build = |name: &str, state: &str| {
        let detail = json!({"project-name": name, "build-id": format!("b:{state}"), "build-status": state});
        event("aws.codebuild", "CodeBuild Build State Change", "", &detail)
    };
    row(&build("shop", "FAILED"), &build("shop", "SUCCEEDED"), &[build("blog", "SUCCEEDED")])?;
    let deployment = |group: &str, state: &str| {
        let detail = json!({"application": "shop", "deploymentGroup": group, "deploymentId": state, "state": state});
        event("aws.codedeploy", "CodeDeploy Deployment State-change Notification", "", &detail)
    };
    row(&deployment("prod", "FAILURE"), &deployment("prod", "SUCCESS"), &[deployment("test", "SUCCESS")])?;
    let run = |machine: &str, status: &str| {
        let arn = format!("arn:aws:states:eu-west-1:111122223333:stateMachine:{machine}");
        let detail = json!({"stateMachineArn": arn, "status": status, "name": status});
        event("aws.states", "Step Functions Execution Status Change", "", &detail)
    };
    row(&run("billing", "FAILED"), &run("billing", "SUCCEEDED"), &[run("report", "SUCCEEDED")])?;
    let canary = |name: &str, end: &str| {
        let kind = format!("Synthetics Canary TestRun {end}");
        event("aws.synthetics", &kind, "", &json!({"canary-name": name, "state-reason": "x", "test-run-status": end}))
    };
    row(&canary("login", "Failure"), &canary("login", "Successful"), &[canary("search", "Successful")])
}

#[test]
fn the_same_service_of_the_same_cluster() -> Tested {
    let action = |cluster: &str, kind: &str, name: &str| {
        let arn = format!("arn:aws:ecs:eu-west-1:111122223333:service/{cluster}/web");
        let detail = json!({
            "eventType": kind, "eventName": name,
            "clusterArn": format!("arn:aws:ecs:eu-west-1:111122223333:cluster/{cluster}"),
        });
        event("aws.ecs", "ECS Service Action", &arn, &detail)
    };
    let mut deployed = action("prod", "INFO", "SERVICE_DEPLOYMENT_COMPLETED");
    deployed["detail"].as_object_mut().ok_or("no detail")?.remove("clusterArn");
    let impaired = action("prod", "WARN", "SERVICE_TASK_START_IMPAIRED");
    let elsewhere = action("test", "INFO", "SERVICE_STEADY_STATE");
    row(&impaired, &action("prod", "INFO", "SERVICE_STEADY_STATE"), std::slice::from_ref(&elsewhere))?;
    row(&impaired, &deployed, &[elsewhere])
}

#[test]
fn a_stack_and_its_drift_are_two_troubles() -> Tested {
    let stack = |kind: &str, details: Value| {
        let id = "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/1";
        let detail = json!({"stack-id": id, "logical-resource-id": "Queue", "status-details": details});
        event("aws.cloudformation", &format!("CloudFormation {kind} Status Change"), id, &detail)
    };
    let done = stack("Stack", json!({"status": "UPDATE_COMPLETE"}));
    let in_sync = stack("Drift Detection", json!({"status": "DETECTION_COMPLETE"}));
    row(&stack("Stack", json!({"status": "UPDATE_ROLLBACK_COMPLETE"})), &done, std::slice::from_ref(&in_sync))?;
    let queue = stack("Resource", json!({"status": "UPDATE_FAILED", "status-reason": "no"}));
    row(&queue, &done, &[in_sync])
}

#[test]
fn a_durable_execution_ends_no_failure_of_an_invocation() -> Tested {
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:orders";
    let execution = |status: &str| {
        let detail = json!({"functionArn": function, "durableExecutionArn": format!("{function}/1"), "status": status});
        event("aws.lambda", "Durable Execution Status Change", function, &detail)
    };
    let invocation = json!({
        "requestContext": {"requestId": "r", "condition": "RetriesExhausted", "functionArn": format!("{function}:$LATEST")},
        "responsePayload": {"errorType": "E", "errorMessage": "m"},
    });
    let invocation = event("lambda", "Lambda Function Invocation Result - Failure", function, &invocation);
    assert_eq!(incident_of(&invocation)?.trouble(), "orders");
    assert!(!ended(&invocation, &execution("SUCCEEDED"))?);
    row(&execution("FAILED"), &execution("SUCCEEDED"), &[])
}

#[test]
fn the_same_category_of_a_database() -> Tested {
    let database = |categories: &[&str], source: &str, message: &str| {
        let detail = json!({
            "EventCategories": categories, "SourceType": source, "SourceIdentifier": "orders", "Message": message,
        });
        event("aws.rds", "RDS DB Instance Event", "", &detail)
    };
    let instance = "DB_INSTANCE";
    let over = database(&["failover"], instance, "Multi-AZ instance failover completed");
    let restarted = database(&["availability"], instance, "DB instance restarted");
    let resumed = database(&["read replica"], instance, "Replication for the read replica resumed.");
    let cluster = database(&["failover"], "CLUSTER", "Completed failover to DB instance: orders-2");
    let started = database(&["failover"], instance, "Multi-AZ instance failover started.");
    row(&started, &over, &[restarted.clone(), resumed.clone(), cluster])?;
    let both = database(&["availability", "failover"], instance, "Multi-AZ instance failover started.");
    assert!(ended(&both, &over)?);
    let low = database(&["low storage"], instance, "The free storage capacity for DB instance: orders is low at 4%");
    for recovery in [&over, &restarted, &resumed] {
        assert!(!ended(&low, recovery)?, "{recovery}");
    }
    row(&database(&["read replica"], instance, "Read replica replication has stopped."), &resumed, &[over, restarted])
}

#[test]
fn the_same_event_of_health_whatever_it_names_first() -> Tested {
    let health = |id: &str, status: &str, entity: &str, says: &str| {
        let detail = json!({
            "eventArn": format!("arn:aws:health:eu-west-1::event/EC2/AWS_EC2_OPERATIONAL_ISSUE/{id}"), "service": "EC2",
            "eventTypeCode": "AWS_EC2_OPERATIONAL_ISSUE", "eventTypeCategory": "issue", "statusCode": status,
            "eventDescription": [{"latestDescription": says}], "affectedEntities": [{"entityValue": entity}],
        });
        event("aws.health", "AWS Health Event", "", &detail)
    };
    let first = health("a", "open", "i-1", "We are investigating.");
    row(&first, &health("a", "closed", "i-2", "Resolved."), &[health("b", "closed", "i-1", "Resolved.")])?;
    let print = |event: &Value| one(event).map(|seen| seen.fingerprint.digest);
    assert_eq!(print(&first)?, print(&health("a", "open", "i-1", "We can confirm increased failures."))?);
    assert_ne!(print(&first)?, print(&health("b", "open", "i-1", "We are investigating."))?);
    Ok(())
}

#[test]
fn the_same_job_of_a_backup_into_the_same_vault() -> Tested {
    let job = |kind: &str, vault: &str, state: &str| {
        let detail =
            json!({"state": state, "resourceArn": "arn:aws:ec2:eu-west-1:1:volume/vol-1", "backupVaultName": vault});
        event("aws.backup", &format!("{kind} Job State Change"), "", &detail)
    };
    let others =
        [job("Backup", "far", "COMPLETED"), job("Restore", "near", "COMPLETED"), job("Copy", "near", "COMPLETED")];
    row(&job("Backup", "near", "FAILED"), &job("Backup", "near", "COMPLETED"), &others)
}

#[test]
fn the_same_document_on_the_same_instance_and_kind_of_compliance() -> Tested {
    let command = |instance: &str, status: &str| {
        let detail = json!({"document-name": "AWS-RunShellScript", "instance-id": instance, "status": status, "command-id": status});
        event("aws.ssm", "EC2 Command Invocation Status-change Notification", "", &detail)
    };
    row(&command("i-1", "Failed"), &command("i-1", "Success"), &[command("i-2", "Success")])?;
    let compliance = |kind: &str, status: &str| {
        let detail = json!({"resource-id": "i-1", "compliance-type": kind, "compliance-status": status});
        event("aws.ssm", "Configuration Compliance State Change", "", &detail)
    };
    let others = [compliance("Association", "compliant")];
    row(&compliance("Patch", "non_compliant"), &compliance("Patch", "compliant"), &others)
}

#[test]
fn the_same_operation_on_a_volume() -> Tested {
    let volume = |operation: &str, result: &str| {
        let detail = json!({"event": operation, "result": result, "cause": "x", "request-id": "r"});
        event("aws.ec2", "EBS Volume Notification", "arn:aws:ec2:eu-west-1:1:volume/vol-1", &detail)
    };
    row(&volume("attachVolume", "failed"), &volume("attachVolume", "available"), &[volume("modifyVolume", "available")])
}

#[test]
fn the_same_finding() -> Tested {
    let finding = |id: &str, status: &str| {
        let detail = json!({
            "findingArn": format!("arn:aws:inspector2:eu-west-1:1:finding/{id}"), "resources": [{"id": "i-1"}],
            "status": status, "severity": "CRITICAL", "type": "PACKAGE_VULNERABILITY", "title": "CVE-2026-1",
        });
        event("aws.inspector2", "Inspector2 Finding", "", &detail)
    };
    row(&finding("a", "ACTIVE"), &finding("a", "CLOSED"), &[finding("b", "CLOSED")])
}

#[test]
fn of_other_sources_the_same_subject_and_what_the_event_names() -> Tested {
    let compliance = |rule: &str, bucket: &str, result: &str| {
        let detail = json!({"ruleName": rule, "resourceId": bucket, "complianceStatus": result});
        event("my.checks", "Compliance Change", "", &detail)
    };
    let others = [compliance("tls", "orders", "COMPLIANT"), compliance("public", "other", "COMPLIANT")];
    row(&compliance("public", "orders", "NON_COMPLIANT"), &compliance("public", "orders", "COMPLIANT"), &others)?;
    let channel = |alarm: &str, state: &str| {
        let detail = json!({"alarm_id": alarm, "alert_type": "Video", "alarm_state": state, "message": "x"});
        event("aws.medialive", "MediaLive Channel Alert", "arn:aws:medialive:eu-west-1:1:channel:7", &detail)
    };
    row(&channel("a", "SET"), &channel("a", "CLEARED"), &[channel("b", "CLEARED")])?;
    let job = |kind: &str, status: &str| {
        let detail = json!({"jobName": "orders", "state": status});
        event("aws.glue", &format!("Glue {kind} State Change"), "", &detail)
    };
    row(&job("Job", "FAILED"), &job("Job", "SUCCEEDED"), &[job("Crawler", "Succeeded")])?;
    let scan = |object: &str, status: &str| {
        let detail = json!({
            "scanStatus": "COMPLETED", "s3ObjectDetails": {"bucketName": "in", "objectKey": object},
            "scanResultDetails": {"scanResultStatus": status, "threats": [{"name": "EICAR"}]},
        });
        event("aws.guardduty", "GuardDuty Malware Protection Object Scan Result", "", &detail)
    };
    row(&scan("a.zip", "THREATS_FOUND"), &scan("a.zip", "NO_THREATS_FOUND"), &[scan("b.zip", "NO_THREATS_FOUND")])?;
    let image = |tag: &str, critical: u32| {
        let detail = json!({
            "repository-name": "web", "image-tags": [tag], "scan-status": "COMPLETE",
            "finding-severity-counts": {"CRITICAL": critical},
        });
        event("aws.ecr", "ECR Image Scan", "", &detail)
    };
    row(&image("1", 2), &image("1", 0), &[image("2", 0)])
}

#[test]
fn the_same_certificate_whatever_befalls_it() -> Tested {
    let certificate = |domain: &str, what: &str| {
        event("aws.acm", &format!("ACM Certificate {what}"), "", &json!({"CommonName": domain, "InUse": true}))
    };
    for what in ["Expired", "Approaching Expiration", "Renewal Action Required"] {
        let others = [certificate("blog.example.com", "Available")];
        row(&certificate("shop.example.com", what), &certificate("shop.example.com", "Available"), &others)?;
    }
    Ok(())
}

#[test]
fn the_same_insight_whatever_it_names_first() -> Tested {
    let insight = |id: &str, what: &str, stack: &str| {
        let detail = json!({
            "insightId": id, "insightSeverity": "high", "insightType": "REACTIVE", "insightDescription": "5XXError",
            "resourceCollection": {"cloudFormation": {"stackNames": [stack]}},
        });
        event("aws.devops-guru", &format!("DevOps Guru {what}"), "", &detail)
    };
    let others = [insight("b", "Insight Closed", "shop")];
    row(&insight("a", "New Insight Open", "shop"), &insight("a", "Insight Closed", ""), &others)
}

#[test]
fn the_same_environment_branch_flow_and_secret() -> Tested {
    let environment = |name: &str, change: &str| {
        let message = format!("Environment health has transitioned from {change}. Pods.");
        event("aws.elasticbeanstalk", "Health status change", "", &json!({"EnvironmentName": name, "Message": message}))
    };
    row(&environment("a", "Ok to Severe"), &environment("a", "Severe to Ok"), &[environment("b", "Severe to Ok")])?;
    let branch = |app: &str, status: &str| {
        let detail = json!({"appId": app, "branchName": "main", "jobId": status, "jobStatus": status});
        event("aws.amplify", "Amplify Deployment Status Change", "", &detail)
    };
    row(&branch("a", "FAILED"), &branch("a", "SUCCEED"), &[branch("b", "SUCCEED")])?;
    let flow = |name: &str, status: &str| {
        event("aws.appflow", "AppFlow End Flow Run Report", "", &json!({"flow-name": name, "status": status}))
    };
    let others = [flow("b", "Execution Successful")];
    row(&flow("a", "Execution Failed"), &flow("a", "Execution Successful"), &others)?;
    let rotation = |secret: &str, what: &str| {
        let secret = format!("arn:aws:secretsmanager:eu-west-1:111122223333:secret:{secret}-AbCdEf");
        let detail = json!({"eventName": what, "additionalEventData": {"SecretId": secret}, "errorMessage": "x"});
        event("aws.secretsmanager", "AWS Service Event via CloudTrail", "", &detail)
    };
    row(&rotation("a", "RotationFailed"), &rotation("a", "RotationSucceeded"), &[rotation("b", "RotationSucceeded")])
}

#[test]
fn an_alarm_without_data_ends_and_a_deleted_one_is_another_trouble() -> Tested {
    let alarm =
        |kind: &str, detail: Value| event("aws.cloudwatch", &format!("CloudWatch Alarm {kind} Change"), "", &detail);
    let state = |value: &str, before: &str| {
        let detail =
            json!({"alarmName": "cpu", "state": {"value": value, "reason": "x"}, "previousState": {"value": before}});
        alarm("State", detail)
    };
    let deleted =
        |was: &str| alarm("Configuration", json!({"alarmName": "cpu", "operation": "delete", "state": {"value": was}}));
    row(&state("ALARM", "OK"), &state("INSUFFICIENT_DATA", "ALARM"), &[])?;
    row(&state("ALARM", "OK"), &deleted("ALARM"), &[])?;
    // The end comes first, the missing monitor second.
    row(&state("ALARM", "OK"), &deleted("OK"), &[])?;
    assert!(!one(&state("INSUFFICIENT_DATA", "OK"))?.recovers());
    let missing = classify(&deleted("OK"), &Rules::defaults()?)?.pop().ok_or("no event")?;
    let missing = missing.incident("inc-1".to_owned(), String::new()).ok_or("no failure")?;
    assert!(!ends(&one(&state("OK", "ALARM"))?.observation, &missing));
    assert!(!ends(&one(&deleted("OK"))?.observation, &missing));
    assert!(incident_of(&state("ALARM", "OK"))?.end_is_reported());
    assert!(!missing.end_is_reported(), "no event reports that a deleted alarm is there again");
    Ok(())
}

#[test]
fn every_row_of_the_table_is_met_by_one_source() {
    let mut sources: Vec<&str> = TROUBLES.iter().flat_map(|(sources, _)| *sources).copied().collect();
    let listed = sources.len();
    sources.sort_unstable();
    sources.dedup();
    assert_eq!(sources.len(), listed);
}

#[test]
fn a_long_trouble_is_known_by_its_digest() -> Tested {
    let long = json!({"jobName": "j".repeat(290), "state": "FAILED", "ruleName": "r".repeat(190)});
    let trouble = one(&event("aws.glue", "Glue Job State Change", "", &long))?.trouble();
    assert!(trouble.len() <= LONGEST, "{trouble}");
    Ok(())
}
