//! What CloudTrail calls an operation, and which it records. Pure.

use crate::Call;

/// Operations of Lambda whose events have another name (Lambda's guide, "Logging AWS Lambda API calls using AWS
/// CloudTrail"; those of reads as accounts' histories have them).
const LAMBDA: [(&str, &str); 30] = [
    ("AddPermission", "AddPermission20150331v2"),
    ("CreateAlias", "CreateAlias20150331"),
    ("CreateEventSourceMapping", "CreateEventSourceMapping20150331"),
    ("CreateFunction", "CreateFunction20150331"),
    ("DeleteAlias", "DeleteAlias20150331"),
    ("DeleteEventSourceMapping", "DeleteEventSourceMapping20150331"),
    ("DeleteFunction", "DeleteFunction20150331"),
    ("DeleteFunctionConcurrency", "DeleteFunctionConcurrency20171031"),
    ("GetAccountSettings", "GetAccountSettings20160819"),
    ("GetAlias", "GetAlias20150331"),
    ("GetEventSourceMapping", "GetEventSourceMapping20150331"),
    ("GetFunction", "GetFunction20150331v2"),
    ("GetFunctionConfiguration", "GetFunctionConfiguration20150331v2"),
    ("GetPolicy", "GetPolicy20150331v2"),
    ("ListAliases", "ListAliases20150331"),
    ("ListEventSourceMappings", "ListEventSourceMappings20150331"),
    ("ListFunctions", "ListFunctions20150331"),
    ("ListTags", "ListTags20170331"),
    ("ListVersionsByFunction", "ListVersionsByFunction20150331"),
    ("PublishVersion", "PublishVersion20150331"),
    ("PutFunctionConcurrency", "PutFunctionConcurrency20171031"),
    ("RemovePermission", "RemovePermission20150331v2"),
    ("TagResource", "TagResource20170331v2"),
    ("UntagResource", "UntagResource20170331v2"),
    ("UpdateAlias", "UpdateAlias20150331"),
    ("UpdateEventSourceMapping", "UpdateEventSourceMapping20150331"),
    ("UpdateFunctionCode", "UpdateFunctionCode20150331v2"),
    ("UpdateFunctionConfiguration", "UpdateFunctionConfiguration20150331v2"),
    ("UpdateFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"),
    ("PutFunctionEventInvokeConfig", "PutFunctionEventInvokeConfig"),
];

/// What an operation on data begins with, by service ("Logging data events" in the user guide): never in the history.
const DATA: [(&str, &[&str]); 8] = [
    ("dynamodb", &["Put", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "Batch", "Transact"]),
    ("events", &["PutEvents", "TestEventPattern"]),
    ("lambda", &["Invoke"]),
    ("logs", &["PutLogEvents"]),
    ("monitoring", &["PutMetricData", "GetMetric", "ListMetrics"]),
    ("s3", &["GetObject", "PutObject", "DeleteObject", "HeadObject", "ListObjects", "CopyObject", "Unknown"]),
    ("sns", &["Publish"]),
    ("sqs", &["SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"]),
];

/// How an operation that changes nothing begins.
const READS: [&str; 11] =
    ["Get", "List", "Describe", "Lookup", "Filter", "Simulate", "Validate", "Head", "Test", "AssumeRole", "Check"];

/// Whether the history records calls of an operation.
pub(super) fn is_management(call: &Call) -> bool {
    let data = DATA.iter().find(|(service, _)| *service == call.service).map_or(&[][..], |(_, data)| data);
    call.operation != "Unknown" && !data.iter().any(|start| call.operation.starts_with(start))
}

/// The event's name.
pub(super) fn event_name(service: &str, operation: &str) -> String {
    let named = LAMBDA.iter().find(|(name, _)| service == "lambda" && *name == operation);
    named.map_or(operation, |(_, name)| name).to_owned()
}

/// Whether an event or operation of this name only reads.
pub(super) fn is_read_only(name: &str) -> bool {
    READS.iter().any(|start| name.starts_with(start))
}

/// The region whose history has a service's events: global services are in us-east-1 ("Understanding CloudTrail's global
/// service events").
pub(super) fn region(service: &str, region: &str) -> String {
    if service == "iam" { "us-east-1" } else { region }.to_owned()
}
