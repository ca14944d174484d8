"""The contents of an account, read with boto3 and normalised so that two runs compare equal."""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# What differs between identical runs: times, generated ids, state that changes by itself.
VOLATILE = {
    "ResponseMetadata", "CreateDate", "RoleId", "RoleLastUsed", "CreationDateTime", "TableId", "IndexSizeBytes", "ItemCount",
    "TableSizeBytes", "LastModified", "LastModifiedTime", "RevisionId", "CreatedTimestamp", "LastModifiedTimestamp", "creationTime",
    "AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp", "StateTransitionedTimestamp", "StateReason", "StateReasonData",
    "StateValue", "SubscriptionArn", "EarliestRestorableDateTime", "LatestRestorableDateTime", "storedBytes", "LastUpdateStatus",
    "State", "StateReasonCode", "LastUpdateToPayPerRequestDateTime", "CodeSize", "ConfigSha256", "RuntimeVersionConfig",
    "OnDemandThroughput", "ProvisionedThroughput", "WarmThroughput", "CreationTime", "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible", "CreatedBy", "IndexArn", "IndexStatus", "VpcConfig",
}
# Engine-specific tags: CloudFormation's own, and the role id and the subscriptions that the direct engine stores.
MAKERS_TAGS = ("aws:", "incidentctl:role-id", "incidentctl:made:")
# The state of a rule is a setting.
SETTINGS_NAMED_LIKE_STATE = {"rules"}


class Account:
    """One account behind one endpoint."""

    def __init__(self, endpoint, region="us-east-1"):
        self.endpoint, self.region = endpoint, region
        self.session = boto3.Session("test", "test", region_name=region)

    def client(self, service):
        return self.session.client(service, endpoint_url=self.endpoint, config=Config(retries={"total_max_attempts": 2}))

    def contents(self):
        """Resources by kind and name."""
        kinds = {
            "roles": self.roles, "tables": self.tables, "topics": self.topics, "queues": self.queues, "functions": self.functions,
            "log groups": self.log_groups, "alarms": self.alarms, "dashboards": self.dashboards, "rules": self.rules,
        }
        return {kind: stable(read(), keep_state=kind in SETTINGS_NAMED_LIKE_STATE) for kind, read in kinds.items()}

    def roles(self):
        iam = self.client("iam")
        found = {}
        for role in iam.list_roles()["Roles"]:
            name = role["RoleName"]
            policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
            found[name] = iam.get_role(RoleName=name)["Role"] | {
                "Policies": {policy: iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"] for policy in policies},
                "Attached": iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"],
            }
        return found

    def tables(self):
        dynamodb = self.client("dynamodb")
        found = {}
        for name in dynamodb.list_tables()["TableNames"]:
            table = dynamodb.describe_table(TableName=name)["Table"]
            backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
            found[name] = table | {
                "Tags": dynamodb.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"],
                "TimeToLive": dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
                "Backups": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            }
        return found

    def topics(self):
        sns = self.client("sns")
        found = {}
        for topic in sns.list_topics()["Topics"]:
            arn = topic["TopicArn"]
            attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
            found[arn] = {
                "DisplayName": attributes.get("DisplayName"),
                "KmsMasterKeyId": attributes.get("KmsMasterKeyId"),
                "Policy": json.loads(attributes["Policy"]),
                "Subscriptions": sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"],
                "Tags": sns.list_tags_for_resource(ResourceArn=arn)["Tags"],
            }
        return found

    def queues(self):
        sqs = self.client("sqs")
        found = {}
        for url in sqs.list_queues().get("QueueUrls", []):
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            if "Policy" in attributes:
                attributes["Policy"] = json.loads(attributes["Policy"])
            found[url.rsplit("/", 1)[1]] = attributes | {"Tags": sqs.list_queue_tags(QueueUrl=url).get("Tags", {})}
        return found

    def functions(self):
        functions = self.client("lambda")
        found = {}
        for configuration in functions.list_functions()["Functions"]:
            name = configuration["FunctionName"]
            statements = json.loads(absent(functions.get_policy, FunctionName=name).get("Policy", '{"Statement": []}'))["Statement"]
            configs = functions.list_function_event_invoke_configs(FunctionName=name)["FunctionEventInvokeConfigs"]
            found[name] = {
                "Configuration": functions.get_function_configuration(FunctionName=name),
                "Tags": functions.list_tags(Resource=configuration["FunctionArn"].removesuffix(":$LATEST"))["Tags"],
                # CloudFormation generates statement ids.
                "Policy": [{key: value for key, value in statement.items() if key != "Sid"} for statement in statements],
                "EventInvokeConfigs": configs,
            }
        return found

    def log_groups(self):
        logs = self.client("logs")
        return {group["logGroupName"]: group for group in logs.describe_log_groups()["logGroups"]}

    def alarms(self):
        cloudwatch = self.client("cloudwatch")
        return {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}

    def dashboards(self):
        cloudwatch = self.client("cloudwatch")
        names = [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]]
        return {name: json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"]) for name in names}

    def rules(self):
        events = self.client("events")
        found = {}
        for rule in events.list_rules()["Rules"]:
            rule["EventPattern"] = json.loads(rule.get("EventPattern", "{}"))
            targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            found[rule["Name"]] = rule | {"Targets": targets, "Tags": events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]}
        return found


def absent(call, **arguments):
    """The response, or None when the resource does not exist."""
    try:
        return call(**arguments)
    except ClientError as error:
        if "NotFound" in error.response["Error"]["Code"]:
            return {}
        raise


def stable(value, keep_state=False):
    """The value without volatile and empty members, its lists sorted."""
    if isinstance(value, dict):
        kept = {key: stable(item, keep_state) for key, item in sorted(value.items()) if not is_volatile(key, keep_state)}
        return {key: item for key, item in kept.items() if item not in ("", None, [], {})}
    if isinstance(value, list):
        items = (item for item in value if not (isinstance(item, dict) and item.get("Key", "").startswith(MAKERS_TAGS)))
        return sorted((stable(item, keep_state) for item in items), key=lambda item: json.dumps(item, default=str))
    return value


def is_volatile(key, keep_state):
    return key.startswith(MAKERS_TAGS) or key in VOLATILE and not (keep_state and key == "State")


def differences(one, other, path=""):
    """Descriptions of the differences."""
    if isinstance(one, dict) and isinstance(other, dict):
        return [line for key in sorted(one.keys() | other.keys()) for line in differences(one.get(key), other.get(key), f"{path}/{key}")]
    return [] if one == other else [f"{path}: {json.dumps(one, default=str)} | {json.dumps(other, default=str)}"]
