"""ministack's server, with the features the stack needs and ministack 1.5 lacks.

- An event bus is accepted as a failure destination of asynchronous invocations, but receives nothing. AWS
  puts a record on it (Lambda developer guide, "Adding a destination").
- CloudWatch drops the queries of alarms, and CloudFormation rejects such alarms; here both store them.
- CloudFormation drops the tags of event source mappings, and stores numbers that come from parameters as text.

    BIND_HOST=127.0.0.1 AWS_ENDPOINT_URL=http://127.0.0.1:PORT python ministack_completed.py PORT
"""

import json
import os
import sys
from datetime import datetime, timezone
from uuid import uuid4

from ministack.services import eventbridge, lambda_svc
from ministack.services.cloudformation import provisioners

deliver_elsewhere = lambda_svc._route_async_failure
record_on_metric = provisioners._cw_metric_alarm_record


def deliver(target, function, event, result):
    if ":event-bus/" not in target:
        return deliver_elsewhere(target, function, event, result)
    arn = lambda_svc._functions[function]["config"]["FunctionArn"] + ":$LATEST"
    payload = result.get("body")
    entry = {
        "Source": "lambda",
        "DetailType": "Lambda Function Invocation Result - Failure",
        "EventBusName": "default",
        "Resources": [target, arn],
        "Detail": json.dumps({
            "version": "1.0",
            "timestamp": datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "requestContext": {
                "requestId": str(uuid4()),
                "functionArn": arn,
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 1,
            },
            "requestPayload": event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": result.get("function_error") or "Unhandled",
            },
            "responsePayload": payload if isinstance(payload, dict) else {},
        }),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def record(name, properties):
    if not properties.get("Metrics"):
        return record_on_metric(name, properties)
    plain = {key: value for key, value in properties.items() if key != "Metrics"}
    alarm = record_on_metric(name, plain | {"MetricName": "none", "Namespace": "none"})
    return alarm | {"MetricName": None, "Namespace": None}


def completed(mapping, properties):
    scaling = properties.get("ScalingConfig")
    if scaling:
        mapping["ScalingConfig"] = {name: int(value) for name, value in scaling.items()}
    mapping["Tags"] = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}


def make_mapping(logical_id, properties, stack):
    made = make_mapping_without_tags(logical_id, properties, stack)
    completed(lambda_svc._esms[made[0]], properties)
    return made


def update_mapping(physical_id, before, after, stack):
    updated = update_mapping_without_tags(physical_id, before, after, stack)
    completed(lambda_svc._esms[updated[0]], after)
    return updated


mappings = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
make_mapping_without_tags, update_mapping_without_tags = mappings["create"], mappings["update"]
mappings.update(create=make_mapping, update=update_mapping)
lambda_svc._route_async_failure = deliver
provisioners._cw_metric_alarm_record = record

if __name__ == "__main__":
    os.environ["GATEWAY_PORT"] = sys.argv.pop()
    # The module reads the port on import.
    from ministack.app import main

    sys.exit(main())
