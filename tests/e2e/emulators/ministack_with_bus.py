"""ministack's server, which also delivers the failures of functions to the event bus.

ministack 1.5 accepts an event bus as the destination of a function's failed asynchronous invocations, but delivers to
queues, topics and functions only. AWS puts a record on the bus (Lambda developer guide, "Adding a destination"), which
is added here; everything else is ministack's own.

    BIND_HOST=127.0.0.1 AWS_ENDPOINT_URL=http://127.0.0.1:PORT python ministack_with_bus.py PORT
"""

import json
import os
import sys
from datetime import datetime, timezone
from uuid import uuid4

from ministack.services import eventbridge, lambda_svc

deliver_elsewhere = lambda_svc._route_async_failure


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


lambda_svc._route_async_failure = deliver

if __name__ == "__main__":
    os.environ["GATEWAY_PORT"] = sys.argv.pop()
    # It reads the port when it is imported.
    from ministack.app import main

    sys.exit(main())
