"""moto's server, extended by the protocol that newer AWS SDKs use for CloudWatch.

moto 5.2 supports only CloudWatch's JSON and query protocols. This decodes CBOR requests, forwards them through boto3
and encodes the responses; everything else goes to moto unchanged. It also returns the `RedriveAllowPolicy` of a queue,
which moto keeps to itself.

    python moto_with_cbor.py PORT
"""

import re
import sys
from threading import local

import boto3
import cbor2
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.sqs.models import Queue
from werkzeug.serving import run_simple

OPERATION = re.compile(r"^/service/GraniteServiceVersion20100801/operation/(\w+)$")
HEADERS = [("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
SIGNED_REGION = re.compile(r"Credential=[^/]+/\d+/([^/]+)/")


attributes_without = Queue.attributes.fget


def attributes_with(queue):
    policy = getattr(queue, "redrive_allow_policy", None)
    return attributes_without(queue) | ({"RedriveAllowPolicy": policy} if policy else {})


Queue.attributes = property(attributes_with)


class CloudWatchInCbor:
    """WSGI middleware that translates CBOR requests."""

    def __init__(self, moto, endpoint):
        self.moto = moto
        self.endpoint = endpoint
        self.kept = local()

    def __call__(self, environ, start_response):
        found = OPERATION.match(environ["PATH_INFO"])
        if not found:
            return self.moto(environ, start_response)
        size = int(environ.get("CONTENT_LENGTH") or 0)
        parameters = cbor2.loads(environ["wsgi.input"].read(size)) if size else {}
        status, answer = self.ask(environ, found.group(1), parameters)
        start_response(status, HEADERS)
        return [cbor2.dumps(answer, datetime_as_timestamp=True)]

    def ask(self, environ, operation, parameters):
        region = SIGNED_REGION.search(environ.get("HTTP_AUTHORIZATION", ""))
        client = self.client(region.group(1) if region else "us-east-1")
        method = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        try:
            answer = getattr(client, method)(**parameters)
        except ClientError as error:
            refusal = error.response["Error"]
            return "400 Bad Request", {"__type": f"com.amazonaws.cloudwatch#{refusal['Code']}", "message": refusal.get("Message", "")}
        answer.pop("ResponseMetadata", None)
        return "200 OK", answer

    def client(self, region):
        """Creating clients is not thread-safe, so each thread has its own."""
        clients = self.kept.__dict__.setdefault("clients", {})
        if region not in clients:
            session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test")
            clients[region] = session.client(
                "cloudwatch", region_name=region, endpoint_url=self.endpoint, config=Config(retries={"total_max_attempts": 1})
            )
        return clients[region]


if __name__ == "__main__":
    port = int(sys.argv[1])
    moto = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", port, CloudWatchInCbor(moto, f"http://127.0.0.1:{port}"), threaded=True)
