"""Requests as bytes: signed like an SDK's, in each service's protocols, from members that need not have the right type."""

import http.client
import json
import os
from urllib.parse import quote, urlsplit

import cbor2
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

# A request that takes longer holds its caller for good.
PATIENCE = 20


class Request:
    """Method, path with query string, headers and body."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def __repr__(self):
        return f"{self.method} {self.path[:2000]!r} {self.headers} {self.body[:4000]!r}"


def of(model, operation, members, protocol):
    """The request of an operation with these members."""
    if protocol.startswith("rest"):
        return rest(model, operation, members)
    target = f"{model.metadata.get('targetPrefix', 'GraniteServiceVersion20100801')}.{operation.name}"
    if protocol == "query":
        form = [("Action", operation.name), ("Version", model.api_version), *flattened("", members)]
        body = "&".join(f"{quote(name, safe='')}={quote(value, safe='', errors='surrogatepass')}" for name, value in form)
        return Request("POST", "/", {"content-type": "application/x-www-form-urlencoded"}, body.encode())
    if protocol == "cbor":
        headers = {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        path = f"/service/GraniteServiceVersion20100801/operation/{operation.name}"
        return Request("POST", path, headers, cbor2.dumps(encodable(members)))
    version = model.metadata.get("jsonVersion", "1.0")
    headers = {"content-type": f"application/x-amz-json-{version}", "x-amz-target": target}
    return Request("POST", "/", headers, json.dumps(members).encode())


def encodable(value):
    """The same without lone surrogates, which CBOR has no form for."""
    if isinstance(value, dict):
        return {encodable(name): encodable(member) for name, member in value.items()}
    if isinstance(value, list):
        return [encodable(element) for element in value]
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def flattened(prefix, value):
    """Names and values of a form."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from flattened(f"{prefix}.{name}" if prefix else str(name), member)
    elif isinstance(value, list):
        for index, element in enumerate(value, 1):
            yield from flattened(f"{prefix}.member.{index}", element)
    else:
        yield prefix, value if isinstance(value, str) else json.dumps(value)


def text(value):
    return value if isinstance(value, str) else json.dumps(value)


def rest(model, operation, members):
    """Members go where the model has them: path, query string, headers, body."""
    path, query = operation.http["requestUri"].partition("?")[::2]
    parameters, headers, body = [query] if query else [], {}, {}
    shapes = operation.input_shape.members if operation.input_shape else {}
    payload = operation.input_shape.serialization.get("payload") if operation.input_shape else None
    raw = b""
    for name, value in members.items():
        place = shapes[name].serialization if name in shapes else {}
        wire_name = place.get("name", name)
        match place.get("location"):
            case "uri":
                for placeholder, safe in (("{" + wire_name + "}", ""), ("{" + wire_name + "+}", "/")):
                    path = path.replace(placeholder, quote(text(value), safe=safe, errors="surrogatepass"))
            case "querystring":
                values = value if isinstance(value, list) else [value]
                parameters += [f"{wire_name}={quote(text(one), safe='', errors='surrogatepass')}" for one in values]
            case "header" | "headers" if wire_name.lower() != "content-length":
                headers[wire_name] = text(value).encode("ascii", "replace").decode().replace("\n", " ").replace("\r", " ").replace("\0", " ")[:4000]
            case _ if name == payload:
                raw = xml(wire_name, value).encode(errors="replace") if model.metadata["protocol"] == "rest-xml" and not isinstance(value, str) else text(value).encode(errors="replace")
            case _:
                body[wire_name] = value
    raw = raw or (json.dumps(body).encode() if body else b"")
    return Request(operation.http["method"], path + ("?" + "&".join(parameters) if parameters else ""), headers, raw)


def xml(name, value):
    if isinstance(value, dict):
        return f"<{name}>{''.join(xml(inner, one) for inner, one in value.items())}</{name}>"
    if isinstance(value, list):
        return "".join(xml(name, one) for one in value)
    return f"<{name}>{text(value).replace('&', '&amp;').replace('<', '&lt;')}</{name}>"


class Wire:
    """A connection that is opened again when it ends, to the local AWS that the environment names."""

    def __init__(self):
        self.connection = None
        self.endpoint, self.region = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"]
        self.credentials = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])

    def send(self, service, request):
        """Status and body of the answer. Raises OSError or HTTPException when none arrives."""
        url = self.endpoint + request.path
        signed = AWSRequest(request.method, url, headers=dict(request.headers), data=request.body)
        (S3SigV4Auth if service == "s3" else SigV4Auth)(self.credentials, service, self.region).add_auth(signed)
        return self.send_as_is(request.method, request.path, dict(signed.headers.items()), request.body)

    def send_as_is(self, method, path, headers, body):
        """The same for a request that has its signature, or none."""
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=PATIENCE)
            try:
                self.connection.request(method, path, body=body, headers=headers)
                answer = self.connection.getresponse()
                found = answer.status, answer.read()
                if answer.will_close:
                    self.close()
                return found
            except (OSError, http.client.HTTPException) as error:
                self.close()
                # A connection that was kept may end at any time.
                if attempt == 2 or isinstance(error, TimeoutError):
                    raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None
