#!/usr/bin/env python3
"""Calls with boto3 what the local AWS serves and no other test calls, so that its answers are held against AWS's models.

Usage: every_operation.py ZIP, a package whose bootstrap ends at once, in the environment that `local status --export`
prints.
"""

import json
import os
import sys
import time
import urllib.request

from botocore.exceptions import ClientError

from checks import check, client, error_code

ACCOUNT, REGION, NAME = "000000000000", os.environ["AWS_REGION"], "every"
NOW = int(time.time())
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
TAGS = [{"Key": "team", "Value": "a"}]
TEMPLATE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{NAME}-stack"}}}})


def eventually(call, **arguments):
    """The answer of a call once it is not refused, within 30 s."""
    for _ in range(300):
        try:
            return call(**arguments)
        except ClientError as error:
            refused = error
            time.sleep(0.1)
    raise refused


def until(look):
    """What a look finds once it finds something, within 30 s."""
    for _ in range(300):
        if found := look():
            return found
        time.sleep(0.1)
    sys.exit("FAILED: waited in vain")


def bring_in(history):
    """Has the local AWS remember what happened before."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_local/history?region={REGION}"
    secret = {"X-Local-Secret": os.environ["AWS_SECRET_ACCESS_KEY"]}
    request = urllib.request.Request(url, json.dumps(history).encode(), secret, method="PUT")
    with urllib.request.urlopen(request) as answer:
        check("a history", answer.status, 200)


def past():
    """What the local AWS only knows of the past: management calls, executions, task definitions."""
    trail, states, tasks = client("cloudtrail"), client("stepfunctions"), client("ecs")
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:machine:run"
    failed = {"error": "KeyError", "cause": "'customer'", "resourceType": "lambda", "resource": "invoke"}
    logging = {"logDriver": "awslogs", "options": {"awslogs-group": "/web", "awslogs-region": REGION}}
    bring_in({
        "trail": [{"eventTime": "2026-11-27T09:56:00Z", "eventSource": "lambda.amazonaws.com", "eventName": "UpdateAlias20150331", "requestParameters": {"functionName": NAME}}],
        "executions": [{"arn": arn, "events": [
            {"timestamp": "2026-11-27T09:59:00Z", "type": "ExecutionStarted", "executionStartedEventDetails": {"input": "{}", "roleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}},
            {"timestamp": "2026-11-27T09:59:01Z", "type": "TaskFailed", "taskFailedEventDetails": failed}]}],
        "task_definitions": [{"family": "web", "revision": 7, "containerDefinitions": [{"name": "app", "logConfiguration": logging}]}],
    })
    named = [{"AttributeKey": "ResourceName", "AttributeValue": NAME}]
    found = until(lambda: eventually(trail.lookup_events, LookupAttributes=named)["Events"])
    check("a management call", "UpdateAlias20150331" in {event["EventName"] for event in found}, True)
    time.sleep(1)
    check("two attributes", error_code(trail.lookup_events, LookupAttributes=named * 2), "InvalidLookupAttributesException")
    check("the last event", states.get_execution_history(executionArn=arn, reverseOrder=True)["events"][0]["taskFailedEventDetails"], failed)
    check("no execution", error_code(states.get_execution_history, executionArn=arn + "2"), "ExecutionDoesNotExist")
    check("a task definition", tasks.describe_task_definition(taskDefinition="web", include=["TAGS"])["taskDefinition"]["revision"], 7)
    check("no task definition", error_code(tasks.describe_task_definition, taskDefinition="web:8"), "ClientException")


def cloudformation():
    stacks, name = client("cloudformation"), {"StackName": NAME}
    stacks.create_stack(**name, TemplateBody=TEMPLATE, Tags=TAGS)
    stacks.get_waiter("stack_create_complete").wait(**name, WaiterConfig={"Delay": 1})
    check("a resource of the stack", stacks.describe_stack_resource(**name, LogicalResourceId="Queue")["StackResourceDetail"]["ResourceStatus"], "CREATE_COMPLETE")
    stacks.describe_stack_resources(**name)
    stacks.list_stack_resources(**name)
    stacks.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])
    stacks.get_stack_policy(**name)
    stacks.get_template(**name)
    stacks.get_template_summary(**name)
    stacks.validate_template(TemplateBody=TEMPLATE)
    stacks.list_exports()
    check("no change", error_code(stacks.update_stack, **name, TemplateBody=TEMPLATE, Tags=TAGS), "ValidationError")
    check("nothing to cancel", error_code(stacks.cancel_update_stack, **name), "ValidationError")
    check("nothing to roll back", error_code(stacks.continue_update_rollback, **name), "ValidationError")
    check("no failure to roll back", error_code(stacks.rollback_stack, **name), "ValidationError")
    stacks.create_change_set(**name, ChangeSetName="change", TemplateBody=TEMPLATE, Tags=TAGS)
    eventually(stacks.delete_change_set, **name, ChangeSetName="change")
    stacks.update_termination_protection(**name, EnableTerminationProtection=False)
    stacks.delete_stack(**name)


def cloudwatch():
    metrics, alarm = client("cloudwatch"), {"AlarmName": NAME}
    metric = {"Namespace": NAME, "MetricName": "Errors"}
    metrics.put_metric_data(Namespace=NAME, MetricData=[{"MetricName": "Errors", "Value": 1, "Unit": "Count"}])
    metrics.put_metric_alarm(**alarm, **metric, Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", Tags=TAGS)
    metrics.set_alarm_state(**alarm, StateValue="ALARM", StateReason="a test")
    arn = metrics.describe_alarms(AlarmNames=[NAME])["MetricAlarms"][0]["AlarmArn"]
    metrics.tag_resource(ResourceARN=arn, Tags=TAGS)
    metrics.list_tags_for_resource(ResourceARN=arn)
    metrics.untag_resource(ResourceARN=arn, TagKeys=["team"])
    metrics.disable_alarm_actions(AlarmNames=[NAME])
    metrics.enable_alarm_actions(AlarmNames=[NAME])
    check("history", bool(metrics.describe_alarm_history(**alarm)["AlarmHistoryItems"]), True)
    check("alarms of the metric", len(metrics.describe_alarms_for_metric(**metric)["MetricAlarms"]), 1)
    metrics.describe_alarm_contributors(**alarm)
    metrics.describe_insight_rules()
    metrics.list_metrics(Namespace=NAME)
    metrics.get_metric_statistics(**metric, StartTime=NOW - 600, EndTime=NOW + 600, Period=60, Statistics=["Sum"])
    query = {"Id": "e", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    metrics.get_metric_data(MetricDataQueries=[query], StartTime=NOW - 600, EndTime=NOW + 600)
    check("too many points", error_code(metrics.get_metric_data, MetricDataQueries=[query], StartTime=0, EndTime=NOW), "ValidationError")
    metrics.put_dashboard(DashboardName=NAME, DashboardBody='{"widgets": []}')
    metrics.list_dashboards(DashboardNamePrefix=NAME)
    metrics.get_dashboard(DashboardName=NAME)
    metrics.delete_dashboards(DashboardNames=[NAME])
    check("no dashboard", error_code(metrics.get_dashboard, DashboardName=NAME), "ResourceNotFound")
    metrics.delete_alarms(AlarmNames=[NAME])


def dynamodb():
    tables, table = client("dynamodb"), {"TableName": NAME}
    key = {"id": {"S": "a"}}
    tables.create_table(**table, BillingMode="PAY_PER_REQUEST", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    tables.get_waiter("table_exists").wait(**table, WaiterConfig={"Delay": 1})
    tables.transact_write_items(TransactItems=[{"Put": {**table, "Item": key}}], ReturnConsumedCapacity="TOTAL")
    check("items", tables.transact_get_items(TransactItems=[{"Get": {**table, "Key": key}}])["Responses"], [{"Item": key}])
    refused = {"ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    check("a condition", error_code(tables.put_item, **table, Item=key, **refused), "ConditionalCheckFailedException")
    check("a transaction", error_code(tables.transact_write_items, TransactItems=[{"Put": {**table, "Item": key, **refused}}]), "TransactionCanceledException")
    tables.scan(**table, ReturnConsumedCapacity="INDEXES")
    tables.describe_limits()
    tables.describe_endpoints()
    tables.describe_contributor_insights(**table)
    tables.describe_kinesis_streaming_destination(**table)
    arn = tables.describe_table(**table)["Table"]["TableArn"]
    check("no policy", error_code(tables.get_resource_policy, ResourceArn=arn), "PolicyNotFoundException")
    tables.tag_resource(ResourceArn=arn, Tags=TAGS)
    tables.untag_resource(ResourceArn=arn, TagKeys=["team"])
    tables.batch_write_item(RequestItems={NAME: [{"PutRequest": {"Item": key}}]})
    tables.delete_item(**table, Key=key, ReturnValues="ALL_OLD")
    tables.update_table(**table, DeletionProtectionEnabled=False)
    tables.get_waiter("table_exists").wait(**table, WaiterConfig={"Delay": 1})
    tables.delete_table(**table)


def events():
    buses = client("events")
    arn = buses.create_event_bus(Name=NAME)["EventBusArn"]
    buses.describe_event_bus(Name=NAME)
    buses.list_event_buses(NamePrefix=NAME)
    rule = {"Name": NAME, "EventBusName": NAME}
    buses.put_rule(**rule, EventPattern='{"source": ["a"]}', Tags=TAGS)
    rule_arn = buses.describe_rule(**rule)["Arn"]
    buses.tag_resource(ResourceARN=rule_arn, Tags=TAGS)
    buses.untag_resource(ResourceARN=rule_arn, TagKeys=["team"])
    buses.disable_rule(**rule)
    buses.enable_rule(**rule)
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}"
    buses.put_targets(Rule=NAME, EventBusName=NAME, Targets=[{"Id": "q", "Arn": queue}])
    check("rules of a target", buses.list_rule_names_by_target(TargetArn=queue, EventBusName=NAME)["RuleNames"], [NAME])
    event = {"id": "1", "account": ACCOUNT, "source": "a", "time": "2026-11-27T19:00:00Z", "region": REGION, "resources": [], "detail-type": "b", "detail": {}}
    check("a pattern", buses.test_event_pattern(EventPattern='{"source": ["a"]}', Event=json.dumps(event))["Result"], True)
    check("no pattern", error_code(buses.test_event_pattern, EventPattern="{", Event=json.dumps(event)), "InvalidEventPatternException")
    buses.put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": arn}])
    buses.remove_targets(Rule=NAME, EventBusName=NAME, Ids=["q"])
    buses.delete_rule(**rule)
    buses.delete_event_bus(Name=NAME)


def iam():
    identities, role = client("iam"), {"RoleName": NAME}
    identities.create_role(**role, AssumeRolePolicyDocument=TRUST, Tags=TAGS)
    identities.update_role(**role, MaxSessionDuration=7200)
    identities.update_role_description(**role, Description="a")
    identities.update_assume_role_policy(**role, PolicyDocument=TRUST)
    identities.tag_role(**role, Tags=TAGS)
    identities.list_role_tags(**role)
    identities.untag_role(**role, TagKeys=["team"])
    identities.list_roles()
    policy = {"PolicyArn": identities.create_policy(PolicyName=NAME, PolicyDocument=POLICY)["Policy"]["Arn"]}
    identities.tag_policy(**policy, Tags=TAGS)
    identities.list_policy_tags(**policy)
    identities.untag_policy(**policy, TagKeys=["team"])
    identities.create_policy_version(**policy, PolicyDocument=POLICY)
    identities.get_policy(**policy)
    identities.get_policy_version(**policy, VersionId="v2")
    identities.list_policy_versions(**policy)
    identities.set_default_policy_version(**policy, VersionId="v2")
    identities.delete_policy_version(**policy, VersionId="v1")
    identities.attach_role_policy(**role, **policy)
    identities.put_role_permissions_boundary(**role, PermissionsBoundary=policy["PolicyArn"])
    identities.get_role(**role)
    identities.delete_role_permissions_boundary(**role)
    identities.list_attached_role_policies(**role)
    identities.list_entities_for_policy(**policy)
    identities.list_policies(Scope="Local")
    identities.get_account_summary()
    identities.list_account_aliases()
    identities.list_instance_profiles_for_role(**role)
    identities.get_user()
    identities.simulate_principal_policy(PolicySourceArn=identities.get_role(**role)["Role"]["Arn"], ActionNames=["logs:PutLogEvents"])
    check("a used policy", error_code(identities.delete_policy, **policy), "DeleteConflict")
    check("a role in use", error_code(identities.delete_role, **role), "DeleteConflict")
    identities.detach_role_policy(**role, **policy)
    identities.delete_policy(**policy)
    identities.delete_role(**role)
    check("no role", error_code(identities.get_role, **role), "NoSuchEntity")


def functions(package):
    identities = client("iam")
    role = identities.create_role(RoleName=NAME, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    functions, name = client("lambda"), {"FunctionName": NAME}
    eventually(functions.create_function, **name, Runtime="provided.al2023", Handler="none", Role=role, Code={"ZipFile": package})
    functions.get_waiter("function_active_v2").wait(**name, WaiterConfig={"Delay": 1})
    version = functions.publish_version(**name)["Version"]
    functions.update_function_configuration(**name, Description="a")
    functions.get_waiter("function_updated_v2").wait(**name, WaiterConfig={"Delay": 1})
    functions.update_function_code(**name, ZipFile=package)
    functions.get_waiter("function_updated_v2").wait(**name, WaiterConfig={"Delay": 1})
    arn = functions.get_function(**name)["Configuration"]["FunctionArn"]
    functions.tag_resource(Resource=arn, Tags={"team": "a"})
    functions.untag_resource(Resource=arn, TagKeys=["team"])
    functions.list_versions_by_function(**name)
    alias = {**name, "Name": "live"}
    functions.create_alias(**alias, FunctionVersion="$LATEST", Description="a")
    functions.update_alias(**alias, FunctionVersion=version)
    check("an alias", functions.get_alias(**alias)["FunctionVersion"], version)
    check("its version", functions.get_function_configuration(**name, Qualifier="live")["Version"], version)
    check("aliases", len(functions.list_aliases(**name)["Aliases"]), 1)
    check("a version in use", error_code(functions.delete_function, **name, Qualifier=version), "ResourceConflictException")
    check("a second alias", error_code(functions.create_alias, **alias, FunctionVersion=version), "ResourceConflictException")
    functions.delete_alias(**alias)
    functions.put_function_concurrency(**name, ReservedConcurrentExecutions=1)
    functions.get_function_concurrency(**name)
    functions.delete_function_concurrency(**name)
    functions.put_function_event_invoke_config(**name, MaximumRetryAttempts=0)
    functions.update_function_event_invoke_config(**name, MaximumRetryAttempts=1)
    functions.list_function_event_invoke_configs(**name)
    functions.get_function_code_signing_config(**name)
    functions.get_function_recursion_config(**name)
    functions.get_runtime_management_config(**name)
    functions.get_account_settings()
    functions.list_functions()
    missing = "ResourceNotFoundException"
    check("no alias", error_code(functions.get_alias, **name, Name="live"), missing)
    check("no URL", error_code(functions.get_function_url_config, **name), missing)
    check("no provisioned concurrency", error_code(functions.get_provisioned_concurrency_config, **name, Qualifier="1"), "ProvisionedConcurrencyConfigNotFoundException")
    check("no mapping", error_code(functions.get_event_source_mapping, UUID="00000000-0000-4000-8000-000000000000"), missing)
    check("no policy", error_code(functions.get_policy, **name), missing)
    functions.delete_function(**name)
    identities.delete_role(RoleName=NAME)


def logs():
    groups, group = client("logs"), {"logGroupName": NAME}
    stream = {**group, "logStreamName": "a"}
    groups.create_log_group(**group)
    groups.create_log_stream(**stream)
    groups.put_log_events(**stream, logEvents=[{"timestamp": NOW * 1000, "message": "m"}])
    found = until(lambda: groups.get_log_events(**stream)["events"])
    check("an event", found[0]["message"], "m")
    groups.filter_log_events(**group, filterPattern="m", startTime=NOW * 1000, startFromHead=False)
    check("a wrong pattern", error_code(groups.filter_log_events, **group, filterPattern="a:b"), "InvalidParameterException")
    groups.describe_log_streams(**group)
    groups.describe_metric_filters(**group)
    groups.describe_subscription_filters(**group)
    groups.tag_log_group(**group, tags={"team": "a"})
    groups.list_tags_log_group(**group)
    groups.untag_log_group(**group, tags=["team"])
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{NAME}"
    groups.tag_resource(resourceArn=arn, tags={"team": "a"})
    groups.untag_resource(resourceArn=arn, tagKeys=["team"])
    groups.put_retention_policy(**group, retentionInDays=7)
    groups.delete_retention_policy(**group)
    groups.delete_log_stream(**stream)
    groups.delete_log_group(**group)
    check("no group", error_code(groups.delete_log_group, **group), "ResourceNotFoundException")


def s3():
    buckets, bucket = client("s3"), {"Bucket": f"{NAME}-{ACCOUNT}"}
    buckets.create_bucket(**bucket)
    buckets.put_object(**bucket, Key="a", Body=b"a")
    buckets.list_buckets()
    buckets.get_bucket_location(**bucket)
    buckets.head_object(**bucket, Key="a")
    buckets.list_objects_v2(**bucket)
    buckets.delete_objects(**bucket, Delete={"Objects": [{"Key": "a"}]})
    check("no object", error_code(buckets.get_object, **bucket, Key="a"), "NoSuchKey")
    check("no tags", error_code(buckets.get_bucket_tagging, **bucket), "NoSuchTagSet")
    buckets.delete_bucket(**bucket)
    check("no bucket", error_code(buckets.list_objects_v2, **bucket), "NoSuchBucket")


def sns():
    topics = client("sns")
    topic = {"TopicArn": topics.create_topic(Name=NAME, Tags=TAGS)["TopicArn"]}
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}"
    subscription = {"SubscriptionArn": topics.subscribe(**topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)["SubscriptionArn"]}
    topics.set_subscription_attributes(**subscription, AttributeName="RawMessageDelivery", AttributeValue="true")
    topics.get_subscription_attributes(**subscription)
    topics.publish_batch(**topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "m"}])
    topics.add_permission(**topic, Label="a", AWSAccountId=[ACCOUNT], ActionName=["Publish"])
    topics.remove_permission(**topic, Label="a")
    topics.get_data_protection_policy(ResourceArn=topic["TopicArn"])
    topics.put_data_protection_policy(ResourceArn=topic["TopicArn"], DataProtectionPolicy="")
    topics.tag_resource(ResourceArn=topic["TopicArn"], Tags=TAGS)
    topics.untag_resource(ResourceArn=topic["TopicArn"], TagKeys=["team"])
    check("a wrong token", error_code(topics.confirm_subscription, **topic, Token="none"), "InvalidParameter")
    topics.list_subscriptions()
    topics.unsubscribe(**subscription)
    topics.delete_topic(**topic)
    check("no topic", error_code(topics.get_topic_attributes, **topic), "NotFound")


def sqs():
    queues = client("sqs")
    dead = {"QueueUrl": queues.create_queue(QueueName=f"{NAME}-dead")["QueueUrl"]}
    arn = queues.get_queue_attributes(**dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    queue = {"QueueUrl": queues.create_queue(QueueName=NAME, Attributes={"RedrivePolicy": redrive})["QueueUrl"]}
    queues.get_queue_attributes(**queue, AttributeNames=["All"])
    check("its source", queues.list_dead_letter_source_queues(**dead)["queueUrls"], [queue["QueueUrl"]])
    queues.send_message_batch(**queue, Entries=[{"Id": "a", "MessageBody": "m"}])
    handle = queues.receive_message(**queue, MessageSystemAttributeNames=["All"])["Messages"][0]["ReceiptHandle"]
    queues.change_message_visibility(**queue, ReceiptHandle=handle, VisibilityTimeout=9)
    queues.change_message_visibility_batch(**queue, Entries=[{"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 9}])
    queues.delete_message(**queue, ReceiptHandle=handle)
    queues.delete_message_batch(**queue, Entries=[{"Id": "a", "ReceiptHandle": handle}, {"Id": "b", "ReceiptHandle": "none"}])
    queues.tag_queue(**queue, Tags={"team": "a"})
    queues.untag_queue(**queue, TagKeys=["team"])
    task = queues.start_message_move_task(SourceArn=arn, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    queues.list_message_move_tasks(SourceArn=arn)
    # It may be done by now.
    error_code(queues.cancel_message_move_task, TaskHandle=task)
    queues.purge_queue(**queue)
    queues.delete_queue(**queue)
    queues.delete_queue(**dead)
    check("no queue", error_code(queues.get_queue_url, QueueName="absent"), "AWS.SimpleQueueService.NonExistentQueue")


def sts():
    identities, sessions = client("iam"), client("sts")
    trust = json.loads(TRUST)
    trust["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    role = identities.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    eventually(sessions.assume_role, RoleArn=role, RoleSessionName=NAME)
    identities.delete_role(RoleName=NAME)
    check("a session", "SessionToken" in sessions.get_session_token()["Credentials"], True)


def main(package):
    sqs()
    sns()
    iam()
    functions(package)
    for service in (past, cloudformation, cloudwatch, dynamodb, events, logs, s3):
        service()
    sts()


with open(sys.argv[1], "rb") as package:
    main(package.read())
